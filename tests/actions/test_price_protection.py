"""A price that fell after buying: the sum by the shop's record, once an order, honest refusals with a person (table price_protection).

Scripts: s_price_protection_granted, s_price_protection_policy, s_price_protection_refused, s_price_protection_identity.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy import update

from actions.context import Context
from actions.money_wishes import PRICE, of_message
from actions.order_form import ActionServeOrder, ValidateOrderForm
from actions.price_protection import ActionProtectPrice
from actions.settle_return import ActionSettleReturn
from actions.turn import Turn
from shop.catalogue import ShopRepository
from shop.db import writing
from shop.models import Order, Product
from shop.tickets import Tickets
from shop.writers import write, write_price, write_shop
from tests.actions.support import changed, next_action, rows, run, said, turn

LAMP, SHIRT, JEANS, UNPAID = "880000000025", "880000000010", "880000000002", "880000000018"


async def told(
    order: str | None, text: str = "买完就降价了，差价退我", customer: str | None = "c11", talk: str = "price", **entities: Any
) -> Any:
    """The whole way of a wish for compensation that is one for price protection; the last messages."""
    named = {**({"order_number": order} if order else {}), **entities}
    tracker = turn("request_compensation", named, {}, customer, text, talk=talk)
    events, messages = await run(ActionSettleReturn(), tracker)
    slots = changed(events)
    if next_action(events) == "order_form":
        return slots
    assert next_action(events) == "action_protect_price"
    _, messages = await run(ActionProtectPrice(), turn("request_compensation", named, slots, customer, text, talk=talk))
    return messages


async def test_the_difference_is_told_and_passed_to_finance(world: Context) -> None:
    messages = await told(LAMP)
    assert rows(messages) == ["pp_14"]
    assert (messages[0]["paid"], messages[0]["price"], messages[0]["difference"]) == ("149", "129", "20")
    assert "微信" in messages[0]["refund_path"]
    ticket = Tickets(world.engine, "demo", world.clock).of_conversation("price")[0]
    assert (ticket.kind, ticket.fields["amount"], ticket.fields["paid_item"]) == ("price_protection", "20.00", "149.00")
    assert ticket.fields["since"], "the shop's own record says since when"


async def test_once_an_order(world: Context) -> None:
    await told(LAMP)
    assert rows(await told(LAMP, talk="again")) == ["pp_06"]
    tickets = Tickets(world.engine, "demo", world.clock)
    tickets.set_state(tickets.of_conversation("price")[0].id, "closed")
    assert rows(await told(LAMP, talk="third")) == ["pp_07"]


@pytest.mark.parametrize(
    ("order", "customer", "text", "entities", "row"),
    [
        ("880000000026", "c11", "四件套降价了吧，退我差价", {}, "pp_13"),
        (SHIRT, "c05", "T恤现在券后才55，比我买便宜，退差价", {}, "pp_09"),
        ("880000000027", "c11", "T恤用券便宜了，退我差价", {}, "pp_11"),
        (JEANS, "c01", "浅蓝的牛仔裤降价了，我的退差价吧", {"colour": "浅蓝"}, "pp_10"),
        (UNPAID, "c09", "刚拍就便宜了，保价吗我这单", {}, "pp_04"),
        ("880000000011", "c06", "买贵了，退差价", {}, "pp_09"),
    ],
)
async def test_what_is_not_protected_is_refused_honestly_with_a_person(
    world: Context, order: str, customer: str, text: str, entities: dict[str, str], row: str
) -> None:
    messages = await told(order, text, customer, **entities)
    assert rows(messages) == [row]
    assert not Tickets(world.engine, "demo", world.clock).of_conversation("price")


async def test_a_cancelled_order_and_one_going_back_are_refunded_whole(world: Context) -> None:
    Tickets(world.engine, "demo", world.clock).open("return", conversation_id="back", order_id=LAMP)
    assert rows(await told(LAMP)) == ["pp_08"]
    with writing(world.engine) as session:
        session.execute(update(Order).where(Order.id == LAMP).values(state="cancelled"))
    assert rows(await told(LAMP, talk="gone")) == ["pp_05"]


@pytest.mark.parametrize(("counts", "row"), [("yes", "pp_14"), ("no", "pp_12")])
async def test_a_price_for_a_time_counts_as_the_shop_says(world: Context, counts: str, row: str) -> None:
    with writing(world.engine) as session:
        price = session.get_one(Product, ("demo", "p4001")).price
        write_price(session, "demo", "p4001", since=world.clock.now(), price=price, cause="promotion")
        write_shop(session, "demo", {"price_protection_promotions": counts}, world.clock.now(), source="demo")
    assert rows(await told(LAMP)) == [row]


async def test_a_shop_without_protection_says_so(world: Context) -> None:
    with writing(world.engine) as session:
        write_shop(session, "demo", {"price_protection_from": "none"}, world.clock.now(), source="demo")
    assert rows(await told(LAMP)) == ["pp_01"]


@pytest.mark.parametrize("customer", ["c11", None])
async def test_whether_there_is_any_is_told_without_an_order(customer: str | None) -> None:
    messages = await told(None, "你们保价几天", customer)
    assert rows(messages) == ["pp_02"]
    assert "7" in messages[0]["when"]


async def test_an_anonymous_shopper_signs_in_or_calls_a_person(world: Context) -> None:
    assert rows(await told(LAMP, customer=None, phone_tail="0011")) == ["pp_03"]


async def test_which_order_is_asked_when_several_fit() -> None:
    slots = await told(None)
    assert slots["wish"]["intent"] == PRICE
    events, _ = await run(
        ValidateOrderForm(),
        turn(
            "provide_order_id",
            {"order_number": LAMP},
            {**slots, "requested_slot": "order_id"},
            "c11",
            LAMP,
            loop="order_form",
            talk="which",
        ),
    )
    known = {**slots, **changed(events)}
    assert known["requested_slot"] is None
    events, _ = await run(ActionServeOrder(), turn("provide_order_id", {}, known, "c11", LAMP, talk="which"))
    assert next_action(events) == "action_protect_price"
    _, messages = await run(ActionProtectPrice(), turn("provide_order_id", {}, known, "c11", LAMP, talk="which"))
    assert rows(messages) == ["pp_14"]


async def test_another_persons_order_is_not_spoken_of() -> None:
    slots = await told(LAMP, customer="c05")
    assert slots["wish"]["order_id"] is None


@pytest.mark.parametrize(
    ("intent", "text", "wish"),
    [
        ("request_compensation", "刚买就降价，补差价", PRICE),
        ("objection", "我前天买的今天便宜了二十", PRICE),
        ("ask_discount", "什么时候降价我再买", None),
        ("bargain", "能降点吗", None),
        ("request_compensation", "别家降价了，你们也退我点", None),
        ("report_quality", "降价了质量也差了", None),
        ("cancel_order", "降价了，我取消重拍，刚下单", None),
        ("nlu_fallback", "买贵必赔有吗", PRICE),
    ],
)
async def test_what_is_a_wish_for_price_protection(world: Context, intent: str, text: str, wish: str | None) -> None:
    assert of_message(Turn(CollectingDispatcher(), turn(intent, text=text), world)) == wish


async def test_a_changed_price_is_recorded_by_itself(world: Context) -> None:
    repo = ShopRepository(world.engine, "demo", world.clock)
    before = len(repo.prices("p2003"))
    with writing(world.engine) as session:
        write(session, "demo", "products", "p2003", {"price": repo.products()[0].price}, world.clock.now() + timedelta(seconds=1))
    assert len(repo.prices("p2003")) == before + 1


async def test_the_button_of_the_policy_begins() -> None:
    assert said(await told(None, "你们保价吗")) == ["utter_price_protection_policy"]
    pressed = turn("request_compensation", {"topic": "price_drop"}, {}, "c11", "/request_compensation")
    events, _ = await run(ActionSettleReturn(), pressed)
    assert next_action(events) == "order_form"
