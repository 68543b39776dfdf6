"""Doubts before buying (flows.md F8): what the table ``objections`` is told, and the sums its answers name.

Every number is computed from the product and the shop's own values: a price is shared out over the warranty in months, an
everyday expense is compared with only when the shop has written it down, a date is one the shop has set.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from policy.bargaining import coupon, money
from policy.facts import Coupon, ProductFacts, ShopFacts
from policy.parameters import Parameters
from policy.words import words

DAYS_A_MONTH = Decimal(365) / 12
TOPICS = ("expensive", "cheaper_elsewhere", "worth", "consider", "no_need", "economy", "consult_family")
POINTS = ("price", "quality", "size", "service", "elsewhere", "other")


def topic_of(text: str) -> str:
    """The doubt that the words tell, ``expensive`` when they tell none."""
    return next((topic for topic, signs in words()["objection_signs"].items() if any(sign in text for sign in signs)), TOPICS[0])


def facts(
    product: ProductFacts | None,
    shop: ShopFacts,
    parameters: Parameters,
    *,
    step: str = "objection",
    topic: str = TOPICS[0],
    point: str = "other",
    said: Sequence[str] = (),
) -> dict[str, object]:
    """The inputs of the table ``objections``; ``said`` are the doubts already answered for this product in this talk."""
    return {
        "step": step,
        "topic": topic,
        "point": point,
        "product": "yes" if product else "no",
        "kind": product.kind if product else "other",
        "times": len(said),
        "again": "yes" if topic in said else "no",
        "warranty": "yes" if product and product.warranty_months else "no",
        "daily": "yes" if product and _times(product, parameters) else "no",
        "deadline": "yes" if product and ending(product, shop) else "no",
    }


def ending(product: ProductFacts, shop: ShopFacts) -> Coupon | None:
    """The best coupon that applies to the product, when the shop has set its end."""
    best = coupon(product, shop)
    return best if best is not None and best.valid_until is not None else None


def values(product: ProductFacts, parameters: Parameters) -> dict[str, str]:
    """per_month, per_day (yuan, over the warranty), daily_item and times; absent when there is nothing true to say."""
    spoken: dict[str, str] = {}
    if product.warranty_months:
        a_month = product.price / product.warranty_months
        spoken["per_month"] = money(_tenth(a_month))
        spoken["per_day"] = money(_tenth(a_month / DAYS_A_MONTH))
    times = _times(product, parameters)
    if times:
        spoken["daily_item"] = str(parameters["daily_item"])
        spoken["unit_price"] = money(Decimal(str(parameters["daily_item_price"])))
        spoken["times"] = str(times)
    return spoken


def _times(product: ProductFacts, parameters: Parameters) -> int:
    """How many of the shop's everyday expense the price equals, rounded; 0 when none is set or it is dearer than the product."""
    item, price = parameters.get("daily_item"), parameters.get("daily_item_price")
    if not item or not price:
        return 0
    return int((product.price / Decimal(str(price))).quantize(Decimal(1), ROUND_HALF_UP))


def _tenth(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.1"), ROUND_HALF_UP)
