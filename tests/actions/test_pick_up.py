"""Home pick-up of returns (issue 4, pu_*): covered returns, booking, another time, giving up, a courier who does not come."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from actions import context
from actions.after_sale import ActionExplainInsurance, ActionTellPostage
from actions.context import Context
from actions.logistics import ActionTrackParcel
from actions.order_form import ActionServeOrder, AskDetail, AskOrderOfWish, ValidateOrderForm
from actions.pick_up import ActionArrangePickUp
from actions.refunds import ActionTellRefund
from actions.settle_return import ActionSettleReturn
from shop.clock import Clock
from shop.tickets import Tickets
from tests.actions.conftest import NOW
from tests.actions.support import bot, changed, handed_over, next_action, rows, run, said, turn

COVERED = "880000000031"
PLAIN = "880000000009"


class Shopper:
    """One shopper's way through order_form to the pick-up."""

    def __init__(self, customer: str | None, talk: str, order: str) -> None:
        self.customer, self.talk = customer, talk
        self.slots: dict[str, Any] = {"order_id": order}
        self.loop: str | None = None
        self.messages: list[dict[str, Any]] = []

    async def say(self, words: str, entities: dict[str, Any] | None = None, intent: str = "ask_pick_up") -> Shopper:
        told = {"entities": entities, "customer": self.customer, "text": words, "talk": self.talk}
        events, _ = await run(ValidateOrderForm(), turn(intent, slots=self.slots, loop=self.loop, **told))
        self.slots |= changed(events)
        requested = self.slots.get("requested_slot")
        self.loop = "order_form" if requested else None
        if requested:
            action = AskDetail() if requested == "detail" else AskOrderOfWish()
            _, self.messages = await run(action, turn(intent, slots=self.slots, loop=self.loop, **told))
            return self
        events, _ = await run(ActionServeOrder(), turn(intent, slots=self.slots, **told))
        assert next_action(events) == "action_arrange_pick_up"
        events, self.messages = await run(ActionArrangePickUp(), turn(intent, slots=self.slots, **told))
        self.slots |= changed(events)
        return self

    @property
    def rows(self) -> list[str]:
        return rows(self.messages)


async def settle(order: str, customer: str, talk: str, reason: str = "buyer_reason", remedy: str = "return_refund") -> list[dict[str, Any]]:
    slots = {"order_id": order, "reason": reason, "remedy": remedy, "severity": "minor", "damaged": "no"}
    _, messages = await run(ActionSettleReturn(), turn("request_return", slots=slots, customer=customer, talk=talk, text="想退"))
    return messages


async def test_a_covered_return_is_fetched_and_nobody_advances() -> None:
    messages = await settle(COVERED, "c15", "covered")
    assert said(messages) == ["utter_pick_up_own_refund"]
    assert rows(messages) == ["pr_b_rr_02"]
    assert messages[0]["refund"] == "168"


async def test_a_fault_of_a_covered_order_is_fetched_too() -> None:
    messages = await settle(COVERED, "c15", "fault", reason="quality")
    assert "utter_pick_up_shop_refund" in said(messages)
    assert "utter_returns_address" not in said(messages)


@pytest.mark.parametrize(("reason", "name"), [("buyer_reason", "utter_pick_up_postage_refund"), ("quality", "utter_pick_up_postage_shop")])
async def test_what_it_would_cost_is_told_with_the_cover(reason: str, name: str) -> None:
    asked = turn("ask_postage_payer", {"reason": reason}, {"order_id": COVERED}, "c15", text="退的话邮费谁出")
    _, messages = await run(ActionTellPostage(), asked)
    assert said(messages) == [name]


async def test_asked_for_the_insurance_the_cover_is_explained() -> None:
    _, messages = await run(ActionExplainInsurance(), turn("ask_freight_insurance", slots={"order_id": COVERED}, customer="c15"))
    assert said(messages) == ["utter_pick_up_cover_yes"]


async def test_there_is_no_advanced_postage_to_pay_back() -> None:
    await settle(COVERED, "c15", "advance")
    _, messages = await run(ActionTellRefund(), turn("ask_refund_status", {"topic": "postage"}, customer="c15", talk="advance"))
    assert rows(messages) == ["pu_30"]


async def test_day_and_slot_are_asked_and_the_address_on_file_is_only_a_district(world: Context) -> None:
    await settle(COVERED, "c15", "book")
    shopper = await Shopper("c15", "book", COVERED).say("约个上门取件")
    assert shopper.rows == ["pu_26"]
    assert shopper.messages[0]["area"] == "上海市浦东新区"
    assert len(shopper.messages[0]["buttons"]) == 3
    await shopper.say("明天", {"date": "2026-11-19"}, intent="nlu_fallback")
    assert shopper.rows == ["pu_27"]
    await shopper.say("下午三点", intent="nlu_fallback")
    assert shopper.rows == ["pu_29"]
    assert (shopper.messages[0]["visit_on"], shopper.messages[0]["slot"]) == ("11月19日（周四）", "15:00-18:00")
    ticket = next(t for t in Tickets(world.engine, "demo", world.clock).of_order(COVERED) if t.kind == "pick_up")
    assert (ticket.fields["day"], ticket.fields["slot"], ticket.fields["pays"]) == ("2026-11-19", "15:00-18:00", "cover")
    assert ticket.due_at is not None
    again = await Shopper("c15", "book", COVERED).say("几点来取")
    assert again.rows == ["pu_24"]


async def booked(talk: str, order: str = COVERED, customer: str = "c15") -> Shopper:
    await settle(order, customer, talk)
    shopper = await Shopper(customer, talk, order).say("明天上午来取退货", {"date": "2026-11-19"})
    assert shopper.rows == ["pu_29"]
    return shopper


@pytest.mark.parametrize(
    ("words", "entities", "row"),
    [
        ("取件不用来了，我自己寄", {}, "pu_14"),
        ("", {"topic": "cancel"}, "pu_14"),
        ("等了一上午没人来取件", {}, "pu_15"),
        ("取件改到后天下午", {"date": "2026-11-20"}, "pu_28"),
        ("取件要收费吗", {}, "pu_23_cover"),
    ],
)
async def test_what_is_booked_is_moved_given_up_or_missed(words: str, entities: dict[str, Any], row: str) -> None:
    shopper = await booked(f"after-{row}-{words}")
    await shopper.say(words, entities)
    assert shopper.rows == [row]


async def test_nobody_came_of_a_booked_pick_up_is_no_parcel_on_its_way() -> None:
    shopper = await booked("nobody")
    heard = turn("track_parcel", slots={"order_id": COVERED}, customer="c15", text="快递员没来，白等了", talk="nobody")
    events, _ = await run(ActionTrackParcel(), heard)
    assert next_action(events) == "action_arrange_pick_up"
    known = {**shopper.slots, **changed(events)}
    _, messages = await run(
        ActionArrangePickUp(), turn("track_parcel", slots=known, customer="c15", text="快递员没来，白等了", talk="nobody")
    )
    assert rows(messages) == ["pu_15"]


async def test_another_time_asked_for_without_one_is_asked_on() -> None:
    shopper = await booked("other")
    await shopper.say("换个时间取件")
    assert shopper.rows == ["pu_26"]
    await shopper.say("", {"option": "2026-11-21"})
    assert shopper.rows == ["pu_27"]
    await shopper.say("", {"option": "12:00-15:00"})
    assert shopper.rows == ["pu_28"]
    assert shopper.messages[0]["slot"] == "12:00-15:00"


async def test_a_pick_up_given_up_can_be_booked_again() -> None:
    shopper = await booked("anew")
    await shopper.say("取件取消吧")
    await shopper.say("还是来取吧")
    assert shopper.rows == ["pu_26"]


async def test_a_pick_up_whose_time_is_over_is_booked_anew(world: Context) -> None:
    await booked("over")
    context.use(Context(world.engine, Clock(fixed=NOW + timedelta(days=3))))
    shopper = await Shopper("c15", "over", COVERED).say("约上门取件")
    assert shopper.rows == ["pu_26"]


@pytest.mark.parametrize(
    ("words", "row"), [("取件的没来", "pu_16"), ("取件改时间", "pu_17"), ("取消取件", "pu_17"), ("取件要钱吗", "pu_21")]
)
async def test_nothing_is_registered_here(words: str, row: str) -> None:
    shopper = await Shopper("c05", f"none-{words}", PLAIN).say(words)
    assert shopper.rows == [row]


async def test_without_a_return_the_return_comes_first() -> None:
    events, messages = await run(ActionArrangePickUp(), turn("ask_pick_up", slots={"order_id": PLAIN}, text="叫快递来取", talk="first"))
    assert rows(messages) == ["pu_22"]
    assert next_action(events) == "return_form"


async def test_what_began_with_a_pick_up_ends_with_it() -> None:
    slots = {"order_id": PLAIN, "reason": "buyer_reason", "remedy": "return_refund"}
    heard = turn("request_return", slots=slots, text="不喜欢", memory=[bot("pu_22", table="pick_up")])
    _, messages = await run(ActionSettleReturn(), heard)
    assert said(messages)[-1] == "utter_pick_up_now"
    assert "utter_returns_address" not in said(messages)


@pytest.mark.parametrize(
    ("order", "customer", "row"),
    [("880000000001", "c01", "pu_12"), ("880000000006", "c03", "pu_13"), ("880000000022", "c10", "pu_18")],
)
async def test_what_is_not_fetched_is_said_with_the_way_out(order: str, customer: str, row: str) -> None:
    _, messages = await run(ActionArrangePickUp(), turn("ask_pick_up", {"order_number": order}, customer=customer, text="上门取件"))
    assert rows(messages) == [row]


async def test_own_reason_without_a_cover_tells_the_fee_before_the_day() -> None:
    await settle(PLAIN, "c05", "own")
    shopper = await Shopper("c05", "own", PLAIN).say("约上门取件")
    assert shopper.rows == ["pu_26"]
    assert "8" in shopper.messages[0]["payer"]
    fee = await Shopper("c05", "own", PLAIN).say("取件要付钱吗")
    assert fee.rows == ["pu_23"]


async def test_insured_the_courier_is_paid_first() -> None:
    await settle("880000000010", "c05", "insured")
    shopper = await Shopper("c05", "insured", "880000000010").say("上门取件要付钱吗")
    assert shopper.rows == ["pu_23_insurance"]


async def test_who_names_no_day_is_called() -> None:
    await settle(COVERED, "c15", "call")
    shopper = await Shopper("c15", "call", COVERED).say("上门取件")
    await shopper.say("你们定吧", intent="nlu_fallback")
    assert shopper.rows == ["pu_25"]


async def test_phone_digits_do_not_book(world: Context) -> None:
    with world.engine.begin() as connection:
        connection.execute(text("UPDATE orders SET state = 'received' WHERE id = :id"), {"id": COVERED})
    heard = turn("ask_pick_up", {"order_number": COVERED, "phone_tail": "0015"}, customer=None, text="上门取件")
    _, messages = await run(ActionArrangePickUp(), heard)
    assert rows(messages) == ["pu_11"]
    assert handed_over(messages)


async def test_a_return_that_is_under_way_needs_no_pick_up(world: Context) -> None:
    await settle(PLAIN, "c05", "sent")
    tickets = Tickets(world.engine, "demo", world.clock)
    ticket = next(t for t in tickets.of_order(PLAIN) if t.kind == "return")
    tickets.set_tracking(ticket.id, "YT1234567890123")
    shopper = await Shopper("c05", "sent", PLAIN).say("上门取件")
    assert shopper.rows == ["pu_20"]
