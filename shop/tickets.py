"""Tickets: what a person has to do for a shopper, until when (rules.md §18 fields, §19 states)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from shop.clock import Clock
from shop.counters import hold, next_value
from shop.db import reading, writing
from shop.models import TicketNote, TicketRow

STATES = ("new", "mine", "tracking", "suspended", "closed")


@dataclass(frozen=True)
class Note:
    """A line of a ticket's history."""

    author: str
    text: str
    at: datetime


@dataclass(frozen=True)
class Ticket:
    """A ticket, e.g. ``T20261122-0007`` (day in Asia/Shanghai, number of that day). ``created`` is True only from the
    ``open`` that made it. ``row`` is the table row it rests on, ``fields`` what §18 asks to record."""

    id: str
    kind: str
    state: str
    priority: str
    conversation_id: str | None
    order_id: str | None
    customer_id: str | None
    row: str | None
    fields: dict[str, Any]
    tracking: str | None
    due_at: datetime | None
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None = None
    created: bool = False


class UnknownTicket(LookupError):
    """The shop has no such ticket."""


def _ticket(row: TicketRow, *, created: bool = False) -> Ticket:
    return Ticket(
        id=row.id,
        kind=row.kind,
        state=row.state,
        priority=row.priority,
        conversation_id=row.conversation_id,
        order_id=row.order_id,
        customer_id=row.customer_id,
        row=row.row,
        fields=dict(row.fields),
        tracking=row.tracking,
        due_at=row.due_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
        closed_at=row.closed_at,
        created=created,
    )


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
    ) -> Ticket:
        """Open a ticket, or return the open one of the same talk, order and kind with its row, fields, date and priority updated.

        ``fields`` are merged over the old ones. A date already promised is never moved later by this.
        """
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
                    old.updated_at = now
                    return _ticket(old)
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
            )
            session.add(made)
            session.flush()
            return _ticket(made, created=True)

    def get(self, ticket_id: str) -> Ticket | None:
        """A ticket, or None."""
        with reading(self.engine) as session:
            row = session.get(TicketRow, (self.shop_id, ticket_id))
            return _ticket(row) if row is not None else None

    def of_conversation(self, conversation_id: str) -> list[Ticket]:
        """All tickets of a talk, newest first."""
        return self._where(TicketRow.conversation_id == conversation_id)

    def of_order(self, order_id: str) -> list[Ticket]:
        """All tickets about an order, newest first, whichever talk opened them."""
        return self._where(TicketRow.order_id == order_id)

    def of_customer(self, customer_id: str) -> list[Ticket]:
        """All tickets of a customer, newest first."""
        return self._where(TicketRow.customer_id == customer_id)

    def _where(self, condition: Any) -> list[Ticket]:
        query = select(TicketRow).where(TicketRow.shop_id == self.shop_id, condition)
        with reading(self.engine) as session:
            rows = session.scalars(query.order_by(TicketRow.created_at.desc(), TicketRow.id.desc()))
            return [_ticket(row) for row in rows]

    def notes(self, ticket_id: str) -> list[Note]:
        """The history of a ticket, oldest first."""
        query = select(TicketNote).where(TicketNote.shop_id == self.shop_id, TicketNote.ticket_id == ticket_id)
        with reading(self.engine) as session:
            return [Note(row.author, row.text, row.at) for row in session.scalars(query.order_by(TicketNote.seq))]

    def add_note(self, ticket_id: str, text: str, author: str = "bot") -> None:
        """Add a line to the history. UnknownTicket when the shop has no such ticket."""
        with writing(self.engine) as session:
            self._note(session, self._locked(session, ticket_id), text, author)

    def set_tracking(self, ticket_id: str, tracking: str) -> Ticket:
        """Store the parcel number the shopper sent (rf_03); the ticket then waits for that parcel (tk_03). UnknownTicket."""
        with writing(self.engine) as session:
            row = self._locked(session, ticket_id)
            row.tracking = tracking.strip().upper()
            if row.state in ("new", "mine"):
                row.state = "tracking"
            row.updated_at = self.clock.now()
            self._note(session, row, row.tracking, "shopper")
            return _ticket(row)

    def set_state(self, ticket_id: str, state: str) -> Ticket:
        """Move a ticket along §19. Closing frees talk, order and kind for a new one. UnknownTicket; ValueError for an unknown state."""
        if state not in STATES:
            raise ValueError(f"{state!r} is no state of a ticket: {', '.join(STATES)}")
        now = self.clock.now()
        with writing(self.engine) as session:
            row = self._locked(session, ticket_id)
            row.state, row.updated_at = state, now
            if state == "closed":
                row.open_key, row.closed_at = None, now
            else:
                row.closed_at = None
            return _ticket(row)

    def _locked(self, session: Session, ticket_id: str) -> TicketRow:
        query = select(TicketRow).where(TicketRow.shop_id == self.shop_id, TicketRow.id == ticket_id).with_for_update()
        row = session.scalar(query)
        if row is None:
            raise UnknownTicket(f"there is no ticket {ticket_id}")
        return row

    def _note(self, session: Session, row: TicketRow, text: str, author: str) -> None:
        now = self.clock.now()
        last = session.scalar(select(func.max(TicketNote.seq)).where(TicketNote.shop_id == self.shop_id, TicketNote.ticket_id == row.id))
        session.add(TicketNote(shop_id=self.shop_id, ticket_id=row.id, seq=(last or 0) + 1, author=author, text=text, at=now))
        row.updated_at = now
