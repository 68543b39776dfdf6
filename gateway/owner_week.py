"""The owner's week: what the bot solved alone, what went to people and why, how quick they were, and the money given away to the cent.

The money is the sum of the effects ``given`` (shop/given.py), per thing, row, and bot or person.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Engine

from gateway.asked import Asked, added, begin_of
from gateway.figures import Figures, measures, of_work, ratio, summed
from policy.intent_names import name_of
from shop.clock import Clock
from shop.given import BOT, Given, given_between

WEEK = timedelta(days=7)
ZERO = Decimal("0.00")


@dataclass(frozen=True)
class Money:
    """What was given of one thing by one row: ``by`` bot | person or a member's id, ``times``, ``amount`` in yuan (None: no sum at all)."""

    what: str
    table: str | None
    row: str | None
    by: str
    times: int
    amount: Decimal | None


def monday(day: date) -> date:
    """The first day of the week of ``day``."""
    return day - timedelta(days=day.weekday())


def money(given: Iterable[Given], *, by_name: bool) -> list[Money]:
    """Added up per thing, table, row and giver, the most first; ``by_name``: each member apart, else all of them as ``person``."""
    found: dict[tuple[str, str, str, str], list[Given]] = {}
    for one in given:
        by = one.by if one.by == BOT or by_name else "person"
        found.setdefault((one.what, one.table or "", one.row or "", by), []).append(one)
    lines = [
        Money(what, table or None, row or None, by, len(some), total(some) if any(one.amount is not None for one in some) else None)
        for (what, table, row, by), some in found.items()
    ]
    return sorted(lines, key=lambda line: (-(line.amount or ZERO), -line.times, line.what, line.row or "", line.by))


def total(given: Iterable[Given]) -> Decimal:
    """The sum in yuan, to the cent."""
    return sum((one.amount for one in given if one.amount is not None), ZERO)


class OwnerWeek:
    """The weeks of one shop. Safe to share between threads."""

    def __init__(self, engine: Engine, shop_id: str, clock: Clock, asked: Asked, figures: Figures) -> None:
        self._where = (engine, shop_id)
        self._clock = clock
        self._asked = asked
        self._figures = figures

    def week(self, day: date | None = None, *, by_name: bool = False) -> dict[str, Any]:
        """The week of ``day`` (today's by default) with the figures of the week before; sums in yuan as text, times in seconds."""
        first = monday(day or self._clock.today())
        return {
            "since": first.isoformat(),
            "until": (first + WEEK - timedelta(days=1)).isoformat(),
            "today": self._clock.today().isoformat(),
            **self._of(first, by_name),
            "before": self._of(first - WEEK, by_name),
        }

    def given(self, first: date, until: date) -> list[Given]:
        """Everything given from a day to a day, both included."""
        return given_between(*self._where, *span(first, until))

    def _of(self, first: date, by_name: bool) -> dict[str, Any]:
        until = first + WEEK - timedelta(days=1)
        asked = added(day for _, day in self._asked.days(first, until))
        work = measures(summed(of_work([day for _, day in self._figures.days(first, until)])))
        given = self.given(first, until)
        whole = asked.whole
        return {
            "visits": whole["visits"],
            "alone": whole["alone"],
            "solved": whole["solved"],
            "solved_share": ratio(whole["solved"], whole["visits"]),
            "handed_over": sum(asked.reasons.values()),
            "reasons": reasons(asked.reasons.items()),
            "first_reply": work["first_reply"],
            "first_reply_in_time": work["first_reply_in_time"],
            "rated": whole["rated"],
            "stars": ratio(whole["stars"], whole["rated"]),
            "money": [line_told(line) for line in money(given, by_name=by_name)],
            "money_total": str(total(given)),
            "money_bot": str(total(one for one in given if one.by == BOT)),
            "money_people": str(total(one for one in given if one.by != BOT)),
            "gifts": sum(one.what == "gift" for one in given),
        }


def span(first: date, until: date) -> tuple[datetime, datetime]:
    """From the first instant of a day to that after another."""
    return begin_of(first), begin_of(until) + timedelta(days=1)


def reasons(counted: Iterable[tuple[tuple[str, str], int]]) -> list[dict[str, Any]]:
    """Why talks went to people, the most frequent first: the engine's word, what was wished, how often."""
    rows = [{"reason": reason, "intent": intent, "name": name_of(intent), "times": times} for (reason, intent), times in counted]
    return sorted(rows, key=lambda row: (-int(str(row["times"])), str(row["reason"]), str(row["intent"])))


def line_told(line: Money) -> dict[str, Any]:
    """A line as JSON; the sum as text, so that no cent is lost on the way."""
    amount = str(line.amount) if line.amount is not None else None
    return {"what": line.what, "table": line.table, "row": line.row, "by": line.by, "times": line.times, "amount": amount}
