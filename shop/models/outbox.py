"""What the shop says unasked: messages planned and sent, orders watched for news, consent to marketing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from shop.models.base import ID, NAME, WORD, Base, OfShop


class OutboxRow(OfShop, Base):
    """One message for one event. ``key`` (event, order or talk, step) is unique: what makes an event be told once.

    ``state``: planned → sent (put into a talk, given to the webhook or both) → delivered (a window was open, or the webhook
    took it); suppressed or failed with ``why``. ``event_at`` is when it happened, ``due_at`` when it is looked at next.
    ``lease`` names the scheduler that is at it, until ``lease_until``. ``text``, ``row``, ``response`` and ``filled`` (values) are what was
    said and from what. ``hook_*``: the webhook's tries, the next of them, and the first.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        CheckConstraint("state IN ('planned', 'sent', 'delivered', 'suppressed', 'failed')", name="state"),
        Index("uq_outbox_key", "shop_id", "key", unique=True),
        Index("ix_outbox_due", "shop_id", "state", "due_at"),
        Index("ix_outbox_hook", "shop_id", "hook_next"),
        Index("ix_outbox_customer", "shop_id", "customer_id", "sent_at"),
        Index("ix_outbox_conversation", "shop_id", "conversation_id"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    key: Mapped[str] = mapped_column(NAME)
    event: Mapped[str] = mapped_column(WORD)
    step: Mapped[str] = mapped_column(WORD, default="")
    order_id: Mapped[str | None] = mapped_column(ID)
    customer_id: Mapped[str | None] = mapped_column(ID)
    conversation_id: Mapped[str | None] = mapped_column(ID)
    ref: Mapped[str | None] = mapped_column(NAME)
    state: Mapped[str] = mapped_column(WORD, default="planned")
    kind: Mapped[str | None] = mapped_column(WORD)
    row: Mapped[str | None] = mapped_column(WORD)
    response: Mapped[str | None] = mapped_column(NAME)
    filled: Mapped[dict[str, Any]] = mapped_column(default=dict)
    text: Mapped[str | None] = mapped_column(Text)
    why: Mapped[str | None] = mapped_column(NAME)
    event_at: Mapped[datetime]
    due_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    lease: Mapped[str | None] = mapped_column(ID)
    lease_until: Mapped[datetime | None]
    message_id: Mapped[str | None] = mapped_column(ID)
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    hook_first: Mapped[datetime | None]
    hook_next: Mapped[datetime | None]
    hook_tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class WatchedOrder(OfShop, Base):
    """What was seen of an order at the last look (``policy.proactive``), which version of it, and when to look again."""

    __tablename__ = "watched_orders"
    __table_args__ = (
        ForeignKeyConstraint(["shop_id", "order_id"], ["orders.shop_id", "orders.id"], ondelete="CASCADE"),
        Index("ix_watched_orders_next", "shop_id", "next_at"),
    )

    order_id: Mapped[str] = mapped_column(ID, primary_key=True)
    seen: Mapped[dict[str, Any]] = mapped_column(default=dict)
    synced_at: Mapped[datetime]
    next_at: Mapped[datetime | None]


class Consent(OfShop, Base):
    """Whether a shopper wants marketing. ``subject``: ``customer:<id>``, or ``talk:<id>`` of an anonymous one.
    ``answer`` is what the shopper pressed or typed: a yes is never assumed."""

    __tablename__ = "consents"
    __table_args__ = (CheckConstraint("state IN ('given', 'refused')", name="state"),)

    subject: Mapped[str] = mapped_column(NAME, primary_key=True)
    state: Mapped[str] = mapped_column(WORD)
    conversation_id: Mapped[str | None] = mapped_column(ID)
    answer: Mapped[str] = mapped_column(NAME)
    at: Mapped[datetime]
