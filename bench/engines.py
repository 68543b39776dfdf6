"""The two sides of the comparison: how each is trained and started, on ports and in folders of its own."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from bench.measure import RestLine, Talk
from launch import ports
from launch.errors import LaunchError
from launch.paths import ENGINE_PYTHON, ROOT
from launch.processes import Process
from launch.settings import Settings

READY_SECONDS = 600.0  # stock loads for half a minute on a quiet machine, for minutes on a busy one
STOCK_CONFIG = ROOT / "bench" / "stock_config.yml"
OUR_CONFIG = ROOT / "config.yml"
DOMAIN = ROOT / "domain.yml"
# As engine.train trains ours: longer talks glued from stories teach nothing to policies that look at one turn.
OUR_OPTIONS = ("--augmentation", "0")


def train(name: str, config: Path, data: Path, settings: Settings, options: Sequence[str] = ()) -> tuple[float, Path]:
    """Seconds of `rasa train` from nothing with ``config`` over ``data`` (start of the interpreter included), and the model.

    LaunchError when Rasa refuses.
    """
    out = settings.home / name
    command = [
        *(str(ENGINE_PYTHON), "-m", "rasa", "train", "--force"),
        *("--config", str(config), "--domain", str(DOMAIN), "--data", str(data)),
        *("--out", str(out), "--fixed-model-name", name, *options),
    ]
    return _timed(command, settings, f"train-{name}.log"), out / f"{name}.tar.gz"


def _timed(command: Sequence[str], settings: Settings, log_name: str) -> float:
    log = settings.logs / log_name
    log.parent.mkdir(parents=True, exist_ok=True)
    # Rasa caches trained components in .rasa of the working directory, we keep sentence vectors in our home: a folder of its
    # own for both makes every training a whole one.
    where = settings.home / f"cwd-{log_name}"
    where.mkdir(exist_ok=True)
    cold = {"RASA_CACHE_DIRECTORY": str(where / "cache"), "RASA_MAX_CACHE_SIZE": "0", "XIAOER_HOME": str(where)}
    begun = time.monotonic()
    with log.open("wb") as out:
        done = subprocess.run(
            list(command),
            cwd=where,
            env={**settings.environment(), **cold},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        raise LaunchError(f"{' '.join(command[1:4])} failed with exit code {done.returncode}", "see the log", log)
    return round(time.monotonic() - begun, 1)


def our_command(settings: Settings, trained: Path) -> list[str]:
    """Our engine with a model of the bench, on the port of these settings."""
    return [str(ENGINE_PYTHON), "-m", "engine.serve", "--model", str(trained), "--port", str(settings.engine_port)]


def stock_command(settings: Settings, trained: Path, port: int) -> list[str]:
    """`rasa run` as the documentation says, with a SQL tracker store on SQLite and the same action server."""
    endpoints = settings.home / "stock" / "endpoints.yml"
    endpoints.parent.mkdir(parents=True, exist_ok=True)
    tracker = settings.home / "stock" / "tracker.db"
    endpoints.write_text(
        f"action_endpoint:\n  url: {settings.actions_url}\ntracker_store:\n  type: SQL\n  dialect: sqlite\n  db: {tracker}\n", "utf-8"
    )
    credentials = settings.home / "stock" / "credentials.yml"
    credentials.write_text("rest:\n", "ascii")
    return [
        *(str(ENGINE_PYTHON), "-m", "rasa", "run", "--model", str(trained), "--endpoints", str(endpoints)),
        *("--credentials", str(credentials), "--interface", ports.LOOPBACK, "--port", str(port)),
    ]


def start(process: Process, port: int, first: Talk) -> float:
    """Start an engine; ready is when it has answered its first message. The seconds that took.

    LaunchError when it ends or is not ready in time; it is then stopped.
    """
    begun = time.monotonic()
    process.start()
    while True:
        if process.returncode is not None:
            raise LaunchError(f"{process.name} {process.ended_because()}", "see the log", process.log)
        if not ports.is_free(port):
            line = RestLine(f"http://{ports.LOOPBACK}:{port}", first)
            replies = line.say(first.turns[0])
            line.close()
            if replies > 0:
                return round(time.monotonic() - begun, 1)
        if time.monotonic() - begun > READY_SECONDS:
            process.stop()
            raise LaunchError(f"{process.name} was not ready after {READY_SECONDS:.0f} s", "see the log", process.log)
        time.sleep(0.1)
