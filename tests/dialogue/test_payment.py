"""Talks from the wish to buy to the payment (flow F11), and about goods that are missing (F12)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.dialogue.checks import answered
from tests.dialogue.talk import Talk

pytestmark = pytest.mark.live
Begin = Callable[..., Talk]

DRESS, MISSING = "880000000001", "880000000003"


# F11: placing, paying, not paying


def test_an_order_of_today_is_confirmed_with_its_sum(talk: Begin) -> None:
    shopper = talk("c09").say("就它了，我拍下了哈")
    answered(shopper)
    assert shopper.row == "pm_01"
    assert "176元" in shopper.text


def test_who_pays_tomorrow_is_not_pressed(talk: Begin) -> None:
    shopper = talk("c09").say("我明天发了工资再付哈")
    answered(shopper)
    assert shopper.row == "pm_03"
    assert shopper.ticket is None


@pytest.mark.parametrize(
    ("customer", "message", "row"),
    [
        ("c09", "880000000018 我付款了怎么还显示未付款", "pm_08_not_found"),
        ("c01", f"{DRESS} 我付过钱了吗", "pm_08"),
        ("c01", "重复付款了，扣了两次", "pay_01"),
        ("c01", "手一抖好像买重了两单", "pm_09"),
        ("c09", "一点付款就提示支付失败", "pay_17"),
    ],
)
def test_a_payment_is_what_the_order_says(talk: Begin, customer: str, message: str, row: str) -> None:
    shopper = talk(customer).say(message)
    answered(shopper)
    assert row in shopper.rows


def test_a_payment_that_is_not_found_goes_to_finance_with_its_details(talk: Begin) -> None:
    shopper = talk("c09").say("880000000018 我付款了怎么还显示未付款").say("中午用微信付的，176块")
    answered(shopper)
    assert shopper.row == "pm_08_given"
    assert shopper.ticket


def test_a_question_in_between_does_not_lose_the_payment(talk: Begin) -> None:
    shopper = talk("c09").say("880000000018 我付款了怎么还显示未付款").say("你们几点下班啊")
    answered(shopper)
    shopper.say("早上支付宝付的176")
    assert shopper.row == "pm_08_given"


def test_a_person_is_called_while_the_payment_is_looked_for(talk: Begin) -> None:
    shopper = talk("c09").say("880000000018 我付款了怎么还显示未付款").say("转人工")
    answered(shopper)
    assert shopper.owner == "queue"


@pytest.mark.parametrize(("pressed", "row"), [("取消", "co_06")])
def test_one_of_two_orders_is_cancelled_by_its_button(talk: Begin, pressed: str, row: str) -> None:
    shopper = talk("c01").say("手一抖好像买重了两单").click(pressed)
    answered(shopper)
    assert shopper.row == row


def test_both_orders_are_kept(talk: Begin) -> None:
    shopper = talk("c01").say("手一抖好像买重了两单").say("都要")
    answered(shopper)
    assert shopper.ticket is None


def test_an_unpaid_order_is_given_up_and_the_reason_leads_on(talk: Begin) -> None:
    shopper = talk("c09").say("880000000018 不想要了取消")
    answered(shopper)
    assert shopper.rows == ["co_z_01", "pm_07"]
    shopper.click("价格")
    answered(shopper)
    assert "看看优惠" in shopper.titles


# F12: missing goods


@pytest.mark.parametrize(("pressed", "row"), [("等到货", "os_z_05"), ("全额退款", "os_02_refund"), ("换一款", "os_02_change")])
def test_missing_goods_are_awaited_changed_or_refunded(talk: Begin, pressed: str, row: str) -> None:
    shopper = talk("c02").say("你们客服来电话说连衣裙缺货了")
    answered(shopper)
    assert shopper.row == "os_02_date"
    shopper.click(pressed)
    answered(shopper)
    assert shopper.rows[0] == row
    assert (shopper.ticket is not None) is (row != "os_02_change")


def test_something_else_chosen_is_thanked_for(talk: Begin) -> None:
    shopper = talk("c02").say("你们客服来电话说连衣裙缺货了").click("换一款").say("米白L")
    answered(shopper)
    assert "s_oos_confirmed" in shopper.scripts


def test_a_mere_yes_is_asked_back_and_a_word_settles_it(talk: Begin) -> None:
    shopper = talk("c02").say("你们客服来电话说连衣裙缺货了").say("好的")
    answered(shopper)
    assert {"换一款", "全额退款"} <= set(shopper.titles)
    shopper.say("退款吧")
    answered(shopper)
    assert "176元" in shopper.text


def test_goods_that_are_there_are_looked_after(talk: Begin) -> None:
    shopper = talk("c01").say("有人打电话说我的牛仔裤缺货")
    answered(shopper)
    assert shopper.row == "os_z_06"
    assert shopper.ticket


def test_which_order_is_missing_is_asked_and_named_in_a_word(talk: Begin) -> None:
    shopper = talk("c01").say("接到电话说我订的没货了")
    answered(shopper)
    assert len(shopper.titles) == 2
    shopper.say("牛仔裤")
    assert shopper.row == "os_z_06"


def test_somebody_elses_order_is_not_spoken_of(talk: Begin) -> None:
    shopper = talk("c05").say(f"{MISSING} 听说缺货了")
    answered(shopper)
    assert "连衣裙" not in shopper.text.replace("您", "") or MISSING not in shopper.text
    assert shopper.row is None
