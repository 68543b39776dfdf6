"""The figures as text, as JSON, and beside the last saved result."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

from evaluate import statistics
from evaluate.figures import Figures, Settings
from evaluate.statistics import Estimate


def plain(figure: Any) -> Any:
    """Figures as JSON knows them: dataclasses as objects, shares to four places, no infinities."""
    if dataclasses.is_dataclass(figure) and not isinstance(figure, type):
        return plain(dataclasses.asdict(figure))
    if isinstance(figure, Mapping):
        return {str(name): plain(one) for name, one in figure.items()}
    if isinstance(figure, list | tuple):
        return [plain(one) for one in figure]
    if isinstance(figure, float):
        return round(figure, 4) if math.isfinite(figure) else None
    return figure


def at(figures: Mapping[str, Any], place: str) -> Any:
    """The figure at a dotted place, None when there is none."""
    found: Any = figures
    for name in place.split("."):
        if not isinstance(found, Mapping) or name not in found:
            return None
        found = found[name]
    return found


def told(one: Estimate) -> str:
    """`85.7 % [81.0, 89.5] of 258`."""
    if math.isnan(one.value):
        return "none to count"
    return f"{one.value * 100:5.1f} % [{one.low * 100:.1f}, {one.high * 100:.1f}] of {one.count}"


def text(figures: Figures, settings: Settings, last: Mapping[str, Any] | None) -> str:
    """The whole report."""
    parts = [
        _real(figures),
        _labels(figures),
        _confidence(figures),
        _entities(figures),
        _own(figures),
        _suggestions(figures),
        "PROMISED\n" + "\n".join(promises(figures, settings)),
        compared(figures, last, settings),
    ]
    return "\n\n".join(parts)


def _rows(rows: Sequence[tuple[str, Estimate]]) -> str:
    return "\n".join(f"  {name:42} {told(one)}" for name, one in rows)


def _real(figures: Figures) -> str:
    found = figures["real"]
    return f"REAL MESSAGES (dev.tsv, {found['messages']}), model {figures['model']}\n" + _rows(
        [
            ("strict accuracy", found["strict"]),
            ("lenient accuracy", found["lenient"]),
            ("macro-F1, labels of 5 messages or more", found["macro_f1"]),
            ("asked back in place of an answer", found["asked_back"]),
            ("read as two wishes", found["two_wishes"]),
            ("the classifier alone, strict", found["classifier_strict"]),
            ("the classifier alone, lenient", found["classifier_lenient"]),
        ]
    )


def _labels(figures: Figures) -> str:
    lines = [f"{'LABELS, weakest first':28} {'n':>3} {'F1':>5} {'strict':>7} {'lenient':>8}  taken for"]
    for one in figures["labels"]:
        taken = ", ".join(f"{intent} {count}" for intent, count in one["taken_for"].items())
        lines.append(
            f"  {one['label']:26} {one['messages']:3} {one['f1']:5.2f} {one['strict'].value:7.0%} {one['lenient'].value:8.0%}  {taken}"
        )
    return "\n".join(lines)


def _confidence(figures: Figures) -> str:
    calibration, outside, alone = figures["calibration"], figures["outside"], figures["alone"]
    lines = [
        "CONFIDENCE AND SCOPE",
        _rows(
            [
                ("expected calibration error", calibration["error"]),
                (f"out-of-scope recall at 5 % false alarms ({outside['ours']}+{outside['real']})", outside["recall"]),
                ("  of the real ones among them", outside["recall_real"]),
                ("  answered as no wish today", outside["not_answered_as_a_wish"]),
            ]
        ),
    ]
    for name, point in alone.items():
        threshold = "as set in config.yml" if point["threshold"] is None else f"{point['threshold']:.3f}"
        lines.append(f"  at the threshold at which the bot answers alone ({name}: {threshold})")
        lines.append(
            _rows(
                [
                    ("    answered", point["answered"]),
                    ("    wrong of those (lenient)", point["wrong"]),
                    ("    wrong of those (strict)", point["wrong_strict"]),
                    ("    wrong where money is concerned", point["money_wrong"]),
                    ("    wrong where money is concerned (strict)", point["money_wrong_strict"]),
                ]
            )
        )
    return "\n".join(lines)


def _entities(figures: Figures) -> str:
    found = figures["entities"]
    lines = [
        f"ENTITIES ({found['sentences']} sentences of ours)",
        _rows([("F1 over all entities", found["f1"]), ("sentences all right", found["all_right"])]),
    ]
    for name, one in found["by_entity"].items():
        lines.append(f"  {name:18} F1 {one['f1']:.3f}  right {one['right']:3}  wrong {one['wrong']:3}  missed {one['missed']:3}")
    return "\n".join(lines)


def _own(figures: Figures) -> str:
    rows = [("held-out messages (tests/nlu), exact intent", figures["held_out"]["accuracy"])]
    cross = figures.get("cross")
    if cross is None:
        return "OUR OWN MESSAGES (cross-validation left out)\n" + _rows(rows)
    rows += [
        ("cross-validation, intent", cross["accuracy"]),
        ("cross-validation, intent and topic", cross["with_topic"]),
        ("cross-validation, coarse label", cross["coarse"]),
        ("cross-validation, macro-F1 of intents", cross["macro_f1"]),
        ("cross-validation, calibration error", cross["calibration"]["error"]),
    ]
    gap = f"{cross['gap'] * 100:.1f} points"
    return f"OUR OWN MESSAGES ({cross['examples']})\n{_rows(rows)}\n  gap to real messages (coarse less strict): {gap}"


def _suggestions(figures: Figures) -> str:
    found = figures.get("suggestions")
    if found is None:
        return "SUGGESTIONS: left out"
    return f"SUGGESTIONS TO AGENTS ({found['messages']} messages in scope, median {found['median_ms']:.0f} ms)\n" + _rows(
        [
            ("right script among the first three", found["first_three"]),
            ("  of the real messages", found["real"]),
            ("  of our own", found["ours"]),
            ("right script first", found["first"]),
            ("right script among all four", found["any"]),
            ("nothing suggested", found["none"]),
        ]
    )


def promises(figures: Figures, settings: Settings) -> list[str]:
    """One line for each target: whether it holds."""
    lines = []
    for target in settings.targets:
        found = at(figures, target["figure"])
        if not isinstance(found, Estimate):
            continue
        bound = float(target.get("at_least", target.get("at_most", 0.0)))
        holds = found.value >= bound if "at_least" in target else found.value <= bound
        sign = "≥" if "at_least" in target else "≤"
        lines.append(f"  {'holds ' if holds else 'MISSED'} {target['name']:24} {sign} {bound:.0%}: {told(found)}")
    return lines


def kept(figures: Figures, seen: Mapping[str, Sequence[bool]]) -> dict[str, Any]:
    """What is saved in the project: figures, and hits by message id. No message."""
    return {**plain(figures), "hits": {name: [int(one) for one in hits] for name, hits in seen.items()}}


def compared(figures: Figures, last: Mapping[str, Any] | None, settings: Settings) -> str:
    """Against the last saved result: paired over the same real messages, and every target's figure before and now."""
    if last is None:
        return "LAST SAVED RESULT: none; --save keeps this one"
    hits: Mapping[str, Sequence[bool]] = figures["hits"]
    shared = [name for name in hits if name in last["hits"]]
    lines = [f"AGAINST THE LAST SAVED RESULT ({last['at']}, {last['model']}; {len(shared)} messages in both)"]
    for place, name in enumerate(("strict", "lenient")):
        change = statistics.paired([bool(last["hits"][one][place]) for one in shared], [bool(hits[one][place]) for one in shared])
        sure = "a change" if change.low > 0 or change.high < 0 else "no sure change"
        lines.append(f"  {name:10} {change.value * 100:+5.1f} points [{change.low * 100:+.1f}, {change.high * 100:+.1f}]: {sure}")
    for target in settings.targets:
        now, before = at(figures, target["figure"]), at(last, target["figure"])
        if isinstance(now, Estimate) and isinstance(before, Mapping) and before.get("value") is not None:
            lines.append(f"  {target['name']:24} {before['value'] * 100:5.1f} % → {now.value * 100:5.1f} %")
    return "\n".join(lines)
