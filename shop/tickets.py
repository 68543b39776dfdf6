"""Tickets: what a person has to do for a shopper, until when (rules.md §18 fields, §19 states).

Here they are opened, found and listed; ``shop/ticket_moves.py`` moves them along, ``shop/returns.py`` follows goods that come back,
``shop/approvals.py`` asks and stores what a supervisor decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, and_, or_, select

from shop.clock import Clock
from shop.counters import hold, next_value
from shop.db import reading, writing
from shop.models import TicketEventRow, TicketNote, TicketRow
from shop.ticket_records import (
    PARTIES,
    STATES,
    Note,
    Ticket,
    TicketEvent,
    Told,
    UnknownTicket,
    add_note,
    as_event,
    as_ticket,
    enter,
    locked,
    write_down,
)

__all__ = ["PARTIES", "PREVIEW", "STATES", "Note", "Ticket", "TicketEvent", "Tickets", "UnknownTicket"]

# Stands in an answer of a dark run for the number of a ticket that was not opened.
PREVIEW = "T-PREVIEW"


class Tickets:
    """The tickets of one shop. Safe to share between threads; every change is committed when the call returns."""

    def __init__(self, engine: Engine, shop_id: str, clock: Clock) -> None:
        self.engine = engine
        self.shop_id = shop_id
        self.clock = clock

    def open(
        self,
        kind: str,
        *,
        conversation_id: str | None,
        order_id: str | None = None,
        customer_id: str | None = None,
        row: str | None = None,
        fields: Mapping[str, Any] | None = None,
        due_at: datetime | None = None,
        priority: str = "normal",
        missing: Sequence[str] = (),
        waits_for: str = "shop",
        contact_due_at: datetime | None = None,
        solve_due_at: datetime | None = None,
        by: str = "bot",
    ) -> Ticket:
        """Open a ticket, or return the open one of the same talk, order and kind with its row, fields, date and priority updated.

        ``fields`` are merged over the old ones. A date already promised is never moved later by this. ``missing`` are the
        fields of §18 that nobody has told (they replace the list of before). ValueError for an unknown ``waits_for``.
        """
        if waits_for not in PARTIES:
            raise ValueError(f"{waits_for!r} is nobody to wait for: {', '.join(PARTIES)}")
        now = self.clock.now()
        key = f"{conversation_id or '-'}|{order_id or '-'}|{kind}" if conversation_id else None
        with writing(self.engine) as session:
            if key is not None:
                # Two messages of one talk may arrive at once: the second waits here and then finds the first one's ticket.
                hold(session, self.shop_id, "tickets")
                old = session.scalar(select(TicketRow).where(TicketRow.shop_id == self.shop_id, TicketRow.open_key == key))
                if old is not None:
                    old.fields = {**old.fields, **(fields or {})}
                    old.row = row or old.row
                    old.customer_id = customer_id or old.customer_id
                    old.priority = priority if priority != "normal" else old.priority
                    old.due_at = min((at for at in (old.due_at, due_at) if at is not None), default=None)
                    old.missing = list(missing)
                    write_down(session, old, "fields", now, Told(by=by, row=row), before=old.state)
                    return as_ticket(old)
            day = f"{self.clock.today():%Y%m%d}"
            made = TicketRow(
                shop_id=self.shop_id,
                id=f"T{day}-{next_value(session, self.shop_id, f'tickets:{day}'):04d}",
                kind=kind,
                state="new",
                priority=priority,
                conversation_id=conversation_id,
                order_id=order_id,
                customer_id=customer_id,
                row=row,
                fields=dict(fields or {}),
                open_key=key,
                due_at=due_at,
                created_at=now,
                updated_at=now,
                version=0,
                waits_for=waits_for,
                missing=list(missing),
                contact_due_at=contact_due_at,
                solve_due_at=solve_due_at,
                reopened=0,
                promises=0,
            )
            session.add(made)
            session.flush()
            write_down(session, made, "register", now, Told(by=by, row="tk_01"))
            session.flush()
            return as_ticket(made, created=True)

    def get(self, ticket_id: str) -> Ticket | None:
        """A ticket, or None."""
        with reading(self.engine) as session:
            row = session.get(TicketRow, (self.shop_id, ticket_id))
            return as_ticket(row) if row is not None else None

    def of_conversation(self, conversation_id: str) -> list[Ticket]:
        """All tickets of a talk, newest first."""
        return self._where(TicketRow.conversation_id == conversation_id)

    def of_order(self, order_id: str) -> list[Ticket]:
        """All tickets about an order, newest first, whichever talk opened them."""
        return self._where(TicketRow.order_id == order_id)

    def of_customer(self, customer_id: str) -> list[Ticket]:
        """All tickets of a customer, newest first."""
        return self._where(TicketRow.customer_id == customer_id)

    def due(self, before: datetime) -> list[Ticket]:
        """Tickets that somebody must see to before ``before`` (aware): promised by then, not yet taken up by then, or to be resumed.

        Suspended ones only when their day has come; closed ones never. The most urgent first: priority, then time.
        """
        promised = and_(TicketRow.due_at.is_not(None), TicketRow.due_at <= before)
        untouched = and_(TicketRow.contacted_at.is_(None), TicketRow.contact_due_at.is_not(None), TicketRow.contact_due_at <= before)
        resumed = and_(TicketRow.state == "suspended", TicketRow.resume_on.is_not(None), TicketRow.resume_on <= before.date())
        active = TicketRow.state.in_(("new", "mine", "tracking"))
        found = self._where(or_(and_(active, or_(promised, untouched)), resumed))

        def urgency(ticket: Ticket) -> tuple[bool, datetime, str]:
            times = [ticket.due_at, None if ticket.contacted_at else ticket.contact_due_at]
            return ticket.priority != "high", min((at for at in times if at is not None), default=ticket.created_at), ticket.id

        return sorted(found, key=urgency)

    def _where(self, condition: Any) -> list[Ticket]:
        query = select(TicketRow).where(TicketRow.shop_id == self.shop_id, condition)
        with reading(self.engine) as session:
            rows = session.scalars(query.order_by(TicketRow.created_at.desc(), TicketRow.id.desc()))
            return [as_ticket(row) for row in rows]

    def notes(self, ticket_id: str) -> list[Note]:
        """What people wrote on a ticket, oldest first."""
        query = select(TicketNote).where(TicketNote.shop_id == self.shop_id, TicketNote.ticket_id == ticket_id)
        with reading(self.engine) as session:
            return [Note(row.author, row.text, row.at) for row in session.scalars(query.order_by(TicketNote.seq))]

    def history(self, ticket_id: str) -> list[TicketEvent]:
        """Every change of a ticket, oldest first: who, when, from, to, why."""
        query = select(TicketEventRow).where(TicketEventRow.shop_id == self.shop_id, TicketEventRow.ticket_id == ticket_id)
        with reading(self.engine) as session:
            return [as_event(row) for row in session.scalars(query.order_by(TicketEventRow.seq))]

    def events_since(self, at: datetime) -> list[TicketEvent]:
        """Changes of all tickets at or after an instant, oldest first: what a messenger tells shoppers of."""
        query = select(TicketEventRow).where(TicketEventRow.shop_id == self.shop_id, TicketEventRow.at >= at)
        with reading(self.engine) as session:
            rows = session.scalars(query.order_by(TicketEventRow.at, TicketEventRow.ticket_id, TicketEventRow.seq))
            return [as_event(row) for row in rows]

    def add_note(self, ticket_id: str, text: str, author: str = "bot") -> None:
        """Add a line to the notes. UnknownTicket when the shop has no such ticket."""
        with writing(self.engine) as session:
            add_note(session, locked(session, self.shop_id, ticket_id), text, author, self.clock.now())

    def set_tracking(self, ticket_id: str, tracking: str) -> Ticket:
        """Store the parcel number the shopper sent (rf_03); the ticket then waits for that parcel (tk_03). UnknownTicket."""
        now = self.clock.now()
        with writing(self.engine) as session:
            row = locked(session, self.shop_id, ticket_id)
            before, row.tracking = row.state, tracking.strip().upper()
            if row.state in ("new", "mine"):
                row.state = "tracking"
            if row.state == "tracking":
                row.waits_for = "courier"
            add_note(session, row, row.tracking, "shopper", now)
            write_down(
                session, row, "tracking", now, Told("shopper", "shopper", row="tk_03", data={"tracking": row.tracking}), before=before
            )
            return as_ticket(row)

    def set_state(self, ticket_id: str, state: str, *, by: str = "bot") -> Ticket:
        """Put a ticket into a state as an outside system reports it; people and the bot go through ``TicketMoves``, which asks
        the table. UnknownTicket; ValueError for an unknown state."""
        if state not in STATES:
            raise ValueError(f"{state!r} is no state of a ticket: {', '.join(STATES)}")
        now = self.clock.now()
        with writing(self.engine) as session:
            row = locked(session, self.shop_id, ticket_id)
            before = row.state
            enter(row, state, now, by=by)
            write_down(session, row, "set_state", now, Told(by=by), before=before)
            return as_ticket(row)
