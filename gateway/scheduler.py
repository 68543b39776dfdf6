"""The clock of the messages the shop begins: plans, sends and posts at every tick, for as long as the gateway runs.

Everything it knows is in the database, so a restart goes on where it stopped, and several may run at once. A window that is
opened is not made to wait for the tick.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from gateway.events import Hub
from gateway.planner import Planner
from gateway.proactive import Proactive
from gateway.talks import Talk, instant
from gateway.threads import in_thread
from gateway.webhook import Webhook
from shop.clock import Clock

log = logging.getLogger(__name__)

# Between two confirmations of the demonstration shop's facts: well within the smallest max_age (15 minutes).
CONFIRM_SECONDS = 300.0
# Ticks that failed in a row until /readyz says that it is not well.
MOST_FAILURES = 3


class Scheduler:
    """The scheduler of one gateway. ``tick`` in seconds of real time."""

    def __init__(
        self,
        planner: Planner,
        proactive: Proactive,
        hub: Hub,
        clock: Clock,
        tick: float,
        *,
        on: bool,
        confirm: Callable[[], int] | None = None,
    ) -> None:
        self.confirm = confirm
        self._planner = planner
        self._proactive = proactive
        self._hub = hub
        self._clock = clock
        self._tick = tick
        self.on = on
        self._opened: dict[str, str | None] = {}
        self._wake = asyncio.Event()
        self._busy = asyncio.Lock()
        self._failures = 0
        self._last: datetime | None = None
        self._confirmed = time.monotonic()  # the seed has just done it
        self._error: str | None = None

    def opened(self, talk: Talk) -> None:
        """Somebody looks at this talk now: what waited for that is sent soon."""
        if self.on:
            self._opened[talk.id] = talk.customer_id
            self._wake.set()

    async def run(self, webhook: Webhook | None) -> None:
        """For as long as the gateway runs. An error ends a tick, never the scheduler."""
        if not self.on:
            return
        while True:
            await self.tick(webhook)
            await self._pause()

    async def tick(self, webhook: Webhook | None) -> None:
        """Plan, send, post: each part even when the one before failed."""
        async with self._busy:
            errors = [
                error
                for error in (
                    await self._part("the demonstration's facts", self._confirm_demo),
                    await self._part("planning", self._plan),
                    await self._part("sending", self._proactive.send),
                    await self._part("the webhook", lambda: self._proactive.post(webhook)) if webhook is not None else None,
                )
                if error is not None
            ]
            self._failures = self._failures + 1 if errors else 0
            self._error = errors[0] if errors else None
            self._last = self._clock.now()

    async def health(self) -> dict[str, Any]:
        """For /readyz: whether it runs well, when it last did, how much waits. It does not decide whether the gateway is ready."""
        if not self.on:
            return {"on": False}
        try:
            counts = await in_thread(self._proactive.outbox.counts)
        except Exception as error:
            return {"on": True, "well": False, "error": type(error).__name__}
        last = instant(self._last)
        return {"on": True, "well": self._failures < MOST_FAILURES, "last_tick": last, "error": self._error, **counts}

    async def _plan(self) -> int:
        return await in_thread(self._planner.plan, self._hub.here())

    async def _confirm_demo(self) -> int:
        """The demonstration shop has no system that confirms its facts: without this they would age while somebody tries it."""
        if self.confirm is None or time.monotonic() - self._confirmed < CONFIRM_SECONDS:
            return 0
        self._confirmed = time.monotonic()
        return await in_thread(self.confirm)

    async def _part(self, name: str, work: Callable[[], Awaitable[int]]) -> str | None:
        try:
            await work()
        except Exception as error:
            log.exception("proactive: %s failed, tried again at the next tick", name)
            return f"{name}: {type(error).__name__}"
        return None

    async def _pause(self) -> None:
        """Until the next tick; windows that are opened meanwhile get what waited for them."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._tick
        while (left := until - loop.time()) > 0:
            try:
                await asyncio.wait_for(self._wake.wait(), left)
            except TimeoutError:
                return
            self._wake.clear()
            opened, self._opened = self._opened, {}
            woken = 0
            for talk_id, customer_id in opened.items():
                try:
                    woken += await in_thread(self._proactive.outbox.wake, customer_id, talk_id)
                except Exception:
                    log.exception("proactive: what waits for a talk could not be looked up")
            if woken:
                async with self._busy:
                    await self._part("sending", self._proactive.send)
