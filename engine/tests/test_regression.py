"""The quick regression finds what scikit-learn finds."""

from __future__ import annotations

import numpy as np
import scipy.sparse
from sklearn.linear_model import LogisticRegression

from engine.nlu.regression import fit


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
