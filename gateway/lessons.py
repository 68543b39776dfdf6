"""The trainers' inbox of suggestions that agents changed or passed over, without the person: every text is masked.

A lesson is a row of ``suggestion_uses`` whose outcome is edited or ignored; it goes with its talk. Whoever answered several messages at
once has refused nothing but the newest one's offer (``together``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from sqlalchemy import Engine, func, select

from policy.masking import personal
from shop.clock import Clock, local_day
from shop.db import reading, writing
from shop.models import Conversation, Customer, Message, SuggestionUse

Verdict = Literal["used", "dismissed"]
VERDICTS: tuple[Verdict, ...] = ("used", "dismissed")
DAYS = 30


@dataclass(frozen=True)
class Lesson:
    """One suggestion that was not sent as it was. ``asked``: the shopper's words, ``offered``: what was suggested (text, intent, script),
    ``place``: of the one that was edited, ``written``: what was sent in the end; ``verdict``: what a trainer made of it."""

    id: str
    day: str
    outcome: str
    asked: str
    offered: tuple[dict[str, Any], ...]
    place: int | None
    written: str
    verdict: str | None


class Lessons:
    """The lessons of one shop."""

    def __init__(self, engine: Engine, shop_id: str, clock: Clock) -> None:
        self._engine = engine
        self._shop = shop_id
        self._clock = clock

    def items(
        self,
        *,
        days: int = DAYS,
        outcome: str | None = None,
        intent: str | None = None,
        verdict: Literal["open", "used", "dismissed"] = "open",
        limit: int = 200,
    ) -> list[Lesson]:
        """Lessons of the last ``days``, newest first; ``open``: those nobody has looked at."""
        when = func.coalesce(SuggestionUse.settled_at, SuggestionUse.at)
        query = (
            select(SuggestionUse, Message.text, Customer.name, Customer.phone)
            .join(Message, (Message.shop_id == SuggestionUse.shop_id) & (Message.id == SuggestionUse.message_id))
            .join(Conversation, (Conversation.shop_id == Message.shop_id) & (Conversation.id == Message.conversation_id))
            .outerjoin(Customer, (Customer.shop_id == Conversation.shop_id) & (Customer.id == Conversation.customer_id))
            .where(
                SuggestionUse.shop_id == self._shop,
                SuggestionUse.together.is_(False),
                SuggestionUse.outcome.in_((outcome,) if outcome else ("edited", "ignored")),
                SuggestionUse.lesson.is_(None) if verdict == "open" else SuggestionUse.lesson == verdict,
                when >= self._clock.now() - timedelta(days=days),
            )
            .order_by(when.desc(), SuggestionUse.id.desc())
        )
        found: list[Lesson] = []
        with reading(self._engine) as session:
            for row, asked, name, phone in session.execute(query.execution_options(yield_per=200)):
                if asked is None or not asked.strip() or (intent and not any(one.get("intent") == intent for one in row.offered)):
                    continue
                found.append(_lesson(row, asked, [one for one in (name, phone) if one]))
                if len(found) >= limit:
                    break
        return found

    def judge(self, lesson_id: str, verdict: Verdict | None, by: str) -> bool:
        """What a trainer made of a lesson (None: look at it again); False when there is no such one."""
        with writing(self._engine) as session:
            row = session.get(SuggestionUse, (self._shop, lesson_id))
            if row is None or row.outcome not in ("edited", "ignored"):
                return False
            row.lesson, row.lesson_by, row.lesson_at = verdict, by, self._clock.now()
            return True


def _lesson(row: SuggestionUse, asked: str, known: Sequence[str]) -> Lesson:
    def masked(text: object) -> str:
        return personal(str(text or ""), known).text

    shown = ("intent", "script", "table", "row", "confidence")
    offered = tuple({"text": masked(one.get("text")), **{name: one.get(name) for name in shown}} for one in row.offered)
    day = local_day(row.settled_at or row.at).isoformat()
    return Lesson(row.id, day, row.outcome, masked(asked), offered, row.place, masked(row.text), row.lesson)
