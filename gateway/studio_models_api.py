"""Which release speaks, which may, and which did; promoting one and rolling back, over HTTP. The launcher does it (launch/switch.py)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field

from gateway.problems import Problem
from gateway.services import of
from gateway.staff_access import needs
from gateway.studio import Studio
from gateway.threads import in_thread
from shop.staff import TRAINERS
from shop.staff_sessions import Login
from studio.releases import Release, What
from studio.repository import LONGEST_REASON

router = APIRouter(prefix="/api/v1/staff/studio/models", tags=["studio"])
Trainer = Annotated[Login, needs(TRAINERS)]
ReleaseId = Annotated[str, Path(max_length=40)]
RequestId = Annotated[str, Path(max_length=60)]
# A candidate that is worse, or was never compared, goes live only when one of these takes it upon themselves.
OVERRULE = ("supervisor", "admin")
MOST = 30


class WhyIn(BaseModel):
    """Why, for the history."""

    model_config = ConfigDict(extra="forbid")
    reason: str = Field(min_length=1, max_length=LONGEST_REASON)


class PromoteIn(WhyIn):
    """``overrule``: in spite of the gate."""

    overrule: bool = False


class AnswerOut(BaseModel):
    """How far the launcher is. ``waiting``: it has not taken the request up yet."""

    state: Literal["waiting", "starting", "warming", "switched", "done", "failed"]
    detail: str = ""
    at: str | None = None


class RequestOut(BaseModel):
    """A request to the launcher."""

    id: str
    what: Literal["promote", "rollback", "try", "end"]
    release: str
    by: str
    why: str
    at: str
    answer: AnswerOut


class ModelOut(BaseModel):
    """One release. ``gate``: what the comparison with the one that is live now said ({passed, …}; null: never compared with it)."""

    id: str
    commit: str
    made_at: str
    made_by: str
    why: str
    model: str | None
    state: Literal["made", "trained", "live", "former", "refused"]
    live_since: str | None
    published: list[dict[str, Any]]
    figures: dict[str, Any]
    gate: dict[str, Any] | None


class ModelsOut(BaseModel):
    """Releases, the newest first; the one that speaks and the one a rollback goes back to; what runs beside; the last requests.

    ``can_switch``: a launcher is there that does what is asked.
    """

    models: list[ModelOut]
    live: str | None
    former: str | None
    beside: list[dict[str, str]]
    requests: list[RequestOut]
    can_switch: bool
    may_overrule: bool


class AskedOut(BaseModel):
    """The request that was made."""

    request: str


@router.get("", response_model=ModelsOut)
async def models(login: Trainer, request: Request) -> dict[str, Any]:
    """Everything the list of models shows."""
    services = of(request)
    releases = services.studio.releases

    def read() -> dict[str, Any]:
        noted = releases.addresses() or {}
        former, live = releases.former(), releases.live()
        return {
            "models": [_model(one, live) for one in releases.all()[:MOST]],
            "live": live.id if live is not None else None,
            "former": former.id if former is not None and former.archive is not None else None,
            "beside": [{"release": one["release"], "role": one["role"]} for one in noted.get("also") or ()],
            "requests": [_request(one) for one in releases.asked(10)],
            "can_switch": services.settings.live is not None,
            "may_overrule": login.member.role in OVERRULE,
        }

    return await in_thread(read)


@router.get("/requests/{request_id}", response_model=AnswerOut)
async def answer(_: Trainer, request_id: RequestId, request: Request) -> dict[str, Any]:
    """How far a request is; 404 when nobody made it."""
    releases = of(request).studio.releases
    found = await in_thread(releases.answer, request_id)
    if found is None and not any(one["id"] == request_id for one in await in_thread(releases.asked)):
        raise Problem(404, "not-found", "There is no such request.")
    return found or {"state": "waiting"}


@router.post("/{release_id}/promote", response_model=AskedOut, status_code=202)
async def promote(login: Trainer, release_id: ReleaseId, body: PromoteIn, request: Request) -> dict[str, str]:
    """Let this release speak: its engine starts beside the live one and takes over without a lost turn.

    409 ``studio-gate``: it is worse than the live one, or was not compared; a supervisor may overrule that with the reason. 422: why not.
    """
    releases = of(request).studio.releases
    release, live = await in_thread(lambda: (releases.get(release_id), releases.live()))
    gate = _gate(release, live)
    if gate is None or not gate.get("passed"):
        if not body.overrule:
            what = "没有通过和正在使用的版本的比较" if gate is not None else "还没有和正在使用的版本比较过"
            raise Problem(409, "studio-gate", f"版本 {release_id} {what}。", gate=gate, may_overrule=login.member.role in OVERRULE)
        if login.member.role not in OVERRULE:
            raise Problem(403, "role", f"The role {login.member.role} may not overrule the gate.")
    return await _ask(request, login, "promote", release_id, body.reason, overruled=body.overrule)


@router.post("/rollback", response_model=AskedOut, status_code=202)
async def rollback(login: Trainer, body: WhyIn, request: Request) -> dict[str, str]:
    """Back to the release that spoke before. 409 when there is none, or its model is gone."""
    former = await in_thread(of(request).studio.releases.former)
    if former is None or former.archive is None:
        raise Problem(409, "studio-no-former", "没有可以退回的版本。")
    return await _ask(request, login, "rollback", former.id, body.reason)


@router.post("/{release_id}/try", response_model=AskedOut, status_code=202)
async def begin_try(login: Trainer, release_id: ReleaseId, request: Request) -> dict[str, str]:
    """Start this release beside the live one, for the try-out pane; it stops by itself after half an hour."""
    return await _ask(request, login, "try", release_id, "")


@router.delete("/{release_id}/try", response_model=AskedOut, status_code=202)
async def end_try(login: Trainer, release_id: ReleaseId, request: Request) -> dict[str, str]:
    """Stop it again."""
    return await _ask(request, login, "end", release_id, "")


async def _ask(request: Request, login: Login, what: What, release_id: str, reason: str, *, overruled: bool = False) -> dict[str, str]:
    services = of(request)
    if services.settings.live is None:
        raise Problem(409, "studio-no-launcher", "没有启动程序能切换版本：请用 make run 启动（不要设置 XIAOER_RELEASES=0）。")
    studio: Studio = services.studio

    def work() -> str:
        asked = studio.releases.ask(what, release_id, login.member.name, reason)
        if what in ("promote", "rollback"):
            told = {"release": release_id, "reason": reason, "overruled": overruled}
            services.deeds.log(login.member.id, f"studio_{what}", ref=release_id, payload=told)
        return asked

    return {"request": await in_thread(work)}


def _gate(release: Release, live: Release | None) -> dict[str, Any] | None:
    """What the comparison said, unless it was with a release that does not speak any more: that says nothing about the one that does."""
    gate = release.figures.get("gate")
    return gate if isinstance(gate, dict) and gate.get("against") == (live.id if live is not None else None) else None


def _model(one: Release, live: Release | None) -> dict[str, Any]:
    names = ("id", "commit", "made_at", "made_by", "why", "model", "state", "live_since", "published", "figures")
    return {**{name: getattr(one, name) for name in names}, "gate": _gate(one, live)}


def _request(one: dict[str, Any]) -> dict[str, Any]:
    return {**one, "answer": one["answer"] or {"state": "waiting"}}
