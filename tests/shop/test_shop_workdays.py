"""Working days with 调休, the shop's own file, years that nobody knows, and spoken dates."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from shop.clock import Clock, local_day, parse_offset
from shop.workdays import WorkdayDataMissing, add_workdays, is_workday, next_workday, read_calendar, speak_date, speak_time


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation without a file of its own, until a test writes one."""
    monkeypatch.setenv("XIAOER_HOME", str(tmp_path))
    return tmp_path / "workdays.yml"


@pytest.fixture
def far_from_china() -> Iterator[None]:
    """A server in Los Angeles."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "America/Los_Angeles"
    time.tzset()
    yield
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


def test_the_national_holiday_and_its_worked_weekends() -> None:
    assert [day for day in range(1, 12) if is_workday(date(2026, 10, day))] == [8, 9, 10]
    assert is_workday(date(2026, 9, 20)), "a Sunday worked for the holiday"
    assert date(2026, 9, 20).weekday() == 6
    assert date(2026, 10, 10).weekday() == 5
    assert next_workday(date(2026, 9, 30)) == date(2026, 10, 8)
    assert add_workdays(date(2026, 9, 30), 3) == date(2026, 10, 10)
    assert add_workdays(date(2026, 9, 30), 4) == date(2026, 10, 12)


def test_counting_begins_the_day_after_and_none_is_today() -> None:
    assert add_workdays(date(2026, 11, 22), 0) == date(2026, 11, 22)
    assert add_workdays(date(2026, 11, 22), 3) == date(2026, 11, 25)
    assert add_workdays(date(2026, 11, 20), 1) == date(2026, 11, 23)
    with pytest.raises(ValueError, match="only the future"):
        add_workdays(date(2026, 11, 20), -1)


def test_a_year_that_nobody_has_told_is_said_never_guessed() -> None:
    assert add_workdays(date(2026, 12, 30), 1) == date(2026, 12, 31)
    with pytest.raises(WorkdayDataMissing, match=r"2027: add the year to workdays\.yml") as caught:
        add_workdays(date(2026, 12, 30), 2)
    assert caught.value.year == 2027


def test_the_shop_tells_a_year_and_it_counts_at_once(own_home: Path) -> None:
    with pytest.raises(WorkdayDataMissing):
        is_workday(date(2027, 1, 4))
    own_home.write_text(
        "years:\n  2027:\n    source: example of a test\n    rest: [2027-01-01]\n    work: [2027-01-03]\n", encoding="utf-8"
    )
    assert add_workdays(date(2026, 12, 31), 2) == date(2027, 1, 4)
    with pytest.raises(WorkdayDataMissing, match="2028"):
        is_workday(date(2028, 1, 4))


def test_a_shop_rests_and_works_on_days_of_its_own(own_home: Path) -> None:
    own_home.write_text("rest: [2026-11-23]\nwork: [2026-11-22]\n", encoding="utf-8")
    assert is_workday(date(2026, 11, 22))
    assert next_workday(date(2026, 11, 22)) == date(2026, 11, 24)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("rest: tomorrow\n", "days are written as a list"),
        ("rest: [2026-11-23 10:00:00]\n", "days are written as a list"),
        ("off: [2026-11-23]\n", "only years, rest and work"),
        ("years: {2027: {rest: [2027-01-01]}}\n", "with rest, work"),
        ("years: {2027: {rest: [2026-01-01], work: []}}\n", "a day of another year"),
        ("rest: [2026-11-23]\nwork: [2026-11-23]\n", "both rest and work"),
    ],
)
def test_a_wrong_file_is_named_with_what_is_wrong(written: str, said: str, own_home: Path) -> None:
    own_home.write_text(written, encoding="utf-8")
    with pytest.raises(ValueError, match=said) as caught:
        read_calendar(own_home)
    assert "workdays.yml" in str(caught.value)


def test_dates_are_spoken_in_shanghai_whatever_the_servers_zone(far_from_china: None) -> None:
    late = datetime(2026, 11, 24, 17, 5, tzinfo=UTC)
    assert speak_date(late) == "11月25日（周三）"
    assert speak_time(late) == "11月25日01:05"
    assert speak_time(late, late) == "今天01:05"
    assert speak_time(datetime(2026, 11, 24, 15, 5, tzinfo=UTC), late) == "昨天23:05"
    assert local_day(late) == date(2026, 11, 25)
    assert Clock(fixed=late).today() == date(2026, 11, 25)


def test_another_year_is_named() -> None:
    assert speak_date(date(2027, 1, 4), today=date(2026, 12, 30)) == "2027年1月4日（周一）"
    assert speak_date(date(2026, 12, 31), today=date(2026, 12, 30)) == "12月31日（周四）"
    with pytest.raises(ValueError, match="aware"):
        speak_time(datetime(2026, 11, 24))


def test_the_clock_is_fixed_or_shifted_by_the_environment() -> None:
    fixed = Clock.from_env({"XIAOER_NOW": "2026-11-22T10:00:00+08:00"})
    assert fixed.now() == datetime(2026, 11, 22, 2, tzinfo=UTC)
    assert Clock.from_env({"XIAOER_NOW": "2026-11-22T10:00"}).now() == fixed.now()
    ahead = Clock.from_env({"XIAOER_NOW": "+3d"}).now() - datetime.now(UTC)
    assert abs(ahead.total_seconds() - 3 * 86400) < 60
    assert Clock.from_env({}) == Clock()
    assert parse_offset("-1d12h").total_seconds() == -129600
    for wrong in ("soon", "+3", "+d", "2026-13-01"):
        with pytest.raises(ValueError, match="XIAOER_NOW"):
            Clock.from_env({"XIAOER_NOW": wrong})
    with pytest.raises(ValueError, match="UTC offset"):
        Clock(fixed=datetime(2026, 1, 1))
