"""Quality reviews (质检): what a lead found in an agent's talk by the form, the score, and what the agent said to it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shop.clock import Clock
from shop.db import reading, writing
from shop.models import QualityReview

LONGEST = 2_000


@dataclass(frozen=True)
class Review:
    """One review. ``score`` 0 to 100; ``marks`` criterion → 2, 1, 0 or None; ``agrees``: what the member answered (None: nothing yet)."""

    id: str
    talk_id: str | None
    staff_id: str
    reviewer_id: str
    marks: Mapping[str, int | None]
    faults: tuple[str, ...]
    score: int
    comment: str | None
    agrees: bool | None
    answer: str | None
    answered_at: datetime | None
    version: int
    at: datetime


class UnknownReview(LookupError):
    """The shop has no such review."""


class ReviewedAlready(Exception):
    """This member's part in the talk has its review; ``review`` is its id."""

    def __init__(self, review: str) -> None:
        super().__init__(review)
        self.review = review


class ReviewChanged(Exception):
    """Somebody was faster: changed or answered meanwhile. Nothing was written."""


class Reviews:
    """The reviews of one shop. Safe to share between threads."""

    def __init__(self, engine: Engine, shop_id: str, clock: Clock) -> None:
        self._engine = engine
        self._shop = shop_id
        self._clock = clock

    def add(
        self,
        talk_id: str,
        staff_id: str,
        reviewer_id: str,
        *,
        marks: Mapping[str, int | None],
        faults: Sequence[str],
        score: int,
        comment: str | None,
    ) -> Review:
        """Write a review down. Raises ReviewedAlready."""
        row = QualityReview(
            shop_id=self._shop,
            # In the order of making, so that reviews of one instant (a stopped clock) keep their order.
            id=f"q_{time.time_ns():016x}{secrets.token_hex(4)}",
            conversation_id=talk_id,
            staff_id=staff_id,
            reviewer_id=reviewer_id,
            marks=dict(marks),
            faults=list(faults),
            score=score,
            comment=comment,
            version=1,
            at=self._clock.now(),
        )
        try:
            with writing(self._engine) as session:
                session.add(row)
                session.flush()
                return _review(row)
        except IntegrityError:
            with reading(self._engine) as session:
                mine = (QualityReview.conversation_id == talk_id, QualityReview.staff_id == staff_id)
                found = session.scalar(select(QualityReview.id).where(QualityReview.shop_id == self._shop, *mine))
            raise ReviewedAlready(found or "") from None

    def change(
        self,
        review_id: str,
        version: int,
        *,
        marks: Mapping[str, int | None],
        faults: Sequence[str],
        score: int,
        comment: str | None,
    ) -> Review:
        """Correct a review (after an objection, say): the member is asked again. Raises UnknownReview, ReviewChanged."""
        with writing(self._engine) as session:
            row = self._row(session, review_id, version)
            row.marks, row.faults, row.score, row.comment = dict(marks), list(faults), score, comment
            row.agrees, row.version = None, row.version + 1
            session.flush()
            return _review(row)

    def answer(self, review_id: str, version: int, *, agrees: bool, answer: str | None) -> Review:
        """What the member says to it. Raises UnknownReview, ReviewChanged."""
        with writing(self._engine) as session:
            row = self._row(session, review_id, version)
            row.agrees, row.answer, row.answered_at, row.version = agrees, answer, self._clock.now(), row.version + 1
            session.flush()
            return _review(row)

    def get(self, review_id: str) -> Review:
        """One review. Raises UnknownReview."""
        with reading(self._engine) as session:
            return _review(self._row(session, review_id))

    def all(self, *, staff_id: str | None = None, since: datetime | None = None, limit: int = 200) -> list[Review]:
        """Reviews, newest first: of one member or of all, since an instant."""
        query = select(QualityReview).where(QualityReview.shop_id == self._shop)
        if staff_id is not None:
            query = query.where(QualityReview.staff_id == staff_id)
        if since is not None:
            query = query.where(QualityReview.at >= since)
        with reading(self._engine) as session:
            return [_review(row) for row in session.scalars(query.order_by(QualityReview.at.desc(), QualityReview.id.desc()).limit(limit))]

    def reviewed(self) -> set[tuple[str, str]]:
        """(talk, member) of every review: what a sample leaves out."""
        with reading(self._engine) as session:
            rows = session.execute(
                select(QualityReview.conversation_id, QualityReview.staff_id).where(
                    QualityReview.shop_id == self._shop, QualityReview.conversation_id.is_not(None)
                )
            )
            return {(str(talk), staff) for talk, staff in rows}

    def _row(self, session: Session, review_id: str, version: int | None = None) -> QualityReview:
        row = session.get(QualityReview, (self._shop, review_id), with_for_update=version is not None)
        if row is None:
            raise UnknownReview(review_id)
        if version is not None and row.version != version:
            raise ReviewChanged
        return row


def _review(row: QualityReview) -> Review:
    return Review(
        row.id,
        row.conversation_id,
        row.staff_id,
        row.reviewer_id,
        dict(row.marks),
        tuple(row.faults),
        row.score,
        row.comment,
        row.agrees,
        row.answer,
        row.answered_at,
        row.version,
        row.at,
    )
