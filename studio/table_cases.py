"""Questions about the cases of a decision table, answered exactly: which cases no row fits, which rows share cases, what a change changes.

Cases are boxes (policy/boxes.py); an answer is always a condition that can be put into a row, and one case of it as an example.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Literal

from policy.boxes import Box, Compiled, meet, outside
from policy.decide import compile_table
from policy.parameters import Parameters
from policy.table import Condition, Input, IntTest, ParameterRef, Row, Table
from policy.validity import ALWAYS

MOST_GAPS = 8
MOST_CHANGES = 40


@dataclass(frozen=True)
class Case:
    """Some cases: ``when`` is the condition of a row that fits exactly them, ``facts`` is one of them."""

    when: Mapping[str, object]
    facts: Mapping[str, object]


@dataclass(frozen=True)
class Overlap:
    """Two rows (numbers in the table of that moment) that fit the same ``case`` and say different things; the first one answers it.

    ``kind``: inside (the first fits nothing that the second would not: an exception to it), across (each also fits others: what
    decides between them is only the order).
    """

    first: int
    second: int
    kind: Literal["inside", "across"]
    case: Case


@dataclass(frozen=True)
class Change:
    """Cases that were answered by the row ``before`` and are by ``after``, with another answer; None: by no row.

    ``case.when`` fits all of them, and as few others as it can.
    """

    before: int | None
    after: int | None
    case: Case


def gaps(compiled: Compiled, most: int = MOST_GAPS) -> list[Case]:
    """The cases that no row fits, each as wide as a condition can name them; at most so many."""
    known, found = list(compiled.boxes), list[Case]()
    while len(found) < most and (hole := outside(compiled.full, known)) is not None:
        wide = _widened(compiled, hole)
        found.append(case(compiled, wide))
        known.append(wide)
    return found


def case(compiled: Compiled, box: Box) -> Case:
    """A box as a condition and an example."""
    when = {}
    for (name, known), mask, full in zip(compiled.table.inputs.items(), box, compiled.full, strict=True):
        if mask != full:
            when[name] = _words(known, mask) if known.words is not None else _numbers(compiled.ends[name], mask)
    return Case(when, compiled.facts_of(box))


def shortened(table: Table, parameters: Parameters, box: Mapping[str, object], facts: Mapping[str, object]) -> dict[str, object]:
    """The facts of a case without those that its table supposes anyhow: an example says what matters. ``box``: the case's condition."""
    found = dict(facts)
    for name, known in table.inputs.items():
        default = parameters.get(known.default.name) if isinstance(known.default, ParameterRef) else known.default
        allowed = box.get(name)
        if default is not None and name in found and (allowed is None or (isinstance(allowed, list) and default in allowed)):
            del found[name]
    return found


def _words(known: Input, mask: int) -> list[str]:
    return [word for bit, word in enumerate(known.words or ()) if mask >> bit & 1]


def _numbers(ends: Sequence[int], mask: int) -> dict[str, object]:
    low, high = (mask & -mask).bit_length() - 1, mask.bit_length() - 1
    tests: dict[str, object] = {}
    if low > 0:
        tests["at_least"] = ends[low - 1] + 1
    if high < len(ends):
        tests["at_most"] = ends[high]
    return tests


def _widened(compiled: Compiled, hole: Box) -> Box:
    """The hole with every further word and neighbouring stretch of numbers that no row fits either."""
    wide = list(hole)
    for place, (known, full) in enumerate(zip(compiled.table.inputs.values(), compiled.full, strict=True)):
        if known.words is None:
            wide[place] = _one_stretch(wide[place])
        grown = True
        while grown:
            grown = False
            for bit in range(full.bit_length()):
                more = 1 << bit
                beside = known.words is not None or wide[place] & (more << 1 | more >> 1)
                if wide[place] & more or not beside:
                    continue
                tried = (*wide[:place], more, *wide[place + 1 :])
                if all(meet(tried, box) is None for box in compiled.boxes):
                    wide[place] |= more
                    grown = True
    return tuple(wide)


def _one_stretch(mask: int) -> int:
    """The lowest run of neighbouring cells: what one test of a number can say."""
    low = (mask & -mask).bit_length() - 1
    run = 0
    while mask >> (low + run) & 1:
        run += 1
    return ((1 << run) - 1) << low


class ByIdentity[Held]:
    """Something that cannot be hashed, as a key of a cache: by identity, which it keeps by holding it."""

    def __init__(self, held: Held) -> None:
        self.held = held

    def __hash__(self) -> int:
        return id(self.held)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ByIdentity) and other.held is self.held


def overlaps(compiled: Compiled) -> tuple[Overlap, ...]:
    """Every pair of rows that share a case and answer it differently, unless rows before both of them take all that they share."""
    return _overlaps(ByIdentity(compiled))


@lru_cache(maxsize=32)
def _overlaps(key: ByIdentity[Compiled]) -> tuple[Overlap, ...]:
    compiled = key.held
    boxes, found = compiled.boxes, list[Overlap]()
    for second in range(len(boxes)):
        for first in range(second):
            if compiled.outcome[first] == compiled.outcome[second]:
                continue
            common = meet(boxes[first], boxes[second])
            if common is None:
                continue
            shared = outside(common, boxes[:first])
            if shared is None:
                continue
            inside = all(one & ~other == 0 for one, other in zip(boxes[first], boxes[second], strict=True))
            kind: Literal["inside", "across"] = "inside" if inside else "across"
            found.append(Overlap(first, second, kind, case(compiled, common)))
    return tuple(found)


def answers(compiled: Compiled, number: int, most: int = 3) -> list[Case]:
    """Cases that this row really answers: examples for it."""
    found: list[Case] = []
    before = list(compiled.boxes[:number])
    while len(found) < most and (part := outside(compiled.boxes[number], before)) is not None:
        found.append(case(compiled, part))
        before.append(part)
    return found


def plain(table: Table, parameters: Parameters, at: datetime | None) -> Table:
    """The rows of this moment with numbers in the place of parameters: two such tables can be compared."""
    compiled = compile_table(table, parameters, at)

    def bound(value: int | ParameterRef) -> int:
        # Compiling has refused everything but numbers.
        return parameters[value.name] if isinstance(value, ParameterRef) else value  # type: ignore[return-value]

    def condition(given: Condition) -> Condition:
        return IntTest(tuple((test, bound(value)) for test, value in given.tests)) if isinstance(given, IntTest) else given

    rows = tuple(
        replace(row, when={name: condition(given) for name, given in row.when.items()}, then=then, valid=ALWAYS)
        for row, then in zip(compiled.table.rows, compiled.thens, strict=True)
    )
    return replace(table, rows=rows, parameters=(), inputs={name: replace(one, default=None) for name, one in table.inputs.items()})


def changes(before: Table, after: Table, most: int = MOST_CHANGES) -> list[Change]:
    """The cases that two ``plain`` tables answer differently. Inputs must be the same (``comparable``).

    Exact, and quick because a case can only change when the row that answered it or the row that answers it was itself changed, moved,
    added or removed.
    """
    count = len(before.rows)
    both = Compiled(replace(before, rows=(*before.rows, *after.rows)), {})
    old, new = both.boxes[:count], both.boxes[count:]
    same = _kept(before.rows, after.rows)
    found: list[Change] = []
    for first in range(len(old)):
        for second in range(len(new)):
            if (first, second) in same or both.outcome[first] == both.outcome[count + second]:
                continue
            if first in same.olds and second in same.news:
                continue
            _tell(found, both, meet(old[first], new[second]), (*old[:first], *new[:second]), first, second, most)
    for first in range(len(old)):
        _tell(found, both, old[first], (*old[:first], *new), first, None, most)
    for second in range(len(new)):
        _tell(found, both, new[second], (*old, *new[:second]), None, second, most)
    return found[:most]


def _tell(
    found: list[Change], both: Compiled, common: Box | None, others: Sequence[Box], first: int | None, second: int | None, most: int
) -> None:
    if common is None or len(found) >= most:
        return
    part = outside(common, others)
    if part is not None:
        found.append(Change(first, second, Case(case(both, _narrowed(common, others)).when, both.facts_of(part))))


def _narrowed(box: Box, others: Sequence[Box]) -> Box:
    """The box without what one of the others covers across all of it: a change is told of no more cases than it must be."""
    wide, shrunk = list(box), True
    while shrunk:
        shrunk = False
        for other in others:
            beyond = [place for place, mask in enumerate(other) if wide[place] & ~mask]
            if len(beyond) == 1 and wide[beyond[0]] & other[beyond[0]]:
                wide[beyond[0]] &= ~other[beyond[0]]
                shrunk = True
    return tuple(wide)


class _Same(dict[tuple[int, int], bool]):
    """Pairs (old number, new number) of rows that are equal and stand in the same order; ``olds`` and ``news`` are their numbers."""

    def __init__(self, pairs: Sequence[tuple[int, int]]) -> None:
        super().__init__(dict.fromkeys(pairs, True))
        self.olds = {old for old, _ in pairs}
        self.news = {new for _, new in pairs}


def _kept(before: Sequence[Row], after: Sequence[Row]) -> _Same:
    """The longest run of rows that are the same in both, in one order."""

    def names(rows: Sequence[Row]) -> list[str]:
        return [repr((row.id, sorted(row.when.items(), key=repr), sorted(row.then.items(), key=repr))) for row in rows]

    found = SequenceMatcher(None, names(before), names(after), autojunk=False).get_matching_blocks()
    return _Same([(block.a + step, block.b + step) for block in found for step in range(block.size)])


def comparable(before: Table, after: Table) -> bool:
    """Whether the two have the same inputs with the same words."""
    return {name: one.words for name, one in before.inputs.items()} == {name: one.words for name, one in after.inputs.items()}
