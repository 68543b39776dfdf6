"""The course of a run: train, start, compare in alternating rounds, then the parts that concern our product alone."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from bench import desk, endurance, engines, growth, kept, long, opening, replay, report, sample, stored
from bench.measure import GatewayLine, Line, RestLine, Round, Talk, TurnLine, at_once, one_after_another, resident_mb
from bench.noise import Noise
from launch import database, ports
from launch.paths import ROOT
from launch.processes import Process
from launch.product import Product, own_commands
from launch.progress import Progress
from launch.settings import Settings

PARTS = ("compare", "opening", "long", "stored", "suggestions", "replay", "endurance", "growth")
CROWDS = (8, 32)
UNLIMITED = {"XIAOER_RATE_FACTOR": "100000"}


@dataclass(frozen=True)
class Size:
    """How much is measured: rounds of all talks, long talks, stored conversations, turns of the endurance part."""

    rounds: int
    long_talks: int
    stored: int
    turns: int


FULL = Size(rounds=3, long_talks=4, stored=10_000, turns=20_000)
QUICK = Size(rounds=1, long_talks=1, stored=1_000, turns=1_000)


@dataclass
class Side:
    """One column of the report: how a talk with it is opened, and what was measured."""

    open: Callable[[Talk], Line]
    figures: dict[str, Any] = field(default_factory=dict)
    process: Process | None = None

    def count(self, told: Round) -> None:
        """Note turns without a reply and turns that failed."""
        self.figures["unanswered"] = self.figures.get("unanswered", 0) + told.unanswered
        self.figures["failed"] = self.figures.get("failed", 0) + told.failed


def read_talks(path: Path = ROOT / "bench" / "talks.yml", key: str = "talks") -> list[Talk]:
    """The scripted talks; with ``key`` `long` those that go round and round."""
    return [
        Talk(one["name"], one["customer"], tuple(one["turns"]), one.get("product_id"))
        for one in yaml.safe_load(path.read_text("utf-8"))[key]
    ]


class Run:
    """One run of the bench in a home of its own."""

    def __init__(self, home: Path, chosen: Namespace, progress: Progress) -> None:
        self.home = home
        self.chosen = chosen
        self.progress = progress
        self.size = QUICK if chosen.quick else FULL
        self.parts: set[str] = set(chosen.parts or PARTS) - ({"growth"} if chosen.quick and not chosen.parts else set())
        self.talks = read_talks()
        self.turns = 0  # that went through the product's gateway
        self.settings = Settings.for_test(home / "ours", **UNLIMITED)
        load = round(os.getloadavg()[0], 2)
        self.figures: dict[str, Any] = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "quick": chosen.quick,
            "machine": {**kept.machine(), "load_at_start": load},
            "talks": len(self.talks),
            "turns": sum(len(talk.turns) for talk in self.talks),
        }

    def all(self) -> dict[str, Any]:
        """Every part that was asked for; all figures."""
        data, examples = sample.write(self.home, self.chosen.examples)
        self.figures["examples"] = examples
        with self.progress.step(f"training ours on {examples} examples"):
            seconds, model = engines.train("ours", engines.OUR_CONFIG, sample.as_ours(data), self.settings, engines.OUR_OPTIONS)
        ours = {"train_s": seconds, "model_mb": _megabytes(model)}
        with ExitStack() as running:
            product, sides = self._start(running, model, ours)
            if "compare" in self.parts:
                stock = self._stock_trained(data, examples)
                sides["stock"] = self._stock_started(running, *stock)
                self._compare(sides)
                _stop(sides["stock"])
            gateway = sides["gateway"].open
            if "opening" in self.parts:
                with self.progress.step("opening the window"):
                    self.figures["opening"] = opening.measure(product.base_url, 5 if self.chosen.quick else opening.REPETITIONS)
            if "long" in self.parts:
                with self.progress.step(f"{self.size.long_talks} talks of {long.TURNS} turns"):
                    told = long.compare(gateway, read_talks(key="long")[0], self.size.long_talks)
                self.figures["long"] = told
                self.turns += told["talks"] * (long.TURNS + long.FIRST[-1])
            if "stored" in self.parts:
                self.figures["stored"] = self._stored(gateway, model)
            if "suggestions" in self.parts:
                with self.progress.step(f"suggestions with {desk.AGENTS} agents' talks open"):
                    # The first answers fill the caches and are not counted.
                    desk.suggestions(product, self.talks, 2)
                    self.figures["suggestions"] = desk.suggestions(product, self.talks, 3 if self.chosen.quick else 10)
            if "replay" in self.parts:
                with self.progress.step(f"{replay.MESSAGES} messages at real pace, one agent, {replay.SHOPPERS} shoppers"):
                    self.figures["replay"] = replay.replay(product, replay.real_rows())
            if "endurance" in self.parts:
                self.figures["endurance"] = self._endurance(gateway, product)
            self.figures |= {name: side.figures for name, side in sides.items()}
            if "growth" in self.parts:
                # The engines of this part ask the product's action server: without it their first turn has no answer.
                first = (examples, seconds, model)
                self.figures["growth"] = growth.measure(
                    self.settings, self.chosen.examples, first, self.talks, self.size.rounds, self.progress
                )
        self.figures["ratios"] = report.ratios(self.figures)
        return self.figures

    # -- starting ------------------------------------------------------------------------------------------------------

    def _product(self, settings: Settings, model: Path) -> Product:
        commands = {**own_commands(settings), "engine": engines.our_command(settings, model)}
        product = Product(settings, self.progress, commands)
        with self.progress.step("preparing a database"):
            database.migrate_and_seed(product.env, settings.logs / "seed.log")
        return product

    def _start(self, running: ExitStack, model: Path, ours: dict[str, Any]) -> tuple[Product, dict[str, Side]]:
        """The product piece by piece, so that the engine's start is its own."""
        product = self._product(self.settings, model)
        running.callback(product.stop)
        product.processes["actions"].start()
        with self.progress.step("starting ours"):
            ours["ready_s"] = engines.start(product.processes["engine"], self.settings.engine_port, self.talks[0])
        product.processes["gateway"].start()
        product.wait_ready()
        ours["memory_ready_mb"] = _memory(product.processes["engine"])
        sides = {
            "ours": Side(partial(RestLine, product.engine_url), ours, product.processes["engine"]),
            "engine": Side(partial(TurnLine, product.engine_url, product.engine_token)),
            "gateway": Side(
                partial(GatewayLine, product.base_url, product.identity_secret),
                {"memory_ready_mb": _memory(product.processes["gateway"])},
                product.processes["gateway"],
            ),
        }
        return product, sides

    def _stock_trained(self, data: Path, examples: int) -> tuple[Path, dict[str, Any]]:
        """The stock model and what its training cost: kept of an earlier run, or measured now."""
        if self.chosen.stock_model is not None:
            return self.chosen.stock_model.resolve(), {"model_mb": _megabytes(self.chosen.stock_model)}
        out: Path = self.chosen.out
        hash_of_data = sample.fingerprint(data, engines.STOCK_CONFIG, engines.DOMAIN)
        known = None if self.chosen.retrain else kept.find(hash_of_data, out, busy_too=self.chosen.quick)
        if known is None:
            minutes = kept.expected_minutes(examples)
            expected = f"about {minutes:.0f} minutes" if minutes else "ten minutes to half an hour"
            others = kept.Others()
            with self.progress.step(f"training stock on the same {examples} examples: DIET and TED, 100 epochs each, {expected}"):
                seconds, trained = engines.train("stock", engines.STOCK_CONFIG, data, self.settings)
            out.mkdir(parents=True, exist_ok=True)
            archive = out / f"stock-{hash_of_data[:12]}.tar.gz"
            archive.write_bytes(trained.read_bytes())
            known = kept.entry(hash_of_data, examples, seconds, archive, others.share())
            kept.save(known)
        told = {"train_s": known.train_s, "train_at": known.at, "train_busy": known.busy, "model_mb": known.model_mb}
        return out / known.model, {**told, "train_kept": int(known.at < self.figures["at"])}

    def _stock_started(self, running: ExitStack, model: Path, figures: dict[str, Any]) -> Side:
        port = ports.free_port()
        command = engines.stock_command(self.settings, model, port)
        process = Process("stock", command, self.settings.environment(), self.settings.logs / "stock.log")
        running.callback(process.stop)
        with self.progress.step("starting stock"):
            figures["ready_s"] = engines.start(process, port, self.talks[0])
        figures["memory_ready_mb"] = _memory(process)
        return Side(partial(RestLine, f"http://{ports.LOOPBACK}:{port}"), figures, process)

    # -- measuring -----------------------------------------------------------------------------------------------------

    def _compare(self, sides: dict[str, Side]) -> None:
        """Everything that has several columns. All processes are there while any is measured: they meet the same machine."""
        for name, side in sides.items():
            with self.progress.step(f"{name}: every talk once, unmeasured"):
                one_after_another(side.open, self.talks)
        noise = Noise(1)
        for kind in ("seen", "unseen"):
            told = {name: Round() for name in sides}
            for number in range(self.size.rounds):
                with self.progress.step(f"one talk after another, {kind} messages, round {number + 1} of {self.size.rounds}"):
                    # Each side hears the same texts; what one has not seen, the others have not either, except that `ours`,
                    # `engine` and `gateway` are one engine: these three get texts of their own.
                    shared = self._texts(kind, noise)
                    for name, side in sides.items():
                        own = shared if name in ("ours", "stock") else self._texts(kind, noise)
                        told[name].add(one_after_another(side.open, own))
            _note(sides, kind, told)
        for crowd in CROWDS:
            told = {name: Round() for name in sides if name != "engine"}
            for _ in range(self.size.rounds if crowd == CROWDS[0] else 1):
                for name in told:
                    with self.progress.step(f"{name}, {crowd} talks at once"):
                        told[name].add(at_once(sides[name].open, self.talks, crowd, 1))
            _note(sides, f"at_{crowd}", told)
        for side in sides.values():
            if side.process is not None:
                side.figures["memory_mb"] = _memory(side.process)
        self.turns += (2 * self.size.rounds + 1) * self.figures["turns"] + sum(CROWDS) * self.figures["turns"] // len(self.talks)

    def _texts(self, kind: str, noise: Noise) -> list[Talk]:
        if kind == "seen":
            return self.talks
        return [Talk(talk.name, talk.customer, tuple(noise.unseen(one) for one in talk.turns), talk.product_id) for talk in self.talks]

    def _stored(self, empty: Callable[[Talk], Line], model: Path) -> dict[str, Any]:
        """The same talks with a product that has many conversations stored and with one that has few, in turn."""
        home = self.home / "full"
        full = self._product(Settings.for_test(home, **UNLIMITED), model)
        full.start()
        try:
            line = partial(GatewayLine, full.base_url, full.identity_secret)
            one_after_another(line, [Talk(talk.name, talk.customer, talk.turns[:5], talk.product_id) for talk in self.talks])
            with self.progress.step(f"storing {self.size.stored} conversations"):
                rows = stored.fill(home / "shop.db", home / "tracker.db", self.size.stored)
            megabytes = sum(path.stat().st_size for path in home.glob("*.db")) / 1e6
            told = {"empty": Round(), "full": Round()}
            for number in range(self.size.rounds + 1):
                with self.progress.step(f"turns beside {self.size.stored} stored conversations, round {number} of {self.size.rounds}"):
                    for talk in self.talks:
                        for name, opened in (("empty", empty), ("full", line)):
                            one = one_after_another(opened, [talk])
                            if number:  # the first fills the caches of the new product
                                told[name].add(one)
        finally:
            full.stop()
        self.turns += (self.size.rounds + 1) * self.figures["turns"]
        figures = {name: one.summary() for name, one in told.items()}
        return {"conversations": self.size.stored, "rows": sum(rows.values()), "mb": round(megabytes), **figures}

    def _endurance(self, gateway: Callable[[Talk], Line], product: Product) -> dict[str, Any]:
        pids = {name: process.pid or 0 for name, process in product.processes.items()}
        with self.progress.step(f"memory up to {self.size.turns} turns"):
            tell = self.progress.say
            return endurance.run(gateway, self.talks, pids, self.size.turns, self.turns, CROWDS[0], lambda text: tell(f"    {text}"))


def _note(sides: dict[str, Side], name: str, told: dict[str, Round]) -> None:
    for side, one in told.items():
        sides[side].figures[name] = one.summary()
        sides[side].count(one)


def _stop(side: Side) -> None:
    if side.process is not None:
        side.process.stop()


def _memory(process: Process) -> float:
    return resident_mb(process.pid or 0)


def _megabytes(path: Path) -> float:
    return round(path.stat().st_size / 1e6, 1)


def missed(figures: dict[str, Any]) -> Iterable[str]:
    """Names of the promises that were measured and not kept."""
    return [name for name, told in figures["ratios"].items() if told["holds"] is False]
