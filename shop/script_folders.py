"""Folders of the scripts library: two levels, each within one owner; an emptied one can go."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

from sqlalchemy import Engine, Select, func, select
from sqlalchemy.orm import Session

from shop.counters import next_value
from shop.db import reading, writing
from shop.models import Script, ScriptFolder
from shop.script_rules import CHANNELS, InvalidScript, UnknownScript, folder_name
from shop.scripts import COUNTER, MOST_FOLDERS, Folder


class ScriptFolders:
    """Makes and changes the folders of one shop's library. Safe to share between threads."""

    def __init__(self, engine: Engine, shop_id: str) -> None:
        self._engine = engine
        self._shop = shop_id

    def get(self, folder_id: str) -> Folder:
        """One folder. Raises UnknownScript."""
        with reading(self._engine) as session:
            return _folder(self._row(session, folder_id))

    def add(self, owner: str, name: str, parent: str | None = None, channel: str | None = None) -> Folder:
        """A new folder, the last of its level; inside another it has that one's channel. Raises InvalidScript."""
        with writing(self._engine) as session:
            next_value(session, self._shop, COUNTER + owner)
            made = self._add(session, owner, name, parent, channel)
            return _folder(made)

    def path(self, owner: str, names: Sequence[str]) -> str | None:
        """The id of the folder with these names from the top; what is missing of it is made. None for no names. Raises InvalidScript."""
        if len(names) > 2:
            raise InvalidScript("folder", "levels", "folders have two levels: leave one out")
        parent: str | None = None
        with writing(self._engine) as session:
            next_value(session, self._shop, COUNTER + owner)
            for name in names:
                found = session.scalar(self._same(owner, parent, folder_name(name)))
                parent = found if found is not None else self._add(session, owner, name, parent, None).id
        return parent

    def change(self, folder_id: str, *, name: str | None = None, place: int | None = None) -> Folder:
        """Rename a folder, or put it at a place of its level (from 0). Raises UnknownScript, InvalidScript."""
        with writing(self._engine) as session:
            row = self._row(session, folder_id)
            if name is not None:
                wanted = folder_name(name)
                taken = session.scalar(self._same(row.owner, row.parent_id, wanted))
                if taken not in (None, row.id):
                    raise InvalidScript("name", "taken", f"there is a folder {wanted} already")
                row.name = wanted
            if place is not None:
                level = self._level(session, row)
                level.remove(row)
                level.insert(max(0, min(place, len(level))), row)
                for number, one in enumerate(level):
                    one.place = number
            session.flush()
            next_value(session, self._shop, COUNTER + row.owner)
            return _folder(row)

    def remove(self, folder_id: str) -> None:
        """Remove a folder in which nothing is left (what is in the bin counts as gone). Raises UnknownScript, InvalidScript."""
        with writing(self._engine) as session:
            row = self._row(session, folder_id)
            inside = (ScriptFolder.shop_id == self._shop, ScriptFolder.parent_id == folder_id)
            scripts = (Script.shop_id == self._shop, Script.folder_id == folder_id)
            folders = session.scalar(select(func.count()).select_from(ScriptFolder).where(*inside))
            kept = session.scalar(select(func.count()).select_from(Script).where(*scripts, Script.removed_at.is_(None)))
            if folders or kept:
                raise InvalidScript("folder", "not-empty", f"{folders} folders and {kept} scripts are in it: move or remove them first")
            for gone in session.scalars(select(Script).where(*scripts)):
                gone.folder_id = None
            session.flush()
            session.delete(row)
            next_value(session, self._shop, COUNTER + row.owner)

    def _add(self, session: Session, owner: str, name: str, parent: str | None, channel: str | None) -> ScriptFolder:
        wanted = folder_name(name)
        above = self._row(session, parent) if parent else None
        if above is not None and (above.owner != owner or above.parent_id is not None):
            raise InvalidScript("folder", "levels", "folders have two levels: choose one of the first level of the same owner")
        if channel is not None and channel not in CHANNELS:
            raise InvalidScript("channel", "channel", f"{channel!r} is no channel: {', '.join(CHANNELS)}")
        if session.scalar(self._same(owner, parent, wanted)) is not None:
            raise InvalidScript("name", "taken", f"there is a folder {wanted} already")
        count = select(func.count()).select_from(ScriptFolder).where(ScriptFolder.shop_id == self._shop, ScriptFolder.owner == owner)
        number = int(session.scalar(count) or 0)
        if number >= MOST_FOLDERS:
            raise InvalidScript("folder", "too-many", f"an owner has at most {MOST_FOLDERS} folders: remove one first")
        made = ScriptFolder(
            shop_id=self._shop,
            id=f"f_{uuid4().hex[:16]}",
            owner=owner,
            parent_id=parent,
            name=wanted,
            channel=above.channel if above is not None else channel or "chat",
            place=number,
        )
        session.add(made)
        session.flush()
        return made

    def _same(self, owner: str, parent: str | None, name: str) -> Select[str]:
        mine = (ScriptFolder.shop_id == self._shop, ScriptFolder.owner == owner, ScriptFolder.name == name)
        return select(ScriptFolder.id).where(*mine, ScriptFolder.parent_id == parent if parent else ScriptFolder.parent_id.is_(None))

    def _level(self, session: Session, row: ScriptFolder) -> list[ScriptFolder]:
        beside = ScriptFolder.parent_id == row.parent_id if row.parent_id else ScriptFolder.parent_id.is_(None)
        mine = (ScriptFolder.shop_id == self._shop, ScriptFolder.owner == row.owner, beside)
        return list(session.scalars(select(ScriptFolder).where(*mine).order_by(ScriptFolder.place, ScriptFolder.id)))

    def _row(self, session: Session, folder_id: str) -> ScriptFolder:
        row = session.get(ScriptFolder, (self._shop, folder_id))
        if row is None:
            raise UnknownScript(folder_id)
        return row


def _folder(row: ScriptFolder) -> Folder:
    return Folder(row.id, row.owner, row.parent_id, row.name, row.channel, row.place)
