"""Signed for and not received, left at a station or in a locker (issue 4, nr_*): taken on with a ticket, never only "ask the courier"."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from rasa_sdk.executor import CollectingDispatcher

from actions import context
from actions.addresses import ActionChangeAddress
from actions.context import Context
from actions.logistics import ActionSettleLostParcel, ActionTrackParcel, ValidateParcelForm
from actions.matter import Matter
from actions.short_answers import outcome_of
from actions.turn import Turn
from policy.lifecycle import Lifecycle
from policy.parameters import load_parameters
from shop.clock import Clock
from shop.proofs import Proofs
from shop.ticket_moves import TicketMoves
from shop.tickets import Ticket, Tickets
from tests.actions.conftest import NOW
from tests.actions.support import changed, handed_over, rows, run, said, turn

LOCKER, STATION, GUARD, OWN = "880000000032", "880000000037", "880000000038", "880000000031"


async def ask(text: str, order: str, customer: str | None, talk: str = "nr", **entities: Any) -> list[dict[str, Any]]:
    intent = "reship_parcel" if text == "重新发一个吧" else "track_parcel"
    _, messages = await run(ActionTrackParcel(), turn(intent, entities, {"order_id": order}, customer, text=text, talk=talk))
    return messages


def inquiry(world: Context, order: str, kind: str = "not_received") -> Ticket:
    return next(t for t in Tickets(world.engine, "demo", world.clock).of_order(order) if t.kind == kind)


def close(world: Context, order: str, outcome: str) -> None:
    rules = Lifecycle(load_parameters())
    moves = TicketMoves(world.engine, "demo", world.clock, rules)
    ticket = inquiry(world, order)
    moves.assign(ticket.id, "staff-1", by="staff-1", role="agent")
    moves.close(ticket.id, by="staff-1", role="agent", how="solve", why="快递已回复", outcome=outcome)


@pytest.mark.parametrize(
    ("text", "order", "customer", "row"),
    [
        ("没收到货啊", LOCKER, "c15", "nr_13_code"),
        ("显示签收了我没收到", GUARD, "c14", "nr_14"),
        ("显示签收了我没收到", OWN, "c15", "nr_14"),
        ("显示签收，没收到", "880000000009", "c05", "nr_15"),
        ("包裹到哪了", STATION, "c14", "nr_12_code"),
        ("取件码多少", LOCKER, "c15", "nr_12_code"),
        ("放驿站了，能送上门吗", STATION, "c14", "nr_08"),
        ("不想去拿快递柜的，送到家里", LOCKER, "c15", "nr_08"),
        ("到时别放驿站，送货上门", "880000000006", "c03", "nr_09"),
        ("柜子是空的！", LOCKER, "c15", "nr_11"),
        ("找到了，邻居拿的", GUARD, "c14", "nr_03"),
    ],
)
async def test_the_shop_takes_it_on(text: str, order: str, customer: str, row: str) -> None:
    messages = await ask(text, order, customer)
    assert rows(messages) == [row]


async def test_a_ticket_with_its_time_and_what_is_known(world: Context) -> None:
    messages = await ask("没收到，谁签的", GUARD, "c14")
    ticket = inquiry(world, GUARD)
    assert (messages[0]["ticket"], ticket.fields["where"], ticket.fields["place"]) == (ticket.id, "person", "门卫")
    assert ticket.due_at is not None
    assert messages[0]["deadline"]
    assert "门卫" in messages[0]["place"]


async def test_a_pick_up_code_is_for_a_signed_in_shopper_only(world: Context) -> None:
    messages = await ask("取件码多少", LOCKER, "c15")
    assert messages[0]["code"] == "4821-37"
    proofs = Proofs(world.engine, "demo", world.clock)
    assert proofs.try_proof(conversation_id="digits", order_id=LOCKER, phone_tail="0015", address="test") == "proved"
    for text in ("取件码多少", "没收到", "到哪了"):
        told = await ask(text, LOCKER, None, "digits")
        assert told
        assert "4821" not in repr(told), text
    assert rows(await ask("没收到", LOCKER, None, "digits")) == ["nr_10"]


async def test_digits_bring_nothing_to_another_door(world: Context) -> None:
    proofs = Proofs(world.engine, "demo", world.clock)
    proofs.try_proof(conversation_id="door", order_id=STATION, phone_tail="0014", address="test")
    told = await ask("送货上门", STATION, None, "door")
    assert rows(told) == ["nr_01"]
    assert handed_over(told)


async def test_asked_again_within_the_time_and_after_it(world: Context) -> None:
    await ask("没收到", GUARD, "c14")
    assert rows(await ask("查得怎么样了", GUARD, "c14")) == ["nr_10"]
    assert rows(await ask("找到了吗", GUARD, "c14")) == ["nr_10"]
    assert rows(await ask("还是没收到", GUARD, "c14", "another talk")) == ["nr_10"]
    context.use(Context(world.engine, Clock(fixed=NOW + timedelta(hours=40))))
    events, messages = await run(
        ActionTrackParcel(), turn("track_parcel", slots={"order_id": GUARD}, customer="c14", text="有结果了吗", talk="nr")
    )
    assert rows(messages) == ["nr_06"]
    assert changed(events)["open_question"] == "reship_or_refund"


@pytest.mark.parametrize(("option", "row", "kind"), [("reship", "nr_04", "lost_parcel"), ("refund", "nr_05", "refund")])
async def test_not_found_in_time_the_shopper_chooses(world: Context, option: str, row: str, kind: str) -> None:
    await ask("没收到", GUARD, "c14", option)
    context.use(Context(world.engine, Clock(fixed=NOW + timedelta(hours=40))))
    heard = turn("choose_option", {"option": option}, {"order_id": GUARD, "open_question": "reship_or_refund"}, "c14", talk=option)
    _, messages = await run(ActionSettleLostParcel(), heard)
    assert rows(messages) == [row]
    assert inquiry(world, GUARD, kind).row == row


async def test_what_the_courier_found_is_told_and_doubted(world: Context) -> None:
    await ask("没收到", GUARD, "c14")
    close(world, GUARD, "done")
    assert rows(await ask("查到了吗", GUARD, "c14")) == ["nr_07"]
    assert rows(await ask("去问了没有，说没有我的件", GUARD, "c14")) == ["nr_11"]


async def test_lost_by_the_courier_s_word_a_new_one_is_sent(world: Context) -> None:
    await ask("没收到", GUARD, "c14")
    close(world, GUARD, "failed")
    assert rows(await ask("没收到啊", GUARD, "c14")) == ["nr_06"]
    assert rows(await ask("重新发一个吧", GUARD, "c14")) == ["nr_04"]


async def test_found_while_it_is_looked_for_is_passed_on(world: Context) -> None:
    await ask("没收到", GUARD, "c14")
    messages = await ask("找到了，原来在物业", GUARD, "c14")
    assert rows(messages) == ["nr_02"]
    assert messages[0]["ticket"] == inquiry(world, GUARD).id


async def test_a_station_is_left_by_a_button_too() -> None:
    assert rows(await ask("", STATION, "c14", option="home")) == ["nr_08"]
    assert rows(await ask("", STATION, "c14", option="absent")) == ["nr_11"]


async def test_leave_it_not_at_the_station_is_no_new_address() -> None:
    heard = turn("change_address", {"order_number": STATION}, customer="c14", text="别放驿站，送到家里来")
    _, messages = await run(ActionChangeAddress(), heard)
    assert rows(messages) == ["nr_08"]


async def test_the_locker_names_the_parcel_among_several() -> None:
    heard = turn("track_parcel", customer="c15", text="快递柜里是空的", loop="parcel_form")
    events, _ = await run(ValidateParcelForm(), heard)
    assert changed(events)["order_id"] == LOCKER


async def test_a_signed_parcel_asked_after_otherwise_stays_signed() -> None:
    assert said(await ask("到哪了", "880000000009", "c05")) == ["utter_logistics_signed"]


async def test_a_short_question_past_the_time_leads_to_the_choice(world: Context) -> None:
    await ask("没收到", GUARD, "c14", "short")
    context.use(Context(world.engine, Clock(fixed=NOW + timedelta(hours=40))))
    heard = turn("ask_ticket_status", slots={"order_id": GUARD}, customer="c14", text="有结果吗", talk="short")
    now = Turn(CollectingDispatcher(), heard, context.current())
    parcel = now.repo.order(GUARD)
    assert parcel is not None
    assert outcome_of(now, Matter("parcel", parcel, "nr_14", "not_received"), parcel)
    assert rows(now.dispatcher.messages) == ["nr_06"]
