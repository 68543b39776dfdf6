"""`python -m evaluate [--save] [--no-cross] [--model FILE]`: measure the trained model, print the figures, write evaluate/out/."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from evaluate import answers, entities, figures, messages, pictures, report, statistics, suggestions
from evaluate.figures import Figures, Judged, Settings
from launch import model
from launch.paths import ROOT

OUT = ROOT / "evaluate" / "out"
SAVED = ROOT / "evaluate" / "saved" / "last.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """0; 1 with --strict when a target is missed; 2 when something that is measured on is missing."""
    parser = argparse.ArgumentParser(prog="python -m evaluate", description=__doc__)
    parser.add_argument("--model", type=Path, help="a model file; by default the newest of models/")
    parser.add_argument("--no-cross", action="store_true", help="leave the cross-validation out (minutes when the data is new)")
    parser.add_argument("--no-suggestions", action="store_true", help="leave the suggestions out (they start the product)")
    parser.add_argument(
        "--save", action="store_true", help=f"keep the figures as {SAVED.relative_to(ROOT)}, which later runs are compared with"
    )
    parser.add_argument("--strict", action="store_true", help="exit 1 when a target is missed")
    parser.add_argument("--out", type=Path, default=OUT, help="folder of the results")
    chosen = parser.parse_args(arguments)
    try:
        found, judged, mistakes = measure(chosen)
    except messages.Missing as problem:
        print(f"evaluate: {problem}", file=sys.stderr)
        return 2
    settings = Settings.read()
    last = json.loads(SAVED.read_text("utf-8")) if SAVED.is_file() else None
    said = report.text(found, settings, last)
    print(said)
    write(chosen.out, found, judged, mistakes, said)
    print(f"\nwritten to {chosen.out}: latest.json, report.txt, failing.tsv, entities.tsv, suggestions.tsv, *.svg")
    if chosen.save:
        SAVED.parent.mkdir(exist_ok=True)
        SAVED.write_text(json.dumps(report.kept(found, found["hits"]), ensure_ascii=False, indent=1) + "\n", "utf-8")
        print(f"kept as {SAVED.relative_to(ROOT)}")
    return 1 if chosen.strict and any("MISSED" in line for line in report.promises(found, settings)) else 0


def measure(chosen: argparse.Namespace) -> tuple[Figures, list[Judged], list[tuple[str, str, str]]]:
    """All figures. Missing when a file, the model or an intent's mapping is not there."""
    settings, coarse = Settings.read(), messages.Coarse.read()
    rows, ours, test, own = messages.read_rows(), messages.outside(), entities.read(), messages.held_out()
    for example in messages.taught():
        coarse.of(example.intent, example.topic)
    trained = chosen.model or model.newest()
    if trained is None:
        raise messages.Missing("there is no model; run `make eval` or `make train`")
    asked = [*(row.text for row in rows), *ours, *(one.text for one in test.sentences), *(one.text for one in own)]
    told = iter(answers.read(asked, trained, test.today))
    judged = [figures.judge(row, next(told), coarse) for row in rows]
    outside = [next(told) for _ in ours]
    found_entities, mistakes = figures.found_entities(test, [next(told) for _ in test.sentences])
    found: Figures = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "model": trained.name,
        "real": figures.real(judged, coarse, settings),
        "labels": figures.by_label(judged),
        "calibration": figures.calibration([one.answer.share for one in judged], [one.guessed_strict for one in judged]),
        "calibration_lenient": figures.calibration([one.answer.share for one in judged], [one.guessed_lenient for one in judged]),
        "outside": figures.outside(judged, outside, settings),
        "curve": figures.curve(judged),
        "entities": found_entities,
        "held_out": figures.held_out(own, list(told)),
        "hits": {messages.message_id(one.row.text): (one.strict, one.lenient) for one in judged},
    }
    if not chosen.no_suggestions:
        asked_for = suggestions.measure(trained, rows, coarse)
        found["suggestions"] = suggestions.figures(asked_for)
        _table(
            _folder(chosen.out) / "suggestions.tsv",
            ["source", "label", "suggested", "message"],
            suggestions.failing(asked_for),
        )
    found["alone"] = {"engine": figures.answered_alone(judged, settings, None)}
    if not chosen.no_cross:
        unseen = answers.cross_validated(chosen.out / f"cross-{fingerprint(trained)}.json", settings.folds)
        cross = figures.crossed(unseen, coarse, settings)
        found["cross"] = {**cross, "gap": figures.gap(cross["coarse"], found["real"]["strict"])}
        found["alone"]["cross-validated"] = figures.answered_alone(judged, settings, cross["threshold"])
    best = statistics.widest(found["curve"], settings.risk)
    if best is not None:
        found["alone"]["best for these messages"] = figures.answered_alone(judged, settings, best.threshold)
    return found, judged, mistakes


def fingerprint(trained: Path) -> str:
    """What the model was made from, so that an unchanged cross-validation is not done again."""
    note = trained.with_name(trained.name.removesuffix(".tar.gz") + ".json")
    if not note.is_file():
        raise messages.Missing(f"{trained}: the note beside it is missing; `make train` writes both")
    return str(json.loads(note.read_text("utf-8"))["made_from"])[:12]


def write(out: Path, found: Figures, judged: Sequence[Judged], mistakes: Sequence[tuple[str, str, str]], said: str) -> None:
    """Everything into a folder that git ignores: the list of failing messages must never enter the project."""
    (_folder(out) / "report.txt").write_text(said + "\n", "utf-8")
    (out / "latest.json").write_text(json.dumps(report.plain(found), ensure_ascii=False, indent=1) + "\n", "utf-8")
    coarse = messages.Coarse.read()
    failing = [one for one in judged if not one.strict]
    failing.sort(key=lambda one: (one.lenient, one.row.label, one.answer.wishes[0].intent))
    _table(
        out / "failing.tsv",
        ["strict", "lenient", "label", "also", "read as", "share", "best intent of the label", "its share", "message"],
        [[int(one.strict), int(one.lenient), *_failing(one, coarse)] for one in failing],
    )
    _table(out / "entities.tsv", ["sentence", "missed", "wrong"], [list(one) for one in mistakes])
    cross = found.get("cross")
    drawn = {
        "reliability": pictures.reliability(
            found["calibration"]["curve"], found["calibration"]["error"], cross["calibration"]["curve"] if cross else ()
        ),
        "risk_coverage": pictures.risk_coverage(
            found["curve"], [(name, one["answered"].value, one["wrong"].value) for name, one in found["alone"].items()]
        ),
        "labels": pictures.labels([(one["label"], one["strict"].value, one["lenient"].value, one["messages"]) for one in found["labels"]]),
    }
    for name, picture in drawn.items():
        (out / f"{name}.svg").write_text(picture, "utf-8")


def _folder(out: Path) -> Path:
    out.mkdir(parents=True, exist_ok=True)
    return out


def _failing(one: Judged, coarse: messages.Coarse) -> list[Any]:
    right = next(((name, share) for name, share in one.answer.ranking if coarse.strict(one.row, name)), ("", 0.0))
    read = " + ".join(f"{wish.intent}{'/' + wish.topic if wish.topic else ''}" for wish in one.answer.wishes)
    return [one.row.label, ",".join(sorted(one.row.also)), read, f"{one.answer.share:.2f}", right[0], f"{right[1]:.2f}", one.row.text]


def _table(path: Path, head: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream, delimiter="\t", lineterminator="\n")
        table.writerow(head)
        table.writerows(rows)


if __name__ == "__main__":
    sys.exit(main())
