"""What the desk keeps beside talks and orders: flags with notes on orders (备注插旗), and talks that somebody comes back to.

``staff_id`` is no foreign key: what was noted outlives the account.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from shop.models.base import ID, WORD, Base, OfShop


class OrderFlagRow(OfShop, Base):
    """A flag and note on an order. Rows are only ever added: the one with the highest ``seq`` (from 1) counts, the others are its past.
    ``flag`` none with an empty note: taken off."""

    __tablename__ = "order_flags"
    __table_args__ = (
        ForeignKeyConstraint(["shop_id", "order_id"], ["orders.shop_id", "orders.id"], ondelete="CASCADE"),
        CheckConstraint("flag IN ('none', 'red', 'yellow', 'green', 'blue', 'purple')", name="flag"),
    )

    order_id: Mapped[str] = mapped_column(ID, primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    flag: Mapped[str] = mapped_column(WORD)
    note: Mapped[str] = mapped_column(Text)
    staff_id: Mapped[str] = mapped_column(ID)
    at: Mapped[datetime]


class FollowUpRow(OfShop, Base):
    """A talk that ``staff_id`` comes back to at ``due_at``; ``done_at`` is empty until somebody did."""

    __tablename__ = "follow_ups"
    __table_args__ = (
        ForeignKeyConstraint(["shop_id", "conversation_id"], ["conversations.shop_id", "conversations.id"], ondelete="CASCADE"),
        Index("ix_follow_ups_conversation", "shop_id", "conversation_id"),
        Index("ix_follow_ups_due", "shop_id", "done_at", "due_at"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ID)
    staff_id: Mapped[str] = mapped_column(ID)
    due_at: Mapped[datetime]
    note: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    done_by: Mapped[str | None] = mapped_column(ID)
