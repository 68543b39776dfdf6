"""Talks in the database: everything is stored before it is acknowledged, and every query names the shop.

All methods are synchronous and meant for a thread; each is one transaction. ``updated_at`` of a talk is left alone
while it waits for a person, so that it is the order of the queue.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, and_, delete, func, or_, select, text, update
from sqlalchemy.orm import Session

from gateway.talks import Draft, Incoming, StoredMessage, Talk
from shop.clock import Clock
from shop.db import reading, writing
from shop.models import Attachment, Choice, Conversation, Effect, Erasure, Message, Proof

ERASE = "erase_engine"


class NoSuchTalk(Exception):
    """The talk is not there (any more)."""


class ClientIdReused(Exception):
    """The ``client_id`` stands for another content already."""


class UnknownChoice(Exception):
    """No button of this talk has that id."""


class UnknownAttachment(Exception):
    """No attachment of this talk has that id."""


@dataclass(frozen=True)
class KeptFile:
    """An attachment; ``path`` relative to the installation's home."""

    id: str
    mime: str
    size: int
    path: str
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True)
class Erased:
    """What an erasure took away. ``paths`` of files, relative to the home."""

    receipt: str
    counts: dict[str, int]
    paths: tuple[str, ...]
    at: datetime


class Store:
    """Conversations and messages of one shop."""

    def __init__(self, engine: Engine, shop_id: str, clock: Clock) -> None:
        self._engine = engine
        self._shop = shop_id
        self._clock = clock

    def ping(self) -> None:
        """Raises when the database does not answer."""
        with reading(self._engine) as session:
            session.execute(text("SELECT 1"))

    def open(
        self, talk_id: str, token_hash: str, customer_id: str | None, product_id: str | None, address: str, opening: Sequence[Draft]
    ) -> Talk:
        """A new talk with its first bubbles."""
        now = self._clock.now()
        with writing(self._engine) as session:
            row = Conversation(
                shop_id=self._shop,
                id=talk_id,
                token_hash=token_hash,
                customer_id=customer_id,
                owner="bot",
                product_id=product_id,
                last_seq=0,
                address_hash=address,
                created_at=now,
                updated_at=now,
            )
            session.add(row)
            session.flush()
            self._append(session, row, opening, None)
            return _talk(row)

    def talk(self, talk_id: str) -> Talk | None:
        """A talk of this shop, or None."""
        with reading(self._engine) as session:
            row = session.get(Conversation, (self._shop, talk_id))
            return _talk(row) if row else None

    def take(self, talk_id: str, incoming: Incoming) -> tuple[StoredMessage, bool]:
        """Store a shopper's message; (message, whether it is new).

        Raises :class:`NoSuchTalk`, :class:`ClientIdReused`, :class:`UnknownChoice`, :class:`UnknownAttachment`.
        """
        with writing(self._engine) as session:
            row = self._lock(session, talk_id)
            old = session.scalar(
                select(Message).where(
                    Message.shop_id == self._shop, Message.conversation_id == talk_id, Message.client_id == incoming.client_id
                )
            )
            if old is not None:
                if old.content_hash != incoming.content_hash:
                    raise ClientIdReused
                return _message(old), False
            shown = incoming.text
            trace: dict[str, Any] = {"wait": incoming.wait, "address": incoming.address}
            if incoming.product_id:
                trace["product_id"] = incoming.product_id
            if incoming.choice is not None:
                choice = session.get(Choice, (self._shop, incoming.choice))
                if choice is None or choice.conversation_id != talk_id:
                    raise UnknownChoice
                shown = choice.title
                trace["payload"] = choice.payload
            files = [self._file(session, talk_id, file_id) for file_id in incoming.attachment_ids]
            message = Message(
                shop_id=self._shop,
                conversation_id=talk_id,
                seq=row.last_seq + 1,
                id=_new_id("m"),
                sender="shopper",
                text=shown,
                card={"attachments": [_file_card(file) for file in files]} if files else None,
                client_id=incoming.client_id,
                content_hash=incoming.content_hash,
                trace=trace,
                state="received",
                at=self._clock.now(),
            )
            session.add(message)
            row.last_seq = message.seq
            if row.owner == "closed":
                # A shopper who writes again has opened the talk again.
                row.owner = "bot"
            if row.owner == "bot":
                row.updated_at = message.at
            return _message(message), True

    def pending(self, talk_id: str) -> list[StoredMessage]:
        """The shopper's messages that nobody answered yet, oldest first."""
        with reading(self._engine) as session:
            rows = session.scalars(
                select(Message)
                .where(
                    Message.shop_id == self._shop,
                    Message.conversation_id == talk_id,
                    Message.sender == "shopper",
                    Message.state == "received",
                )
                .order_by(Message.seq)
            )
            return [_message(row) for row in rows]

    def talks_with_pending(self) -> list[str]:
        """Talks in which a message waits for an answer: what a restart has to go on with."""
        with reading(self._engine) as session:
            found = session.scalars(
                select(Message.conversation_id)
                .where(Message.shop_id == self._shop, Message.sender == "shopper", Message.state == "received")
                .distinct()
            )
            return list(found)

    def begin(self, talk_id: str, ids: Iterable[str]) -> None:
        """Write down that these messages go to the engine now: after a crash nobody sends them a second time."""
        with writing(self._engine) as session:
            for row in self._messages(session, talk_id, ids):
                row.trace = {**(row.trace or {}), "begun": self._clock.now().isoformat()}

    def finish(
        self,
        talk_id: str,
        ids: Sequence[str],
        state: str,
        drafts: Sequence[Draft],
        owner: str | None = None,
        trace: dict[str, Any] | None = None,
    ) -> list[StoredMessage]:
        """End a turn in one transaction: answers stored, messages marked, owner changed. Returns the stored answers.

        Raises :class:`NoSuchTalk` when the talk was erased meanwhile.
        """
        with writing(self._engine) as session:
            row = self._lock(session, talk_id)
            for message in self._messages(session, talk_id, ids):
                message.state = state
                message.trace = {**(message.trace or {}), **(trace or {})}
            stored = self._append(session, row, drafts, ids[-1] if ids else None)
            if owner is not None:
                row.owner = owner
            if owner is not None or row.owner == "bot":
                row.updated_at = self._clock.now()
            return stored

    def set_owner(self, talk_id: str, owner: str, drafts: Sequence[Draft], expected: Sequence[str]) -> list[StoredMessage] | None:
        """Change the owner and say so; None when the talk is not owned by one of ``expected`` (words without agent id)."""
        with writing(self._engine) as session:
            row = self._lock(session, talk_id)
            if row.owner.partition(":")[0] not in expected:
                return None
            stored = self._append(session, row, drafts, None)
            row.owner = owner
            row.updated_at = self._clock.now()
            return stored

    def messages(
        self, talk_id: str, *, after: int | None = None, before: int | None = None, limit: int = 50
    ) -> tuple[list[StoredMessage], bool]:
        """Messages in order and whether there are more that way: after a seq, before a seq, or the newest."""
        with reading(self._engine) as session:
            query = select(Message).where(Message.shop_id == self._shop, Message.conversation_id == talk_id)
            if after is not None:
                query = query.where(Message.seq > after)
            if before is not None:
                query = query.where(Message.seq < before)
            order = Message.seq.asc() if after is not None else Message.seq.desc()
            rows = list(session.scalars(query.order_by(order).limit(limit + 1)))
            found = [_message(row) for row in rows[:limit]]
            return sorted(found, key=lambda message: message.seq), len(rows) > limit

    def message(self, talk_id: str, message_id: str) -> StoredMessage | None:
        """One message of a talk, or None."""
        with reading(self._engine) as session:
            rows = self._messages(session, talk_id, [message_id])
            return _message(rows[0]) if rows else None

    def replies(self, talk_id: str, message: StoredMessage) -> list[StoredMessage]:
        """What was answered to a message."""
        found, _ = self.messages(talk_id, after=message.seq, limit=200)
        return [answer for answer in found if answer.trace.get("reply_to") == message.id]

    def last_state(self, talk_id: str) -> dict[str, Any]:
        """Where the engine said that the talk stands after its last answer: active_loop, requested_slot, open_question."""
        with reading(self._engine) as session:
            rows = session.scalars(
                select(Message)
                .where(Message.shop_id == self._shop, Message.conversation_id == talk_id, Message.sender == "bot")
                .order_by(Message.seq.desc())
                .limit(5)
            )
            return next((dict(row.trace["state"]) for row in rows if row.trace and row.trace.get("state")), {})

    def add_file(self, talk_id: str, file: KeptFile) -> None:
        """Note an attachment. Raises :class:`NoSuchTalk`."""
        with writing(self._engine) as session:
            self._lock(session, talk_id)
            session.add(
                Attachment(
                    shop_id=self._shop,
                    conversation_id=talk_id,
                    id=file.id,
                    mime=file.mime,
                    size=file.size,
                    path=file.path,
                    width=file.width,
                    height=file.height,
                    at=self._clock.now(),
                )
            )

    def file(self, talk_id: str, file_id: str) -> KeptFile | None:
        """An attachment of this talk, or None."""
        with reading(self._engine) as session:
            try:
                return self._file(session, talk_id, file_id)
            except UnknownAttachment:
                return None

    def files(self, talk_id: str) -> list[str]:
        """Ids of the talk's attachments, oldest first."""
        with reading(self._engine) as session:
            query = select(Attachment.id).where(Attachment.shop_id == self._shop, Attachment.conversation_id == talk_id)
            return list(session.scalars(query.order_by(Attachment.at, Attachment.id)))

    def rate(self, talk_id: str, score: int, comment: str | None) -> None:
        """Keep the shopper's rating (1 to 5); a later one replaces it. Raises :class:`NoSuchTalk`."""
        with writing(self._engine) as session:
            row = self._lock(session, talk_id)
            row.rating, row.rating_comment, row.rated_at = score, comment, self._clock.now()

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

    def erase(self, talk_id: str) -> Erased:
        """Take a talk away and leave a receipt. Tickets stay: they belong to the order. Raises :class:`NoSuchTalk`."""
        now = self._clock.now()
        with writing(self._engine) as session:
            row = self._lock(session, talk_id)
            counts: dict[str, int] = {}
            paths = list(
                session.scalars(select(Attachment.path).where(Attachment.shop_id == self._shop, Attachment.conversation_id == talk_id))
            )
            for name, model in (("messages", Message), ("choices", Choice), ("attachments", Attachment), ("proofs", Proof)):
                done = session.execute(delete(model).where(model.shop_id == self._shop, model.conversation_id == talk_id))
                counts[name] = int(getattr(done, "rowcount", 0))
            session.delete(row)
            receipt = _new_id("e")
            # The engine's part is owed until it says that it is done; the note of it goes with the last piece.
            session.add(
                Effect(
                    shop_id=self._shop, id=receipt, kind=ERASE, state="pending", conversation_id=talk_id, payload={}, at=now, updated_at=now
                )
            )
            session.add(
                Erasure(
                    shop_id=self._shop, id=receipt, conversation_hash=hashlib.sha256(talk_id.encode()).hexdigest(), counts=counts, at=now
                )
            )
            return Erased(receipt, counts, tuple(paths), now)

    def owed_erasures(self) -> list[tuple[str, str]]:
        """(receipt, talk) of erasures that the engine has not confirmed."""
        with reading(self._engine) as session:
            rows = session.scalars(select(Effect).where(Effect.shop_id == self._shop, Effect.kind == ERASE, Effect.state == "pending"))
            return [(row.id, row.conversation_id or "") for row in rows]

    def settle_erasure(self, receipt: str, events: int) -> None:
        """The engine has forgotten: complete the receipt and drop the last mention of the talk's id."""
        with writing(self._engine) as session:
            row = session.get(Erasure, (self._shop, receipt))
            if row is not None:
                row.counts = {**row.counts, "engine_events": events}
            session.execute(delete(Effect).where(Effect.shop_id == self._shop, Effect.id == receipt, Effect.kind == ERASE))

    def touch_owner(self, talk_id: str, owner: str) -> None:
        """Set the owner without a word (for the desk and tests)."""
        with writing(self._engine) as session:
            session.execute(
                update(Conversation)
                .where(Conversation.shop_id == self._shop, Conversation.id == talk_id)
                .values(owner=owner, updated_at=self._clock.now())
            )

    def _lock(self, session: Session, talk_id: str) -> Conversation:
        row = session.scalar(select(Conversation).where(Conversation.shop_id == self._shop, Conversation.id == talk_id).with_for_update())
        if row is None:
            raise NoSuchTalk
        return row

    def _messages(self, session: Session, talk_id: str, ids: Iterable[str]) -> list[Message]:
        query = select(Message).where(Message.shop_id == self._shop, Message.conversation_id == talk_id, Message.id.in_(list(ids)))
        return list(session.scalars(query.order_by(Message.seq)))

    def _file(self, session: Session, talk_id: str, file_id: str) -> KeptFile:
        row = session.get(Attachment, (self._shop, file_id))
        if row is None or row.conversation_id != talk_id:
            raise UnknownAttachment
        return KeptFile(row.id, row.mime, row.size, row.path, row.width, row.height)

    def _append(self, session: Session, row: Conversation, drafts: Sequence[Draft], reply_to: str | None) -> list[StoredMessage]:
        stored = []
        now = self._clock.now()
        for draft in drafts:
            buttons = []
            for title, payload in draft.buttons:
                choice = Choice(
                    shop_id=self._shop, id=secrets.token_urlsafe(18), conversation_id=row.id, payload=payload, title=title[:255], at=now
                )
                session.add(choice)
                buttons.append({"title": title, "choice": choice.id})
            row.last_seq += 1
            message = Message(
                shop_id=self._shop,
                conversation_id=row.id,
                seq=row.last_seq,
                id=_new_id("m"),
                sender=draft.sender,
                text=draft.text,
                buttons=buttons or None,
                image=draft.image,
                card=dict(draft.card) if draft.card else None,
                trace={**draft.trace, "reply_to": reply_to} if reply_to else dict(draft.trace),
                state="answered",
                at=now,
            )
            session.add(message)
            stored.append(_message(message))
        return stored


def _new_id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_urlsafe(12)}"


def _talk(row: Conversation) -> Talk:
    return Talk(row.id, row.customer_id, row.owner, row.product_id, row.last_seq, row.created_at, row.token_hash)


def _message(row: Message) -> StoredMessage:
    return StoredMessage(
        id=row.id,
        seq=row.seq,
        sender=row.sender,
        text=row.text or "",
        at=row.at,
        buttons=tuple(row.buttons or ()),
        image=row.image,
        card=row.card,
        client_id=row.client_id,
        state=row.state,
        trace=row.trace or {},
        content_hash=row.content_hash,
    )


def _file_card(file: KeptFile) -> dict[str, Any]:
    return {"id": file.id, "mime": file.mime, "width": file.width, "height": file.height}
