"""Tickets as the rest of the program sees them, and the two things every change does: it is locked first and written down after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.models import TicketEventRow, TicketNote, TicketRow

STATES = ("new", "mine", "tracking", "suspended", "closed")
PARTIES = ("shop", "shopper", "courier", "warehouse", "finance", "supervisor", "none")


@dataclass(frozen=True)
class Note:
    """A line that somebody wrote on a ticket."""

    author: str
    text: str
    at: datetime


@dataclass(frozen=True)
class TicketEvent:
    """A change: ``event`` of table tickets (assign, wait …), or one of ``return_<step>``, ``approval_<state>``, ``tracking``, ``fields``.
    ``by`` in ``role`` did it, ``row`` of a table allowed it, ``data`` is what it was about."""

    ticket_id: str
    seq: int
    event: str
    by: str
    role: str
    from_state: str | None
    to_state: str | None
    why: str | None
    row: str | None
    data: dict[str, Any]
    at: datetime


@dataclass(frozen=True)
class Ticket:
    """A ticket, e.g. ``T20261122-0007`` (day in Asia/Shanghai, number of that day). ``created`` is True only from the
    ``open`` that made it. ``row`` is the table row it rests on, ``fields`` what §18 asks to record, ``missing`` what of it
    nobody has told yet. ``due_at`` is promised to the shopper; ``contact_due_at`` and ``solve_due_at`` are the shop's own aims."""

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
    version: int = 1
    waits_for: str = "shop"
    missing: tuple[str, ...] = ()
    assignee: str | None = None
    contact_due_at: datetime | None = None
    contacted_at: datetime | None = None
    solve_due_at: datetime | None = None
    resume_on: date | None = None
    closed_by: str | None = None
    reopened: int = 0
    promises: int = 0


class UnknownTicket(LookupError):
    """The shop has no such ticket."""


@dataclass(frozen=True)
class Told:
    """What a change's line in the history says besides the states."""

    by: str = "bot"
    role: str = "bot"
    why: str | None = None
    row: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


def as_ticket(row: TicketRow, *, created: bool = False) -> Ticket:
    """The stored row as a value."""
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
        version=row.version,
        waits_for=row.waits_for,
        missing=tuple(str(name) for name in row.missing),
        assignee=row.assignee,
        contact_due_at=row.contact_due_at,
        contacted_at=row.contacted_at,
        solve_due_at=row.solve_due_at,
        resume_on=row.resume_on,
        closed_by=row.closed_by,
        reopened=row.reopened,
        promises=row.promises,
    )


def as_event(row: TicketEventRow) -> TicketEvent:
    """The stored row as a value."""
    return TicketEvent(
        row.ticket_id, row.seq, row.event, row.by, row.role, row.from_state, row.to_state, row.why, row.row, dict(row.data), row.at
    )


def locked(session: Session, shop_id: str, ticket_id: str) -> TicketRow:
    """The ticket's row, held until the transaction ends. UnknownTicket."""
    query = select(TicketRow).where(TicketRow.shop_id == shop_id, TicketRow.id == ticket_id).with_for_update()
    row = session.scalar(query)
    if row is None:
        raise UnknownTicket(f"there is no ticket {ticket_id}")
    return row


def write_down(session: Session, row: TicketRow, event: str, now: datetime, told: Told, *, before: str | None = None) -> None:
    """Add a line to the history and raise the ticket's version."""
    last = session.scalar(
        select(func.max(TicketEventRow.seq)).where(TicketEventRow.shop_id == row.shop_id, TicketEventRow.ticket_id == row.id)
    )
    session.add(
        TicketEventRow(
            shop_id=row.shop_id,
            ticket_id=row.id,
            seq=(last or 0) + 1,
            event=event,
            by=told.by,
            role=told.role,
            from_state=before,
            to_state=row.state,
            why=told.why,
            row=told.row,
            data=dict(told.data),
            at=now,
        )
    )
    row.version = (row.version or 0) + 1
    row.updated_at = now


def add_note(session: Session, row: TicketRow, text: str, author: str, now: datetime) -> None:
    """Add a line of words."""
    last = session.scalar(select(func.max(TicketNote.seq)).where(TicketNote.shop_id == row.shop_id, TicketNote.ticket_id == row.id))
    session.add(TicketNote(shop_id=row.shop_id, ticket_id=row.id, seq=(last or 0) + 1, author=author, text=text, at=now))
    row.updated_at = now


def enter(row: TicketRow, state: str, now: datetime, *, by: str | None = None) -> None:
    """Put a ticket into a state; closing frees talk, order and kind for a new one, opening again leaves them free."""
    row.state = state
    if state == "closed":
        row.open_key, row.closed_at, row.closed_by, row.waits_for = None, now, by, "none"
    else:
        row.closed_at = row.closed_by = None
    if state != "suspended":
        row.resume_on = None
