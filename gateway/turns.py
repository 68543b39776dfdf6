"""The turns of talks: one message of a talk at a time, in order, and never silence.

A talk with something to answer has one worker task; it ends when nothing is left. What waits is read from the store, so a
restart goes on where it stopped. A message that was with the engine when the gateway died is sent again: the engine answers
a message id once and says the same a second time.

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
from weakref import WeakValueDictionary

from gateway.about import FAREWELLS, About
from gateway.answers import Answers, Outcome
from gateway.events import Hub
from gateway.owed import AWAY, LATE, Owed
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

    def __init__(
        self,
        store: Store,
        answers: Answers,
        hub: Hub,
        about: About,
        owed: Owed,
        row: Callable[[str], dict[str, Any] | None],
        *,
        join_seconds: float = 3.0,
        with_trace: bool = False,
    ) -> None:
        self._store = store
        self.about = about
        self.owed = owed
        self._answers = answers
        self._hub = hub
        self._row = row
        self._join_seconds = join_seconds
        self._with_trace = with_trace
        self._workers: dict[str, asyncio.Task[None]] = {}
        self._wanted: set[str] = set()
        self._waiting: dict[str, list[asyncio.Future[Outcome]]] = {}
        self._typing: dict[str, float] = {}
        self._arrived: dict[str, float] = {}
        self._telling: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        # So many workers have ended: who stores a message sees by it whether one may have found it and be gone.
        self.ended = 0

    def wake(self, talk_id: str) -> None:
        """Something of this talk may be waiting for an answer."""
        self._wanted.add(talk_id)
        self._arrived.setdefault(talk_id, time.monotonic())
        if talk_id not in self._workers:
            self._workers[talk_id] = asyncio.create_task(self._work(talk_id), name=f"talk {talk_id}")

    def is_busy(self, talk_id: str) -> bool:
        """Whether an answer is being made."""
        return talk_id in self._workers

    def typing(self, talk_id: str) -> None:
        """The shopper is typing right now."""
        self._typing[talk_id] = time.monotonic()

    def expect(self, message_id: str) -> asyncio.Future[Outcome]:
        """A future that ends with the turn of this message. Ask for it before :meth:`wake`."""
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(message_id, []).append(future)
        future.add_done_callback(lambda done: self._drop(message_id, done))
        return future

    async def recover(self, patience: float = 60.0) -> int:
        """After a start: answer what was left unanswered, once the engine is ready or patience (seconds) is over."""
        for talk_id in await in_thread(self.owed.left):
            self.owed.note(talk_id)
        talks = await in_thread(self._store.talks_with_pending)
        if not talks:
            return 0
        until = time.monotonic() + patience
        while not await self.owed.is_ready() and time.monotonic() < until:
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
                    else:
                        # Not left for the next message or restart: looked at again when things are calmer.
                        self.owed.note(talk_id)
        finally:
            self._workers.pop(talk_id, None)
            self._wanted.discard(talk_id)
            self._typing.pop(talk_id, None)
            self._arrived.pop(talk_id, None)
            self.ended += 1

    async def _drain(self, talk_id: str) -> None:
        while True:
            # A frame of typing may come while the store is read, or while the line before has its turn: it counts from the wake on.
            arrived = self._arrived.pop(talk_id, time.monotonic())
            talk, pending = await in_thread(self._store.waiting, talk_id)
            if not pending:
                if self.owed.is_due(talk_id):
                    await self._late(talk)
                return
            speaks = self._answers.speaks(talk, pending[0])
            try:
                if speaks:
                    self._hub.publish(talk_id, {"type": "typing", "from": "bot", "on": True})
                group = await self._join(talk, pending, arrived)
                await self._turn(talk, group, speaks)
            finally:
                if speaks:
                    self._hub.publish(talk_id, {"type": "typing", "from": "bot", "on": False})
            if {message.id for message in pending} <= {message.id for message in group} and not self.owed.owes(talk_id):
                return  # whatever came since has woken this talk again

    async def _late(self, talk: Talk) -> None:
        """Answer what was apologised for, now that the engine is back. A newer message goes first."""
        for message, ids in await in_thread(self.owed.messages, talk.id):
            now = await in_thread(self._store.talk, talk.id)
            if now is None or now.owner_word != "bot":
                # A person has it now.
                break
            if talk.id in self._wanted:
                return
            outcome = await self._answers.late(now, message)
            if outcome is None:
                return
            await self._end(now, [message], ids, replace(outcome, trace={**outcome.trace, LATE: True}))
        self.owed.settled(talk.id)

    async def _turn(self, talk: Talk, group: Sequence[StoredMessage], speaks: bool) -> None:
        if speaks:
            self._hub.publish(talk.id, {"type": "read", "by": "shop", "seq": group[-1].seq})
            outcome = await self._answers.answer(talk, group)
        else:
            # A person has the talk: the message is kept for them.
            outcome = Outcome("answered", await self._answers.absence(talk), trace={"for": talk.owner_word})
        ended = [*outcome.settles, *group]
        if outcome.failure in AWAY:
            self.owed.note(talk.id)
        await self._end(talk, ended, [message.id for message in ended], outcome)

    async def _end(self, talk: Talk, ended: Sequence[StoredMessage], ids: Sequence[str], outcome: Outcome) -> None:
        replies = await in_thread(self._store.finish, talk.id, ids, outcome.state, outcome.drafts, outcome.owner, outcome.trace)
        for message in replies:
            self._hub.publish(talk.id, {"type": "message", "message": message.public(self._with_trace)})
        for message in ended:
            receipt = {"type": "receipt", "client_id": message.client_id, "id": message.id, "seq": message.seq, "state": outcome.state}
            self._hub.publish(talk.id, receipt)
        done = replace(outcome, replies=tuple(replies))
        for message in ended:
            for future in self._waiting.pop(message.id, []):
                if not future.done():
                    future.set_result(done)
        # Whoever waits for the answer need not wait for what the windows are told besides.
        if (outcome.owner is not None and outcome.owner != talk.owner) or outcome.trace.get("intent") in FAREWELLS:
            await self.tell_owner(talk.id)

    async def tell_owner(self, talk_id: str) -> None:
        """Push who has the talk to its open windows, and to all who wait their new place in the queue.

        One telling of a talk at a time: what was read first is told first, and the last that a window hears is how it stands.
        """
        async with self._one_telling(talk_id):
            talk = await in_thread(self._store.talk, talk_id)
            if talk is None:
                return
            # The desks are told how the talk is listed now, once for all of them: none has to read its boxes for it.
            row = await in_thread(self._row, talk_id)
            self._hub.publish(talk_id, await in_thread(self.about.news, talk), {"agent": talk.agent, "row": row})
        for waits in await in_thread(self.about.queued, [each for each in self._hub.here() if each != talk_id]):
            async with self._one_telling(waits.id):
                other = await in_thread(self._store.talk, waits.id)
                # Whoever took it meanwhile tells of it.
                if other is not None and other.owner_word == "queue":
                    self._hub.publish(other.id, await in_thread(self.about.news, other), {"agent": None})

    def _one_telling(self, talk_id: str) -> asyncio.Lock:
        lock = self._telling.get(talk_id)
        if lock is None:
            lock = self._telling[talk_id] = asyncio.Lock()
        return lock

    async def _join(self, talk: Talk, pending: list[StoredMessage], arrived: float) -> list[StoredMessage]:
        first = pending[0]
        if first.trace.get("begun"):
            # It was with the engine when the gateway stopped: the same lines together, so that the engine knows the message.
            return [one for one in pending if one.trace.get("turn") == first.trace.get("turn")]
        window = self._hub.is_open(talk.id)
        if not (window and first.joinable and talk.owner_word == "bot"):
            return [first]
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
