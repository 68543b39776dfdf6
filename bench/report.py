"""The figures as a table and as JSON, with the ratios that the project promises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

# Ours against stock, as promised: (what, where in the figures, how the ratio must be).
AT_MOST, AT_LEAST = "at most", "at least"


@dataclass(frozen=True)
class Promise:
    """A ratio ours/stock that must hold."""

    name: str
    path: tuple[str, ...]
    sense: str
    limit: float

    def holds(self, ratio: float) -> bool:
        """Whether the measured ratio keeps the promise."""
        return ratio <= self.limit if self.sense == AT_MOST else ratio >= self.limit


PROMISES = (
    Promise("median latency, one talk", ("alone", "p50_ms"), AT_MOST, 0.5),
    Promise("median latency, 8 talks at once", ("at_once", "p50_ms"), AT_MOST, 0.5),
    Promise("messages a second, 8 talks at once", ("at_once", "messages_a_second"), AT_LEAST, 2.5),
    Promise("training time", ("train_s",), AT_MOST, 0.25),
    Promise("memory after the talks", ("memory_mb",), AT_MOST, 0.75),
)

ROWS = (
    ("training time, s", ("train_s",)),
    ("start to first answer, s", ("ready_s",)),
    ("memory when ready, MB", ("memory_ready_mb",)),
    ("memory after the talks, MB", ("memory_mb",)),
    ("alone: p50, ms", ("alone", "p50_ms")),
    ("alone: p95, ms", ("alone", "p95_ms")),
    ("alone: p99, ms", ("alone", "p99_ms")),
    ("alone: messages a second", ("alone", "messages_a_second")),
    ("8 at once: p50, ms", ("at_once", "p50_ms")),
    ("8 at once: p95, ms", ("at_once", "p95_ms")),
    ("8 at once: p99, ms", ("at_once", "p99_ms")),
    ("8 at once: messages a second", ("at_once", "messages_a_second")),
    ("turns without a reply", ("unanswered",)),
    ("turns that failed", ("failed",)),
)


def dig(figures: dict[str, Any], path: tuple[str, ...]) -> float | None:
    """A figure by its path; None when it was not measured."""
    value: Any = figures
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return float(value) if isinstance(value, int | float) else None


def ratios(ours: dict[str, Any], stock: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Each promise with its ratio and whether it holds (None when a side was not measured)."""
    found = {}
    for promise in PROMISES:
        mine, theirs = dig(ours, promise.path), dig(stock, promise.path)
        ratio = round(mine / theirs, 3) if mine is not None and theirs else None
        found[promise.name] = {
            "ratio": ratio,
            "promised": f"{promise.sense} {promise.limit}",
            "holds": promise.holds(ratio) if ratio is not None else None,
        }
    return found


def table(figures: dict[str, Any]) -> str:
    """What a person reads at the end of a run."""
    ours, stock, gateway = figures["ours"], figures["stock"], figures["gateway"]
    lines = [f"{'':32}{'ours':>12}{'stock':>12}{'ours/stock':>12}{'via gateway':>13}"]
    for title, path in ROWS:
        mine, theirs, through = dig(ours, path), dig(stock, path), dig(gateway, path)
        ratio = mine / theirs if mine is not None and theirs else None
        lines.append(f"{title:32}{_cell(mine):>12}{_cell(theirs):>12}{_cell(ratio, 2):>12}{_cell(through):>13}")
    lines.append("")
    for name, told in figures["ratios"].items():
        verdict = {True: "holds", False: "MISSED", None: "not measured"}[told["holds"]]
        lines.append(f"{name:36}{_cell(told['ratio'], 2):>8}   promised {told['promised']:14} {verdict}")
    return "\n".join(lines)


def _cell(value: float | None, digits: int = 1) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
