"""The files that the studio edits, as they lie in a checkout now. Somebody may edit them in an editor at the same time.

Everything read is cached by the file's time and size; what is handed out is shared and must not be changed.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

from studio.blocks import KINDS, Block, Kind, blocks
from studio.errors import StudioError
from studio.loading import load

# Where the files of a kind lie: folders (with everything below) and files.
PLACES: dict[Kind, str] = {
    "nlu": "data/nlu",
    "rules": "data/rules",
    "stories": "data/stories",
    "responses": "data/responses",
    "domain": "domain.yml",
    "config": "config.yml",
    "tables": "policy/tables",
    "lookup": "data/lookup",
    "scripts": "data/agent_scripts",
    "wishes": "data/wishes.yml",
    "test_nlu": "tests/nlu",
    "test_stories": "tests/stories",
    "names": "policy/intent_names.yml",
}
# What may be put into the live release without training (the issue: wording, rows, parameters, dated notices).
PUBLISHABLE: tuple[Kind, ...] = ("responses", "tables")
_NAME = re.compile(r"(?:[\w.-]+/)*[\w.-]+\.ya?ml")

Stamp = tuple[int, int]


class Workspace:
    """The checkout at ``root``. Paths are relative to it, with "/"."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._texts: dict[str, tuple[Stamp, str]] = {}
        self._parsed: dict[str, tuple[Stamp, Any]] = {}
        self._blocks: dict[str, tuple[Stamp, list[Block]]] = {}
        self._lock = threading.Lock()

    def kind_of(self, path: str) -> Kind:
        """The kind of a file; StudioError for a path that is none of the studio's."""
        if _NAME.fullmatch(path) and ".." not in path.split("/"):
            for kind, place in PLACES.items():
                if path == place or (not place.endswith(".yml") and path.startswith(f"{place}/")):
                    return kind
        raise StudioError(path[:200], "不是工作室可以改的文件", "只能改 data、domain.yml、config.yml、policy/tables 和测试里的 YAML 文件")

    def files(self, kind: Kind) -> list[str]:
        """Paths of the files of a kind, sorted."""
        place = PLACES[kind]
        if place.endswith(".yml"):
            return [place] if (self.root / place).is_file() else []
        found = (path for pattern in ("*.yml", "*.yaml") for path in (self.root / place).rglob(pattern))
        return sorted(path.relative_to(self.root).as_posix() for path in found if not path.name.startswith("."))

    def all_files(self) -> list[str]:
        """Paths of all files of all kinds."""
        return [path for kind in KINDS for path in self.files(kind)]

    def exists(self, path: str) -> bool:
        """Whether there is such a file."""
        return (self.root / path).is_file()

    def text(self, path: str) -> str:
        """The text of a file; StudioError when it is missing or not UTF-8."""
        stamp = self._stamp_of(path)
        known = self._texts.get(path)
        if known and known[0] == stamp:
            return known[1]
        try:
            text = (self.root / path).read_bytes().decode("utf-8").removeprefix("\ufeff").replace("\r\n", "\n")
        except FileNotFoundError:
            raise StudioError(path, "没有这个文件", "刷新页面，看看是不是刚被删除或改名") from None
        except (OSError, UnicodeDecodeError) as error:
            raise StudioError(path, f"读不了（{error}）", "检查文件权限，文件要用 UTF-8 保存") from error
        self._texts[path] = (stamp, text)
        return text

    def parsed(self, path: str) -> Any:
        """The content as plain data (None for an empty file); StudioError names the line of what is no YAML. Do not change it."""
        stamp = self._stamp_of(path)
        known = self._parsed.get(path)
        if known and known[0] == stamp:
            return known[1]
        found = load(self.text(path), path)
        self._parsed[path] = (stamp, found)
        return found

    def blocks(self, path: str) -> list[Block]:
        """The blocks of a file in their order. Do not change the list."""
        stamp = self._stamp_of(path)
        known = self._blocks.get(path)
        if known and known[0] == stamp:
            return known[1]
        found = blocks(self.text(path), self.kind_of(path), path)
        self._blocks[path] = (stamp, found)
        return found

    def block(self, path: str, key: str) -> Block | None:
        """One block, or None."""
        return next((one for one in self.blocks(path) if one.key == key), None)

    def stamp(self) -> tuple[Any, ...]:
        """Changes when any file changes, comes or goes: the key of what is computed from all of them."""
        return tuple((path, self._stamp_of(path)) for path in self.all_files())

    def overlay(self, texts: Mapping[str, str | None]) -> Workspace:
        """The same files with some texts replaced in memory (None: the file is not there)."""
        return Overlay(self, texts)

    def _stamp_of(self, path: str) -> Stamp:
        try:
            stat = (self.root / path).stat()
        except (FileNotFoundError, NotADirectoryError):
            return (0, -1)
        return (stat.st_mtime_ns, stat.st_size)


class Overlay(Workspace):
    """A workspace upon another one; nothing is written."""

    def __init__(self, under: Workspace, texts: Mapping[str, str | None]) -> None:
        super().__init__(under.root)
        self.under = under
        self.replaced = dict(texts)
        self._stamps = {
            path: (int.from_bytes(blake2b(text.encode(), digest_size=8).digest()), len(text)) if text is not None else (0, -1)
            for path, text in texts.items()
        }

    def files(self, kind: Kind) -> list[str]:
        """Paths of the files of a kind with the replaced ones."""
        here = {path for path, text in self.replaced.items() if text is not None and self.kind_of(path) == kind}
        gone = {path for path, text in self.replaced.items() if text is None}
        return sorted((set(self.under.files(kind)) | here) - gone)

    def exists(self, path: str) -> bool:
        """Whether there would be such a file."""
        return self.replaced[path] is not None if path in self.replaced else self.under.exists(path)

    def text(self, path: str) -> str:
        """The replaced text, else the one below."""
        if path not in self.replaced:
            return self.under.text(path)
        text = self.replaced[path]
        if text is None:
            raise StudioError(path, "没有这个文件", "这次修改把它删除了")
        return text

    def parsed(self, path: str) -> Any:
        """The content."""
        return super().parsed(path) if path in self.replaced else self.under.parsed(path)

    def blocks(self, path: str) -> list[Block]:
        """The blocks."""
        return super().blocks(path) if path in self.replaced else self.under.blocks(path)

    def _stamp_of(self, path: str) -> Stamp:
        return self._stamps[path] if path in self._stamps else self.under._stamp_of(path)
