"""Payment, missing goods, bringing and repair: facts of the tables, and the acceptance cases of rules.md 23 that rest on them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from policy import delivery, orders, payments
from policy.decide import decide
from policy.facts import OrderFacts
from tests.policy.demo import NOW, order, parameters, shop

PARAMETERS = parameters()
CLOSING = parameters(unpaid_close_hours=10)


def unpaid(days: float) -> OrderFacts:
    return replace(order(18), ordered_at=NOW - timedelta(days=days))


@pytest.mark.parametrize(
    ("days", "replied", "row"),
    [
        (0, True, "pm_03"),
        (2, True, "pm_03"),
        (2, False, "pm_02"),
        (3, False, "pm_04"),
        (6, True, "pm_04"),
        (7, True, "pm_05"),
        (13, True, "pm_05"),
        (14, True, "pm_06"),
    ],
)
def test_an_unpaid_order_by_its_age(days: int, replied: bool, row: str) -> None:
    decision = decide("payment_reminder", payments.facts(unpaid(days), PARAMETERS, NOW, replied=replied), PARAMETERS)
    assert decision.row == row
    assert decision.then["deed"] == ("close" if row == "pm_06" else "none")
    assert decision.then["unasked"] == ("no" if row == "pm_06" else "yes")


@pytest.mark.parametrize(("hours", "row"), [(1, "pm_03"), (5, "pm_z_06"), (9, "pm_z_05"), (10, "pm_z_04")])
def test_a_shop_that_closes_orders_itself_counts_hours(hours: int, row: str) -> None:
    facts = payments.facts(unpaid(hours / 24), CLOSING, NOW)
    assert decide("payment_reminder", facts, CLOSING).row == row


def test_an_order_is_kept_until_a_day_that_is_not_over() -> None:
    assert payments.kept_until(unpaid(8), PARAMETERS, NOW) == (NOW - timedelta(days=8)).date() + timedelta(days=14)
    assert payments.kept_until(unpaid(40), PARAMETERS, NOW) > NOW.date()


@pytest.mark.parametrize(("number", "row"), [(1, "pm_08"), (6, "pm_08"), (18, "pm_08_not_found")])
def test_a_payment_is_the_orders_word(number: int, row: str) -> None:
    assert decide("payment_reminder", payments.facts(order(number), PARAMETERS, NOW, "said_paid"), PARAMETERS).row == row


@pytest.mark.parametrize(
    ("number", "step", "row"),
    [
        (3, "found", "os_01_date"),
        (3, "told", "os_02_date"),
        (3, "refund", "os_02_refund"),
        (2, "told", "os_z_06"),
        (23, "refund", "os_02_refund"),  # made to measure, with an agreed loss: the shop's reason all the same
    ],
)
def test_missing_goods_are_the_shops_matter(number: int, step: str, row: str) -> None:
    decision = decide("out_of_stock", orders.stock_facts(order(number), PARAMETERS, NOW, step), PARAMETERS)
    assert decision.row == row
    assert decision.then["refund"] == ("all" if step == "refund" else "none")


def test_without_a_day_of_arrival_none_is_told() -> None:
    late = replace(order(3), restock_on=None)
    assert decide("out_of_stock", orders.stock_facts(late, PARAMETERS, NOW), PARAMETERS).row == "os_02"


@pytest.mark.parametrize(
    ("named", "usable"),
    [("2026-11-23", True), ("2026-11-22", False), ("2026-11-01", False), ("2029-01-01", False), ("", False), ("明天", False)],
)
def test_a_day_for_bringing_lies_ahead(named: str, usable: bool) -> None:
    assert delivery.usable_day(named, NOW) == (date.fromisoformat(named) if usable else None)


@pytest.mark.parametrize(("months", "warranty"), [(36, "within"), (1, "over"), (None, "unknown")])
def test_warranty_counts_from_signing(months: int | None, warranty: str) -> None:
    wardrobe = order(22)
    old = replace(wardrobe, signed_at=NOW - timedelta(days=60), product=replace(wardrobe.product, warranty_months=months))
    assert delivery.warranty(old, shop(), NOW) == warranty


@pytest.mark.parametrize("wish", delivery.WISHES)
@pytest.mark.parametrize("number", [21, 22, 18, 6])
def test_every_wish_of_every_order_is_answered(wish: str, number: int) -> None:
    for detail in ("open", "given", "unwilling"):
        decision = decide("delivery", delivery.facts(order(number), wish, shop(), NOW, detail=detail), PARAMETERS)
        assert decision.row is not None
        assert detail == "open" or decision.then["ask"] == "none", "nothing is asked twice"


def test_an_anonymous_shopper_registers_nothing() -> None:
    """decisions.md 5: a proof by number and phone digits opens reading only."""
    for wish in delivery.WISHES:
        for detail in ("open", "given"):
            decision = decide("delivery", delivery.facts(order(22), wish, shop(), NOW, detail=detail, identity="proved"), PARAMETERS)
            assert decision.then["ticket"] in ("none", "specialist", "person") or wish == "fee", decision.row


def test_the_refund_of_missing_goods_is_everything_paid() -> None:
    made = order(23)
    assert made.paid == Decimal(2680)
    assert orders.bears_loss(made, PARAMETERS, NOW), "the same order bears a loss only when the shopper cancels"
