"""The `turn` channel: what the gateway calls (contract: one request is one turn of one talk).

POST /webhooks/turn/webhook, GET /webhooks/turn/ready, POST /webhooks/turn/erase, all JSON.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import InputChannel, UserMessage
from rasa.shared.exceptions import RasaException
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, json

from engine import turn, understand
from engine.action_endpoint import TrimmedEndpoint, trim_actions
from engine.nlg import LiveResponses
from engine.nlu.answers import Question
from engine.tracker_store import StoreFailed

logger = logging.getLogger(__name__)
LONGEST_SENDER = 255
LONGEST_PAYLOAD = 1000
# Spoken to the pipeline before ready: loads the encoder, jieba's dictionary and spaCy's vocabulary.
WARM_UP = ("请问这件连衣裙有M码吗", "158 98斤穿啥码", "快递怎么还没到 订单号880000000000", "在吗")


class Refused(Exception):
    """A request that gets no turn: status, title and detail of the answer."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title
        self.detail = detail

    def response(self) -> HTTPResponse:
        """As problem+json."""
        return json({"title": self.title, "detail": self.detail}, status=self.status, content_type="application/problem+json")


class TurnInput(InputChannel):
    """Rasa input channel named `turn`."""

    def __init__(self, token: str) -> None:
        self._token = token.encode()
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}
        self._warm = False

    @classmethod
    def name(cls) -> str:
        """The channel's name, also its place under /webhooks/."""
        return "turn"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> TurnInput:
        """From credentials.yml.

        Raises:
            RasaException: no token; a channel without one would be open to every process of the machine.
        """
        token = str((credentials or {}).get("token") or "")
        if not token or token.startswith("$"):
            raise RasaException("The turn channel needs a token: set XIAOER_ENGINE_TOKEN (credentials.yml).")
        return cls(token)

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """Sanic routes of the channel."""
        routes = Blueprint("engine_turn_channel")

        @routes.listener("after_server_start")
        async def prepare(app: Sanic, _: Any) -> None:
            await self.prepare(getattr(app.ctx, "agent", None))

        @routes.listener("after_server_stop")
        async def close(app: Sanic, _: Any) -> None:
            processor = getattr(getattr(app.ctx, "agent", None), "processor", None)
            if processor is not None and isinstance(processor.action_endpoint, TrimmedEndpoint):
                await processor.action_endpoint.close()

        @routes.route("/webhook", methods=["POST"])
        async def webhook(request: Request) -> HTTPResponse:
            return await self._answered(request, self._turn)

        @routes.route("/erase", methods=["POST"])
        async def erase(request: Request) -> HTTPResponse:
            return await self._answered(request, self._erase)

        @routes.route("/ready", methods=["GET"])
        async def ready(request: Request) -> HTTPResponse:
            body = await self.readiness(getattr(request.app.ctx, "agent", None))
            return json(body, status=200 if body["ready"] else 503)

        return routes

    async def prepare(self, agent: Agent | None) -> None:
        """Trim the action calls and warm the pipeline; an engine without a model stays not ready."""
        if agent is None or agent.processor is None:
            return
        trim_actions(agent)
        for text in WARM_UP:
            await understand.from_text(agent, text, Question())
        self._warm = True

    async def readiness(self, agent: Agent | None) -> dict[str, Any]:
        """`ready` with the model's name and the store's class, or why not."""
        if agent is None or agent.processor is None:
            return {"ready": False, "reason": "no model is loaded"}
        store = turn.store_of(agent)
        if store is None:
            return {"ready": False, "reason": "the tracker store of endpoints.yml was not loaded"}
        if not isinstance(agent.processor.nlg, LiveResponses):
            return {"ready": False, "reason": "the response generator of endpoints.yml was not loaded"}
        try:
            await store.check()
        except StoreFailed as error:
            return {"ready": False, "reason": f"tracker store: {error}"}
        if not self._warm:
            return {"ready": False, "reason": "warming up"}
        return {"ready": True, "model": agent.processor.model_filename, "tracker_store": type(store).__name__}

    async def _answered(self, request: Request, work: Callable[[Agent, dict[str, Any]], Awaitable[HTTPResponse]]) -> HTTPResponse:
        try:
            self._authorise(request)
            return await work(_agent(request), _body(request))
        except Refused as error:
            return error.response()
        except StoreFailed as error:
            return Refused(503, "tracker store failed", str(error)).response()
        except Exception:  # the gateway must hear of it as JSON, whatever it was
            logger.exception("a turn failed")
            return Refused(500, "turn failed", "see the engine's log").response()

    def _authorise(self, request: Request) -> None:
        kind, _, token = (request.headers.get("Authorization") or "").partition(" ")
        if kind.lower() != "bearer" or not hmac.compare_digest(token.strip().encode(), self._token):
            raise Refused(401, "unauthorised", "a bearer token is needed")

    @contextlib.asynccontextmanager
    async def _alone(self, sender: str) -> AsyncIterator[None]:
        """One turn of a talk at a time; Rasa's own lock would wait in whole seconds."""
        lock, waiting = self._locks.get(sender, (asyncio.Lock(), 0))
        self._locks[sender] = (lock, waiting + 1)
        try:
            async with lock:
                yield
        finally:
            lock, waiting = self._locks[sender]
            if waiting <= 1:
                del self._locks[sender]
            else:
                self._locks[sender] = (lock, waiting - 1)

    async def _turn(self, agent: Agent, body: dict[str, Any]) -> HTTPResponse:
        begun = time.perf_counter()
        sender = _sender(body)
        text, payload = _said(body)
        metadata = body.get("metadata") or {}
        if not isinstance(metadata, dict):
            raise Refused(422, "invalid request", "metadata is an object")
        assert agent.processor is not None
        trim_actions(agent)  # after a model was exchanged under us
        store = turn.store_of(agent)
        if store is None:
            raise Refused(503, "tracker store failed", "the tracker store of endpoints.yml was not loaded")
        async with self._alone(sender):
            open_now = await store.peek(sender)
            if payload is not None:
                try:
                    parsed = understand.from_payload(payload, agent.processor.domain)
                except understand.UnknownPayload as error:
                    raise Refused(422, "unknown payload", str(error)) from error
            else:
                parsed = await understand.from_text(agent, text or "", Question.from_summary(open_now))
            store.failed.pop(sender, None)
            message = UserMessage(
                parsed["text"],
                turn.CollectedReplies(),
                sender,
                parse_data=parsed,
                input_channel=self.name(),
                message_id=str(metadata["message_id"]) if metadata.get("message_id") else None,
                metadata=metadata,
            )
            done = await turn.run(agent, message)
            reason = store.failed.pop(sender, None)
        if reason is not None:
            raise Refused(503, "tracker store failed", reason)
        answer: dict[str, Any] = {
            "replies": done.replies,
            "trace": done.trace,
            "state": done.state,
            "took_ms": round((time.perf_counter() - begun) * 1000, 1),
        }
        if not done.replies:
            answer["error"] = "no_reply"
        return json(answer)

    async def _erase(self, agent: Agent, body: dict[str, Any]) -> HTTPResponse:
        store = turn.store_of(agent)
        if store is None:
            raise Refused(503, "tracker store failed", "the tracker store of endpoints.yml was not loaded")
        sender = _sender(body)
        async with self._alone(sender):
            return json({"erased": await store.erase(sender)})


def _agent(request: Request) -> Agent:
    agent = getattr(request.app.ctx, "agent", None)
    if agent is None or agent.processor is None:
        raise Refused(503, "no model", "no model is loaded")
    found: Agent = agent
    return found


def _body(request: Request) -> dict[str, Any]:
    try:
        body = request.json
    except Exception as error:  # sanic raises its own InvalidUsage for every kind of bad JSON
        raise Refused(422, "invalid request", "the body is no JSON") from error
    if not isinstance(body, dict):
        raise Refused(422, "invalid request", "the body is a JSON object")
    return body


def _sender(body: dict[str, Any]) -> str:
    sender = body.get("sender")
    if not isinstance(sender, str) or not 0 < len(sender) <= LONGEST_SENDER:
        raise Refused(422, "invalid request", f"sender is a text of 1 to {LONGEST_SENDER} characters")
    return sender


def _said(body: dict[str, Any]) -> tuple[str | None, str | None]:
    text, payload = body.get("text"), body.get("payload")
    if (text is None) == (payload is None):
        raise Refused(422, "invalid request", "either text or payload")
    if text is not None and not isinstance(text, str):
        raise Refused(422, "invalid request", "text is a text")
    if payload is not None and (not isinstance(payload, str) or len(payload) > LONGEST_PAYLOAD):
        raise Refused(422, "invalid request", f"payload is a text of at most {LONGEST_PAYLOAD} characters")
    return text, payload
