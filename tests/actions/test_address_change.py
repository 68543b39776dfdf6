"""Another address before and after dispatch (issue 4, ad_11 …), and stopping a parcel on its way (ic_*)."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text as sql

from actions.addresses import ActionChangeAddress, ActionSettleAddress
from actions.context import Context
from actions.order_form import AskDetail, ValidateOrderForm
from actions.orders import ActionCancelOrder, ActionSettleCancel
from policy.lifecycle import Lifecycle
from policy.parameters import load_parameters
from shop.ticket_moves import TicketMoves
from shop.tickets import Ticket, Tickets
from tests.actions.support import bot, changed, handed_over, rows, run, said, turn

DRESS, SENT, DOOR, SOFA, UNPAID = "880000000001", "880000000006", "880000000008", "880000000021", "880000000018"
NEW = "苏州市姑苏区人民路12号3幢502 李四 13912345678"


async def wish(text: str, order: str, customer: str | None, talk: str = "ad", **slots: Any) -> list[dict[str, Any]]:
    heard = turn("change_address", {"order_number": order}, slots, customer, text=text, talk=talk)
    _, messages = await run(ActionChangeAddress(), heard)
    return messages


def ticket_of(world: Context, order: str, kind: str) -> Ticket:
    return next(t for t in Tickets(world.engine, "demo", world.clock).of_order(order) if t.kind == kind)


def close(world: Context, ticket: Ticket, outcome: str) -> None:
    moves = TicketMoves(world.engine, "demo", world.clock, Lifecycle(load_parameters()))
    moves.assign(ticket.id, "staff-1", by="staff-1", role="agent")
    moves.close(ticket.id, by="staff-1", role="agent", how="solve", why="已处理", outcome=outcome)


@pytest.mark.parametrize(
    ("order", "customer", "row"),
    [
        (DRESS, "c01", "ad_25"),
        (UNPAID, "c09", "ad_14"),
        ("880000000009", "c05", "ad_13"),
        (SENT, "c03", "ad_29"),
        (DOOR, "c04", "ad_27"),
        ("880000000015", "c08", "ad_19"),
        (SOFA, "c10", "ad_22"),
    ],
)
async def test_a_new_address_in_every_state(order: str, customer: str, row: str) -> None:
    assert rows(await wish(f"地址改成{NEW}", order, customer)) == [row]


async def test_an_anonymous_shopper_is_given_to_a_person() -> None:
    messages = await wish(f"地址改成{NEW}", DRESS, None)
    assert rows(messages) == ["ad_11"]
    assert handed_over(messages)


async def test_the_address_goes_to_the_team_and_is_masked_everywhere_else(world: Context) -> None:
    heard = turn("change_address", {"order_number": DRESS}, customer="c01", text=f"地址改成{NEW}", talk="masked", loop="order_form")
    events, _ = await run(ValidateOrderForm(), heard)
    slots = changed(events)
    assert slots["requested_slot"] is None
    assert "人民路" not in repr(events)
    assert "13912345678" not in repr(events)
    events, messages = await run(
        ActionChangeAddress(), turn("change_address", slots=slots, customer="c01", text=heard.latest_message["text"])
    )
    assert messages[0]["address"] == "苏州市姑苏区****"
    assert "人民路" not in repr(messages) + repr(events)
    assert "人民路12号" in ticket_of(world, DRESS, "address").fields["wishes"]


async def test_without_an_address_it_is_asked_for(world: Context) -> None:
    heard = turn("change_address", {"order_number": DRESS}, customer="c01", text="地址写错了", talk="asked", loop="order_form")
    events, _ = await run(ValidateOrderForm(), heard)
    slots = changed(events)
    assert slots["requested_slot"] == "detail"
    _, messages = await run(AskDetail(), turn("change_address", slots=slots, customer="c01", text="地址写错了", loop="order_form"))
    assert rows(messages) == ["ad_23"]
    told = turn("provide_order_id", slots=slots, customer="c01", text=NEW, loop="order_form", talk="asked")
    events, _ = await run(ValidateOrderForm(), told)
    assert changed(events)["detail"] == "given"
    assert changed(events)["requested_slot"] is None


async def test_who_will_not_type_it_is_called() -> None:
    assert rows(await wish("我打电话跟你们说", DRESS, "c01", detail="unwilling")) == ["ad_24"]


async def test_furniture_is_asked_for_floor_and_lift() -> None:
    slots = {"order_id": SOFA}
    heard = turn("change_address", {"order_number": SOFA}, slots, "c10", text="搬家了地址要改", loop="order_form")
    events, _ = await run(ValidateOrderForm(), heard)
    _, messages = await run(
        AskDetail(), turn("change_address", slots=changed(events), customer="c10", text="搬家了地址要改", loop="order_form")
    )
    assert rows(messages) == ["ad_21"]


async def test_said_is_done_only_when_it_is(world: Context) -> None:
    await wish(f"地址改成{NEW}", DRESS, "c01")
    assert rows(await wish("地址改好了吗", DRESS, "c01", "later")) == ["ad_17"]
    assert rows(await wish("楼号错了，是人民路16号", DRESS, "c01")) == ["ad_18"]
    close(world, ticket_of(world, DRESS, "address"), "done")
    messages = await wish("地址改好了吗", DRESS, "c01", "later")
    assert said(messages) == ["utter_address_done"]


async def test_without_its_effect_the_twin_is_said(world: Context) -> None:
    await wish(f"地址改成{NEW}", DRESS, "c01")
    close(world, ticket_of(world, DRESS, "address"), "done")
    heard = turn("change_address", {"order_number": DRESS}, customer="c01", text="地址改好了吗", dry_run=True)
    _, messages = await run(ActionChangeAddress(), heard)
    assert said(messages) == ["utter_address_unconfirmed"]


@pytest.mark.parametrize(
    ("order", "customer", "kind", "row"), [(DRESS, "c01", "address", "ad_16"), (SENT, "c03", "redirect", "ad_16_sent")]
)
async def test_what_could_not_be_changed_is_said(world: Context, order: str, customer: str, kind: str, row: str) -> None:
    if kind == "redirect":
        await agree("affirm", order, customer)
    else:
        await wish(f"地址改成{NEW}", order, customer)
    close(world, ticket_of(world, order, kind), "failed")
    assert rows(await wish("改好了吗", order, customer)) == [row]


async def agree(intent: str, order: str, customer: str, **entities: Any) -> list[dict[str, Any]]:
    earlier = {"event": "user", "text": f"改到{NEW}", "parse_data": {}, "timestamp": 0}
    heard = turn(intent, entities, {"order_id": order, "open_question": "redirect"}, customer, text="好", memory=[earlier], talk="ad")
    _, messages = await run(ActionSettleAddress(), heard)
    return messages


async def test_who_pays_is_told_before_the_courier_is_asked(world: Context) -> None:
    offered = await wish(f"改到{NEW}", SENT, "c03")
    assert said(offered) == ["utter_address_redirect_offer"]
    assert [t.kind for t in Tickets(world.engine, "demo", world.clock).of_order(SENT)] == []
    assert rows(await agree("choose_option", SENT, "c03", option="redirect")) == ["ad_28"]
    ticket = ticket_of(world, SENT, "redirect")
    assert "人民路" in ticket.fields["wishes"]
    assert rows(await wish("转寄改好了吗", SENT, "c03")) == ["ad_17"]


async def test_no_redirection_without_a_yes(world: Context) -> None:
    assert rows(await agree("deny", SENT, "c03")) == ["ad_20"]
    assert Tickets(world.engine, "demo", world.clock).of_order(SENT) == []


async def test_our_mistake_costs_nothing() -> None:
    assert rows(await wish(f"你们写错地址了，应该是{NEW}", SENT, "c03")) == ["ad_26"]


# Stopping a parcel on its way
async def cancel(text: str, order: str, customer: str, *told: str, **slots: Any) -> list[dict[str, Any]]:
    memory = [bot(row, table="cancel_order") for row in told]
    heard = turn("cancel_order", slots={"order_id": order, **slots}, customer=customer, text=text, memory=memory, talk="ic")
    _, messages = await run(ActionCancelOrder(), heard)
    return messages


async def test_stopping_a_parcel_tells_first_who_pays(world: Context) -> None:
    assert rows(await cancel("帮我把快递拦下来", SENT, "c03")) == ["co_04"]
    assert Tickets(world.engine, "demo", world.clock).of_order(SENT) == []
    assert rows(await cancel("那就拦吧", SENT, "c03", "co_04")) == ["ic_01"]
    assert ticket_of(world, SENT, "intercept").due_at is not None


@pytest.mark.parametrize(
    ("order", "customer", "response"),
    [(SENT, "c03", "utter_orders_intercept_ours"), (DOOR, "c04", "utter_orders_intercept_failed_ours")],
)
async def test_the_wrong_thing_on_its_way_is_stopped_at_our_costs(order: str, customer: str, response: str) -> None:
    messages = await cancel("你们发错了，赶紧拦下来", order, customer, reason="wrong_item")
    assert said(messages) == [response]
    assert messages[0]["paid"]


async def test_our_mistake_stays_ours_when_it_was_stopped(world: Context) -> None:
    await cancel("你们发错了，赶紧拦下来", SENT, "c03", reason="wrong_item")
    ticket = ticket_of(world, SENT, "intercept")
    assert (ticket.fields["fault"], ticket.fields["refund"]) == ("shop", "259.00")
    close(world, ticket, "stopped")
    assert said(await cancel("拦到了吗", SENT, "c03")) == ["utter_orders_intercepted_ours"]


async def test_not_stopped_it_goes_back_at_our_costs(world: Context) -> None:
    await cancel("你们发错了，赶紧拦下来", SENT, "c03", reason="wrong_item")
    close(world, ticket_of(world, SENT, "intercept"), "not_stopped")
    messages = await cancel("拦到了吗", SENT, "c03")
    assert rows(messages) == ["ic_10"]
    slots = {"order_id": SENT, "reason": "wrong_item", "open_question": "refuse_or_return"}
    events, _ = await run(ActionSettleCancel(), turn("choose_option", {"option": "refuse"}, slots, "c03"))
    assert changed(events)["reason"] == "wrong_item"


async def test_a_parcel_with_another_address_is_not_told_as_moving(world: Context) -> None:
    with world.engine.begin() as connection:
        connection.execute(sql("UPDATE shipments SET tracking = NULL WHERE order_id = :id"), {"id": SENT})
    assert rows(await wish(f"改到{NEW}", SENT, "c03")) == ["ad_19"]
