"""What is tried: each learner is fitted on texts with classes and gives every text a share for every class."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import scipy.sparse

from engine.nlu import regression
from engine.nlu.components.ngrams import grams
from trials.fitting.corpus import Reader, Texts, noised
from trials.fitting.features import Counts, Features, centred, of_grams, of_pinyin, of_words

_CLAUSE = re.compile(r"[，,。．.!！?？；;\s]+")


class Learner(Protocol):
    """Fitted once, then asked."""

    classes: list[str]

    def fit(self, texts: Texts, labels: Sequence[str]) -> None:
        """Learn."""

    def shares(self, texts: Texts) -> np.ndarray:
        """Shape (texts, classes)."""


def softmax(scores: np.ndarray) -> np.ndarray:
    """Shares of each row."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


class Linear:
    """The regression of the engine over any features."""

    def __init__(self, blocks: Sequence[Counts], *, vectors: bool, C: float = 10.0) -> None:
        self.features = Features(blocks, vectors=vectors)
        self._C = C
        self._found: regression.Regression | None = None

    def fit(self, texts: Texts, labels: Sequence[str]) -> None:
        """Learn."""
        self.features.fit(texts)
        sparse, dense = self.features.of(texts)
        self._found = regression.fit(sparse, dense, labels, C=self._C, balance=0.5, iterations=60)
        self.classes = self._found.classes

    def shares(self, texts: Texts) -> np.ndarray:
        """Softmax of the scores."""
        assert self._found is not None
        sparse, dense = self.features.of(texts)
        return softmax(sparse @ self._found.sparse + dense @ self._found.dense + self._found.bias)


class Machine:
    """Linear support vector machine, one class against the rest; shares are the softmax of its margins."""

    def __init__(self, blocks: Sequence[Counts], *, vectors: bool) -> None:
        from sklearn.svm import LinearSVC

        self.features = Features(blocks, vectors=vectors)
        self._machine = LinearSVC(C=1.0, class_weight="balanced")

    def _rows(self, texts: Texts) -> scipy.sparse.csr_matrix:
        sparse, dense = self.features.of(texts)
        return scipy.sparse.hstack([sparse, scipy.sparse.csr_matrix(dense)]).tocsr()

    def fit(self, texts: Texts, labels: Sequence[str]) -> None:
        """Learn."""
        self.features.fit(texts)
        self._machine.fit(self._rows(texts), labels)
        self.classes = [str(one) for one in self._machine.classes_]

    def shares(self, texts: Texts) -> np.ndarray:
        """Softmax of the margins."""
        return softmax(3.0 * self._machine.decision_function(self._rows(texts)))


class Nearest:
    """The k nearest examples by sentence vector vote, nearer ones more."""

    def __init__(self, k: int = 8, sharpness: float = 10.0) -> None:
        self._k, self._sharpness = k, sharpness

    def fit(self, texts: Texts, labels: Sequence[str]) -> None:
        """Keep the vectors."""
        self._mean = texts.vectors.mean(axis=0)
        self._vectors = centred(texts.vectors, self._mean)
        self.classes = sorted(set(labels))
        places = {label: place for place, label in enumerate(self.classes)}
        self._codes = np.array([places[label] for label in labels])

    def shares(self, texts: Texts) -> np.ndarray:
        """Votes, summing to one."""
        near = centred(texts.vectors, self._mean) @ self._vectors.T
        found = np.zeros((len(texts), len(self.classes)))
        for row, own in enumerate(near):
            best = np.argpartition(-own, self._k)[: self._k]
            np.add.at(found[row], self._codes[best], np.exp(self._sharpness * own[best]))
        return found / found.sum(axis=1, keepdims=True)


class Together:
    """Weighted mean of the shares of several learners."""

    def __init__(self, parts: Sequence[tuple[float, Learner]]) -> None:
        self._parts = parts

    def fit(self, texts: Texts, labels: Sequence[str]) -> None:
        """Every part on its own."""
        for _, part in self._parts:
            part.fit(texts, labels)
        self.classes = self._parts[0][1].classes

    def shares(self, texts: Texts) -> np.ndarray:
        """The mean."""
        return sum((weight * part.shares(texts) for weight, part in self._parts), np.zeros(())) / sum(weight for weight, _ in self._parts)


class Noisy:
    """A learner taught each example twice, the second time with slips of fingers."""

    def __init__(self, inner: Learner, reader: Reader) -> None:
        self._inner, self._reader = inner, reader

    def fit(self, texts: Texts, labels: Sequence[str]) -> None:
        """Learn both copies."""
        again = self._reader.texts(noised(texts.said, alike_in_sound(texts.said)))
        self._inner.fit(texts.and_(again), [*labels, *labels])
        self.classes = self._inner.classes

    def shares(self, texts: Texts) -> np.ndarray:
        """The inner one's."""
        return self._inner.shares(texts)


class SelfTaught:
    """A learner taught once more with the clauses of our own longer examples, labelled by itself where it is sure."""

    def __init__(self, make: Callable[[], Learner], reader: Reader, sure: float = 0.5) -> None:
        self._make, self._reader, self._sure = make, reader, sure

    def fit(self, texts: Texts, labels: Sequence[str]) -> None:
        """Learn, label the clauses, learn both."""
        first = self._make()
        first.fit(texts, labels)
        known = set(texts.said)
        clauses = sorted({part for said in texts.said for part in _CLAUSE.split(said) if 5 <= len(part) < len(said) and part not in known})
        more = self._reader.texts(clauses)
        found = first.shares(more)
        kept = np.flatnonzero(found.max(axis=1) >= self._sure)
        told = [first.classes[place] for place in found[kept].argmax(axis=1)]
        self._inner = self._make()
        self._inner.fit(texts.and_(more.at(kept)), [*labels, *told])
        self.classes = self._inner.classes

    def shares(self, texts: Texts) -> np.ndarray:
        """The second learner's."""
        return self._inner.shares(texts)


class Repaired:
    """A learner asked about texts in which unknown pairs of characters are written as known ones of the same sound."""

    def __init__(self, inner: Learner, reader: Reader) -> None:
        self._inner, self._reader = inner, reader

    def fit(self, texts: Texts, labels: Sequence[str]) -> None:
        """Learn the pairs that occur and the inner learner."""
        from pypinyin import lazy_pinyin

        self._pairs: Counter[str] = Counter()
        for said in texts.said:
            self._pairs.update(one for one in grams(said, 2) if len(one) == 2)
        sounds: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for pair, count in self._pairs.items():
            if count >= 5 and all("\u4e00" <= one <= "\u9fff" for one in pair):
                sounds["-".join(lazy_pinyin(pair))][pair] += count
        self._sounds = {sound: pairs.most_common(1)[0][0] for sound, pairs in sounds.items()}
        self._inner.fit(texts, labels)
        self.classes = self._inner.classes

    def mend(self, said: str) -> str:
        """One text repaired."""
        from pypinyin import lazy_pinyin

        letters = list(said)
        for place in range(len(letters) - 1):
            pair = letters[place] + letters[place + 1]
            if all("\u4e00" <= one <= "\u9fff" for one in pair) and not self._pairs[pair]:
                letters[place : place + 2] = self._sounds.get("-".join(lazy_pinyin(pair)), pair)
        return "".join(letters)

    def shares(self, texts: Texts) -> np.ndarray:
        """The inner one's, of the repaired texts."""
        return self._inner.shares(self._reader.texts(self.mend(said) for said in texts.said))


def alike_in_sound(said: Sequence[str]) -> dict[str, list[str]]:
    """Character → others of the same syllable that occur in the texts."""
    from pypinyin import lazy_pinyin

    seen = sorted({letter for text in said for letter in text if "\u4e00" <= letter <= "\u9fff"})
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for letter in seen:
        groups[lazy_pinyin(letter)[0]].append(letter)
    return {letter: [other for other in groups[lazy_pinyin(letter)[0]] if other != letter] for letter in seen}


PRESENT = "n-grams + words + e5, one regression (present)"


def trials(reader: Reader) -> dict[str, Callable[[], Learner]]:
    """Name → how to make the learner; the first is what the others are compared with."""
    text = (of_grams, of_words)

    def present() -> Learner:
        return Linear(text, vectors=True)

    return {
        PRESENT: present,
        "n-grams, LR": lambda: Linear((of_grams,), vectors=False),
        "jieba words, LR": lambda: Linear((of_words,), vectors=False),
        "n-grams + words, LR": lambda: Linear(text, vectors=False),
        "e5, LR": lambda: Linear((), vectors=True),
        "e5, 8 nearest examples": lambda: Nearest(),
        "n-grams + e5, LR": lambda: Linear((of_grams,), vectors=True),
        "words + e5, LR": lambda: Linear((of_words,), vectors=True),
        "n-grams + words + e5, linear SVM": lambda: Machine(text, vectors=True),
        "sum of LR n-grams, LR e5, nearest": lambda: Together(
            [(1, Linear((of_grams,), vectors=False)), (1, Linear((), vectors=True)), (0.5, Nearest())]
        ),
        "present + nearest": lambda: Together([(1, present()), (0.5, Nearest())]),
        "present + pinyin 1–3-grams": lambda: Linear((*text, of_pinyin), vectors=True),
        "present, examples twice with slips": lambda: Noisy(present(), reader),
        "present, self-training on our clauses": lambda: SelfTaught(present, reader),
        "present, spelling repaired by sound": lambda: Repaired(present(), reader),
    }
