"""What the shop knows of its goods beyond the catalogue: reviewed answers, and what it was asked and could not say."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from shop.models.base import ID, NAME, WORD, Base, OfShop


class ProductAnswer(OfShop, Base):
    """A reviewed answer about one attribute of a product, a series or a kind (policy/knowledge.py).

    ``valid_from``, ``valid_to``: a day or an instant as ISO text, as the shop wrote it (policy/validity.py reads it).
    """

    __tablename__ = "product_answers"
    __table_args__ = (
        CheckConstraint("scope IN ('kind', 'series', 'product')", name="scope"),
        Index("ix_product_answers_target", "shop_id", "scope", "target"),
    )

    id: Mapped[str] = mapped_column(NAME, primary_key=True)
    scope: Mapped[str] = mapped_column(WORD)
    target: Mapped[str] = mapped_column(NAME)
    attribute: Mapped[str] = mapped_column(ID)
    questions: Mapped[list[Any]] = mapped_column(default=list)
    answer: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(NAME)
    valid_from: Mapped[str | None] = mapped_column(WORD)
    valid_to: Mapped[str | None] = mapped_column(WORD)
    updated_at: Mapped[datetime]


class MissingFact(OfShop, Base):
    """How often something about a product was asked that the shop had no answer for. No words and no shopper: no personal data.

    ``attribute``: an attribute or topic of policy/knowledge.py, or ``other``.
    """

    __tablename__ = "missing_facts"
    __table_args__ = (
        ForeignKeyConstraint(["shop_id", "product_id"], ["products.shop_id", "products.id"], ondelete="CASCADE"),
        CheckConstraint("times > 0", name="times"),
    )

    product_id: Mapped[str] = mapped_column(ID, primary_key=True)
    attribute: Mapped[str] = mapped_column(ID, primary_key=True)
    times: Mapped[int]
    first_asked: Mapped[datetime]
    last_asked: Mapped[datetime]
