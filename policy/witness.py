"""Who looks on while tables decide: every decision made inside ``watching()``, with what it was made from.

An answer is explained later from exactly these: the table as it was, the facts as they were told, the parameters it read.
Nothing is kept when nobody watches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

from policy import table_copy
from policy.parameters import Parameters, ParamValue
from policy.table import Table

if TYPE_CHECKING:
    from policy.decide import Decision

MOST = 40  # decisions of one call: a loop over all orders must not fill the trace


@dataclass(frozen=True)
class Seen:
    """A decision with its table, the facts told and the parameters that the table reads."""

    table: Table
    facts: Mapping[str, object]
    parameters: Mapping[str, ParamValue]
    decision: Decision

    @property
    def text(self) -> str:
        """The table as text (policy/table_copy.py), to be kept under ``told()["hash"]``."""
        return table_copy.copied(self.table).text

    def told(self) -> dict[str, object]:
        """The decision as a trace keeps it; the table is named and stands under its hash."""
        return {
            "table": self.table.name,
            "hash": table_copy.copied(self.table).hash,
            "facts": dict(self.facts),
            "parameters": table_copy.told(self.parameters),
            "row": self.decision.row,
            "ask": self.decision.ask,
        }


_watched: ContextVar[list[Seen] | None] = ContextVar("watched", default=None)


@contextmanager
def watching() -> Iterator[list[Seen]]:
    """Collects what is decided inside the block, in this task or thread only; the same decision twice is kept once."""
    found: list[Seen] = []
    token = _watched.set(found)
    try:
        yield found
    finally:
        _watched.reset(token)


def seen() -> list[Seen]:
    """What was decided so far in the block; empty when nobody watches."""
    return _watched.get() or []


def saw(table: Table, facts: Mapping[str, object], parameters: Parameters, decision: Decision) -> None:
    """A decision was made (called by ``decide`` alone)."""
    found = _watched.get()
    if found is None or len(found) >= MOST:
        return
    told = {name: fact for name, fact in facts.items() if fact is not None}
    if any(one.table is table and one.facts == told for one in found):
        return
    found.append(Seen(table, told, {name: parameters.get(name) for name in table.parameters}, decision))
