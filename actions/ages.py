"""What is told of facts that were read a while ago: with their time, or by a person first (table ``facts_age``)."""

from __future__ import annotations

from typing import Any

from actions.outcome import tell
from actions.turn import Turn
from actions.values import listed, order_values, product_values
from policy import ages
from policy.decide import Decision, decide
from policy.facts import OrderFacts, ProductFacts
from shop.workdays import speak_time


def waits_for_person(turn: Turn, order: OrderFacts, use: str) -> bool:
    """Whether an order's facts are too old to go by: then a person was asked to look first, and that was told.

    ``use``: tell (where is it) | act (cancel it, change it).
    """
    known = {"kind": ages.kind_of(order), "reading": ages.order_age(order, turn.parameters, turn.now), "use": use}
    decision = decide("facts_age", known, turn.parameters)
    if decision.then["how"] != "ask_person":
        return False
    tell(turn, decision, order, order_values(turn, order), fields={"text": turn.text[:200], "as_of": str(order.synced_at)})
    return True


def stock(turn: Turn, product: ProductFacts, *, use: str = "tell", recorded: str = "some") -> Decision:
    """What follows from the age of a product's stock; ``recorded``: some | none | no_such."""
    known = {"kind": "stock", "reading": ages.stock_age(product, turn.parameters, turn.now), "use": use, "recorded": recorded}
    return decide("facts_age", known, turn.parameters)


def stock_values(turn: Turn, product: ProductFacts, variants: list[str]) -> dict[str, Any]:
    """Values of an answer from an old stock: its time, and what was there by it."""
    read_at = product.stock_synced_at or turn.now
    return {**product_values(turn, product), "as_of": speak_time(read_at, turn.now), "stock": listed(variants) or None}


def tell_price_time(turn: Turn, product: ProductFacts) -> None:
    """The time of a price that was read long ago, after the price."""
    known = {"kind": "price", "reading": ages.age("price", product.synced_at, turn.parameters, turn.now)}
    decision = decide("facts_age", known, turn.parameters)
    if decision.then["how"] != "tell" and product.synced_at is not None:
        tell(turn, decision, None, {"as_of": speak_time(product.synced_at, turn.now)})
