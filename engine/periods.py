"""From when until when a variation of a response is said: `valid_from` and `valid_to`, read as policy/validity.py reads them.

The engine imports nothing of ours, so this small reading is its own; tests/contract/test_dates.py holds the two equal.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from engine.nlu.clock import CHINA

KEYS = ("valid_from", "valid_to")


class Period(NamedTuple):
    """From `begins` (inclusive) until `ends` (exclusive), aware instants; None is open, both None every day."""

    begins: datetime | None = None
    ends: datetime | None = None

    @property
    def always(self) -> bool:
        """Whether there are no dates."""
        return self.begins is None and self.ends is None

    def covers(self, instant: datetime) -> bool:
        """Whether it counts at this aware instant."""
        return (self.begins is None or self.begins <= instant) and (self.ends is None or instant < self.ends)

    def meets(self, other: Period) -> bool:
        """Whether the two share an instant."""
        starts = [one for one in (self.begins, other.begins) if one is not None]
        stops = [one for one in (self.ends, other.ends) if one is not None]
        return not starts or not stops or max(starts) < min(stops)


def _instant(value: Any, where: str, key: str) -> datetime | None:
    end = key == "valid_to"
    if value is None or value == "":
        return None
    try:
        if isinstance(value, str):
            text = value.strip()
            value = date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text.replace("Z", "+00:00"))
        if isinstance(value, datetime):
            return value if value.tzinfo else value.replace(tzinfo=CHINA)
        if isinstance(value, date):
            return datetime.combine(value + timedelta(days=1) if end else value, time(), CHINA)
    except ValueError:
        pass
    raise ValueError(f"{where}: {key} is {value!r}. Remedy: write a day (2026-11-11) or an instant (2026-11-11T20:00:00+08:00)")


def period(given: Mapping[str, Any], where: str = "") -> Period:
    """The period of a variation.

    Raises:
        ValueError: an unreadable date, or an end before its beginning; `where` names the place.
    """
    begins, ends = (_instant(given.get(key), where, key) for key in KEYS)
    if begins is not None and ends is not None and ends <= begins:
        raise ValueError(f"{where}: valid_to {given['valid_to']} is before valid_from {given['valid_from']}. Remedy: correct one of them")
    return Period(begins, ends)


def check(name: str, variations: Iterable[Mapping[str, Any]]) -> None:
    """A response has an everyday variation, and its dated ones never speak against each other.

    Variations of one period are alternatives. Two different periods of the same outlet, channel and address may not meet.

    Raises:
        ValueError: naming response, periods and remedy.
    """
    seen: dict[str, list[Period]] = {}
    everyday = False
    for number, one in enumerate(variations, 1):
        valid = period(one, f"{name}, variation {number}")
        if valid.always:
            everyday = everyday or not one.get("condition")
            continue
        same = seen.setdefault(json.dumps([one.get("channel"), one.get("condition")], default=str, sort_keys=True), [])
        for other in same:
            if other != valid and other.meets(valid):
                raise ValueError(
                    f"{name}, variation {number}: {_spoken(valid)} meets {_spoken(other)}. Remedy: end one before the other begins"
                )
        same.append(valid)
    if not everyday:
        raise ValueError(f"{name} needs a variation without condition and without dates. Remedy: write what is said every day")


def plain(variation: Mapping[str, Any]) -> dict[str, Any]:
    """The variation with its dates as text: YAML makes objects of them, and a trace is JSON."""
    return {key: str(one) if key in KEYS else one for key, one in variation.items()}


def in_force(variations: list[dict[str, Any]], instant: datetime) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(dated variations that speak now, everyday ones)."""
    dated: list[dict[str, Any]] = []
    everyday: list[dict[str, Any]] = []
    for one in variations:
        valid = period(one) if one.keys() & set(KEYS) else Period()
        if valid.always:
            everyday.append(one)
        elif valid.covers(instant):
            dated.append(one)
    return dated, everyday


def _spoken(one: Period) -> str:
    return f"{one.begins.isoformat() if one.begins else '…'} to {one.ends.isoformat() if one.ends else '…'}"
