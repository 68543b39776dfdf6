"""Goods on their way back as the rest of the program sees them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Engine, select

from shop.db import reading
from shop.models import ReturnRow

STEPS = ("approved", "sent_back", "received", "inspected", "refunded", "re_sent", "refused")
FINDINGS = ("confirmed", "no_fault", "misuse")
CHOICES = ("send_back", "own_reason")
REMEDIES = ("return_refund", "exchange", "repair_return")
# The step -> the stage of its record (rf_03, rf_04, rf_02).
STAGES = {"sent_back": "sent_back", "inspected": "inspected", "refunded": "closed", "re_sent": "closed", "refused": "closed"}
FINISHED = ("refunded", "re_sent", "refused")
# The time that a step is stored with.
STAMPS = {
    "approved": "approved_at",
    "sent_back": "sent_back_at",
    "received": "received_at",
    "inspected": "inspected_at",
    "refunded": "finished_at",
    "re_sent": "finished_at",
    "refused": "finished_at",
}


@dataclass(frozen=True)
class Return:
    """Where goods coming back are. ``amount``: what was refunded, yuan; ``report``: the inspection's evidence, or why refused;
    ``told_at``: when the shopper was shown the finding; ``due_at``: when the next step is promised; ``tracking`` the parcel that comes
    back, ``out_tracking`` the one that goes out again."""

    ticket_id: str
    order_id: str | None
    remedy: str
    step: str
    finding: str
    report: str | None
    choice: str
    appeals: int
    tracking: str | None
    amount: Decimal | None
    out_tracking: str | None
    waits_for: str
    due_at: datetime | None
    approved_at: datetime
    sent_back_at: datetime | None
    received_at: datetime | None
    inspected_at: datetime | None
    told_at: datetime | None
    finished_at: datetime | None
    version: int
    source_version: int


class UnknownReturn(LookupError):
    """The ticket has no goods on their way back."""


def as_return(row: ReturnRow) -> Return:
    """The stored row as a value."""
    return Return(
        ticket_id=row.ticket_id,
        order_id=row.order_id,
        remedy=row.remedy,
        step=row.step,
        finding=row.finding,
        report=row.report,
        choice=row.choice,
        appeals=row.appeals,
        tracking=row.tracking,
        amount=row.amount,
        out_tracking=row.out_tracking,
        waits_for=row.waits_for,
        due_at=row.due_at,
        approved_at=row.approved_at,
        sent_back_at=row.sent_back_at,
        received_at=row.received_at,
        inspected_at=row.inspected_at,
        told_at=row.told_at,
        finished_at=row.finished_at,
        version=row.version,
        source_version=row.source_version,
    )


def return_of(engine: Engine, shop_id: str, ticket_id: str) -> Return | None:
    """The goods of a ticket, None when it has none on their way back. For readers without the tables of ``shop.returns``."""
    with reading(engine) as session:
        row = session.get(ReturnRow, (shop_id, ticket_id))
        return as_return(row) if row is not None else None


def returns_of(engine: Engine, shop_id: str, ticket_ids: Collection[str]) -> dict[str, Return]:
    """The goods of several tickets, by ticket; those with none on their way back are left out."""
    query = select(ReturnRow).where(ReturnRow.shop_id == shop_id, ReturnRow.ticket_id.in_(ticket_ids))
    with reading(engine) as session:
        return {row.ticket_id: as_return(row) for row in session.scalars(query)}
