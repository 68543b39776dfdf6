"""Bargaining: what the table ``bargaining`` is told, and which present or coupon a concession is (rules.md section 10, decisions.md).

The first concession is a present of the shop's list, the second the best coupon that applies; a price is never changed. The
floor price only keeps a coupon from going under it: it is in no fact, no value and no message. Nothing about the person is read.
Concessions are strings "gift:<name>" and "coupon:<code>", as ``shop`` stores them for a talk (or signed-in shopper) and product.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

import yaml

from policy.facts import Coupon, ProductFacts, ShopFacts
from policy.parameters import Parameters

WORDS = Path(__file__).with_name("bargaining_words.yml")


@dataclass(frozen=True)
class Concession:
    """One thing given: ``kind`` is gift or coupon, ``name`` what the shopper reads, ``key`` what is stored."""

    kind: str
    name: str
    key: str


def gift(shop: ShopFacts, given: Sequence[str] = ()) -> str | None:
    """The first present of the shop's list that was not given yet; None when none is left."""
    return next((name for name in shop.gifts if f"gift:{name}" not in given), None)


def coupon(product: ProductFacts, shop: ShopFacts, quantity: int = 1, given: Sequence[str] = ()) -> Coupon | None:
    """The best coupon for so many pieces that was not given yet: never on discounted goods, never under what the shop may sell for."""
    return max(coupons(product, shop, quantity, given), key=lambda item: (item.amount, -item.min_spend), default=None)


def coupons(product: ProductFacts, shop: ShopFacts, quantity: int = 1, given: Sequence[str] = ()) -> list[Coupon]:
    """Every coupon that could be given for so many pieces, by the same bounds."""
    if product.discounted:
        return []
    total = product.price * quantity
    return [
        item
        for item in shop.coupons
        if item.min_spend <= total and total - item.amount >= product.floor_price * quantity and f"coupon:{item.code}" not in given
    ]


def facts(
    product: ProductFacts,
    shop: ShopFacts,
    parameters: Parameters,
    *,
    ask: str = "request",
    quantity: int = 1,
    asked: int = 0,
    offers: int = 0,
    given: Sequence[str] = (),
    ordered_unpaid: bool = False,
) -> dict[str, object]:
    """The inputs of the table ``bargaining``.

    ``ask``: request | offer (a sum was named) | leave | old_customer | repeat (asked on after the last word) | which_offers |
    gift (is there a present) | free_postage. ``asked`` and ``offers`` count earlier wishes and sums, ``given`` are the concessions,
    all for this product within ``concession_window_hours``.
    """
    repeatable = () if ask == "which_offers" else given
    return {
        "ask": ask,
        "asked": asked,
        "offers": offers,
        "concessions": len(given),
        "discounted": "yes" if product.discounted else "no",
        "quantity": quantity,
        "coupon_applies": "yes" if coupon(product, shop, quantity, repeatable) else "no",
        "gift_left": "yes" if gift(shop, given) else "no",
        "had_gift": "yes" if any(entry.startswith("gift:") for entry in given) else "no",
        "kind": product.kind,
        "postage": _postage(product, parameters, quantity),
        "ordered_unpaid": "yes" if ordered_unpaid else "no",
    }


def concession(
    then: Mapping[str, object], product: ProductFacts, shop: ShopFacts, quantity: int = 1, given: Sequence[str] = ()
) -> Concession | None:
    """What a decision gives (its output ``give``), to be recorded before it is said; None when it gives nothing."""
    if then.get("give") == "gift" and (name := gift(shop, given)):
        return Concession("gift", name, f"gift:{name}")
    if then.get("give") == "coupon" and (best := coupon(product, shop, quantity, given)):
        return Concession("coupon", best.name, f"coupon:{best.code}")
    return None


def values(
    then: Mapping[str, object],
    product: ProductFacts,
    shop: ShopFacts,
    parameters: Parameters,
    *,
    quantity: int = 1,
    given: Sequence[str] = (),
    speak_postage: bool = True,
    speak_returns: bool = True,
) -> dict[str, str]:
    """What the responses of bargaining name, ready to speak; ``given`` are the concessions before this decision.

    product, price, points, gift, coupon, coupon_rule, gap, free_from, postage, options (for the response ``also``). A value that
    does not exist is absent. ``speak_postage`` and ``speak_returns`` are False while the shop has not confirmed those numbers.
    """
    spoken = {"product": product.name, "price": money(product.price), "points": _points(product, parameters, speak_returns)}
    if present := gift(shop, given):
        spoken["gift"] = present
    best = coupon(product, shop, quantity, given) or coupon(product, shop, quantity)
    if best is not None:
        spoken["coupon"] = best.name
        spoken["coupon_rule"] = coupon_rule(best)
    threshold = parameters["free_postage_from"]
    if threshold is not None and speak_postage:
        spoken["free_from"] = money(Decimal(threshold))
        if (missing := Decimal(threshold) - product.price * quantity) > 0:
            spoken["gap"] = money(missing)
    if parameters["postage"] is not None:
        spoken["postage"] = money(Decimal(parameters["postage"]))
    options = _given(shop, given) if then.get("also") == "utter_bargaining_given" else _extras(shop, parameters, speak_postage)
    if options:
        spoken["options"] = options
    return spoken


def coupon_rule(item: Coupon) -> str:
    """From which sum a coupon counts, as it is said: 满199元可用."""
    return _phrase("coupon_rule").format(min_spend=money(item.min_spend))


def money(amount: Decimal) -> str:
    """An amount in yuan without its unit and without idle zeros: 168, 8.5."""
    text = f"{amount:.2f}"
    return text.rstrip("0").rstrip(".")


def _postage(product: ProductFacts, parameters: Parameters, quantity: int) -> str:
    threshold = parameters["free_postage_from"]
    if threshold is None:
        return "charged"
    return "free" if product.price * quantity >= Decimal(threshold) else "gap"


def _points(product: ProductFacts, parameters: Parameters, speak_returns: bool) -> str:
    """True reasons for the price, from the shop's own data: material, warranty, returns."""
    points = []
    if product.fabric:
        points.append(_phrase("made_of").format(fabric=product.fabric))
    if product.warranty_months:
        points.append(_phrase("warranty").format(months=product.warranty_months))
    if speak_returns or not points:
        points.append(_phrase("returns").format(days=parameters["quality_return_days"]))
    return _phrase("clause_mark").join(points)


def _extras(shop: ShopFacts, parameters: Parameters, speak_postage: bool) -> str:
    """Offers that hold for everybody beside a coupon: a present from a sum on, free postage from a sum on."""
    extras = []
    threshold = parameters["gift_threshold"]
    if threshold is not None and shop.gifts:
        extras.append(_phrase("gift_from").format(threshold=money(Decimal(threshold)), gift=shop.gifts[0]))
    free = parameters["free_postage_from"]
    if free is not None and speak_postage:
        extras.append(_phrase("postage_from").format(threshold=money(Decimal(free))))
    return _phrase("list_mark").join(extras)


def _given(shop: ShopFacts, given: Sequence[str]) -> str:
    """What was given already, in words."""
    coupons = {item.code: item for item in shop.coupons}
    words = []
    for entry in given:
        kind, _, name = entry.partition(":")
        if kind == "gift":
            words.append(_phrase("gift_given").format(gift=name))
        elif kind == "coupon" and name in coupons:
            item = coupons[name]
            words.append(_phrase("coupon_given").format(name=item.name, min_spend=money(item.min_spend)))
    return _phrase("list_mark").join(words)


@lru_cache(maxsize=1)
def _phrases() -> dict[str, str]:
    loaded: dict[str, dict[str, str]] = yaml.safe_load(WORDS.read_text(encoding="utf-8"))
    return loaded["phrases"]


def _phrase(name: str) -> str:
    return _phrases()[name]
