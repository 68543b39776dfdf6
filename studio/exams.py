"""What a release is examined on, and what its answers are worth: figures, weak intents, failing messages and dialogues.

The tests are those of the candidate's content: ``tests/nlu/test_*.yml`` (own), ``tests/nlu/held_out.yml`` (real messages that trainers
labelled), ``tests/stories``; and the real messages of the corpus where they are reachable (XIAOER_REAL_MESSAGES). Of those no text is kept:
only ``id``, by which :func:`real_text` finds it again.
"""

from __future__ import annotations

import csv
import hashlib
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml

from studio import gate
from studio.marks import unmarked

FALLBACK = "nlu_fallback"
HELD_OUT = "held_out.yml"
Source = Literal["own", "held_out", "real"]
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Question:
    """A message to be understood. ``label``: the intent (of a real message: its coarse label), ``also``: coarse labels that are as good."""

    text: str
    source: Source
    label: str
    path: str = ""
    topic: str | None = None
    also: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Reading:
    """How a release reads a message: the classifier's intent, all wishes with their topics, the best guess and how sure it is."""

    classifier: str
    wishes: tuple[tuple[str, str | None], ...]
    guess: str
    share: float

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Reading:
        """From an answer of engine.exam."""
        wishes = tuple((str(one["intent"]), one.get("topic")) for one in told["wishes"])
        return cls(str(told["classifier"]), wishes, str(told["wishes"][0]["guess"]), float(told["classifier_share"]))


@dataclass(frozen=True)
class Served:
    """Intent (or intent/topic) → coarse labels it serves, strictly and leniently (tests/nlu/coarse_labels.yml of the release)."""

    strict: Mapping[str, frozenset[str]] = field(default_factory=dict)
    lenient: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> Served:
        """Of a release's folder; an intent that the file lacks serves nothing."""
        found = _yaml(folder / "tests" / "nlu" / "coarse_labels.yml")
        both = {name: one for part in ("intents", "topics", "fallback") for name, one in (found.get(part) or {}).items()}
        return cls(
            {name: frozenset(one.get("strict") or ()) for name, one in both.items()},
            {name: frozenset([*(one.get("strict") or ()), *(one.get("lenient") or ())]) for name, one in both.items()},
        )

    def is_strict(self, question: Question, intent: str, topic: str | None) -> bool:
        """Whether the message's own label is one the intent serves."""
        return question.label in _of(self.strict, intent, topic)

    def is_lenient(self, question: Question, intent: str, topic: str | None) -> bool:
        """Whether one of the message's acceptable labels is served."""
        return bool({question.label, *question.also} & _of(self.lenient, intent, topic))


def _of(table: Mapping[str, frozenset[str]], intent: str, topic: str | None) -> frozenset[str]:
    return table.get(f"{intent}/{topic}") or table.get(intent) or frozenset()


def _yaml(path: Path) -> dict[str, Any]:
    try:
        found = yaml.load(path.read_text("utf-8"), Loader=_LOADER)  # noqa: S506 the safe loader, in C
    except (OSError, yaml.YAMLError):
        return {}
    return found if isinstance(found, dict) else {}


# -- the questions


def questions(content: Path) -> list[Question]:
    """Our own and the trainers' held-out messages of a release's or checkout's folder, each text once."""
    found: dict[str, Question] = {}
    folder = content / "tests" / "nlu"
    for path in [*sorted(folder.glob("test_*.yml")), folder / HELD_OUT]:
        source: Source = "held_out" if path.name == HELD_OUT else "own"
        for block in _yaml(path).get("nlu") or []:
            if not isinstance(block, dict) or "intent" not in block:
                continue
            topic = (block.get("metadata") or {}).get("topic")
            for line in str(block.get("examples") or "").splitlines():
                # Entities are marked in held_out.yml, and nobody says the marks.
                text = unmarked(line.strip().removeprefix("-").strip())[0]
                if text and line.strip().startswith("-"):
                    found.setdefault(text, Question(text, source, str(block["intent"]), f"tests/nlu/{path.name}", topic))
    return list(found.values())


def real_file() -> Path | None:
    """The corpus of real messages, when it can be reached."""
    said = os.environ.get("XIAOER_REAL_MESSAGES")
    path = (Path(said) if said else Path(__file__).resolve().parents[2] / "shared" / "real_messages") / "dev.tsv"
    return path if path.is_file() else None


def real_questions(path: Path | None) -> list[Question]:
    """The labelled real messages; none without the file."""
    if path is None:
        return []
    with path.open(encoding="utf-8", newline="") as stream:
        lines = list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
    rows = [one for one in lines if one.get("text") and one.get("label")]
    return [
        Question(one["text"], "real", one["label"], also=frozenset(filter(None, (one.get("also_acceptable") or "").split(","))))
        for one in rows
    ]


def text_id(text: str) -> str:
    """A name for a message that does not hold it."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def intents_of(content: Path) -> frozenset[str]:
    """The intents that a release's domain knows."""
    listed = _yaml(content / "domain.yml").get("intents") or []
    return frozenset(str(next(iter(one)) if isinstance(one, dict) else one) for one in listed)


# -- what they are worth


def right(question: Question, reading: Reading, served: Served) -> bool:
    """Whether a message was understood: the intent itself by the classifier, of a real message one that serves it."""
    if question.source != "real":
        return reading.classifier == question.label
    return any(served.is_lenient(question, intent, topic) for intent, topic in reading.wishes)


@dataclass(frozen=True)
class Side:
    """One release in a comparison: its answers by text, its intents, what they serve, its dialogues and its speed."""

    readings: Mapping[str, Reading]
    intents: frozenset[str]
    served: Served
    dialogues: Sequence[Mapping[str, Any]]
    speed: Mapping[str, Any]


def common(asked: Iterable[Question], *sides: Side) -> list[Question]:
    """The questions that all sides can be held to: they know the intent (a real message has none) and have read the text."""
    return [
        one for one in asked if all(one.text in side.readings and (one.source == "real" or one.label in side.intents) for side in sides)
    ]


def figures(asked: Sequence[Question], side: Side, other: Side | None = None) -> dict[str, Any]:
    """The figures of one release, of the questions that both can be held to; gate.yml names them. ``counted`` is what each rests on."""
    usable = common(asked, side) if other is None else common(asked, side, other)
    found: dict[str, Any] = {}
    hits = {one.text: right(one, side.readings[one.text], side.served) for one in usable}
    for source in ("own", "held_out"):
        mine = [hits[one.text] for one in usable if one.source == source]
        found[source] = {"counted": len(mine), "right": sum(mine), "accuracy": _share(mine)}
    real = [one for one in usable if one.source == "real"]
    strict = [bool(wishes) and side.served.is_strict(one, *wishes[0]) for one in real for wishes in [side.readings[one.text].wishes]]
    lenient = [hits[one.text] for one in real]
    found["real"] = {"counted": len(real), "strict": _share(strict), "lenient": _share(lenient)}
    costly = [one for one in usable if one.source != "real" and one.label in gate.money()]
    # Asking back costs nothing; another answer does.
    wrong = [not hits[one.text] and side.readings[one.text].classifier != FALLBACK for one in costly]
    found["money"] = {"counted": len(costly), "wrong": _share(wrong)}
    found["speed"] = {
        "cpu": {**(side.speed.get("cpu") or {}), "counted": int(side.speed.get("counted", 0))},
        "wall": side.speed.get("wall") or {},
    }
    passed = {_name(one): bool(one["right"]) for one in side.dialogues}
    failing = sum(not ok for ok in passed.values())
    newly = failing if other is None else sum(not ok and _passes(other, name) for name, ok in passed.items())
    found["dialogues"] = {"counted": len(passed), "right": len(passed) - failing, "newly_failing": newly}
    return found


def _passes(side: Side, name: str) -> bool:
    """Whether the other release passes this dialogue, or had no chance to: it has no such action."""
    return all(one["right"] for one in side.dialogues if _name(one) == name)


def compare(asked: Sequence[Question], candidate: Side, live: Side | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """The figures of both on the same tests. Without a live release the second is empty and nothing is worse than it."""
    if live is None:
        return figures(asked, candidate), {}
    mine, theirs = figures(asked, candidate, live), figures(asked, live, candidate)
    theirs["dialogues"]["newly_failing"] = 0
    drops = _drops(asked, candidate, live)
    worst = max(drops.items(), key=lambda item: item[1][0], default=("", (0.0, 0)))
    mine["intents"] = {"worst_drop": max(worst[1][0], 0.0), "worst": worst[0] if worst[1][0] > 0 else "", "counted": worst[1][1]}
    theirs["intents"] = {"worst_drop": 0.0, "counted": worst[1][1]}
    return mine, theirs


def _drops(asked: Sequence[Question], candidate: Side, live: Side, least: int = 8) -> dict[str, tuple[float, int]]:
    """Intent → (how much its share of understood messages fell, messages), of those with enough messages."""
    table: dict[str, list[int]] = defaultdict(list)
    for one in common(asked, candidate, live):
        if one.source != "real":
            before = right(one, live.readings[one.text], live.served)
            table[one.label].append(before - right(one, candidate.readings[one.text], candidate.served))
    return {intent: (sum(lost) / len(lost), len(lost)) for intent, lost in table.items() if len(lost) >= least}


def by_intent(asked: Sequence[Question], side: Side, other: Side | None) -> list[dict[str, Any]]:
    """Every intent ``{intent, n, right, accuracy, before, taken_for}``, the weakest first; ``before``: the live release's share."""
    groups: dict[str, list[Question]] = defaultdict(list)
    for one in asked:
        if one.source != "real" and one.text in side.readings:
            groups[one.label].append(one)
    found: list[dict[str, Any]] = []
    for intent, own in groups.items():
        hits = [right(one, side.readings[one.text], side.served) for one in own]
        taken = Counter(side.readings[one.text].classifier for one, hit in zip(own, hits, strict=True) if not hit)
        both = common(own, other) if other is not None else []
        before = [right(one, other.readings[one.text], other.served) for one in both] if other is not None else []
        found.append(
            {
                "intent": intent,
                "n": len(own),
                "right": sum(hits),
                "accuracy": _share(hits),
                "before": _share(before),
                "taken_for": dict(taken.most_common()),
            }
        )
    return sorted(found, key=lambda one: (one["accuracy"], -one["n"], one["intent"]))


def failing(asked: Sequence[Question], side: Side, other: Side | None) -> list[dict[str, Any]]:
    """Messages that are not understood, those first that the live release understands. ``change``: lost, still or new (no comparison)."""
    found: list[dict[str, Any]] = []
    for one in asked:
        reading = side.readings.get(one.text)
        if reading is None or right(one, reading, side.served):
            continue
        known = other is not None and one.text in other.readings and (one.source == "real" or one.label in other.intents)
        before = right(one, other.readings[one.text], other.served) if known and other is not None else None
        found.append(
            {
                "id": text_id(one.text),
                "text": None if one.source == "real" else one.text,
                "source": one.source,
                "path": one.path,
                "label": one.label,
                "read": [f"{intent}/{topic}" if topic else intent for intent, topic in reading.wishes],
                "guess": reading.guess,
                "share": round(reading.share, 3),
                "before": other.readings[one.text].classifier if known and other is not None else None,
                "change": "new" if before is None else ("lost" if before else "still"),
            }
        )
    order = {"lost": 0, "new": 1, "still": 2}
    return sorted(found, key=lambda one: (order[one["change"]], one["source"], one["label"], one["id"]))


def failing_dialogues(side: Side, other: Side | None) -> list[dict[str, Any]]:
    """Dialogues that do not go as written, with what was expected and done at each step; those first that the live release passes."""
    found = []
    for one in side.dialogues:
        if one["right"]:
            continue
        theirs = [each for each in other.dialogues if _name(each) == _name(one)] if other is not None else []
        change = "new" if not theirs else ("lost" if theirs[0]["right"] else "still")
        found.append({**one, "path": f"tests/stories/{one['file']}", "change": change})
    order = {"lost": 0, "new": 1, "still": 2}
    return sorted(found, key=lambda one: (order[one["change"]], one["path"], one["story"]))


def real_text(ids: Iterable[str], path: Path | None) -> dict[str, str]:
    """The texts of real messages by their ids, as far as the corpus is reachable."""
    wanted = set(ids)
    return {text_id(one.text): one.text for one in real_questions(path) if text_id(one.text) in wanted} if wanted else {}


def _name(dialogue: Mapping[str, Any]) -> str:
    return f"{dialogue['file']}:{dialogue['story']}"


def _share(hits: Sequence[bool]) -> float | None:
    return round(sum(hits) / len(hits), 4) if hits else None
