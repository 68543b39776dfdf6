"""Shares that mean what they say, and a door for what the shop does not serve: two numbers learned on examples held out.

A regression on a few examples a class is too modest: what it gives 0.55 is right 85 times in 100. Its scores are multiplied by
one number, the inverse temperature at which the held-out examples are likeliest (Guo et al., On Calibration of Modern Neural
Networks, 2017). Then the classes outside the shop's scope are lifted as far as the allowed share of other held-out examples
lets them: such messages are of endless kinds, and each is rarer among the examples than among shoppers.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_RANGE = (0.25, 4.0)  # inverse temperatures that are looked at
_MOST = 6.0  # the classes outside are lifted by at most this, in scores


@dataclass(frozen=True)
class Calibration:
    """`sharpness`: inverse temperature, factor of all scores; `lift`: added to the scaled scores of the classes outside."""

    sharpness: float = 1.0
    lift: float = 0.0


def held_out(labels: Sequence[str], share: float, seed: int = 11) -> np.ndarray:
    """Which examples are held out: that share of every class, of each with at least four examples. Shape (examples,), booleans."""
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place, label in enumerate(labels):
        places[label].append(place)
    drawn = random.Random(seed)  # noqa: S311 only a choice
    found = np.zeros(len(labels), dtype=bool)
    for own in places.values():
        if len(own) >= 4:
            found[drawn.sample(own, round(len(own) * share))] = True
    return found


def shares_of(scores: np.ndarray) -> np.ndarray:
    """Softmax of each row."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def summed(shares: np.ndarray, family: np.ndarray) -> np.ndarray:
    """Shares of intents, shape (rows, intents); `family` is the place of each class's intent."""
    table = np.zeros((len(family), int(family.max()) + 1), dtype=shares.dtype)
    table[np.arange(len(family)), family] = 1
    return shares @ table


def calibrate(scores: np.ndarray, intents: np.ndarray, family: np.ndarray, outside: int | None, false_alarms: float) -> Calibration:
    """Both numbers, from held-out examples.

    Args:
        scores: of the classes, shape (examples, classes).
        intents: the right intent's place, shape (examples,).
        family: the place of each class's intent, shape (classes,).
        outside: place of the intent of what is out of scope, None when there is none.
        false_alarms: share of the examples inside that may be read as outside.
    """
    if not len(scores):
        return Calibration()
    sharpness = _sharpest(scores, intents, family)
    if outside is None or false_alarms <= 0:
        return Calibration(sharpness)
    inside = scores[intents != outside] * sharpness
    if not len(inside):
        return Calibration(sharpness)
    with np.errstate(divide="ignore"):
        found = np.log(summed(shares_of(inside), family))
    others = np.delete(found, outside, axis=1).max(axis=1)
    # How far each example inside is from being read as outside; what is read so already has no distance left.
    needed = np.sort(others - found[:, outside])
    lift = float(np.clip(needed[min(int(false_alarms * len(needed)), len(needed) - 1)], 0.0, _MOST))
    return Calibration(sharpness, round(lift, 4))


def _sharpest(scores: np.ndarray, intents: np.ndarray, family: np.ndarray) -> float:
    """The factor of the scores under which the right intents are likeliest: golden section over its logarithm."""
    rows = np.arange(len(scores))

    def unlikely(logarithm: float) -> float:
        right = summed(shares_of(scores * np.exp(logarithm)), family)[rows, intents]
        return float(-np.log(np.maximum(right, 1e-12)).mean())

    low, high = (float(np.log(one)) for one in _RANGE)
    ratio = (np.sqrt(5.0) - 1) / 2
    left, right = high - ratio * (high - low), low + ratio * (high - low)
    at_left, at_right = unlikely(left), unlikely(right)
    while high - low > 0.01:
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - ratio * (high - low)
            at_left = unlikely(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + ratio * (high - low)
            at_right = unlikely(right)
    return round(float(np.exp((low + high) / 2)), 4)
