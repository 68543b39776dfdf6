"""Puts scripts that come from files into the shop's library: once each; what somebody has edited or binned is left as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from shop.clock import Clock
from shop.counters import next_value
from shop.db import reading, writing
from shop.models import Script, ScriptFolder
from shop.script_rules import checked
from shop.scripts import COUNTER, PUBLIC, letters_of

_FOLLOWED = ("title", "text", "situation", "must_say", "must_not", "source")


def put(engine: Engine, shop_id: str, clock: Clock, records: Sequence[Mapping[str, Any]], folders: Sequence[Mapping[str, Any]]) -> int:
    """Make or bring up to date the public scripts with these origins; how many were.

    ``records``: ``origin``, ``folder_origin`` (of one of ``folders``: origin, name, channel) and the fields of a script. Raises
    InvalidScript when a file holds what no script may be.
    """
    wanted = {str(record["origin"]): record for record in records}
    with reading(engine) as session:
        seen = _differing(session, shop_id, wanted)
    if not seen:
        return 0
    # Several seconds of work on a busy machine: nobody's message waits for it, since no transaction is open yet.
    letters = {origin: letters_of(str(wanted[origin]["title"]), str(wanted[origin]["text"])) for origin in seen}
    now = clock.now()
    with writing(engine) as session:
        next_value(session, shop_id, COUNTER + PUBLIC)
        differing = _differing(session, shop_id, wanted)
        there = {row.origin: row for row in session.scalars(select(Script).where(Script.shop_id == shop_id, Script.origin.is_not(None)))}
        taken = set(session.scalars(select(Script.code).where(Script.shop_id == shop_id, Script.owner == PUBLIC, Script.code.is_not(None))))
        for origin in differing:
            record = wanted[origin]
            fields = checked({name: record[name] for name in _FOLLOWED}, whole=True)
            row = there.get(origin)
            if row is None:
                made_in = next(one for one in folders if one["origin"] == record["folder_origin"])
                code = record.get("code") if record.get("code") not in taken else None
                row = Script(shop_id=shop_id, id=f"k_{uuid4().hex[:16]}", owner=PUBLIC, origin=origin, code=code, made_at=now)
                row.folder_id = _folder(session, shop_id, made_in)
                session.add(row)
            for name, value in fields.items():
                setattr(row, name, value)
            row.initials, row.changed_at = letters.get(origin) or letters_of(row.title, row.text), now
            session.flush()
        return len(differing)


def _differing(session: Session, shop_id: str, wanted: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Origins that are not there, or are untouched and say something else now; in the order of the files."""
    there = {row.origin: row for row in session.scalars(select(Script).where(Script.shop_id == shop_id, Script.origin.is_not(None)))}
    found = []
    for origin, record in wanted.items():
        row = there.get(origin)
        untouched = row is not None and row.changed_by is None
        if row is None or (untouched and any(getattr(row, name) != record[name] for name in _FOLLOWED)):
            found.append(origin)
    return found


def _folder(session: Session, shop_id: str, wanted: Mapping[str, Any]) -> str:
    """The starting folder, made when it is not there."""
    mine = (ScriptFolder.shop_id == shop_id, ScriptFolder.owner == PUBLIC)
    found = session.scalar(select(ScriptFolder.id).where(*mine, ScriptFolder.origin == wanted["origin"]))
    if found is not None:
        return found
    number = int(session.scalar(select(func.count()).select_from(ScriptFolder).where(*mine)) or 0)
    made = ScriptFolder(
        shop_id=shop_id,
        id=f"f_{uuid4().hex[:16]}",
        owner=PUBLIC,
        name=str(wanted["name"]),
        channel=str(wanted["channel"]),
        place=number,
        origin=str(wanted["origin"]),
    )
    session.add(made)
    session.flush()
    return made.id
