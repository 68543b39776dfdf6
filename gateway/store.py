"""Talks in the database: everything is stored before it is acknowledged, and every query names the shop.

All methods are synchronous and meant for a thread; each is one transaction. ``updated_at`` of a talk is left alone
while it waits for a person, so that it is the order of the queue.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, select, text, update
from sqlalchemy.orm import Session

from gateway import data_version, turn_rows
from gateway.beside import KeptFile, file_card, keep_buttons, keep_offers, kept_file, last_product, mark_sent, quote_of, take_back
from gateway.positions import Positions
from gateway.recalls import Recalls
from gateway.rows import message_of, new_id, stored_of, talk_of
from gateway.talks import Draft, Incoming, Offer, StoredMessage, Talk
from shop.blocks import forget_block
from shop.clock import Clock
from shop.db import reading, writing
from shop.deeds import forget_talk_deeds
from shop.models import Attachment, Choice, Conversation, Effect, Erasure, Message, Proof
from shop.outbox import forget_talk
from shop.traces import KEY, Traces

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
        self._traces = Traces(engine, shop_id, clock)
        self.positions = Positions(engine, shop_id)
        self.recalls = Recalls(engine, shop_id, clock)

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
            return talk_of(row)

    def talk(self, talk_id: str) -> Talk | None:
        """A talk of this shop, or None."""
        with self._engine.connect() as rows:
            row = turn_rows.talk_row(rows, self._shop, talk_id)
            return talk_of(row) if row is not None else None

    def waiting(self, talk_id: str) -> tuple[Talk, list[StoredMessage]]:
        """A talk and its messages that nobody answered yet, oldest first. Raises :class:`NoSuchTalk`."""
        with self._engine.connect() as rows:
            row = turn_rows.talk_row(rows, self._shop, talk_id)
            if row is None:
                raise NoSuchTalk
            return talk_of(row), [message_of(one) for one in turn_rows.pending_rows(rows, self._shop, talk_id)]

    def take(self, talk_id: str, incoming: Incoming) -> tuple[StoredMessage, bool]:
        """Store a shopper's message; (message, whether it is new).

        Raises :class:`NoSuchTalk`, :class:`ClientIdReused`, :class:`UnknownChoice`, :class:`UnknownAttachment`, UnknownQuote.
        """
        with writing(self._engine) as session:
            rows = session.connection()
            row = self._locked(rows, talk_id)
            old = turn_rows.sent_row(rows, self._shop, talk_id, incoming.client_id)
            if old is not None:
                if old.content_hash != incoming.content_hash:
                    raise ClientIdReused
                return message_of(old), False
            shown = incoming.text
            trace: dict[str, Any] = {"wait": incoming.wait, "address": incoming.address}
            if incoming.product_id:
                trace["product_id"] = incoming.product_id
            if incoming.masked:
                trace["masked"] = list(incoming.masked)
            if incoming.choice is not None:
                choice = session.get(Choice, (self._shop, incoming.choice))
                if choice is None or choice.conversation_id != talk_id:
                    raise UnknownChoice
                shown = choice.title
                trace["payload"] = choice.payload
            files = [self._file(session, talk_id, file_id) for file_id in incoming.attachment_ids]
            if any(file.staff_id for file in files):
                raise UnknownAttachment
            card = dict(incoming.card or {})
            if files:
                card["attachments"] = [file_card(file) for file in files]
            if incoming.quote is not None:
                card["quote"] = quote_of(session, self._shop, talk_id, incoming.quote)
            now = self._clock.now()
            message = {
                "shop_id": self._shop,
                "conversation_id": talk_id,
                "seq": row.last_seq + 1,
                "id": new_id("m"),
                "sender": "shopper",
                "text": shown,
                "card": card or None,
                "client_id": incoming.client_id,
                "content_hash": incoming.content_hash,
                "trace": trace,
                "state": "received",
                "at": now,
            }
            turn_rows.add_messages(rows, [message])
            mark_sent(session, self._shop, incoming.attachment_ids, message["id"])
            # A shopper who writes again has opened the talk again.
            owner = "bot" if row.owner == "closed" else row.owner
            since = now if owner == "bot" else row.updated_at
            turn_rows.stands(rows, self._shop, talk_id, message["seq"], owner, since, row.read_by_shop)
            return stored_of(message), True

    def offer(self, talk_id: str, offers: Sequence[Offer]) -> None:
        """Keep the buttons of a card that is shown outside a message. Raises :class:`NoSuchTalk`."""
        with writing(self._engine) as session:
            self._lock(session, talk_id)
            keep_offers(session, self._shop, talk_id, offers, self._clock.now())

    def pending(self, talk_id: str) -> list[StoredMessage]:
        """The shopper's messages that nobody answered yet, oldest first."""
        with self._engine.connect() as rows:
            return [message_of(one) for one in turn_rows.pending_rows(rows, self._shop, talk_id)]

    def talks_with_pending(self) -> list[str]:
        """Talks in which a message waits for an answer: what a restart has to go on with."""
        with reading(self._engine) as session:
            found = session.scalars(
                select(Message.conversation_id)
                .where(Message.shop_id == self._shop, Message.sender == "shopper", Message.state == "received")
                .distinct()
            )
            return list(found)

    def begin(self, talk_id: str, ids: Sequence[str]) -> list[str]:
        """Write down that these messages go to the engine now: after a crash nobody sends them a second time.

        Returns the talk's attachments, oldest first, as the engine is told them. The note does not wait for the disk: should
        the machine lose its power in this second, the messages are asked again, and the engine's own notes are as young.
        """
        with writing(self._engine, relaxed=True) as session:
            rows = session.connection()
            more = {"begun": self._clock.now().isoformat(), "turn": ids[-1]}
            seqs = turn_rows.mark(rows, self._shop, talk_id, ids, more)
            if seqs:
                turn_rows.read_by_shop(rows, self._shop, talk_id, seqs[-1])
            return turn_rows.file_ids(rows, self._shop, talk_id, sent=True)

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

        When an agent took the talk over while the machine thought, its words are not said; they are kept for the agent (``held``).
        Raises :class:`NoSuchTalk` when the talk was erased meanwhile.
        """
        with writing(self._engine) as session:
            rows = session.connection()
            row = self._locked(rows, talk_id)
            # What was meant for the time of another owner is too late.
            drafts = [draft for draft in drafts if draft.trace.get("while") in (None, row.owner)]
            if row.owner.startswith("agent:") and any(draft.trace.get("while") is None for draft in drafts):
                held = [draft.text for draft in drafts if draft.sender == "bot"]
                state, drafts, owner, trace = "answered", (), None, {**(trace or {}), "for": "agent", "held": held}
            seqs = turn_rows.mark(rows, self._shop, talk_id, ids, trace or {}, state)
            stored = self._stored(session, talk_id, row.last_seq, drafts, ids[-1] if ids else None)
            since = self._clock.now() if owner is not None or row.owner == "bot" else row.updated_at
            read = max(row.read_by_shop, seqs[-1]) if stored and seqs else row.read_by_shop
            turn_rows.stands(rows, self._shop, talk_id, row.last_seq + len(stored), owner or row.owner, since, read)
            return stored

    def append_in(self, session: Session, talk_id: str, drafts: Sequence[Draft], owners: Sequence[str]) -> list[StoredMessage] | None:
        """Store messages nobody asked for, in the caller's transaction; None when the talk is not owned by one of ``owners`` any more.

        ``updated_at`` stays: it says when the shopper was last here. Raises :class:`NoSuchTalk`.
        """
        row = self._lock(session, talk_id)
        if row.owner.partition(":")[0] not in owners:
            return None
        return self._append(session, row, drafts, None)

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
            found = [message_of(row) for row in rows[:limit]]
            return sorted(found, key=lambda message: message.seq), len(rows) > limit

    def message(self, talk_id: str, message_id: str) -> StoredMessage | None:
        """One message of a talk, or None."""
        with reading(self._engine) as session:
            of_talk = (Message.shop_id == self._shop, Message.conversation_id == talk_id)
            row = session.scalar(select(Message).where(*of_talk, Message.id == message_id))
            return message_of(row) if row is not None else None

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
            at = self._clock.now()
            row = Attachment(shop_id=self._shop, conversation_id=talk_id, id=file.id, mime=file.mime, size=file.size, path=file.path, at=at)
            row.width, row.height, row.staff_id = file.width, file.height, file.staff_id
            session.add(row)

    def file(self, talk_id: str, file_id: str) -> KeptFile | None:
        """An attachment of this talk that its shopper may see, or None: what staff have not sent, or recalled, is none of theirs."""
        kept = self.any_file(talk_id, file_id)
        return kept if kept is not None and (kept.staff_id is None or kept.sent) else None

    def any_file(self, talk_id: str, file_id: str) -> KeptFile | None:
        """An attachment of this talk for staff, or None."""
        with reading(self._engine) as session, contextlib.suppress(UnknownAttachment):
            return self._file(session, talk_id, file_id)
        return None

    def take_back(self, talk_id: str, file_id: str) -> KeptFile | None:
        """Forget a file that was uploaded and not sent; None when there is none."""
        with writing(self._engine) as session:
            return take_back(session, self._shop, talk_id, file_id)

    def files(self, talk_id: str, *, sent: bool = False) -> list[str]:
        """Ids of the shopper's files, oldest first; ``sent``: only those that a message has (the others are no evidence)."""
        with self._engine.connect() as rows:
            return turn_rows.file_ids(rows, self._shop, talk_id, sent=sent)

    def rate(self, talk_id: str, score: int, comment: str | None) -> None:
        """Keep the shopper's rating (1 to 5); a later one replaces it. Raises :class:`NoSuchTalk`."""
        with writing(self._engine) as session:
            row = self._lock(session, talk_id)
            row.rating, row.rating_comment, row.rated_at = score, comment, self._clock.now()

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
            forget_talk(session, self._shop, talk_id)
            forget_talk_deeds(session, self._shop, talk_id)
            forget_block(session, self._shop, talk_id)
            session.delete(row)
            receipt = new_id("e")
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
        query = select(Conversation).where(Conversation.shop_id == self._shop, Conversation.id == talk_id).with_for_update()
        row = session.scalar(query)
        if row is None:
            raise NoSuchTalk
        return row

    def _locked(self, rows: Connection, talk_id: str) -> Row[Any]:
        row = turn_rows.talk_row(rows, self._shop, talk_id, lock=True)
        if row is None:
            raise NoSuchTalk
        return row

    def last_product(self, talk_id: str) -> str | None:
        """The product of the newest message that told one, else the one the talk was opened with."""
        with reading(self._engine) as session:
            return last_product(session, self._shop, talk_id)

    def _file(self, session: Session, talk_id: str, file_id: str) -> KeptFile:
        row = session.get(Attachment, (self._shop, file_id))
        if row is None or row.conversation_id != talk_id:
            raise UnknownAttachment
        return kept_file(row)

    def _append(self, session: Session, row: Conversation, drafts: Sequence[Draft], reply_to: str | None) -> list[StoredMessage]:
        stored = self._stored(session, row.id, row.last_seq, drafts, reply_to)
        row.last_seq += len(stored)
        return stored

    def _stored(self, session: Session, talk_id: str, last_seq: int, drafts: Sequence[Draft], reply_to: str | None) -> list[StoredMessage]:
        now = self._clock.now()
        places = self._traces.add(session, talk_id, [draft.spoken for draft in drafts], data_version.current())
        messages = []
        for seq, (draft, place) in enumerate(zip(drafts, places, strict=True), last_seq + 1):
            buttons = keep_buttons(session, self._shop, talk_id, draft, now)
            messages.append(
                {
                    "shop_id": self._shop,
                    "conversation_id": talk_id,
                    "seq": seq,
                    "id": new_id("m"),
                    "sender": draft.sender,
                    "text": draft.text,
                    "buttons": buttons or None,
                    "image": draft.image,
                    "card": dict(draft.card) if draft.card else None,
                    "trace": {**draft.trace, **({"reply_to": reply_to} if reply_to else {}), **({KEY: place} if place else {})},
                    "state": "answered",
                    "at": now,
                }
            )
        turn_rows.add_messages(session.connection(), messages)
        return [stored_of(message) for message in messages]
