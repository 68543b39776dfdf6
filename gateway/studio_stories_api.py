"""Stories and rules over HTTP: the list, one talk with what contradicts it, the flow, proposals, and talks made into stories.

Nothing here writes: a page saves what is proposed through ``POST /studio/save``. Whoever may open talks makes a story of one by its id;
a trainer by a message of the inbox or by what the try-out pane showed. Either way the story holds intents and actions and no word of
a shopper.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from gateway.problems import Problem
from gateway.services import Services, of
from gateway.staff_access import needs
from gateway.studio_schemas import LONGEST_BLOCK, EditOut, FindingOut, edits_out, findings_out
from gateway.threads import in_thread
from policy.intent_names import groups
from shop.db import reading
from shop.models import InboxRow, Message
from shop.staff import LEADS, TRAINERS
from shop.staff_sessions import Login
from studio.checks.stories import check, of_story
from studio.contradictions import Contradiction
from studio.dialogue import Dialogue, dialogue
from studio.edits import apply
from studio.findings import Finding
from studio.flows import family, flow, of_intent
from studio.guard import brought
from studio.stories import MOST_STEPS, Story, StoryKind, plain
from studio.story_edits import Old, begins_with, edits_of, fits, parts
from studio.talk_stories import Heard, made_of, turns_of

router = APIRouter(prefix="/api/v1/staff/studio/stories", tags=["studio stories"])
Trainer = Annotated[Login, needs(TRAINERS)]
Lead = Annotated[Login, needs(LEADS)]
InPath = Annotated[str, Query(max_length=200)]
Key = Annotated[str, Query(max_length=300)]
# So many messages of a talk are looked at; a story of more is none.
LONGEST_TALK = 400
View = dict[str, Any]


class StoriesOut(BaseModel):
    """A page of the list, how many there are, and the files and kinds to filter by; ``contradictions``: how many there are in all."""

    total: int
    stories: list[dict[str, Any]]
    files: list[dict[str, Any]]
    kinds: dict[str, int]
    contradictions: int


class StoryOut(BaseModel):
    """One talk: as it is edited, its text as it was seen (``base``), what was found about it, and its contradictions with both paths."""

    story: dict[str, Any]
    base: str
    findings: list[FindingOut]
    contradictions: list[dict[str, Any]]


class PartsOut(BaseModel):
    """What the editor offers."""

    intents: list[dict[str, Any]]
    actions: list[dict[str, Any]]
    forms: list[str]
    slots: list[dict[str, Any]]
    files: dict[str, list[str]]


class FlowOut(BaseModel):
    """A drawing: ``nodes`` (a parent before its children) and the ``talks`` in it; ``left_out``: how many more begin alike."""

    nodes: list[dict[str, Any]]
    talks: list[dict[str, Any]]
    left_out: int


class IntentsOut(BaseModel):
    """Intents with how many rules and stories begin with them."""

    intents: list[dict[str, Any]]


class ContradictionsOut(BaseModel):
    """Contradictions, each with both paths and the step where they part."""

    contradictions: list[dict[str, Any]]


class OldIn(BaseModel):
    """The talk that is edited, as it was seen."""

    model_config = ConfigDict(extra="forbid")
    path: str = Field(max_length=200)
    key: str = Field(max_length=300)
    base: str = Field(max_length=LONGEST_BLOCK)


class StoryIn(BaseModel):
    """A talk as it shall be; ``old`` null: a new one."""

    model_config = ConfigDict(extra="forbid")
    path: str = Field(max_length=200)
    kind: StoryKind
    name: str = Field(default="", max_length=400)
    steps: list[View] = Field(default=[], max_length=2 * MOST_STEPS)
    condition: list[View] = Field(default=[], max_length=MOST_STEPS)
    wait_for_user_input: bool = True
    conversation_start: bool = False
    old: OldIn | None = None


class ProposedOut(BaseModel):
    """The edits, what speaks against them, contradictions with both paths; ``would``: where the bot does otherwise today."""

    edits: list[EditOut]
    findings: list[FindingOut]
    contradictions: list[dict[str, Any]]
    would: dict[str, Any] | None


class StepsIn(BaseModel):
    """Steps so far."""

    model_config = ConfigDict(extra="forbid")
    steps: list[View] = Field(max_length=2 * MOST_STEPS)


class NextOut(BaseModel):
    """What the bot would do next by the rules and stories as they are; null: it would not know."""

    action: str | None


class TalkIn(BaseModel):
    """A talk, up to one of its messages when ``message_id`` is given."""

    model_config = ConfigDict(extra="forbid")
    talk_id: str = Field(max_length=64)
    message_id: str | None = Field(default=None, max_length=64)


class InboxIn(BaseModel):
    """A message of the inbox: the story ends with the bot's answer to it."""

    model_config = ConfigDict(extra="forbid")
    inbox_id: str = Field(max_length=64)


class TurnsIn(BaseModel):
    """Turns as the try-out pane has them: ``intent`` or ``intents``, ``actions``, and ``state`` after each."""

    model_config = ConfigDict(extra="forbid")
    turns: list[dict[str, Any]] = Field(min_length=1, max_length=MOST_STEPS)


class MadeOut(BaseModel):
    """A talk made into steps, with ``notes`` of what somebody should look at."""

    steps: list[View]
    notes: list[str]


def names() -> dict[str, str]:
    """What staff call each intent."""
    return {intent: name for group in groups().values() for intent, name in group.items()}


@router.get("", response_model=StoriesOut)
async def stories(
    _: Trainer,
    request: Request,
    q: Annotated[str, Query(max_length=100)] = "",
    kind: Literal["rule", "story", "test"] | None = None,
    path: Annotated[str | None, Query(max_length=200)] = None,
    found: Annotated[bool, Query(description="only those that something was found about")] = False,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> dict[str, Any]:
    """Rules, stories and tests in the order of the files."""
    workspace = of(request).studio.workspace

    def read() -> dict[str, Any]:
        known, told = dialogue(workspace), by_place(check(workspace))
        words, by_name = q.lower().split(), names()
        fitting = [one for one in known.stories if fits(one, words, by_name) and (not found or (one.path, one.key) in told)]
        kinds = {name: sum(one.kind == name and path in (None, one.path) for one in fitting) for name in ("rule", "story", "test")}
        files: dict[str, int] = {}
        for one in fitting:
            files[one.path] = files.get(one.path, 0) + (kind in (None, one.kind))
        shown = [one for one in fitting if kind in (None, one.kind) and path in (None, one.path)]
        return {
            "total": len(shown),
            "stories": [row(one, told.get((one.path, one.key), ())) for one in shown[offset : offset + limit]],
            "files": [{"path": name, "n": n} for name, n in sorted(files.items()) if n or name == path],
            "kinds": kinds,
            "contradictions": len(known.contradictions),
        }

    return await in_thread(read)


def by_place(found: list[Finding]) -> dict[tuple[str, str | None], list[Finding]]:
    """Findings by the block they are about."""
    several: dict[tuple[str, str | None], list[Finding]] = {}
    for one in found:
        several.setdefault((one.path, one.key), []).append(one)
    return several


def row(story: Story, told: Any) -> dict[str, Any]:
    """A talk in the list."""
    found = {severity: sum(one.severity == severity for one in told) for severity in ("error", "warning")}
    return {
        "path": story.path,
        "key": story.key,
        "kind": story.kind,
        "name": story.name,
        "line": story.line,
        "turns": sum(one["kind"] == "shopper" for one in story.views),
        "steps": story.views[:6],
        **found,
    }


@router.get("/one", response_model=StoryOut)
async def one_story(_: Trainer, request: Request, path: InPath, key: Key) -> dict[str, Any]:
    """One talk. 404 when it is gone."""
    workspace = of(request).studio.workspace

    def read() -> dict[str, Any]:
        known = dialogue(workspace)
        story, block = known.find(path, key), workspace.block(path, key)
        if story is None or block is None:
            raise Problem(404, "not-found", "这个故事或规则已经不在了，可能刚被改名或删除。")
        found = [one for one in check(workspace, [path]) if (one.path, one.key) == (path, key)]
        against = [both(one, known) for one in about(known, path, key)]
        return {"story": story.shown(), "base": block.text, "findings": findings_out(found), "contradictions": against}

    return await in_thread(read)


def about(known: Dialogue, path: str, key: str) -> list[Contradiction]:
    """The contradictions of a talk. Two stories contradict each other from both sides: it is told from this one's."""
    found = [one for one in known.contradictions if one.concerns(path, key)]
    return [one for one in found if one.sort != "stories" or (one.here.path, one.here.key) == (path, key)]


def both(one: Contradiction, known: Dialogue) -> dict[str, Any]:
    """A contradiction with the steps of its paths."""
    shown = one.shown
    for path in (shown["here"], *shown["there"]):
        story = known.find(path["path"], path["key"])
        path["steps"] = story.views if story else []
    return shown


@router.get("/parts", response_model=PartsOut)
async def offered(_: Trainer, request: Request) -> dict[str, Any]:
    """What the editor offers: intents, actions, responses, forms, slots and files."""
    workspace = of(request).studio.workspace
    return await in_thread(lambda: parts(workspace, names()))


@router.get("/intents", response_model=IntentsOut)
async def beginnings(_: Trainer, request: Request) -> dict[str, Any]:
    """Intents that rules and stories begin with, for the drawing."""
    workspace = of(request).studio.workspace

    def read() -> dict[str, Any]:
        by_name, found = names(), begins_with(dialogue(workspace).stories)
        return {"intents": [{"name": one, "title": by_name.get(one, one), "n": n} for one, n in found.items()]}

    return await in_thread(read)


@router.get("/flow", response_model=FlowOut)
async def drawing(
    _: Trainer,
    request: Request,
    path: Annotated[str | None, Query(max_length=200)] = None,
    key: Annotated[str | None, Query(max_length=300)] = None,
    intent: Annotated[str | None, Query(max_length=100)] = None,
) -> dict[str, Any]:
    """The flow of a talk with all that begin like it, or of all that begin with an intent."""
    workspace = of(request).studio.workspace

    def read() -> dict[str, Any]:
        known = dialogue(workspace)
        story = known.find(path, key) if path and key else None
        if story is None and intent is None:
            raise Problem(404, "not-found", "这个故事或规则已经不在了，可能刚被改名或删除。")
        talks = family(known.stories, story) if story else of_intent(known.stories, str(intent))
        return flow(talks, known.contradictions, story).shown

    return await in_thread(read)


@router.get("/contradictions", response_model=ContradictionsOut)
async def parting(_: Trainer, request: Request) -> dict[str, Any]:
    """All contradictions, with both paths and the step where they part."""
    workspace = of(request).studio.workspace

    def read() -> dict[str, Any]:
        known = dialogue(workspace)
        return {"contradictions": [both(one, known) for one in known.contradictions]}

    return await in_thread(read)


@router.post("/propose", response_model=ProposedOut)
async def propose(_: Trainer, body: StoryIn, request: Request) -> dict[str, Any]:
    """What saving this talk would change, what speaks against it, and where the bot does otherwise today."""
    workspace = of(request).studio.workspace

    def work() -> dict[str, Any]:
        shown = body.model_dump()
        old = Old(body.old.path, body.old.key, body.old.base) if body.old else None
        edits = edits_of(workspace, body.kind, shown, body.path, old)
        texts = apply(workspace, edits).texts
        after = dialogue(workspace.overlay(texts))
        mine = next((one for one in after.stories if (one.path, one.name) == (body.path, body.name.strip())), None)
        against = [both(one, after) for one in about(after, mine.path, mine.key)] if mine else []
        wrong = dialogue(workspace).first_wrong(mine) if mine and not list(errors(mine, after)) else None
        return {
            "edits": edits_out(edits),
            "findings": findings_out(brought(workspace, texts)),
            "contradictions": against,
            "would": {"step": wrong.step, "expected": wrong.expected, "would": wrong.would} if wrong else None,
        }

    return await in_thread(work)


def errors(story: Story, known: Dialogue) -> list[str]:
    """Codes of what makes a talk impossible to walk through."""
    return [code for severity, code, _, _ in of_story(story, known.words) if severity == "error"]


@router.post("/next", response_model=NextOut)
async def following(_: Trainer, body: StepsIn, request: Request) -> dict[str, Any]:
    """What the bot would do after these steps by the rules and stories as they are."""
    workspace = of(request).studio.workspace

    def work() -> dict[str, Any]:
        steps = [plain(one, f"第 {at} 步") for at, one in enumerate(body.steps, 1)]
        return {"action": dialogue(workspace).next_action(steps)}

    return await in_thread(work)


@router.post("/from-talk", response_model=MadeOut)
async def from_talk(_: Lead, body: TalkIn, request: Request) -> dict[str, Any]:
    """A talk as a story, for those who may open it. 404 when there is no such talk or message."""
    services = of(request)
    return await in_thread(told, services, body.talk_id, body.message_id)


@router.post("/from-inbox", response_model=MadeOut)
async def from_inbox(_: Trainer, body: InboxIn, request: Request) -> dict[str, Any]:
    """What led to a message of the inbox as a story: intents and actions, no words and no talk. 404 when it is gone."""
    services = of(request)

    def work() -> dict[str, Any]:
        with reading(services.database) as session:
            row = session.get(InboxRow, (services.settings.shop_id, body.inbox_id))
        if row is None:
            raise Problem(404, "not-found", "这条消息已经不在收件箱里。")
        return told(services, row.conversation_id, row.message_id)

    return await in_thread(work)


@router.post("/from-turns", response_model=MadeOut)
async def from_turns(_: Trainer, body: TurnsIn, request: Request) -> dict[str, Any]:
    """Turns of the try-out pane as a story."""
    workspace = of(request).studio.workspace

    def work() -> dict[str, Any]:
        made = made_of([Heard.of(one) for one in body.turns], dialogue(workspace).words)
        return {"steps": made.steps, "notes": made.notes}

    return await in_thread(work)


def told(services: Services, talk_id: str, message_id: str | None) -> dict[str, Any]:
    """The story of a talk up to the answer to a message."""
    shop = services.settings.shop_id
    query = select(Message.id, Message.sender, Message.trace).where(Message.shop_id == shop, Message.conversation_id == talk_id)
    with reading(services.database) as session:
        found = [
            {"id": id, "sender": sender, "trace": trace}
            for id, sender, trace in session.execute(query.order_by(Message.seq).limit(LONGEST_TALK))
        ]
    if not found:
        raise Problem(404, "not-found", "没有这段对话，或已按保留期限删除。")
    if message_id is not None:
        place = next((at for at, one in enumerate(found) if one["id"] == message_id), None)
        if place is None:
            raise Problem(404, "not-found", "这段对话里没有这条消息。")
        if found[place]["sender"] == "shopper":
            # Several messages in a row are answered together: the answer is what follows the last of them.
            answer = next((at for at in range(place + 1, len(found)) if found[at]["sender"] != "shopper"), len(found))
            ends = next((at for at in range(answer, len(found)) if found[at]["sender"] == "shopper"), len(found))
        else:
            ends = place + 1
        found = found[:ends]
    made = made_of(turns_of(found), dialogue(services.studio.workspace).words)
    notes = [*made.notes, *([f"对话太长，只看了前 {LONGEST_TALK} 条"] if len(found) == LONGEST_TALK else [])]
    return {"steps": made.steps, "notes": notes or ([] if made.steps else ["这段对话里机器人没有回答过，做不成故事"])}
