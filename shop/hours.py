"""Opening hours of people (rules.md §16, oh_01–oh_06): whether somebody is there, and when next."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from shop.workdays import speak_time

ZONE = ZoneInfo("Asia/Shanghai")
_HOURS = re.compile(r"^(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})$")


def _minutes(hours: str) -> tuple[int, int]:
    """(opening, closing) in minutes of the local day; closing may be 24:00 or after midnight (then it is above 1440)."""
    match = _HOURS.match(hours.strip())
    if match is None:
        raise ValueError(f"opening hours {hours!r} are not like 10:00-24:00; correct them in the shop's settings")
    a, b, c, d = (int(part) for part in match.groups())
    opens, closes = a * 60 + b, c * 60 + d
    if not (0 <= opens < 1440 and 0 <= closes <= 1440 and b < 60 and d < 60):
        raise ValueError(f"opening hours {hours!r} name a time that no day has; correct them in the shop's settings")
    return opens, closes if closes > opens else closes + 1440


def is_open(hours: str, now: datetime) -> bool:
    """Whether ``now`` (aware) lies in ``hours`` ("10:00-24:00", Asia/Shanghai; the end is excluded). ``ValueError`` on bad hours."""
    opens, closes = _minutes(hours)
    local = now.astimezone(ZONE)
    minute = local.hour * 60 + local.minute
    return opens <= minute < closes or opens <= minute + 1440 < closes


def next_opening(hours: str, now: datetime) -> str:
    """The next opening as it is spoken; when it is open now, today's opening counts as past and tomorrow's is named."""
    opens, _ = _minutes(hours)
    local = now.astimezone(ZONE)
    at = datetime.combine(local.date(), time(opens // 60, opens % 60), ZONE)
    if at <= local:
        at += timedelta(days=1)
    return speak_time(at)
