"""A gift that was promised and not in the parcel: sent again or with the next one, the shop pays (table gifts).

Scripts: s_gift_missing, s_gift_identity, s_gift_not_yet, s_gift_not_recorded.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy import update

from actions.context import Context
from actions.gifts import ActionSendGift
from actions.money_wishes import GIFT, of_message
from actions.settle_return import ActionSettleReturn
from actions.turn import Turn
from shop.clock import Clock
from shop.concessions import Concessions
from shop.db import writing
from shop.models import Order, Shipment
from shop.tickets import Tickets
from tests.actions.support import changed, handed_over, next_action, rows, run, turn

SET, LAMP, SHIRT, DRESS = "880000000026", "880000000025", "880000000027", "880000000009"


async def told(order: str, text: str = "说好送的赠品没有放", customer: str | None = "c11", talk: str = "gift", **slots: Any) -> Any:
    tracker = turn("report_missing", {"order_number": order}, slots, customer, text, talk=talk)
    events, _ = await run(ActionSettleReturn(), tracker)
    assert next_action(events) == "action_send_gift"
    known = changed(events)
    return await run(ActionSendGift(), turn("report_missing", {"order_number": order}, known, customer, text, talk=talk))


def ticket(world: Context, talk: str = "gift") -> Any:
    return next(iter(Tickets(world.engine, "demo", world.clock).of_conversation(talk)), None)


def alter(world: Context, order: str, **values: Any) -> None:
    with writing(world.engine) as session:
        session.execute(update(Order).where(Order.id == order).values(**values))


async def test_with_another_parcel_open_the_shopper_chooses(world: Context) -> None:
    events, messages = await told(SET)
    assert rows(messages) == ["gf_11"]
    assert changed(events)["open_question"] == "gift_way"
    assert ticket(world) is None


@pytest.mark.parametrize(
    ("intent", "entities", "text", "row"),
    [
        ("choose_option", {"option": "next"}, "", "gf_12"),
        ("choose_option", {"option": "resend"}, "", "gf_13"),
        ("affirm", {}, "好的", "gf_13"),
        ("affirm", {}, "跟另一单一起寄吧", "gf_12"),
        ("deny", {}, "不用了", "gf_08"),
        ("choose_option", {"option": "refuse"}, "", "gf_08"),
    ],
)
async def test_the_way_is_the_shoppers(world: Context, intent: str, entities: dict[str, str], text: str, row: str) -> None:
    known = {"order_id": SET, "open_question": "gift_way"}
    _, messages = await run(ActionSendGift(), turn(intent, entities, known, "c11", text, talk="gift"))
    assert rows(messages) == [row]
    made = ticket(world)
    assert (made is not None) is (row != "gf_08")
    if made is not None:
        assert (made.kind, made.fields["gift"], made.fields["freight"]) == ("gift", "护理洗涤袋", "shop")
        assert made.fields.get("with_order") == (SHIRT if row == "gf_12" else None)


async def test_without_another_parcel_it_is_sent_again(world: Context) -> None:
    alter(world, SHIRT, state="shipped")
    _, messages = await told(SET)
    assert rows(messages) == ["gf_13"]
    assert (await told(SET, talk="again"))[1][0]["row"] == "gf_03"
    found = Tickets(world.engine, "demo", world.clock)
    found.set_state(ticket(world).id, "closed")
    _, messages = await told(SET, talk="third")
    assert rows(messages) == ["gf_09"]
    assert handed_over(messages)


async def test_what_no_record_promises_is_looked_for_by_a_colleague(world: Context) -> None:
    _, messages = await told(LAMP)
    assert rows(messages) == ["gf_04"]
    assert ticket(world).fields["text"]


async def test_a_gift_conceded_in_a_talk_counts(world: Context) -> None:
    before = Clock(fixed=world.clock.now() - timedelta(days=9))
    Concessions(world.engine, "demo", before).record(customer_id="c05", conversation_id="haggle", product_id="p1001", kind="gift:香薰小样")
    _, messages = await told(DRESS, customer="c05")
    assert (rows(messages), messages[0]["gift"]) == (["gf_13"], "香薰小样")


@pytest.mark.parametrize(("state", "row"), [("unpaid", "gf_05"), ("paid", "gf_06"), ("shipped", "gf_07"), ("cancelled", "gf_02")])
async def test_before_the_parcel_is_there_it_is_said_when_it_comes(world: Context, state: str, row: str) -> None:
    alter(world, SET, state=state)
    assert rows((await told(SET))[1]) == [row]


async def test_long_after_signing_a_person_looks(world: Context) -> None:
    with writing(world.engine) as session:
        at = world.clock.now() - timedelta(days=20)
        session.execute(update(Shipment).where(Shipment.order_id == SET).values(signed_at=at))
    alter(world, SHIRT, state="shipped")
    _, messages = await told(SET)
    assert rows(messages) == ["gf_10"]
    assert handed_over(messages)


async def test_an_anonymous_shopper_signs_in_or_calls_a_person(world: Context) -> None:
    assert rows((await told(SET, customer=None))[1]) == ["gf_01"]
    assert ticket(world) is None


@pytest.mark.parametrize(
    ("intent", "text", "wish"),
    [
        ("report_missing", "送的收纳袋没看到", GIFT),
        ("report_missing", "少了一个枕套", None),
        ("ask_discount", "有没有赠品", None),
        ("ask_discount", "我下单说有赠品的，怎么没有", GIFT),
        ("bargain", "不送点礼品吗", None),
        ("request_return", "赠品没了还能退吗", None),
    ],
)
async def test_what_is_a_missing_gift(world: Context, intent: str, text: str, wish: str | None) -> None:
    assert of_message(Turn(CollectingDispatcher(), turn(intent, text=text), world)) == wish
