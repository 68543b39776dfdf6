"""Talks about money that the handbooks do not know (issue 4): invoices, price protection, payments that go wrong, forgotten gifts."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shop.models import Order
from tests.dialogue.checks import answered, never_twice_running
from tests.dialogue.talk import Talk

pytestmark = pytest.mark.live
Begin = Callable[..., Talk]

COAT, LAMP, SET = "880000000012", "880000000025", "880000000026"
RIGHT, WRONG = "91330000712560751D", "91330000712560751E"


# Invoices


def test_a_company_gets_its_invoice_step_by_step(talk: Begin) -> None:
    shopper = talk("c06").say("大衣那单麻烦开张发票")
    answered(shopper)
    assert shopper.row == "iv_16_kind"
    shopper.click("公司").say("青川测绘仪器有限公司")
    assert shopper.row == "iv_16_tax"
    shopper.say(WRONG)
    answered(shopper)
    assert shopper.row == "iv_17"
    assert "校验" in shopper.text
    shopper.say(RIGHT)
    assert shopper.row == "iv_16_email"
    shopper.say("caiwu@example.com")
    answered(shopper)
    assert shopper.row == "iv_22"
    assert shopper.ticket
    assert RIGHT in shopper.text
    assert "caiwu@example.com" not in shopper.text, "an address is shown in part"
    never_twice_running(shopper)


def test_all_in_one_message_and_corrected_afterwards(talk: Begin) -> None:
    shopper = talk("c06").say(f"给大衣那单开票 抬头青川测绘仪器有限公司 税号{RIGHT} 邮箱caiwu@example.com")
    answered(shopper)
    assert shopper.row == "iv_22"
    shopper.say("我的发票到哪一步了 开了吗")
    assert shopper.row == "iv_10"
    shopper.say("邮箱写错了，应该发到kj@example.com")
    answered(shopper)
    assert shopper.row == "iv_20_open"


def test_a_person_asks_in_general_then_begins_by_the_button(talk: Begin) -> None:
    shopper = talk("c07").say("你们店里能给开发票不")
    answered(shopper)
    assert shopper.row == "iv_02"
    shopper.click("申请开票")
    answered(shopper)
    shopper.click("蚕丝被").click("个人").click("没有邮箱")
    answered(shopper)
    assert shopper.row == "iv_22"


def test_a_question_and_a_person_in_the_middle(talk: Begin) -> None:
    shopper = talk("c06").say("大衣那单麻烦开张发票").click("公司").say("你们几点下班呀")
    answered(shopper)
    shopper.say("青川测绘仪器有限公司")
    assert shopper.row == "iv_16_tax"
    shopper.say("转人工")
    answered(shopper)
    assert shopper.owner == "queue"


def test_without_a_name_nothing_is_issued(talk: Begin) -> None:
    shopper = talk().say("帮我把880000000012的发票开了")
    answered(shopper)
    assert shopper.row == "iv_05"
    assert shopper.ticket is None


def test_an_unpaid_order_has_no_invoice_yet(talk: Begin) -> None:
    shopper = talk("c09").say("880000000018这单帮我开个发票")
    answered(shopper)
    assert shopper.row == "iv_08"


def test_somebody_elses_order_gets_none(talk: Begin) -> None:
    shopper = talk("c05").say(f"{COAT}这单要开发票")
    answered(shopper)
    assert shopper.row is None
    assert "大衣" not in shopper.text


# Price protection


def test_the_difference_comes_back_once(talk: Begin) -> None:
    shopper = talk("c11").say("我刚买的台灯降价了，能退差价吗")
    answered(shopper)
    assert shopper.row == "pp_14"
    assert "20元" in shopper.text
    assert shopper.ticket
    shopper.say("台灯降价的差价再退我一次呗")
    answered(shopper)
    assert shopper.row == "pp_06"


def test_no_drop_is_said_honestly_with_a_person(talk: Begin) -> None:
    shopper = talk("c11").say(f"{SET}这单四件套是不是便宜了，保价退我差价")
    answered(shopper)
    assert shopper.row == "pp_13"
    shopper.click("人工复核")
    answered(shopper)
    assert shopper.owner == "queue"


def test_how_long_prices_are_protected_is_the_shops(talk: Begin) -> None:
    shopper = talk("c11").say("你家保价多久啊")
    answered(shopper)
    assert shopper.row == "pp_02"
    assert "7天" in shopper.text
    shopper.click("帮我查订单").click("台灯")
    answered(shopper)
    assert shopper.row == "pp_14"


def test_past_the_window_and_without_a_name(talk: Begin) -> None:
    late = talk("c06").say("880000000011降价了，买贵了给我退差价")
    answered(late)
    assert late.row == "pp_09"
    anonymous = talk().say("买完就降价，差价退我")
    answered(anonymous)
    assert anonymous.row == "pp_03"


# Payments


@pytest.mark.parametrize(
    ("line", "row"),
    [
        ("花呗可以分六期吗", "pay_11"),
        ("能不能货到付款呀", "pay_13"),
        ("付款提示超出限额咋办", "pay_04"),
        ("支付的时候说有风险不让付", "pay_06"),
        ("同一单给我扣了两次钱", "pay_01"),
    ],
)
def test_trouble_with_paying_is_answered_by_its_cause(talk: Begin, line: str, row: str) -> None:
    shopper = talk("c09").say(line)
    answered(shopper)
    assert shopper.row == row


def test_money_that_was_taken_is_looked_for(talk: Begin) -> None:
    shopper = talk("c09").say("880000000019钱扣了订单还是待付款")
    answered(shopper)
    assert shopper.row == "pay_23"
    shopper.say("昨晚九点多建行卡付的259")
    answered(shopper)
    assert shopper.row == "pay_21"
    assert shopper.ticket


# Gifts


def test_a_forgotten_gift_comes_with_the_next_parcel(talk: Begin) -> None:
    shopper = talk("c11").say("四件套那单说好的赠品没看到呀")
    answered(shopper)
    assert shopper.row == "gf_11"
    shopper.click("随下个包裹")
    answered(shopper)
    assert shopper.row == "gf_12"
    assert shopper.ticket


def test_a_forgotten_gift_is_sent_again_at_the_shops_cost(talk: Begin, altered: Callable[..., None]) -> None:
    altered(Order, {"id": "880000000027"}, state="shipped")
    shopper = talk("c11").say(f"{SET}少了赠品，袋子没给我")
    answered(shopper)
    assert shopper.row == "gf_13"
    assert "店铺承担" in shopper.text


def test_a_gift_that_nobody_recorded_is_looked_for(talk: Begin) -> None:
    shopper = talk("c11").say(f"{LAMP}台灯的赠品呢，怎么没给")
    answered(shopper)
    assert shopper.row == "gf_04"
    assert shopper.ticket


def test_what_is_told_after_it_was_submitted_corrects_it(talk: Begin) -> None:
    shopper = talk("c06").say("大衣那单给我开个人发票，邮箱lin.mei@example.com")
    assert shopper.row == "iv_22"
    shopper.say("不好意思 要发到mei.lin@example.com才对")
    answered(shopper)
    assert shopper.row == "iv_20_open"
    shopper.say("换成公司抬头吧").say("青川测绘仪器有限公司").say(RIGHT)
    answered(shopper)
    assert shopper.row == "iv_20_open"


def test_another_way_for_the_gift_changes_the_same_ticket(talk: Begin) -> None:
    shopper = talk("c11").say("四件套那单说好的赠品没看到呀").click("随下个包裹")
    first = shopper.ticket
    shopper.say("还是单独给我寄吧")
    answered(shopper)
    assert shopper.row == "gf_13"
    assert shopper.ticket == first


def test_every_button_of_these_answers_leads_on(talk: Begin) -> None:
    paying = talk("c09").say("880000000019付款提示超出限额了").click("已扣款没到账")
    answered(paying)
    assert paying.row == "pay_23"
    paying.click("我再等等看")
    answered(paying)
    assert paying.row == "pay_20"
    invoice = talk("c06").say("大衣那单给我开个人发票，没有邮箱").click("没有邮箱").say("发票开好了没有呀").click("更正开票信息")
    answered(invoice)
    assert invoice.row == "iv_16_kind"
    asked = talk("c06").say("发票上的内容能改成别的品名吗").click("申请开票").click("大衣")
    answered(asked)
    assert asked.row in ("iv_16_kind", "iv_10")
