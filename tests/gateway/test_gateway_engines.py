"""The gateway follows whoever is live: new turns to the promoted engine, erasures to every engine that runs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.engines import Engines
from gateway.rasa_client import EngineDown, RasaClient
from gateway.settings import Secret
from studio.release_files import write_note

OLD, NEW, BESIDE = "http://old:1", "http://new:1", "http://beside:1"


class Network:
    """Engines that answer, and those that are gone; every call is noted as (host, path)."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []
        self.gone: set[str] = set()
        self.broken: set[str] = set()
        self.before: Any = None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.before is not None:
            self.before()
        host = request.url.host
        if host in self.gone:
            raise httpx.ConnectError("refused")
        self.calls.append((host, request.url.path.rpartition("/")[2]))
        if host in self.broken:
            return httpx.Response(503, json={})
        known: dict[str, Any] = {"webhook": {"replies": []}, "erase": {"erased": 2}, "forget": {"erased": 3}, "ready": {"ready": True}}
        return httpx.Response(200, json=known[self.calls[-1][1]])


@pytest.fixture
def live(tmp_path: Path) -> Path:
    """The launcher's note; the old engine serves."""
    path = tmp_path / "live.json"
    note(path, OLD)
    return path


def note(path: Path, engine: str, *beside: str) -> None:
    """What the launcher writes."""
    also = [{"release": "r", "engine": url, "actions": "", "role": "draining"} for url in beside]
    write_note(path, {"release": "live", "engine": engine, "actions": engine + "/webhook", "also": also})


def client(live: Path, network: Network) -> RasaClient:
    """A client that follows the note."""
    engines = Engines(["http://environment:1"], "http://actions:1/webhook", live)
    return RasaClient(engines, Secret("t" * 40), transport=httpx.MockTransport(network))


async def test_the_next_turn_after_a_promotion_goes_to_the_new_engine(live: Path) -> None:
    network = Network()
    rasa = client(live, network)
    await rasa.turn("c", text="一", metadata={})
    note(live, NEW, OLD)
    await rasa.turn("c", text="二", metadata={})
    assert await rasa.ready() == {"ready": True}
    assert network.calls == [("old", "webhook"), ("new", "webhook"), ("new", "ready")]
    assert rasa.engines.actions() == NEW + "/webhook"
    assert (rasa.engines.of_release("live"), rasa.engines.of_release("r"), rasa.engines.of_release("x")) == (NEW, OLD, None)
    await rasa.close()


async def test_a_turn_that_finds_the_old_engine_gone_is_had_from_the_new_one(live: Path) -> None:
    network = Network()
    network.gone = {"old"}
    network.before = lambda: note(live, NEW)
    rasa = client(live, network)
    await rasa.turn("c", text="一", metadata={})
    assert network.calls == [("new", "webhook")]
    network.gone = {"new"}
    with pytest.raises(EngineDown):
        await rasa.turn("c", text="二", metadata={})
    await rasa.close()


async def test_an_erasure_reaches_both_engines_and_fails_when_one_cannot(live: Path) -> None:
    network = Network()
    rasa = client(live, network)
    note(live, NEW, OLD, BESIDE)
    network.gone = {"beside"}
    assert await rasa.erase("c") == 2
    assert await rasa.forget_before(datetime(2026, 11, 23, tzinfo=UTC)) == 3
    assert sorted(network.calls) == [("new", "erase"), ("new", "forget"), ("old", "erase"), ("old", "forget")]
    network.broken = {"old"}
    with pytest.raises(EngineDown):
        await rasa.erase("c")
    await rasa.close()


def test_a_note_that_is_missing_or_broken_leaves_the_addresses_as_they_were(live: Path) -> None:
    engines = Engines(["http://environment:1"], "http://actions:1/webhook", live)
    assert engines.serving() == (OLD,)
    live.write_text("{half", "utf-8")
    assert engines.serving() == (OLD,)
    live.unlink()
    assert engines.serving() == (OLD,)
    assert Engines(["http://environment:1"], "a", live).serving() == ("http://environment:1",)
    live.write_text(json.dumps({"release": "r", "engine": "", "also": None}), "utf-8")
    assert Engines(["http://environment:1"], "a", live).actions() == "a", "published for the next start: nothing runs yet"
