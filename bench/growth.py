"""What more training data costs us: seconds to train, size of the model, time of a turn, with each example 1, 2 and 4 times."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from bench import engines, sample
from bench.measure import RestLine, Round, Talk, one_after_another
from launch import ports
from launch.processes import Process
from launch.progress import Progress
from launch.settings import Settings

TIMES = (1, 2, 4)


def measure(
    settings: Settings, examples: int, first: tuple[int, float, Path], talks: list[Talk], rounds: int, progress: Progress
) -> list[dict[str, Any]]:
    """One entry a data set. ``first``: examples, seconds and model of the plain set, which is trained already.

    The engines of all sets run at the same time and are asked in turn, so that their turns meet the same machine.
    """
    found: list[dict[str, Any]] = []
    running: list[tuple[Process, int]] = []
    try:
        for times in TIMES:
            count, seconds, trained = first
            if times > 1:
                data, count = sample.write(settings.home / f"data-{times}", examples, times)
                with progress.step(f"training ours on {count} examples ({times} times the data)"):
                    seconds, trained = engines.train(
                        f"ours-{times}", engines.OUR_CONFIG, sample.as_ours(data), settings, engines.OUR_OPTIONS
                    )
            port = ports.free_port()
            command = [*engines.our_command(settings, trained)[:-1], str(port)]
            environment = {**settings.environment(), "XIAOER_TRACKER_DB": str(settings.home / f"tracker-{times}.db")}
            process = Process(f"ours-{times}", command, environment, settings.logs / f"ours-{times}.log")
            running.append((process, port))
            with progress.step(f"starting ours with {times} times the data"):
                engines.start(process, port, talks[0])
            found.append({"times": times, "examples": count, "train_s": seconds, "model_mb": round(trained.stat().st_size / 1e6, 1)})
        with progress.step("turns with 1, 2 and 4 times the data"):
            told = [Round() for _ in TIMES]
            for number in range(rounds + 1):
                for place, (_, port) in enumerate(running):
                    one = one_after_another(partial(RestLine, f"http://{ports.LOOPBACK}:{port}"), talks)
                    if number:  # the first fills the caches
                        told[place].add(one)
        for entry, one in zip(found, told, strict=True):
            entry["p50_ms"] = one.summary()["p50_ms"]
    finally:
        for process, _ in running:
            process.stop()
    return found
