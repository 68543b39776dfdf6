"""A wish about one order, from the message that began it until it is answered (slot ``wish``).

``order_form`` finds the order and asks for the one detail that the wish's table wants; meanwhile the wish is kept, so that a
typed product's name, a number or a button that answers "which order?" does not lose it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from actions import ownership
from actions.turn import Turn
from policy import addresses
from policy.facts import OrderFacts
from shop.tickets import Tickets

UNWILLING = "unwilling"  # slot `detail`: the shopper cannot or does not want to say it


@dataclass(frozen=True)
class Kind:
    """How a wish is served: its action, and the order states in which it makes sense."""

    action: str
    states: tuple[str, ...]


KINDS: Mapping[str, Kind] = {
    "change_address": Kind("action_change_address", ("unpaid", "paid", "shipped")),
    "ask_auto_confirm": Kind("action_extend_receipt", ("shipped", "received")),
    "report_payment": Kind("action_check_payment", ("unpaid", "paid")),
    "report_out_of_stock": Kind("action_tell_out_of_stock", ("paid",)),
    "price_protection": Kind("action_protect_price", ("paid", "shipped", "received", "confirmed")),
    "missing_gift": Kind("action_send_gift", ("received", "confirmed", "shipped", "paid")),
    "delivery_appointment": Kind("action_arrange_delivery", ("paid", "shipped")),
    "report_installation": Kind("action_arrange_delivery", ("shipped", "received", "confirmed")),
    "request_repair": Kind("action_arrange_delivery", ("received", "confirmed")),
    "ask_pick_up": Kind("action_arrange_pick_up", ("received", "confirmed")),
}
TOPICS = {"delivery_appointment": "schedule", "report_installation": "installation", "request_repair": "repair", "report_payment": "paid"}


@dataclass(frozen=True)
class Wish:
    """What was wished for: intent, topic (the family's default when none was told), the words, and the order when it is settled."""

    intent: str
    topic: str | None
    text: str
    order_id: str | None = None
    settled: bool = False  # the form has looked for the order: `order_id` None then means that none is needed

    def as_slot(self) -> dict[str, Any]:
        """The value of the slot ``wish``."""
        return {"intent": self.intent, "topic": self.topic, "text": self.text, "order_id": self.order_id, "settled": self.settled}


def of_message(turn: Turn) -> Wish:
    """The wish of this message."""
    topic = turn.entity("topic")
    if turn.intent == "delivery_appointment" and fetched(turn):
        return Wish("ask_pick_up", "change", turn.text)
    # A new address is kept nowhere but in the team's ticket (actions/addresses.py).
    text = addresses.masked(turn.text) if turn.intent == "change_address" else turn.text
    return Wish(turn.intent, str(topic) if topic else TOPICS.get(turn.intent), text)


def fetched(turn: Turn) -> bool:
    """Whether another day is named for what a courier is booked to fetch, and nothing is brought ("make it the day after")."""
    order = ownership.known_order(turn)
    if order is None or order.state not in KINDS["ask_pick_up"].states or turn.entity("product") or not turn.entity("date"):
        return False
    tickets = Tickets(turn.context.engine, turn.shop_id, turn.context.clock).of_conversation(turn.conversation_id)
    return any(t.kind == "pick_up" and t.order_id == order.order_id and t.state != "closed" for t in tickets)


def current(turn: Turn) -> Wish:
    """The wish under way, else this message's."""
    kept = turn.slot("wish")
    another = turn.intent in KINDS and isinstance(kept, Mapping) and kept.get("intent") != of_message(turn).intent
    if isinstance(kept, Mapping) and kept.get("intent") in KINDS and not another:
        return Wish(str(kept["intent"]), kept.get("topic"), str(kept.get("text") or ""), kept.get("order_id"), bool(kept.get("settled")))
    return of_message(turn)


def take_order(turn: Turn, states: tuple[str, ...], fits: Callable[[OrderFacts], bool] | None = None) -> OrderFacts | None:
    """The order of the wish: as the form settled it, else the one that is meant; without one it is asked which (and None)."""
    wish = current(turn)
    if wish.settled:
        order = turn.repo.order(wish.order_id) if wish.order_id and ownership.may_see(turn, wish.order_id) else None
        if order is None:
            turn.say("utter_orders_none")
        return order
    claim = ownership.claim(turn, states, fresh=True, fits=fits)
    if claim.order is None:
        ownership.ask_order(turn, claim)
        return None
    turn.set("order_id", claim.order.order_id)
    return claim.order


def served(turn: Turn) -> None:
    """The wish is answered: neither it nor its detail belongs to the next one."""
    for name in ("wish", "detail"):
        if turn.slot(name) is not None:
            turn.set(name, None)
