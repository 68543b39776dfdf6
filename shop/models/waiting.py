"""Alerts that went out because a shopper waited and nobody of the shop was in front of a desk."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from shop.models.base import ID, Base, OfShop


class WaitingAlert(OfShop, Base):
    """One alert for one wait: ``stage`` 1 or 2 (the second time) of the wait that began at ``waiting_since``.

    ``next_at`` is when it may be tried (again): a gateway that tries it moves it on, so that no other one does. ``delivered_at``: taken.
    """

    __tablename__ = "waiting_alerts"
    __table_args__ = (
        ForeignKeyConstraint(["shop_id", "conversation_id"], ["conversations.shop_id", "conversations.id"], ondelete="CASCADE"),
        Index("uq_waiting_alerts_wait", "shop_id", "conversation_id", "waiting_since", "stage", unique=True),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ID)
    waiting_since: Mapped[datetime]
    stage: Mapped[int]
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]
