"""Around a return: its parcel number, address and progress; questions that open nothing."""

from __future__ import annotations

from typing import Any

import pytest

from actions.after_sale import (
    ActionExplainInsurance,
    ActionGuideUse,
    ActionRegisterReturnTracking,
    ActionTellPostage,
    ActionTellReturnAddress,
    ActionTellReturnPolicy,
    ActionTellWarranty,
)
from actions.context import Context
from actions.settle_return import ActionSettleReturn
from shop.tickets import Tickets
from tests.actions.support import changed, next_action, rows, run, said, turn

DRESS, SHIRT = "880000000009", "880000000010"


async def settle(order: str, reason: str, remedy: str, talk: str) -> Any:
    """Events and messages of a settled return of c05."""
    return await run(ActionSettleReturn(), turn("request_return", slots={"order_id": order, "reason": reason, "remedy": remedy}, talk=talk))


# The parcel that comes back


async def test_the_parcel_number_goes_to_the_newest_return_that_has_none(world: Context) -> None:
    first, _ = await settle(DRESS, "quality", "exchange", talk="one")
    second, _ = await settle(SHIRT, "buyer_reason", "return_refund", talk="two")
    _, messages = await run(ActionRegisterReturnTracking(), turn("give_return_tracking", {"tracking_number": "YT1234567890123"}))
    assert said(messages) == ["utter_returns_tracking_registered"]
    tickets = Tickets(world.engine, "demo", world.clock)
    kept = [tickets.get(changed(events)["ticket_id"]) for events in (first, second)]
    assert [ticket.tracking if ticket else "" for ticket in kept] == [None, "YT1234567890123"]


@pytest.mark.parametrize(
    ("entities", "customer", "response"),
    [
        ({}, "c05", "utter_returns_need_tracking"),
        ({"tracking_number": "YT1234567890123"}, "c05", "utter_returns_no_open_return"),
        ({"tracking_number": "YT1234567890123"}, None, "utter_returns_no_open_return"),
    ],
)
async def test_sent_without_a_number_or_without_a_return(entities: dict[str, str], customer: str | None, response: str) -> None:
    _, messages = await run(ActionRegisterReturnTracking(), turn("give_return_tracking", entities, customer=customer))
    assert said(messages) == [response]


async def test_the_number_of_a_parcel_we_sent_tells_where_it_is() -> None:
    _, messages = await run(
        ActionRegisterReturnTracking(), turn("give_return_tracking", {"tracking_number": "YT8800000000006"}, customer="c03")
    )
    assert messages[0]["table"] == "logistics"


async def test_the_address_alone_begins_with_the_return() -> None:
    events, messages = await run(ActionTellReturnAddress(), turn("ask_return_address"))
    assert said(messages) == ["utter_returns_address", "utter_returns_begin_first"]
    assert changed(events).get("open_question") is None
    await settle(DRESS, "quality", "exchange", talk="sent")
    events, messages = await run(ActionTellReturnAddress(), turn("ask_return_address", talk="sent"))
    assert said(messages) == ["utter_returns_address"]
    assert changed(events)["open_question"] == "return_tracking"


# Questions open nothing


@pytest.mark.parametrize(
    ("entities", "sentence", "response", "row"),
    [
        ({}, "邮费谁出", "utter_returns_postage_general", []),
        ({"reason": "quality"}, "质量问题邮费谁出", "utter_returns_postage_shop", []),
        ({}, "要是开线了，运费算谁的", "utter_returns_postage_shop", []),
        ({}, "万一不合适，运费算谁的", "utter_returns_postage_shopper", []),
        ({"order_number": DRESS}, "万一不合适，运费算谁的", "utter_returns_postage_refund", ["pr_b_rr_01"]),
        ({"order_number": DRESS, "remedy": "exchange"}, "不合适换一件运费算谁的", "utter_returns_postage_exchange", ["pr_b_ex_01"]),
        ({"order_number": DRESS}, "要是开线了，运费算谁的", "utter_returns_postage_shop_refund", ["pr_q_rr_01"]),
    ],
)
async def test_who_would_pay_is_answered_from_the_row_and_nothing_is_opened(
    world: Context, entities: dict[str, str], sentence: str, response: str, row: list[str]
) -> None:
    events, messages = await run(ActionTellPostage(), turn("ask_postage_payer", entities, text=sentence, talk="what-if"))
    assert said(messages) == [response]
    assert rows(messages) == row
    assert not Tickets(world.engine, "demo", world.clock).of_conversation("what-if")
    assert changed(events).get("reason") is None


@pytest.mark.parametrize(
    ("entities", "response"),
    [
        ({}, "utter_returns_insurance"),
        ({"order_number": SHIRT}, "utter_returns_insurance_yes"),
        ({"order_number": DRESS}, "utter_returns_insurance_no"),
    ],
)
async def test_insurance_is_a_fact_of_the_order(entities: dict[str, str], response: str) -> None:
    _, messages = await run(ActionExplainInsurance(), turn("ask_freight_insurance", entities))
    assert said(messages) == [response]


async def test_a_wish_beside_the_insurance_is_the_wish() -> None:
    entities = {"order_number": SHIRT, "reason": "buyer_reason", "remedy": "exchange", "insurance": "yes"}
    events, messages = await run(ActionExplainInsurance(), turn("ask_freight_insurance", entities, text="不合适想换个L，有运费险的"))
    assert not messages
    assert next_action(events) == "return_form"
    assert changed(events)["order_id"] == SHIRT


@pytest.mark.parametrize(("sentence", "wish"), [("开线了想退，运费谁出", True), ("要是开线了想退，运费谁出", False)])
async def test_a_wish_beside_the_question_who_pays_is_taken_up_a_supposed_one_is_not(sentence: str, wish: bool) -> None:
    asks = turn("ask_postage_payer", {"order_number": DRESS, "reason": "quality", "remedy": "return_refund"}, text=sentence)
    events, messages = await run(ActionTellPostage(), asks)
    assert (next_action(events) == "return_form") is wish
    assert said(messages) == ([] if wish else ["utter_returns_postage_shop_refund"])


@pytest.mark.parametrize("action", [ActionTellPostage(), ActionExplainInsurance(), ActionTellReturnPolicy()])
async def test_a_question_in_the_middle_does_not_change_the_open_return(action: Any) -> None:
    open_return = {"order_id": DRESS, "reason": "quality", "remedy": "exchange", "requested_slot": "severity"}
    asks = turn("ask_postage_payer", {"reason": "buyer_reason", "remedy": "return_refund"}, open_return, loop="return_form")
    events, _ = await run(action, asks)
    assert (changed(events)["reason"], changed(events)["remedy"]) == ("quality", "exchange")
    assert next_action(events) == "return_form"


@pytest.mark.parametrize(
    ("action", "entities", "response"),
    [
        (ActionGuideUse(), {"product": "p4001"}, "utter_returns_guide"),
        (ActionGuideUse(), {"product": "p1001"}, "utter_complaints_other_topic"),
        (ActionTellWarranty(), {"product": "p4001"}, "utter_returns_warranty"),
        (ActionTellWarranty(), {"product": "p1001"}, "utter_complaints_other_topic"),
    ],
)
async def test_use_and_warranty_are_the_products_own(action: Any, entities: dict[str, str], response: str) -> None:
    _, messages = await run(action, turn("ask_usage", entities))
    assert said(messages) == [response]
