"""Whose order it is: a shopper's own, or proved with number and phone digits; nothing tells that another's exists."""

from __future__ import annotations

from datetime import timedelta

import pytest
from rasa_sdk import Action

from actions.addresses import ActionChangeAddress
from actions.after_sale import ActionExplainInsurance, ActionTellPostage
from actions.context import Context
from actions.forms import FormAction
from actions.logistics import ValidateParcelForm
from actions.order_questions import ActionShowOrder
from actions.orders import ActionCancelOrder, ActionChangeProduct, AskCancelOrder, ValidateCancelForm, ValidateChangeForm
from actions.payment import ActionCheckPayment
from actions.refunds import ActionTellRefund
from actions.returns import AskReturnOrder, ValidateReturnForm
from actions.settle_return import ActionSettleReturn
from shop.clock import Clock
from shop.proofs import Proofs
from tests.actions.support import changed, handed_over, next_action, rows, run, said, turn

MINE, THEIRS, NOWHERE = "880000000009", "880000000001", "880099999999"


async def test_a_signed_in_shopper_is_shown_an_own_order() -> None:
    events, messages = await run(ActionShowOrder(), turn("provide_order_id", {"order_number": MINE}))
    assert said(messages) == ["utter_orders_order"]
    assert changed(events)["order_id"] == MINE


@pytest.mark.parametrize("text", ["9号那个", "9号单", "09那单"])
async def test_an_order_is_named_by_its_last_digits_as_people_say_them(text: str) -> None:
    events, _ = await run(ActionShowOrder(), turn("provide_order_id", text=text))
    assert changed(events)["order_id"] == MINE


@pytest.mark.parametrize("text", ["我9号不在家", "拍了9单", "9件"])
async def test_a_day_or_a_count_names_no_order(text: str) -> None:
    events, _ = await run(ActionShowOrder(), turn("provide_order_id", text=text))
    assert "order_id" not in changed(events)


async def test_the_order_spoken_of_named_again_leaves_the_question_open() -> None:
    slots = {"order_id": MINE, "open_question": "compensation"}
    events, messages = await run(ActionShowOrder(), turn("provide_order_id", {"order_number": MINE}, slots=slots))
    assert said(messages) == ["utter_orders_same_order"]
    assert changed(events).get("open_question", "compensation") == "compensation"


@pytest.mark.parametrize("number", [THEIRS, NOWHERE])
@pytest.mark.parametrize("action", [ActionShowOrder(), ActionTellRefund(), ActionChangeAddress(), ActionCheckPayment()])
async def test_naming_another_customers_order_is_answered_like_naming_none(action: Action, number: str) -> None:
    events, messages = await run(action, turn("ask_order", {"order_number": number}))
    assert said(messages) == ["utter_orders_not_found", "utter_orders_which"]
    assert "order_id" not in changed(events)
    offered = {button["payload"][-14:-2] for button in messages[-1]["buttons"]}
    assert offered
    assert offered <= {MINE, "880000000010", "880000000023"}


@pytest.mark.parametrize("number", [THEIRS, NOWHERE])
@pytest.mark.parametrize(
    ("form", "intent"),
    [
        (ValidateReturnForm(), "request_return"),
        (ValidateCancelForm(), "cancel_order"),
        (ValidateChangeForm(), "change_product"),
        (ValidateParcelForm(), "track_parcel"),
    ],
)
async def test_a_wish_about_another_customers_order_asks_for_an_own_one(form: FormAction, intent: str, number: str) -> None:
    events, _ = await run(form, turn(intent, {"order_number": number}))
    slots = changed(events)
    assert slots["order_id"] is None
    assert slots["requested_slot"] == "order_id"
    assert slots["outcome"] == "utter_orders_not_found"


async def test_the_refusal_is_said_with_the_own_orders_as_buttons_even_when_there_is_only_one() -> None:
    _, messages = await run(AskReturnOrder(), turn("request_return", slots={"outcome": "utter_orders_not_found"}, customer="c10"))
    assert said(messages) == ["utter_orders_not_found", "utter_ask_return_form_order_id"]
    assert [b["payload"] for b in messages[-1]["buttons"]] == ['/provide_order_id{"order_number": "880000000022"}']


@pytest.mark.parametrize("action", [ActionSettleReturn(), ActionCancelOrder(), ActionChangeProduct()])
async def test_a_slot_that_names_another_customers_order_opens_nothing(action: Action) -> None:
    slots = {"order_id": THEIRS, "reason": "quality", "remedy": "return_refund"}
    events, messages = await run(action, turn("request_return", slots=slots))
    assert said(messages) == ["utter_orders_none"]
    assert "ticket_id" not in changed(events)


@pytest.mark.parametrize("action", [ActionTellPostage(), ActionExplainInsurance()])
async def test_a_question_naming_another_customers_order_tells_nothing_of_it(action: Action) -> None:
    _, messages = await run(action, turn("ask_postage_payer", {"order_number": THEIRS, "reason": "buyer_reason"}))
    assert not rows(messages)
    assert THEIRS not in str(messages)


async def test_a_shopper_without_orders_is_told_so() -> None:
    events, _ = await run(ValidateReturnForm(), turn("request_return", customer="c99"))
    assert changed(events)["outcome"] == "utter_orders_none"
    assert changed(events)["requested_slot"] is None


# Anonymous shoppers


async def test_an_anonymous_shopper_is_asked_for_number_then_digits_then_served() -> None:
    _, asked = await run(AskCancelOrder(), turn("cancel_order", customer=None))
    assert said(asked) == ["utter_orders_which_number"]
    events, _ = await run(ValidateReturnForm(), turn("request_return", {"order_number": MINE}, customer=None))
    assert changed(events)["requested_slot"] == "phone_tail"
    known = {"order_number": MINE, "requested_slot": "phone_tail", "remedy": "return_refund"}
    tail = turn("provide_order_id", {"phone_tail": "0005"}, known, customer=None, loop="return_form")
    events, _ = await run(ValidateReturnForm(), tail)
    assert changed(events)["order_id"] == MINE
    assert changed(events)["requested_slot"] == "reason"


@pytest.mark.parametrize(("number", "tail"), [(MINE, "0001"), (NOWHERE, "0005")])
async def test_wrong_digits_and_no_such_order_are_answered_alike(number: str, tail: str) -> None:
    events, messages = await run(ActionShowOrder(), turn("provide_order_id", {"order_number": number, "phone_tail": tail}, customer=None))
    assert said(messages) == ["utter_orders_refused"]
    assert "order_id" not in changed(events)
    assert not any(message.get(name) for message in messages for name in ("order_id", "product", "card"))


async def test_mistyped_digits_can_be_sent_again_alone() -> None:
    first = turn("provide_order_id", {"order_number": MINE, "phone_tail": "1234"}, customer=None, talk="again")
    events, _ = await run(ValidateReturnForm(), first)
    assert changed(events)["outcome"] == "utter_orders_refused"
    assert changed(events)["requested_slot"] == "order_id"
    known = {"order_number": MINE, "requested_slot": "order_id", "remedy": "return_refund"}
    second = turn("provide_order_id", {"phone_tail": "0005"}, known, customer=None, talk="again", loop="return_form")
    events, _ = await run(ValidateReturnForm(), second)
    assert changed(events)["order_id"] == MINE


async def test_after_five_wrong_tries_even_the_right_digits_are_blocked_until_tomorrow(world: Context) -> None:
    for number in range(5):
        asked = turn("provide_order_id", {"order_number": MINE, "phone_tail": f"900{number}"}, customer=None, address="guesser")
        _, messages = await run(ActionShowOrder(), asked)
    assert said(messages) == ["utter_orders_refused"]
    right = turn("provide_order_id", {"order_number": MINE, "phone_tail": "0005"}, customer=None, address="elsewhere")
    events, messages = await run(ActionShowOrder(), right)
    assert said(messages) == ["utter_orders_blocked"]
    assert "order_id" not in changed(events)
    tomorrow = Clock(fixed=world.clock.now(), shift=timedelta(days=1))
    outcome = Proofs(world.engine, "demo", tomorrow).try_proof(conversation_id="new", order_id=MINE, phone_tail="0005", address="elsewhere")
    assert outcome == "proved"


async def test_a_block_ends_the_form_with_its_reason() -> None:
    for number in range(5):
        await run(ValidateParcelForm(), turn("track_parcel", {"order_number": MINE, "phone_tail": f"800{number}"}, customer=None))
    events, _ = await run(ValidateParcelForm(), turn("track_parcel", {"order_number": MINE, "phone_tail": "0005"}, customer=None))
    assert changed(events)["outcome"] == "utter_orders_blocked"
    assert changed(events)["requested_slot"] is None


async def test_a_proof_counts_for_its_own_talk_only() -> None:
    await run(ActionShowOrder(), turn("provide_order_id", {"order_number": MINE, "phone_tail": "0005"}, customer=None, talk="mine"))
    _, again = await run(ActionShowOrder(), turn("provide_order_id", {"order_number": MINE}, customer=None, talk="mine"))
    assert said(again) == ["utter_orders_order"]
    _, other = await run(ActionShowOrder(), turn("provide_order_id", {"order_number": MINE}, customer=None, talk="other"))
    assert said(other) == ["utter_orders_which_phone"]


@pytest.mark.parametrize(
    ("action", "intent", "order", "tail", "row"),
    [
        (ActionSettleReturn(), "request_return", MINE, "0005", "pr_b_rr_01"),
        (ActionCancelOrder(), "cancel_order", "880000000001", "0001", "co_z_04"),
        (ActionChangeProduct(), "change_product", "880000000001", "0001", "cp_z_04"),
    ],
)
async def test_a_proof_opens_status_only_the_rest_needs_a_person(action: Action, intent: str, order: str, tail: str, row: str) -> None:
    await run(ActionShowOrder(), turn("provide_order_id", {"order_number": order, "phone_tail": tail}, customer=None, talk="status"))
    slots = {"order_id": order, "reason": "buyer_reason", "remedy": "return_refund", "target": ":雾蓝/"}
    _, messages = await run(action, turn(intent, slots=slots, customer=None, talk="status"))
    assert said(messages) == ["utter_orders_need_identity"]
    assert rows(messages) == [row]
    assert handed_over(messages)


async def test_an_anonymous_change_of_address_goes_to_a_person_at_once() -> None:
    _, messages = await run(ActionChangeAddress(), turn("change_address", {"order_number": MINE}, customer=None))
    assert said(messages) == ["utter_orders_need_identity"]
    assert handed_over(messages)


async def test_who_has_no_order_number_is_told_where_it_stands() -> None:
    _, messages = await run(ActionShowOrder(), turn("provide_order_id", customer=None, text="我没有订单号啊"))
    assert said(messages) == ["utter_orders_no_number"]
    _, messages = await run(AskReturnOrder(), turn("nlu_fallback", customer=None, text="我没有订单号啊"))
    assert said(messages) == ["utter_orders_no_number"]


async def test_a_corrected_order_takes_the_settled_wish_with_it() -> None:
    settled = {"order_id": MINE, "row": "pr_b_rr_01", "ticket": None, "reason": "buyer_reason", "remedy": "return_refund"}
    said_again = turn("provide_order_id", {"order_number": "880000000010"}, {"after_return": settled}, text="搞错了，是880000000010")
    events, messages = await run(ActionShowOrder(), said_again)
    assert next_action(events) == "return_form"
    assert not messages
    assert changed(events)["order_id"] == "880000000010"
    assert changed(events)["reason"] == "buyer_reason"
