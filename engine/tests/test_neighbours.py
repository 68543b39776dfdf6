"""The nearest examples vote, the closer the more."""

from __future__ import annotations

import numpy as np

from engine.nlu.neighbours import Neighbours


def unit(*rows: tuple[float, float]) -> np.ndarray:
    found = np.array(rows, dtype=np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def test_only_the_nearest_vote_and_the_closer_weigh_more() -> None:
    near = Neighbours(unit((1, 0), (1, 0.2), (0, 1), (0.1, 1), (-1, 0)), np.array([0, 1, 2, 2, 0]), 3, nearest=2, closeness=10.0)
    east, north = near.shares(unit((1, 0), (0, 1)))
    assert east[0] > east[1] > 0
    assert east[2] == 0
    np.testing.assert_allclose(north, [0, 0, 1])
    np.testing.assert_allclose([east.sum(), north.sum()], 1.0, rtol=1e-5)


def test_fewer_examples_than_voters_all_vote() -> None:
    np.testing.assert_allclose(Neighbours(unit((1, 0), (0, 1)), np.array([0, 1]), 2, nearest=8).shares(unit((1, 1))), [[0.5, 0.5]])
