"""Decisions above the bot's authority (cl_03, es_03, es_09): asked for with the sum and the row, granted or refused by a person."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from shop.clock import Clock
from shop.counters import hold, next_value
from shop.db import reading, writing
from shop.effects import write_effect
from shop.given import give_approved
from shop.models import ApprovalRow, TicketEventRow
from shop.rules import NotAllowed, Rules, agree
from shop.ticket_moves import move
from shop.ticket_records import Told, add_note, locked, write_down

# The event of a ticket's history that says who asked, and why.
ASKED = "approval_asked"


@dataclass(frozen=True)
class Approval:
    """What was asked: ``amount`` in yuan (None: no sum), ``state`` asked | granted | refused; decided ``by`` in ``role``."""

    id: str
    ticket_id: str
    kind: str
    state: str
    amount: Decimal | None
    order_id: str | None
    row: str | None
    asked_by: str
    asked_at: datetime
    due_at: datetime | None
    by: str | None
    role: str | None
    decided_at: datetime | None
    reason: str | None
    version: int


class UnknownApproval(LookupError):
    """The shop has no such approval."""


class DecidedAlready(ValueError):
    """It was granted or refused before; nothing was changed."""


def _approval(row: ApprovalRow) -> Approval:
    return Approval(
        row.id,
        row.ticket_id,
        row.kind,
        row.state,
        row.amount,
        row.order_id,
        row.row,
        row.asked_by,
        row.asked_at,
        row.due_at,
        row.decided_by,
        row.role,
        row.decided_at,
        row.reason,
        row.version,
    )


class Approvals:
    """The approvals of one shop. Safe to share between threads; every change is committed when the call returns."""

    def __init__(self, engine: Engine, shop_id: str, clock: Clock, rules: Rules) -> None:
        self.engine = engine
        self.shop_id = shop_id
        self.clock = clock
        self.rules = rules

    def ask(
        self,
        ticket_id: str,
        kind: str,
        amount: Decimal | None,
        *,
        order_id: str | None = None,
        row: str | None = None,
        due_at: datetime | None = None,
        by: str = "bot",
        role: str = "bot",
        why: str | None = None,
    ) -> Approval:
        """Ask a supervisor; the ticket waits for one. The same question on the same ticket is asked once: the open one is returned,
        with the sum of now. ``why`` it should be granted stands in the ticket's history. UnknownTicket; NotAllowed when the ticket is
        closed."""
        now = self.clock.now()
        with writing(self.engine) as session:
            hold(session, self.shop_id, "approvals")
            ticket = locked(session, self.shop_id, ticket_id)
            query = select(ApprovalRow).where(
                ApprovalRow.shop_id == self.shop_id,
                ApprovalRow.ticket_id == ticket_id,
                ApprovalRow.kind == kind,
                ApprovalRow.state == "asked",
            )
            old = session.scalar(query)
            if old is not None:
                if old.amount != amount:
                    old.amount, old.version = amount, old.version + 1
                if why:
                    write_down(
                        session, ticket, ASKED, now, Told(by, role, why, row, {"approval": old.id, "kind": kind}), before=ticket.state
                    )
                return _approval(old)
            day = f"{self.clock.today():%Y%m%d}"
            made = ApprovalRow(
                shop_id=self.shop_id,
                id=f"A{day}-{next_value(session, self.shop_id, f'approvals:{day}'):04d}",
                ticket_id=ticket_id,
                kind=kind,
                state="asked",
                amount=amount,
                order_id=order_id or ticket.order_id,
                row=row,
                asked_by=by,
                asked_at=now,
                due_at=due_at,
                version=1,
            )
            session.add(made)
            data = {"approval": made.id, "kind": kind, "amount": str(amount) if amount is not None else None}
            move(session, self.rules, ticket, "wait", Told(by, role, row=row, data=data), now)
            ticket.waits_for = "supervisor"
            session.flush()
            write_down(session, ticket, ASKED, now, Told(by, role, why, row, data), before=ticket.state)
            return _approval(made)

    def grant(self, approval_id: str, *, by: str, role: str, reason: str | None = None, version: int | None = None) -> Approval:
        """Say yes. NotAllowed when the sum is above what the role may decide (``need`` names who may), DecidedAlready, Changed,
        UnknownApproval. The effect ``approval_granted`` (done, ref: the ticket) lets the answer be spoken."""
        return self._decide(approval_id, "granted", by, role, reason, version)

    def refuse(self, approval_id: str, *, by: str, role: str, reason: str, version: int | None = None) -> Approval:
        """Say no, with the reason (NotAllowed without). Errors as in ``grant``."""
        return self._decide(approval_id, "refused", by, role, reason, version)

    def _decide(self, approval_id: str, state: str, by: str, role: str, reason: str | None, version: int | None) -> Approval:
        now = self.clock.now()
        with writing(self.engine) as session:
            row = self._locked(session, approval_id)
            agree(f"approval {approval_id}", version, row.version)
            if row.state != "asked":
                raise DecidedAlready(f"approval {approval_id} is {row.state} already")
            may, instead = self.rules.approval(role=role, kind=row.kind, amount=row.amount, own=by == row.asked_by)
            if not may:
                raise NotAllowed(f"deciding approval {approval_id} as {role}", instead, "approvals")
            if state == "refused" and not (reason or "").strip():
                raise NotAllowed(f"refusing approval {approval_id}", "reason", "approvals")
            row.state, row.decided_by, row.role, row.decided_at, row.reason = state, by, role, now, reason
            row.version += 1
            ticket = locked(session, self.shop_id, row.ticket_id)
            data = {"approval": row.id, "kind": row.kind, "amount": str(row.amount) if row.amount is not None else None}
            before = ticket.state
            if before == "tracking":
                move(session, self.rules, ticket, "result", Told(by, role, reason, data=data), now)
                session.flush()
            write_down(session, ticket, f"approval_{state}", now, Told(by, role, reason, row.row, data), before=before)
            if reason:
                add_note(session, ticket, reason, by, now)
            write_effect(session, self.shop_id, f"approval_{state}", now, ref=ticket.id, talk=ticket.conversation_id, payload=data)
            if state == "granted":
                give_approved(session, self.shop_id, now, row, ticket, by)
            return _approval(row)

    def _locked(self, session: Session, approval_id: str) -> ApprovalRow:
        query = select(ApprovalRow).where(ApprovalRow.shop_id == self.shop_id, ApprovalRow.id == approval_id).with_for_update()
        row = session.scalar(query)
        if row is None:
            raise UnknownApproval(f"there is no approval {approval_id}")
        return row

    def get(self, approval_id: str) -> Approval | None:
        """An approval, or None."""
        with reading(self.engine) as session:
            row = session.get(ApprovalRow, (self.shop_id, approval_id))
            return _approval(row) if row is not None else None

    def of_ticket(self, ticket_id: str) -> list[Approval]:
        """What was asked about a ticket, newest first."""
        query = select(ApprovalRow).where(ApprovalRow.shop_id == self.shop_id, ApprovalRow.ticket_id == ticket_id)
        with reading(self.engine) as session:
            return [_approval(row) for row in session.scalars(query.order_by(ApprovalRow.asked_at.desc(), ApprovalRow.id.desc()))]

    def of_tickets(self, ticket_ids: Collection[str]) -> dict[str, list[Approval]]:
        """What was asked about each of these tickets, newest first; tickets about which nothing was asked are left out."""
        query = select(ApprovalRow).where(ApprovalRow.shop_id == self.shop_id, ApprovalRow.ticket_id.in_(ticket_ids))
        found: dict[str, list[Approval]] = {}
        with reading(self.engine) as session:
            for row in session.scalars(query.order_by(ApprovalRow.asked_at.desc(), ApprovalRow.id.desc())):
                found.setdefault(row.ticket_id, []).append(_approval(row))
        return found

    def reasons(self, ticket_ids: Collection[str]) -> dict[str, str]:
        """Approval → why it should be granted, in the words of who asked last; those without a reason are left out."""
        query = select(TicketEventRow).where(
            TicketEventRow.shop_id == self.shop_id,
            TicketEventRow.ticket_id.in_(ticket_ids),
            TicketEventRow.event == ASKED,
            TicketEventRow.why.is_not(None),
        )
        with reading(self.engine) as session:
            rows = session.scalars(query.order_by(TicketEventRow.seq))
            return {str(row.data.get("approval")): row.why for row in rows if row.why}

    def open(self) -> list[Approval]:
        """What waits for a decision, the earliest promised first."""
        query = select(ApprovalRow).where(ApprovalRow.shop_id == self.shop_id, ApprovalRow.state == "asked")
        with reading(self.engine) as session:
            return [_approval(row) for row in session.scalars(query.order_by(ApprovalRow.due_at, ApprovalRow.id))]

    def decided(self, since: datetime, limit: int = 100) -> list[Approval]:
        """What was granted or refused at or after an instant, newest first."""
        query = select(ApprovalRow).where(
            ApprovalRow.shop_id == self.shop_id,
            ApprovalRow.state != "asked",
            ApprovalRow.decided_at.is_not(None),
            ApprovalRow.decided_at >= since,
        )
        with reading(self.engine) as session:
            return [
                _approval(row) for row in session.scalars(query.order_by(ApprovalRow.decided_at.desc(), ApprovalRow.id.desc()).limit(limit))
            ]
