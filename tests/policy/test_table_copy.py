"""A table kept as text decides later as it did; who looks on sees every decision and what it was made from."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

import pytest

from policy import table_copy, witness
from policy.boxes import Compiled
from policy.decide import compile_table, decide, judge, load_table, tables
from policy.parameters import load_parameters
from policy.table import Table

PARAMETERS = load_parameters()


@pytest.mark.parametrize("name", sorted(tables()))
def test_a_copy_decides_every_example_of_its_table_alike(name: str) -> None:
    table = load_table(name)
    again = table_copy.read_back(table_copy.copied(table).text)
    assert table_copy.copied(again).hash == table_copy.copied(table).hash
    known = table_copy.given_again(table_copy.told({one: PARAMETERS[one] for one in table.parameters}))
    everyday, compiled = compile_table(table, PARAMETERS), Compiled(again, known)
    if table.dated:
        compiled = Compiled(table_copy.read_back(table_copy.copied(everyday.table).text), known)
    for row in table.rows:
        for example in row.hits:
            facts = {key: value for key, value in example.items() if key in table.inputs}
            assert judge(compiled, facts) == judge(everyday, facts)


def test_another_row_is_another_hash_and_an_example_is_not() -> None:
    table = load_table("postage")
    without = dataclasses.replace(table, rows=table.rows[1:])
    unproved = dataclasses.replace(table, rows=tuple(dataclasses.replace(row, hits=(), misses=()) for row in table.rows), notes=())
    assert table_copy.copied(without).hash != table_copy.copied(table).hash
    assert table_copy.copied(unproved).hash == table_copy.copied(table).hash


def test_what_a_copy_does_not_know_is_an_error_at_once() -> None:
    @dataclasses.dataclass(frozen=True)
    class New:
        word: str

    row = dataclasses.replace(load_table("postage").rows[0], then={"say": New("x")})
    with pytest.raises(TypeError, match="New"):
        table_copy.copied(dataclasses.replace(load_table("postage"), rows=(row,)))


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"$Nothing": {}}', '{"$map": []}'])
def test_a_text_that_is_no_table_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="no copy of a table"):
        table_copy.read_back(text)


def test_sums_stay_sums() -> None:
    values = {"cap": Decimal("15.50"), "days": 7, "mode": "shopper_first", "none": None}
    assert table_copy.given_again(table_copy.told(values)) == values


FACTS = {"ask": "request", "quantity": 60}


def test_decisions_are_seen_only_while_somebody_looks_and_each_once() -> None:
    decide("bargaining", FACTS, PARAMETERS)
    assert witness.seen() == []
    with witness.watching() as seen:
        first = decide("bargaining", {**FACTS, "concessions": None}, PARAMETERS)
        decide("bargaining", FACTS, PARAMETERS)
        decide("bargaining", {"ask": "request"}, PARAMETERS)
    assert seen[0].decision == first
    assert len(seen) == 2
    told = seen[0].told()
    assert told["facts"] == FACTS
    assert told["row"] == first.row
    assert told["parameters"] == table_copy.told({name: PARAMETERS[name] for name in load_table("bargaining").parameters})
    assert told["hash"] == table_copy.copied(load_table("bargaining")).hash
    assert isinstance(table_copy.read_back(seen[0].text), Table)
    assert witness.seen() == []


def test_a_loop_of_decisions_does_not_fill_the_trace() -> None:
    with witness.watching() as seen:
        for quantity in range(3 * witness.MOST):
            decide("bargaining", {"ask": "request", "quantity": quantity}, PARAMETERS)
    assert len(seen) == witness.MOST
