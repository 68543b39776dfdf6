"""What happened beside the orders themselves that a shopper should hear of: goods sent back, deeds, promises due, talks.

All of it is read, nothing is decided here. ``since`` bounds every look, so that what is long over is not found again.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Engine, and_, or_, select
from sqlalchemy.orm import Session

from shop.db import reading
from shop.models import Conversation, Customer, Effect, Message, Order, ReturnRow, TicketRow

# Kinds of effects (done) that a shopper is told of, and the event's name. Their ``ref`` or payload names order or ticket.
DEEDS = {
    "refund": "refunded",
    "refund_done": "refunded",
    "difference_refund": "diff_refunded",
    "diff_refund": "diff_refunded",
    "reship": "reshipped",
    "repair_fee": "repair_fee_paid",
    "repair_fee_paid": "repair_fee_paid",
}
COMPLAINTS = ("complaint_simple", "complaint_complex")
WORKED_ON = ("new", "mine", "tracking")
# Tickets whose end is a service at the shopper's (fv_03).
SERVICES = ("repair", "repair_visit", "installation", "install")
# Tickets that are no trouble of the shopper's with the goods.
NO_TROUBLE = ("close_unpaid", "wholesale", "address", "change", "dispatch")
READ_AT_ONCE = 1000


@dataclass(frozen=True)
class Happened:
    """Something a shopper should hear of. ``ref``: the ticket or effect it rests on; ``mark`` tells it apart from others."""

    event: str
    at: datetime
    mark: str
    order_id: str | None = None
    customer_id: str | None = None
    conversation_id: str | None = None
    ref: str | None = None


@dataclass(frozen=True)
class Heard:
    """A message of a talk that may matter: who said it and what was understood."""

    conversation_id: str
    customer_id: str | None
    product_id: str | None
    sender: str
    at: datetime
    intent: str | None
    script: str | None


@dataclass(frozen=True)
class LastWord:
    """How a talk stands: its newest message and where the engine said that it stands."""

    conversation_id: str
    customer_id: str | None
    owner: str
    product_id: str | None
    sender: str
    seq: int
    at: datetime
    asked: bool
    intents: frozenset[str]


@dataclass(frozen=True)
class Deed:
    """What is known of a deed: the sum in yuan, the parcel, the ticket. Empty where nobody stored it."""

    amount: Decimal | None = None
    tracking: str | None = None
    ticket: str | None = None


class News:
    """Reads the news of one shop. Safe to share between threads."""

    def __init__(self, engine: Engine, shop_id: str) -> None:
        self.engine = engine
        self.shop_id = shop_id

    def returns(self, since: datetime) -> list[Happened]:
        """Returned goods that arrived, and how the return ended: refunded or sent anew (rp_03, rp_06, ls_09)."""
        query = (
            select(ReturnRow, TicketRow)
            .join(TicketRow, and_(TicketRow.shop_id == ReturnRow.shop_id, TicketRow.id == ReturnRow.ticket_id))
            .where(ReturnRow.shop_id == self.shop_id, or_(ReturnRow.received_at >= since, ReturnRow.finished_at >= since))
        )
        found: list[Happened] = []
        with reading(self.engine) as session:
            for back, ticket in session.execute(query):
                whose: dict[str, Any] = {
                    "order_id": back.order_id or ticket.order_id,
                    "customer_id": ticket.customer_id,
                    "conversation_id": ticket.conversation_id,
                    "ref": ticket.id,
                }
                ended = {"refunded": "refunded", "re_sent": "reshipped"}.get(back.step)
                if back.received_at is not None and back.received_at >= since and ended is None and back.step != "refused":
                    found.append(Happened("return_received", back.received_at, ticket.id, **whose))
                if ended and back.finished_at is not None and back.finished_at >= since:
                    found.append(Happened(ended, back.finished_at, ticket.id, **whose))
        return found

    def deeds(self, since: datetime) -> list[Happened]:
        """Effects that became done: refunds, differences, parcels sent again, repair fees (decisions.md 7)."""
        query = select(Effect).where(
            Effect.shop_id == self.shop_id, Effect.state == "done", Effect.kind.in_(DEEDS), Effect.updated_at >= since
        )
        with reading(self.engine) as session:
            return [
                Happened(
                    DEEDS[row.kind],
                    row.updated_at,
                    # A return that ended this way is told once, by its ticket; an order may have several refunds.
                    self._ticket_of(session, row) or row.id,
                    order_id=self._order_of(session, row),
                    conversation_id=row.conversation_id,
                    ref=row.id,
                )
                for row in session.scalars(query)
            ]

    def _order_of(self, session: Session, row: Effect) -> str | None:
        for given in (row.payload.get("order_id"), row.payload.get("order"), row.ref):
            if given and session.get(Order, (self.shop_id, str(given))) is not None:
                return str(given)
        ticket_id = self._ticket_of(session, row)
        ticket = session.get(TicketRow, (self.shop_id, ticket_id)) if ticket_id else None
        return ticket.order_id if ticket is not None else None

    def _ticket_of(self, session: Session, row: Effect) -> str | None:
        for given in (row.payload.get("ticket_id"), row.payload.get("ticket"), row.ref):
            if given and session.get(TicketRow, (self.shop_id, str(given))) is not None:
                return str(given)
        return None

    def deed(self, ref: str | None) -> Deed:
        """What a ticket or effect says about its deed, for the words of the message."""
        if ref is None:
            return Deed()
        with reading(self.engine) as session:
            back = session.get(ReturnRow, (self.shop_id, ref))
            if back is not None:
                return Deed(back.amount, back.out_tracking, back.ticket_id)
            effect = session.get(Effect, (self.shop_id, ref))
            if effect is not None:
                amount = effect.payload.get("amount")
                ticket = effect.payload.get("ticket_id") or effect.payload.get("ticket")
                return Deed(None if amount is None else Decimal(str(amount)), effect.payload.get("tracking"), ticket)
            return Deed(ticket=ref if session.get(TicketRow, (self.shop_id, ref)) is not None else None)

    def complaints(self, now: datetime, since: datetime, times: int) -> list[Happened]:
        """Complaints whose promised time is over and which are still worked on (cd_04); at most so many new promises a ticket."""
        query = select(TicketRow).where(
            TicketRow.shop_id == self.shop_id,
            TicketRow.kind.in_(COMPLAINTS),
            TicketRow.state.in_(WORKED_ON),
            TicketRow.due_at <= now,
            TicketRow.due_at >= since,
            TicketRow.promises < times,
        )
        with reading(self.engine) as session:
            return [
                Happened(
                    "complaint_due", row.due_at, f"{row.id}:{int(row.due_at.timestamp())}",
                    order_id=row.order_id, customer_id=row.customer_id, conversation_id=row.conversation_id, ref=row.id,
                )
                for row in session.scalars(query)
                if row.due_at is not None
            ]  # fmt: skip

    def complaint_late(self, ticket_id: str, now: datetime) -> bool:
        """Whether this complaint still waits for its answer, past its time: nobody has answered or promised anew meanwhile."""
        with reading(self.engine) as session:
            row = session.get(TicketRow, (self.shop_id, ticket_id))
        return row is not None and row.state in WORKED_ON and row.due_at is not None and row.due_at <= now

    def services(self, since: datetime) -> list[Happened]:
        """Repairs and installations that are over (fv_03)."""
        query = select(TicketRow).where(
            TicketRow.shop_id == self.shop_id, TicketRow.kind.in_(SERVICES), TicketRow.state == "closed", TicketRow.closed_at >= since
        )
        with reading(self.engine) as session:
            return [
                Happened(
                    "service_visit", row.closed_at or row.updated_at, row.id,
                    order_id=row.order_id, customer_id=row.customer_id, conversation_id=row.conversation_id, ref=row.id,
                )
                for row in session.scalars(query)
            ]  # fmt: skip

    def trouble(self, order_id: str) -> bool:
        """Whether an after-sales ticket of this order waits for the shop."""
        query = select(TicketRow.id).where(
            TicketRow.shop_id == self.shop_id,
            TicketRow.order_id == order_id,
            TicketRow.state != "closed",
            TicketRow.kind.not_in(NO_TROUBLE),
        )
        with reading(self.engine) as session:
            return session.scalar(query.limit(1)) is not None

    def heard(self, after: datetime, until: datetime) -> list[Heard]:
        """Messages of all talks stored in that time, oldest first, at most a thousand."""
        query = (
            select(Message, Conversation)
            .join(Conversation, and_(Conversation.shop_id == Message.shop_id, Conversation.id == Message.conversation_id))
            .where(Message.shop_id == self.shop_id, Message.state == "answered", Message.at > after, Message.at <= until)
            .order_by(Message.at, Message.id)
            .limit(READ_AT_ONCE)
        )
        with reading(self.engine) as session:
            return [_heard(message, talk) for message, talk in session.execute(query)]

    def spoke_since(self, customer_id: str, since: datetime) -> bool:
        """Whether the customer has written in any talk since then."""
        query = (
            select(Message.id)
            .join(Conversation, and_(Conversation.shop_id == Message.shop_id, Conversation.id == Message.conversation_id))
            .where(
                Message.shop_id == self.shop_id, Conversation.customer_id == customer_id, Message.sender == "shopper", Message.at > since
            )
        )
        with reading(self.engine) as session:
            return session.scalar(query.limit(1)) is not None

    def said_script(self, talk_id: str, script: str, since: datetime) -> bool:
        """Whether the bot said this script in the talk since then."""
        query = select(Message.trace).where(
            Message.shop_id == self.shop_id, Message.conversation_id == talk_id, Message.sender == "bot", Message.at >= since
        )
        with reading(self.engine) as session:
            return any((trace or {}).get("script") == script for trace in session.scalars(query))

    def last_word(self, talk_id: str, lines: int = 12) -> LastWord | None:
        """How a talk stands; None for no talk, or one without messages."""
        query = select(Message).where(Message.shop_id == self.shop_id, Message.conversation_id == talk_id)
        with reading(self.engine) as session:
            talk = session.get(Conversation, (self.shop_id, talk_id))
            rows = list(session.scalars(query.order_by(Message.seq.desc()).limit(lines)))
        if talk is None or not rows:
            return None
        state: dict[str, Any] = next(
            (row.trace["state"] for row in rows if row.sender == "bot" and row.trace and row.trace.get("state")), {}
        )
        asked = bool(state.get("requested_slot")) or state.get("open_question") not in (None, "", "none")
        intents = frozenset(str(row.trace["intent"]) for row in rows if row.sender == "shopper" and row.trace and row.trace.get("intent"))
        last = rows[0]
        return LastWord(talk.id, talk.customer_id, talk.owner, talk.product_id, last.sender, last.seq, last.at, asked, intents)

    def phone_known(self, customer_id: str) -> bool:
        """Whether a parcel could be sent: a phone number of the customer is stored (it is not read)."""
        with reading(self.engine) as session:
            row = session.get(Customer, (self.shop_id, customer_id))
        return row is not None and bool(row.phone)

    def talks_of(self, customer_id: str) -> list[tuple[str, str]]:
        """(talk, owner) of a customer, newest first, without those that are closed."""
        query = select(Conversation.id, Conversation.owner).where(
            Conversation.shop_id == self.shop_id, Conversation.customer_id == customer_id, Conversation.owner != "closed"
        )
        with reading(self.engine) as session:
            return [(row[0], row[1]) for row in session.execute(query.order_by(Conversation.updated_at.desc(), Conversation.id.desc()))]

    def talk(self, talk_id: str) -> tuple[str, str] | None:
        """(talk, owner) of a talk that is there and open."""
        with reading(self.engine) as session:
            row = session.get(Conversation, (self.shop_id, talk_id))
        return None if row is None or row.owner == "closed" else (row.id, row.owner)

    def customers_of(self, talk_ids: Collection[str]) -> dict[str, str | None]:
        """The customer of each of these talks (None: anonymous)."""
        query = select(Conversation.id, Conversation.customer_id).where(
            Conversation.shop_id == self.shop_id, Conversation.id.in_(list(talk_ids))
        )
        with reading(self.engine) as session:
            return {row[0]: row[1] for row in session.execute(query)}


def _heard(message: Message, talk: Conversation) -> Heard:
    trace = message.trace or {}
    product = trace.get("product_id") or next(
        (each.get("value") for each in trace.get("entities") or () if isinstance(each, dict) and each.get("entity") == "product"), None
    )
    return Heard(
        talk.id, talk.customer_id, product or talk.product_id, message.sender, message.at, trace.get("intent"), trace.get("script")
    )
