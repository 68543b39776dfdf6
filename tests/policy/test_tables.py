"""Every decision table proves itself: its rows by their examples, itself complete, every row reachable."""

from __future__ import annotations

import pytest

from policy.decide import TABLES, decide, gap, load_table, tables, topics, unreachable
from policy.parameters import declared_parameters, load_parameters
from policy.proofs import moment_of_row, moments
from policy.table import Row

PARAMETERS = load_parameters()
ROWS = [
    pytest.param(topic, row, id=f"{topic}-{row.id}" + ("" if row.valid.always else f"-from-{row.valid.begins}"))
    for topic in topics()
    for row in load_table(topic).rows
]


def test_every_file_beside_the_parameters_is_a_table() -> None:
    assert set(tables()) == {path.stem for path in TABLES.glob("*.yml")} - {"parameters"}
    assert "postage" in tables()


@pytest.mark.parametrize(("topic", "row"), ROWS)
def test_row_answers_its_hits(topic: str, row: Row) -> None:
    for facts in row.hits:
        moment = moment_of_row(row)
        decision = decide(topic, facts, load_parameters(at=moment))
        assert decision.row == row.id, f"{facts} gave {decision.row or decision.ask}"


@pytest.mark.parametrize(("topic", "row"), ROWS)
def test_row_leaves_its_misses_to_others(topic: str, row: Row) -> None:
    for facts in row.misses:
        assert decide(topic, facts, load_parameters(at=moment_of_row(row))).row != row.id, facts


@pytest.mark.parametrize("topic", topics())
def test_table_answers_every_combination_at_every_moment(topic: str) -> None:
    table = load_table(topic)
    for moment in moments(table, declared_parameters()):
        assert gap(table, load_parameters(at=moment)) is None, moment


@pytest.mark.parametrize("topic", topics())
def test_every_row_can_answer_something_at_every_moment(topic: str) -> None:
    table = load_table(topic)
    for moment in moments(table, declared_parameters()):
        assert unreachable(table, load_parameters(at=moment)) == [], moment


@pytest.mark.parametrize("topic", topics())
def test_ids_belong_to_one_table_only(topic: str) -> None:
    own = {row.id for row in load_table(topic).rows} | {note.id for note in load_table(topic).notes}
    others = {row.id for other in topics() if other != topic for row in load_table(other).rows}
    assert not own & others


@pytest.mark.parametrize("topic", topics())
def test_table_reads_only_declared_parameters(topic: str) -> None:
    assert set(load_table(topic).parameters) <= set(declared_parameters())


@pytest.mark.parametrize("topic", topics())
def test_an_empty_talk_gets_a_question_that_can_be_asked(topic: str) -> None:
    table = load_table(topic)
    decision = decide(table, {}, PARAMETERS)
    if decision.row is None:
        assert decision.ask is not None
        assert table.inputs[decision.ask].default is None
        assert len(decision.rows) > 1
