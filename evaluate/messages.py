"""Labelled messages: the real ones (outside the project), our held-out and out-of-scope ones, and what intents answer them.

Of a real message only `message_id` may be kept in the project, never its text.
"""

from __future__ import annotations

import csv
import hashlib
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from launch.paths import ROOT

DATA = Path(__file__).resolve().parent / "data"
NLU_TESTS = ROOT / "tests" / "nlu"
OUT_OF_SCOPE = "out_of_scope"


class Missing(ValueError):
    """Something that is measured on is not there or not usable; the message says what and where."""


@dataclass(frozen=True)
class Row:
    """One real message: its text, its coarse label, the labels that are as good."""

    text: str
    label: str
    also: frozenset[str]


@dataclass(frozen=True)
class Served:
    """The coarse labels an intent answers, strictly and in addition leniently."""

    strict: tuple[str, ...]
    lenient: tuple[str, ...]


@dataclass(frozen=True)
class Example:
    """A message of ours with its intent and, in a family, its topic."""

    text: str
    intent: str
    topic: str | None


class Coarse:
    """Intent (and topic) → coarse labels, from tests/nlu/coarse_labels.yml."""

    def __init__(self, served: Mapping[str, Served]) -> None:
        self._served = served

    @classmethod
    def read(cls, path: Path = NLU_TESTS / "coarse_labels.yml") -> Coarse:
        """Read the file; `topics` (intent/topic) overrides `intents`."""
        found = yaml.safe_load(path.read_text("utf-8"))
        return cls(
            {
                name: Served(tuple(labels["strict"]), tuple(labels["lenient"]))
                for part in ("intents", "topics", "fallback")
                for name, labels in (found.get(part) or {}).items()
            }
        )

    def of(self, intent: str, topic: str | None = None) -> Served:
        """What an intent serves. Missing when coarse_labels.yml does not know it."""
        found = self._served.get(f"{intent}/{topic}") or self._served.get(intent)
        if found is None:
            raise Missing(f"tests/nlu/coarse_labels.yml lacks the intent {intent}")
        return found

    def strict(self, row: Row, intent: str, topic: str | None = None) -> bool:
        """Whether the message's own label is one the intent serves."""
        return row.label in self.of(intent, topic).strict

    def lenient(self, row: Row, intent: str, topic: str | None = None) -> bool:
        """Whether one of the message's acceptable labels is served, if need be by way of a further question."""
        served = self.of(intent, topic)
        return bool(({row.label} | row.also) & {*served.strict, *served.lenient})

    def label(self, row: Row, intent: str, topic: str | None = None) -> str:
        """The label that a strict reader would say was predicted: the row's own when it is served, else the intent's first."""
        served = self.of(intent, topic).strict
        return row.label if row.label in served else (served[0] if served else f"({intent})")


def message_id(text: str) -> str:
    """A name for a message that does not hold it."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def real_messages() -> Path:
    """The folder of the real messages: XIAOER_REAL_MESSAGES, or shared/real_messages beside the project root."""
    said = os.environ.get("XIAOER_REAL_MESSAGES")
    return Path(said) if said else ROOT.parent / "shared" / "real_messages"


def read_rows(path: Path | None = None) -> list[Row]:
    """The rows of dev.tsv (text, label, also_acceptable, source).

    Raises:
        Missing: the file is not there, or a row lacks its label.
    """
    path = path or real_messages() / "dev.tsv"
    if not path.is_file():
        raise Missing(
            f"{path}: the real messages are not there. They are no part of the project: lay real_messages into a folder `shared` "
            "beside the project, or name its place in XIAOER_REAL_MESSAGES"
        )
    with path.open(encoding="utf-8", newline="") as stream:
        lines = list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
    if not lines or not all(line.get("text") and line.get("label") for line in lines):
        raise Missing(f"{path}: needs the columns text, label, also_acceptable and a label in every row")
    return [Row(line["text"], line["label"], frozenset(filter(None, (line.get("also_acceptable") or "").split(",")))) for line in lines]


def read_examples(paths: Iterable[Path]) -> list[Example]:
    """Examples of Rasa NLU files, in their order."""
    found = []
    for path in paths:
        for entry in yaml.safe_load(path.read_text("utf-8"))["nlu"]:
            if "intent" in entry:
                topic = (entry.get("metadata") or {}).get("topic")
                lines = (line.strip() for line in entry["examples"].splitlines())
                found += [Example(line[1:].strip(), entry["intent"], topic) for line in lines if line.startswith("-")]
    return found


def held_out() -> list[Example]:
    """Our held-out messages (tests/nlu/test_*.yml)."""
    return read_examples(sorted(NLU_TESTS.glob("test_*.yml")))


def taught() -> list[Example]:
    """What the model is trained on (data/nlu)."""
    return read_examples(sorted((ROOT / "data" / "nlu").glob("*.yml")))


def grouped(path: Path) -> list[tuple[str, str]]:
    """(group, line) of a data file of ours."""
    content: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return [(group, line.strip()) for group, lines in content["groups"].items() for line in lines.splitlines() if line.strip()]


def outside() -> list[str]:
    """Our out-of-scope messages."""
    return [line for _, line in grouped(DATA / "out_of_scope.yml")]


def plain(text: str) -> str:
    """A message without punctuation, blanks and case, to find it again."""
    return re.sub(r"[\W_]+", "", text).lower() or text
