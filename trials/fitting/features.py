"""Blocks of features for the trials: tf-idf of counted things, each row of unit length, and centred sentence vectors."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import scipy.sparse

from engine.nlu.components.ngrams import grams, words
from trials.fitting.corpus import Texts

Counts = Callable[[str, list[str]], Counter[str]]


def of_grams(said: str, cut: list[str]) -> Counter[str]:
    """Character 1–4-grams."""
    return grams(said, 4)


def of_words(said: str, cut: list[str]) -> Counter[str]:
    """jieba's words."""
    return words(cut)


def of_pinyin(said: str, cut: list[str]) -> Counter[str]:
    """1–3-grams of syllables without tones; other characters as they are."""
    from pypinyin import lazy_pinyin

    sounds = ["^", *(part for part in lazy_pinyin(said) if not part.isspace()), "$"]
    counts: Counter[str] = Counter()
    for size in (1, 2, 3):
        counts.update("p:" + "-".join(sounds[start : start + size]) for start in range(len(sounds) - size + 1))
    return counts


@dataclass
class Block:
    """tf-idf over what occurs in at least `least` texts, as engine/nlu/components/ngrams.py weighs it."""

    counts: Counts
    least: int = 2
    index: dict[str, int] = field(default_factory=dict)
    weights: np.ndarray = field(default_factory=lambda: np.zeros(0))

    def fit(self, texts: Texts) -> None:
        """Learn what there is and how rare it is."""
        seen: Counter[str] = Counter()
        for said, cut in zip(texts.said, texts.words, strict=True):
            seen.update(self.counts(said, cut).keys())
        kept = sorted(one for one, count in seen.items() if count >= self.least)
        self.index = {one: place for place, one in enumerate(kept)}
        self.weights = np.array([math.log((1 + len(texts)) / (1 + seen[one])) + 1 for one in kept])

    def rows(self, texts: Texts) -> scipy.sparse.csr_matrix:
        """Matrix of shape (texts, features)."""
        places: list[int] = []
        values: list[float] = []
        ends = [0]
        for said, cut in zip(texts.said, texts.words, strict=True):
            found = [(self.index[one], 1 + math.log(count)) for one, count in self.counts(said, cut).items() if one in self.index]
            own = [value * self.weights[place] for place, value in found]
            length = math.sqrt(sum(value * value for value in own)) or 1.0
            places += [place for place, _ in found]
            values += [value / length for value in own]
            ends.append(len(places))
        shape = (len(texts), len(self.index))
        return scipy.sparse.csr_matrix((np.array(values, np.float32), np.array(places, np.int32), np.array(ends)), shape=shape)


class Features:
    """Sparse blocks side by side, and the centred vectors when asked for."""

    def __init__(self, blocks: Sequence[Counts], *, vectors: bool) -> None:
        self._blocks = [Block(one) for one in blocks]
        self._vectors = vectors
        self._mean = np.zeros(0, np.float32)

    def fit(self, texts: Texts) -> None:
        """Learn from the training examples."""
        for block in self._blocks:
            block.fit(texts)
        self._mean = texts.vectors.mean(axis=0)

    def of(self, texts: Texts) -> tuple[scipy.sparse.csr_matrix, np.ndarray]:
        """The sparse and the dense part; a part that is not asked for has no columns."""
        sparse = [block.rows(texts) for block in self._blocks] or [scipy.sparse.csr_matrix((len(texts), 0), dtype=np.float32)]
        dense = centred(texts.vectors, self._mean) if self._vectors else np.zeros((len(texts), 0), np.float32)
        return scipy.sparse.hstack(sparse).tocsr(), dense


def centred(vectors: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Vectors less the mean, of unit length."""
    moved = vectors - mean
    return moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-9)
