"""Promotions as data: when each counts, what stacks with what, what is wrong with one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from policy.promotions import Promotion, active, check, faults, phase, stacks, state
from policy.validity import ALWAYS, period
from tests.policy.demo import product
from tests.policy.promotions_support import moment, named, promotions


@pytest.mark.parametrize(
    ("at", "ids"),
    [
        ("2026-10-31T23:59:59", []),
        ("2026-11-05T12:00:00", ["d11-gift", "d11-steps"]),
        ("2026-11-10T21:00:00", ["d11-dress", "d11-gift", "d11-steps"]),
        ("2026-11-11T00:00:00", ["d11-dress", "d11-gift", "d11-lamp", "d11-steps"]),
        ("2026-11-18T12:00:00", []),
        ("2026-11-22T12:00:00", ["pillow-half"]),
        ("2026-11-30T12:00:00", ["pillow-half", "quilt-presale"]),
        ("2026-12-11T12:00:00", ["d12-every"]),
        ("2027-01-20T12:00:00", ["spring-gift", "spring-steps"]),
        ("2027-02-11T00:00:00", []),
    ],
)
def test_the_calendar_of_the_demonstration_shop(at: str, ids: list[str]) -> None:
    assert [one.promotion_id for one in active(promotions(), moment(at))] == ids


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-24T23:59:59", None),
        ("2026-11-25T00:00:00", "soon"),
        ("2026-11-27T00:00:00", "deposit"),
        ("2026-12-03T23:59:59", "deposit"),
        ("2026-12-04T00:00:00", "between"),
        ("2026-12-05T19:59:59", "between"),
        ("2026-12-05T20:00:00", "balance"),
        ("2026-12-08T23:59:59", "balance"),
        ("2026-12-09T00:00:00", "over"),
    ],
)
def test_a_presale_goes_through_its_phases(at: str, expected: str | None) -> None:
    assert phase(named("quilt-presale"), moment(at)) == expected


@pytest.mark.parametrize(
    ("at", "expected"),
    [("2026-12-05T12:00:00", None), ("2026-12-06T00:00:00", "coming"), ("2026-12-10T00:00:00", "active"), ("2026-12-13T00:00:00", "over")],
)
def test_a_promotion_is_told_before_it_begins_only_when_it_is_announced(at: str, expected: str | None) -> None:
    assert state(named("d12-every"), moment(at)) == expected
    never = replace(named("d12-every"), announced_from=None)
    assert state(never, moment(at)) == (None if expected == "coming" else expected)


PLAIN = Promotion("a", "甲", "full_reduction")
# Who stacks with whom: the row and the column are two promotions, both ways round.
MATRIX: dict[str, Promotion] = {
    "plain": Promotion("p", "满减", "full_reduction"),
    "grouped": Promotion("g", "满减", "full_reduction", group="x"),
    "same_group": Promotion("h", "限时价", "limited_price", group="x"),
    "other_group": Promotion("o", "第二件", "second_piece", group="y"),
    "alone": Promotion("n", "独享", "full_reduction", with_promotions=False),
    "price": Promotion("q", "限时价", "limited_price"),
    "second": Promotion("s", "第二件", "second_piece"),
    "presale": Promotion("v", "预售", "presale"),
    "gift": Promotion("t", "满赠", "gift"),
}
STACKING = {
    ("plain", "grouped"), ("plain", "same_group"), ("plain", "other_group"), ("plain", "price"), ("plain", "second"), ("plain", "gift"),
    ("grouped", "other_group"), ("grouped", "price"), ("grouped", "second"), ("grouped", "gift"),
    ("same_group", "other_group"), ("same_group", "second"), ("same_group", "gift"),
    ("other_group", "price"), ("other_group", "gift"),
    ("price", "second"), ("price", "gift"), ("second", "gift"),
}  # fmt: skip


@pytest.mark.parametrize("one", MATRIX)
@pytest.mark.parametrize("other", MATRIX)
def test_what_stacks_with_what(one: str, other: str) -> None:
    assert stacks(MATRIX[one], MATRIX[other]) is bool({(one, other), (other, one)} & STACKING)


@pytest.mark.parametrize(
    ("scope", "targets", "discounted", "covered"),
    [
        ("shop", (), False, {"p1001", "p2002"}),
        ("shop", (), True, {"p1001", "p1002", "p2002"}),
        ("kind", ("clothing",), False, {"p1001"}),
        ("kind", ("clothing",), True, {"p1001", "p1002"}),
        ("product", ("p1002",), False, {"p1002"}),  # named: although it is discounted
    ],
)
def test_which_goods_a_promotion_reaches(scope: str, targets: tuple[str, ...], discounted: bool, covered: set[str]) -> None:
    one = replace(PLAIN, scope=scope, targets=targets, discounted_goods=discounted)
    assert {name for name in ("p1001", "p1002", "p2002") if one.covers(product(name))} == covered


def dated(name: str, start: str, stop: str, slot: str | None = "x") -> Promotion:
    return Promotion(name, name, "full_reduction", period({"valid_from": start, "valid_to": stop}, name), slot=slot)


def test_two_of_a_slot_at_the_same_time_are_refused() -> None:
    check(promotions(), "demo")
    check([dated("a", "2026-11-01", "2026-11-11"), dated("b", "2026-11-12", "2026-11-20")], "file")
    with pytest.raises(ValueError, match="slot x: a and b are valid at the same time"):
        check([dated("a", "2026-11-01", "2026-11-11"), dated("b", "2026-11-11", "2026-11-20")], "file")
    with pytest.raises(ValueError, match="both without dates"):
        check([replace(PLAIN, slot="x"), replace(PLAIN, promotion_id="b", slot="x")], "file")
    check([dated("a", "2026-11-01", "2026-11-11", None), dated("b", "2026-11-11", "2026-11-20", None)], "file")


def test_the_same_promotion_twice_at_the_same_time_is_refused() -> None:
    with pytest.raises(ValueError, match="promotion a"):
        check([dated("a", "2026-11-01", "2026-11-11", None), dated("a", "2026-11-05", "2026-11-20", None)], "file")
    check([dated("a", "2026-11-01", "2026-11-11", None), dated("a", "2027-11-01", "2027-11-11", None)], "file")


def at(text: str) -> datetime:
    return moment(f"2026-{text}T00:00:00")


GOOD: dict[str, dict[str, Any]] = {
    "full_reduction": {"kind": "full_reduction", "scope": "shop", "steps": [{"from": "200", "less": "20"}, {"from": "400", "less": "50"}]},
    "second_piece": {"kind": "second_piece", "scope": "kind", "targets": ["bedding"], "percent": 50},
    "limited_price": {"kind": "limited_price", "scope": "product", "targets": ["p1001"], "price": Decimal(149)},
    "gift": {"kind": "gift", "scope": "shop", "gift": "收纳袋"},
    "presale": {
        "kind": "presale", "scope": "product", "targets": ["p2003"], "price": Decimal(659),
        "deposit": Decimal(100), "deposit_worth": Decimal(150),
        "valid_from": at("11-27"), "valid_to": at("12-04"), "balance_from": at("12-05"), "balance_to": at("12-09"),
    },
}  # fmt: skip


@pytest.mark.parametrize("kind", GOOD)
def test_a_whole_promotion_has_no_fault(kind: str) -> None:
    assert faults(GOOD[kind]) == []


@pytest.mark.parametrize(
    ("kind", "changed", "field"),
    [
        ("full_reduction", {"steps": []}, "steps"),
        ("full_reduction", {"steps": [{"from": "20", "less": "30"}]}, "steps"),
        ("full_reduction", {"every": True}, "steps"),
        ("full_reduction", {"steps": [{"from": "20", "less": "3"}, {"from": "20", "less": "5"}]}, "steps"),
        ("full_reduction", {"targets": ["p1001"]}, "targets"),
        ("second_piece", {"targets": []}, "targets"),
        ("second_piece", {"percent": 0}, "percent"),
        ("second_piece", {"percent": 101}, "percent"),
        ("limited_price", {"price": None}, "price"),
        ("limited_price", {"scope": "shop", "targets": []}, "scope"),
        ("gift", {"gift": None}, "gift"),
        ("presale", {"deposit": None}, "deposit"),
        ("presale", {"balance_to": None}, "balance_to"),
        ("presale", {"deposit_worth": Decimal(50)}, "deposit_worth"),
        ("presale", {"price": Decimal(120)}, "price"),
        ("presale", {"balance_from": at("12-03")}, "balance_from"),
        ("presale", {"balance_to": at("12-05")}, "balance_to"),
    ],
)
def test_a_promotion_that_contradicts_itself_is_refused_with_the_field(kind: str, changed: dict[str, Any], field: str) -> None:
    found = faults({**GOOD[kind], **changed})
    assert [one.field for one in found] == [field]
    assert all(one.problem and one.remedy for one in found)


def test_a_promotion_without_dates_always_counts() -> None:
    assert PLAIN.period == ALWAYS
    assert active([PLAIN], moment("2030-01-01T00:00:00")) == [PLAIN]
