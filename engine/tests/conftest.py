"""A tiny trained engine served on a free port of this machine, with a stub action server beside it."""

from __future__ import annotations

import asyncio
import json
import os
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from engine import paths

FIXTURE = Path(__file__).resolve().parent / "fixtures" / "talk"
TOKEN = "test-token"

paths.set_defaults()


@pytest.fixture(scope="session", autouse=True)
def _home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Caches and databases of the tests lie in a folder of their own."""
    before = os.environ.get("XIAOER_HOME")
    os.environ["XIAOER_HOME"] = str(tmp_path_factory.mktemp("home"))
    yield
    if before is None:
        del os.environ["XIAOER_HOME"]
    else:
        os.environ["XIAOER_HOME"] = before


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory, _home: None) -> Path:
    """The fixture project trained with the components of config.yml."""
    import logging

    import rasa.api
    from rasa.utils.log_utils import configure_structlog

    configure_structlog(logging.WARNING)
    out = tmp_path_factory.mktemp("models")
    result = rasa.api.train(
        domain=str(FIXTURE / "domain.yml"),
        config=str(FIXTURE / "config.yml"),
        training_files=[str(FIXTURE / "data"), str(FIXTURE / "responses")],
        output=str(out),
    )
    assert result.model
    return Path(result.model)


@dataclass
class StubActions:
    """An action server whose calls are kept; `fail` makes it answer 500."""

    port: int = 0
    calls: list[dict[str, Any]] = field(default_factory=list)
    connections: set[Any] = field(default_factory=set)
    fail: bool = False

    async def answer(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.calls.append(body)
        self.connections.add(request.transport.get_extra_info("peername") if request.transport else None)
        if self.fail:
            return web.json_response({"error": "broken"}, status=500)
        responses = []
        if body["next_action"] == "action_row":
            responses = [
                {"response": "utter_postage", "freight": "8", "table": "postage", "row": "pr_x", "card": {"kind": "row"}},
                {"response": "utter_postage", "table": "postage", "row": "pr_y"},
            ]
        return web.json_response({"events": [], "responses": responses})


@dataclass
class Engine:
    """The served engine: base address, the Sanic app, its actions and the loop it runs in."""

    url: str
    app: Any
    actions: StubActions
    loop: asyncio.AbstractEventLoop
    before_warm: dict[str, Any]

    @property
    def agent(self) -> Any:
        return self.app.ctx.agent

    def call(self, path: str, body: Any = None, token: str | None = TOKEN, raw: bytes | None = None) -> tuple[int, Any]:
        """Status and JSON of one request; GET without a body."""
        headers = {"Content-Type": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"null")

    def say(self, sender: str, text: str, **metadata: Any) -> dict[str, Any]:
        status, body = self.call("/webhooks/turn/webhook", {"sender": sender, "text": text, "metadata": metadata})
        assert status == 200, body
        return body

    def press(self, sender: str, payload: str) -> tuple[int, Any]:
        return self.call("/webhooks/turn/webhook", {"sender": sender, "payload": payload})


@pytest.fixture(scope="session")
def engine(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Rasa's own server application with the rest channel and ours, in a thread."""
    from rasa.core import run
    from rasa.core.agent import load_agent
    from rasa.core.channels.rest import RestInput
    from rasa.core.utils import AvailableEndpoints
    from rasa.utils.endpoints import EndpointConfig

    from engine.channel import TurnInput

    actions = StubActions()
    ready, done = threading.Event(), threading.Event()
    found: dict[str, Any] = {}

    async def serve() -> None:
        stub = web.Application()
        stub.router.add_post("/webhook", actions.answer)
        runner = web.AppRunner(stub)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        actions.port = runner.addresses[0][1]

        endpoints = AvailableEndpoints(
            tracker_store=EndpointConfig(
                str(tmp_path_factory.mktemp("store") / "tracker.db"), type="engine.tracker_store.BoundedTrackerStore"
            ),
            nlg=EndpointConfig(type="engine.nlg.LiveResponses", folder=str(FIXTURE / "responses")),
            action=EndpointConfig(f"http://127.0.0.1:{actions.port}/webhook"),
        )
        channel = TurnInput.from_credentials({"token": TOKEN})
        app = run.configure_app([RestInput(), channel], enable_api=False)
        app.ctx.agent = await load_agent(str(model), endpoints=endpoints)
        server = await app.create_server(host="127.0.0.1", port=0, return_asyncio_server=True)
        await server.startup()
        await server.start_serving()
        found["port"] = server.server.sockets[0].getsockname()[1]
        found["ready_before_warm"] = await channel.readiness(app.ctx.agent)
        await channel.prepare(app.ctx.agent)
        found["app"] = app
        ready.set()
        while not done.is_set():
            await asyncio.sleep(0.05)
        await app.ctx.agent.processor.action_endpoint.close()
        server.close()
        await runner.cleanup()

    loop = asyncio.new_event_loop()

    def work() -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(serve())
        except BaseException as error:
            found["error"] = error
            ready.set()
            raise

    thread = threading.Thread(target=work, name="engine", daemon=True)
    thread.start()
    assert ready.wait(120)
    assert "error" not in found, found["error"]
    yield Engine(f"http://127.0.0.1:{found['port']}", found["app"], actions, loop, found["ready_before_warm"])
    done.set()
    thread.join(10)
