"""Talks about sizes (flow F9, every branch): from the chart with its reason, both between two, none without; in a return and back."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.dialogue.checks import answered, never_twice_running
from tests.dialogue.talk import Talk

pytestmark = pytest.mark.live
Begin = Callable[..., Talk]


@pytest.mark.parametrize("text", ["158 98斤穿啥码", "158cm，98斤，穿什么码", "身高158体重49公斤选哪个码"])
def test_one_size_is_named_with_its_reason(talk: Begin, text: str) -> None:
    said = talk(product_id="p1001").say(text)
    answered(said)
    assert said.row == "sz_01"
    assert "M码" in said.text
    assert "156到163" in said.text


def test_between_two_sizes_liking_decides(talk: Begin) -> None:
    said = talk(product_id="p1001").say("161，106斤")
    answered(said)
    assert said.row == "sz_03"
    assert "M码" in said.text
    assert "L码" in said.text
    assert "厘米" in said.text
    said.say("宽松一点")
    assert "L码" in said.text
    assert "M码" not in said.text


def test_the_closer_of_two_sizes_by_button(talk: Begin) -> None:
    said = talk(product_id="p1001").say("161，106斤").click("合身")
    assert "M码" in said.text


def test_measures_are_asked_one_after_the_other(talk: Begin) -> None:
    said = talk().say("连衣裙穿什么码").say("161").say("106斤")
    answered(said)
    assert said.row == "sz_03"


def test_trousers_are_measured_by_waist_and_hip(talk: Begin) -> None:
    said = talk().say("牛仔裤选什么码").say("腰围72").say("臀围92")
    answered(said)
    assert said.row == "sz_01"
    assert "28码" in said.text


@pytest.mark.parametrize("text", ["大衣穿什么码 160 100斤", "大衣我穿几码", "大衣有尺码表吗", "大衣偏大还是偏小"])
def test_without_a_chart_no_size_is_named_and_a_person_offered(talk: Begin, text: str) -> None:
    said = talk().say(text)
    answered(said)
    assert said.row == "sz_04"
    assert not re.search(r"[SMLX]+码|\d+码|均码", said.text)
    assert "转人工" in said.titles


def test_the_offered_person_is_taken(talk: Begin) -> None:
    said = talk("c05").say("大衣我穿几码").say("好的")
    answered(said)
    assert said.owner == "queue"
    assert "大衣" in said.text  # what was asked is passed on


@pytest.mark.parametrize("text", ["身高16 体重98穿啥码", "身高160体重980斤穿啥码", "我3米高 穿多大"])
def test_absurd_measures_give_no_size(talk: Begin, text: str) -> None:
    said = talk(product_id="p1001").say(text)
    answered(said)
    assert not re.search(r"[SMLX]+码", said.text)


def test_no_size_of_ours_fits(talk: Begin) -> None:
    said = talk(product_id="p1001").say("我200cm 300斤穿啥码")
    answered(said)
    assert said.row == "sz_02"


@pytest.mark.parametrize(("text", "size"), [("打错了是168", "两码之间"), ("体重说错了 是125斤", "没有"), ("说错了 我是165 115斤", "L码")])
def test_a_value_is_corrected(talk: Begin, text: str, size: str) -> None:
    said = talk(product_id="p1001").say("158 98斤穿啥码").say(text)
    answered(said)
    assert size in said.text


def test_a_size_is_asked_in_a_return_and_the_return_goes_on(talk: Begin) -> None:
    said = talk("c05").say("想退货").click("连衣裙").say("165 115斤穿什么码")
    answered(said)
    assert "L码" in said.text
    assert said.titles  # the reasons of the return
    assert said.say("不喜欢").row == "pr_b_rr_01"


def test_a_price_asked_in_the_middle_does_not_end_the_advice(talk: Begin) -> None:
    said = talk(product_id="p1001").say("穿什么码").say("这个裙子多少钱")
    assert "168" in said.text
    assert said.say("162 101").row == "sz_01"


def test_an_unclear_answer_is_asked_again_and_offers_a_person(talk: Begin) -> None:
    said = talk(product_id="p1001").say("穿什么码").say("asdfghjkl")
    answered(said)
    said.say("那个那个那个啥来着")
    answered(said)
    assert any("人工" in title for title in [*said.titles, said.text])
    never_twice_running(said)


def test_the_advice_is_left_kindly(talk: Begin) -> None:
    said = talk(product_id="p1001").say("穿什么码").say("算了不问了")
    answered(said)
    said.say("162 101斤")
    assert said.row == "sz_01"


def test_bedding_has_sizes_but_no_advice(talk: Begin) -> None:
    said = talk().say("四件套选多大的")
    answered(said)
    assert said.row == "sz_z_02"


def test_the_chart_is_shown(talk: Begin) -> None:
    said = talk(product_id="p1001").say("有尺码表吗")
    answered(said)
    assert all(size in said.text for size in ("S码", "M码", "L码", "XL码"))
