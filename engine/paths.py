"""Absolute places of the project and the defaults of the engine's environment variables."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# The content that is trained on and spoken from: a release's folder (studio/releases.py), else the checkout itself.
CONTENT = Path(os.environ.get("XIAOER_CONTENT") or ROOT).resolve()
CONFIG = CONTENT / "config.yml"
DOMAIN = CONTENT / "domain.yml"
ENDPOINTS = ROOT / "endpoints.yml"
CREDENTIALS = ROOT / "credentials.yml"
RESPONSES = CONTENT / "data" / "responses"
# What Rasa trains on. data/lookup is read by our own components.
TRAINING = (CONTENT / "data" / "nlu", CONTENT / "data" / "rules", CONTENT / "data" / "stories", RESPONSES)
MODELS = CONTENT / "models"


def home() -> Path:
    """XIAOER_HOME, by default `var` in the project."""
    return Path(os.environ.get("XIAOER_HOME") or ROOT / "var")


def set_defaults() -> None:
    """Fill in unset variables so that endpoints.yml can be read; the token has no default on purpose."""
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("SANIC_ACCESS_LOG", "false")
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    os.environ.setdefault("XIAOER_ACTIONS_URL", "http://127.0.0.1:5055/webhook")
    os.environ.setdefault("XIAOER_TRACKER_DB", str(home() / "tracker.db"))
