"""F5 and F6 after somebody has looked: a colleague's finding on photos (dm_02–dm_07), the inspection of what came back (qp_07–qp_13)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.dialogue.back import Back, ask
from tests.dialogue.checks import answered, never_twice_running
from tests.dialogue.talk import Talk

pytestmark = pytest.mark.live
Begin = Callable[..., Talk]

DRESS, COAT, WARDROBE = "880000000009", "880000000012", "880000000022"
MISMATCH, PAGE = f"{DRESS} 颜色和图片不一样", f"{DRESS} 你们写的纯棉，收到是化纤，跟描述不符"
REFUND, EXCHANGE, REPAIR = f"{DRESS} 裙子开线了，想退货", f"{DRESS} 裙子开线了，想换一件", f"{DRESS} 裙子拉链坏了，能修吗"


def opened(shopper: Talk) -> str:
    """The number of the ticket that the talk has led to."""
    answered(shopper)
    assert shopper.ticket
    return shopper.ticket


# F5: a colleague has looked at the photos


@pytest.mark.parametrize(
    ("finding", "grounds", "row", "told"),
    [
        ("light", {}, "dm_02", "光线"),
        ("misread", {"quote": "雪纺面料，垂感"}, "dm_03", "雪纺面料，垂感"),
        ("missed", {}, "dm_04", "雪纺（100%聚酯纤维）"),
    ],
)
@pytest.mark.parametrize("pressed", [None, "退差价"])
def test_a_finding_on_the_photos_is_told_before_anything_is_sent(
    talk: Begin, back: Back, finding: str, grounds: dict[str, str], row: str, told: str, pressed: str | None
) -> None:
    """Whether a return waits for its parcel or an offer was taken: it is told what was seen, and may still be disputed."""
    shopper = talk("c05").say(MISMATCH if pressed else f"{MISMATCH}，想退")
    ticket = opened(shopper.click(pressed) if pressed else shopper)
    back.find(ticket, finding, **grounds)
    other = ask(talk("c05"), ticket)
    answered(other)
    assert other.rows == [row]
    assert told in other.text
    assert other.titles == ["请同事复核", "仍要退货", "知道了"]


@pytest.mark.parametrize(
    ("pressed", "row", "owner"), [("请同事复核", "es_08", "queue"), ("仍要退货", "pr_b_rr_01", "bot"), ("知道了", None, "bot")]
)
def test_after_such_a_finding_the_shopper_chooses(talk: Begin, back: Back, pressed: str, row: str | None, owner: str) -> None:
    ticket = opened(talk("c05").say(f"{MISMATCH}，想退"))
    back.find(ticket, "light")
    shopper = ask(talk("c05"), ticket).click(pressed)
    answered(shopper)
    assert (shopper.row, shopper.owner) == (row, owner)


def test_a_page_that_misleads_is_mended_by_the_shops_own_people(talk: Begin, back: Back) -> None:
    """dm_03: beside the answer, those who write the page get a ticket of their own."""
    ticket = opened(talk("c05").say(f"{MISMATCH}，想退"))
    back.find(ticket, "misread", quote="米白色")
    assert ask(talk("c05"), ticket).rows == ["dm_03"]
    assert "improve" in [each.kind for each in back.tickets.of_order(DRESS)]


@pytest.mark.parametrize(
    ("finding", "row", "expected"),
    [("wrong_item", "pr_w_05", "return_refund"), ("missing_part", "pr_m_02", "return_refund")],
)
def test_a_finding_that_names_another_fault_goes_on_with_that(talk: Begin, back: Back, finding: str, row: str, expected: str) -> None:
    """dm_05, dm_06 on a return that waits for its parcel: the shop pays, the parcel is still awaited."""
    ticket = opened(talk("c05").say(f"{MISMATCH}，想退"))
    back.find(ticket, finding)
    shopper = ask(talk("c05"), ticket)
    answered(shopper)
    assert shopper.rows == [row]
    goods = back.returns.get(ticket)
    assert goods is not None
    assert (goods.step, goods.remedy) == ("approved", expected)


@pytest.mark.parametrize(
    ("finding", "row", "told"),
    [("confirmed", "pr_x_01", "退差价"), ("wrong_item", "pr_w_01", "示例路1号"), ("missing_part", "pr_m_01", "3天")],
)
def test_a_dispute_that_proves_right_is_put_right(talk: Begin, back: Back, finding: str, row: str, told: str) -> None:
    """dm_07, dm_05, dm_06 after the page's own words were disputed (es_08), with the wish left open."""
    ticket = opened(talk("c05").say(PAGE).click("请同事复核"))
    back.find(ticket, finding)
    shopper = ask(talk("c05"), ticket)
    answered(shopper)
    assert shopper.rows == [row]
    assert told in shopper.text


def test_a_wrong_thing_found_on_the_photos_is_sent_back_and_the_right_one_comes(talk: Begin, back: Back) -> None:
    """F5 A14–A17: from the finding to the parcel, the warehouse and the right piece."""
    ticket = opened(talk("c05").say(PAGE).click("请同事复核"))
    back.find(ticket, "wrong_item")
    shopper = ask(talk("c05"), ticket).say("YT66778899002 寄出了")
    answered(shopper)
    assert ticket in shopper.text
    back.report(ticket, step="received")
    back.report(ticket, step="inspected", finding="confirmed")
    answered(ask(shopper, ticket))
    assert "换给您的商品" in shopper.text
    back.report(ticket, step="re_sent", tracking="SF7788")
    answered(ask(shopper, ticket))
    assert "SF7788" in shopper.text


def test_an_offer_that_was_taken_is_not_made_again(talk: Begin, back: Back) -> None:
    """dm_07 after 退差价: what was taken is being worked on."""
    ticket = opened(talk("c05").say(MISMATCH).click("退差价"))
    back.find(ticket, "confirmed")
    shopper = ask(talk("c05"), ticket)
    answered(shopper)
    assert shopper.rows == ["tk_01"]


# F6: the goods came back


def sent_back(talk: Begin, back: Back, wish: str, remedy: str | None = None, customer: str = "c05") -> tuple[Talk, str]:
    """The wish, a specialist's yes where one is needed, the parcel and its arrival: the talk and the ticket."""
    shopper = talk(customer).say(wish)
    ticket = opened(shopper)
    if remedy:
        assert back.returns.get(ticket) is None, "a specialist says first"
        back.accept(ticket, remedy)
    if shopper.owner == "bot":
        answered(shopper.say("SF1234567890 寄回去了"))
        assert ticket in shopper.text
    back.report(ticket, step="received")
    shopper = ask(talk(customer), ticket)
    answered(shopper)
    assert shopper.rows == ["rs_03"]
    return shopper, ticket


@pytest.mark.parametrize(
    ("days", "wish", "accepted", "row", "told"),
    [
        (7, REFUND, None, "qp_07", ("退款会在", "垫付的邮费")),
        (7, EXCHANGE, None, "qp_07", ("换给您的商品", "垫付的邮费")),
        (7, REPAIR, None, "qp_07", ("维修", "垫付的邮费")),
        (8, REFUND, "return_refund", "qp_08", ("退款会在", "垫付的邮费")),
        (30, EXCHANGE, "exchange", "qp_08", ("换给您的商品", "垫付的邮费")),
        (8, REPAIR, "repair_return", "qp_08", ("维修", "垫付的邮费")),
        (31, EXCHANGE, "exchange", "qp_09", ("换给您的商品", "垫付的邮费")),
        (31, REPAIR, "repair_return", "qp_09", ("维修", "垫付的邮费")),
    ],
)
def test_a_fault_that_is_found_is_put_right(
    talk: Begin, back: Back, days: int, wish: str, accepted: str | None, row: str, told: tuple[str, str]
) -> None:
    """Q21, Q25: within 7 days, until day 30, later; the shop bears the postage each time (decisions.md 1), to the very end."""
    back.order_as(DRESS, signed_days_ago=days)
    shopper, ticket = sent_back(talk, back, wish, accepted)
    back.report(ticket, step="inspected", finding="confirmed")
    answered(ask(shopper, ticket))
    assert shopper.rows == [row]
    assert all(words in shopper.text for words in ("问题属实", *told))
    if wish == REFUND:
        back.report(ticket, step="refunded", amount=176)
        answered(ask(shopper, ticket))
        assert (shopper.rows, "176" in shopper.text) == (["rs_16"], True)
    else:
        back.report(ticket, step="re_sent", tracking="SF5566")
        answered(ask(shopper, ticket))
        assert (shopper.rows, "SF5566" in shopper.text) == (["rs_18"], True)
    assert back.ticket(ticket).state == "closed"


def test_an_exchange_that_a_shopper_sends_unasked_stays_an_exchange(talk: Begin, back: Back) -> None:
    """After day 7 a specialist says first; a parcel sent before that is awaited for what was wished."""
    back.order_as(DRESS, signed_days_ago=20)
    shopper = talk("c05").say(EXCHANGE)
    ticket = opened(shopper)
    answered(shopper.say("SF1234567891 寄回去了"))
    goods = back.returns.get(ticket)
    assert goods is not None
    assert goods.remedy == "exchange"


@pytest.mark.parametrize(
    ("days", "wish", "accepted"), [(3, REFUND, None), (3, EXCHANGE, None), (20, EXCHANGE, "exchange"), (40, REPAIR, "repair_return")]
)
def test_goods_without_a_fault_go_back_when_the_shopper_wants_them(
    talk: Begin, back: Back, days: int, wish: str, accepted: str | None
) -> None:
    """qp_10: the grounds and the sum first, at every age of the order; sent back; where it is."""
    back.order_as(DRESS, signed_days_ago=days)
    shopper, ticket = sent_back(talk, back, wish, accepted)
    back.report(ticket, step="inspected", finding="no_fault", report="线脚完整，没有开裂")
    answered(ask(shopper, ticket))
    assert shopper.rows == ["qp_10"]
    assert all(words in shopper.text for words in ("线脚完整，没有开裂", "8元", "申诉"))
    assert ("按个人原因退" in shopper.titles) is (days <= 7), "after the days of an own-reason return a specialist looks"
    answered(shopper.click("寄还给我"))
    assert shopper.rows == ["rs_13"]
    back.report(ticket, step="re_sent", tracking="SF5577")
    answered(ask(shopper, ticket))
    assert (shopper.rows, "SF5577" in shopper.text) == (["rs_18"], True)


def test_goods_without_a_fault_may_stay_as_an_own_reason_return(talk: Begin, back: Back) -> None:
    shopper, ticket = sent_back(talk, back, REFUND)
    back.report(ticket, step="inspected", finding="no_fault", report="线脚完整，没有开裂")
    answered(ask(shopper, ticket))
    assert "168元" in shopper.text
    answered(shopper.click("按个人原因退"))
    assert shopper.rows == ["rs_14"]
    back.report(ticket, step="refunded", amount=168)
    answered(ask(shopper, ticket))
    assert (shopper.rows, "168元" in shopper.text) == (["rs_16"], True)
    never_twice_running(shopper)


def test_a_damage_of_use_is_shown_looked_at_again_and_then_settled_by_a_person(talk: Begin, back: Back) -> None:
    """qp_13: the grounds, no own-reason refund, one appeal, then es_08."""
    shopper, ticket = sent_back(talk, back, REFUND)
    back.report(ticket, step="inspected", finding="misuse", report="布面有剪口")
    answered(ask(shopper, ticket))
    assert (shopper.rows, "布面有剪口" in shopper.text) == (["qp_13"], True)
    assert "按个人原因退" not in shopper.titles
    answered(shopper.click("申诉复检"))
    assert shopper.rows == ["rs_10"]
    back.report(ticket, step="inspected", finding="misuse", report="第二位同事看到的也是剪口")
    answered(ask(shopper, ticket))
    assert (shopper.rows, "第二位" in shopper.text) == (["qp_13"], True)
    answered(shopper.click("申诉复检"))
    assert (shopper.rows, shopper.owner) == (["rs_11"], "queue")


def test_an_appeal_that_proves_right_is_put_right(talk: Begin, back: Back) -> None:
    shopper, ticket = sent_back(talk, back, REPAIR)
    back.report(ticket, step="inspected", finding="misuse", report="布面有剪口")
    ask(shopper, ticket).click("申诉复检")
    back.report(ticket, step="inspected", finding="confirmed")
    answered(ask(shopper, ticket))
    assert (shopper.rows, "问题属实" in shopper.text) == (["qp_07"], True)


def test_furniture_with_a_damage_of_use_hears_no_sum_and_no_other_finding(talk: Begin, back: Back) -> None:
    """No courier's fee is known for it: a specialist quotes first."""
    shopper = talk("c10").say(f"{WARDROBE} 衣柜门坏了，想换")
    ticket = opened(shopper)
    back.accept(ticket, "exchange")
    back.report(ticket, step="received")
    back.report(ticket, step="inspected", finding="misuse", report="门板有撞痕")
    other = ask(talk("c10"), ticket)
    answered(other)
    assert (other.rows, "门板有撞痕" in other.text) == (["qp_13"], True)
    assert "没有发现问题" not in other.text


def test_a_valuable_coat_is_followed_by_a_person_and_still_told_when_asked(talk: Begin, back: Back) -> None:
    """Q10 of F6: high value, day 12; in a new talk the assistant tells where it is."""
    shopper, ticket = sent_back(talk, back, f"{COAT} 大衣开线了，想换一件", "exchange", customer="c06")
    back.report(ticket, step="inspected", finding="confirmed")
    answered(ask(shopper, ticket))
    assert (shopper.rows, "银行卡" in shopper.text) == (["qp_08"], True)
