"""A copy of everything the shop holds on one person, or on one talk, as plain JSON values. Never anybody else's.

Staff are told by their role only. What a shop keeps to itself about goods (floor prices) is in no table read here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Engine, and_, inspect, or_, select
from sqlalchemy.orm import Session

from shop.db import reading
from shop.models import (
    ApprovalRow,
    Attachment,
    Base,
    BlockRow,
    Concession,
    Consent,
    Conversation,
    Customer,
    Effect,
    FollowUpRow,
    Message,
    Order,
    OrderFlagRow,
    OutboxRow,
    Proof,
    ReturnRow,
    ScanRow,
    Shipment,
    TalkNote,
    TicketEventRow,
    TicketNote,
    TicketRow,
)

# Columns that are the installation's own, and keys that open a talk.
_LEFT_OUT = {
    "shop_id", "token_hash", "address_hash", "content_hash", "client_id", "open_key", "lease", "lease_until", "hook_first", "hook_next",
    "hook_tries", "tries", "version", "source_version", "synced_at", "assignee", "closed_by", "by", "author", "asked_by", "decided_by",
    "staff_id", "done_by",
    "key", "contact_due_at", "solve_due_at", "owner", "path",
}  # fmt: skip
_OF_TRACE = ("intent", "confidence", "entities", "script", "table", "row", "masked")


def of_customer(engine: Engine, shop_id: str, customer_id: str) -> dict[str, Any]:
    """All data of a customer: themselves, orders and parcels, talks, tickets, unasked messages, consents, deeds, concessions.

    A customer who is not there gives empty lists. Photos are named under ``attachments`` with their path below the home.
    """
    with reading(engine) as session:
        person = session.get(Customer, (shop_id, customer_id))
        talks = list(session.scalars(_of(Conversation, shop_id, Conversation.customer_id == customer_id).order_by(Conversation.created_at)))
        orders = list(session.scalars(_of(Order, shop_id, Order.customer_id == customer_id).order_by(Order.ordered_at)))
        ids, numbers = [row.id for row in talks], [row.id for row in orders]
        mine = or_(TicketRow.customer_id == customer_id, TicketRow.conversation_id.in_(ids), TicketRow.order_id.in_(numbers))
        tickets = list(session.scalars(_of(TicketRow, shop_id, mine).order_by(TicketRow.created_at)))
        return {
            "customer": _plain(person) if person else None,
            "orders": [{**_plain(row), "parcel": _parcel(session, shop_id, row.id)} for row in orders],
            "order_flags": _rows(session, OrderFlagRow, shop_id, OrderFlagRow.order_id.in_(numbers)),
            **_talks(session, shop_id, talks),
            "tickets": [_ticket(session, shop_id, row) for row in tickets],
            "messages_unasked": _rows(
                session, OutboxRow, shop_id, or_(OutboxRow.customer_id == customer_id, OutboxRow.conversation_id.in_(ids))
            ),
            "consents": _rows(session, Consent, shop_id, Consent.subject.in_([f"customer:{customer_id}", *(f"talk:{one}" for one in ids)])),
            "blocks": _rows(session, BlockRow, shop_id, BlockRow.subject == f"customer:{customer_id}"),
            "effects": _rows(
                session, Effect, shop_id, or_(Effect.conversation_id.in_(ids), Effect.ref.in_([*numbers, *(row.id for row in tickets)]))
            ),
            "concessions": _rows(
                session, Concession, shop_id, or_(Concession.customer_id == customer_id, Concession.conversation_id.in_(ids))
            ),
        }


def of_talk(engine: Engine, shop_id: str, talk_id: str) -> dict[str, Any]:
    """All data of one talk, with the tickets opened in it: what somebody without an account may have."""
    with reading(engine) as session:
        talks = list(session.scalars(_of(Conversation, shop_id, Conversation.id == talk_id)))
        tickets = session.scalars(_of(TicketRow, shop_id, TicketRow.conversation_id == talk_id).order_by(TicketRow.created_at))
        return {
            **_talks(session, shop_id, talks),
            "tickets": [_ticket(session, shop_id, row) for row in tickets],
            "messages_unasked": _rows(session, OutboxRow, shop_id, OutboxRow.conversation_id == talk_id),
            "consents": _rows(session, Consent, shop_id, Consent.subject == f"talk:{talk_id}"),
            "blocks": _rows(session, BlockRow, shop_id, BlockRow.subject == f"talk:{talk_id}"),
            "effects": _rows(session, Effect, shop_id, Effect.conversation_id == talk_id),
            "concessions": _rows(session, Concession, shop_id, Concession.conversation_id == talk_id),
        }


def _talks(session: Session, shop_id: str, talks: Sequence[Conversation]) -> dict[str, Any]:
    ids = [row.id for row in talks]
    # What staff have not sent, or have recalled, was never the shopper's.
    seen = or_(Attachment.staff_id.is_(None), Attachment.message_id.is_not(None))
    query = _of(Attachment, shop_id, and_(Attachment.conversation_id.in_(ids), seen))
    files = list(session.scalars(query.order_by(Attachment.at, Attachment.id)))
    proofs = list(session.scalars(_of(Proof, shop_id, Proof.conversation_id.in_(ids))))
    found = []
    for talk in talks:
        messages = session.scalars(_of(Message, shop_id, Message.conversation_id == talk.id).order_by(Message.seq))
        found.append(
            {
                **_plain(talk),
                "messages": [_message(row) for row in messages],
                "notes": _rows(session, TalkNote, shop_id, TalkNote.conversation_id == talk.id),
                "follow_ups": _rows(session, FollowUpRow, shop_id, FollowUpRow.conversation_id == talk.id),
                "proved_orders": [row.order_id for row in proofs if row.conversation_id == talk.id],
            }
        )
    return {"talks": found, "attachments": [{**_plain(row), "path": row.path} for row in files]}


def _message(row: Message) -> dict[str, Any]:
    trace = {name: row.trace[name] for name in _OF_TRACE if (row.trace or {}).get(name) is not None} if row.trace else {}
    card = {name: value for name, value in (row.card or {}).items() if name != "hand_over"} or None
    return {**_plain(row), "trace": trace or None, "card": card}


def _ticket(session: Session, shop_id: str, row: TicketRow) -> dict[str, Any]:
    return {
        **_plain(row),
        "notes": _rows(session, TicketNote, shop_id, TicketNote.ticket_id == row.id),
        "events": _rows(session, TicketEventRow, shop_id, TicketEventRow.ticket_id == row.id),
        "returns": _rows(session, ReturnRow, shop_id, ReturnRow.ticket_id == row.id),
        "approvals": _rows(session, ApprovalRow, shop_id, ApprovalRow.ticket_id == row.id),
    }


def _parcel(session: Session, shop_id: str, order_id: str) -> dict[str, Any] | None:
    row = session.get(Shipment, (shop_id, order_id))
    return {**_plain(row), "scans": _rows(session, ScanRow, shop_id, ScanRow.order_id == order_id)} if row else None


def _of[T: Base](model: type[T], shop_id: str, condition: ColumnElement[bool]) -> Any:
    table: Any = model
    return select(model).where(table.shop_id == shop_id, condition)


def _rows(session: Session, model: type[Base], shop_id: str, condition: ColumnElement[bool]) -> list[dict[str, Any]]:
    query = _of(model, shop_id, condition).order_by(*inspect(model).primary_key)
    rows: Iterable[Base] = session.scalars(query)
    return [_plain(row) for row in rows]


def _plain(row: Base) -> dict[str, Any]:
    """A row as JSON values, without what is the installation's own."""
    names = [column.name for column in row.__table__.columns if column.name not in _LEFT_OUT]
    return {name: _value(getattr(row, name)) for name in names}


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
