"""F14, money without a return: offered within the cap, agreed, approved, declined; nothing wanted; nothing wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.dialogue.checks import answered
from tests.dialogue.talk import Talk

pytestmark = pytest.mark.live
Begin = Callable[..., Talk]

DRESS = "880000000009"


def test_a_compensation_is_offered_within_the_cap_and_taken(talk: Begin) -> None:
    shopper = talk("c05").say(f"{DRESS} 裙子有点开线，不退了，补偿我点钱吧")
    assert shopper.row == "pr_q_cp_01"
    assert "8元以内" in shopper.text
    shopper.click("接受补偿")
    answered(shopper)
    assert shopper.ticket
    assert shopper.owner == "bot"


def test_a_compensation_declined_goes_to_a_person_with_the_teams_own_time(talk: Begin) -> None:
    shopper = talk("c05").say(f"{DRESS} 裙子有点开线，不退了，补偿我点钱吧").say("不行太少了")
    answered(shopper)
    assert shopper.owner == "queue"
    assert "明天12:00" in shopper.text


def test_beside_an_offer_the_return_stays_open(talk: Begin) -> None:
    shopper = talk("c05").say(f"{DRESS} 裙子有点开线，不退了，补偿我点钱吧").click("退货")
    answered(shopper)
    assert shopper.row == "pr_q_rr_01"


@pytest.mark.parametrize(("words", "row", "owner"), [("补我8块钱就行", "cl_02", "bot"), ("补我20块钱", "cl_03", "queue")])
def test_a_named_sum_is_agreed_within_the_cap_and_approved_beyond_it(talk: Begin, words: str, row: str, owner: str) -> None:
    shopper = talk("c05").say(f"{DRESS} 裙子有点开线，不退了，{words}")
    answered(shopper)
    assert row in shopper.rows
    assert shopper.owner == owner


def test_goods_kept_with_a_fault_are_no_bargain(talk: Begin) -> None:
    shopper = talk("c05").say("裙子勾丝了，懒得退，便宜点行不")
    answered(shopper)
    assert shopper.row == "pr_q_cp_01"


def test_a_price_elsewhere_is_heard_out_and_no_order_is_asked_for(talk: Begin) -> None:
    shopper = talk("c05").say("别人店才卖一百我亏了，退我差价")
    answered(shopper)
    assert not shopper.ticket
