"""Bringing by appointment, installation, repair at home, its price, parts (rules.md §21; di_*, rv_*; flow F16).

Name, telephone and address are the order's: they are never asked for. What a person has to know beside them (a day, a fault,
a part, a room) is the slot ``detail``; it is stored with the ticket and never spoken back.
"""

from __future__ import annotations

import json
import re
from typing import Any

from rasa_sdk.events import FollowupAction

from actions import order_wishes, ownership
from actions.base import XiaoerAction
from actions.interception import under_way
from actions.logistics import identity, tell_parcel
from actions.order_wishes import UNWILLING, Wish
from actions.outcome import tell
from actions.turn import Turn
from actions.values import order_values, shop_values
from policy import delivery
from policy.decide import Decision, decide
from policy.facts import OrderFacts
from policy.words import fmt, words
from shop.tickets import Ticket, Tickets
from shop.workdays import speak_date

SMALL_KINDS = ("clothing", "bedding")
VISITS = ("repair_visit", "installation")  # tickets for which somebody comes
GOES_ON = ("rv_03", "rv_06")  # rows about a repair that is under way


def says_of(text: str, signs: str) -> bool:
    """Whether ``text`` holds one of the words of this section."""
    return any(sign in text for sign in words()[signs])


def topic_of(wish: Wish) -> str:
    """The wish as a word of the table ``delivery``.

    What is broken is no matter of the room's size, and where nobody speaks of installing it is one of repair.
    """
    topic = wish.topic if wish.topic in delivery.WISHES else order_wishes.TOPICS[wish.intent]
    broken = says_of(wish.text, "broken_signs") and not says_of(wish.text, "no_fit_signs")
    if topic in ("no_fit", "installation") and broken:
        return "installation" if says_of(wish.text, "install_signs") else "repair"
    return str(topic)


def order_under_way(turn: Turn) -> OrderFacts | None:
    """The order spoken of when somebody is to come for it already and no other is named; else None."""
    order = ownership.known_order(turn)
    named = turn.entity("order_number") or turn.entity("product")
    return order if order is not None and not named and open_ticket_of(turn, order, VISITS) is not None else None


def asked_after(turn: Turn, order: OrderFacts, wish: Wish) -> str:
    """The topic, but "when does he come?" about a thing that is there already asks after the visit for it."""
    topic = topic_of(wish)
    there = order.state in ("received", "confirmed")
    return "repair" if topic in ("schedule", "late") and there and open_ticket_of(turn, order, VISITS) is not None else topic


def elsewhere(wish: Wish, order: OrderFacts, *, missing: bool = False) -> str | None:
    """What serves this wish when the goods are not such as are brought, installed or repaired at home: an action or a form.

    ``missing``: this message says that something was not in the parcel; it is sent again, nobody comes for it (pr_m_01).
    """
    topic, kind = topic_of(wish), order.product.kind
    if topic == "no_fit" and kind in SMALL_KINDS:
        return "return_form"
    if topic == "installation" and order.state in ("received", "confirmed") and missing:
        return "return_form"
    if topic == "installation" and kind != "furniture" and order.delivery == "parcel":
        return "action_guide_usage"
    if topic == "repair" and kind not in delivery.AT_HOME:
        return "return_form"
    if topic == "parts" and order.state in ("received", "confirmed") and says_of(wish.text, "parts_missing_signs"):
        return "return_form"
    return None


def open_ticket_of(turn: Turn, order: OrderFacts, kinds: tuple[str, ...]) -> Ticket | None:
    """The newest open ticket of these kinds about an order, whichever talk opened it."""
    found = Tickets(turn.context.engine, turn.shop_id, turn.context.clock).of_order(order.order_id)
    return next((t for t in found if t.kind in kinds and t.state != "closed"), None)


def attempt(turn: Turn, order: OrderFacts, wish: Wish) -> str:
    """How far a repair at home has come: first | open | stuck | taken."""
    if says_of(wish.text, "stuck_signs"):
        return "stuck"
    if says_of(wish.text, "taken_signs"):
        return "taken"
    visits = VISITS if topic_of(wish) in ("schedule", "late") else ("repair_visit",)
    return "open" if open_ticket_of(turn, order, visits) else "first"


def decide_delivery(turn: Turn, order: OrderFacts | None, wish: Wish, detail: str | None) -> Decision:
    """Ask the table ``delivery``; ``detail`` is the slot's value."""
    topic = asked_after(turn, order, wish) if order is not None else topic_of(wish)
    facts = delivery.facts(
        order,
        topic,
        turn.shop,
        turn.now,
        detail="open" if not detail else UNWILLING if detail == UNWILLING else "given",
        identity=identity(turn),
        swap=order is not None and open_ticket_of(turn, order, ("exchange",)) is not None,
        harm=says_of(wish.text + (detail or ""), "home_harm_signs"),
        attempt=attempt(turn, order, wish) if order is not None and topic == "repair" else "first",
    )
    return decide("delivery", facts, turn.parameters)


def measured(text: str) -> bool:
    """Whether a message about the room holds a measure, or whose mistake it was."""
    return re.search(r"\d", text) is not None or says_of(text, "measure_signs") or says_of(text, "measured_wrong_signs")


def part_in(text: str) -> str | None:
    """The part that is named: the longest of ``part_words`` in the text."""
    found = [part for part in words()["part_words"] if part in text]
    return max(found, key=len) if found else None


def day_named(turn: Turn) -> str:
    """The day of this message that suits, as ISO: the last one that is not refused ("not Friday, Sunday then"); empty when none is."""
    found = [e for e in (turn.tracker.latest_message or {}).get("entities") or [] if e.get("entity") == "date"]
    suits = ""
    for place, one in enumerate(found):
        end = int(one.get("end") or len(turn.text))
        until = int(found[place + 1].get("start") or end) if place + 1 < len(found) else len(turn.text)
        after = turn.text[end : min(until, end + 8)]
        if not says_of(after, "day_refused_signs") or says_of(after, "may_signs"):  # 行不行 asks and refuses nothing
            suits = str(one.get("value"))
    return suits


def told_in(turn: Turn, wish: Wish, ask: str) -> str | None:
    """What the first message already says of the detail: its day, its fault, its part."""
    if ask == "date":
        day = delivery.usable_day(day_named(turn), turn.now) if turn.text == wish.text else None
        return day.isoformat() if day else None
    flaw = turn.entity("reason") == "quality" and turn.text == wish.text  # a scratch is a fault as well
    if ask in ("fault", "install") and (flaw or says_of(wish.text, "broken_signs")):
        return wish.text
    if ask == "part" and part_in(wish.text):
        return wish.text
    if ask == "room" and turn.text == wish.text and measured(wish.text):
        return wish.text
    return None


def values(turn: Turn, order: OrderFacts | None, detail: str | None) -> dict[str, Any]:
    """Values of the answers: the order's, the day that is meant, the part."""
    told = None if detail == UNWILLING else detail
    day = delivery.usable_day(told, turn.now)
    if day is None and order is not None and not told:
        day = delivery.earliest(order, turn.parameters, turn.now)
    return {
        **(order_values(turn, order) if order is not None else shop_values(turn)),
        "days": str(turn.parameters["furniture_appointment_days"]),
        "visit_on": speak_date(day) if day else fmt("any_time"),
        "part": part_in(told or "") or fmt("any_part"),
    }


def record(turn: Turn, order: OrderFacts | None, wish: Wish, detail: str | None) -> dict[str, Any]:
    """What the ticket keeps (rf_01, rf_06, rf_09): goods and wish from the order, the trouble in the shopper's words."""
    told = None if detail == UNWILLING else detail
    day = delivery.usable_day(told, turn.now)
    kept = {
        "wish": topic_of(wish),
        "text": wish.text[:300],
        "product": order.product.name if order else None,
        "variant": order.variant if order else None,
        "ordered_on": order.ordered_at.date().isoformat() if order else None,
        "deliver_on": day.isoformat() if day else None,
        "problem": told if day is None else None,
        "part": part_in(told or wish.text),
        "photos": turn.photo_ids or None,
    }
    return {name: value for name, value in kept.items() if value}


class ActionArrangeDelivery(XiaoerAction):
    """di_*, rv_*: when it is brought, installed wrongly or too big, repaired at home, at what price, which part."""

    def name(self) -> str:
        return "action_arrange_delivery"

    def answer(self, turn: Turn) -> None:
        wish = order_wishes.current(turn)
        order = self.order(turn, wish)
        detail = turn.slot("detail")
        order_wishes.served(turn)
        missing = turn.entity("reason") == "missing_part"
        other = elsewhere(wish, order, missing=missing) if order is not None else None
        if other is not None:
            self.pass_on(turn, wish, other)
            return
        decision = decide_delivery(turn, order, wish, str(detail) if detail else None)
        told = values(turn, order, str(detail) if detail else None)
        buttons = None
        if order is None and turn.customer_id:
            mine = ownership.choices(turn, order_wishes.KINDS[wish.intent].states)
            topic = {"topic": topic_of(wish)}
            buttons = [
                {"title": ownership.title(o), "payload": f"/{wish.intent}" + json.dumps({"order_number": o.order_id, **topic})}
                for o in mine[:6]
            ]
        fields = record(turn, order, wish, detail)
        if order is not None and decision.row in GOES_ON:
            told |= self.visit(turn, order, str(decision.row), fields)
        tell(turn, decision, order, told, fields=fields, buttons=buttons or None)
        if decision.then["next"] == "parcel" and order is not None:
            tell_parcel(turn, order, "status")
        elif decision.then["next"] == "return_form":
            self.pass_on(turn, wish, None)

    def order(self, turn: Turn, wish: Wish) -> OrderFacts | None:
        """The order that the form settled; None for a general question."""
        if wish.order_id and ownership.may_see(turn, wish.order_id):
            return turn.repo.order(wish.order_id)
        return None if wish.settled else ownership.known_order(turn)

    def visit(self, turn: Turn, order: OrderFacts, row: str, fields: dict[str, Any]) -> dict[str, Any]:
        """Ticket, team and time of the repair that is under way, whichever talk began it; a new one when nobody registered it."""
        ticket = open_ticket_of(turn, order, VISITS)
        if ticket is not None:
            if not turn.dry_run and turn.text and not turn.text.startswith("/"):
                Tickets(turn.context.engine, turn.shop_id, turn.context.clock).add_note(ticket.id, turn.text[:200], author="shopper")
            return dict(under_way(turn, ticket))
        return turn.open_ticket("repair_visit", order=order, row=row, fields=fields)[1]

    def pass_on(self, turn: Turn, wish: Wish, action: str | None) -> None:
        """Give the wish to a return with what it says of reason and remedy, or to another action."""
        topic = topic_of(wish)
        if topic == "no_fit":
            turn.set("reason", "no_room" if action is None else "buyer_reason")
        elif topic == "repair":
            turn.set("remedy", "repair_return")
        elif topic == "parts" or (action == "return_form" and topic == "installation"):
            turn.set("reason", "missing_part")
        if action is not None:
            turn.events.append(FollowupAction(action))


def other_day(turn: Turn) -> bool:
    """Take up a day that is named after bringing was arranged in this talk ("make it Monday"); False when nothing was.

    A day that is only refused is asked anew.
    """
    order, day = ownership.known_order(turn), delivery.usable_day(day_named(turn), turn.now)
    if order is None or open_ticket_of(turn, order, ("delivery", "delivery_late")) is None or (day is None and day_named(turn)):
        return False
    turn.set("wish", Wish("delivery_appointment", "schedule", turn.text, order.order_id, settled=True).as_slot())
    turn.set("detail", day.isoformat() if day else None)
    turn.events.append(FollowupAction("action_arrange_delivery" if day else "order_form"))
    return True


class ActionTakeRepair(XiaoerAction):
    """A wish to repair: what is repaired at home, its price and parts are settled with the order; other repairs are returns."""

    def name(self) -> str:
        return "action_take_repair"

    def answer(self, turn: Turn) -> None:
        wish = order_wishes.of_message(turn)
        turn.set("wish", wish.as_slot())
        turn.set("detail", None)
        if topic_of(wish) in ("fee", "parts"):
            turn.events.append(FollowupAction("order_form"))
            return
        meant = ownership.claim(turn, order_wishes.KINDS["request_repair"].states, fresh=bool(turn.customer_id)).order
        named = turn.product()
        at_home = meant.product.kind in delivery.AT_HOME if meant else named is not None and named.kind in delivery.AT_HOME
        under_way = meant is not None and open_ticket_of(turn, meant, ("repair_visit",)) is not None
        if not (at_home or under_way):
            order_wishes.served(turn)
        turn.events.append(FollowupAction("order_form" if at_home or under_way else "return_form"))
