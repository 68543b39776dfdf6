"""What the table ``gifts`` is told of an order: whether a gift was promised by the shop's own records, and where its parcel is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from policy.facts import OrderFacts, ShopFacts
from policy.logistics import days_between
from policy.parameters import Parameters
from policy.promotions import Promotion, active

STATES = {"unpaid": "unpaid", "paid": "unshipped", "shipped": "in_transit", "cancelled": "cancelled"}


def promised(
    order: OrderFacts, conceded: Sequence[str], parameters: Parameters, shop: ShopFacts, promotions: Sequence[Promotion] = ()
) -> tuple[str, ...]:
    """The gifts promised with an order: its own, those conceded in a talk (``conceded``), those of the promotions (满赠) that counted
    when it was placed, else the first of the shop's list from the parameter's sum on."""
    item = order.paid - order.postage
    found = [*order.gifts, *conceded]
    for one in active(promotions, order.ordered_at):
        if one.kind == "gift" and one.gift and one.covers(order.product) and item >= one.threshold:
            found.append(one.gift)
    threshold = parameters.get("gift_threshold")
    if not found and threshold is not None and shop.gifts and item >= int(threshold):
        found.append(shop.gifts[0])
    return tuple(dict.fromkeys(found))


def facts(
    order: OrderFacts | None,
    now: datetime,
    gifts: Sequence[str] = (),
    *,
    identity: str = "signed",
    settled: str = "no",
    next_parcel: bool = False,
    way: str = "open",
) -> dict[str, object]:
    """The inputs of the table ``gifts``; ``next_parcel``: another order of the shopper's is not sent yet."""
    known: dict[str, object] = {"identity": identity, "way": way}
    if order is None:
        return known
    return known | {
        "state": STATES.get(order.state, "received"),
        "promised": "yes" if gifts else "no",
        "settled": settled,
        "days": max(0, days_between(order.signed_at, now)) if order.signed_at is not None else 0,
        "next": "yes" if next_parcel else "no",
    }
