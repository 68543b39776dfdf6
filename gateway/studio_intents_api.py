"""Intents and examples over HTTP: lists, what collides while somebody types, and operations that propose edits. Nothing is written here."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request

from gateway import studio_intents as core
from gateway import studio_intents_schemas as schemas
from gateway.staff_access import needs
from gateway.studio_api import refuse, studio_of
from gateway.studio_schemas import ProposalOut, edits_out, findings_out
from gateway.threads import counting, in_thread
from shop.staff import TRAINERS
from shop.staff_sessions import Login
from studio import intents, teaching
from studio.drafts import Draft
from studio.errors import StudioError
from studio.example_lines import taken_over
from studio.findings import Finding
from studio.intents import Answer
from studio.workspace import Workspace

router = APIRouter(prefix="/api/v1/staff/studio", tags=["studio"])
Trainer = Annotated[Login, needs(TRAINERS)]
IntentPath = Annotated[str, Path(max_length=64)]


@router.get("/intents", response_model=schemas.IntentsOut)
async def overview(_: Trainer, request: Request) -> dict[str, Any]:
    """Every intent with its counts, what it was measured with last, its confusions, and what is thin or collides."""
    return await in_thread(core.overview, studio_of(request))


@router.get("/intents/answers", response_model=schemas.AnswersOut)
async def answers(_: Trainer, request: Request) -> dict[str, Any]:
    """Responses and actions that a new intent may be answered with."""
    return {"answers": await in_thread(core.answers, studio_of(request).workspace)}


@router.post("/intents/create", response_model=ProposalOut)
async def create(_: Trainer, body: schemas.CreateIn, request: Request) -> dict[str, Any]:
    """Propose a new intent with its examples and what the bot does at it."""
    workspace = studio_of(request).workspace

    def work() -> dict[str, Any]:
        draft = intents.create(
            workspace,
            body.intent,
            body.name,
            body.texts,
            held_out=body.held_out,
            group=body.group,
            like=body.like,
            answer=_answer(body.answer),
        )
        return _proposal(draft)

    return await in_thread(work)


@router.get("/intents/{intent}/references", response_model=schemas.ReferencesOut)
async def references(_: Trainer, intent: IntentPath, request: Request) -> dict[str, Any]:
    """Where an intent is used beside its examples, and what the program's own mentions forbid."""
    workspace = studio_of(request).workspace

    def work() -> dict[str, Any]:
        core.known(workspace, intent)
        bound = {deed: findings_out(intents.bound(workspace, intent, deed)) for deed in intents.DEEDS}
        return {"references": core.used(workspace, intent), "bound": bound}

    return await in_thread(work)


@router.post("/intents/{intent}/groups", response_model=schemas.GroupsOut)
async def groups(_: Trainer, intent: IntentPath, body: schemas.GroupsIn, request: Request) -> dict[str, Any]:
    """An intent's examples in groups of the likest: a proposal for a split."""
    workspace = studio_of(request).workspace
    core.known(workspace, intent)
    return {"groups": await counting(core.grouped, workspace, intent, body.groups)}


@router.post("/intents/{intent}/propose", response_model=ProposalOut)
async def deed(_: Trainer, intent: IntentPath, body: schemas.IntentDeed, request: Request) -> dict[str, Any]:
    """Propose to rename, call otherwise, merge, split or delete an intent. 422 studio-refused: the program itself names it."""
    workspace = studio_of(request).workspace

    def work() -> dict[str, Any]:
        core.known(workspace, intent)
        bound: list[Finding] = []
        if not isinstance(body, schemas.Call | schemas.Split):
            bound = intents.bound(workspace, intent, body.operation)
            refuse(bound)
        elif isinstance(body, schemas.Split):
            bound = intents.left_behind(workspace, intent)
        return _proposal(_draft(workspace, intent, body), bound)

    return await in_thread(work)


def _draft(workspace: Workspace, intent: str, body: schemas.IntentDeed) -> Draft:
    if isinstance(body, schemas.Rename):
        return intents.rename(workspace, intent, body.new)
    if isinstance(body, schemas.Merge):
        return intents.merge(workspace, intent, body.into, body.topic)
    if isinstance(body, schemas.Split):
        answer = None if body.answer is None else _answer(body.answer) or Answer()
        return intents.split(workspace, intent, body.new, body.name, body.ids, answer, body.group)
    if isinstance(body, schemas.Delete):
        return intents.delete(workspace, intent)
    draft = Draft(workspace)
    intents.call(draft, intent, body.name, body.group)
    return draft


@router.get("/examples", response_model=schemas.ExamplesOut)
async def examples(
    _: Trainer,
    request: Request,
    intent: Annotated[str | None, Query(max_length=64)] = None,
    topic: Annotated[str | None, Query(max_length=64)] = None,
    kind: Literal["taught", "held_out", "all"] = "all",
    q: Annotated[str, Query(max_length=100)] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> dict[str, Any]:
    """Examples of an intent, or of all that hold the words."""
    return await in_thread(core.page, studio_of(request).workspace, intent, topic, kind, q, limit, offset)


@router.post("/examples/look", response_model=schemas.LooksOut)
async def look(_: Trainer, body: schemas.LookIn, request: Request) -> dict[str, Any]:
    """While somebody types: the same text elsewhere, nearly the same, and why a text can be no example."""
    workspace = studio_of(request).workspace
    return {"texts": await in_thread(core.looked_at, workspace, body.texts, body.intent, body.ignored)}


@router.get("/examples/doubles", response_model=schemas.PairsOut)
async def doubled(
    _: Trainer,
    request: Request,
    only: Literal["conflict", "same", "all"] = "conflict",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> dict[str, Any]:
    """Pairs of examples that say the same or nearly so, those of two intents first."""
    return await counting(core.doubled, studio_of(request).workspace, only, limit, offset)


@router.post("/examples/propose", response_model=ProposalOut)
async def examples_deed(_: Trainer, body: schemas.ExamplesDeed, request: Request) -> dict[str, Any]:
    """Propose to edit, move, remove or take over examples."""
    workspace = studio_of(request).workspace

    def work() -> dict[str, Any]:
        if isinstance(body, schemas.TakeOver):
            for one in {row.intent for row in body.rows}:
                core.known(workspace, one)
            return _proposal(taken_over(workspace, [(row.text, row.intent, row.topic, row.held_out) for row in body.rows]))
        draft = Draft(workspace)
        if isinstance(body, schemas.RemoveExamples):
            teaching.change(draft, dict.fromkeys(body.ids))
        elif isinstance(body, schemas.MoveExamples):
            core.known(workspace, body.intent)
            teaching.move(draft, body.ids, body.intent, body.topic, held_out=body.held_out)
        else:
            core.known(workspace, body.intent)
            if body.changes:
                teaching.change(draft, body.changes)
            if body.added:
                teaching.add(draft, body.intent, body.added, body.topic, held_out=body.held_out)
        return _proposal(draft)

    return await in_thread(work)


def _answer(body: schemas.AnswerIn) -> Answer | None:
    return Answer(body.like, body.action) if body.like or body.action else None


def _proposal(draft: Draft, bound: list[Finding] | None = None) -> dict[str, Any]:
    edits = draft.edits()
    if not edits:
        raise StudioError("修改", "没有任何变化", "可能这些例句已经有了")
    return {"edits": edits_out(edits), "findings": findings_out(core.told(draft, bound or ()))}
