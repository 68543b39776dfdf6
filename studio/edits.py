"""Edits of blocks: what a page proposes, what a save makes of it, and what two people who edit the same block get."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import pairwise
from pathlib import Path
from typing import Literal

from studio.blocks import Block, Kind, blocks, container_of
from studio.errors import StudioError
from studio.rendering import normal
from studio.workspace import Workspace

Mark = Literal[" ", "-", "+", "@"]
AROUND = 3  # unchanged lines shown around a change
# Kinds whose blocks follow each other without an empty line.
DENSE: tuple[Kind, ...] = ("tables",)


@dataclass(frozen=True)
class Edit:
    """One block as it was seen (``base``; None: a new block) and as it shall be (``new``; None: removed).

    ``after``: the key of the block that a new one follows, "" for the first place; None: at the end.
    """

    path: str
    key: str
    base: str | None
    new: str | None
    after: str | None = None


@dataclass(frozen=True)
class Conflict:
    """A block that somebody else changed in the same lines; ``theirs`` is how it is now (None: it is gone)."""

    path: str
    key: str
    base: str | None
    theirs: str | None
    mine: str | None


@dataclass(frozen=True)
class Applied:
    """The new text of every touched file (None: the file goes); ``merged``: whether somebody else's change was kept beside ours."""

    texts: dict[str, str | None]
    merged: bool
    conflicts: list[Conflict]


@dataclass(frozen=True)
class FileDiff:
    """The changed lines of a file with a few around them; "@" begins a stretch and says the line it begins at (from 1)."""

    path: str
    lines: list[tuple[Mark, str]]

    @property
    def added(self) -> int:
        """How many lines come."""
        return sum(mark == "+" for mark, _ in self.lines)

    @property
    def removed(self) -> int:
        """How many lines go."""
        return sum(mark == "-" for mark, _ in self.lines)


@dataclass
class Document:
    """One file while its blocks are replaced."""

    path: str
    kind: Kind
    text: str
    parsed: list[Block] | None = field(default=None)

    def blocks(self) -> list[Block]:
        """The blocks of the text as it is now."""
        if self.parsed is None:
            self.parsed = blocks(self.text, self.kind, self.path)
        return self.parsed

    def find(self, key: str) -> Block | None:
        """A block by its key."""
        return next((one for one in self.blocks() if one.key == key), None)

    def replace(self, block: Block, new: str) -> None:
        """Put other lines in the place of a block's."""
        lines = self._lines()
        lines[block.start : block.end] = new.splitlines(keepends=True)
        self._set(lines)

    def remove(self, block: Block) -> None:
        """Take a block's lines out, with the empty lines that parted it from the next; an empty container goes too."""
        lines = self._lines()
        end = block.end
        while end < len(lines) and not lines[end].strip():
            end += 1
        start = block.start
        if end == len(lines):
            while start > 0 and not lines[start - 1].strip():
                start -= 1
        del lines[start:end]
        container = container_of(block.key)
        siblings = [one for one in self.blocks() if one.key != block.key and container_of(one.key) == container]
        if container is not None and not siblings:
            lines = [line for line in lines if not line.startswith(f"{container}:")]
            while lines and not lines[-1].strip():
                lines.pop()
        self._set(lines)

    def insert(self, key: str, new: str, after: str | None) -> None:
        """Put a new block behind the block ``after``, at the first place ("") or at the end (None)."""
        container = container_of(key)
        here = [one for one in self.blocks() if container_of(one.key) == container]
        lines = self._lines()
        gap = self._gap(here, lines)
        before = next((one for one in here if one.key == after), None) if after else None
        added = new.splitlines(keepends=True)
        if before is None and after != "" and here:
            before = here[-1]
        if before is not None:
            lines[before.end : before.end] = [*gap, *added]
        elif here:
            lines[here[0].start : here[0].start] = [*added, *gap]
        else:
            head = [] if container is None else [f"{container}:\n"]
            kept = [
                line
                for line in lines
                if container is None or line.strip() not in (f"{container}:", f"{container}: []", f"{container}: {{}}")
            ]
            while kept and not kept[-1].strip():
                kept.pop()
            lines = [*kept, *(["\n"] if kept else []), *head, *added]
        self._set(lines)
        if sum(container_of(one.key) == container for one in self.blocks()) != len(here) + 1:
            raise StudioError(
                f"{self.path} {key}", "这一块不能写在这个文件里", "放到同类内容的文件里（意图在 data/nlu，规则在 data/rules，等等）"
            )

    def _gap(self, here: Sequence[Block], lines: list[str]) -> list[str]:
        """The empty line between two blocks, where the file has one between most of them."""
        pairs = list(pairwise(here))
        if not pairs:
            return [] if self.kind in DENSE else ["\n"]
        parted = sum(any(not line.strip() for line in lines[one.end : two.start]) for one, two in pairs)
        return ["\n"] if parted * 2 >= len(pairs) else []

    def _lines(self) -> list[str]:
        lines = self.text.splitlines(keepends=True)
        if lines and not lines[-1].endswith("\n"):
            lines[-1] += "\n"
        return lines

    def _set(self, lines: list[str]) -> None:
        self.text = "".join(lines)
        self.parsed = None


def new_file(kind: Kind) -> str:
    """What a file begins with; Rasa refuses training data without a version."""
    return "" if kind in ("tables", "lookup", "config", "names") else 'version: "3.1"\n'


def settled(edit: Edit) -> str | None:
    """The new text of an edit in the one format; StudioError when it is no single block of YAML."""
    return None if edit.new is None else normal(edit.key, edit.new)


def apply(workspace: Workspace, edits: Iterable[Edit]) -> Applied:
    """What the files would be. A block that is as it was seen is replaced; one that changed meanwhile is merged by lines, or a conflict."""
    documents: dict[str, Document] = {}
    conflicts: list[Conflict] = []
    merged = False
    for edit in edits:
        document = documents.get(edit.path)
        if document is None:
            kind = workspace.kind_of(edit.path)
            text = workspace.text(edit.path) if workspace.exists(edit.path) else new_file(kind)
            document = documents[edit.path] = Document(edit.path, kind, text)
        new = settled(edit)
        now = document.find(edit.key)
        mine = Conflict(edit.path, edit.key, edit.base, now.text if now else None, new)
        if edit.base is None:
            if new is None:
                continue
            if now is None:
                document.insert(edit.key, new, edit.after)
            elif now.text != new:
                conflicts.append(mine)
        elif now is None:
            if new is not None:
                conflicts.append(mine)
        elif now.text == edit.base or same(edit.base, now.text):
            if new is None:
                document.remove(now)
            elif now.text != new:
                document.replace(now, new)
        elif new is None:
            conflicts.append(mine)
        elif now.text != new:
            joined = _joined(edit.key, new, edit.base, now.text)
            if joined is None:
                conflicts.append(mine)
            else:
                merged = True
                document.replace(now, joined)
    texts: dict[str, str | None] = {}
    for path, document in documents.items():
        before = workspace.text(path) if workspace.exists(path) else None
        if document.text != before and (before is not None or document.text != new_file(document.kind)):
            texts[path] = document.text
    return Applied(texts, merged, conflicts)


def _joined(key: str, mine: str, base: str, theirs: str) -> str | None:
    """Both changes of a block; None when they meet in the same lines, or when each is right and both together are no block."""
    joined = merge(mine, base, theirs)
    try:
        return None if joined is None else normal(key, joined)
    except StudioError:
        return None


def same(one: str, other: str) -> bool:
    """Whether two texts of a block differ in spaces at line ends only (a browser's field may lose them)."""
    return [line.rstrip() for line in one.rstrip().splitlines()] == [line.rstrip() for line in other.rstrip().splitlines()]


def merge(mine: str, base: str, theirs: str, *, union: bool = False) -> str | None:
    """Both changes of a text, line by line as git merges them; None when both changed the same lines. Needs git.

    ``union``: of lines that both changed, theirs and then mine: a proposal for a person to look at.
    """
    with tempfile.TemporaryDirectory(prefix="xiaoer-merge-") as folder:
        paths = []
        for name, text in (("mine", mine), ("base", base), ("theirs", theirs)):
            path = Path(folder) / name
            path.write_text(text, "utf-8")
            paths.append(str(path))
        try:
            how = ["--union"] if union else []
            done = subprocess.run(["git", "merge-file", "-p", "-q", *how, *paths], capture_output=True, check=False, timeout=20)
        except FileNotFoundError:
            raise StudioError("git", "没有安装 git", "安装 git 后再保存") from None
    return done.stdout.decode("utf-8") if done.returncode == 0 else None


def both(conflict: Conflict) -> str | None:
    """Both versions in one, for the person who decides; None when one of them removes the block or the two make no block together."""
    if conflict.mine is None or conflict.theirs is None:
        return None
    joined = merge(conflict.theirs, conflict.base or "", conflict.mine, union=True)
    try:
        return normal(conflict.key, joined) if joined else None
    except StudioError:
        return None


def diff(workspace: Workspace, edits: Iterable[Edit]) -> list[FileDiff]:
    """What a save would change, file by file."""
    return differences(workspace, apply(workspace, edits).texts)


def differences(workspace: Workspace, texts: Mapping[str, str | None]) -> list[FileDiff]:
    """The changes from the files now to these texts."""
    return [
        FileDiff(path, list(lines_between(workspace.text(path) if workspace.exists(path) else "", text or "")))
        for path, text in sorted(texts.items())
    ]


def lines_between(before: str, after: str) -> Iterator[tuple[Mark, str]]:
    """The changed lines with a few around them."""
    old, new = before.splitlines(), after.splitlines()
    for group in SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(AROUND):
        yield "@", str(group[0][3] + 1)
        for action, a, b, c, d in group:
            if action == "equal":
                yield from ((" ", line) for line in old[a:b])
            else:
                yield from (("-", line) for line in old[a:b])
                yield from (("+", line) for line in new[c:d])
