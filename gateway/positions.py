"""Where a talk stands: how far it was read on either side, which messages got no answer, its place among those who wait."""

from __future__ import annotations

from sqlalchemy import Engine, and_, func, or_, select, update
from sqlalchemy.orm import Session

from gateway.talks import Talk
from shop.db import reading, writing
from shop.models import Conversation, Message

COLUMNS = {"shop": Conversation.read_by_shop, "shopper": Conversation.read_by_shopper}
# Receipts of older messages than these stay as they were shown.
AMONG = 50


def read_to(session: Session, shop_id: str, talk_id: str, who: str, seq: int) -> bool:
    """Note in this transaction that ``shop`` or ``shopper`` has read up to ``seq``; whether that was news.

    Never backwards, whichever of two windows comes last; a seq that no message has is none.
    """
    column = COLUMNS[who]
    done = session.execute(
        update(Conversation)
        .where(Conversation.shop_id == shop_id, Conversation.id == talk_id, column < seq, Conversation.last_seq >= seq)
        .values({column: seq})
    )
    return bool(getattr(done, "rowcount", 0))


class Positions:
    """Read positions of one shop's talks. Synchronous, for a thread."""

    def __init__(self, engine: Engine, shop_id: str) -> None:
        self._engine = engine
        self._shop = shop_id

    def read_to(self, talk_id: str, who: str, seq: int) -> bool:
        """:func:`read_to` in a transaction of its own."""
        with writing(self._engine) as session:
            return read_to(session, self._shop, talk_id, who, seq)

    def unanswered(self, talk_id: str, last_seq: int) -> list[int]:
        """Seqs of the shopper's messages whose turn failed, among the newest."""
        with reading(self._engine) as session:
            query = select(Message.seq).where(
                Message.shop_id == self._shop,
                Message.conversation_id == talk_id,
                Message.seq > last_seq - AMONG,
                Message.sender == "shopper",
                Message.state == "failed",
            )
            return list(session.scalars(query.order_by(Message.seq)))

    def waiting_place(self, talk: Talk) -> int | None:
        """1 for the next to be served; None when the talk does not wait."""
        if talk.owner != "queue":
            return None
        with reading(self._engine) as session:
            mine = session.get(Conversation, (self._shop, talk.id))
            if mine is None or mine.owner != "queue":
                return None
            earlier = (
                select(func.count()).select_from(Conversation).where(Conversation.shop_id == self._shop, Conversation.owner == "queue")
            )
            same = and_(Conversation.updated_at == mine.updated_at, Conversation.id < mine.id)
            ahead = session.scalar(earlier.where(or_(Conversation.updated_at < mine.updated_at, same))) or 0
            return ahead + 1
