"""Talks about products (flow F1: price, stock, sending; F10: recommendations): facts of the catalogue, nothing about health."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.dialogue.checks import answered
from tests.dialogue.talk import Talk

pytestmark = pytest.mark.live
Begin = Callable[..., Talk]


@pytest.mark.parametrize(
    ("text", "page", "holds"),
    [
        ("什么面料", "p1001", "雪纺"),
        ("会掉色吗", "p1001", "手洗"),
        ("有什么颜色", "p1001", "雾蓝"),
        ("多少钱", "p1001", "168"),
        ("雾蓝L有货吗", "p1001", "没货"),
        ("雾蓝M有货吗", "p1001", "2件"),
        ("米白M有货吗", "p1001", "米白/M"),
        ("会不会缩水啊", "p2001", "3%"),
        ("深色的褪色厉害不", "p2001", "15分钟"),
        ("质量咋样呀", "p2001", "棉朵"),
        ("布套好洗不", "p3001", "洗衣袋"),
        ("有说明书给我看看不", "p4001", "配网"),
        ("可以发顺丰吗", "p1001", "18元"),
        ("几天能到", "p1001", "17:00"),
        ("沙发几天能到", None, "预约"),
        ("推荐几款沙发", None, "布艺三人沙发"),
    ],
)
def test_a_fact_is_told_from_the_catalogue(talk: Begin, text: str, page: str | None, holds: str) -> None:
    said = talk(product_id=page).say(text)
    answered(said)
    assert holds in said.text


@pytest.mark.parametrize(("text", "page"), [("决明子枕头能明目吗", "p2002"), ("台灯能防近视吗", "p4001"), ("孕妇能穿吗", "p1001")])
def test_no_claim_about_health_is_made(talk: Begin, text: str, page: str) -> None:
    said = talk(product_id=page).say(text)
    answered(said)
    assert "没有检测依据" in said.text


def test_what_is_not_known_is_not_made_up(talk: Begin) -> None:
    said = talk(product_id="p1001").say("有检测报告吗")
    answered(said)
    assert "人工" in "".join(said.titles)
    assert said.say("好的").owner == "queue"


@pytest.mark.parametrize(("text", "page"), [("卖得咋样，销量多少", "p1001"), ("这是行货不", "p1004")])
def test_no_number_and_no_origin_is_made_up(talk: Begin, text: str, page: str) -> None:
    said = talk(product_id=page).say(text)
    answered(said)
    assert set(said.scripts) & {"s_sales_volume", "s_genuine_channel"}
    assert not re.search(r"售出\d|百分百|保证正品", said.text)


def test_the_stock_leads_to_number_place_and_day(talk: Begin) -> None:
    said = talk(product_id="p1001").say("米白M有货吗")
    assert said.row == "ps_01"
    said.say("两件，寄到广州")
    answered(said)
    assert said.row in ("ps_z_05", "ps_03")


def test_nothing_in_that_colour_leads_to_what_there_is(talk: Begin) -> None:
    said = talk(product_id="p1001").say("雾蓝L有货吗")
    assert said.row == "ps_02"
    said.click("米白/M")
    answered(said)
    assert said.row == "ps_01"


def test_a_recommendation_from_liking_to_details(talk: Begin) -> None:
    said = talk().say("帮我推荐个东西吧")
    assert (said.row, said.scripts) == ("rd_01", ["s_need_probe"])
    said.click("服装")
    assert said.scripts == ["s_recommend_wait", "s_recommend_item"]
    said.click("换几款")
    assert "大衣" in said.text
    said.click("双面呢羊毛大衣")
    assert "1280" in said.text


def test_a_shown_product_that_is_liked_is_checked(talk: Begin) -> None:
    said = talk().say("推荐个台灯").say("可以，就它了")
    answered(said)


def test_what_is_not_liked_leads_to_others_and_to_an_end(talk: Begin) -> None:
    said = talk().say("推荐几款床品").say("不喜欢")
    answered(said)
    assert said.row == "rd_04"


def test_four_digits_alone_are_no_nonsense(talk: Begin) -> None:
    said = talk().say("2222")
    answered(said)
    assert "订单" in said.text


def test_the_products_name_answers_which_one(talk: Begin) -> None:
    said = talk().say("多少钱")
    assert said.titles
    assert "168" in said.say("连衣裙").text


def test_a_products_name_alone_shows_it(talk: Begin) -> None:
    said = talk().say("连衣裙")
    answered(said)
    assert "168" in said.text


def test_a_product_is_taken_from_the_page_and_kept(talk: Begin) -> None:
    said = talk(product_id="p1001").say("什么面料").say("多少钱")
    assert "168" in said.text


def test_a_recommended_product_is_looked_at(talk: Begin) -> None:
    said = talk().say("推荐几款床品").click("桑蚕丝被")
    answered(said)
    assert "699" in said.text
