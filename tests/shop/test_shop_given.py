"""Money given away: an effect for every coupon, gift, sum and postage, in the transaction that gives it, and none twice."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Engine

from policy.lifecycle import Lifecycle
from policy.parameters import load_parameters
from shop.approvals import Approvals
from shop.clock import Clock
from shop.concessions import Concessions
from shop.db import writing
from shop.given import WHAT, Given, give, given_between
from shop.return_reports import ReturnReports
from shop.returns import Returns
from shop.staff import StaffAccounts
from shop.ticket_moves import TicketMoves
from shop.tickets import Tickets

ORDER, PRODUCT = "880000000009", "p1001"
RULES = Lifecycle(load_parameters())
Told = tuple[str, Decimal | None, str | None, str | None, str]


@pytest.fixture
def where(engine: Engine, clock: Clock) -> tuple[Engine, str, Clock]:
    return engine, "demo", clock


def told(where: tuple[Engine, str, Clock], shop: str = "demo") -> list[Told]:
    """What stands in the ledger of this day: what, how much, table, row, by."""
    engine, _, clock = where
    found: list[Given] = given_between(engine, shop, clock.now() - timedelta(hours=1), clock.now() + timedelta(seconds=1))
    return sorted((one.what, one.amount, one.table, one.row, one.by) for one in found)


def test_a_coupon_counts_what_it_is_worth_and_a_gift_no_sum(where: tuple[Engine, str, Clock]) -> None:
    given = Concessions(*where)
    same = {"customer_id": None, "conversation_id": "t", "product_id": PRODUCT}
    assert given.record(**same, kind="coupon:NEW5", ref="新客立减5元", row="bg_06", limit=2)  # type: ignore[arg-type]
    assert given.record(**same, kind="gift:运动袜", row="bg_05", by="a7", limit=2)  # type: ignore[arg-type]
    assert given.record(**same, kind="coupon:SAVE10", row="bg_06", limit=2) is None, "one too many is not given"  # type: ignore[arg-type]
    assert told(where) == [("coupon", Decimal("5.00"), "bargaining", "bg_06", "bot"), ("gift", None, "bargaining", "bg_05", "a7")]
    assert told(where, "other") == []


def test_a_granted_sum_is_counted_once_though_its_ticket_is_closed_as_done(where: tuple[Engine, str, Clock]) -> None:
    tickets, approvals = Tickets(*where), Approvals(*where, RULES)
    ticket = tickets.open("compensation", conversation_id="t", order_id=ORDER, row="cl_03", fields={"amount": "30.5"})
    asked = approvals.ask(ticket.id, "compensation", Decimal("30.5"), row="cl_03")
    approvals.grant(asked.id, by="s1", role="supervisor", reason="老问题")
    TicketMoves(*where, RULES).close(ticket.id, by="a7", why="已付", outcome="done")
    assert told(where) == [("compensation", Decimal("30.50"), "compensation", "cl_03", "s1")]


def test_a_granted_coupon_is_counted_when_it_is_given(where: tuple[Engine, str, Clock]) -> None:
    ticket = Tickets(*where).open("compensation", conversation_id="t", order_id=ORDER)
    asked = Approvals(*where, RULES).ask(ticket.id, "coupon", Decimal("5"), row="cl_03")
    Approvals(*where, RULES).grant(asked.id, by="s1", role="supervisor")
    assert told(where) == []


def test_what_is_refused_or_fails_gives_nothing(where: tuple[Engine, str, Clock]) -> None:
    tickets, approvals, moves = Tickets(*where), Approvals(*where, RULES), TicketMoves(*where, RULES)
    ticket = tickets.open("compensation", conversation_id="t", order_id=ORDER, fields={"amount": "9"})
    asked = approvals.ask(ticket.id, "compensation", Decimal("9"))
    approvals.refuse(asked.id, by="s1", role="supervisor", reason="无证据")
    failed = tickets.open("price_protection", conversation_id="t", order_id=ORDER, row="px_04", fields={"amount": "20"})
    moves.close(failed.id, by="a7", why="不在保价期", outcome="failed")
    assert told(where) == []


def test_the_difference_of_a_price_protection_is_of_the_bots_row_or_of_the_member_who_opened_it(where: tuple[Engine, str, Clock]) -> None:
    tickets, moves = Tickets(*where), TicketMoves(*where, RULES)
    member, _ = StaffAccounts(*where).add("lan", "小兰", "007", "agent")
    by_bot = tickets.open("price_protection", conversation_id="t", order_id=ORDER, row="px_03", fields={"amount": "55.01"})
    moves.close(by_bot.id, by=member.id, why="已退差价", outcome="done")
    by_agent = tickets.open("compensation", conversation_id="u", order_id=ORDER, fields={"amount": "12"}, by=member.id)
    moves.close(by_agent.id, by="s1", why="已付", outcome="done")
    assert told(where) == [
        ("compensation", Decimal("12.00"), "compensation", None, member.id),
        ("price_difference", Decimal("55.01"), "price_protection", "px_03", "bot"),
    ]


def test_the_postage_that_the_shop_bears_comes_with_the_refunds_report(where: tuple[Engine, str, Clock]) -> None:
    ticket = Tickets(*where).open("return", conversation_id="t", order_id=ORDER, row="pr_q_rr_01")
    returns = Returns(*where, RULES)
    returns.approve(ticket.id, remedy="return_refund")
    returns.sent_back(ticket.id, "yt55")
    returns.received(ticket.id, by="warehouse", role="system")
    returns.inspected(ticket.id, "confirmed", None, by="qc")
    report = {"step": "refunded", "amount": "168.00", "postage": "12.3", "version": 9}
    reports = ReturnReports(returns)
    assert reports.report(ticket.id, dict(report))[0] == "updated"
    assert reports.report(ticket.id, dict(report))[0] == "unchanged", "a repeated report gives nothing again"
    assert told(where) == [("postage", Decimal("12.30"), "postage", "pr_q_rr_01", "bot")]


def test_only_what_is_given_can_be_written(where: tuple[Engine, str, Clock]) -> None:
    engine, shop, clock = where
    with pytest.raises(ValueError, match=WHAT[0]), writing(engine) as session:
        give(session, shop, clock.now(), "advice", None, table=None, row=None, by="bot", ref=None, talk=None)
