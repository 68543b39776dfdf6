"""The gate: a candidate that is worse than the live release on the same tests is blocked. The rules are data (gate.yml)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from studio.errors import StudioError

FILE = Path(__file__).resolve().with_name("gate.yml")
EPSILON = 1e-9


@dataclass(frozen=True)
class Rule:
    """One line of gate.yml."""

    figure: str
    name: str
    better: Literal["higher", "lower"]
    drop: float | None
    ratio: float | None
    least: int
    remedy: str


@dataclass(frozen=True)
class Verdict:
    """A rule held against two figures. ``counted``: messages or dialogues behind it; ``state``: passed, blocked, or skipped (too few, or
    a figure is missing)."""

    figure: str
    name: str
    candidate: float | None
    live: float | None
    counted: int
    state: Literal["passed", "blocked", "skipped"]
    allowed: str
    remedy: str


@cache
def rules(path: Path = FILE) -> tuple[Rule, ...]:
    """The rules. StudioError names what is wrong in the file."""
    found = []
    for number, one in enumerate(_read(path).get("rules") or [], 1):
        place = f"{path.name} 第 {number} 条"
        try:
            rule = Rule(
                str(one["figure"]),
                str(one["name"]),
                one["better"],
                None if one.get("drop") is None else float(one["drop"]),
                None if one.get("ratio") is None else float(one["ratio"]),
                int(one["least"]),
                str(one["remedy"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise StudioError(place, f"缺少或写错了 {error}", "对照文件开头的说明") from None
        if rule.better not in ("higher", "lower") or (rule.drop is None) == (rule.ratio is None):
            raise StudioError(place, "better 要写 higher 或 lower，drop 和 ratio 写一个", "对照文件开头的说明")
        found.append(rule)
    return tuple(found)


@cache
def money(path: Path = FILE) -> frozenset[str]:
    """The intents whose wrong answer costs money."""
    return frozenset(map(str, _read(path).get("money") or []))


def _read(path: Path) -> dict[str, Any]:
    found = yaml.safe_load(path.read_text("utf-8"))
    return found if isinstance(found, dict) else {}


def judge(candidate: Mapping[str, Any], live: Mapping[str, Any], used: Sequence[Rule] | None = None) -> list[Verdict]:
    """Every rule held against the figures of both (studio/exams.py ``figures``)."""
    return [_judge(rule, candidate, live) for rule in (rules() if used is None else used)]


def blocked(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Those that forbid the candidate to go live unless somebody overrules them with a reason."""
    return [one for one in verdicts if one.state == "blocked"]


def _judge(rule: Rule, candidate: Mapping[str, Any], live: Mapping[str, Any]) -> Verdict:
    new, old = number(candidate, rule.figure), number(live, rule.figure)
    counted = int(number(candidate, f"{rule.figure.rpartition('.')[0]}.counted") or 0)
    allowed = f"×{rule.ratio:g}" if rule.ratio is not None else f"±{rule.drop:g}"
    state: Literal["passed", "blocked", "skipped"] = "passed"
    if new is None or old is None or counted < rule.least:
        state = "skipped"
    elif rule.ratio is not None:
        state = "blocked" if new > old * rule.ratio + EPSILON else "passed"
    else:
        worse = old - new if rule.better == "higher" else new - old
        state = "blocked" if worse > (rule.drop or 0.0) + EPSILON else "passed"
    return Verdict(rule.figure, rule.name, new, old, counted, state, allowed, rule.remedy)


def number(figures: Mapping[str, Any], place: str) -> float | None:
    """A figure by its dotted place; None when there is none."""
    found: Any = figures
    for part in place.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None
