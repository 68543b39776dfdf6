"""The order itself: its number alone, a question about it."""

from __future__ import annotations

from rasa_sdk.events import FollowupAction

from actions import ownership
from actions.base import XiaoerAction
from actions.forms import which_number
from actions.interception import tell_changed
from actions.turn import Turn
from actions.values import order_values, says
from policy.facts import OrderFacts
from policy.words import words

OPEN_STATES = ("unpaid", "paid", "shipped")


class ActionShowOrder(XiaoerAction):
    """An order number alone, or a question about an order: the order with what can be done in its state."""

    def name(self) -> str:
        return "action_show_order"

    def answer(self, turn: Turn) -> None:
        claim = ownership.claim(turn, (*OPEN_STATES, "received"), fresh=True)
        order = claim.order
        if order is None:
            empty = turn.intent == "provide_order_id" and not turn.entity("order_number") and not turn.entity("phone_tail")
            if empty and any(sign in turn.text for sign in words()["no_number_signs"]):
                turn.say("utter_orders_no_number", buttons=ownership.order_buttons(claim.candidates) or None)
            else:
                ownership.ask_order(turn, claim, which_number(turn))
            return
        turn.set("order_id", order.order_id)
        if says(turn, "changed_signs") and tell_changed(turn, order):
            return
        settled = turn.slot("after_return") or {}
        slip = any(sign in turn.whole_text for sign in words()["correction_signs"])
        if settled.get("remedy") and settled["order_id"] != order.order_id and slip:
            # The return settled last was meant for this order.
            for name in ("reason", "remedy"):
                turn.set(name, settled.get(name))
            turn.events.append(FollowupAction("return_form"))
            return
        kept = turn.tracker.get_slot("open_question")
        if kept and order.order_id == turn.tracker.get_slot("order_id"):
            # The order spoken of is only named again: what was asked about it stays open.
            turn.say("utter_orders_same_order", **order_values(turn, order))
            turn.asked = str(kept)
            return
        response = "utter_orders_order_unpaid" if order.state == "unpaid" else "utter_orders_order"
        turn.say(response, buttons=self.deeds(order), **order_values(turn, order))

    def deeds(self, order: OrderFacts) -> list[dict[str, str]]:
        """Buttons of what makes sense in the order's state (``policy/words.yml``, order_deeds)."""
        titles = words()["order_deeds"].get(order.state, {})
        return [{"title": str(title), "payload": f"/{intent}"} for intent, title in titles.items()]
