"""The demonstration shop's promotions as facts, and baskets in short, for tests of the pure modules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path

import yaml

from policy.baskets import quote
from policy.promotions import Promotion
from policy.quotes import Item, Quote
from policy.validity import SHANGHAI
from shop.promotions import of_values
from shop.records import read
from tests.policy.demo import parameters, product, shop

FILE = Path(__file__).resolve().parents[2] / "shop" / "demo_promotions.yml"


@cache
def promotions() -> tuple[Promotion, ...]:
    """As the shop reads them from its file."""
    found = []
    for given in yaml.safe_load(FILE.read_text("utf-8"))["promotions"]:
        values = read("promotions", given, whole=True)
        found.append(of_values(values.pop("id"), values))
    return tuple(found)


def named(promotion_id: str) -> Promotion:
    """One of them."""
    return next(one for one in promotions() if one.promotion_id == promotion_id)


def moment(text: str) -> datetime:
    """A clock time in Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def priced(at: str, basket: Mapping[str, int], **overrides: object) -> Quote:
    """The quote of a basket of the demonstration shop (product → pieces) at a time in Shanghai."""
    items = [Item(product(name), pieces) for name, pieces in basket.items()]
    return quote(items, promotions(), shop().coupons, parameters(**overrides), moment(at))
