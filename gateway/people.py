"""Whether somebody of the shop is there for a shopper who waits, and what the shopper hears while nobody is (在线, 小憩, 离开).

A shop whose staff never set their presence (it works in a workbench of its own) says nothing of the kind: it is not known then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, func, select

from gateway import wording
from gateway.store import Store
from gateway.talks import StoredMessage, Talk
from shop.clock import Clock
from shop.db import reading
from shop.models import Staff, StaffSession
from shop.staff import TALKS

# Whoever closed the page and whose workbench asked nothing for so long is not there, whatever the presence says.
SEEN = timedelta(minutes=3)
# So many of a talk's newest messages are looked through for what was said already.
RECENT = 30
AWAY = (wording.NOBODY, wording.BREAK, wording.GONE)


@dataclass(frozen=True)
class Absence:
    """What to say: the ``response`` and the agent's ``number`` (None when the talk is nobody's yet)."""

    response: str
    number: str | None


@dataclass(frozen=True)
class _Person:
    number: str
    presence: str
    presence_at: datetime
    seen: bool
    keeps: bool


class People:
    """The staff of one shop who answer shoppers. Synchronous, for a thread."""

    def __init__(self, engine: Engine, shop_id: str, clock: Clock, store: Store, at_desk: Callable[[], set[str]]) -> None:
        self._engine = engine
        self._shop = shop_id
        self._clock = clock
        self._store = store
        self._at_desk = at_desk

    def there(self) -> set[str]:
        """Ids of those who are 在线 and were seen in the last minutes."""
        return {staff for staff, one in self._people().items() if one.presence == "online" and one.seen}

    def nobody(self) -> bool:
        """Whether it is known that nobody is there."""
        people = self._people().values()
        return any(one.keeps for one in people) and not any(one.presence == "online" and one.seen for one in people)

    def absence(self, talk: Talk) -> Absence | None:
        """What to tell a shopper who has just written to people; None when somebody is there, or when it was said already."""
        if talk.owner_word == "queue":
            if not self.nobody():
                return None
            found, since = Absence(wording.NOBODY, None), None
        else:
            one = self._people().get(talk.agent or "")
            if one is None or not one.keeps or (one.presence == "online" and one.seen):
                return None
            found = Absence(wording.BREAK if one.presence == "break" else wording.GONE, one.number)
            since = one.presence_at
        return None if _said(self._store.messages(talk.id, limit=RECENT)[0], found.response, since) else found

    def _people(self) -> dict[str, _Person]:
        seen = select(func.max(StaffSession.seen_at)).where(StaffSession.shop_id == Staff.shop_id, StaffSession.staff_id == Staff.id)
        after, at_desk = self._clock.now() - SEEN, self._at_desk()
        query = select(Staff, seen.scalar_subquery()).where(Staff.shop_id == self._shop, Staff.active.is_(True), Staff.role.in_(TALKS))
        with reading(self._engine) as session:
            return {
                row.id: _Person(
                    row.number,
                    row.presence,
                    row.presence_at,
                    seen=row.id in at_desk or (at is not None and at >= after),
                    keeps=row.presence != "away" or row.presence_at > row.created_at,
                )
                for row, at in session.execute(query)
            }


def _said(messages: Iterable[StoredMessage], response: str, since: datetime | None) -> bool:
    """Whether the shopper heard this already since an agent last spoke, and not before that agent left (again)."""
    for message in reversed(list(messages)):
        if message.sender == "agent":
            return False
        if message.trace.get("response") == response:
            return since is None or message.at >= since
    return False
