"""Where money is: a refund's progress, its arrival by the way of payment, postage that the shopper paid first (rules.md §9)."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from rasa_sdk.events import FollowupAction

from actions import ownership
from actions.base import XiaoerAction
from actions.matter import Matter, current, named_orders, tickets_of_talk
from actions.order_wishes import Wish
from actions.short_answers import change_sum, other_account
from actions.turn import Turn
from actions.values import money, order_values
from policy import postage, return_cover
from policy.decide import decide
from policy.facts import OrderFacts
from shop.tickets import Ticket, Tickets

STATES = ("cancelled", "received", "confirmed", "paid")
# What a ticket's money is, in the words of the table refunds.
ABOUT = {
    **dict.fromkeys(("refund", "cancel"), "cancel"),
    **dict.fromkeys(("return", "exchange", "specialist"), "return"),
    "compensation": "compensation",
    "change": "change",  # only one whose new goods are cheaper
}
ADVANCED = ("return", "exchange", "repair", "specialist")


class ActionTellRefund(XiaoerAction):
    """rp_03 … rp_10, pr_c_02: told from the ticket and the order's payment; no arrival is promised that nobody knows."""

    def name(self) -> str:
        return "action_tell_refund"

    def answer(self, turn: Turn) -> None:
        named = None
        if turn.entity("order_number") or named_orders(turn):
            claim = ownership.claim(turn, STATES, fresh=True)
            if claim.order is None:
                ownership.ask_order(turn, claim)
                return
            named = claim.order.order_id
        advance = turn.entity("topic") == "postage"
        kinds = ADVANCED if advance else tuple(ABOUT)
        open_now = [t for t in open_tickets(turn, kinds) if named in (None, t.order_id)]
        here = {t.id for t in tickets_of_talk(turn)}
        # What was submitted in this talk is meant, not what another talk left behind.
        ticket = next((t for t in open_now if t.id in here), open_now[0] if open_now else None)
        order = turn.repo.order(str(ticket.order_id)) if ticket else None
        if ticket is None and not advance and other_account(turn, current(turn) or Matter("payment", None, None, None)):
            return
        if ticket is None or order is None:
            if advance or not self.protected(turn, named):
                self.none(turn, advance)
            return
        turn.set("order_id", order.order_id)
        deadline = turn.ticket_deadline(ticket.id, ticket.kind)
        values = {
            **order_values(turn, order),
            "ticket": ticket.id,
            "team": turn.team(ticket.kind),
            "deadline": deadline,
            "days": str(turn.parameters["inspection_workdays"]),
            "within": turn.within(ticket.kind),
            "refund": refund_of(ticket, order),
            **({"tracking": ticket.tracking} if ticket.tracking else {}),
        }
        if advance:
            self.tell(turn, values, ask="advance", freight=freight(turn, ticket, order), tracking="yes" if ticket.tracking else "no")
            return
        if ticket.kind == "change":
            change_sum(turn, Matter("change", order, ticket.row, "change_product"), order)
            return
        about = ABOUT[ticket.kind]
        self.tell(turn, values, ask="progress", about=about, tracking="yes" if ticket.tracking else "no")
        known = order.pay_by if order.pay_by in ("alipay", "wechat", "card", "paypal") else "other"
        self.tell(turn, values, ask="arrival", pay_by=known)

    def protected(self, turn: Turn, named: str | None) -> bool:
        """Take up a difference that comes back by price protection (pp_06); False when none is under way."""
        found = next((t for t in open_tickets(turn, ("price_protection",)) if named in (None, t.order_id)), None)
        if found is None:
            return False
        turn.set("wish", Wish("price_protection", None, "", found.order_id, settled=True).as_slot())
        turn.events.append(FollowupAction("action_protect_price"))
        return True

    def tell(self, turn: Turn, values: dict[str, Any], **facts: str) -> None:
        """Say the row of the table refunds for these facts."""
        found = decide("refunds", facts, turn.parameters)
        name = str(found.then["say"])
        if name == "utter_orders_refund_in_progress" and not values.get("refund"):
            name = "utter_orders_refund_in_progress_plain"
        turn.say(name, table=found.table, row=found.row, **values)

    def none(self, turn: Turn, advance: bool) -> None:
        """Nothing is under way: the rule for advanced postage; else the order spoken of is named, or it is asked which."""
        if advance:
            self.tell(turn, {"days": str(turn.parameters["inspection_workdays"])}, ask="advance", about="none")
            return
        claim = ownership.claim(turn, STATES, fresh=True)
        if claim.order is None:
            ownership.ask_order(turn, claim)
            return
        turn.set("order_id", claim.order.order_id)
        self.tell(turn, order_values(turn, claim.order), about="none")


def open_tickets(turn: Turn, kinds: tuple[str, ...]) -> list[Ticket]:
    """Open tickets of these kinds that this shopper may hear of, newest first."""
    tickets = Tickets(turn.context.engine, turn.shop_id, turn.context.clock)
    mine = tickets.of_customer(turn.customer_id) if turn.customer_id else tickets.of_conversation(turn.conversation_id)
    found = [t for t in mine if t.kind in kinds and t.state != "closed" and t.order_id and ownership.may_see(turn, t.order_id)]
    return [t for t in found if t.kind != "change" or t.fields.get("refund")]


def refund_of(ticket: Ticket, order: OrderFacts) -> str | None:
    """The sum that this ticket pays back, in yuan as spoken; None when it is not settled yet."""
    if ticket.row == "ls_08":
        return money(order.paid)
    try:
        return money(Decimal(str(ticket.fields["refund"])))
    except (KeyError, InvalidOperation):
        return None


def freight(turn: Turn, ticket: Ticket, order: OrderFacts) -> str:
    """Who bears the return freight of this ticket, as its reason and the order's cover say."""
    covered = return_cover.cover(order, turn.parameters)
    if covered == "prepaid_pickup" and return_cover.fetched(order):
        return "prepaid"
    if ticket.fields.get("reason") in postage.SHOP_REASONS:
        return "shop"
    return "insurance" if covered == "insurance" else "shopper"
