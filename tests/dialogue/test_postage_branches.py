"""F13 through the product: who pays each stretch, insured or not, received or confirmed, in both modes of time, and the steps to the end.

F14: what only a supervisor may grant, from the wish to the answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.dialogue.back import Back, ask
from tests.dialogue.checks import answered
from tests.dialogue.talk import Talk

pytestmark = pytest.mark.live
Begin = Callable[..., Talk]

DRESS = "880000000009"
SHOP, INSURANCE, OWN = "由我们(全部)?承担|都不用您承担", "运费险", "由您承担"
WISHES = {
    "refund": "质量有问题开线了，想退货",
    "exchange": "质量有问题开线了，想换一件",
    "repair": "拉链坏了，能修吗",
    "keep": "开线了，补偿我一点钱，不退了",
    "own refund": "不喜欢，想退货",
    "own exchange": "不喜欢，想换个M码",
    "wrong refund": "发错货了，想退货",
    "wrong exchange": "发错颜色了，我要换",
    "mismatch refund": "颜色和图片不一样，想退货",
    "mismatch exchange": "颜色和图片不一样，想换货",
    "damaged": "快递压坏了，我要退",
}


def wished(talk: Begin, back: Back, wish: str, **order: object) -> Talk:
    """A wish about an order of these facts, as one message."""
    back.order_as(DRESS, **order)
    shopper = talk("c05").say(f"{DRESS} {WISHES[wish]}")
    answered(shopper)
    return shopper


@pytest.mark.parametrize(
    ("wish", "insured", "state", "row", "party"),
    [
        ("refund", False, "received", "pr_q_rr_01", SHOP),
        ("refund", False, "confirmed", "pr_q_rr_02", SHOP),
        ("refund", True, "received", "pr_q_rr_03", INSURANCE),
        ("refund", True, "confirmed", "pr_q_rr_03", INSURANCE),
        ("exchange", False, "received", "pr_q_ex_01", SHOP),
        ("exchange", False, "confirmed", "pr_q_ex_02", SHOP),
        ("exchange", True, "received", "pr_q_ex_03", INSURANCE),
        ("exchange", True, "confirmed", "pr_q_ex_03", INSURANCE),
        ("repair", False, "confirmed", "pr_q_rm_01", SHOP),
        ("repair", True, "received", "pr_z_02", INSURANCE),
        ("own refund", False, "received", "pr_b_rr_01", "168元"),
        ("own refund", False, "confirmed", "pr_b_rr_03", "168元"),
        ("own refund", True, "received", "pr_b_rr_02", INSURANCE),
        ("own refund", True, "confirmed", "pr_b_rr_03_insured", INSURANCE),
        ("own exchange", False, "received", "pr_b_ex_01", OWN),
        ("own exchange", False, "confirmed", "pr_b_ex_03", OWN),
        ("own exchange", True, "received", "pr_b_ex_02", INSURANCE),
        ("wrong refund", False, "received", "pr_w_05", SHOP),
        ("wrong refund", True, "received", "pr_w_05_insured", INSURANCE),
        ("wrong exchange", True, "received", "pr_w_01", SHOP),
        ("wrong exchange", False, "confirmed", "pr_z_03", SHOP),
        ("mismatch refund", True, "received", "pr_x_03", INSURANCE),
        ("mismatch refund", True, "confirmed", "pr_z_02", INSURANCE),
        ("damaged", False, "received", "pr_d_02", SHOP),
        ("damaged", True, "received", "pr_d_03", INSURANCE),
        ("damaged", False, "confirmed", "pr_z_03", SHOP),
    ],
)
def test_who_pays_is_told_with_where_to_send_it(
    talk: Begin, back: Back, wish: str, insured: bool, state: str, row: str, party: str
) -> None:
    shopper = wished(talk, back, wish, insurance=insured, state=state)
    assert shopper.row == row
    assert re.search(party, shopper.text)
    assert "示例路1号" in shopper.text
    assert shopper.ticket
    goods = back.returns.get(shopper.ticket)
    assert goods is not None
    assert goods.remedy == ("exchange" if "exchange" in wish else "repair_return" if wish == "repair" else "return_refund")


@pytest.mark.parametrize(("state", "row"), [("received", "pr_q_cp_01"), ("confirmed", "pr_q_cp_02")])
def test_goods_kept_are_paid_the_way_they_were_paid(talk: Begin, back: Back, state: str, row: str) -> None:
    shopper = wished(talk, back, "keep", state=state)
    assert shopper.row == row
    assert "支付宝账号" not in shopper.text
    answered(shopper.click("接受补偿"))
    assert ("rp_01" if state == "received" else "rp_02") in shopper.rows


def test_a_free_parcel_costs_an_own_reason_return_nothing_of_its_first_way(talk: Begin, back: Back) -> None:
    """decisions.md 2: free without a condition, all of the money comes back."""
    shopper = wished(talk, back, "own refund", postage=0, paid=168)
    assert (shopper.row, "168元" in shopper.text) == ("pr_b_rr_01_free", True)


@pytest.mark.parametrize(
    ("mode", "days", "wish", "row", "party"),
    [
        ("shopper_first", 20, "refund", "pr_q_rr_04", SHOP),
        ("shopper_first", 20, "exchange", "pr_q_ex_04", SHOP),
        ("shopper_first", 20, "repair", "pr_q_rm_02", SHOP),
        ("shopper_first", 40, "refund", "pr_q_rr_05", SHOP),
        ("shopper_first", 40, "exchange", "pr_q_ex_05", SHOP),
        ("shopper_first", 40, "repair", "pr_q_rr_05", SHOP),
        ("shopper_first", 20, "mismatch refund", "pr_z_04", SHOP),
        ("strict_001", 7, "refund", "pr_q_rr_01", SHOP),
        ("strict_001", 8, "refund", "pr_q_rr_04_strict", "一半"),
        ("strict_001", 20, "exchange", "pr_q_ex_04_strict", "一半"),
        ("strict_001", 30, "repair", "pr_q_rm_02_strict", "一半"),
        ("strict_001", 31, "refund", "pr_q_rr_05_strict", OWN),
        ("strict_001", 40, "exchange", "pr_q_ex_05_strict", OWN),
        ("strict_001", 40, "repair", "pr_q_rr_05_strict", OWN),
    ],
)
def test_who_pays_after_the_first_days_is_the_shops_setting(
    talk: Begin, back: Back, mode: str, days: int, wish: str, row: str, party: str
) -> None:
    """pr_c_01: decisions.md 1, or the handbook's tiers where the shop has chosen them."""
    back.shop_with(postage_time_tier_mode=mode)
    shopper = wished(talk, back, wish, signed_days_ago=days)
    assert shopper.row == row
    assert re.search(party, shopper.text)


def test_half_of_the_postage_is_not_promised_back_whole(talk: Begin, back: Back) -> None:
    """strict_001 on day 20: after the inspection no more comes back than was said before the parcel was sent."""
    back.shop_with(postage_time_tier_mode="strict_001")
    shopper = wished(talk, back, "refund", signed_days_ago=20)
    ticket = shopper.ticket
    assert ticket
    back.accept(ticket, "return_refund")
    back.report(ticket, step="received")
    back.report(ticket, step="inspected", finding="confirmed")
    answered(ask(shopper, ticket))
    assert (shopper.rows, "垫付的邮费" in shopper.text) == (["qp_08"], False)


def test_an_own_reason_after_seven_days_is_left_to_a_person(talk: Begin, back: Back) -> None:
    shopper = wished(talk, back, "own refund", signed_days_ago=8)
    assert shopper.row == "pr_b_rr_04"
    assert shopper.ticket


# F13 T12–T19: the parcel, the inspection, the end


@pytest.mark.parametrize(
    ("wish", "insured", "inspected", "end"),
    [
        ("own refund", False, ["rs_05"], "refunded"),
        ("own refund", True, ["rs_05"], "refunded"),
        ("own exchange", False, ["rs_06"], "re_sent"),
        ("wrong exchange", False, ["rs_06"], "re_sent"),
        ("mismatch exchange", False, ["dm_07"], "re_sent"),
        ("refund", True, ["qp_07"], "refunded"),
    ],
)
def test_from_the_parcels_number_to_the_end(talk: Begin, back: Back, wish: str, insured: bool, inspected: list[str], end: str) -> None:
    shopper = wished(talk, back, wish, insurance=insured)
    ticket = shopper.ticket
    assert ticket
    answered(shopper.say("寄出了"))
    assert "单号" in shopper.text
    answered(shopper.say("YT5544332211009"))
    assert "YT5544332211009" in shopper.text
    told = []
    for step in ({"step": "received"}, {"step": "inspected", "finding": "confirmed"}):
        back.report(ticket, **step)
        answered(ask(shopper, ticket))
        told.append(shopper.rows)
    assert told == [["rs_03"], inspected]
    assert ("问题属实" in shopper.text) is not wish.startswith("own")
    back.report(ticket, step=end, **({"amount": 168} if end == "refunded" else {"tracking": "SF3344"}))
    answered(ask(shopper, ticket))
    assert ("168元" if end == "refunded" else "SF3344") in shopper.text
    assert back.ticket(ticket).state == "closed"


@pytest.mark.parametrize("arrived", [False, True])
def test_a_return_that_is_refused_is_told_with_its_reason(talk: Begin, back: Back, arrived: bool) -> None:
    shopper = wished(talk, back, "own refund")
    ticket = shopper.ticket
    assert ticket
    if arrived:
        back.report(ticket, step="received")
    back.report(ticket, step="refused", reason="包裹里不是本店的商品")
    answered(ask(shopper, ticket))
    assert (shopper.rows, "包裹里不是本店的商品" in shopper.text) == (["rs_21"], True)
    answered(shopper.click("找人工复核"))
    assert shopper.owner == "queue"


# F14: above the bot's authority


FULL = f"{DRESS} 裙子有点开线，不想寄回，全额退给我吧"
OVER = f"{DRESS} 颜色和图片不一样，不退货了，退我50块差价"


@pytest.mark.parametrize(
    ("wish", "row", "owner", "kind", "amount"),
    [(FULL, "cl_03_full", "queue", "full_refund", 176), (OVER, "cl_04_over", "bot", "price_difference", 50)],
)
@pytest.mark.parametrize("granted", [True, False])
def test_a_supervisor_is_asked_and_the_answer_is_told(
    talk: Begin, back: Back, wish: str, row: str, owner: str, kind: str, amount: int, granted: bool
) -> None:
    first = talk("c05").say(wish)
    answered(first)
    assert (first.row, first.owner) == (row, owner) or row in first.rows
    ticket = first.ticket
    assert ticket
    question = back.asked(ticket)
    assert (question.kind, question.amount, question.state) == (kind, amount, "asked")
    shopper = ask(talk("c05"), ticket)
    answered(shopper)
    assert "主管审批" in shopper.text
    if granted:
        back.approvals.grant(question.id, by="s1", role="supervisor")
        answered(ask(shopper, ticket))
        assert "批准" in shopper.text
    else:
        back.approvals.refuse(question.id, by="s1", role="supervisor", reason="瑕疵不影响穿着")
        answered(ask(shopper, ticket))
        assert "瑕疵不影响穿着" in shopper.text
        answered(shopper.click("看别的办法"))
        assert "示例路1号" in shopper.text or shopper.titles
    assert (f"{amount}元" in shopper.text) or not granted
