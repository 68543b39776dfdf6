"""Branches of the charts F1, F2, F7, F10, F15 and F19 that no talk about one topic walks: the way on after a no, a detour and back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.dialogue.checks import answered
from tests.dialogue.talk import Talk

pytestmark = pytest.mark.live
Begin = Callable[..., Talk]


# F1


def test_shipping_is_told_then_quoted_for_the_place(talk: Begin) -> None:
    """F1, the ways of sending: the usual ones, where to and how many, the fee for it."""
    said = talk(product_id="p1001").say("邮费怎么收")
    answered(said)
    assert said.row == "ps_03_a"
    said.say("寄到成都，一件")
    answered(said)
    assert said.row in ("ps_03", "ps_z_05")


def test_nothing_else_is_wanted_instead_of_sold_out_goods(talk: Begin) -> None:
    """F1: none left, another is not chosen, the shopper is left in peace."""
    said = talk(product_id="p1001").say("雾蓝L码还有吗")
    assert said.row == "ps_02"
    said.say("那算了不要了")
    answered(said)
    assert said.owner == "bot"
    assert not said.rows or said.row not in ("ps_02", "ps_01")


def test_from_the_stock_to_the_order(talk: Begin) -> None:
    """F1: in stock, number and place, and the order is placed."""
    said = talk("c05", product_id="p1001").say("米白M现在有货不").say("一件，发长沙").say("行，那我现在下单")
    answered(said)
    assert "s_confirm_details" in said.scripts or said.tables == ["payment_reminder"], said.transcript


def test_dropshipping_is_passed_on_where_the_shop_has_no_terms(talk: Begin) -> None:
    """F1, dropshipping: registered or not, its terms come from the shop (tests/actions/test_scripts.py walks both)."""
    said = talk().say("你们支不支持代发，我自己有店")
    answered(said)
    assert said.row == "ps_04_a"
    assert said.ticket


# F2, F3


@pytest.mark.parametrize(("wish", "row"), [("我要取消订单", "co_06"), ("想换个尺码L", "cp_06")])
def test_without_a_number_it_is_asked_for_and_then_gone_on_with(talk: Begin, wish: str, row: str) -> None:
    """F2, F3: no order number, asked, proved, decided."""
    said = talk().say(wish)
    answered(said)
    said.say("880000000001")
    answered(said)
    said.say("0001")
    answered(said)
    assert row in said.rows or said.owner == "queue", said.transcript


def test_a_number_that_is_nobodys_is_asked_for_again(talk: Begin) -> None:
    """F2: not found; a right one goes on."""
    said = talk("c01").say("880000004444 这单取消")
    answered(said)
    assert said.ticket is None
    said.say("880000000001")
    answered(said)
    assert said.row == "co_06"


# F7


def test_bargaining_that_has_come_to_its_end_offers_a_person_who_is_taken(talk: Begin) -> None:
    """F7: value, present, coupon, the end; beyond it a person decides."""
    said = talk(product_id="p1003")
    rows = []
    for words in ("能便宜点吗", "再少点吧", "再便宜一点", "还能少吗"):
        rows += said.say(words).rows
    assert rows == ["bg_01", "bg_05", "bg_06", "bg_07"]
    said.click("转人工")
    answered(said)
    assert said.owner == "queue"


def test_discounted_goods_are_bargained_for_once_more_and_get_a_present(talk: Begin) -> None:
    """F7: discounted already, still asked: a present, no second discount."""
    said = talk(product_id="p1002").say("便宜点呗")
    assert said.row == "bg_02"
    assert said.say("再便宜点嘛").row == "bg_05"
    said.say("行吧")
    answered(said)
    assert said.scripts == ["s_confirm_details"]


# F10


def test_a_question_about_the_goods_in_the_middle_of_a_recommendation(talk: Begin) -> None:
    """F10: shown, asked what it is made of, liked, checked."""
    said = talk().say("推荐几款床品").click("纯棉四件套").say("会缩水吗")
    answered(said)
    assert "3%" in said.text
    said.say("那就要这个了")
    answered(said)
    assert "四件套" in said.text


# F15


def test_abuse_that_stops_is_followed_by_listening(talk: Begin) -> None:
    """F15: limited, and when it stops the complaint goes on."""
    said = talk("c05").say("我要投诉你们店").say("你们这群王八蛋")
    answered(said)
    assert said.owner == "bot"
    said.say("昨天约好的回电没有打，害我等了一下午")
    answered(said)
    assert said.row == "cd_08"


def test_a_complex_complaint_is_taken_with_its_longer_time(talk: Begin) -> None:
    """F15: cannot be settled at once, complex."""
    said = talk("c05").say("我要投诉，多扣了我的钱还没有人管")
    answered(said)
    assert any(row.startswith("cd_03") for row in said.rows), said.transcript
    assert said.ticket


# F19


def test_the_person_who_was_asked_for_has_what_was_said(talk: Begin) -> None:
    """F19: within people's hours the talk waits for a person, with its summary; out of hours: tests/actions/test_complaints.py."""
    said = talk("c05").say("连衣裙想退货").say("给我转个真人")
    answered(said)
    assert (said.row, said.owner) == ("es_07", "queue")
    assert "连衣裙" in said.text
