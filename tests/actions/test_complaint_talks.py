"""F15 turn by turn: taken, heard, a remedy chosen, closed; solved on the spot; people's mistakes to the supervisor; anger that stays."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from actions import context
from actions.base import XiaoerAction
from actions.complaints import (
    ActionAnswerAbuse,
    ActionAnswerDanger,
    ActionCloseComplaint,
    ActionHandOver,
    ActionHearComplaint,
    ActionTakeComplaint,
)
from actions.context import Context
from actions.unclear import ActionAskAgain
from shop.clock import Clock
from shop.tickets import Tickets
from shop.workdays import speak_time
from tests.actions.support import changed, handed_over, next_action, rows, run, said, turn


def at(world: Context, moment: str) -> None:
    context.use(Context(world.engine, Clock(fixed=datetime.fromisoformat(moment))))


def opened(world: Context, talk: str) -> list[Any]:
    return list(reversed(Tickets(world.engine, "demo", world.clock).of_conversation(talk)))


class Walk:
    """One talk, action by action; slots that a turn set are there in the next."""

    def __init__(self, talk: str, customer: str | None = "c05") -> None:
        self.talk, self.customer = talk, customer
        self.slots: dict[str, Any] = {}
        self.heard: list[dict[str, Any]] = []
        self.messages: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []

    async def say(self, action: XiaoerAction, intent: str, text: str = "", entities: dict[str, Any] | None = None) -> Walk:
        asked = turn(intent, entities, self.slots, self.customer, text, talk=self.talk, memory=self.heard)
        self.events, self.messages = await run(action, asked)
        self.slots |= changed(self.events)
        self.heard.append({"event": "user", "text": text, "parse_data": {"intent": {"name": intent}}, "timestamp": 0})
        self.heard += [
            {"event": "bot", "metadata": {"utter_action": m["response"], "row": m.get("row")}, "timestamp": 0} for m in self.messages
        ]
        return self


@pytest.mark.parametrize(
    ("text", "topic", "row", "ticket"),
    [
        ("我要投诉", "general", "cd_02", "complaint_simple"),
        ("你们服务太差", "general", "cd_02", "complaint_simple"),
        ("投诉，多收我钱", "general", "cd_03", "complaint_complex"),
        ("气死我了", "angry", "cd_02_angry", "complaint_simple"),
        ("气死我了，多收了我的钱", "angry", "cd_03_angry", "complaint_complex"),
        ("刚才那个客服爱理不理的", "attitude", "cd_05", "complaint_supervisor"),
        ("客服说能退现在又说退不了", "agent_error", "cd_06", "complaint_supervisor"),
        ("叫你们主管来", "supervisor", "cd_z_01", "complaint_supervisor"),
        ("我要找律师起诉", "general", "cd_11", "complaint_serious"),
        ("你们等着", "serious", "cd_11", "complaint_serious"),
        ("电话一上午都打不通", "hotline", "cd_01_hotline", "complaint_record"),
        ("怎么还没发货，垃圾", "angry", "cd_01", "complaint_record"),
        ("投诉！还没发货", "general", "cd_02_matter", "complaint_simple"),
        ("我要投诉，快递没收到还不给退钱", "general", "cd_03_matter", "complaint_complex"),
    ],
)
async def test_a_complaint_is_taken_as_what_it_is(world: Context, text: str, topic: str, row: str, ticket: str) -> None:
    walk = await Walk("take").say(ActionTakeComplaint(), "complain", text, {"topic": topic})
    assert rows(walk.messages) == [row]
    assert [one.kind for one in opened(world, "take")] == [ticket]


async def test_a_slow_answer_is_owned_only_when_it_was_slow(world: Context) -> None:
    """ev_slow, when the shopper speaks of it: s_slow_reply_apology."""
    walk = await Walk("slow").say(ActionTakeComplaint(), "complain", "回这么慢", {"topic": "slow"})
    assert (rows(walk.messages), opened(world, "slow")) == (["cd_01_slow"], [])
    waited = [
        {"event": "user", "text": "退货怎么弄", "parse_data": {}, "timestamp": 100.0},
        {"event": "bot", "metadata": {}, "timestamp": 400.0},
    ]
    slow = turn("complain", {"topic": "slow"}, text="回这么慢", talk="late", memory=waited)
    _, messages = await run(ActionTakeComplaint(), slow)
    assert rows(messages) == ["cd_01_slow_long"]
    assert said(messages) == ["utter_complaints_slow_reply"]


@pytest.mark.parametrize(
    ("text", "then", "reason"),
    [
        ("怎么还没发货，垃圾", "parcel_form", None),
        ("快递到现在没收到，什么破店", "parcel_form", None),
        ("退款还没到，骗子", "action_tell_refund", None),
        ("收到就是坏的，太差了", "return_form", "quality"),
        ("又发错货，服了", "return_form", "wrong_item"),
    ],
)
async def test_a_matter_that_can_be_settled_is_settled_in_the_same_turn(text: str, then: str, reason: str | None) -> None:
    walk = await Walk("spot").say(ActionTakeComplaint(), "complain", text, {"topic": "general"})
    assert next_action(walk.events) == then
    assert changed(walk.events).get("reason") == reason


async def test_a_complaint_goes_from_its_first_word_to_its_close(world: Context) -> None:
    walk = await Walk("whole").say(ActionTakeComplaint(), "complain", "我要投诉", {"topic": "general"})
    assert walk.slots["open_question"] == "complaint_details"
    ticket = opened(world, "whole")[0]
    assert walk.messages[0]["ticket"] == ticket.id

    await walk.say(ActionAskAgain(), "nlu_fallback", "上周买的裙子，客服让我等，等到今天没有下文")
    assert said(walk.messages) == ["utter_complaints_listen", "utter_complaints_remedy"]
    assert rows(walk.messages) == ["cd_08"]
    assert "上周" not in walk.messages[0]["summary"]
    assert walk.slots["open_question"] == "complaint_remedy"
    notes = Tickets(world.engine, "demo", world.clock).notes(ticket.id)
    assert [(note.author, note.text) for note in notes if note.author == "shopper"] == [
        ("shopper", "上周买的裙子，客服让我等，等到今天没有下文")
    ]

    await walk.say(ActionCloseComplaint(), "choose_option", "", {"option": "reply"})
    assert (said(walk.messages), rows(walk.messages)) == (["utter_complaints_close"], ["cd_08_close"])
    assert walk.messages[0]["ticket"] == ticket.id
    assert not handed_over(walk.messages)
    assert len(opened(world, "whole")) == 1


async def test_what_was_said_back_wrongly_is_listened_to_again() -> None:
    walk = await Walk("wrong").say(ActionTakeComplaint(), "complain", "我要投诉", {"topic": "general"})
    await walk.say(ActionAskAgain(), "nlu_fallback", "裙子的事")
    await walk.say(ActionCloseComplaint(), "deny", "不对")
    assert said(walk.messages) == ["utter_complaints_listen_again"]
    assert walk.slots["open_question"] == "complaint_details"


async def test_yes_goes_on_listening_and_no_closes() -> None:
    walk = await Walk("short").say(ActionTakeComplaint(), "complain", "我要投诉", {"topic": "general"})
    await walk.say(ActionHearComplaint(), "affirm", "好的")
    assert (said(walk.messages), walk.slots["open_question"]) == (["utter_complaints_listening"], "complaint_details")
    await walk.say(ActionHearComplaint(), "deny", "没有了")
    assert rows(walk.messages) == ["cd_08_close"]


@pytest.mark.parametrize("topic", ["attitude", "agent_error"])
async def test_complaints_about_people_end_with_the_supervisor(world: Context, topic: str) -> None:
    walk = await Walk("people").say(ActionTakeComplaint(), "complain", "你们客服有问题", {"topic": topic})
    assert not handed_over(walk.messages)
    await walk.say(ActionTakeComplaint(), "complain", "昨天那位说话很难听", {"topic": topic})
    assert rows(walk.messages) == ["cd_08_supervisor"]
    assert handed_over(walk.messages)
    assert [one.kind for one in opened(world, "people")] == ["complaint_supervisor"]


async def test_anger_that_calming_does_not_end_goes_to_the_supervisor(world: Context) -> None:
    walk = await Walk("hot").say(ActionTakeComplaint(), "complain", "气死我了，你们怎么这样", {"topic": "angry"})
    assert (rows(walk.messages), handed_over(walk.messages)) == (["cd_02_angry"], False)
    await walk.say(ActionTakeComplaint(), "complain", "骗子，都是骗子", {"topic": "angry"})
    assert (rows(walk.messages), handed_over(walk.messages)) == (["cd_07"], True)
    assert [one.kind for one in opened(world, "hot")] == ["complaint_simple"]
    assert walk.messages[0]["ticket"] == opened(world, "hot")[0].id


async def test_details_told_calmly_are_no_anger_whatever_they_were_taken_for() -> None:
    walk = await Walk("calm").say(ActionTakeComplaint(), "complain", "我要投诉", {"topic": "general"})
    await walk.say(ActionTakeComplaint(), "complain", "就觉得在你们这儿买东西很憋屈", {"topic": "angry"})
    await walk.say(ActionCloseComplaint(), "deny", "不对")
    await walk.say(ActionAskAgain(), "nlu_fallback", "是周一那次让我白等")
    assert (rows(walk.messages), handed_over(walk.messages)) == (["cd_08"], False)


async def test_a_supervisor_shortens_the_time_of_a_complex_complaint(world: Context) -> None:
    walk = await Walk("sooner").say(ActionTakeComplaint(), "complain", "气死我了，多收了我的钱", {"topic": "angry"})
    assert walk.messages[0]["deadline"] == "明天12:00"
    await walk.say(ActionTakeComplaint(), "complain", "骗子，都是骗子", {"topic": "angry"})
    assert walk.messages[0]["deadline"] == "今天14:00"
    assert len(opened(world, "sooner")) == 1


async def test_serious_words_win_in_the_middle_of_a_complaint() -> None:
    walk = await Walk("mid").say(ActionTakeComplaint(), "complain", "我要投诉", {"topic": "general"})
    await walk.say(ActionTakeComplaint(), "complain", "再不处理我就打12315", {"topic": "serious"})
    assert (rows(walk.messages), handed_over(walk.messages)) == (["cd_11"], True)


async def test_a_known_complaint_is_told_with_its_time_not_promised_anew(world: Context) -> None:
    walk = await Walk("twice").say(ActionTakeComplaint(), "complain", "我要投诉", {"topic": "general"})
    first = walk.messages[0]["deadline"]
    later = await Walk("another talk").say(ActionTakeComplaint(), "complain", "我之前投诉的事呢", {"topic": "general"})
    assert (rows(later.messages), later.messages[0]["deadline"]) == (["cd_04_waiting"], first)
    other = await Walk("a third talk").say(ActionTakeComplaint(), "complain", "我要投诉", {"topic": "general"})
    assert rows(other.messages) == ["cd_02"]


async def test_a_story_that_begins_with_yes_or_no_is_a_story() -> None:
    for intent in ("affirm", "deny"):
        walk = await Walk(f"story {intent}").say(ActionTakeComplaint(), "complain", "我要投诉", {"topic": "general"})
        await walk.say(ActionHearComplaint(), intent, "就是说好补发的")
        assert rows(walk.messages) == ["cd_08"]


async def test_a_promise_that_was_not_kept_gets_a_supervisor_and_a_new_time(world: Context) -> None:
    walk = await Walk("late").say(ActionTakeComplaint(), "complain", "我要投诉", {"topic": "general"})
    at(world, "2026-11-18T15:00:00+08:00")
    await walk.say(ActionTakeComplaint(), "complain", "说好的两小时呢", {"topic": "general"})
    assert (rows(walk.messages), handed_over(walk.messages)) == (["cd_04"], True)
    assert walk.messages[0]["deadline"] == "今天17:00"


async def test_abuse_with_a_matter_gets_the_answer_of_that_matter() -> None:
    walk = await Walk("abuse").say(ActionAnswerAbuse(), "abuse", "傻逼，怎么还没发货")
    assert (rows(walk.messages), next_action(walk.events)) == (["ab_01_matter"], "parcel_form")


async def test_abuse_in_the_middle_of_a_story_does_not_end_the_listening() -> None:
    walk = await Walk("abuse").say(ActionTakeComplaint(), "complain", "我要投诉", {"topic": "general"})
    await walk.say(ActionAnswerAbuse(), "abuse", "你们这群王八蛋")
    assert (rows(walk.messages), walk.slots["open_question"]) == (["ab_01"], "complaint_details")
    await walk.say(ActionTakeComplaint(), "complain", "昨天约好的回电没有打", {"topic": "general"})
    assert rows(walk.messages) == ["cd_08"]


@pytest.mark.parametrize(
    ("moment", "on_call", "row", "deadline"),
    [
        ("2026-11-18T12:00:00+08:00", "none", "es_01", "今天14:00"),
        ("2026-11-18T03:00:00+08:00", "none", "es_01_away", "今天12:00"),
        ("2026-11-18T03:00:00+08:00", "supervisor", "es_01", "今天05:00"),
        ("2026-11-18T23:30:00+08:00", "none", "es_01", "明天11:30"),
    ],
)
async def test_danger_is_promised_only_what_is_true(
    world: Context, monkeypatch: pytest.MonkeyPatch, moment: str, on_call: str, row: str, deadline: str
) -> None:
    at(world, moment)
    monkeypatch.setattr("shop.catalogue.ShopRepository.parameters", lambda self: {"on_call": on_call})
    walk = await Walk("danger").say(ActionAnswerDanger(), "report_danger", "漏电")
    assert (rows(walk.messages), handed_over(walk.messages)) == ([row], True)
    ticket = opened(world, "danger")[0]
    assert (ticket.kind, speak_time(ticket.due_at, datetime.fromisoformat(moment))) == ("danger", deadline)
    assert "next_open" in walk.messages[0] or walk.messages[0]["deadline"] == deadline


async def test_who_takes_over_has_name_order_promises_and_mood(world: Context) -> None:
    walk = Walk("brief")
    walk.slots = {"order_id": "880000000009", "reason": "quality"}
    await walk.say(ActionTakeComplaint(), "complain", "我要投诉", {"topic": "general"})
    promised = opened(world, "brief")[0]
    await walk.say(ActionHandOver(), "request_human", "气死了，转人工！！")
    fields = next(one for one in opened(world, "brief") if one.kind == "person").fields
    assert fields["mood"] == "angry"
    assert fields["told"] == {"order_id": "880000000009", "reason": "quality"}
    assert [one["ticket"] for one in fields["promises"]] == [promised.id]
    assert fields["last_answers"][-1] == {"response": "utter_complaints_take", "row": "cd_02"}
    assert fields["name"]


async def test_a_dry_run_of_a_complaint_opens_and_notes_nothing(world: Context) -> None:
    for action, slots in ((ActionTakeComplaint(), {}), (ActionHearComplaint(), {"open_question": "complaint_details"})):
        asked = turn("complain", {"topic": "general"}, slots, text="我要投诉", talk="dark", dry_run=True)
        _, messages = await run(action, asked)
        assert messages
    assert opened(world, "dark") == []
