"""Talking to the bot from the studio: a try in the dark, a candidate started for it, real talks said again (gateway/tryout.py)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field, model_validator

from gateway.services import of
from gateway.staff_access import needs
from gateway.threads import in_thread
from gateway.tryout import MOST_LINES, Side, Tryouts
from policy.intent_names import groups
from shop.staff import TRAINERS
from shop.staff_sessions import Login

router = APIRouter(prefix="/api/v1/staff/studio/try", tags=["studio"])
Trainer = Annotated[Login, needs(TRAINERS)]
LONGEST_LINE = 1_000


class Line(BaseModel):
    """What is said: a text, or the payload of a button that the bot has shown."""

    model_config = ConfigDict(extra="forbid")
    text: str | None = Field(default=None, min_length=1, max_length=LONGEST_LINE)
    payload: str | None = Field(default=None, min_length=2, max_length=1_000, pattern=r"^/")

    @model_validator(mode="after")
    def one_of_both(self) -> Line:
        """Exactly one."""
        if (self.text is None) == (self.payload is None):
            raise ValueError("either text or payload")
        return self


class Say(BaseModel):
    """Messages of a tried talk. ``talk``: its name, of the page's own making; ``said``: how many it has had, 0 begins it anew."""

    model_config = ConfigDict(extra="forbid")
    talk: str = Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")
    release: Side = "live"
    said: int = Field(default=0, ge=0, le=200)
    lines: list[Line] = Field(min_length=1, max_length=MOST_LINES)
    customer: str | None = Field(default=None, max_length=64)
    product: str | None = Field(default=None, max_length=64)


class Replay(BaseModel):
    """A real talk, from the message at this place on."""

    model_config = ConfigDict(extra="forbid")
    talk: str = Field(min_length=1, max_length=64)
    at: int = Field(default=0, ge=0, le=500)


class SaidOut(BaseModel):
    """What each message came to, in order (engine/rehearse.py), the model that read it, and how many messages the talk has now."""

    turns: list[dict[str, Any]]
    model: str | None
    said: int


class WhoOut(BaseModel):
    """Who one may be, at which product, and which releases answer."""

    customers: list[dict[str, Any]]
    products: list[dict[str, str]]
    live: dict[str, Any] | None
    candidate: dict[str, Any] | None
    startable: list[dict[str, Any]]
    intents: dict[str, str]


class TalksOut(BaseModel):
    """Real talks, newest first, masked."""

    talks: list[dict[str, Any]]


class ReplayOut(BaseModel):
    """Messages with the answers of then, of the live release and of the candidate; ``next``: the place to go on from, null at the end."""

    lines: list[dict[str, Any]]
    total: int
    next: int | None
    candidate: str | None


def tryouts(request: Request) -> Tryouts:
    """The tries of the shop that this request's app serves."""
    found = of(request)
    return Tryouts(found.engine, found.studio, found.shop, found.store, found.database, found.settings.shop_id, found.clock)


@router.get("/who", response_model=WhoOut)
async def who(_: Trainer, request: Request) -> dict[str, Any]:
    """Whom a try-out can be talked as, and with which releases."""
    services, tries = of(request), tryouts(request)

    def read() -> dict[str, Any]:
        releases = services.studio.releases
        live, running = releases.live(), tries.candidate()
        trained = [one for one in releases.all() if one.archive is not None and one.state in ("trained", "former", "refused")]
        return {
            "customers": tries.customers(),
            "products": [{"id": one.product_id, "name": one.name} for one in services.shop.products()],
            "live": {"id": live.id, "made_at": live.made_at} if live else None,
            "candidate": {"id": running[0]} if running else None,
            "startable": [
                {"id": one.id, "made_at": one.made_at, "state": one.state} for one in trained[:10] if not live or one.id != live.id
            ],
            "intents": {intent: name for names in groups().values() for intent, name in names.items()},
        }

    return await in_thread(read)


@router.post("", response_model=SaidOut)
async def say(login: Trainer, body: Say, request: Request) -> dict[str, Any]:
    """Say something to the bot in the dark. 409 try-lost: say all of it again with said 0; 409 no-candidate: none runs."""
    lines = [one.model_dump(exclude_none=True) for one in body.lines]
    return await tryouts(request).say(login.member.id, body.talk, body.release, body.said, lines, body.customer, body.product)


@router.get("/talks", response_model=TalksOut)
async def talks(_: Trainer, request: Request, q: Annotated[str, Query(max_length=40)] = "") -> dict[str, Any]:
    """Talks that can be said again: the day, how many messages, the first words; all masked."""
    return {"talks": await in_thread(tryouts(request).talks, q.strip())}


@router.post("/replay", response_model=ReplayOut)
async def replay(login: Trainer, body: Replay, request: Request) -> dict[str, Any]:
    """Say a few messages of a real talk again, to the live release and to the candidate when one runs; everything is masked."""
    return await tryouts(request).replay(login.member.id, body.talk, body.at)
