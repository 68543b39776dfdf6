"""A shop's promotions as data: what one is, when it counts, what it stacks with, and what is wrong with one (issue 4.3).

Five kinds: ``full_reduction`` (满减, by steps or for each full amount), ``second_piece`` (第二件半价), ``limited_price`` (限时价),
``presale`` (预售: deposit now, balance between two dates, a deposit that counts for more than it is), ``gift`` (满赠). Money is in
yuan, instants are aware. ``policy/baskets.py`` computes what a basket costs with them; no floor price is read here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby

from policy.facts import ProductFacts
from policy.validity import ALWAYS, Period, check_overlaps

KINDS = ("full_reduction", "second_piece", "limited_price", "presale", "gift")
SCOPES = ("shop", "kind", "product")
PHASES = ("soon", "deposit", "between", "balance", "over")
STATES = ("active", "coming", "over")
# Kinds of which one piece can have only one: a price is not lowered twice in the same way.
ONE_A_LINE = ("limited_price", "second_piece")
# Kinds that change a sum; a present changes none, a presale is an order of its own.
REDUCING = ("limited_price", "second_piece", "full_reduction")


@dataclass(frozen=True)
class Step:
    """A step of a 满减: from ``from_`` yuan on, ``off`` yuan less."""

    from_: Decimal
    off: Decimal


@dataclass(frozen=True)
class Promotion:
    """One promotion.

    ``targets``: kinds or product ids of ``scope``. ``slot``: of promotions in one slot a dated one takes the place of the everyday
    one, and two dated ones never overlap. ``group``: promotions of one group never touch the same goods. ``with_promotions``,
    ``with_coupons``: whether goods that have it may have others, or count for a coupon. ``discounted_goods``: whether scopes shop and
    kind reach goods already sold at a lower price. ``limit``: times (full_reduction), pieces (second_piece: reduced ones;
    limited_price, presale) or presents of one order; None: no limit. ``percent``: taken off the second piece. ``price``: of a piece.
    ``deposit_worth``: what the deposit of a piece counts for. ``announced_from``: from when it may be told before it begins;
    ``spoken``: other names shoppers use.
    """

    promotion_id: str
    name: str
    kind: str
    period: Period = ALWAYS
    scope: str = "shop"
    targets: tuple[str, ...] = ()
    slot: str | None = None
    group: str | None = None
    with_promotions: bool = True
    with_coupons: bool = True
    discounted_goods: bool = False
    limit: int | None = None
    steps: tuple[Step, ...] = ()
    every: bool = False
    percent: int = 50
    price: Decimal | None = None
    deposit: Decimal | None = None
    deposit_worth: Decimal | None = None
    balance: Period = ALWAYS
    ships_by: datetime | None = None
    gift: str | None = None
    threshold: Decimal = Decimal(0)
    announced_from: datetime | None = None
    spoken: tuple[str, ...] = ()

    def covers(self, product: ProductFacts) -> bool:
        """Whether the product is among its goods (a product that it names always is, a discounted one else only when it says so)."""
        if self.scope == "product":
            return product.product_id in self.targets
        if product.discounted and not self.discounted_goods:
            return False
        return self.scope == "shop" or product.kind in self.targets


@dataclass(frozen=True)
class Fault:
    """What is wrong with a promotion: the field, why, and what to write instead."""

    field: str
    problem: str
    remedy: str


def active(promotions: Iterable[Promotion], now: datetime) -> list[Promotion]:
    """Those that count at ``now``, by id; of a slot the dated one, else its everyday one."""
    counting = sorted((one for one in promotions if one.period.covers(now)), key=lambda one: one.promotion_id)
    dated = {one.slot for one in counting if one.slot and not one.period.always}
    return [one for one in counting if not (one.slot in dated and one.period.always)]


def state(promotion: Promotion, now: datetime) -> str | None:
    """active | coming (and announced) | over; None: still to come and not to be told yet."""
    if promotion.period.covers(now):
        return "active"
    if promotion.period.ends is not None and promotion.period.ends <= now:
        return "over"
    told = promotion.announced_from is not None and promotion.announced_from <= now
    return "coming" if told else None


def phase(promotion: Promotion, now: datetime) -> str | None:
    """Where a presale stands: soon (announced), deposit, between (deposit and balance), balance, over; None: not to be told yet."""
    if promotion.period.covers(now):
        return "deposit"
    if promotion.balance.covers(now):
        return "balance"
    if promotion.balance.begins is not None and now < promotion.balance.begins and state(promotion, now) == "over":
        return "between"
    return {"over": "over", "coming": "soon"}.get(state(promotion, now) or "")


def stacks(one: Promotion, other: Promotion) -> bool:
    """Whether the same goods may have both."""
    if one.promotion_id == other.promotion_id or not (one.with_promotions and other.with_promotions):
        return False
    if one.group is not None and one.group == other.group:
        return False
    return "presale" not in (one.kind, other.kind) and not (one.kind == other.kind and one.kind in ONE_A_LINE)


def faults(given: Mapping[str, object]) -> list[Fault]:
    """What a promotion's checked values contradict (field names of ``docs/data_import.md``); empty when nothing does."""
    kind, scope = given.get("kind"), given.get("scope")
    found: list[Fault] = []

    def need(field: str, remedy: str) -> None:
        if given.get(field) in (None, "", [], ()):
            found.append(Fault(field, f"a {kind} needs it", remedy))

    if scope == "shop" and given.get("targets"):
        found.append(Fault("targets", "the scope is the whole shop", "leave it empty, or write scope kind or product"))
    if scope in ("kind", "product") and not given.get("targets"):
        found.append(Fault("targets", f"the scope {scope} names none", "write the kinds or product ids"))
    if kind in ("limited_price", "presale") and scope != "product":
        found.append(Fault("scope", f"a {kind} is of named products", "write scope product and its ids"))
    if kind == "full_reduction":
        need("steps", "write the steps, e.g. 满200减20;满400减50")
        found += _step_faults(given.get("steps"), bool(given.get("every")))
    elif kind == "limited_price":
        need("price", "write yuan, e.g. 148")
    elif kind == "gift":
        need("gift", "write what is given")
    elif kind == "presale":
        for field in ("deposit", "balance_from", "balance_to", "valid_from", "valid_to"):
            need(field, "a presale has a deposit and both dates of deposit and balance")
        found += _presale_faults(given)
    percent = given.get("percent")
    if isinstance(percent, int) and not 1 <= percent <= 100:
        found.append(Fault("percent", "it is taken off the second piece", "write 1 to 100, e.g. 50 for half"))
    return found


def _step_faults(steps: object, every: bool) -> list[Fault]:
    pairs = [(one["from"], one["less"]) for one in steps] if isinstance(steps, list) else []
    found = [
        Fault("steps", f"{off} off from {start} would be more than is paid", "write less off than the amount it begins at")
        for start, off in pairs
        if not 0 < Decimal(str(off)) <= Decimal(str(start))
    ]
    if every and len(pairs) > 1:
        found.append(Fault("steps", "for each full amount there is one step", "write one step, or every: no"))
    if len({str(start) for start, _ in pairs}) != len(pairs):
        found.append(Fault("steps", "an amount stands twice", "write each amount once"))
    return found


def _presale_faults(given: Mapping[str, object]) -> list[Fault]:
    found: list[Fault] = []
    deposit, worth, price = (given.get(name) for name in ("deposit", "deposit_worth", "price"))
    if isinstance(deposit, Decimal) and isinstance(worth, Decimal) and worth < deposit:
        found.append(Fault("deposit_worth", "the deposit would count for less than it is", "write at least the deposit"))
    largest = max((one for one in (deposit, worth) if isinstance(one, Decimal)), default=None)
    if isinstance(price, Decimal) and largest is not None and largest > price:
        found.append(Fault("price", "it is below the deposit or what the deposit counts for", "write the price of the presale"))
    ends, begins, closes = (given.get(name) for name in ("valid_to", "balance_from", "balance_to"))
    if isinstance(ends, datetime) and isinstance(begins, datetime) and begins < ends:
        found.append(Fault("balance_from", "the balance would begin before the deposits end", "write a later time"))
    if isinstance(begins, datetime) and isinstance(closes, datetime) and closes <= begins:
        found.append(Fault("balance_to", "it is not after balance_from", "write a later time"))
    return found


def check(promotions: Sequence[Promotion], where: str) -> None:
    """ValueError when two promotions of one slot (or one id) are valid at the same time, or a slot has two everyday ones."""
    for what in ("promotion_id", "slot"):
        named = sorted((one for one in promotions if getattr(one, what)), key=lambda one: (str(getattr(one, what)), one.promotion_id))
        for key, several in groupby(named, key=lambda one: str(getattr(one, what))):
            same = list(several)
            place = f"{where}: {'slot' if what == 'slot' else 'promotion'} {key}"
            check_overlaps([(one.promotion_id, one.period) for one in same], place)
            everyday = [one.promotion_id for one in same if one.period.always]
            if len(everyday) > 1:
                raise ValueError(f"{place}: {' and '.join(everyday)} are both without dates. Remedy: keep one, or give the other dates")
