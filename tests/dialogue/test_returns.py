"""F13, returns and exchanges as a shopper has them: the wish, the questions, the row, the changed mind, the parcel."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.dialogue.checks import answered
from tests.dialogue.talk import Talk

pytestmark = pytest.mark.live
Begin = Callable[..., Talk]

DRESS, SHIRT = "880000000009", "880000000010"


def asks_reason(talk: Talk) -> bool:
    """Whether the reason of a return is the open question."""
    return "质量问题" in talk.titles and "运输损坏" in talk.titles


# One message is enough


@pytest.mark.parametrize(
    ("customer", "message", "row"),
    [
        ("c05", "收到的裙子开线了想换一件", "pr_q_ex_01"),
        ("c05", f"{DRESS} 不喜欢想退", "pr_b_rr_01"),
        ("c05", f"{SHIRT} 尺码不合适换个L，我有运费险", "pr_b_ex_02"),
        ("c05", f"{SHIRT} 不喜欢，退了吧", "pr_b_rr_02"),
        ("c05", f"{DRESS} 拉链坏了，能修吗", "pr_q_rm_01"),
        ("c05", f"{DRESS} 发错货了，我要换", "pr_w_01"),
        ("c05", f"{DRESS} 快递压坏了，我要退", "pr_d_02"),
        ("c05", f"{DRESS} 颜色和图片不一样，想退", "pr_x_02"),
        ("c05", f"{DRESS} 有色差，退点钱就算了", "pr_x_01"),
        ("c03", "880000000006 不想要了，我要拒收", "pr_b_rf_01"),
        ("c06", "880000000011 四件套起球严重，想退货", "pr_q_rr_02"),
        ("c10", "880000000022 衣柜门坏了，想换", "pr_f_02"),
        ("c10", "880000000022 不喜欢想退", "pr_b_rr_01"),
        ("c01", "880000000024 床头柜有划痕，能修吗", "rv_01"),  # furniture is repaired at home (rules.md §21)
        ("c09", "880000000018 想退货", "co_z_01"),
        ("c05", "880000000023 不喜欢，想退货", "co_07"),
        ("c01", "880000000001 换L码", "cp_06"),
    ],
)
def test_a_complete_wish_is_settled_at_once(talk: Begin, customer: str, message: str, row: str) -> None:
    shopper = talk(customer).say(message)
    answered(shopper)
    assert shopper.row == row


def test_the_sums_of_an_own_reason_return_are_told_before_anything_is_sent(talk: Begin) -> None:
    shopper = talk("c05").say("不喜欢想退").click("0009")
    answered(shopper)
    assert shopper.row == "pr_b_rr_01"
    assert "168元" in shopper.text
    assert "8元" in shopper.text.replace("168元", "")
    assert shopper.ticket


def test_a_valuable_coat_after_the_first_days_is_told_and_handed_over(talk: Begin) -> None:
    shopper = talk("c06").say("880000000012 质量有问题，想换一件")
    answered(shopper)
    assert "pr_q_ex_04" in shopper.rows
    assert shopper.ticket
    assert shopper.owner == "queue"


# Only what is missing is asked


def test_order_and_reason_are_asked_one_after_the_other(talk: Begin) -> None:
    shopper = talk("c05").say("我要退货")
    assert any("0009" in title for title in shopper.titles)
    assert not any("0023" in title for title in shopper.titles), "what is not sent cannot come back"
    shopper.say(DRESS)
    assert asks_reason(shopper)
    shopper.click("质量问题")
    answered(shopper)
    assert shopper.row == "pr_q_rr_01"


@pytest.mark.parametrize(
    ("message", "pressed", "row"),
    [
        (f"{SHIRT} 少发了一件", "补发缺的", "pr_m_01"),
        (f"{SHIRT} 少发了一件", "退货退款", "pr_m_02"),
        (f"{DRESS} 发错颜色了", "换成买的那件", "pr_w_01"),
    ],
)
def test_a_fault_alone_is_asked_for_the_way_out_and_nothing_else(talk: Begin, message: str, pressed: str, row: str) -> None:
    shopper = talk("c05").say(message).click(pressed)
    answered(shopper)
    assert shopper.row == row


def test_a_reason_unclear_twice_goes_to_a_person(talk: Begin) -> None:
    shopper = talk("c05").say(f"{DRESS} 我要退货").say("？？？")
    assert asks_reason(shopper)
    shopper.say("额")
    answered(shopper)
    assert "pr_z_06" in shopper.rows
    assert shopper.owner == "queue"


# Parcels on their way, goods confirmed


@pytest.mark.parametrize("message", ["880000000006 箱子压坏了，我要拒收", "880000000006 破损了，我要拒收"])
def test_a_damaged_parcel_refused_at_the_door_costs_the_shopper_nothing(talk: Begin, message: str) -> None:
    shopper = talk("c03").say(message)
    answered(shopper)
    assert set(shopper.rows) <= {"pr_d_01", "pr_q_rf_01"}
    assert shopper.rows
    assert "由我们承担" in shopper.text


# Changed minds and corrections


@pytest.mark.parametrize(
    ("first", "second", "row"),
    [
        (f"{DRESS} 不喜欢想退", "还是换一件吧", "pr_b_ex_01"),
        (f"{DRESS} 不喜欢想退", "不对，是质量问题，开线了", "pr_q_rr_01"),
        (f"{DRESS} 不喜欢想退", f"说错了，是{SHIRT}", "pr_b_rr_02"),
        (f"{DRESS} 开线了想换一件", "不换了，退货吧", "pr_q_rr_01"),
    ],
)
def test_a_changed_mind_goes_on_from_what_was_said(talk: Begin, first: str, second: str, row: str) -> None:
    shopper = talk("c05").say(first).say(second)
    answered(shopper)
    assert shopper.row == row


def test_the_goods_are_kept_after_all_and_then_not(talk: Begin) -> None:
    shopper = talk("c05").say(f"{DRESS} 不喜欢想退").say("算了不退了")
    answered(shopper)
    assert not shopper.rows
    shopper.say("还是退吧")
    assert shopper.row == "pr_b_rr_01"


@pytest.mark.parametrize("words", ["不退了", "算了"])
def test_the_wish_is_left_in_the_middle_of_the_questions(talk: Begin, words: str) -> None:
    shopper = talk("c05").say(f"{DRESS} 我要退货").say(words)
    answered(shopper)
    assert not asks_reason(shopper) or not shopper.replies[-1].get("buttons")
    assert not shopper.rows


# A question in the middle, and back


@pytest.mark.parametrize("question", ["这裙子158 98斤穿什么码", "运费谁出", "雾蓝的还有货吗", "你们几点下班"])
def test_a_question_in_the_middle_is_answered_and_the_open_one_asked_again(talk: Begin, question: str) -> None:
    shopper = talk("c05").say(f"{DRESS} 我要退货").say(question)
    answered(shopper)
    assert len(shopper.texts) > 1
    assert asks_reason(shopper)
    shopper.say("不喜欢")
    assert shopper.row == "pr_b_rr_01"


@pytest.mark.parametrize("words", ["转人工", "叫个活人来", "我不跟机器人说了，人工！！", "能不能找个真人给我处理", "客服呢"])
def test_a_person_is_called_out_of_the_form_in_any_wording(talk: Begin, words: str) -> None:
    shopper = talk("c05").say(f"{DRESS} 我要退货").say(words)
    answered(shopper)
    assert shopper.owner == "queue"
    assert DRESS in shopper.text, "the person knows what it is about"


# What-if opens nothing


@pytest.mark.parametrize(
    ("question", "sum_told"),
    [
        ("如果裙子质量有问题，退货邮费谁出？", ""),
        ("不喜欢可以退吗", ""),
        (f"{DRESS} 要是不喜欢退货的话运费谁付", "168元"),
    ],
)
def test_a_what_if_question_is_answered_and_opens_nothing(talk: Begin, question: str, sum_told: str) -> None:
    shopper = talk("c05").say(question)
    answered(shopper)
    assert sum_told in shopper.text
    assert shopper.ticket is None
    assert not asks_reason(shopper)


def test_a_wish_pressed_below_such_an_answer_is_taken_as_it_stands(talk: Begin) -> None:
    shopper = talk("c05").say(f"{DRESS} 要是不喜欢退货的话运费谁付").click("退货退款")
    answered(shopper)
    assert shopper.row == "pr_b_rr_01"


def test_goods_that_do_not_fit_are_asked_for_the_wish(talk: Begin) -> None:
    shopper = talk("c05").say("T恤不合适")
    answered(shopper)
    assert not shopper.ticket


# The parcel that comes back


def test_from_the_wish_to_the_parcel_number_and_the_progress(talk: Begin) -> None:
    shopper = talk("c05").say(f"{DRESS} 不喜欢想退").say("寄出了")
    answered(shopper)
    shopper.say("YT1234567890123")
    answered(shopper)
    assert "YT1234567890123" in shopper.text
    assert shopper.ticket
    assert shopper.ticket in shopper.text
    ticket = shopper.ticket
    shopper.say("我的退货到哪一步了")
    answered(shopper)
    assert ticket in shopper.text
    assert "YT1234567890123" in shopper.text


def test_the_number_of_a_parcel_we_sent_tells_where_that_is(talk: Begin) -> None:
    shopper = talk("c03").say("YT8800000000006")
    answered(shopper)
    assert shopper.tables == ["logistics"]


@pytest.mark.parametrize(
    ("customer", "question", "told"),
    [
        (None, "退货寄到哪里", "示例路1号"),
        (None, "退货进度", "办理退换"),
        ("c05", f"{SHIRT} 有运费险吗", "有运费险"),
        ("c05", f"{DRESS} 有运费险吗", "没有运费险"),
        ("c07", "台灯保修多久", "24个月"),
        ("c05", "七天无理由吗", "七天"),
    ],
)
def test_questions_around_a_return(talk: Begin, customer: str | None, question: str, told: str) -> None:
    shopper = talk(customer).say(question)
    answered(shopper)
    assert told in shopper.text or told in shopper.titles
