"""What agents did with the suggestions of each intent lately: the ground on which ``auto`` is offered (policy/admission.py)."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Engine, func, select

from policy.admission import WITHIN, Acceptance
from shop.clock import Clock
from shop.db import reading
from shop.models import SuggestionUse


class Admission:
    """Acceptance by intent in one shop; reading it changes nothing."""

    def __init__(self, engine: Engine, shop_id: str, clock: Clock) -> None:
        self._engine = engine
        self._shop = shop_id
        self._clock = clock

    def acceptance(self) -> dict[str, Acceptance]:
        """Intent → what became of its suggestions in the last ``WITHIN`` days. An answer to two wishes counts for both."""
        counts: dict[str, dict[str, int]] = {}
        now = self._clock.now()
        query = (
            select(SuggestionUse.intents, SuggestionUse.outcome, func.count())
            .where(
                SuggestionUse.shop_id == self._shop,
                SuggestionUse.outcome != "open",
                SuggestionUse.together.is_(False),
                # The first condition is what the index knows.
                SuggestionUse.at >= now - timedelta(days=WITHIN + 7),
                func.coalesce(SuggestionUse.settled_at, SuggestionUse.at) >= now - timedelta(days=WITHIN),
            )
            .group_by(SuggestionUse.intents, SuggestionUse.outcome)
        )
        with reading(self._engine) as session:
            for heard, outcome, count in session.execute(query):
                for intent in (heard or "").split("|"):
                    if intent:
                        counts.setdefault(intent, {"sent": 0, "edited": 0, "ignored": 0})[outcome] += count
        return {intent: Acceptance(**line) for intent, line in counts.items()}
