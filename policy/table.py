"""What a decision table is made of: inputs, outputs, rows, notes. Read by ``policy/table_file.py``, used by ``policy/decide.py``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

STATUSES = ("stated", "inferred", "proposed", "conflict")
NOTE_KINDS = ("forbidden", "method", "step", "fact")
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
    """One line of a table. ``when`` holds only the inputs that matter to it; ``then`` holds every output."""

    id: str
    when: Mapping[str, Condition]
    then: Mapping[str, object]
    source: str
    status: str
    hits: tuple[Mapping[str, object], ...] = ()
    misses: tuple[Mapping[str, object], ...] = ()


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
        """The row of that id; ``KeyError`` when the table has none."""
        for row in self.rows:
            if row.id == row_id:
                return row
        raise KeyError(row_id)
