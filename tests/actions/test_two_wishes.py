"""A message of two wishes, as the actions see it (the cutting is the engine's, engine/tests/test_wishes.py)."""

from __future__ import annotations

import pytest

from actions.complaints import ActionHandOver
from actions.context import Context
from actions.forms import WINS
from actions.returns import ValidateReturnForm
from actions.shipping import ActionTellCouriers
from shop.tickets import Tickets
from tests.actions.support import changed, run, said, turn


async def test_a_wish_that_waited_is_named_before_it_is_answered() -> None:
    tracker = turn("ask_courier")
    tracker.latest_message["metadata"]["resumed_wish"] = True
    _, messages = await run(ActionTellCouriers(), tracker)
    assert said(messages) == ["utter_smalltalk_second_wish", "utter_products_couriers"]
    assert messages[0]["question"] == "发什么快递"


async def test_a_wish_that_did_not_wait_is_answered_at_once() -> None:
    _, messages = await run(ActionTellCouriers(), turn("ask_courier"))
    assert said(messages) == ["utter_products_couriers"]


async def test_the_person_who_takes_over_reads_both_wishes(world: Context) -> None:
    tracker = turn("request_human", text="叫人工来", talk="two-wishes")
    tracker.latest_message["metadata"]["whole_text"] = "沙发套怎么洗，叫人工来"
    await run(ActionHandOver(), tracker)
    (ticket,) = Tickets(world.engine, "demo", world.clock).of_conversation("two-wishes")
    assert ticket.fields["text"] == "沙发套怎么洗，叫人工来"


@pytest.mark.parametrize("intent", sorted(WINS))
async def test_danger_people_and_trouble_win_over_a_form_whatever_their_words_hold(intent: str) -> None:
    from rasa_sdk.interfaces import ActionExecutionRejection

    tracker = turn(intent, {"reason": "quality"}, {"requested_slot": "reason", "order_id": "880000000010"}, loop="return_form")
    with pytest.raises(ActionExecutionRejection):
        await run(ValidateReturnForm(), tracker)


async def test_a_sentence_about_the_goods_still_answers_the_form() -> None:
    tracker = turn("report_quality", {"reason": "quality"}, {"requested_slot": "reason", "order_id": "880000000010"}, loop="return_form")
    events, _ = await run(ValidateReturnForm(), tracker)
    assert changed(events)["reason"] == "quality"
