"""Measure understanding on real shoppers' messages, and on our held-out ones.

Usage, in the engine's environment (Python 3.10):

    engine/.venv/bin/python tests/nlu/score_real.py --model models/NAME.tar.gz        load a trained model here
    engine/.venv/bin/python tests/nlu/score_real.py --model models                    the newest model of that folder
    engine/.venv/bin/python tests/nlu/score_real.py --url http://127.0.0.1:5005       ask a running engine
    … --held-out      tests/nlu/test_*.yml (exact intents) in place of the real messages
    … --json FILE     write the figures too

The real messages are not part of the project: they lie in XIAOER_REAL_MESSAGES, by default shared/real_messages beside
the project root. Accuracy is a share from 0 to 1. *Strict* and *lenient* are defined at the head of coarse_labels.yml.
A running engine is only ever asked on this machine, as a dry run, each message in a talk of its own.

From Python: ``score(predict, rows)`` with any ``predict: text -> (intent, confidence)``.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import logging
import os
import sys
import urllib.parse
import urllib.request
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
Predict = Callable[[str], "tuple[str, float]"]
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True)
class Row:
    """One real message: its text, its coarse label, the labels that are as good."""

    text: str
    label: str
    also: frozenset[str]


@dataclass(frozen=True)
class Served:
    """The coarse labels an intent answers, strictly and in addition leniently."""

    strict: frozenset[str]
    lenient: frozenset[str]


@dataclass(frozen=True)
class Miss:
    """A message whose intent serves no acceptable label, or serves it only leniently."""

    text: str
    label: str
    intent: str
    confidence: float
    lenient_hit: bool


@dataclass(frozen=True)
class Report:
    """Figures of one run; shares are between 0 and 1, `by_label` holds (strict hits, messages)."""

    messages: int
    strict: float
    lenient: float
    by_label: Mapping[str, tuple[int, int]]
    misses: Sequence[Miss]


def real_messages_dir() -> Path:
    """The folder of the real messages: XIAOER_REAL_MESSAGES, or shared/real_messages beside the project root."""
    said = os.environ.get("XIAOER_REAL_MESSAGES")
    return Path(said) if said else ROOT.parent / "shared" / "real_messages"


def read_rows(path: Path) -> list[Row]:
    """The rows of a labelled file (tab-separated: text, label, also_acceptable, source). OSError when it is not there."""
    with path.open(encoding="utf-8", newline="") as stream:
        lines = csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [Row(line["text"], line["label"], frozenset(filter(None, (line["also_acceptable"] or "").split(",")))) for line in lines]


def read_served(path: Path = HERE / "coarse_labels.yml") -> dict[str, Served]:
    """Intent -> labels it serves, the fallback included."""
    found = yaml.safe_load(path.read_text("utf-8"))
    return {
        intent: Served(frozenset(labels["strict"]), frozenset(labels["lenient"]))
        for part in ("intents", "fallback")
        for intent, labels in found[part].items()
    }


def read_examples(paths: Iterable[Path]) -> list[tuple[str, str]]:
    """(text, intent) of Rasa NLU files, in their order."""
    found = []
    for path in paths:
        for entry in yaml.safe_load(path.read_text("utf-8"))["nlu"]:
            if "intent" in entry:
                lines = (line.strip() for line in entry["examples"].splitlines())
                found += [(line[1:].strip(), entry["intent"]) for line in lines if line.startswith("-")]
    return found


def score(predict: Predict, rows: Sequence[Row], served: Mapping[str, Served] | None = None) -> Report:
    """Ask `predict` for every row. KeyError when it names an intent that coarse_labels.yml does not know."""
    served = served if served is not None else read_served()
    misses: list[Miss] = []
    strict, lenient, totals, hits = 0, 0, Counter[str](), Counter[str]()
    for row in rows:
        intent, confidence = predict(row.text)
        labels = served[intent]
        is_strict = row.label in labels.strict
        is_lenient = bool(({row.label} | row.also) & (labels.strict | labels.lenient))
        strict += is_strict
        lenient += is_lenient
        totals[row.label] += 1
        hits[row.label] += is_strict
        if not is_strict:
            misses.append(Miss(row.text, row.label, intent, confidence, is_lenient))
    count = max(len(rows), 1)
    return Report(len(rows), strict / count, lenient / count, {label: (hits[label], totals[label]) for label in sorted(totals)}, misses)


def score_held_out(predict: Predict, examples: Sequence[tuple[str, str]]) -> Report:
    """The same for our own held-out messages: the intent itself must be met, so lenient equals strict."""
    rows = [Row(text, intent, frozenset()) for text, intent in examples]
    exact = {intent: Served(frozenset({intent}), frozenset()) for intent in read_served()}
    return score(predict, rows, exact)


def engine_predict(url: str, token: str) -> Predict:
    """Ask a running engine's turn channel. ValueError when the address is not of this machine."""
    if urllib.parse.urlsplit(url).hostname not in LOOPBACK:
        raise ValueError(f"{url}: only an engine on this machine is asked")

    def predict(text: str) -> tuple[str, float]:
        talk = f"score-{uuid.uuid4().hex}"
        body = {"sender": talk, "text": text, "metadata": {"conversation_id": talk, "customer_id": None, "dry_run": True}}
        request = urllib.request.Request(
            url.rstrip("/") + "/webhooks/turn/webhook",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            trace = json.load(answer)["trace"]
        return str(trace["intent"]), float(trace["confidence"] or 0.0)

    return predict


def model_predict(model: Path) -> Predict:
    """Load a trained model (a file, or the newest of a folder). FileNotFoundError when there is none."""
    if model.is_dir():
        found = sorted(model.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)
        if not found:
            raise FileNotFoundError(f"{model}: no model; train one first")
        model = found[-1]
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    sys.path.insert(0, str(ROOT))  # the model names the engine's own components
    from rasa.core.agent import Agent
    from rasa.utils.log_utils import configure_structlog

    configure_structlog(logging.WARNING)  # unconfigured, Rasa prints a line for every message
    agent: Any = Agent.load(str(model))

    def predict(text: str) -> tuple[str, float]:
        intent = asyncio.run(agent.parse_message(text))["intent"]
        return str(intent["name"]), float(intent["confidence"])

    return predict


def show(title: str, report: Report) -> None:
    """Print the figures, the labels from weakest to strongest, then every miss by (label, intent)."""
    print(f"{title}: {report.messages} messages, strict {report.strict:.1%}, lenient {report.lenient:.1%}")
    for label, (hit, total) in sorted(report.by_label.items(), key=lambda item: item[1][0] / item[1][1]):
        if hit < total:
            print(f"  {label:28} {hit:3}/{total}")
    print(f"asked again (nlu_fallback) instead: {sum(miss.intent == 'nlu_fallback' for miss in report.misses)}")
    pairs = Counter((miss.label, miss.intent) for miss in report.misses)
    for (label, intent), count in pairs.most_common():
        print(f"{count:3} {label} -> {intent}")
        for miss in report.misses:
            if (miss.label, miss.intent) == (label, intent):
                print(f"      {miss.confidence:.2f}{' (lenient hit)' if miss.lenient_hit else ''}  {miss.text}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; 0 = measured, 2 = cannot."""
    parser = argparse.ArgumentParser(description="Measure understanding on real or held-out messages.")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--url", help="a running engine on this machine")
    where.add_argument("--model", type=Path, help="a model file, or the folder of models")
    parser.add_argument("--held-out", action="store_true", help="tests/nlu/test_*.yml in place of the real messages")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args(arguments)
    absent = {intent for _, intent in read_examples((ROOT / "data" / "nlu").glob("*.yml"))} - set(read_served())
    if absent:
        print(f"coarse_labels.yml lacks {', '.join(sorted(absent))}", file=sys.stderr)
        return 2
    try:
        rows = [] if options.held_out else read_rows(real_messages_dir() / "dev.tsv")
        if options.url:
            predict = engine_predict(options.url, os.environ.get("XIAOER_ENGINE_TOKEN", ""))
        else:
            predict = model_predict(options.model)
        report = score_held_out(predict, read_examples(sorted(HERE.glob("test_*.yml")))) if options.held_out else score(predict, rows)
    except (OSError, ValueError) as problem:
        print(f"score_real: {problem}", file=sys.stderr)
        return 2
    show("held-out messages" if options.held_out else "real messages", report)
    if options.json:
        options.json.write_text(json.dumps(asdict(report), ensure_ascii=False, indent=1), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
