"""How much the bot may do alone, per intent and hour, with what speaks for it: leads decide, trainers read (architecture.md §7)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field

from gateway.problems import Problem
from gateway.services import Services, of
from gateway.staff_access import needs
from gateway.threads import in_thread
from policy.admission import SENDS, UNEDITED, WITHIN, Acceptance, auto_is_offered
from policy.intent_names import groups, intents, name_of
from shop.clock import SHANGHAI
from shop.modes import ANY, InvalidWindows, ModesChanged, Window
from shop.staff import LEADS, TRAINERS
from shop.staff_sessions import Login

router = APIRouter(prefix="/api/v1/staff", tags=["modes"])
Reader = Annotated[Login, needs(TRAINERS)]
Lead = Annotated[Login, needs(LEADS)]
Hour = Annotated[int, Field(ge=0, le=24)]


class WindowBody(BaseModel):
    """A mode in some hours of the shop's day, the last one not included."""

    model_config = ConfigDict(extra="forbid")
    from_hour: Hour
    to_hour: Hour
    mode: Literal["off", "suggest", "auto"]


class Decision(BaseModel):
    """All windows of an intent; ``seen``: what was in force when it was decided; ``confirmed``: auto before it has earned it."""

    model_config = ConfigDict(extra="forbid")
    windows: Annotated[list[WindowBody], Field(max_length=24)]
    seen: Annotated[list[WindowBody], Field(max_length=24)] | None = None
    confirmed: bool = False


class ModeOut(BaseModel):
    """An intent: its windows (none: as any other), the mode that holds now, and what became of its suggestions."""

    intent: str
    name: str
    group: str
    windows: list[dict[str, Any]]
    now: str
    n: int
    unedited: float | None
    accepted: float | None
    auto_offered: bool


class ModesOut(BaseModel):
    """Every intent, the default for any other (``*``) first. ``sends``, ``share``, ``days``: from when on auto is offered."""

    hour: int
    sends: int
    share: float
    days: int
    modes: list[ModeOut]


def _windows(windows: tuple[Window, ...]) -> list[dict[str, Any]]:
    return [asdict(one) for one in windows]


def _modes(services: Services) -> dict[str, Any]:
    decided, found = services.modes.all(), services.admission.acceptance()
    groups_of = {intent: group for group, names in groups().items() for intent in names}

    def line(intent: str) -> dict[str, Any]:
        acceptance = found.get(intent, Acceptance())
        return {
            "intent": intent,
            "name": name_of(intent),
            "group": groups_of.get(intent, ""),
            "windows": _windows(decided.get(intent, ())),
            "now": services.modes.mode(intent),
            "n": acceptance.n,
            "unedited": acceptance.unedited,
            "accepted": acceptance.accepted,
            "auto_offered": auto_is_offered(acceptance),
        }

    return {
        "hour": services.clock.now().astimezone(SHANGHAI).hour,
        "sends": SENDS,
        "share": UNEDITED,
        "days": WITHIN,
        "modes": [line(intent) for intent in (ANY, *intents())],
    }


@router.get("/modes", response_model=ModesOut)
async def modes(_: Reader, request: Request) -> dict[str, Any]:
    """Mode and acceptance of every intent."""
    return await in_thread(_modes, of(request))


@router.put("/modes/{intent}", response_model=ModesOut)
async def decide(login: Lead, intent: Annotated[str, Path(max_length=64)], body: Decision, request: Request) -> dict[str, Any]:
    """Decide an intent's windows; they hold from the shopper's next message on.

    409 when somebody else decided meanwhile (``now`` says what), 422 for windows that cannot be and for ``auto`` that was not earned and
    not confirmed.
    """
    services = of(request)
    if intent not in (ANY, *intents()):
        raise Problem(404, "not-found", "There is no such intent.")
    windows = [Window(one.from_hour, one.to_hour, one.mode) for one in body.windows]
    seen = None if body.seen is None else [Window(one.from_hour, one.to_hour, one.mode) for one in body.seen]
    auto = any(one.mode == "auto" for one in windows)
    before = (await in_thread(services.modes.all)).get(intent, ())
    found = (await in_thread(services.admission.acceptance)).get(intent, Acceptance())
    early = auto and not auto_is_offered(found) and not any(one.mode == "auto" for one in before)
    if early and not body.confirmed:
        why = f"auto is offered from {SENDS} sends with {UNEDITED:.0%} unedited; send confirmed to decide it all the same."
        raise Problem(422, "auto-early", why, n=found.n, unedited=found.unedited)
    try:
        before = await in_thread(services.modes.decide, intent, windows, seen)
    except InvalidWindows as error:
        raise Problem(422, "windows", str(error)) from None
    except ModesChanged as error:
        raise Problem(409, "modes-changed", "Somebody else decided meanwhile.", now=_windows(error.now)) from None
    payload = {"before": _windows(before), "windows": [asdict(one) for one in windows], "early": early}
    await in_thread(lambda: services.deeds.log(login.member.id, "mode", ref=intent, payload=payload))
    return await in_thread(_modes, services)
