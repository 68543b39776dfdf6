"""The trainers' inbox over HTTP: groups of masked messages, labels by one key, and the batches that write them into the files."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request

from gateway import studio_schemas as schemas
from gateway.problems import Problem
from gateway.services import of
from gateway.studio_api import Trainer, keep, refuse, studio_of
from gateway.studio_inbox import Sitting, message_out, pieces, placed, read_out, readings
from gateway.studio_inbox_schemas import MOST, MOST_READ, Dropping, GroupsOut, Ids, Labelling, Meant, MessagesOut, Saving, Texts, Whose
from gateway.threads import in_thread
from shop.inbox import REASONS, Filter, Sort, State, hashed
from studio import labels, wishes
from studio.edits import apply, differences
from studio.labels import Label
from studio.likeness import plain
from studio.repository import StudioConflict

router = APIRouter(prefix="/api/v1/staff/studio/inbox", tags=["studio inbox"])
# Others label at the same time: what they saved in between is read again so often.
TRIES = 4


@router.get("", response_model=GroupsOut)
async def groups(
    login: Trainer,
    request: Request,
    state: State = "open",
    reason: Literal["fallback", "margin", "edited", "ignored", "rating", "sampled"] | None = None,
    intent: Annotated[str | None, Query(max_length=64)] = None,
    days: Annotated[int | None, Query(ge=1, le=365)] = None,
    q: Annotated[str, Query(max_length=100)] = "",
    sort: Sort = "size",
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> dict[str, Any]:
    """Groups of messages that are alike and fit the filter; the counts are of all."""
    services = of(request)
    studio = studio_of(request)

    def read() -> dict[str, Any]:
        wanted = _filter(request, state, reason, intent, days, q)
        found, total, messages = services.inbox.groups(wanted, sort=sort, limit=limit, offset=offset)
        counted = services.inbox.intents(state).items()
        named = [{"intent": one, "name": wishes.name_of(studio.workspace, None if one == "-" else one), "count": n} for one, n in counted]
        return {
            "groups": [
                {"id": one.leader, "count": one.count, "newest": one.newest, "first": message_out(studio, one.first)} for one in found
            ],
            "total": total,
            "messages": messages,
            "counts": services.inbox.counts(login.member.id),
            "intents": sorted(named, key=lambda one: -one["count"]),
        }

    return await in_thread(read)


@router.get("/groups/{leader}", response_model=MessagesOut)
async def group(
    _: Trainer,
    request: Request,
    leader: Annotated[str, Path(max_length=64)],
    state: State = "open",
    reason: Annotated[str | None, Query(max_length=32)] = None,
    intent: Annotated[str | None, Query(max_length=64)] = None,
    days: Annotated[int | None, Query(ge=1, le=365)] = None,
    q: Annotated[str, Query(max_length=100)] = "",
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> dict[str, Any]:
    """The messages of a group that fit the filter, the oldest first."""
    wanted = _filter(request, state, reason, intent, days, q)
    found, total = await in_thread(of(request).inbox.of_group, leader, wanted, limit=limit, offset=offset)
    studio = studio_of(request)
    return {"messages": [message_out(studio, one) for one in found], "total": total}


@router.get("/judged", response_model=MessagesOut)
async def judged(
    login: Trainer,
    request: Request,
    state: Literal["labelled", "dropped"] = "labelled",
    unsaved: bool = False,
    mine: bool = False,
    q: Annotated[str, Query(max_length=100)] = "",
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> dict[str, Any]:
    """What was labelled or dropped, the newest judgement first."""
    wanted = Filter(state=state, unsaved=unsaved, by=login.member.id if mine else None, words=q.strip())
    found, total = await in_thread(of(request).inbox.messages, wanted, limit=limit, offset=offset)
    studio = studio_of(request)
    return {"messages": [message_out(studio, one) for one in found], "total": total}


@router.get("/choices")
async def choices(_: Trainer, request: Request) -> dict[str, Any]:
    """Every wish that may be chosen, with its name and pinyin, and what may be marked."""
    workspace = studio_of(request).workspace

    def read() -> dict[str, Any]:
        return {
            "wishes": [vars(one) for one in wishes.all_of(workspace)],
            "entities": [{"entity": one, "name": wishes.entity_name(one)} for one in labels.entities(workspace)],
        }

    return await in_thread(read)


@router.post("/read")
async def read(_: Trainer, body: Ids, request: Request) -> dict[str, Any]:
    """Messages ready to be labelled, as the live model reads them now: pieces, entities, guesses for the keys 1 to 9."""
    services, studio = of(request), studio_of(request)
    found = await in_thread(services.inbox.some, body.ids[:MOST_READ])
    told, asked = await readings(services.engine, [one.text for one in found])
    return {
        "messages": await in_thread(
            lambda: [read_out(studio, one, reading, asked=asked) for one, reading in zip(found, told, strict=True)],
        )
    }


@router.post("/cut")
async def cut(_: Trainer, body: Texts, request: Request) -> dict[str, Any]:
    """The pieces of sentences as the page shows them after somebody has changed their words."""
    texts = [labels.cleaned(one) for one in body.texts[:MOST_READ]]
    told, _asked = await readings(of(request).engine, texts)
    return {"texts": [{"text": text, "pieces": pieces(text, one["tokens"])} for text, one in zip(texts, told, strict=True)]}


@router.post("/check")
async def check(_: Trainer, body: Meant, request: Request) -> dict[str, Any]:
    """What speaks against a label, while it is being chosen: conflicts, near duplicates, what is known already."""
    text = body.text or ""
    label = Label(text, body.intent, body.topic, tuple(placed(text, [one.model_dump() for one in body.entities])))
    return {"findings": schemas.findings_out(await in_thread(labels.check, studio_of(request).workspace, label))}


@router.post("/label")
async def label(login: Trainer, body: Labelling, request: Request) -> dict[str, Any]:
    """Label messages, and all open ones that say the same. 422 studio-refused: it cannot be written so; 422 misplaced; 404 gone."""
    services, studio = of(request), studio_of(request)

    def work() -> dict[str, Any]:
        found = services.inbox.some(body.ids)
        if not found:
            raise Problem(404, "not-found", "这些消息已经不在收件箱里了。")
        single = len(found) == 1
        text = labels.cleaned(body.text) if body.text is not None and single else None
        marks = placed(text if text is not None else found[0].text, [one.model_dump() for one in body.entities]) if single else ()
        if found[0].saved is None:
            wanted = [Label(text or one.text, body.intent, body.topic, marks) for one in found]
            found_out = {each.same: each for one in wanted for each in labels.check(studio.workspace, one)}
            refuse(list(found_out.values()))
        done = services.inbox.label(
            [one.id for one in found],
            body.intent,
            body.topic,
            by=login.member.id,
            text=text if text != found[0].text else None,
            plain=plain(text) if text is not None else None,
            entities=marks,
            train=body.train,
        )
        return {"ids": done, "counts": services.inbox.counts(login.member.id)}

    return await in_thread(work)


@router.post("/drop")
async def drop(login: Trainer, body: Dropping, request: Request) -> dict[str, Any]:
    """Take messages out of the inbox, and all open ones that say the same."""
    inbox = of(request).inbox
    done = await in_thread(lambda: inbox.drop(body.ids, body.why, by=login.member.id))
    return {"ids": done, "counts": await in_thread(inbox.counts, login.member.id)}


@router.post("/reopen")
async def reopen(login: Trainer, body: Ids, request: Request) -> dict[str, Any]:
    """Look at judged messages again; one that stands in the files is left as it is."""
    inbox = of(request).inbox
    done = await in_thread(inbox.reopen, body.ids)
    return {"ids": done, "counts": await in_thread(inbox.counts, login.member.id)}


@router.post("/propose")
async def propose(login: Trainer, body: Whose, request: Request) -> dict[str, Any]:
    """What saving the labels would change (held_out.yml), line by line, and which cannot be written."""
    studio = studio_of(request)

    def work() -> dict[str, Any]:
        sitting = Sitting(studio, of(request).inbox, None if body.everyone else login.member.id)
        applied = apply(studio.workspace, sitting.batch.edits)
        return {
            "edits": schemas.edits_out(sitting.batch.edits),
            "diffs": schemas.diffs_out(differences(studio.workspace, applied.texts)),
            "findings": schemas.findings_out(sitting.refused),
            "labels": len(sitting.messages),
            "there": len(sitting.batch.there),
            "refused": len(sitting.batch.refused),
            "train": sum(one.train for one in sitting.messages),
        }

    return await in_thread(work)


@router.post("/save")
async def save(login: Trainer, body: Saving, request: Request) -> dict[str, Any]:
    """Write the labels as tests: one commit. Labels that others save meanwhile are read again, so both are kept."""
    studio, inbox = studio_of(request), of(request).inbox

    def work() -> dict[str, Any]:
        for last in (*[False] * (TRIES - 1), True):
            sitting = Sitting(studio, inbox, None if body.everyone else login.member.id)
            if not sitting.batch.edits:
                done = sitting.settle(studio.repository.head(), written=False)
                return {"commit": None, "saved": done, "findings": schemas.findings_out(sitting.refused)}
            try:
                made = keep(studio, sitting.batch.edits, login, body.reason)
            except StudioConflict:
                if last:
                    raise
                continue
            done = sitting.settle(str(made["commit"]["id"]), written=True)
            return {**made, "saved": done, "findings": schemas.findings_out(sitting.refused)}
        raise AssertionError

    return await in_thread(work)


@router.get("/tests")
async def held_out(
    _: Trainer,
    request: Request,
    q: Annotated[str, Query(max_length=100)] = "",
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> dict[str, Any]:
    """The inbox's tests that are not taught, those that trainers want to be taught first."""
    studio, inbox = studio_of(request), of(request).inbox

    def work() -> dict[str, Any]:
        wanted = inbox.for_training()
        rows = [
            {
                "text": one.said,
                "line": one.text,
                "intent": one.intent,
                "topic": one.topic,
                "name": wishes.name_of(studio.workspace, one.intent, one.topic),
                "train": hashed(plain(one.said)) in wanted,
            }
            for one in labels.held_out(studio.workspace)
            if q.strip().lower() in one.said.lower()
        ]
        rows.sort(key=lambda one: not one["train"])
        return {"tests": rows[offset : offset + limit], "total": len(rows), "train": sum(bool(one["train"]) for one in rows)}

    return await in_thread(work)


@router.post("/join", response_model=schemas.ProposalOut)
async def join(_: Trainer, body: Texts, request: Request) -> dict[str, Any]:
    """Edits that teach these tests and take them out of the tests."""
    studio = studio_of(request)
    edits = await in_thread(labels.join_training, studio.workspace, body.texts)
    return {"edits": schemas.edits_out(edits), "findings": []}


def _filter(request: Request, state: State, reason: str | None, intent: str | None, days: int | None, q: str) -> Filter:
    since = of(request).clock.today() - timedelta(days=days - 1) if days else None
    return Filter(state=state, reason=reason if reason in REASONS else None, intent=intent or None, since=since, words=q.strip())
