"""The factory of the gateway: collaborators in, application out. Nothing is opened before the application starts."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from gateway import chat_api, chat_socket, demo, health, problems, shop_api
from gateway.answers import Answers
from gateway.attachments import Attachments
from gateway.conversations import Conversations
from gateway.events import Hub
from gateway.identity import Identities, TalkTokens
from gateway.rasa_client import RasaClient
from gateway.rate import RateLimiter
from gateway.security import Guard
from gateway.services import Services
from gateway.settings import Settings
from gateway.store import Store
from gateway.turns import Turns
from gateway.wording import Wording
from shop.catalogue import ShopRepository
from shop.clock import Clock
from shop.db import make_engine
from shop.modes import IntentModes

log = logging.getLogger(__name__)
STATIC = Path(__file__).resolve().parent / "static"
VERSION = "1.0.0"


def make_services(
    settings: Settings, *, database: Engine | None = None, clock: Clock | None = None, transport: httpx.AsyncBaseTransport | None = None
) -> Services:
    """Wire one gateway together. ``transport`` stands in for the network to the engine in tests."""
    clock = clock or Clock.from_env()
    database = database or make_engine(settings.database_url)
    shop = ShopRepository(database, settings.shop_id, clock)
    store = Store(database, settings.shop_id, clock)
    engine = RasaClient(settings.engine_urls, settings.engine_token, timeout=settings.engine_timeout, transport=transport)
    words = Wording(settings.responses)
    hub = Hub()

    def values() -> dict[str, str]:
        facts = shop.shop()
        return {"shop": facts.name, "hours": facts.opening_hours}

    answers = Answers(store, IntentModes(database, settings.shop_id, clock), engine, words, settings.shop_id, values)
    turns = Turns(store, answers, hub, join_seconds=settings.join_seconds, with_trace=settings.trace_to_shopper)
    files = Attachments(store, settings.home)
    tokens = TalkTokens(settings.token_key, settings.shop_id)
    conversations = Conversations(store, answers, turns, hub, tokens, engine, files, with_trace=settings.trace_to_shopper)
    return Services(
        settings=settings,
        clock=clock,
        database=database,
        shop=shop,
        store=store,
        conversations=conversations,
        turns=turns,
        hub=hub,
        files=files,
        identities=Identities(settings.identity_secret),
        rate=RateLimiter(settings.rate_factor),
        engine=engine,
        words=words,
    )


def make_app(services: Services, *, actions_transport: httpx.AsyncBaseTransport | None = None) -> FastAPI:
    """The ASGI application of these services."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        services.words.check()

        async def engine_is_ready() -> bool:
            return bool((await services.engine.ready())["ready"])

        async with httpx.AsyncClient(transport=actions_transport, trust_env=False) as http:
            app.state.http = http
            tasks = [
                asyncio.create_task(services.turns.recover(engine_is_ready), name="recover"),
                asyncio.create_task(services.conversations.settle_erasures(), name="erasures"),
            ]
            for task in tasks:
                task.add_done_callback(_report)
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                await services.turns.stop()
                await services.engine.close()
                services.database.dispose()

    app = FastAPI(
        title="Xiaoer public chat API",
        version=VERSION,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.services = services
    problems.install(app)

    @app.exception_handler(DBAPIError)
    @app.exception_handler(PoolTimeout)
    async def storage(_: Request, error: Exception) -> JSONResponse:
        log.error("the database failed: %s", type(error).__name__, exc_info=error)
        return problems.problem_response(503, "storage", "Nothing could be stored now; send the same message again.", {"Retry-After": "2"})

    app.include_router(health.router)
    app.include_router(chat_api.router)
    app.include_router(chat_socket.router)
    app.include_router(shop_api.router)
    if services.settings.shop_id == "demo":
        app.include_router(demo.router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    if services.settings.shop_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(services.settings.shop_origins),
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "Content-Type"],
            expose_headers=["Retry-After"],
            max_age=600,
        )
    app.add_middleware(Guard)
    return app


def _report(task: asyncio.Task[object]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("the task %s ended with an error", task.get_name(), exc_info=error)
