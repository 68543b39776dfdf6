"""What every trial is given: normalised texts with their words, sentence vectors and pinyin, computed once (engine environment)."""

from __future__ import annotations

import csv
import os
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine import paths
from engine.nlu.embedding import ENCODER, VectorFile, encoder
from engine.nlu.exact import exact_intent
from engine.nlu.normalise import normalise
from engine.nlu.segment import Segmenter

REAL = Path(os.environ.get("XIAOER_REAL_MESSAGES") or paths.ROOT.parent / "shared" / "real_messages") / "dev.tsv"
OUTSIDE = paths.ROOT / "evaluate" / "data" / "out_of_scope.yml"


@dataclass(frozen=True)
class Texts:
    """Messages in one order: normalised text, words, vector of shape (384,) each."""

    said: list[str]
    words: list[list[str]]
    vectors: np.ndarray

    def __len__(self) -> int:
        return len(self.said)

    def at(self, places: Sequence[int] | np.ndarray) -> Texts:
        """Some of them."""
        chosen = [int(place) for place in places]
        return Texts([self.said[one] for one in chosen], [self.words[one] for one in chosen], self.vectors[chosen])

    def and_(self, others: Texts) -> Texts:
        """These, then the others."""
        return Texts(self.said + others.said, self.words + others.words, np.vstack([self.vectors, others.vectors]))


@dataclass(frozen=True)
class Corpus:
    """Our examples with their classes (`intent` or `intent/topic`), the real messages, our out-of-scope messages.

    `exact`: real message → class that the exact rules give it, whatever a trial says.
    """

    ours: Texts
    labels: list[str]
    real: Texts
    rows: list[dict[str, str]]
    outside: Texts
    exact: list[str | None]


class Reader:
    """Texts as the engine's components see them; vectors are kept in a file of the trials' own."""

    def __init__(self) -> None:
        from engine.nlu.components.tokenizer import catalogue_words

        self._segmenter = Segmenter(catalogue_words())
        self._file = VectorFile(paths.home() / "cache" / f"trials-{ENCODER}.npz")
        self._kept = {**VectorFile().read(), **self._file.read()}

    def texts(self, raw: Iterable[str]) -> Texts:
        """Normalised, cut, embedded."""
        said = [normalise(one).text for one in raw]
        missing = sorted({one for one in said if one[:200] not in self._kept})
        if missing:
            self._kept.update(zip((one[:200] for one in missing), encoder().vectors(missing), strict=True))
            self._file.write(self._kept)
        words = [[word for word, _, _ in self._segmenter.cut(one)] for one in said]
        return Texts(said, words, np.stack([self._kept[one[:200]] for one in said]))


def examples() -> tuple[list[str], list[str]]:
    """Texts and classes of data/nlu, each text once."""
    import yaml

    found: dict[str, str] = {}
    for path in sorted((paths.ROOT / "data" / "nlu").glob("*.yml")):
        for entry in yaml.safe_load(path.read_text("utf-8"))["nlu"]:
            if "intent" not in entry:
                continue
            topic = (entry.get("metadata") or {}).get("topic")
            label = f"{entry['intent']}/{topic}" if topic else str(entry["intent"])
            for line in str(entry["examples"]).splitlines():
                if line.strip().startswith("-"):
                    found.setdefault(line.strip()[1:].strip(), label)
    return list(found), list(found.values())


def read(reader: Reader | None = None) -> Corpus:
    """Everything. FileNotFoundError when the real messages are not beside the project."""
    import yaml

    reader = reader or Reader()
    raw, labels = examples()
    with REAL.open(encoding="utf-8", newline="") as stream:
        rows: list[dict[str, Any]] = list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
    groups = yaml.safe_load(OUTSIDE.read_text("utf-8"))["groups"]
    outside = [line.strip() for lines in groups.values() for line in lines.splitlines() if line.strip()]
    real = reader.texts(row["text"] for row in rows)
    return Corpus(reader.texts(raw), labels, real, rows, reader.texts(outside), [exact_intent(one) for one in real.said])


def fold(labels: Sequence[str], folds: int, seed: int = 5) -> np.ndarray:
    """The fold of each example, every class spread evenly."""
    drawn = random.Random(seed)  # noqa: S311 only an order
    found = np.zeros(len(labels), dtype=int)
    places: dict[str, list[int]] = {}
    for place, label in enumerate(labels):
        places.setdefault(label, []).append(place)
    for own in places.values():
        drawn.shuffle(own)
        start = drawn.randrange(folds)
        for number, place in enumerate(own):
            found[place] = (start + number) % folds
    return found


def noised(said: Sequence[str], sounds: dict[str, list[str]], seed: int = 3) -> list[str]:
    """A copy of each text with the slips of fingers: a character lost, doubled, swapped or written as another of its sound."""
    drawn = random.Random(seed)  # noqa: S311 only noise
    found = []
    for text in said:
        letters = list(text)
        for _ in range(1 + len(letters) // 12):
            if len(letters) < 3:
                break
            place = drawn.randrange(len(letters) - 1)
            kind = drawn.randrange(4)
            if kind == 0:
                del letters[place]
            elif kind == 1:
                letters[place : place + 2] = letters[place : place + 2][::-1]
            elif kind == 2:
                letters.insert(place, letters[place])
            else:
                alike = sounds.get(letters[place]) or [letters[place]]
                letters[place] = drawn.choice(alike)
        found.append("".join(letters))
    return found
