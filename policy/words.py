"""The short words filled into responses: teams with their time, reasons, remedies, formats.

``policy/words.yml`` holds what all topics share, ``policy/wordlists/<topic>.yml`` what one topic adds.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from policy.parameters import Parameters, spoken

FILE = Path(__file__).with_name("words.yml")
FOLDER = Path(__file__).with_name("wordlists")


@lru_cache(maxsize=1)
def words() -> dict[str, Any]:
    """All words, by section: the shared file, then the topics' own, which may add sections and keys and never change one.

    Raises:
        ValueError: names the file and the section (or key) that is missing or there twice.
    """
    loaded = yaml.safe_load(FILE.read_text("utf-8"))
    for path in sorted(FOLDER.glob("*.yml")):
        for section, value in (yaml.safe_load(path.read_text("utf-8")) or {}).items():
            _add(loaded, section, value, path.name)
    for section in ("teams", "reasons", "remedies", "measures", "formats", "refund_paths", "states"):
        if not isinstance(loaded.get(section), dict):
            raise ValueError(f"{FILE.name}: section '{section}' is missing; restore it from version control")
    return dict(loaded)


def _add(loaded: dict[str, Any], section: str, value: Any, file: str) -> None:
    if section not in loaded:
        loaded[section] = value
        return
    if not (isinstance(value, dict) and isinstance(loaded[section], dict)):
        raise ValueError(f"{file}: section '{section}' is there already; only keys of a mapping can be added to it")
    for key, entry in value.items():
        if key in loaded[section]:
            raise ValueError(f"{file}: '{section}.{key}' is there already; change it where it stands")
        loaded[section][key] = entry


def word(section: str, key: str | None) -> str | None:
    """The word of ``key`` in ``section``; None when either the key or its word is unknown (never a guess)."""
    if key is None:
        return None
    found = words()[section].get(key)
    return str(found) if found is not None else None


def fmt(name: str, **values: object) -> str:
    """A format of section ``formats`` filled with ``values``."""
    return str(words()["formats"][name]).format(**values)


def team_of(kind: str, parameters: Parameters | None = None) -> tuple[str, str, str]:
    """(team, parameter of its time, unit: minutes|hours|days|workdays) of a ticket kind; unknown kinds are ``other``.

    A time that the shop has not confirmed is never promised (decisions.md, style.md section 7): with the shop's ``parameters``
    the entry's ``until_confirmed`` stands in for it.
    """
    teams = words()["teams"]
    entry = teams.get(kind, teams["other"])
    within = entry["within"]
    if parameters is not None and "until_confirmed" in within and not spoken(within["parameter"], parameters):
        within = within["until_confirmed"]
    return str(entry["team"]), str(within["parameter"]), str(within["unit"])
