"""The fitting half of the trials: features, learners and noise on small texts."""

from __future__ import annotations

import numpy as np
import pytest

from trials.fitting import corpus, run
from trials.fitting.corpus import Texts
from trials.fitting.features import Block, Features, of_grams, of_words
from trials.fitting.learners import Linear, Nearest, Together


def texts(*said: str) -> Texts:
    """Texts whose vectors tell parcels from prices."""
    vectors = np.array([[1.0, 0.1 * place] if "件" in one else [-1.0, 0.1 * place] for place, one in enumerate(said)], dtype=np.float32)
    return Texts(list(said), [list(one) for one in said], vectors)


OURS = texts("快件到哪", "快件没到", "件呢", "便宜点", "太贵了", "少点钱")
LABELS = ["track/slow", "track/slow", "track/lost", "bargain", "bargain", "bargain"]


def test_rows_have_unit_length_and_leave_out_the_unknown() -> None:
    block = Block(of_words)
    block.fit(OURS)
    assert set(block.index) == {"w:快", "w:件", "w:到", "w:点"}
    row = block.rows(texts("件到龙"))
    assert row.nnz == 2
    assert np.isclose(np.square(row.data).sum(), 1.0, atol=1e-5)


def test_blocks_stand_side_by_side_and_vectors_only_when_asked() -> None:
    features = Features((of_grams, of_words), vectors=False)
    features.fit(OURS)
    sparse, dense = features.of(OURS)
    assert dense.shape == (6, 0)
    assert sparse.shape[1] > len(Features((of_words,), vectors=False)._blocks[0].index)
    np.testing.assert_allclose(np.sqrt(sparse.multiply(sparse).sum(axis=1)).max(), np.sqrt(2), atol=1e-5)


def test_topics_of_an_intent_are_summed() -> None:
    nearest = Nearest(k=3)
    nearest.fit(OURS, LABELS)
    ((intent, topic, share),) = run.told(nearest, texts("快件"))
    assert (intent, topic) == ("track", "slow")
    assert share == pytest.approx(1.0)


def test_parts_are_weighed() -> None:
    linear, nearest = Linear((of_grams,), vectors=False), Nearest(k=2)
    both = Together([(1, linear), (0.5, nearest)])
    both.fit(OURS, LABELS)
    asked = texts("便宜", "件")
    np.testing.assert_allclose(both.shares(asked), (linear.shares(asked) + 0.5 * nearest.shares(asked)) / 1.5)


def test_exact_rules_have_the_say() -> None:
    found = run.with_exact([("bargain", None, 0.4), ("track", "slow", 0.6)], [None, "complain/attitude"])
    assert found == [("bargain", None, 0.4), ("complain", "attitude", 1.0)]


def test_noise_is_small_and_the_same_every_time() -> None:
    said = ["快递怎么还没有到", "便宜一点可以吗"]
    once = corpus.noised(said, {"怎": ["咋"]})
    assert once == corpus.noised(said, {"怎": ["咋"]})
    assert all(abs(len(after) - len(before)) <= 1 and after for before, after in zip(said, once, strict=True))


def test_every_class_is_spread_over_the_folds() -> None:
    labels = ["a"] * 10 + ["b"] * 5
    place = corpus.fold(labels, 5)
    assert sorted(place[:10]) == sorted([*range(5), *range(5)])
    assert sorted(place[10:]) == list(range(5))
