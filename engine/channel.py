"""The `turn` channel: what the gateway calls (contract: one request is one turn of one talk).

POST /webhooks/turn/webhook, …/suggest, …/try, …/read, …/told, …/erase, …/forget, …/slots, GET …/ready, all JSON.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
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

from engine import reading, rehearse, suggest, turn, understand
from engine.action_endpoint import TrimmedEndpoint, trim_actions
from engine.answered import AnswerLost, Answers, answer_of
from engine.exchange import CHANNEL, exchange
from engine.nlg import LiveResponses
from engine.nlu.answers import Question
from engine.rule_index import index_rules
from engine.tracker_store import BoundedTrackerStore, StoreFailed

logger = logging.getLogger(__name__)
LONGEST_SENDER = 255
LONGEST_PAYLOAD = 1000
# Spoken to the pipeline before ready: loads the encoder, jieba's dictionary and spaCy's vocabulary.
WARM_UP = ("请问这件连衣裙有M码吗", "158 98斤穿啥码", "快递怎么还没到 订单号880000000000", "在吗")


def settle() -> None:
    """Let the collector of garbage pass over all that is there now: modules and model stay until the process ends."""
    gc.collect()
    gc.freeze()
    # New objects between two looks, and looks between two at older ones. Python's 700 means dozens a turn.
    gc.set_threshold(10_000, 20, 20)
    gc.enable()


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
        self._answers = Answers()
        self._rehearsals = rehearse.Rehearsals()

    @classmethod
    def name(cls) -> str:
        """The channel's name, also its place under /webhooks/."""
        return CHANNEL

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

        @routes.route("/suggest", methods=["POST"])
        async def suggested(request: Request) -> HTTPResponse:
            return await self._answered(request, self._suggest)

        @routes.route("/try", methods=["POST"])
        async def tried(request: Request) -> HTTPResponse:
            return await self._answered(request, self._try)

        @routes.route("/read", methods=["POST"])
        async def looked_at(request: Request) -> HTTPResponse:
            return await self._answered(request, self._read)

        @routes.route("/told", methods=["POST"])
        async def told(request: Request) -> HTTPResponse:
            return await self._answered(request, self._told)

        @routes.route("/erase", methods=["POST"])
        async def erase(request: Request) -> HTTPResponse:
            return await self._answered(request, self._erase)

        @routes.route("/forget", methods=["POST"])
        async def forget(request: Request) -> HTTPResponse:
            return await self._answered(request, self._forget)

        @routes.route("/slots", methods=["POST"])
        async def slots(request: Request) -> HTTPResponse:
            return await self._answered(request, self._slots)

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
        index_rules(agent)
        for text in WARM_UP:
            await understand.from_text(agent, text, Question())
        settle()
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
        store = _store(agent)
        async with self._alone(sender):
            open_now = await store.peek(sender)
            try:
                known = self._answers.again(sender, metadata, open_now)
            except AnswerLost:
                raise Refused(409, "answered before", "this message was answered before a restart") from None
            if known is not None:
                return json({**known, "took_ms": round((time.perf_counter() - begun) * 1000, 1)})
            if payload is not None:
                try:
                    parses = [understand.from_payload(payload, agent.processor.domain)]
                except understand.UnknownPayload as error:
                    raise Refused(422, "unknown payload", str(error)) from error
            else:
                parses = await understand.wishes_of(agent, text or "", Question.from_summary(open_now, bool(metadata.get("customer_id"))))
            store.failed.pop(sender, None)
            turns = await exchange(agent, sender, parses, open_now.get(turn.SECOND_WISH), metadata)
            reason = store.failed.pop(sender, None)
            if reason is not None:
                raise Refused(503, "tracker store failed", reason)
            answer = answer_of(turns)
            self._answers.keep(sender, metadata, answer)
        return json({**answer, "took_ms": round((time.perf_counter() - begun) * 1000, 1)})

    async def _suggest(self, agent: Agent, body: dict[str, Any]) -> HTTPResponse:
        """What the bot could answer, in the dark: nothing is written (engine/suggest.py). `before`: id of the message to answer.

        With `slots` no talk is read: the message stands alone, and this is all that is known.
        """
        begun = time.perf_counter()
        sender = _sender(body)
        text, payload = _said(body)
        metadata, before, most = body.get("metadata") or {}, body.get("before"), body.get("most", suggest.MOST)
        slots = body.get("slots")
        if not isinstance(metadata, dict) or not isinstance(before, (str, type(None))) or not isinstance(slots, (dict, type(None))):
            raise Refused(422, "invalid request", "metadata and slots are objects, before a message's id")
        if isinstance(most, bool) or not isinstance(most, int) or not 1 <= most <= suggest.MOST:
            raise Refused(422, "invalid request", f"most is a number from 1 to {suggest.MOST}")
        trim_actions(agent)
        assert agent.processor is not None
        try:
            if slots is not None:
                past = suggest.no_talk(sender, slots, agent.processor.domain)
            else:
                async with self._alone(sender):
                    past = await suggest.past_of(_store(agent), sender, before)
            found = await suggest.suggest(agent, past, text, payload, metadata, most)
        except understand.UnknownPayload as error:
            raise Refused(422, "unknown payload", str(error)) from error
        except suggest.UnknownSlot as error:
            raise Refused(422, "unknown slot", str(error)) from error
        return json({"suggestions": found, "took_ms": round((time.perf_counter() - begun) * 1000, 1)})

    async def _try(self, agent: Agent, body: dict[str, Any]) -> HTTPResponse:
        """A trainer tries a talk out (engine/rehearse.py): `lines` of {text | payload} after the first `said` messages of it."""
        begun = time.perf_counter()
        sender, said, lines = _sender(body), body.get("said", 0), body.get("lines")
        metadata = body.get("metadata") or {}
        if not isinstance(metadata, dict) or isinstance(said, bool) or not isinstance(said, int) or said < 0:
            raise Refused(422, "invalid request", "metadata is an object, said a number of messages")
        if not isinstance(lines, list) or not 0 < len(lines) <= rehearse.MOST_LINES or not all(isinstance(one, dict) for one in lines):
            raise Refused(422, "invalid request", f"lines are 1 to {rehearse.MOST_LINES} of {{text}} or {{payload}}")
        trim_actions(agent)
        try:
            async with self._alone(sender):
                spoken = [rehearse.Line(*_said(one)) for one in lines]
                turns = await rehearse.rehearse(agent, self._rehearsals, sender, said, spoken, metadata)
        except rehearse.Lost as error:
            raise Refused(409, "lost", str(error)) from error
        except rehearse.TooLong as error:
            raise Refused(422, "too long", str(error)) from error
        except understand.UnknownPayload as error:
            raise Refused(422, "unknown payload", str(error)) from error
        assert agent.processor is not None
        return json({"turns": turns, "model": agent.processor.model_filename, "took_ms": round((time.perf_counter() - begun) * 1000, 1)})

    async def _read(self, agent: Agent, body: dict[str, Any]) -> HTTPResponse:
        """What the model reads in messages that stand alone (engine/reading.py): `texts`; nothing is written."""
        texts = body.get("texts")
        good = isinstance(texts, list) and len(texts) <= reading.MOST and all(isinstance(one, str) for one in texts)
        if not good or not isinstance(texts, list):
            raise Refused(422, "invalid request", f"texts are at most {reading.MOST} strings")
        assert agent.processor is not None
        return json({"texts": [await reading.read(agent, one) for one in texts], "model": agent.processor.model_filename})

    async def _told(self, agent: Agent, body: dict[str, Any]) -> HTTPResponse:
        """What shopper and agent said to each other while a person had the talk: noted without an answer."""
        sender, lines = _sender(body), body.get("lines")
        good = isinstance(lines, list) and all(
            isinstance(one, dict) and one.get("from") in ("shopper", "agent") and isinstance(one.get("text"), str) for one in lines
        )
        if not good or not isinstance(lines, list) or not 0 < len(lines) <= suggest.MOST_LINES:
            raise Refused(422, "invalid request", f"lines are 1 to {suggest.MOST_LINES} of {{from: shopper|agent, text}}")
        store = _store(agent)
        async with self._alone(sender):
            store.failed.pop(sender, None)
            noted = await suggest.note(agent, sender, lines)
            reason = store.failed.pop(sender, None)
        if reason is not None:
            raise Refused(503, "tracker store failed", reason)
        return json({"noted": noted})

    async def _erase(self, agent: Agent, body: dict[str, Any]) -> HTTPResponse:
        store, sender = _store(agent), _sender(body)
        async with self._alone(sender):
            self._answers.forget(sender)
            erased = await store.erase(sender)
        understand.forget()
        self._rehearsals.forget()
        return json({"erased": erased})

    async def _forget(self, agent: Agent, body: dict[str, Any]) -> HTTPResponse:
        """Retention: talks whose last event is older than `before` (seconds since 1970)."""
        moment = body.get("before")
        if not isinstance(moment, (int, float)) or isinstance(moment, bool):
            raise Refused(422, "invalid request", "before is a number of seconds since 1970")
        erased = await _store(agent).forget_before(float(moment))
        if erased:
            understand.forget()
            self._rehearsals.forget()
        return json({"erased": erased})

    async def _slots(self, agent: Agent, body: dict[str, Any]) -> HTTPResponse:
        """What the engine has noted of a talk: for a shopper who asks for a copy of it."""
        sender = _sender(body)
        async with self._alone(sender):
            tracker = await _store(agent).retrieve(sender)
        noted = {} if tracker is None else {name: slot.value for name, slot in tracker.slots.items() if slot.value != slot.initial_value}
        return json({"slots": noted})


def _agent(request: Request) -> Agent:
    agent = getattr(request.app.ctx, "agent", None)
    if agent is None or agent.processor is None:
        raise Refused(503, "no model", "no model is loaded")
    found: Agent = agent
    return found


def _store(agent: Agent) -> BoundedTrackerStore:
    store = turn.store_of(agent)
    if store is None:
        raise Refused(503, "tracker store failed", "the tracker store of endpoints.yml was not loaded")
    return store


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
