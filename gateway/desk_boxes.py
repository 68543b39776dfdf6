"""The desk's boxes over HTTP. A page reads ``/inbox`` once and after every new connection; in between the live events tell it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from gateway import desk_schemas as schemas
from gateway.boxes import Box
from gateway.services import Services, of
from gateway.staff_access import needs
from gateway.talks import instant
from gateway.threads import in_thread
from shop.staff import TALKS
from shop.staff_sessions import Login

router = APIRouter(prefix="/api/v1/staff", tags=["desk"])
Speaker = Annotated[Login, needs(TALKS)]


@router.get("/inbox", response_model=schemas.InboxOut)
async def inbox(login: Speaker, request: Request) -> dict[str, Any]:
    """What an agent has to know at once: their own talks, those that wait, and how many there are elsewhere."""
    services = of(request)
    return await in_thread(_inbox, services, login)


def _inbox(services: Services, login: Login) -> dict[str, Any]:
    member, store, rows = login.member, services.desk_store, services.desk_rows
    return {
        "mine": rows.out(store.box("mine", member.id, limit=200)),
        "waiting": rows.out(store.box("waiting", member.id, limit=200)),
        "counts": store.counts(member.id),
        "load": store.loads().get(member.id, 0),
        "capacity": member.capacity,
        "now": instant(services.clock.now()),
    }


@router.get("/inbox/wanted", response_model=schemas.WantedOut)
async def wanted(login: Speaker, request: Request) -> dict[str, Any]:
    """What every page of the desk shows: how many talks wait, and how many of one's own have something unseen."""
    return await in_thread(of(request).desk_store.wanted, login.member.id)


@router.get("/talks", response_model=schemas.BoxOut)
async def talks(
    login: Speaker,
    request: Request,
    box: Box = "waiting",
    search: Annotated[str, Query(max_length=100)] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> dict[str, Any]:
    """A box: mine, waiting, bot (of the last day), agents (anybody's), closed, all; who waits longest first."""
    services = of(request)
    found = await services.desk.box(login.member, box, search, limit + 1)
    listed = await in_thread(services.desk_rows.out, found[:limit])
    return {"talks": listed, "more": len(found) > limit, "now": instant(services.clock.now())}
