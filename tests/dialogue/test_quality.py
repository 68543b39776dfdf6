"""F6, a fault of the goods: photos, how bad it is, what is proposed, the other ways; appliances and harm."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.dialogue.checks import answered
from tests.dialogue.talk import Talk

pytestmark = pytest.mark.live
Begin = Callable[..., Talk]

DRESS, LAMP, QUILT, COAT = "880000000009", "880000000013", "880000000014", "880000000012"


@pytest.mark.parametrize(
    ("customer", "message", "pressed", "row"),
    [
        ("c05", f"{DRESS} 裙子坏了", "重新发一件", "pr_q_rs_01"),
        ("c05", f"{DRESS} 裙子坏了", "退货退款", "pr_q_rr_01"),
        ("c05", f"{DRESS} 裙子坏了", "换货", "pr_q_ex_01"),
        ("c05", f"{DRESS} 裙子坏了", "维修", "pr_q_rm_01"),
        ("c07", f"{QUILT} 被子破了", "寄回维修", "pr_q_rm_01"),
        ("c06", f"{COAT} 大衣开线了", "换货", "pr_q_ex_04"),
    ],
)
def test_a_fault_that_hinders_is_asked_about_once_then_hears_the_proposal(
    talk: Begin, customer: str, message: str, pressed: str, row: str
) -> None:
    shopper = talk(customer).say(message).click("影响使用")
    answered(shopper)
    assert "qp_01" in shopper.rows, "photos are asked for before anything is decided"
    assert not shopper.ticket, "nothing is opened before the shopper has chosen"
    shopper.click(pressed)
    answered(shopper)
    assert row in shopper.rows
    assert shopper.ticket


def test_yes_takes_the_proposal(talk: Begin) -> None:
    shopper = talk("c05").say(f"{DRESS} 裙子坏了").say("没法穿了").say("好的")
    answered(shopper)
    assert shopper.row == "pr_q_rs_01"


def test_a_blemish_hears_exchange_and_return_first_and_money_last(talk: Begin) -> None:
    shopper = talk("c05").say(f"{DRESS} 裙子有点开线")
    answered(shopper)
    assert shopper.row == "qp_03"
    assert shopper.titles[-1] == "留下，商量补偿"
    shopper.click("留下")
    assert shopper.row == "pr_q_cp_01"


def test_another_wish_than_the_buttons_is_taken_too(talk: Begin) -> None:
    shopper = talk("c05").say(f"{DRESS} 裙子坏了").say("退货退款吧")
    answered(shopper)
    assert shopper.row == "pr_q_rr_01"


def test_who_leaves_it_to_the_shop_is_asked_how_bad_it_is(talk: Begin) -> None:
    shopper = talk("c05").say(f"{DRESS} 裙子坏了，你们看着办").click("影响使用")
    answered(shopper)
    assert {"qp_04", "pr_q_rs_01"} & set(shopper.rows)


def test_the_question_how_bad_it_is_survives_a_question_in_the_middle(talk: Begin) -> None:
    shopper = talk("c05").say(f"{DRESS} 裙子坏了").say("你们几点下班")
    answered(shopper)
    assert "影响使用" in shopper.titles


def test_a_lamp_begins_with_the_manual_then_its_warranty(talk: Begin) -> None:
    shopper = talk("c07").say(f"{LAMP} 台灯不亮了想换货")
    assert shopper.rows == ["qp_02"]
    shopper.click("还是不好用")
    answered(shopper)
    assert shopper.row == "pr_q_ex_05"
    assert shopper.ticket


def test_steps_already_tried_are_left_out(talk: Begin) -> None:
    shopper = talk("c07").say(f"{LAMP} 台灯不亮了，重置过也没用，想换货")
    answered(shopper)
    assert shopper.row == "pr_q_ex_05"


def test_a_lamp_that_flickers_now_and_then_hears_the_steps(talk: Begin) -> None:
    shopper = talk("c07").say(f"{LAMP} 台灯坏了，有时候会闪一下")
    answered(shopper)
    assert "fl_04" in shopper.rows


def test_a_lamp_that_is_down_goes_to_a_person_at_once(talk: Begin) -> None:
    shopper = talk("c07").say(f"{LAMP} 台灯坏了，彻底没反应，完全不能用")
    answered(shopper)
    assert "fl_01" in shopper.rows
    assert shopper.owner == "queue"
