"""Goods on their way back (flows F6, F13; rules.md rp_03, rp_10, qp_10): each step with its time, an effect and the ticket's history.

The desk calls these methods, a warehouse system reports the same steps by ``PUT /api/v1/shop/returns/{ticket_id}``
(``shop/return_reports.py``). Which step may follow which, and by when, is the table ``return_steps``.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from shop.clock import Clock
from shop.db import reading, writing
from shop.effects import write_effect
from shop.given import give, opened_by
from shop.models import ReturnRow, TicketRow
from shop.return_records import CHOICES, FINDINGS, FINISHED, REMEDIES, STAGES, STAMPS, STEPS, Return, UnknownReturn, as_return, return_of
from shop.rules import NotAllowed, Rules, agree, due_within
from shop.ticket_moves import move
from shop.ticket_records import Told, add_note, locked, write_down

__all__ = ["CHOICES", "FINDINGS", "FINISHED", "REMEDIES", "STEPS", "Return", "Returns", "UnknownReturn"]

More = Callable[[Session, TicketRow, ReturnRow], None]


class Returns:
    """The returns of one shop. Safe to share between threads; every change is committed when the call returns.

    Every change takes ``by`` and ``role`` (who, see ``shop.rules.ROLES``) and ``version`` (the one read; Changed when somebody was
    faster), and raises NotAllowed with what is missing when the table says no. UnknownTicket, UnknownReturn.
    """

    def __init__(self, engine: Engine, shop_id: str, clock: Clock, rules: Rules) -> None:
        self.engine = engine
        self.shop_id = shop_id
        self.clock = clock
        self.rules = rules

    def get(self, ticket_id: str) -> Return | None:
        """The goods of a ticket, None when it has none on their way back."""
        return return_of(self.engine, self.shop_id, ticket_id)

    def due(self, before: datetime) -> list[Return]:
        """Returns whose next step was promised for ``before`` or earlier and is not done, the oldest promise first."""
        query = select(ReturnRow).where(
            ReturnRow.shop_id == self.shop_id, ReturnRow.step.not_in(FINISHED), ReturnRow.due_at.is_not(None), ReturnRow.due_at <= before
        )
        with reading(self.engine) as session:
            return [as_return(row) for row in session.scalars(query.order_by(ReturnRow.due_at, ReturnRow.ticket_id))]

    def approve(self, ticket_id: str, *, remedy: str, by: str = "bot", role: str = "bot") -> Return:
        """The shop expects the goods back. Approving again returns what is there, with the wish of now while nothing is sent.

        ``remedy``: return_refund | exchange | repair_return (ValueError otherwise).
        """
        if remedy not in REMEDIES:
            raise ValueError(f"{remedy!r} is nothing that goods come back for: {', '.join(REMEDIES)}")
        with writing(self.engine) as session:
            ticket = locked(session, self.shop_id, ticket_id)
            row = session.get(ReturnRow, (self.shop_id, ticket_id))
            if row is not None:
                if row.step in ("approved", "sent_back"):
                    row.remedy = remedy
                return as_return(row)
            now = self.clock.now()
            row = ReturnRow(
                shop_id=self.shop_id,
                ticket_id=ticket_id,
                order_id=ticket.order_id,
                remedy=remedy,
                step="approved",
                finding="open",
                choice="open",
                appeals=0,
                waits_for="shopper",
                approved_at=now,
                version=0,
                source_version=0,
                updated_at=now,
            )
            self._do(session, ticket, row, "approve", Told(by, role, data={"remedy": remedy}), before="none")
            session.add(row)
            session.flush()
            return as_return(row)

    def sent_back(
        self, ticket_id: str, tracking: str | None, *, by: str = "shopper", role: str = "shopper", version: int | None = None
    ) -> Return:
        """The parcel is on its way (rf_03); a corrected number replaces the former."""
        number = (tracking or "").strip().upper() or None

        def more(session: Session, ticket: TicketRow, row: ReturnRow) -> None:
            row.tracking = ticket.tracking = number
            if number:
                add_note(session, ticket, number, by, self.clock.now())

        return self._step(ticket_id, "send_back", Told(by, role, data={"tracking": number}), version, tracking=bool(number), more=more)

    def received(self, ticket_id: str, *, by: str, role: str = "agent", version: int | None = None) -> Return:
        """The warehouse has signed for it; the inspection is promised for the table's time (rp_10)."""
        return self._step(ticket_id, "receive", Told(by, role), version)

    def inspected(
        self, ticket_id: str, finding: str, report: str | None, *, by: str, role: str = "agent", version: int | None = None
    ) -> Return:
        """What the inspection found: confirmed | no_fault | misuse, with its evidence (needed for the latter two)."""
        if finding not in FINDINGS:
            raise ValueError(f"{finding!r} is no finding: {', '.join(FINDINGS)}")

        def more(session: Session, ticket: TicketRow, row: ReturnRow) -> None:
            row.finding, row.report, row.told_at = finding, report, None

        return self._step(ticket_id, "inspect", Told(by, role, report, data={"finding": finding}), version, finding=finding, more=more)

    def told(self, ticket_id: str, *, by: str = "bot", role: str = "bot") -> Return:
        """The shopper was shown the finding; from now on they may choose."""

        def more(session: Session, ticket: TicketRow, row: ReturnRow) -> None:
            row.told_at = row.told_at or self.clock.now()

        return self._step(ticket_id, "tell", Told(by, role), None, more=more)

    def choose(self, ticket_id: str, choice: str, *, by: str = "shopper", role: str = "shopper", version: int | None = None) -> Return:
        """The shopper's choice after an unfavourable finding: send_back (the goods, as they are) or own_reason (an own-reason return)."""
        if choice not in CHOICES:
            raise ValueError(f"{choice!r} is no choice: {', '.join(CHOICES)}")

        def more(session: Session, ticket: TicketRow, row: ReturnRow) -> None:
            row.choice = choice

        return self._step(ticket_id, "choose", Told(by, role, data={"choice": choice}), version, choice=choice, more=more)

    def appeal(self, ticket_id: str, why: str, *, by: str = "shopper", role: str = "shopper", version: int | None = None) -> Return:
        """The shopper does not agree: another person inspects again, once (``need`` is then ``person``)."""

        def more(session: Session, ticket: TicketRow, row: ReturnRow) -> None:
            row.appeals += 1
            row.finding, row.told_at = "open", None

        return self._step(ticket_id, "appeal", Told(by, role, why), version, more=more)

    def refunded(
        self,
        ticket_id: str,
        amount: Decimal | None = None,
        postage: Decimal | None = None,
        *,
        by: str,
        role: str = "agent",
        version: int | None = None,
    ) -> Return:
        """The money has gone back the way it was paid; ``amount`` in yuan, and of it or beside it the ``postage`` that the shop bears."""

        def more(session: Session, ticket: TicketRow, row: ReturnRow) -> None:
            row.amount = amount
            if postage:
                give(
                    *(session, self.shop_id, self.clock.now(), "postage", postage),
                    table="postage",
                    row=ticket.row,
                    by=by if role != "system" else opened_by(session, ticket),
                    ref=ticket.id,
                    talk=ticket.conversation_id,
                )

        data = {"amount": str(amount) if amount is not None else None}
        if postage is not None:
            data["postage"] = str(postage)
        return self._step(ticket_id, "refund", Told(by, role, data=data), version, more=more)

    def resent(self, ticket_id: str, tracking: str | None = None, *, by: str, role: str = "agent", version: int | None = None) -> Return:
        """The new, repaired or returned goods have left; ``tracking`` of their parcel."""

        def more(session: Session, ticket: TicketRow, row: ReturnRow) -> None:
            row.out_tracking = tracking

        return self._step(ticket_id, "resend", Told(by, role, data={"tracking": tracking}), version, more=more)

    def refuse(self, ticket_id: str, reason: str, *, by: str, role: str = "agent", version: int | None = None) -> Return:
        """The return is not accepted, for this reason (said to the shopper)."""

        def more(session: Session, ticket: TicketRow, row: ReturnRow) -> None:
            row.report = reason

        return self._step(ticket_id, "refuse", Told(by, role, reason), version, more=more)

    def mark(self, ticket_id: str, source_version: int) -> None:
        """Remember the version in which an outside system reported. UnknownReturn."""
        with writing(self.engine) as session:
            locked(session, self.shop_id, ticket_id)
            self._row(session, ticket_id).source_version = source_version

    def _row(self, session: Session, ticket_id: str) -> ReturnRow:
        row = session.get(ReturnRow, (self.shop_id, ticket_id))
        if row is None:
            raise UnknownReturn(f"ticket {ticket_id} expects no goods back")
        return row

    def _step(self, ticket_id: str, event: str, told: Told, version: int | None, *, more: More | None = None, **said: Any) -> Return:
        with writing(self.engine) as session:
            ticket = locked(session, self.shop_id, ticket_id)
            row = self._row(session, ticket_id)
            agree(f"the return of ticket {ticket_id}", version, row.version)
            self._do(session, ticket, row, event, told, before=row.step, **said)
            if more is not None:
                more(session, ticket, row)
            if row.step in STAGES:
                ticket.missing = list(self._missing(ticket, row, told.by))
            return as_return(row)

    def _missing(self, ticket: TicketRow, row: ReturnRow, by: str) -> tuple[str, ...]:
        """What §18 asks to write down at this step and nobody has told."""
        known = {
            "tracking": row.tracking,
            "received": row.received_at,
            "finding": row.finding if row.finding != "open" else None,
            # What is sent again or refused refunds nothing; of a refund the sum is known or missing.
            "refund": row.amount if row.step == "refunded" else "0",
            "handler": by,
            "handled_at": row.finished_at,
        }
        fields = {**ticket.fields, **{name: value for name, value in known.items() if value is not None}}
        order, customer = ticket.order_id is not None, ticket.customer_id is not None
        return self.rules.missing(ticket.kind, fields, order=order, customer=customer, stage=STAGES[row.step])

    def _do(self, session: Session, ticket: TicketRow, row: ReturnRow, event: str, told: Told, *, before: str, **said: Any) -> None:
        """Ask the table, change the row and its ticket, write both down, store the effect."""
        now = self.clock.now()
        facts: dict[str, Any] = {
            "finding": row.finding,
            "remedy": row.remedy,
            "choice": row.choice,
            "told": row.told_at is not None,
            "reason": bool((told.why or "").strip()),
            "appeals": row.appeals,
            **said,
        }
        verdict = self.rules.return_step(before, event, **facts)
        if not verdict.allowed:
            raise NotAllowed(f"{event} for the return of ticket {ticket.id} ({before})", verdict.need, verdict.row)
        if verdict.to != "same":
            row.step = verdict.to
            setattr(row, STAMPS[verdict.to], now)
        row.waits_for = verdict.waits_for
        row.due_at = due_within(self.clock, verdict.within, verdict.unit)
        row.version += 1
        row.updated_at = now
        if verdict.ticket != "none" and ticket.state != "closed":
            why = told.why or f"return {row.step}"
            # The table of tickets knows nobody who ends a matter but staff and the shop's own systems; this is the shop's own record.
            move(session, self.rules, ticket, verdict.ticket, Told(told.by, "system", why, data=told.data), now)
            session.flush()
        if ticket.state != "closed":
            ticket.waits_for = row.waits_for
            # While the parcel is on its way the next promise is that of the inspection, and it begins at the arrival.
            ticket.due_at = row.due_at or (None if row.step == "sent_back" else ticket.due_at)
        data = {**told.data, "step": row.step}
        name = f"return_{event}"
        write_down(session, ticket, name, now, Told(told.by, told.role, told.why, verdict.row, data), before=before)
        write_effect(session, self.shop_id, name, now, ref=ticket.id, talk=ticket.conversation_id, payload=data)
