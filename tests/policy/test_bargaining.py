"""Bargaining: the same offers for everybody, a present, a coupon, an end, and never a changed price (rules.md §10, §23)."""

from __future__ import annotations

import inspect
from decimal import Decimal

import pytest

from policy import bargaining
from policy.decide import Decision, decide, gap, load_table, unreachable
from policy.facts import ProductFacts
from tests.policy.demo import parameters, product, shop

EVERY_PRODUCT = ["p1001", "p1002", "p1003", "p1004", "p2001", "p2002", "p2003", "p3001", "p3002", "p3003", "p4001"]


def heard(one: ProductFacts, **said: object) -> Decision:
    """What the shopper hears."""
    return decide("bargaining", bargaining.facts(one, shop(), parameters(), **said), parameters())  # type: ignore[arg-type]


def rounds(product_id: str, asks: list[str], limit: int = 2) -> tuple[list[str], list[str], list[str]]:
    """The rows of a talk that bargains on, all that was given, and every word that was filled in."""
    one, limits = product(product_id), parameters(max_concessions=limit)
    given: list[str] = []
    rows: list[str] = []
    words: list[str] = []
    for asked, ask in enumerate(asks):
        wish = "repeat" if ask == "request" and rows and rows[-1] in ("bg_07", "bg_09", "bg_z_06") else ask
        facts = bargaining.facts(one, shop(), limits, ask=wish, asked=asked, offers=asks[:asked].count("offer"), given=given)
        decision = decide("bargaining", facts, limits)
        words += bargaining.values(decision.then, one, shop(), limits, given=given).values()
        rows.append(str(decision.row))
        given_now = bargaining.concession(decision.then, one, shop(), given=given)
        if given_now:
            given.append(given_now.key)
    return rows, given, words


def test_the_table_is_complete_and_every_row_reachable() -> None:
    table = load_table("bargaining")
    assert gap(table, parameters()) is None
    assert unreachable(table, parameters()) == []
    known = {row.id for row in table.rows} | {note.id for note in table.notes}
    known |= {row.id for row in load_table("objections").rows}
    assert {f"bg_{number:02}" for number in range(1, 18)} <= known


def test_ten_times_cheaper_please() -> None:
    rows, given, _ = rounds("p1001", ["request"] * 10)
    assert rows[:4] == ["bg_01", "bg_05", "bg_06", "bg_07"]
    assert set(rows[4:]) == {"bg_09"}
    assert given == ["gift:收纳袋", "coupon:NEW5"]


@pytest.mark.parametrize("product_id", EVERY_PRODUCT)
@pytest.mark.parametrize("limit", [0, 1, 2, 3])
@pytest.mark.parametrize("asks", [["request"] * 10, ["offer"] * 10, ["leave", "request"] * 5, ["old_customer"] * 10, ["repeat"] * 10])
def test_no_talk_goes_under_the_floor_or_past_the_number_of_concessions(product_id: str, limit: int, asks: list[str]) -> None:
    one = product(product_id)
    _, given, words = rounds(product_id, asks, limit)
    assert len(given) <= limit
    off = sum(coupon.amount for coupon in shop().coupons if f"coupon:{coupon.code}" in given)
    assert one.price - off >= one.floor_price
    if one.floor_price != one.price:
        assert not [word for word in words if str(one.floor_price) in word]


def test_discounted_goods_are_not_discounted_again() -> None:
    assert heard(product("p1002")).row == "bg_02"
    rows, given, _ = rounds("p1002", ["request"] * 4)
    assert rows == ["bg_02", "bg_05", "bg_07", "bg_09"] or rows == ["bg_02", "bg_05", "bg_07", "bg_z_06"]
    assert given == ["gift:收纳袋"]
    assert bargaining.coupon(product("p1002"), shop()) is None


def test_two_concessions_are_the_end() -> None:
    decision = heard(product("p1001"), asked=3, given=("gift:收纳袋", "coupon:NEW5"))
    assert (decision.row, decision.then["give"], decision.then["offer_person"]) == ("bg_07", "none", "yes")


def test_no_coupon_applies_after_the_present() -> None:
    rows, _, _ = rounds("p2002", ["request"] * 3)
    assert rows == ["bg_01", "bg_05", "bg_07"]


@pytest.mark.parametrize(
    ("product_id", "code"), [("p1001", "NEW5"), ("p2001", "SAVE10"), ("p1004", "SAVE10"), ("p2002", None), ("p3003", None)]
)
def test_the_best_coupon_that_applies(product_id: str, code: str | None) -> None:
    best = bargaining.coupon(product(product_id), shop())
    assert (best.code if best else None) == code


def test_more_pieces_reach_a_better_coupon() -> None:
    best = bargaining.coupon(product("p1001"), shop(), quantity=2)
    assert best is not None
    assert best.code == "SAVE10"


def test_asks_which_offers_exist() -> None:
    assert heard(product("p1001"), ask="which_offers").row == "bg_03"
    assert heard(product("p2002"), ask="which_offers").row == "bg_z_04"
    assert heard(product("p1002"), ask="which_offers").row == "bg_z_03"


def test_names_a_price() -> None:
    assert heard(product("p2002"), ask="offer").row == "bg_08"
    assert heard(product("p2002"), ask="offer", asked=1, offers=1).row == "bg_05"


def test_threatens_to_leave() -> None:
    decision = heard(product("p1001"), ask="leave", asked=2, given=("gift:收纳袋",))
    assert (decision.row, decision.then["give"]) == ("bg_10", "none")
    spoken = bargaining.values(decision.then, product("p1001"), shop(), parameters(), given=("gift:收纳袋", "coupon:NEW5"))
    assert spoken["options"] == "一份收纳袋、新客立减5元（满59元可用）"


def test_wholesale_goes_to_a_person() -> None:
    assert heard(product("p1002"), quantity=50).then["ticket"] == "wholesale"
    assert heard(product("p1001"), quantity=49).row == "bg_01"


def test_has_ordered_and_not_paid() -> None:
    assert heard(product("p1001"), ordered_unpaid=True).row == "bg_17"


def test_free_postage_is_told_by_how_much_is_missing() -> None:
    decision = heard(product("p1001"), ask="free_postage")
    assert decision.row == "bg_16"
    assert bargaining.values(decision.then, product("p1001"), shop(), parameters())["gap"] == "31"
    assert heard(product("p2001"), ask="free_postage").row == "bg_z_01"
    none = parameters(free_postage_from=None)
    facts = bargaining.facts(product("p1001"), shop(), none, ask="free_postage")
    assert decide("bargaining", facts, none).row == "bg_z_02"


def test_nothing_about_the_person_is_an_input() -> None:
    assert not {"customer", "customer_id", "region", "name"} & inspect.signature(bargaining.facts).parameters.keys()
    assert not {"customer", "region", "member", "floor"} & load_table("bargaining").inputs.keys()


def test_a_number_the_shop_has_not_confirmed_is_not_spoken() -> None:
    spoken = bargaining.values({}, product("p1001"), shop(), parameters(), speak_postage=False, speak_returns=False)
    assert not {"gap", "free_from", "options"} & spoken.keys()
    assert "可退换" not in spoken["points"]


def test_amounts_are_spoken_without_idle_zeros() -> None:
    assert [bargaining.money(Decimal(text)) for text in ("168", "8.50", "100", "0.05")] == ["168", "8.5", "100", "0.05"]
