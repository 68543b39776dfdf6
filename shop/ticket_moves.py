"""A ticket moved along its life (rules.md §19, F18): who may do what when is the table's answer, here it is done and written down."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from shop.clock import SHANGHAI, Clock
from shop.db import writing
from shop.effects import write_effect
from shop.given import give_ticket
from shop.models import TicketRow
from shop.rules import NotAllowed, Rules, Verdict, agree
from shop.ticket_records import PARTIES, Ticket, Told, as_ticket, enter, locked, write_down

# What came of a matter -> the state of its effect.
OUTCOMES = {"done": "done", "stopped": "done", "not_stopped": "failed", "failed": "failed"}


class TicketMoves:
    """The changes of one shop's tickets. ``version`` in every call: the one that was read (Changed when
    somebody was faster), or None.

    Every call raises UnknownTicket, and NotAllowed (with what is missing) when the table says no; nothing is changed then.
    ``by`` is who did it (a staff id, ``bot``, ``shopper``), ``role`` one of ``shop.rules.ROLES``.
    """

    def __init__(self, engine: Engine, shop_id: str, clock: Clock, rules: Rules) -> None:
        self.engine = engine
        self.shop_id = shop_id
        self.clock = clock
        self.rules = rules

    def assign(self, ticket_id: str, to: str, *, by: str, role: str = "agent", version: int | None = None) -> Ticket:
        """Give a ticket to somebody (tk_02). The time of first contact is met by it."""

        def more(session: Session, row: TicketRow) -> None:
            row.assignee = to
            row.contacted_at = row.contacted_at or self.clock.now()

        return self._move(ticket_id, "assign", Told(by, role, data={"assignee": to}), version, more=more)

    def wait(
        self, ticket_id: str, waits_for: str, *, by: str, role: str = "agent", why: str | None = None, version: int | None = None
    ) -> Ticket:
        """Wait for a third party (tk_03). ValueError for nobody we know."""
        if waits_for not in PARTIES[:-1]:
            raise ValueError(f"{waits_for!r} is nobody to wait for: {', '.join(PARTIES[:-1])}")

        def more(session: Session, row: TicketRow) -> None:
            row.waits_for = waits_for

        return self._move(ticket_id, "wait", Told(by, role, why, data={"waits_for": waits_for}), version, more=more)

    def result(self, ticket_id: str, why: str, *, by: str, role: str = "agent", version: int | None = None) -> Ticket:
        """What was waited for has come (tk_02)."""
        return self._move(ticket_id, "result", Told(by, role, why), version)

    def suspend(
        self, ticket_id: str, why: str, resume_on: date | None, *, by: str, role: str = "agent", version: int | None = None
    ) -> Ticket:
        """Leave a ticket until a day, with the reason (tk_04). NotAllowed without either."""

        def more(session: Session, row: TicketRow) -> None:
            row.resume_on = resume_on

        told = Told(by, role, why, data={"resume_on": resume_on.isoformat() if resume_on else None})
        return self._move(ticket_id, "suspend", told, version, day=resume_on, more=more)

    def resume(self, ticket_id: str, *, by: str, role: str = "agent", why: str | None = None, version: int | None = None) -> Ticket:
        """Go on with a suspended ticket (tk_04)."""
        return self._move(ticket_id, "resume", Told(by, role, why), version)

    def close(
        self,
        ticket_id: str,
        *,
        by: str,
        role: str = "agent",
        how: str = "solve",
        why: str | None = None,
        outcome: str | None = None,
        version: int | None = None,
    ) -> Ticket:
        """Close a ticket (tk_05). ``how``: solve (staff, with how it was solved), confirm (the shopper is content), withdraw.

        ``outcome`` of a solved one (one of ``OUTCOMES``) is kept in its fields and stored as the effect of the ticket's kind (intercept,
        change …; ref: the order, else the ticket), done or failed: only then is the deed spoken of as done.
        """
        if how not in ("solve", "confirm", "withdraw") or outcome not in (None, *OUTCOMES):
            raise ValueError(f"{how!r} with {outcome!r} is no way to close a ticket: solve, confirm, withdraw; {', '.join(OUTCOMES)}")

        def more(session: Session, row: TicketRow) -> None:
            if outcome is not None:
                row.fields = {**row.fields, "outcome": outcome}
                data = {"ticket": row.id, "outcome": outcome}
                write_effect(
                    session,
                    self.shop_id,
                    row.kind,
                    self.clock.now(),
                    state=OUTCOMES[outcome],
                    ref=row.order_id or row.id,
                    talk=row.conversation_id,
                    payload=data,
                )
                if outcome == "done":
                    give_ticket(session, self.shop_id, self.clock.now(), row)

        return self._move(ticket_id, how, Told(by, role, why, data={"outcome": outcome} if outcome else {}), version, more=more)

    def reopen(
        self, ticket_id: str, why: str, *, by: str, role: str = "shopper", due_at: datetime | None = None, version: int | None = None
    ) -> Ticket:
        """Open a closed ticket again within the shop's days (tk_05), with a new promise; afterwards NotAllowed asks for a new one."""

        def more(session: Session, row: TicketRow) -> None:
            row.reopened += 1
            row.due_at = due_at

        return self._move(ticket_id, "reopen", Told(by, role, why), version, more=more)

    def late(self, ticket_id: str, promise: datetime, *, by: str = "bot", role: str = "bot", version: int | None = None) -> Ticket:
        """A promised time has passed (cd_04): a new promise (aware), and the ticket goes before others (tk_08)."""

        def more(session: Session, row: TicketRow) -> None:
            row.due_at = promise
            row.promises += 1

        return self._move(ticket_id, "late", Told(by, role, data={"promise": promise.isoformat()}), version, more=more)

    def complete(
        self,
        ticket_id: str,
        fields: Mapping[str, Any],
        missing: Sequence[str],
        *,
        by: str,
        role: str = "agent",
        version: int | None = None,
    ) -> Ticket:
        """Add fields of §18 that nobody had told; ``missing`` is what still is. UnknownTicket, Changed."""
        with writing(self.engine) as session:
            row = self._locked(session, ticket_id, version)
            row.fields, row.missing = {**row.fields, **fields}, list(missing)
            write_down(session, row, "fields", self.clock.now(), Told(by, role, data={"fields": sorted(fields)}), before=row.state)
            return as_ticket(row)

    def _locked(self, session: Session, ticket_id: str, version: int | None) -> TicketRow:
        row = locked(session, self.shop_id, ticket_id)
        agree(f"ticket {ticket_id}", version, row.version)
        return row

    def _move(
        self,
        ticket_id: str,
        event: str,
        told: Told,
        version: int | None,
        *,
        day: date | None = None,
        more: Callable[[Session, TicketRow], None] | None = None,
    ) -> Ticket:
        with writing(self.engine) as session:
            row = self._locked(session, ticket_id, version)
            move(session, self.rules, row, event, told, self.clock.now(), day=day)
            if more is not None:
                more(session, row)
            return as_ticket(row)


def move(session: Session, rules: Rules, row: TicketRow, event: str, told: Told, now: datetime, *, day: date | None = None) -> Verdict:
    """Change a locked ticket as the table says and write it down; NotAllowed when it says stop."""
    before = row.state
    closed = row.closed_at.astimezone(SHANGHAI).date() if row.closed_at else None
    days = (now.astimezone(SHANGHAI).date() - closed).days if closed else 0
    # To a ticket the head of the shop is one more supervisor.
    who = "supervisor" if told.role == "manager" else told.role
    verdict = rules.ticket(before, event, who=who, reason=bool((told.why or "").strip()), date=day is not None, days=days)
    if not verdict.allowed:
        raise NotAllowed(f"{event} for ticket {row.id} ({before})", verdict.need, verdict.row)
    if verdict.to != "same":
        enter(row, verdict.to, now, by=told.by)
    if verdict.waits_for != "same":
        row.waits_for = verdict.waits_for
    if verdict.priority != "same":
        row.priority = verdict.priority
    write_down(session, row, event, now, Told(told.by, told.role, told.why, verdict.row, told.data), before=before)
    return verdict
