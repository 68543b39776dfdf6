"""What a lead sees of the floor at one glance: who is there with how many talks, and every live talk with how long somebody waits."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel

from gateway.boxes import Box, Summary
from gateway.services import Services, of
from gateway.staff_access import needs
from gateway.staff_api import member_out
from gateway.talks import instant
from gateway.threads import in_thread
from policy.intent_names import name_of
from shop.staff import LEADS, TALKS
from shop.staff_sessions import Login

router = APIRouter(prefix="/api/v1/staff", tags=["watch"])
Lead = Annotated[Login, needs(LEADS)]
LIVE: tuple[Box, ...] = ("waiting", "agents", "bot")
MOST = 200


class WatchOut(BaseModel):
    """The floor. A member's ``load`` is their talks now, ``waits`` the longest of their shoppers; ``at_desk``: a desk of theirs is open."""

    now: str
    staff: list[dict[str, Any]]
    talks: list[dict[str, Any]]


def _talk(one: Summary, box: Box) -> dict[str, Any]:
    return {
        "id": one.talk.id,
        "box": box,
        "owner": one.talk.owner,
        "customer": one.customer,
        "last_text": one.last_text[:200],
        "last_from": one.last_from,
        "last_at": instant(one.last_at),
        "waiting_since": instant(one.waiting_since),
        "intent": one.intent,
        "intent_name": name_of(one.intent) if one.intent else None,
    }


@router.get("/watch", response_model=WatchOut)
async def watch(login: Lead, request: Request) -> dict[str, Any]:
    """Staff with presence and load, and the talks that wait, are with agents, or were with the bot in the last day."""
    services = of(request)
    found = await in_thread(_read, services, login.member.id)
    at_desk = services.hub.at_desk()
    for member in found["staff"]:
        member["at_desk"] = member["id"] in at_desk
    return found


def _read(services: Services, staff_id: str) -> dict[str, Any]:
    boxes = {box: services.desk_store.box(box, staff_id, limit=MOST) for box in LIVE}
    loads = services.desk_store.loads()
    waits: dict[str, datetime] = {}
    for one in boxes["agents"]:
        if one.waiting_since is not None and (agent := one.talk.agent) is not None:
            waits[agent] = min(one.waiting_since, waits.get(agent, one.waiting_since))
    staff = [
        {**member_out(one), "load": loads.get(one.id, 0), "waits": instant(waits.get(one.id))}
        for one in services.staff.all()
        if one.active and one.role in TALKS
    ]
    talks = [_talk(one, box) for box in LIVE for one in boxes[box]]
    return {"now": instant(services.clock.now()), "staff": staff, "talks": talks}
