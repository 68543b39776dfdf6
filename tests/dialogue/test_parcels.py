"""Parcels of today through gateway, engine and actions (issue 4): pick-up, not received, another address, one parcel, stopping."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.dialogue.checks import answered
from tests.dialogue.talk import Talk

pytestmark = pytest.mark.live
Begin = Callable[..., Talk]

COVERED, LOCKER, STATION, GUARD = "880000000031", "880000000032", "880000000037", "880000000038"


@pytest.mark.parametrize(
    ("customer", "message", "row", "told"),
    [
        ("c15", "快递柜是空的，里面没有东西", "nr_11", "核查"),
        ("c14", f"{STATION} 放驿站了我不想去拿，送上门", "nr_08", "送上门"),
        ("c14", f"{GUARD} 显示签收可是我没收到", "nr_14", "门卫"),
        ("c12", "我的两个订单放一个包裹里一起发", "cb_12", "8元"),
        ("c13", "两个订单一起发可以吗", "cb_07", "不同的地址"),
        ("c04", "枕头正在派送，能改送到北京市海淀区中关村大街1号吗", "ad_27", "海淀区"),
        ("c08", "880000000015 改地址，改成莫斯科列宁大街12号", "ad_19", "专员"),
        ("c05", "880000000009 改地址 上海市黄浦区南京东路1号", "ad_13", "签收"),
    ],
)
def test_one_message_is_enough(talk: Begin, customer: str, message: str, row: str, told: str) -> None:
    shopper = talk(customer).say(message)
    answered(shopper)
    assert shopper.rows[0] == row, shopper.transcript
    assert told in shopper.text


def test_a_covered_return_is_settled_and_fetched(talk: Begin) -> None:
    shopper = talk("c15").say(f"{COVERED} 裙子不喜欢，要退货")
    assert "pr_b_rr_02" in shopper.rows
    assert "不用垫付" in shopper.text
    shopper.click("约上门取件")
    assert shopper.row == "pu_26"
    assert "上海市浦东新区" in shopper.text
    shopper.say("明天下午可以来取")
    assert shopper.row == "pu_29"
    ticket = shopper.ticket
    assert ticket
    shopper.click("换个时间")
    assert shopper.row == "pu_26"
    shopper.click(shopper.titles[1]).click("09:00-12:00")
    assert shopper.row == "pu_28"
    assert shopper.ticket == ticket
    shopper.say("快递员没来，白等了一上午")
    answered(shopper)
    assert shopper.row == "pu_15"


def test_a_pick_up_without_a_return_begins_with_the_return(talk: Begin) -> None:
    shopper = talk("c05").say("880000000009 我要约快递上门取退货")
    answered(shopper)
    assert "pu_22" in shopper.rows or shopper.row is None


def test_a_locker_and_its_code(talk: Begin) -> None:
    shopper = talk("c15").say(f"{LOCKER} 我没收到货")
    assert shopper.row == "nr_13_code"
    assert "4821-37" in shopper.text
    ticket = shopper.ticket
    assert ticket
    shopper.click("去看了，没有")
    assert shopper.row == "nr_11"
    assert shopper.ticket == ticket
    shopper.click("拿到了")
    answered(shopper)
    assert shopper.row == "nr_02"


def test_digits_hear_where_it_is_and_no_code(talk: Begin) -> None:
    shopper = talk(None).say(f"{STATION} 后四位0014 快递到哪了")
    assert shopper.row == "nr_12"
    assert "江南路店" in shopper.text
    assert "3307" not in shopper.text
    shopper.click("请送货上门")
    answered(shopper)
    assert shopper.owner == "queue"


def test_a_new_address_before_dispatch(talk: Begin) -> None:
    shopper = talk("c12").say("880000000033 地址写错了要改")
    assert shopper.row == "ad_23"
    shopper.say("苏州市吴中区宝带东路88号2幢301")
    assert shopper.row == "ad_25"
    assert "苏州市吴中区****" in shopper.text
    assert "宝带东路" not in shopper.text
    shopper.say("地址改好了吗")
    answered(shopper)
    assert shopper.row == "ad_17"


def test_a_parcel_on_its_way_to_another_address(talk: Begin) -> None:
    shopper = talk("c03").say("880000000006 已经发货了 想改送到成都市锦江区红星路3号")
    assert shopper.row == "ad_29"
    assert "由您承担" in shopper.text
    assert shopper.ticket is None
    shopper.click("申请转寄")
    answered(shopper)
    assert shopper.row == "ad_28"


def test_a_redirection_is_left(talk: Begin) -> None:
    shopper = talk("c03").say("880000000006 已经发货了 想改送到成都市锦江区红星路3号").say("那算了不用了")
    answered(shopper)
    assert shopper.ticket is None


def test_the_wrong_thing_is_stopped_at_our_costs(talk: Begin) -> None:
    shopper = talk("c03").say("880000000006 你们发错货了，快把快递拦截下来取消")
    answered(shopper)
    assert shopper.row == "ic_07", shopper.transcript
    assert "由我们承担" in shopper.text
