"""Several orders of one shopper in one parcel (issue 4, cb_*): facts of the table ``combine``, the postage that comes back (yuan)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from policy.facts import OrderFacts


def facts(orders: Sequence[OrderFacts], *, identity: str, step: str = "ask", ticket: str = "none") -> dict[str, object]:
    """The inputs of the table for the orders that are meant; ``step``: ask | wait | apart, ``ticket``: none | open."""
    unsent = unsent_of(orders)
    return {
        "step": step,
        "identity": identity,
        "unsent": "several" if len(unsent) > 1 else "one" if unsent else "none",
        "sent": "yes" if any(order.state in ("shipped", "received", "confirmed") for order in orders) else "no",
        "unpaid": "yes" if any(order.state == "unpaid" for order in orders) else "no",
        "delivery": "appointment" if any(order.delivery == "appointment" for order in unsent) else "parcel",
        "address": _same([order.address_id for order in unsent]),
        "warehouse": "different" if len({order.warehouse for order in unsent}) > 1 else "same",
        "goods": "awaiting" if any(order.purchase == "awaiting" for order in unsent) else "ready",
        "postage": "twice" if second_postage(unsent) > 0 else "once",
        "ticket": ticket,
    }


def unsent_of(orders: Sequence[OrderFacts]) -> list[OrderFacts]:
    """Those that are paid and not sent."""
    return [order for order in orders if order.state == "paid"]


def second_postage(orders: Sequence[OrderFacts]) -> Decimal:
    """What was paid for sending beyond the dearest of them, in yuan: one parcel costs one postage."""
    paid = [order.postage for order in orders]
    return sum(paid, Decimal(0)) - max(paid, default=Decimal(0))


def _same(ids: Sequence[str | None]) -> str:
    if any(one is None for one in ids):
        return "unknown"
    return "same" if len(set(ids)) == 1 else "different"
