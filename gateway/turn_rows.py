"""The statements of every turn, over tables rather than mapped classes: a row that is only read or only written needs no unit of work.

Measured (docs/decisions.md): a talk read so costs a third, a message stored and a turn ended less than half. All else of the store
speaks of mapped classes, as the rest of the project does. Each is built once; building one anew costs more than running it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import BindParameter, Connection, Row, Table, bindparam, insert, select, update

from shop.models import Attachment, Choice, Conversation, Message

TALKS, MESSAGES = cast(Table, Conversation.__table__), cast(Table, Message.__table__)
CHOICES, FILES = cast(Table, Choice.__table__), cast(Table, Attachment.__table__)

_SHOP: BindParameter[str] = bindparam("of_shop")
_ID: BindParameter[str] = bindparam("of_talk")
_THIS = (TALKS.c.shop_id == _SHOP, TALKS.c.id == _ID)
_ITS = (MESSAGES.c.shop_id == _SHOP, MESSAGES.c.conversation_id == _ID)

_TALK = select(TALKS).where(*_THIS)
_LOCKED = _TALK.with_for_update()
_PENDING = select(MESSAGES).where(*_ITS, MESSAGES.c.sender == "shopper", MESSAGES.c.state == "received").order_by(MESSAGES.c.seq)
_SENT = select(MESSAGES).where(*_ITS, MESSAGES.c.client_id == bindparam("client"))
_THESE = (
    select(MESSAGES.c.id, MESSAGES.c.seq, MESSAGES.c.trace)
    .where(*_ITS, MESSAGES.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(MESSAGES.c.seq)
)
_ADD = insert(MESSAGES)
_EMPTY = {column.name: None for column in MESSAGES.columns if column.nullable}
_OFFERED = select(CHOICES.c.id).where(CHOICES.c.shop_id == _SHOP, CHOICES.c.id.in_(bindparam("ids", expanding=True)))
_OFFER = insert(CHOICES)
_TOLD = (
    update(MESSAGES).where(*_ITS, MESSAGES.c.seq == bindparam("of_seq")).values(trace=bindparam("new_trace"), state=bindparam("new_state"))
)
_NOTED = update(MESSAGES).where(*_ITS, MESSAGES.c.seq == bindparam("of_seq")).values(trace=bindparam("new_trace"))
_STANDS = (
    update(TALKS)
    .where(*_THIS)
    .values(
        last_seq=bindparam("new_seq"),
        owner=bindparam("new_owner"),
        updated_at=bindparam("new_time"),
        read_by_shop=bindparam("new_read"),
    )
)
_READ = (
    update(TALKS)
    .where(*_THIS, TALKS.c.read_by_shop < bindparam("new_read"), TALKS.c.last_seq >= bindparam("new_read"))
    .values(read_by_shop=bindparam("new_read"))
)
# What staff sent is never the shopper's evidence.
_FILES = (
    select(FILES.c.id)
    .where(FILES.c.shop_id == _SHOP, FILES.c.conversation_id == _ID, FILES.c.staff_id.is_(None))
    .order_by(FILES.c.at, FILES.c.id)
)
# Those that a message has: the others are no evidence.
_SHOWN = _FILES.where(FILES.c.message_id.is_not(None))


def talk_row(rows: Connection, shop_id: str, talk_id: str, *, lock: bool = False) -> Row[Any] | None:
    """The row of a talk; ``lock``: it is to be changed in this transaction."""
    return rows.execute(_LOCKED if lock else _TALK, {"of_shop": shop_id, "of_talk": talk_id}).one_or_none()


def pending_rows(rows: Connection, shop_id: str, talk_id: str) -> Sequence[Row[Any]]:
    """The shopper's messages that nobody answered yet, oldest first."""
    return rows.execute(_PENDING, {"of_shop": shop_id, "of_talk": talk_id}).all()


def sent_row(rows: Connection, shop_id: str, talk_id: str, client_id: str) -> Row[Any] | None:
    """The message that was sent with this ``client_id``."""
    return rows.execute(_SENT, {"of_shop": shop_id, "of_talk": talk_id, "client": client_id}).one_or_none()


def add_messages(rows: Connection, values: Sequence[Mapping[str, Any]]) -> None:
    """Store messages, each with all columns but those that may be empty."""
    if values:
        rows.execute(_ADD, [{**_EMPTY, **one} for one in values])


def add_choices(rows: Connection, shop_id: str, values: Sequence[Mapping[str, Any]], *, known: bool) -> None:
    """Store buttons. ``known``: some may be stored already, and those stay as they are."""
    if known and values:
        ids = {"of_shop": shop_id, "ids": [one["id"] for one in values]}
        there = set(rows.execute(_OFFERED, ids).scalars())
        values = list({one["id"]: one for one in reversed(values) if one["id"] not in there}.values())
    if values:
        rows.execute(_OFFER, list(values))


def mark(rows: Connection, shop_id: str, talk_id: str, ids: Iterable[str], more: Mapping[str, Any], state: str | None = None) -> list[int]:
    """Add to the traces of these messages, and set their state when one is given; their seqs, in order."""
    found = rows.execute(_THESE, {"of_shop": shop_id, "of_talk": talk_id, "ids": list(ids)}).all()
    if found:
        key = {"of_shop": shop_id, "of_talk": talk_id, **({} if state is None else {"new_state": state})}
        told = [{**key, "of_seq": one.seq, "new_trace": {**(one.trace or {}), **more}} for one in found]
        rows.execute(_NOTED if state is None else _TOLD, told)
    return [one.seq for one in found]


def stands(rows: Connection, shop_id: str, talk_id: str, last_seq: int, owner: str, updated_at: datetime, read_by_shop: int) -> None:
    """Write down how a talk stands after something was said in it."""
    values = {"new_seq": last_seq, "new_owner": owner, "new_time": updated_at, "new_read": read_by_shop}
    rows.execute(_STANDS, {"of_shop": shop_id, "of_talk": talk_id, **values})


def read_by_shop(rows: Connection, shop_id: str, talk_id: str, seq: int) -> None:
    """The bot has read up to ``seq``; never backwards."""
    rows.execute(_READ, {"of_shop": shop_id, "of_talk": talk_id, "new_read": seq})


def file_ids(rows: Connection, shop_id: str, talk_id: str, *, sent: bool) -> list[str]:
    """Ids of the shopper's files, oldest first; ``sent``: only those that a message has."""
    return list(rows.execute(_SHOWN if sent else _FILES, {"of_shop": shop_id, "of_talk": talk_id}).scalars())
