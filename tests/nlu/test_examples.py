"""The messages understanding is taught with and measured by: plain, of one intent each, and never both."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

HERE = Path(__file__).resolve().parent
DATA = HERE.parent.parent / "data" / "nlu"
FEWEST = 60
HELD_OUT_FEWEST = 12


def examples(path: Path) -> list[tuple[str, str]]:
    """(text, intent) of a Rasa NLU file."""
    found = []
    for entry in yaml.safe_load(path.read_text("utf-8"))["nlu"]:
        if "intent" in entry:
            found += [(line.strip()[1:].strip(), entry["intent"]) for line in entry["examples"].splitlines() if line.strip()]
    return found


def same(text: str) -> str:
    """The text as the classifier sees it: without punctuation, spaces and case."""
    return re.sub(r"[\s，。！？,.!?~…、：:]+", "", text).lower() or text


TAUGHT = [row for path in sorted(DATA.glob("*.yml")) for row in examples(path)]
HELD_OUT = [row for path in sorted(HERE.glob("test_*.yml")) for row in examples(path)]


def test_a_message_belongs_to_one_intent() -> None:
    intents: dict[str, set[str]] = {}
    for text, intent in TAUGHT + HELD_OUT:
        intents.setdefault(same(text), set()).add(intent)
    assert {text: found for text, found in intents.items() if len(found) > 1} == {}


def test_no_held_out_message_is_taught() -> None:
    taught = {same(text) for text, _ in TAUGHT}
    assert [text for text, _ in HELD_OUT if same(text) in taught] == []


def test_nobody_writes_a_command_or_an_annotation() -> None:
    assert [text for text, _ in TAUGHT + HELD_OUT if text.startswith("/") or re.search(r"\]\(|\]\{", text)] == []


def test_every_intent_is_taught_and_measured_enough() -> None:
    taught, held_out = Counter(intent for _, intent in TAUGHT), Counter(intent for _, intent in HELD_OUT)
    assert {intent: count for intent, count in taught.items() if count < FEWEST} == {}
    assert {intent: held_out[intent] for intent in taught if held_out[intent] < HELD_OUT_FEWEST} == {}


@pytest.mark.parametrize("kind", ["strict", "lenient"])
def test_every_intent_is_mapped_to_real_wishes(kind: str) -> None:
    mapped = yaml.safe_load((HERE / "coarse_labels.yml").read_text("utf-8"))["intents"]
    assert set(mapped) == {intent for _, intent in TAUGHT}
    assert all(isinstance(labels[kind], list) for labels in mapped.values())
