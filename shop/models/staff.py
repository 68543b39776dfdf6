"""Staff: accounts, their sessions, what they did, notes inside a talk, and what became of suggested replies.

``staff_id`` in deeds, notes and suggestions is no foreign key: what was done outlives the account.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from shop.models.base import ID, NAME, WORD, Base, OfShop


class Staff(OfShop, Base):
    """A person who works here. ``number`` is what shoppers see; ``capacity`` the most talks at once; ``topics`` the intents
    (empty: all) assigned by themselves; ``failed`` wrong passwords in a row, ``locked_until`` no log-in before."""

    __tablename__ = "staff"
    __table_args__ = (
        CheckConstraint("role IN ('agent', 'supervisor', 'trainer', 'admin')", name="role"),
        CheckConstraint("presence IN ('online', 'break', 'away')", name="presence"),
        CheckConstraint("capacity >= 0", name="capacity"),
        Index("uq_staff_login", "shop_id", "login", unique=True),
        Index("uq_staff_number", "shop_id", "number", unique=True),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    login: Mapped[str] = mapped_column(ID)
    name: Mapped[str] = mapped_column(NAME)
    number: Mapped[str] = mapped_column(WORD)
    role: Mapped[str] = mapped_column(WORD)
    password_hash: Mapped[str] = mapped_column(NAME)
    must_change: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    capacity: Mapped[int] = mapped_column(default=5)
    topics: Mapped[list[Any]] = mapped_column(default=list)
    presence: Mapped[str] = mapped_column(WORD, default="away")
    presence_at: Mapped[datetime]
    failed: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime]


class StaffSession(OfShop, Base):
    """A log-in (``kind`` session) or a token of a shop's own workbench (``kind`` token, with ``label``). Only hashes are kept."""

    __tablename__ = "staff_sessions"
    __table_args__ = (
        ForeignKeyConstraint(["shop_id", "staff_id"], ["staff.shop_id", "staff.id"], ondelete="CASCADE"),
        CheckConstraint("kind IN ('session', 'token')", name="kind"),
        Index("ix_staff_sessions_staff", "shop_id", "staff_id"),
    )

    token_hash: Mapped[str] = mapped_column(ID, primary_key=True)
    staff_id: Mapped[str] = mapped_column(ID)
    kind: Mapped[str] = mapped_column(WORD)
    label: Mapped[str | None] = mapped_column(NAME)
    csrf: Mapped[str] = mapped_column(ID)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]


class StaffDeed(OfShop, Base):
    """Something a member of staff did: log of who, what (``kind``), where, when."""

    __tablename__ = "staff_deeds"
    __table_args__ = (
        Index("ix_staff_deeds_conversation", "shop_id", "conversation_id", "at"),
        Index("ix_staff_deeds_staff", "shop_id", "staff_id", "at"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    staff_id: Mapped[str] = mapped_column(ID)
    kind: Mapped[str] = mapped_column(WORD)
    conversation_id: Mapped[str | None] = mapped_column(ID)
    ref: Mapped[str | None] = mapped_column(NAME)
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    at: Mapped[datetime]


class TalkNote(OfShop, Base):
    """An internal note in a talk: shoppers never see it."""

    __tablename__ = "talk_notes"
    __table_args__ = (
        ForeignKeyConstraint(["shop_id", "conversation_id"], ["conversations.shop_id", "conversations.id"], ondelete="CASCADE"),
        Index("ix_talk_notes_conversation", "shop_id", "conversation_id", "at"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ID)
    staff_id: Mapped[str] = mapped_column(ID)
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class SuggestionUse(OfShop, Base):
    """What was suggested for a message and what became of it: ``outcome`` open | sent | edited | ignored, ``place`` of the one
    taken (0 the first), ``text`` what was sent in the end, ``shown_ms`` how long the engine took. ``together``: counts for
    nothing, since its message was answered along with a newer one, or had its answer when this was offered. ``lesson``: what a
    trainer made of an edited or ignored one (used | dismissed; None: nobody has looked). ``intents`` (joined by |) and ``script``
    repeat those of the suggestion taken, else of the first: figures are counted without reading what was offered."""

    __tablename__ = "suggestion_uses"
    __table_args__ = (
        ForeignKeyConstraint(["shop_id", "conversation_id"], ["conversations.shop_id", "conversations.id"], ondelete="CASCADE"),
        CheckConstraint("outcome IN ('open', 'sent', 'edited', 'ignored')", name="outcome"),
        Index("ix_suggestion_uses_conversation", "shop_id", "conversation_id", "at"),
        Index("ix_suggestion_uses_at", "shop_id", "at"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ID)
    message_id: Mapped[str] = mapped_column(ID)
    staff_id: Mapped[str] = mapped_column(ID)
    offered: Mapped[list[Any]] = mapped_column(default=list)
    place: Mapped[int | None]
    outcome: Mapped[str] = mapped_column(WORD, default="open")
    text: Mapped[str | None] = mapped_column(Text)
    shown_ms: Mapped[int | None]
    at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    together: Mapped[bool] = mapped_column(default=False, server_default=false())
    intents: Mapped[str | None] = mapped_column(NAME)
    script: Mapped[str | None] = mapped_column(NAME)
    lesson: Mapped[str | None] = mapped_column(WORD)
    lesson_by: Mapped[str | None] = mapped_column(ID)
    lesson_at: Mapped[datetime | None]


class QualityReview(OfShop, Base):
    """A talk of a member's that was looked at by the form of policy/review_form.yml: ``marks`` (criterion → 2, 1, 0 or null) and
    ``faults`` of the form, ``score`` 0 to 100. ``answer`` and ``answered_at``: what the member said to it; ``agrees`` or not.

    ``conversation_id`` is no foreign key: when the talk is erased, the score stays and everything said of the talk goes.
    """

    __tablename__ = "quality_reviews"
    __table_args__ = (
        CheckConstraint("score >= 0 AND score <= 100", name="score"),
        Index("uq_quality_reviews_talk", "shop_id", "conversation_id", "staff_id", unique=True),
        Index("ix_quality_reviews_staff", "shop_id", "staff_id", "at"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    conversation_id: Mapped[str | None] = mapped_column(ID)
    staff_id: Mapped[str] = mapped_column(ID)
    reviewer_id: Mapped[str] = mapped_column(ID)
    marks: Mapped[dict[str, Any]] = mapped_column(default=dict)
    faults: Mapped[list[Any]] = mapped_column(default=list)
    score: Mapped[int]
    comment: Mapped[str | None] = mapped_column(Text)
    agrees: Mapped[bool | None]
    answer: Mapped[str | None] = mapped_column(Text)
    answered_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    at: Mapped[datetime]
