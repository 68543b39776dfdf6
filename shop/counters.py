"""Running numbers of a shop. Raising one also locks it until the transaction ends, so what follows happens one at a time."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

# Understood by SQLite (3.35 on) and PostgreSQL alike.
_RAISE = text(
    "INSERT INTO counters (shop_id, name, value) VALUES (:shop_id, :name, :step)"
    " ON CONFLICT (shop_id, name) DO UPDATE SET value = counters.value + :step RETURNING value"
)
_NEXT_SEQ = text("UPDATE conversations SET last_seq = last_seq + 1 WHERE shop_id = :shop_id AND id = :id RETURNING last_seq")


def next_value(session: Session, shop_id: str, name: str) -> int:
    """The counter's next value, from 1, without gaps except for transactions rolled back."""
    return int(session.execute(_RAISE, {"shop_id": shop_id, "name": name, "step": 1}).scalar_one())


def hold(session: Session, shop_id: str, name: str) -> None:
    """Make others who hold the same name wait until this transaction ends."""
    session.execute(_RAISE, {"shop_id": shop_id, "name": name, "step": 0})


def next_seq(session: Session, shop_id: str, conversation_id: str) -> int:
    """Take the next message number of a talk (from 1). LookupError when the shop has no such talk."""
    found = session.execute(_NEXT_SEQ, {"shop_id": shop_id, "id": conversation_id}).scalar_one_or_none()
    if found is None:
        raise LookupError(f"there is no conversation {conversation_id}")
    return int(found)
