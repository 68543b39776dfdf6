"""Decision tables and parameters over HTTP: read, draft, try. Nothing is written here; edits are saved by studio_api.py.

A page keeps its steps (studio/table_edits.py) and sends all of them: the answer is always that of the files as they are now.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from gateway.problems import Problem
from gateway.services import Services, of
from gateway.staff_access import needs
from gateway.studio_schemas import EditOut, FindingOut
from gateway.threads import in_thread
from shop.staff import TRAINERS
from shop.staff_sessions import Login
from studio import table_draft
from studio.checks.tables import of_table
from studio.table_uses import uses
from studio.table_words import words
from studio.tables import opened, path_of, sayings, topics
from studio.workspace import Workspace

router = APIRouter(prefix="/api/v1/staff/studio", tags=["studio"])
Trainer = Annotated[Login, needs(TRAINERS)]
Topic = Annotated[str, Path(max_length=60)]
MOST_STEPS = 500


class DraftIn(BaseModel):
    """Steps not saved yet, in their order; ``at``: the moment to look at (null: every day, without dated rows)."""

    model_config = ConfigDict(extra="forbid")
    steps: list[dict[str, Any]] = Field(default_factory=list, max_length=MOST_STEPS)
    at: AwareDatetime | None = None


class RowIn(DraftIn):
    """A row of the draft."""

    row: str = Field(max_length=200)


class TryIn(DraftIn):
    """A case: what is known of it. ``own``: decide by the shop's own parameters, as for a shopper."""

    facts: dict[str, str | int] = Field(default_factory=dict, max_length=60)
    own: bool = True


class ListedOut(BaseModel):
    """A table in the list. ``dated``: rows that count only for a time."""

    topic: str
    name: str
    path: str
    about: str
    rows: int
    dated: int
    errors: int
    warnings: int


class TablesOut(BaseModel):
    """All tables."""

    tables: list[ListedOut]


class NamedOut(BaseModel):
    """A word with its Chinese name."""

    word: str
    title: str


class ColumnOut(BaseModel):
    """An input; ``words`` is null for a whole number; ``used``: some row looks at it."""

    name: str
    title: str
    words: list[NamedOut] | None
    default: Any
    used: bool


class OutputOut(BaseModel):
    """An output; ``kind``: words, response, money, int or text."""

    name: str
    title: str
    kind: str
    words: list[NamedOut]
    responses: list[str]
    default: Any
    required: bool


class RowOut(BaseModel):
    """A row as its file has it."""

    key: str
    id: str
    line: int
    when: dict[str, Any]
    then: dict[str, Any]
    source: str
    status: str
    why: str
    hits: list[dict[str, Any]]
    misses: list[dict[str, Any]]
    valid_from: str
    valid_to: str


class ChangedOut(BaseModel):
    """Cases that the draft answers otherwise; ``said``: which; null for the id: no row. ``table``, ``name``: of a parameter's change."""

    before: str | None
    after: str | None
    facts: dict[str, Any]
    said: str
    outputs: list[dict[str, Any]]
    table: str = ""
    name: str = ""


class OverlapOut(BaseModel):
    """Two rows that share cases and answer them differently: the first decides."""

    first: str
    second: str
    kind: str
    said: str
    facts: dict[str, Any]


class TableOut(BaseModel):
    """A table with the draft's steps taken; ``wrong``: why it cannot be used; ``open``: cases that no row fits."""

    topic: str
    path: str
    name: str
    about: str
    inputs: list[ColumnOut]
    outputs: list[OutputOut]
    rows: list[RowOut]
    parameters: list[dict[str, Any]]
    numbers: list[dict[str, Any]]
    says: dict[str, str | None]
    notes: list[dict[str, Any]]
    statuses: list[NamedOut]
    wrong: str
    edits: list[EditOut]
    findings: list[FindingOut]
    open: list[dict[str, Any]]
    changed: list[ChangedOut]
    new_overlaps: list[OverlapOut]
    comparable: bool


class VerdictOut(BaseModel):
    """Which row answers an example; ``ask``: what is still to be asked."""

    row: str | None
    ask: str | None
    wrong: str


class RowMeetsOut(BaseModel):
    """What a row meets. ``uses``: where the code names it (a row that is named there cannot be removed without a programmer)."""

    key: str
    hits: list[VerdictOut]
    misses: list[VerdictOut]
    answers: list[dict[str, Any]]
    overlaps: list[OverlapOut]
    uses: list[str]


class TriedOut(BaseModel):
    """The decision; ``fits``: all rows that fit, the first one answers; ``live``: what the live release decides, null: the same or none."""

    row: str | None
    ask: str | None
    asked: str = ""
    then: list[dict[str, Any]]
    rows: list[str]
    fits: list[str]
    source: str
    text: str | None
    live: dict[str, Any] | None


class ParametersOut(BaseModel):
    """All parameters with the draft's steps taken."""

    path: str
    parameters: list[dict[str, Any]]
    edits: list[EditOut]
    findings: list[FindingOut]
    changed: list[ChangedOut]


class SayingsOut(BaseModel):
    """Responses with what they say."""

    says: list[dict[str, str]]
    total: int


async def _read[R](request: Request, work: Callable[[Services, Workspace], R]) -> R:
    services = of(request)
    return await in_thread(work, services, services.studio.workspace)


def _known(workspace: Workspace, topic: str) -> None:
    if topic not in topics(workspace):
        raise Problem(404, "not-found", "There is no such table.")


@router.get("/tables", response_model=TablesOut)
async def tables(_: Trainer, request: Request) -> dict[str, Any]:
    """All tables, with how many findings each has."""

    def work(_: Services, workspace: Workspace) -> dict[str, Any]:
        known = sayings(workspace)
        return {"tables": [_listed(workspace, topic, known) for topic in topics(workspace)]}

    return await _read(request, work)


def _listed(workspace: Workspace, topic: str, known: dict[str, str]) -> dict[str, Any]:
    found = of_table(workspace, topic, known)
    out = {"topic": topic, "name": words().table(topic), "path": path_of(topic), "about": "", "rows": 0, "dated": 0}
    if not any(one.code == "table-unreadable" for one in found):
        table = opened(workspace, topic)
        dated = sum(1 for row in table.rows if row.data.get("valid_from") or row.data.get("valid_to"))
        out |= {"about": table.about, "rows": len(table.rows), "dated": dated}
    severities = [one.severity for one in found]
    return {**out, "errors": severities.count("error"), "warnings": severities.count("warning")}


@router.post("/tables/{topic}/draft", response_model=TableOut)
async def draft(_: Trainer, topic: Topic, body: DraftIn, request: Request) -> dict[str, Any]:
    """A table with these steps taken: its rows, the edits to save, findings, open cases, what changes. Nothing is written."""

    def work(_: Services, workspace: Workspace) -> dict[str, Any]:
        _known(workspace, topic)
        return table_draft.draft(workspace, topic, body.steps, body.at)

    return await _read(request, work)


@router.post("/tables/{topic}/row", response_model=RowMeetsOut)
async def row(_: Trainer, topic: Topic, body: RowIn, request: Request) -> dict[str, Any]:
    """Verdicts of a row's examples, cases that it answers, and the rows it shares cases with."""

    def work(_: Services, workspace: Workspace) -> dict[str, Any]:
        _known(workspace, topic)
        found = table_draft.row(workspace, topic, body.steps, body.row, body.at)
        return {**found, "uses": uses(found["id"])}

    return await _read(request, work)


@router.post("/tables/{topic}/try", response_model=TriedOut)
async def try_case(_: Trainer, topic: Topic, body: TryIn, request: Request) -> dict[str, Any]:
    """What the draft decides for a case, and what the live release does when that differs."""

    def work(services: Services, workspace: Workspace) -> dict[str, Any]:
        _known(workspace, topic)
        own = services.shop.parameters() if body.own else {}
        found = table_draft.tried(workspace, topic, body.steps, body.facts, body.at, own)
        live = services.studio.releases.live()
        other = table_draft.tried_elsewhere(Workspace(live.folder), topic, body.facts, body.at, own) if live else None
        same = other is None or (other["row"], other["ask"], other["then"]) == (found["row"], found["ask"], found["then"])
        return {**found, "live": None if same else other}

    return await _read(request, work)


@router.post("/parameters/draft", response_model=ParametersOut)
async def parameters(_: Trainer, body: DraftIn, request: Request) -> dict[str, Any]:
    """All parameters with these steps taken, and what becomes of the tables that read the changed ones."""

    def work(services: Services, workspace: Workspace) -> dict[str, Any]:
        now: datetime = body.at or services.clock.now()
        return table_draft.parameters_view(workspace, body.steps, services.shop.parameters(), now)

    return await _read(request, work)


@router.get("/says", response_model=SayingsOut)
async def says(
    _: Trainer,
    request: Request,
    q: Annotated[str, Query(max_length=100)] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 30,
) -> dict[str, Any]:
    """Responses to choose from, by their name or words."""

    def work(_: Services, workspace: Workspace) -> dict[str, Any]:
        wanted = q.strip().lower()
        found = [(name, text) for name, text in sorted(sayings(workspace).items()) if wanted in name or wanted in text.lower()]
        return {"says": [{"name": name, "text": text} for name, text in found[:limit]], "total": len(found)}

    return await _read(request, work)
