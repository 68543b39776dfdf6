"""What answers were made from, so that they can be reproduced: one trace for each turn's answers, and shared snapshots."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKeyConstraint, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from shop.models.base import ID, WORD, Base, OfShop


class SnapshotRow(OfShop, Base):
    """A text (zlib) under the SHA-256 of its content. ``kind``: table | variation | product; nothing personal is in it.
    ``used_on``: the last day (Asia/Shanghai) an answer was made from it."""

    __tablename__ = "snapshots"
    __table_args__ = (Index("ix_snapshots_used", "shop_id", "used_on"),)

    hash: Mapped[str] = mapped_column(ID, primary_key=True)
    kind: Mapped[str] = mapped_column(WORD)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    first_on: Mapped[date]
    used_on: Mapped[date]


class AnswerTraceRow(OfShop, Base):
    """What the messages stored together were made from: JSON (zlib). Values and orders are in it, so it goes with its talk."""

    __tablename__ = "answer_traces"
    __table_args__ = (
        ForeignKeyConstraint(["shop_id", "conversation_id"], ["conversations.shop_id", "conversations.id"], ondelete="CASCADE"),
        Index("ix_answer_traces_conversation", "shop_id", "conversation_id"),
        Index("ix_answer_traces_at", "shop_id", "at"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ID)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime]
