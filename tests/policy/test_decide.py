"""The decision core: first hit wins, unknown facts, and a table with a mistake never loads."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import pytest

from policy.boxes import Compiled, outside
from policy.decide import FactError, TableError, decide, gap, main, unreachable
from policy.parameters import load_parameters
from policy.table import Table
from policy.table_file import read_table

TABLE = """
table: sample
inputs:
  reason: [quality, own]
  insurance: ["yes", "no"]
  stage: [sent, received]
  days: int
  colour: {words: [red, blue], default: red}
  mode: {words: [shopper_first, strict_001], default: {parameter: postage_time_tier_mode}}
outputs:
  pays: [shop, shopper]
  cap: {type: money, words: [all], default: null}
  say: response
rows:
  - id: a_01
    when: {reason: quality, insurance: "no", days: {at_most: {parameter: quality_return_days}}}
    then: {pays: shop, cap: {parameter: return_postage_cap}, say: utter_returns_a}
    source: "page 1"
    status: stated
    hits: [{reason: quality, insurance: "no", stage: received, days: 7}]
    misses: [{reason: quality, insurance: "no", stage: received, days: 8}]
  - id: a_02
    when: {reason: quality, days: {over: 7, at_most: 30}, mode: strict_001}
    then: {pays: shopper, say: utter_returns_b}
    source: "page 1"
    status: conflict
    hits: [{reason: quality, insurance: "no", stage: received, days: 30, mode: strict_001}]
    misses: [{reason: quality, insurance: "no", stage: received, days: 30}]
  - id: a_03
    when: {reason: quality}
    then: {pays: shop, cap: all, say: utter_returns_c}
    source: "page 1"
    status: stated
    hits: [{reason: quality, insurance: "yes", stage: received, days: 3}]
    misses: [{reason: own, insurance: "yes", stage: received, days: 3}]
  - id: b_01
    when: {stage: [sent], colour: any}
    then: {pays: shopper, say: utter_returns_d}
    source: "page 2"
    status: inferred
    hits: [{reason: own, stage: sent}]
    misses: [{reason: own, stage: received}]
  - id: b_02
    when: {}
    then: {pays: shopper, say: utter_returns_d}
    source: "page 3"
    status: proposed
    hits: [{reason: own, stage: received}]
    misses: [{reason: own, stage: sent}]
notes:
  - {id: n_01, kind: forbidden, why: "never done"}
"""


def write(folder: Path, text: str, name: str = "sample.yml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def table(tmp_path: Path) -> Table:
    return read_table(write(tmp_path, TABLE))


def test_the_first_row_that_fits_answers(table: Table) -> None:
    decision = decide(table, {"reason": "quality", "insurance": "no", "stage": "received", "days": 7}, load_parameters())
    assert (decision.row, decision.source, decision.status) == ("a_01", "page 1", "stated")
    assert decision.then == {"pays": "shop", "cap": 15, "say": "utter_returns_a"}


def test_a_parameter_of_the_shop_moves_the_boundary_and_the_output(table: Table) -> None:
    facts = {"reason": "quality", "insurance": "no", "stage": "received", "days": 10}
    decision = decide(table, facts, load_parameters({"quality_return_days": 15, "return_postage_cap": "12.5"}))
    assert decision.row == "a_01"
    assert str(decision.then["cap"]) == "12.5"
    assert decide(table, facts, load_parameters()).row == "a_03"


def test_a_default_may_be_a_parameter(table: Table) -> None:
    facts = {"reason": "quality", "insurance": "no", "days": 20}
    assert decide(table, facts, load_parameters()).row == "a_03"
    assert decide(table, facts, load_parameters({"postage_time_tier_mode": "strict_001"})).row == "a_02"
    assert decide(table, {**facts, "mode": "shopper_first"}, load_parameters({"postage_time_tier_mode": "strict_001"})).row == "a_03"


def test_what_matters_is_asked(table: Table) -> None:
    decision = decide(table, {"reason": "quality", "stage": "received", "days": 3}, load_parameters())
    assert (decision.row, decision.ask, decision.rows) == (None, "insurance", ("a_01", "a_03"))
    assert decision.then == {}


def test_what_does_not_matter_is_not_asked(table: Table) -> None:
    assert decide(table, {"reason": "quality", "insurance": "yes"}, load_parameters()).row == "a_03"


def test_rows_that_say_the_same_need_no_question(table: Table) -> None:
    decision = decide(table, {"reason": "own"}, load_parameters())
    assert (decision.row, decision.rows) == ("b_01", ("b_01", "b_02"))


def test_the_question_splits_best(table: Table) -> None:
    assert decide(table, {}, load_parameters()).ask == "reason"


def test_none_counts_as_unknown(table: Table) -> None:
    assert decide(table, {"reason": "quality", "insurance": None, "days": 3}, load_parameters()).ask == "insurance"


def test_a_row_covered_by_several_others_is_no_candidate(tmp_path: Path) -> None:
    rows = TABLE.replace('reason: quality, insurance: "no", days: {at_most: {parameter: quality_return_days}}', 'insurance: "yes"')
    rows = rows.replace("reason: quality, days: {over: 7, at_most: 30}, mode: strict_001", 'insurance: "no"')
    table = read_table(write(tmp_path, rows))
    assert unreachable(table, load_parameters()) == ["a_03", "b_01", "b_02"]
    assert decide(table, {"reason": "own"}, load_parameters()).rows == ("a_01", "a_02")


def test_an_open_decision_agrees_with_trying_every_answer(table: Table) -> None:
    parameters = load_parameters()
    words: dict[str, list[object]] = {
        "reason": ["quality", "own", None],
        "insurance": ["yes", "no", None],
        "stage": ["sent", "received", None],
        "days": [7, 8, 31, None],
    }
    for combination in product(*words.values()):
        facts = {name: value for name, value in zip(words, combination, strict=True) if value is not None}
        open_names = [name for name in words if name not in facts]
        answers = set()
        for completion in product(*[[value for value in words[name] if value is not None] for name in open_names]):
            row = decide(table, {**facts, **dict(zip(open_names, completion, strict=True))}, parameters)
            answers.add(json.dumps(row.then, default=str, sort_keys=True))
        decision = decide(table, facts, parameters)
        assert (decision.row is not None) == (len(answers) == 1), facts


@pytest.mark.parametrize(
    ("condition", "inside", "outside_"),
    [
        ("3", [3], [2, 4]),
        ("{at_most: 3}", [-1, 3], [4]),
        ("{at_least: 3}", [3, 900], [2]),
        ("{over: 3}", [4], [3]),
        ("{under: 3}", [2], [3]),
        ("{between: [3, 5]}", [3, 5], [2, 6]),
        ("{over: 3, at_most: 5}", [4, 5], [3, 6]),
        ("{parameter: quality_return_days}", [7], [6, 8]),
        ("{at_most: {parameter: return_postage_cap}}", [15], [16]),
        ("any", [-5, 0, 99], []),
    ],
)
def test_conditions_on_numbers(tmp_path: Path, condition: str, inside: list[int], outside_: list[int]) -> None:
    text = TABLE.replace("days: {at_most: {parameter: quality_return_days}}", f"days: {condition}")
    table = read_table(write(tmp_path, text))
    for days in inside:
        assert decide(table, {"reason": "quality", "insurance": "no", "days": days}, load_parameters()).row == "a_01", days
    for days in outside_:
        assert decide(table, {"reason": "quality", "insurance": "no", "days": days}, load_parameters()).row != "a_01", days


def test_a_missing_row_is_named_by_an_example(tmp_path: Path) -> None:
    table = read_table(write(tmp_path, TABLE.replace("when: {}", "when: {days: {at_least: 4}}")))
    hole = gap(table, load_parameters())
    assert hole is not None
    assert (hole["reason"], hole["stage"], hole["days"]) == ("own", "received", 3)
    with pytest.raises(TableError, match="no row fits"):
        decide(table, {"reason": "own", "stage": "received", "days": 3}, load_parameters())


def test_boxes_cover_exactly(table: Table) -> None:
    compiled = Compiled(table, load_parameters())
    assert outside(compiled.full, compiled.boxes) is None
    assert outside(compiled.full, compiled.boxes[:3]) is not None


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"reasn": "quality"}, "unknown input 'reasn'; allowed: reason, insurance, stage, days, colour, mode"),
        ({"reason": "bored"}, "unknown word 'bored' for reason; allowed: quality, own"),
        ({"days": "three"}, "days is 'three'; allowed: a whole number"),
        ({"days": True}, "days is True; allowed: a whole number"),
        ({"insurance": False}, "unknown word False for insurance; allowed: yes, no"),
    ],
)
def test_an_unknown_fact_is_refused(table: Table, facts: dict[str, object], message: str) -> None:
    with pytest.raises(FactError, match=message):
        decide(table, facts, load_parameters())


MISTAKES = {
    "unknown input word": ("{stage: [sent], colour: any}", "{stage: [lost], colour: any}", ["row b_01", "'lost'", "sent, received"]),
    "unknown input": ("{stage: [sent], colour: any}", "{step: sent}", ["row b_01", "'step'", "reason, insurance"]),
    "unknown output word": (
        "then: {pays: shopper, say: utter_returns_b}",
        "then: {pays: nobody, say: utter_returns_b}",
        ["row a_02", "'nobody'", "shop, shopper"],
    ),
    "unknown output": ("then: {pays: shopper, say: utter_returns_b}", "then: {pais: shop, say: utter_returns_b}", ["row a_02", "'pais'"]),
    "missing output": ("then: {pays: shopper, say: utter_returns_b}", "then: {pays: shopper}", ["row a_02", "'say'"]),
    "no response name": ("say: utter_returns_b", "say: Hello", ["row a_02", "'Hello'", "utter_<topic>_<outcome>"]),
    "missing key": ('    source: "page 2"\n', "", ["row b_01", "'source'"]),
    "unknown key": ('source: "page 2"', 'source: "page 2"\n    when_not: {}', ["row b_01", "'when_not'"]),
    "unknown status": ("status: inferred", "status: sure", ["row b_01", "'sure'", "stated, inferred, proposed, conflict"]),
    "duplicate id": ("- id: b_02", "- id: b_01", ["'b_01'", "twice"]),
    "duplicate id in notes": ("{id: n_01,", "{id: a_01,", ["'a_01'", "twice"]),
    "unknown parameter": (
        "{parameter: quality_return_days}",
        "{parameter: quality_days}",
        ["row a_01", "'quality_days'", "parameters.yml"],
    ),
    "parameter that is no number": (
        "{parameter: quality_return_days}",
        "{parameter: ship_cutoff}",
        ["row a_01", "'ship_cutoff'", "no number"],
    ),
    "bare no in a condition": ('insurance: "no", days', "insurance: no, days", ["row a_01", "bare no", 'quotes: "no"']),
    "bare yes in the inputs": ('insurance: ["yes", "no"]', "insurance: [yes, no]", ["bare yes", 'quotes: "yes"']),
    "bare no in a hit": (
        'hits: [{reason: quality, insurance: "no", stage: received, days: 7}]',
        "hits: [{reason: quality, insurance: no}]",
        ["row a_01", "bare no"],
    ),
    "no hits": ("    hits: [{reason: own, stage: sent}]\n", "", ["row b_01", "'hits'"]),
    "empty misses": ("misses: [{reason: own, stage: sent}]", "misses: []", ["row b_02", "misses", "at least one example"]),
    "unknown word in a miss": ("misses: [{reason: own, stage: sent}]", "misses: [{reason: bored}]", ["row b_02", "'bored'"]),
    "unknown number test": ("{over: 7, at_most: 30}", "{more: 7}", ["row a_02", "'more'", "at_most, at_least, over, under, between"]),
    "half a between": ("{over: 7, at_most: 30}", "{between: [7]}", ["row a_02", "between", "[lowest, highest]"]),
    "number as a word": ("{over: 7, at_most: 30}", "{over: soon}", ["row a_02", "'soon'", "whole number"]),
    "empty word list": ("{stage: [sent], colour: any}", "{stage: []}", ["row b_01", "empty list"]),
    "default that is no word": ("{words: [red, blue], default: red}", "{words: [red, blue], default: green}", ["'green'", "red, blue"]),
    "the word any": ("{words: [red, blue], default: red}", "[red, any]", ["'any'"]),
    "input of another type": ("days: int", "days: float", ["'days'", "int"]),
    "output of another type": ("say: response", "say: sentence", ["'say'", "money, int, text, response"]),
    "key written twice": (
        "then: {pays: shopper, say: utter_returns_b}",
        "then: {pays: shopper, pays: shop, say: utter_returns_b}",
        ["'pays' is written twice"],
    ),
    "name of another file": ("table: sample", "table: other", ["'other'", "sample.yml"]),
    "no rows": (TABLE[TABLE.index("rows:") :], "rows: []\n", ["rows is empty"]),
    "note without a reason": (', why: "never done"', "", ["note n_01", "'why'"]),
    "no YAML": ("inputs:", "inputs: [", ["not readable as YAML"]),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_a_table_is_named_with_its_remedy(tmp_path: Path, mistake: str) -> None:
    old, new, named = MISTAKES[mistake]
    assert old in TABLE
    with pytest.raises(TableError) as refused:
        read_table(write(tmp_path, TABLE.replace(old, new, 1)))
    message = str(refused.value)
    assert message.startswith("sample.yml")
    assert "Remedy: " in message
    for part in named:
        assert part in message


def test_a_table_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"missing\.yml"):
        read_table(tmp_path / "missing.yml")


def test_an_empty_parameter_cannot_bound_a_number(tmp_path: Path) -> None:
    table = read_table(write(tmp_path, TABLE.replace("{parameter: quality_return_days}", "{parameter: dispatch_hours}")))
    with pytest.raises(TableError, match=r"row a_01.*at_most is None.*Remedy"):
        decide(table, {"reason": "quality"}, load_parameters())


def test_command_line_prints_the_row(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["postage", "reason=quality", "remedy=exchange", "insurance=no", "stage=received", "days=3"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert list(shown) == ["row", "then", "source", "status"]
    assert (shown["row"], shown["status"]) == ("pr_q_ex_01", "stated")
    assert (shown["then"]["return"], shown["then"]["advanced_by"], shown["then"]["cap"]) == ("shop", "shopper", 15)


def test_command_line_prints_the_question(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["postage", "reason=quality", "remedy=exchange", "stage=received", "days=3"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown == {"row": None, "ask": "insurance", "rows": ["pr_q_ex_01", "pr_q_ex_03"]}


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ([], ["usage", "postage"]),
        (["weather"], ["'weather'", "postage"]),
        (["postage", "reason=bored"], ["'bored'", "quality"]),
        (["postage", "mood=good"], ["'mood'", "reason"]),
        (["postage", "quality"], ["'quality'", "reason"]),
        (["postage", "days=soon"], ["'soon'", "whole number"]),
    ],
)
def test_command_line_names_what_is_unknown(arguments: list[str], named: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    for part in named:
        assert part in shown.err
