"""Whose order it is: a shopper's own, or proved with number and phone digits; nothing tells that another's exists."""

from __future__ import annotations

from actions.order_questions import ActionShowOrder
from tests.actions.support import changed, run, said, turn


async def test_a_signed_in_shopper_is_shown_an_own_order() -> None:
    events, messages = await run(ActionShowOrder(), turn("provide_order_id", {"order_number": "880000000009"}))
    assert said(messages) == ["utter_orders_order"]
    assert changed(events)["order_id"] == "880000000009"
