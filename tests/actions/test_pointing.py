"""Messages that point at what was said before: a number of pieces, a sum without its unit, that size, another day, "what if"."""

from __future__ import annotations

from typing import Any

import pytest

from actions.bargaining import ActionBargain, ActionTellFreePostage
from actions.context import Context
from actions.delivery import day_named
from actions.logistics import AskParcelOrder, ValidateParcelForm
from actions.orders import ActionCancelOrder
from actions.products import ActionTellStock
from actions.scripts import ActionAnswerScript
from actions.shipping import ActionTellArrival
from actions.sizing import ActionTellFit
from actions.tickets import ActionTellTicketStatus
from actions.turn import Turn
from actions.unclear import ActionAskAgain
from shop.proofs import Proofs
from shop.tickets import Tickets
from tests.actions.support import bot, changed, next_action, rows, run, said, turn

SOFA, TRAVELLING = "880000000021", "880000000006"


def heard(intent: str, text: str) -> dict[str, Any]:
    """An earlier message of the shopper."""
    return {"event": "user", "text": text, "parse_data": {"intent": {"name": intent}, "entities": []}, "timestamp": 0}


@pytest.mark.parametrize(("topic", "text"), [("project", "学校宿舍想配80床"), ("wholesale", "厂里发福利要一百二，先算55件什么价")])
async def test_so_many_pieces_of_known_goods_are_wholesale(topic: str, text: str) -> None:
    _, messages = await run(ActionAnswerScript(), turn("ask_script", {"topic": topic}, {"product_id": "p2001"}, None, text))
    assert rows(messages) == ["bg_04"]


async def test_few_pieces_are_taken_down_as_before() -> None:
    _, messages = await run(ActionAnswerScript(), turn("ask_script", {"topic": "project"}, {"product_id": "p2001"}, None, "样板间配6套"))
    assert rows(messages) == ["sc_02"]


@pytest.mark.parametrize(
    ("text", "entities", "row"),
    [
        ("150我就拍", {}, "bg_08"),
        ("140 可以吧", {}, "bg_08"),
        ("168还能再低点吗", {}, "bg_01"),
        ("身高160穿的，便宜点", {"height": 160.0}, "bg_01"),
        ("拿100件便宜不", {}, "bg_04"),
    ],
)
async def test_a_sum_needs_no_unit_to_be_an_offer(text: str, entities: dict[str, Any], row: str) -> None:
    _, messages = await run(ActionBargain(), turn("bargain", entities, {}, None, text, product_id="p1001"))
    assert rows(messages) == [row]


async def test_and_three_of_them_asks_for_the_postage_of_three() -> None:
    memory = [heard("ask_free_shipping", "这件包不包邮"), bot("bg_16", utter_action="utter_bargaining_free_postage_gap")]
    three = turn("unclear_message", {}, {}, None, "三件呢", product_id="p1002", memory=memory)
    events, _ = await run(ActionAskAgain(), three)
    assert next_action(events) == "action_tell_free_postage"
    _, messages = await run(ActionTellFreePostage(), three)
    assert messages[0]["gap"] == "22"


async def test_how_much_is_missing_is_about_the_postage_just_told() -> None:
    memory = [bot("bg_16", utter_action="utter_bargaining_free_postage_gap")]
    events, _ = await run(ActionAnswerScript(), turn("ask_script", {"topic": "price_difference"}, {}, None, "还差几块", memory=memory))
    assert next_action(events) == "action_tell_free_postage"


@pytest.mark.parametrize(
    ("text", "slots", "size"),
    [
        ("你推荐的码有米白的么", {"height": 163.0, "weight": 112.0}, "L"),
        ("大一码的呢", {"size": "M"}, "L"),
        ("小一号有没有", {"size": "L"}, "M"),
        ("有货没", {"size": "L"}, None),
    ],
)
async def test_a_size_may_be_pointed_at(text: str, slots: dict[str, Any], size: str | None) -> None:
    _, messages = await run(ActionTellStock(), turn("ask_stock", {}, slots, None, text, product_id="p1001"))
    variants = str(messages[0].get("variant") or messages[0].get("stock"))
    assert (f"/{size}" in variants and "/S" not in variants) if size else "、" in variants


async def test_a_colour_alone_before_buying_is_a_question_about_stock() -> None:
    events, _ = await run(ActionAskAgain(), turn("nlu_fallback", {"colour": "藏青"}, {}, None, "藏青的行不行", product_id="p1002"))
    assert next_action(events) == "action_tell_stock"


async def test_what_is_here_and_too_tight_is_no_question_before_buying() -> None:
    tight = turn("ask_fit", {"reason": "buyer_reason", "product": "p1001"}, {}, "c05", "裙子勒得穿不上")
    events, _ = await run(ActionTellFit(), tight)
    assert next_action(events) == "return_form"
    _, messages = await run(ActionTellFit(), turn("ask_fit", {"product": "p1001"}, {}, None, "这裙子偏小吗"))
    assert said(messages) == ["utter_sizing_fit"]


@pytest.mark.parametrize(
    ("text", "spans", "day"),
    [
        ("周一没空，周三行", [("2026-11-23", 0, 2), ("2026-11-25", 5, 7)], "2026-11-25"),
        ("周三可以 周一不在家", [("2026-11-25", 0, 2), ("2026-11-23", 5, 7)], "2026-11-25"),
        ("周一不方便", [("2026-11-23", 0, 2)], ""),
    ],
)
async def test_a_day_that_is_refused_is_not_meant(world: Context, text: str, spans: list[tuple[str, int, int]], day: str) -> None:
    tracker = turn("nlu_fallback", {}, {}, "c10", text)
    tracker.latest_message["entities"] = [{"entity": "date", "value": v, "start": s, "end": e} for v, s, e in spans]
    assert day_named(Turn(None, tracker, world)) == day  # type: ignore[arg-type]


async def test_cancelling_that_is_only_supposed_changes_nothing(world: Context) -> None:
    what_if = turn("cancel_order", {}, {"order_id": SOFA}, "c10", "假如我取消，要扣手续费吗", talk="supposed")
    _, messages = await run(ActionCancelOrder(), what_if)
    assert rows(messages) == ["co_06_asked"]
    assert messages[0]["refund"] == "2680"
    assert not Tickets(world.engine, "demo", world.clock).of_conversation("supposed")


async def test_the_proof_is_explained_where_it_is_asked_for() -> None:
    lost = turn("ask_order", {}, {"requested_slot": "order_id"}, None, "报姓名可以查吗", loop="parcel_form")
    events, _ = await run(ValidateParcelForm(), lost)
    assert changed(events)["requested_slot"] == "order_id"
    _, messages = await run(AskParcelOrder(), lost)
    assert said(messages) == ["utter_orders_other_proof"]


async def test_a_proved_order_has_its_own_day_of_arrival(world: Context) -> None:
    Proofs(world.engine, "demo", world.clock).try_proof(conversation_id="proved", order_id=TRAVELLING, phone_tail="0003", address="x")
    asked = turn("ask_arrival_time", {}, {"order_id": TRAVELLING}, None, "大概哪天到", talk="proved")
    _, messages = await run(ActionTellArrival(), asked)
    assert rows(messages) == ["ls_15"]


async def test_how_long_it_takes_is_about_what_was_registered_in_this_talk(world: Context) -> None:
    tickets = Tickets(world.engine, "demo", world.clock)
    due = world.clock.now()
    for talk, kind in (("earlier", "dispatch"), ("earlier", "complaint_simple"), ("now", "complaint_simple")):
        tickets.open(kind, conversation_id=talk, order_id=None, customer_id="c01", row=None, fields={}, due_at=due, priority="normal")
    _, messages = await run(ActionTellTicketStatus(), turn("ask_ticket_status", {}, {}, "c01", "这个要多长时间有回音", talk="now"))
    assert len({message["ticket"] for message in messages if message.get("ticket")}) == 1
    assert "utter_tickets_which" not in said(messages)
