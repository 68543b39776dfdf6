"""Signed for and not received, left at a station or in a locker (issue 4, nr_*): the shop takes it on, with a ticket of its own.

A pick-up code is told to a signed-in shopper only; who proved an order by digits hears where it is and what the shop does.
"""

from __future__ import annotations

from typing import Any

from actions.interception import newest, under_way
from actions.outcome import tell
from actions.turn import Turn
from actions.values import order_values
from policy import not_received
from policy.decide import decide
from policy.facts import OrderFacts
from policy.words import fmt, words
from shop.tickets import Ticket

KIND = "not_received"
STEPS = ("home", "absent", "found", "status", "first")  # what a button's option may say
LEFT = ("station", "locker")
TICKETED = ("open", "over", "found", "lost")


def inquiry(turn: Turn, order: OrderFacts) -> tuple[Ticket | None, str]:
    """The shop's inquiry of this order and how it stands: none | open | over (its time has passed) | found | lost."""
    ticket = newest(turn, order, KIND)
    if ticket is None:
        return None, "none"
    if ticket.state != "closed":
        return ticket, "over" if ticket.due_at is not None and ticket.due_at <= turn.now else "open"
    return ticket, {"done": "found", "failed": "lost"}.get(str(ticket.fields.get("outcome")), "none")


def step_wanted(turn: Turn, order: OrderFacts, intent: str, text: str) -> str | None:
    """The step of the table that a message about this order wants; None when it is a matter of the table ``logistics``."""
    if order.state not in ("shipped", "received", "confirmed"):
        return None
    option = str(turn.entity("option") or "")
    step = option if option in STEPS else not_received.step_of(text)
    standing, left = inquiry(turn, order)[1], not_received.place(order).where in LEFT
    if intent == "reship_parcel":
        return "reship" if order.state != "shipped" and standing in TICKETED else None
    if standing in TICKETED and (step in ("first", None) or says_again(text)):
        asked = step == "first" or says_again(text) or (standing == "open" and order.state != "shipped")
        return "again" if asked else ("status" if left and order.state == "shipped" else None)
    if order.state == "shipped":
        return (step or "status") if left else ("home" if step == "home" else None)
    return None if step is None or (step == "status" and not left) else step


def says_again(text: str) -> bool:
    """Whether a message asks after what was registered."""
    return any(sign in text for sign in words()["asked_again_signs"])


def about_place(text: str) -> bool:
    """Whether a message speaks of a station, a locker or bringing to the door."""
    signs = words()["parcel_place_signs"]
    return any(sign in text for name in ("home", "absent", "status") for sign in signs[name])


def lies_there(order: OrderFacts) -> bool:
    """Whether the order's parcel lies at a station or in a locker."""
    return not_received.place(order).where in LEFT


def tell_not_received(turn: Turn, order: OrderFacts, step: str) -> None:
    """Decide with the table ``not_received`` and say it; the ticket keeps where it was left, who signed and what the shopper said."""
    ticket, standing = inquiry(turn, order)
    identity = "signed" if turn.customer_id else "proved"
    decision = decide(KIND, not_received.facts(order, step, identity=identity, ticket=standing), turn.parameters)
    place = not_received.place(order)
    left = {"place": place.what, "where": place.where, "step": step, "text": turn.text[:200], "photos": turn.photo_ids or None}
    values: dict[str, Any] = {
        **order_values(turn, order),
        "place": spoken_place(place),
        "finding": str(ticket.fields.get("finding") or fmt("finding_open")) if ticket is not None else None,
        # Told only by rows that have found a signed-in shopper and a code.
        **({"code": place.code} if place.code and identity == "signed" else {}),
    }
    if ticket is not None and ticket.state != "closed":
        values |= under_way(turn, ticket)
    tell(turn, decision, order, values, fields={name: value for name, value in left.items() if value})


def spoken_place(place: not_received.Place) -> str:
    """Where it was left or who signed, as it is said."""
    return str(fmt(f"left_{place.where}", what=place.what or ""))
