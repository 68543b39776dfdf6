"""Talks written by somebody who had not built it: what went wrong there with an order or with money stays mended."""

from __future__ import annotations

from collections.abc import Callable

from tests.dialogue.checks import answered
from tests.dialogue.talk import Talk


def test_of_two_orders_the_one_that_is_given_up_is_cancelled_and_wanted_again(talk: Callable[..., Talk]) -> None:
    shopper = talk("c01").say("我有俩订单 裙子那个帮我退了 牛仔裤啥时候发")
    assert shopper.rows == ["co_06"]
    assert "176元" in shopper.text
    assert "147元" not in shopper.text
    shopper.say("等等 裙子我又想要了 撤回")
    assert "不取消了" in shopper.text
    assert shopper.ticket
    answered(shopper)


def test_what_was_cancelled_is_changed_and_not_refunded_as_well(talk: Callable[..., Talk]) -> None:
    shopper = talk("c02").say("那条裙子退了吧").say("改成米白L行不行")
    assert shopper.rows == ["cp_06"]
    assert "不取消了" in shopper.text


def test_a_fallen_price_is_paid_back_and_known_of(talk: Callable[..., Talk]) -> None:
    shopper = talk("c11").say("台灯我前几天买149现在变129了 给退差价吗")
    assert (shopper.rows, "20元" in shopper.text) == (["pp_14"], True)
    shopper.say("20块怎么退")
    assert (shopper.rows, "没有查到" in shopper.text) == (["pp_06"], False)


def test_a_sum_grows_with_what_is_added(talk: Callable[..., Talk]) -> None:
    shopper = talk(product_id="p1002").say("t恤拿两件多少钱")
    assert "126元" in shopper.text
    shopper.say("加一条牛仔裤呢")
    assert "252元" in shopper.text  # 118 + 139 - 5, postage free from 199


def test_a_station_s_parcel_is_brought_and_the_other_one_looked_for(talk: Callable[..., Talk]) -> None:
    shopper = talk("c14").say("裙子咋在驿站 我没让放驿站啊").say("给我送上门")
    assert shopper.rows == ["nr_08"]
    assert shopper.say("取件码多少").row == "nr_12_code"
    assert shopper.say("牛仔裤显示签收了但我根本没收到").rows == ["nr_14"]
    assert shopper.say("我问门卫了 没有").rows == ["nr_10"]


def test_a_parcel_is_stopped_in_the_shopper_s_own_words(talk: Callable[..., Talk]) -> None:
    shopper = talk("c02").say("四件套寄错地方了 拦一下")
    assert shopper.rows == ["co_04"]
    assert shopper.say("拦吧").rows == ["ic_01"]


def test_the_number_and_the_digits_together_are_enough(talk: Callable[..., Talk]) -> None:
    shopper = talk().say("退货").say("880000000013 0007")
    assert "后四位" not in shopper.text
