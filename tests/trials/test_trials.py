"""The table of the trials, from guesses whose worth is known; and the figures that must agree between files."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from evaluate.figures import Settings
from evaluate.messages import Coarse, Row, Served
from launch.paths import ROOT
from trials import __main__ as trials

ROWS = [Row("甲", "track_order", frozenset()), Row("乙", "bargain", frozenset()), Row("丙", "greet", frozenset())]
COARSE = Coarse(
    {name: Served((label,), ()) for name, label in [("track_parcel", "track_order"), ("bargain", "bargain"), ("greet", "greet")]}
)
RIGHT = [["track_parcel", None, 0.9], ["bargain", None, 0.8], ["greet", None, 1.0]]


def trial(name: str, real: list[list[object]], own: list[list[object]]) -> dict[str, object]:
    return {"name": name, "seconds": 12.0, "ms": 1.25, "real": real, "own": own}


def test_a_trial_is_compared_with_the_first_over_the_same_messages() -> None:
    wrong = [["bargain", None, 0.4], *RIGHT[1:]]
    found = trials.table(
        [
            trial("present", RIGHT, [["complain/slow", "complain", "attitude", 0.5], ["greet", "greet", None, 0.9]]),
            trial("worse", wrong, [["complain/slow", "greet", None, 0.5], ["greet", "greet", None, 0.9]]),
        ],
        ROWS,
        COARSE,
    ).splitlines()
    assert found[2] == "| present | 100.0% | – | 100.0% | 1.2 | 12 |"
    cells = [cell.strip() for cell in found[3].strip("|").split("|")]
    assert cells[:2] == ["worse", "66.7%"]
    assert cells[2].startswith("-33.3 [-100.0, ")
    assert cells[3] == "50.0%"


def test_a_trial_of_other_messages_is_refused() -> None:
    with pytest.raises(ValueError, match="read 1 messages, not 3"):
        trials.table([trial("present", RIGHT[:1], [])], ROWS, COARSE)
    with pytest.raises(ValueError, match="no trial"):
        trials.table([], ROWS, COARSE)


def test_results_are_read_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "told.jsonl"
    path.write_text('{"name": "甲"}\n\n{"name": "乙"}\n', "utf-8")
    assert [one["name"] for one in trials.read(path)] == ["甲", "乙"]


def test_what_is_about_money_is_the_same_for_the_bot_and_its_measure() -> None:
    doubt = yaml.safe_load((ROOT / "engine" / "nlu" / "data" / "doubt.yml").read_text("utf-8"))
    assert {intent for entry in doubt["dearer"] for intent in entry["intents"]} == Settings.read().money_intents
