"""What a decision table is made of: inputs, outputs, rows, notes. Read by ``policy/table_file.py``, used by ``policy/decide.py``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from policy.validity import ALWAYS, Period

STATUSES = ("stated", "inferred", "proposed", "conflict")
NOTE_KINDS = ("forbidden", "method", "step", "fact", "staff")
INT_TESTS = ("at_most", "at_least", "over", "under", "between")
OUTPUT_TYPES = ("money", "int", "text", "response")


class TableError(ValueError):
    """A table file that breaks the format; the message names file, row, word and remedy."""


@dataclass(frozen=True)
class ParameterRef:
    """A number or word that the shop sets: ``{parameter: name}`` in the file."""

    name: str


@dataclass(frozen=True)
class Input:
    """What a table may be told. ``words`` is None for a whole number; an input with a default is never asked."""

    name: str
    words: tuple[str, ...] | None
    default: str | int | ParameterRef | None = None


@dataclass(frozen=True)
class Output:
    """What a row must say. ``kind`` is one of money, int, text, response or words; ``words`` are allowed beside it."""

    name: str
    kind: str
    words: tuple[str, ...] = ()
    default: object = None
    has_default: bool = False


@dataclass(frozen=True)
class IntTest:
    """Conditions on a whole number, all of which must hold: (operator, bound) pairs; ``between`` is two of them."""

    tests: tuple[tuple[str, int | ParameterRef], ...]


Condition = tuple[str, ...] | IntTest


@dataclass(frozen=True)
class Row:
    """One line of a table. ``when`` holds only the inputs that matter to it; ``then`` holds every output.

    ``valid``: when it counts. A dated row takes the place of the everyday row with its id, if there is one, for that time.
    """

    id: str
    when: Mapping[str, Condition]
    then: Mapping[str, object]
    source: str
    status: str
    hits: tuple[Mapping[str, object], ...] = ()
    misses: tuple[Mapping[str, object], ...] = ()
    valid: Period = ALWAYS


@dataclass(frozen=True)
class Note:
    """An id of the handbooks' digest that is no decision, and why."""

    id: str
    kind: str
    why: str


@dataclass(frozen=True)
class Table:
    """A checked table; the order of ``rows`` is meaning: the first that matches wins."""

    name: str
    file: str
    inputs: Mapping[str, Input]
    outputs: Mapping[str, Output]
    rows: tuple[Row, ...]
    notes: tuple[Note, ...] = ()
    parameters: tuple[str, ...] = ()  # names of every parameter the table reads

    def row(self, row_id: str) -> Row:
        """The row of that id, the everyday one before dated ones; ``KeyError`` when the table has none."""
        found = [row for row in self.rows if row.id == row_id]
        if not found:
            raise KeyError(row_id)
        return next((row for row in found if row.valid.always), found[0])

    @property
    def dated(self) -> bool:
        """Whether any row counts only for a time."""
        return any(not row.valid.always for row in self.rows)

    def at(self, moment: datetime | None) -> tuple[int, ...]:
        """Numbers of the rows that count at this aware instant: dated ones of the time, everyday ones whose place none of them takes.

        Without a moment only everyday rows count.
        """
        covering = [moment is not None and not row.valid.always and row.valid.covers(moment) for row in self.rows]
        taken = {row.id for row, now in zip(self.rows, covering, strict=True) if now}
        return tuple(
            number
            for number, (row, now) in enumerate(zip(self.rows, covering, strict=True))
            if now or (row.valid.always and row.id not in taken)
        )
