"""Several files' texts while one operation changes them, and the edits of blocks that make the same change."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from difflib import SequenceMatcher

from studio.blocks import Block, blocks, container_of
from studio.edits import Edit, new_file
from studio.workspace import Workspace
from studio.yaml_text import Change, changed


class Draft:
    """A workspace with changes that are nowhere but here. Every step sees what the steps before it made."""

    def __init__(self, workspace: Workspace) -> None:
        self.before = workspace
        self._texts: dict[str, str | None] = {}
        self._now: Workspace | None = workspace
        # Rules and stories that had to go, as (path, key).
        self.dropped: list[tuple[str, str]] = []

    @property
    def now(self) -> Workspace:
        """The workspace with everything changed so far."""
        if self._now is None:
            self._now = self.before.overlay(self._texts)
        return self._now

    def text(self, path: str) -> str:
        """A file's text so far; what a new file begins with when there is none."""
        return self.now.text(path) if self.now.exists(path) else new_file(self.now.kind_of(path))

    def put(self, path: str, text: str) -> None:
        """Give a file another text."""
        if text != self.text(path):
            self._texts[path] = text
            self._now = None

    def change(self, path: str, changes: Iterable[Change]) -> None:
        """Change places of a file's text."""
        self.put(path, changed(self.text(path), changes))

    def lines(self, path: str, start: int, end: int, new: str) -> None:
        """Put other lines in the place of lines [start, end)."""
        lines = self.text(path).splitlines(keepends=True)
        if lines and not lines[-1].endswith("\n"):
            lines[-1] += "\n"
        lines[start:end] = [new]
        self.put(path, "".join(lines))

    def drop(self, block: Block) -> None:
        """Take a block out, with the empty lines behind it."""
        if block.key.startswith(("rule:", "story:")):
            self.dropped.append((block.path, block.key))
        lines = self.text(block.path).splitlines()
        end = block.end
        while end < len(lines) and not lines[end].strip():
            end += 1
        self.lines(block.path, block.start, end, "")
        container = container_of(block.key)
        if container and not any(container_of(one.key) == container for one in self.now.blocks(block.path)):
            left = [line for line in self.text(block.path).splitlines(keepends=True) if not line.startswith(f"{container}:")]
            self.put(block.path, "".join(left).rstrip("\n") + "\n")

    def insert(self, path: str, text: str, behind: Block | None, container: str) -> None:
        """Put a new block behind another one of the file, or at the end of the container."""
        if behind is not None:
            self.lines(path, behind.end, behind.end, f"\n{text}")
            return
        whole = self.text(path).rstrip("\n") + "\n"
        there = any(line.startswith(f"{container}:") for line in whole.splitlines())
        self.put(path, f"{whole}\n{text}" if there else f"{whole}\n{container}:\n{text}")

    def drop_where(self, path: str, wanted: Callable[[Block], bool]) -> None:
        """Take out all blocks of a file that are wanted."""
        for block in reversed([one for one in self.now.blocks(path) if wanted(one)]):
            self.drop(block)

    def drop_keys(self, path: str, keys: Collection[str]) -> None:
        """Take out the blocks of a file that have these keys."""
        self.drop_where(path, lambda block: block.key in keys)

    def edits(self) -> list[Edit]:
        """The edits that make of the files before what they are here; of every file the last block first, so that no edit moves another's
        key."""
        return [edit for path in sorted(self._texts) for edit in between(self.before, path, self._texts[path] or "")]


def between(workspace: Workspace, path: str, text: str) -> list[Edit]:
    """The edits from a file as it is to another text of it, the last block first."""
    kind = workspace.kind_of(path)
    old = workspace.blocks(path) if workspace.exists(path) else blocks(new_file(kind), kind, path)
    new = blocks(text, kind, path)
    taken = {one.key for one in old}
    found: list[Edit] = []
    for first, last, start, end in _stretches(old, new):
        pairs = _paired(old[first:last], new[start:end])
        before = old[first - 1] if first else None
        stretch = []
        for mine, theirs in pairs:
            if theirs is None:
                stretch.append(Edit(path, mine.key, mine.text, None) if mine else None)
            elif mine is None:
                key = _free(theirs.key, taken)
                taken.add(key)
                same_container = before is not None and container_of(before.key) == container_of(key)
                any_before = any(container_of(one.key) == container_of(key) for one in old)
                after = before.key if before is not None and same_container else "" if any_before else None
                stretch.append(Edit(path, key, None, theirs.text, after))
            elif mine.text != theirs.text:
                stretch.append(Edit(path, mine.key, mine.text, theirs.text))
            before = mine or before
        found += [edit for edit in stretch if edit is not None]
    return found[::-1]


def _bare(key: str) -> str:
    head, mark, number = key.rpartition("#")
    return head if mark and number.isdigit() else key


def _free(key: str, taken: set[str]) -> str:
    bare = _bare(key)
    number = 2
    found = bare
    while found in taken:
        found = f"{bare}#{number}"
        number += 1
    return found


def _stretches(old: list[Block], new: list[Block]) -> list[tuple[int, int, int, int]]:
    matcher = SequenceMatcher(None, [one.text for one in old], [one.text for one in new], autojunk=False)
    return [(a, b, c, d) for action, a, b, c, d in matcher.get_opcodes() if action != "equal"]


def _paired(old: list[Block], new: list[Block]) -> list[tuple[Block | None, Block | None]]:
    """Old and new blocks of a stretch that are one block changed: by place when as many, else by name; the others come or go."""
    if len(old) == len(new) and all(container_of(one.key) == container_of(two.key) for one, two in zip(old, new, strict=True)):
        return list(zip(old, new, strict=True))
    matcher = SequenceMatcher(None, [_bare(one.key) for one in old], [_bare(one.key) for one in new], autojunk=False)
    pairs: list[tuple[Block | None, Block | None]] = []
    for action, a, b, c, d in matcher.get_opcodes():
        if action == "equal":
            pairs += zip(old[a:b], new[c:d], strict=True)
        else:
            pairs += [(one, None) for one in old[a:b]]
            pairs += [(None, one) for one in new[c:d]]
    return pairs
