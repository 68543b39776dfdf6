"""Save, history and publishing over HTTP: the one way in which a page of the studio changes a file."""

from __future__ import annotations

from hashlib import sha1
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi import Path as InPath

from gateway import studio_schemas as schemas
from gateway.problems import Problem
from gateway.services import of
from gateway.staff_access import needs
from gateway.studio import Studio, author
from gateway.threads import in_thread
from shop.staff import TRAINERS
from shop.staff_sessions import Login
from studio import publishing
from studio.edits import Edit, apply, differences
from studio.errors import StudioError
from studio.findings import Finding
from studio.guard import brought, look
from studio.releases import Release
from studio.workspace import PUBLISHABLE

router = APIRouter(prefix="/api/v1/staff/studio", tags=["studio"])
Trainer = Annotated[Login, needs(TRAINERS)]
CommitId = Annotated[str, InPath(max_length=64)]


def studio_of(request: Request) -> Studio:
    """The studio of the app that serves this request."""
    return of(request).studio


@router.post("/preview", response_model=schemas.PreviewOut)
async def preview(_: Trainer, body: schemas.EditsIn, request: Request) -> dict[str, Any]:
    """What a save would change and what speaks against it. Nothing is written."""
    studio = studio_of(request)

    def read() -> dict[str, Any]:
        applied = apply(studio.workspace, [one.edit() for one in body.edits])
        found = [] if applied.conflicts else brought(studio.workspace, applied.texts)
        return {
            "diffs": schemas.diffs_out(differences(studio.workspace, applied.texts)),
            "findings": schemas.findings_out(found),
            "conflicts": schemas.conflicts_out(applied.conflicts),
            "merged": applied.merged,
            "publishable": publishable(studio, applied.texts),
        }

    return await in_thread(read)


@router.post("/save", response_model=schemas.SavedOut)
async def save(login: Trainer, body: schemas.SaveIn, request: Request) -> dict[str, Any]:
    """Save as a commit. 409 studio-conflict: somebody changed the same lines; 422 studio-refused: a check found an error; 422 studio."""
    studio = studio_of(request)
    return await in_thread(keep, studio, [one.edit() for one in body.edits], login, body.reason)


def keep(studio: Studio, edits: list[Edit], login: Login, reason: str) -> dict[str, Any]:
    """What ``/save`` does, for routes of other topics that save by themselves (the inbox's batches)."""
    applied = apply(studio.workspace, edits)
    found = [] if applied.conflicts else brought(studio.workspace, applied.texts)
    refuse(found)
    commit = studio.repository.save(edits, author(login.member.id, login.member.name), reason)
    return {
        "commit": schemas.commit_out(commit),
        "findings": schemas.findings_out(found),
        "publishable": publishable(studio, commit.paths),
    }


def refuse(found: list[Finding]) -> None:
    """422 studio-refused when there is an error among the findings."""
    errors = [one for one in found if one.severity == "error"]
    if errors:
        detail = f"{errors[0].path}：{errors[0].what}。处理办法：{errors[0].remedy}。"
        raise Problem(422, "studio-refused", detail, findings=schemas.findings_out(found))


@router.get("/history", response_model=schemas.HistoryOut)
async def history(
    _: Trainer,
    request: Request,
    path: Annotated[str | None, Query(max_length=200)] = None,
    key: Annotated[str | None, Query(max_length=300)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> dict[str, Any]:
    """Saves, newest first: of everything, of one file, or of one block of a file."""
    repository = studio_of(request).repository
    return {"commits": [schemas.commit_out(one) for one in await in_thread(repository.history, path, key, limit)]}


@router.get("/commits/{commit_id}", response_model=schemas.CommitOut)
async def commit(_: Trainer, commit_id: CommitId, request: Request) -> dict[str, Any]:
    """One save with the lines it changed."""
    return schemas.commit_out(await in_thread(studio_of(request).repository.commit, commit_id))


@router.post("/commits/{commit_id}/undo", response_model=schemas.SavedOut)
async def undo(login: Trainer, commit_id: CommitId, body: schemas.ReasonIn, request: Request) -> dict[str, Any]:
    """Take a save back, as a save of its own. 409 studio-conflict when its lines were changed again since."""
    studio = studio_of(request)

    def work() -> dict[str, Any]:
        made = studio.repository.undo(commit_id, author(login.member.id, login.member.name), body.reason)
        found = look(studio.workspace, [path for path in made.paths if studio.workspace.exists(path)])
        return {
            "commit": schemas.commit_out(made),
            "findings": schemas.findings_out(one for one in found if one.severity == "error"),
            "publishable": publishable(studio, made.paths),
        }

    return await in_thread(work)


@router.get("/outside", response_model=schemas.OutsideOut)
async def outside(_: Trainer, request: Request) -> dict[str, Any]:
    """What was changed in an editor and is not committed, line by line."""
    return {"diffs": schemas.diffs_out(await in_thread(studio_of(request).repository.outside_diffs))}


@router.post("/outside", response_model=schemas.SavedOut)
async def adopt(login: Trainer, body: schemas.PathsIn, request: Request) -> dict[str, Any]:
    """Commit such changes under one's own name. 422 studio-refused when a file has errors."""
    studio = studio_of(request)

    def work() -> dict[str, Any]:
        found = look(studio.workspace, [path for path in body.paths if studio.workspace.exists(path)])
        refuse([one for one in found if one.code == "unreadable"])
        made = studio.repository.adopt(body.paths, author(login.member.id, login.member.name), body.reason)
        return {
            "commit": schemas.commit_out(made),
            "findings": schemas.findings_out(found),
            "publishable": publishable(studio, made.paths),
        }

    return await in_thread(work)


@router.get("/state", response_model=schemas.StateOut)
async def state(_: Trainer, request: Request) -> dict[str, Any]:
    """Where the checkout and the live release stand."""
    studio = studio_of(request)

    def read() -> dict[str, Any]:
        live = studio.releases.live()
        newer = (one for one in studio.releases.all() if one.state in ("made", "trained") and (not live or one.id > live.id))
        candidate = next(newer, None)
        out: dict[str, Any] = {
            "head": None,
            "outside": [],
            "unpublished": [],
            "live": release_out(live),
            "candidate": release_out(candidate),
            "can_publish": live is not None,
            "problem": None,
        }
        try:
            out["head"] = studio.repository.head()
            out["outside"] = studio.repository.outside()
            out["unpublished"] = unpublished(studio, live)
        except StudioError as error:
            out["problem"] = {"place": error.place, "problem": error.problem, "remedy": error.remedy}
        return out

    return await in_thread(read)


@router.post("/publish", response_model=schemas.StateOut)
async def publish(login: Trainer, body: schemas.PathsIn, request: Request) -> dict[str, Any]:
    """Put committed wording, rows and parameters into the live release: shoppers read them within seconds."""
    studio = studio_of(request)

    def work() -> None:
        head = studio.repository.head()
        texts: dict[str, str] = {}
        for path in body.paths:
            if studio.workspace.kind_of(path) not in PUBLISHABLE:
                raise StudioError(path, "这个文件要训练新版本后才生效", "在「训练与发布」里训练候选版本再上线")
            text = studio.repository.text_at(head, path)
            if text is None:
                raise StudioError(path, "这个文件还没有提交，或已经删除", "先保存；删除文件要训练新版本才生效")
            texts[path] = text
        live = studio.releases.live()
        if live is not None:
            # What is live beside it may be older than the checkout: the file must fit what it will meet there.
            refuse(publishing.findings(live.folder, texts))
        studio.releases.publish(texts, head, login.member.name, body.reason)

    await in_thread(work)
    return await state(login, request)


def unpublished(studio: Studio, live: Release | None) -> list[dict[str, Any]]:
    """Committed files that the live release has otherwise and that may be published, with the commits that are not in it."""
    if live is None:
        return []
    at_head = studio.repository.blobs("HEAD", [path for kind in PUBLISHABLE for path in studio.workspace.files(kind)])
    found = []
    for path, blob in sorted(at_head.items()):
        if blob != blob_of(live.folder / path):
            last = next((one["commit"] for one in reversed(live.published) if path in one["paths"]), live.commit)
            found.append({"path": path, "commits": [schemas.commit_out(one) for one in studio.repository.since(path, last)]})
    return found


def blob_of(path: Path) -> str | None:
    """The name that git would give this file's content; None when there is no such file."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    return sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def publishable(studio: Studio, paths: Any) -> list[str]:
    """The files among these that may go live without training, when there is a live release."""
    if studio.releases.live() is None:
        return []
    return [path for path in paths if studio.workspace.kind_of(path) in PUBLISHABLE]


def release_out(one: Release | None) -> dict[str, Any] | None:
    """A release in short."""
    if one is None:
        return None
    names = ("id", "commit", "made_at", "made_by", "model", "state", "why", "live_since")
    return {name: getattr(one, name) for name in names}
