"""Forgotten gifts (issue 4; table ``gifts``): what the order's and the talks' records promised, sent again or with the next parcel."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from actions import order_wishes, ownership
from actions.base import XiaoerAction
from actions.interception import newest, under_way
from actions.money_wishes import GIFT, has
from actions.outcome import tell
from actions.turn import Turn
from actions.values import listed, order_values, shop_values
from policy import gifts
from policy.decide import decide
from policy.facts import OrderFacts
from policy.words import fmt
from shop.concessions import Concessions

TICKET = "gift"
OPTIONS = ("resend", "next", "refuse")


def promised(turn: Turn, order: OrderFacts) -> tuple[str, ...]:
    """The gifts that the shop's records promise with an order: its own, those conceded before it was placed, one by its sum."""
    since = order.ordered_at - timedelta(days=int(turn.parameters["gift_promise_days"]))
    store = Concessions(turn.context.engine, turn.shop_id, turn.context.clock)
    conceded = store.gifts(customer_id=order.customer_id, product_id=order.product.product_id, since=since, until=order.ordered_at)
    return gifts.promised(order, conceded, turn.parameters, turn.shop, turn.repo.promotions())


def next_order(turn: Turn, order: OrderFacts) -> OrderFacts | None:
    """Another order of the same shopper that is paid and not sent yet: its parcel can take the gift along."""
    mine = turn.repo.orders_of(order.customer_id) if turn.customer_id == order.customer_id else []
    return next((one for one in mine if one.state == "paid" and one.order_id != order.order_id and one.delivery == "parcel"), None)


def way_of(turn: Turn, text: str) -> str:
    """How the gift is to come: resend | next | refuse by button or words, open when nothing tells."""
    option = str(turn.entity("option") or "")
    if option in OPTIONS:
        return option
    asked = turn.tracker.get_slot("open_question") == "gift_way"
    if asked and turn.intent == "deny":
        return "refuse"
    if has(text, "gift_next_signs"):
        return "next"
    if has(text, "gift_resend_signs") or (asked and turn.intent == "affirm"):
        return "resend"
    return "refuse" if asked and has(text, "gift_refuse_signs") else "open"


class ActionSendGift(XiaoerAction):
    """A gift that was not in the parcel, and the answer to how it is to come."""

    def name(self) -> str:
        return "action_send_gift"

    def answer(self, turn: Turn) -> None:
        wish = order_wishes.current(turn)
        if wish.intent == GIFT:
            text = wish.text
            order = turn.repo.order(wish.order_id) if wish.order_id and ownership.may_see(turn, wish.order_id) else None
        else:
            text, order = turn.text, ownership.known_order(turn)
        way = way_of(turn, text)
        found = promised(turn, order) if order is not None else ()
        later = next_order(turn, order) if order is not None else None
        ticket = newest(turn, order, TICKET) if order is not None else None
        facts = gifts.facts(
            order,
            turn.now,
            found,
            identity="signed" if turn.customer_id else "none",
            settled="no" if ticket is None else "done" if ticket.state == "closed" else "open",
            next_parcel=later is not None,
            way=way,
        )
        decision = decide("gifts", facts, turn.parameters)
        order_wishes.served(turn)
        values: dict[str, Any] = {**shop_values(turn), "gift": listed(found) or fmt("some_gift")}
        if order is not None:
            values = {**order_values(turn, order), **values, "options": later.product.name if later is not None else None}
        if ticket is not None and ticket.state != "closed":
            values |= under_way(turn, ticket)
        fields = {
            "gift": listed(found) or None,
            "way": way,
            "with_order": later.order_id if later is not None and decision.row == "gf_12" else None,
            "freight": "shop",
            "text": text[:300],
        }
        tell(turn, decision, order, values, fields={name: value for name, value in fields.items() if value})
