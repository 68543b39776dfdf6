"""The scripts library: what agents send with a few keys, in folders of the shop's and of their own, and how often they did.

``owner`` is "" for the shop's own (everybody's) and a staff id for a personal one; it is no foreign key: a script outlives the account.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from shop.models.base import ID, NAME, WORD, Base, OfShop


class ScriptFolder(OfShop, Base):
    """A folder, two levels at most (``parent_id`` of one that has none). ``channel``: chat, or phone (spoken, never matched while
    typing). ``origin`` names the starting content it came with, which is made once."""

    __tablename__ = "script_folders"
    __table_args__ = (
        CheckConstraint("channel IN ('chat', 'phone')", name="channel"),
        ForeignKeyConstraint(["shop_id", "parent_id"], ["script_folders.shop_id", "script_folders.id"]),
        Index("ix_script_folders_owner", "shop_id", "owner"),
        Index("uq_script_folders_origin", "shop_id", "origin", unique=True),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    owner: Mapped[str] = mapped_column(ID, default="")
    parent_id: Mapped[str | None] = mapped_column(ID)
    name: Mapped[str] = mapped_column(NAME)
    channel: Mapped[str] = mapped_column(WORD, default="chat")
    place: Mapped[int] = mapped_column(default=0)
    origin: Mapped[str | None] = mapped_column(ID)


class Script(OfShop, Base):
    """A script. ``text`` with {values}; ``code`` typed after a slash (unique within its owner's); ``situation`` when to use it,
    ``must_say`` and ``must_not`` reminders; ``initials`` of title and text (pinyin); ``valid_from``/``valid_to`` days as written.
    ``inserted``, ``sent`` (as it stands), ``edited`` (sent changed) and ``copied`` count its uses, ``used_at`` the last; ``version``
    rises with every change; ``removed_at``: in the bin (``origin`` stays, so that starting content is not made again)."""

    __tablename__ = "scripts"
    __table_args__ = (
        ForeignKeyConstraint(["shop_id", "folder_id"], ["script_folders.shop_id", "script_folders.id"]),
        Index("ix_scripts_owner", "shop_id", "owner"),
        Index("uq_scripts_code", "shop_id", "owner", "code", unique=True),
        Index("uq_scripts_origin", "shop_id", "origin", unique=True),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    owner: Mapped[str] = mapped_column(ID, default="")
    folder_id: Mapped[str | None] = mapped_column(ID)
    title: Mapped[str] = mapped_column(NAME)
    text: Mapped[str] = mapped_column(Text)
    code: Mapped[str | None] = mapped_column(WORD)
    situation: Mapped[str] = mapped_column(Text, default="")
    must_say: Mapped[list[Any]] = mapped_column(default=list)
    must_not: Mapped[list[Any]] = mapped_column(default=list)
    source: Mapped[str | None] = mapped_column(NAME)
    origin: Mapped[str | None] = mapped_column(ID)
    initials: Mapped[str] = mapped_column(Text, default="")
    valid_from: Mapped[str | None] = mapped_column(WORD)
    valid_to: Mapped[str | None] = mapped_column(WORD)
    inserted: Mapped[int] = mapped_column(default=0)
    sent: Mapped[int] = mapped_column(default=0)
    edited: Mapped[int] = mapped_column(default=0)
    copied: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None]
    made_by: Mapped[str | None] = mapped_column(ID)
    made_at: Mapped[datetime]
    changed_by: Mapped[str | None] = mapped_column(ID)
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    removed_at: Mapped[datetime | None]


class ScriptPicture(OfShop, Base):
    """The picture of a script (a size chart, a return label), made anew from its pixels. ``stamp`` changes with the content."""

    __tablename__ = "script_pictures"
    __table_args__ = (ForeignKeyConstraint(["shop_id", "script_id"], ["scripts.shop_id", "scripts.id"], ondelete="CASCADE"),)

    script_id: Mapped[str] = mapped_column(ID, primary_key=True)
    mime: Mapped[str] = mapped_column(WORD)
    width: Mapped[int]
    height: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary)
    stamp: Mapped[str] = mapped_column(ID)


class ScriptUse(OfShop, Base):
    """One use of a script: ``outcome`` inserted (into a draft, not sent yet) | sent (as it stands, gaps filled in) | edited |
    copied (into another program). ``use_key`` keeps a message that is sent again from counting twice."""

    __tablename__ = "script_uses"
    __table_args__ = (
        ForeignKeyConstraint(["shop_id", "script_id"], ["scripts.shop_id", "scripts.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(["shop_id", "conversation_id"], ["conversations.shop_id", "conversations.id"], ondelete="CASCADE"),
        CheckConstraint("outcome IN ('inserted', 'sent', 'edited', 'copied')", name="outcome"),
        Index("ix_script_uses_script", "shop_id", "script_id", "at"),
        Index("ix_script_uses_at", "shop_id", "at"),
        Index("uq_script_uses_key", "shop_id", "use_key", unique=True),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    script_id: Mapped[str] = mapped_column(ID)
    staff_id: Mapped[str] = mapped_column(ID)
    conversation_id: Mapped[str | None] = mapped_column(ID)
    outcome: Mapped[str] = mapped_column(WORD)
    use_key: Mapped[str | None] = mapped_column(NAME)
    at: Mapped[datetime]
