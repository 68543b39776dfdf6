"""Working days by the State Council's calendar with 调休, and dates as they are spoken in Asia/Shanghai.

Data: the ``chinesecalendar`` package, then ``workdays.yml`` in XIAOER_HOME, else the one beside this file. A year that
neither knows raises ``WorkdayDataMissing``: a promised date is never guessed.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import chinese_calendar
import yaml

from shop.clock import SHANGHAI
from shop.db import home

SHIPPED_FILE = Path(__file__).resolve().parent / "workdays.yml"
_WEEKDAYS = "一二三四五六日"
_FAR = 3660


class WorkdayDataMissing(LookupError):
    """Nobody has told which days of ``year`` are worked."""

    def __init__(self, year: int) -> None:
        super().__init__(f"no calendar of working days for {year}: add the year to workdays.yml in XIAOER_HOME")
        self.year = year


@dataclass(frozen=True)
class Calendar:
    """Which days are worked: what the file says beside the package. ``years`` are those that the file gives completely."""

    years: frozenset[int] = frozenset()
    rest: frozenset[date] = frozenset()
    work: frozenset[date] = frozenset()

    def is_workday(self, day: date) -> bool:
        """Whether ``day`` is worked. WorkdayDataMissing when its year is not known."""
        if day.year not in self.years and not _package_knows(day.year):
            raise WorkdayDataMissing(day.year)
        if day in self.rest:
            return False
        if day in self.work:
            return True
        if day.year in self.years:
            return day.weekday() < 5
        return bool(chinese_calendar.is_workday(day))


def _package_knows(year: int) -> bool:
    try:
        chinese_calendar.is_workday(date(year, 12, 31))
    except NotImplementedError:  # how the package says that it lacks a year; nothing of ours is missing
        return False
    return True


def read_calendar(path: Path) -> Calendar:
    """The calendar of a ``workdays.yml``. ValueError names the file and what is wrong."""
    body = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    if not isinstance(body, Mapping) or not set(body) <= {"years", "rest", "work"}:
        raise ValueError(f"{path}: only years, rest and work are known")
    rest, work = _days(path, body.get("rest")), _days(path, body.get("work"))
    years = body.get("years") or {}
    for year, given in years.items():
        if not isinstance(year, int) or not isinstance(given, Mapping) or not {"rest", "work"} <= set(given) <= {"rest", "work", "source"}:
            raise ValueError(f"{path}, years, {year}: write the year as a number, with rest, work and perhaps source")
        for name in ("rest", "work"):
            found = _days(path, given[name])
            if any(day.year != year for day in found):
                raise ValueError(f"{path}, years, {year}, {name}: a day of another year")
        rest, work = rest | _days(path, given["rest"]), work | _days(path, given["work"])
    if rest & work:
        raise ValueError(f"{path}: {min(rest & work)} is both rest and work")
    return Calendar(frozenset(years), rest, work)


def _days(path: Path, given: object) -> frozenset[date]:
    listed = given or []
    if not isinstance(listed, list) or not all(isinstance(day, date) and not isinstance(day, datetime) for day in listed):
        raise ValueError(f"{path}: days are written as a list such as [2027-01-01, 2027-02-08]")
    return frozenset(listed)


_cache: dict[Path, tuple[int, Calendar]] = {}
_lock = threading.Lock()


def calendar() -> Calendar:
    """The calendar in force, read again when its file has changed."""
    own = home() / "workdays.yml"
    path = own if own.is_file() else SHIPPED_FILE
    changed = path.stat().st_mtime_ns
    with _lock:
        kept = _cache.get(path)
        if kept is None or kept[0] != changed:
            kept = _cache[path] = (changed, read_calendar(path))
        return kept[1]


def is_workday(day: date) -> bool:
    """Whether ``day`` is worked. WorkdayDataMissing when its year is not known."""
    return calendar().is_workday(day)


def next_workday(day: date) -> date:
    """The first working day after ``day``. WorkdayDataMissing."""
    return add_workdays(day, 1)


def add_workdays(day: date, n: int) -> date:
    """The ``n``-th working day after ``day``, which itself does not count (n = 0: ``day``). WorkdayDataMissing."""
    if n < 0:
        raise ValueError(f"{n} working days: only the future is counted")
    known = calendar()
    left, found = n, day
    for _ in range(_FAR):
        if left == 0:
            return found
        found += timedelta(days=1)
        left -= known.is_workday(found)
    raise ValueError(f"{n} working days are further away than ten years")


def speak_date(day: date, today: date | None = None) -> str:
    """「11月25日（周三）」; with the year when ``today`` is given and lies in another. An aware datetime is taken in Asia/Shanghai."""
    if isinstance(day, datetime):
        day = day.astimezone(SHANGHAI).date()
    year = f"{day.year}年" if today is not None and today.year != day.year else ""
    return f"{year}{day.month}月{day.day}日（周{_WEEKDAYS[day.weekday()]}）"


def speak_time(at: datetime, now: datetime | None = None) -> str:
    """「11月25日14:05」 in Asia/Shanghai; 「今天14:05」 and 「昨天14:05」 when ``now`` is given. ValueError for a naive datetime."""
    if at.tzinfo is None:
        raise ValueError("a spoken time needs an aware datetime")
    local = at.astimezone(SHANGHAI)
    clock = f"{local:%H:%M}"
    if now is not None:
        days = (now.astimezone(SHANGHAI).date() - local.date()).days
        if days in (-1, 0, 1):
            return {0: "今天", 1: "昨天", -1: "明天"}[days] + clock
    return f"{local.month}月{local.day}日{clock}"
