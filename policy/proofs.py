"""What every table must prove before it decides: complete and without a dead row at every moment, each row by its examples.

The moments are the everyday one and every instant at which a dated row or a dated parameter of the table begins or ends; in
between nothing changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from policy.parameters import Parameter, ParamValue
from policy.table import Row, Table

_TICK = timedelta(microseconds=1)


def moments(table: Table, parameters: Mapping[str, Parameter]) -> list[datetime | None]:
    """The instants to prove a table at: None (every day), just before the first change, and each change."""
    periods = [row.valid for row in table.rows if not row.valid.always]
    periods += [valid for name in table.parameters if name in parameters for _, valid in parameters[name].dated]
    changes = sorted({edge for one in periods for edge in (one.begins, one.ends) if edge is not None})
    return [None, *([changes[0] - _TICK] if changes else []), *changes]


def moment_of_row(row: Row) -> datetime | None:
    """An instant at which the row counts: None for an everyday one."""
    if row.valid.begins is not None:
        return row.valid.begins
    return row.valid.ends - _TICK if row.valid.ends is not None else None


def defaults(parameters: Mapping[str, Parameter], moment: datetime | None) -> dict[str, ParamValue]:
    """The declared values as they hold at this moment."""
    return {name: parameter.at(moment) for name, parameter in parameters.items()}


@dataclass(frozen=True)
class Fault:
    """One thing that stands against using a table, at a ``moment`` (None: every day).

    ``kind``: unknown (``facts`` are parameters that nobody declares), gap (no row fits ``facts``), dead (``row`` can never answer),
    hit (its example is answered by the row ``said``, or by none), miss (it answers an example of what it leaves to others), broken
    (``said`` is the complaint: a number of the table cannot be reckoned). ``number``: which row of the table, None for no row.
    """

    kind: Literal["unknown", "gap", "dead", "hit", "miss", "broken"]
    row: str | None = None
    number: int | None = None
    facts: Mapping[str, object] = field(default_factory=dict)
    said: str | None = None
    moment: datetime | None = None


def faults(table: Table, parameters: Mapping[str, Parameter]) -> Iterator[Fault]:
    """Everything that stands against using this table, at most one gap a moment; nothing when it is proved."""
    from policy.decide import compile_table, decide, gap, unreachable  # deciding asks for the live rules, which are proved here

    unknown = [name for name in table.parameters if name not in parameters]
    if unknown:
        yield Fault("unknown", facts=dict.fromkeys(unknown))
        return
    try:
        for moment in moments(table, parameters):
            values = defaults(parameters, moment)
            hole = gap(table, values, moment)
            if hole is not None:
                yield Fault("gap", facts=hole, moment=moment)
            in_force = table.at(moment) if table.dated else tuple(range(len(table.rows)))
            dead = set(unreachable(table, values, moment))
            for place, row in enumerate(compile_table(table, values, moment).table.rows):
                if row.id in dead:
                    yield Fault("dead", row.id, in_force[place], moment=moment)
    except ValueError as error:
        yield Fault("broken", said=str(error))
        return
    for number, row in enumerate(table.rows):
        yield from _by_examples(table, row, number, parameters, decide)


def _by_examples(table: Table, row: Row, number: int, parameters: Mapping[str, Parameter], decide: Callable[..., Any]) -> Iterator[Fault]:
    moment = moment_of_row(row)
    values = defaults(parameters, moment)
    for kind, examples in (("hit", row.hits), ("miss", row.misses)):
        for facts in examples:
            try:
                said = decide(table, facts, values, moment).row
            except ValueError as error:
                yield Fault("broken", row.id, number, facts, str(error))
                continue
            if kind == "hit" and said != row.id:
                yield Fault("hit", row.id, number, facts, said)
            elif kind == "miss" and said == row.id:
                yield Fault("miss", row.id, number, facts, said)


def problem(table: Table, parameters: Mapping[str, Parameter]) -> str | None:
    """What stands against using this table, with its place and the remedy; None when nothing does."""
    first = next(faults(table, parameters), None)
    if first is None:
        return None
    when = f" at {first.moment.isoformat()}" if first.moment else ""
    if first.kind == "unknown":
        return (
            f"{table.file}: reads the parameters {', '.join(first.facts)}, which nobody declares. Remedy: declare them in parameters.yml."
        )
    if first.kind == "gap":
        return f"{table.file}: no row fits {first.facts}{when}. Remedy: add a row for it, or leave a condition out of one."
    if first.kind == "dead":
        return f"{table.file}, row {first.row}: it can never answer{when}. Remedy: put it before the row that covers it, or remove it."
    remedy = "Remedy: correct the row or the example."
    if first.kind == "hit":
        return f"{table.file}, row {first.row}: its hit {dict(first.facts)} is answered by {first.said}. {remedy}"
    if first.kind == "miss":
        return f"{table.file}, row {first.row}: it answers its miss {dict(first.facts)}. {remedy}"
    return first.said
