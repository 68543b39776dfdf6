"""Another's order stays another's; an anonymous shopper proves number and digits, and gets status only.

Wrong digits are counted by client address, which all live tests share: what five of them do is in tests/actions/test_ownership.py.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.dialogue.checks import answered
from tests.dialogue.talk import Talk

pytestmark = pytest.mark.live
Begin = Callable[..., Talk]

THEIRS, NOWHERE = "880000000009", "880099999999"
THEIR_GOODS = ("连衣裙", "168", "176", "YT8800000000009", "冯女士")


@pytest.mark.parametrize("number", [THEIRS, NOWHERE])
@pytest.mark.parametrize("wish", ["", "我要退货", "到哪了", "取消订单", "退款到哪了", "改地址", "换成雾蓝"])
def test_another_customers_order_is_answered_like_no_order(talk: Begin, wish: str, number: str) -> None:
    shopper = talk("c06").say(f"{number} {wish}".strip())
    answered(shopper)
    assert "没有查到您名下有这个订单号" in shopper.text
    assert not any(fact in shopper.text for fact in THEIR_GOODS)
    assert shopper.ticket is None
    assert not shopper.rows


@pytest.mark.parametrize("question", [f"{THEIRS} 运费谁出", f"{THEIRS} 有运费险吗"])
def test_a_question_about_anothers_order_tells_nothing_of_it(talk: Begin, question: str) -> None:
    shopper = talk("c06").say(question)
    answered(shopper)
    assert THEIRS not in shopper.text
    assert not any(fact in shopper.text for fact in THEIR_GOODS)


def test_after_a_refusal_an_own_order_is_taken(talk: Begin) -> None:
    shopper = talk("c01").say(f"{THEIRS} 我要退货").click("0024")
    answered(shopper)
    assert "运输损坏" in shopper.titles


def test_an_anonymous_shopper_proves_an_order_and_sees_its_status(talk: Begin) -> None:
    shopper = talk().say(THEIRS)
    assert "连衣裙" not in shopper.text
    shopper.say("0005")
    answered(shopper)
    assert "连衣裙" in shopper.text


def test_number_and_digits_in_one_message_are_enough(talk: Begin) -> None:
    shopper = talk().say("880000000006 手机尾号0003 到哪了")
    answered(shopper)
    assert shopper.tables == ["logistics"]


@pytest.mark.parametrize("wish", ["我要退货", "换成雾蓝", "取消订单"])
def test_digits_are_asked_before_anything_of_the_order_is_said(talk: Begin, wish: str) -> None:
    shopper = talk().say(f"{THEIRS} {wish}")
    answered(shopper)
    assert "后四位" in shopper.text
    assert not any(fact in shopper.text for fact in THEIR_GOODS)


def test_wrong_digits_reveal_nothing_and_can_be_corrected(talk: Begin) -> None:
    shopper = talk().say("我要退货").say(THEIRS).say("1234")
    answered(shopper)
    assert "对不上" in shopper.text
    assert not any(fact in shopper.text for fact in THEIR_GOODS)
    shopper.say("0005")
    answered(shopper)
    assert "运输损坏" in shopper.titles


@pytest.mark.parametrize(
    ("lines", "row"),
    [
        (["取消订单 880000000001", "0001"], "co_z_04"),
        (["换成雾蓝", "880000000001", "0001"], "cp_z_04"),
        (["我要退货", THEIRS, "0005", "不喜欢"], "pr_b_rr_01"),
    ],
)
def test_what_changes_an_order_needs_more_than_digits(talk: Begin, lines: list[str], row: str) -> None:
    shopper = talk()
    for line in lines:
        shopper.say(line)
        answered(shopper)
    assert shopper.row == row
    assert "登录" in shopper.text
    assert shopper.owner == "queue"


def test_an_address_is_never_changed_for_an_anonymous_shopper(talk: Begin) -> None:
    shopper = talk().say("改地址 880000000001")
    answered(shopper)
    assert shopper.owner == "queue"


def test_who_has_no_number_is_helped(talk: Begin) -> None:
    shopper = talk().say("我要退款").say("没有订单号")
    answered(shopper)
    assert "我的订单" in shopper.text
