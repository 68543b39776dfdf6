"""Shares are made to mean what they say on examples held out; the classes outside are lifted as far as allowed."""

from __future__ import annotations

import numpy as np
import pytest

from engine.nlu.calibration import Calibration, calibrate, held_out, shares_of, summed

FAMILY = np.array([0, 1, 1, 2])  # classes 1 and 2 are topics of one intent, 3 is what lies outside


def drawn(count: int, sharpness: float) -> tuple[np.ndarray, np.ndarray]:
    """Scores whose shares would be right if they were multiplied by `sharpness`."""
    random = np.random.default_rng(4)
    scores = random.normal(size=(count, 4)) * 2
    shares = summed(shares_of(scores * sharpness), FAMILY)
    return scores, np.array([random.choice(3, p=row / row.sum()) for row in shares])


@pytest.mark.parametrize("sharpness", [0.6, 1.0, 1.7])
def test_the_factor_that_the_examples_were_drawn_with_is_found(sharpness: float) -> None:
    scores, intents = drawn(6000, sharpness)
    assert calibrate(scores, intents, FAMILY, None, 0.0).sharpness == pytest.approx(sharpness, rel=0.08)


def test_after_calibration_shares_are_hit_rates() -> None:
    scores, intents = drawn(6000, 1.7)
    found = summed(shares_of(scores * calibrate(scores, intents, FAMILY, None, 0.0).sharpness), FAMILY)
    best, right = found.max(axis=1), found.argmax(axis=1) == intents
    for low in (0.4, 0.6, 0.8):
        own = (best >= low) & (best < low + 0.2)
        assert right[own].mean() == pytest.approx(best[own].mean(), abs=0.05)


@pytest.mark.parametrize("allowed", [0.01, 0.05])
def test_what_lies_outside_is_lifted_to_the_false_alarms_allowed(allowed: float) -> None:
    random = np.random.default_rng(5)
    intents = np.repeat([0, 1, 2], 500)
    scores = random.normal(size=(1500, 4))
    scores[np.arange(1500), np.array([0, 1, 3])[intents]] += 2.5
    scores[:, 3] -= 1
    found = calibrate(scores, intents, FAMILY, 2, allowed)
    lifted = scores * found.sharpness
    lifted[:, 3] += found.lift
    read = summed(shares_of(lifted), FAMILY).argmax(axis=1) == 2
    assert found.lift > 0
    assert read[intents != 2].mean() == pytest.approx(allowed, abs=0.003)
    before = summed(shares_of(scores), FAMILY).argmax(axis=1) == 2
    assert read[intents == 2].mean() > before[intents == 2].mean()


def test_nothing_held_out_changes_nothing() -> None:
    assert calibrate(np.zeros((0, 4)), np.zeros(0, dtype=int), FAMILY, 2, 0.02) == Calibration(1.0, 0.0)


def test_every_class_gives_its_share_and_small_ones_none() -> None:
    labels = ["many"] * 50 + ["some"] * 10 + ["few"] * 3
    away = held_out(labels, 0.2)
    assert [int(away[:50].sum()), int(away[50:60].sum()), int(away[60:].sum())] == [10, 2, 0]
    assert not held_out(labels, 0.0).any()
    assert (away == held_out(labels, 0.2)).all()
