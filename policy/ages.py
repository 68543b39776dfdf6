"""How old a fact is: read just now, long enough ago to be told with its time, or too long ago to be told by a machine at all.

The table ``facts_age`` says what follows. Source: decisions.md, "facts that age"; issue 4, deliverable 5.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from policy.facts import OrderFacts, ProductFacts
from policy.parameters import Parameters

# Kind of fact -> the parameter with its largest age in minutes; an empty one says that this kind never ages.
MAX_AGE = {
    "tracking": "tracking_max_age_minutes",
    "order": "order_max_age_minutes",
    "stock": "stock_max_age_minutes",
    "price": "price_max_age_minutes",
}
UNDER_WAY = ("unpaid", "paid", "shipped")  # states that go on changing without us


def age(kind: str, read_at: datetime | None, parameters: Parameters, now: datetime) -> str:
    """fresh | old | very_old, the words of the table ``facts_age``; what is our own and never read from elsewhere is fresh.

    Old is older than its ``*_max_age_minutes``; very old than ``facts_ask_person_hours`` as well.
    """
    allowed, limit = parameters.get(MAX_AGE[kind]), parameters.get("facts_ask_person_hours")
    if read_at is None or allowed is None or now - read_at <= timedelta(minutes=int(allowed)):
        return "fresh"
    return "very_old" if limit is not None and now - read_at > timedelta(hours=int(limit)) else "old"


def kind_of(order: OrderFacts) -> str:
    """What an order's facts are for the limits: the parcel's while it is on its way, else the order's."""
    return "tracking" if order.state == "shipped" else "order"


def order_age(order: OrderFacts, parameters: Parameters, now: datetime) -> str:
    """How old an order's facts are; of one that is over nothing changes any more, so it is fresh."""
    return age(kind_of(order), order.synced_at, parameters, now) if order.state in UNDER_WAY else "fresh"


def stock_age(product: ProductFacts, parameters: Parameters, now: datetime) -> str:
    """How old a product's stock is."""
    return age("stock", product.stock_synced_at, parameters, now)


def as_of(kind: str, read_at: datetime | None, parameters: Parameters, now: datetime) -> datetime | None:
    """When a fact was read, if that is too long ago to be told without its time ({as_of}); else None."""
    return None if age(kind, read_at, parameters, now) == "fresh" else read_at
