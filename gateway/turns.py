"""The turns of talks: one message of a talk at a time, in order, and never silence.

A talk with something to answer has one worker task; it ends when nothing is left. What waits is read from the store, so a
restart goes on where it stopped. A message that was with the engine when the gateway died is not sent twice: the shopper
gets an apology and a button.

Lines are joined only for a shopper with an open window who goes on typing: the widget sends ``typing`` frames. After a short
plain line the worker waits ``GRACE`` for such a frame; while frames come it waits on, at most ``join_seconds`` (3 s) from the
line's arrival. A button, an attachment and ``?wait=1`` are never joined and never wait.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from gateway.answers import Answers, Outcome
from gateway.events import Hub
from gateway.store import NoSuchTalk, Store
from gateway.talks import StoredMessage, Talk
from gateway.threads import in_thread

log = logging.getLogger(__name__)

GRACE = 0.35
GRACE_LETTERS = 15
STILL_TYPING = 1.2
TRIES = 3


class Turns:
    """The workers of all talks."""

    def __init__(self, store: Store, answers: Answers, hub: Hub, *, join_seconds: float = 3.0, with_trace: bool = False) -> None:
        self._store = store
        self._answers = answers
        self._hub = hub
        self._join_seconds = join_seconds
        self._with_trace = with_trace
        self._workers: dict[str, asyncio.Task[None]] = {}
        self._wanted: set[str] = set()
        self._waiting: dict[str, list[asyncio.Future[Outcome]]] = {}
        self._typing: dict[str, float] = {}

    def wake(self, talk_id: str) -> None:
        """Something of this talk may be waiting for an answer."""
        self._wanted.add(talk_id)
        if talk_id not in self._workers:
            self._workers[talk_id] = asyncio.create_task(self._work(talk_id), name=f"talk {talk_id}")

    def typing(self, talk_id: str) -> None:
        """The shopper is typing right now."""
        self._typing[talk_id] = time.monotonic()

    def expect(self, message_id: str) -> asyncio.Future[Outcome]:
        """A future that ends with the turn of this message. Ask for it before :meth:`wake`."""
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(message_id, []).append(future)
        future.add_done_callback(lambda done: self._drop(message_id, done))
        return future

    async def recover(self, engine_is_ready: Callable[[], Any], patience: float = 60.0) -> int:
        """After a start: answer what was left unanswered, once the engine is ready or patience (seconds) is over."""
        talks = await in_thread(self._store.talks_with_pending)
        if not talks:
            return 0
        until = time.monotonic() + patience
        while not await engine_is_ready() and time.monotonic() < until:
            await asyncio.sleep(1)
        for talk_id in talks:
            self.wake(talk_id)
        log.info("going on with %d talks that a restart had interrupted", len(talks))
        return len(talks)

    async def stop(self, patience: float = 10.0) -> None:
        """Let running turns end, at most ``patience`` seconds; the rest is answered after the next start."""
        if self._workers:
            _, left = await asyncio.wait(list(self._workers.values()), timeout=patience)
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    async def _work(self, talk_id: str) -> None:
        failures = 0
        try:
            while talk_id in self._wanted:
                self._wanted.discard(talk_id)
                try:
                    await self._drain(talk_id)
                except NoSuchTalk:
                    log.info("a talk was erased in the middle of a turn")
                except Exception:
                    # The store failed, or we have a defect. The messages are kept and are tried again, here or after a restart.
                    failures += 1
                    log.exception("a turn could not be ended (failure %d of %d)", failures, TRIES)
                    if failures < TRIES:
                        await asyncio.sleep(failures)
                        self._wanted.add(talk_id)
        finally:
            self._workers.pop(talk_id, None)
            self._wanted.discard(talk_id)
            self._typing.pop(talk_id, None)

    async def _drain(self, talk_id: str) -> None:
        while True:
            talk = await in_thread(self._store.talk, talk_id)
            if talk is None:
                raise NoSuchTalk
            pending = await in_thread(self._store.pending, talk_id)
            if not pending:
                return
            speaks = self._answers.speaks(talk, pending[0])
            try:
                if speaks:
                    self._hub.publish(talk_id, {"type": "typing", "from": "bot", "on": True})
                await self._turn(talk, await self._join(talk, pending), speaks)
            finally:
                if speaks:
                    self._hub.publish(talk_id, {"type": "typing", "from": "bot", "on": False})

    async def _turn(self, talk: Talk, group: Sequence[StoredMessage], speaks: bool) -> None:
        if speaks:
            outcome = await self._answers.answer(talk, group)
        else:
            # A person has the talk: the message is kept for them.
            outcome = Outcome(state="answered", trace={"for": talk.owner_word})
        ended = [*outcome.settles, *group]
        ids = [message.id for message in ended]
        replies = await in_thread(self._store.finish, talk.id, ids, outcome.state, outcome.drafts, outcome.owner, outcome.trace)
        for message in replies:
            self._hub.publish(talk.id, {"type": "message", "message": message.public(self._with_trace)})
        for message in ended:
            receipt = {"type": "receipt", "client_id": message.client_id, "id": message.id, "seq": message.seq, "state": outcome.state}
            self._hub.publish(talk.id, receipt)
        if outcome.owner is not None and outcome.owner != talk.owner:
            await self.tell_owner(talk.id)
        done = replace(outcome, replies=tuple(replies))
        for message in group:
            for future in self._waiting.pop(message.id, []):
                if not future.done():
                    future.set_result(done)

    async def tell_owner(self, talk_id: str) -> None:
        """Push owner and waiting place to the open windows."""
        talk = await in_thread(self._store.talk, talk_id)
        if talk is not None:
            place = await in_thread(self._store.waiting_place, talk)
            self._hub.publish(talk_id, {"type": "owner", "owner": talk.owner_word, "waiting_place": place})

    async def _join(self, talk: Talk, pending: list[StoredMessage]) -> list[StoredMessage]:
        first = pending[0]
        window = self._hub.is_open(talk.id)
        if not (window and first.joinable and talk.owner_word == "bot" and not first.trace.get("begun")):
            return [first]
        arrived = time.monotonic()
        grace = GRACE if len(first.text) <= GRACE_LETTERS else 0.0
        typed = self._typing
        while (now := time.monotonic()) < arrived + self._join_seconds:
            going_on = typed.get(talk.id, 0.0) >= arrived and now - typed[talk.id] < STILL_TYPING
            if not going_on and now >= arrived + grace:
                break
            await asyncio.sleep(0.05)
        if typed.get(talk.id, 0.0) < arrived:
            return [first]
        pending = await in_thread(self._store.pending, talk.id)
        group: list[StoredMessage] = []
        for message in pending:
            if not message.joinable or message.trace.get("begun"):
                break
            group.append(message)
        return group or [first]

    def _drop(self, message_id: str, future: asyncio.Future[Outcome]) -> None:
        futures = self._waiting.get(message_id, [])
        if future in futures:
            futures.remove(future)
        if not futures:
            self._waiting.pop(message_id, None)
