"""A basket and its sum as values: what ``policy/baskets.py`` computes and ``actions/basket.py`` tells. Money is in yuan, to the cent."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from policy.facts import ProductFacts
from policy.promotions import Promotion

CENT = Decimal("0.01")
ZERO = Decimal(0)


@dataclass(frozen=True)
class Item:
    """So many pieces of one product; ``variant`` is "colour/size", None when it was not said (it changes no price)."""

    product: ProductFacts
    quantity: int = 1
    variant: str | None = None


@dataclass(frozen=True)
class Deduction:
    """What a promotion or coupon takes off, in yuan; ``key`` is its id or code."""

    key: str
    name: str
    amount: Decimal


@dataclass(frozen=True)
class Line:
    """One line of the basket: its list sum, what comes off (its share of what is for several lines included), what is paid."""

    item: Item
    listed: Decimal
    deductions: tuple[Deduction, ...]
    pays: Decimal


@dataclass(frozen=True)
class PresaleLine:
    """Presale goods: what is paid now, what later, and how much the deposit counts for beyond itself (all of the line, in yuan)."""

    item: Item
    promotion: Promotion
    listed: Decimal
    price: Decimal
    deposit: Decimal
    worth: Decimal
    coupon: Deduction | None
    balance: Decimal


@dataclass(frozen=True)
class Present:
    """A present that comes with the order."""

    promotion: Promotion
    name: str
    count: int


@dataclass(frozen=True)
class Quote:
    """The sum of a basket.

    ``deductions``: each promotion's whole deduction, in the order in which they were made. ``postage``: None when it is not known
    (far places, a threshold that the shop has not confirmed); ``payable`` is then without it. ``now`` and ``later`` differ with
    presale goods only.
    """

    lines: tuple[Line, ...] = ()
    deductions: tuple[Deduction, ...] = ()
    coupon: Deduction | None = None
    presents: tuple[Present, ...] = ()
    presale: tuple[PresaleLine, ...] = ()
    postage: Decimal | None = ZERO
    presale_postage: Decimal | None = ZERO

    @property
    def listed(self) -> Decimal:
        """The list prices of everything."""
        return sum((one.listed for one in self.lines), ZERO) + sum((one.listed for one in self.presale), ZERO)

    @property
    def now(self) -> Decimal:
        """What is paid with the order: ordinary goods and their postage, deposits."""
        return sum((one.pays for one in self.lines), ZERO) + (self.postage or ZERO) + sum((one.deposit for one in self.presale), ZERO)

    @property
    def later(self) -> Decimal:
        """What is paid between the dates of the balance, with the presale goods' postage."""
        return sum((one.balance for one in self.presale), ZERO) + (self.presale_postage or ZERO)

    @property
    def payable(self) -> Decimal:
        """Everything."""
        return self.now + self.later

    @property
    def saved(self) -> Decimal:
        """What promotions and coupons take off."""
        goods = sum((one.pays for one in self.lines), ZERO) + sum((one.deposit + one.balance for one in self.presale), ZERO)
        return self.listed - goods


def rounded(amount: Decimal) -> Decimal:
    """To the cent, half a cent up."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def shared(amount: Decimal, of: dict[int, Decimal]) -> dict[int, Decimal]:
    """An amount shared out over lines in proportion to what they cost: cents rounded down, the rest on the dearest (first) line."""
    total = sum(of.values(), ZERO)
    if total <= 0:
        return {}
    shares = {place: (amount * cost / total).quantize(CENT, ROUND_DOWN) for place, cost in of.items()}
    for place in sorted(of, key=lambda one: (-of[one], one)):
        if sum(shares.values(), ZERO) < amount and shares[place] < of[place]:
            shares[place] += CENT
    return shares
