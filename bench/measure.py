"""What is measured: the time of each turn of the scripted talks, alone and with several talks at once; memory; percentiles."""

from __future__ import annotations

import json
import math
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any, Protocol
from urllib.parse import urlsplit

import jwt
import psutil

TURN_SECONDS = 60.0


@dataclass(frozen=True)
class Talk:
    """A scripted talk: who speaks, on which product's page, and every line."""

    name: str
    customer: str
    turns: tuple[str, ...]
    product_id: str | None = None


@dataclass
class Round:
    """The turns of one measured round. Times in milliseconds."""

    times: list[float] = field(default_factory=list)
    unanswered: int = 0
    failed: int = 0
    seconds: float = 0.0

    def summary(self) -> dict[str, float]:
        """p50, p95, p99 and messages a second."""
        return {
            "messages": len(self.times),
            "p50_ms": percentile(self.times, 50),
            "p95_ms": percentile(self.times, 95),
            "p99_ms": percentile(self.times, 99),
            "messages_a_second": round(len(self.times) / self.seconds, 2) if self.seconds else 0.0,
            "unanswered": self.unanswered,
            "failed": self.failed,
        }

    def add(self, other: Round) -> None:
        """Join a later round of the same kind."""
        self.times += other.times
        self.unanswered += other.unanswered
        self.failed += other.failed
        self.seconds += other.seconds


class Line(Protocol):
    """An open talk with a product: say something, get the number of replies (-1: it failed)."""

    def say(self, text: str) -> int:
        """One turn."""

    def close(self) -> None:
        """Hang up."""


class RestLine:
    """A talk through Rasa's REST channel. The customer travels in the metadata, as our gateway would send it."""

    def __init__(self, url: str, talk: Talk) -> None:
        self._http = Http(url)
        self._sender = f"bench-{uuid.uuid4().hex}"
        self._metadata = _metadata(self._sender, talk)

    def say(self, text: str) -> int:
        """One turn."""
        status, told = self._http.post("/webhooks/rest/webhook", {"sender": self._sender, "message": text, "metadata": self._metadata})
        return len(told) if status == 200 and isinstance(told, list) else -1

    def close(self) -> None:
        """Hang up."""
        self._http.close()


class TurnLine:
    """A talk through our engine's own channel, as the gateway asks it."""

    def __init__(self, url: str, token: str, talk: Talk) -> None:
        self._http = Http(url)
        self._http.headers["Authorization"] = f"Bearer {token}"
        self._sender = f"bench-{uuid.uuid4().hex}"
        self._metadata = _metadata(self._sender, talk)

    def say(self, text: str) -> int:
        """One turn."""
        status, told = self._http.post("/webhooks/turn/webhook", {"sender": self._sender, "text": text, "metadata": self._metadata})
        return len(told.get("replies", [])) if status == 200 else -1

    def close(self) -> None:
        """Hang up."""
        self._http.close()


class GatewayLine:
    """A talk through the public chat API with ?wait=1."""

    def __init__(self, url: str, secret: str, talk: Talk) -> None:
        self._http = Http(url)
        identity = jwt.encode({"sub": talk.customer, "exp": int(time.time()) + 3600}, secret, algorithm="HS256")
        body = {"identity": identity} | ({"product_id": talk.product_id} if talk.product_id else {})
        status, told = self._http.post("/api/v1/conversations", body)
        if status != 201:
            raise RuntimeError(f"the gateway opens no talk: {status} {told}")
        self._id = told["id"]
        self._http.headers["Authorization"] = f"Bearer {told['token']}"

    def say(self, text: str) -> int:
        """One turn."""
        body = {"client_id": str(uuid.uuid4()), "text": text}
        status, told = self._http.post(f"/api/v1/conversations/{self._id}/messages?wait=1", body)
        return len(told.get("replies", [])) if status == 200 else -1

    def release(self) -> None:
        """Take the talk back from the queue of the people: there the bot is silent, and there is nothing to measure."""
        self._http.post(f"/api/v1/conversations/{self._id}/release", {})

    def close(self) -> None:
        """Hang up."""
        self._http.close()


def _metadata(sender: str, talk: Talk) -> dict[str, Any]:
    return {
        "shop_id": "demo",
        "customer_id": talk.customer,
        "conversation_id": sender,
        "address": "bench",
        "dry_run": False,
        "product_id": talk.product_id,
        "photo_ids": [],
    }


class Http:
    """A kept-alive connection with JSON: the client must cost as little as it can, it runs on the same cores."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._connection = HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=TURN_SECONDS)
        self.headers = {"Content-Type": "application/json"}

    def get(self, path: str) -> tuple[int, Any]:
        """Status and JSON; (0, reason) when the connection failed."""
        return self._ask("GET", path, None)

    def post(self, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        """Status and JSON; (0, reason) when the connection failed."""
        return self._ask("POST", path, json.dumps(body))

    def _ask(self, method: str, path: str, body: str | None) -> tuple[int, Any]:
        try:
            self._connection.request(method, path, body, self.headers)
            answer = self._connection.getresponse()
            content = answer.read()
            return answer.status, json.loads(content) if content else None
        except (OSError, ValueError) as error:
            self._connection.close()
            return 0, str(error)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def one_after_another(open_line: Callable[[Talk], Line], talks: Sequence[Talk]) -> Round:
    """Every talk once, nobody else on the line."""
    told = Round()
    begun = time.perf_counter()
    for talk in talks:
        _replay(open_line, talk, told)
    told.seconds = time.perf_counter() - begun
    return told


def at_once(open_line: Callable[[Talk], Line], talks: Sequence[Talk], shoppers: int, each: int) -> Round:
    """`shoppers` people at once, each with `each` talks in a row, without pauses."""
    rounds = [Round() for _ in range(shoppers)]

    def shopper(number: int) -> None:
        for turn in range(each):
            _replay(open_line, talks[(number + turn) % len(talks)], rounds[number])

    threads = [threading.Thread(target=shopper, args=(number,)) for number in range(shoppers)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spent = time.perf_counter() - begun
    total = Round()
    for one in rounds:
        total.add(one)
    total.seconds = spent
    return total


def _replay(open_line: Callable[[Talk], Line], talk: Talk, told: Round) -> None:
    line = open_line(talk)
    try:
        for text in talk.turns:
            timed(line, text, told)
    finally:
        line.close()


def timed(line: Line, text: str, told: Round) -> float:
    """One turn, noted in ``told``; its milliseconds. A talk that a person had is taken back and the line said again."""
    for again in (False, True):
        begun = time.perf_counter()
        replies = line.say(text)
        spent = (time.perf_counter() - begun) * 1000
        release = getattr(line, "release", None)
        if replies or again or release is None:
            break
        release()
    told.times.append(spent)
    told.failed += replies < 0
    told.unanswered += replies == 0
    return spent


def percentile(values: Sequence[float], rank: float) -> float:
    """The smallest value that at least `rank` percent of all reach; 0 for none. Never interpolated: a time that happened."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return round(ordered[max(0, math.ceil(len(ordered) * rank / 100) - 1)], 1)


def resident_mb(pid: int) -> float:
    """Resident memory of a process and all it started, in MB (shared pages counted once a process)."""
    root = psutil.Process(pid)
    total = 0
    for process in [root, *root.children(recursive=True)]:
        try:
            total += process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return round(total / 1e6, 1)
