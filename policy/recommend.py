"""What fits a liking, and why: only facts of the catalogue are reasons (flows.md F10; scripts.md s_recommend_item).

A liking is what the catalogue can answer: kind, colour, material, care, a sum in yuan, cheaper than a product. Nothing about
the person is read (rules.md ct_05, ct_06).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from policy.bargaining import money
from policy.facts import ProductFacts
from policy.words import fmt, words

REASONS = 2  # said of one product: more would be a leaflet


@dataclass(frozen=True)
class Liking:
    """What a shopper likes. ``most`` in yuan; ``under``: cheaper than this product; ``cheap``: low prices first."""

    kinds: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    materials: tuple[str, ...] = ()
    cares: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    most: Decimal | None = None
    under: ProductFacts | None = None
    cheap: bool = False

    @property
    def said(self) -> bool:
        """Whether anything was said that the catalogue can answer."""
        return bool(self.kinds or self.colours or self.materials or self.cares or self.names or self.most or self.under or self.cheap)

    def spoken(self) -> str:
        """The liking in the shopper's words, for "I look for …"."""
        parts = [str(words()["kinds"][kind]) for kind in self.kinds]
        parts += [*self.colours, *self.materials, *self.cares, *self.names]
        if self.most is not None:
            parts.append(fmt("wanted_budget", amount=money(self.most)))
        if self.cheap or self.under is not None:
            parts.append(fmt("wanted_cheaper"))
        return fmt("list_separator").join(dict.fromkeys(parts))


@dataclass(frozen=True)
class Choice:
    """A product that fits, with true reasons in words."""

    product: ProductFacts
    reasons: tuple[str, ...]

    def line(self) -> str:
        """One line of an answer."""
        return fmt(
            "recommended", product=self.product.name, price=money(self.product.price), reason=fmt("list_separator").join(self.reasons)
        )


def read(
    text: str,
    products: Sequence[ProductFacts],
    *,
    kind: str | None = None,
    most: float | None = None,
    cheaper: bool = False,
    than: ProductFacts | None = None,
) -> Liking:
    """The liking in a text. ``kind`` is one chosen by a button, ``most`` a sum in yuan, ``than`` the product to be undercut."""
    kinds = [kind] if kind else [name for name, signs in words()["kind_signs"].items() if any(sign in text for sign in signs)]
    colours = {colour for product in products for colour in product.colours if colour in text}
    # Two characters of a name that no other sign accounts for ("碎花", "印花").
    known = "".join((*colours, *words()["material_signs"], *(sign for signs in words()["kind_signs"].values() for sign in signs)))
    names = {
        product.name[place : place + 2]
        for product in products
        for place in range(len(product.name) - 1)
        if product.name[place : place + 2] in text and product.name[place : place + 2] not in known
    }
    return Liking(
        kinds=tuple(kinds),
        colours=tuple(sorted(colours)),
        materials=tuple(sign for sign in words()["material_signs"] if sign in text),
        cares=tuple(sign for sign in words()["care_signs"] if sign in text),
        names=tuple(sorted(names)) if not kinds else (),
        most=Decimal(str(most)) if most is not None else None,
        under=than if cheaper and most is None else None,
        cheap=cheaper and than is None and most is None,
    )


def choose(products: Iterable[ProductFacts], liking: Liking, shown: Sequence[str] = ()) -> list[Choice]:
    """Products in stock that fit and were not shown yet, the nearest first."""
    fitting = [p for p in products if p.product_id not in shown and any(count > 0 for count in p.stock.values()) and _fits(p, liking)]
    under = liking.under
    if under is not None:
        fitting.sort(key=lambda p: (p.kind != under.kind, -p.price))
    elif liking.cheap:
        fitting.sort(key=lambda p: p.price)
    return [Choice(product, _reasons(product, liking)) for product in fitting]


def _made_of(product: ProductFacts, material: str) -> bool:
    cotton = material in words()["cotton_words"] and any(word in (product.fabric or "") for word in words()["cotton_fabrics"])
    return cotton or material in (product.fabric or "") or material in product.name


def _in_stock(product: ProductFacts, colour: str) -> bool:
    return any(variant.startswith(f"{colour}/") and count > 0 for variant, count in product.stock.items())


def _fits(product: ProductFacts, liking: Liking) -> bool:
    return (
        (not liking.kinds or product.kind in liking.kinds)
        and (not liking.colours or any(_in_stock(product, colour) for colour in liking.colours))
        and (not liking.materials or any(_made_of(product, material) for material in liking.materials))
        and (not liking.cares or any(care in (product.care or "") for care in liking.cares))
        and (not liking.names or any(name in product.name for name in liking.names))
        and (liking.most is None or product.price <= liking.most)
        and (liking.under is None or product.price < liking.under.price)
    )


def _reasons(product: ProductFacts, liking: Liking) -> tuple[str, ...]:
    found = [fmt("reason_colour", colour=colour) for colour in liking.colours if _in_stock(product, colour)]
    if product.fabric and (not liking.materials or any(_made_of(product, material) for material in liking.materials)):
        found.append(fmt("reason_fabric", fabric=product.fabric))
    if product.care and any(care in product.care for care in liking.cares):
        found.insert(0, fmt("reason_care", care=product.care))
    if liking.under is not None:
        found.insert(0, fmt("reason_cheaper", product=liking.under.name, difference=money(liking.under.price - product.price)))
    elif liking.most is not None:
        found.insert(0, fmt("reason_budget", amount=money(liking.most)))
    elif product.discounted:
        found.append(fmt("reason_sale"))
    return tuple((found or [fmt("reason_stock")])[:REASONS])
