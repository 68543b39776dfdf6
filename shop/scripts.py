"""The scripts of a shop and of its people: folders of two levels, scripts with short codes and days they hold, a bin, pictures.

Everything here is within one owner: "" is the shop's own, else a staff id. Who may do what is the caller's to know (gateway/library.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine, Select, bindparam, func, select
from sqlalchemy.orm import Session

from policy.validity import Period, period
from shop.clock import Clock
from shop.counters import next_value
from shop.db import reading, writing
from shop.models import Counter, Script, ScriptFolder, ScriptPicture
from shop.script_rules import InvalidScript, ScriptConflict, UnknownScript, checked
from shop.script_search import initials

PUBLIC = ""
# One counter for each owner, raised with every change of theirs: what was read of the library is known to be old. Raising it first also
# makes the changes of one owner wait for each other.
COUNTER = "scripts:"
MOST = 3_000
MOST_FOLDERS = 200
_REVISIONS = select(Counter.name, Counter.value).where(
    Counter.shop_id == bindparam("shop"), Counter.name.in_(bindparam("names", expanding=True))
)


@dataclass(frozen=True)
class Folder:
    """A folder; ``parent`` is the id of the one it is in."""

    id: str
    owner: str
    parent: str | None
    name: str
    channel: str
    place: int


@dataclass(frozen=True)
class LibraryScript:
    """A script as it is read; fields as in shop/models/scripts.py. ``picture``: the stamp of its picture, None without one."""

    id: str
    owner: str
    folder: str | None
    title: str
    text: str
    code: str | None
    situation: str
    must_say: tuple[str, ...]
    must_not: tuple[str, ...]
    source: str | None
    initials: str
    valid_from: str | None
    valid_to: str | None
    valid: Period
    inserted: int
    sent: int
    edited: int
    copied: int
    used_at: datetime | None
    made_at: datetime
    changed_by: str | None
    changed_at: datetime
    version: int
    removed_at: datetime | None
    picture: str | None

    @property
    def uses(self) -> int:
        """How often it went out: sent as it stands, sent changed, or copied."""
        return self.sent + self.edited + self.copied


class Scripts:
    """The scripts library of one shop. Safe to share between threads."""

    def __init__(self, engine: Engine, shop_id: str, clock: Clock) -> None:
        self._engine = engine
        self._shop = shop_id
        self._clock = clock

    def revisions(self, *owners: str) -> tuple[int, ...]:
        """Of each owner a number that rises with every change of theirs (uses are none)."""
        with reading(self._engine) as session:
            found = session.execute(_REVISIONS, {"shop": self._shop, "names": [COUNTER + one for one in owners]})
            values = {name: int(value) for name, value in found}
        return tuple(values.get(COUNTER + one, 0) for one in owners)

    def folders(self, *owners: str) -> list[Folder]:
        """The folders of these owners, in their order."""
        with reading(self._engine) as session:
            mine = (ScriptFolder.shop_id == self._shop, ScriptFolder.owner.in_(owners))
            rows = session.scalars(select(ScriptFolder).where(*mine).order_by(ScriptFolder.owner, ScriptFolder.place, ScriptFolder.id))
            return [Folder(row.id, row.owner, row.parent_id, row.name, row.channel, row.place) for row in rows]

    def all(self, *owners: str, removed: bool = False) -> list[LibraryScript]:
        """The scripts of these owners (without any: of everybody), or those in the bin."""
        query = self._rows().where(Script.removed_at.is_not(None) if removed else Script.removed_at.is_(None))
        if owners:
            query = query.where(Script.owner.in_(owners))
        with reading(self._engine) as session:
            return [_script(row, stamp) for row, stamp in session.execute(query.order_by(Script.title, Script.id))]

    def get(self, script_id: str) -> LibraryScript:
        """One script, in the bin or not. Raises UnknownScript."""
        with reading(self._engine) as session:
            return self._read(session, script_id)

    def add(self, owner: str, by: str, records: Sequence[Mapping[str, Any]]) -> list[LibraryScript]:
        """New scripts of an owner, all or none of them; fields as in ``script_rules.FIELDS``, ``folder`` an id.

        Raises:
            InvalidScript: names the field, and with ``row`` the record (from 0).
            ScriptConflict: a code is taken.
        """
        now = self._clock.now()
        # Everything that takes time is done before the database is locked: shoppers' messages do not wait for a thousand lines.
        prepared = [self._prepared(row, record) for row, record in enumerate(records)]
        ids = [f"k_{uuid4().hex[:16]}" for _ in prepared]
        with writing(self._engine) as session:
            self._changed(session, owner)
            count = select(func.count()).where(Script.shop_id == self._shop, Script.owner == owner, Script.removed_at.is_(None))
            if int(session.scalar(count) or 0) + len(records) > MOST:
                raise InvalidScript("title", "too-many", f"an owner has at most {MOST} scripts: put some into the bin")
            for row, (script_id, values) in enumerate(zip(ids, prepared, strict=True)):
                try:
                    self._fits(session, owner, values)
                except (InvalidScript, ScriptConflict) as error:
                    error.row = row
                    raise
                by_whom = {"made_by": by, "made_at": now, "changed_by": by, "changed_at": now}
                session.add(Script(shop_id=self._shop, id=script_id, owner=owner, **by_whom, **values))
            session.flush()
            found = {one.id: _script(one, stamp) for one, stamp in session.execute(self._rows().where(Script.id.in_(ids)))}
        return [found[script_id] for script_id in ids]

    def change(self, script_id: str, by: str, version: int, changes: Mapping[str, Any]) -> LibraryScript:
        """Change some fields of a script that still has this ``version``.

        Raises:
            UnknownScript: there is none, or it is in the bin.
            ScriptConflict: somebody else has changed it since, or a code is taken.
            InvalidScript: names the field.
        """
        values = checked(changes, whole=False)
        if {"title", "text"} & set(values):
            before = self.get(script_id)
            values["initials"] = letters_of(values.get("title", before.title), values.get("text", before.text))
        with writing(self._engine) as session:
            row = self._row(session, script_id)
            self._changed(session, row.owner)
            session.refresh(row)
            if row.removed_at is not None:
                raise UnknownScript(script_id)
            if row.version != version:
                raise ScriptConflict("version", f"it has been changed meanwhile (version {row.version}): read it again")
            dates = {name: values.get(name, getattr(row, name)) for name in ("valid_from", "valid_to")}
            checked(dates, whole=False)
            self._fits(session, row.owner, values, but=row.id)
            for name, value in values.items():
                setattr(row, name, value)
            row.changed_by, row.changed_at, row.version = by, self._clock.now(), row.version + 1
            session.flush()
            return self._read(session, script_id)

    def remove(self, ids: Sequence[str], by: str) -> int:
        """Put scripts into the bin (their codes become free); how many there were."""
        return self._bin(ids, by, removed=True)

    def restore(self, ids: Sequence[str], by: str) -> int:
        """Take scripts out of the bin, without a code; how many there were. A folder that is gone is left out."""
        return self._bin(ids, by, removed=False)

    def put_picture(self, script_id: str, by: str, mime: str, width: int, height: int, content: bytes) -> LibraryScript:
        """Give a script a picture (a decoded and clean one); the former goes. Raises UnknownScript."""
        with writing(self._engine) as session:
            self._row(session, script_id)
            row = session.get(ScriptPicture, (self._shop, script_id)) or ScriptPicture(shop_id=self._shop, script_id=script_id)
            row.mime, row.width, row.height, row.content = mime, width, height, content
            row.stamp = hashlib.sha256(content).hexdigest()[:16]
            session.add(row)
            return self._touched(session, script_id, by)

    def drop_picture(self, script_id: str, by: str) -> LibraryScript:
        """Take a script's picture away. Raises UnknownScript."""
        with writing(self._engine) as session:
            self._row(session, script_id)
            row = session.get(ScriptPicture, (self._shop, script_id))
            if row is not None:
                session.delete(row)
            return self._touched(session, script_id, by)

    def picture(self, script_id: str) -> tuple[str, bytes] | None:
        """A script's picture: media type and content."""
        with reading(self._engine) as session:
            row = session.get(ScriptPicture, (self._shop, script_id))
            return (row.mime, row.content) if row is not None else None

    @staticmethod
    def _prepared(row: int, record: Mapping[str, Any]) -> dict[str, Any]:
        try:
            values = checked(record, whole=True)
        except InvalidScript as error:
            error.row = row
            raise
        return {**values, "initials": letters_of(values["title"], values["text"])}

    def _touched(self, session: Session, script_id: str, by: str) -> LibraryScript:
        row = self._row(session, script_id)
        self._changed(session, row.owner)
        row.changed_by, row.changed_at, row.version = by, self._clock.now(), row.version + 1
        session.flush()
        return self._read(session, script_id)

    def _bin(self, ids: Sequence[str], by: str, *, removed: bool) -> int:
        now = self._clock.now()
        with writing(self._engine) as session:
            mine = (Script.shop_id == self._shop, Script.id.in_(list(ids)))
            rows = session.scalars(select(Script).where(*mine, Script.removed_at.is_(None) if removed else Script.removed_at.is_not(None)))
            there = set(session.scalars(select(ScriptFolder.id).where(ScriptFolder.shop_id == self._shop)))
            count, owners = 0, set()
            for row in rows:
                row.removed_at, row.code = (now if removed else None), None
                row.folder_id = row.folder_id if row.folder_id in there else None
                row.changed_by, row.changed_at, row.version = by, now, row.version + 1
                count += 1
                owners.add(row.owner)
            for owner in sorted(owners):
                self._changed(session, owner)
            return count

    def _fits(self, session: Session, owner: str, values: Mapping[str, Any], *, but: str | None = None) -> None:
        """The folder is the owner's and the code is free."""
        folder = values.get("folder_id")
        if folder is not None:
            found = session.get(ScriptFolder, (self._shop, folder))
            if found is None or found.owner != owner:
                raise InvalidScript("folder", "folder", "there is no such folder here: choose one of the same owner")
        code = values.get("code")
        if code is not None:
            same = (Script.shop_id == self._shop, Script.owner == owner, Script.code == code, Script.id != (but or ""))
            taken = session.scalar(select(Script.title).where(*same))
            if taken is not None:
                raise ScriptConflict("code-taken", f"the code {code} belongs to {taken}: choose another one", taken_by=taken, code=code)

    def _changed(self, session: Session, owner: str) -> None:
        next_value(session, self._shop, COUNTER + owner)

    def _rows(self) -> Select[Script, str]:
        picture = (ScriptPicture.shop_id == Script.shop_id) & (ScriptPicture.script_id == Script.id)
        return select(Script, ScriptPicture.stamp).outerjoin(ScriptPicture, picture).where(Script.shop_id == self._shop)

    def _read(self, session: Session, script_id: str) -> LibraryScript:
        found = session.execute(self._rows().where(Script.id == script_id)).one_or_none()
        if found is None:
            raise UnknownScript(script_id)
        return _script(found[0], found[1])

    def _row(self, session: Session, script_id: str) -> Script:
        row = session.get(Script, (self._shop, script_id))
        if row is None:
            raise UnknownScript(script_id)
        return row


def letters_of(title: str, text: str) -> str:
    """What is kept to find a script by its pinyin: the initials of title and text, a line each."""
    return f"{initials(title)}\n{initials(text)}"


def _script(row: Script, stamp: str | None) -> LibraryScript:
    same = ("situation", "source", "initials", "valid_from", "valid_to", "inserted", "sent", "edited", "copied", "used_at", "made_at")
    return LibraryScript(
        id=row.id,
        owner=row.owner,
        folder=row.folder_id,
        title=row.title,
        text=row.text,
        code=row.code,
        must_say=tuple(row.must_say),
        must_not=tuple(row.must_not),
        valid=period({"valid_from": row.valid_from, "valid_to": row.valid_to}, row.id),
        changed_by=row.changed_by,
        changed_at=row.changed_at,
        version=row.version,
        removed_at=row.removed_at,
        picture=stamp,
        **{name: getattr(row, name) for name in same},
    )
