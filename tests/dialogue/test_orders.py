"""Cancelling (flow F2), changing (F3) and asking about an order, through gateway, engine and actions."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.dialogue.checks import answered
from tests.dialogue.talk import Talk

pytestmark = pytest.mark.live
Begin = Callable[..., Talk]

DRESS, SOFA, SENT, STOPPED = "880000000001", "880000000023", "880000000006", "880000000004"


@pytest.mark.parametrize(
    ("customer", "message", "row", "told"),
    [
        ("c01", f"{DRESS} 不想要了取消", "co_06", "176元"),
        ("c05", f"{SOFA} 取消订单", "co_07", "300元"),
        ("c03", f"{SENT} 取消", "co_04", "251元"),
        ("c09", "880000000018 取消", "co_z_01", "没有任何扣款"),
        ("c10", "880000000021 沙发不要了，取消订单", "co_06", "2680元"),
        ("c01", f"{DRESS} 换成雾蓝", "cp_06", "雾蓝/M"),
        ("c01", f"{DRESS} 换L码", "cp_06", "米白/L"),
        ("c01", f"{DRESS} 想换成雾蓝L码", "cp_03", "雾蓝/L"),
        ("c03", f"{SENT} 想换浅灰", "cp_02", "发出"),
        ("c09", "880000000018 想换成雾蓝色", "cp_z_01", "还没有付款"),
    ],
)
def test_one_message_is_enough(talk: Begin, customer: str, message: str, row: str, told: str) -> None:
    shopper = talk(customer).say(message)
    answered(shopper)
    assert shopper.rows[0] == row
    assert told in shopper.text


# Cancelling


def test_which_order_to_cancel_is_asked_with_those_that_can_be(talk: Begin) -> None:
    shopper = talk("c01").say("不想要了取消")
    assert len(shopper.titles) == 2
    shopper.click("0001")
    answered(shopper)
    assert shopper.row == "co_06"
    assert shopper.ticket


@pytest.mark.parametrize(("answer", "row", "owner"), [("好的", "co_08", "bot"), ("不同意", "co_09", "queue")])
def test_a_loss_agreed_before_is_borne_or_not(talk: Begin, answer: str, row: str, owner: str) -> None:
    shopper = talk("c05").say(f"{SOFA} 取消订单").say(answer)
    answered(shopper)
    assert shopper.row == row
    assert shopper.owner == owner
    assert shopper.ticket


def test_a_parcel_on_its_way_may_be_kept_after_all(talk: Begin) -> None:
    shopper = talk("c03").say(f"{SENT} 取消").click("先收下看看")
    answered(shopper)
    assert shopper.row == "ls_15"
    assert shopper.ticket is None


def test_a_parcel_on_its_way_is_stopped_first_and_asked_after_later(talk: Begin) -> None:
    shopper = talk("c02").say(f"{STOPPED} 取消").click("申请拦截")
    answered(shopper)
    assert shopper.row == "ic_01"
    ticket = shopper.ticket
    assert ticket
    later = talk("c02").say(f"{STOPPED} 取消，拦下来了吗")
    answered(later)
    assert later.row == "ic_06"
    assert later.ticket == ticket, "the ticket of the first talk, no second one"


def test_insisting_leads_to_refusing_the_parcel(talk: Begin) -> None:
    shopper = talk("c03").say(f"{SENT} 取消").say("就是要取消订单")
    assert shopper.row == "co_05"
    shopper.click("拒收退回")
    answered(shopper)
    assert shopper.row == "pr_b_rf_01"


def test_a_plain_refusal_of_a_parcel_on_its_way_is_insisting(talk: Begin) -> None:
    shopper = talk("c03").say(f"{SENT} 取消").say("反正我就是不要了")
    answered(shopper)
    assert shopper.row == "co_05"


@pytest.mark.parametrize("words", ["算了不取消了", "算了"])
def test_cancelling_is_left_before_an_order_is_named(talk: Begin, words: str) -> None:
    shopper = talk("c01").say("不想要了取消").say(words)
    answered(shopper)
    assert shopper.ticket is None
    shopper.say("谢谢")
    assert len(shopper.texts) == 1, "no form asks on"


def test_a_cancellation_taken_back_is_passed_on(talk: Begin) -> None:
    shopper = talk("c01").say(f"{DRESS} 不想要了取消")
    ticket = shopper.ticket
    shopper.say("还是不取消了")
    answered(shopper)
    assert ticket
    assert ticket in shopper.text


# Changing


@pytest.mark.parametrize(
    ("answers", "rows"),
    [
        (["好的"], ["cp_z_06"]),
        (["不补", "算了按原单"], ["cp_08", "cp_05"]),
    ],
)
def test_a_dearer_product_is_paid_for_or_left(talk: Begin, answers: list[str], rows: list[str]) -> None:
    shopper = talk("c01").say(f"{DRESS} 想换成四件套").click("浅灰/1.8米床")
    assert shopper.row == "cp_07"
    assert "91元" in shopper.text
    for answer, row in zip(answers, rows, strict=True):
        shopper.say(answer)
        answered(shopper)
        assert shopper.row == row


def test_a_cheaper_product_gives_the_difference_back(talk: Begin) -> None:
    shopper = talk("c01").say(f"{DRESS} 想换成T恤").say("白色M")
    answered(shopper)
    assert shopper.row == "cp_09"
    assert "109元" in shopper.text
    assert shopper.ticket


@pytest.mark.parametrize(("answer", "row"), [("好的", "cp_06"), ("不换了", "cp_05")])
def test_instead_of_a_sold_out_variant_the_nearest_is_taken_or_none(talk: Begin, answer: str, row: str) -> None:
    shopper = talk("c01").say(f"{DRESS} 想换成雾蓝L码").say(answer)
    answered(shopper)
    assert shopper.row == row


def test_another_variant_is_chosen_instead(talk: Begin) -> None:
    shopper = talk("c01").say(f"{DRESS} 想换成雾蓝L码").click("另选一款").say("雾蓝XL")
    answered(shopper)
    assert shopper.row == "cp_06"
    assert "雾蓝/XL" in shopper.text


def test_a_change_is_corrected_by_its_size_alone(talk: Begin) -> None:
    shopper = talk("c01").say(f"{DRESS} 换成雾蓝").say("等等，还是要S码吧")
    answered(shopper)
    assert shopper.row == "cp_06"
    assert "雾蓝/S" in shopper.text


def test_a_change_is_put_together_from_several_messages(talk: Begin) -> None:
    shopper = talk("c01").say("牛仔裤那单我想换成T恤").say("黑色").say("M")
    answered(shopper)
    assert shopper.row == "cp_09"
    shopper.say("那差多少钱还给我")
    answered(shopper)
    assert "80元" in shopper.text


def test_sum_and_time_are_asked_after_cancelling(talk: Begin) -> None:
    shopper = talk("c01").say("连衣裙那笔取消掉").say("一共能退我多少")
    answered(shopper)
    assert "176" in shopper.text
    shopper.say("大概几天能收到钱")
    answered(shopper)
    assert "3个工作日" in shopper.text


def test_asked_whether_it_was_changed_the_shopper_hears_where_it_stands(talk: Begin) -> None:
    shopper = talk("c01").say(f"{DRESS} 换成雾蓝")
    ticket = shopper.ticket
    shopper.say(f"{DRESS} 改好了吗")
    answered(shopper)
    assert ticket
    assert ticket in shopper.text


def test_a_question_of_stock_while_choosing_changes_nothing(talk: Begin) -> None:
    shopper = talk("c01").say(f"{DRESS} 想换个颜色").say("雾蓝M有货吗")
    answered(shopper)
    assert "2件" in shopper.text
    assert shopper.ticket is None
    shopper.say("雾蓝")
    answered(shopper)
    assert shopper.row == "cp_06"


def test_a_signed_order_is_exchanged_rather_than_changed(talk: Begin) -> None:
    shopper = talk("c05").say("880000000009 改成雾蓝色的")
    answered(shopper)
    shopper.say("不喜欢这个颜色")
    answered(shopper)
    assert shopper.row == "pr_b_ex_01" or "退货退款" in shopper.titles


@pytest.mark.parametrize(("message", "words"), [("取消订单", "人工"), (f"{DRESS} 想换个颜色", "真人客服")])
def test_a_person_is_called_out_of_cancelling_and_changing(talk: Begin, message: str, words: str) -> None:
    shopper = talk("c01").say(message).say(words)
    answered(shopper)
    assert shopper.owner == "queue"


# Address, refund, order, payment


@pytest.mark.parametrize(
    ("customer", "message", "told", "ticket"),
    [
        ("c01", f"{DRESS} 地址写错了要改一下", "新地址", False),
        ("c03", f"{SENT} 能改地址吗", "快递配合", False),
        ("c05", "880000000009 改地址", "已经签收", False),
    ],
)
def test_an_address_is_changed_as_far_as_the_parcel_allows(talk: Begin, customer: str, message: str, told: str, ticket: bool) -> None:
    shopper = talk(customer).say(message)
    answered(shopper)
    assert told in shopper.text
    assert (shopper.ticket is not None) is ticket


def test_a_refund_is_told_from_the_ticket_that_was_opened(talk: Begin) -> None:
    shopper = talk("c01").say(f"{DRESS} 不想要了取消")
    ticket = shopper.ticket
    shopper.say("退款什么时候到账")
    answered(shopper)
    assert ticket
    assert ticket in shopper.text
    assert "rp_09" in shopper.rows


def test_no_refund_under_way_is_said_kindly(talk: Begin) -> None:
    shopper = talk("c04").say("880000000008 的退款怎么还没到")
    answered(shopper)
    assert shopper.ticket is None
    assert "退货退款" in shopper.titles


@pytest.mark.parametrize(
    ("customer", "number", "offered", "absent"),
    [
        ("c05", "880000000009", "退货退款", "取消订单"),
        ("c01", DRESS, "取消订单", "退货退款"),
        ("c09", "880000000018", "取消订单", "查物流"),
        ("c03", SENT, "查物流", "退货退款"),
    ],
)
def test_an_order_number_alone_shows_the_order_and_what_can_be_done(
    talk: Begin, customer: str, number: str, offered: str, absent: str
) -> None:
    shopper = talk(customer).say(number)
    answered(shopper)
    assert number in shopper.text
    assert "0元" not in shopper.text.replace("10元", "")
    assert offered in shopper.titles
    assert absent not in shopper.titles


def test_which_order_is_asked_with_the_own_ones_and_then_gone_on_with(talk: Begin) -> None:
    shopper = talk("c03").say("我的订单").click("0006")
    assert SENT in shopper.text
    shopper.click("查物流")
    answered(shopper)
    assert shopper.tables == ["logistics"]
