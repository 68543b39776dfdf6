"""Price protection (issue 4; table ``price_protection``): the sum by the shop's own record of prices, once an order, with its ticket."""

from __future__ import annotations

from typing import Any

from actions import order_wishes, ownership
from actions.base import XiaoerAction
from actions.interception import newest, under_way
from actions.money_wishes import PRICE, has
from actions.outcome import tell
from actions.turn import Turn
from actions.values import money, order_values, shop_values
from policy import price_protection
from policy.decide import decide
from policy.facts import OrderFacts
from policy.price_protection import Drop
from policy.words import fmt, words

TICKET = "price_protection"


def named_variant(turn: Turn, order: OrderFacts) -> str | None:
    """A variant of the order's product that the message names and that is not the order's; None without one."""
    colour, _, size = order.variant.partition("/")
    wanted = f"{turn.entity('colour') or colour}/{turn.entity('size') or size}"
    return wanted if wanted != order.variant and (turn.entity("colour") or turn.entity("size")) else None


def settled(turn: Turn, order: OrderFacts) -> str:
    """Whether price protection was asked for this order before: no | open | done."""
    ticket = newest(turn, order, TICKET)
    return "no" if ticket is None else "done" if ticket.state == "closed" else "open"


def going_back(turn: Turn, order: OrderFacts) -> bool:
    """Whether the order's goods or its whole money are on their way back."""
    tickets = (newest(turn, order, str(kind)) for kind in words()["settlements_of_return"])
    return any(ticket is not None and ticket.state != "closed" for ticket in tickets)


class ActionProtectPrice(XiaoerAction):
    """What the price did since the order, and what comes back; honest where nothing does, with a person offered."""

    def name(self) -> str:
        return "action_protect_price"

    def answer(self, turn: Turn) -> None:
        wish = order_wishes.current(turn)
        text = wish.text or turn.text
        if turn.slot("outcome") and not wish.settled:
            turn.say(str(turn.slot("outcome")))
            order_wishes.served(turn)
            return
        order = turn.repo.order(wish.order_id) if wish.order_id and ownership.may_see(turn, wish.order_id) else None
        general = order is None and has(text, "price_policy_signs")
        found = self.drop_of(turn, order, text) if order is not None else None
        facts = price_protection.facts(
            order,
            turn.parameters,
            turn.now,
            found,
            ask="policy" if general else "claim",
            identity="signed" if turn.customer_id else "none",
            settled=settled(turn, order) if order is not None else "no",
            going_back=going_back(turn, order) if order is not None else False,
        )
        decision = decide(PRICE, facts, turn.parameters)
        order_wishes.served(turn)
        tell(turn, decision, order, self.values(turn, order, found), fields=self.fields(order, found))

    def drop_of(self, turn: Turn, order: OrderFacts, text: str) -> Drop:
        """What the shop's record says of this order's item now."""
        records = turn.repo.prices(order.product.product_id)
        return price_protection.drop(
            order,
            records,
            turn.now,
            limited=price_protection.limited_price(order.product, turn.repo.promotions(), turn.now),
            other=named_variant(turn, order),
            coupon=has(text, "price_coupon_signs"),
        )

    def values(self, turn: Turn, order: OrderFacts | None, found: Drop | None) -> dict[str, Any]:
        """Ready to speak: the window, what was paid for the item, what it costs now, the difference."""
        base = "signed" if turn.parameters["price_protection_from"] == "signed" else "ordered"
        values: dict[str, Any] = {
            **shop_values(turn),
            "when": fmt(f"price_span_{base}", days=turn.parameters["price_protection_days"]),
        }
        if order is None:
            return values
        values |= order_values(turn, order)
        if found is not None:
            values |= {"paid": money(found.paid), "price": money(found.present), "difference": money(found.amount)}
        ticket = newest(turn, order, TICKET)
        return values | under_way(turn, ticket) if ticket is not None else values

    def fields(self, order: OrderFacts | None, found: Drop | None) -> dict[str, Any]:
        """What finance needs: the sums, since when, the order's way of payment; no word of the shopper's."""
        if order is None or found is None:
            return {}
        since = found.since.isoformat() if found.since is not None else None
        fields = {"paid_item": str(found.paid), "price_now": str(found.present), "amount": str(found.amount), "since": since}
        return {name: value for name, value in {**fields, "variant": order.variant, "refund_way": order.pay_by}.items() if value}
