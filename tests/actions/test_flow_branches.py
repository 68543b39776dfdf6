"""Branches of the charts F2, F3, F4 and F5 that no talk of the demonstration shop comes to: other days, other data, one action each."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text as sql

from actions import context
from actions.context import Context
from actions.logistics import ActionTrackParcel
from actions.orders import ActionCancelOrder, ActionChangeProduct
from actions.returns import AskReturnRemedy
from shop.clock import Clock
from shop.integration import Integration
from shop.seed import confirm_demo
from shop.tickets import Tickets
from tests.actions.conftest import NOW
from tests.actions.support import changed, handed_over, rows, run, said, turn

NEVER_SEEN, DRESS, SHIRT = "880000000005", "880000000001", "880000000010"


def later(world: Context, **by: float) -> None:
    """Time has passed, and the shop's system has gone on confirming its facts."""
    clock = Clock(fixed=NOW + timedelta(**by))
    assert confirm_demo(world.engine, "demo", clock)
    context.use(Context(world.engine, clock))


def order(world: Context, number: str, **body: Any) -> None:
    """An order as the shop's system sends it, of the customer c05."""
    known = {"customer": {"id": "c05", "name": "冯女士"}, "product": "p1001", "variant": "米白/M", "paid": "176", "postage": "8"}
    ordered = {"ordered_at": (NOW - timedelta(days=4)).isoformat(), "pay_by": "alipay"}
    Integration(world.engine, "demo", world.clock).upsert("orders", number, {**known, **ordered, **body}, 1)


def parcel(world: Context, number: str, **body: Any) -> None:
    """A parcel as the shop's system sends it."""
    Integration(world.engine, "demo", world.clock).upsert("shipments", number, {"courier": "yto", "tracking": "YT7", **body}, 1)


async def track(number: str, customer: str = "c05") -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Where is the parcel."""
    return await run(ActionTrackParcel(), turn("track_parcel", slots={"order_id": number}, customer=customer, talk=f"where {number}"))


# F4


async def test_a_number_that_never_appears_is_a_lost_parcel(world: Context) -> None:
    """F4: not online within the days after asking the courier: sent again or refunded."""
    later(world, days=30)
    events, messages = await track(NEVER_SEEN, "c03")
    assert (rows(messages), changed(events)["open_question"]) == (["ls_13"], "reship_or_refund")


@pytest.mark.parametrize(("hours", "row", "query"), [(2, "ls_15", False), (60, "ls_16", True), (24 * 30, "ls_17", False)])
async def test_a_parcel_that_stands_still_is_asked_after_and_then_lost(world: Context, hours: int, row: str, query: bool) -> None:
    """F4: still moving, no scan for too long (the courier is asked), for very long (lost)."""
    order(world, "880000000801", state="shipped")
    scan = {"at": (NOW - timedelta(hours=1)).isoformat(), "place": "杭州分拨", "text": "已发出", "arrived_region": False}
    parcel(world, "880000000801", shipped_at=(NOW - timedelta(days=1)).isoformat(), scans=[scan])
    later(world, hours=hours)
    _, messages = await track("880000000801")
    assert rows(messages) == [row]
    kinds = [ticket.kind for ticket in Tickets(world.engine, "demo", world.clock).of_conversation("where 880000000801")]
    assert kinds == (["courier_query"] if query else [])


async def test_a_parcel_sent_without_its_number_is_asked_after(world: Context) -> None:
    """F4: no number, but no mail from abroad either."""
    order(world, "880000000802", state="shipped")
    parcel(world, "880000000802", tracking=None, shipped_at=(NOW - timedelta(days=1)).isoformat())
    _, messages = await track("880000000802")
    assert rows(messages) == ["ls_z_13"]


@pytest.mark.parametrize(
    ("body", "row"),
    [
        ({"purchase": "arrived", "ship_by": "+2"}, "ls_z_09"),
        ({"purchase": "arrived", "ordered_at": (NOW - timedelta(days=9)).isoformat()}, "ls_z_11"),
        ({"state": "cancelled"}, "ls_z_02"),
    ],
)
async def test_goods_not_sent_are_told_by_their_promise_and_without_one_asked_about(world: Context, body: dict[str, str], row: str) -> None:
    """F4: a day was promised; none is known; the order is no more."""
    told = {key: (NOW + timedelta(days=2)).date().isoformat() if value == "+2" else value for key, value in body.items()}
    order(world, "880000000803", **{"state": "paid", **told})
    _, messages = await track("880000000803")
    assert rows(messages) == [row]


# F2, F3


async def test_a_cancelled_order_is_neither_cancelled_nor_changed_again(world: Context) -> None:
    """F2, F3: nothing left to do."""
    order(world, "880000000804", state="cancelled")
    for action, intent, row in ((ActionCancelOrder(), "cancel_order", "co_z_02"), (ActionChangeProduct(), "change_product", "cp_z_02")):
        _, messages = await run(action, turn(intent, slots={"order_id": "880000000804", "target": ":雾蓝/"}))
        assert rows(messages) == [row]


async def test_cancelling_a_lost_parcel_leads_to_its_refund(world: Context) -> None:
    """F2 meets F4: the parcel that cannot be cancelled is lost anyway."""
    events, messages = await run(ActionCancelOrder(), turn("cancel_order", slots={"order_id": "880000000007"}, customer="c04"))
    assert (rows(messages), changed(events)["open_question"]) == (["co_z_05"], "reship_or_refund")


async def test_goods_brought_by_appointment_are_stopped_only_with_a_quote(world: Context) -> None:
    """F2: already on the van."""
    order(world, "880000000805", state="shipped", product="p3001", variant="燕麦色/三人位", delivery="appointment", paid="2680")
    parcel(world, "880000000805", shipped_at=(NOW - timedelta(hours=3)).isoformat(), tracking=None)
    _, messages = await run(ActionCancelOrder(), turn("cancel_order", slots={"order_id": "880000000805"}))
    assert rows(messages) == ["ic_05"]
    assert messages[0]["ticket"]


async def test_made_to_measure_and_sent_is_for_a_person(world: Context) -> None:
    """F2: excluded from return without reasons."""
    order(world, "880000000806", state="shipped", no_reason_excluded=True, custom_made=True)
    parcel(world, "880000000806", shipped_at=(NOW - timedelta(days=1)).isoformat())
    _, messages = await run(ActionCancelOrder(), turn("cancel_order", slots={"order_id": "880000000806"}))
    assert (rows(messages), handed_over(messages)) == (["co_z_06"], True)


async def test_no_order_of_that_number_is_nobodys(world: Context) -> None:
    """F2, F3, F4: the number is not found; what is found is not the shopper's: both sound alike."""
    for number in ("880000009999", DRESS):
        for action, intent in ((ActionCancelOrder(), "cancel_order"), (ActionTrackParcel(), "track_parcel")):
            _, messages = await run(action, turn(intent, slots={"order_id": number}))
            assert said(messages) == ["utter_orders_none"]


# F5: another thing than ordered, worth less than its way back


@pytest.mark.parametrize(
    ("usable", "named", "row", "response"),
    [
        ("no", None, "wi_05", "utter_returns_propose_wrong_reship"),
        ("yes", None, "wi_04", "utter_returns_propose_options"),
        ("yes", "p1001", "wi_03", "utter_returns_propose_keep"),
    ],
)
async def test_a_wrong_thing_not_worth_its_way_is_kept_or_the_right_one_is_sent(
    world: Context, usable: str, named: str | None, row: str, response: str
) -> None:
    with world.engine.begin() as connection:
        connection.execute(sql("UPDATE products SET price = 5 WHERE id = 'p1002'"))
    slots = {"order_id": SHIRT, "reason": "wrong_item", "usable": usable}
    found = [{"entity": "product", "value": named}] if named else []
    first = {"event": "user", "parse_data": {"intent": {"name": "report_wrong_item"}, "entities": found}, "timestamp": 0}
    _, messages = await run(AskReturnRemedy(), turn("affirm", slots=slots, memory=[first]))
    assert (rows(messages)[-1], said(messages)[-1]) == (row, response)
