"""Craft of conversation: two wishes, urgency, digression and return, corrections, ellipsis, what 'it' means, tomorrow."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from launch.product import Product
from tests.conftest import NOON
from tests.dialogue.checks import answered
from tests.dialogue.talk import Talk

pytestmark = pytest.mark.live
Begin = Callable[..., Talk]


# -- two wishes in one message -------------------------------------------------------------------------------------------------


def test_two_questions_are_both_answered_at_once(talk: Begin) -> None:
    said = talk("c01", product_id="p1001").say("这件裙子能机洗吗，另外你们发什么快递")
    answered(said)
    assert {"ask_product_info", "ask_courier"} <= set(said.intents)
    assert "手洗" in said.text
    assert "圆通" in said.text


def test_the_urgent_wish_comes_first(talk: Begin) -> None:
    said = talk("c03", product_id="p1001").say("这裙子有雾蓝色的M码吗？还有我的四件套快递到哪了")
    answered(said)
    assert "武汉" in said.text
    assert said.text.index("武汉") < said.text.index("雾蓝")


def test_a_second_wish_that_would_ask_waits_and_then_comes_unasked(talk: Begin) -> None:
    said = talk("c05").say("T恤我想退货，另外连衣裙想换个大一码的")
    answered(said)
    steps = 0
    while "连衣裙" not in said.text and steps < 4:
        said.say("不喜欢，不想要了" if steps == 0 else "退货退款")
        answered(said)
        steps += 1
    assert "连衣裙" in said.text, "the dress was not forgotten"


def test_one_wish_with_its_reason_stays_one(talk: Begin) -> None:
    said = talk("c05").say("裙子收到开线了，我想退货")
    assert len(said.intents) == 1
    assert said.text.count("抱歉") <= 2


# -- what wins -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["台灯插上去漏电了，我手被电了一下", "孩子把扣子吞下去了怎么办", "穿了浑身起红疹"])
def test_safety_wins_over_an_open_form(talk: Begin, text: str) -> None:
    said = talk("c05").say("我要退货").say(text)
    answered(said)
    assert said.row == "es_01"
    assert said.owner == "queue"


def test_a_worry_about_safety_is_a_question_about_the_goods(talk: Begin) -> None:
    said = talk("c05", product_id="p4001").say("这个灯会不会漏电呀")
    answered(said)
    assert said.owner == "bot"


def test_a_threat_with_the_authorities_wins_over_an_open_form(talk: Begin) -> None:
    said = talk("c05").say("我要退货").say("再不解决我就打12315投诉你们")
    answered(said)
    assert said.row == "cd_11"
    assert said.owner == "queue"


# -- digression, correction, ellipsis, reference -----------------------------------------------------------------------------------


def test_a_question_in_the_middle_is_answered_and_the_form_goes_on(talk: Begin) -> None:
    said = talk("c05").say("裙子想换货").say("对了你们几点下班")
    answered(said)
    assert "24:00" in said.text
    said.say("尺码小了，换大一码")
    answered(said)
    assert any(row.startswith("pr_b_ex") for row in said.rows), said.transcript


def test_who_corrects_the_reason_gets_the_other_row(talk: Begin) -> None:
    said = talk("c05").say("裙子不喜欢想退货")
    assert any(row.startswith("pr_b_rr") for row in said.rows), said.transcript
    said.say("说错了，是开线了，质量问题")
    answered(said)
    assert any(row.startswith("pr_q") for row in said.rows), said.transcript


def test_and_what_about_an_exchange_means_the_same_goods(talk: Begin) -> None:
    said = talk("c05").say("裙子不喜欢，退货邮费谁出")
    answered(said)
    refund = said.text
    said.say("那换货呢")
    answered(said)
    assert said.text != refund
    assert "换" in said.text


def test_it_means_the_product_just_spoken_of(talk: Begin) -> None:
    said = talk("c01").say("蚕丝被多少钱").say("它能水洗吗")
    answered(said)
    assert "蚕丝胎" in said.text
    said.say("那个台灯呢，多少钱").say("保修多久")
    answered(said)
    assert "24" in said.text


def test_it_means_the_order_just_spoken_of(talk: Begin) -> None:
    said = talk("c03").say("四件套到哪了")
    assert "武汉" in said.text
    said.say("那这单能退吗")
    answered(said)
    assert "T恤" not in said.text


def test_who_is_not_understood_twice_is_offered_a_person(talk: Begin) -> None:
    said = talk("c01").say("呜噜哇啦嘀嘀咕").say("噼里啪啦叽里呱啦")
    answered(said)
    assert any("人工" in title for title in said.titles)


# -- tomorrow ----------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def tomorrow(product: Product) -> Iterator[Callable[[], None]]:
    """Moves the clock of the whole product a day on; afterwards it is today again."""

    def move(now: str) -> None:
        for name, process in product.processes.items():
            if process.environment.get("XIAOER_NOW") != now:
                process.environment["XIAOER_NOW"] = now
                product.restart(name)

    yield lambda: move(NOON.replace("11-18", "11-19"))
    move(NOON)


@pytest.mark.timeout(900)
def test_a_talk_picks_up_after_a_day(talk: Begin, tomorrow: Callable[[], None]) -> None:
    said = talk("c05").say("裙子想换货")
    answered(said)
    tomorrow()
    said.say("尺码小了，想换大一码")
    answered(said)
    assert any(row.startswith("pr_b_ex") for row in said.rows), said.transcript
