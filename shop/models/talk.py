"""Talks with shoppers, as the gateway stores them: conversations, messages, choices, attachments, blocks, rate limits, erasures."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from shop.models.base import ID, NAME, WORD, Base, OfShop


class Conversation(OfShop, Base):
    """A talk. ``owner``: bot | queue | agent:<id> | closed. ``token_hash`` is all that is kept of its token,
    ``address_hash`` of the client's address. ``last_seq`` is the number of its newest message (0: none),
    ``read_by_shop`` and ``read_by_shopper`` that of the newest one which bot or agent, and which the shopper has read."""

    __tablename__ = "conversations"
    __table_args__ = (
        Index("ix_conversations_customer", "shop_id", "customer_id", "updated_at"),
        Index("ix_conversations_owner", "shop_id", "owner", "updated_at"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    token_hash: Mapped[str] = mapped_column(ID)
    customer_id: Mapped[str | None] = mapped_column(ID)
    owner: Mapped[str] = mapped_column(NAME, default="bot")
    product_id: Mapped[str | None] = mapped_column(ID)
    last_seq: Mapped[int] = mapped_column(BigInteger, default=0)
    read_by_shop: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    read_by_shopper: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    address_hash: Mapped[str | None] = mapped_column(ID)
    rating: Mapped[int | None]
    rating_comment: Mapped[str | None] = mapped_column(Text)
    rated_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Message(OfShop, Base):
    """A message of a talk, ``seq`` from 1 without gaps. ``sender`` is the API's ``from``: shopper | bot | agent | system.

    ``state`` of a shopper's message: received | answered | failed. ``content_hash`` tells a re-sent message
    (same ``client_id``) from one that reuses the id for other content.
    """

    __tablename__ = "messages"
    __table_args__ = (
        ForeignKeyConstraint(["shop_id", "conversation_id"], ["conversations.shop_id", "conversations.id"], ondelete="CASCADE"),
        CheckConstraint("sender IN ('shopper', 'bot', 'agent', 'system')", name="sender"),
        CheckConstraint("state IN ('received', 'answered', 'failed')", name="state"),
        Index("uq_messages_id", "shop_id", "id", unique=True),
        Index("uq_messages_client_id", "shop_id", "conversation_id", "client_id", unique=True),
        Index("ix_messages_state", "shop_id", "state", "at"),
    )

    conversation_id: Mapped[str] = mapped_column(ID, primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(ID)
    sender: Mapped[str] = mapped_column(WORD)
    text: Mapped[str | None] = mapped_column(Text)
    buttons: Mapped[list[Any] | None]
    image: Mapped[str | None] = mapped_column(Text)
    card: Mapped[dict[str, Any] | None]
    client_id: Mapped[str | None] = mapped_column(ID)
    trace: Mapped[dict[str, Any] | None]
    content_hash: Mapped[str | None] = mapped_column(ID)
    state: Mapped[str] = mapped_column(WORD, default="received")
    at: Mapped[datetime]


class Choice(OfShop, Base):
    """What stands behind a button sent in a talk: the opaque ``id`` goes out, the ``payload`` stays here."""

    __tablename__ = "choices"
    __table_args__ = (
        ForeignKeyConstraint(["shop_id", "conversation_id"], ["conversations.shop_id", "conversations.id"], ondelete="CASCADE"),
        Index("ix_choices_conversation", "shop_id", "conversation_id"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ID)
    payload: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(NAME)
    at: Mapped[datetime]


class Attachment(OfShop, Base):
    """A photo or video of a talk; ``path`` is relative to the installation's home, ``size`` in bytes, the rest in pixels.
    ``message_id`` is empty until the upload is sent in a message, and again once that message is recalled.
    ``staff_id``: who of the staff sent it; empty: the shopper."""

    __tablename__ = "attachments"
    __table_args__ = (
        ForeignKeyConstraint(["shop_id", "conversation_id"], ["conversations.shop_id", "conversations.id"], ondelete="CASCADE"),
        Index("ix_attachments_conversation", "shop_id", "conversation_id"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ID)
    message_id: Mapped[str | None] = mapped_column(ID)
    mime: Mapped[str] = mapped_column(WORD)
    size: Mapped[int] = mapped_column(BigInteger)
    path: Mapped[str] = mapped_column(Text)
    width: Mapped[int | None]
    height: Mapped[int | None]
    staff_id: Mapped[str | None] = mapped_column(ID)
    at: Mapped[datetime]


class BlockRow(OfShop, Base):
    """A shopper whose messages are not taken. ``subject``: ``customer:<id>``, or ``talk:<id>`` of somebody without an account.

    ``conversation_id``: the talk it came from; ``address_hash``: only of an anonymous one, whose next talk is known by it for a while;
    ``until``: its end (empty: until it is lifted). That it was done and undone stands among the deeds; here is what holds now.
    """

    __tablename__ = "blocks"
    __table_args__ = (Index("ix_blocks_address", "shop_id", "address_hash", "at"),)

    subject: Mapped[str] = mapped_column(NAME, primary_key=True)
    conversation_id: Mapped[str | None] = mapped_column(ID)
    address_hash: Mapped[str | None] = mapped_column(ID)
    staff_id: Mapped[str] = mapped_column(ID)
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    until: Mapped[datetime | None]


class RateLimit(OfShop, Base):
    """Requests of ``subject`` (a talk, a hashed address) in the window that began at ``window_start``."""

    __tablename__ = "rate_limits"

    subject: Mapped[str] = mapped_column(NAME, primary_key=True)
    window_start: Mapped[datetime] = mapped_column(primary_key=True)
    count: Mapped[int]


class Erasure(OfShop, Base):
    """The receipt of an erased talk: that it was, when, and how many rows and files; nothing of what was said."""

    __tablename__ = "erasures"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    conversation_hash: Mapped[str] = mapped_column(ID)
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    at: Mapped[datetime]
