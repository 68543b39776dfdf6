"""The nearest examples by sentence vector vote beside the regression: what one example says nearly word for word needs no rule.

4 points more of the real messages than the regression alone (docs/decisions.md, Pipeline), for a product of one matrix and one vector.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Neighbours:
    """Examples: vectors of unit length, shape (examples, dimensions), and the place of each one's class.

    `count`: classes; `nearest`: examples that vote; `closeness`: how much more a nearer one weighs (exp(closeness · cosine)).
    """

    vectors: np.ndarray
    codes: np.ndarray
    count: int
    nearest: int = 8
    closeness: float = 10.0

    def shares(self, vectors: np.ndarray) -> np.ndarray:
        """Votes for the classes, of sum one, shape (vectors, classes)."""
        near = vectors @ self.vectors.T
        voting = min(self.nearest, near.shape[1])
        best = np.argpartition(-near, voting - 1, axis=1)[:, :voting]
        weight = np.exp(self.closeness * np.take_along_axis(near, best, axis=1))
        found = np.zeros((len(vectors), self.count), dtype=np.float32)
        rows = np.repeat(np.arange(len(vectors)), voting)
        np.add.at(found, (rows, self.codes[best].ravel()), (weight / weight.sum(axis=1, keepdims=True)).ravel())
        return found
