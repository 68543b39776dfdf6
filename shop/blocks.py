"""Shoppers of whom the shop takes no messages for a while: told politely, undone at any time, written down (rules.md ab_02 to ab_04).

Of a signed-in shopper every talk is meant. An anonymous one is known by the talk, and for a day by the network it came from, so that
a new talk is no way round; whoever signs in there is not meant.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Engine, Row, Table, bindparam, delete, or_, select, update
from sqlalchemy.orm import Session

from shop.clock import Clock
from shop.db import reading, writing
from shop.models import BlockRow, Conversation

# So long a new anonymous talk from the same network is meant too: others may share that network.
NETWORK = timedelta(hours=24)
LONGEST_REASON = 500
# Asked for with every message: over the table, which costs a third.
_BLOCKS = cast(Table, BlockRow.__table__)
_OF = select(_BLOCKS).where(_BLOCKS.c.shop_id == bindparam("of_shop"), _BLOCKS.c.subject == bindparam("of"))


@dataclass(frozen=True)
class Block:
    """Whose messages are not taken (``subject``: ``customer:<id>`` or ``talk:<id>``), since a deed in which talk, by whom, why, until when
    (None: until it is lifted)."""

    subject: str
    conversation_id: str | None
    staff_id: str
    reason: str
    at: datetime
    until: datetime | None


def subject(customer_id: str | None, conversation_id: str) -> str:
    """Who is meant: the customer, or an anonymous talk."""
    return f"customer:{customer_id}" if customer_id else f"talk:{conversation_id}"


class Blocks:
    """The blocks of one shop. Safe to share between threads."""

    def __init__(self, engine: Engine, shop_id: str, clock: Clock) -> None:
        self._engine = engine
        self._shop = shop_id
        self._clock = clock

    def of(self, customer_id: str | None, conversation_id: str) -> Block | None:
        """The block that holds for this talk now."""
        with self._engine.connect() as rows:
            row = rows.execute(_OF, {"of_shop": self._shop, "of": subject(customer_id, conversation_id)}).one_or_none()
            return _block(row) if row is not None and self._holds(row) else None

    def at_door(self, customer_id: str | None, address_hash: str) -> Block | None:
        """The block that holds for somebody who opens a talk now."""
        now = self._clock.now()
        with reading(self._engine) as session:
            if customer_id is not None:
                row = session.get(BlockRow, (self._shop, f"customer:{customer_id}"))
            else:
                mine = (BlockRow.shop_id == self._shop, BlockRow.address_hash == address_hash, BlockRow.at > now - NETWORK)
                row = session.scalar(select(BlockRow).where(*mine, or_(BlockRow.until.is_(None), BlockRow.until > now)).limit(1))
            return _block(row) if row is not None and self._holds(row) else None

    def put(self, conversation_id: str, staff_id: str, reason: str, *, until: datetime | None = None) -> Block:
        """Block the shopper of a talk; a second one takes the first one's place.

        Raises:
            ValueError: no reason, or a too long one.
            LookupError: the talk is not there.
        """
        kept = reason.strip()
        if not 0 < len(kept) <= LONGEST_REASON:
            raise ValueError(f"a reason has 1 to {LONGEST_REASON} characters")
        with writing(self._engine) as session:
            talk = session.get(Conversation, (self._shop, conversation_id))
            if talk is None:
                raise LookupError(f"there is no conversation {conversation_id}")
            whose = subject(talk.customer_id, conversation_id)
            row = session.get(BlockRow, (self._shop, whose))
            if row is None:
                row = BlockRow(shop_id=self._shop, subject=whose)
                session.add(row)
            row.conversation_id, row.staff_id, row.reason = conversation_id, staff_id, kept
            row.address_hash = talk.address_hash if talk.customer_id is None else None
            row.at, row.until = self._clock.now(), until
            return _block(row)

    def lift(self, customer_id: str | None, conversation_id: str) -> Block | None:
        """Take a talk's messages again; the block that was, or None when there was none."""
        with writing(self._engine) as session:
            row = session.get(BlockRow, (self._shop, subject(customer_id, conversation_id)))
            if row is None:
                return None
            was = _block(row)
            session.delete(row)
            return was if was.until is None or was.until > self._clock.now() else None

    def all(self) -> list[Block]:
        """Every block that holds now, the newest first."""
        with reading(self._engine) as session:
            rows = session.scalars(select(BlockRow).where(BlockRow.shop_id == self._shop).order_by(BlockRow.at.desc()))
            return [_block(row) for row in rows if self._holds(row)]

    def _holds(self, row: BlockRow | Row[Any]) -> bool:
        return bool(row.until is None or row.until > self._clock.now())


def forget_block(session: Session, shop_id: str, talk_id: str) -> None:
    """Take an erased talk out of the blocks, in the transaction that erases it.

    Erasing one's talk is no way round a block either: of an anonymous shopper the network stays known for its day, and no talk.
    """
    mine = (BlockRow.shop_id == shop_id, BlockRow.subject == f"talk:{talk_id}")
    row = session.scalar(select(BlockRow).where(*mine))
    if row is not None:
        ends = row.at + NETWORK
        session.execute(delete(BlockRow).where(*mine))
        session.add(
            BlockRow(
                shop_id=shop_id,
                subject=f"erased:{hashlib.sha256(talk_id.encode()).hexdigest()}",
                address_hash=row.address_hash,
                staff_id=row.staff_id,
                reason="",
                at=row.at,
                until=ends if row.until is None else min(ends, row.until),
            )
        )
    mentioned = (BlockRow.shop_id == shop_id, BlockRow.conversation_id == talk_id)
    session.execute(update(BlockRow).where(*mentioned).values(conversation_id=None))


def _block(row: BlockRow | Row[Any]) -> Block:
    return Block(row.subject, row.conversation_id, row.staff_id, row.reason, row.at, row.until)
