"""What has had its time is taken away (issue 4, deliverable 6): days per kind are parameters, ``shop/personal_data.yml`` says from when.

Running it again takes nothing more. Talks themselves are erased by the gateway (files and engine hang on them): here they are only
named. Every run leaves a receipt, and of several gateways one runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine, and_, delete, exists, func, or_, select
from sqlalchemy.orm import Session

from shop import privacy
from shop.anonymise import GONE, clean_effects, clean_outbox, clean_tickets, forget_customer
from shop.clock import SHANGHAI, Clock
from shop.counters import hold
from shop.db import reading, writing
from shop.models import (
    AnswerTraceRow,
    Attachment,
    BlockRow,
    Concession,
    Conversation,
    Customer,
    DataReceipt,
    Effect,
    Erasure,
    Message,
    Order,
    OutboxRow,
    ProofAttempt,
    RateLimit,
    TicketRow,
)
from shop.traces import Traces

EVERY = timedelta(hours=24)
# A run that was begun and not ended (a crash, an engine that is down) is taken up again after this.
AGAIN = timedelta(hours=1)


class Retention:
    """The retention of one shop."""

    def __init__(self, engine: Engine, shop_id: str, clock: Clock, parameters: Mapping[str, object]) -> None:
        self._engine = engine
        self._shop = shop_id
        self._clock = clock
        self._parameters = parameters

    def before(self, kind: str) -> datetime:
        """Everything of a kind before this instant has had its time."""
        return self._clock.now() - timedelta(days=privacy.days(self._parameters, kind))

    def due(self) -> dict[str, int]:
        """How much of what has had its time now; changes nothing."""
        with reading(self._engine) as session:
            counts = {"talks": len(self._talks(session)), "photos": len(self._photos(session))}
            for name, model, condition in self._plain():
                counts[name] = session.scalar(select(func.count()).select_from(model).where(model.shop_id == self._shop, condition)) or 0
            traces = select(func.count()).where(AnswerTraceRow.shop_id == self._shop, AnswerTraceRow.at < self.before("trace"))
            counts["answer_traces"] = session.scalar(traces) or 0
            counts["tickets"] = len(list(session.scalars(self._tickets())))
            counts["effects"] = session.scalar(select(func.count()).where(Effect.shop_id == self._shop, *self._effects())) or 0
            counts["outbox"] = session.scalar(select(func.count()).where(OutboxRow.shop_id == self._shop, *self._outbox())) or 0
            counts["customers"] = len(self._customers(session))
            return counts

    def begin(self, by: str, *, even_if_recent: bool = False) -> str | None:
        """Take the run of today: a receipt to be ended, or None when somebody has it or it was done within a day."""
        now = self._clock.now()
        with writing(self._engine) as session:
            hold(session, self._shop, "retention")
            mine = (DataReceipt.shop_id == self._shop, DataReceipt.kind == "retention")
            last = session.scalar(select(DataReceipt).where(*mine).order_by(DataReceipt.at.desc()).limit(1))
            if last is not None and not even_if_recent:
                age = now - last.at
                if timedelta(0) <= age < (EVERY if last.state == "done" else AGAIN):
                    return None
            if last is not None and last.state == "pending":
                last.at, last.by = now, by
                return last.id
            receipt = f"r_{uuid4().hex}"
            session.add(DataReceipt(shop_id=self._shop, id=receipt, kind="retention", state="pending", counts={}, by=by, at=now))
            return receipt

    def end(self, receipt: str, counts: Mapping[str, int], *, done: bool) -> None:
        """Write down what the run took; not ``done``: the rest follows."""
        with writing(self._engine) as session:
            row = session.get(DataReceipt, (self._shop, receipt))
            if row is not None:
                added = {name: int(row.counts.get(name, 0)) + count for name, count in counts.items()}
                row.counts, row.state = {**row.counts, **added}, "done" if done else "pending"

    def talks(self) -> list[str]:
        """Talks that have had their time, the oldest first."""
        with reading(self._engine) as session:
            return self._talks(session)

    def sweep(self, remove_file: Callable[[str], None]) -> dict[str, int]:
        """Everything but the talks. ``remove_file`` gets each photo's path before its row goes, so that none is left behind by a crash."""
        now = self._clock.now()
        counts = {"photos": self._take_photos(remove_file)}
        counts |= Traces(self._engine, self._shop, self._clock).forget_before(self.before("trace"))
        with writing(self._engine) as session:
            for name, model, condition in self._plain():
                done = session.execute(delete(model).where(model.shop_id == self._shop, condition))
                counts[name] = int(getattr(done, "rowcount", 0))
            counts["tickets"] = clean_tickets(session, self._shop, list(session.scalars(self._tickets())), now)
            counts["effects"] = clean_effects(session, self._shop, Effect.at < self.before("talk"))
            counts["outbox"] = clean_outbox(session, self._shop, *self._outbox()[1:])
            gone = self._customers(session)
            for customer_id in gone:
                forget_customer(session, self._shop, customer_id, (), now)
            counts["customers"] = len(gone)
        return counts

    # What is due, one query a kind

    def _open_ticket(self) -> Any:
        return exists().where(TicketRow.shop_id == self._shop, TicketRow.conversation_id == Conversation.id, TicketRow.state != "closed")

    def _talks(self, session: Session) -> list[str]:
        last = (
            select(func.max(Message.at))
            .where(Message.shop_id == self._shop, Message.conversation_id == Conversation.id)
            .correlate(Conversation)
            .scalar_subquery()
        )
        # A talk begins with the bot's own words, so it has a message; one without counts from its beginning.
        old = func.coalesce(last, Conversation.created_at) < self.before("talk")
        query = select(Conversation.id).where(Conversation.shop_id == self._shop, old, ~self._open_ticket())
        return list(session.scalars(query.order_by(Conversation.created_at)))

    def _photos(self, session: Session) -> list[Attachment]:
        busy = exists().where(
            TicketRow.shop_id == self._shop, TicketRow.conversation_id == Attachment.conversation_id, TicketRow.state != "closed"
        )
        return list(
            session.scalars(select(Attachment).where(Attachment.shop_id == self._shop, Attachment.at < self.before("photo"), ~busy))
        )

    def _take_photos(self, remove_file: Callable[[str], None]) -> int:
        with reading(self._engine) as session:
            found = [(row.id, row.conversation_id, row.path) for row in self._photos(session)]
        for _, _, path in found:
            remove_file(path)
        talks: dict[str, set[str]] = {}
        for file_id, talk_id, _ in found:
            talks.setdefault(talk_id, set()).add(file_id)
        for talk_id, files in talks.items():
            with writing(self._engine) as session:
                _take_out_of_messages(session, self._shop, talk_id, files)
                session.execute(delete(Attachment).where(Attachment.shop_id == self._shop, Attachment.id.in_(files)))
        return len(found)

    def _plain(self) -> list[tuple[str, type[Any], Any]]:
        day = self.before("attempt").astimezone(SHANGHAI).date()
        return [
            ("concessions", Concession, Concession.at < self.before("concession")),
            ("proof_attempts", ProofAttempt, ProofAttempt.day < day),
            ("blocks", BlockRow, BlockRow.until < self.before("block")),
            ("rate_limits", RateLimit, RateLimit.window_start < self.before("attempt")),
            ("erasures", Erasure, Erasure.at < self.before("receipt")),
            ("data_receipts", DataReceipt, and_(DataReceipt.at < self.before("receipt"), DataReceipt.state == "done")),
        ]

    def _tickets(self) -> Any:
        uncleaned = or_(TicketRow.closed_by.is_(None), TicketRow.closed_by != GONE)
        old = and_(TicketRow.state == "closed", TicketRow.closed_at < self.before("ticket"))
        return select(TicketRow).where(TicketRow.shop_id == self._shop, old, uncleaned)

    def _effects(self) -> tuple[Any, ...]:
        return (Effect.at < self.before("talk"), Effect.state != "pending", Effect.conversation_id.is_not(None))

    def _outbox(self) -> tuple[Any, ...]:
        still = or_(OutboxRow.text.is_not(None), OutboxRow.customer_id.is_not(None), OutboxRow.order_id.is_not(None))
        return (still, OutboxRow.updated_at < self.before("outbox"), OutboxRow.state != "planned", OutboxRow.hook_next.is_(None))

    def _customers(self, session: Session) -> list[str]:
        def has(model: type[Any], *conditions: Any) -> Any:
            return exists().where(model.shop_id == self._shop, model.customer_id == Customer.id, *conditions)

        query = select(Customer.id).where(
            Customer.shop_id == self._shop,
            ~Customer.id.startswith(f"{GONE}-"),
            has(Order),
            ~has(Order, Order.ordered_at >= self.before("customer")),
            ~has(Order, Order.state.in_(("unpaid", "paid", "shipped"))),
            ~has(Conversation),
            ~has(TicketRow, TicketRow.state != "closed"),
        )
        return list(session.scalars(query.order_by(Customer.id)))


def _take_out_of_messages(session: Session, shop_id: str, talk_id: str, files: Iterable[str]) -> None:
    """Messages no longer name files that are gone."""
    gone = set(files)
    query = select(Message).where(Message.shop_id == shop_id, Message.conversation_id == talk_id, Message.card.is_not(None))
    for message in session.scalars(query):
        shown = list((message.card or {}).get("attachments") or ())
        left = [one for one in shown if one.get("id") not in gone]
        if len(left) < len(shown):
            rest = {key: value for key, value in (message.card or {}).items() if key != "attachments"}
            message.card = ({**rest, "attachments": left} if left else rest) or None
