"""What the studio's save, history and state take and answer. Topics add schemas of their own beside their routes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from studio.edits import Conflict, Edit, FileDiff, both, lines_between
from studio.findings import Finding
from studio.repository import LONGEST_REASON, Commit

LONGEST_BLOCK = 2_000_000  # characters: an intent with 20,000 examples
MOST_EDITS = 2_000


class EditIn(BaseModel):
    """One block: as it was seen (null: new) and as it shall be (null: removed); ``after``: the key that a new one follows."""

    model_config = ConfigDict(extra="forbid")
    path: str = Field(max_length=200)
    key: str = Field(min_length=1, max_length=300)
    base: str | None = Field(default=None, max_length=LONGEST_BLOCK)
    new: str | None = Field(default=None, max_length=LONGEST_BLOCK)
    after: str | None = Field(default=None, max_length=300)

    def edit(self) -> Edit:
        """As the studio's core takes it."""
        return Edit(self.path, self.key, self.base, self.new, self.after)


class EditsIn(BaseModel):
    """Edits to look at."""

    model_config = ConfigDict(extra="forbid")
    edits: list[EditIn] = Field(min_length=1, max_length=MOST_EDITS)


class SaveIn(EditsIn):
    """Edits to save; ``reason``: why, for the history."""

    reason: str = Field(min_length=1, max_length=LONGEST_REASON)


class ReasonIn(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid")
    reason: str = Field(min_length=1, max_length=LONGEST_REASON)


class PathsIn(ReasonIn):
    """Files, and why."""

    paths: list[str] = Field(min_length=1, max_length=200)


class EditOut(BaseModel):
    """A proposed edit."""

    path: str
    key: str
    base: str | None
    new: str | None
    after: str | None = None


class FindingOut(BaseModel):
    """What a check found."""

    severity: Literal["error", "warning", "info"]
    code: str
    path: str
    key: str | None
    line: int | None
    what: str
    remedy: str


class ConflictOut(BaseModel):
    """Both versions of a block; ``theirs`` null: it is gone. The lines are what each changed; ``both``: a proposal that keeps both."""

    path: str
    key: str
    base: str | None
    theirs: str | None
    mine: str | None
    theirs_lines: list[tuple[Literal[" ", "-", "+", "@"], str]]
    mine_lines: list[tuple[Literal[" ", "-", "+", "@"], str]]
    both: str | None


class DiffOut(BaseModel):
    """Changed lines as [mark, text]; mark " ", "-", "+", or "@" with the line number where a stretch begins."""

    path: str
    added: int
    removed: int
    lines: list[tuple[Literal[" ", "-", "+", "@"], str]]


class ProposalOut(BaseModel):
    """What a topic's page would change."""

    edits: list[EditOut]
    findings: list[FindingOut]


class PreviewOut(BaseModel):
    """What a save would do; ``merged``: somebody else's change is kept beside ours; ``publishable``: may go live without training."""

    diffs: list[DiffOut]
    findings: list[FindingOut]
    conflicts: list[ConflictOut]
    merged: bool
    publishable: list[str]


class CommitOut(BaseModel):
    """A save. ``author_id`` is null for a commit from the command line; ``undoes``: the commit it takes back."""

    id: str
    at: datetime
    author: str
    author_id: str | None
    reason: str
    paths: list[str]
    undoes: str | None
    files: list[DiffOut] = []


class SavedOut(BaseModel):
    """A save that was made; ``publishable``: its files that may go live now."""

    commit: CommitOut
    findings: list[FindingOut]
    publishable: list[str]


class HistoryOut(BaseModel):
    """Commits, newest first."""

    commits: list[CommitOut]


class UnpublishedOut(BaseModel):
    """A file that the live release has otherwise, with the commits that are not in it."""

    path: str
    commits: list[CommitOut]


class ReleaseOut(BaseModel):
    """A release in short."""

    id: str
    commit: str
    made_at: str
    made_by: str
    model: str | None
    state: str
    why: str
    live_since: str | None


class StateOut(BaseModel):
    """Where the checkout stands: its commit, what was changed outside the studio, what is committed and not live, the releases.

    ``problem``: why nothing can be saved now (null: nothing is in the way).
    """

    head: str | None
    outside: list[str]
    unpublished: list[UnpublishedOut]
    live: ReleaseOut | None
    candidate: ReleaseOut | None
    can_publish: bool
    problem: dict[str, str] | None


class OutsideOut(BaseModel):
    """What was changed in an editor and is not committed."""

    diffs: list[DiffOut]


def edits_out(edits: Iterable[Edit]) -> list[dict[str, Any]]:
    """Proposed edits as the API says them."""
    return [asdict(one) for one in edits]


def findings_out(found: Iterable[Finding]) -> list[dict[str, Any]]:
    """Findings as the API says them."""
    return [asdict(one) for one in found]


def conflicts_out(found: Iterable[Conflict]) -> list[dict[str, Any]]:
    """Conflicts as the API says them."""
    return [
        {
            **asdict(one),
            "theirs_lines": list(lines_between(one.base or "", one.theirs or "")),
            "mine_lines": list(lines_between(one.base or "", one.mine or "")),
            "both": both(one),
        }
        for one in found
    ]


def diffs_out(found: Iterable[FileDiff]) -> list[dict[str, Any]]:
    """Differences as the API says them."""
    return [{"path": one.path, "added": one.added, "removed": one.removed, "lines": one.lines} for one in found]


def commit_out(one: Commit) -> dict[str, Any]:
    """A commit as the API says it."""
    return {**asdict(one), "files": diffs_out(one.files)}
