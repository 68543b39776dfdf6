"""A save as git keeps it: who, when, why, which files; and how the log of git is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from studio.edits import Conflict, FileDiff
from studio.errors import StudioError

# Ends the address of an author who saved in the studio; before it stands the id of the account.
ADDRESS = "@studio.xiaoer"
FORMAT = "%x1e%H%x1f%aI%x1f%an%x1f%ae%x1f%B%x1f"


@dataclass(frozen=True)
class Author:
    """Who saves: the id of the account and the name that the history shows."""

    id: str
    name: str


@dataclass(frozen=True)
class Commit:
    """One save. ``files`` is filled where one commit is asked for; ``undoes``: the commit that it takes back."""

    id: str
    at: datetime
    author: str
    author_id: str | None
    reason: str
    paths: tuple[str, ...]
    undoes: str | None = None
    files: tuple[FileDiff, ...] = ()


class StudioConflict(StudioError):
    """Somebody else changed the same lines; ``conflicts`` hold both versions."""

    def __init__(self, conflicts: Sequence[Conflict]) -> None:
        self.conflicts = list(conflicts)
        places = "、".join(dict.fromkeys(f"{one.path} {one.key}" for one in conflicts))
        super().__init__(places, "别人刚改了同样的几行", "对照两边，选一边或改成都要的样子，再保存")


def subject(reason: str) -> str:
    """The first line of a reason."""
    return reason.splitlines()[0] if reason else ""


def commits(listed: str) -> list[Commit]:
    """What `git log` printed in FORMAT, with the names of the changed files behind each."""
    found = []
    for record in listed.split("\x1e")[1:]:
        commit_id, at, author, address, message, names = record.split("\x1f", 5)
        reason, undoes = message.strip(), None
        head, mark, rest = reason.partition("\nStudio-Undoes: ")
        if mark:
            reason, undoes = head.strip(), rest.split()[0]
        paths = tuple(line for line in names.splitlines() if line and not line.startswith(("diff ", "@@", "---", "+++")))
        author_id = address.removesuffix(ADDRESS) if address.endswith(ADDRESS) else None
        found.append(Commit(commit_id, datetime.fromisoformat(at), author, author_id, reason, paths, undoes))
    return found
