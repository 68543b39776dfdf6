"""Which data speaks: the commit of the live release or the checkout, and a hash of its wording, training data and tables.

Both are told: a checkout may be edited without a commit, a release may have been published into, and an installation may have no
git at all.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("data", "policy/tables")
LOOK_AGAIN = 5.0  # seconds; a look is a stat of each file

_Stamp = tuple[int, int]


class DataVersion:
    """Version of the data below a root; files are read again when they change."""

    def __init__(self, root: Path = ROOT) -> None:
        self._root = root
        self._lock = threading.Lock()
        self._looked = float("-inf")
        self._hashes: dict[Path, tuple[_Stamp, bytes]] = {}
        self._current: dict[str, str] = {}

    def current(self) -> Mapping[str, str]:
        """``content`` (SHA-256 over names and contents) and, in a git checkout, ``commit``."""
        with self._lock:
            if time.monotonic() - self._looked >= LOOK_AGAIN:
                self._current = self._look()
                self._looked = time.monotonic()
            return self._current

    def _look(self) -> dict[str, str]:
        digest = hashlib.sha256()
        known: dict[Path, tuple[_Stamp, bytes]] = {}
        root = self._root.resolve()  # the link to the live release may lead elsewhere at the next look, never in the middle of one
        for path in sorted(path for folder in FOLDERS for path in (root / folder).rglob("*.yml")):
            try:
                stat = path.stat()
                stamp = (stat.st_mtime_ns, stat.st_size)
                before = self._hashes.get(path)
                content = before[1] if before is not None and before[0] == stamp else hashlib.sha256(path.read_bytes()).digest()
            except OSError:
                continue
            known[path] = (stamp, content)
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + content)
        self._hashes = known
        commit = commit_of(root)
        return {"content": digest.hexdigest(), **({"commit": commit} if commit else {})}


def commit_of(root: Path) -> str | None:
    """The commit that a release was made of, or that is checked out, read without running git; None without either."""
    folder = root / ".git"
    try:
        noted = root / "release.json"
        if noted.exists():
            return str(json.loads(noted.read_text("utf-8")).get("commit") or "") or None
        if folder.is_file():  # a work tree beside its repository
            folder = root / folder.read_text("utf-8").removeprefix("gitdir:").strip()
        head = (folder / "HEAD").read_text("utf-8").strip()
        if not head.startswith("ref:"):
            return head
        name = head.removeprefix("ref:").strip()
        common = folder / "commondir"
        shared = (folder / common.read_text("utf-8").strip()) if common.exists() else folder
        for base in (folder, shared):
            if (base / name).exists():
                return (base / name).read_text("utf-8").strip()
        for line in (shared / "packed-refs").read_text("utf-8").splitlines():
            commit, _, ref = line.partition(" ")
            if ref == name:
                return commit
    except (OSError, ValueError):
        return None
    return None


_shared = DataVersion(Path(os.environ.get("XIAOER_CONTENT") or ROOT))


def current() -> Mapping[str, str]:
    """Of what speaks: the live release (XIAOER_CONTENT), else this checkout."""
    return _shared.current()
