"""From answers to figures: accuracy, calibration, scope, risk and coverage, entities. Every figure is an Estimate."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from evaluate import entities, statistics
from evaluate.answers import FALLBACK, Answer, Unseen
from evaluate.messages import DATA, OUT_OF_SCOPE, Coarse, Example, Row
from evaluate.statistics import Estimate, Step

Figures = dict[str, Any]


@dataclass(frozen=True)
class Settings:
    """data/settings.yml."""

    money_labels: frozenset[str]
    money_intents: frozenset[str]
    no_wish: frozenset[str]
    neither: frozenset[str]
    least_messages: int
    false_alarms: float
    risk: float
    folds: int
    targets: tuple[Mapping[str, Any], ...]

    @classmethod
    def read(cls, path: Path = DATA / "settings.yml") -> Settings:
        """Read the file."""
        found = yaml.safe_load(path.read_text("utf-8"))
        return cls(
            frozenset(found["money"]["labels"]),
            frozenset(found["money"]["intents"]),
            frozenset(found["no_wish"]),
            frozenset(found["neither"]),
            int(found["least_messages"]),
            float(found["false_alarms"]),
            float(found["risk"]),
            int(found["folds"]),
            tuple(found["targets"]),
        )


@dataclass(frozen=True)
class Judged:
    """A real message with its answer and what that is worth.

    `strict`: the first wish serves the label; `lenient`: one of the wishes serves an acceptable label. `guessed_*`: the same for the
    best guesses, which would be the answer if the bot never asked back. `predicted`: the coarse label a strict reader hears.
    """

    row: Row
    answer: Answer
    strict: bool
    lenient: bool
    guessed_strict: bool
    guessed_lenient: bool
    predicted: str

    @property
    def asked_back(self) -> bool:
        """Whether the bot asks what is meant in place of answering."""
        return any(wish.intent == FALLBACK for wish in self.answer.wishes)


def judge(row: Row, answer: Answer, coarse: Coarse) -> Judged:
    """Compare one answer with its message's labels."""
    first = answer.wishes[0]
    guess_topic = first.topic if first.intent == first.guess else None
    return Judged(
        row,
        answer,
        coarse.strict(row, first.intent, first.topic),
        any(coarse.lenient(row, wish.intent, wish.topic) for wish in answer.wishes),
        coarse.strict(row, first.guess, guess_topic),
        any(coarse.lenient(row, wish.guess, wish.topic if wish.intent == wish.guess else None) for wish in answer.wishes),
        coarse.label(row, first.intent, first.topic),
    )


def real(judged: Sequence[Judged], coarse: Coarse, settings: Settings) -> Figures:
    """Accuracy and macro-F1 on the real messages, and the classifier's alone."""
    labels, predicted = [one.row.label for one in judged], [one.predicted for one in judged]
    often = [label for label, count in Counter(labels).items() if count >= settings.least_messages]

    def f1(places: Sequence[int]) -> float:
        return statistics.macro_f1([labels[place] for place in places], [predicted[place] for place in places], often)

    return {
        "messages": len(judged),
        "strict": statistics.share_of([one.strict for one in judged]),
        "lenient": statistics.share_of([one.lenient for one in judged]),
        "macro_f1": statistics.bootstrap(len(judged), f1),
        "asked_back": statistics.share_of([one.asked_back for one in judged]),
        "two_wishes": statistics.share_of([len(one.answer.wishes) > 1 for one in judged]),
        "classifier_strict": statistics.share_of([coarse.strict(one.row, one.answer.classifier) for one in judged]),
        "classifier_lenient": statistics.share_of([coarse.lenient(one.row, one.answer.classifier) for one in judged]),
    }


def by_label(judged: Sequence[Judged]) -> list[Figures]:
    """Every label with its F1, strict and lenient share and what it was taken for, weakest first."""
    table = statistics.per_label([one.row.label for one in judged], [one.predicted for one in judged])
    found = []
    for label, (precision, recall, score, count) in table.items():
        own = [one for one in judged if one.row.label == label]
        taken = Counter(one.answer.wishes[0].intent for one in own if not one.strict)
        lenient = statistics.share_of([one.lenient for one in own])
        strict = statistics.share_of([one.strict for one in own])
        found.append(
            {
                "label": label,
                "messages": count,
                "f1": score,
                "precision": precision,
                "recall": recall,
                "strict": strict,
                "lenient": lenient,
                "taken_for": dict(taken.most_common()),
            }
        )
    return sorted(found, key=lambda one: (one["f1"], one["strict"].value, -one["messages"]))


def calibration(confidences: Sequence[float], right: Sequence[bool]) -> Figures:
    """Expected calibration error and the reliability curve."""

    def error(places: Sequence[int]) -> float:
        return statistics.calibration_error([confidences[place] for place in places], [right[place] for place in places])

    rounds = statistics.ROUNDS if len(right) < 2000 else 100
    return {"error": statistics.bootstrap(len(right), error, rounds=rounds), "curve": statistics.reliability(confidences, right)}


def outside_score(answer: Answer, settings: Settings) -> float:
    """How far a message is from every wish the shop serves: 1 less the share of the best of them."""
    return 1.0 - max((share for name, share in answer.ranking if name not in settings.no_wish), default=0.0)


def outside(judged: Sequence[Judged], ours: Sequence[Answer], settings: Settings) -> Figures:
    """Recall of out-of-scope messages (ours and the real ones) at the false alarms allowed on real messages inside the scope."""
    inside = [
        outside_score(one.answer, settings) for one in judged if one.row.label != OUT_OF_SCOPE and one.row.label not in settings.neither
    ]
    theirs = [one.answer for one in judged if one.row.label == OUT_OF_SCOPE]
    scores = [outside_score(one, settings) for one in [*ours, *theirs]]
    count = len(inside)

    def recall(places: Sequence[int]) -> float:
        low = [inside[place] for place in places if place < count]
        high = [scores[place - count] for place in places if place >= count]
        return statistics.recall_at_false_alarms(low, high, settings.false_alarms)[0]

    _, threshold = statistics.recall_at_false_alarms(inside, scores, settings.false_alarms)
    kept = {*settings.no_wish, FALLBACK}
    return {
        "ours": len(ours),
        "real": len(theirs),
        "threshold": threshold,
        "recall": statistics.bootstrap(count + len(scores), recall),
        "recall_real": statistics.share_of([outside_score(one, settings) > threshold for one in theirs]),
        "not_answered_as_a_wish": statistics.share_of([all(wish.intent in kept for wish in one.wishes) for one in [*ours, *theirs]]),
        "read_as_out_of_scope": statistics.share_of([one.wishes[0].intent == OUT_OF_SCOPE for one in [*ours, *theirs]]),
    }


def answered_alone(judged: Sequence[Judged], settings: Settings, threshold: float | None) -> Figures:
    """Share of in-scope messages answered, of those wrong, and wrong about money.

    `threshold`: answered are messages at least this sure; None: as the engine decides (it does not ask back).
    """
    inside = [one for one in judged if one.row.label != OUT_OF_SCOPE]
    told = [not one.asked_back if threshold is None else one.answer.share >= threshold for one in inside]
    answered = [one for one, said in zip(inside, told, strict=True) if said]
    money = [one for one in answered if about_money(one, settings)]
    return {
        "threshold": threshold,
        "answered": statistics.share_of(told),
        "wrong": statistics.share_of([not one.guessed_lenient for one in answered]),
        "wrong_strict": statistics.share_of([not one.guessed_strict for one in answered]),
        "money_wrong": statistics.share_of([not one.guessed_lenient for one in money]),
        "money_wrong_strict": statistics.share_of([not one.guessed_strict for one in money]),
    }


def about_money(one: Judged, settings: Settings) -> bool:
    """Whether money is concerned: by the message, or by what the bot would answer."""
    return one.row.label in settings.money_labels or any(wish.guess in settings.money_intents for wish in one.answer.wishes)


def curve(judged: Sequence[Judged]) -> list[Step]:
    """The risk–coverage curve of in-scope real messages."""
    inside = [one for one in judged if one.row.label != OUT_OF_SCOPE]
    return statistics.risk_coverage([one.answer.share for one in inside], [one.guessed_lenient for one in inside])


def found_entities(test: entities.TestSet, answers: Sequence[Answer]) -> tuple[Figures, list[tuple[str, str, str]]]:
    """Entity F1 on our annotated sentences, and (sentence, missed, wrong) of those with a mistake."""
    tables, mistakes = [], []
    for sentence, answer in zip(test.sentences, answers, strict=True):
        table, missed, wrong = entities.score(sentence.entities, entities.pairs_of(answer.entities, test.scored))
        tables.append(table)
        if missed or wrong:
            mistakes.append((sentence.text, _told(missed), _told(wrong)))

    def f1(places: Sequence[int]) -> float:
        return entities.total([tables[place] for place in places]).f1

    by_entity = {
        name: {"f1": one.f1, "right": one.right, "wrong": one.wrong, "missed": one.missed}
        for name, one in sorted(entities.by_entity(tables).items(), key=lambda item: item[1].f1)
    }
    return {
        "sentences": len(tables),
        "f1": statistics.bootstrap(len(tables), f1),
        "all_right": statistics.share_of([not any(one.wrong or one.missed for one in table.values()) for table in tables]),
        "by_entity": by_entity,
        "by_group": {
            name: {"f1": one.f1, "right": one.right, "wrong": one.wrong, "missed": one.missed}
            for name, one in entities.by_group(test.sentences, tables).items()
        },
    }, mistakes


def _told(pairs: Sequence[entities.Pair]) -> str:
    return ", ".join(f"{name}={value:g}" if isinstance(value, float) else f"{name}={value}" for name, value in pairs)


def held_out(examples: Sequence[Example], answers: Sequence[Answer]) -> Figures:
    """Accuracy on our held-out messages: the intent itself must be met by the classifier."""
    right = [one.intent == answer.classifier for one, answer in zip(examples, answers, strict=True)]
    return {"messages": len(right), "accuracy": statistics.share_of(right)}


def crossed(unseen: Sequence[Unseen], coarse: Coarse, settings: Settings) -> Figures:
    """Cross-validation on our own examples: by intent, by topic, and by coarse label as the real messages are judged."""
    right = [one.intent == one.guess for one in unseen]
    topical = [hit and one.topic == one.guess_topic for hit, one in zip(right, unseen, strict=True)]
    served = [hit or bool({*coarse.of(one.intent).strict} & {*coarse.of(one.guess).strict}) for hit, one in zip(right, unseen, strict=True)]
    labels, guesses = [one.intent for one in unseen], [one.guess for one in unseen]

    def f1(places: Sequence[int]) -> float:
        return statistics.macro_f1([labels[place] for place in places], [guesses[place] for place in places])

    shares = [one.share for one in unseen]
    step = statistics.widest(statistics.risk_coverage(shares, served), settings.risk)
    confused = Counter((one.intent, one.guess) for one in unseen if one.intent != one.guess)
    return {
        "examples": len(unseen),
        "accuracy": statistics.share_of(right),
        "with_topic": statistics.share_of(topical),
        "coarse": statistics.share_of(served),
        "macro_f1": statistics.bootstrap(len(unseen), f1, rounds=50),
        "calibration": calibration(shares, right),
        "threshold": math.nan if step is None else step.threshold,
        "confused": [{"intent": intent, "taken_for": guess, "examples": count} for (intent, guess), count in confused.most_common(30)],
    }


def gap(unseen: Estimate, strict: Estimate) -> float:
    """How much better our own examples are read than real messages, both by coarse label."""
    return unseen.value - strict.value
