"""The life of a ticket (F18), its deadlines and history; goods coming back (F6, F13); approvals: with the shop's own tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from threading import Barrier, Thread

import pytest
from sqlalchemy import Engine

from policy.lifecycle import Lifecycle
from policy.parameters import load_parameters
from shop.approvals import Approvals, DecidedAlready
from shop.clock import Clock
from shop.effects import Effects
from shop.returns import Return, Returns, UnknownReturn
from shop.rules import Changed, NotAllowed
from shop.ticket_moves import TicketMoves
from shop.tickets import Ticket, Tickets

ORDER = "880000000009"
RULES = Lifecycle(load_parameters())


class Desk:
    """What staff and systems of the demonstration shop work with."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self.engine = engine
        self.clock = clock
        self.tickets = Tickets(engine, "demo", clock)
        self.moves = TicketMoves(engine, "demo", clock, RULES)
        self.returns = Returns(engine, "demo", clock, RULES)
        self.approvals = Approvals(engine, "demo", clock, RULES)
        self.effects = Effects(engine, "demo", clock)

    def later(self, **passed: float) -> Desk:
        """The same desk after some time."""
        return Desk(self.engine, Clock(fixed=self.clock.now() + timedelta(**passed)))

    def ticket(self, kind: str = "return", talk: str = "t") -> Ticket:
        return self.tickets.open(kind, conversation_id=talk, order_id=ORDER)

    def expected(self, remedy: str = "return_refund") -> str:
        """A ticket whose goods have arrived."""
        ticket = self.ticket()
        self.returns.approve(ticket.id, remedy=remedy)
        self.returns.sent_back(ticket.id, "yt55")
        self.returns.received(ticket.id, by="warehouse", role="system")
        return ticket.id

    def refuted(self) -> str:
        """A ticket whose inspection found no fault."""
        ticket = self.expected()
        self.returns.inspected(ticket, "no_fault", "通电两小时，工作正常", by="qc")
        return ticket

    def stored(self, ticket_id: str) -> Ticket:
        found = self.tickets.get(ticket_id)
        assert found is not None
        return found


@pytest.fixture
def desk(engine: Engine, clock: Clock) -> Desk:
    return Desk(engine, clock)


def refused(need: str, call: object) -> None:
    with pytest.raises(NotAllowed) as caught:
        call()  # type: ignore[operator]
    assert caught.value.need == need


class TestLife:
    def test_a_ticket_walks_all_of_f18(self, desk: Desk) -> None:
        ticket = desk.ticket("courier_query")
        assert (ticket.state, ticket.version) == ("new", 1)
        moves, clock = desk.moves, desk.clock
        assigned = moves.assign(ticket.id, "a7", by="a1", role="supervisor")
        assert (assigned.state, assigned.assignee, assigned.contacted_at) == ("mine", "a7", clock.now())
        waiting = moves.wait(ticket.id, "courier", by="a7", why="货代查询")
        assert (waiting.state, waiting.waits_for) == ("tracking", "courier")
        assert moves.result(ticket.id, "已查到", by="system", role="system").state == "mine"
        suspended = moves.suspend(ticket.id, "顾客出差", date(2026, 12, 1), by="a7")
        assert (suspended.state, suspended.resume_on, suspended.waits_for) == ("suspended", date(2026, 12, 1), "shopper")
        assert (moves.resume(ticket.id, by="a7").state, desk.stored(ticket.id).resume_on) == ("mine", None)
        closed = moves.close(ticket.id, by="a7", why="包裹已送到")
        assert (closed.state, closed.closed_by, closed.closed_at, closed.waits_for) == ("closed", "a7", clock.now(), "none")
        opened = desk.later(days=7).moves.reopen(ticket.id, "又不动了", by="shopper")
        assert (opened.state, opened.reopened, opened.priority, opened.closed_at) == ("mine", 1, "high", None)
        told = [(event.event, event.by, event.from_state, event.to_state, event.why) for event in desk.tickets.history(ticket.id)]
        assert told == [
            ("register", "bot", None, "new", None),
            ("assign", "a1", "new", "mine", None),
            ("wait", "a7", "mine", "tracking", "货代查询"),
            ("result", "system", "tracking", "mine", "已查到"),
            ("suspend", "a7", "mine", "suspended", "顾客出差"),
            ("resume", "a7", "suspended", "mine", None),
            ("solve", "a7", "mine", "closed", "包裹已送到"),
            ("reopen", "shopper", "closed", "mine", "又不动了"),
        ]
        assert opened.version == 8

    def test_what_the_table_forbids_changes_nothing_and_says_what_is_missing(self, desk: Desk) -> None:
        ticket, moves = desk.ticket(), desk.moves
        refused("reason", lambda: moves.suspend(ticket.id, " ", date(2026, 12, 1), by="a7"))
        refused("resume_on", lambda: moves.suspend(ticket.id, "缺件", None, by="a7"))
        refused("reason", lambda: moves.close(ticket.id, by="a7"))
        refused("staff", lambda: moves.assign(ticket.id, "a7", by="shopper", role="shopper"))
        refused("other_step", lambda: moves.resume(ticket.id, by="a7"))
        assert desk.stored(ticket.id) == replace(ticket, created=False)
        moves.close(ticket.id, by="shopper", role="shopper", how="withdraw")
        refused("other_step", lambda: moves.assign(ticket.id, "a7", by="a7"))
        refused("reason", lambda: moves.reopen(ticket.id, "", by="a7", role="agent"))
        refused("new_ticket", lambda: desk.later(days=8).moves.reopen(ticket.id, "还是坏", by="shopper"))
        for wrong in (lambda: moves.wait(ticket.id, "nobody", by="a7"), lambda: moves.close(ticket.id, by="a7", how="lost")):
            with pytest.raises(ValueError, match=r"nobody|no way"):
                wrong()

    def test_a_second_person_with_the_old_version_is_told(self, desk: Desk) -> None:
        ticket = desk.ticket()
        desk.moves.assign(ticket.id, "a7", by="a7", version=ticket.version)
        with pytest.raises(Changed, match="read it again") as caught:
            desk.moves.close(ticket.id, by="a8", why="done", version=ticket.version)
        assert (caught.value.expected, caught.value.found) == (1, 2)
        assert desk.stored(ticket.id).state == "mine"

    def test_of_two_people_at_once_one_wins(self, desk: Desk) -> None:
        ticket, gate, outcomes = desk.ticket(), Barrier(2), list[str]()

        def take(name: str) -> None:
            gate.wait()
            try:
                outcomes.append(desk.moves.assign(ticket.id, name, by=name, version=ticket.version).assignee or "")
            except Changed:
                outcomes.append("late")

        threads = [Thread(target=take, args=(name,)) for name in ("a7", "a8")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes)[1] == "late"
        assert sorted(outcomes)[0] == desk.stored(ticket.id).assignee

    def test_missing_fields_are_listed_and_filled(self, desk: Desk) -> None:
        ticket = desk.tickets.open("repair", conversation_id="t", missing=("name", "phone"), fields={"text": "不亮"})
        assert ticket.missing == ("name", "phone")
        done = desk.moves.complete(ticket.id, {"name": "王"}, ("phone",), by="a7")
        assert (done.missing, done.fields) == (("phone",), {"text": "不亮", "name": "王"})

    def test_the_due_list_has_what_must_be_seen_to_in_its_order(self, desk: Desk) -> None:
        now = desk.clock.now()
        minutes = timedelta(minutes=1)
        soon = desk.tickets.open("return", conversation_id="1", due_at=now + 60 * minutes, contact_due_at=now + 5 * minutes)
        high = desk.tickets.open("danger", conversation_id="2", due_at=now + 90 * minutes, priority="high")
        later = desk.tickets.open("return", conversation_id="3", due_at=now + timedelta(days=3))
        paused = desk.tickets.open("return", conversation_id="4", due_at=now)
        desk.moves.suspend(paused.id, "等顾客", date(2026, 11, 30), by="a7")
        closed = desk.tickets.open("return", conversation_id="5", due_at=now)
        desk.moves.close(closed.id, by="a7", why="ok")
        ids = lambda before: [ticket.id for ticket in desk.tickets.due(before)]  # noqa: E731
        assert ids(now + 5 * minutes) == [soon.id]
        assert ids(now + 90 * minutes) == [high.id, soon.id]
        desk.moves.assign(soon.id, "a7", by="a7")
        assert ids(now + 5 * minutes) == []
        assert ids(now + timedelta(days=8)) == [high.id, paused.id, soon.id, later.id]

    def test_a_late_ticket_gets_a_new_promise_and_goes_first(self, desk: Desk) -> None:
        ticket = desk.tickets.open("complaint_simple", conversation_id="t", due_at=desk.clock.now())
        promise = desk.clock.now() + timedelta(hours=2)
        late = desk.moves.late(ticket.id, promise)
        assert (late.state, late.priority, late.due_at, late.promises) == ("new", "high", promise, 1)


class TestReturns:
    def test_goods_come_back_and_the_money_goes(self, desk: Desk) -> None:
        ticket, returns = desk.ticket(), desk.returns
        assert returns.approve(ticket.id, remedy="return_refund").waits_for == "shopper"
        assert desk.stored(ticket.id).waits_for == "shopper"
        sent = returns.sent_back(ticket.id, " yt55 ")
        assert (sent.step, sent.tracking, sent.waits_for, desk.stored(ticket.id).tracking) == ("sent_back", "YT55", "courier", "YT55")
        arrived = returns.received(ticket.id, by="warehouse", role="system")
        assert (arrived.step, arrived.waits_for) == ("received", "warehouse")
        # Sunday: the next working day is Monday.
        assert arrived.due_at == desk.clock.now() + timedelta(days=1)
        seen = returns.inspected(ticket.id, "confirmed", None, by="qc")
        assert (seen.waits_for, seen.due_at) == ("finance", desk.clock.now() + timedelta(days=3))
        paid = returns.refunded(ticket.id, Decimal("168.00"), by="finance", role="system")
        assert (paid.step, paid.amount, paid.waits_for, paid.finished_at) == ("refunded", Decimal("168.00"), "none", desk.clock.now())
        assert desk.stored(ticket.id).state == "closed"
        assert desk.stored(ticket.id).missing == ("reason",)
        kinds = [effect.kind for effect in desk.effects.of_conversation("t")]
        assert sorted(kinds) == ["return_approve", "return_inspect", "return_receive", "return_refund", "return_send_back"]
        assert {event.event for event in desk.tickets.history(ticket.id)} > {"return_receive", "return_refund", "solve"}
        assert [note.text for note in desk.tickets.notes(ticket.id)] == ["YT55"]

    def test_what_has_to_be_written_down_is_listed_until_it_is(self, desk: Desk) -> None:
        ticket = desk.tickets.open("return", conversation_id="t", order_id=ORDER, fields={"reason": "quality"}).id
        desk.returns.approve(ticket, remedy="return_refund")
        desk.returns.received(ticket, by="w")
        desk.returns.inspected(ticket, "confirmed", None, by="qc")
        assert desk.stored(ticket).missing == ("tracking",)
        desk.returns.refunded(ticket, by="f")
        assert desk.stored(ticket).missing == ("refund",)

    def test_goods_are_exchanged(self, desk: Desk) -> None:
        ticket = desk.expected("exchange")
        seen = desk.returns.inspected(ticket, "confirmed", None, by="qc")
        assert (seen.waits_for, seen.due_at) == ("warehouse", desk.clock.now() + timedelta(days=3))
        assert desk.returns.resent(ticket, "SF1", by="warehouse").out_tracking == "SF1"

    def test_a_finding_against_the_shopper_costs_nothing_before_it_is_told_and_chosen(self, desk: Desk) -> None:
        ticket, returns = desk.refuted(), desk.returns
        assert desk.stored(ticket).waits_for == "shopper"
        for call in (
            lambda: returns.choose(ticket, "send_back"),
            lambda: returns.resent(ticket, by="w"),
            lambda: returns.refunded(ticket, by="f"),
            lambda: returns.refuse(ticket, "人为", by="a7"),
        ):
            refused("tell", call)
        returns.told(ticket)
        refused("choice", lambda: returns.refunded(ticket, by="f"))
        chosen = returns.choose(ticket, "own_reason")
        assert (chosen.choice, chosen.waits_for) == ("own_reason", "finance")
        refused("other_step", lambda: returns.resent(ticket, by="w"))
        assert returns.refunded(ticket, Decimal(150), by="f").step == "refunded"

    def test_a_finding_needs_its_evidence(self, desk: Desk) -> None:
        ticket = desk.expected()
        refused("reason", lambda: desk.returns.inspected(ticket, "misuse", None, by="qc"))
        with pytest.raises(ValueError, match="no finding"):
            desk.returns.inspected(ticket, "broken", "x", by="qc")

    def test_one_appeal_is_looked_into_again_and_then_a_person_decides(self, desk: Desk) -> None:
        ticket, returns = desk.refuted(), desk.returns
        returns.told(ticket)
        again = returns.appeal(ticket, "昨天还不亮")
        assert (again.step, again.finding, again.waits_for, again.appeals, again.told_at) == ("received", "open", "supervisor", 1, None)
        assert again.due_at == desk.clock.now() + timedelta(hours=24)
        returns.inspected(ticket, "misuse", "进水痕迹", by="qc2")
        refused("person", lambda: returns.appeal(ticket, "不同意"))
        refused("tell", lambda: returns.choose(ticket, "send_back"))

    def test_steps_out_of_turn_are_refused(self, desk: Desk) -> None:
        ticket = desk.ticket()
        with pytest.raises(UnknownReturn):
            desk.returns.received(ticket.id, by="w")
        approved = desk.returns.approve(ticket.id, remedy="exchange")
        assert desk.returns.approve(ticket.id, remedy="repair_return").remedy == "repair_return"
        refused("tracking", lambda: desk.returns.sent_back(ticket.id, "  "))
        refused("other_step", lambda: desk.returns.inspected(ticket.id, "confirmed", None, by="w"))
        refused("reason", lambda: desk.returns.refuse(ticket.id, "", by="a7"))
        with pytest.raises(Changed):
            desk.returns.received(ticket.id, by="w", version=approved.version + 1)
        assert desk.returns.refuse(ticket.id, "包裹里不是我们的商品", by="a7").step == "refused"
        refused("other_step", lambda: desk.returns.received(ticket.id, by="w"))
        with pytest.raises(ValueError, match="come back"):
            desk.returns.approve(ticket.id, remedy="gift")

    def test_late_inspections_are_listed(self, desk: Desk) -> None:
        ticket = desk.expected()
        now = desk.clock.now()
        late: list[Return] = desk.later(days=2).returns.due(now + timedelta(days=2))
        assert [found.ticket_id for found in late] == [ticket]
        assert desk.returns.due(now) == []


class TestApprovals:
    def test_a_supervisor_grants_what_is_within_the_limit(self, desk: Desk) -> None:
        ticket = desk.ticket("compensation")
        asked = desk.approvals.ask(ticket.id, "compensation", Decimal("30"), row="cl_03")
        again = desk.approvals.ask(ticket.id, "compensation", Decimal("35"), row="cl_03")
        assert (asked.id, again.id, again.amount, again.version) == ("A20261122-0001", "A20261122-0001", Decimal("35"), 2)
        waiting = desk.stored(ticket.id)
        assert (waiting.state, waiting.waits_for) == ("tracking", "supervisor")
        refused("supervisor", lambda: desk.approvals.grant(asked.id, by="a7", role="agent"))
        refused("supervisor", lambda: desk.approvals.grant(asked.id, by="bot", role="bot"))
        with pytest.raises(Changed):
            desk.approvals.grant(asked.id, by="s1", role="supervisor", version=1)
        granted = desk.approvals.grant(asked.id, by="s1", role="supervisor", reason="老问题", version=2)
        assert (granted.state, granted.by, granted.role, desk.stored(ticket.id).state) == ("granted", "s1", "supervisor", "mine")
        effect = desk.effects.latest("approval_granted", ticket.id)
        assert effect is not None
        assert effect.state == "done"
        assert desk.tickets.history(ticket.id)[-1].event == "approval_granted"
        with pytest.raises(DecidedAlready):
            desk.approvals.refuse(asked.id, by="s1", role="supervisor", reason="x")
        assert desk.approvals.open() == []

    def test_more_than_the_limit_goes_to_the_head_of_the_shop(self, desk: Desk) -> None:
        ticket = desk.ticket("compensation")
        asked = desk.approvals.ask(ticket.id, "full_refund", Decimal("500.01"))
        refused("manager", lambda: desk.approvals.grant(asked.id, by="s1", role="supervisor"))
        refused("reason", lambda: desk.approvals.refuse(asked.id, by="m", role="manager", reason=""))
        assert desk.approvals.refuse(asked.id, by="m", role="manager", reason="商品完好").state == "refused"
        assert [found.state for found in desk.approvals.of_ticket(ticket.id)] == ["refused"]

    def test_nobody_approves_what_they_asked_for(self, desk: Desk) -> None:
        ticket = desk.ticket("compensation")
        asked = desk.approvals.ask(ticket.id, "price_difference", Decimal("5"), by="s1", role="supervisor")
        refused("other_person", lambda: desk.approvals.grant(asked.id, by="s1", role="supervisor"))
