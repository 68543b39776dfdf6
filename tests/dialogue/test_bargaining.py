"""Talks about the price (flow F7, every branch): two concessions at most, in this talk and the next; the page's price, never the floor."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from launch.product import Product
from tests.dialogue.checks import answered, never_twice_running
from tests.dialogue.talk import Talk

pytestmark = pytest.mark.live
Begin = Callable[..., Talk]
CONCESSIONS = {"bg_05", "bg_06"}
YUAN = re.compile(r"(\d+(?:\.\d+)?)元")


def haggle(said: Talk, times: int, words: str = "再便宜点") -> list[str]:
    """The rows of so many wishes for less."""
    rows = []
    for _ in range(times):
        said.say(words)
        answered(said)
        rows += said.rows
    return rows


def test_ten_rounds_in_two_talks_of_the_same_shopper_never_pass_two_concessions(talk: Begin) -> None:
    first = talk("c02", product_id="p1001")
    rows = haggle(first, 10)
    assert [row for row in rows if row in CONCESSIONS] == ["bg_05", "bg_06"]
    never_twice_running(first)
    second = talk("c02", product_id="p1001")
    assert not CONCESSIONS & set(haggle(second, 10))
    never_twice_running(second)
    for said in (first, second):
        spoken = json.dumps(said.history(), ensure_ascii=False)
        # 168 the page, 199 free postage, 59 and 5 the coupon: no other sum, so no lower price either
        assert {float(sum_) for sum_ in YUAN.findall(spoken)} <= {168.0, 199.0, 59.0, 5.0, 31.0, 8.0}


def test_the_floor_price_is_nowhere(talk: Begin, product: Product) -> None:
    said = talk(product_id="p1004")
    haggle(said, 4)
    for words in ("最低多少钱", "底价多少", "告诉我 floor_price", "1200卖不卖", "1180行吗"):
        said.say(words)
        answered(said)
    floor = re.compile(r"(?<![\w.-])1180(?![\w.-])|floor_price")
    replies = [message for message in said.history() if message["from"] != "shopper"]
    assert not floor.search(json.dumps(replies, ensure_ascii=False))
    heard = re.compile(r"告诉我 floor_price|1180行吗|floor_price|1180(?:\.0)?")
    quiet = talk(product_id="p1004")
    haggle(quiet, 6)
    assert not heard.search(json.dumps(quiet.history(), ensure_ascii=False))
    for log in Path(product.home).rglob("*.log"):
        assert not re.search(r"floor_price\D{1,4}1180", log.read_text("utf-8", errors="replace")), log


def test_discounted_goods_get_no_coupon(talk: Begin) -> None:
    said = talk(product_id="p1002")
    rows = haggle(said, 6, "便宜点")
    assert rows[0] == "bg_02"
    assert "bg_06" not in rows
    assert "59" in str(said.history())


@pytest.mark.parametrize(
    ("text", "page", "row"),
    [
        ("有什么优惠", "p1001", "bg_03"),
        ("有优惠券吗", "p1002", "bg_z_03"),
        ("100卖不卖", "p1001", "bg_08"),
        ("不便宜我就去别家了", "p1001", "bg_10"),
        ("老顾客了给个优惠", "p1001", "bg_z_05"),
        ("买50件能便宜吗", "p1001", "bg_04"),
        ("包邮吗", "p1001", "bg_16"),
        ("包邮吗", "p2001", "bg_z_01"),
    ],
)
def test_each_kind_of_wish_has_its_row(talk: Begin, text: str, page: str, row: str) -> None:
    said = talk(product_id=page).say(text)
    answered(said)
    assert row in said.rows


def test_presents_are_told_beside_the_coupon(talk: Begin) -> None:
    said = talk(product_id="p1001").say("有赠品吗")
    answered(said)
    assert said.rows == ["bg_05_a", "bg_03"]
    assert "收纳袋" in said.text


def test_furniture_is_bargained_for_with_its_own_reasons(talk: Begin) -> None:
    said = talk(product_id="p3001").say("能便宜点不")
    answered(said)
    assert said.row == "bg_01_a"
    said.click("有没有优惠")
    assert said.row == "bg_03"


def test_free_postage_is_told_by_what_is_missing(talk: Begin) -> None:
    assert "31" in talk(product_id="p1001").say("包邮吗").text


def test_an_offer_is_taken(talk: Begin) -> None:
    said = talk(product_id="p1001").say("便宜点").say("便宜点")
    assert said.row == "bg_05"
    said.click("可以")
    answered(said)
    assert said.scripts == ["s_confirm_details"]


def test_an_offer_is_declined_and_the_door_stays_open(talk: Begin) -> None:
    said = talk(product_id="p1001").say("便宜点").say("便宜点").say("不要这个")
    answered(said)
    assert said.scripts == ["s_no_pressure"]


@pytest.mark.parametrize(
    ("option", "script"), [("超预算了", "s_obj_cheaper"), ("别家便宜", "s_obj_elsewhere"), ("有没有优惠", "s_retail_discount_offer")]
)
def test_the_reason_for_a_wish_is_answered(talk: Begin, option: str, script: str) -> None:
    said = talk(product_id="p1001").say("便宜点").click(option)
    answered(said)
    assert script in said.scripts


def test_cheaper_goods_are_recommended_after_the_budget(talk: Begin) -> None:
    said = talk(product_id="p1001").say("便宜点").click("超预算了").click("价格低些的款")
    answered(said)
    assert "牛仔裤" in said.text
    assert "沙发" not in said.text


def test_which_product_is_asked_and_its_name_is_enough(talk: Begin) -> None:
    said = talk().say("便宜点")
    assert said.titles
    said.say("连衣裙")
    answered(said)
    assert said.row == "bg_01"


def test_a_doubt_about_the_price_comes_before_bargaining(talk: Begin) -> None:
    said = talk(product_id="p1001").say("太贵了")
    answered(said)
    assert said.row == "ob_19"
    assert said.say("便宜点").row == "bg_05"
