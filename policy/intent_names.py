"""What staff call the wishes of the domain (``policy/intent_names.yml``), by group. Pure."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import yaml

FILE = Path(__file__).with_name("intent_names.yml")


def groups() -> dict[str, dict[str, str]]:
    """Group → intent → name, in the file's order. A trainer's new name holds as soon as the file has it."""
    return _read(FILE.stat().st_mtime_ns)


@lru_cache(maxsize=1)
def _read(_time: int) -> dict[str, dict[str, str]]:
    body = yaml.safe_load(FILE.read_text("utf-8"))
    return {str(group): {str(intent): str(name) for intent, name in names.items()} for group, names in body.items()}


def intents() -> tuple[str, ...]:
    """Every intent, in the file's order."""
    return tuple(intent for names in groups().values() for intent in names)


def name_of(intent: str) -> str:
    """What staff call an intent; one that the file does not know is said as it is."""
    return next((names[intent] for names in groups().values() if intent in names), intent)
