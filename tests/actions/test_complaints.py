"""People and trouble (flows F15, F19): a person at once, in and out of hours; complaints by weight, abuse in three steps, danger."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from actions import context
from actions.base import XiaoerAction
from actions.complaints import ActionAnswerAbuse, ActionAnswerDanger, ActionHandOver, ActionTakeComplaint
from actions.context import Context
from shop.clock import Clock
from shop.tickets import Tickets
from tests.actions.support import changed, handed_over, next_action, rows, run, said, turn


def at(world: Context, moment: str) -> None:
    context.use(Context(world.engine, Clock(fixed=datetime.fromisoformat(moment))))


@pytest.mark.parametrize("loop", [None, "return_form", "size_form", "parcel_form"])
async def test_a_person_is_obeyed_at_once_in_any_form(world: Context, loop: str | None) -> None:
    slots = {"order_id": "880000000009", "reason": "quality", "remedy": "exchange"}
    events, messages = await run(ActionHandOver(), turn("request_human", slots=slots, text="转人工", talk="person", loop=loop))
    assert (said(messages), rows(messages)) == (["utter_complaints_handover"], ["es_07"])
    assert handed_over(messages)
    assert next_action(events) == "action_listen"
    assert ({"event": "active_loop", "name": None, "timestamp": None} in events) == (loop is not None)
    ticket = Tickets(world.engine, "demo", world.clock).of_conversation("person")[0]
    assert (ticket.kind, ticket.order_id) == ("person", "880000000009")


async def test_the_summary_has_what_is_known() -> None:
    slots = {"order_id": "880000000009", "reason": "quality", "remedy": "exchange"}
    _, messages = await run(ActionHandOver(), turn("request_human", slots=slots))
    assert all(part in messages[0]["summary"] for part in ("质量问题", "换货", "880000000009"))


@pytest.mark.parametrize("text", ["转人工", "<script>alert(1)</script>人工", "{order_id} 人工"])
async def test_the_shoppers_own_words_are_not_spoken_back(text: str) -> None:
    _, messages = await run(ActionHandOver(), turn("request_human", text=text))
    assert messages[0]["summary"]
    assert text not in messages[0]["summary"]


async def test_another_shoppers_order_is_not_in_the_summary_of_an_anonymous_one() -> None:
    _, messages = await run(ActionHandOver(), turn("request_human", customer=None))
    assert "8800" not in messages[0]["summary"]


@pytest.mark.parametrize("moment", ["2026-11-18T03:00:00+08:00", "2026-11-18T09:59:00+08:00"])
async def test_outside_opening_hours_the_next_opening_is_told(world: Context, moment: str) -> None:
    at(world, moment)
    _, messages = await run(ActionHandOver(), turn("request_human"))
    assert (said(messages), rows(messages)) == (["utter_complaints_handover_closed"], ["oh_06"])
    assert "10:00" in messages[0]["next_open"]
    assert handed_over(messages)


async def test_a_person_asked_for_twice_is_not_answered_with_what_was_said() -> None:
    events, _ = await run(ActionHandOver(), turn("request_human", talk="twice"))
    again = turn("request_human", slots={"last_said": changed(events)["last_said"]}, talk="twice")
    _, messages = await run(ActionHandOver(), again)
    assert said(messages) == ["utter_complaints_handover"]


@pytest.mark.parametrize(
    ("text", "row", "kind"),
    [
        ("我要投诉", "cd_02", "complaint_simple"),
        ("我要投诉，多扣了我的钱", "cd_03", "complaint_complex"),
        ("我要投诉，说好的答应了不算", "cd_03", "complaint_complex"),
        ("投诉你们，客服和仓库踢皮球", "cd_03", "complaint_complex"),
        ("我去12315告你们", "cd_11", "complaint_serious"),
        ("找媒体曝光", "cd_11", "complaint_serious"),
    ],
)
async def test_a_complaint_is_taken_by_its_weight(world: Context, text: str, row: str, kind: str) -> None:
    _, messages = await run(ActionTakeComplaint(), turn("complain", text=text, talk="angry", loop="return_form"))
    assert rows(messages) == [row]
    assert handed_over(messages) == (row == "cd_11")
    assert [ticket.kind for ticket in Tickets(world.engine, "demo", world.clock).of_conversation("angry")] == [kind]


async def test_abuse_is_met_politely_then_limited_then_handed_over() -> None:
    slots: dict[str, object] = {}
    answers = []
    for _ in range(3):
        events, messages = await run(ActionAnswerAbuse(), turn("abuse", slots=slots, talk="abuse"))
        slots |= changed(events)
        answers.append((rows(messages), handed_over(messages)))
    assert answers == [(["ab_01"], False), (["ab_02"], False), (["ab_03"], True)]


async def test_abuse_of_the_day_before_is_forgotten(world: Context) -> None:
    old = (world.clock.now() - timedelta(hours=25)).timestamp()
    _, messages = await run(ActionAnswerAbuse(), turn("abuse", slots={"tally": {"abuse": [old, old]}}))
    assert rows(messages) == ["ab_01"]


@pytest.mark.parametrize("loop", [None, "return_form"])
async def test_danger_goes_to_a_person_before_everything(world: Context, loop: str | None) -> None:
    events, messages = await run(ActionAnswerDanger(), turn("report_danger", text="漏电", talk="danger", loop=loop))
    assert rows(messages) == ["es_01"]
    assert handed_over(messages)
    assert next_action(events) == "action_listen"
    assert [ticket.kind for ticket in Tickets(world.engine, "demo", world.clock).of_conversation("danger")] == ["danger"]


async def test_danger_is_told_again_in_full() -> None:
    events, _ = await run(ActionAnswerDanger(), turn("report_danger", talk="again"))
    _, messages = await run(ActionAnswerDanger(), turn("report_danger", slots={"last_said": changed(events)["last_said"]}, talk="again"))
    assert said(messages) == ["utter_complaints_danger"]


@pytest.mark.parametrize("action", [ActionHandOver, ActionAnswerDanger, ActionTakeComplaint])
async def test_a_dry_run_opens_nothing(world: Context, action: type[XiaoerAction]) -> None:
    await run(action(), turn("request_human", text="人工", talk="dry", dry_run=True))
    assert Tickets(world.engine, "demo", world.clock).of_conversation("dry") == []
