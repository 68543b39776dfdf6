"""Money given away (decisions.md 7; features_to_beat.md "the owner's week"): an effect ``given`` for every coupon, gift, sum and postage.

It is written in the transaction that gives, so what the owner adds up is what happened: ``payload`` holds ``what`` (one of ``WHAT``),
``amount`` in yuan as text (None: a gift, which has no price here), the ``table`` and ``row`` it rests on, and ``by``: ``bot`` or the
member of the staff whose word it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from shop.db import reading
from shop.effects import write_effect
from shop.models import ApprovalRow, CouponRow, Effect, Staff, TicketEventRow, TicketRow

KIND = "given"
WHAT = ("coupon", "gift", "compensation", "price_difference", "purchase_loss", "full_refund", "postage", "other")
# Tables whose rows decide what a ticket of the kind gives; of others it is the handbook's general row.
TABLES = {"compensation": "compensation", "price_protection": "price_protection", "return": "postage"}
# What a ticket's sum is called here.
OF_TICKET = {"price_protection": "price_difference"}
CENT = Decimal("0.01")
BOT = "bot"


@dataclass(frozen=True)
class Given:
    """One thing given: ``amount`` in yuan to the cent (None: no sum), its ``table`` and ``row``, ``by`` bot or a member of the staff."""

    id: str
    at: datetime
    what: str
    amount: Decimal | None
    table: str | None
    row: str | None
    by: str
    conversation_id: str | None
    ref: str | None


def give(
    session: Session,
    shop_id: str,
    now: datetime,
    what: str,
    amount: Decimal | None,
    *,
    table: str | None,
    row: str | None,
    by: str,
    ref: str | None,
    talk: str | None,
) -> str:
    """Note in the transaction that gives it what is given; the effect's id. ValueError for another word than one of ``WHAT``."""
    if what not in WHAT:
        raise ValueError(f"{what!r} is nothing that is given: {', '.join(WHAT)}")
    told = {"what": what, "amount": str(amount.quantize(CENT)) if amount is not None else None, "table": table, "row": row, "by": by}
    return write_effect(session, shop_id, KIND, now, ref=ref, talk=talk, payload=told)


def give_concession(session: Session, shop_id: str, now: datetime, kind: str, *, row: str | None, by: str, talk: str, ref: str) -> str:
    """A gift or coupon of bargaining, by the ``kind`` of the concession (``gift:name``, ``coupon:code``); a coupon's sum is the shop's."""
    what, _, name = kind.partition(":")
    coupon = session.get(CouponRow, (shop_id, name)) if what == "coupon" else None
    amount = coupon.amount if coupon is not None else None
    return give(*(session, shop_id, now, what if what in WHAT else "other", amount), table="bargaining", row=row, by=by, ref=ref, talk=talk)


def give_ticket(session: Session, shop_id: str, now: datetime, ticket: TicketRow) -> str | None:
    """The sum of a ticket that was closed as done, by the row that decided it; None when it names none or an approval gave it already."""
    amount = _yuan(ticket.fields.get("amount"))
    if amount is None or _granted(session, shop_id, ticket.id) or ticket.fields.get("accepted") in ("decline", "refused"):
        return None
    what = OF_TICKET.get(ticket.kind, ticket.kind)
    if what not in WHAT:
        return None
    return give(
        *(session, shop_id, now, what, amount),
        table=TABLES.get(ticket.kind),
        row=ticket.row,
        by=opened_by(session, ticket),
        ref=ticket.id,
        talk=ticket.conversation_id,
    )


def give_approved(session: Session, shop_id: str, now: datetime, approval: ApprovalRow, ticket: TicketRow, by: str) -> str | None:
    """A granted sum; None without one. A coupon is noted when it is given (``give_concession``)."""
    if approval.amount is None or approval.kind == "coupon":
        return None
    what = approval.kind if approval.kind in WHAT else "other"
    return give(
        *(session, shop_id, now, what, approval.amount),
        table="compensation",
        row=approval.row,
        by=by,
        ref=ticket.id,
        talk=ticket.conversation_id,
    )


def opened_by(session: Session, ticket: TicketRow) -> str:
    """Who promised what a ticket holds: the bot, or the member of the staff who opened it."""
    query = select(TicketEventRow.by).where(TicketEventRow.shop_id == ticket.shop_id, TicketEventRow.ticket_id == ticket.id)
    by = session.scalar(query.order_by(TicketEventRow.seq).limit(1))
    known = by is not None and session.get(Staff, (ticket.shop_id, by)) is not None
    return str(by) if known else BOT


def _granted(session: Session, shop_id: str, ticket_id: str) -> bool:
    query = select(ApprovalRow.id).where(
        ApprovalRow.shop_id == shop_id,
        ApprovalRow.ticket_id == ticket_id,
        ApprovalRow.state == "granted",
        ApprovalRow.amount.is_not(None),
    )
    return session.scalar(query.limit(1)) is not None


def _yuan(value: object) -> Decimal | None:
    try:
        amount = Decimal(str(value)) if value is not None else None
    except ArithmeticError:
        return None
    return amount if amount is not None and amount.is_finite() and amount > 0 else None


def given_between(engine: Engine, shop_id: str, begin: datetime, end: datetime) -> list[Given]:
    """Everything given from ``begin`` (inclusive) to ``end`` (exclusive), oldest first."""
    query = select(Effect).where(
        Effect.shop_id == shop_id, Effect.kind == KIND, Effect.state == "done", Effect.at >= begin, Effect.at < end
    )
    with reading(engine) as session:
        return list(_read(session.scalars(query.order_by(Effect.at, Effect.id))))


def _read(rows: Any) -> Iterator[Given]:
    for row in rows:
        told = row.payload
        amount = Decimal(told["amount"]) if told.get("amount") is not None else None
        yield Given(
            *(row.id, row.at, str(told["what"]), amount, told.get("table"), told.get("row"), str(told["by"])),
            row.conversation_id,
            row.ref,
        )
