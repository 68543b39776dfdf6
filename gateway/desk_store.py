"""The desk's side of talks in the database: taking them, an agent's words, passing on, closing (its boxes: gateway/boxes.py)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.beside import file_card, mark_sent
from gateway.boxes import BoxStore
from gateway.rows import message_of, new_id
from gateway.store import ClientIdReused, UnknownAttachment
from gateway.talks import Draft, StoredMessage
from shop.db import writing
from shop.models import Message


class NotYours(Exception):
    """The talk belongs to somebody else now; ``owner`` says to whom."""

    def __init__(self, owner: str) -> None:
        super().__init__(owner)
        self.owner = owner


class DeskStore(BoxStore):
    """What the desk reads and writes, beside the store of the talks themselves."""

    def take_over(
        self, talk_id: str, staff_id: str, drafts: Sequence[Draft], *, from_colleague: bool, only_waiting: bool = False
    ) -> list[StoredMessage] | None:
        """Make a talk an agent's. None when it is theirs already, or (``only_waiting``) when it does not wait any more.

        Raises:
            NoSuchTalk: it was erased.
            NotYours: a colleague has it and ``from_colleague`` is False (leads may step in).
        """
        mine = f"agent:{staff_id}"
        with writing(self._engine) as session:
            row = self._lock(session, talk_id)
            if row.owner == mine or (only_waiting and row.owner != "queue"):
                return None
            if row.owner.startswith("agent:") and not from_colleague:
                raise NotYours(row.owner)
            stored = self._append(session, row, drafts, None)
            row.owner, row.updated_at = mine, self._clock.now()
            self._nobody_answers(session, talk_id)
            return stored

    def give(
        self, talk_id: str, staff_id: str, owner: str, drafts: Sequence[Draft], *, from_colleague: bool = False
    ) -> list[StoredMessage]:
        """Give an agent's talk to ``owner`` (bot | queue | closed | agent:<id>) and say so. Raises NoSuchTalk, NotYours."""
        with writing(self._engine) as session:
            row = self._lock(session, talk_id)
            if row.owner != f"agent:{staff_id}" and not (from_colleague and row.owner.startswith("agent:")):
                raise NotYours(row.owner)
            stored = self._append(session, row, drafts, None)
            row.owner, row.updated_at = owner, self._clock.now()
            return stored

    def say(
        self,
        talk_id: str,
        staff_id: str,
        client_id: str,
        text: str,
        trace: dict[str, Any],
        files: Sequence[str] = (),
        *,
        image: str | None = None,
    ) -> tuple[StoredMessage, bool]:
        """Store an agent's message with the ``files`` they uploaded; (message, whether it is new). The same ``client_id`` gives the
        first one back, recalled or not.

        Raises:
            NoSuchTalk: it was erased.
            NotYours: the talk is not this agent's (any more); nothing is stored.
            ClientIdReused: the id stands for other words.
            UnknownAttachment: a file is not this agent's, or sent already.
        """
        digest = hashlib.sha256("\n".join((text, *([image] if image else ()), *files)).encode()).hexdigest()
        with writing(self._engine) as session:
            row = self._lock(session, talk_id)
            old = session.scalar(
                select(Message).where(Message.shop_id == self._shop, Message.conversation_id == talk_id, Message.client_id == client_id)
            )
            if old is not None:
                if old.content_hash != digest or (old.trace or {}).get("staff") != staff_id:
                    raise ClientIdReused
                return message_of(old), False
            if row.owner != f"agent:{staff_id}":
                raise NotYours(row.owner)
            sent = [self._file(session, talk_id, file_id) for file_id in files]
            if any(file.staff_id != staff_id or file.sent for file in sent):
                raise UnknownAttachment
            now = self._clock.now()
            # Whoever answers has read what was said before.
            row.read_by_shop = max(row.read_by_shop, row.last_seq)
            row.last_seq += 1
            row.updated_at = now
            message = Message(
                shop_id=self._shop,
                conversation_id=talk_id,
                seq=row.last_seq,
                id=new_id("m"),
                sender="agent",
                text=text,
                image=image,
                card={"attachments": [file_card(file) for file in sent]} if sent else None,
                client_id=client_id,
                content_hash=digest,
                trace=trace,
                state="answered",
                at=now,
            )
            session.add(message)
            mark_sent(session, self._shop, files, message.id)
            return message_of(message), True

    def _nobody_answers(self, session: Session, talk_id: str) -> None:
        """What waited for the bot is the agent's to answer now."""
        rows = session.scalars(
            select(Message).where(
                Message.shop_id == self._shop,
                Message.conversation_id == talk_id,
                Message.sender == "shopper",
                Message.state == "received",
            )
        )
        for message in rows:
            if not (message.trace or {}).get("begun"):
                message.state, message.trace = "answered", {**(message.trace or {}), "for": "agent"}
