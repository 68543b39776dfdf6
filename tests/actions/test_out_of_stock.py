"""Goods that are missing (flow F12), what came of a stopped parcel or a change (F2, F3), a parcel that can be followed again (F4)."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from actions.context import Context
from actions.logistics import ActionAdviseSigning, ActionTrackParcel
from actions.order_questions import ActionShowOrder
from actions.orders import ActionCancelOrder, ActionChangeProduct, ActionSettleChange, ValidateChangeForm
from actions.out_of_stock import ActionSettleOutOfStock, ActionTellOutOfStock
from actions.settle_return import ActionSettleReturn
from actions.unclear import ActionAskAgain
from shop.db import writing
from shop.models import Order
from shop.proofs import Proofs
from shop.tickets import Tickets
from tests.actions.support import bot, changed, handed_over, next_action, rows, run, said, turn

MISSING, THERE, SENT, DRESS = "880000000003", "880000000002", "880000000006", "880000000001"


def known(order: str, **more: Any) -> dict[str, Any]:
    return {
        "order_id": order,
        "wish": {"intent": "report_out_of_stock", "topic": None, "text": "", "order_id": order, "settled": True},
        **more,
    }


# Missing goods


@pytest.mark.parametrize(
    ("order", "customer", "row"),
    [
        (MISSING, "c02", "os_02_date"),
        (THERE, "c01", "os_z_06"),
        (SENT, "c03", "os_z_01"),
        ("880000000018", "c09", "os_z_03"),
    ],
)
async def test_what_the_shopper_heard_is_compared_with_the_order(order: str, customer: str, row: str) -> None:
    events, messages = await run(
        ActionTellOutOfStock(), turn("report_out_of_stock", slots=known(order), customer=customer, text="说没货了")
    )
    assert rows(messages) == [row]
    assert changed(events)["wish"] is None


async def test_money_asked_for_at_once_comes_back_whole(world: Context) -> None:
    asks = turn("report_out_of_stock", {"remedy": "return_refund"}, known(MISSING), "c02", text="没货就退钱给我", talk="money")
    _, messages = await run(ActionTellOutOfStock(), asks)
    assert (rows(messages), messages[0]["refund"]) == (["os_02_refund"], "176")
    assert [t.kind for t in Tickets(world.engine, "demo", world.clock).of_conversation("money")] == ["cancel"]


@pytest.mark.parametrize(
    ("intent", "entities", "row", "follow"),
    [
        ("choose_option", {"option": "refund"}, "os_02_refund", "action_listen"),
        ("choose_option", {"option": "change"}, "os_02_change", "change_form"),
        ("choose_option", {"option": "exchange"}, "os_02_change", "change_form"),
        ("choose_option", {"option": "wait"}, "os_z_05", "action_listen"),
        ("wait_request", {}, "os_z_05", "action_listen"),
        ("affirm", {}, "os_02", "action_listen"),
        ("deny", {}, "os_02", "action_listen"),
    ],
)
async def test_the_shopper_chooses(intent: str, entities: dict[str, str], row: str, follow: str) -> None:
    events, messages = await run(
        ActionSettleOutOfStock(), turn(intent, entities, {"order_id": MISSING, "open_question": "oos_choice"}, "c02")
    )
    assert rows(messages) == [row]
    assert next_action(events) == follow


async def test_a_choice_after_the_order_was_sent_is_told_the_new_state(world: Context) -> None:
    with writing(world.engine) as session:
        session.execute(update(Order).where(Order.id == MISSING).values(state="shipped"))
    told = turn("choose_option", {"option": "refund"}, {"order_id": MISSING, "open_question": "oos_choice"}, "c02")
    _, messages = await run(ActionSettleOutOfStock(), told)
    assert rows(messages) == ["os_z_01"]


async def test_something_else_chosen_is_thanked_for() -> None:
    memory = [bot("os_02_date")]
    told = turn("change_product", slots={"order_id": MISSING, "target": "p1001:米白/L"}, customer="c02", memory=memory)
    _, messages = await run(ActionChangeProduct(), told)
    assert said(messages) == ["utter_orders_change_submitted", "utter_orders_oos_confirmed"]
    _, plain = await run(
        ActionChangeProduct(), turn("change_product", slots={"order_id": MISSING, "target": "p1001:米白/L"}, customer="c02")
    )
    assert said(plain) == ["utter_orders_change_submitted"]


async def test_giving_up_missing_goods_is_the_shops_reason() -> None:
    _, messages = await run(
        ActionCancelOrder(), turn("cancel_order", slots={"order_id": MISSING}, customer="c02", memory=[bot("os_02_date")])
    )
    assert rows(messages) == ["os_02_refund"]


async def test_an_anonymous_shopper_gets_no_money_by_phone_digits(world: Context) -> None:
    Proofs(world.engine, "demo", world.clock).try_proof(conversation_id="p", order_id=MISSING, phone_tail="0002", address="test")
    told = turn("choose_option", {"option": "refund"}, {"order_id": MISSING, "open_question": "oos_choice"}, None, talk="p")
    _, messages = await run(ActionSettleOutOfStock(), told)
    assert rows(messages) == ["os_z_04"]
    assert handed_over(messages)


# What came of it


async def intercept(world: Context, **fields: str) -> None:
    tickets = Tickets(world.engine, "demo", world.clock)
    tickets.open("intercept", conversation_id="earlier", order_id=SENT, customer_id="c03", row="ic_01", fields=fields)


@pytest.mark.parametrize(("outcome", "row"), [(None, "ic_06"), ("stopped", "ic_02"), ("not_stopped", "ic_03")])
async def test_asked_again_the_outcome_of_stopping_a_parcel_is_told(world: Context, outcome: str | None, row: str) -> None:
    await intercept(world, **({"outcome": outcome} if outcome else {}))
    _, messages = await run(ActionCancelOrder(), turn("cancel_order", slots={"order_id": SENT}, customer="c03", text="拦下来了吗"))
    assert rows(messages) == [row]


async def test_insisting_while_the_courier_has_not_answered(world: Context) -> None:
    await intercept(world)
    told = turn("cancel_order", slots={"order_id": SENT}, customer="c03", text="我就是不要了", memory=[bot("ic_01")])
    _, messages = await run(ActionCancelOrder(), told)
    assert rows(messages) == ["co_05"]


async def change(world: Context, *, closed: bool) -> None:
    tickets = Tickets(world.engine, "demo", world.clock)
    fields = {"to": "雾蓝/M", "outcome": "done"}
    made = tickets.open("change", conversation_id="earlier", order_id=DRESS, customer_id="c01", row="cp_06", fields=fields)
    if closed:
        tickets.set_state(made.id, "closed")


@pytest.mark.parametrize(("closed", "row"), [(False, "cp_z_08"), (True, "cp_10")])
@pytest.mark.parametrize("action", [ActionShowOrder(), ActionChangeProduct()])
async def test_asked_whether_it_was_changed(world: Context, action: Any, closed: bool, row: str) -> None:
    await change(world, closed=closed)
    _, messages = await run(action, turn("ask_order", slots={"order_id": DRESS}, customer="c01", text="改好了吗"))
    assert rows(messages) == [row]


async def test_a_correction_after_the_change_keeps_what_it_does_not_name(world: Context) -> None:
    await change(world, closed=False)
    told = turn("change_product", {"size": "S"}, {"order_id": DRESS, "target": "p1001:雾蓝/M"}, "c01", text="等等，还是S吧")
    events, _ = await run(ValidateChangeForm(), told)
    assert changed(events)["target"] == "p1001:雾蓝/S"


async def test_a_size_alone_after_a_change_is_its_correction(world: Context) -> None:
    tickets = Tickets(world.engine, "demo", world.clock)
    tickets.open("change", conversation_id="slip", order_id=DRESS, customer_id="c01", row="cp_06", fields={"to": "雾蓝/M"})
    told = turn("nlu_fallback", {"size": "S"}, {"order_id": DRESS, "target": "p1001:雾蓝/M"}, "c01", text="等等，还是S吧", talk="slip")
    events, messages = await run(ActionAskAgain(), told)
    assert (next_action(events), messages) == ("change_form", [])


@pytest.mark.parametrize("last", ["co_04", "ic_01", "ic_06"])
async def test_a_return_wished_for_a_parcel_on_its_way_is_insisting(last: str) -> None:
    slots = {"order_id": SENT, "reason": "buyer_reason"}
    _, messages = await run(
        ActionSettleReturn(), turn("request_return", slots=slots, customer="c03", text="就是不要了", memory=[bot(last)])
    )
    assert rows(messages) == ["co_05"]


async def test_money_back_for_missing_goods_is_the_shops_reason_in_a_return_too() -> None:
    slots = {"order_id": MISSING, "remedy": "return_refund"}
    _, messages = await run(
        ActionSettleReturn(), turn("request_return", slots=slots, customer="c02", text="退钱", memory=[bot("os_02_date")])
    )
    assert rows(messages) == ["os_02_refund"]


async def test_a_new_change_begins_from_the_ordered_variant() -> None:
    told = turn("change_product", {"size": "S"}, {"order_id": DRESS, "target": "p1001:雾蓝/M"}, "c01", text="换成S码")
    events, _ = await run(ValidateChangeForm(), told)
    assert changed(events)["target"] == ":/S"


async def test_another_choice_is_looked_at_together() -> None:
    slots = {"order_id": DRESS, "open_question": "continue", "target": "p2001:浅灰/1.8米床"}
    events, messages = await run(ActionSettleChange(), turn("choose_option", {"option": "other"}, slots, "c01"))
    assert (rows(messages), next_action(events)) == (["cp_04"], "change_form")


# A parcel


async def test_a_parcel_that_can_be_followed_again_is_good_news(world: Context) -> None:
    tickets = Tickets(world.engine, "demo", world.clock)
    tickets.open("courier_query", conversation_id="earlier", order_id=SENT, customer_id="c03", row="ls_11")
    _, messages = await run(ActionTrackParcel(), turn("track_parcel", slots={"order_id": SENT}, customer="c03", text="查到了吗"))
    assert rows(messages) == ["ls_12"]


@pytest.mark.parametrize(
    ("order", "customer", "row"),
    [("880000000008", "c04", ["ls_20_sign"]), (SENT, "c03", ["ls_z_07"]), ("880000000009", "c05", []), (None, None, [])],
)
async def test_advice_on_signing_follows_the_parcel(order: str | None, customer: str | None, row: list[str]) -> None:
    _, messages = await run(ActionAdviseSigning(), turn("sign_for_question", slots={"order_id": order}, customer=customer))
    assert rows(messages) == row
    assert said(messages)
