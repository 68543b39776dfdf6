"""Traces of answers: written with the messages they explain, in the same transaction; read by ``gateway/explain.py``.

A trace holds the values that were spoken and the orders as they were, so it belongs to its talk and goes with it (the
foreign key cascades; ``forget_talk`` for those who erase by hand). What many answers share is in snapshots.

Retention: ``forget_before`` with the instant before which nothing has to be reproduced any more (90 days by default).
"""

from __future__ import annotations

import json
import secrets
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, cast

from sqlalchemy import Engine, Table, delete, event, insert, select
from sqlalchemy.orm import Session

from shop.clock import SHANGHAI, Clock
from shop.db import reading, writing
from shop.models import AnswerTraceRow, Message
from shop.snapshots import PRODUCT, TABLE, VARIATION, Snapshots, canonical, plain, plain_order, plain_product
from shop.witness import Facts

REPRODUCED_FOR = timedelta(days=90)
KEY = "explain"  # in a message's trace: [id of its trace, which sentence, which bubble of it]
# What changes with every sale: kept in the trace, so that the rest of a product is shared by many.
_VOLATILE = ("stock", "stock_synced_at")
# A trace is written with every answer: over the table, it needs no unit of work.
_ADD = insert(cast(Table, AnswerTraceRow.__table__))


@dataclass(frozen=True)
class Spoken:
    """A sentence about to be stored: the response, its variation before values were put in, those values, further buttons.

    ``record``: what the turn was decided by, shared by its sentences; ``bubble``: which bubble of the sentence a message is.
    """

    response: str
    variation: Mapping[str, Any]
    values: Mapping[str, str]
    given: tuple[str, ...] = ()
    bubble: int = 0
    record: Mapping[str, Any] | None = None

    def bubbled(self, place: int) -> Spoken:
        """The same sentence, another bubble of it."""
        return Spoken(self.response, self.variation, self.values, self.given, place, self.record)


class Decided(Protocol):
    """A decision as ``policy.witness`` keeps it."""

    @property
    def text(self) -> str:
        """The table as text."""

    def told(self) -> dict[str, object]:
        """The decision, its table under ``hash``."""


def call_told(
    action: object, at: datetime, decided: Iterable[Decided], facts: Facts, read: Mapping[str, Any], snapshots: Snapshots | None
) -> dict[str, Any]:
    """What one call was decided by, as JSON: decisions, parameters read, orders and products. Stores the tables' snapshots, unless None.

    Not inside a transaction: a table seen for the first time today is written in one of its own.
    """
    decisions = []
    for one in decided:
        told = one.told()
        if snapshots is not None:
            snapshots.keep(TABLE, str(told["hash"]), one.text)
        decisions.append(plain(told))
    return {
        "action": action,
        "at": at.isoformat(),
        "decisions": decisions,
        "parameters": plain(read),
        "orders": {name: plain_order(order) for name, order in facts.orders.items()},
        "products": {name: plain_product(product) for name, product in facts.products.items()},
    }


class Traces:
    """The traces of one shop."""

    def __init__(self, engine: Engine, shop_id: str, clock: Clock) -> None:
        self._engine = engine
        self._shop = shop_id
        self._clock = clock
        self.snapshots = Snapshots(engine, shop_id, clock)

    def add(self, session: Session, talk_id: str, spoken: Sequence[Spoken | None], data: Mapping[str, Any]) -> list[list[Any] | None]:
        """Store one trace for messages that are stored together, in the caller's transaction.

        ``data``: which data spoke (commit, content hash). Returns for each message the place of its trace (for ``KEY``), None
        when it has none.
        """
        said: list[dict[str, Any]] = []
        records: list[Mapping[str, Any]] = []
        places: list[list[Any] | None] = []
        hashes: list[str] = []
        trace_id = f"x_{secrets.token_urlsafe(12)}"
        last: tuple[object, ...] | None = None
        for one in spoken:
            if one is None:
                places.append(None)
                continue
            same = (one.response, id(one.variation), id(one.values), id(one.record))
            if same != last or one.bubble == 0:
                entry: dict[str, Any] = {"response": one.response, "values": dict(one.values), "given": list(one.given)}
                entry["variation"] = self._kept(session, VARIATION, one.variation, hashes)
                if one.record is not None:
                    number = next((at for at, known in enumerate(records) if known is one.record), None)
                    if number is None:
                        number = len(records)
                        records.append(one.record)
                    entry["record"] = number
                said.append(entry)
                last = same
            places.append([trace_id, len(said) - 1, one.bubble])
        if said:
            content = {"data": dict(data), "records": [self._slim(session, record, hashes) for record in records], "spoken": said}
            now = self._clock.now()
            row = {"shop_id": self._shop, "id": trace_id, "conversation_id": talk_id, "content": _packed({"at": now, **content}), "at": now}
            session.connection().execute(_ADD, row)
            # Only what is committed may be taken for stored.
            event.listen(session, "after_commit", lambda _: self.snapshots.stored(hashes), once=True)
        return places

    def read(self, trace_id: str) -> dict[str, Any] | None:
        """A stored trace, or None."""
        with reading(self._engine) as session:
            row = session.get(AnswerTraceRow, (self._shop, trace_id))
            return None if row is None else dict(json.loads(zlib.decompress(row.content)))

    def message(self, message_id: str) -> Message | None:
        """The message of that id, in whatever talk."""
        with reading(self._engine) as session:
            return session.scalar(select(Message).where(Message.shop_id == self._shop, Message.id == message_id))

    def answers(self, message: Message) -> list[Message]:
        """The bot's messages that answered a shopper's message, in order."""
        with reading(self._engine) as session:
            later = select(Message).where(
                Message.shop_id == self._shop, Message.conversation_id == message.conversation_id, Message.seq > message.seq
            )
            found = session.scalars(later.order_by(Message.seq).limit(200))
            return [one for one in found if (one.trace or {}).get("reply_to") == message.id]

    def question(self, message: Message) -> Message | None:
        """The shopper's message that a bot's message answers; None for one that nobody asked for."""
        asked = (message.trace or {}).get("reply_to")
        return self.message(str(asked)) if asked else None

    def forget_before(self, moment: datetime) -> dict[str, int]:
        """Retention (for the job that runs it): delete traces made before ``moment`` (aware), and snapshots nobody needs any more."""
        with writing(self._engine) as session:
            done = session.execute(delete(AnswerTraceRow).where(AnswerTraceRow.shop_id == self._shop, AnswerTraceRow.at < moment))
        # A day's grace: used_on is written once a day, and the day is Shanghai's.
        day = moment.astimezone(SHANGHAI).date() - timedelta(days=1)
        return {"answer_traces": int(getattr(done, "rowcount", 0)), "snapshots": self.snapshots.forget_before(day)}

    def forget_expired(self) -> dict[str, int]:
        """``forget_before`` with the 90 days of the promise."""
        return self.forget_before(self._clock.now() - REPRODUCED_FOR)

    def _kept(self, session: Session, kind: str, content: Mapping[str, Any], hashes: list[str]) -> str:
        found = self.snapshots.keep_in(session, kind, canonical(content))
        hashes.append(found)
        return found

    def _slim(self, session: Session, record: Mapping[str, Any], hashes: list[str]) -> dict[str, Any]:
        """A turn's record with its products stored as snapshots, and each order and product once."""
        orders: dict[str, Any] = {}
        products: dict[str, Any] = {}
        calls = []
        for call in record.get("calls") or ():
            orders |= call.get("orders") or {}
            products |= call.get("products") or {}
            calls.append({key: value for key, value in call.items() if key not in ("orders", "products")})
        kept = {}
        for name, product in products.items():
            lasting = {key: value for key, value in product.items() if key not in _VOLATILE}
            kept[name] = {"hash": self._kept(session, PRODUCT, lasting, hashes), **{k: product[k] for k in _VOLATILE if k in product}}
        return {"model": record.get("model") or {}, "calls": calls, "orders": orders, "products": kept}


def forget_talk(session: Session, shop_id: str, talk_id: str) -> int:
    """Erasure: everything the answers of a talk were made from; how many traces."""
    done = session.execute(delete(AnswerTraceRow).where(AnswerTraceRow.shop_id == shop_id, AnswerTraceRow.conversation_id == talk_id))
    return int(getattr(done, "rowcount", 0))


def _packed(content: Mapping[str, Any]) -> bytes:
    return zlib.compress(canonical(content).encode(), 6)
