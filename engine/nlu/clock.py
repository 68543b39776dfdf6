"""Now and today in China, moved by XIAOER_NOW as in shop/clock.py: an ISO instant, a shift (`+3d`, `-2h`), or `@file` that says one."""

from __future__ import annotations

import os
import re
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

CHINA = timezone(timedelta(hours=8))  # no summer time in China
_SHIFT = re.compile(r"([+-])((?:\d+[dhms])+)")
_PART = re.compile(r"(\d+)([dhms])")
_UNIT = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_last: dict[str, str] = {}


def _said() -> str:
    """What XIAOER_NOW says, read through its file when it names one; an unreadable or empty one leaves the last reading."""
    said = os.environ.get("XIAOER_NOW", "").strip()
    if not said.startswith("@"):
        return said
    try:
        found = Path(said[1:]).read_text(encoding="utf-8").strip()
        _read(found)
        found = found or _last.get(said, "")
    except (OSError, ValueError):
        if said in _last:
            return _last[said]
        raise
    _last[said] = found
    return found


def _read(said: str) -> datetime:
    real = datetime.now(CHINA)
    if not said:
        return real
    shift = _SHIFT.fullmatch(said)
    if shift:
        amount = sum((timedelta(**{_UNIT[unit]: int(number)}) for number, unit in _PART.findall(shift[2])), timedelta())
        return real - amount if shift[1] == "-" else real + amount
    fixed = datetime.fromisoformat(said.replace("Z", "+00:00"))
    return (fixed if fixed.tzinfo else fixed.replace(tzinfo=CHINA)).astimezone(CHINA)


def now() -> datetime:
    """The present instant in China's zone.

    Raises:
        ValueError: XIAOER_NOW is neither an ISO instant nor a shift.
        OSError: the file it names has never been readable.
    """
    return _read(_said())


def today() -> date:
    """The present day in China."""
    return now().date()
