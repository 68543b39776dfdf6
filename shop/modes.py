"""How much the bot may do alone: a mode per intent and hour of the shop's day (architecture.md §7)."""

from __future__ import annotations

from typing import Literal, cast

from sqlalchemy import Engine, select

from shop.clock import SHANGHAI, Clock
from shop.db import reading, writing
from shop.models import IntentMode
from shop.writers import write_intent_mode

Mode = Literal["off", "suggest", "auto"]

ANY = "*"
# Nobody lets an unknown bot speak alone: what a shop has not decided is suggested to its agents.
UNDECIDED: Mode = "suggest"


class IntentModes:
    """The modes of one shop. Safe to share between threads."""

    def __init__(self, engine: Engine, shop_id: str, clock: Clock) -> None:
        self.engine = engine
        self.shop_id = shop_id
        self.clock = clock

    def mode(self, intent: str) -> Mode:
        """The mode of ``intent`` now (Asia/Shanghai): its own row, else the one for any intent, else ``suggest``."""
        hour = self.clock.now().astimezone(SHANGHAI).hour
        query = select(IntentMode).where(
            IntentMode.shop_id == self.shop_id,
            IntentMode.intent.in_((intent, ANY)),
            IntentMode.from_hour <= hour,
            IntentMode.to_hour > hour,
        )
        with reading(self.engine) as session:
            rows = sorted(session.scalars(query), key=lambda row: (row.intent != ANY, row.from_hour))
        return cast(Mode, rows[-1].mode) if rows else UNDECIDED

    def set(self, intent: str, mode: Mode, from_hour: int = 0, to_hour: int = 24) -> None:
        """Decide a mode for these hours. ValueError for an unknown mode or hours outside 0–24."""
        if mode not in ("off", "suggest", "auto") or not 0 <= from_hour < to_hour <= 24:
            raise ValueError(f"{intent}, {mode}, {from_hour}–{to_hour}: a mode is off, suggest or auto, hours run from 0 to 24")
        with writing(self.engine) as session:
            write_intent_mode(session, self.shop_id, intent, mode, from_hour, to_hour)
