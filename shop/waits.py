"""Who of the shoppers waits for a person, since when, and for which waits an alert has gone out already."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Engine, and_, func, select, update
from sqlalchemy.orm import Session, aliased

from shop.clock import Clock
from shop.counters import hold
from shop.db import reading, writing
from shop.models import Conversation, Message, WaitingAlert

# A gateway that took an alert to send it and died lets another one have it after so long.
LEASE = timedelta(seconds=30)
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=1)
# Alerts of waits that began longer ago are no news to anybody; the desk shows them.
STALE = timedelta(hours=1)
SPEAKERS = ("shopper", "agent", "bot")


@dataclass(frozen=True)
class Wait:
    """A shopper who waits. ``agent``: id of the member who has the talk, None: it is in the queue."""

    talk_id: str
    agent: str | None
    since: datetime


@dataclass(frozen=True)
class Alert:
    """An alert to be sent: its id (the same in every try), the wait it is about, and whether it is the second one."""

    id: str
    wait: Wait
    again: bool


class Waits:
    """The waits of one shop. Safe to share between threads and processes."""

    def __init__(self, engine: Engine, shop_id: str, clock: Clock) -> None:
        self._engine = engine
        self._shop = shop_id
        self._clock = clock

    def now(self, longer: timedelta) -> list[Wait]:
        """Everybody who has waited ``longer`` (and not yet an hour), the longest first.

        A talk in the queue waits since it came there, an agent's since the shopper's oldest unanswered message, or since the agent
        took it and has said nothing.
        """
        before, after = self._clock.now() - longer, self._clock.now() - STALE
        last, answer, asked, spoke = aliased(Message), aliased(Message), aliased(Message), aliased(Message)

        def of_talk(table: type[Message]) -> ColumnElement[bool]:
            return and_(table.shop_id == Conversation.shop_id, table.conversation_id == Conversation.id)

        newest = select(func.max(last.seq)).where(of_talk(last), last.sender.in_(SPEAKERS)).scalar_subquery()
        answered = (
            select(func.coalesce(func.max(answer.seq), 0)).where(of_talk(answer), answer.sender.in_(("agent", "bot"))).scalar_subquery()
        )
        oldest = select(func.min(asked.at)).where(of_talk(asked), asked.sender == "shopper", asked.seq > answered).scalar_subquery()
        # A talk is never changed last before its wait began.
        recent = (Conversation.shop_id == self._shop, Conversation.updated_at > after)
        queue = select(Conversation.id, Conversation.updated_at).where(*recent, Conversation.owner == "queue")
        agents = (
            select(Conversation.id, Conversation.owner, Conversation.updated_at, spoke.sender, oldest)
            .join(spoke, and_(of_talk(spoke), spoke.seq == newest))
            .where(*recent, Conversation.owner.startswith("agent:", autoescape=True), spoke.sender != "agent")
        )
        with reading(self._engine) as session:
            found = [Wait(talk, None, since) for talk, since in session.execute(queue)]
            for talk, owner, updated, sender, since in session.execute(agents):
                found.append(Wait(talk, owner.removeprefix("agent:"), since if sender == "shopper" and since is not None else updated))
        return sorted((one for one in found if after < one.since <= before), key=lambda one: (one.since, one.talk_id))

    def claim(self, waits: Sequence[Wait], again_after: timedelta) -> list[Alert]:
        """The alerts that the caller is to send now: not delivered yet, and nobody else is at them. Writes only when there are some."""
        with reading(self._engine) as session:
            if not self._open(session, waits, again_after):
                return []
        with writing(self._engine) as session:
            # Of two gateways one makes the alerts; the other one finds them made.
            hold(session, self._shop, "waiting_alerts")
            taken = []
            for wait, stage, row, again in self._open(session, waits, again_after):
                if row is None:
                    row = WaitingAlert(
                        shop_id=self._shop,
                        id=f"w_{secrets.token_hex(8)}",
                        conversation_id=wait.talk_id,
                        waiting_since=wait.since,
                        stage=stage,
                        tries=0,
                    )
                    session.add(row)
                row.next_at = self._clock.now() + LEASE
                taken.append(Alert(row.id, wait, again))
            return taken

    def _open(self, session: Session, waits: Sequence[Wait], again_after: timedelta) -> list[tuple[Wait, int, WaitingAlert | None, bool]]:
        """Which alerts are to be sent: the wait, its stage, the row when it was tried before, and whether the first one was delivered."""
        now = self._clock.now()
        ids = [one.talk_id for one in waits]
        there = set(session.scalars(select(Conversation.id).where(Conversation.shop_id == self._shop, Conversation.id.in_(ids))))
        rows = session.scalars(select(WaitingAlert).where(WaitingAlert.shop_id == self._shop, WaitingAlert.conversation_id.in_(ids)))
        known = {(row.conversation_id, row.waiting_since, row.stage): row for row in rows}
        found = []
        for wait in waits:
            first = known.get((wait.talk_id, wait.since, 1))
            stage = 2 if now - wait.since >= again_after else 1
            row = known.get((wait.talk_id, wait.since, stage))
            if wait.talk_id in there and (row is None or (row.delivered_at is None and row.next_at <= now)):
                found.append((wait, stage, row, first is not None and first.delivered_at is not None))
        return found

    def ended(self, alerts: Sequence[str], *, delivered: bool) -> None:
        """How a try of these alerts ended: taken, or to be tried again after 5 s, doubled each time, at most a minute."""
        now = self._clock.now()
        mine = (WaitingAlert.shop_id == self._shop, WaitingAlert.id.in_(alerts))
        with writing(self._engine) as session:
            if delivered:
                session.execute(update(WaitingAlert).where(*mine).values(delivered_at=now, tries=WaitingAlert.tries + 1))
                return
            for row in session.scalars(select(WaitingAlert).where(*mine)):
                row.next_at = now + min(FIRST_PAUSE * (1 << min(row.tries, 6)), LONGEST_PAUSE)
                row.tries += 1
