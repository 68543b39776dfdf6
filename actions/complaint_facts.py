"""What the tables of complaints are told (rules.md §13), read from message, talk and shop; and the matters a complaint may hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from actions.turn import Turn
from policy.decide import decide
from policy.facts import OrderFacts
from policy.words import fmt, word, words
from shop.hours import is_open
from shop.tickets import Ticket, Tickets

# A matter that can be settled in the talk: the form or action that settles it, the reason it tells a return, the wish of its button.
FLOWS: Mapping[str, tuple[str, str | None, str]] = {
    "refund": ("action_tell_refund", None, "ask_refund_status"),
    "dispatch": ("parcel_form", None, "urge_dispatch"),
    "parcel": ("parcel_form", None, "track_parcel"),
    "wrong_item": ("return_form", "wrong_item", "report_wrong_item"),
    "missing": ("return_form", "missing_part", "report_missing"),
    "quality": ("return_form", "quality", "report_quality"),
    "mismatch": ("return_form", "description_mismatch", "request_return"),
}
PROGRESS = "progress"  # a matter that is answered by the ticket that is open
TOPICS = ("general", "attitude", "agent_error", "slow", "hotline", "serious", "angry", "supervisor")
COMPLAINTS = ("complaint_simple", "complaint_complex", "complaint_supervisor", "complaint_serious")


def hears(turn: Turn, section: str) -> bool:
    """Whether the whole message holds one of the words of this section."""
    return any(sign in turn.whole_text for sign in words()[section])


def yes(condition: object) -> str:
    """The word of a table for a condition."""
    return "yes" if condition else "no"


def topic_of(turn: Turn, default: str = "general") -> str:
    """Which complaint it is, by the classifier; ``default`` for another wish or a topic without a word."""
    topic = turn.entity("topic") if turn.intent == "complain" else None
    return str(topic) if topic in TOPICS else default


def matter_of(turn: Turn) -> str | None:
    """The matter that the message names, by ``complaint_matters``; None when it names none."""
    found = words()["complaint_matters"].items()
    return next((str(name) for name, signs in found if any(sign in turn.whole_text for sign in signs)), None)


def tickets(turn: Turn) -> Tickets:
    """The shop's tickets."""
    return Tickets(turn.context.engine, turn.shop_id, turn.context.clock)


def open_complaint(turn: Turn, kinds: tuple[str, ...] = COMPLAINTS, *, earlier: bool = False) -> Ticket | None:
    """The newest complaint of this talk that is not closed; with ``earlier`` also one of the shopper's other talks."""
    if turn.dry_run:
        return None
    mine = tickets(turn).of_conversation(turn.conversation_id)
    if turn.customer_id and earlier:
        mine += tickets(turn).of_customer(turn.customer_id)
    return next((one for one in mine if one.state != "closed" and one.kind in kinds), None)


def waited(turn: Turn) -> int:
    """Seconds between the shopper's message before this one and its answer (or now, when it had none); 0 for a first message."""
    asked: float | None = None
    answered: float | None = None
    events = [event for event in turn.tracker.events if event.get("event") in ("user", "bot")]
    now = next((float(event.get("timestamp") or 0) for event in reversed(events) if event.get("event") == "user"), 0.0)
    heard = 0
    for event in reversed(events):
        if event.get("event") == "user":
            heard += 1
            if heard == 2:
                asked = float(event.get("timestamp") or 0)
                break
        elif heard == 1:
            answered = float(event.get("timestamp") or 0)
    if not asked:
        return 0
    return max(0, int((answered or now) - asked))


def people(turn: Turn) -> str:
    """Who can answer a serious matter now: at_work | on_call | away."""
    if is_open(turn.shop.opening_hours, turn.now):
        return "at_work"
    return "away" if turn.parameters["on_call"] == "none" else "on_call"


def facts(turn: Turn, step: str, topic: str, known: Ticket | None) -> dict[str, object]:
    """Inputs of the table ``complaints`` for this message."""
    matter = matter_of(turn)
    weight = decide(
        "complaint_weight",
        {
            "safety": yes(hears(turn, "complaint_safety_signs")),
            "money": yes(hears(turn, "complaint_money_signs")),
            "departments": "several" if hears(turn, "complaint_several_signs") else "one",
            "fault": yes(hears(turn, "complaint_fault_signs")),
        },
        turn.parameters,
    )
    mood = "angry" if topic == "angry" and step == "take" else turn.mood
    return {
        "step": step,
        "topic": topic,
        "serious": yes(topic == "serious" or hears(turn, "serious_signs")),
        "unsettled": yes(mood == "angry" and int((turn.slot("tally") or {}).get("calmed") or 0) >= 1),
        "formal": yes(hears(turn, "formal_signs")),
        "matter": yes(matter in FLOWS),
        "waited": decide("response_times", {"waited": waited(turn)}, turn.parameters).then["wait"],
        "mood": mood,
        "weight": weight.then["weight"],
        "open": open_word(turn, known),
        "people": people(turn),
    }


def open_word(turn: Turn, known: Ticket | None) -> str:
    """Whether the promised time of a known complaint is over: none | waiting | overdue."""
    if known is None:
        return "none"
    return "overdue" if known.due_at is not None and known.due_at < turn.now else "waiting"


def order_of(turn: Turn) -> OrderFacts | None:
    """The order spoken of, when it is the shopper's: settled in the talk, or named by a signed-in owner."""
    if turn.slot("order_id"):
        return turn.repo.order(str(turn.slot("order_id")))
    number = turn.entity("order_number")
    named = turn.repo.order(str(number)) if number and turn.customer_id else None
    return named if named and named.customer_id == turn.customer_id else None


def restated(turn: Turn, topic: str, known: Ticket | None) -> str:
    """What was understood, in the assistant's own words: the issue, the order, the remedy wished for (s_complaint_listen)."""
    fields = dict(known.fields) if known else {}
    matter = matter_of(turn) or fields.get("matter")
    order = order_of(turn) or (turn.repo.order(known.order_id) if known and known.order_id else None)
    parts = [
        word("complaint_issues", str(matter) if matter else topic),
        word("complaint_issues", topic) if matter and topic not in ("general", "angry") else None,
        fmt("order_line", product=order.product.name, variant=order.variant, order_id=order.order_id) if order else None,
        word("remedies", turn.slot("remedy")),
    ]
    return fmt("list_separator").join(part for part in dict.fromkeys(parts) if part)


def record(turn: Turn, topic: str) -> dict[str, Any]:
    """Fields of a complaint (rf_05): what was said, of which kind, in which mood."""
    customer = turn.repo.customer(turn.customer_id) if turn.customer_id else None
    found: dict[str, Any] = {
        "name": customer.name if customer else None,
        "topic": topic,
        "matter": matter_of(turn),
        "text": turn.whole_text[:500],
        "mood": turn.mood,
    }
    return {name: value for name, value in found.items() if value}
