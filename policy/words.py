"""The short words filled into responses: teams with their time, reasons, remedies, formats (``policy/words.yml``)."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).with_name("words.yml")


@lru_cache(maxsize=1)
def words() -> dict[str, Any]:
    """All words, by section. ``ValueError`` names the file and the missing section."""
    loaded = yaml.safe_load(FILE.read_text("utf-8"))
    for section in ("teams", "reasons", "remedies", "measures", "formats", "refund_paths", "states"):
        if not isinstance(loaded.get(section), dict):
            raise ValueError(f"{FILE.name}: section '{section}' is missing; restore it from version control")
    return dict(loaded)


def word(section: str, key: str | None) -> str | None:
    """The word of ``key`` in ``section``; None when either the key or its word is unknown (never a guess)."""
    if key is None:
        return None
    found = words()[section].get(key)
    return str(found) if found is not None else None


def fmt(name: str, **values: object) -> str:
    """A format of section ``formats`` filled with ``values``."""
    return str(words()["formats"][name]).format(**values)


def team_of(kind: str) -> tuple[str, str, str]:
    """(team, parameter of its time, unit: hours|days|workdays) of a ticket kind; unknown kinds are ``other``."""
    teams = words()["teams"]
    entry = teams.get(kind, teams["other"])
    return str(entry["team"]), str(entry["within"]["parameter"]), str(entry["within"]["unit"])
