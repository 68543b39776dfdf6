"""How much the bot may do alone: a mode per intent and hour of the shop's day (architecture.md §7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, cast

from sqlalchemy import Engine, bindparam, delete, or_, select
from sqlalchemy.orm import Session

from shop.clock import SHANGHAI, Clock
from shop.counters import hold
from shop.db import reading, writing
from shop.models import IntentMode
from shop.writers import write_intent_mode

Mode = Literal["off", "suggest", "auto"]

ANY = "*"
# Nobody lets an unknown bot speak alone: what a shop has not decided is suggested to its agents.
UNDECIDED: Mode = "suggest"
# Asked in every turn: building a statement costs more than running it.
_IN_FORCE = (
    select(IntentMode.mode)
    .where(
        IntentMode.shop_id == bindparam("shop"),
        or_(IntentMode.intent == bindparam("intent"), IntentMode.intent == ANY),
        IntentMode.from_hour <= bindparam("hour"),
        IntentMode.to_hour > bindparam("hour"),
    )
    .order_by(IntentMode.intent == ANY, IntentMode.from_hour.desc())
    .limit(1)
)


@dataclass(frozen=True, order=True)
class Window:
    """A mode from ``from_hour`` until before ``to_hour`` of the shop's day (0 to 24, Asia/Shanghai)."""

    from_hour: int
    to_hour: int
    mode: Mode


class InvalidWindows(ValueError):
    """Windows that cannot hold together; the message names them and the remedy."""


class ModesChanged(Exception):
    """Somebody else decided meanwhile; ``now`` holds what they decided. Nothing was changed."""

    def __init__(self, now: tuple[Window, ...]) -> None:
        super().__init__("decided meanwhile")
        self.now = now


class IntentModes:
    """The modes of one shop. Safe to share between threads."""

    def __init__(self, engine: Engine, shop_id: str, clock: Clock) -> None:
        self.engine = engine
        self.shop_id = shop_id
        self.clock = clock

    def mode(self, intent: str) -> Mode:
        """The mode of ``intent`` now (Asia/Shanghai): its own row, else the one for any intent, else ``suggest``."""
        hour = self.clock.now().astimezone(SHANGHAI).hour
        with reading(self.engine) as session:
            found = session.scalar(_IN_FORCE, {"shop": self.shop_id, "intent": intent, "hour": hour})
        return cast(Mode, found) if found is not None else UNDECIDED

    def set(self, intent: str, mode: Mode, from_hour: int = 0, to_hour: int = 24) -> None:
        """Decide a mode for these hours. ValueError for an unknown mode or hours outside 0–24."""
        if mode not in ("off", "suggest", "auto") or not 0 <= from_hour < to_hour <= 24:
            raise ValueError(f"{intent}, {mode}, {from_hour}–{to_hour}: a mode is off, suggest or auto, hours run from 0 to 24")
        with writing(self.engine) as session:
            write_intent_mode(session, self.shop_id, intent, mode, from_hour, to_hour)

    def all(self) -> dict[str, tuple[Window, ...]]:
        """What the shop has decided: intent (``*``: any other) → its windows, by hour."""
        found: dict[str, tuple[Window, ...]] = {}
        with reading(self.engine) as session:
            rows = session.scalars(
                select(IntentMode).where(IntentMode.shop_id == self.shop_id).order_by(IntentMode.intent, IntentMode.from_hour)
            )
            for row in rows:
                found[row.intent] = (*found.get(row.intent, ()), _window(row))
        return found

    def decide(self, intent: str, windows: Sequence[Window], seen: Sequence[Window] | None = None) -> tuple[Window, ...]:
        """Put these windows in the place of all the intent has; it holds from the next message on. Returns what was there before.

        Hours that no window covers follow ``*``; no window at all: the intent follows ``*`` all day. ``seen``: what whoever decides saw.

        Raises:
            InvalidWindows: hours outside 0–24, an unknown mode, or windows that overlap.
            ModesChanged: something else than ``seen`` is in force.
        """
        wanted = sorted(windows)
        for one in wanted:
            if one.mode not in ("off", "suggest", "auto") or not 0 <= one.from_hour < one.to_hour <= 24:
                raise InvalidWindows(
                    f"{one.from_hour}–{one.to_hour} {one.mode}: a mode is off, suggest or auto, hours run from 0 to 24 and the first is the"
                    " smaller one; write a night as two windows (22–24 and 0–8)"
                )
        for one, other in pairwise(wanted):
            if other.from_hour < one.to_hour:
                raise InvalidWindows(
                    f"{one.from_hour}–{one.to_hour} and {other.from_hour}–{other.to_hour} overlap: end one before the other"
                )
        with writing(self.engine) as session:
            hold(session, self.shop_id, "intent_modes")
            before = self._windows(session, intent)
            if seen is not None and tuple(sorted(seen)) != before:
                raise ModesChanged(before)
            session.execute(delete(IntentMode).where(IntentMode.shop_id == self.shop_id, IntentMode.intent == intent))
            for one in wanted:
                write_intent_mode(session, self.shop_id, intent, one.mode, one.from_hour, one.to_hour)
        return before

    def _windows(self, session: Session, intent: str) -> tuple[Window, ...]:
        rows = session.scalars(
            select(IntentMode).where(IntentMode.shop_id == self.shop_id, IntentMode.intent == intent).order_by(IntentMode.from_hour)
        )
        return tuple(_window(row) for row in rows)


def _window(row: IntentMode) -> Window:
    return Window(row.from_hour, row.to_hour, cast(Mode, row.mode))
