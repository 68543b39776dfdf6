"""Which talks a quality review looks at, and what can be measured of one before anybody reads it.

A sample is drawn by a hash of the day, talk and member: nobody picks, and whoever asks again on the same day gets the same one.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Engine, select

from gateway.figures import FOR_A_PERSON, SILENT
from policy.wording import check
from shop.clock import Clock
from shop.db import reading
from shop.models import Conversation, Message, StaffDeed

Focus = Literal["any", "unhappy", "slow", "overruled", "handwritten"]
UNHAPPY = 2
# What is told of the words that the check found: more of them make no difference.
MOST_FINDINGS = 20


@dataclass(frozen=True)
class Part:
    """A member's part in a talk. Times in seconds: ``first_reply`` of the talk by this member, ``longest`` wait for an answer of theirs."""

    talk_id: str
    staff_id: str
    begun: datetime
    ended: datetime
    answers: int
    helped: int
    first_reply: float | None
    longest: float
    rating: int | None
    overruled: int = 0


class Sampling:
    """Draws talks of one shop; reading them changes nothing."""

    def __init__(self, engine: Engine, shop_id: str, clock: Clock) -> None:
        self._engine = engine
        self._shop = shop_id
        self._clock = clock

    def draw(self, *, days: int, each: int, focus: Focus, without: Collection[tuple[str, str]], staff_id: str | None = None) -> list[Part]:
        """At most ``each`` talks of every member from the last ``days``, those in ``without`` left out.

        ``focus``: any; unhappy (rated 1 or 2); slow (somebody waited more than 180 s); overruled (sent against the wording check);
        handwritten (no suggestion used).
        """
        today = self._clock.today()
        parts = [one for one in self._parts(self._clock.now() - timedelta(days=days)) if (one.talk_id, one.staff_id) not in without]
        found: list[Part] = []
        drawn: Counter[str] = Counter()
        for part in sorted(parts, key=lambda one: _place(today, one)):
            if _fits(part, focus) and staff_id in (None, part.staff_id) and drawn[part.staff_id] < each:
                drawn[part.staff_id] += 1
                found.append(part)
        return found

    def parts(self, talk_id: str) -> list[Part]:
        """Every member's part in one talk."""
        return self._parts(None, talk_id)

    def findings(self, talk_id: str, staff_id: str) -> list[dict[str, Any]]:
        """What the wording check says of a member's messages in a talk: message, rule, severity, what was found and why."""
        with reading(self._engine) as session:
            mine = (Message.shop_id == self._shop, Message.conversation_id == talk_id, Message.sender == "agent")
            rows = list(session.execute(select(Message.id, Message.text, Message.trace).where(*mine).order_by(Message.seq)))
        found = [
            {"message_id": row.id, "rule": one.rule, "severity": one.severity, "found": one.found, "why": one.why}
            for row in rows
            if (row.trace or {}).get("staff") == staff_id
            for one in check(row.text or "")
        ]
        return found[:MOST_FINDINGS]

    def _parts(self, since: datetime | None, talk_id: str | None = None) -> list[Part]:
        states = Message.state.in_(("received", "answered", "failed"))
        where = [Message.shop_id == self._shop, states]
        spoken = select(Message.conversation_id).where(*where, Message.sender == "agent")
        if since is not None:
            spoken = spoken.where(Message.at >= since)
        if talk_id is not None:
            spoken = spoken.where(Message.conversation_id == talk_id)
        same = (Conversation.shop_id == Message.shop_id) & (Conversation.id == Message.conversation_id)
        query = (
            select(Message.conversation_id, Message.sender, Message.at, Message.trace, Conversation.rating)
            .join(Conversation, same)
            .where(*where, Message.conversation_id.in_(spoken.distinct()))
            .order_by(Message.conversation_id, Message.seq)
        )
        found: dict[tuple[str, str], Part] = {}
        asked: datetime | None = None
        talk = ""
        with reading(self._engine) as session:
            for row in session.execute(query.execution_options(yield_per=1000)):
                if row.conversation_id != talk:
                    talk, asked = row.conversation_id, None
                trace = row.trace or {}
                if row.sender == "shopper" and asked is None and any(trace.get(name) is not None for name in FOR_A_PERSON):
                    asked = row.at
                elif row.sender == "agent":
                    key = (row.conversation_id, str(trace.get("staff") or ""))
                    waited = (row.at - asked).total_seconds() if asked is not None else None
                    found[key] = _with(found.get(key), key, row, waited, helped=bool(trace.get("use")))
                    asked = None
            deeds = select(StaffDeed.conversation_id, StaffDeed.staff_id).where(
                StaffDeed.shop_id == self._shop, StaffDeed.kind == "wording_overruled", StaffDeed.conversation_id.in_(spoken)
            )
            overruled = Counter((str(row.conversation_id), str(row.staff_id)) for row in session.execute(deeds))
        return [replace(part, overruled=overruled[key]) for key, part in found.items()]


def _fits(part: Part, focus: Focus) -> bool:
    if focus == "unhappy":
        return part.rating is not None and part.rating <= UNHAPPY
    if focus == "slow":
        return part.longest > SILENT
    if focus == "overruled":
        return part.overruled > 0
    return focus == "any" or part.helped == 0


def _with(part: Part | None, key: tuple[str, str], row: Any, waited: float | None, *, helped: bool) -> Part:
    if part is None:
        part = Part(*key, row.at, row.at, 0, 0, waited, 0.0, row.rating)
    longest = max(part.longest, waited or 0.0)
    return replace(part, ended=row.at, answers=part.answers + 1, helped=part.helped + helped, longest=longest)


def _place(day: date, part: Part) -> str:
    return hashlib.sha256(f"{day} {part.talk_id} {part.staff_id}".encode()).hexdigest()
