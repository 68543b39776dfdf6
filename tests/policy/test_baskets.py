"""What a basket costs: thirty worked out by hand, the limits of each rule, and what holds of every basket."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from policy.baskets import TooManyCombinations, quote
from policy.facts import Coupon
from policy.promotions import KINDS, Promotion, Step
from policy.quotes import Item, Quote, shared
from policy.validity import ALWAYS
from tests.policy.demo import parameters, product, shop
from tests.policy.promotions_support import moment, named, priced, promotions

BASKETS: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("baskets.yml").read_text("utf-8"))["baskets"]
GOODS = ("p1001", "p1002", "p1003", "p1004", "p2001", "p2002", "p2003", "p3001", "p3003", "p4001")
NOW = moment("2026-11-18T12:00:00")
CENT = Decimal("0.01")


def sums(found: Quote) -> dict[str, Decimal]:
    """What each promotion and the coupon take off the ordinary goods."""
    parts = [*found.deductions, *([found.coupon] if found.coupon else [])]
    return {one.key: one.amount for one in parts}


def test_there_are_thirty_baskets() -> None:
    assert len(BASKETS) == 30


@pytest.mark.parametrize(
    "case", BASKETS, ids=[f"{one['at'][:10]} {'+'.join(f'{k}x{v}' for k, v in one['basket'].items())}" for one in BASKETS]
)
def test_a_basket_costs_what_was_worked_out_by_hand(case: dict[str, Any]) -> None:
    found = priced(case["at"], case["basket"])
    assert found.payable == Decimal(case["pays"]), case["how"]
    assert sums(found) == {key: Decimal(value) for key, value in case["less"].items()}
    assert (found.postage or Decimal(0)) + (found.presale_postage or Decimal(0)) == Decimal(case["postage"])
    if "gifts" in case:
        assert [one.name for one in found.presents] == case["gifts"]
    if "now" in case:
        assert (found.now, found.later) == (Decimal(case["now"]), Decimal(case["later"]))


@pytest.mark.parametrize("case", BASKETS)
def test_the_lines_add_up_to_the_sum(case: dict[str, Any]) -> None:
    found = priced(case["at"], case["basket"])
    for line in found.lines:
        assert line.listed - sum((one.amount for one in line.deductions), Decimal(0)) == line.pays
    for key, amount in sums(found).items():
        assert sum((one.amount for line in found.lines for one in line.deductions if one.key == key), Decimal(0)) == amount
    assert found.listed - found.saved + (found.postage or 0) + (found.presale_postage or 0) == found.payable


# Boundaries


@pytest.mark.parametrize(
    ("at", "pays"),
    [
        ("2026-10-31T23:59:59", "508"),  # 518 - 10
        ("2026-11-01T00:00:00", "458"),
        ("2026-11-11T23:59:59", "458"),
        ("2026-11-12T00:00:00", "508"),
    ],
)
def test_a_day_counts_from_its_first_to_its_last_second(at: str, pays: str) -> None:
    assert priced(at, {"p2001": 2}).payable == Decimal(pays)


@pytest.mark.parametrize(("at", "off"), [("2026-11-10T19:59:59", False), ("2026-11-10T20:00:00", True), ("2026-11-12T00:00:00", False)])
def test_a_price_of_the_hour_begins_at_its_minute(at: str, off: bool) -> None:
    assert ("d11-dress" in sums(priced(at, {"p1001": 1}))) is off


@pytest.mark.parametrize(
    ("at", "now"),
    [("2026-11-26T23:59:59", "689"), ("2026-11-27T00:00:00", "100"), ("2026-12-03T23:59:59", "100"), ("2026-12-04T00:00:00", "689")],
)
def test_a_presale_takes_deposits_on_its_days_only(at: str, now: str) -> None:
    assert priced(at, {"p2003": 1}).now == Decimal(now)


@pytest.mark.parametrize(("counts", "postage"), [("list", "0"), ("promotions", "0"), ("coupons", "8")])
def test_which_sum_counts_for_free_postage_is_the_shops_choice(counts: str, postage: str) -> None:
    goods = replace(product("p1003"), price=Decimal(200))
    found = quote([Item(goods)], (), shop().coupons, parameters(free_postage_counts=counts), NOW)
    assert (found.coupon is not None, found.postage) == (True, Decimal(postage))


def test_a_coupon_that_would_cost_the_free_postage_is_left_out_when_nothing_is_saved() -> None:
    goods = replace(product("p1003"), price=Decimal(202))
    five = Coupon("FIVE", "五元券", Decimal(5), Decimal(0))
    found = quote([Item(goods)], (), [five], parameters(free_postage_counts="coupons"), NOW)
    assert (found.coupon, found.payable) == (None, Decimal(202))  # 202 against 197 + 8


# Rounding


def half(price: str, quantity: int = 2, percent: int = 50) -> Quote:
    goods = replace(product("p2002"), price=Decimal(price))
    second = Promotion("half", "第二件", "second_piece", percent=percent)
    return quote([Item(goods, quantity)], [second], (), parameters(postage=0), NOW)


@pytest.mark.parametrize(
    ("price", "percent", "off"),
    [("59.99", 50, "30.00"), ("0.01", 50, "0.01"), ("19.90", 33, "6.57"), ("10.05", 50, "5.03"), ("99.99", 15, "15.00")],
)
def test_half_a_cent_is_the_shoppers(price: str, percent: int, off: str) -> None:
    assert half(price, percent=percent).saved == Decimal(off)


def test_each_piece_is_rounded_by_itself() -> None:
    assert half("59.99", 4).saved == Decimal("60.00")


def test_a_sum_shared_out_over_lines_is_the_sum_again_and_no_line_pays_less_than_nothing() -> None:
    assert shared(Decimal(10), {0: Decimal(10), 1: Decimal(10), 2: Decimal(10)}) == {
        0: Decimal("3.34"),
        1: Decimal("3.33"),
        2: Decimal("3.33"),
    }
    shares = shared(Decimal("29.99"), {0: Decimal(10), 1: Decimal(10), 2: Decimal(10)})
    assert sum(shares.values()) == Decimal("29.99")
    assert max(shares.values()) <= 10


# Rules of each kind


def test_the_reduced_piece_is_the_cheaper_of_its_pair() -> None:
    every = Promotion("half", "第二件半价", "second_piece", scope="kind", targets=("bedding",))
    found = quote([Item(product("p2001")), Item(product("p2002"), 2)], [every], (), parameters(), NOW)
    assert sums(found) == {"half": Decimal(10)}  # 259 with 20 at half; the third alone


def test_a_percentage_of_a_hundred_is_the_second_piece_free() -> None:
    assert half("59.99", 3, 100).saved == Decimal("59.99")


def test_for_each_full_amount_up_to_the_limit() -> None:
    every = Promotion("each", "每满100减10", "full_reduction", steps=(Step(Decimal(100), Decimal(10)),), every=True, limit=3)
    assert [sums(quote([Item(product("p1003"), n)], [every], (), parameters(), NOW)) for n in (1, 2, 3)] == [
        {"each": Decimal(10)},
        {"each": Decimal(20)},
        {"each": Decimal(30)},
    ]  # 139, 278, 417: four times, three count


def test_a_step_not_reached_takes_nothing_off() -> None:
    assert not sums(priced("2026-11-05T12:00:00", {"p2002": 2}))


def test_a_price_above_the_list_price_is_no_offer() -> None:
    dear = Promotion("dear", "限时价", "limited_price", scope="product", targets=("p2002",), price=Decimal(30))
    found = quote([Item(product("p2002"))], [dear], (), parameters(), NOW)
    assert (found.deductions, found.payable) == ((), Decimal(28))


def test_presents_for_each_full_amount_up_to_their_limit() -> None:
    bags = Promotion("bags", "满赠", "gift", gift="收纳袋", threshold=Decimal(100), every=True, limit=3)
    found = quote([Item(product("p1003"), 5)], [bags], (), parameters(), NOW)
    assert [(one.name, one.count) for one in found.presents] == [("收纳袋", 3)]


def test_a_present_that_goes_with_no_coupon_is_not_promised_beside_one() -> None:
    bag = Promotion("bag", "满赠", "gift", gift="收纳袋", threshold=Decimal(100), with_coupons=False)
    found = quote([Item(product("p1003"))], [bag], shop().coupons, parameters(), NOW)
    assert (found.coupon is not None, found.presents) == (True, ())
    assert quote([Item(product("p1003"))], [bag], (), parameters(), NOW).presents


def test_a_dated_promotion_takes_the_place_of_the_everyday_one_of_its_slot() -> None:
    everyday = Promotion("always", "平日满减", "full_reduction", slot="shop-steps", steps=(Step(Decimal(200), Decimal(5)),))
    goods, all_of_them = [Item(product("p2001"), 2)], [*promotions(), everyday]
    assert sums(quote(goods, all_of_them, (), parameters(), moment("2026-11-05T12:00:00"))) == {"d11-steps": Decimal(50)}
    assert sums(quote(goods, all_of_them, (), parameters(), NOW)) == {"always": Decimal(5)}


def test_postage_that_is_not_known_is_in_no_sum() -> None:
    items = [Item(product("p1002"))]
    assert quote(items, (), (), parameters(), NOW, postage_known=False).postage is None
    assert quote(items, (), (), parameters(), NOW, postage_known=False).payable == 59
    assert quote(items, (), (), parameters(postage=None), NOW).postage is None


def test_a_presale_has_no_other_promotion_and_a_coupon_only_when_it_lasts_until_the_balance() -> None:
    steps = Promotion("steps", "满减", "full_reduction", steps=(Step(Decimal(100), Decimal(50)),))
    at, quilt = moment("2026-11-30T12:00:00"), [Item(product("p2003"))]
    short = Coupon("SHORT", "短期券", Decimal(100), Decimal(0), valid_until=moment("2026-12-05T20:00:00"))
    found = quote(quilt, [named("quilt-presale"), steps], [short], parameters(), at)
    assert (found.deductions, found.presale[0].coupon, found.later) == ((), None, Decimal(509))
    lasting = replace(short, valid_until=moment("2026-12-05T20:00:01"))
    assert quote(quilt, [named("quilt-presale")], [lasting], parameters(), at).later == Decimal(409)


def test_an_empty_number_of_pieces_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        quote([Item(product("p1001"), 0)], (), (), parameters(), NOW)


def test_more_combinations_than_can_be_searched_are_refused() -> None:
    many = [Promotion(f"x{n}", "满减", "full_reduction", steps=(Step(Decimal(1), Decimal(1)),), group=f"g{n % 4}") for n in range(24)]
    with pytest.raises(TooManyCombinations):
        quote([Item(product("p1001")), Item(product("p1003")), Item(product("p2001"))], many, (), parameters(), NOW)


def test_the_floor_price_changes_no_sum() -> None:
    goods = product("p1001")
    dear = replace(goods, floor_price=goods.price)
    at = moment("2026-11-10T21:00:00")
    assert quote([Item(goods, 2)], promotions(), shop().coupons, parameters(), at).payable == (
        quote([Item(dear, 2)], promotions(), shop().coupons, parameters(), at).payable
    )


# What holds of every basket

yuan = st.decimals(min_value=Decimal("0.01"), max_value=Decimal(500), places=2)


@st.composite
def a_promotion(draw: st.DrawFn, number: int) -> Promotion:
    kind = draw(st.sampled_from(KINDS))
    scope = "product" if kind in ("presale", "limited_price") else draw(st.sampled_from(("shop", "kind", "product")))
    targets = {
        "shop": (),
        "kind": ("clothing", "bedding"),
        "product": tuple(draw(st.sets(st.sampled_from(GOODS), min_size=1, max_size=4))),
    }[scope]
    start = draw(yuan)
    deposit = draw(yuan)
    return Promotion(
        f"x{number}",
        f"活动{number}",
        kind,
        ALWAYS,
        scope,
        targets,
        group=draw(st.sampled_from((None, "a", "b"))),
        with_promotions=draw(st.booleans()),
        with_coupons=draw(st.booleans()),
        discounted_goods=draw(st.booleans()),
        limit=draw(st.one_of(st.none(), st.integers(1, 5))),
        steps=(Step(start, draw(st.decimals(min_value=Decimal("0.01"), max_value=start, places=2))),),
        every=draw(st.booleans()),
        percent=draw(st.integers(1, 100)),
        price=draw(yuan),
        deposit=deposit,
        deposit_worth=deposit + draw(yuan),
        gift="收纳袋",
        threshold=draw(yuan),
    )


@st.composite
def a_coupon(draw: st.DrawFn, number: int) -> Coupon:
    least = draw(yuan)
    return Coupon(f"c{number}", f"券{number}", draw(yuan), least)


@st.composite
def a_case(draw: st.DrawFn) -> tuple[list[Item], list[Promotion], list[Coupon], str]:
    chosen = draw(st.lists(st.sampled_from(GOODS), min_size=1, max_size=3, unique=True))
    items = [Item(replace(product(name), price=draw(yuan)), draw(st.integers(1, 6))) for name in chosen]
    offers = [draw(a_promotion(number)) for number in range(draw(st.integers(0, 4)))]
    coupons = [draw(a_coupon(number)) for number in range(draw(st.integers(0, 3)))]
    return items, offers, coupons, draw(st.sampled_from(("list", "promotions", "coupons")))


@settings(max_examples=150, deadline=None)
@given(a_case())
def test_no_basket_costs_more_than_its_list_prices_with_postage_nor_less_than_nothing(
    case: tuple[list[Item], list[Promotion], list[Coupon], str],
) -> None:
    items, offers, coupons, counts = case
    found = quote(items, offers, coupons, parameters(free_postage_counts=counts), NOW)
    parcels = bool(found.lines) + bool(found.presale)
    assert 0 <= found.payable <= found.listed + 8 * parcels
    assert all(one.pays >= 0 for one in found.lines)
    assert all(one.deposit >= 0 and one.balance >= 0 for one in found.presale)
    assert sum(line.item.quantity for line in (*found.lines, *found.presale)) == sum(one.quantity for one in items)
    for line in found.lines:
        assert line.pays == line.listed - sum((one.amount for one in line.deductions), Decimal(0))
        assert line.pays % CENT == 0


@settings(max_examples=60, deadline=None)
@given(a_case(), a_coupon(9))
def test_one_more_coupon_never_raises_the_sum(case: tuple[list[Item], list[Promotion], list[Coupon], str], more: Coupon) -> None:
    items, offers, coupons, counts = case
    numbers = parameters(free_postage_counts=counts)
    assert quote(items, offers, [*coupons, more], numbers, NOW).payable <= quote(items, offers, coupons, numbers, NOW).payable


@settings(max_examples=60, deadline=None)
@given(a_case(), st.randoms(use_true_random=False))
def test_the_order_in_which_offers_are_stored_changes_nothing(
    case: tuple[list[Item], list[Promotion], list[Coupon], str], dice: Any
) -> None:
    items, offers, coupons, counts = case
    numbers = parameters(free_postage_counts=counts)
    mixed, others = dice.sample(offers, len(offers)), dice.sample(coupons, len(coupons))
    assert quote(items, mixed, others, numbers, NOW) == quote(items, offers, coupons, numbers, NOW)
