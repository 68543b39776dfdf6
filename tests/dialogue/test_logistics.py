"""Talks about parcels (flow F4): where each demonstration order is, what a shopper chooses of a lost or late one, anonymous look-up."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.dialogue.checks import answered
from tests.dialogue.talk import Talk

pytestmark = pytest.mark.live
Begin = Callable[..., Talk]


@pytest.mark.parametrize(
    ("customer", "text", "row"),
    [
        ("c01", "880000000001怎么还不发货", "ls_01"),
        ("c01", "牛仔裤怎么还没发货", "ls_02"),
        ("c01", "牛仔裤什么时候发货", "ls_02"),
        ("c02", "连衣裙怎么还没发货", "ls_03"),
        ("c02", "四件套物流查不到", "ls_10"),
        ("c03", "T恤到哪了", "ls_11"),
        ("c03", "四件套到哪了", "ls_15"),
        ("c04", "880000000007怎么还不动", "ls_17"),
        ("c04", "枕芯到哪了", "ls_18"),
        ("c05", "连衣裙到哪了", "ls_20"),
        ("c05", "连衣裙显示签收了但是我没收到", "nr_15"),
        ("c08", "T恤到哪了", "ls_06"),
        ("c08", "牛仔裤到哪了", "ls_07"),
        ("c08", "四件套到哪了", "ls_14"),
        ("c09", "880000000018到哪了", "ls_z_01"),
        ("c10", "沙发什么时候发货", "ls_z_10"),
    ],
)
def test_a_shopper_asks_where_a_parcel_is(talk: Begin, customer: str, text: str, row: str) -> None:
    said = talk(customer).say(text)
    answered(said)
    assert said.row == row


def test_a_shopper_with_two_parcels_picks_one(talk: Begin) -> None:
    said = talk("c04").say("怎么还不动")
    assert len(said.titles) == 2
    assert said.click("大衣").row == "ls_17"


@pytest.mark.parametrize(("option", "row"), [("补发一件", "ls_09"), ("全额退款", "ls_08")])
def test_a_lost_parcel_is_sent_again_or_refunded_by_button(talk: Begin, option: str, row: str) -> None:
    said = talk("c04").say("880000000007怎么还不动").click(option)
    answered(said)
    assert said.row == row
    assert said.ticket


@pytest.mark.parametrize(("words", "row"), [("补发一件吧", "ls_09"), ("退款吧", "ls_08")])
def test_a_lost_parcel_is_sent_again_or_refunded_in_words(talk: Begin, words: str, row: str) -> None:
    assert talk("c08").say("880000000016到哪了").say(words).row == row


def test_a_mere_yes_to_a_choice_of_two_is_asked_back(talk: Begin) -> None:
    said = talk("c04").say("880000000007怎么还不动").say("好的")
    answered(said)
    assert said.row is None
    assert {"补发一件", "全额退款"} <= set(said.titles)


def test_neither_of_both_is_handed_to_a_person(talk: Begin) -> None:
    said = talk("c04").say("880000000007怎么还不动").say("都不要")
    answered(said)
    assert said.owner == "queue"


@pytest.mark.parametrize(("option", "row"), [("我愿意等", "ls_05"), ("全额退款", "co_06")])
def test_late_goods_are_awaited_or_cancelled(talk: Begin, option: str, row: str) -> None:
    said = talk("c02").say("连衣裙怎么还没发货").click(option)
    answered(said)
    assert said.row == row


def test_late_goods_are_changed_for_others(talk: Begin) -> None:
    said = talk("c02").say("连衣裙怎么还没发货").click("换一款")
    answered(said)
    assert said.row == "ls_04"
    assert said.titles  # what it can be changed for


def test_dispatch_urged_again_is_passed_on(talk: Begin) -> None:
    said = talk("c01").say("880000000001怎么还不发货").say("催一下")
    answered(said)
    assert said.row == "ls_z_08"
    assert said.ticket


def test_a_shopper_worries_that_the_order_confirms_itself(talk: Begin) -> None:
    assert talk("c03").say("快自动确认收货了怎么办").click("四件套").row == "ls_19"


def test_the_order_is_named_in_words_after_it_was_asked(talk: Begin) -> None:
    assert talk("c03").say("快自动确认收货了怎么办").say("四件套").row == "ls_19"


def test_signing_is_advised_on_in_the_middle_of_a_look_up(talk: Begin) -> None:
    said = talk("c04").say("枕芯到哪了").click("签收要注意什么")
    answered(said)
    assert said.row == "ls_20_sign"


@pytest.mark.parametrize(
    "lines",
    [
        ["订单880000000006到哪了 尾号0003"],
        ["查快递", "880000000006", "0003"],
        ["880000000006快递到哪了", "尾号0003"],
    ],
)
def test_an_anonymous_shopper_proves_the_order(talk: Begin, lines: list[str]) -> None:
    said = talk()
    for line in lines:
        said.say(line)
        answered(said)
    assert said.row == "ls_15"
    assert "YT8800000000006" in said.text


def test_wrong_digits_reveal_nothing_and_right_ones_go_on(talk: Begin) -> None:
    said = talk().say("查快递").say("880000000008").say("9999")
    answered(said)
    assert said.row is None
    assert "枕" not in said.text
    assert "YT88" not in said.text


def test_another_shoppers_order_is_refused(talk: Begin) -> None:
    said = talk("c05").say("880000000007到哪了")
    answered(said)
    assert said.row is None
    assert "大衣" not in said.text


def test_a_look_up_is_left_when_it_is_not_wanted(talk: Begin) -> None:
    said = talk().say("查快递").say("不查了")
    answered(said)
    assert said.say("在吗").text
    answered(said)
