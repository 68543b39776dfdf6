"""The gateway's line to the engine: one turn of one talk at a time, never longer than the shopper can wait.

A turn is sent again at most once, and only when it surely was not processed (no connection was made): a second
processing could say a thing twice. Everything else becomes one of three errors, which the talk turns into words.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

import httpx

from gateway.engines import Engines
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


class EngineUnreached(EngineDown):
    """Nobody listens there: nothing was sent."""


class EngineSlow(EngineError):
    """No answer in time. The engine may still have processed the message."""

    reason = "slow"


class EngineLost(EngineError):
    """The engine has answered this message before, and does not know the answer any more."""

    reason = "lost"


class EngineRefused(EngineError):
    """The engine did not take this message (422), or answered something else than its contract."""

    reason = "refused"


@dataclass(frozen=True)
class Reply:
    """One bubble of the bot. ``buttons`` are (title, payload); ``intent`` is the wish it answers (a message may hold two).

    ``spoken``: (wish, sentence, bubble), its place in the turn's ``explain``.
    """

    text: str
    buttons: tuple[tuple[str, str], ...] = ()
    image: str | None = None
    card: dict[str, Any] | None = None
    response: str | None = None
    script: str | None = None
    table: str | None = None
    row: str | None = None
    intent: str | None = None
    confidence: float | None = None
    spoken: tuple[int, int, int] | None = None
    known: dict[str, str] | None = None  # id and source of a reviewed answer about goods


@dataclass(frozen=True)
class Turn:
    """What the engine did with a message: bubbles, why, and where the talk stands; ``explain``: what each wish's answer was made from."""

    replies: tuple[Reply, ...]
    trace: Mapping[str, Any] = field(default_factory=dict)
    state: Mapping[str, Any] = field(default_factory=dict)
    took_ms: float | None = None
    explain: tuple[Mapping[str, Any], ...] = ()

    @property
    def intent(self) -> str | None:
        """Name of the intent the engine took, if any."""
        name = self.trace.get("intent")
        return name if isinstance(name, str) else None

    @property
    def intents(self) -> tuple[str, ...]:
        """Names of all wishes of the message, the one answered first at the front."""
        wished = self.trace.get("intents")
        names = [one.get("intent") for one in wished if isinstance(one, dict)] if isinstance(wished, list) else []
        return tuple(name for name in names if isinstance(name, str)) or ((self.intent,) if self.intent else ())

    @property
    def confidence(self) -> float | None:
        """Confidence of that intent, 0 to 1."""
        value = self.trace.get("confidence")
        return float(value) if isinstance(value, int | float) else None


@dataclass(frozen=True)
class Suggestion:
    """One answer of the bot in the dark; ``intents`` of its one or two wishes."""

    replies: tuple[Reply, ...]
    intents: tuple[str, ...]
    topic: str | None
    confidence: float | None


class RasaClient:
    """Talks to one or several engines; a talk always goes to the same one while that is alive."""

    def __init__(
        self, urls: Sequence[str] | Engines, token: Secret, *, timeout: float = 8.0, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self.engines = urls if isinstance(urls, Engines) else Engines(urls)
        self._token = token
        self._timeout = timeout
        limits = httpx.Limits(max_connections=64, max_keepalive_connections=32, keepalive_expiry=30)
        self._transport = transport or httpx.AsyncHTTPTransport(limits=limits, trust_env=False)
        self._headers = {"Authorization": f"Bearer {token.reveal()}", "Content-Type": "application/json"}
        self._timeouts = httpx.Timeout(timeout, connect=min(2.0, timeout)).as_dict()
        self._http = httpx.AsyncClient(headers=self._headers, transport=self._transport, trust_env=False)

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

    async def suggest(
        self,
        sender: str,
        *,
        text: str | None = None,
        payload: str | None = None,
        metadata: Mapping[str, Any],
        before: str | None = None,
        slots: Mapping[str, str] | None = None,
        most: int = 4,
    ) -> list[Suggestion]:
        """What the bot could answer, the likeliest first; nothing is written anywhere. ``before``: id of the message to answer.

        With ``slots`` there is no talk: the message stands alone, and they are all that is known.

        Raises :class:`EngineError`.
        """
        body: dict[str, Any] = {"sender": sender, "metadata": dict(metadata), "most": most}
        body |= {"text": text} if payload is None else {"payload": payload}
        if before is not None:
            body["before"] = before
        if slots is not None:
            body["slots"] = dict(slots)
        found = (await self._post(sender, "/webhooks/turn/suggest", body)).get("suggestions")
        if not isinstance(found, list):
            raise EngineRefused("the answer has no suggestions")
        return [_suggestion_of(one) for one in found if isinstance(one, dict)]

    async def rehearse(self, sender: str, lines: Sequence[Mapping[str, Any]], *, said: int, metadata: Mapping[str, Any]) -> dict[str, Any]:
        """A trainer's try, in the dark: ``{turns: [...], model}``, one turn a line ({text} or {payload}); see engine/rehearse.py.

        ``said``: how many messages the talk has had; 0 begins it anew. Raises :class:`EngineLost` when the engine does not know them any
        more, :class:`EngineError`.
        """
        body = {"sender": sender, "said": said, "lines": [dict(line) for line in lines], "metadata": dict(metadata)}
        answer = await self._post(sender, "/webhooks/turn/try", body)
        turns = answer.get("turns")
        if not isinstance(turns, list) or len(turns) != len(lines) or not all(isinstance(one, dict) for one in turns):
            raise EngineRefused("the answer has not a turn for every line")
        return answer

    def beside(self, url: str) -> RasaClient:
        """A client of another engine of ours, over the same connections: not to be closed."""
        return RasaClient([url], self._token, timeout=self._timeout, transport=self._transport)

    async def read(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        """What the model reads in messages that stand alone: ``tokens`` ([start, end]), ``entities``, ``intent``, ``topic``, ``ranking``
        of each (engine/reading.py). At most 50 texts. Raises :class:`EngineError`."""
        found = (await self._post("read", "/webhooks/turn/read", {"texts": list(texts)})).get("texts")
        if not isinstance(found, list) or len(found) != len(texts):
            raise EngineRefused("the answer has not as many texts as were asked for")
        return [dict(one) for one in found]

    async def told(self, sender: str, lines: Sequence[Mapping[str, str]]) -> None:
        """Let the engine know what shopper and agent said: ``{from: shopper | agent, text, message_id}``. Raises :class:`EngineError`."""
        await self._post(sender, "/webhooks/turn/told", {"sender": sender, "lines": [dict(line) for line in lines]})

    async def erase(self, sender: str) -> int:
        """Let every engine that runs forget a talk; how many events were erased. Raises :class:`EngineError`.

        Engines share what is written of a talk, but each remembers answers and texts of its own while it runs.
        """
        answer = await self._post(sender, "/webhooks/turn/erase", {"sender": sender})
        erased = answer.get("erased")
        if not isinstance(erased, int):
            raise EngineRefused("erase answered without a number")
        await self._beside("/webhooks/turn/erase", {"sender": sender})
        return erased

    async def forget_before(self, moment: datetime) -> int:
        """Let every engine forget talks that have been still since before ``moment``; how many rows. Raises :class:`EngineError`."""
        erased = 0
        for url in self.engines.serving():
            answer = await self._post_to([url], "/webhooks/turn/forget", {"before": moment.timestamp()})
            erased += int(answer.get("erased") or 0)
        await self._beside("/webhooks/turn/forget", {"before": moment.timestamp()})
        return erased

    async def _beside(self, path: str, body: Mapping[str, Any]) -> None:
        """The same to the engines that take no new turns. One that is gone remembers nothing; any other failure is raised."""
        for url in set(self.engines.running()) - set(self.engines.serving()):
            try:
                await self._post_to([url], path, body)
            except EngineUnreached:
                continue

    async def noted(self, sender: str) -> dict[str, Any]:
        """What the engine has noted of a talk (slots). Raises :class:`EngineError`."""
        slots = (await self._post(sender, "/webhooks/turn/slots", {"sender": sender})).get("slots")
        return dict(slots) if isinstance(slots, dict) else {}

    async def ready(self) -> dict[str, Any]:
        """The engine's own word on its state: ``{"ready": bool, …}``; never raises."""
        for url in self.engines.serving():
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
        urls = self.engines.serving()
        if len(urls) == 1:
            return list(urls)
        return sorted(urls, key=lambda url: hashlib.sha256(f"{url} {sender}".encode()).digest(), reverse=True)

    async def _post(self, sender: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        urls = self.order_of(sender)
        try:
            return await self._post_to(urls, path, body)
        except EngineUnreached:
            now = self.order_of(sender)
            if now == urls:
                raise
            # Another release was promoted while we tried: its engine has seen nothing of this yet.
            return await self._post_to(now, path, body)

    async def _post_to(self, urls: Sequence[str], path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        tries = [*urls, *urls][:2]
        for number, url in enumerate(tries, 1):
            try:
                # httpx counts each read by itself; the shopper waits for the whole answer.
                async with asyncio.timeout(self._timeout):
                    status, content = await self._exchange(url + path, body)
                return _answer(status, content)
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
                # Nothing was sent yet, so a second try can process nothing twice.
                log.warning("engine %s not reached (%s), try %d of %d", url, type(error).__name__, number, len(tries))
            except (httpx.TimeoutException, TimeoutError) as error:
                raise EngineSlow(f"no answer within {self._timeout} s") from error
            except httpx.HTTPError as error:
                raise EngineDown(f"the connection broke ({type(error).__name__})") from error
        raise EngineUnreached("no engine can be reached")

    async def _exchange(self, url: str, body: Mapping[str, Any]) -> tuple[int, bytes]:
        """Status and body of one request. By the transport itself: redirects, cookies and the like cost half of a client's call."""
        content = json.dumps(body, ensure_ascii=False).encode()
        address, host = _address(url)
        headers = {"Host": host, **self._headers, "Content-Length": str(len(content))}
        request = httpx.Request("POST", address, headers=headers, content=content, extensions={"timeout": self._timeouts})
        response = await self._transport.handle_async_request(request)
        try:
            return response.status_code, await self._read(response)
        finally:
            await response.aclose()

    @staticmethod
    async def _read(response: httpx.Response) -> bytes:
        parts: list[bytes] = []
        size = 0
        assert isinstance(response.stream, httpx.AsyncByteStream)
        async for chunk in response.stream:
            parts.append(chunk)
            size += len(chunk)
            if size > MOST_BYTES:
                raise EngineRefused("the answer is too large")
        return b"".join(parts)


@lru_cache(maxsize=64)
def _address(url: str) -> tuple[httpx.URL, str]:
    """The address read, and its host: there are a handful, of few engines and few paths."""
    read = httpx.URL(url)
    return read, read.netloc.decode("ascii")


def _answer(status: int, content: bytes) -> dict[str, Any]:
    if status in (401, 403):
        log.error("the engine refuses our token: XIAOER_ENGINE_TOKEN differs between gateway and engine")
        raise EngineDown("the engine refuses our token")
    if status == 409:
        raise EngineLost("this message was answered before")
    if status == 422:
        raise EngineRefused("the engine does not take this message")
    if status != 200:
        raise EngineDown(f"the engine answered {status}")
    try:
        body = json.loads(content)
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
        explain=tuple(one if isinstance(one, dict) else {} for one in body.get("explain") or ()),
    )


def _suggestion_of(one: Mapping[str, Any]) -> Suggestion:
    share, topic = one.get("confidence"), one.get("topic")
    return Suggestion(
        replies=tuple(_reply_of(item) for item in one.get("replies") or () if isinstance(item, dict)),
        intents=tuple(str(name) for name in one.get("intents") or ()),
        topic=topic if isinstance(topic, str) else None,
        confidence=float(share) if isinstance(share, int | float) else None,
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
        known={str(key): str(value) for key, value in known.items()} if isinstance(known := item.get("known"), dict) and known else None,
        intent=word("intent"),
        confidence=float(share) if isinstance(share := item.get("confidence"), int | float) else None,
        spoken=(place[0], place[1], place[2]) if isinstance(place := item.get("explain"), list) and len(place) == 3 else None,
    )
