"""The trainers' inbox: messages that the bot was not sure of, masked, with what a trainer made of them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from shop.models.base import ID, NAME, WORD, Base, OfShop


class InboxRow(OfShop, Base):
    """A message as trainers read it: ``text`` masked and without its numbers, ``plain`` the hash of its bare words (equal ones are the
    same question), ``day`` in the shop's time. ``reasons``: why it is here, as ``|fallback|margin|``. ``intent``, ``topic``, ``share``,
    ``second`` (both in thousandths) and ``ranking``: as the engine read it then; ``asked``: the response that stood before it.
    ``leader``: the group it is in.

    ``state`` open | labelled | dropped. ``label``, ``label_topic``, ``entities``, ``train`` and ``why`` are the trainer's, ``saved`` the
    commit that has the label. The id leads to no talk: only ``conversation_id`` and ``message_id`` do, and no trainer is told them.
    """

    __tablename__ = "inbox_messages"
    __table_args__ = (
        ForeignKeyConstraint(["shop_id", "conversation_id"], ["conversations.shop_id", "conversations.id"], ondelete="CASCADE"),
        CheckConstraint("state IN ('open', 'labelled', 'dropped')", name="state"),
        Index("uq_inbox_messages_message", "shop_id", "message_id", unique=True),
        Index("ix_inbox_messages_conversation", "shop_id", "conversation_id"),
        Index("ix_inbox_messages_state", "shop_id", "state", "leader"),
        Index("ix_inbox_messages_leader", "shop_id", "leader"),
        Index("ix_inbox_messages_plain", "shop_id", "plain"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ID)
    message_id: Mapped[str] = mapped_column(ID)
    text: Mapped[str] = mapped_column(Text)
    plain: Mapped[str] = mapped_column(ID)
    at: Mapped[datetime]
    day: Mapped[date]
    reasons: Mapped[str] = mapped_column(NAME)
    intent: Mapped[str | None] = mapped_column(ID)
    topic: Mapped[str | None] = mapped_column(ID)
    share: Mapped[int | None]
    second: Mapped[int | None]
    ranking: Mapped[list[Any]] = mapped_column(default=list)
    asked: Mapped[str | None] = mapped_column(NAME)
    leader: Mapped[str] = mapped_column(ID)
    state: Mapped[str] = mapped_column(WORD, default="open")
    label: Mapped[str | None] = mapped_column(ID)
    label_topic: Mapped[str | None] = mapped_column(ID)
    entities: Mapped[list[Any]] = mapped_column(default=list)
    train: Mapped[bool] = mapped_column(default=False, server_default=false())
    why: Mapped[str | None] = mapped_column(WORD)
    judged_by: Mapped[str | None] = mapped_column(ID)
    judged_at: Mapped[datetime | None]
    saved: Mapped[str | None] = mapped_column(ID)
