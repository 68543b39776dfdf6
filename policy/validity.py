"""From when and until when something is said or counts: ``valid_from`` and ``valid_to`` of scripts, rows, parameters, promotions, answers.

A day alone means the whole day in Asia/Shanghai: ``valid_to: 2026-11-11`` speaks until that midnight. An instant without
an offset is Asia/Shanghai too. What has no dates is the everyday one and speaks outside all dated ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
KEYS = ("valid_from", "valid_to")


@dataclass(frozen=True)
class Period:
    """A time from ``begins`` (inclusive) until ``ends`` (exclusive); None is open. Both are aware instants."""

    begins: datetime | None = None
    ends: datetime | None = None

    @property
    def always(self) -> bool:
        """Whether there are no dates at all: the everyday one."""
        return self.begins is None and self.ends is None

    def covers(self, instant: datetime) -> bool:
        """Whether it counts at this aware instant."""
        return (self.begins is None or self.begins <= instant) and (self.ends is None or instant < self.ends)

    def meets(self, other: Period) -> bool:
        """Whether the two share an instant."""
        starts = [one for one in (self.begins, other.begins) if one is not None]
        stops = [one for one in (self.ends, other.ends) if one is not None]
        return not starts or not stops or max(starts) < min(stops)


ALWAYS = Period()


def _instant(value: object, where: str, key: str, *, end: bool) -> datetime | None:
    if value is None or value == "":
        return None
    try:
        if isinstance(value, str):
            value = date.fromisoformat(value.strip()) if len(value.strip()) == 10 else datetime.fromisoformat(value.strip())
        if isinstance(value, datetime):
            return value if value.tzinfo else value.replace(tzinfo=SHANGHAI)
        if isinstance(value, date):
            return datetime.combine(value + timedelta(days=1) if end else value, time(), SHANGHAI)
    except ValueError:
        pass
    raise ValueError(f"{where}: {key} is {value!r}. Remedy: write a day (2026-11-11) or an instant (2026-11-11T20:00:00+08:00)")


def period(given: Mapping[str, object], where: str) -> Period:
    """The period of something with ``valid_from``/``valid_to`` (day, instant, ISO text, None or missing).

    ``where`` names the place (file and row) in errors. ValueError for an unreadable date or an end before its beginning.
    """
    begins = _instant(given.get("valid_from"), where, "valid_from", end=False)
    ends = _instant(given.get("valid_to"), where, "valid_to", end=True)
    if begins is not None and ends is not None and ends <= begins:
        raise ValueError(f"{where}: valid_to {given['valid_to']} is before valid_from {given['valid_from']}. Remedy: correct one of them")
    return Period(begins, ends)


def check_overlaps(periods: Iterable[tuple[str, Period]], where: str) -> None:
    """ValueError when two dated periods of the same thing share an instant; everyday ones never collide with dated ones.

    ``periods`` are (name of the entry, period).
    """
    dated = [(name, one) for name, one in periods if not one.always]
    for number, (name, one) in enumerate(dated):
        for other_name, other in dated[number + 1 :]:
            if one.meets(other):
                raise ValueError(f"{where}: {name} and {other_name} are valid at the same time. Remedy: end one before the other begins")
