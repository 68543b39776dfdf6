"""The quick regression finds what scikit-learn finds."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse
from sklearn.linear_model import LogisticRegression

from engine.nlu.regression import descend, fit


def test_the_same_probabilities_as_scikit_learn() -> None:
    random = np.random.default_rng(1)
    centres = random.normal(size=(4, 12)) * 2
    codes = np.array([0] * 40 + [1] * 30 + [2] * 20 + [3] * 10)
    dense = (centres[codes] + random.normal(size=(100, 12))).astype(np.float32)
    sparse = scipy.sparse.random(100, 30, density=0.2, random_state=1, dtype=np.float32).tocsr()
    labels = [f"intent_{code}" for code in codes]
    ours = fit(sparse, dense, labels, C=1.0, iterations=500, tolerance=1e-12)
    whole = np.hstack([sparse.toarray(), dense])
    theirs = LogisticRegression(C=1.0, class_weight="balanced", max_iter=5000, tol=1e-8).fit(whole, labels)
    scores = sparse @ ours.sparse + dense @ ours.dense + ours.bias
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    assert ours.classes == list(theirs.classes_)
    np.testing.assert_allclose(powers / powers.sum(axis=1, keepdims=True), theirs.predict_proba(whole), atol=5e-3)


@pytest.mark.parametrize(("balance", "many"), [(0.0, 0.75), (1.0, 0.5)])
def test_balance_goes_from_equal_examples_to_equal_classes(balance: float, many: float) -> None:
    dense = np.zeros((40, 2), dtype=np.float32)
    sparse = scipy.sparse.csr_matrix((40, 1), dtype=np.float32)
    found = fit(sparse, dense, ["many"] * 30 + ["few"] * 10, iterations=500, tolerance=1e-12, balance=balance)
    powers = np.exp(found.bias)
    assert dict(zip(found.classes, powers / powers.sum(), strict=True))["many"] == pytest.approx(many, abs=0.01)


def test_the_least_of_a_narrow_valley_is_found() -> None:
    bend = np.array([1.0, 100.0, 0.01], dtype=np.float32)
    aim = np.array([3.0, -2.0, 5.0], dtype=np.float32)

    def valley(place: np.ndarray) -> tuple[float, np.ndarray]:
        away = place - aim
        return float(0.5 * (bend * away * away).sum()), bend * away

    np.testing.assert_allclose(descend(valley, np.zeros(3, dtype=np.float32), 200, 0.0), aim, atol=0.05)


def test_a_start_near_the_end_saves_steps_and_one_of_other_classes_is_left_alone() -> None:
    random = np.random.default_rng(2)
    dense = random.normal(size=(60, 5)).astype(np.float32)
    sparse = scipy.sparse.csr_matrix((60, 2), dtype=np.float32)
    labels = ["one" if row[0] + row[1] > 0 else "two" for row in dense]
    done = fit(sparse, dense, labels, C=1.0, iterations=300, tolerance=1e-10)
    cold = fit(sparse, dense, labels, C=1.0, iterations=3)
    warm = fit(sparse, dense, labels, C=1.0, iterations=3, start=done)
    assert np.abs(warm.dense - done.dense).max() < np.abs(cold.dense - done.dense).max() / 10
    other = fit(sparse, dense, ["a" if one == "one" else "b" for one in labels], C=1.0, iterations=3, start=done)
    np.testing.assert_allclose(other.dense, cold.dense)
