"""Multinomial logistic regression over a sparse and a dense block, by L-BFGS.

scikit-learn would need both blocks in one sparse matrix, with a full column of 384 values for every example. The loss is
scikit-learn's: C times the weighted log loss plus half the squared weights; the bias is free. The steps are taken here, in
single precision: of the four million weights' time scipy's L-BFGS-B, made for bounds, spent six sevenths outside the loss.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse

_KEPT = 6  # pairs of steps that L-BFGS remembers
_SUFFICIENT = 1e-4  # share of the promised decrease that a step must bring (Nocedal and Wright, Numerical Optimization, 3.1)
_SHORTEST = 1e-6
Loss = Callable[[np.ndarray], tuple[float, np.ndarray]]


@dataclass(frozen=True)
class Regression:
    """Weights of shape (features, classes), bias of shape (classes,), classes in sorted order."""

    classes: list[str]
    sparse: np.ndarray
    dense: np.ndarray
    bias: np.ndarray


def fit(
    sparse: scipy.sparse.csr_matrix,
    dense: np.ndarray,
    labels: Sequence[str],
    *,
    C: float = 10.0,
    balance: float = 1.0,
    iterations: int = 60,
    tolerance: float = 1e-4,
    start: Regression | None = None,
) -> Regression:
    """Fit the regression.

    Args:
        sparse: shape (examples, sparse features).
        dense: shape (examples, dense features).
        labels: one class an example.
        C: inverse of the regularisation.
        balance: 1: every class weighs the same, 0: every example does, between them: weight = examples of its class ^ -balance.
        iterations: most steps of L-BFGS; the ranking settles long before the last digits do.
        tolerance: relative decrease of the loss at which to stop.
        start: weights of the same classes and features to begin with, found on part of the examples.
    """
    classes, codes = np.unique(np.asarray(labels), return_inverse=True)
    examples, width, height = len(codes), sparse.shape[1], dense.shape[1]
    count = len(classes)
    rows = scipy.sparse.csr_matrix(sparse, dtype=np.float32)
    columns = rows.T.tocsr()
    block = np.ascontiguousarray(dense, dtype=np.float32)
    shares = np.bincount(codes).astype(np.float64) ** -balance
    weight = (shares[codes] / shares[codes].mean()).astype(np.float32)
    places = np.arange(examples)

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        table = flat.reshape(width + height + 1, count)
        scores = rows @ table[:width] + block @ table[width:-1] + table[-1]
        scores -= scores.max(axis=1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=1, keepdims=True)
        chosen = np.maximum(scores[places, codes], 1e-30)
        own = flat[:-count]
        value = C * float(-(weight * np.log(chosen)).sum(dtype=np.float64)) + 0.5 * float(np.dot(own, own))
        scores[places, codes] -= 1
        scores *= (weight * C)[:, None]
        gradient = np.empty((width + height + 1, count), dtype=np.float32)
        gradient[:width] = columns @ scores
        gradient[width:-1] = block.T @ scores
        gradient[-1] = scores.sum(axis=0)
        flat_gradient = gradient.ravel()
        flat_gradient[:-count] += own
        return value, flat_gradient

    first = np.zeros((width + height + 1) * count, dtype=np.float32)
    if start is not None and start.classes == [str(one) for one in classes]:
        first = np.vstack([start.sparse, start.dense, start.bias[None]]).astype(np.float32).ravel()
    table = descend(loss, first, iterations, tolerance).reshape(width + height + 1, count)
    return Regression([str(one) for one in classes], table[:width].copy(), table[width:-1].copy(), table[-1].copy())


def descend(loss: Loss, first: np.ndarray, iterations: int, tolerance: float) -> np.ndarray:
    """The place at which a convex loss is least, by L-BFGS with steps halved until they bring enough.

    Args:
        loss: value and gradient at a place.
        first: where to begin.
        iterations: most steps.
        tolerance: relative decrease of the value at which to stop.
    """
    place = first.copy()
    value, gradient = loss(place)
    steps: deque[tuple[np.ndarray, np.ndarray, float]] = deque(maxlen=_KEPT)
    for _ in range(iterations):
        towards = _direction(gradient, steps)
        slope = float(np.dot(gradient, towards))
        if slope >= 0:  # rounding: begin anew with the steepest descent
            steps.clear()
            towards = -gradient
            slope = float(np.dot(gradient, towards))
        length = 1.0 if steps else min(1.0, 1.0 / max(float(np.abs(gradient).sum()), 1e-12))
        while True:
            there = place + np.float32(length) * towards
            new_value, new_gradient = loss(there)
            if new_value <= value + _SUFFICIENT * length * slope or length < _SHORTEST:
                break
            length /= 2
        if new_value > value:
            break
        change, bend = there - place, new_gradient - gradient
        curvature = float(np.dot(change, bend))
        if curvature > 1e-10 * float(np.dot(bend, bend)):
            steps.append((change, bend, 1.0 / curvature))
        settled = value - new_value <= tolerance * max(abs(value), abs(new_value), 1.0)
        place, value, gradient = there, new_value, new_gradient
        if settled and len(steps) > 1:
            break
    return place


def _direction(gradient: np.ndarray, steps: Sequence[tuple[np.ndarray, np.ndarray, float]]) -> np.ndarray:
    """The two-loop recursion (Nocedal and Wright, algorithm 7.4)."""
    found = -gradient
    shares = []
    for change, bend, inverse in reversed(steps):
        share = np.float32(inverse * float(np.dot(change, found)))
        shares.append(share)
        found -= share * bend
    if steps:
        change, bend, inverse = steps[-1]
        found *= np.float32(1.0 / (inverse * float(np.dot(bend, bend))))
    for (change, bend, inverse), share in zip(steps, reversed(shares), strict=True):
        found += (share - np.float32(inverse * float(np.dot(bend, found)))) * change
    return found
