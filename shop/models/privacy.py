"""Receipts of what was done with personal data: retention runs, erased customers, copies given out. Names nobody."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from shop.models.base import ID, WORD, Base, OfShop


class DataReceipt(OfShop, Base):
    """``counts``: how many rows and files of which kind. ``subject_hash``: keyed hash of the customer id (customer, copy).
    ``state``: pending while something (the engine) has still to follow."""

    __tablename__ = "data_receipts"
    __table_args__ = (
        CheckConstraint("kind IN ('retention', 'customer', 'copy')", name="kind"),
        CheckConstraint("state IN ('pending', 'done')", name="state"),
        Index("ix_data_receipts_at", "shop_id", "kind", "at"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    kind: Mapped[str] = mapped_column(WORD)
    state: Mapped[str] = mapped_column(WORD)
    subject_hash: Mapped[str | None] = mapped_column(ID)
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    by: Mapped[str] = mapped_column(ID)
    at: Mapped[datetime]
