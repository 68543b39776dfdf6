"""Cancelling an order and changing what was ordered (rules.md §2, §3, §23)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from policy import orders
from policy.decide import Decision, decide, gap, load_table, unreachable
from policy.facts import OrderFacts, ProductFacts
from tests.policy.demo import NOW, order, parameters, product, shop


def cancelled(one: OrderFacts, step: str = "ask", agree: str = "open", identity: str = "signed") -> Decision:
    """What the shopper hears on cancelling."""
    facts = orders.cancel_facts(one, parameters(), NOW, step, agree=agree, identity=identity)
    return decide("cancel_order", facts, parameters())


def changed(
    one: OrderFacts, target: ProductFacts | None, variant: str | None, step: str = "ask", pay: str = "open", identity: str = "signed"
) -> Decision:
    """What the shopper hears on changing."""
    facts = orders.change_facts(one, target, variant, parameters(), NOW, step, pay=pay, identity=identity)
    return decide("change_product", facts, parameters())


@pytest.mark.parametrize("topic", ["cancel_order", "change_product"])
def test_the_table_is_complete_and_every_row_reachable(topic: str) -> None:
    table = load_table(topic)
    assert gap(table, parameters()) is None
    assert unreachable(table, parameters()) == []


def test_every_id_of_the_handbook_is_a_row_or_a_note() -> None:
    for topic, prefix, last in (("cancel_order", "co", 9), ("change_product", "cp", 10)):
        table = load_table(topic)
        known = {row.id for row in table.rows} | {note.id for note in table.notes}
        assert {f"{prefix}_{number:02}" for number in range(1, last + 1)} <= known


@pytest.mark.parametrize(
    ("tail", "row"),
    [(1, "co_06"), (2, "co_06"), (3, "co_06"), (21, "co_06"), (23, "co_07"), (6, "co_04"), (8, "ic_04"), (17, "ic_04"),
     (7, "co_z_05"), (16, "co_z_05"), (9, "co_z_03"), (11, "co_z_03"), (18, "co_z_01")],
)  # fmt: skip
def test_cancels_a_demonstration_order(tail: int, row: str) -> None:
    assert cancelled(order(tail)).row == row


def test_goods_made_to_order_ask_before_a_loss_is_taken_off() -> None:
    assert cancelled(order(23), agree="yes").row == "co_08"
    refused = cancelled(order(23), agree="no")
    assert (refused.row, refused.then["refund"], refused.then["hand_over"]) == ("co_09", "none", "person")


@pytest.mark.parametrize(
    "changes",
    [{"custom_made": False}, {"loss_agreed_before_payment": False}, {"purchase_loss": None}, {"ship_by": date(2026, 11, 21)}],
)
def test_no_loss_without_custom_goods_an_agreement_a_sum_and_a_shop_in_time(changes: dict[str, object]) -> None:
    one = replace(order(23), **changes)  # type: ignore[arg-type]
    assert cancelled(one).row == "co_06"
    assert orders.cancel_amounts(one, parameters(), shop(), NOW).refund == one.paid


def test_sums_before_dispatch_are_all_that_was_paid_or_less_the_loss() -> None:
    assert orders.cancel_amounts(order(1), parameters(), shop(), NOW).refund == Decimal(176)
    custom = orders.cancel_amounts(order(23), parameters(), shop(), NOW)
    assert (custom.refund, custom.loss) == (Decimal(2380), Decimal(300))
    assert orders.cancel_amounts(order(18), parameters(), shop(), NOW).refund == 0


def test_sums_after_dispatch_keep_what_a_return_keeps() -> None:
    by_threshold = orders.cancel_amounts(order(6), parameters(), shop(), NOW)
    assert (by_threshold.refund, by_threshold.outbound, by_threshold.freight) == (Decimal(251), Decimal(8), Decimal(8))
    paid_postage = orders.cancel_amounts(order(8), parameters(), shop(), NOW)
    assert (paid_postage.refund, paid_postage.outbound) == (Decimal(20), Decimal(0))
    never = orders.cancel_amounts(order(6), parameters(charge_outbound_on_buyer_return="never"), shop(), NOW)
    assert never.refund == Decimal(259)


def test_free_postage_without_condition_is_never_kept_back() -> None:
    cheap = order(8, paid=Decimal(20), postage=Decimal(0))
    assert orders.outbound_charge(cheap, parameters()) == 0
    assert orders.outbound_charge(cheap, parameters(charge_outbound_on_buyer_return="always")) == Decimal(8)


def test_freight_of_an_appointment_delivery_is_quoted_and_not_guessed() -> None:
    sofa = order(21, state="shipped", shipped_at=NOW, courier_id="yto")
    assert cancelled(sofa).row == "ic_05"
    assert orders.cancel_amounts(sofa, parameters(), shop(), NOW).freight is None


def test_a_parcel_on_its_way_is_stopped_first_and_then_refused_or_returned() -> None:
    submitted = cancelled(order(6), "intercept")
    assert (submitted.row, submitted.then["ticket"]) == ("ic_01", "intercept")
    assert cancelled(order(6), "stopped").row == "ic_02"
    assert cancelled(order(6), "not_stopped").row == "ic_03"
    assert cancelled(order(6), "insist").row == "co_05"


@pytest.mark.parametrize("tail", [1, 6, 23])
def test_phone_digits_alone_cancel_nothing(tail: int) -> None:
    decision = cancelled(order(tail), identity="proved")
    assert (decision.then["ticket"], decision.then["hand_over"]) == ("none", "person")


def test_goods_excluded_from_returns_go_to_a_specialist_once_sent() -> None:
    assert cancelled(order(6, no_reason_excluded=True)).row == "co_z_06"


def test_changes_to_another_size_of_the_same_product() -> None:
    decision = changed(order(1), product("p1001"), "米白/L")
    assert (decision.row, decision.then["ticket"]) == ("cp_06", "change")


def test_asks_for_the_target_before_anything_is_decided() -> None:
    decision = changed(order(1), None, None)
    assert (decision.row, decision.ask) == (None, "stock")


def test_wants_a_variant_that_is_sold_out() -> None:
    assert changed(order(1), product("p1001"), "雾蓝/L").row == "cp_03"
    assert orders.alternative(product("p1001"), "雾蓝/L") == "米白/L"


def test_wants_a_dearer_product() -> None:
    bedding = product("p2001")
    assert orders.difference(order(1), bedding) == Decimal(91)
    assert changed(order(1), bedding, "浅灰/1.8米床").row == "cp_07"
    assert changed(order(1), bedding, "浅灰/1.8米床", pay="no").row == "cp_08"
    assert changed(order(1), bedding, "浅灰/1.8米床", pay="yes").then["ticket"] == "change"
    assert changed(order(1), bedding, None, step="stop").row == "cp_05"
    assert changed(order(1), bedding, None, step="continue").row == "cp_04"


def test_wants_a_cheaper_product() -> None:
    decision = changed(order(1), product("p1002"), "白色/M")
    assert (decision.row, decision.then["difference_paid_by"]) == ("cp_09", "shop")
    assert orders.difference(order(1), product("p1002")) == Decimal(-109)


def test_a_coupon_used_on_the_order_makes_no_difference_for_another_colour() -> None:
    assert orders.difference(order(1, paid=Decimal(171)), product("p1001")) == 0


@pytest.mark.parametrize(("tail", "row"), [(6, "cp_02"), (9, "cp_z_03"), (18, "cp_z_01")])
def test_changes_too_late_or_before_paying(tail: int, row: str) -> None:
    assert changed(order(tail), product("p1001"), "米白/S").row == row


def test_a_shop_without_presents_promises_none() -> None:
    facts = orders.change_facts(order(6), None, None, parameters(), NOW, gifts=False)
    assert decide("change_product", facts, parameters()).row == "cp_z_07"


def test_phone_digits_alone_change_nothing() -> None:
    assert changed(order(1), product("p1001"), "米白/S", identity="proved").row == "cp_z_04"


def test_a_variant_is_named_by_its_colour_or_its_size() -> None:
    dress = product("p1001")
    assert orders.target_variant(dress, "米白/M", size="L") == "米白/L"
    assert orders.target_variant(dress, "米白/M", colour="雾蓝") == "雾蓝/M"
    assert orders.target_variant(dress, "米白/M", size="XXL") is None
    assert orders.target_variant(dress, None, colour="雾蓝") is None
    assert orders.target_variant(dress, None) is None
    assert orders.target_variant(product("p2002"), None, colour="白色") == "白色/48x74cm"


def test_an_old_stock_figure_is_told_with_its_time() -> None:
    dress = product("p1001")
    assert orders.stock_as_of(dress, parameters(), NOW) is None
    old = replace(dress, stock_synced_at=NOW.replace(hour=1))
    assert orders.stock_as_of(old, parameters(), NOW) == NOW.replace(hour=1)
