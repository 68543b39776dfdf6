"""Greetings, short words, misunderstandings, names and numbers alone: always an answer, a person after two misunderstandings."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from actions import context
from actions.base import XiaoerAction
from actions.context import Context
from actions.smalltalk import (
    ActionAcknowledge,
    ActionGreet,
    ActionLeaveForm,
    ActionRepeat,
    ActionSayGoodbye,
    ActionTellIdentity,
    ActionTellOpeningHours,
    ActionTellScope,
    ActionThankSuggestion,
    ActionWait,
    ActionWelcomeThanks,
)
from actions.unclear import ActionAskAgain, ActionDefaultFallback
from policy.words import words
from shop.clock import Clock
from shop.tickets import Tickets
from tests.actions.support import bot, changed, handed_over, next_action, rows, run, said, turn


def heard(intent: str) -> dict[str, Any]:
    return {"event": "user", "parse_data": {"intent": {"name": intent}}, "timestamp": 0}


@pytest.mark.parametrize(
    ("action", "intent", "response"),
    [
        (ActionGreet, "greet", "utter_smalltalk_greet_return"),
        (ActionSayGoodbye, "goodbye", "utter_smalltalk_goodbye"),
        (ActionWelcomeThanks, "thank_you", "utter_smalltalk_thanks"),
        (ActionAcknowledge, "affirm", "utter_smalltalk_affirm_nothing_open"),
        (ActionAcknowledge, "deny", "utter_smalltalk_deny_nothing_open"),
        (ActionAcknowledge, "choose_option", "utter_smalltalk_choose_nothing_open"),
        (ActionRepeat, "ask_repeat", "utter_smalltalk_repeat"),
        (ActionTellScope, "out_of_scope", "utter_smalltalk_out_of_scope"),
        (ActionTellIdentity, "ask_bot", "utter_smalltalk_bot_identity"),
    ],
)
async def test_small_talk_has_one_answer(action: type[XiaoerAction], intent: str, response: str) -> None:
    events, messages = await run(action(), turn(intent))
    assert said(messages) == [response]
    assert next_action(events) == "action_listen"


async def test_who_asks_for_a_name_hears_who_is_speaking() -> None:
    _, messages = await run(ActionTellIdentity(), turn("ask_bot", {"topic": "staff"}))
    assert said(messages) == ["utter_smalltalk_staff_identity"]


async def test_a_second_greeting_is_shorter() -> None:
    _, messages = await run(ActionGreet(), turn("greet", memory=[heard("greet")]))
    assert said(messages) == ["utter_smalltalk_greet_again"]


@pytest.mark.parametrize("action", [ActionWait, ActionRepeat])
async def test_an_open_question_stays_open(action: type[XiaoerAction]) -> None:
    events, _ = await run(action(), turn("wait_request", slots={"open_question": "size_choice"}))
    assert "open_question" not in changed(events)


@pytest.mark.parametrize("action", [ActionGreet, ActionWelcomeThanks, ActionTellIdentity])
async def test_an_open_form_is_taken_up_again(action: type[XiaoerAction]) -> None:
    events, _ = await run(action(), turn("greet", loop="return_form"))
    assert next_action(events) == "return_form"


async def test_a_misunderstanding_is_asked_back_with_guesses() -> None:
    """ev_nlu_fallback, the first time."""
    asked = turn("nlu_fallback", text="那个啥", ranking=("nlu_fallback", "track_parcel", "ask_size"))
    events, messages = await run(ActionAskAgain(), asked)
    assert said(messages) == ["utter_smalltalk_guess"]
    assert [button["payload"] for button in messages[0]["buttons"]] == ["/track_parcel", "/ask_size"]
    assert changed(events)["misunderstood"] == 1


async def test_two_misunderstandings_offer_a_person() -> None:
    """ev_nlu_fallback, the second time running."""
    events, messages = await run(ActionAskAgain(), turn("nlu_fallback", text="那个啥", slots={"misunderstood": 1}))
    assert said(messages) == ["utter_smalltalk_unclear_again"]
    assert changed(events)["open_question"] == "offer_person"


async def test_understanding_again_forgets_the_misunderstanding() -> None:
    events, _ = await run(ActionGreet(), turn("greet", slots={"misunderstood": 1}))
    assert changed(events)["misunderstood"] is None


@pytest.mark.parametrize(
    ("text", "response"),
    [
        ("？", "utter_smalltalk_question_mark_only"),
        ("。。。", "utter_smalltalk_question_mark_only"),
        ("https://shop.example/products/p1001", "utter_smalltalk_link_only"),
        ("😀😀", "utter_smalltalk_unclear"),
        ("", "utter_smalltalk_unclear"),
    ],
)
async def test_a_bare_message_has_an_answer(text: str, response: str) -> None:
    _, messages = await run(ActionAskAgain(), turn("nlu_fallback", text=text))
    assert said(messages) == [response]


@pytest.mark.parametrize(
    ("wish", "asked", "then"),
    [
        ("bargain", "utter_bargaining_which_product", "action_bargain"),
        ("ask_discount", "utter_bargaining_which_product", "action_tell_offers"),
        ("ask_stock", "utter_products_which", "action_tell_stock"),
        ("ask_fit", "utter_ask_size_form_product_id", "action_tell_fit"),
        ("ask_auto_confirm", "utter_orders_which", "action_extend_receipt"),
    ],
)
async def test_a_products_name_answers_which_one(wish: str, asked: str, then: str) -> None:
    named = turn("nlu_fallback", {"product": "p1001"}, text="连衣裙", memory=[heard(wish), bot(utter_action=asked)])
    events, messages = await run(ActionAskAgain(), named)
    assert next_action(events) == then
    assert messages == []


async def test_a_products_name_alone_shows_the_product() -> None:
    _, messages = await run(ActionAskAgain(), turn("nlu_fallback", {"product": "p1001"}, text="连衣裙"))
    assert said(messages) == ["utter_products_overview"]


@pytest.mark.parametrize(("guess", "then"), [("track_parcel", "parcel_form"), ("ask_return_address", "action_show_order")])
async def test_an_unclear_message_with_an_order_number_is_about_that_order(guess: str, then: str) -> None:
    asked = turn(
        "nlu_fallback", {"order_number": "880000000009"}, text="880000000009 嗯", ranking=("nlu_fallback", "provide_order_id", guess)
    )
    events, _ = await run(ActionAskAgain(), asked)
    assert next_action(events) == then


async def test_the_same_answer_is_not_given_twice_running() -> None:
    events, _ = await run(ActionTellScope(), turn("out_of_scope"))
    _, messages = await run(ActionTellScope(), turn("out_of_scope", slots={"last_said": changed(events)["last_said"]}))
    assert said(messages) == ["utter_smalltalk_said_already"]


async def test_a_form_is_left_and_what_it_asked_forgotten() -> None:
    slots = {"reason": "quality", "remedy": "exchange", "paused_form": "return_form"}
    events, messages = await run(ActionLeaveForm(), turn("deny", slots=slots, loop="return_form"))
    assert said(messages) == ["utter_smalltalk_form_left"]
    assert {name: changed(events)[name] for name in ("reason", "remedy", "paused_form", "requested_slot")} == dict.fromkeys(
        ("reason", "remedy", "paused_form", "requested_slot")
    )
    assert {"event": "active_loop", "name": None, "timestamp": None} in events
    assert next_action(events) == "action_listen"


async def test_a_suggestion_reaches_somebody(world: Context) -> None:
    _, messages = await run(ActionThankSuggestion(), turn("suggestion", text="多出些大码", talk="idea"))
    assert said(messages) == ["utter_smalltalk_suggestion"]
    assert [ticket.kind for ticket in Tickets(world.engine, "demo", world.clock).of_conversation("idea")] == ["other"]


@pytest.mark.parametrize(("at", "row"), [("12:00", "oh_01"), ("03:00", "oh_06_hours")])
async def test_opening_hours_are_told_with_the_next_opening(world: Context, at: str, row: str) -> None:
    context.use(Context(world.engine, Clock(fixed=datetime.fromisoformat(f"2026-11-18T{at}:00+08:00"))))
    _, messages = await run(ActionTellOpeningHours(), turn("ask_opening_hours"))
    assert rows(messages) == [row]
    assert messages[0]["next_open"]


@pytest.mark.parametrize(("intent", "response"), [("affirm", "utter_smalltalk_affirm_nothing_open"), ("greet", "utter_smalltalk_unclear")])
async def test_what_nothing_foresees_is_answered(intent: str, response: str) -> None:
    _, messages = await run(ActionDefaultFallback(), turn(intent, text="嗯"))
    assert said(messages) == [response]


async def test_a_person_is_obeyed_where_nothing_foresees_it() -> None:
    _, messages = await run(ActionDefaultFallback(), turn("request_human", text="人工", loop="return_form"))
    assert handed_over(messages)


class Broken(XiaoerAction):
    """An action that fails in the middle."""

    def name(self) -> str:
        return "action_broken"

    def answer(self, turn: Any) -> None:
        turn.say("utter_smalltalk_thanks")
        raise RuntimeError("out of order")


class Mute(XiaoerAction):
    """An action that says nothing."""

    def name(self) -> str:
        return "action_mute"

    def answer(self, turn: Any) -> None:
        return None


class Holed(XiaoerAction):
    """An action whose response lacks a value."""

    def name(self) -> str:
        return "action_holed"

    def answer(self, turn: Any) -> None:
        turn.say("utter_products_price", product="裙子")


@pytest.mark.parametrize(
    ("action", "response"),
    [(Broken, "utter_smalltalk_action_failed"), (Mute, "utter_smalltalk_action_failed"), (Holed, "utter_smalltalk_missing_value")],
)
async def test_a_failing_action_apologises_and_offers_a_person(action: type[XiaoerAction], response: str) -> None:
    events, messages = await run(action(), turn("greet"))
    assert said(messages) == [response]
    assert changed(events)["open_question"] == "offer_person"
    assert next_action(events) == "action_listen"


@pytest.mark.parametrize(
    ("action", "intent", "response", "instead"),
    [
        (ActionWelcomeThanks, "thank_you", "utter_smalltalk_thanks", "utter_smalltalk_greet_again"),
        (ActionAcknowledge, "affirm", "utter_smalltalk_affirm_nothing_open", "utter_smalltalk_greet_again"),
        (ActionSayGoodbye, "goodbye", "utter_smalltalk_goodbye", "utter_smalltalk_greet_again"),
        (ActionGreet, "greet", "utter_smalltalk_greet_again", "utter_smalltalk_affirm_nothing_open"),
    ],
)
async def test_a_courtesy_is_not_repeated(action: type[XiaoerAction], intent: str, response: str, instead: str) -> None:
    _, messages = await run(action(), turn(intent, memory=[heard("greet"), bot(utter_action=response)]))
    assert said(messages) == [instead]


@pytest.mark.parametrize(("wish", "then"), [("ask_price", "action_tell_price"), ("give_measurements", "size_form")])
async def test_the_same_is_asked_of_another_product(wish: str, then: str) -> None:
    asked = turn("nlu_fallback", {"product": "p1002"}, text="那T恤呢？", memory=[heard(wish), bot(utter_action="utter_products_price")])
    events, _ = await run(ActionAskAgain(), asked)
    assert next_action(events) == then


@pytest.mark.parametrize(("customer", "then"), [("c04", "parcel_form"), ("c05", "action_listen"), (None, "action_listen")])
async def test_an_unclear_message_about_ones_own_parcel_looks_for_it(customer: str | None, then: str) -> None:
    asked = turn(
        "nlu_fallback", {"product": "p1004"}, text="大衣还在郑州", customer=customer, ranking=("nlu_fallback", "track_parcel", "ask_stock")
    )
    events, _ = await run(ActionAskAgain(), asked)
    assert next_action(events) == then


async def test_two_wishes_of_the_return_form_are_not_asked_back_but_read_by_it() -> None:
    tracker = turn("nlu_fallback", {"reason": "courier_damage", "remedy": "return_refund"}, text="880000000009 快递压坏了，我要退")
    tracker.latest_message["intent_ranking"] = [{"name": name} for name in ("nlu_fallback", "request_return", "report_courier_damage")]
    events, messages = await run(ActionAskAgain(), tracker)
    assert next_action(events) == "return_form"
    assert not messages


async def test_an_apology_is_accepted() -> None:
    _, messages = await run(ActionWelcomeThanks(), turn("thank_you", {"topic": "apology"}, text="刚才说话重了不好意思"))
    assert said(messages) == ["utter_smalltalk_accept_apology"]


async def test_an_invitation_is_declined_with_thanks() -> None:
    _, messages = await run(ActionTellScope(), turn("out_of_scope", {"topic": "invitation"}, text="请你吃饭"))
    assert said(messages) == ["utter_smalltalk_invitation"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("把别人的地址给我", "others_data"),
        ("帮我改评价", "review"),
        ("不付款先发货", "unpaid"),
        ("保证明天一定到", "guarantee"),
        ("上天", "other"),
    ],
)
async def test_what_is_beyond_us_is_said_with_what_is_not(text: str, kind: str) -> None:
    _, messages = await run(ActionTellScope(), turn("out_of_scope", {"topic": "impossible"}, text=text))
    assert said(messages) == ["utter_smalltalk_cannot_do"]
    assert messages[0]["alternative"] == words()["impossible_instead"][kind]


async def test_nuisance_is_kept_out_and_at_the_third_time_shown_to_a_supervisor() -> None:
    slots: dict[str, Any] = {}
    found = []
    for _ in range(3):
        events, messages = await run(
            ActionTellScope(), turn("out_of_scope", {"topic": "nuisance"}, slots=slots, talk="nuisance", text="聊聊")
        )
        slots |= changed(events)
        found.append((rows(messages), handed_over(messages)))
    assert found == [(["ab_04"], False), (["ab_04"], False), (["ab_04_person"], True)]


async def test_the_last_answer_is_given_again_in_full() -> None:
    before = [
        heard("ask_opening_hours"),
        bot("oh_01", utter_action="utter_smalltalk_out_of_scope"),
        bot(utter_action="utter_products_price"),
    ]
    before[-1]["metadata"] |= {"product": "碎花雪纺连衣裙", "price": "168"}
    _, messages = await run(ActionRepeat(), turn("ask_repeat", text="再说一遍", memory=before))
    assert said(messages) == ["utter_smalltalk_repeat_lead", "utter_products_price"]
    assert messages[1]["price"] == "168"


@pytest.mark.parametrize(("text", "row"), [("电话几点打得通", "oh_04"), ("有急修吗", "oh_05_none"), ("几点上班", "oh_01")])
async def test_hours_are_told_of_what_is_asked_for(text: str, row: str) -> None:
    _, messages = await run(ActionTellOpeningHours(), turn("ask_opening_hours", text=text))
    assert rows(messages) == [row]


@pytest.mark.parametrize(
    ("own", "text", "row"),
    [
        ({"shop_kind": "virtual"}, "几点上班", "oh_02"),
        ({"shop_kind": "toys"}, "几点上班", "oh_03"),
        ({"repair_247": "on"}, "有急修吗", "oh_05"),
    ],
)
async def test_hours_follow_the_kind_of_shop(monkeypatch: pytest.MonkeyPatch, own: dict[str, str], text: str, row: str) -> None:
    monkeypatch.setattr("shop.catalogue.ShopRepository.parameters", lambda self: own)
    _, messages = await run(ActionTellOpeningHours(), turn("ask_opening_hours", text=text))
    assert rows(messages) == [row]


async def test_a_choice_that_fits_nothing_leads_back_to_the_forms_question() -> None:
    events, messages = await run(ActionAcknowledge(), turn("choose_option", loop="parcel_form", slots={"requested_slot": "order_id"}))
    assert said(messages) == ["utter_smalltalk_choose_unmatched"]
    assert next_action(events) == "parcel_form"


@pytest.mark.parametrize("topic", ["unrelated", "invitation", "impossible"])
async def test_a_word_about_something_else_leaves_the_question_open(topic: str) -> None:
    events, _ = await run(ActionTellScope(), turn("out_of_scope", {"topic": topic}, slots={"open_question": "fit"}, text="今天下雨吗"))
    assert changed(events).get("open_question", "fit") == "fit"
