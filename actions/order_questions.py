"""Questions about an order: where its refund is, its address, its payment, the order itself (rules.md §9; rp_*, pm_*)."""

from __future__ import annotations

from datetime import timedelta

from rasa_sdk.events import FollowupAction

from actions import ownership
from actions.base import XiaoerAction
from actions.outcome import tell
from actions.turn import Turn
from actions.values import order_values
from policy import logistics
from policy.decide import decide
from policy.facts import OrderFacts
from policy.words import words
from shop.tickets import Ticket, Tickets
from shop.workdays import speak_date

OPEN_STATES = ("unpaid", "paid", "shipped")
STATES = ("cancelled", "received", "confirmed", "paid")
REFUNDED = ("refund", "cancel", "return")


class ActionChangeAddress(XiaoerAction):
    """s_modify_info: needs signed identity; before dispatch it is passed on with the new words, after it the courier is asked."""

    def name(self) -> str:
        return "action_change_address"

    def answer(self, turn: Turn) -> None:
        if not turn.customer_id:
            turn.hand_over("utter_orders_need_identity", "change_address", kind="address")
            return
        claim = ownership.claim(turn, ("paid", "unpaid", "shipped"), fresh=True)
        if claim.order is None:
            ownership.ask_order(turn, claim)
            return
        order = claim.order
        turn.set("order_id", order.order_id)
        if order.state in ("received", "confirmed", "cancelled"):
            turn.say("utter_orders_address_received", **order_values(turn, order))
            return
        _, spoken = turn.open_ticket("address", order=order, fields={"text": turn.text[:500]})
        turn.say(
            "utter_orders_address_shipped" if order.state == "shipped" else "utter_orders_address_submitted",
            **{**order_values(turn, order), **spoken},
        )


class ActionTellRefund(XiaoerAction):
    """rp_04 … rp_09: the state of a refund from its ticket; no arrival time is promised where none is known."""

    def name(self) -> str:
        return "action_tell_refund"

    def answer(self, turn: Turn) -> None:
        named = None
        if turn.entity("order_number"):
            claim = ownership.claim(turn, STATES, fresh=True)
            if claim.order is None:
                ownership.ask_order(turn, claim)
                return
            named = claim.order.order_id
        ticket = next((t for t in self.refunds(turn) if named in (None, t.order_id)), None)
        order = turn.repo.order(str(ticket.order_id)) if ticket else None
        if ticket is None or order is None:
            self.none(turn)
            return
        turn.set("order_id", order.order_id)
        card = order.pay_by == "card"
        deadline = turn.ticket_deadline(ticket.id, ticket.kind)
        values = {**order_values(turn, order), "ticket": ticket.id, "team": turn.team(ticket.kind), "deadline": deadline}
        turn.say("utter_orders_refund_in_progress", row="rp_04", **values)
        turn.say("utter_orders_refund_arrival_card" if card else "utter_orders_refund_arrival", row="rp_07" if card else "rp_09", **values)

    def refunds(self, turn: Turn) -> list[Ticket]:
        """Tickets with money to come back that this shopper may hear of, newest first."""
        tickets = Tickets(turn.context.engine, turn.shop_id, turn.context.clock)
        mine = tickets.of_customer(turn.customer_id) if turn.customer_id else tickets.of_conversation(turn.conversation_id)
        open_ones = [t for t in mine if t.kind in REFUNDED and t.state != "closed"]
        return [t for t in open_ones if t.order_id and ownership.may_see(turn, t.order_id)]

    def none(self, turn: Turn) -> None:
        """No refund is under way: the order spoken of is named, else it is asked which."""
        claim = ownership.claim(turn, STATES, fresh=True)
        if claim.order is None:
            ownership.ask_order(turn, claim)
            return
        turn.set("order_id", claim.order.order_id)
        turn.say("utter_orders_refund_none", **order_values(turn, claim.order))


class ActionShowOrder(XiaoerAction):
    """An order number alone, or a question about an order: the order with what can be done in its state."""

    def name(self) -> str:
        return "action_show_order"

    def answer(self, turn: Turn) -> None:
        claim = ownership.claim(turn, (*OPEN_STATES, "received"), fresh=True)
        order = claim.order
        if order is None:
            lost = turn.intent == "provide_order_id" and not turn.entity("order_number") and not turn.entity("phone_tail")
            if lost and any(sign in turn.text for sign in words()["no_number_signs"]):
                turn.say("utter_orders_no_number", buttons=ownership.order_buttons(claim.candidates) or None)
            else:
                ownership.ask_order(turn, claim)
            return
        turn.set("order_id", order.order_id)
        settled = turn.slot("after_return") or {}
        if settled.get("remedy") and settled["order_id"] != order.order_id and any(s in turn.text for s in words()["correction_signs"]):
            # The return settled last was meant for this order.
            for name in ("reason", "remedy"):
                turn.set(name, settled.get(name))
            turn.events.append(FollowupAction("return_form"))
            return
        response = "utter_orders_order_unpaid" if order.state == "unpaid" else "utter_orders_order"
        turn.say(response, buttons=self.deeds(order), **order_values(turn, order))

    def deeds(self, order: OrderFacts) -> list[dict[str, str]]:
        """Buttons of what makes sense in the order's state (``policy/words.yml``, order_deeds)."""
        titles = words()["order_deeds"].get(order.state, {})
        return [{"title": str(title), "payload": f"/{intent}"} for intent, title in titles.items()]


class ActionCheckPayment(XiaoerAction):
    """pm_03 … pm_05, pm_08: what the order says of its payment; paid twice (pm_09) is checked by finance."""

    def name(self) -> str:
        return "action_check_payment"

    def answer(self, turn: Turn) -> None:
        claim = ownership.claim(turn, ("unpaid", "paid"), fresh=True)
        order = claim.order
        if any(sign in turn.text for sign in words()["paid_twice_signs"]):
            _, spoken = turn.open_ticket("refund", order=order, fields={"question": turn.text[:500]})
            turn.say("utter_orders_payment_check", row="pm_09", **spoken)
            return
        if order is None:
            ownership.ask_order(turn, claim)
            return
        turn.set("order_id", order.order_id)
        if order.state == "unpaid":
            due = decide("payment_reminder", {"days": logistics.days_between(order.ordered_at, turn.now)}, turn.parameters)
            days = int(turn.parameters["pay_last_remind_days"]) + int(turn.parameters["pay_close_days"])
            kept = max(order.ordered_at + timedelta(days=days), turn.now + timedelta(days=1))
            turn.say("utter_orders_payment_open", **order_values(turn, order))
            tell(turn, due, order, {**order_values(turn, order), "until": speak_date(kept)})
        else:
            turn.say("utter_orders_payment_done", row="pm_08", **order_values(turn, order))
