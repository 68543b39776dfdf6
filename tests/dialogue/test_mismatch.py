"""F5, not as described, another thing, a part missing: the three offers, the page's own words, the right thing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.dialogue.checks import answered
from tests.dialogue.talk import Talk

pytestmark = pytest.mark.live
Begin = Callable[..., Talk]

DRESS, SHIRT, COAT = "880000000009", "880000000010", "880000000012"
MISMATCH = f"{DRESS} 颜色和图片不一样"


@pytest.mark.parametrize(
    ("pressed", "row"),
    [("退差价", "dm_09"), ("送礼抵差价", "dm_10"), ("优惠券", "dm_10"), ("退货退款", "pr_x_02"), ("换货", "pr_x_02")],
)
def test_a_mismatch_hears_the_three_offers_and_the_ways_back(talk: Begin, pressed: str, row: str) -> None:
    shopper = talk("c05").say(MISMATCH)
    answered(shopper)
    assert {"dm_01", "dm_08"} <= set(shopper.rows)
    shopper.click(pressed)
    answered(shopper)
    assert row in shopper.rows
    assert shopper.ticket


def test_an_explicit_wish_wins_over_the_offers(talk: Begin) -> None:
    shopper = talk("c05").say(f"{MISMATCH}，想退")
    answered(shopper)
    assert shopper.row == "pr_x_02"


def test_offers_declined_lead_on_and_at_last_to_a_person(talk: Begin) -> None:
    shopper = talk("c05").say(f"{DRESS} 有色差，退点钱就算了")
    assert shopper.row == "pr_x_01"
    shopper.say("这几种都不行")
    answered(shopper)
    assert shopper.owner == "queue" or "dm_11" in shopper.rows


def test_a_page_that_says_otherwise_is_quoted_and_may_be_disputed(talk: Begin) -> None:
    shopper = talk("c05").say(f"{DRESS} 你们写的纯棉，收到是化纤，跟描述不符")
    answered(shopper)
    assert "dm_04_page" in shopper.rows
    assert "雪纺" in shopper.text
    shopper.click("请同事复核")
    answered(shopper)
    assert shopper.owner == "queue"


def test_after_the_pages_words_the_goods_may_still_go_back(talk: Begin) -> None:
    shopper = talk("c05").say(f"{DRESS} 你们写的纯棉，收到是化纤，跟描述不符").click("仍要退货")
    answered(shopper)
    assert shopper.row == "pr_b_rr_01"


@pytest.mark.parametrize(
    ("message", "pressed", "row"),
    [
        (f"{SHIRT} 少发了一件", "补发缺的", "pr_m_01"),
        (f"{SHIRT} 少发了一件", "退货退款", "pr_m_02"),
        (f"{DRESS} 发错颜色了", "换成买的那件", "pr_w_01"),
        (f"{DRESS} 发错颜色了", "退货退款", "pr_w_05"),
    ],
)
def test_a_wrong_or_missing_thing_is_put_right(talk: Begin, message: str, pressed: str, row: str) -> None:
    shopper = talk("c05").say(message)
    answered(shopper)
    assert {"wi_02", "wi_06"} & set(shopper.rows)
    shopper.click(pressed)
    answered(shopper)
    assert shopper.row == row
