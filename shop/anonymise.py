"""Taking the person out of what stays: tickets, deeds, orders (issue 4, deliverable 6). In the caller's transaction."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from shop.models import (
    ApprovalRow,
    BlockRow,
    Concession,
    Consent,
    Customer,
    Effect,
    Order,
    OrderFlagRow,
    OutboxRow,
    Proof,
    ReturnRow,
    ScanRow,
    Shipment,
    TicketEventRow,
    TicketNote,
    TicketRow,
    WatchedOrder,
)
from shop.privacy import registry

# What stands for a person who is gone: in ``closed_by`` of a ticket it also says that the ticket was cleaned.
GONE = "anonymised"
_WORD = re.compile(r"[A-Za-z0-9_.:+\-]{0,40}")
_LONG_NUMBER = re.compile(r"[0-9]{6,}")


def plain_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Those fields of a ticket that say nothing about the person (``kept_fields``): numbers, dates, words of tables; never a text."""
    kept = set(registry()["kept_fields"])
    return {name: value for name, value in fields.items() if name in kept and _is_plain(value)}


def _is_plain(value: object) -> bool:
    if value is None or isinstance(value, (bool, int, float)):
        return True
    # A word of a table or a sum; not a text, not a phone or card number.
    return isinstance(value, str) and _WORD.fullmatch(value) is not None and _LONG_NUMBER.search(value) is None


def clean_tickets(session: Session, shop_id: str, rows: Iterable[TicketRow], now: datetime) -> int:
    """Take persons out of tickets and of what hangs on them; an open one is closed. How many tickets."""
    count = 0
    for row in rows:
        count += 1
        row.fields = plain_fields(row.fields)
        row.conversation_id = row.customer_id = row.order_id = row.tracking = row.open_key = row.assignee = None
        if row.state != "closed":
            row.state, row.waits_for, row.closed_at = "closed", "none", now
        row.closed_by = GONE
        mine = {"shop_id": shop_id, "ticket_id": row.id}
        session.execute(delete(TicketNote).filter_by(**mine))
        session.execute(update(TicketEventRow).filter_by(**mine).values(why=None, data={}, by=TicketEventRow.role))
        session.execute(update(ReturnRow).filter_by(**mine).values(report=None, order_id=None, tracking=None, out_tracking=None))
        session.execute(update(ApprovalRow).filter_by(**mine).values(reason=None, order_id=None, asked_by=GONE, decided_by=None))
    return count


def clean_effects(session: Session, shop_id: str, *conditions: Any) -> int:
    """Deeds stay, the talk and what was told for them go. How many."""
    mine = (Effect.shop_id == shop_id, Effect.state != "pending", Effect.conversation_id.is_not(None), *conditions)
    done = session.execute(update(Effect).where(*mine).values(conversation_id=None, payload={}))
    return int(getattr(done, "rowcount", 0))


def clean_outbox(session: Session, shop_id: str, *conditions: Any) -> int:
    """What was said goes, that it was said stays (the key keeps it from being told twice). How many."""
    values: dict[str, Any] = {
        "text": None,
        "filled": {},
        "customer_id": None,
        "conversation_id": None,
        "order_id": None,
        "message_id": None,
    }
    still = or_(OutboxRow.text.is_not(None), OutboxRow.customer_id.is_not(None), OutboxRow.order_id.is_not(None))
    done = session.execute(update(OutboxRow).where(OutboxRow.shop_id == shop_id, still, *conditions).values(**values))
    return int(getattr(done, "rowcount", 0))


def forget_customer(session: Session, shop_id: str, customer_id: str, talks: Sequence[str], now: datetime) -> dict[str, int]:
    """Everything of a customer but their talks (``talks``: those already erased). Orders and deeds stay under a name of nobody.

    Returns how many rows of which kind; all zero for a customer who is not there.
    """

    def gone(model: type[Any], *conditions: Any) -> int:
        return int(getattr(session.execute(delete(model).where(model.shop_id == shop_id, *conditions)), "rowcount", 0))

    orders = list(session.scalars(select(Order.id).where(Order.shop_id == shop_id, Order.customer_id == customer_id)))
    theirs = or_(TicketRow.customer_id == customer_id, TicketRow.conversation_id.in_(talks), TicketRow.order_id.in_(orders))
    tickets = list(session.scalars(select(TicketRow).where(TicketRow.shop_id == shop_id, theirs)))
    refs = [*orders, *(row.id for row in tickets)]
    counts = {
        "effects": clean_effects(session, shop_id, or_(Effect.conversation_id.in_(talks), Effect.ref.in_(refs))),
        "tickets": clean_tickets(session, shop_id, tickets, now),
        "concessions": gone(Concession, or_(Concession.customer_id == customer_id, Concession.conversation_id.in_(talks))),
        "consents": gone(Consent, Consent.subject.in_([f"customer:{customer_id}", *(f"talk:{talk}" for talk in talks)])),
        "blocks": gone(BlockRow, BlockRow.subject == f"customer:{customer_id}"),
        "outbox": gone(OutboxRow, or_(OutboxRow.customer_id == customer_id, OutboxRow.order_id.in_(orders))),
        "proofs": gone(Proof, Proof.order_id.in_(orders)),
        "watched_orders": gone(WatchedOrder, WatchedOrder.order_id.in_(orders)),
        "scans": gone(ScanRow, ScanRow.order_id.in_(orders)),
        "order_flags": gone(OrderFlagRow, OrderFlagRow.order_id.in_(orders)),
    }
    session.execute(update(Shipment).where(Shipment.shop_id == shop_id, Shipment.order_id.in_(orders)).values(tracking=None))
    person = session.get(Customer, (shop_id, customer_id))
    if person is not None and orders:
        nobody = f"{GONE}-{uuid4().hex[:16]}"
        session.add(Customer(shop_id=shop_id, id=nobody))
        session.flush()
        values = {"customer_id": nobody, "address_id": None, "address_area": None}
        session.execute(update(Order).where(Order.shop_id == shop_id, Order.id.in_(orders)).values(**values))
    counts["orders"] = len(orders)
    counts["customers"] = gone(Customer, Customer.id == customer_id)
    return counts
