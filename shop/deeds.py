"""What staff did, what they noted in talks, and what became of suggested replies (tk_06: figures per agent, script and day)."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from shop.clock import Clock
from shop.db import reading, writing
from shop.models import Conversation, Message, QualityReview, StaffDeed, SuggestionUse, TalkNote

Outcome = Literal["sent", "edited", "ignored"]
LONGEST_NOTE = 2_000
# An offer that may still be taken.
STILL = ("open", "ignored")


@dataclass(frozen=True)
class Deed:
    """Who did what where; ``payload`` holds words of ours, never a shopper's."""

    id: str
    staff_id: str
    kind: str
    conversation_id: str | None
    ref: str | None
    payload: Mapping[str, Any]
    at: datetime


@dataclass(frozen=True)
class Note:
    """An internal note of a talk."""

    id: str
    staff_id: str
    text: str
    at: datetime


class Deeds:
    """The log of one shop's staff. Safe to share between threads."""

    def __init__(self, engine: Engine, shop_id: str, clock: Clock) -> None:
        self._engine = engine
        self._shop = shop_id
        self._clock = clock

    def log(
        self,
        staff_id: str,
        kind: str,
        *,
        conversation_id: str | None = None,
        ref: str | None = None,
        payload: Mapping[str, Any] | None = None,
    ) -> str:
        """Write down a deed; its id."""
        with writing(self._engine) as session:
            return self.log_in(session, staff_id, kind, conversation_id=conversation_id, ref=ref, payload=payload)

    def log_in(
        self,
        session: Session,
        staff_id: str,
        kind: str,
        *,
        conversation_id: str | None = None,
        ref: str | None = None,
        payload: Mapping[str, Any] | None = None,
    ) -> str:
        """The same inside the caller's transaction: what was done and that it was done are kept together."""
        deed = _new_id("d")
        session.add(
            StaffDeed(
                shop_id=self._shop,
                id=deed,
                staff_id=staff_id,
                kind=kind,
                conversation_id=conversation_id,
                ref=ref,
                payload=dict(payload or {}),
                at=self._clock.now(),
            )
        )
        return deed

    def of_talk(self, conversation_id: str) -> list[Deed]:
        """What staff did in a talk, oldest first."""
        with reading(self._engine) as session:
            mine = (StaffDeed.shop_id == self._shop, StaffDeed.conversation_id == conversation_id)
            return [_deed(row) for row in session.scalars(select(StaffDeed).where(*mine).order_by(StaffDeed.at, StaffDeed.id))]

    def of_staff(self, staff_id: str, since: datetime) -> list[Deed]:
        """What one member did since then, oldest first."""
        with reading(self._engine) as session:
            mine = (StaffDeed.shop_id == self._shop, StaffDeed.staff_id == staff_id, StaffDeed.at >= since)
            return [_deed(row) for row in session.scalars(select(StaffDeed).where(*mine).order_by(StaffDeed.at, StaffDeed.id))]

    def add_note(self, conversation_id: str, staff_id: str, text: str) -> Note:
        """Note something in a talk. ValueError for an empty or too long text, LookupError when the talk is not there."""
        kept = text.strip()
        if not 0 < len(kept) <= LONGEST_NOTE:
            raise ValueError(f"a note has 1 to {LONGEST_NOTE} characters")
        with writing(self._engine) as session:
            if session.get(Conversation, (self._shop, conversation_id)) is None:
                raise LookupError(f"there is no conversation {conversation_id}")
            row = TalkNote(
                shop_id=self._shop,
                id=_new_id("n"),
                conversation_id=conversation_id,
                staff_id=staff_id,
                text=kept,
                at=self._clock.now(),
            )
            session.add(row)
            return Note(row.id, row.staff_id, row.text, row.at)

    def notes(self, conversation_id: str) -> list[Note]:
        """A talk's notes, oldest first."""
        with reading(self._engine) as session:
            mine = (TalkNote.shop_id == self._shop, TalkNote.conversation_id == conversation_id)
            rows = session.scalars(select(TalkNote).where(*mine).order_by(TalkNote.at, TalkNote.id))
            return [Note(row.id, row.staff_id, row.text, row.at) for row in rows]


class SuggestionUses:
    """What was suggested and what became of it. Safe to share between threads."""

    def __init__(self, engine: Engine, shop_id: str, clock: Clock) -> None:
        self._engine = engine
        self._shop = shop_id
        self._clock = clock

    def offered(
        self, conversation_id: str, message_id: str, staff_id: str, suggestions: Sequence[Mapping[str, Any]], shown_ms: int
    ) -> str | None:
        """Keep what was offered for a message; its id, or None when nothing was. Asked again, the newer list takes the older one's place.

        Raises:
            LookupError: the talk is not there.
        """
        if not suggestions:
            return None
        now = self._clock.now()
        with writing(self._engine) as session:
            if session.get(Conversation, (self._shop, conversation_id)) is None:
                raise LookupError(f"there is no conversation {conversation_id}")
            row = session.scalar(
                select(SuggestionUse)
                .where(
                    SuggestionUse.shop_id == self._shop,
                    SuggestionUse.conversation_id == conversation_id,
                    SuggestionUse.message_id == message_id,
                    SuggestionUse.staff_id == staff_id,
                )
                .order_by(SuggestionUse.id.desc())
                .limit(1)
            )
            answered = row is not None and row.outcome not in STILL
            if row is None or answered:
                row = SuggestionUse(
                    shop_id=self._shop,
                    id=_new_id("u"),
                    conversation_id=conversation_id,
                    message_id=message_id,
                    staff_id=staff_id,
                    outcome="open",
                    # The message has its answer: what is offered once more is refused by nobody.
                    together=answered,
                    at=now,
                )
                session.add(row)
            row.offered, row.shown_ms = [dict(one) for one in suggestions], shown_ms
            row.intents, row.script = about(row.offered, row.place)
            return row.id

    def settle(self, conversation_id: str, staff_id: str, text: str, *, use: str | None = None, place: int | None = None) -> Outcome | None:
        """An agent has sent ``text``: the offer it came from is sent or edited, every other open offer of the talk is ignored.

        ``use`` and ``place``: of the suggestion taken; None when the agent wrote by hand. Returns what became of that one. An offer
        that a word of courtesy passed over (请稍等) may be taken after all. Of several messages answered at once only the newest one's
        offer was refused; the others were answered ``together`` with it.
        """
        now = self._clock.now()
        taken: Outcome | None = None
        with writing(self._engine) as session:
            mine = (
                SuggestionUse.shop_id == self._shop,
                SuggestionUse.conversation_id == conversation_id,
                SuggestionUse.staff_id == staff_id,
            )
            still = SuggestionUse.outcome.in_(STILL)
            row = session.scalar(select(SuggestionUse).where(*mine, still, SuggestionUse.id == use)) if use else None
            if row is not None and place is not None and 0 <= place < len(row.offered):
                taken = "sent" if str(row.offered[place].get("text", "")).strip() == text.strip() else "edited"
                row.place, row.outcome, row.text, row.settled_at, row.together = place, taken, text, now, False
                row.intents, row.script = about(row.offered, place)
                session.flush()
            same = (Message.shop_id == SuggestionUse.shop_id) & (Message.id == SuggestionUse.message_id)
            newest = (func.coalesce(Message.seq, 0).desc(), SuggestionUse.id.desc())
            left = select(SuggestionUse).outerjoin(Message, same).where(*mine, SuggestionUse.outcome == "open").order_by(*newest)
            along = taken is not None
            for other in session.scalars(left):
                other.outcome, other.text, other.settled_at = "ignored", text, now
                other.together, along = other.together or along, True
        return taken

    def offer(self, conversation_id: str, staff_id: str, use: str) -> list[dict[str, Any]]:
        """What was offered to a member under this id in a talk; empty when there is no such offer."""
        with reading(self._engine) as session:
            row = session.get(SuggestionUse, (self._shop, use))
            if row is None or (row.conversation_id, row.staff_id) != (conversation_id, staff_id):
                return []
            return [dict(one) for one in row.offered]

    def offers(self, conversation_id: str, *, most: int) -> list[dict[str, Any]]:
        """Every reply of the last ``most`` offers of a talk, to whomever, the newest offer first."""
        with reading(self._engine) as session:
            mine = (SuggestionUse.shop_id == self._shop, SuggestionUse.conversation_id == conversation_id)
            rows = session.scalars(
                select(SuggestionUse).where(*mine).order_by(SuggestionUse.at.desc(), SuggestionUse.id.desc()).limit(most)
            )
            return [dict(one) for row in rows for one in row.offered]


def about(offered: Sequence[Mapping[str, Any]], place: int | None) -> tuple[str | None, str | None]:
    """(intents, script) of the suggestion at ``place``, else of the first; two intents are joined by |."""
    chosen = offered[place or 0] if offered else {}
    heard = [str(intent) for intent in chosen.get("intents") or [chosen.get("intent")] if intent]
    return "|".join(dict.fromkeys(heard)) or None, str(chosen.get("script") or "") or None


def forget_talk_deeds(session: Session, shop_id: str, talk_id: str) -> None:
    """Take a talk out of the log, in the transaction that erases it: that something was done stays, in which talk goes."""
    mine = (StaffDeed.shop_id == shop_id, StaffDeed.conversation_id == talk_id)
    session.execute(update(StaffDeed).where(*mine).values(conversation_id=None))
    reviewed = (QualityReview.shop_id == shop_id, QualityReview.conversation_id == talk_id)
    # The score stays with the member; whose talk it was and what was said of it goes.
    session.execute(update(QualityReview).where(*reviewed).values(conversation_id=None, comment=None, answer=None))


def _new_id(prefix: str) -> str:
    """In the order of making, so that what was done in one instant (a stopped clock) keeps its order."""
    return f"{prefix}_{time.time_ns():016x}{secrets.token_hex(4)}"


def _deed(row: StaffDeed) -> Deed:
    return Deed(row.id, row.staff_id, row.kind, row.conversation_id, row.ref, row.payload, row.at)
