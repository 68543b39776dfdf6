"""What is said about promotions: their rules, what stacks with what, a presale's dates, presents (rows pn_07 … pn_43).

Everything comes from the shop's data and the clock: a promotion that is over is said to be over, one that is not announced is
not mentioned, and what the shop has no data of is not promised.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import combinations
from typing import Any

from actions import basket
from actions.goods import signs_in, wish_text
from actions.outcome import tell
from actions.terms import line_of, terms
from actions.turn import Turn
from actions.values import money
from policy.decide import decide
from policy.facts import ProductFacts
from policy.promotions import REDUCING, STATES, Promotion, active, phase, stacks, state
from policy.quotes import Item
from policy.words import word, words

PHASES = ("deposit", "balance", "between", "soon", "over")  # which of several presales is told first


class Offers:
    """The promotions of the shop as this turn sees them; ``product`` is the one spoken of."""

    def __init__(self, turn: Turn, product: ProductFacts | None) -> None:
        self.turn = turn
        self.product = product
        self.text = wish_text(turn)
        self.all = turn.repo.promotions()
        self.now = active(self.all, turn.now)

    def reaches(self, promotion: Promotion) -> bool:
        """Whether it is for the product spoken of; without one: yes."""
        return self.product is None or promotion.covers(self.product)

    def state(self, promotion: Promotion) -> str | None:
        """active only when it counts now: an everyday promotion rests while a dated one has its slot."""
        found = state(promotion, self.turn.now)
        return None if found == "active" and promotion not in self.now else found

    def first(self, several: Sequence[Promotion], states: Sequence[str] = STATES) -> Promotion | None:
        """The one to tell: in force before announced before over, for the goods spoken of first, of those over the latest."""
        known = [(found, one) for one in several if (found := self.state(one)) in states]

        def order(pair: tuple[str | None, Promotion]) -> tuple[int, bool, float, str]:
            ended = pair[1].period.ends
            late = -ended.timestamp() if ended is not None and pair[0] == "over" else 0.0
            return states.index(str(pair[0])), not self.reaches(pair[1]), late, pair[1].promotion_id

        return min(known, key=order)[1] if known else None

    def named(self) -> Promotion | None:
        """The promotion that the message calls by name."""
        kind = self.kind()
        several = [one for one in self.all if any(name in self.text for name in (one.name, *one.spoken))]
        return self.first([one for one in several if one.kind == kind] or several)

    def kind(self) -> str | None:
        """The kind of promotion that the message asks about."""
        return next((kind for kind, signs in words()["promotion_signs"].items() if any(sign in self.text for sign in signs)), None)

    def tell(self, facts: dict[str, Any], values: dict[str, Any]) -> bool:
        """Decide and speak; whether the row wants an example."""
        decision = decide("promotions", facts, self.turn.parameters)
        product = {"product": self.product.name, "price": money(self.product.price)} if self.product else {}
        tell(self.turn, decision, None, {**product, **values})
        return decision.then.get("example") == "yes"


def answer(turn: Turn) -> bool:
    """What a question about offers asks of promotions; True when it is answered whole, False when the other offers follow."""
    offers = Offers(turn, turn.product())
    kind, asks_present = offers.kind(), bool(signs_in(offers.text, "gift_signs"))
    if kind == "presale":
        _presale(offers)
        return True
    if signs_in(offers.text, "stack_signs"):
        _stack(offers, kind)
        return True
    named = offers.named()
    if named is not None:
        _rule(offers, named, named.kind)
        return True
    if asks_present:
        return _present(offers)
    if kind is not None:
        found = offers.first([one for one in offers.all if one.kind == kind], ("active", "coming"))
        if found is None and kind == "full_reduction":
            return False  # a coupon of the shop may be called so: it is told with the other offers
        _rule(offers, found, kind)
        return found is not None or offers.product is None
    return _whole(offers)


def _whole(offers: Offers) -> bool:
    """Which offers there are, or when the next comes."""
    alone = offers.product is None
    if signs_in(offers.text, "coming_signs"):
        coming = offers.first(offers.all, ("coming",))
        if coming is not None:
            _rule(offers, coming, coming.kind)
            return alone
    counting = [one for one in offers.now if offers.reaches(one)]
    if counting:
        offers.tell({"ask": "offers", "state": "active"}, {"lines": "\n".join(line_of(offers.turn, one) for one in counting)})
        # "Nothing comes on top of a lowered price" would be wrong where a promotion does.
        return alone or bool(offers.product and offers.product.discounted)
    if signs_in(offers.text, "coming_signs"):
        offers.tell({"ask": "offers"}, {})
        return alone
    return False


def _rule(offers: Offers, promotion: Promotion | None, kind: str) -> None:
    """pn_11 … pn_16, with what it makes of so many pieces."""
    if promotion is None:
        offers.tell({"ask": "rule", "kind": kind}, {"kind_word": word("promotion_kinds", kind)})
        return
    told = terms(offers.turn, promotion)
    facts = {
        "ask": "rule",
        "kind": promotion.kind,
        "state": offers.state(promotion),
        "applies": "yes" if offers.reaches(promotion) else "no",
        "dated": "yes" if "until" in told else "no",
    }
    if offers.tell(facts, told):
        _example(offers, promotion)


def _example(offers: Offers, promotion: Promotion) -> None:
    """The sum of the pieces spoken of, or of two when a second one is asked about."""
    product = offers.product
    if product is None and promotion.scope == "product" and len(promotion.targets) == 1:
        product = offers.turn.repo.product(promotion.targets[0])
    pieces = max([int(one) for one in offers.turn.entities("quantity")], default=1)
    if promotion.kind == "second_piece":
        pieces = max(pieces, 2)
    if product is None or pieces < 2:
        return
    found = basket.priced(offers.turn, [Item(product, pieces)], offers.all)
    values = basket.total_values(offers.turn, found)
    offers.turn.say("utter_promotions_example", quantity=str(pieces), lines=values["lines"], paid=values["paid"])


def _stack(offers: Offers, kind: str | None) -> None:
    """pn_21 … pn_26: what those in force say of coupons and of each other."""
    counting = [one for one in offers.now if one.kind in REDUCING and offers.reaches(one)]
    counting.sort(key=lambda one: one.kind != kind)
    if signs_in(offers.text, "two_coupons_signs"):
        offers.tell({"ask": "stack", "with": "coupons"}, {})
    elif signs_in(offers.text, "coupon_signs"):
        first = counting[0] if counting else None
        fits = "none" if first is None else "yes" if first.with_coupons else "no"
        offers.tell({"ask": "stack", "with": "coupon", "stacks": fits}, {"promotion": first.name if first else None})
    elif len(counting) < 2:
        offers.tell({"ask": "stack", "with": "promotions"}, {})
    else:
        one, other = next(combinations(counting, 2))
        values = {"promotion": one.name, "other_promotion": other.name}
        offers.tell({"ask": "stack", "with": "promotions", "stacks": "yes" if stacks(one, other) else "no"}, values)


def _presale(offers: Offers) -> None:
    """pn_31 … pn_36: where a presale stands, with the dates of deposit and balance."""
    turn = offers.turn
    owing = bool(signs_in(offers.text, "balance_signs"))
    several = [(found, one) for one in offers.all if one.kind == "presale" and (found := phase(one, turn.now)) is not None]
    # Long after a presale nobody who asks for one means it; who asks for a balance may.
    known = [pair for pair in several if pair[0] != "over" or owing or any(name in offers.text for name in pair[1].spoken)]
    if not known:
        offers.tell({"ask": "presale"}, {})
        return
    found, promotion = min(known, key=lambda pair: (not offers.reaches(pair[1]), PHASES.index(pair[0]), pair[1].promotion_id))
    told = terms(turn, promotion)
    product = offers.product if offers.product and promotion.covers(offers.product) else turn.repo.product(promotion.targets[0])
    if found == "deposit" and product is not None:
        ahead = basket.priced(turn, [Item(product)], offers.all, coupons=()).presale
        told["balance"] = money(ahead[0].balance) if ahead else None
    offers.tell({"ask": "presale", "phase": found}, told)
    if found != "over" and told.get("ship_by"):
        turn.say("utter_promotions_presale_ships", **told)


def _present(offers: Offers) -> bool:
    """pn_41 … pn_43: the present of a promotion in force; False when there is none (a present may still be bargained for)."""
    gifts = [one for one in offers.now if one.kind == "gift"]
    promotion = offers.first(gifts, ("active",))
    if promotion is None:
        return False
    if offers.product is None:
        _rule(offers, promotion, "gift")
        return True
    told = terms(offers.turn, promotion)
    pieces = max([int(one) for one in offers.turn.entities("quantity")], default=1)
    found = basket.priced(offers.turn, [Item(offers.product, pieces)], offers.all)
    reached = any(one.promotion == promotion for one in found.presents)
    left = found.listed - sum((one.amount for one in found.deductions), Decimal(0))
    facts = {"ask": "present", "applies": "yes" if offers.reaches(promotion) else "no", "reached": "yes" if reached else "no"}
    offers.tell(facts, {**told, "gap": money(max(promotion.threshold - left, Decimal(0)))})
    return True


def tell_price(turn: Turn, product: ProductFacts) -> bool:
    """pn_07 … pn_09: one piece while a promotion changes its price; False when none does."""
    offers = Offers(turn, product)
    found = next((one for one in offers.now if one.kind == "presale" and one.covers(product)), None)
    if found is None:
        lower = [
            one
            for one in offers.now
            if one.kind == "limited_price" and one.covers(product) and (one.price or product.price) < product.price
        ]
        found = min(lower, key=lambda one: (one.price or product.price, one.promotion_id), default=None)
    if found is None:
        return False
    told = terms(turn, found)
    offers.tell({"ask": "price", "kind": found.kind, "state": "active", "dated": "yes" if "until" in told else "no"}, told)
    return True
