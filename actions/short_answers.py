"""Answers to short questions about the order matter under way: the sum, the time, the number, the terms (rules.md §2–4, §9, §12).

Every answer carries the row that the matter rests on; an open question stays open.
"""

from __future__ import annotations

from typing import Any

from actions.addresses import tell_address
from actions.interception import fault, newest, tell_changed
from actions.logistics import tell_parcel
from actions.matter import Matter, is_lost, says_of, settled, tickets_of_talk
from actions.not_received import tell_not_received
from actions.orders import tell_cancel, wanted
from actions.outcome import tell
from actions.payment import payment_values
from actions.progress import tell_ticket
from actions.turn import Turn
from actions.values import money, order_values
from policy import logistics, orders
from policy.decide import decide
from policy.facts import OrderFacts
from policy.words import fmt

TICKETS = {
    "cancel": ("intercept", "cancel"),
    "change": ("change",),
    "address": ("address", "redirect"),
    "parcel": ("courier_query", "dispatch", "lost_parcel", "not_received", "redeliver"),
}


TAKEN_TWICE = ("pay_01",)


def say(turn: Turn, matter: Matter, response: str, **values: Any) -> None:
    """Speak with the matter's row; the question that was open is open again."""
    turn.say(response, table=matter.table, row=matter.row, **values)
    if turn.asked is None:
        turn.asked = turn.tracker.get_slot("open_question")


def cancel_sum(turn: Turn, matter: Matter, order: OrderFacts) -> None:
    """What comes back when this order is cancelled, refused or stopped, and what is taken off."""
    sums = orders.cancel_amounts(order, turn.parameters, turn.shop, turn.now)
    values = {**order_values(turn, order), "refund": money(sums.refund), "freight": money(sums.freight), "loss": money(sums.loss)}
    if order.state == "unpaid":
        due(turn, matter, order)
    elif sums.loss:
        asked = turn.tracker.get_slot("open_question") == "bear_loss"
        say(turn, matter, "utter_orders_sum_loss_open" if asked else "utter_orders_sum_loss", **values)
    elif fault(turn, order) == "shop":
        say(turn, matter, "utter_orders_sum_ours", **values)
    elif order.state == "shipped" and sums.freight is not None:
        say(turn, matter, "utter_orders_sum_way_back", **values)
    elif order.state in ("paid", "cancelled"):
        say(turn, matter, "utter_orders_sum_all", **{**values, "refund": money(order.paid)})
    else:
        tell_cancel(turn, order, "ask")


def change_sum(turn: Turn, matter: Matter, order: OrderFacts) -> None:
    """The difference of the change under way."""
    product, variant = wanted(turn, order)
    if product is None or variant is None:
        say(turn, matter, "utter_orders_sum_change_open", **order_values(turn, order))
        return
    difference = orders.difference(order, product)
    same = product.product_id == order.product.product_id
    values = {
        **order_values(turn, order),
        "target": variant if same else fmt("target", product=product.name, variant=variant),
        "difference": money(abs(difference)),
        "days": str(turn.parameters["diff_refund_days"]),
    }
    word = "none" if difference == 0 else "more" if difference > 0 else "less"
    say(turn, matter, f"utter_orders_sum_change_{word}", **values)


def due(turn: Turn, matter: Matter, order: OrderFacts) -> None:
    """What is to be paid for an order that is not paid."""
    say(turn, matter, "utter_orders_sum_due", **payment_values(turn, order))


def refund_sum(turn: Turn, matter: Matter, order: OrderFacts) -> None:
    """All that was paid for a parcel that was lost, or for an order cancelled in time."""
    say(turn, matter, "utter_orders_sum_all", **{**order_values(turn, order), "refund": money(order.paid)})


def number(turn: Turn, matter: Matter, order: OrderFacts) -> None:
    """Courier and number of the parcel; why there is none; when it is sent."""
    if order.state == "shipped" and order.tracking:
        values = order_values(turn, order)
        name = "utter_logistics_number" if values.get("courier_phone") else "utter_logistics_number_only"
        say(turn, matter, name, **values)
    elif order.state == "shipped" and is_lost(turn, order):
        terms(turn, matter, order)
    elif order.state == "shipped" and order.cross_border:
        say(turn, matter, "utter_logistics_no_number_why", **order_values(turn, order))
    else:
        tell_parcel(turn, order, "status")


def terms(turn: Turn, matter: Matter, order: OrderFacts) -> None:
    """What either choice for a lost parcel means; nothing is chosen yet. Told before: take your time."""
    values = {**order_values(turn, order), "days": str(turn.parameters["reship_days"])}
    told = [str((e.get("metadata") or {}).get("utter_action")) for e in turn.tracker.events if e.get("event") == "bot"]
    if settled(turn, order) is not None:
        say(turn, matter, "utter_logistics_lost_settled", **values)
        return
    row = decide("logistics", logistics.facts(order, turn.parameters, turn.now), turn.parameters).row
    name = "utter_logistics_lost_no_hurry" if "utter_logistics_lost_terms" in told[-4:] else "utter_logistics_lost_terms"
    turn.say(name, table="logistics", row=row, **values)


def outcome_of(turn: Turn, matter: Matter, order: OrderFacts) -> bool:
    """What came of the interception, the change, the new address; False when nothing was submitted in this talk."""
    if matter.kind == "cancel" and newest(turn, order, "intercept", only_open=True) is not None:
        tell_cancel(turn, order, "waiting")
        return True
    if tell_changed(turn, order) if matter.kind == "change" else False:
        return True
    kinds = TICKETS.get(matter.kind, ())
    ticket = next((t for t in tickets_of_talk(turn) if t.kind in kinds and t.order_id == order.order_id and t.state != "closed"), None)
    if ticket is None:
        return False
    if ticket.kind == "not_received":
        tell_not_received(turn, order, "again")  # past its time the shopper chooses
    elif matter.kind == "address":
        tell_address(turn, order, None)
    else:
        tell_ticket(turn, ticket)
    return True


def other_account(turn: Turn, matter: Matter) -> bool:
    """Money taken twice goes back the way it was paid, wherever the shopper would like it; False without such a ticket."""
    ticket = next((t for t in tickets_of_talk(turn) if t.kind == "refund" and t.row in TAKEN_TWICE and t.state != "closed"), None)
    if ticket is None:
        return False
    values = {"ticket": ticket.id, "team": turn.team(ticket.kind), "deadline": turn.ticket_deadline(ticket.id, ticket.kind)}
    say(turn, matter, "utter_orders_refund_same_way", **values)
    return True


def more_of_address(turn: Turn, matter: Matter, order: OrderFacts) -> None:
    """What is added to an address that is to be changed goes with its ticket."""
    _, spoken = turn.open_ticket("address", order=order, fields={"more": turn.text[:500]})
    say(turn, matter, "utter_orders_address_more", **{**order_values(turn, order), **spoken})


def bear_loss(turn: Turn, order: OrderFacts) -> None:
    """ "Yes, cancel" answers whether the loss is borne (co_08)."""
    tell_cancel(turn, order, "ask", agree="yes")


def chosen_by_words(turn: Turn, order: OrderFacts, option: str) -> None:
    """A lost parcel: the money (ls_08) or a new one (ls_09), said as a wish of its own."""
    tell_parcel(turn, order, option)


def retell_payment(turn: Turn, order: OrderFacts) -> None:
    """pm_*: what the order says of its payment now."""
    tell(turn, decide("payments", {"step": "failed"}, turn.parameters), order, payment_values(turn, order))


def asks_why(text: str) -> bool:
    """Whether it is asked why something is taken off."""
    return says_of(text, "why_signs") and says_of(text, "sum_signs")
