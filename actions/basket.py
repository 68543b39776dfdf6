"""Which goods are to be paid together, how many of each; and their sum told line by line (policy/baskets.py, rows pn_01 … pn_06)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from actions.goods import place_in, quantity, signs_in, wish_text
from actions.outcome import tell
from actions.terms import balance_dates
from actions.turn import Turn
from actions.values import money
from policy.baskets import TooManyCombinations, quote
from policy.decide import decide
from policy.facts import Coupon
from policy.parameters import spoken
from policy.promotions import Promotion
from policy.quotes import Deduction, Item, PresaleLine, Quote
from policy.words import fmt

MOST_GOODS = 3
KEPT = "basket"  # of the slot `tally`: what was summed up last, as [product, pieces, variant]


def asked(turn: Turn) -> list[Item] | None:
    """The goods whose sum is asked for: several, more than one piece, or one with everything that comes on top; None: one price."""
    text = wish_text(turn)
    named = _named(turn, text)
    before = _kept(turn)
    if before and _adds(turn, text):
        return _merged([*before, *(named or [replace(before[-1], quantity=quantity(text))])])
    total = bool(signs_in(text, "total_signs"))
    if not named:
        product = turn.product()
        if before and total and not _counts(turn) and (product is None or product.product_id in {one.product.product_id for one in before}):
            return before
        if product is None:
            return None
        named = [Item(product, _pieces(turn, text), _variant(turn))]
    if len(named) > 1 or named[0].quantity > 1 or total:
        return named
    return None


def _adds(turn: Turn, text: str) -> bool:
    """Whether goods come on top of those summed up last: said before the first of them (再加一件T恤, not T恤加上牛仔裤 or 加上邮费)."""
    mentions = _mentions(turn)
    return any(text.find(sign) < mentions[0][2] for sign in signs_in(text, "add_signs")) if mentions else False


def goes_on(turn: Turn) -> bool:
    """Whether the message adds goods to those summed up last ("and two pillows")."""
    return bool(_kept(turn)) and _adds(turn, wish_text(turn))


def held(turn: Turn) -> list[Item] | None:
    """The goods summed up last while the talk is about one of them and none is named anew; None without such."""
    before, product = _kept(turn), turn.product()
    if product is None or turn.entity("product"):
        return None
    return before if product.product_id in {one.product.product_id for one in before} else None


def keep(turn: Turn, items: Sequence[Item]) -> None:
    """Remember what is to be paid together, for "how much is it all" and "and one more of …"."""
    tally = dict(turn.slot("tally") or {})
    turn.set("tally", {**tally, KEPT: [[one.product.product_id, one.quantity, one.variant] for one in items]})


def _mentions(turn: Turn) -> list[tuple[str, Any, int, int]]:
    found = [one for one in (turn.tracker.latest_message or {}).get("entities") or [] if one.get("entity") in ("product", "quantity")]
    return sorted(
        ((str(e["entity"]), e.get("value"), int(e.get("start") or 0), int(e.get("end") or 0)) for e in found), key=lambda one: one[2]
    )


def _counts(turn: Turn) -> list[int]:
    return [int(value) for value in turn.entities("quantity")]


def _pieces(turn: Turn, text: str) -> int:
    """Of one product: the largest number said, unless two are weighed against each other."""
    counts = _counts(turn)
    if counts and not (len(counts) > 1 and signs_in(text, "or_signs")):
        return max(counts)
    return 1 if counts else quantity(text)


def _variant(turn: Turn) -> str | None:
    colour, size = turn.entity("colour"), turn.entity("size")
    return "/".join(str(part) for part in (colour, size) if part) or None


def _named(turn: Turn, text: str) -> list[Item]:
    """The products that the message names, each with the number that stands nearest to it."""
    mentions = _mentions(turn)
    goods = [one for one in mentions if one[0] == "product"]
    ids = list(dict.fromkeys(str(one[1]) for one in goods))
    known = {name: found for name in ids if (found := turn.repo.product(name)) is not None}
    if len(known) < 2:
        return [Item(one, _pieces(turn, text), _variant(turn)) for one in known.values()]
    counted: dict[str, int] = {}
    numbers = [one for one in mentions if one[0] == "quantity"]
    if numbers and signs_in(text, "each_signs"):
        counted = dict.fromkeys(known, int(numbers[-1][1]))
    else:
        for number in numbers:
            nearest = min(goods, key=lambda one: (_gap(one, number), _side(one, number, mentions)))
            counted[str(nearest[1])] = counted.get(str(nearest[1]), 0) + int(number[1])
    return [Item(product, counted.get(name, 1)) for name, product in known.items()]


def _gap(goods: tuple[str, Any, int, int], number: tuple[str, Any, int, int]) -> int:
    return max(goods[2] - number[3], number[2] - goods[3], 0)


def _side(goods: tuple[str, Any, int, int], number: tuple[str, Any, int, int], mentions: Sequence[Any]) -> int:
    """Of two goods as near: the one before the number when the message begins with goods (T恤两件牛仔裤一条), else the one after it."""
    before = goods[3] <= number[2]
    return 0 if before is (mentions[0][0] == "product") else 1


def _kept(turn: Turn) -> list[Item]:
    kept = (turn.slot("tally") or {}).get(KEPT) or []
    found = [(turn.repo.product(str(name)), int(pieces), variant) for name, pieces, variant in kept]
    return [Item(product, pieces, variant) for product, pieces, variant in found if product is not None]


def _merged(items: Sequence[Item]) -> list[Item]:
    found: dict[tuple[str, str | None], Item] = {}
    for one in items:
        key = (one.product.product_id, one.variant)
        found[key] = replace(one, quantity=one.quantity + (found[key].quantity if key in found else 0))
    return list(found.values())


def priced(turn: Turn, items: Sequence[Item], promotions: Sequence[Promotion], coupons: Sequence[Coupon] | None = None) -> Quote:
    """The quote at this moment; the postage is open for far places and while the shop has not confirmed its own numbers.

    ``coupons``: those of the shop unless others are given.
    """
    _, place = place_in(turn.text)
    known = place == "home" and spoken("free_postage_from", turn.parameters) and spoken("postage", turn.parameters)
    usable = turn.shop.coupons if coupons is None else coupons
    return quote(items, promotions, usable, turn.parameters, turn.now, postage_known=known)


def tell_total(turn: Turn, items: list[Item]) -> None:
    """The sum of a basket, line by line; it is kept for "and one more of …"."""
    keep(turn, items)
    turn.set("product_id", items[-1].product.product_id)
    listed = sum((one.product.price * one.quantity for one in items), Decimal(0))
    found: Quote | None = None
    if len({one.product.product_id for one in items}) <= MOST_GOODS:
        try:
            found = priced(turn, items, turn.repo.promotions())
        except TooManyCombinations:
            found = None
    if found is None:
        tell(turn, decide("promotions", {"ask": "total", "goods": "many"}, turn.parameters), None, {"price": money(listed)})
        return
    ahead = "all" if found.presale and not found.lines else "some" if found.presale else "none"
    facts = {
        "ask": "total",
        "presale": ahead,
        "saved": "yes" if found.saved > 0 else "no",
        "postage": "open" if found.postage is None or found.presale_postage is None else "known",
    }
    tell(turn, decide("promotions", facts, turn.parameters), None, total_values(turn, found))
    gone = [one.product for one in items if not any(count > 0 for count in one.product.stock.values())]
    if gone:
        turn.say("utter_promotions_out_of_stock", product=gone[0].name)


def total_values(turn: Turn, found: Quote) -> dict[str, Any]:
    """lines, paid, saved, amount_now, deposit, balance, balance_from, balance_to: ready to speak."""
    values: dict[str, Any] = {"lines": "\n".join(lines(turn, found)), "paid": money(found.payable), "saved": money(found.saved)}
    if found.presale:
        deposits = sum((one.deposit for one in found.presale), Decimal(0))
        values |= {"amount_now": money(found.now), "deposit": money(deposits), "balance": money(found.later)}
        values |= balance_dates(turn, found.presale[0].promotion)
    return values


def lines(turn: Turn, found: Quote) -> list[str]:
    """The lines of a sum: goods, each promotion, the coupon, postage, presents, presale goods."""
    told = [_goods_line(one.item, one.listed) for one in found.lines]
    told += [_deduction("line_deduction", one) for one in found.deductions]
    if found.coupon is not None:
        told.append(_deduction("line_coupon", found.coupon))
    told += [fmt("line_present", gift=one.name, count=one.count) for one in found.presents]
    told += [_presale_line(one) for one in found.presale]
    postage = None if found.postage is None or found.presale_postage is None else found.postage + found.presale_postage
    if postage is not None:
        told.append(_postage_line(turn, postage))
    return told


def _goods_line(item: Item, listed: Decimal) -> str:
    name = item.product.name if item.variant is None else f"{item.product.name} {item.variant}"
    if item.quantity == 1:
        return fmt("line_one", product=name, sum=money(listed))
    return fmt("line_several", product=name, price=money(item.product.price), quantity=item.quantity, sum=money(listed))


def _deduction(form: str, one: Deduction) -> str:
    return fmt(form, label=one.name, amount=money(one.amount))


def _presale_line(one: PresaleLine) -> str:
    values = {
        "product": one.item.product.name,
        "quantity": one.item.quantity,
        "label": one.promotion.name,
        "deposit": money(one.deposit),
        "worth": money(one.worth),
        "balance": money(one.balance),
    }
    if one.coupon is None:
        return fmt("line_presale", **values)
    return fmt("line_presale_coupon", **values, coupon=one.coupon.name, amount=money(one.coupon.amount))


def _postage_line(turn: Turn, postage: Decimal) -> str:
    if postage > 0:
        return fmt("line_postage", amount=money(postage))
    threshold = turn.parameters["free_postage_from"]
    return fmt("line_postage_free", free_from=money(Decimal(str(threshold)))) if threshold else fmt("line_postage_none")
