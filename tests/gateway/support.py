"""A gateway in this process with an engine that answers what a test says."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
from fastapi import FastAPI
from PIL import Image

from gateway.services import Services
from shop.clock import Clock

# A working Wednesday at noon in Shanghai, from which the shop's clock goes on whatever day and hour it is where the tests run: none
# of them sees a midnight in its middle, closed doors, or a year whose working days nobody has told.
NOON = datetime.fromisoformat("2026-11-18T12:00:00+08:00")
CLOCK = Clock(shift=NOON - datetime.now(UTC))

Handler = Callable[[dict[str, Any]], Awaitable[httpx.Response] | httpx.Response]


def bubble(text: str, **more: Any) -> dict[str, Any]:
    """One reply as the engine's channel sends it."""
    return {"text": text, "buttons": [], "image": None, "card": None, "response": None, "script": None, "table": None, "row": None, **more}


def turn(*replies: dict[str, Any], intent: str = "greet", **state: Any) -> httpx.Response:
    """A whole answer of the channel."""
    trace = {"intent": intent, "confidence": 0.97, "ranking": [{"name": intent, "confidence": 0.97}], "entities": [], "actions": []}
    return httpx.Response(200, json={"replies": list(replies), "trace": trace, "state": state, "took_ms": 5})


def suggestions(texts: list[str], intent: str = "ask_stock") -> httpx.Response:
    """What the channel suggests in the dark: one answer a text, by the first row of the table of postage."""
    found = [
        {
            "intents": [intent],
            "topic": None,
            "confidence": 0.9 - 0.3 * place,
            "replies": [bubble(text, script="s_stock", response="utter_x", table="postage", row="pr_q_ex_01")],
            "actions": [],
        }
        for place, text in enumerate(texts)
    ]
    return httpx.Response(200, json={"suggestions": found, "took_ms": 9})


def rehearsal(text: str, *replies: dict[str, Any], intent: str = "greet", **more: Any) -> dict[str, Any]:
    """What one message of a tried talk came to."""
    wish = {"intent": intent, "confidence": 0.97, "topic": None, "text": text, "entities": [], "actions": [], "ranking": []}
    told = {"tokens": [text], "wishes": [wish], "replies": list(replies), "decisions": [], "spoken": [], "slots": {}, "changed": {}}
    return {**told, "events": [], "state": {}, "took_ms": 7, **more}


def characters(body: dict[str, Any]) -> httpx.Response:
    """A reading of messages: every two characters a word, the first of them a size, and each text a greeting that is half sure."""
    ranking = [{"name": "greet", "confidence": 0.5}, {"name": "bargain", "confidence": 0.3}]
    found = [
        {
            "tokens": [[start, min(start + 2, len(text))] for start in range(0, len(text), 2)],
            "entities": [{"entity": "size", "value": text[:2].upper(), "start": 0, "end": min(2, len(text))}],
            "intent": "greet",
            "topic": None,
            "ranking": ranking,
        }
        for text in body["texts"]
    ]
    return httpx.Response(200, json={"texts": found, "model": "m"})


@dataclass
class FakeEngine:
    """Stands in for the engine's turn channel: remembers what it was sent; ``answer`` decides what it says."""

    answer: Handler = field(default=lambda body: turn(bubble(f"echo {body.get('text') or body.get('payload')}")))
    turns: list[dict[str, Any]] = field(default_factory=list)
    erased: list[str] = field(default_factory=list)
    forgotten: list[float] = field(default_factory=list)
    suggest: Handler = field(default=lambda body: suggestions(["这款M码有货。", "请稍等，为您查一下。"]))
    asked: list[dict[str, Any]] = field(default_factory=list)
    told: list[dict[str, Any]] = field(default_factory=list)
    rehearse: Callable[[dict[str, Any]], dict[str, Any]] = field(
        default=lambda line: rehearsal(said := str(line.get("text") or line.get("payload")), bubble(f"echo {said}"))
    )
    tried: list[dict[str, Any]] = field(default_factory=list)
    read: Handler = field(default=characters)
    is_ready: bool = True
    at_once: int = 0
    most_at_once: int = 0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"].startswith("Bearer ")
        path = request.url.path
        if path == "/webhooks/turn/ready":
            return httpx.Response(200 if self.is_ready else 503, json={"ready": self.is_ready, "model": "m", "tracker_store": "sqlite"})
        body = json.loads(request.content)
        if path == "/webhooks/turn/erase":
            if not self.is_ready:
                raise httpx.ConnectError("refused", request=request)
            self.erased.append(body["sender"])
            return httpx.Response(200, json={"erased": 7})
        if path == "/webhooks/turn/forget":
            self.forgotten.append(body["before"])
            return httpx.Response(200 if self.is_ready else 503, json={"erased": 3})
        if path == "/webhooks/turn/slots":
            return httpx.Response(200, json={"slots": {"height": 165.0}})
        if path == "/webhooks/turn/told":
            self.told.append(body)
            return httpx.Response(200, json={"noted": len(body["lines"])})
        if path == "/webhooks/turn/try":
            known = sum(len(one["lines"]) for one in self.tried if one["sender"] == body["sender"])
            if body["said"] > known:
                return httpx.Response(409, json={"title": "lost"})
            self.tried.append({**body, "url": str(request.url)})
            return httpx.Response(200, json={"turns": [self.rehearse(one) for one in body["lines"]], "model": "m.tar.gz", "took_ms": 9})
        if path == "/webhooks/turn/read":
            found = self.read(body)
            return await found if isinstance(found, Awaitable) else found
        if path == "/webhooks/turn/suggest":
            self.asked.append(body)
            found = self.suggest(body)
            return await found if isinstance(found, Awaitable) else found
        assert path == "/webhooks/turn/webhook"
        self.turns.append(body)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            answer = self.answer(body)
            return await answer if isinstance(answer, Awaitable) else answer
        finally:
            self.at_once -= 1

    @property
    def texts(self) -> list[str]:
        """Texts (or payloads) of all turns in order."""
        return [body.get("text") or body["payload"] for body in self.turns]

    def goes_down(self) -> None:
        """No connection from now on."""

        def refuse(body: dict[str, Any]) -> httpx.Response:
            raise httpx.ConnectError("refused")

        self.answer = refuse

    def is_slow(self, seconds: float) -> None:
        """Answers only after a while."""

        async def later(body: dict[str, Any]) -> httpx.Response:
            await asyncio.sleep(seconds)
            return turn(bubble("late"))

        self.answer = later


class Shopper:
    """A client of the public API with one conversation."""

    def __init__(self, http: httpx.AsyncClient, talk_id: str, token: str) -> None:
        self.http = http
        self.id = talk_id
        self.token = token
        self.path = f"/api/v1/conversations/{talk_id}"
        self.headers = {"Authorization": f"Bearer {token}"}

    @classmethod
    async def come(cls, http: httpx.AsyncClient, **body: Any) -> Shopper:
        """Open a conversation."""
        answer = await http.post("/api/v1/conversations", json=body)
        assert answer.status_code == 201, answer.text
        return cls(http, **{"talk_id": answer.json()["id"], "token": answer.json()["token"]})

    async def post(self, body: dict[str, Any], wait: bool = True) -> httpx.Response:
        """Send a message body (a client_id is added when missing)."""
        body = {"client_id": str(uuid4()), **body}
        return await self.http.post(f"{self.path}/messages{'?wait=1' if wait else ''}", json=body, headers=self.headers)

    async def ask(self, text: str) -> list[dict[str, Any]]:
        """Send a text and return the replies."""
        answer = await self.post({"text": text})
        assert answer.status_code == 200, answer.text
        return list(answer.json()["replies"])

    async def press(self, replies: list[dict[str, Any]], title: str) -> httpx.Response:
        """Press a button of the last bubbles."""
        choice = next(button["choice"] for reply in replies for button in reply["buttons"] if button["title"] == title)
        return await self.post({"choice": choice})

    async def messages(self, **query: Any) -> list[dict[str, Any]]:
        """The stored messages."""
        answer = await self.http.get(f"{self.path}/messages", params=query, headers=self.headers)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["messages"])

    async def about(self) -> dict[str, Any]:
        """The conversation itself."""
        answer = await self.http.get(self.path, headers=self.headers)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def upload(self, content: bytes, name: str = "photo.jpg") -> httpx.Response:
        """Send a file."""
        return await self.http.post(f"{self.path}/attachments", files={"file": (name, content)}, headers=self.headers)


@dataclass
class Gateway:
    """A running application."""

    app: FastAPI
    services: Services
    engine: FakeEngine
    http: httpx.AsyncClient


def picture(kind: str = "JPEG", size: tuple[int, int] = (64, 48), **save: Any) -> bytes:
    """A small photo."""
    out = io.BytesIO()
    Image.new("RGB", size, (200, 60, 60)).save(out, kind, **save)
    return out.getvalue()


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 20.0) -> None:
    """Wait until something holds, however slow the machine is; ``seconds`` is when nobody believes in it any more."""
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.02)
