"""Talks that staff come back to: marked with a time and a word why, open until somebody says it is done."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Engine, select

from shop.clock import Clock
from shop.db import reading, writing
from shop.models import Conversation, FollowUpRow

LONGEST = 500


@dataclass(frozen=True)
class FollowUp:
    """A mark. ``due_at``: when; ``done_at`` and ``done_by`` are empty while it is open."""

    id: str
    conversation_id: str
    staff_id: str
    due_at: datetime
    note: str
    created_at: datetime
    done_at: datetime | None
    done_by: str | None


class FollowUps:
    """The follow-ups of one shop. Safe to share between threads; every change is committed when the call returns."""

    def __init__(self, engine: Engine, shop_id: str, clock: Clock) -> None:
        self.engine = engine
        self.shop_id = shop_id
        self.clock = clock

    def mark(self, conversation_id: str, staff_id: str, due_at: datetime, note: str) -> FollowUp:
        """Come back to a talk at ``due_at`` (aware). The same person's open mark on this talk is moved instead of doubled.

        Raises:
            ValueError: the time is past, or the note longer than ``LONGEST`` characters.
            LookupError: the talk is not there.
        """
        kept, now = note.strip(), self.clock.now()
        if due_at <= now:
            raise ValueError("the time to come back is past: choose one to come")
        if len(kept) > LONGEST:
            raise ValueError(f"the note has at most {LONGEST} characters, this one {len(kept)}")
        with writing(self.engine) as session:
            if session.get(Conversation, (self.shop_id, conversation_id)) is None:
                raise LookupError(f"there is no conversation {conversation_id}")
            row = session.scalar(
                select(FollowUpRow).where(
                    FollowUpRow.shop_id == self.shop_id,
                    FollowUpRow.conversation_id == conversation_id,
                    FollowUpRow.staff_id == staff_id,
                    FollowUpRow.done_at.is_(None),
                )
            )
            if row is None:
                made = f"f_{time.time_ns():016x}{secrets.token_hex(4)}"
                row = FollowUpRow(shop_id=self.shop_id, id=made, conversation_id=conversation_id, staff_id=staff_id, created_at=now)
                session.add(row)
            row.due_at, row.note = due_at, kept
            return _follow_up(row)

    def done(self, follow_up_id: str, *, by: str) -> FollowUp:
        """Somebody came back to it; told twice, the first holds. LookupError when the shop has no such mark."""
        with writing(self.engine) as session:
            row = session.get(FollowUpRow, (self.shop_id, follow_up_id))
            if row is None:
                raise LookupError(f"there is no follow-up {follow_up_id}")
            if row.done_at is None:
                row.done_at, row.done_by = self.clock.now(), by
            return _follow_up(row)

    def get(self, follow_up_id: str) -> FollowUp | None:
        """A mark, or None."""
        with reading(self.engine) as session:
            row = session.get(FollowUpRow, (self.shop_id, follow_up_id))
            return _follow_up(row) if row is not None else None

    def open_of_talk(self, conversation_id: str) -> list[FollowUp]:
        """The open marks of a talk, the earliest first."""
        return self._open(FollowUpRow.conversation_id == conversation_id)

    def open_of_staff(self, staff_id: str) -> list[FollowUp]:
        """One member's open marks, the earliest first."""
        return self._open(FollowUpRow.staff_id == staff_id)

    def _open(self, condition: ColumnElement[bool]) -> list[FollowUp]:
        query = select(FollowUpRow).where(FollowUpRow.shop_id == self.shop_id, FollowUpRow.done_at.is_(None), condition)
        with reading(self.engine) as session:
            return [_follow_up(row) for row in session.scalars(query.order_by(FollowUpRow.due_at, FollowUpRow.id))]


def _follow_up(row: FollowUpRow) -> FollowUp:
    return FollowUp(row.id, row.conversation_id, row.staff_id, row.due_at, row.note, row.created_at, row.done_at, row.done_by)
