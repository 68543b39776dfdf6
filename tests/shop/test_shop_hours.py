"""Opening hours of people: whether somebody is there now, and when next, whatever the server's zone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from shop.hours import is_open, next_opening


def shanghai(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}:00+08:00")


@pytest.mark.parametrize(
    ("hours", "now", "there"),
    [
        ("10:00-24:00", "2026-11-18T09:59", False),
        ("10:00-24:00", "2026-11-18T10:00", True),
        ("10:00-24:00", "2026-11-18T23:59", True),
        ("10:00-24:00", "2026-11-19T00:00", False),
        ("8:30-22:00", "2026-11-18T08:30", True),
        ("8:30-22:00", "2026-11-18T22:00", False),
        ("18:00-02:00", "2026-11-18T01:59", True),
        ("18:00-02:00", "2026-11-18T02:00", False),
        ("18:00-02:00", "2026-11-18T17:59", False),
        ("18:00-02:00", "2026-11-18T18:00", True),
        ("00:00-24:00", "2026-11-18T03:00", True),
    ],
)
def test_somebody_is_there_from_opening_until_closing(hours: str, now: str, there: bool) -> None:
    assert is_open(hours, shanghai(now)) is there


def test_the_zone_of_the_server_changes_nothing() -> None:
    now = shanghai("2026-11-18T10:30")
    assert is_open("10:00-24:00", now.astimezone(UTC)) is True
    assert next_opening("10:00-24:00", now.astimezone(UTC)) == next_opening("10:00-24:00", now)


@pytest.mark.parametrize(
    ("now", "parts"),
    [
        ("2026-11-18T03:00", ("11月18日", "10:00")),
        ("2026-11-18T12:00", ("11月19日", "10:00")),
        ("2026-12-31T23:00", ("1月1日", "10:00")),
    ],
)
def test_the_next_opening_is_spoken_with_its_day(now: str, parts: tuple[str, ...]) -> None:
    assert all(part in next_opening("10:00-24:00", shanghai(now)) for part in parts)


@pytest.mark.parametrize("hours", ["", "always", "10-24", "25:00-26:00", "10:70-12:00", "10:00-25:00"])
def test_hours_that_no_clock_has_are_refused(hours: str) -> None:
    with pytest.raises(ValueError, match="settings"):
        is_open(hours, shanghai("2026-11-18T12:00"))
