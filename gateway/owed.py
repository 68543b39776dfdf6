"""Answers that are owed: messages that were apologised for because the engine was away, answered when it is back.

The shopper was told at once and may press the button; who does not press is answered all the same, once. Only what is still
the end of the talk is answered late: who has got another answer since has moved on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from sqlalchemy import Engine, select

from gateway.rows import message_of
from gateway.talks import RETRY, StoredMessage
from shop.clock import Clock
from shop.db import reading
from shop.models import Message

log = logging.getLogger(__name__)

# Failures in which the engine was away or late; one that refuses a message will refuse it again.
AWAY = ("down", "slow")
FIRST, LONGEST = 2.0, 30.0
AT_ONCE = 8
# In the trace of a message that was answered late.
LATE = "late"
# An answer later than this would astonish more than help.
FRESH = timedelta(hours=1)


class Owed:
    """Which talks are owed an answer, and one task that sees whether the engine is back."""

    def __init__(self, database: Engine, shop_id: str, clock: Clock, is_ready: Callable[[], Awaitable[bool]]) -> None:
        self._database = database
        self._shop = shop_id
        self._clock = clock
        self.is_ready = is_ready
        self._talks: dict[str, None] = {}
        self._due: set[str] = set()
        self._some = asyncio.Event()

    def note(self, talk_id: str) -> None:
        """This talk has got an apology instead of an answer."""
        self._talks.setdefault(talk_id)
        self._some.set()

    def settled(self, talk_id: str) -> None:
        """Nothing is owed in this talk any more."""
        self._talks.pop(talk_id, None)

    def owes(self, talk_id: str) -> bool:
        """Whether something is owed in this talk."""
        return talk_id in self._talks

    def is_due(self, talk_id: str) -> bool:
        """Whether this talk is to be answered late now: asked once for each time the engine was found ready."""
        due = talk_id in self._due
        self._due.discard(talk_id)
        return due

    async def run(self, wake: Callable[[str], None]) -> None:
        """For as long as the gateway runs: wake the talks that are owed something when the engine is back."""
        wait, left = FIRST, 0
        while True:
            await self._some.wait()
            await asyncio.sleep(wait)
            if not self._talks:
                self._some.clear()
                wait = FIRST
                continue
            if not await self.is_ready():
                wait = FIRST
            else:
                # A few at a time, so that an engine that has just come back is not flooded; one that says it is ready and
                # still fails is asked ever more rarely.
                wait = FIRST if len(self._talks) < left else min(LONGEST, wait * 1.5)
                left = len(self._talks)
                for talk_id in list(self._talks)[:AT_ONCE]:
                    # To the end: the next round is for others.
                    self._talks[talk_id] = self._talks.pop(talk_id)
                    self._due.add(talk_id)
                    wake(talk_id)

    def messages(self, talk_id: str) -> list[tuple[StoredMessage, list[str]]]:
        """The messages to be answered late, oldest first, each with the ids that end with it (presses of its button too)."""
        with reading(self._database) as session:
            query = select(Message).where(
                Message.shop_id == self._shop, Message.conversation_id == talk_id, Message.sender == "shopper", Message.state != "received"
            )
            rows = list(session.scalars(query.order_by(Message.seq.desc()).limit(50)))
        ends: list[Message] = []
        for row in rows:
            if (row.trace or {}).get(LATE):
                # Answered late a moment ago, perhaps with a press after lines that are still owed: nobody has moved on by that.
                continue
            if row.state != "failed":
                break
            ends.append(row)
        ends.reverse()
        found = []
        for row in ends:
            message = message_of(row)
            if (message.payload or "").startswith(RETRY) or message.trace.get("failure") not in AWAY:
                continue
            if row.at < self._clock.now() - FRESH:
                continue
            presses = [one.id for one in ends if (one.trace or {}).get("payload") == RETRY + message.id]
            found.append((message, [message.id, *presses]))
        return found

    def left(self) -> Sequence[str]:
        """After a start: talks in which the gateway before left something owed."""
        with reading(self._database) as session:
            query = select(Message.conversation_id).where(
                Message.shop_id == self._shop, Message.state == "failed", Message.at >= self._clock.now() - FRESH
            )
            return list(session.scalars(query.distinct()))
