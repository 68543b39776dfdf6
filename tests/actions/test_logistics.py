"""Where is the parcel (flow F4): every row of the demonstration orders, what is chosen of a lost or late one, receipt and signing."""

from __future__ import annotations

import pytest

from actions.context import Context
from actions.logistics import (
    ActionAdviseSigning,
    ActionExtendReceipt,
    ActionSettleDelay,
    ActionSettleLostParcel,
    ActionTrackParcel,
    AskParcelOrder,
    ValidateParcelForm,
)
from shop.tickets import Tickets
from tests.actions.support import bot, changed, handed_over, next_action, rows, run, said, turn

PARCELS = [
    ("c01", "0001", "ls_01"),
    ("c01", "0002", "ls_02"),
    ("c02", "0003", "ls_03"),
    ("c02", "0004", "ls_10"),
    ("c03", "0005", "ls_11"),
    ("c03", "0006", "ls_15"),
    ("c04", "0007", "ls_17"),
    ("c04", "0008", "ls_18"),
    ("c05", "0009", "ls_20"),
    ("c06", "0011", "ls_20"),
    ("c08", "0015", "ls_06"),
    ("c08", "0016", "ls_07"),
    ("c08", "0017", "ls_14"),
    ("c09", "0018", "ls_z_01"),
    ("c10", "0021", "ls_z_10"),
]


def order(tail: str) -> str:
    return f"88000000{tail}"


@pytest.mark.parametrize(("customer", "tail", "row"), PARCELS)
async def test_a_shopper_asks_where_a_parcel_is(customer: str, tail: str, row: str) -> None:
    events, messages = await run(ActionTrackParcel(), turn("track_parcel", slots={"order_id": order(tail)}, customer=customer))
    assert rows(messages) == [row]
    assert all(name.startswith("utter_logistics_") for name in said(messages))
    assert next_action(events) == "action_listen"


@pytest.mark.parametrize(("tail", "customer", "kind"), [("0005", "c03", "courier_query"), ("0017", "c08", "courier_query")])
async def test_a_query_to_the_courier_has_a_ticket(world: Context, tail: str, customer: str, kind: str) -> None:
    events, messages = await run(ActionTrackParcel(), turn("track_parcel", slots={"order_id": order(tail)}, customer=customer))
    ticket = Tickets(world.engine, "demo", world.clock).get(str(changed(events)["ticket_id"]))
    assert ticket is not None
    assert (ticket.kind, ticket.order_id) == (kind, order(tail))
    assert messages[-1]["ticket"] == ticket.id


async def test_a_dry_run_writes_no_ticket(world: Context) -> None:
    slots = {"order_id": order("0005")}
    events, _ = await run(ActionTrackParcel(), turn("track_parcel", slots=slots, customer="c03", talk="dry", dry_run=True))
    assert changed(events)["ticket_id"] == "T-PREVIEW"
    assert Tickets(world.engine, "demo", world.clock).of_conversation("dry") == []


@pytest.mark.parametrize(
    ("option", "row", "response", "kind"),
    [
        ("reship", "ls_09", "utter_logistics_reship_chosen", "lost_parcel"),
        ("refund", "ls_08", "utter_logistics_refund_chosen", "refund"),
    ],
)
async def test_a_lost_parcel_is_sent_again_or_refunded(world: Context, option: str, row: str, response: str, kind: str) -> None:
    said_so = turn(
        "choose_option", {"option": option}, {"order_id": order("0007"), "open_question": "reship_or_refund"}, "c04", talk=option
    )
    events, messages = await run(ActionSettleLostParcel(), said_so)
    assert (said(messages), rows(messages)) == ([response], [row])
    assert [ticket.kind for ticket in Tickets(world.engine, "demo", world.clock).of_conversation(option)] == [kind]
    assert changed(events)["open_question"] is None


async def test_a_lost_parcel_leaves_the_choice_open() -> None:
    events, _ = await run(ActionTrackParcel(), turn("track_parcel", slots={"order_id": order("0007")}, customer="c04"))
    assert changed(events)["open_question"] == "reship_or_refund"


async def test_a_yes_to_a_choice_of_two_is_asked_back() -> None:
    slots = {"order_id": order("0007"), "open_question": "reship_or_refund"}
    events, messages = await run(ActionSettleLostParcel(), turn("affirm", slots=slots, customer="c04"))
    assert said(messages) == ["utter_logistics_which_remedy"]
    assert "open_question" not in changed(events)  # it stays as it was


async def test_an_anonymous_shopper_gets_no_refund_by_phone_digits(world: Context) -> None:
    asked = turn(
        "track_parcel", {"order_number": order("0007"), "phone_tail": "0004"}, customer=None, talk="proved", text="", loop="parcel_form"
    )
    await run(ValidateParcelForm(), asked)
    slots = {"order_id": order("0007"), "open_question": "reship_or_refund"}
    _, messages = await run(ActionSettleLostParcel(), turn("choose_option", {"option": "refund"}, slots, None, talk="proved"))
    assert rows(messages) == ["ls_z_03"]
    assert handed_over(messages)


@pytest.mark.parametrize(
    ("intent", "entities", "row"),
    [("choose_option", {"option": "wait"}, "ls_05"), ("affirm", {}, "ls_05"), ("choose_option", {"option": "change"}, "ls_04")],
)
async def test_goods_that_are_late_are_awaited_or_changed(intent: str, entities: dict[str, str], row: str) -> None:
    slots = {"order_id": order("0003"), "open_question": "wait_change_or_refund"}
    events, messages = await run(ActionSettleDelay(), turn(intent, entities, slots, "c02"))
    assert rows(messages) == [row]
    assert next_action(events) == ("change_form" if row == "ls_04" else "action_listen")


async def test_goods_that_are_late_are_cancelled() -> None:
    slots = {"order_id": order("0003"), "open_question": "wait_change_or_refund"}
    events, messages = await run(ActionSettleDelay(), turn("choose_option", {"option": "refund"}, slots, "c02"))
    assert messages == []
    assert next_action(events) == "action_cancel_order"


async def test_dispatch_urged_twice_opens_a_ticket() -> None:
    again = turn(
        "urge_dispatch", slots={"order_id": order("0001")}, customer="c01", memory=[bot("ls_01", table="logistics")], text="催一下"
    )
    _, messages = await run(ActionTrackParcel(), again)
    assert rows(messages) == ["ls_z_08"]
    assert messages[0]["ticket"].startswith("T2026")


async def test_another_order_urged_for_the_first_time_is_told_of() -> None:
    memory = [bot("ls_z_10", table="logistics")]
    tracker = turn("urge_dispatch", slots={"order_id": order("0021")}, customer="c10", memory=memory)
    tracker.slots["order_id"] = order("0001")
    _, messages = await run(ActionTrackParcel(), tracker)
    assert said(messages) == ["utter_orders_none"]  # not this shopper's


@pytest.mark.parametrize("text", ["显示签收了但没收到", "写着签收，根本没见到"])
async def test_signed_for_and_never_received(text: str) -> None:
    _, messages = await run(ActionTrackParcel(), turn("track_parcel", slots={"order_id": order("0009")}, text=text))
    assert rows(messages) == ["nr_15"]


async def test_nobody_hears_of_another_shoppers_parcel() -> None:
    _, messages = await run(ActionTrackParcel(), turn("track_parcel", slots={"order_id": order("0007")}, customer="c05"))
    assert said(messages) == ["utter_orders_none"]


@pytest.mark.parametrize(("customer", "tail", "row"), [("c03", "0006", "ls_19"), ("c05", "0009", "ls_19"), ("c06", "0011", "ls_z_05")])
async def test_a_shopper_worries_that_the_order_confirms_itself(customer: str, tail: str, row: str) -> None:
    _, messages = await run(ActionExtendReceipt(), turn("ask_auto_confirm", {"order_number": order(tail)}, customer=customer))
    assert rows(messages) == [row]


async def test_auto_confirm_with_several_orders_asks_which() -> None:
    events, messages = await run(ActionExtendReceipt(), turn("ask_auto_confirm", customer="c03"))
    assert len(messages) == 1
    assert len(messages[0]["buttons"]) == 2
    assert all(button["payload"].startswith("/ask_auto_confirm{") for button in messages[0]["buttons"])
    assert "order_id" not in changed(events)


async def test_signing_advice_needs_no_order() -> None:
    _, messages = await run(ActionAdviseSigning(), turn("sign_for_question", customer=None))
    assert said(messages) == ["utter_logistics_sign_advice"]


async def test_number_and_digits_in_one_message_open_the_parcel() -> None:
    heard = turn("track_parcel", {"order_number": order("0006"), "phone_tail": "0003"}, customer=None, loop="parcel_form")
    events, _ = await run(ValidateParcelForm(), heard)
    assert changed(events)["order_id"] == order("0006")
    assert changed(events)["requested_slot"] is None


async def test_number_alone_asks_for_the_digits() -> None:
    heard = turn("track_parcel", {"order_number": order("0006")}, customer=None, loop="parcel_form")
    events, _ = await run(ValidateParcelForm(), heard)
    assert changed(events)["requested_slot"] == "phone_tail"
    assert changed(events)["order_id"] is None


async def test_several_own_parcels_are_offered_as_buttons() -> None:
    _, messages = await run(AskParcelOrder(), turn("track_parcel", customer="c04", loop="parcel_form"))
    assert said(messages) == ["utter_ask_parcel_form_order_id"]
    assert len(messages[0]["buttons"]) == 2


async def test_what_was_wished_before_the_order_was_asked_counts() -> None:
    wish = {"event": "user", "text": "我没收到货啊", "parse_data": {"intent": {"name": "track_parcel"}}, "timestamp": 0}
    named = turn("nlu_fallback", {"product": "p1001"}, {"order_id": order("0009")}, text="连衣裙", memory=[wish])
    _, messages = await run(ActionTrackParcel(), named)
    assert rows(messages) == ["nr_15"]
