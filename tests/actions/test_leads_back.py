"""A form left for another question: led back to twice, never after a courtesy."""

from __future__ import annotations

from typing import Any

from actions.products import ActionTellPrice
from actions.smalltalk import ActionWelcomeThanks
from tests.actions.support import changed, next_action, run, turn

OPEN = {"requested_slot": "reason", "order_id": "880000000010", "product_id": "p1002"}


async def after(action: Any, intent: str, tally: dict[str, Any] | None) -> tuple[str | None, Any]:
    events, _ = await run(action, turn(intent, slots={**OPEN, "tally": tally}, loop="return_form"))
    return next_action(events), changed(events).get("tally", tally)


async def test_the_open_question_is_asked_again_twice_and_then_waits() -> None:
    tally: dict[str, Any] | None = None
    led = []
    for _ in range(3):
        action, tally = await after(ActionTellPrice(), "ask_price", tally)
        led.append(action)
    assert led == ["return_form", "return_form", "action_listen"]


async def test_another_question_of_the_form_is_led_back_to_anew() -> None:
    action, _ = await after(ActionTellPrice(), "ask_price", {"led_back": ["return_form/remedy", 2]})
    assert action == "return_form"


async def test_after_thanks_nothing_is_asked_again() -> None:
    action, _ = await after(ActionWelcomeThanks(), "thank_you", None)
    assert action == "action_listen"
