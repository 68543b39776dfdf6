"""Where a row of a table is named: code that does something of its own when that row answers, and the handbooks' list of ids."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("actions", "policy", "shop", "gateway", "engine")
HANDBOOK = ROOT / "docs" / "handbook_ids.yml"
_LISTED = re.compile(r"^\s+(?:- )?([a-z]{2,3}_[a-z0-9_]{2,40})(?::|$)")
_NAMED = re.compile(r"[\"']([a-z]{2,3}_[a-z0-9_]{2,40})[\"']")


def uses(row_id: str) -> list[str]:
    """Places as file:line, sorted; empty when the code does not know the row."""
    return list(_all().get(row_id, ()))


@lru_cache(maxsize=1)
def _all() -> Mapping[str, list[str]]:
    """Read once: the code of a running process does not change."""
    found: dict[str, list[str]] = {}
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if ".venv" in path.parts:
                continue
            for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
                for name in _NAMED.findall(line):
                    found.setdefault(name, []).append(f"{path.relative_to(ROOT).as_posix()}:{number}")
    if HANDBOOK.is_file():
        for number, line in enumerate(HANDBOOK.read_text("utf-8").splitlines(), 1):
            for name in _LISTED.findall(line):
                found.setdefault(name, []).append(f"{HANDBOOK.relative_to(ROOT).as_posix()}:{number}")
    return found
