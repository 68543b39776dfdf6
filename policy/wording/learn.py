"""The learned part of the check: which family a sentence sounds like, when no pattern says so.

A linear model over runs of one to three characters of the plain text (``normal.py``) and over the word classes that occur, trained by
``train.py`` into ``lists/learned.json``. It only ever asks a person (severity ask), it never blocks.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

from policy.wording.normal import LISTS, normalise
from policy.wording.rules import classes

LEARNED = LISTS / "learned.json"
FINE = "fine"
NEAR = 0.3  # a second family is named when it is at least this near to the first
NOISE = re.compile(r"\{\w+\}|[\s,。:;、()「」\"'!?.…*#/-]+")


def features(text: str) -> set[str]:
    """What the model sees of a sentence: runs of one to three characters, how it begins and ends, and the word classes in it."""
    plain = re.sub(r"\d+", "0", normalise(text).text)
    squeezed = NOISE.sub(" ", plain).strip()
    found = {squeezed[start : start + size] for size in (1, 2, 3) for start in range(len(squeezed) - size + 1)}
    found = {run for run in found if " " not in run}
    found |= {f"^{squeezed[:2]}", f"{squeezed[-1:]}$", f"{squeezed[-2:]}$"}
    return found | {f"<{name}>" for name, pattern in _class_patterns().items() if pattern.search(plain)}


@lru_cache(maxsize=1)
def _class_patterns() -> dict[str, re.Pattern[str]]:
    return {name: re.compile(pattern) for name, pattern in classes().items()}


def scaled(row: Collection[str], rarity: Mapping[str, float]) -> dict[str, float]:
    """The known features by their rarity, of length one altogether."""
    known = {name: rarity[name] for name in sorted(row) if name in rarity}
    length = math.sqrt(sum(value * value for value in known.values())) or 1.0
    return {name: value / length for name, value in known.items()}


def scores_of(row: Mapping[str, float], weights: Mapping[str, Sequence[float]], bias: Sequence[float]) -> list[float]:
    """One score a family: the bias and the weights of the features of a row."""
    scores = list(bias)
    for name, value in row.items():
        for place, weight in enumerate(weights[name]):
            scores[place] += weight * value
    return scores


def chances_of(scores: Sequence[float]) -> list[float]:
    """Scores as chances that sum to one."""
    highest = max(scores)
    powers = [math.exp(score - highest) for score in scores]
    total = sum(powers)
    return [power / total for power in powers]


@lru_cache(maxsize=1)
def learned() -> dict[str, Any]:
    """The trained model of ``lists/learned.json``."""
    return dict(json.loads(LEARNED.read_text("utf-8")))


def judge(text: str, model: Mapping[str, Any] | None = None) -> tuple[float, list[str]]:
    """(chance that the sentence is not an honest one, the family it sounds most like, then the next when it is near)."""
    model = model or learned()
    row = {name: value / 10 for name, value in scaled(features(text), model["rarity"]).items()}
    chances = chances_of(scores_of(row, model["tenths"], model["bias"]))
    order = sorted(range(1, len(chances)), key=lambda place: -chances[place])
    near = [place for place in order[:2] if chances[place] >= NEAR * chances[order[0]]]
    return 1 - chances[0], [str(model["families"][place]) for place in near]
