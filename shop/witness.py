"""Who looks on while facts are read: the orders and products that an answer was made from, as they were.

Filled inside ``watching()`` only. Lists of everything a shop sells are no facts of one answer and are not kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from policy.facts import OrderFacts, ProductFacts

MOST = 12  # orders, and as many products


@dataclass
class Facts:
    """Orders and products by their ids; the newest reading counts."""

    orders: dict[str, OrderFacts] = field(default_factory=dict)
    products: dict[str, ProductFacts] = field(default_factory=dict)


_watched: ContextVar[Facts | None] = ContextVar("facts", default=None)


@contextmanager
def watching() -> Iterator[Facts]:
    """Collects the facts read inside the block, in this task or thread only."""
    facts = Facts()
    token = _watched.set(facts)
    try:
        yield facts
    finally:
        _watched.reset(token)


def seen() -> Facts:
    """What was read so far in the block; nothing when nobody watches."""
    return _watched.get() or Facts()


def saw(*read: OrderFacts | ProductFacts) -> None:
    """Facts were read (called by ``ShopRepository``)."""
    facts = _watched.get()
    if facts is None:
        return
    for one in read:
        product = one if isinstance(one, ProductFacts) else one.product
        if isinstance(one, OrderFacts) and (one.order_id in facts.orders or len(facts.orders) < MOST):
            facts.orders[one.order_id] = one
        if product.product_id in facts.products or len(facts.products) < MOST:
            facts.products[product.product_id] = product
