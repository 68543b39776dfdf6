"""What a basket costs: line by line, with the best legal combination of promotions and one coupon (issue 4.3).

The order in which sums are made: the list price of each line → limited prices → second pieces → 满减 by promotion id, each on
what is then left of its goods → one coupon on the goods that may have one → postage. Every deduction is rounded to the cent,
half a cent up (in the shopper's favour); a deduction on several lines is shared out in proportion to what they cost, rounded
down, the cents that are left over one by one on the dearest lines.

What reaches the goods counts by itself; there is a choice where two promotions exclude each other (each line has one of them)
and whether a coupon takes the place of promotions that go with none. Of all legal combinations the cheapest is taken; of equally
cheap ones that with more presents, then with fewer deductions, then by ids: the same basket at the same moment always has the
same sum, whoever asks. Presale goods are an order of their own: deposit now, balance later, no other promotion.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import chain, combinations, product
from math import prod

from policy.facts import Coupon
from policy.parameters import Parameters
from policy.promotions import REDUCING, Promotion, active, phase, stacks
from policy.quotes import ZERO, Deduction, Item, Line, PresaleLine, Present, Quote, rounded, shared

MOST_COMBINATIONS = 20_000
MOST_ON_A_LINE = 8  # promotions that reach one product


class TooManyCombinations(ValueError):
    """So many goods and promotions that the best combination is not searched for."""


@dataclass
class _Working:
    """One combination while it is computed: the pieces' prices and what is left of each line."""

    items: Sequence[Item]
    chosen: Sequence[frozenset[Promotion]]
    left: list[Decimal] = field(default_factory=list)
    taken: list[list[Deduction]] = field(default_factory=list)
    whole: list[Deduction] = field(default_factory=list)
    pieces: list[list[Decimal]] = field(default_factory=list)
    couponed: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.pieces = [[one.product.price] * one.quantity for one in self.items]
        self.left = [one.product.price * one.quantity for one in self.items]
        self.taken = [[] for _ in self.items]

    def having(self, promotion: Promotion) -> list[int]:
        return [place for place, chosen in enumerate(self.chosen) if promotion in chosen]

    def take(self, key: str, name: str, shares: dict[int, Decimal]) -> Decimal:
        total = sum(shares.values(), ZERO)
        if total <= 0:
            return ZERO
        for place, share in shares.items():
            if share > 0:
                self.left[place] -= share
                self.taken[place].append(Deduction(key, name, share))
        return total

    def reduce(self, promotion: Promotion, shares: dict[int, Decimal]) -> None:
        total = self.take(promotion.promotion_id, promotion.name, shares)
        if total > 0:
            self.whole.append(Deduction(promotion.promotion_id, promotion.name, total))


def quote(
    items: Sequence[Item],
    promotions: Iterable[Promotion],
    coupons: Iterable[Coupon],
    parameters: Parameters,
    now: datetime,
    *,
    postage_known: bool = True,
) -> Quote:
    """The sum of a basket at ``now``, by the best legal combination.

    ``coupons`` are those valid now. ``postage_known``: False when the place or the shop's own values leave the postage open.
    Raises TooManyCombinations, and ValueError for a quantity below 1.
    """
    if any(one.quantity < 1 for one in items):
        raise ValueError("a basket holds at least one piece of each of its goods")
    current = active(promotions, now)
    codes = sorted(coupons, key=lambda one: one.code)
    ordinary, ahead = _split(items, current, now)
    best: Quote | None = None
    rank: tuple[object, ...] = ()
    reducing = [one for one in current if one.kind in REDUCING and any(one.covers(item.product) for item in ordinary)]
    for coupon in (None, *codes):
        for chosen in _combinations(ordinary, reducing, coupon):
            found = _compute(ordinary, chosen, coupon, current, parameters)
            if coupon is not None and found.coupon is None:
                continue
            keys = [one.key for one in found.deductions] + ([found.coupon.key] if found.coupon else [])
            own = (found.payable, -sum(one.count for one in found.presents), len(keys), tuple(keys))
            if best is None or own < rank:
                best, rank = found, own
    assert best is not None
    presale: list[PresaleLine] = []
    for item, promotion in ahead:  # a coupon is used once
        spent = {one.coupon.key for one in presale if one.coupon} | ({best.coupon.key} if best.coupon else set())
        presale.append(_presale(item, promotion, [one for one in codes if one.code not in spent]))
    ahead_sum = sum((one.deposit + one.balance for one in presale), ZERO)
    before = sum((one.price for one in presale), ZERO)
    ahead_postage = _postage(sum((one.listed for one in presale), ZERO), before, ahead_sum, parameters) if presale else ZERO
    postage = best.postage if postage_known or not ordinary else None
    return Quote(
        best.lines,
        best.deductions,
        best.coupon,
        best.presents,
        tuple(presale),
        postage,
        ahead_postage if postage_known or not presale else None,
    )


def _split(items: Sequence[Item], current: Sequence[Promotion], now: datetime) -> tuple[list[Item], list[tuple[Item, Promotion]]]:
    """Ordinary goods, and presale goods while their deposit is taken (pieces over the presale's limit are ordinary ones)."""
    ordinary: list[Item] = []
    ahead: list[tuple[Item, Promotion]] = []
    for item in items:
        promotion = next(
            (one for one in current if one.kind == "presale" and one.covers(item.product) and phase(one, now) == "deposit"), None
        )
        pieces = 0 if promotion is None else min(item.quantity, promotion.limit or item.quantity)
        if promotion is not None:
            ahead.append((Item(item.product, pieces, item.variant), promotion))
        if pieces < item.quantity:
            ordinary.append(Item(item.product, item.quantity - pieces, item.variant))
    return ordinary, ahead


def _presale(item: Item, promotion: Promotion, coupons: Sequence[Coupon]) -> PresaleLine:
    each = min(promotion.price if promotion.price is not None else item.product.price, item.product.price)
    deposit = min(promotion.deposit or ZERO, each)
    worth = min(max(promotion.deposit_worth or deposit, deposit), each)
    rest = (each - worth) * item.quantity
    used = None
    if promotion.with_coupons and not item.product.discounted:
        # Only a coupon that is still valid when the balance is paid.
        opens = promotion.balance.begins
        lasting = [one for one in coupons if one.valid_until is None or (opens is not None and opens < one.valid_until)]
        fitting = [one for one in lasting if one.min_spend <= each * item.quantity and min(one.amount, rest) > 0]
        used = min(fitting, key=lambda one: (-min(one.amount, rest), one.code), default=None)
    off = Deduction(used.code, used.name, min(used.amount, rest)) if used else None
    return PresaleLine(
        item,
        promotion,
        item.product.price * item.quantity,
        each * item.quantity,
        deposit * item.quantity,
        worth * item.quantity,
        off,
        rest - (off.amount if off else ZERO),
    )


def _combinations(items: Sequence[Item], current: Sequence[Promotion], coupon: Coupon | None) -> Iterable[tuple[frozenset[Promotion], ...]]:
    """Every legal choice of each line's promotions.

    What reaches the goods counts by itself: nobody declines a promotion. There is a choice only where two exclude each other
    (each line has one of them), and for a coupon, which may take the place of those promotions that go with none.
    """
    if any(sum(one.covers(item.product) for one in current) > MOST_ON_A_LINE for item in items):
        raise TooManyCombinations(f"more than {MOST_ON_A_LINE} promotions reach one product: the best combination is not searched for")
    alone = [one for one in current if not one.with_coupons] if coupon is not None else []
    found: dict[tuple[frozenset[Promotion], ...], None] = {}
    for left_out in chain.from_iterable(combinations(alone, size) for size in range(len(alone) + 1)):
        of_lines = [_fullest([one for one in current if one not in left_out and one.covers(item.product)]) for item in items]
        if len(found) + prod(len(one) for one in of_lines) > MOST_COMBINATIONS:
            raise TooManyCombinations(f"{len(items)} lines with {len(current)} promotions: the best combination is not searched for")
        found.update(dict.fromkeys(product(*of_lines)))
    return found


def _fullest(several: Sequence[Promotion]) -> list[frozenset[Promotion]]:
    """The sets of promotions that stack with each other and to which none of the others could be added."""
    sets = [
        frozenset(some)
        for size in range(len(several), -1, -1)
        for some in combinations(several, size)
        if all(stacks(one, other) for one, other in combinations(some, 2))
    ]
    return [one for one in sets if not any(one < other for other in sets)]


def _compute(
    items: Sequence[Item],
    chosen: Sequence[frozenset[Promotion]],
    coupon: Coupon | None,
    current: Sequence[Promotion],
    parameters: Parameters,
) -> Quote:
    work = _Working(items, chosen)
    used = sorted(set().union(*chosen), key=lambda one: (REDUCING.index(one.kind), one.promotion_id)) if chosen else []
    for promotion in used:
        {"limited_price": _limited_price, "second_piece": _second_piece, "full_reduction": _full_reduction}[promotion.kind](work, promotion)
    reduced = sum(work.left, ZERO)
    presents = _presents(work, current)
    off = _use(work, coupon) if coupon is not None else None
    listed = sum((one.product.price * one.quantity for one in items), ZERO)
    postage = _postage(listed, reduced, sum(work.left, ZERO), parameters) if items else ZERO
    lines = tuple(
        Line(item, item.product.price * item.quantity, tuple(work.taken[place]), work.left[place]) for place, item in enumerate(items)
    )
    if off is not None:
        presents = tuple(one for one in presents if one.promotion.with_coupons or not _touches(one.promotion, items, work.couponed))
    return Quote(lines, tuple(work.whole), off, presents, (), postage)


def _limited_price(work: _Working, promotion: Promotion) -> None:
    remaining = promotion.limit if promotion.limit is not None else sum(one.quantity for one in work.items)
    shares: dict[int, Decimal] = {}
    for place in work.having(promotion):
        item = work.items[place]
        pieces = min(item.quantity, remaining)
        off = max(item.product.price - (promotion.price if promotion.price is not None else item.product.price), ZERO)
        remaining -= pieces
        if off > 0:
            shares[place] = off * pieces
            for piece in range(pieces):
                work.pieces[place][piece] -= off
    work.reduce(promotion, shares)


def _second_piece(work: _Working, promotion: Promotion) -> None:
    """Pieces of its goods from the dearest down: each second one is cheaper, so the reduced piece is the cheaper of its pair."""
    pieces = sorted(((price, place) for place in work.having(promotion) for price in work.pieces[place]), key=lambda one: (-one[0], one[1]))
    reduced = pieces[1::2]
    if promotion.limit is not None:
        reduced = reduced[: promotion.limit]
    shares: dict[int, Decimal] = {}
    for price, place in reduced:
        shares[place] = shares.get(place, ZERO) + rounded(price * promotion.percent / 100)
    work.reduce(promotion, shares)


def _full_reduction(work: _Working, promotion: Promotion) -> None:
    places = work.having(promotion)
    base = sum((work.left[place] for place in places), ZERO)
    reached = [one for one in promotion.steps if one.from_ <= base]
    if not reached:
        return
    step = max(reached, key=lambda one: one.off)
    times = int(base // step.from_) if promotion.every else 1
    if promotion.every and promotion.limit is not None:
        times = min(times, promotion.limit)
    work.reduce(promotion, shared(rounded(min(step.off * times, base)), {place: work.left[place] for place in places}))


def _use(work: _Working, coupon: Coupon) -> Deduction | None:
    """One coupon, on goods that are not sold at a lower price already and whose promotions allow it."""
    places = [
        place
        for place, item in enumerate(work.items)
        if not item.product.discounted and all(one.with_coupons for one in work.chosen[place] if _used(work, one))
    ]
    base = sum((work.left[place] for place in places), ZERO)
    if not places or base < coupon.min_spend or base <= 0:
        return None
    off = work.take(coupon.code, coupon.name, shared(min(coupon.amount, base), {place: work.left[place] for place in places}))
    work.couponed.update(places)
    return Deduction(coupon.code, coupon.name, off) if off > 0 else None


def _used(work: _Working, promotion: Promotion) -> bool:
    return any(one.key == promotion.promotion_id for one in work.whole)


def _presents(work: _Working, current: Sequence[Promotion]) -> tuple[Present, ...]:
    found = []
    for promotion in (one for one in current if one.kind == "gift"):
        places = [
            place
            for place, item in enumerate(work.items)
            if promotion.covers(item.product) and all(stacks(promotion, one) for one in work.chosen[place])
        ]
        base = sum((work.left[place] for place in places), ZERO)
        if not places or base < promotion.threshold:
            continue
        times = int(base // promotion.threshold) if promotion.every and promotion.threshold > 0 else 1
        found.append(Present(promotion, str(promotion.gift), min(times, promotion.limit or times)))
    return tuple(found)


def _touches(promotion: Promotion, items: Sequence[Item], places: Iterable[int]) -> bool:
    return any(promotion.covers(items[place].product) for place in places)


def _postage(listed: Decimal, reduced: Decimal, paid: Decimal, parameters: Parameters) -> Decimal | None:
    """The shop's postage, 0 from ``free_postage_from`` on; which sum counts for it is ``free_postage_counts``. None: none is set."""
    threshold, fee = parameters["free_postage_from"], parameters["postage"]
    counted = {"list": listed, "promotions": reduced, "coupons": paid}[str(parameters["free_postage_counts"])]
    if threshold is not None and counted >= Decimal(str(threshold)):
        return ZERO
    return Decimal(str(fee)) if fee is not None else None
