"""Returns: what the form asks, what is settled, what is remembered; events, responses and rows, never wording."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from actions.after_sale import ActionLeaveReturn
from actions.compensation import ActionSettleCompensation
from actions.context import Context
from actions.returns import AskReturnOrder, AskReturnRemedy, ValidateReturnForm
from actions.settle_return import ActionSettleReturn
from shop.tickets import Tickets
from tests.actions.support import bot, changed, handed_over, next_action, rows, run, said, turn

DRESS, SHIRT, LATE_COAT = "880000000009", "880000000010", "880000000012"


async def asked(
    intent: str, entities: dict[str, Any] | None = None, slots: dict[str, Any] | None = None, customer: str = "c05", **more: Any
) -> dict[str, Any]:
    """Slots after the form has read one message."""
    events, _ = await run(ValidateReturnForm(), turn(intent, entities, slots, customer, **more))
    return changed(events)


async def settle(order: str, reason: str, remedy: str, customer: str = "c05", talk: str | None = None, **slots: Any) -> Any:
    """Events and messages of a settled return."""
    known = {"order_id": order, "reason": reason, "remedy": remedy, **slots}
    return await run(ActionSettleReturn(), turn("request_return", slots=known, customer=customer, talk=talk))


# What is asked


@pytest.mark.parametrize(
    ("intent", "entities", "customer", "question"),
    [
        ("request_return", {}, "c05", "order_id"),
        ("request_return", {"order_number": DRESS}, "c05", "reason"),
        ("request_return", {"order_number": "0009"}, "c05", "reason"),
        ("request_return", {"product": "p1001"}, "c05", "reason"),
        ("request_return", {}, "c10", "reason"),  # the only order that has arrived
        ("report_quality", {"order_number": DRESS}, "c05", "severity"),  # the wish is open: what is proposed depends on it
        ("report_quality", {"order_number": DRESS, "severity": "severe"}, "c05", "remedy"),
        ("report_mismatch", {"order_number": DRESS}, "c05", "remedy"),
        ("report_wrong_item", {"order_number": DRESS}, "c05", "remedy"),
        ("report_missing", {"order_number": DRESS}, "c05", "remedy"),
        ("report_quality", {"order_number": DRESS, "remedy": "open"}, "c05", "severity"),
        ("request_exchange", {"product": "p1001", "reason": "quality"}, "c05", None),
        ("request_return", {"order_number": DRESS, "reason": "buyer_reason", "remedy": "return_refund"}, "c05", None),
        ("request_exchange", {"order_number": DRESS, "reason": "buyer_reason"}, "c05", "remedy"),  # "it does not fit" wishes nothing yet
        ("request_return", {"order_number": "880000000018"}, "c09", None),  # unpaid: nothing to ask
        ("request_return", {"order_number": "880000000001"}, "c01", None),  # not sent: no reason is needed
        ("request_exchange", {"order_number": "880000000001"}, "c01", None),
        ("report_courier_damage", {"remedy": "refuse_delivery"}, "c03", "order_id"),
    ],
)
async def test_only_what_is_missing_is_asked(intent: str, entities: dict[str, Any], customer: str, question: str | None) -> None:
    assert (await asked(intent, entities, customer=customer))["requested_slot"] == question


@pytest.mark.parametrize(
    ("requested", "intent", "entities", "slot", "value"),
    [
        ("reason", "choose_option", {"option": "buyer_reason"}, "reason", "buyer_reason"),
        ("reason", "report_quality", {"reason": "quality"}, "reason", "quality"),
        ("remedy", "choose_option", {"option": "refund"}, "remedy", "return_refund"),
        ("remedy", "choose_option", {"option": "compensation"}, "remedy", "comp_no_return"),
        ("remedy", "choose_option", {"option": "repair"}, "remedy", "repair_return"),
        ("remedy", "choose_option", {"option": "open"}, "remedy", "open"),
        ("severity", "choose_option", {"option": "severe"}, "severity", "severe"),
        ("damaged", "deny", {}, "damaged", "no"),
        ("damaged", "affirm", {}, "damaged", "yes"),
    ],
)
async def test_an_answer_fills_what_was_asked(requested: str, intent: str, entities: dict[str, Any], slot: str, value: str) -> None:
    known = {"order_id": DRESS, "requested_slot": requested, "reason": None if requested == "reason" else "quality"}
    slots = await asked(intent, entities, known, loop="return_form")
    assert slots[slot] == value


@pytest.mark.parametrize(
    ("requested", "intent", "entities"),
    [
        ("reason", "ask_size", {"height": 158.0}),
        ("reason", "ask_postage_payer", {}),
        ("reason", "thank_you", {}),
        ("reason", "request_human", {}),
        ("reason", "deny", {"option": "compensation"}),  # "not returning it", read as a choice of another question
        ("remedy", "choose_option", {"option": "intercept"}),
        ("order_id", "provide_order_id", {}),
    ],
)
async def test_what_answers_nothing_leaves_the_form_to_the_rules(requested: str, intent: str, entities: dict[str, Any]) -> None:
    known = {"order_id": None if requested == "order_id" else DRESS, "requested_slot": requested}
    with pytest.raises(Exception, match="does not answer"):
        await asked(intent, entities, known, loop="return_form")


async def test_a_reason_unclear_for_the_second_time_goes_to_a_person() -> None:
    known = {"order_id": DRESS, "requested_slot": "reason", "misunderstood": 1, "remedy": "return_refund"}
    slots = await asked("unclear_message", {}, known, loop="return_form")
    assert slots["reason"] == "unknown"
    assert slots["requested_slot"] is None
    _, messages = await settle(DRESS, "unknown", "return_refund")
    assert rows(messages) == ["pr_z_06"]
    assert handed_over(messages)


async def test_who_leaves_the_choice_to_the_shop_is_asked_only_how_bad_it_is() -> None:
    known = {"order_id": DRESS, "requested_slot": "remedy", "reason": "quality"}
    slots = await asked("nlu_fallback", {}, known, loop="return_form", text="你们看着办")
    assert (slots["remedy"], slots["requested_slot"]) == ("open", "severity")


async def test_a_price_that_fell_is_no_fault_of_the_goods() -> None:
    slots = await asked("request_compensation", {"order_number": DRESS}, text="刚买就降价，补差价")
    assert slots["requested_slot"] is None
    assert "reason" not in slots, "no fault is asked for; price protection takes it up (test_price_protection.py)"


async def test_the_same_question_may_be_asked_again_in_the_same_words() -> None:
    slots = {"reason": "quality"}
    first, _ = await run(AskReturnRemedy(), turn("report_quality", slots=slots))
    _, again = await run(AskReturnRemedy(), turn("report_quality", slots={**slots, "last_said": changed(first)["last_said"]}))
    assert said(again) == ["utter_ask_return_form_remedy"]


@pytest.mark.parametrize(
    ("reason", "response"),
    [
        ("quality", "utter_ask_return_form_remedy"),
        ("missing_part", "utter_returns_ask_remedy_missing_part"),
        ("wrong_item", "utter_returns_ask_remedy_wrong_item"),
        ("buyer_reason", "utter_returns_ask_remedy_buyer_reason"),
    ],
)
async def test_the_ways_out_fit_the_reason(reason: str, response: str) -> None:
    events, messages = await run(AskReturnRemedy(), turn("report_missing", slots={"reason": reason}))
    assert said(messages) == [response]
    assert next_action(events) == "action_listen"


@pytest.mark.parametrize(
    ("intent", "words", "taken"), [("ask_fit", "裙子", True), ("ask_fit", "裙子偏大吗", False), ("deny", "裙子没事", False)]
)
async def test_a_bare_product_says_which_order(intent: str, words: str, taken: bool) -> None:
    known = {"requested_slot": "order_id", "remedy": "exchange"}
    if taken:
        slots = await asked(intent, {"product": "p1001"}, known, loop="return_form", text=words)
        assert slots["order_id"] == DRESS
        return
    with pytest.raises(Exception, match="does not answer"):
        await asked(intent, {"product": "p1001"}, known, loop="return_form", text=words)


async def test_an_order_spoken_of_that_does_not_fit_is_not_exchanged_for_another() -> None:
    slots = await asked("request_return", {}, {"order_id": "880000000021"}, "c10")
    assert slots["requested_slot"] == "order_id"
    events, messages = await run(AskReturnOrder(), turn("request_return", slots={"order_id": "880000000021"}, customer="c10"))
    assert len(messages[0]["buttons"]) == 2
    resumed = turn("thank_you", slots={"order_id": "880000000021", "requested_slot": "order_id"}, customer="c10", loop="return_form")
    resumed.events.append({"event": "action", "name": "action_welcome_thanks"})
    events, _ = await run(ValidateReturnForm(), resumed)
    assert changed(events)["requested_slot"] == "order_id"


async def test_a_wish_for_compensation_is_not_overruled_by_the_return_it_does_not_want() -> None:
    slots = await asked("request_compensation", {"order_number": DRESS, "reason": "quality", "remedy": "return_refund"})
    assert slots["remedy"] == "comp_no_return"


# What is settled


@pytest.mark.parametrize(
    ("order", "customer", "reason", "remedy", "row", "kind"),
    [
        (DRESS, "c05", "quality", "exchange", "pr_q_ex_01", "exchange"),
        (DRESS, "c05", "quality", "return_refund", "pr_q_rr_01", "return"),
        (DRESS, "c05", "quality", "repair_return", "pr_q_rm_01", "repair"),
        (DRESS, "c05", "buyer_reason", "return_refund", "pr_b_rr_01", "return"),
        (DRESS, "c05", "buyer_reason", "exchange", "pr_b_ex_01", "exchange"),
        (SHIRT, "c05", "buyer_reason", "return_refund", "pr_b_rr_02", "return"),
        (SHIRT, "c05", "buyer_reason", "exchange", "pr_b_ex_02", "exchange"),
        (DRESS, "c05", "wrong_item", "exchange", "pr_w_01", "exchange"),
        (DRESS, "c05", "wrong_item", "return_refund", "pr_w_05", "return"),
        (DRESS, "c05", "missing_part", "reship", "pr_m_01", "reship"),
        (DRESS, "c05", "missing_part", "return_refund", "pr_m_02", "return"),
        (DRESS, "c05", "courier_damage", "return_refund", "pr_d_02", "return"),
        (DRESS, "c05", "description_mismatch", "return_refund", "pr_x_02", "return"),
        ("880000000006", "c03", "courier_damage", "refuse_delivery", "pr_d_01", "return"),
        ("880000000006", "c03", "quality", "refuse_delivery", "pr_q_rf_01", "return"),
        ("880000000006", "c03", "buyer_reason", "refuse_delivery", "pr_b_rf_01", "return"),
        ("880000000011", "c06", "quality", "return_refund", "pr_q_rr_02", "return"),
        ("880000000022", "c10", "quality", "exchange", "pr_f_02", "exchange"),
        ("880000000022", "c10", "buyer_reason", "return_refund", "pr_b_rr_01", "specialist"),
    ],
)
async def test_a_settled_return_rests_on_its_row_and_has_its_ticket(
    world: Context, order: str, customer: str, reason: str, remedy: str, row: str, kind: str
) -> None:
    events, messages = await settle(order, reason, remedy, customer)
    assert rows(messages)[-1] == row
    ticket = Tickets(world.engine, "demo", world.clock).get(changed(events)["ticket_id"])
    assert ticket is not None
    assert (ticket.kind, ticket.row, ticket.order_id, ticket.customer_id) == (kind, row, order, customer)
    assert ticket.due_at is not None
    assert (ticket.fields["reason"], ticket.fields["remedy"]) == (reason, remedy)
    slots = changed(events)
    assert [slots[name] for name in ("reason", "remedy", "severity", "damaged")] == [None] * 4
    assert slots["after_return"]["ticket"] == ticket.id


async def test_the_sums_of_an_own_reason_return_are_named_in_yuan() -> None:
    _, messages = await settle(DRESS, "buyer_reason", "return_refund")
    assert (messages[0]["paid"], messages[0]["outbound"], messages[0]["refund"], messages[0]["freight"]) == ("176", "8", "168", "8")


@pytest.mark.parametrize(("reason", "remedy", "sent"), [("quality", "exchange", True), ("missing_part", "reship", False)])
async def test_the_address_is_told_only_when_something_comes_back(reason: str, remedy: str, sent: bool) -> None:
    events, messages = await settle(DRESS, reason, remedy)
    assert ("utter_returns_address" in said(messages)) is sent
    assert (changed(events).get("open_question") == "return_tracking") is sent


async def test_a_valuable_order_after_the_first_days_is_told_ticketed_and_handed_over(world: Context) -> None:
    events, messages = await settle(LATE_COAT, "quality", "exchange", "c06")
    assert rows(messages) == ["pr_q_ex_04"]
    assert handed_over(messages)
    assert "utter_returns_address" not in said(messages)
    assert Tickets(world.engine, "demo", world.clock).get(changed(events)["ticket_id"])


async def test_an_excluded_product_has_no_own_reason_return_and_faults_stay_returnable(world: Context) -> None:
    with world.engine.begin() as connection:
        connection.execute(text("UPDATE orders SET state = 'received' WHERE id = '880000000023'"))
        connection.execute(text("UPDATE shipments SET signed_at = :at WHERE order_id = '880000000023'"), {"at": "2026-11-16 04:00:00"})
    _, refused = await settle("880000000023", "buyer_reason", "return_refund")
    assert rows(refused) == ["pr_b_rr_05"]
    _, fault = await settle("880000000023", "quality", "exchange")
    assert rows(fault) == ["pr_f_02"]


async def test_an_unsent_order_is_cancelled_or_changed_not_returned() -> None:
    _, unpaid = await settle("880000000018", "buyer_reason", "return_refund", "c09")
    assert rows(unpaid) == ["co_z_01"]
    _, paid = await settle("880000000001", "buyer_reason", "return_refund", "c01")
    assert rows(paid) == ["co_06"]
    known = {"order_id": "880000000001", "remedy": "exchange"}
    events, messages = await run(ActionSettleReturn(), turn("request_exchange", {"size": "L"}, known, "c01"))
    assert not messages
    assert next_action(events) == "change_form"
    assert changed(events)["target"] == ":/L"
    on_its_way = {"order_id": "880000000006", "remedy": "exchange"}
    events, _ = await run(ActionSettleReturn(), turn("request_exchange", slots=on_its_way, customer="c03"))
    assert next_action(events) == "change_form"


async def test_nothing_is_written_in_a_dry_run(world: Context) -> None:
    known = {"order_id": DRESS, "reason": "quality", "remedy": "exchange"}
    _, messages = await run(ActionSettleReturn(), turn("request_return", slots=known, talk="dry", dry_run=True))
    assert rows(messages) == ["qp_01", "pr_q_ex_01"]
    assert not Tickets(world.engine, "demo", world.clock).of_conversation("dry")


# Appliances: the manual first


async def test_a_faulty_lamp_begins_with_the_manual_and_goes_on_with_the_wish() -> None:
    lamp = {"order_id": "880000000013", "reason": "quality", "remedy": "exchange"}
    events, messages = await run(ActionSettleReturn(), turn("request_exchange", slots=lamp, customer="c07"))
    assert said(messages) == ["utter_returns_guide"]
    assert "ticket_id" not in changed(events)
    known = {"order_id": "880000000013", "after_return": changed(events)["after_return"]}
    slots = await asked("report_quality", {}, known, "c07", memory=[bot("qp_02")])
    assert slots["remedy"] == "exchange"
    assert slots["requested_slot"] is None
    _, messages = await run(ActionSettleReturn(), turn("report_quality", slots=lamp, customer="c07", memory=[bot("qp_02")]))
    assert rows(messages) == ["pr_q_ex_05"]


async def test_steps_tried_already_are_not_told() -> None:
    lamp = {"order_id": "880000000013", "reason": "quality", "remedy": "exchange"}
    _, messages = await run(ActionSettleReturn(), turn("request_exchange", slots=lamp, customer="c07", text="重置过了没用，要换"))
    assert rows(messages) == ["pr_q_ex_05"]


# Changed minds


@pytest.mark.parametrize(
    ("intent", "entities", "remembered"),
    [
        ("request_exchange", {}, {"reason": "buyer_reason", "remedy": "exchange"}),
        ("report_quality", {"reason": "quality"}, {"reason": "quality", "remedy": "return_refund"}),
    ],
)
async def test_a_changed_mind_keeps_what_is_not_said_anew(intent: str, entities: dict[str, Any], remembered: dict[str, str]) -> None:
    settled = {"order_id": DRESS, "ticket": None, "reason": "buyer_reason", "remedy": "return_refund"}
    slots = await asked(intent, entities, {"order_id": DRESS, "after_return": settled})
    assert {name: slots[name] for name in remembered} == remembered
    assert slots["requested_slot"] is None


async def test_another_order_inherits_nothing() -> None:
    settled = {"order_id": DRESS, "ticket": None, "reason": "buyer_reason", "remedy": "return_refund"}
    slots = await asked("request_exchange", {"order_number": SHIRT}, {"order_id": DRESS, "after_return": settled})
    assert slots["requested_slot"] == "reason"


async def test_the_ticket_of_a_replaced_wish_is_closed_with_the_shoppers_words(world: Context) -> None:
    events, _ = await settle(DRESS, "buyer_reason", "return_refund", talk="mind")
    first = changed(events)["after_return"]
    events, _ = await settle(DRESS, "buyer_reason", "exchange", talk="mind", after_return=first, ticket_id=first["ticket"])
    tickets = Tickets(world.engine, "demo", world.clock)
    old, new = tickets.get(first["ticket"]), tickets.get(changed(events)["ticket_id"])
    assert old is not None
    assert new is not None
    assert (old.state, new.kind) == ("closed", "exchange")
    assert new.state != "closed"


async def test_keeping_the_goods_after_all_closes_the_ticket(world: Context) -> None:
    events, _ = await settle(DRESS, "buyer_reason", "return_refund", talk="keep")
    settled = changed(events)["after_return"]
    said_no = turn("deny", slots={"after_return": settled, "open_question": "return_tracking"}, talk="keep", text="不退了")
    events, messages = await run(ActionLeaveReturn(), said_no)
    assert said(messages) == ["utter_returns_left"]
    tickets = Tickets(world.engine, "demo", world.clock)
    closed = tickets.get(settled["ticket"])
    assert closed is not None
    assert closed.state == "closed"
    assert [note.text for note in tickets.notes(closed.id)] == ["不退了"]
    assert changed(events)["after_return"]["ticket"] is None


# Compensation


@pytest.mark.parametrize(
    ("intent", "entities", "response"),
    [
        ("affirm", {}, "utter_returns_comp_accepted"),
        ("choose_option", {"option": "accept"}, "utter_returns_comp_accepted"),
        ("choose_option", {"option": "difference"}, "utter_returns_comp_accepted"),
        ("choose_option", {"option": "keep"}, "utter_returns_comp_accepted"),
        ("deny", {}, "utter_returns_comp_declined"),
        ("choose_option", {"option": "more"}, "utter_returns_comp_declined"),
    ],
)
async def test_an_offer_for_a_kept_item_is_taken_or_reviewed(intent: str, entities: dict[str, Any], response: str) -> None:
    _, offer = await settle(DRESS, "quality", "comp_no_return")
    assert rows(offer) == ["pr_q_cp_01"]
    assert offer[0]["cap"] == "8"
    slots = {"order_id": DRESS, "open_question": "compensation", "after_return": {"order_id": DRESS, "reason": "quality"}}
    events, messages = await run(ActionSettleCompensation(), turn(intent, entities, slots))
    assert said(messages)[0] == response
    assert ("rp_01" in rows(messages)) is (response == "utter_returns_comp_accepted")
    assert changed(events)["ticket_id"]
    assert handed_over(messages) is (response == "utter_returns_comp_declined")


@pytest.mark.parametrize(
    ("entities", "remedy"),
    [({"option": "return_refund"}, "return_refund"), ({"option": "refund"}, "return_refund"), ({"option": "exchange"}, "exchange")],
)
async def test_exchange_and_return_stay_open_beside_an_offer(entities: dict[str, Any], remedy: str) -> None:
    slots = {"order_id": DRESS, "open_question": "compensation", "after_return": {"order_id": DRESS, "reason": "quality"}}
    events, _ = await run(ActionSettleCompensation(), turn("choose_option", entities, slots))
    assert next_action(events) == "return_form"
    assert (changed(events)["reason"], changed(events)["remedy"]) == ("quality", remedy)
