"""Several orders in one parcel (issue 4, cb_*): yes with the postage that comes back, or an honest no."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text as sql

from actions.combine import ActionCombineOrders, ActionSettleCombine
from actions.context import Context
from shop.db import writing
from shop.models import Parameter
from shop.tickets import Tickets
from tests.actions.conftest import NOW
from tests.actions.support import changed, handed_over, rows, run, turn

FIRST, SECOND = "880000000033", "880000000034"


async def ask(customer: str | None, text: str = "两单一起发", **entities: Any) -> list[dict[str, Any]]:
    _, messages = await run(ActionCombineOrders(), turn("combine_orders", entities, customer=customer, text=text, talk="cb"))
    return messages


def write(world: Context, order: str, **changes: object) -> None:
    with world.engine.begin() as connection:
        for name, value in changes.items():
            connection.execute(sql(f"UPDATE orders SET {name} = :value WHERE id = :id"), {"value": value, "id": order})


async def test_one_parcel_and_the_second_postage_comes_back(world: Context) -> None:
    messages = await ask("c12")
    assert rows(messages) == ["cb_12"]
    assert messages[0]["refund"] == "8"
    ticket = Tickets(world.engine, "demo", world.clock).of_order(SECOND) or Tickets(world.engine, "demo", world.clock).of_order(FIRST)
    assert sorted(ticket[0].fields["orders"]) == [FIRST, SECOND]
    assert ticket[0].fields["refund"] == "8.00"
    assert rows(await ask("c12", "合并得怎么样了")) == ["cb_05"]


@pytest.mark.parametrize(
    ("changes", "row"),
    [
        ({"address_id": "other"}, "cb_07"),
        ({"address_id": None}, "cb_11"),
        ({"warehouse": "north"}, "cb_08"),
        ({"delivery": "appointment"}, "cb_06"),
        ({"postage": 0}, "cb_13"),
        ({"state": "shipped"}, "cb_03"),
        ({"state": "unpaid"}, "cb_02"),
        ({"state": "cancelled"}, "cb_04"),
        ({"purchase": "awaiting"}, "cb_10"),
    ],
)
async def test_yes_or_an_honest_no_with_its_reason(world: Context, changes: dict[str, object], row: str) -> None:
    write(world, SECOND, **changes)
    assert rows(await ask("c12")) == [row]


async def test_a_shop_may_keep_the_second_postage(world: Context) -> None:
    with writing(world.engine) as session:
        session.add(Parameter(shop_id="demo", name="combine_postage_refund", value={"value": "no"}, updated_at=NOW))
    assert rows(await ask("c12")) == ["cb_13"]


@pytest.mark.parametrize(("intent", "row"), [("affirm", "cb_12"), ("deny", "cb_09")])
async def test_waiting_for_the_last_of_them_is_the_shopper_s_to_say(world: Context, intent: str, row: str) -> None:
    write(world, SECOND, purchase="awaiting", restock_on="2026-11-25")
    events, messages = await run(ActionCombineOrders(), turn("combine_orders", customer="c12", text="一起发", talk="wait"))
    assert rows(messages) == ["cb_10"]
    assert "11月25日" in messages[0]["options"]
    slots = {"tally": changed(events)["tally"], "open_question": "combine_wait"}
    _, messages = await run(ActionSettleCombine(), turn(intent, slots=slots, customer="c12", talk="wait"))
    assert rows(messages) == [row]


async def test_two_addresses_are_named_by_their_districts() -> None:
    messages = await ask("c13")
    assert rows(messages) == ["cb_07"]
    assert "杭州市西湖区" in messages[0]["addresses"]
    assert "宁波市鄞州区" in messages[0]["addresses"]


async def test_who_is_not_signed_in_is_given_to_a_person() -> None:
    messages = await ask(None)
    assert rows(messages) == ["cb_01"]
    assert handed_over(messages)
