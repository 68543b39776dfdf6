"""A table compiled for deciding: rows as boxes in the space of all possible facts.

Every input is cut into cells: its words, or the stretches of whole numbers that no row tells apart. A row is then a box
(one set of cells per input, as bit masks), and "can this row still be the first that fits?", "does every combination hit a
row?" and "is every row reachable?" are exact questions about boxes, without walking through millions of combinations.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from decimal import Decimal
from operator import and_

from policy.parameters import Parameters, ParamValue
from policy.table import Condition, Input, IntTest, ParameterRef, Table, TableError

Box = tuple[int, ...]
Stretch = tuple[int | None, int | None]  # lowest and highest number, both included; None is open


class FactError(ValueError):
    """A fact that the table has no input or no word for; the message names it and what is allowed."""


class Compiled:
    """A table with the shop's numbers put in. ``full`` is the box of all facts, ``boxes`` and ``thens`` go by row."""

    def __init__(self, table: Table, parameters: Parameters) -> None:
        self.table = table
        self.names = tuple(table.inputs)
        self._parameters = parameters
        stretches: dict[str, list[Stretch]] = {name: [] for name in self.names}
        for row in table.rows:
            for name, condition in row.when.items():
                if isinstance(condition, IntTest):
                    stretches[name].append(self._stretch(row.id, condition))
        # The last number of every cell but the open last one; empty for words.
        self.ends: dict[str, list[int]] = {
            name: sorted({low - 1 for low, _ in found if low is not None} | {high for _, high in found if high is not None})
            for name, found in stretches.items()
        }
        self.full: Box = tuple((1 << self._count(known)) - 1 for known in table.inputs.values())
        self.boxes: tuple[Box, ...] = tuple(
            tuple(self._mask(row.id, known, row.when.get(name), self.full[i]) for i, (name, known) in enumerate(table.inputs.items()))
            for row in table.rows
        )
        self.thens: tuple[dict[str, object], ...] = tuple(
            {key: self._value(row.id, value) if isinstance(value, ParameterRef) else value for key, value in row.then.items()}
            for row in table.rows
        )
        groups: list[dict[str, object]] = []
        outcome: list[int] = []
        for then in self.thens:
            if then not in groups:
                groups.append(then)
            outcome.append(groups.index(then))
        self.outcome = tuple(outcome)  # rows that say the same carry the same number
        self.defaults: Box = tuple(self._default(known, self.full[i]) for i, known in enumerate(table.inputs.values()))

    def region(self, facts: Mapping[str, object]) -> Box:
        """The box of everything that agrees with the facts; inputs not known (or None) take their default, else stay open."""
        for name in facts:
            if name not in self.table.inputs:
                raise FactError(f"table {self.table.name}: unknown input {name!r}; allowed: {', '.join(self.names)}")
        return tuple(
            self.defaults[i] if facts.get(name) is None else self.cell(self.table.inputs[name], facts[name])
            for i, name in enumerate(self.names)
        )

    def cell(self, known: Input, fact: object) -> int:
        """The cell of one fact as a mask; ``FactError`` names input, word and what is allowed."""
        if known.words is None:
            if isinstance(fact, bool) or not isinstance(fact, int):
                raise FactError(f"table {self.table.name}: {known.name} is {fact!r}; allowed: a whole number")
            return 1 << bisect_left(self.ends[known.name], fact)
        if not isinstance(fact, str) or fact not in known.words:
            raise FactError(f"table {self.table.name}: unknown word {fact!r} for {known.name}; allowed: {', '.join(known.words)}")
        return 1 << known.words.index(fact)

    def firsts(self, region: Box, exact: bool = True) -> list[int]:
        """Numbers of the rows that can still be the first to fit, in order. Not ``exact``: only rows behind a certain one are out."""
        found: list[int] = []
        before: list[Box] = []
        for number, box in enumerate(self.boxes):
            common = meet(box, region)
            if common is None or (exact and outside(common, before) is None):
                continue
            found.append(number)
            if common == region:
                break
            before.append(common)
        return found

    def facts_of(self, box: Box) -> dict[str, object]:
        """One combination of facts inside the box, as words and numbers, for messages."""
        facts: dict[str, object] = {}
        for name, mask in zip(self.names, box, strict=True):
            cell = (mask & -mask).bit_length() - 1
            words, ends = self.table.inputs[name].words, self.ends[name]
            facts[name] = words[cell] if words is not None else ends[cell] if cell < len(ends) else (ends[-1] + 1 if ends else 0)
        return facts

    def _count(self, known: Input) -> int:
        return len(known.words) if known.words is not None else len(self.ends[known.name]) + 1

    def _mask(self, row: str, known: Input, condition: Condition | None, full: int) -> int:
        if condition is None:
            return full
        if not isinstance(condition, IntTest):
            assert known.words is not None
            return sum(1 << known.words.index(word) for word in set(condition))
        low, high = self._stretch(row, condition)
        ends = self.ends[known.name]
        first = 0 if low is None else bisect_left(ends, low)
        last = len(ends) if high is None else bisect_left(ends, high)
        return sum(1 << cell for cell in range(first, last + 1))

    def _stretch(self, row: str, condition: IntTest) -> Stretch:
        low: int | None = None
        high: int | None = None
        for test, bound in condition.tests:
            number = self._value(row, bound) if isinstance(bound, ParameterRef) else bound
            if not isinstance(number, (int, Decimal)):
                where = f"{self.table.file}, row {row}"
                raise TableError(
                    f"{where}: the parameter in {test} is {number!r}, not a number. Remedy: set it, or compare with another one."
                )
            if test in ("at_least", "over"):
                least = math.ceil(number) if test == "at_least" else math.floor(number) + 1
                low = least if low is None else max(low, least)
            else:
                most = math.floor(number) if test == "at_most" else math.ceil(number) - 1
                high = most if high is None else min(high, most)
        return low, high

    def _default(self, known: Input, full: int) -> int:
        if known.default is None:
            return full
        value = self._value("the inputs", known.default) if isinstance(known.default, ParameterRef) else known.default
        try:
            return self.cell(known, value)
        except FactError as error:
            raise TableError(
                f"{self.table.file}, default of {known.name}: {error}. Remedy: set the parameter to an allowed word."
            ) from error

    def _value(self, row: str, ref: ParameterRef) -> ParamValue:
        if ref.name not in self._parameters:
            raise TableError(f"{self.table.file}, row {row}: the parameter {ref.name!r} was not given. Remedy: pass load_parameters(…).")
        return self._parameters[ref.name]


def meet(one: Box, other: Box) -> Box | None:
    """What two boxes share; None when that is nothing."""
    common = tuple(map(and_, one, other))  # by far the most frequent question of all
    return common if all(common) else None


def outside(box: Box, others: Sequence[Box]) -> Box | None:
    """A part of the box that none of the others covers; None when they cover all of it."""
    for number, other in enumerate(others):
        if meet(box, other) is None:
            continue
        rest = others[number + 1 :]
        inside = list(box)
        for position, mask in enumerate(other):
            left = inside[position] & ~mask
            if left:
                found = outside((*inside[:position], left, *inside[position + 1 :]), rest)
                if found is not None:
                    return found
                inside[position] &= mask
        return None
    return box
