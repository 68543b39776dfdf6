"""The scripts library in files: a preview that judges every line before anything is kept, taking lines over, and the export."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.library import Library, Scope, finding_of, told
from gateway.problems import Problem
from gateway.script_values import label, names
from policy.wording import blocks
from shop.script_files import Line, UnreadableFile, read, write
from shop.script_rules import InvalidScript, UnknownScript, checked
from shop.script_search import VALUE
from shop.scripts import PUBLIC, LibraryScript
from shop.staff import Member

FORMATS = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


class LibraryFiles:
    """Import and export of one shop's library. Synchronous: for a thread."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def preview(self, member: Member, scope: Scope, name: str, content: bytes) -> list[dict[str, Any]]:
        """Every line of a file as it would be taken over, with what is wrong; nothing is written.

        A line's ``state``: new, same (it is there already), block (the wording check forbids it), ask (somebody has to confirm it), code
        (its code is taken here or stands twice), invalid (``problem`` says what). 422 for a file that is no list of scripts.
        """
        owner = self._library.owner(member, scope)
        try:
            lines = read(name, content)
        except UnreadableFile as error:
            raise Problem(422, f"file-{error.word}", str(error), **error.known) from None
        there = self._library.scripts.all(owner)
        texts = {one.text for one in there}
        codes = {one.code: one.title for one in there if one.code}
        return [self._line(line, texts, codes) for line in lines]

    def _line(self, line: Line, texts: set[str], codes: dict[str, str]) -> dict[str, Any]:
        """One line judged; what it would add is added to ``texts`` and ``codes``, so that doubles inside the file are seen."""
        fields = {name: getattr(line, name) for name in ("title", "text", "code", "situation", "valid_from", "valid_to")}
        shown: dict[str, Any] = {
            **fields,
            "title": line.title[:60],
            "line": line.number,
            "folder": list(line.folder),
            "cleaned": line.cleaned,
            "findings": [],
            "gaps": [label(one) for one in dict.fromkeys(VALUE.findall(line.text)) if one.casefold() not in names()],
            "problem": None,
        }
        try:
            values = checked({**fields, "title": shown["title"]}, whole=True)
            if len(line.folder) > 2:
                raise InvalidScript("folder", "levels", "folders have two levels: leave one out")
        except InvalidScript as error:
            return {**shown, "state": "invalid", "problem": {"field": error.field, "kind": f"script-{error.word}", "detail": str(error)}}
        if values["text"] in texts:
            return {**shown, "state": "same"}
        texts.add(values["text"])
        findings = self._library.judged(values["text"])
        shown["findings"] = [finding_of(one) for one in findings]
        if blocks(findings):
            return {**shown, "state": "block"}
        code = values.get("code")
        if code in codes:
            return {**shown, "state": "code", "taken_by": codes[code]}
        if code:
            codes[code] = values["title"]
        return {**shown, "state": "ask" if any(one.severity == "ask" for one in findings) else "new"}

    def take_over(self, member: Member, scope: Scope, rows: Sequence[Mapping[str, Any]], *, confirmed: bool) -> list[LibraryScript]:
        """Keep the lines that somebody has chosen, all or none, and make the folders they need. Problems name the ``row`` (from 0)."""
        owner = self._library.owner(member, scope)
        self._library.vet(rows, confirmed=confirmed)
        paths: dict[tuple[str, ...], str | None] = {}
        records = []
        for number, row in enumerate(rows):
            path = tuple(str(part) for part in row.get("folder") or ())
            if path not in paths:
                try:
                    paths[path] = self._library.folders.path(owner, path)
                except (InvalidScript, UnknownScript) as error:
                    problem = told(error)
                    problem.extra["row"] = number
                    raise problem from None
            records.append({**row, "folder": paths[path]})
        return self._library.add(member, scope, records, confirmed=confirmed, kind="script_import")

    def export(self, member: Member, scope: Scope, form: str) -> bytes:
        """The scripts of a scope as a file with 千牛's columns; imported again it is the same."""
        owner = PUBLIC if scope == "public" else member.id
        folders = {one.id: one for one in self._library.scripts.folders(owner)}

        def path(folder_id: str | None) -> str:
            folder = folders.get(folder_id or "")
            if folder is None:
                return ""
            return f"{path(folder.parent)}/{folder.name}" if folder.parent else folder.name

        rows = [
            (one.code or "", one.text, path(one.folder), one.title, one.situation, one.valid_from or "", one.valid_to or "")
            for one in self._library.scripts.all(owner)
        ]
        return write(f"scripts.{form}", rows)
