"""Branches of F1, F2, F4, F15, F16 and F19 that need another shop than the seeded one: rows are altered for the test and set back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from shop.models import Order, Shop
from shop.models.catalogue import Stock
from shop.models.orders import ScanRow, Shipment
from tests.conftest import NOON
from tests.dialogue.checks import answered
from tests.dialogue.talk import Talk

pytestmark = pytest.mark.live
Begin = Callable[..., Talk]
Alter = Callable[..., None]
NOW = datetime.fromisoformat(NOON)
NIGHT = "00:00-01:00"  # opening hours that are over at the tests' noon


def test_the_price_of_goods_that_are_sold_out_comes_with_something_like_them(talk: Begin, altered: Alter) -> None:
    """F1: asked for the price, not in stock, another is proposed and chosen."""
    altered(Stock, {"product_id": "p2003"}, pieces=0)
    said = talk("c01", product_id="p2003").say("这床被子多少钱")
    answered(said)
    assert "699" in said.text
    assert said.row is not None
    assert said.row.startswith("ps_02"), said.transcript
    assert "四件套" in said.text or said.buttons


def test_a_refund_by_paypal_or_card_is_told_with_its_way(talk: Begin, altered: Alter) -> None:
    """F2: the way of paying decides how and when the money comes (rp_06, rp_07)."""
    for way, row in (("paypal", "rp_06"), ("card", "rp_07")):
        altered(Order, {"id": "880000000001"}, pay_by=way)
        said = talk("c01").say("880000000001 不想要了，取消订单")
        assert said.row == "co_06"
        said.say("退款几天到账")
        answered(said)
        assert row in said.rows, said.transcript


def test_a_number_that_is_never_scanned_becomes_a_lost_parcel(talk: Begin, altered: Alter) -> None:
    """F4: not online five days after the courier was asked: lost, the shopper chooses (ls_13)."""
    altered(Shipment, {"order_id": "880000000005"}, shipped_at=NOW - timedelta(days=12))
    altered(Order, {"id": "880000000005"}, ordered_at=NOW - timedelta(days=14))
    said = talk("c03").say("880000000005 单号一直查不到")
    answered(said)
    assert said.row == "ls_13", said.transcript
    said.say("退款吧")
    answered(said)
    assert said.row == "ls_08"
    assert said.ticket


def test_a_parcel_that_stands_still_is_asked_after(talk: Begin, altered: Alter) -> None:
    """F4: no scan for more than 48 hours: the courier is urged, and the next word has a time (ls_16)."""
    for seq, days in ((0, 6), (1, 5), (2, 3)):
        altered(ScanRow, {"order_id": "880000000006", "seq": seq}, at=NOW - timedelta(days=days))
    said = talk("c03").say("880000000006 好几天没更新了")
    answered(said)
    assert said.row == "ls_16", said.transcript
    assert said.ticket


@pytest.mark.parametrize(("words", "row"), [("转人工", "oh_06"), ("我要打12315举报你们", "cd_11_away"), ("台灯漏电把我电到了", "es_01")])
def test_out_of_hours_nobody_is_promised_who_is_not_there(talk: Begin, altered: Alter, words: str, row: str) -> None:
    """F19, F15: outside people's hours: a note with its number and the next opening, no promise of minutes."""
    altered(Shop, {"shop_id": "demo"}, opening_hours=NIGHT)
    said = talk("c05").say(words)
    answered(said)
    assert any(hit.startswith(row) for hit in said.rows), said.transcript
    assert said.ticket
    assert "00:00" in said.text, "the next opening is told"


def test_what_is_wrong_while_it_is_brought_is_told_to_those_who_bring_it(talk: Begin, altered: Alter) -> None:
    """F16: opened and checked at the delivery (di_06), nothing to repair before it is there (rv_z_01)."""
    altered(Order, {"id": "880000000022"}, state="shipped")
    altered(Shipment, {"order_id": "880000000022"}, signed_at=None)
    said = talk("c10").say("880000000022 师傅正在装，柜子装歪了")
    answered(said)
    assert said.row == "di_06", said.transcript
    said = talk("c10").say("880000000022 想报修")
    answered(said)
    assert said.row == "rv_z_01", said.transcript


def test_a_repair_after_the_warranty_has_its_price_agreed_first(talk: Begin, altered: Alter) -> None:
    """F16: out of warranty, quoted before anybody comes (rv_05_first)."""
    altered(Order, {"id": "880000000022"}, state="confirmed", ordered_at=NOW - timedelta(days=1500))
    altered(Shipment, {"order_id": "880000000022"}, shipped_at=NOW - timedelta(days=1495), signed_at=NOW - timedelta(days=1490))
    said = talk("c10").say("880000000022 柜门合页坏了，想修一下")
    answered(said)
    if said.row != "rv_05_first":
        said.say("门往下掉，合页的螺丝孔豁了")
        answered(said)
    assert said.row == "rv_05_first", said.transcript
