"""Gives waiting talks to staff who are there (`policy.assignment`): by presence, capacity and topic, the longest waiting first."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime

from gateway.desk import Desk
from gateway.desk_store import DeskStore
from gateway.events import Hub
from gateway.threads import in_thread
from policy.assignment import Candidate, choose
from shop.clock import Clock
from shop.staff import TALKS, StaffAccounts

log = logging.getLogger(__name__)

# A talk waits at most this much longer than it must (seconds); the look costs two small queries, and none when no desk is open.
TICK = 1.0


class Assigner:
    """The automatic assignment of one gateway: it knows the desks that are open here. Two gateways never give one talk twice."""

    def __init__(self, desk: Desk, store: DeskStore, staff: StaffAccounts, hub: Hub, clock: Clock) -> None:
        self._desk = desk
        self._store = store
        self._staff = staff
        self._hub = hub
        self._clock = clock
        self._given: dict[str, datetime] = {}

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(TICK)
            try:
                await self.once()
            except Exception:  # tomorrow's talks must still be given out
                log.exception("waiting talks could not be assigned")

    async def once(self) -> int:
        """Give out what can be given now; how many talks."""
        there = self._hub.at_desk()
        if not there:
            return 0
        waiting = await in_thread(lambda: self._store.box("waiting", ""))
        if not waiting:
            return 0
        members = {one.id: one for one in await in_thread(self._staff.all) if one.active and one.role in TALKS}
        loads = await in_thread(self._store.loads)
        given = 0
        for one in waiting:
            candidates = [
                Candidate(
                    member.id,
                    there=member.id in there and member.presence == "online",
                    capacity=member.capacity,
                    load=loads.get(member.id, 0),
                    topics=member.topics,
                    last_given=self._given.get(member.id),
                )
                for member in members.values()
            ]
            chosen = choose(candidates, one.intent)
            if chosen is not None and await self._desk.assign(members[chosen], one.talk):
                loads[chosen] = loads.get(chosen, 0) + 1
                self._given[chosen] = self._clock.now()
                given += 1
        return given
