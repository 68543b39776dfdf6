"""Cancelling (flow F2), changing (F3) and asking about an order: events, responses and rows, never wording."""

from __future__ import annotations

from typing import Any

import pytest

from actions.addresses import ActionChangeAddress
from actions.context import Context
from actions.order_questions import ActionShowOrder
from actions.orders import (
    ActionCancelOrder,
    ActionChangeProduct,
    ActionSettleCancel,
    ActionSettleChange,
    AskChangeTarget,
    ValidateCancelForm,
    ValidateChangeForm,
)
from actions.refunds import ActionTellRefund
from shop.tickets import Tickets
from tests.actions.support import bot, changed, handed_over, next_action, rows, run, said, turn

DRESS, SOFA, SENT = "880000000001", "880000000023", "880000000006"


# Cancelling


@pytest.mark.parametrize(
    ("order", "customer", "row", "refund", "kind"),
    [
        (DRESS, "c01", "co_06", "176", "cancel"),
        (SOFA, "c05", "co_07", "2380", None),
        (SENT, "c03", "co_04", "251", None),
        ("880000000008", "c04", "ic_04", "20", None),  # at the door: nothing to stop any more
        ("880000000018", "c09", "co_z_01", None, None),
        ("880000000009", "c05", "co_z_03", None, None),
        ("880000000021", "c10", "co_06", "2680", "cancel"),
    ],
)
async def test_cancelling_rests_on_the_orders_own_state(
    world: Context, order: str, customer: str, row: str, refund: str | None, kind: str | None
) -> None:
    events, messages = await run(ActionCancelOrder(), turn("cancel_order", slots={"order_id": order}, customer=customer, talk="cancel"))
    assert rows(messages) == ([row, "pm_07"] if row == "co_z_01" else [row])  # an unpaid order is also asked why, kindly
    assert messages[0].get("refund") == refund
    assert [ticket.kind for ticket in Tickets(world.engine, "demo", world.clock).of_conversation("cancel")] == ([kind] if kind else [])
    assert next_action(events) == ("return_form" if row == "co_z_03" else "action_listen")


@pytest.mark.parametrize(
    ("asked", "intent", "entities", "order", "customer", "row"),
    [
        ("bear_loss", "affirm", {}, SOFA, "c05", "co_08"),
        ("bear_loss", "deny", {}, SOFA, "c05", "co_09"),
        ("bear_loss", "choose_option", {"option": "keep"}, SOFA, "c05", "co_09"),
        ("intercept", "affirm", {}, SENT, "c03", "ic_01"),
        ("intercept", "choose_option", {"option": "intercept"}, SENT, "c03", "ic_01"),
        ("intercept", "deny", {}, SENT, "c03", "ls_15"),
        ("intercept", "choose_option", {"option": "keep"}, SENT, "c03", "ls_15"),
        ("refuse_or_return", "deny", {}, SENT, "c03", "ls_15"),
    ],
)
async def test_the_answer_to_what_cancelling_asked(
    asked: str, intent: str, entities: dict[str, str], order: str, customer: str, row: str
) -> None:
    slots = {"order_id": order, "open_question": asked}
    events, messages = await run(ActionSettleCancel(), turn(intent, entities, slots, customer))
    assert rows(messages) == [row]
    assert ("ticket_id" in changed(events)) is row.startswith(("co_", "ic_"))
    assert handed_over(messages) is (row == "co_09")


async def test_insisting_after_the_offer_to_stop_it_leads_to_refusing_or_returning() -> None:
    known = {"order_id": SENT}
    _, messages = await run(ActionCancelOrder(), turn("cancel_order", slots=known, customer="c03", memory=[bot("co_04")]))
    assert rows(messages) == ["co_05"]
    refusing = turn("choose_option", {"option": "refuse"}, {**known, "open_question": "refuse_or_return"}, "c03")
    events, _ = await run(ActionSettleCancel(), refusing)
    assert next_action(events) == "return_form"
    assert (changed(events)["reason"], changed(events)["remedy"]) == ("buyer_reason", "refuse_delivery")


async def test_a_wish_to_stop_the_parcel_is_no_insisting() -> None:
    asks = turn("cancel_order", slots={"order_id": SENT}, customer="c03", text="那就拦下来吧", memory=[bot("co_04")])
    events, messages = await run(ActionCancelOrder(), asks)
    assert rows(messages) == ["ic_01"]
    assert changed(events)["ticket_id"]


async def test_what_was_said_of_a_cancelled_order_is_said_of_no_other() -> None:
    known = {"order_id": DRESS, "reason": "buyer_reason", "remedy": "cancel"}
    events, _ = await run(ActionCancelOrder(), turn("cancel_order", slots=known, customer="c01"))
    assert (changed(events)["reason"], changed(events)["remedy"]) == (None, None)


async def test_a_wish_to_refuse_the_parcel_is_not_talked_into_a_cancellation() -> None:
    events, messages = await run(ActionCancelOrder(), turn("cancel_order", {"remedy": "refuse_delivery"}, {"order_id": SENT}, "c03"))
    assert not messages
    assert next_action(events) == "return_form"
    assert changed(events)["reason"] == "buyer_reason"


async def test_a_cancellation_taken_back_reaches_those_who_work_on_it(world: Context) -> None:
    known = {"order_id": DRESS}
    events, _ = await run(ActionCancelOrder(), turn("cancel_order", slots=known, customer="c01", talk="back"))
    ticket_id = changed(events)["ticket_id"]
    _, messages = await run(ActionCancelOrder(), turn("cancel_order", slots=known, customer="c01", talk="back", text="还是不取消了"))
    assert said(messages) == ["utter_orders_cancel_withdrawn"]
    ticket = Tickets(world.engine, "demo", world.clock).get(ticket_id)
    assert ticket is not None
    assert (ticket.fields["withdrawn"], ticket.priority) == ("还是不取消了", "high")
    _, nothing = await run(ActionCancelOrder(), turn("cancel_order", slots=known, customer="c01", text="我不取消"))
    assert said(nothing) == ["utter_smalltalk_form_left"]


async def test_not_cancelling_ends_the_question_which_order() -> None:
    events, _ = await run(
        ValidateCancelForm(), turn("cancel_order", {}, {"requested_slot": "order_id"}, "c01", "不取消了", loop="cancel_form")
    )
    assert changed(events)["outcome"] == "utter_smalltalk_form_left"
    assert changed(events)["requested_slot"] is None


async def test_the_form_takes_the_only_fitting_order_and_asks_among_several() -> None:
    events, _ = await run(ValidateCancelForm(), turn("cancel_order"))
    assert changed(events)["order_id"] == SOFA
    events, _ = await run(ValidateCancelForm(), turn("cancel_order", customer="c01"))
    assert changed(events)["requested_slot"] == "order_id"


# Changing


async def change(target: str | None, order: str = DRESS, customer: str = "c01", **more: Any) -> Any:
    """Events and messages of a change to ``target`` ("product:colour/size")."""
    return await run(ActionChangeProduct(), turn("change_product", slots={"order_id": order, "target": target}, customer=customer, **more))


@pytest.mark.parametrize(
    ("target", "row", "difference", "kind"),
    [
        (":雾蓝/", "cp_06", "0", "change"),
        (":/L", "cp_06", "0", "change"),
        (":雾蓝/L", "cp_03", "0", None),
        ("p2001:浅灰/1.8米床", "cp_07", "91", None),
        ("p1002:白色/M", "cp_09", "109", "change"),
        ("p2002:/", "cp_09", "148", "change"),  # one colour, one size: nothing more to ask
    ],
)
async def test_a_change_tells_stock_and_difference(world: Context, target: str, row: str, difference: str, kind: str | None) -> None:
    _, messages = await change(target, talk="change")
    assert rows(messages) == [row]
    assert messages[0].get("difference", difference) == difference
    assert [ticket.kind for ticket in Tickets(world.engine, "demo", world.clock).of_conversation("change")] == ([kind] if kind else [])


@pytest.mark.parametrize(
    ("order", "customer", "row", "following"),
    [
        (SENT, "c03", "cp_02", "action_listen"),
        ("880000000018", "c09", "cp_z_01", "action_listen"),
        ("880000000009", "c05", "cp_z_03", "return_form"),
        (SOFA, "c05", "cp_z_05", "action_listen"),
    ],
)
async def test_what_cannot_be_changed_is_said_without_asking_for_a_target(order: str, customer: str, row: str, following: str) -> None:
    events, _ = await run(ValidateChangeForm(), turn("change_product", {"order_number": order}, customer=customer))
    assert changed(events)["requested_slot"] is None
    events, messages = await change(None, order, customer)
    assert rows(messages) == [row]
    assert next_action(events) == following


@pytest.mark.parametrize(
    ("entities", "target", "question"),
    [
        ({}, None, "target"),
        ({"colour": "雾蓝"}, ":雾蓝/", None),
        ({"size": "L"}, ":/L", None),
        ({"product": "p2001"}, "p2001:/", "target"),
        ({"product": "p2001", "colour": "浅灰"}, "p2001:浅灰/", "target"),
        ({"product": "p2001", "colour": "浅灰", "size": "1.8米床"}, "p2001:浅灰/1.8米床", None),
        ({"colour": "米白", "size": "M"}, ":米白/M", "target"),  # what was ordered already
        ({"colour": "红色"}, ":红色/", "target"),
    ],
)
async def test_the_form_asks_for_what_is_open_of_the_target(entities: dict[str, str], target: str | None, question: str | None) -> None:
    events, _ = await run(ValidateChangeForm(), turn("change_product", {"order_number": DRESS, **entities}, customer="c01"))
    assert changed(events)["target"] == target
    assert changed(events)["requested_slot"] == question


async def test_a_product_named_before_is_kept_while_its_variant_is_asked() -> None:
    known = {"order_id": DRESS, "target": "p2001:/", "requested_slot": "target"}
    _, asked = await run(AskChangeTarget(), turn("change_product", slots=known, customer="c01"))
    assert all('"product": "p2001"' in button["payload"] for button in asked[0]["buttons"])
    short = turn("nlu_fallback", {"colour": "浅灰", "size": "1.8米床"}, known, "c01", loop="change_form")
    events, _ = await run(ValidateChangeForm(), short)
    assert changed(events)["target"] == "p2001:浅灰/1.8米床"
    assert changed(events)["requested_slot"] is None


async def test_a_colour_spoken_of_earlier_is_not_wished_for_now() -> None:
    events, _ = await run(ValidateChangeForm(), turn("change_product", {"order_number": DRESS}, {"colour": "雾蓝", "size": "L"}, "c01"))
    assert changed(events)["requested_slot"] == "target"


@pytest.mark.parametrize("sentence", ["雾蓝", "雾蓝的"])
async def test_a_bare_colour_is_the_answer_whatever_it_was_taken_for(sentence: str) -> None:
    known = {"order_id": DRESS, "requested_slot": "target"}
    answer = turn("ask_product_info", {"colour": "雾蓝"}, known, "c01", sentence, loop="change_form")
    events, _ = await run(ValidateChangeForm(), answer)
    assert changed(events)["target"] == ":雾蓝/"


async def test_a_question_of_stock_in_the_middle_changes_nothing() -> None:
    known = {"order_id": DRESS, "requested_slot": "target"}
    with pytest.raises(Exception, match="does not answer"):
        await run(ValidateChangeForm(), turn("ask_stock", {"colour": "雾蓝"}, known, "c01", "雾蓝有吗", loop="change_form"))


@pytest.mark.parametrize(
    ("asked", "intent", "words", "target", "row"),
    [
        ("pay_difference", "affirm", "", "p2001:浅灰/1.8米床", "cp_z_06"),
        ("pay_difference", "deny", "", "p2001:浅灰/1.8米床", "cp_08"),
        ("continue", "deny", "", "p2001:浅灰/1.8米床", "cp_05"),
        ("continue", "choose_option", "算了，按原单发", "p2001:浅灰/1.8米床", "cp_05"),
        ("alternative", "deny", "", ":雾蓝/L", "cp_05"),
        ("alternative", "affirm", "", ":雾蓝/L", "cp_06"),
    ],
)
async def test_the_answer_to_what_changing_asked(asked: str, intent: str, words: str, target: str, row: str) -> None:
    slots = {"order_id": DRESS, "open_question": asked, "target": target}
    _, messages = await run(ActionSettleChange(), turn(intent, {}, slots, "c01", words))
    assert rows(messages) == [row]


@pytest.mark.parametrize("asked", ["continue", "alternative"])
async def test_another_choice_begins_anew(asked: str) -> None:
    slots = {"order_id": DRESS, "open_question": asked, "target": ":雾蓝/L"}
    events, _ = await run(ActionSettleChange(), turn("choose_option", {"option": "other"}, slots, "c01"))
    assert next_action(events) == "change_form"
    assert changed(events)["target"] is None


# Address, refund, order, payment


@pytest.mark.parametrize(
    ("order", "customer", "response", "ticket"),
    [
        (DRESS, "c01", "utter_address_submitted", True),
        (SENT, "c03", "utter_address_redirect_offer", False),
        ("880000000009", "c05", "utter_orders_address_received", False),
    ],
)
async def test_an_address_is_changed_by_a_person_while_that_is_possible(order: str, customer: str, response: str, ticket: bool) -> None:
    events, messages = await run(
        ActionChangeAddress(), turn("change_address", {"order_number": order}, customer=customer, text="改到苏州市姑苏区人民路6号")
    )
    assert said(messages) == [response]
    assert ("ticket_id" in changed(events)) is ticket


async def test_a_refund_is_told_from_its_ticket_and_asking_opens_none(world: Context) -> None:
    await run(ActionCancelOrder(), turn("cancel_order", slots={"order_id": DRESS}, customer="c01", talk="first"))
    tickets = Tickets(world.engine, "demo", world.clock)
    before = [ticket.id for ticket in tickets.of_customer("c01")]
    _, messages = await run(ActionTellRefund(), turn("ask_refund_status", customer="c01", talk="later"))
    assert said(messages) == ["utter_orders_refund_in_progress", "utter_orders_refund_arrival"]
    assert messages[0]["ticket"] == before[0]
    assert [ticket.id for ticket in tickets.of_customer("c01")] == before
    _, other = await run(ActionTellRefund(), turn("ask_refund_status", {"order_number": "880000000024"}, customer="c01"))
    assert said(other) == ["utter_orders_refund_none"]


async def test_a_card_takes_the_banks_days(world: Context) -> None:
    tickets = Tickets(world.engine, "demo", world.clock)
    tickets.open("return", conversation_id="card", order_id="880000000012", customer_id="c06")
    _, messages = await run(ActionTellRefund(), turn("ask_refund_status", customer="c06"))
    assert said(messages)[-1] == "utter_orders_refund_arrival_card"
    assert messages[-1]["card_days"] == "20-30"


@pytest.mark.parametrize(
    ("order", "customer", "response", "deeds"),
    [
        ("880000000018", "c09", "utter_orders_order_unpaid", ["cancel_order", "change_product", "report_payment"]),
        (DRESS, "c01", "utter_orders_order", ["urge_dispatch", "change_product", "change_address", "cancel_order"]),
        (SENT, "c03", "utter_orders_order", ["track_parcel", "change_address", "cancel_order"]),
        ("880000000009", "c05", "utter_orders_order", ["request_return", "request_exchange", "report_quality", "track_parcel"]),
        ("880000000011", "c06", "utter_orders_order", ["request_return", "report_quality", "request_repair"]),
    ],
)
async def test_an_order_number_alone_shows_the_order_and_what_can_be_done(
    order: str, customer: str, response: str, deeds: list[str]
) -> None:
    _, messages = await run(ActionShowOrder(), turn("provide_order_id", {"order_number": order}, customer=customer))
    assert said(messages) == [response]
    assert [button["payload"] for button in messages[0]["buttons"]] == [f"/{deed}" for deed in deeds]
