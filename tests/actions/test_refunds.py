"""Where money is: progress, arrival and advanced postage, by ticket, payment and stage."""

from __future__ import annotations

from typing import Any

import pytest

from actions.after_sale import ActionRegisterReturnTracking, ActionTellWarranty
from actions.refunds import ActionTellRefund
from actions.settle_return import ActionSettleReturn
from tests.actions.support import rows, run, said, turn

DRESS, SHIRT, COAT, LAMP = "880000000009", "880000000010", "880000000012", "880000000013"


async def begun(order: str, reason: str, remedy: str, customer: str = "c05", talk: str = "money", **entities: Any) -> None:
    """A settled return of the talk."""
    slots = {"order_id": order, "reason": reason, "remedy": remedy}
    await run(ActionSettleReturn(), turn("request_return", entities, slots, customer, talk=talk))


async def sent(customer: str = "c05", talk: str = "money") -> None:
    """The parcel's number of that return."""
    number = {"tracking_number": "YT1234567890123"}
    await run(ActionRegisterReturnTracking(), turn("give_return_tracking", number, customer=customer, talk=talk))


async def refund(customer: str = "c05", topic: str | None = None, talk: str = "money") -> list[dict[str, Any]]:
    """What is said to the question where the money is."""
    entities = {"topic": topic} if topic else {}
    _, messages = await run(ActionTellRefund(), turn("ask_refund_status", entities, customer=customer, talk=talk))
    return messages


async def test_a_return_without_a_parcel_number_is_asked_for_it() -> None:
    await begun(DRESS, "quality", "return_refund")
    assert rows(await refund()) == ["rp_03", "rp_09"]


async def test_a_parcel_on_its_way_is_inspected_then_refunded_the_way_it_was_paid() -> None:
    await begun(DRESS, "quality", "return_refund")
    await sent()
    assert rows(await refund()) == ["rp_10", "rp_09"]


async def test_a_card_is_told_its_working_days() -> None:
    await begun(COAT, "quality", "return_refund", "c06")
    await sent("c06")
    messages = await refund("c06")
    assert rows(messages) == ["rp_10", "rp_07"]
    assert messages[-1]["card_days"] == "20-30"


async def test_a_compensation_is_submitted_by_its_day() -> None:
    await begun(DRESS, "quality", "comp_no_return", amount=5.0)
    assert rows(await refund()) == ["rp_05", "rp_09"]


@pytest.mark.parametrize(
    ("order", "reason", "number", "row"),
    [
        (DRESS, "quality", False, "rp_z_06"),
        (DRESS, "quality", True, "rp_z_05"),
        (DRESS, "buyer_reason", False, "rp_z_03"),
        (SHIRT, "buyer_reason", False, "rp_z_04"),
    ],
)
async def test_advanced_postage_comes_back_when_the_goods_are_found_as_told(order: str, reason: str, number: bool, row: str) -> None:
    await begun(order, reason, "return_refund")
    if number:
        await sent()
    assert rows(await refund(topic="postage")) == [row]


async def test_advanced_postage_without_a_return_is_told_as_a_rule() -> None:
    assert rows(await refund(topic="postage")) == ["rp_z_02"]


async def test_no_refund_under_way_names_the_order() -> None:
    _, messages = await run(ActionTellRefund(), turn("ask_refund_status", {"order_number": DRESS}))
    assert (said(messages), rows(messages)) == (["utter_orders_refund_none"], ["rp_z_01"])


async def test_a_wrong_things_replacement_does_not_wait_for_the_number() -> None:
    await begun(DRESS, "wrong_item", "exchange")
    _, messages = await run(ActionRegisterReturnTracking(), turn("give_return_tracking", talk="money"))
    assert rows(messages) == ["wi_07"]


@pytest.mark.parametrize(("customer", "row"), [("c07", "fl_05"), (None, "fl_z_02")])
async def test_a_warranty_is_that_of_the_order_when_there_is_one(customer: str | None, row: str) -> None:
    _, messages = await run(ActionTellWarranty(), turn("ask_warranty", {"product": "p4001"}, customer=customer))
    assert rows(messages) == [row]
