"""What is known of the shopper's measures in this talk, and which size of a garment a message points at."""

from __future__ import annotations

from typing import Any

from actions.goods import signs_in
from actions.turn import Turn
from policy import sizing
from policy.facts import Measurements, ProductFacts
from policy.words import words

MEASURES = ("height", "weight", "bust", "waist", "hip", "shoulder")


def measurements(turn: Turn) -> Measurements:
    """What the shopper has said of themselves in this talk."""
    return Measurements(**{name: _float(turn.slot(name)) for name in MEASURES})


def _float(value: Any) -> float | None:
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError):
        return None


def size_meant(turn: Turn, product: ProductFacts) -> str | None:
    """The size of this message: named, the one that was advised ("that size"), or one or two beside the last one ("one larger")."""
    if turn.entity("size"):
        return str(turn.entity("size"))
    advised = sizing.advise(product, measurements(turn)).sizes if product.size_chart else ()
    last = turn.slot("size") if turn.slot("size") in product.sizes else advised[0] if advised else None
    if last not in product.sizes:
        return None
    if signs_in(turn.text, "that_size_signs"):
        return str(advised[0] if advised else last)
    steps = next((int(step) for step, signs in words()["size_steps"].items() if any(sign in turn.text for sign in signs)), 0)
    place = product.sizes.index(str(last)) + steps
    return str(product.sizes[place]) if steps and 0 <= place < len(product.sizes) else None
