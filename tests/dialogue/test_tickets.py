"""F18 and F13 as a shopper follows them: the state, the goods, the finding and the supervisor, as staff and warehouse report them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from tests.dialogue.back import Back, ask
from tests.dialogue.checks import answered
from tests.dialogue.talk import Talk

pytestmark = pytest.mark.live
Begin = Callable[..., Talk]

DRESS, QUILT = "880000000009", "880000000011"


def test_a_return_is_followed_from_the_wish_to_the_money(talk: Begin, back: Back) -> None:
    shopper = talk("c05").say(f"{DRESS} 不喜欢想退")
    answered(shopper)
    ticket = shopper.ticket
    assert ticket
    answered(shopper.say("YT8899001122334 寄出去啦"))
    assert ticket in shopper.text
    back.report(ticket, step="received")
    answered(ask(shopper, ticket, "我寄回去的退货你们收到没呀"))
    assert shopper.rows == ["rs_03"]
    back.report(ticket, step="inspected", finding="confirmed")
    answered(ask(shopper, ticket, f"{ticket} 这个工单处理到哪啦"))
    assert shopper.rows == ["rs_05"]
    back.report(ticket, step="refunded", amount=168)
    answered(ask(shopper, ticket, f"{ticket} 这个工单处理到哪啦"))
    assert "168" in shopper.text
    assert "s_return_finish" in shopper.scripts


def test_a_finding_against_the_shopper_is_shown_appealed_and_chosen_about(talk: Begin, back: Back) -> None:
    shopper = talk("c06").say(f"{QUILT} 四件套起球了，要退货")
    answered(shopper)
    ticket = shopper.ticket
    assert ticket
    back.report(ticket, step="received")
    back.report(ticket, step="inspected", finding="no_fault", report="放大镜下没有起球")
    answered(ask(shopper, ticket, f"{ticket} 这个工单处理到哪啦"))
    assert "放大镜下没有起球" in shopper.text
    assert "申诉复检" in shopper.titles
    answered(shopper.click("申诉复检"))
    assert ticket in shopper.text
    back.report(ticket, step="inspected", finding="no_fault", report="第二位同事看过，没有起球")
    answered(ask(shopper, ticket, f"{ticket} 这个工单处理到哪啦"))
    answered(shopper.click("寄还给我"))
    assert shopper.rows == ["rs_13"]
    back.report(ticket, step="re_sent", tracking="SF5566")
    answered(ask(shopper, ticket, f"{ticket} 这个工单处理到哪啦"))
    assert "SF5566" in shopper.text


def test_a_ticket_walks_f18_and_says_so(talk: Begin, back: Back) -> None:
    shopper = talk("c02").say("转人工")
    answered(shopper)
    ticket = shopper.ticket
    assert ticket
    moves, told = back.moves, []

    def step() -> None:
        other = talk("c02")
        told.extend(ask(other, ticket, f"{ticket} 这个工单处理到哪啦").rows)
        answered(other)

    step()
    moves.assign(ticket, "a7", by="a7")
    step()
    moves.wait(ticket, "courier", by="a7")
    step()
    moves.result(ticket, "查到了", by="a7")
    moves.suspend(ticket, "您说下周再联系", date(2099, 1, 5), by="a7")
    step()
    moves.resume(ticket, by="a7")
    moves.close(ticket, by="a7", why="已说明")
    step()
    assert told == ["tk_01", "tk_02", "tk_03", "tk_04", "tk_05"]


def test_a_closed_matter_is_taken_up_again(talk: Begin, back: Back) -> None:
    shopper = talk("c04").say("叫个客服来")
    ticket = shopper.ticket
    assert ticket
    back.moves.close(ticket, by="a7", why="已说明")
    other = ask(talk("c04"), ticket, f"{ticket} 这个工单处理到哪啦")
    answered(other.click("还没解决"))
    assert other.rows == ["tk_05_reopen"]


def test_what_a_supervisor_decides_is_told_when_asked(talk: Begin, back: Back) -> None:
    shopper = talk("c07").say("叫个客服来")
    ticket = shopper.ticket
    assert ticket
    asked = back.approvals.ask(ticket, "compensation", Decimal(30))
    other = ask(talk("c07"), ticket, f"{ticket} 这个工单处理到哪啦")
    answered(other)
    assert "主管审批" in other.text
    back.approvals.grant(asked.id, by="s1", role="supervisor")
    answered(ask(other, ticket, f"{ticket} 现在批了没，工单啥进展"))
    assert "批准" in other.text
