"""After-sales life (rules.md §18, §19; flows F13, F18): tickets, their history, the way of goods coming back, approvals.

``conversation_id`` here is no foreign key: a ticket outlives its talk (erasure), and talks through Rasa's own ``rest``
channel have none.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from shop.models.base import ID, NAME, WORD, Base, OfShop


class TicketRow(OfShop, Base):
    """A ticket. ``open_key`` names talk, order and kind while it is open, and is null once closed:
    its uniqueness is what keeps one wish from opening two tickets. ``version`` grows with every change."""

    __tablename__ = "tickets"
    __table_args__ = (
        CheckConstraint("state IN ('new', 'mine', 'tracking', 'suspended', 'closed')", name="state"),
        Index("uq_tickets_open_key", "shop_id", "open_key", unique=True),
        Index("ix_tickets_conversation", "shop_id", "conversation_id"),
        Index("ix_tickets_order", "shop_id", "order_id"),
        Index("ix_tickets_customer", "shop_id", "customer_id"),
        Index("ix_tickets_due", "shop_id", "state", "due_at"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    kind: Mapped[str] = mapped_column(WORD)
    state: Mapped[str] = mapped_column(WORD, default="new")
    priority: Mapped[str] = mapped_column(WORD, default="normal")
    assignee: Mapped[str | None] = mapped_column(ID)
    conversation_id: Mapped[str | None] = mapped_column(ID)
    order_id: Mapped[str | None] = mapped_column(ID)
    customer_id: Mapped[str | None] = mapped_column(ID)
    row: Mapped[str | None] = mapped_column(WORD)
    fields: Mapped[dict[str, Any]] = mapped_column(default=dict)
    tracking: Mapped[str | None] = mapped_column(ID)
    open_key: Mapped[str | None] = mapped_column(NAME)
    due_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    waits_for: Mapped[str] = mapped_column(WORD, default="shop", server_default="shop")
    missing: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    contact_due_at: Mapped[datetime | None]
    contacted_at: Mapped[datetime | None]
    solve_due_at: Mapped[datetime | None]
    resume_on: Mapped[date | None]
    closed_by: Mapped[str | None] = mapped_column(ID)
    reopened: Mapped[int] = mapped_column(default=0, server_default="0")
    promises: Mapped[int] = mapped_column(default=0, server_default="0")


class TicketNote(OfShop, Base):
    """A line that somebody wrote on a ticket."""

    __tablename__ = "ticket_notes"
    __table_args__ = (ForeignKeyConstraint(["shop_id", "ticket_id"], ["tickets.shop_id", "tickets.id"], ondelete="CASCADE"),)

    ticket_id: Mapped[str] = mapped_column(ID, primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    author: Mapped[str] = mapped_column(ID)
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class TicketEventRow(OfShop, Base):
    """A change of a ticket or of what hangs on it: who, in which role, when, from which state to which, why, by which row."""

    __tablename__ = "ticket_events"
    __table_args__ = (
        ForeignKeyConstraint(["shop_id", "ticket_id"], ["tickets.shop_id", "tickets.id"], ondelete="CASCADE"),
        Index("ix_ticket_events_at", "shop_id", "at"),
    )

    ticket_id: Mapped[str] = mapped_column(ID, primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    event: Mapped[str] = mapped_column(WORD)
    by: Mapped[str] = mapped_column(ID)
    role: Mapped[str] = mapped_column(WORD)
    from_state: Mapped[str | None] = mapped_column(WORD)
    to_state: Mapped[str | None] = mapped_column(WORD)
    why: Mapped[str | None] = mapped_column(Text)
    row: Mapped[str | None] = mapped_column(WORD)
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    at: Mapped[datetime]


class ReturnRow(OfShop, Base):
    """Goods on their way back: one a ticket. ``finding`` is the inspection's, ``choice`` the shopper's after an unfavourable one;
    ``told_at`` is when the shopper was shown it. ``source_version`` is the reporting system's number."""

    __tablename__ = "returns"
    __table_args__ = (
        ForeignKeyConstraint(["shop_id", "ticket_id"], ["tickets.shop_id", "tickets.id"], ondelete="CASCADE"),
        CheckConstraint("step IN ('approved', 'sent_back', 'received', 'inspected', 'refunded', 're_sent', 'refused')", name="step"),
        CheckConstraint("finding IN ('open', 'confirmed', 'no_fault', 'misuse')", name="finding"),
        CheckConstraint("choice IN ('open', 'send_back', 'own_reason')", name="choice"),
        Index("ix_returns_due", "shop_id", "step", "due_at"),
    )

    ticket_id: Mapped[str] = mapped_column(ID, primary_key=True)
    order_id: Mapped[str | None] = mapped_column(ID)
    remedy: Mapped[str] = mapped_column(WORD)
    step: Mapped[str] = mapped_column(WORD)
    finding: Mapped[str] = mapped_column(WORD, default="open")
    report: Mapped[str | None] = mapped_column(Text)
    choice: Mapped[str] = mapped_column(WORD, default="open")
    appeals: Mapped[int] = mapped_column(default=0)
    tracking: Mapped[str | None] = mapped_column(ID)
    amount: Mapped[Decimal | None]
    out_tracking: Mapped[str | None] = mapped_column(ID)
    waits_for: Mapped[str] = mapped_column(WORD)
    due_at: Mapped[datetime | None]
    approved_at: Mapped[datetime]
    sent_back_at: Mapped[datetime | None]
    received_at: Mapped[datetime | None]
    inspected_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    source_version: Mapped[int] = mapped_column(BigInteger, default=0)
    updated_at: Mapped[datetime]


class ApprovalRow(OfShop, Base):
    """A decision above the bot's authority (cl_03, es_03): asked, then granted or refused by somebody whose limit allows it."""

    __tablename__ = "approvals"
    __table_args__ = (
        ForeignKeyConstraint(["shop_id", "ticket_id"], ["tickets.shop_id", "tickets.id"], ondelete="CASCADE"),
        CheckConstraint("state IN ('asked', 'granted', 'refused')", name="state"),
        Index("ix_approvals_state", "shop_id", "state", "due_at"),
        Index("ix_approvals_ticket", "shop_id", "ticket_id"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    ticket_id: Mapped[str] = mapped_column(ID)
    kind: Mapped[str] = mapped_column(WORD)
    state: Mapped[str] = mapped_column(WORD, default="asked")
    amount: Mapped[Decimal | None]
    order_id: Mapped[str | None] = mapped_column(ID)
    row: Mapped[str | None] = mapped_column(WORD)
    asked_by: Mapped[str] = mapped_column(ID)
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(ID)
    role: Mapped[str | None] = mapped_column(WORD)
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)
