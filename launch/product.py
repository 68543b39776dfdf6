"""The running product: engine, actions and gateway as one thing that starts, is ready, is watched and stops.

`make run` uses it through `launch.__main__`; tests and the bench use it directly:

    with running(Settings.for_test(home)) as product:
        product.base_url, product.restart("engine"), …
"""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path

from launch import database, environments, model, ports, release
from launch.errors import LaunchError, tail
from launch.paths import ENGINE_PYTHON, ROOT_PYTHON
from launch.processes import Process, stop_all
from launch.progress import Progress
from launch.settings import Settings
from launch.switch import Commands, Pair, Switch, pair_commands
from studio.releases import LINK, LIVE, Release, Releases

READY_SECONDS = 180.0
_POLL_SECONDS = 0.2
# Our own processes are on loopback: never through a proxy.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Product:
    """Three processes and their addresses. Not started until `start`. `commands` and `pair` stand in for our own programs (tests)."""

    def __init__(
        self,
        settings: Settings,
        progress: Progress | None = None,
        commands: Mapping[str, Sequence[str]] | None = None,
        pair: Commands = pair_commands,
    ) -> None:
        self.settings = settings
        self.progress = progress if progress is not None else Progress(quiet=True)
        self.env = settings.environment()
        self.releases = Releases(settings.home)
        self.switch: Switch | None = None  # only when a release speaks
        self._pair = pair
        self.processes = {
            name: Process(name, command, self.env, settings.logs / f"{name}.log")
            for name, command in (commands or own_commands(settings)).items()
        }

    @property
    def home(self) -> str:
        """XIAOER_HOME of this start."""
        return str(self.settings.home)

    @property
    def base_url(self) -> str:
        """The gateway's address."""
        return self.settings.base_url

    @property
    def engine_url(self) -> str:
        """The engine's address; it changes when another release is promoted."""
        return self.switch.live.engine_url if self.switch is not None else self.settings.engine_url

    @property
    def engine_token(self) -> str:
        """What the engine's turn channel wants as bearer token."""
        return self.env["XIAOER_ENGINE_TOKEN"]

    @property
    def identity_secret(self) -> str:
        """What identities of shoppers are signed with."""
        return self.env["XIAOER_IDENTITY_SECRET"]

    def prepare(self, *, install: bool = True, train: bool = True) -> None:
        """Environments, model, database. Does only what is missing; LaunchError says what stands in the way."""
        self._check_public_port()
        if install:
            environments.install(self.progress)
        if self.settings.releases:
            self.speak_from(release.choose(self.progress, self.settings, self.env, train=train))
        elif train:
            model.ensure(self.progress, self.env, self.settings.logs / "train.log")
        with self.progress.step("preparing the database"):
            database.bring_up_to_date(self.progress, self.settings, self.env, self.settings.logs / "seed.log")

    def speak_from(self, chosen: Release) -> None:
        """From now on (not started yet) a release speaks: engine and actions are its own, the gateway follows whoever is live."""
        place = (self.settings.engine_port, self.settings.actions_port)
        pair = Pair(self.settings, self.env, chosen, self._pair, place)
        self.switch = Switch(self.settings, self.env, self.releases, pair, self._pair)
        gateway = self.processes["gateway"]
        gateway.environment |= release.content_environment(self.releases.folder / LINK, self.settings.given)
        gateway.environment["XIAOER_LIVE"] = str(self.releases.folder / LIVE)
        self.processes = {**pair.processes, "gateway": gateway}

    def start(self, *, timeout: float | None = None) -> None:
        """Start the three at once and wait until /readyz says 200. Whatever fails, nothing is left running."""
        self._check_public_port()
        try:
            if self.switch is not None:
                live = self.switch.live
                self.switch.begin()
                self.releases.go_live(live.release, live.engine_url, live.actions_url)
            for process in self.processes.values():
                process.start()
            with self.progress.step("starting engine, actions and gateway"):
                self.wait_ready(timeout)
        except BaseException:
            self.stop()
            raise

    def wait_ready(self, timeout: float | None = None) -> None:
        """Until the gateway finds engine, actions and database ready. LaunchError when a process ends or time (READY_SECONDS) is up."""
        timeout = READY_SECONDS if timeout is None else timeout
        limit = time.monotonic() + timeout
        while True:
            self.raise_if_dead()
            status, body = get(f"{self.base_url}/readyz")
            if status == 200:
                return
            if time.monotonic() > limit:
                raise LaunchError(f"not ready after {timeout:.0f} s: {self._what_waits(body)}", "see the logs", self._waiting_log(body))
            time.sleep(_POLL_SECONDS)

    def raise_if_dead(self) -> None:
        """LaunchError naming the process that ended, why, and its log."""
        for process in self.processes.values():
            if process.returncode is not None:
                raise LaunchError(f"{process.name} {process.ended_because()}; all three were stopped", _remedy(process), process.log)

    def watch(self, stop: threading.Event) -> None:
        """Block until `stop` is set or a process that shoppers need dies (then LaunchError); carry out what the studio asks."""
        while not stop.wait(_POLL_SECONDS):
            self.tend()
            self.raise_if_dead()

    def tend(self) -> None:
        """Go on with a switch that is under way or asked for (launch/switch.py)."""
        if self.switch is not None:
            self.switch.step()
            self.processes.update(self.switch.live.processes)

    def kill(self, name: str) -> None:
        """End one process as a crash would (tests)."""
        self.processes[name].kill()

    def restart(self, name: str, *, timeout: float | None = None) -> None:
        """Start one process again, where it listened before, and wait until the product is ready."""
        self.processes[name].stop()
        self.processes[name].start(keep_log=True)
        self.wait_ready(timeout)

    def stop(self) -> None:
        """Stop all three: the gateway first, so that a turn under way still finds its engine."""
        first = [process for name, process in self.processes.items() if name == "gateway"]
        stop_all(first)
        if self.switch is not None:
            self.switch.stop()
        stop_all([process for process in self.processes.values() if process not in first])

    def _check_public_port(self) -> None:
        port = self.settings.public_port
        if not ports.is_free(port, "0.0.0.0") or not ports.is_free(port):  # noqa: S104 - asked, not listened on
            who = ports.holder(port)
            number = who.split()[1] if who else ""
            running = "; that is Xiaoer, running already" if "-m gateway" in who else ""
            raise LaunchError(
                f"port {port} is taken by {who or 'another process'}{running}",
                f"{f'stop it (kill {number})' if number else 'stop that process'}, or choose another port: XIAOER_PORT={port + 1} make run",
            )

    def _what_waits(self, body: str) -> str:
        missing = _not_ready(body)
        return f"{', '.join(missing)} not ready" if missing else "the gateway does not answer"

    def _waiting_log(self, body: str) -> Path:
        missing = [name for name in _not_ready(body) if name in self.processes]
        return self.processes[missing[0] if missing else "gateway"].log


def own_commands(settings: Settings) -> dict[str, Sequence[str]]:
    """What is started. Ports are told on command lines or in the environment, secrets only in the environment."""
    return {
        "engine": [str(ENGINE_PYTHON), "-m", "engine.serve"],
        "actions": [str(ROOT_PYTHON), "-m", "actions.serve", "--port", str(settings.actions_port)],
        "gateway": [str(ROOT_PYTHON), "-m", "gateway"],
    }


def _not_ready(body: str) -> list[str]:
    """Names that /readyz reports as not ready."""
    try:
        told = json.loads(body)
    except ValueError:
        return []
    parts = told.items() if isinstance(told, dict) else ()
    return [
        str(name)
        for name, state in parts
        if name != "ready" and (state is False or (isinstance(state, dict) and state.get("ready") is False))
    ]


def _remedy(process: Process) -> str:
    text = "\n".join(tail(process.log, 60)).lower()
    if process.name == "engine" and ("model" in text and ("corrupt" in text or "could not load" in text or "not a gzip" in text)):
        return "the model cannot be loaded: `make train` makes a new one"
    if "address already in use" in text:
        return "its port was taken by another process in that moment: run again"
    if "modulenotfounderror" in text or "importerror" in text:
        return "a package is missing: `make install`"
    if process.returncode == -9:
        return "it was killed from outside, perhaps for want of memory (the engine needs about 1 GB); run again"
    return "read the end of its log below, mend it and run again"


def get(url: str, *, timeout: float = 5.0, headers: dict[str, str] | None = None) -> tuple[int, str]:
    """Status and body of a GET on loopback; (0, reason) when nothing answers."""
    try:
        with _OPENER.open(urllib.request.Request(url, headers=headers or {}), timeout=timeout) as answer:  # noqa: S310 - our own http address
            return int(answer.status), answer.read().decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode("utf-8", "replace")
    except (OSError, HTTPException) as error:  # HTTPException: who answered ended in the middle of it
        return 0, str(error)


@contextmanager
def running(settings: Settings, progress: Progress | None = None) -> Iterator[Product]:
    """A product that is prepared, started and ready, and stopped afterwards. For tests and the bench."""
    product = Product(settings, progress)
    product.prepare(install=False)
    product.start()
    try:
        yield product
    finally:
        product.stop()
