"""Entities: annotated sentences of ours (data/entities.yml) and how many of their values the engine finds."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import yaml

from evaluate.messages import DATA, Missing, grouped

_MARK = re.compile(r"\[(?P<words>[^\[\]]*)\]\((?P<entity>[a-z_]+)(?:=(?P<value>[^()]*))?\)")
_NEAR = 0.51  # values of measures that differ by rounding are the same

Pair = tuple[str, str | float]


@dataclass(frozen=True)
class Sentence:
    """A sentence of a group with the entities (name, value) that stand in it."""

    group: str
    text: str
    entities: tuple[Pair, ...]


@dataclass(frozen=True)
class Score:
    """Entities found rightly, found wrongly and missed."""

    right: int
    wrong: int
    missed: int

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; not a number where nothing was to be found and nothing was."""
        whole = 2 * self.right + self.wrong + self.missed
        return 2 * self.right / whole if whole else math.nan

    def __add__(self, other: Score) -> Score:
        return Score(self.right + other.right, self.wrong + other.wrong, self.missed + other.missed)


@dataclass(frozen=True)
class TestSet:
    """The annotated sentences, the day on which they are said, and the entities that count."""

    sentences: tuple[Sentence, ...]
    today: date
    scored: frozenset[str]


def read(path: Path = DATA / "entities.yml") -> TestSet:
    """The annotated sentences.

    Raises:
        Missing: a mark is written wrongly or names an entity that is not scored.
    """
    content = yaml.safe_load(path.read_text("utf-8"))
    today, scored = date.fromisoformat(content["today"]), frozenset(content["scored"])
    return TestSet(tuple(annotated(group, line, today, scored) for group, line in grouped(path)), today, scored)


def annotated(group: str, line: str, today: date, scored: frozenset[str]) -> Sentence:
    """One line of the file. Missing when it cannot be read."""
    found: list[Pair] = []

    def plain(match: re.Match[str]) -> str:
        entity, said = match["entity"], match["value"] if match["value"] is not None else match["words"]
        if entity not in scored:
            raise Missing(f"entities.yml: {entity} is not among the scored entities: {line}")
        found.append((entity, _value(entity, said, today)))
        return match["words"]

    text = _MARK.sub(plain, line)
    if re.search(r"\]\(|\[|\]", text):
        raise Missing(f"entities.yml: a mark is written wrongly: {line}")
    return Sentence(group, text, tuple(found))


def _value(entity: str, said: str, today: date) -> str | float:
    if entity == "date":
        return (today + timedelta(days=int(said))).isoformat() if re.fullmatch(r"[+-]\d+", said) else date.fromisoformat(said).isoformat()
    if entity in {"order_number", "tracking_number", "phone_tail", "size"}:
        return said
    return float(said) if re.fullmatch(r"\d+(?:\.\d+)?", said) else said


def same(one: Pair, other: Pair) -> bool:
    """Whether two entities are the same; numbers to the last half."""
    if one[0] != other[0]:
        return False
    if isinstance(one[1], float) or isinstance(other[1], float):
        try:
            return abs(float(one[1]) - float(other[1])) < (0.001 if one[0] in {"amount", "quantity"} else _NEAR)
        except ValueError:
            return False
    return one[1] == other[1]


def score(expected: Sequence[Pair], found: Sequence[Pair]) -> tuple[dict[str, Score], list[Pair], list[Pair]]:
    """Compare one sentence's entities, each met at most once.

    Returns:
        entity → score, what was missed, what was found wrongly.
    """
    left = list(found)
    missed: list[Pair] = []
    hits = Counter[str]()
    for one in expected:
        match = next((place for place, other in enumerate(left) if same(one, other)), None)
        if match is None:
            missed.append(one)
        else:
            left.pop(match)
            hits[one[0]] += 1
    names = {name for name, _ in [*expected, *found]}
    table = {name: Score(hits[name], sum(one[0] == name for one in left), sum(one[0] == name for one in missed)) for name in sorted(names)}
    return table, missed, left


def pairs_of(entities: Sequence[Mapping[str, object]], scored: frozenset[str]) -> list[Pair]:
    """The engine's entities that count, as (name, value)."""
    found: list[Pair] = []
    for one in entities:
        name, value = str(one["entity"]), one["value"]
        if name in scored:
            found.append((name, float(value) if isinstance(value, int | float) else str(value)))
    return found


def total(scores: Sequence[Mapping[str, Score]]) -> Score:
    """The sum over sentences and entities."""
    return sum((one for table in scores for one in table.values()), Score(0, 0, 0))


def by_group(sentences: Sequence[Sentence], scores: Sequence[Mapping[str, Score]]) -> dict[str, Score]:
    """Group → sum over its sentences."""
    found: dict[str, Score] = {}
    for sentence, table in zip(sentences, scores, strict=True):
        found[sentence.group] = found.get(sentence.group, Score(0, 0, 0)) + total([table])
    return found


def by_entity(scores: Sequence[Mapping[str, Score]]) -> dict[str, Score]:
    """Entity → sum over sentences."""
    names = sorted({name for table in scores for name in table})
    return {name: sum((table[name] for table in scores if name in table), Score(0, 0, 0)) for name in names}
