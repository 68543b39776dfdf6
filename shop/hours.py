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


def open_from(hours: str, now: datetime) -> datetime:
    """The first instant from ``now`` (aware) on at which somebody is there: ``now`` itself in opening hours, else the next opening."""
    return now if is_open(hours, now) else opening_after(hours, now)


def opening_after(hours: str, now: datetime) -> datetime:
    """The next opening after ``now`` (aware, Asia/Shanghai); when it is open now, tomorrow's. ``ValueError`` on bad hours."""
    opens, _ = _minutes(hours)
    local = now.astimezone(ZONE)
    at = datetime.combine(local.date(), time(opens // 60, opens % 60), ZONE)
    return at if at > local else at + timedelta(days=1)


def next_opening(hours: str, now: datetime) -> str:
    """The next opening as it is spoken; when it is open now, today's opening counts as past and tomorrow's is named."""
    return speak_time(opening_after(hours, now))


def due_in(hours: str, now: datetime, amount: float) -> datetime:
    """When ``amount`` hours of people's time are over, counted from ``now`` (aware).

    A promise shorter than a day runs only while people are there (two hours at 23:30 of a shop that closes at midnight end at
    11:30): a time in the night would be promised for nobody. A day or more runs by the clock, it holds an opening of its own.
    """
    opens, closes = _minutes(hours)
    if amount >= 24 or closes - opens >= 1440:
        return now + timedelta(hours=amount)
    left, at = timedelta(hours=amount), now
    while True:
        if not is_open(hours, at):
            at = opening_after(hours, at)
        local = at.astimezone(ZONE)
        began = datetime.combine(local.date(), time(opens // 60, opens % 60), ZONE)
        if began > local:
            began -= timedelta(days=1)
        until_close = began + timedelta(minutes=closes - opens) - local
        if left <= until_close:
            return at + left
        left -= until_close
        at += until_close
