"""Now and today in China, moved by XIAOER_NOW (an ISO instant, or a shift such as `+3d`, `-2h`)."""

from __future__ import annotations

import os
import re
from datetime import date, datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8))  # no summer time in China
_SHIFT = re.compile(r"([+-])(\d+)([dhm])")
_UNIT = {"d": "days", "h": "hours", "m": "minutes"}


def now() -> datetime:
    """The present instant in China's zone.

    Raises:
        ValueError: XIAOER_NOW is neither an ISO instant nor a shift.
    """
    moved = os.environ.get("XIAOER_NOW", "").strip()
    real = datetime.now(CHINA)
    if not moved:
        return real
    shift = _SHIFT.fullmatch(moved)
    if shift:
        sign = 1 if shift[1] == "+" else -1
        return real + sign * timedelta(**{_UNIT[shift[3]]: int(shift[2])})
    fixed = datetime.fromisoformat(moved.replace("Z", "+00:00"))
    return (fixed if fixed.tzinfo else fixed.replace(tzinfo=CHINA)).astimezone(CHINA)


def today() -> date:
    """The present day in China."""
    return now().date()
