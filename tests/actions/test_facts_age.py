"""Facts that were read a while ago: told with their time, checked by a person first, and never as if they were of now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from actions import context
from actions.context import Context
from actions.logistics import ActionTrackParcel
from actions.orders import ActionCancelOrder, ActionChangeProduct
from actions.payment import ActionPlaceOrder
from actions.products import ActionTellPrice, ActionTellStock
from shop.clock import Clock
from shop.seed import confirm_demo
from shop.tickets import Tickets
from tests.actions.conftest import NOW
from tests.actions.support import rows, run, said, turn
from tests.contract.project import responses

UNSENT, ON_ITS_WAY, UNPAID = "880000000001", "880000000008", "880000000018"
DRESS = "p1001"
CLAIMS = ("有货", "可以直接拍")


def later(world: Context, **by: float) -> Clock:
    """Time has passed, and nobody has confirmed anything since."""
    clock = Clock(fixed=NOW + timedelta(**by))
    context.use(Context(world.engine, clock))
    return clock


def age_rows(messages: Sequence[dict[str, Any]]) -> list[str]:
    return [row for row in rows(messages) if row.startswith("fa_")]


def wording(messages: Sequence[dict[str, Any]]) -> str:
    """Every variation of what was said, as the shopper might hear it."""
    return "\n".join(str(one["text"]) for name in said(messages) for one in responses()[name])


def as_of(messages: Sequence[dict[str, Any]]) -> list[str]:
    return [str(message["as_of"]) for message in messages if message.get("as_of") and message["row"].startswith("fa_")]


async def ask_stock(**entities: str) -> list[dict[str, Any]]:
    return (await run(ActionTellStock(), turn("ask_stock", {"product": DRESS, **entities}, text="这件还能拍吗")))[1]


@pytest.mark.parametrize(
    ("passed", "row", "time"),
    [
        ({"minutes": 15}, None, None),
        ({"minutes": 16}, "fa_06", "12:00"),
        ({"hours": 24}, "fa_06", "12:00"),
        ({"hours": 25}, "fa_04", "12:00"),
    ],
)
async def test_stock_is_told_with_its_time_and_in_the_end_by_a_person(
    world: Context, passed: dict[str, float], row: str | None, time: str | None
) -> None:
    clock = later(world, **passed)
    messages = await ask_stock()
    assert age_rows(messages) == ([row] if row else [])
    assert [time in one for one in as_of(messages)] == ([True] if time else [])
    assert bool(row) != any(claim in wording(messages) for claim in CLAIMS)
    opened = [ticket for ticket in Tickets(world.engine, "demo", clock).due(clock.now() + timedelta(days=9)) if ticket.row == "fa_04"]
    assert len(opened) == (1 if row == "fa_04" else 0)


@pytest.mark.parametrize("wish", [{"colour": "米白", "size": "M"}, {"colour": "米白", "size": "XXL"}, {"colour": "荧光绿"}, {"size": "S"}])
async def test_no_question_about_old_stock_gets_a_claim(world: Context, wish: dict[str, str]) -> None:
    later(world, hours=3)
    messages = await ask_stock(**wish)
    assert age_rows(messages)
    assert not [claim for claim in CLAIMS if claim in wording(messages)]


async def test_what_the_shop_s_system_confirms_is_young_again(world: Context) -> None:
    clock = later(world, hours=3)
    assert confirm_demo(world.engine, "demo", clock)
    assert age_rows(await ask_stock()) == []


async def test_a_price_of_the_day_before_yesterday_is_told_with_its_time(world: Context) -> None:
    ask = turn("ask_price", {"product": DRESS}, text="这件多少钱")
    assert age_rows((await run(ActionTellPrice(), ask))[1]) == []
    later(world, hours=40)
    assert age_rows((await run(ActionTellPrice(), ask))[1])[:1] == ["fa_12"]


@pytest.mark.parametrize(("passed", "found"), [({"minutes": 119}, []), ({"minutes": 121}, ["fa_10"]), ({"hours": 25}, ["fa_07"])])
async def test_a_parcel_s_journey_is_told_with_its_time(world: Context, passed: dict[str, float], found: list[str]) -> None:
    later(world, **passed)
    ask = turn("track_parcel", slots={"order_id": ON_ITS_WAY}, customer="c04", text="到哪了")
    messages = (await run(ActionTrackParcel(), ask))[1]
    assert age_rows(messages) == found
    assert bool([row for row in rows(messages) if row.startswith("ls_")]) == (found != ["fa_07"])


@pytest.mark.parametrize(("order", "customer"), [(UNSENT, "c01"), (UNPAID, "c09")])
@pytest.mark.parametrize(
    ("passed", "found", "acted"), [({"minutes": 14}, [], True), ({"minutes": 20}, ["fa_09"], True), ({"hours": 30}, ["fa_08"], False)]
)
async def test_an_order_of_old_state_is_not_cancelled_without_saying_so(
    world: Context, order: str, customer: str, passed: dict[str, float], found: list[str], acted: bool
) -> None:
    clock = later(world, **passed)
    ask = turn("cancel_order", slots={"order_id": order}, customer=customer, text="这单不要了，取消吧")
    messages = (await run(ActionCancelOrder(), ask))[1]
    assert age_rows(messages) == found
    assert any(row.startswith("co_") for row in rows(messages)) == acted
    kinds = {ticket.kind for ticket in Tickets(world.engine, "demo", clock).of_order(order)}
    assert ("cancel" in kinds) == (acted and order == UNSENT)
    assert ("other" in kinds) == (not acted)


async def test_a_change_waits_for_stock_that_is_old(world: Context) -> None:
    ask = turn("change_product", slots={"order_id": UNSENT, "target": f"{DRESS}:米白/L"}, customer="c01", text="换成L码")
    assert age_rows((await run(ActionChangeProduct(), ask))[1]) == []
    clock = later(world, minutes=20)
    messages = (
        await run(ActionChangeProduct(), turn("change_product", slots={"order_id": UNSENT, "target": f"{DRESS}:米白/S"}, customer="c01"))
    )[1]
    assert age_rows(messages)[0] == "fa_02"
    assert not [claim for claim in CLAIMS if claim in wording(messages)]
    assert "other" in {ticket.kind for ticket in Tickets(world.engine, "demo", clock).of_order(UNSENT)}


@pytest.mark.parametrize(("passed", "row"), [({"minutes": 5}, []), ({"hours": 1}, ["fa_06"]), ({"days": 3}, ["fa_04"])])
async def test_what_is_to_be_bought_is_not_confirmed_by_an_old_stock(world: Context, passed: dict[str, float], row: list[str]) -> None:
    later(world, **passed)
    wish = turn("place_order", {"product": DRESS, "colour": "米白", "size": "M"}, {"colour": "米白", "size": "M"}, None, "米白M，我要买")
    _, messages = await run(ActionPlaceOrder(), wish)
    assert age_rows(messages) == row
    assert ("utter_orders_place_confirm" in said(messages)) is not bool(row)
    assert not row or not any(claim in wording(messages) for claim in CLAIMS)
