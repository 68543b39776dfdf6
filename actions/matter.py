"""What the talk is about just now: the order matter that was answered last, so that "how much?", "when?", "the number?" mean it.

Read from what the bot has said (rows of the tables, responses), never from the shopper's words; a matter is over when
something else was talked about, or after a few messages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from actions import ownership
from actions.interception import newest
from actions.turn import Turn
from policy import logistics
from policy.facts import OrderFacts
from policy.words import words
from shop.tickets import Ticket, Tickets

TABLES = {
    "cancel_order": "cancel",
    "change_product": "change",
    "logistics": "parcel",
    "refunds": "refund",
    "payment_reminder": "payment",
    "payments": "payment",
    "address_change": "address",
    "not_received": "parcel",
}
RESPONSES = {
    "utter_orders_address_submitted": "address",
    "utter_orders_address_more": "address",
    "utter_orders_order": "shown",
    "utter_orders_payment_check": "payment",
    "utter_orders_left_alone": "shown",
}
# Said between a matter and a question about it, without ending the matter.
BESIDE = ("utter_smalltalk_", "utter_ask_", "utter_orders_which", "utter_logistics_as_of", "utter_orders_closing", "utter_orders_pay_again")
MESSAGES = 3  # of the shopper's, after which a matter is no longer what is spoken of
PAID_BACK = ("cancel", "refund", "change")  # kinds of tickets that pay money back before any goods come back


@dataclass(frozen=True)
class Matter:
    """A matter: cancel | change | parcel | refund | payment | address | shown, its order (None for a payment without one), its last row."""

    kind: str
    order: OrderFacts | None
    row: str | None
    table: str | None


def says_of(text: str, *sections: str) -> bool:
    """Whether ``text`` holds a word of one of these sections of the word lists."""
    return any(sign in text for section in sections for sign in words()[section])


def current(turn: Turn) -> Matter | None:
    """The matter that was answered last; None when something else was, or long ago."""
    heard = 0
    for event in reversed(turn.tracker.events):
        if event.get("event") == "user":
            heard += 1
            if heard > MESSAGES:
                return None
        elif event.get("event") == "bot":
            told: Mapping[str, Any] = event.get("metadata") or {}
            response, table = str(told.get("utter_action") or ""), told.get("table")
            kind = TABLES.get(str(table)) or RESPONSES.get(response)
            if kind is not None:
                return Matter(
                    kind, ownership.known_order(turn), str(told["row"]) if told.get("row") else None, str(table) if table else None
                )
            if not response.startswith(BESIDE):
                return None
    return None


def tickets_of_talk(turn: Turn) -> list[Ticket]:
    """The tickets of this talk, newest first."""
    return Tickets(turn.context.engine, turn.shop_id, turn.context.clock).of_conversation(turn.conversation_id)


def paid_back(turn: Turn, order_id: str | None = None) -> Ticket | None:
    """The newest open ticket of this talk that pays money back: of this order, or of any."""
    for ticket in tickets_of_talk(turn):
        if ticket.kind not in PAID_BACK or ticket.state == "closed" or order_id not in (None, ticket.order_id):
            continue
        if ticket.kind != "change" or ticket.fields.get("refund"):
            return ticket
    return None


def is_lost(turn: Turn, order: OrderFacts | None) -> bool:
    """Whether the parcel counts as lost (ls_07, ls_13, ls_17)."""
    return order is not None and order.state == "shipped" and logistics.facts(order, turn.parameters, turn.now)["lost"] == "yes"


def settled(turn: Turn, order: OrderFacts) -> Ticket | None:
    """What the shopper has chosen for a lost parcel in this talk: the ticket of sending again or of the money."""
    return newest(turn, order, "lost_parcel", only_open=True) or newest(turn, order, "refund", only_open=True)


def named_orders(turn: Turn, states: tuple[str, ...] | None = None) -> list[OrderFacts]:
    """The signed-in shopper's orders of the products that this message names, in ``states``."""
    products = {str(one) for one in turn.entities("product")}
    mine = turn.repo.orders_of(turn.customer_id) if turn.customer_id else []
    return [order for order in mine if order.product.product_id in products and (states is None or order.state in states)]
