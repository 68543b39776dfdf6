"""Where a parcel is: the table's rows, the demonstration orders, and the limits around them (rules.md §4, §23)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from policy import logistics
from policy.decide import Decision, decide, gap, load_table, unreachable
from policy.facts import OrderFacts, Scan
from tests.policy.demo import NOW, order, parameters

DEMO_ROWS = {
    1: "ls_01", 2: "ls_02", 3: "ls_03", 4: "ls_10", 5: "ls_11", 6: "ls_15", 7: "ls_17", 8: "ls_18", 9: "ls_20", 11: "ls_20",
    15: "ls_06", 16: "ls_07", 17: "ls_14", 18: "ls_z_01", 21: "ls_z_10", 22: "ls_20",
}  # fmt: skip


def told(one: OrderFacts, step: str = "status", identity: str = "signed", confirmed_lost: bool = False, **numbers: object) -> Decision:
    """What the shopper is told of this order."""
    limits = parameters(**numbers)
    return decide("logistics", logistics.facts(one, limits, NOW, step, identity=identity, confirmed_lost=confirmed_lost), limits)


def unshipped(days: int, **changes: object) -> OrderFacts:
    """An order paid so many days ago."""
    return replace(order(1), ordered_at=NOW - timedelta(days=days), **changes)  # type: ignore[arg-type]


def sent(days: int, quiet_hours: int | None = None, **changes: object) -> OrderFacts:
    """A parcel sent so many days ago, last scanned so many hours ago (None: never)."""
    scans = () if quiet_hours is None else (Scan(NOW - timedelta(hours=quiet_hours), "武汉", "运输中"),)
    return replace(order(4), shipped_at=NOW - timedelta(days=days), scans=scans, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(("tail", "row"), DEMO_ROWS.items())
def test_each_demonstration_order_hears_its_row(tail: int, row: str) -> None:
    assert told(order(tail)).row == row


def test_the_table_is_complete_and_every_row_reachable() -> None:
    table = load_table("logistics")
    assert gap(table, parameters()) is None
    assert unreachable(table, parameters()) == []


def test_every_row_of_the_handbook_is_in_the_table() -> None:
    known = {row.id for row in load_table("logistics").rows}
    assert {f"ls_{number:02}" for number in range(1, 21)} <= known


@pytest.mark.parametrize(
    ("days", "changes", "row"),
    [
        (5, {}, "ls_01"),
        (5, {"purchase": "awaiting"}, "ls_01"),
        (6, {"purchase": "awaiting", "restock_on": date(2026, 11, 26)}, "ls_03"),
        (6, {"purchase": "arrived", "ship_on": date(2026, 11, 23)}, "ls_02"),
        (6, {"purchase": "arrived"}, "ls_z_11"),
        (6, {"purchase": "awaiting", "restock_on": date(2026, 11, 20)}, "ls_z_11"),
        (1, {"ship_by": date(2026, 11, 21), "purchase": "arrived", "ship_on": date(2026, 11, 22)}, "ls_02"),
        (1, {"ship_by": date(2026, 11, 21), "purchase": "awaiting", "restock_on": date(2026, 11, 26)}, "ls_03"),
        (9, {"ship_by": date(2026, 11, 22)}, "ls_z_09"),
    ],
)
def test_asks_why_it_is_not_sent(days: int, changes: dict[str, object], row: str) -> None:
    assert told(unshipped(days, **changes)).row == row


def test_the_shops_own_dispatch_time_is_a_promise() -> None:
    assert told(unshipped(1), dispatch_hours=48).row == "ls_z_09"
    assert told(unshipped(3, purchase="arrived", ship_on=date(2026, 11, 23)), dispatch_hours=48).row == "ls_02"


@pytest.mark.parametrize(("days", "row"), [(0, "ls_10"), (2, "ls_10"), (3, "ls_11"), (7, "ls_11"), (8, "ls_13")])
def test_a_domestic_number_without_a_scan(days: int, row: str) -> None:
    assert told(sent(days)).row == row


@pytest.mark.parametrize(("days", "row"), [(5, "ls_10"), (6, "ls_11"), (10, "ls_11"), (11, "ls_13")])
def test_a_cross_border_number_without_a_scan(days: int, row: str) -> None:
    assert told(sent(days, cross_border=True)).row == row


@pytest.mark.parametrize(("hours", "row"), [(47, "ls_15"), (48, "ls_16"), (4 * 24, "ls_16"), (5 * 24, "ls_17"), (16 * 24, "ls_17")])
def test_a_domestic_parcel_that_stands_still(hours: int, row: str) -> None:
    assert told(sent(20, hours)).row == row


@pytest.mark.parametrize(("hours", "row"), [(15 * 24, "ls_15"), (16 * 24, "ls_16")])
def test_a_cross_border_parcel_that_stands_still(hours: int, row: str) -> None:
    assert told(sent(30, hours, cross_border=True)).row == row


@pytest.mark.parametrize(("days", "row"), [(50, "ls_06"), (51, "ls_07")])
def test_airmail_without_a_number(days: int, row: str) -> None:
    assert told(sent(days, cross_border=True, tracking=None)).row == row


def test_a_domestic_parcel_without_a_number_is_asked_after_at_once() -> None:
    decision = told(sent(1, tracking=None))
    assert (decision.row, decision.then["ticket"]) == ("ls_z_13", "courier_query")


def test_the_courier_confirms_the_loss() -> None:
    assert told(sent(3, 60)).row == "ls_16"
    assert told(sent(3, 60), confirmed_lost=True).row == "ls_17"


def test_chooses_reship_or_refund_for_a_lost_parcel() -> None:
    reship, refund = told(order(7), "reship"), told(order(7), "refund")
    assert (reship.row, reship.then["ticket"], reship.then["gift"]) == ("ls_09", "lost_parcel", "yes")
    assert (refund.row, refund.then["ticket"]) == ("ls_08", "refund")


def test_a_shop_without_presents_promises_none() -> None:
    facts = logistics.facts(order(7), parameters(), NOW, "reship", gifts=False)
    assert decide("logistics", facts, parameters()).then["gift"] == "no"


@pytest.mark.parametrize("tail", [1, 4, 6, 8, 9, 15, 18])
@pytest.mark.parametrize("step", ["refund", "reship"])
def test_a_parcel_that_is_not_lost_is_neither_refunded_nor_sent_again(tail: int, step: str) -> None:
    assert told(order(tail), step).then["ticket"] not in ("refund", "lost_parcel")


@pytest.mark.parametrize(("tail", "step"), [(7, "refund"), (7, "reship"), (6, "auto_confirm")])
def test_phone_digits_alone_change_nothing(tail: int, step: str) -> None:
    decision = told(order(tail), step, identity="proved")
    assert (decision.then["ticket"], decision.then["hand_over"]) == ("none", "person")


def test_waits_or_changes_when_the_goods_are_late() -> None:
    assert told(order(3), "wait").row == "ls_05"
    assert (told(order(3), "change").row, told(order(3), "change").then["next"]) == ("ls_04", "change_form")


def test_fears_that_the_order_confirms_itself() -> None:
    decision = told(order(6), "auto_confirm")
    assert (decision.row, decision.then["ticket"]) == ("ls_19", "extend_receipt")
    assert told(order(11), "auto_confirm").row == "ls_z_05"


def test_the_courier_is_back_online_after_a_query() -> None:
    assert told(order(6), "follow_up").row == "ls_12"


def test_urging_again_becomes_a_ticket() -> None:
    assert told(order(1), "urge").then["ticket"] == "dispatch"


def test_days_are_dates_of_the_shop_and_not_spans_of_hours() -> None:
    late_evening, early_morning = NOW.replace(hour=15, minute=50), NOW.replace(hour=16, minute=10)  # 23:50 and 00:10 in Shanghai
    assert logistics.days_between(late_evening, early_morning) == 1


def test_old_facts_are_told_with_their_time() -> None:
    read = NOW - timedelta(hours=3)
    assert logistics.as_of(order(6, synced_at=read), parameters(), NOW) == read
    assert logistics.as_of(order(6), parameters(), NOW) is None
    assert logistics.as_of(order(1, synced_at=NOW - timedelta(minutes=16)), parameters(), NOW) is not None


def test_dates_are_concrete_and_those_that_are_over_are_not_named() -> None:
    days = logistics.dates(order(15), parameters(), NOW)
    assert days["lost_until"] == date(2026, 12, 22)
    assert logistics.dates(order(4), parameters(), NOW)["online_until"] == date(2026, 11, 22)
    assert logistics.dates(order(3), parameters(), NOW)["restock_on"] == date(2026, 11, 26)
    assert "ship_on" not in logistics.dates(order(1, ship_on=date(2026, 11, 20)), parameters(), NOW)
