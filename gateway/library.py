"""The scripts library at work: who may change what, the wording check of what goes in, filling, matching while somebody types.

Public scripts are the shop's: supervisors, trainers and administrators edit them. A personal one is seen and edited by its owner only.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

from gateway.problems import Problem
from gateway.script_values import Known, ScriptValues, fill, needed, plainly
from gateway.talks import Talk
from policy.wording import Finding, blocks, check
from shop.catalogue import ShopRepository
from shop.clock import Clock
from shop.deeds import Deeds
from shop.script_folders import ScriptFolders
from shop.script_rules import InvalidScript, ScriptConflict, UnknownScript
from shop.script_search import Entry, Found, entry, find
from shop.script_uses import DEAD, ScriptUses
from shop.scripts import PUBLIC, Folder, LibraryScript, Scripts
from shop.staff import TRAINERS, Member

Scope = Literal["public", "own"]
# Who edits the shop's own scripts; everybody edits theirs.
EDITORS = TRAINERS
MOST_MATCHES = 20


@dataclass(frozen=True)
class Match:
    """A script found while typing: filled in, with the labels of what is missing."""

    script: LibraryScript
    text: str
    missing: tuple[str, ...]
    why: str


@dataclass(frozen=True)
class _Read:
    """The scripts of an owner as they were at a revision."""

    revision: int
    scripts: Mapping[str, LibraryScript]
    entries: dict[str, Entry]


class Library:
    """The library of one shop. Synchronous: for a thread; safe to share between threads. ``start`` puts the starting content in."""

    def __init__(
        self,
        scripts: Scripts,
        folders: ScriptFolders,
        uses: ScriptUses,
        values: ScriptValues,
        deeds: Deeds,
        shop: ShopRepository,
        clock: Clock,
        start: Callable[[], object],
    ) -> None:
        self.scripts = scripts
        self.folders = folders
        self.uses = uses
        self.values = values
        self._deeds = deeds
        self._shop = shop
        self._clock = clock
        self._lock = threading.Lock()
        self._read: dict[str, _Read] = {}
        self._start = start
        self._begun = False

    def begin(self) -> None:
        """Put the starting content in, once for a process; what is there already costs one query."""
        if self._begun:
            return
        with self._lock:
            if not self._begun:
                self._start()
                self._begun = True

    # Reading

    def match(
        self, member: Member, talk: Talk | None, typed: str, *, order_id: str | None, channel: str, most: int
    ) -> tuple[list[Match], Known]:
        """The scripts for what has been typed, the best first, and what they were filled in with. Nothing is written."""
        self.begin()
        now = self._clock.now()
        silent = {folder.id for folder in self.folders_of(member) if folder.channel != channel}
        reads = self._of(member.id)
        scripts = {script_id: script for read in reads for script_id, script in read.scripts.items()}
        spoken = [
            one
            for read in reads
            for one in read.entries.values()
            if scripts[one.id].folder not in silent and scripts[one.id].valid.covers(now) and (channel == "chat" or scripts[one.id].folder)
        ]
        found = _once(find(spoken, typed, 2 * most) if typed.strip() else _most_used(spoken, most), scripts)[:most]
        texts = [scripts[one.id].text for one in found]
        known = self.values.of(talk, needed(texts), order_id=order_id, number=member.number)
        filled = [(one, *fill(scripts[one.id].text, known.values)) for one in found]
        return [Match(scripts[one.id], text, tuple(missing), one.why) for one, text, missing in filled], known

    def fill_for(self, text: str, talk: Talk | None) -> tuple[str, Sequence[str]]:
        """A script's text filled in from a talk (None: nothing is known), and the labels of what is missing."""
        return fill(text, {} if talk is None else self.values.of(talk, needed([text])).values)

    def words_of(self, script_id: str) -> str | None:
        """The shop's own script of this id, its values open; None when there is none. A personal one was reviewed by nobody else."""
        try:
            found = self.scripts.get(script_id)
        except UnknownScript:
            return None
        return found.text if found.owner == PUBLIC else None

    def seen(self, member: Member, script_id: str) -> LibraryScript:
        """A script that this member may read. 404 otherwise."""
        try:
            found = self.scripts.get(script_id)
        except UnknownScript:
            raise _gone() from None
        if found.owner not in (PUBLIC, member.id):
            raise _gone()
        return found

    def folders_of(self, member: Member) -> list[Folder]:
        """The folders that a member sees."""
        return self.scripts.folders(PUBLIC, member.id)

    def dead(self, script: LibraryScript) -> bool:
        """Whether nobody has used it for so long."""
        return (script.used_at or script.made_at) < self._clock.now() - DEAD

    # Changing

    def add(
        self, member: Member, scope: Scope, records: Sequence[Mapping[str, Any]], *, confirmed: bool, kind: str = "script_add"
    ) -> list[LibraryScript]:
        """New scripts, all or none. Problems: 403 not theirs to edit, 409 code taken, 422 malformed or against the wording check."""
        owner = self.owner(member, scope)
        self.vet(records, confirmed=confirmed)
        try:
            made = self.scripts.add(owner, member.id, records)
        except (InvalidScript, ScriptConflict) as error:
            raise told(error) from None
        about = {"scope": scope, "count": len(made), **({"confirmed": True} if confirmed else {})}
        self._deeds.log(member.id, kind, ref=made[0].id if len(made) == 1 else None, payload=about)
        return made

    def change(self, member: Member, script_id: str, version: int, changes: Mapping[str, Any], *, confirmed: bool) -> LibraryScript:
        """Change a script. Problems as for :meth:`add`; 409 when somebody else was quicker, 404 when it is gone."""
        before = self.edited(member, script_id)
        if {"title", "text"} & set(changes):
            self._well_said({"title": before.title, "text": before.text, **changes}, confirmed=confirmed)
        try:
            changed = self.scripts.change(script_id, member.id, version, changes)
        except (InvalidScript, ScriptConflict, UnknownScript) as error:
            raise told(error) from None
        self._deeds.log(member.id, "script_change", ref=script_id, payload={"fields": sorted(changes)})
        return changed

    def remove(self, member: Member, ids: Sequence[str]) -> int:
        """Into the bin with them: only what this member may edit, all or none."""
        for script_id in ids:
            self.edited(member, script_id)
        count = self.scripts.remove(ids, member.id)
        self._deeds.log(member.id, "script_remove", ref=ids[0] if len(ids) == 1 else None, payload={"count": count})
        return count

    def restore(self, member: Member, ids: Sequence[str]) -> int:
        """Out of the bin again."""
        for script_id in ids:
            self.edited(member, script_id)
        count = self.scripts.restore(ids, member.id)
        self._deeds.log(member.id, "script_restore", ref=ids[0] if len(ids) == 1 else None, payload={"count": count})
        return count

    def edited(self, member: Member, script_id: str) -> LibraryScript:
        """A script that this member may edit. 404 when they may not even see it, 403 when it is the shop's and they may not."""
        found = self.seen(member, script_id)
        self.owner(member, "public" if found.owner == PUBLIC else "own")
        return found

    def owner(self, member: Member, scope: Scope) -> str:
        """The owner of what is made in a scope. 403 when the member may not edit there."""
        if scope == "own":
            return member.id
        if member.role not in EDITORS:
            raise Problem(403, "role", "The shop's scripts are edited by supervisors, trainers and administrators.")
        return PUBLIC

    def edited_folder(self, member: Member, folder_id: str) -> Folder:
        """A folder that this member may edit. 404 or 403 as for a script."""
        found = next((one for one in self.folders_of(member) if one.id == folder_id), None)
        if found is None:
            raise _gone()
        self.owner(member, "public" if found.owner == PUBLIC else "own")
        return found

    def vet(self, records: Sequence[Mapping[str, Any]], *, confirmed: bool) -> None:
        """Let the wording check pass every record, or say which one it does not (422 with ``row`` when there are several)."""
        for row, record in enumerate(records):
            self._well_said(record, confirmed=confirmed, row=row if len(records) > 1 else None)

    def judged(self, text: str) -> list[Finding]:
        """What the wording check says of a script."""
        return list(_judged(plainly(text), self._shop.shop().address_style))

    # Uses

    def inserted(self, member: Member, script_id: str, talk_id: str | None) -> None:
        """It was put into a draft. 404 when there is no such script or talk."""
        self.seen(member, script_id)
        try:
            self.uses.inserted(script_id, member.id, talk_id)
        except LookupError:
            raise _gone() from None

    def copied(self, member: Member, script_id: str) -> None:
        """It was copied into another program."""
        self.seen(member, script_id)
        self.uses.copied(script_id, member.id)
        self._count(script_id)

    def sent(self, staff_id: str, talk_id: str, message_id: str, text: str, ids: Sequence[str]) -> None:
        """A message made with these scripts went out; counts once however often it is told."""
        for script_id in self.uses.sent(staff_id, talk_id, message_id, text, ids):
            self._count(script_id)

    def _count(self, script_id: str) -> None:
        """One use more in what was read: the next match ranks by it."""
        with self._lock:
            for read in self._read.values():
                if script_id in read.entries:
                    read.entries[script_id] = replace(read.entries[script_id], uses=read.entries[script_id].uses + 1)

    def _of(self, staff_id: str) -> list[_Read]:
        """The shop's scripts and a member's own; read again when they have changed."""
        owners = (staff_id, PUBLIC)
        found = []
        for owner, revision in zip(owners, self.scripts.revisions(*owners), strict=True):
            with self._lock:
                known = self._read.get(owner)
            if known is None or known.revision != revision:
                known = self._reading(owner, revision)
                with self._lock:
                    self._read[owner] = known
            found.append(known)
        return found

    def _reading(self, owner: str, revision: int) -> _Read:
        scripts = self.scripts.all(owner)
        entries = {
            one.id: entry(one.id, one.title, one.text, own=owner != PUBLIC, code=one.code, letters=one.initials, uses=one.uses)
            for one in scripts
        }
        return _Read(revision, {one.id: one for one in scripts}, entries)

    def _well_said(self, record: Mapping[str, Any], *, confirmed: bool, row: int | None = None) -> None:
        """422 with findings: what nobody may say never goes in, what asks goes in once confirmed."""
        findings = [one for one in self.judged(str(record.get("text") or "")) if one.severity in ("block", "ask")]
        if findings and (blocks(findings) or not confirmed):
            kind = "wording-block" if blocks(findings) else "wording-ask"
            where: dict[str, Any] = {} if row is None else {"row": row}
            raise Problem(422, kind, "The words want a second look.", findings=[finding_of(one) for one in findings], **where)


def told(error: InvalidScript | ScriptConflict | UnknownScript) -> Problem:
    """An error of the library as the API says it."""
    if isinstance(error, UnknownScript):
        return _gone()
    if isinstance(error, ScriptConflict):
        known: dict[str, Any] = {**error.known, **({} if error.row is None else {"row": error.row})}
        return Problem(409, f"script-{error.word}", str(error), **known)
    where: dict[str, Any] = {} if error.row is None else {"row": error.row}
    return Problem(422, f"script-{error.word}", str(error), field=error.field, **where)


def finding_of(one: Finding) -> dict[str, Any]:
    """A finding of the wording check as the library's API says it."""
    names = ("rule", "severity", "found", "why", "script", "instead")
    return {"span": list(one.span), **{name: getattr(one, name) for name in names}}


def _gone() -> Problem:
    return Problem(404, "not-found", "There is no such script.")


def _most_used(entries: Sequence[Entry], most: int) -> list[Found]:
    used = sorted((one for one in entries if one.uses), key=lambda one: (-one.uses, not one.own, one.title, one.id))
    return [Found(one.id, "content") for one in used[:most]]


def _once(found: Sequence[Found], scripts: Mapping[str, LibraryScript]) -> list[Found]:
    """Without a second script of the same words (a personal copy of the shop's)."""
    seen: set[str] = set()
    kept = []
    for one in found:
        text = scripts[one.id].text
        if text not in seen:
            kept.append(one)
        seen.add(text)
    return kept


@lru_cache(maxsize=4_096)
def _judged(text: str, address: str) -> tuple[Finding, ...]:
    return tuple(check(text, address=address))
