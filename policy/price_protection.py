"""What the table ``price_protection`` is told: how much an order's item has become cheaper, by the shop's own record of prices.

Paid for the item is what the order paid without postage; today's price is that of its variant, by the record, else the product's.
Money is in yuan, days are differences of local dates in Asia/Shanghai.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from policy.facts import OrderFacts, PriceRecord, ProductFacts
from policy.logistics import days_between
from policy.parameters import Parameters
from policy.promotions import Promotion, active

STATES = {"unpaid": "unpaid", "cancelled": "cancelled"}


@dataclass(frozen=True)
class Price:
    """What a variant costs, in yuan, since when (None: not recorded), and why."""

    amount: Decimal
    since: datetime | None
    cause: str


@dataclass(frozen=True)
class Drop:
    """How an order's item became cheaper. ``kind``: none | list | promotion | coupon | other; ``amount`` yuan, never below 0."""

    kind: str
    paid: Decimal
    present: Decimal
    amount: Decimal
    since: datetime | None = None


def present_price(order: OrderFacts, records: Sequence[PriceRecord], now: datetime, variant: str | None = None) -> Price:
    """Today's price of the order's variant, or of ``variant``; prices with a coupon are none."""
    wanted = variant or order.variant
    valid = [one for one in records if one.since <= now and one.cause != "coupon"]
    own = [one for one in valid if one.variant == wanted]
    if own:
        last = max(own, key=lambda one: one.since)
        return Price(last.price, last.since, last.cause)
    shared = [one for one in valid if one.variant is None]
    last_shared = max(shared, key=lambda one: one.since) if shared else None
    if last_shared is not None and last_shared.price == order.product.price:
        return Price(last_shared.price, last_shared.since, last_shared.cause)
    # The product itself is what the shop sells at; a record that differs is older than it.
    return Price(order.product.price, None, "promotion" if order.product.discounted else "list")


def limited_price(product: ProductFacts, promotions: Sequence[Promotion], now: datetime) -> PriceRecord | None:
    """The lowest price for a time (限时价) that counts for this product now; None without one. Sums of a basket (满减) are no price."""
    prices = [
        PriceRecord(one.period.begins or now, one.price, None, "promotion")
        for one in active(promotions, now)
        if one.kind == "limited_price" and one.price is not None and one.covers(product)
    ]
    return min(prices, key=lambda one: one.price, default=None)


def drop(
    order: OrderFacts,
    records: Sequence[PriceRecord],
    now: datetime,
    *,
    limited: PriceRecord | None = None,
    other: str | None = None,
    coupon: bool = False,
) -> Drop:
    """How much cheaper the order's item is now.

    Args:
        limited: the price for a time that counts now, beside the record.
        other: a variant ("colour/size") that the shopper names and that is not the order's.
        coupon: the shopper says that the lower price is one with a coupon.
    """
    paid = max(order.paid - order.postage, Decimal(0))
    present = present_price(order, records, now)
    if limited is not None and limited.price < present.amount:
        present = Price(limited.price, limited.since, limited.cause)
    if present.amount < paid:
        return Drop("promotion" if present.cause == "promotion" else "list", paid, present.amount, paid - present.amount, present.since)
    if other is not None and present_price(order, records, now, other).amount < paid:
        return Drop("other", paid, present.amount, Decimal(0))
    with_coupon = [one for one in records if one.cause == "coupon" and one.since <= now and one.variant in (None, order.variant)]
    if coupon or any(one.price < paid for one in with_coupon):
        return Drop("coupon", paid, present.amount, Decimal(0))
    cheaper = any(
        one.variant is not None and present_price(order, records, now, one.variant).amount < paid
        for one in records
        if one.variant != order.variant
    )
    return Drop("other" if cheaper else "none", paid, present.amount, Decimal(0))


def facts(
    order: OrderFacts | None,
    parameters: Parameters,
    now: datetime,
    found: Drop | None = None,
    *,
    ask: str = "claim",
    identity: str = "signed",
    settled: str = "no",
    going_back: bool = False,
) -> dict[str, object]:
    """The inputs of the table ``price_protection``; ``settled``: no | open | done, ``going_back``: the goods are being returned."""
    known: dict[str, object] = {
        "ask": ask,
        "offered": "no" if parameters["price_protection_from"] == "none" else "yes",
        "identity": identity,
        "promotions": str(parameters["price_protection_promotions"]),
    }
    if order is None:
        return known
    begins = order.signed_at if parameters["price_protection_from"] == "signed" else order.ordered_at
    return known | {
        "state": STATES.get(order.state, "open"),
        "settled": settled,
        "going_back": "yes" if going_back else "no",
        "days": max(0, days_between(begins, now)) if begins is not None else 0,
        "drop": found.kind if found is not None else "none",
    }
