"""The desk under load: suggestions while twenty agents have talks open, and a day's work of one agent replayed at real pace.

Both go through the staff API of the running product, engine and actions real; what the pages add is measured in the browser tests.
"""

from __future__ import annotations

import statistics
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import jwt

from bench.measure import Http, Talk, percentile
from bench.noise import Noise
from launch.product import Product
from shop.clock import Clock
from shop.db import make_engine
from shop.staff import StaffAccounts
from shop.staff_sessions import StaffSessions

AGENTS = 20
# Every talk's shopper writes again after so many seconds: twenty busy talks are three to four messages a second.
PAUSE = 6.0
LIMIT_MS = 300.0


class DeskFailed(RuntimeError):
    """The staff API refused what a desk does all day; the message has its status and answer."""


class Kept(Http):
    """A connection that may have been closed while its owner paused: what it says may be said again (a message has its client_id)."""

    def _ask(self, method: str, path: str, body: str | None) -> tuple[int, Any]:
        told = super()._ask(method, path, body)
        return told if told[0] else super()._ask(method, path, body)


class Agent:
    """A member of staff with a workbench's token."""

    def __init__(self, product: Product, token: str) -> None:
        self._http = Kept(product.base_url)
        self._http.headers["Authorization"] = f"Bearer {token}"

    def call(self, path: str, body: dict[str, Any], *good: int) -> Any:
        """The answer to a POST below /api/v1/staff. DeskFailed when its status is none of ``good`` (200 and 201 by default)."""
        status, told = self._http.post(f"/api/v1/staff{path}", body)
        if status not in (good or (200, 201)):
            raise DeskFailed(f"POST {path}: {status} {told}")
        return told

    def suggestions(self, talk_id: str) -> tuple[dict[str, Any], float]:
        """What is suggested for the newest message, and the milliseconds until it is there."""
        begun = time.perf_counter()
        told = self.call(f"/talks/{talk_id}/suggestions", {})
        return told, (time.perf_counter() - begun) * 1000

    def say(self, talk_id: str, text: str, **more: Any) -> dict[str, Any]:
        """Send words; what only asks for a second look is confirmed (``asked`` says so)."""
        body = {"client_id": str(uuid.uuid4()), "text": text, **more}
        told = self.call(f"/talks/{talk_id}/messages", body, 201, 422)
        if "findings" in told:
            return {**self.call(f"/talks/{talk_id}/messages", {**body, "confirmed": True}), "asked": True}
        if "message" not in told:
            raise DeskFailed(f"an answer was refused: {told}")
        return {**told, "asked": False}

    def close(self) -> None:
        """Hang up."""
        self._http.close()


class Shopper:
    """A talk through the public API whose answers nobody waits for."""

    def __init__(self, product: Product, customer: str, product_id: str | None) -> None:
        self._http = Kept(product.base_url)
        identity = jwt.encode({"sub": customer, "exp": int(time.time()) + 3600}, product.identity_secret, algorithm="HS256")
        body = {"identity": identity} | ({"product_id": product_id} if product_id else {})
        status, told = self._http.post("/api/v1/conversations", body)
        if status != 201:
            raise DeskFailed(f"the gateway opens no talk: {status} {told}")
        self.id = str(told["id"])
        self._http.headers["Authorization"] = f"Bearer {told['token']}"

    def write(self, text: str) -> None:
        """Send a line; it is stored when this returns."""
        status, told = self._http.post(f"/api/v1/conversations/{self.id}/messages", {"client_id": str(uuid.uuid4()), "text": text})
        if status != 202:
            raise DeskFailed(f"a message was refused: {status} {told}")

    def messages(self) -> list[dict[str, Any]]:
        """What the shopper sees, the newest two hundred."""
        status, told = self._http.get(f"/api/v1/conversations/{self.id}/messages?limit=200")
        if status != 200:
            raise DeskFailed(f"the messages cannot be read: {status} {told}")
        return list(told["messages"])

    def close(self) -> None:
        """Hang up."""
        self._http.close()


def agents(product: Product, count: int) -> list[Agent]:
    """So many members of staff of the product's shop, each with a token."""
    database = make_engine(f"sqlite:///{product.settings.home / 'shop.db'}")
    accounts, sessions = StaffAccounts(database, "demo", Clock()), StaffSessions(database, "demo", Clock())
    found = []
    for _ in range(count):
        login = f"bench{uuid.uuid4().hex[:8]}"
        member, first = accounts.add(login, "小测", f"b{uuid.uuid4().hex[:6]}", "agent", capacity=20)
        accounts.set_password(member.id, first, uuid.uuid4().hex)
        found.append(Agent(product, str(sessions.make_token(member.id, "bench").token)))
    database.dispose()
    return found


@dataclass
class Waits:
    """What asking for suggestions cost, in milliseconds, and how often there were none for the engine's sake."""

    ms: list[float] = field(default_factory=list)
    away: int = 0
    empty: int = 0

    def note(self, told: dict[str, Any], ms: float) -> None:
        """One answer."""
        self.ms.append(ms)
        self.away += told["reason"] in ("down", "slow", "refused")
        self.empty += told["reason"] == "nothing"


def suggestions(product: Product, talks: Sequence[Talk], rounds: int, *, pause: float = PAUSE) -> dict[str, Any]:
    """``AGENTS`` agents with a talk open each: every line of the shopper is asked about as soon as it is there.

    Half of the lines nobody has sent before (``bench/noise.py``). Raises DeskFailed.
    """
    noise, waits, lock = Noise(71), Waits(), threading.Lock()
    failures: list[Exception] = []
    unseen = [tuple(noise.unseen(text) for text in talks[number % len(talks)].turns) for number in range(AGENTS)]

    def work(number: int, agent: Agent) -> None:
        talk = talks[number % len(talks)]
        shopper = Shopper(product, talk.customer, talk.product_id)
        try:
            agent.call(f"/talks/{shopper.id}/take", {})
            lines = [line for pair in zip(talk.turns, unseen[number], strict=False) for line in pair]
            begun = time.monotonic() + pause * number / AGENTS
            for turn in range(rounds):
                time.sleep(max(0.0, begun + turn * pause - time.monotonic()))
                shopper.write(lines[turn % len(lines)])
                told = agent.suggestions(shopper.id)
                with lock:
                    waits.note(*told)
                agent.say(shopper.id, "好的，我看一下。")
        except Exception as error:  # whatever it was, the measurement is not one
            failures.append(error)
        finally:
            shopper.close()
            agent.close()

    together([partial(work, number, agent) for number, agent in enumerate(agents(product, AGENTS))])
    if failures:
        raise DeskFailed(f"{len(failures)} of {AGENTS} agents failed: {failures[0]}") from failures[0]
    return {
        "agents": AGENTS,
        "asked": len(waits.ms),
        "a_second": round(AGENTS / pause, 1),
        "p50_ms": round(statistics.median(waits.ms), 1),
        "p95_ms": percentile(waits.ms, 95),
        "max_ms": percentile(waits.ms, 100),
        "engine_away": waits.away,
        "nothing": waits.empty,
        "limit_ms": LIMIT_MS,
    }


def together(works: Sequence[Callable[[], None]]) -> None:
    """All at once, each in a thread of its own, until the last has ended."""
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
