"""What the figures say beside what the project promises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

AT_MOST, AT_LEAST = "at most", "at least"


@dataclass(frozen=True)
class Promise:
    """A ratio that must hold: the figure at ``mine`` divided by the one at ``theirs``."""

    name: str
    mine: tuple[str, ...]
    theirs: tuple[str, ...]
    sense: str
    limit: float

    def holds(self, ratio: float) -> bool:
        """Whether the measured ratio keeps the promise."""
        return ratio <= self.limit if self.sense == AT_MOST else ratio >= self.limit


def _against_stock(name: str, path: tuple[str, ...], sense: str, limit: float) -> Promise:
    return Promise(name, ("ours", *path), ("stock", *path), sense, limit)


PROMISES = (
    _against_stock("median turn, never-seen messages, to stock", ("unseen", "p50_ms"), AT_MOST, 1 / 3),
    _against_stock("median turn, repeated messages, to stock", ("seen", "p50_ms"), AT_MOST, 1 / 5),
    _against_stock("messages a second, 8 talks, to stock", ("at_8", "messages_a_second"), AT_LEAST, 4),
    _against_stock("training time, to stock", ("train_s",), AT_MOST, 1 / 8),
    _against_stock("start to first answer, to stock", ("ready_s",), AT_MOST, 1 / 3),
    _against_stock("memory after the talks, to stock", ("memory_mb",), AT_MOST, 0.65),
    Promise("turn through the gateway, to the engine's own", ("gateway", "seen", "p50_ms"), ("engine", "seen", "p50_ms"), AT_MOST, 2),
    Promise("turn 200, to turn 5", ("long", "turn_200_ms"), ("long", "turn_5_ms"), AT_MOST, 1.3),
    Promise("turn beside stored talks, to none", ("stored", "full", "p50_ms"), ("stored", "empty", "p50_ms"), AT_MOST, 1.2),
    Promise("suggestions with 20 agents open, to 300 ms", ("suggestions", "p95_ms"), ("suggestions", "limit_ms"), AT_MOST, 1),
    Promise("replayed day: keys an answer, to 2", ("replay", "keys_median"), ("replay", "keys_limit"), AT_MOST, 1),
    Promise("replayed day: unedited of taken, to 60 %", ("replay", "unedited_share"), ("replay", "unedited_least"), AT_LEAST, 1),
    Promise("replayed day: first reply, to 6 s", ("replay", "first_reply_median_s"), ("replay", "first_reply_limit_s"), AT_MOST, 1),
    Promise("click to the window's first bubble, to 400 ms", ("opening", "welcome_ms"), ("opening", "limit_ms"), AT_MOST, 1),
)

COLUMNS = ("ours", "stock", "engine", "gateway")
ROWS = (
    ("training time, s", ("train_s",)),
    ("model, MB", ("model_mb",)),
    ("start to first answer, s", ("ready_s",)),
    ("memory when ready, MB", ("memory_ready_mb",)),
    ("memory after the talks, MB", ("memory_mb",)),
    ("repeated: p50, ms", ("seen", "p50_ms")),
    ("repeated: p95, ms", ("seen", "p95_ms")),
    ("repeated: p99, ms", ("seen", "p99_ms")),
    ("never seen: p50, ms", ("unseen", "p50_ms")),
    ("never seen: p95, ms", ("unseen", "p95_ms")),
    ("never seen: p99, ms", ("unseen", "p99_ms")),
    ("1 talk: messages a second", ("seen", "messages_a_second")),
    ("8 talks: messages a second", ("at_8", "messages_a_second")),
    ("8 talks: p50, ms", ("at_8", "p50_ms")),
    ("8 talks: p95, ms", ("at_8", "p95_ms")),
    ("32 talks: messages a second", ("at_32", "messages_a_second")),
    ("32 talks: p50, ms", ("at_32", "p50_ms")),
    ("32 talks: p95, ms", ("at_32", "p95_ms")),
    ("turns without a reply", ("unanswered",)),
    ("turns that failed", ("failed",)),
)


def dig(figures: Mapping[str, Any], path: tuple[str, ...]) -> float | None:
    """A figure by its path; None when it was not measured."""
    value: Any = figures
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return float(value) if isinstance(value, int | float) else None


def ratios(figures: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Each promise with its ratio and whether it holds (None when a side was not measured)."""
    found = {}
    for promise in PROMISES:
        mine, theirs = dig(figures, promise.mine), dig(figures, promise.theirs)
        ratio = round(mine / theirs, 3) if mine is not None and theirs else None
        found[promise.name] = {
            "ratio": ratio,
            "promised": f"{promise.sense} {promise.limit:.3g}",
            "holds": promise.holds(ratio) if ratio is not None else None,
        }
    return found


def table(figures: Mapping[str, Any]) -> str:
    """What a person reads at the end of a run."""
    machine = figures.get("machine") or {}
    lines = [
        f"{figures.get('examples', '–')} training examples on both sides, {machine.get('cores', '–')} cores ({machine.get('cpu', '–')})"
        + (", a quick look: no measurement" if figures.get("quick") else ""),
    ]
    if machine.get("load_at_start", 0) > 0.5:
        lines.append(f"the machine was busy when this began (load {machine['load_at_start']}): read ratios only")
    lines += ["", f"{'':32}" + "".join(f"{name:>12}" for name in COLUMNS) + f"{'ours/stock':>12}"]
    for title, path in ROWS:
        told = [dig(figures, (name, *path)) for name in COLUMNS]
        if all(one is None for one in told):
            continue  # a part that was not asked for
        ratio = told[0] / told[1] if told[0] is not None and told[1] else None
        lines.append(f"{title:32}" + "".join(f"{_cell(one):>12}" for one in told) + f"{_cell(ratio, 2):>12}")
    busy = dig(figures, ("stock", "train_busy")) or 0
    if dig(figures, ("stock", "train_kept")):
        lines.append("  stock's training was not repeated: kept from " + str(figures["stock"].get("train_at")))
    if busy > 0.1:
        lines.append(f"  stock's training seconds were taken while others used {busy:.0%} of the machine: measure them again")
    lines += ["", *_parts(figures), ""]
    for name, told_of in figures["ratios"].items():
        verdict = {True: "holds", False: "MISSED", None: "not measured"}[told_of["holds"]]
        lines.append(f"{name:46}{_cell(told_of['ratio'], 2):>8}   promised {told_of['promised']:14} {verdict}")
    return "\n".join(lines)


def _parts(figures: Mapping[str, Any]) -> list[str]:
    lines = []
    if figures.get("opening"):
        told = figures["opening"]
        lines.append(
            f"opening the window ({told['repetitions']} fresh profiles): click to first bubble {told['welcome_ms']} ms"
            f" (p95 {told['welcome_p95_ms']}), first line to its answer {told['reply_ms']} ms (p95 {told['reply_p95_ms']})"
        )
    if figures.get("long"):
        told = figures["long"]
        lines.append(f"long talks ({told['talks']}): turn 5 {told['turn_5_ms']} ms, turn {told['turns']} {told['turn_200_ms']} ms")
    if figures.get("stored"):
        told = figures["stored"]
        lines.append(
            f"{told['conversations']} stored conversations ({told['rows']} rows, {told['mb']} MB):"
            f" {told['full']['p50_ms']} ms, without them {told['empty']['p50_ms']} ms"
        )
    if figures.get("suggestions"):
        told = figures["suggestions"]
        lines.append(
            f"suggestions, {told['agents']} agents' talks open, {told['a_second']} messages a second: p50 {told['p50_ms']} ms,"
            f" p95 {told['p95_ms']} ms of {told['asked']}, engine away {told['engine_away']}, nothing to suggest {told['nothing']}"
        )
    if figures.get("replay"):
        told = figures["replay"]
        lines.append(
            f"replayed day ({told['answers']} answers): keys {told['keys_median']} (mean {told['keys_mean']}), unedited"
            f" {told['unedited_share']:.0%} of {told['first_right_taken']} taken, {told['unedited_of_all']:.0%} of all; first reply"
            f" {told['first_reply_median_s']} s, any reply {told['reply_median_s']} s (p95 {told['reply_p95_s']} s)"
        )
    for one in figures.get("growth") or ():
        lines.append(
            f"data x{one['times']}: {one['examples']} examples, {one['train_s']} s to train, {one['model_mb']} MB, turn {one['p50_ms']} ms"
        )
    if figures.get("endurance"):
        told = figures["endurance"]
        parts = ", ".join(f"{name} {told['start'][name]} → {told['end'][name]} MB" for name in told["start"] if name != "turns")
        lines.append(f"memory from turn {told['start']['turns']} to {told['end']['turns']}: {parts}")
    return lines


def _cell(value: float | None, digits: int = 1) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
