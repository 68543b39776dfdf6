"""What happens to an order that its shopper should hear of, and when the night is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from policy.facts import OrderFacts, Scan
from policy.proactive import Outlook, is_quiet, look, midnight, morning, snapshot, still_true, tomorrow
from tests.policy.demo import NOW, order, parameters

DAY = timedelta(days=1)
HOURS = "21:30-9:00"


def local(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-{text}:00+08:00")


def bought(**changes: Any) -> OrderFacts:
    """An order placed at NOW."""
    return replace(order(1), **{"ordered_at": NOW, **changes})


def events(outlook: Outlook) -> list[str]:
    return [moment.event for moment in outlook.due]


def at(found: OrderFacts, when: datetime, before: dict[str, str] | None = None, **changed: object) -> list[str]:
    return events(look(found, before, parameters(**changed), when))


def test_an_unpaid_order_is_reminded_of_on_the_third_and_seventh_day() -> None:
    unpaid = bought(state="unpaid")
    assert at(unpaid, NOW) == ["order_created"]
    assert at(unpaid, NOW + 3 * DAY) == ["order_created", "unpaid_3d"]
    assert at(unpaid, NOW + 7 * DAY) == ["order_created", "unpaid_7d"], "only the newest reminder"
    assert at(unpaid, NOW + 14 * DAY)[-1] == "unpaid_expired"
    assert look(unpaid, None, parameters(), NOW).next_at == NOW + 3 * DAY


def test_a_shop_that_closes_orders_itself_reminds_at_half_and_nine_tenths() -> None:
    unpaid = bought(state="unpaid")
    hours = {"unpaid_close_hours": 10}
    assert at(unpaid, NOW + timedelta(hours=5), **hours) == ["order_created", "unpaid_half"]
    assert at(unpaid, NOW + timedelta(hours=9), **hours) == ["order_created", "unpaid_last"]
    assert at(unpaid, NOW + timedelta(hours=10), **hours) == ["order_created", "unpaid_last", "unpaid_expired"]


def test_a_reminder_is_not_true_any_more_when_its_day_is_over() -> None:
    unpaid = bought(state="unpaid")
    assert still_true("unpaid_3d", unpaid, parameters(), NOW + 3 * DAY)
    assert not still_true("unpaid_3d", unpaid, parameters(), NOW + 7 * DAY)
    assert not still_true("unpaid_3d", replace(unpaid, state="paid"), parameters(), NOW + 3 * DAY)
    assert still_true("no_reply", unpaid, parameters(), NOW + 2 * DAY)
    assert still_true("shipped", unpaid, parameters(), NOW)


def test_a_late_dispatch_is_told_with_its_day_or_that_the_goods_are_awaited() -> None:
    late = bought(state="paid", ship_on=(NOW + 8 * DAY).date(), purchase="arrived")
    assert at(late, NOW + 5 * DAY) == ["order_created"]
    assert at(late, NOW + 6 * DAY) == ["order_created", "delayed_date"]
    awaited = bought(state="paid", purchase="awaiting", restock_on=(NOW + 9 * DAY).date())
    assert at(awaited, NOW + 6 * DAY) == ["order_created", "delayed_no_goods"]
    promised = bought(state="paid", purchase="arrived", ship_by=(NOW + DAY).date(), ship_on=(NOW + 4 * DAY).date())
    assert "delayed_date" in at(promised, NOW + 2 * DAY)


def test_dispatch_arrival_and_a_number_that_was_waited_for() -> None:
    scan = Scan(NOW + 4 * DAY, "宁波网点", "派送中", arrived_region=True, out_for_delivery=True)
    sent = bought(state="shipped", shipped_at=NOW + DAY, scans=(scan,), tracking="YT1")
    assert at(sent, NOW + 5 * DAY) == ["shipped", "arrived", "tracking_online"]
    early = replace(sent, scans=(replace(scan, at=NOW + 2 * DAY),))
    assert at(early, NOW + 5 * DAY) == ["shipped", "arrived"]


def test_what_changed_is_told_once_and_never_at_the_first_look() -> None:
    paid = bought(state="paid")
    assert "payment_received" in at(paid, NOW + DAY, {"state": "unpaid"})
    assert "payment_received" not in at(paid, NOW + DAY, snapshot(paid, NOW))
    assert "payment_received" not in at(paid, NOW + DAY)
    assert at(bought(state="cancelled"), NOW + DAY, {"state": "unpaid"}) == ["unpaid_closed"]


def test_goods_that_nobody_expects_are_out_of_stock_and_a_sold_last_piece_is_not() -> None:
    product = order(1).product
    none_left = replace(product, stock={"米白/M": 0})
    missing = bought(state="paid", product=none_left, variant="米白/M", purchase="awaiting", restock_on=None)
    assert "out_of_stock" in at(missing, NOW, {"state": "paid"})
    assert "out_of_stock" not in at(replace(missing, purchase=None), NOW, {"state": "paid"})
    assert "out_of_stock" not in at(replace(missing, restock_on=(NOW + DAY).date()), NOW, {"state": "paid"})
    assert "out_of_stock" not in at(missing, NOW, snapshot(missing, NOW))


def test_furniture_is_announced_when_it_is_there_and_when_it_comes_later() -> None:
    sofa = bought(state="paid", delivery="appointment", purchase="arrived", ship_on=(NOW + 3 * DAY).date())
    before = {"state": "paid", "purchase": "awaiting", "ship_on": (NOW + DAY).date().isoformat(), "stock": "in"}
    found = {(moment.event, moment.step) for moment in look(sofa, before, parameters(), NOW).due}
    assert found >= {("delivery_risk", (NOW + 3 * DAY).date().isoformat()), ("goods_ready", "")}
    assert at(sofa, NOW + 20 * DAY, snapshot(sofa, NOW)) == ["order_created"], "no parcel's delay for a delivery by appointment"


def test_a_visit_follows_the_signing() -> None:
    signed = bought(state="received", signed_at=NOW)
    assert at(signed, NOW + DAY) == []
    assert at(signed, NOW + 2 * DAY) == ["signed_visit"]
    assert at(replace(signed, delivery="appointment"), NOW + DAY) == ["service_visit"]


@pytest.mark.parametrize(
    ("when", "quiet"), [("18T21:29", False), ("18T21:30", True), ("18T03:00", True), ("18T08:59", True), ("18T09:00", False)]
)
def test_the_quiet_hours_go_over_midnight(when: str, quiet: bool) -> None:
    assert is_quiet(HOURS, local(when)) is quiet


def test_the_morning_after_a_message_of_the_night() -> None:
    assert morning(HOURS, local("18T22:00")) == local("19T09:00")
    assert morning(HOURS, local("18T03:00")) == local("18T09:00")
    assert morning(HOURS, local("18T12:00")) == local("18T12:00")
    assert tomorrow(HOURS, local("18T12:00")) == local("19T09:00")
    assert tomorrow(None, local("18T12:00")) == local("19T00:00")
    assert midnight(local("18T00:00")) == local("18T00:00")
    assert is_quiet("12:00-13:00", local("18T12:30"))
    assert not is_quiet(None, local("18T03:00"))


def test_hours_that_are_none_are_named() -> None:
    with pytest.raises(ValueError, match="quiet hours 'at night'"):
        is_quiet("at night", NOW)
