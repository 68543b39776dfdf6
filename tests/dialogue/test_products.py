"""Talks about products: facts of the catalogue, nothing made up, nothing about health."""

from __future__ import annotations

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
