"""What a person needs to go on without asking again (style.md §9 end): who, order, wish, filled slots, promises made, mood, last answers.

These are fields of the ticket, for the desk; the summary that is spoken to the shopper is ``Turn.summary``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shop.tickets import Tickets

if TYPE_CHECKING:
    from actions.turn import Turn

LAST_ANSWERS = 3
# Slots that hold what the shopper told; measures only as far as they were given.
TOLD = (
    *("order_id", "product_id", "reason", "remedy", "severity", "damaged", "insurance_said", "target", "colour", "size", "amount"),
    *("tracking_number", "courier", "height", "weight", "bust", "waist", "hip", "shoulder"),
)


def briefing(turn: Turn) -> dict[str, Any]:
    """Fields for the person who takes over; what is not known is left out.

    ``name`` (as the shop knows it), ``told`` (slot → value), ``promises`` (ticket, kind, deadline in ISO 8601, of this talk),
    ``mood`` (calm | annoyed | angry), ``last_answers`` (response and row, oldest first), ``open_question``.
    """
    customer = turn.repo.customer(turn.customer_id) if turn.customer_id else None
    found: dict[str, Any] = {
        "name": customer.name if customer else None,
        "told": {name: value for name in TOLD if (value := turn.slot(name)) not in (None, "")},
        "mood": turn.mood,
        "promises": promises(turn),
        "last_answers": last_answers(turn),
        "open_question": turn.tracker.get_slot("open_question"),
    }
    return {name: value for name, value in found.items() if value}


def promises(turn: Turn) -> list[dict[str, str]]:
    """The open tickets of this talk that name a time, oldest first: what the shopper was promised."""
    if turn.dry_run:
        return []
    tickets = Tickets(turn.context.engine, turn.shop_id, turn.context.clock).of_conversation(turn.conversation_id)
    return [
        {"ticket": ticket.id, "kind": ticket.kind, "deadline": ticket.due_at.isoformat()}
        for ticket in reversed(tickets)
        if ticket.state != "closed" and ticket.due_at
    ]


def last_answers(turn: Turn) -> list[dict[str, str]]:
    """The last answers of the talk: response and, where there is one, the row it rests on."""
    said = [event.get("metadata") or {} for event in turn.tracker.events if event.get("event") == "bot"]
    named = [{key: str(one[name]) for key, name in (("response", "utter_action"), ("row", "row")) if one.get(name)} for one in said]
    return [one for one in named if one][-LAST_ANSWERS:]
