"""The one place where a decision is made: a table, what is known, and the first row that fits.

``decide`` takes what is known and nothing more. A row that contradicts it is out; when everything still possible says the
same, that is the answer; else the answer is the question that helps most. So nobody is asked what does not matter.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from policy import live, witness
from policy.boxes import Box, Compiled, FactError, meet, outside
from policy.parameters import Parameters, ParamValue, load_parameters, moment_of
from policy.table import Table, TableError
from policy.validity import ALWAYS

__all__ = ["Decision", "FactError", "Table", "TableError", "decide", "gap", "load_table", "main", "tables", "topics", "unreachable"]

TABLES = live.FOLDER
TOPIC = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Decision:
    """What the table says.

    ``row`` is the id of the row that answers; it is None while a fact is missing, and ``ask`` is then the input to ask for.
    ``rows`` are the ids still possible, in order. ``then`` has every output, with the shop's parameters put in.
    """

    table: str
    row: str | None
    then: Mapping[str, object] = field(default_factory=dict)
    source: str = ""
    status: str = ""
    ask: str | None = None
    rows: tuple[str, ...] = ()


def topics() -> tuple[str, ...]:
    """The names of all tables, sorted."""
    return tuple(sorted(path.stem for path in live.folder().glob("*.yml") if path.stem != "parameters" and TOPIC.fullmatch(path.stem)))


def load_table(topic: str) -> Table:
    """The table ``policy/tables/<topic>.yml`` as it is now, checked; ``TableError`` says what is wrong and where."""
    rules = live.rules()
    if topic not in rules.loaded:
        known = topics()
        if topic not in known:
            raise TableError(f"unknown table {topic!r}; allowed: {', '.join(known)}")
    return rules.table(topic)


def tables() -> dict[str, Table]:
    """Every table by its name; ``TableError`` at the first that is wrong, so that a process refuses to start."""
    return {topic: load_table(topic) for topic in topics()}


def decide(table: Table | str, facts: Mapping[str, object], parameters: Parameters, at: datetime | None = None) -> Decision:
    """The decision of a table for what is known, by the rows that count at this moment.

    The moment is ``at`` (aware), else the one the parameters were taken at (``load_parameters(…, at)``); without either only
    everyday rows count.

    ``facts`` are words and whole numbers by input name; None counts as not known. ``FactError`` for an input or word the
    table does not have, ``TableError`` for a table no row of which fits (a complete table never raises it).
    """
    compiled = compile_table(load_table(table) if isinstance(table, str) else table, parameters, at)
    decision = judge(compiled, facts)
    witness.saw(compiled.table, facts, parameters, decision)
    return decision


def judge(compiled: Compiled, facts: Mapping[str, object]) -> Decision:
    """As ``decide``, for a table that is compiled already, and with nobody looking on."""
    rows = compiled.table.rows
    region = compiled.region(facts)
    firsts = compiled.firsts(region)
    if not firsts or outside(region, [compiled.boxes[number] for number in firsts]) is not None:
        raise TableError(
            f"{compiled.table.file}: no row fits {dict(facts)}. Remedy: add a row; the test of completeness names the combination."
        )
    possible = tuple(rows[number].id for number in firsts)
    if len({compiled.outcome[number] for number in firsts}) == 1:
        row = rows[firsts[0]]
        return Decision(compiled.table.name, row.id, compiled.thens[firsts[0]], row.source, row.status, None, possible)
    return Decision(compiled.table.name, None, ask=_question(compiled, region), rows=possible)


def compile_table(table: Table, parameters: Parameters, at: datetime | None = None) -> Compiled:
    """The table of this moment with these parameters, made once for every set of rows and values."""
    if table.dated:
        table = _part(_Key(table), table.at(at or moment_of(parameters)))
    return _compile(_Key(table), tuple((name, parameters.get(name)) for name in table.parameters))


@dataclass(frozen=True, eq=False)
class _Key:
    """A table as a key of the cache: by identity, since its rows are mappings."""

    table: Table

    def __hash__(self) -> int:
        return id(self.table)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other.table is self.table


@lru_cache(maxsize=256)
def _compile(key: _Key, values: tuple[tuple[str, ParamValue], ...]) -> Compiled:
    return Compiled(key.table, dict(values))


@lru_cache(maxsize=64)
def _part(key: _Key, numbers: tuple[int, ...]) -> Table:
    # Its rows are those of one moment, none of them dated any more: kept in a trace and read back it decides the same.
    return replace(key.table, rows=tuple(replace(key.table.rows[number], valid=ALWAYS) for number in numbers))


def _question(compiled: Compiled, region: Box) -> str:
    """The open input whose answer leaves the fewest different outcomes on average; ties go to the one declared first."""
    best: tuple[float, int] | None = None
    for position in range(len(compiled.names)):
        cells = [1 << bit for bit in range(region[position].bit_length()) if region[position] >> bit & 1]
        if len(cells) < 2:
            continue
        left = [
            len({compiled.outcome[number] for number in compiled.firsts((*region[:position], cell, *region[position + 1 :]), exact=False)})
            for cell in cells
        ]
        score = (sum(left) / len(left), position)
        if best is None or score < best:
            best = score
    assert best is not None  # more than one outcome means that an input is open
    return compiled.names[best[1]]


def gap(table: Table, parameters: Parameters, at: datetime | None = None) -> dict[str, object] | None:
    """A combination of facts that no row fits, or None when the table is complete (words, and every stretch of numbers)."""
    compiled = compile_table(table, parameters, at)
    hole = outside(compiled.full, compiled.boxes)
    return None if hole is None else compiled.facts_of(hole)


def unreachable(table: Table, parameters: Parameters, at: datetime | None = None) -> list[str]:
    """Ids of the rows that can never be the first to fit."""
    compiled = compile_table(table, parameters, at)
    found: list[str] = []
    for number, row in enumerate(compiled.table.rows):
        box = compiled.boxes[number]
        before = [common for other in compiled.boxes[:number] if all(box) and (common := meet(box, other)) is not None]
        if not all(box) or outside(box, before) is None:
            found.append(row.id)
    return found


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"{value!r} has no place in a decision")


def _read_arguments(arguments: Sequence[str]) -> tuple[Table, dict[str, object]]:
    if not arguments:
        raise FactError(f"usage: python -m policy.decide TABLE input=word …; tables: {', '.join(topics())}")
    table = load_table(arguments[0])
    facts: dict[str, object] = {}
    for argument in arguments[1:]:
        name, equals, word = argument.partition("=")
        if not equals:
            raise FactError(f"{argument!r} is not input=word; inputs: {', '.join(table.inputs)}")
        number = name in table.inputs and table.inputs[name].words is None and word.lstrip("-").isdecimal()
        facts[name] = int(word) if number else word
    return table, facts


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line: prints the decision as JSON and returns 0, or names what is wrong on stderr and returns 2."""
    try:
        table, facts = _read_arguments(sys.argv[1:] if arguments is None else arguments)
        decision = decide(table, facts, load_parameters())
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    shown: dict[str, object] = {"row": decision.row, "ask": decision.ask, "rows": list(decision.rows)}
    if decision.row is not None:
        shown = {"row": decision.row, "then": decision.then, "source": decision.source, "status": decision.status}
    print(json.dumps(shown, ensure_ascii=False, default=_plain))
    return 0


if __name__ == "__main__":
    sys.exit(main())
