"""`python -m bench [--quick] [--strict] [--examples N]`: train, start and load both engines, print and write the figures."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from bench import engines, report, sample
from bench.measure import GatewayLine, Line, RestLine, Round, Talk, at_once, one_after_another, resident_mb
from launch import database, model, ports
from launch.errors import LaunchError
from launch.paths import ROOT
from launch.processes import Process
from launch.product import Product, own_commands
from launch.progress import Progress
from launch.settings import Settings

OUT = ROOT / "bench" / "out"
SHOPPERS = 8
EXAMPLES = 24  # an intent: about the 1,489 messages of design/nlu_trials.md


def read_talks(path: Path = ROOT / "bench" / "talks.yml") -> list[Talk]:
    """The scripted talks."""
    return [
        Talk(one["name"], one["customer"], tuple(one["turns"]), one.get("product_id"))
        for one in yaml.safe_load(path.read_text("utf-8"))["talks"]
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """0; 1 when something failed, or with --strict when a promised ratio was missed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds: a look, not a measurement")
    parser.add_argument("--examples", type=int, default=EXAMPLES, help="examples an intent for both sides; 0: all (an hour and a half)")
    parser.add_argument("--stock-model", type=Path, help="a stock model of an earlier run (its training time is then missing)")
    parser.add_argument("--strict", action="store_true", help="exit 1 when a promised ratio is missed")
    parser.add_argument("--out", type=Path, default=OUT, help="folder of the JSON files")
    chosen = parser.parse_args(arguments)
    progress = Progress()
    with tempfile.TemporaryDirectory(prefix="xiaoer-bench-") as home:
        try:
            figures = run(Path(home), chosen, progress)
        except LaunchError as error:
            print(error.report(), file=sys.stderr)
            return 1
    print("\n" + report.table(figures))
    chosen.out.mkdir(parents=True, exist_ok=True)
    content = json.dumps(figures, ensure_ascii=False, indent=2) + "\n"
    written = chosen.out / f"bench-{datetime.now(UTC):%Y%m%d-%H%M%S}.json"
    for path in (written, chosen.out / "latest.json"):
        path.write_text(content, "utf-8")
    print(f"\nwritten to {written}")
    missed = [name for name, told in figures["ratios"].items() if told["holds"] is False]
    return 1 if chosen.strict and missed else 0


def run(home: Path, chosen: argparse.Namespace, progress: Progress) -> dict[str, Any]:
    """All figures. Both engines are resident while either is measured, in alternating rounds: they meet the same machine."""
    talks = read_talks()
    rounds, each = (1, 1) if chosen.quick else (4, 3)
    settings = Settings.for_test(home, XIAOER_RATE_FACTOR="100000")
    ours: dict[str, Any] = {"train_s": None}
    stock: dict[str, Any] = {"train_s": None}
    data, examples = sample.write(home, chosen.examples)
    with progress.step(f"training ours on {examples} examples"):
        ours["train_s"], our_model = engines.train("ours", engines.OUR_CONFIG, data, settings)
    trained = chosen.stock_model
    if trained is None:
        with progress.step(f"training stock on the same {examples} examples (DIET and TED, 100 epochs each)"):
            stock["train_s"], trained = engines.train("stock", engines.STOCK_CONFIG, data, settings)
        kept = chosen.out / "stock.tar.gz"
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(trained.read_bytes())
    ours["model_mb"] = round(our_model.stat().st_size / 1e6, 1)
    stock["model_mb"] = round(trained.stat().st_size / 1e6, 1)

    with ExitStack() as running:
        with progress.step("preparing the database"):
            database.migrate_and_seed(settings.environment(), settings.logs / "seed.log")
        running.callback(engines.start_actions(settings).stop)
        stock_port = ports.free_port()
        sides: dict[str, tuple[dict[str, Any], Process, Callable[[Talk], Line]]] = {}
        for name, command, port, figures in (
            ("ours", [*own_commands(settings)["engine"], "--model", str(our_model)], settings.engine_port, ours),
            ("stock", engines.stock_command(settings, trained, stock_port), stock_port, stock),
        ):
            with progress.step(f"starting {name}"):
                process, figures["ready_s"] = engines.start(name, command, settings, port, talks[0])
            running.callback(process.stop)
            figures["memory_ready_mb"] = resident_mb(process.pid or 0)
            sides[name] = (figures, process, partial(RestLine, f"http://{ports.LOOPBACK}:{port}"))
        measure(sides, talks, rounds, each, progress)
        for figures, process, _ in sides.values():
            figures["memory_mb"] = resident_mb(process.pid or 0)

    gateway = through_gateway(home / "product", talks, rounds, each, progress)
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "quick": chosen.quick,
        "examples": examples,
        "machine": {"cores": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()},
        "talks": len(talks),
        "turns": sum(len(talk.turns) for talk in talks),
        "ours": ours,
        "stock": stock,
        "gateway": gateway,
        "ratios": report.ratios(ours, stock),
    }


def measure(
    sides: dict[str, tuple[dict[str, Any], Process, Callable[[Talk], Line]]], talks: list[Talk], rounds: int, each: int, progress: Progress
) -> None:
    """Warm up, then alternate: each side alone, each side with eight talks at once."""
    alone = {name: Round() for name in sides}
    together = {name: Round() for name in sides}
    for name, (_, _, line) in sides.items():
        with progress.step(f"warming up {name}"):
            one_after_another(line, talks[:1])
    for number in range(rounds):
        for name, (_, _, line) in sides.items():
            with progress.step(f"{name}, one talk after another, round {number + 1} of {rounds}"):
                alone[name].add(one_after_another(line, talks))
        for name, (_, _, line) in sides.items():
            with progress.step(f"{name}, {SHOPPERS} talks at once, round {number + 1} of {rounds}"):
                together[name].add(at_once(line, talks, SHOPPERS, each))
    for name, (figures, _, _) in sides.items():
        figures["alone"], figures["at_once"] = alone[name].summary(), together[name].summary()
        figures["unanswered"] = alone[name].unanswered + together[name].unanswered
        figures["failed"] = alone[name].failed + together[name].failed


def through_gateway(home: Path, talks: list[Talk], rounds: int, each: int, progress: Progress) -> dict[str, Any]:
    """The same talks through the public API of the whole product (stock has no such thing to compare with)."""
    product = Product(Settings.for_test(home, XIAOER_RATE_FACTOR="100000"), progress)
    database.migrate_and_seed(product.env, product.settings.logs / "seed.log")
    product.start()
    try:
        line = partial(GatewayLine, product.base_url, product.identity_secret)
        figures: dict[str, Any] = {}
        process = product.processes["engine"]
        figures["gateway_memory_mb"] = resident_mb(product.processes["gateway"].pid or 0)
        measure({"gateway": (figures, process, line)}, talks, rounds, each, progress)
        return figures
    finally:
        product.stop()


if __name__ == "__main__":
    if model.newest() is None:
        print("xiaoer: there is no model; run `make bench` or `make train`", file=sys.stderr)
        sys.exit(1)
    sys.exit(main())
