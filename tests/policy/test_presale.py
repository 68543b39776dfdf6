"""Cases of rules.md §10, §11, §17, §22, §23 for what is decided before buying, and the pure helpers of these topics."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from policy import objections, recommend
from policy.decide import decide, load_table
from tests.policy.demo import parameters, product, shop

PRODUCTS = [product(f"p{number}") for number in (1001, 1002, 1003, 1004, 2001, 2002, 2003, 3001, 3002, 3003, 4001)]


@pytest.mark.parametrize(
    ("table", "facts", "row"),
    [
        ("bargaining", {"asked": 3, "concessions": 2}, "bg_07"),  # §23 case 11
        ("bargaining", {"discounted": "yes"}, "bg_02"),  # §23 case 12
        ("bargaining", {"ask": "free_postage"}, "bg_16"),
        ("bargaining", {"ask": "offer"}, "bg_08"),
        ("bargaining", {"ask": "gift"}, "bg_05_a"),
        ("bargaining", {"kind": "furniture"}, "bg_01_a"),
        ("sizing", {"step": "misfit"}, "sz_05"),
        ("sizing", {"chart": "no"}, "sz_04"),
        ("couriers", {"want": "fast"}, "cc_01"),
        ("couriers", {"want": "economy"}, "cc_02"),
        ("couriers", {"place": "remote"}, "cc_03"),
        ("couriers", {}, "cc_04"),
        ("couriers", {"use": "return"}, "cc_05"),
        ("couriers", {"holiday": "yes"}, "cc_06"),
        ("products", {"variant": "one", "pieces": 9}, "ps_01"),
        ("products", {"variant": "one", "others": "yes"}, "ps_02"),
        ("products", {"variant": "one", "pieces": 2}, "os_03"),
        ("products", {"ask": "shipping", "place": "yes"}, "ps_03"),
        ("products", {"ask": "dropship", "policy": "yes", "registered": "yes"}, "ps_04"),
        ("objections", {"warranty": "yes"}, "bg_15"),
    ],
)
def test_a_case_of_the_rules_has_its_row(table: str, facts: dict[str, object], row: str) -> None:
    assert decide(table, facts, parameters()).row == row


def test_no_table_of_these_topics_knows_who_asks() -> None:
    about_people = {"customer", "vip", "region", "age", "device", "history", "buyer_type"}
    for name in ("objections", "furniture", "recommendation", "products", "product_info", "couriers", "scripts", "bargaining"):
        assert not about_people & set(load_table(name).inputs), name


def test_how_many_rounds_of_doubt_is_the_shops_choice() -> None:
    facts = {"times": 1, "topic": "worth"}
    assert decide("objections", facts, parameters()).row == "ob_21"
    assert decide("objections", facts, parameters(objection_rounds=1)).row == "ob_08"


def test_a_price_is_shared_out_only_over_a_true_span() -> None:
    assert objections.values(product("p1001"), parameters()) == {}
    assert objections.values(product("p4001"), parameters()) == {"per_month": "5.4", "per_day": "0.2"}


def test_an_everyday_expense_dearer_than_the_product_is_no_comparison() -> None:
    own = parameters(daily_item="一顿火锅", daily_item_price=150)
    assert "times" not in objections.values(product("p1002"), own)
    assert objections.values(product("p2001"), own)["times"] == "2"


def test_without_an_end_of_the_offer_there_is_no_deadline() -> None:
    assert objections.facts(product("p1001"), shop(), parameters())["deadline"] == "no"
    assert objections.facts(product("p1002"), shop(), parameters())["deadline"] == "no"


@pytest.mark.parametrize(
    ("text", "kinds", "materials"),
    [("推荐一款纯棉四件套", ("bedding",), ("纯棉",)), ("实木的柜子", ("furniture",), ("实木",)), ("送妈妈选哪个好", (), ())],
)
def test_a_liking_is_read_from_what_the_catalogue_can_answer(text: str, kinds: tuple[str, ...], materials: tuple[str, ...]) -> None:
    liking = recommend.read(text, PRODUCTS)
    assert (liking.kinds, liking.materials) == (kinds, materials)
    assert liking.said is bool(kinds or materials)


def test_a_name_that_is_asked_for_is_found() -> None:
    choices = recommend.choose(PRODUCTS, recommend.read("碎花的有吗", PRODUCTS))
    assert [choice.product.product_id for choice in choices] == ["p1001"]


def test_nothing_out_of_stock_is_recommended() -> None:
    gone = [replace(item, stock=dict.fromkeys(item.stock, 0)) if item.product_id == "p3001" else item for item in PRODUCTS]
    assert "p3001" not in [choice.product.product_id for choice in recommend.choose(gone, recommend.Liking(kinds=("furniture",)))]


def test_a_colour_that_is_sold_out_is_no_reason() -> None:
    choices = recommend.choose(PRODUCTS, recommend.read("深灰的沙发", PRODUCTS))
    assert choices == []


def test_every_reason_is_a_fact_of_the_product() -> None:
    for choice in recommend.choose(PRODUCTS, recommend.Liking(most=Decimal(300))):
        assert choice.product.price <= 300
        assert choice.reasons
        assert all(
            str(choice.product.floor_price) not in reason or choice.product.floor_price in (20, 59, 320) for reason in choice.reasons
        )
