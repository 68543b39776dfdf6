"""What answers were made from, kept under the hash of its content: tables, variations of responses, products as they were.

Nothing personal is among them: that stays in the trace of the talk and goes with it (shop/traces.py). A snapshot that many
answers share is stored once; ``used_on`` is the last day it was used, for ``forget_before``.
"""

from __future__ import annotations

import hashlib
import json
import threading
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Engine, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from policy.facts import OrderFacts, ProductFacts
from shop.clock import SHANGHAI, Clock
from shop.db import reading, writing
from shop.models import SnapshotRow

TABLE, VARIATION, PRODUCT = "table", "variation", "product"
# Never part of a trace: a floor price is for decisions only.
UNTOLD = ("floor_price",)
_AS_THEY_ARE = frozenset((str, int, float, bool, type(None)))


class Snapshots:
    """The snapshots of one shop. Remembers what it has stored today, so that a turn usually writes none."""

    def __init__(self, engine: Engine, shop_id: str, clock: Clock) -> None:
        self._engine = engine
        self._shop = shop_id
        self._clock = clock
        self._lock = threading.Lock()
        self._day: date | None = None
        self._known: set[str] = set()

    def keep(self, kind: str, content_hash: str, text: str) -> None:
        """Store a text under its hash, in a transaction of its own (none when it was stored today already)."""
        if not self._lacks(content_hash):
            return
        with writing(self._engine) as session:
            self._put(session, kind, content_hash, text)
        self.stored([content_hash])

    def keep_in(self, session: Session, kind: str, text: str) -> str:
        """Store a text in the caller's transaction; its hash. Call ``stored`` with the hashes once that has committed."""
        content_hash = hash_of(text)
        if self._lacks(content_hash):
            self._put(session, kind, content_hash, text)
        return content_hash

    def stored(self, hashes: Iterable[str]) -> None:
        """These are in the database for sure: they are not written again today."""
        with self._lock:
            self._known.update(hashes)

    def text(self, content_hash: str) -> str | None:
        """The text of a hash, or None when it is not kept (any more)."""
        with reading(self._engine) as session:
            row = session.get(SnapshotRow, (self._shop, content_hash))
            return None if row is None else zlib.decompress(row.content).decode()

    def hashes(self) -> set[str]:
        """The hashes of everything kept."""
        with reading(self._engine) as session:
            return set(session.scalars(select(SnapshotRow.hash).where(SnapshotRow.shop_id == self._shop)))

    def forget_before(self, day: date) -> int:
        """Retention: delete what no answer since ``day`` (Asia/Shanghai) was made from; how many."""
        with writing(self._engine) as session:
            done = session.execute(delete(SnapshotRow).where(SnapshotRow.shop_id == self._shop, SnapshotRow.used_on < day))
        with self._lock:
            self._known.clear()
        return int(getattr(done, "rowcount", 0))

    def _lacks(self, content_hash: str) -> bool:
        today = self._today()
        with self._lock:
            if self._day != today:
                self._day, self._known = today, set()
            return content_hash not in self._known

    def _today(self) -> date:
        return self._clock.now().astimezone(SHANGHAI).date()

    def _put(self, session: Session, kind: str, content_hash: str, text: str) -> None:
        today = self._today()
        table = SnapshotRow.__table__
        insert = (postgresql if session.get_bind().dialect.name == "postgresql" else sqlite).insert(table)
        values = insert.values(
            shop_id=self._shop, hash=content_hash, kind=kind, content=zlib.compress(text.encode(), 9), first_on=today, used_on=today
        )
        session.execute(values.on_conflict_do_update(index_elements=["shop_id", "hash"], set_={"used_on": today}))


def hash_of(text: str) -> str:
    """SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def canonical(value: object) -> str:
    """A value as JSON, the same for equal values."""
    return json.dumps(plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def plain(value: Any) -> Any:
    """A value as JSON has it: sums and instants as text."""
    # What nearly all of a turn's record is made of comes first: asking for an interface costs far more than for a type.
    if type(value) in _AS_THEY_ARE:
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if hasattr(value, "__dataclass_fields__"):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value) if one.name not in UNTOLD}
    return value


def plain_product(product: ProductFacts) -> dict[str, Any]:
    """A product's facts without its floor price, empty ones left out."""
    return _told(product)


def plain_order(order: OrderFacts) -> dict[str, Any]:
    """An order's facts; its product is named by id and stands on its own."""
    return {**_told(order, without=("product",)), "product": order.product.product_id}


def _told(facts: OrderFacts | ProductFacts, without: tuple[str, ...] = ()) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for one in fields(facts):
        value = getattr(facts, one.name)
        if one.name not in (*UNTOLD, *without) and value not in (None, (), {}, False):
            told[one.name] = plain(value)
    return told
