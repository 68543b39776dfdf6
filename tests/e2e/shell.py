"""The gateway with an engine that answers what a test says, in a thread of its own, and the shop's page on another origin.

For tests of the window in a browser (and for screenshots): one start serves many tests, each with a browser profile of its own.
"""

from __future__ import annotations

import asyncio
import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from gateway.app import make_app, make_services
from gateway.services import Services
from gateway.settings import Settings
from shop.clock import Clock
from shop.db import make_engine, migrate
from shop.seed import seed
from tests.gateway.support import FakeEngine

# A Wednesday at noon in Shanghai: people are there.
NOON = "2026-11-18T12:00:00+08:00"


@dataclass
class Shell:
    """``address``: the gateway's; ``shop_address``: a page of the shop, on another origin."""

    address: str
    shop_address: str
    services: Services
    engine: FakeEngine
    pages: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)
    loop: asyncio.AbstractEventLoop | None = None

    def page(self, path: str, html: str, **headers: str) -> str:
        """Put a page on the shop's site; its address."""
        self.pages[path] = (html, {name.replace("_", "-"): value for name, value in headers.items()})
        return self.shop_address + path

    def run(self, work: Any) -> Any:
        """Do something asynchronous in the gateway's loop."""
        assert self.loop is not None
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(10)

    def holds(self, answer: httpx.Response) -> Callable[[], None]:
        """The engine gives this answer to everything, and only when what is returned is called."""
        let_go = asyncio.Event()

        async def later(body: dict[str, Any]) -> httpx.Response:
            await let_go.wait()
            return answer

        def give() -> None:
            assert self.loop is not None
            self.loop.call_soon_threadsafe(let_go.set)

        self.engine.answer = later
        return give

    def owner(self, talk: str, owner: str) -> None:
        """Give a talk to somebody, as the desk does, and tell its windows."""
        self.services.store.touch_owner(talk, owner)
        self.run(self.services.turns.tell_owner(talk))


@contextmanager
def running(home: Path, **env: str) -> Iterator[Shell]:
    """Seed a database in ``home``, start both sites on free ports, and end them."""
    pages: dict[str, tuple[str, dict[str, str]]] = {}
    shop = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler(pages))
    shop_address = f"http://127.0.0.1:{shop.server_port}"
    database = f"sqlite:///{home / 'shop.db'}"
    prepared = make_engine(database)
    migrate(prepared)
    clock = Clock.from_env({"XIAOER_NOW": NOON})
    seed(prepared, clock)
    prepared.dispose()
    settings = Settings.from_env(
        {
            "XIAOER_HOME": str(home),
            "XIAOER_DATABASE_URL": database,
            "XIAOER_RATE_FACTOR": "0",
            "XIAOER_PROACTIVE": "0",
            "XIAOER_SHOP_ORIGINS": shop_address,
            **env,
        }
    )
    engine = FakeEngine()
    services = make_services(settings, clock=clock, transport=httpx.MockTransport(engine))
    # No test of the gateway trains by accident: whoever wants a job gives its program.
    services.studio.jobs.command = ("true",)
    app = make_app(services, actions_transport=httpx.MockTransport(lambda request: httpx.Response(200)))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", ws="websockets-sansio"))
    threads = [threading.Thread(target=shop.serve_forever, daemon=True)]
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        await server.serve()

    threads.append(threading.Thread(target=lambda: asyncio.run(serve()), daemon=True))
    for thread in threads:
        thread.start()
    while not server.started:
        if not threads[1].is_alive():
            raise RuntimeError("the gateway did not start")
        threads[1].join(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield Shell(f"http://127.0.0.1:{port}", shop_address, services, engine, pages, loops[0])
    finally:
        server.should_exit = True
        threads[1].join(15)
        shop.shutdown()
        shop.server_close()


def _handler(pages: dict[str, tuple[str, dict[str, str]]]) -> type[http.server.BaseHTTPRequestHandler]:
    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = pages.get(self.path.partition("?")[0])
            html, headers = found or ("", {})
            self.send_response(200 if found else 404)
            for name, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Silent."""

    return Page
