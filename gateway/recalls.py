"""Taking back an agent's message: the shopper reads that one was recalled, the words stay with the talk for staff.

The stored message itself becomes the notice, so that whoever reads it later (windows, the engine, a copy of the talk) never meets the
words again; what it was is kept in its trace, which is for staff, and goes when the talk goes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from gateway.rows import message_of
from gateway.talks import StoredMessage
from shop.clock import Clock
from shop.db import reading, writing
from shop.models import Attachment, Message

# 千牛 and its like give two minutes; later the words have been read and acted on.
WITHIN = timedelta(minutes=2)
# A window that comes back is told again of what was recalled among so many messages before its place.
AMONG = 50


class NoSuchMessage(Exception):
    """No message of an agent has that id in this talk."""


class NotTheirs(Exception):
    """A colleague said it."""


class TooLate(Exception):
    """The time for it is over."""


class Recalls:
    """Recalled messages of one shop. Synchronous, for a thread."""

    def __init__(self, engine: Engine, shop_id: str, clock: Clock) -> None:
        self._engine = engine
        self._shop = shop_id
        self._clock = clock

    def recall(
        self, talk_id: str, message_id: str, staff_id: str, notice: str, trace: Mapping[str, Any], *, any_agents: bool
    ) -> tuple[list[StoredMessage], bool]:
        """Put ``notice`` in a message's place; the changed messages (those that quote it too), and whether it was not recalled before.

        ``any_agents``: a colleague's as well (leads). Raises NoSuchMessage, NotTheirs, TooLate.
        """
        now = self._clock.now()
        with writing(self._engine) as session:
            of_talk = (Message.shop_id == self._shop, Message.conversation_id == talk_id)
            row = session.scalar(select(Message).where(*of_talk, Message.id == message_id).with_for_update())
            before = dict((row.trace or {}) if row is not None else {})
            if row is None or (row.sender != "agent" and "recalled" not in before):
                raise NoSuchMessage
            if before.get("staff") != staff_id and not any_agents:
                raise NotTheirs
            if "recalled" in before:
                return [message_of(row)], False
            if now - row.at > WITHIN:
                raise TooLate
            card = dict(row.card or {})
            was = {"by": staff_id, "at": now.isoformat(), "text": row.text or "", "image": row.image, "card": card or None}
            row.trace = {**before, **trace, "recalled": was}
            row.sender, row.text, row.image, row.card, row.buttons = "system", notice, None, None, None
            self._hide(session, [file["id"] for file in card.get("attachments", ())])
            changed = [row, *self._unquoted(session, of_talk, row.seq, notice)]
            session.flush()
            return [message_of(one) for one in changed], True

    def lately(self, talk_id: str, seq: int) -> list[StoredMessage]:
        """What was recalled among the messages up to ``seq``, where a window that comes back may still show the words."""
        with reading(self._engine) as session:
            query = select(Message).where(
                Message.shop_id == self._shop,
                Message.conversation_id == talk_id,
                Message.seq > seq - AMONG,
                Message.seq <= seq,
                Message.sender == "system",
            )
            rows = session.scalars(query.order_by(Message.seq))
            return [message_of(row) for row in rows if "recalled" in (row.trace or {})]

    def _hide(self, session: Session, files: Sequence[str]) -> None:
        """A staff's file that no message has is not given to the shopper."""
        if files:
            mine = (Attachment.shop_id == self._shop, Attachment.id.in_(files), Attachment.staff_id.is_not(None))
            session.execute(update(Attachment).where(*mine).values(message_id=None))

    def _unquoted(self, session: Session, of_talk: tuple[Any, ...], seq: int, notice: str) -> list[Message]:
        """Messages that quote the recalled one quote the notice instead."""
        found = []
        for row in session.scalars(select(Message).where(*of_talk, Message.seq > seq, Message.card.is_not(None))):
            quote = (row.card or {}).get("quote")
            if quote and quote.get("seq") == seq:
                row.card = {**(row.card or {}), "quote": {**quote, "from": "system", "text": notice}}
                found.append(row)
        return found
