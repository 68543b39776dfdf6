"""Alive, and ready: engine, action server and database can do a turn."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError

from gateway.services import Services, of
from gateway.threads import in_thread

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def healthz() -> dict[str, bool]:
    """The process answers."""
    return {"alive": True}


@router.get("/readyz")
async def readyz(request: Request) -> JSONResponse:
    """200 when a shopper would get an answer, else 503 with what is missing."""
    services = of(request)
    engine, actions, database, proactive = await asyncio.gather(
        services.engine.ready(), _actions(request.app.state.http, services), _database(services), services.scheduler.health()
    )
    body: dict[str, Any] = {
        "ready": bool(engine["ready"] and actions and database),
        "engine": engine,
        "actions": actions,
        "database": database,
        "proactive": proactive,
    }
    return JSONResponse(body, 200 if body["ready"] else 503)


async def _actions(http: httpx.AsyncClient, services: Services) -> bool:
    parts = urlsplit(services.engine.engines.actions())
    try:
        # rasa_sdk answers here without running anything.
        response = await http.get(urlunsplit((parts.scheme, parts.netloc, "/health", "", "")), timeout=2.0)
    except httpx.HTTPError:
        return False
    return response.status_code == 200


async def _database(services: Services) -> bool:
    try:
        await in_thread(services.store.ping)
    except SQLAlchemyError:
        return False
    return True
