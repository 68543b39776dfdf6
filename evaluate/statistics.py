"""Pure statistics of the evaluation: no files, no engine. Shares are between 0 and 1; every resampling is seeded."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

ROUNDS = 1000
LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """A figure with the bounds of its bootstrap interval (95 %), from `count` things counted."""

    value: float
    low: float
    high: float
    count: int


@dataclass(frozen=True)
class Bin:
    """Messages whose confidence lies in [low, high): how many, their mean confidence, the share that was right."""

    low: float
    high: float
    count: int
    confidence: float
    right: float


@dataclass(frozen=True)
class Step:
    """One point of the risk–coverage curve: answering from `threshold` on answers `coverage` of all, `risk` of those wrong."""

    threshold: float
    coverage: float
    risk: float


def share(hits: Sequence[bool]) -> float:
    """Share of true values; not a number for none."""
    return sum(hits) / len(hits) if hits else math.nan


def per_label(labels: Sequence[str], predicted: Sequence[str]) -> dict[str, tuple[float, float, float, int]]:
    """Label → (precision, recall, F1, messages), for the labels that occur."""
    totals, guesses = Counter(labels), Counter(predicted)
    hits = Counter(label for label, guess in zip(labels, predicted, strict=True) if label == guess)
    found = {}
    for label, total in totals.items():
        precision = hits[label] / guesses[label] if guesses[label] else 0.0
        recall = hits[label] / total
        found[label] = (precision, recall, 2 * precision * recall / (precision + recall) if hits[label] else 0.0, total)
    return found


def macro_f1(labels: Sequence[str], predicted: Sequence[str], counted: Sequence[str] | None = None) -> float:
    """Mean F1 over the labels of `counted` that occur (all by default); not a number when none does."""
    table = per_label(labels, predicted)
    scores = [score for label, (_, _, score, _) in table.items() if counted is None or label in counted]
    return sum(scores) / len(scores) if scores else math.nan


def reliability(confidences: Sequence[float], right: Sequence[bool], bins: int = 10) -> list[Bin]:
    """The reliability curve over equal widths; empty bins are left out."""
    members: list[list[int]] = [[] for _ in range(bins)]
    for place, confidence in enumerate(confidences):
        members[min(int(confidence * bins), bins - 1)].append(place)
    return [
        Bin(
            number / bins,
            (number + 1) / bins,
            len(own),
            sum(confidences[place] for place in own) / len(own),
            sum(right[place] for place in own) / len(own),
        )
        for number, own in enumerate(members)
        if own
    ]


def calibration_error(confidences: Sequence[float], right: Sequence[bool], bins: int = 10) -> float:
    """Expected calibration error: mean distance of confidence and share right, weighted by the bins' sizes."""
    if not confidences:
        return math.nan
    table = reliability(confidences, right, bins)
    return sum(one.count * abs(one.confidence - one.right) for one in table) / len(confidences)


def risk_coverage(confidences: Sequence[float], right: Sequence[bool]) -> list[Step]:
    """The curve from the most confident message on; equal confidences make one step."""
    order = sorted(range(len(confidences)), key=lambda place: -confidences[place])
    steps: list[Step] = []
    wrong = 0
    for number, place in enumerate(order, 1):
        wrong += not right[place]
        if number == len(order) or confidences[order[number]] != confidences[place]:
            steps.append(Step(confidences[place], number / len(order), wrong / number))
    return steps


def widest(steps: Sequence[Step], risk: float) -> Step | None:
    """The step that answers most messages at a risk of at most `risk`; None when there is none."""
    held = [step for step in steps if step.risk <= risk]
    return max(held, key=lambda step: step.coverage, default=None)


def recall_at_false_alarms(inside: Sequence[float], outside: Sequence[float], rate: float = 0.05) -> tuple[float, float]:
    """How much of `outside` lies above the threshold that at most `rate` of `inside` lies above.

    Returns:
        recall and the threshold (scores above it count as outside).
    """
    if not inside or not outside:
        return math.nan, math.nan
    ordered = sorted(inside, reverse=True)
    allowed = int(rate * len(ordered) + 1e-9)
    threshold = ordered[allowed] if allowed < len(ordered) else -math.inf
    return sum(score > threshold for score in outside) / len(outside), threshold


def bootstrap(
    count: int, figure: Callable[[Sequence[int]], float], *, rounds: int = ROUNDS, seed: int = 1, level: float = LEVEL
) -> Estimate:
    """A figure over `count` things with its percentile interval; `figure` is given the places of a resample.

    A figure that is not a number in a resample (no such message was drawn) is left out of the interval.
    """
    drawn = random.Random(seed)
    places = range(count)
    value = figure(places)
    found = sorted(one for one in (figure(drawn.choices(places, k=count)) for _ in range(rounds if count else 0)) if not math.isnan(one))
    if not found:
        return Estimate(value, math.nan, math.nan, count)
    low, high = _percentile(found, (1 - level) / 2), _percentile(found, (1 + level) / 2)
    return Estimate(value, low, high, count)


def share_of(hits: Sequence[bool], *, rounds: int = ROUNDS, seed: int = 1) -> Estimate:
    """Share of true values with its bootstrap interval.

    A resample of n values with k true ones holds Binomial(n, k/n) true ones, which is what is drawn.
    """
    count = len(hits)
    value = share(hits)
    if not count:
        return Estimate(value, math.nan, math.nan, 0)
    drawn = random.Random(seed)
    found = sorted(drawn.binomialvariate(count, value) / count for _ in range(rounds))
    return Estimate(value, _percentile(found, (1 - LEVEL) / 2), _percentile(found, (1 + LEVEL) / 2), count)


def paired(before: Sequence[bool], after: Sequence[bool], *, rounds: int = ROUNDS, seed: int = 1) -> Estimate:
    """Difference of two shares over the same messages (after minus before) with its paired bootstrap interval."""
    differences = [int(new) - int(old) for old, new in zip(before, after, strict=True)]

    def mean(places: Sequence[int]) -> float:
        return sum(differences[place] for place in places) / len(places) if places else math.nan

    return bootstrap(len(differences), mean, rounds=rounds, seed=seed)


def _percentile(ordered: Sequence[float], where: float) -> float:
    """Linear between the two values beside the place."""
    place = where * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
