"""Dates on what is said and decided: a day is a whole day of the shop, overlaps are refused."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from policy.validity import ALWAYS, Period, check_overlaps, period

ELEVENTH = {"valid_from": "2026-11-11", "valid_to": date(2026, 11, 11)}


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


def test_a_day_is_the_whole_day_in_shanghai() -> None:
    found = period(ELEVENTH, "x")
    assert [
        found.covers(at(one)) for one in ("2026-11-10T23:59:59", "2026-11-11T00:00:00", "2026-11-11T23:59:59", "2026-11-12T00:00:00")
    ] == [
        False,
        True,
        True,
        False,
    ]
    assert found.covers(datetime(2026, 11, 10, 16, tzinfo=UTC))


def test_an_instant_without_offset_is_the_shops() -> None:
    assert period({"valid_from": "2026-11-11T20:00"}, "x").begins == at("2026-11-11T20:00:00")


def test_nothing_given_is_everyday() -> None:
    assert period({}, "x") == ALWAYS == Period()
    assert ALWAYS.always
    assert not period({"valid_to": "2026-11-11"}, "x").always


@pytest.mark.parametrize("wrong", ["soon", "2026-13-01", 5, "2026-11-11T25:00"])
def test_an_unreadable_date_names_its_place(wrong: object) -> None:
    with pytest.raises(ValueError, match=r"promo\.yml, row 3: valid_from is .*Remedy"):
        period({"valid_from": wrong}, "promo.yml, row 3")


def test_an_end_before_the_beginning_is_refused() -> None:
    with pytest.raises(ValueError, match="before valid_from"):
        period({"valid_from": "2026-11-12", "valid_to": "2026-11-11"}, "x")


def test_overlaps_are_refused_and_neighbours_are_not() -> None:
    twelfth = period({"valid_from": "2026-11-12", "valid_to": "2026-11-13"}, "x")
    check_overlaps([("a", period(ELEVENTH, "x")), ("b", twelfth), ("everyday", ALWAYS), ("everyday too", ALWAYS)], "x")
    with pytest.raises(ValueError, match="a and b are valid at the same time"):
        check_overlaps([("a", period({"valid_from": "2026-11-01"}, "x")), ("b", twelfth)], "x")
