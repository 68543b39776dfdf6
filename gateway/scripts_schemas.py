"""Bodies of the scripts library's API."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Scope = Literal["public", "own"]
ScriptId = Annotated[str, Field(max_length=64)]
Day = Annotated[str, Field(max_length=32)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewScript(_Body):
    """A script of the shop's (``public``) or one's own. Empty dates: always; ``confirmed``: kept though the wording check asks."""

    scope: Scope = "own"
    title: Annotated[str, Field(max_length=200)]
    text: Annotated[str, Field(max_length=4_000)]
    code: Annotated[str, Field(max_length=64)] | None = None
    folder: ScriptId | None = None
    situation: Annotated[str, Field(max_length=1_000)] = ""
    valid_from: Day | None = None
    valid_to: Day | None = None
    confirmed: bool = False


class ChangedScript(_Body):
    """What shall change of a script that was read as ``version``."""

    version: Annotated[int, Field(ge=1)]
    title: Annotated[str, Field(max_length=200)] | None = None
    text: Annotated[str, Field(max_length=4_000)] | None = None
    code: Annotated[str, Field(max_length=64)] | None = None
    folder: ScriptId | None = None
    situation: Annotated[str, Field(max_length=1_000)] | None = None
    valid_from: Day | None = None
    valid_to: Day | None = None
    confirmed: bool = False


class NewFolder(_Body):
    """A folder; ``parent``: of the first level, when it shall be inside one. ``channel``: chat, or phone (only spoken)."""

    scope: Scope = "own"
    name: Annotated[str, Field(max_length=100)]
    parent: ScriptId | None = None
    channel: Literal["chat", "phone"] | None = None


class ChangedFolder(_Body):
    """Another name, or another place on its level (from 0)."""

    name: Annotated[str, Field(max_length=100)] | None = None
    place: Annotated[int, Field(ge=0, le=500)] | None = None


class Ids(_Body):
    """Several scripts."""

    ids: Annotated[list[ScriptId], Field(min_length=1, max_length=200)]


class Used(_Body):
    """What became of a script: put into the draft of a ``talk``, or copied into another program."""

    kind: Literal["inserted", "copied"]
    talk: Annotated[str, Field(max_length=64)] | None = None


class Draft(_Body):
    """A script that is being written."""

    text: Annotated[str, Field(max_length=4_000)]


class TakenLine(_Body):
    """A line of an import as it shall be kept; ``folder``: its name and that of the one inside it."""

    title: Annotated[str, Field(max_length=200)]
    text: Annotated[str, Field(max_length=4_000)]
    code: Annotated[str, Field(max_length=64)] | None = None
    folder: Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=2)] = []
    situation: Annotated[str, Field(max_length=1_000)] = ""
    valid_from: Day | None = None
    valid_to: Day | None = None


class TakenLines(_Body):
    """The lines that somebody has chosen of a preview."""

    scope: Scope = "own"
    rows: Annotated[list[TakenLine], Field(min_length=1, max_length=1_000)]
    confirmed: bool = False


class ScriptOut(BaseModel):
    """A script. ``unedited``: share (0–1) of those sent in talks that went out as it stands; ``dead``: unused for 60 days."""

    id: str
    scope: Scope
    folder: str | None
    title: str
    text: str
    code: str | None
    situation: str
    must_say: list[str]
    must_not: list[str]
    source: str | None
    valid_from: str | None
    valid_to: str | None
    valid: bool
    image: str | None
    uses: int
    inserted: int
    unedited: float | None
    used_at: str | None
    dead: bool
    changed_at: str
    version: int
    editable: bool


class ScriptsOut(BaseModel):
    """A page of scripts, how many there are, and how many of all are dead."""

    scripts: list[ScriptOut]
    total: int


class FolderOut(BaseModel):
    """A folder with the number of scripts in it (not in those inside it)."""

    id: str
    scope: Scope
    parent: str | None
    name: str
    channel: str
    scripts: int


class FoldersOut(BaseModel):
    """All folders, the shop's first; ``loose``: scripts in no folder by scope; ``editable``: whether one may edit the shop's."""

    folders: list[FolderOut]
    loose: dict[str, int]
    editable: bool


class MatchOut(BaseModel):
    """A script for what was typed: ``text`` filled in, ``missing`` the labels that still stand in it as {label}."""

    id: str
    title: str
    folder: str | None
    text: str
    missing: list[str]
    image: str | None
    code: str | None
    situation: str
    own: bool
    why: Literal["content", "code", "pinyin"]


class MatchesOut(BaseModel):
    """Matches, the best first; ``order_id``: of which order they speak."""

    matches: list[MatchOut]
    order_id: str | None


class ValuesOut(BaseModel):
    """What a script may name in braces."""

    values: list[dict[str, Any]]


class CountOut(BaseModel):
    """How many there were."""

    count: int


class CheckedOut(BaseModel):
    """Findings of the wording check, the text with examples for its values, and the labels that only the agent can fill in."""

    findings: list[dict[str, Any]]
    sample: str
    gaps: list[str]


class LinesOut(BaseModel):
    """A preview of an import, line by line."""

    lines: list[dict[str, Any]]


class RankingOut(BaseModel):
    """Uses within some days, the most used first."""

    days: int
    ranking: list[dict[str, Any]]
