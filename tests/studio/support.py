"""A git repository with the project's data, for tests of the studio here, in tests/gateway and in tests/e2e/studio."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("data", "domain.yml", "config.yml", "policy/tables", "tests/nlu", "tests/stories", "policy/intent_names.yml")


def make_checkout(root: Path) -> Path:
    """Copy the project's data to ``root`` and commit it there."""
    for part in PARTS:
        target = root / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, target, ignore=shutil.ignore_patterns("__pycache__", "*.py", "*.pyc"))
        else:
            shutil.copy2(ROOT / part, target)
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "The shop's data.")
    return root


def git(root: Path, *arguments: str) -> str:
    """A git command of somebody at the command line."""
    settings = ("-c", "user.name=Somebody", "-c", "user.email=somebody@shop.test", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *settings, *arguments], cwd=root, capture_output=True, text=True, check=True)
    return done.stdout
