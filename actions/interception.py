"""What came of asking the courier to stop a parcel, and of changing an order: tickets and scans tell, never the shopper's hope."""

from __future__ import annotations

from actions.outcome import tell
from actions.turn import Turn
from actions.values import order_values
from policy.decide import decide
from policy.facts import OrderFacts
from policy.logistics import last_scan
from policy.orders import change_facts
from policy.words import words
from shop.tickets import Ticket, Tickets

# What whoever closes the ticket writes into its field `outcome`.
OUTCOMES = {"stopped": "stopped", "done": "stopped", "not_stopped": "not_stopped", "failed": "not_stopped"}


def newest(turn: Turn, order: OrderFacts, kind: str, *, only_open: bool = False) -> Ticket | None:
    """The newest ticket of a kind about an order, open or closed; ``only_open``: one of this talk that is open."""
    tickets = Tickets(turn.context.engine, turn.shop_id, turn.context.clock)
    found = tickets.of_conversation(turn.conversation_id) if only_open else tickets.of_order(order.order_id)
    fitting = (ticket for ticket in found if ticket.kind == kind and ticket.order_id == order.order_id)
    return next((ticket for ticket in fitting if not only_open or ticket.state != "closed"), None)


def under_way(turn: Turn, ticket: Ticket) -> dict[str, str]:
    """The values ticket, team, deadline of a ticket that is there already; a time that is over gives way to a new one."""
    due = ticket.due_at if ticket.due_at is not None and ticket.due_at > turn.now else turn.deadline(ticket.kind)
    return {"ticket": ticket.id, "team": turn.team(ticket.kind), "deadline": turn.spoken_deadline(ticket.kind, due)}


def interception(turn: Turn, order: OrderFacts) -> str | None:
    """The step of the table ``cancel_order`` after an interception was asked for: waiting | stopped | not_stopped; None before."""
    ticket = newest(turn, order, "intercept")
    if ticket is None:
        return None
    last = last_scan(order)
    if last is not None and any(sign in last.text for sign in words()["returned_scans"]):
        turn.life.witness("intercept", order.order_id, "scan")
        return "stopped"
    outcome = OUTCOMES.get(str(ticket.fields.get("outcome")))
    if outcome == "stopped":
        turn.life.witness("intercept", order.order_id, ticket.id)
    return outcome or ("waiting" if ticket.state != "closed" else None)


# What the shop has done wrong and what is known before the parcel arrives: stopping it is then the shop's, the way back too.
OUR_MISTAKES = ("wrong_item", "missing_part", "seller_oos")


def fault(turn: Turn, order: OrderFacts) -> str:
    """Whose mistake is stopped (input ``fault`` of the table ``cancel_order``): told in this talk, else kept with the ticket."""
    ticket = newest(turn, order, "intercept")
    ours = turn.slot("reason") in OUR_MISTAKES or (ticket is not None and ticket.fields.get("fault") == "shop")
    return "shop" if ours and order.state == "shipped" else "shopper"


def change_step(turn: Turn, order: OrderFacts) -> str | None:
    """The step of the table ``change_product`` after a change was submitted: waiting | done; None when none was, or it came to nothing."""
    ticket = newest(turn, order, "change")
    if ticket is None or not ticket.fields.get("to"):
        return None
    if ticket.state != "closed":
        return "waiting"
    if ticket.fields.get("outcome") == "done":
        turn.life.witness("change", order.order_id, ticket.id)
    return "done" if str(ticket.fields.get("outcome") or "done") == "done" else None


def tell_changed(turn: Turn, order: OrderFacts) -> bool:
    """cp_10 and its twin: whether the order has been changed as wished; False when there is nothing to tell."""
    step, ticket = change_step(turn, order), newest(turn, order, "change")
    if step is None or ticket is None:
        return False
    decision = decide("change_product", change_facts(order, None, None, turn.parameters, turn.now, step), turn.parameters)
    tell(turn, decision, order, {**order_values(turn, order), **under_way(turn, ticket), "target": str(ticket.fields["to"])})
    return True
