"""The gateway's line to the engine: one turn of one talk at a time, never longer than the shopper can wait.

A turn is sent again at most once, and only when it surely was not processed (no connection was made): a second
processing could say a thing twice. Everything else becomes one of three errors, which the talk turns into words.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from gateway.settings import Secret

log = logging.getLogger(__name__)

# What the channel says of a talk is bounded, but a broken engine must not fill our memory.
MOST_BYTES = 2 * 1024 * 1024


class EngineError(Exception):
    """A turn could not be had. ``reason`` is one word for the trace."""

    reason = "error"


class EngineDown(EngineError):
    """No connection, or the engine says that it cannot (503), or its token is wrong."""

    reason = "down"


class EngineSlow(EngineError):
    """No answer in time. The engine may still have processed the message."""

    reason = "slow"


class EngineRefused(EngineError):
    """The engine did not take this message (422), or answered something else than its contract."""

    reason = "refused"


@dataclass(frozen=True)
class Reply:
    """One bubble of the bot. ``buttons`` are (title, payload)."""

    text: str
    buttons: tuple[tuple[str, str], ...] = ()
    image: str | None = None
    card: dict[str, Any] | None = None
    response: str | None = None
    script: str | None = None
    table: str | None = None
    row: str | None = None


@dataclass(frozen=True)
class Turn:
    """What the engine did with a message: bubbles, why, and where the talk stands."""

    replies: tuple[Reply, ...]
    trace: Mapping[str, Any] = field(default_factory=dict)
    state: Mapping[str, Any] = field(default_factory=dict)
    took_ms: float | None = None

    @property
    def intent(self) -> str | None:
        """Name of the intent the engine took, if any."""
        name = self.trace.get("intent")
        return name if isinstance(name, str) else None

    @property
    def confidence(self) -> float | None:
        """Confidence of that intent, 0 to 1."""
        value = self.trace.get("confidence")
        return float(value) if isinstance(value, int | float) else None


class RasaClient:
    """Talks to one or several engines; a talk always goes to the same one while that is alive."""

    def __init__(
        self, urls: Sequence[str], token: Secret, *, timeout: float = 8.0, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._urls = tuple(urls)
        self._timeout = timeout
        self._http = httpx.AsyncClient(
            headers={"Authorization": f"Bearer {token.reveal()}"},
            timeout=httpx.Timeout(timeout, connect=min(2.0, timeout)),
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=32, keepalive_expiry=30),
            transport=transport,
            trust_env=False,
        )

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def turn(self, sender: str, *, text: str | None = None, payload: str | None = None, metadata: Mapping[str, Any]) -> Turn:
        """Let the engine process one message: ``text`` (never a command) or ``payload`` of a button.

        Raises :class:`EngineDown`, :class:`EngineSlow` or :class:`EngineRefused`.
        """
        body: dict[str, Any] = {"sender": sender, "metadata": dict(metadata)}
        if payload is None:
            body["text"] = text
        else:
            body["payload"] = payload
        return _turn_of(await self._post(sender, "/webhooks/turn/webhook", body))

    async def erase(self, sender: str) -> int:
        """Let the engine forget a talk; how many events were erased. Raises :class:`EngineError`."""
        answer = await self._post(sender, "/webhooks/turn/erase", {"sender": sender})
        erased = answer.get("erased")
        if not isinstance(erased, int):
            raise EngineRefused("erase answered without a number")
        return erased

    async def ready(self) -> dict[str, Any]:
        """The engine's own word on its state: ``{"ready": bool, …}``; never raises."""
        for url in self._urls:
            try:
                response = await self._http.get(f"{url}/webhooks/turn/ready", timeout=2.0)
                body = response.json()
            except (httpx.HTTPError, ValueError):
                continue
            if response.status_code == 200 and isinstance(body, dict) and body.get("ready") is True:
                return {key: body[key] for key in ("ready", "model", "tracker_store") if key in body}
        return {"ready": False}

    def order_of(self, sender: str) -> list[str]:
        """The engines for a talk, the usual one first (rendezvous hashing: an engine more moves few talks)."""
        return sorted(self._urls, key=lambda url: hashlib.sha256(f"{url} {sender}".encode()).digest(), reverse=True)

    async def _post(self, sender: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        urls = self.order_of(sender)
        tries = (urls * 2)[:2]
        for number, url in enumerate(tries, 1):
            try:
                # httpx counts each read by itself; the shopper waits for the whole answer.
                async with asyncio.timeout(self._timeout), self._http.stream("POST", url + path, json=body) as response:
                    content = await self._read(response)
                return _answer(response.status_code, content)
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
                # Nothing was sent yet, so a second try can process nothing twice.
                log.warning("engine %s not reached (%s), try %d of %d", url, type(error).__name__, number, len(tries))
            except (httpx.TimeoutException, TimeoutError) as error:
                raise EngineSlow(f"no answer within {self._timeout} s") from error
            except httpx.HTTPError as error:
                raise EngineDown(f"the connection broke ({type(error).__name__})") from error
        raise EngineDown("no engine can be reached")

    @staticmethod
    async def _read(response: httpx.Response) -> bytes:
        content = b""
        async for chunk in response.aiter_bytes():
            content += chunk
            if len(content) > MOST_BYTES:
                raise EngineRefused("the answer is too large")
        return content


def _answer(status: int, content: bytes) -> dict[str, Any]:
    if status in (401, 403):
        log.error("the engine refuses our token: XIAOER_ENGINE_TOKEN differs between gateway and engine")
        raise EngineDown("the engine refuses our token")
    if status == 422:
        raise EngineRefused("the engine does not take this message")
    if status != 200:
        raise EngineDown(f"the engine answered {status}")
    try:
        body = httpx.Response(200, content=content).json()
    except ValueError as error:
        raise EngineRefused("the engine's answer is no JSON") from error
    if not isinstance(body, dict):
        raise EngineRefused("the engine's answer is no object")
    return body


def _turn_of(body: Mapping[str, Any]) -> Turn:
    replies = body.get("replies")
    if not isinstance(replies, list):
        raise EngineRefused("the answer has no replies")
    trace, state, took = body.get("trace"), body.get("state"), body.get("took_ms")
    return Turn(
        replies=tuple(_reply_of(item) for item in replies if isinstance(item, dict)),
        trace=trace if isinstance(trace, dict) else {},
        state=state if isinstance(state, dict) else {},
        took_ms=float(took) if isinstance(took, int | float) else None,
    )


def _reply_of(item: Mapping[str, Any]) -> Reply:
    def word(name: str) -> str | None:
        value = item.get(name)
        return value if isinstance(value, str) and value else None

    card = item.get("card")
    buttons = tuple(
        (str(button["title"]), str(button["payload"]))
        for button in item.get("buttons") or ()
        if isinstance(button, dict) and button.get("title") and button.get("payload")
    )
    return Reply(
        text=word("text") or "",
        buttons=buttons,
        image=word("image"),
        card=card if isinstance(card, dict) else None,
        response=word("response"),
        script=word("script"),
        table=word("table"),
        row=word("row"),
    )
