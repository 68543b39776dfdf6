"""What service did: effects, proofs of an anonymous shopper, concessions, counters (tickets: ``shop/models/tickets.py``).

``conversation_id`` here is no foreign key: a deed outlives its talk (erasure), and talks through Rasa's own ``rest``
channel have none.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from shop.models.base import ID, NAME, WORD, Base, OfShop


class Effect(OfShop, Base):
    """A deed in the world (decisions.md 7): only a ``done`` one may be spoken of as done."""

    __tablename__ = "effects"
    __table_args__ = (
        CheckConstraint("state IN ('done', 'pending', 'failed')", name="state"),
        Index("ix_effects_conversation", "shop_id", "conversation_id"),
        Index("ix_effects_ref", "shop_id", "kind", "ref"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    kind: Mapped[str] = mapped_column(WORD)
    state: Mapped[str] = mapped_column(WORD)
    ref: Mapped[str | None] = mapped_column(NAME)
    conversation_id: Mapped[str | None] = mapped_column(ID)
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Proof(OfShop, Base):
    """An order that a talk has proved by its number and the phone's last four digits."""

    __tablename__ = "proofs"

    conversation_id: Mapped[str] = mapped_column(ID, primary_key=True)
    order_id: Mapped[str] = mapped_column(ID, primary_key=True)
    at: Mapped[datetime]


class ProofAttempt(OfShop, Base):
    """Wrong tries of a day (Asia/Shanghai) by ``subject``: a hash of the order number asked for, or of the client address."""

    __tablename__ = "proof_attempts"

    subject: Mapped[str] = mapped_column(ID, primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    wrong: Mapped[int]
    last_at: Mapped[datetime]


class Concession(OfShop, Base):
    """Something given in bargaining (``kind``: gift | coupon), counted per talk or customer and product."""

    __tablename__ = "concessions"
    __table_args__ = (
        Index("ix_concessions_conversation", "shop_id", "conversation_id", "product_id", "at"),
        Index("ix_concessions_customer", "shop_id", "customer_id", "product_id", "at"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ID)
    customer_id: Mapped[str | None] = mapped_column(ID)
    product_id: Mapped[str] = mapped_column(ID)
    kind: Mapped[str] = mapped_column(WORD)
    ref: Mapped[str | None] = mapped_column(NAME)
    at: Mapped[datetime]


class Counter(OfShop, Base):
    """A running number by name (tickets of a day, …). Raising it also serialises who raises it."""

    __tablename__ = "counters"

    name: Mapped[str] = mapped_column(NAME, primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger)
