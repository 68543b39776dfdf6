"""Where things are. Every path is absolute and independent of the working directory."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
MODELS = ROOT / "models"

ROOT_ENV = ROOT / ".venv"
ENGINE = ROOT / "engine"
ENGINE_ENV = ENGINE / ".venv"

ROOT_PYTHON = ROOT_ENV / "bin" / "python"
ENGINE_PYTHON = ENGINE_ENV / "bin" / "python"


def default_home() -> Path:
    """XIAOER_HOME, or var/ in the checkout: database, photos, secrets, logs."""
    named = os.environ.get("XIAOER_HOME", "").strip()
    return Path(named).expanduser().resolve() if named else ROOT / "var"
