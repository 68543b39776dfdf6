"""Checks, background jobs, training and its report over HTTP. Promoting what was trained is gateway/studio_models_api.py."""

from __future__ import annotations

import logging
from dataclasses import asdict
from threading import Lock, Thread
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from gateway import studio_schemas as schemas
from gateway.problems import Problem
from gateway.services import of
from gateway.staff_access import needs
from gateway.studio import Studio
from gateway.threads import in_thread
from policy.masking import personal
from shop.staff import TRAINERS
from shop.staff_sessions import Login
from studio import deep_check, exams
from studio.accepting import accept
from studio.errors import StudioError
from studio.findings import Finding, sort
from studio.guard import findings, look
from studio.jobs import Job, read
from studio.repository import LONGEST_REASON
from studio.training import REPORT

router = APIRouter(prefix="/api/v1/staff/studio", tags=["studio"])
Trainer = Annotated[Login, needs(TRAINERS)]
JobId = Annotated[str, Path(max_length=40)]
# Kinds whose files hold whole sentences that the wording check reads.
WORDED = ("responses", "scripts")
ReleaseId = Annotated[str, Path(max_length=40)]


class WhyIn(BaseModel):
    """Why; may be empty."""

    model_config = ConfigDict(extra="forbid")
    why: str = Field(default="", max_length=LONGEST_REASON)


class ProblemOut(BaseModel):
    """Why a job failed, and what to do."""

    place: str
    problem: str
    remedy: str


class JobOut(BaseModel):
    """A job. ``step``: a word for what goes on; ``done``: how much of all is done (0–1); ``lost``: its process was cut off."""

    id: str
    kind: Literal["check", "train", "compare"]
    by: str
    why: str
    at: str
    state: Literal["running", "done", "failed", "cancelled", "lost"]
    step: str
    done: float
    result: dict[str, Any]
    problem: ProblemOut | None
    ended_at: str | None
    cancelled_by: str | None
    release: str | None


class LogOut(BaseModel):
    """A job with its log from a byte on, and the byte to ask from next time."""

    job: JobOut
    text: str
    next: int


class JobsOut(BaseModel):
    """What goes on, and the last ones."""

    running: JobOut | None
    jobs: list[JobOut]


class DeepOut(BaseModel):
    """The last look at everything (Rasa's checks too). ``stale``: a file has changed since."""

    at: str
    by: str | None
    commit: str
    stale: bool


class ChecksOut(BaseModel):
    """Findings of the checkout as it is now, errors first; those of Rasa's checks are of ``deep``. ``looking``: a file has
    changed (or this is the first question), and newer findings will be there in some seconds."""

    findings: list[schemas.FindingOut]
    total: int
    counted: dict[str, int]
    looking: bool
    deep: DeepOut | None
    running: JobOut | None


class ReportOut(BaseModel):
    """What came out of a candidate's exam; lists are pages of ``limit`` from ``offset`` on, ``totals`` says how long they are."""

    release: str
    at: str
    against: str | None
    corpus: bool
    figures: dict[str, Any]
    live: dict[str, Any]
    gate: dict[str, Any]
    intents: list[dict[str, Any]]
    messages: list[dict[str, Any]]
    dialogues: list[dict[str, Any]]
    totals: dict[str, int]


class DialogueIn(BaseModel):
    """A failing dialogue of a report."""

    model_config = ConfigDict(extra="forbid")
    path: str = Field(max_length=200)
    story: str = Field(max_length=300)


class ProposalOut(BaseModel):
    """Edits that the page saves like any other, and what they would bring."""

    edits: list[schemas.EditOut]
    findings: list[schemas.FindingOut]


class Looked:
    """The findings of all files, counted again in the background when one has changed: a first look at everything takes seconds.

    One for the whole process: the files are the same for all.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: tuple[Any, list[Finding]] | None = None
        self._looking: Any = None

    def of(self, studio: Studio) -> tuple[list[Finding], bool]:
        """Findings as last counted, and whether newer ones are being counted."""
        stamp = (studio.workspace.root, studio.workspace.stamp())
        with self._lock:
            known = self._known if self._known is not None and self._known[0][0] == studio.workspace.root else None
            if known is not None and known[0] == stamp:
                return known[1], False
            if self._looking is None:
                self._looking = stamp
                Thread(target=self._look, args=(studio, stamp), name="studio-checks", daemon=True).start()
        return (known[1] if known is not None else [], True)

    def _look(self, studio: Studio, stamp: Any) -> None:
        files = studio.workspace
        try:
            # The wording of a thousand responses takes ten times as long as all the rest: that is shown first.
            first = look(files, [path for path in files.all_files() if files.kind_of(path) not in WORDED])
            with self._lock:
                before = self._known[1] if self._known is not None and self._known[0][0] == files.root else []
                wordings = [one for one in before if files.kind_of(one.path) in WORDED]
                self._known = ((files.root, None), sort([*first, *wordings]))
            found = look(files)
            with self._lock:
                self._known = (stamp, found)
        except StudioError as error:
            # A file went while it was read: the next question looks again.
            log.warning("the checks were cut off: %s", error)
        finally:
            with self._lock:
                self._looking = None


looked = Looked()
log = logging.getLogger(__name__)


def _studio(request: Request) -> Studio:
    return of(request).studio


def job_out(studio: Studio, job: Job) -> dict[str, Any]:
    """A job as the pages see it, with the release that it makes or compares."""
    release = read(studio.jobs.folder / job.id / "release.json").get("id") or job.options.get("release")
    return {**{key: value for key, value in asdict(job).items() if key != "options"}, "release": release}


# -- checks


@router.get("/checks", response_model=ChecksOut)
async def checks(
    _: Trainer,
    request: Request,
    severity: Literal["error", "warning", "info"] | None = None,
    path: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> dict[str, Any]:
    """What is wrong with the files now, and what the last look by Rasa found."""
    studio = _studio(request)

    def work() -> dict[str, Any]:
        ours, looking = looked.of(studio)
        deep = deep_check.last(studio.settings.home)
        theirs = [Finding(**one) for one in deep.get("findings") or []]
        # Ours are of this moment; of the last look only what Rasa alone can say still counts.
        theirs = [one for one in theirs if one.code.startswith(("rasa-", "yaml-", "lookup-"))]
        found = sort(dict.fromkeys([*ours, *theirs]))
        counted = {name: sum(one.severity == name for one in found) for name in ("error", "warning", "info")}
        chosen = [one for one in found if severity in (None, one.severity) and path in (None, one.path)]
        running = studio.jobs.running()
        return {
            "findings": schemas.findings_out(chosen[offset : offset + limit]),
            "total": len(chosen),
            "counted": counted,
            "deep": {**{key: deep[key] for key in ("at", "by", "commit")}, "stale": deep["digest"] != deep_check.digest(studio.workspace)}
            if deep
            else None,
            "looking": looking,
            "running": job_out(studio, running) if running else None,
        }

    return await in_thread(work)


@router.post("/checks", response_model=JobOut, status_code=202)
async def check(login: Trainer, request: Request) -> dict[str, Any]:
    """Look at everything in the background: our checks, Rasa's `data validate`, and what only training rejects. 422: one job at a time."""
    studio = _studio(request)
    return await in_thread(lambda: job_out(studio, studio.jobs.start("check", login.member.name)))


# -- jobs


@router.get("/jobs", response_model=JobsOut)
async def jobs(_: Trainer, request: Request) -> dict[str, Any]:
    """What goes on in the background, and the last jobs."""
    studio = _studio(request)

    def work() -> dict[str, Any]:
        running = studio.jobs.running()
        return {"running": job_out(studio, running) if running else None, "jobs": [job_out(studio, one) for one in studio.jobs.all()]}

    return await in_thread(work)


@router.get("/jobs/{job_id}", response_model=LogOut)
async def job(_: Trainer, job_id: JobId, request: Request, after: Annotated[int, Query(ge=0)] = 0) -> dict[str, Any]:
    """How far a job is, with its log from a byte on."""
    studio = _studio(request)

    def work() -> dict[str, Any]:
        text, end = studio.jobs.log(job_id, after)
        return {"job": job_out(studio, studio.jobs.get(job_id)), "text": text, "next": end}

    return await in_thread(work)


@router.post("/jobs/{job_id}/cancel", response_model=JobOut, status_code=202)
async def cancel(login: Trainer, job_id: JobId, request: Request) -> dict[str, Any]:
    """Stop a job; it ends within seconds, and an unfinished candidate goes with it."""
    studio = _studio(request)
    return await in_thread(lambda: job_out(studio, studio.jobs.cancel(job_id, login.member.name)))


# -- training


@router.post("/train", response_model=JobOut, status_code=202)
async def train(login: Trainer, body: WhyIn, request: Request) -> dict[str, Any]:
    """Train a candidate of what is committed, and compare it with the live release, in the background."""
    studio = _studio(request)

    def work() -> dict[str, Any]:
        made = studio.jobs.start("train", login.member.name, body.why)
        of(request).deeds.log(login.member.id, "studio_train", ref=made.id, payload={"why": body.why})
        return job_out(studio, made)

    return await in_thread(work)


@router.post("/releases/{release_id}/compare", response_model=JobOut, status_code=202)
async def compare(login: Trainer, release_id: ReleaseId, request: Request) -> dict[str, Any]:
    """Hold a candidate against the live release again (another one is live now, or there are new tests in it)."""
    studio = _studio(request)

    def work() -> dict[str, Any]:
        release = studio.releases.get(release_id)
        return job_out(studio, studio.jobs.start("compare", login.member.name, options={"release": release.id}))

    return await in_thread(work)


@router.get("/releases/{release_id}/report", response_model=ReportOut)
async def report(
    _: Trainer,
    release_id: ReleaseId,
    request: Request,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    offset: Annotated[int, Query(ge=0)] = 0,
    label: Annotated[str | None, Query(max_length=100)] = None,
) -> dict[str, Any]:
    """The report of a release: figures, gate, intents (weakest first), failing messages and dialogues. 404 before its first exam.

    Real messages of the corpus come with their text only where the corpus is, and masked.
    """
    studio = _studio(request)

    def work() -> dict[str, Any] | None:
        found = read(studio.releases.get(release_id).folder / REPORT)
        if not found:
            return None
        messages = [one for one in found["messages"] if label in (None, one["label"])]
        page = messages[offset : offset + limit]
        texts = exams.real_text((one["id"] for one in page if one["source"] == "real"), exams.real_file())
        told = [{**one, "text": one["text"] or _masked(texts.get(one["id"]))} for one in page]
        totals = {"messages": len(messages), "intents": len(found["intents"]), "dialogues": len(found["dialogues"])}
        return {**found, "messages": told, "dialogues": found["dialogues"][offset : offset + limit], "totals": totals}

    answer = await in_thread(work)
    if answer is None:
        raise Problem(404, "not-found", "This release was not examined yet.")
    return answer


def _masked(text: str | None) -> str | None:
    return None if text is None else str(personal(text, []).text)


@router.post("/releases/{release_id}/accept", response_model=ProposalOut)
async def propose_accept(_: Trainer, release_id: ReleaseId, body: DialogueIn, request: Request) -> dict[str, Any]:
    """The edit that makes a failing test dialogue expect what the bot does. Nothing is written."""
    studio = _studio(request)

    def work() -> dict[str, Any] | None:
        found = read(studio.releases.get(release_id).folder / REPORT)
        one = next((one for one in found.get("dialogues") or [] if (one["path"], one["story"]) == (body.path, body.story)), None)
        if one is None:
            return None
        edit = accept(studio.workspace, body.path, body.story, one["steps"])
        return {"edits": [asdict(edit)], "findings": schemas.findings_out(findings(studio.workspace, [edit]))}

    answer = await in_thread(work)
    if answer is None:
        raise Problem(404, "not-found", "The report has no such failing dialogue.")
    return answer
