"""The rows of the desk's boxes as the API and the live line say them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway.boxes import BoxStore, Summary
from gateway.events import Hub
from gateway.talks import instant
from shop.staff import StaffAccounts


class Rows:
    """The rows of boxes as the API says them, with who looks at each talk. Synchronous, for a thread."""

    def __init__(self, store: BoxStore, staff: StaffAccounts, hub: Hub) -> None:
        self._store = store
        self._staff = staff
        self._hub = hub

    def row(self, talk_id: str) -> dict[str, Any] | None:
        """One talk, or None."""
        found = self._store.summary(talk_id)
        return self.out([found])[0] if found is not None else None

    def out(self, found: Sequence[Summary]) -> list[dict[str, Any]]:
        """Talks of a box."""
        viewers = self._hub.viewers()
        numbers = {member.id: member.number for member in self._staff.all()}
        return [
            {
                "id": one.talk.id,
                "owner": one.talk.owner,
                "customer_id": one.talk.customer_id,
                "customer": one.customer,
                "product_id": one.talk.product_id,
                "last_text": one.last_text[:200],
                "last_from": one.last_from,
                "last_at": instant(one.last_at),
                "waiting_since": instant(one.waiting_since),
                "intent": one.intent,
                "unread": one.unread,
                "last_seq": one.talk.last_seq,
                "staff": numbers.get(one.talk.agent or ""),
                "viewers": [{"staff": staff, "number": numbers.get(staff, "")} for staff in viewers.get(one.talk.id, ())],
            }
            for one in found
        ]
