"""The engine's half of the trials: fit, read, take times, and write what was guessed. `python -m trials` starts it.

Times are of the processor, so that a busy machine changes no comparison.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engine.nlu.embedding import Encoder
from trials.fitting import corpus, sample
from trials.fitting.corpus import Corpus, Texts
from trials.fitting.learners import Learner, trials

FOLDS = 5
Unseen = tuple[Texts, list[str]]
TIMED = 60


def told(learner: Learner, texts: Texts) -> list[tuple[str, str | None, float]]:
    """Intent, topic and share of each text: topics of one intent are summed, as the engine does."""
    shares = learner.shares(texts)
    intents = list(dict.fromkeys(one.partition("/")[0] for one in learner.classes))
    family = np.array([intents.index(one.partition("/")[0]) for one in learner.classes])
    found = []
    for row in shares:
        sums = np.bincount(family, weights=row, minlength=len(intents))
        best = int(sums.argmax())
        own = np.flatnonzero(family == best)
        label = learner.classes[own[row[own].argmax()]]
        found.append((intents[best], label.partition("/")[2] or None, round(float(sums[best]), 4)))
    return found


def with_exact(found: Sequence[tuple[str, str | None, float]], exact: Sequence[str | None]) -> list[tuple[str, str | None, float]]:
    """The same, where the exact rules have the say."""
    return [
        one if rule is None else (rule.partition("/")[0], rule.partition("/")[2] or None, 1.0)
        for one, rule in zip(found, exact, strict=True)
    ]


def run(name: str, make: Callable[[], Learner], data: Corpus, rest: Unseen | None, encoding: float) -> dict[str, Any]:
    """One trial: trained on everything for the real messages, on four fifths for our own, or asked about the `rest` of them."""
    begun = time.process_time()
    learner = make()
    learner.fit(data.ours, data.labels)
    seconds = time.process_time() - begun
    real = with_exact(told(learner, data.real), data.exact)
    begun = time.process_time()
    for place in range(TIMED):
        learner.shares(data.real.at([place]))
    took = (time.process_time() - begun) / TIMED * 1000
    if rest is None:
        place = corpus.fold(data.labels, FOLDS)
        taught, unseen = np.flatnonzero(place != 0), np.flatnonzero(place == 0)
        learner = make()
        learner.fit(data.ours.at(taught), [data.labels[one] for one in taught])
        rest = data.ours.at(unseen), [data.labels[one] for one in unseen]
    own = told(learner, rest[0])
    return {
        "name": name,
        "seconds": round(seconds, 1),
        "ms": round(took + (encoding if "e5" in name or "present" in name else 0.0), 2),
        "real": real,
        "own": [[label, *guess] for label, guess in zip(rest[1], own, strict=True)],
    }


def encoding_ms(texts: Sequence[str]) -> float:
    """Milliseconds that the encoder takes for one message."""
    encoder = Encoder()
    encoder.vector("你好")
    begun = time.process_time()
    for one in texts[:TIMED]:
        encoder.vector(one)
    return (time.process_time() - begun) / TIMED * 1000


def main(arguments: list[str] | None = None) -> int:
    """Write one JSON object a line, as each trial ends; 2 when the real messages are missing."""
    parser = argparse.ArgumentParser(prog="python -m trials.fitting.run", description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", help="trials whose name holds this")
    parser.add_argument("--sample", action="store_true", help="the trials with DIET, on 24 examples an intent")
    options = parser.parse_args(arguments)
    try:
        reader = corpus.Reader()
        data = corpus.read(reader)
    except OSError as problem:
        print(f"trials: {problem}", file=sys.stderr)
        return 2
    encoding = encoding_ms(data.real.said)
    if options.sample:
        data, rest = sample.stratified(data)
        chosen = sample.trials()
    else:
        chosen, rest = trials(reader), None
    with options.out.open("w", encoding="utf-8") as stream:
        for number, (name, make) in enumerate(chosen.items()):
            if number and options.only and options.only not in name:
                continue
            stream.write(json.dumps(run(name, make, data, rest, encoding), ensure_ascii=False) + "\n")
            stream.flush()
            print(f"{time.strftime('%H:%M:%S')} {name}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
