"""One seeded database for the folder; a copy of it, and a gateway of its own, for every test."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from gateway.app import make_app, make_services
from gateway.settings import Settings
from shop.db import make_engine, migrate, writing
from shop.models import Shop
from shop.seed import seed
from tests.gateway.support import CLOCK, FakeEngine, Gateway, Shopper

Start = Callable[..., contextlib.AbstractAsyncContextManager[Gateway]]


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the demonstration shop, whose people are there at any hour."""
    path = tmp_path_factory.mktemp("seed") / "shop.db"
    engine = make_engine(f"sqlite:///{path}")
    migrate(engine)
    seed(engine, CLOCK)
    with writing(engine) as session:
        session.get_one(Shop, "demo").opening_hours = "00:00-24:00"
    engine.dispose()
    return path


@pytest.fixture
def home(tmp_path: Path, seeded: Path) -> Path:
    """XIAOER_HOME with the seeded database."""
    shutil.copy(seeded, tmp_path / "shop.db")
    return tmp_path


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def start(home: Path, engine: FakeEngine) -> Start:
    """Starts a gateway on ``home``; a second start after the first has ended is a restart."""

    @contextlib.asynccontextmanager
    async def running(**change: Any) -> AsyncIterator[Gateway]:
        env = {"XIAOER_HOME": str(home), "XIAOER_DATABASE_URL": f"sqlite:///{home / 'shop.db'}", "XIAOER_RATE_FACTOR": "0"}
        # What the shop begins has tests of its own, which turn it on.
        env |= {"XIAOER_PROACTIVE": "0", "XIAOER_ASSIGN": "0"}
        env |= {name: value for name, value in change.items() if name.startswith("XIAOER_")}
        settings = Settings.from_env(env)
        for name, value in change.items():
            if not name.startswith("XIAOER_"):
                object.__setattr__(settings, name, value)
        services = make_services(settings, clock=CLOCK, transport=httpx.MockTransport(engine))
        # No test of the gateway trains by accident: whoever wants a job gives its program.
        services.studio.jobs.command = ("true",)
        health = httpx.MockTransport(lambda request: httpx.Response(200 if request.url.path == "/health" else 404))
        app = make_app(services, actions_transport=health)
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://shop.test", timeout=20) as http:
                yield Gateway(app, services, engine, http)

    return running


@pytest.fixture
async def gateway(start: Start) -> AsyncIterator[Gateway]:
    async with start() as running:
        yield running


@pytest.fixture
async def http(gateway: Gateway) -> httpx.AsyncClient:
    return gateway.http


@pytest.fixture
async def shopper(http: httpx.AsyncClient) -> Shopper:
    """An anonymous shopper in a new conversation."""
    return await Shopper.come(http)


@pytest.fixture
async def address(gateway: Gateway) -> AsyncIterator[str]:
    """ws://host:port of the gateway on a free port."""
    server = uvicorn.Server(uvicorn.Config(gateway.app, port=0, log_level="error", lifespan="off", ws="websockets-sansio"))
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"ws://127.0.0.1:{port}"
    server.should_exit = True
    await task
