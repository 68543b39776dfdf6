"""Rows of talks as plain values."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row

from gateway.talks import StoredMessage, Talk
from shop.models import Conversation, Message


def new_id(prefix: str) -> str:
    """An id nobody can guess."""
    return f"{prefix}_{secrets.token_urlsafe(12)}"


def talk_of(row: Conversation | Row[Any]) -> Talk:
    """A row as a value."""
    return Talk(
        row.id,
        row.customer_id,
        row.owner,
        row.product_id,
        row.last_seq,
        row.created_at,
        row.token_hash,
        row.read_by_shop,
        row.read_by_shopper,
    )


def message_of(row: Message | Row[Any]) -> StoredMessage:
    """A row as a value."""
    return StoredMessage(
        id=row.id,
        seq=row.seq,
        sender=row.sender,
        text=row.text or "",
        at=row.at,
        buttons=tuple(row.buttons or ()),
        image=row.image,
        card=row.card,
        client_id=row.client_id,
        state=row.state,
        trace=row.trace or {},
        content_hash=row.content_hash,
    )


def stored_of(values: Mapping[str, Any]) -> StoredMessage:
    """A row about to be stored, as a value."""
    return StoredMessage(
        id=values["id"],
        seq=values["seq"],
        sender=values["sender"],
        text=values["text"] or "",
        at=values["at"],
        buttons=tuple(values.get("buttons") or ()),
        image=values.get("image"),
        card=values.get("card"),
        client_id=values.get("client_id"),
        state=values["state"],
        trace=values.get("trace") or {},
        content_hash=values.get("content_hash"),
    )
