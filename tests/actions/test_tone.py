"""Anger is acknowledged in front of an answer, never in two turns running, and never in front of an apology."""

from __future__ import annotations

from typing import Any

from actions.complaints import ActionHandOver
from actions.smalltalk import ActionTellIdentity, ActionTellOpeningHours, ActionTellScope
from tests.actions.support import bot, run, said, turn

HEARD = "utter_complaints_acknowledge"


def heard(text: str) -> dict[str, Any]:
    return {"event": "user", "text": text, "parse_data": {"intent": {"name": "x"}}, "timestamp": 0}


async def test_an_angry_shopper_is_heard_before_the_answer() -> None:
    _, messages = await run(ActionTellOpeningHours(), turn("ask_opening_hours", text="什么破店，几点才有人！！"))
    assert said(messages) == [HEARD, "utter_smalltalk_opening_hours"]


async def test_a_calm_shopper_just_gets_the_answer() -> None:
    _, messages = await run(ActionTellOpeningHours(), turn("ask_opening_hours", text="几点有人"))
    assert said(messages) == ["utter_smalltalk_opening_hours"]


async def test_it_is_not_said_in_two_turns_running() -> None:
    before = [heard("你们就是骗子"), bot(utter_action=HEARD), bot(utter_action="utter_smalltalk_out_of_scope")]
    _, messages = await run(ActionTellOpeningHours(), turn("ask_opening_hours", text="骗子，几点有人", memory=before))
    assert said(messages) == ["utter_smalltalk_opening_hours"]


async def test_two_turns_later_it_may_be_said_again() -> None:
    before = [heard("你们就是骗子"), bot(utter_action=HEARD), heard("几点"), bot(utter_action="utter_smalltalk_opening_hours")]
    _, messages = await run(ActionTellIdentity(), turn("ask_bot", text="骗子，是机器人吧", memory=before))
    assert said(messages)[0] == HEARD


async def test_a_second_action_of_the_turn_does_not_repeat_it() -> None:
    said_already = turn("ask_opening_hours", text="什么破店，几点才有人！！")
    said_already.events.append(bot(utter_action=HEARD))
    _, messages = await run(ActionTellScope(), said_already)
    assert said(messages) == ["utter_smalltalk_out_of_scope"]


async def test_a_person_asked_for_in_anger_comes_without_a_word_in_front() -> None:
    _, messages = await run(ActionHandOver(), turn("request_human", text="骗子，转人工！！"))
    assert said(messages) == ["utter_complaints_handover"]


async def test_a_button_is_never_angry() -> None:
    _, messages = await run(ActionTellScope(), turn("out_of_scope", text="/out_of_scope", memory=[heard("多少钱")]))
    assert said(messages) == ["utter_smalltalk_out_of_scope"]
