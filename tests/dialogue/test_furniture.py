"""Talks of doubt before buying: furniture by its facts (scripts.md D), objections by flow F8, left in peace from the second time on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.dialogue.checks import answered, never_twice_running
from tests.dialogue.talk import Talk

pytestmark = pytest.mark.live
Begin = Callable[..., Talk]


@pytest.mark.parametrize(
    ("text", "page", "script"),
    [
        ("人家那牌子有名多了，你们凭啥卖这价", "p3001", "s_furn_famous"),
        ("天天看他家打广告，你们怎么没见过", "p3001", "s_furn_ads"),
        ("这衣柜里头隔板咋这么少", "p3002", "s_furn_partition"),
        ("特价款是不是用料差一截", "p3003", "s_furn_promo"),
        ("你们的沙发怎么比别人家矮", "p3001", "s_furn_dimension"),
        ("柜子味道会不会很大", "p3002", "s_furn_smell"),
    ],
)
def test_a_doubt_about_furniture_is_answered_by_its_facts(talk: Begin, text: str, page: str, script: str) -> None:
    said = talk(product_id=page).say(text)
    answered(said)
    assert script in said.scripts


def test_a_dear_sofa_is_reckoned_over_its_warranty(talk: Begin) -> None:
    said = talk(product_id="p3001").say("这沙发也太贵了吧")
    answered(said)
    assert {"s_furn_price", "s_bargain_small_unit"} <= set(said.scripts)
    assert "36" in said.text


def test_which_piece_is_asked_and_the_question_kept(talk: Begin) -> None:
    said = talk().say("你们家具甲醛味大不大")
    answered(said)
    said.click("推拉门衣柜")
    assert "s_furn_smell" in said.scripts
    assert said.ticket


def test_thinking_it_over_is_asked_for_its_point_and_answered(talk: Begin) -> None:
    said = talk(product_id="p1001").say("我再考虑考虑吧")
    assert said.row == "ob_13"
    said.click("质量用料")
    assert said.scripts == ["s_obj_worth"]
    said.click("清楚了")
    assert said.row == "ob_01"


def test_a_doubt_that_stays_is_left_in_peace(talk: Begin) -> None:
    said = talk(product_id="p1001").say("我再考虑考虑吧").click("质量用料").click("还有疑问")
    assert said.row == "ob_10"
    said.click("和别家比").click("还有疑问")
    assert said.scripts == ["s_closing_presale"]
    never_twice_running(said)


def test_no_point_at_all_leaves_time(talk: Begin) -> None:
    said = talk(product_id="p1001").say("我再考虑考虑吧").click("没有，再想想")
    answered(said)
    assert said.row == "ob_01"


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("同款人家店里便宜三十多", "s_obj_elsewhere"),
        ("现在挣钱难，不敢乱花", "s_obj_market"),
        ("我得回去跟媳妇商量商量", "s_obj_consult_family"),
        ("暂时用不上，不买了", "s_obj_no"),
    ],
)
def test_each_doubt_has_its_script(talk: Begin, text: str, script: str) -> None:
    said = talk(product_id="p1001").say(text)
    answered(said)
    assert script in said.scripts


def test_no_is_taken_politely(talk: Begin) -> None:
    said = talk(product_id="p1001").say("不用推荐了我不需要")
    answered(said)
    assert said.owner == "bot"
