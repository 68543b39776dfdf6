"""What an invoice needs, read from words: tax numbers with their check characters, titles, addresses; price drops and gifts as facts."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from policy import gifts, invoices, payments, price_protection
from policy.decide import decide
from policy.facts import PriceRecord
from policy.promotions import Promotion
from policy.validity import Period
from tests.policy.demo import NOW, order, parameters, shop

# Companies' published numbers, and one made up with its character computed by hand.
VALID = ["91110000600037341L", "914403001922038216", "91330000712560751D", "91350100M000100Y43"]


@pytest.mark.parametrize("number", VALID)
def test_a_right_number_is_taken_however_it_is_written(number: str) -> None:
    assert invoices.check_tax_number(number).problem is None
    spaced = " ".join(number[place : place + 4] for place in range(0, 18, 4)).lower()
    assert invoices.check_tax_number(spaced) == invoices.TaxNumber(number)


@pytest.mark.parametrize("number", VALID)
def test_any_one_character_mistyped_is_noticed(number: str) -> None:
    for place in range(18):
        for char in "0123456789ABCDEFGHJKLMNPQRTUWXY":
            changed = number[:place] + char + number[place + 1 :]
            if changed != number:
                assert invoices.check_tax_number(changed).problem, changed


@pytest.mark.parametrize(
    ("number", "problem", "place", "found"),
    [
        ("9111000060003734L", "length", 0, ""),
        ("91110000600037341LL", "length", 0, ""),
        ("9111000O600037341L", "letter", 8, "O"),
        ("91110000600037341I", "letter", 18, "I"),
        ("911100A0600037341L", "letter", 7, "A"),
        ("91110000600037341M", "check", 18, "M"),
        ("110000600037341", None, 0, ""),
        ("110000600037342", "check", 15, "2"),
        ("11010519491231002X", "id_card", 0, ""),
        ("11010519491231002X01", "id_card", 0, ""),
    ],
)
def test_what_is_wrong_with_a_number_is_named(number: str, problem: str | None, place: int, found: str) -> None:
    told = invoices.check_tax_number(number)
    assert (told.problem, told.place, told.found) == (problem, place, found)


@pytest.mark.parametrize(
    ("text", "asked", "number"),
    [
        ("税号91110000600037341L", False, "91110000600037341L"),
        ("税号：914403001922038216 麻烦了", False, "914403001922038216"),
        ("万木春商贸有限公司 91350100M000100Y43", False, "91350100M000100Y43"),
        ("订单880000000009要开票", False, None),
        ("880000000009", False, None),
        ("914403001922038216", True, "914403001922038216"),
        ("9144030019", True, "9144030019"),
        ("发到 lin8808080808@example.com", False, None),
        ("好的", True, None),
    ],
)
def test_an_orders_number_is_no_tax_number(text: str, asked: bool, number: str | None) -> None:
    assert invoices.tax_number_in(text, asked=asked) == number


@pytest.mark.parametrize(
    ("text", "asked", "title"),
    [
        ("抬头写青禾设计工作室吧", False, "青禾设计工作室"),
        ("公司名称：北辰仪表有限责任公司，税号91110000600037341L", False, "北辰仪表有限责任公司"),
        ("给我们单位开，云岭县第二小学", False, "云岭县第二小学"),
        ("就写青禾设计", True, "青禾设计"),
        ("抬头能改吗", False, None),
        ("抬头错了", False, None),
        ("不知道", True, None),
        ("发票什么时候开", True, None),
    ],
)
def test_a_title_is_found_without_the_words_around_it(text: str, asked: bool, title: str | None) -> None:
    assert invoices.title_in(text, asked=asked) == title


def test_addresses_are_found_and_shown_in_part() -> None:
    assert invoices.email_in("邮箱是ｌin.mei@example．com谢谢") == "lin.mei@example.com"
    assert invoices.email_in("没有邮箱") is None
    assert invoices.almost_email("linmei@example")
    assert not invoices.almost_email("稍等我找找")
    assert invoices.masked_email("linmei@example.com") == "li***@example.com"
    assert invoices.masked_email("lin@example.com") == "l***@example.com"
    assert invoices.masked_title("personal", "林小梅") == "林**"
    assert invoices.masked_title("personal", "个人") == "个人"
    assert invoices.masked_title("company", "青禾设计工作室") == "青禾设计工作室"


@pytest.mark.parametrize(("text", "kind"), [("开公司的", "company"), ("个人就行", "personal"), ("不要个人的", None), ("发票", None)])
def test_the_kind_is_told_by_words(text: str, kind: str | None) -> None:
    assert invoices.kind_in(text) == kind


def test_when_and_how_long_an_invoice_is_issued_is_the_shops() -> None:
    assert invoices.due(order(9), parameters()) == "now"
    assert invoices.due(order(1), parameters()) == "later"
    assert invoices.due(order(1), parameters(invoice_from="paid")) == "now"
    assert invoices.within(order(13), parameters(), NOW) == "yes"
    assert invoices.within(order(13), parameters(invoice_within_days=30), NOW) == "no"


def record(price: int, days: int, variant: str | None = None, cause: str = "list") -> PriceRecord:
    return PriceRecord(NOW - timedelta(days=days), Decimal(price), variant, cause)


@pytest.mark.parametrize(
    ("paid", "records", "other", "coupon", "kind", "amount"),
    [
        (157, [record(149, 20), record(129, 2)], None, False, "list", 20),
        (137, [record(129, 20)], None, False, "none", 0),
        (120, [record(129, 20)], None, False, "none", 0),
        (157, [record(149, 20), record(129, 2, cause="promotion")], None, False, "promotion", 20),
        (137, [record(129, 20), record(99, 1, cause="coupon")], None, False, "coupon", 0),
        (137, [record(129, 20)], None, True, "coupon", 0),
        (137, [record(129, 20), record(99, 1, "黑色/标准")], "黑色/标准", False, "other", 0),
        (157, [record(129, 20), record(149, 1, "白色/标准")], None, False, "none", 0),
        (157, [], None, False, "list", 20),
        (157, [record(99, -3)], None, False, "list", 20),
    ],
)
def test_a_drop_is_what_was_paid_for_the_item_less_todays_price(
    paid: int, records: list[PriceRecord], other: str | None, coupon: bool, kind: str, amount: int
) -> None:
    lamp = order(25, paid=Decimal(paid))
    found = price_protection.drop(lamp, records, NOW, other=other, coupon=coupon)
    assert (found.kind, found.amount) == (kind, amount)


@pytest.mark.parametrize(
    ("base", "days", "row"),
    [("ordered", 7, "pp_14"), ("ordered", 4, "pp_09"), ("signed", 2, "pp_14"), ("signed", 1, "pp_09"), ("none", 7, "pp_01")],
)
def test_the_window_is_the_shops(base: str, days: int, row: str) -> None:
    numbers = parameters(price_protection_from=base, price_protection_days=days)
    lamp = order(25)
    found = price_protection.drop(lamp, [], NOW)
    assert decide("price_protection", price_protection.facts(lamp, numbers, NOW, found), numbers).row == row


def test_a_gift_is_promised_by_the_order_a_talk_or_its_sum() -> None:
    own = order(26, gifts=("护理洗涤袋",))
    assert gifts.promised(own, (), parameters(), shop()) == ("护理洗涤袋",)
    assert gifts.promised(own, ("收纳袋", "护理洗涤袋"), parameters(), shop()) == ("护理洗涤袋", "收纳袋")
    assert gifts.promised(order(26), (), parameters(), shop()) == ()
    assert gifts.promised(order(26), (), parameters(gift_threshold=200), shop()) == ("收纳袋",)
    assert gifts.promised(order(26), (), parameters(gift_threshold=300), shop()) == ()


def promotion(kind: str, begins: int, ends: int, **values: Any) -> Promotion:
    period = Period(NOW + timedelta(days=begins), NOW + timedelta(days=ends))
    return Promotion("p", "活动", kind, period, scope="product", targets=("p2001", "p4001"), **values)


def test_a_price_for_a_time_counts_while_it_lasts() -> None:
    lamp = order(25, paid=Decimal(137))
    now, over = promotion("limited_price", -1, 1, price=Decimal(99)), promotion("limited_price", -3, -1, price=Decimal(79))
    limited = price_protection.limited_price(lamp.product, [now, over], NOW)
    found = price_protection.drop(lamp, [], NOW, limited=limited)
    assert (found.kind, found.amount) == ("promotion", 30)
    assert price_protection.limited_price(lamp.product, [over], NOW) is None


def test_a_gift_of_a_promotion_counts_by_the_day_of_the_order() -> None:
    then = promotion("gift", -10, -3, gift="香薰小样", threshold=Decimal(200))
    assert gifts.promised(order(26), (), parameters(), shop(), [then]) == ("香薰小样",)
    assert gifts.promised(order(26, ordered_at=NOW), (), parameters(), shop(), [then]) == ()
    assert gifts.promised(order(26, paid=Decimal(150)), (), parameters(), shop(), [then]) == ()


@pytest.mark.parametrize(("minutes", "row"), [(10, "pay_22"), (30, "pay_22"), (31, "pay_23")])
def test_a_platform_has_some_minutes_to_show_a_payment(minutes: int, row: str) -> None:
    fresh = order(18, ordered_at=NOW - timedelta(minutes=minutes))
    assert decide("payments", payments.way_facts(fresh, parameters(), NOW, "charged"), parameters()).row == row
