"""Blue and green: another engine and its actions start beside the live ones, are warmed, take every new turn, and the old ones drain.

The launcher's loop calls ``step`` several times a second. Whatever fails before the switch leaves the live pair alone. Never more
than two engines run (1 GB each): who is tried and who is promoted shares the second place.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

from launch import ports
from launch.errors import tail
from launch.paths import ENGINE_PYTHON, ROOT_PYTHON
from launch.processes import Process, stop_all
from launch.release import content_environment
from launch.settings import Settings
from studio.releases import Release, ReleaseError, Releases

WARM_SECONDS = 180.0
# A turn has 8 s (gateway/settings.py, engine_timeout); one that was sent just before the switch has ended by then.
DRAIN_SECONDS = 10.0
# So long a candidate that nobody asks for again stays up for trying.
TRY_SECONDS = 1800.0
_LOG_LINES = 60
# Answered in the dark before a candidate counts as warm: reads its wording and calls its actions, and writes nothing.
_WARM_UP = ("在吗", "你好，什么时候发货")
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))

Commands = Callable[[Release, int, int], Mapping[str, Sequence[str]]]


def pair_commands(release: Release, engine_port: int, actions_port: int) -> dict[str, Sequence[str]]:
    """How engine and actions of a release are started."""
    return {
        "engine": [str(ENGINE_PYTHON), "-m", "engine.serve", "--model", str(release.archive), "--port", str(engine_port)],
        "actions": [str(ROOT_PYTHON), "-m", "actions.serve", "--port", str(actions_port)],
    }


class Pair:
    """Engine and actions of one release, with addresses of their own. ``slot``: name of its logs' ending; two are enough."""

    def __init__(
        self,
        settings: Settings,
        environment: Mapping[str, str],
        release: Release,
        commands: Commands,
        place: tuple[int, int],
        slot: str = "",
    ) -> None:
        self.release = release
        self.slot = slot
        self.waits_for = ""  # what ``warm`` still missed when it last looked
        engine_port, actions_port = place
        self.engine_url = f"http://{ports.LOOPBACK}:{engine_port}"
        self.actions_url = f"http://{ports.LOOPBACK}:{actions_port}/webhook"
        self._token = environment["XIAOER_ENGINE_TOKEN"]
        self._shop = environment.get("XIAOER_SHOP_ID") or "demo"
        told = {
            **environment,
            **content_environment(release.folder, settings.given),
            "XIAOER_ENGINE_PORT": str(engine_port),
            "XIAOER_ACTIONS_PORT": str(actions_port),
            "XIAOER_ENGINE_URLS": self.engine_url,
            "XIAOER_ACTIONS_URL": self.actions_url,
        }
        self.processes = {
            name: Process(name, command, told, settings.logs / f"{name}{slot}.log")
            for name, command in commands(release, engine_port, actions_port).items()
        }

    def start(self) -> None:
        """Start both. LaunchError when a program is missing."""
        for process in self.processes.values():
            process.start()

    def died(self) -> str:
        """Which of them has ended, why, and what its log says last; empty while both run."""
        for process in self.processes.values():
            if process.returncode is not None:
                said = next((line for line in reversed(tail(process.log, _LOG_LINES)) if line.strip()), "")
                return f"{process.name} {process.ended_because()}" + (f": {said[:300]}" if said else "")
        return ""

    def warm(self) -> bool:
        """Whether both answer; once they do, a few questions are answered in the dark, so that no shopper waits for a first time."""
        self.waits_for = ""
        if self._call(f"{self.engine_url}/webhooks/turn/ready")[0] != 200:
            self.waits_for = "引擎还没有准备好"
            return False
        if self._call(self.actions_url.replace("/webhook", "/health"))[0] != 200:
            self.waits_for = "动作服务还没有准备好"
            return False
        about: dict[str, Any] = {
            "shop_id": self._shop,
            "customer_id": None,
            "conversation_id": "warm-up",
            "dry_run": True,
            "photo_ids": [],
            "masked": True,
        }
        for text in _WARM_UP:
            asked = {"sender": "warm-up", "text": text, "metadata": about, "slots": {}, "most": 1}
            status = self._call(f"{self.engine_url}/webhooks/turn/suggest", asked, timeout=10.0)[0]
            if status != 200:
                self.waits_for = f"试答没有成功（{status or '没有回音'}），原因在 {self.processes['engine'].log.name}"
                return False
        return True

    def addresses(self, role: str) -> dict[str, Any]:
        """As it stands under ``also`` of live.json."""
        return {"release": self.release.id, "engine": self.engine_url, "actions": self.actions_url, "role": role}

    def stop(self) -> None:
        """Stop both: the engine first, so that a turn under way still finds its actions."""
        stop_all([self.processes["engine"]])
        stop_all(list(self.processes.values()))

    def _call(self, url: str, body: Mapping[str, Any] | None = None, *, timeout: float = 1.0) -> tuple[int, str]:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        content = None if body is None else json.dumps(body).encode()
        try:
            asked = urllib.request.Request(url, data=content, headers=headers)  # noqa: S310 - our own http address
            with _OPENER.open(asked, timeout=timeout) as answer:
                return int(answer.status), answer.read().decode("utf-8", "replace")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, ""
        except (OSError, HTTPException) as error:  # HTTPException: who answered ended in the middle of it
            return 0, str(error)


@dataclass
class _Job:
    request: dict[str, Any]
    phase: str  # warming | draining
    until: float
    left: list[str]


class Switch:
    """Carries out what the studio asks (Releases.ask). ``live`` is the pair that serves; it changes at a promotion."""

    def __init__(
        self,
        settings: Settings,
        environment: Mapping[str, str],
        releases: Releases,
        live: Pair,
        commands: Commands = pair_commands,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.live = live
        self.beside: Pair | None = None
        self._settings, self._environment, self._releases, self._commands, self._clock = settings, environment, releases, commands, clock
        self._job: _Job | None = None
        self._old: Pair | None = None
        self._former: str | None = None  # who was the way back before the switch under way
        self._try_until = 0.0
        self._seen: int | None = None

    def begin(self) -> None:
        """At the start of the product: what was asked of a launcher before us will not be done any more."""
        for request in self._releases.pending():
            self._releases.reply(request["id"], "failed", "启动程序重新启动了，请再操作一次")

    def step(self) -> None:
        """Go on with what is under way, or take up the next request. Never raises for a candidate's sake."""
        if self._job is None:
            self._look_after_candidate()
            request = self._next()
            if request is not None:
                self._take_up(request)
        elif self._job.phase == "warming":
            self._warm(self._job)
        else:
            self._drain(self._job)

    def stop(self) -> None:
        """Stop what runs beside the live pair; the product is stopping."""
        for pair in (self.beside, self._old):
            if pair is not None:
                pair.stop()
        self.beside = self._old = None

    # -- requests

    def _next(self) -> dict[str, Any] | None:
        folder = self._releases.folder / "requests"
        try:
            changed = folder.stat().st_mtime_ns
        except OSError:
            return None
        if changed == self._seen:
            return None
        pending = self._releases.pending()
        if not pending and time.time() - changed / 1e9 > 1.0:
            self._seen = changed  # quiet for a while: no request can have come within the same tick of the disk's clock
        return pending[0] if pending else None

    def _take_up(self, request: dict[str, Any]) -> None:
        try:
            release = self._releases.get(request["release"])
        except ReleaseError as error:
            self._releases.reply(request["id"], "failed", str(error))
            return
        if request["what"] == "end":
            self._end_candidate()
            self._releases.reply(request["id"], "done")
            return
        self._job = _Job(request, "warming", self._clock() + WARM_SECONDS, [])
        if self.beside is not None and self.beside.release.id == release.id:
            return  # it is up already
        self._end_candidate()
        self._releases.reply(request["id"], "starting")
        place = (ports.free_port(), ports.free_port())
        pair = Pair(self._settings, self._environment, release, self._commands, place, slot="" if self.live.slot else "-2")
        self.beside = pair
        try:
            pair.start()
        except Exception as error:  # a program that is missing, a full disk: the live pair goes on
            self._fail(f"{error}")
            return
        self._releases.reply(request["id"], "warming")

    def _warm(self, job: _Job) -> None:
        pair = self.beside
        if pair is None:
            self._fail("候选引擎已经停止")
            return
        died = pair.died()
        if died:
            self._fail(f"新引擎没有起来：{died}")
        elif pair.warm():
            if job.request["what"] == "try":
                self._job = None
                self._try_until = self._clock() + TRY_SECONDS
                self._releases.beside([pair.addresses("candidate")])
                self._releases.reply(job.request["id"], "done")
            else:
                self._switch(job, pair)
        elif self._clock() > job.until:
            self._fail(f"新引擎在 {WARM_SECONDS:.0f} 秒内没有准备好：{pair.waits_for}")

    def _switch(self, job: _Job, pair: Pair) -> None:
        try:
            # Figures, and what was published, may have been written since it was started.
            release = self._releases.get(pair.release.id)
            self._former = (self._releases.addresses() or {}).get("former")
            job.left = self._releases.go_live(release, pair.engine_url, pair.actions_url, [self.live.addresses("draining")])
        except (OSError, ReleaseError) as error:
            self._fail(f"写不下切换记录：{error}")
            return
        self._old, self.live, self.beside = self.live, pair, None
        job.phase, job.until = "draining", self._clock() + DRAIN_SECONDS
        self._releases.reply(job.request["id"], "switched")

    def _drain(self, job: _Job) -> None:
        died = self.live.died()
        if died and self._old is not None and not self._old.died():
            self._go_back(self._old, died)
            return
        if self._clock() < job.until and self._old is not None:
            return
        if self._old is not None:
            self._old.stop()
            self._old = None
        self._releases.beside([])
        left = f"没有带过来的发布（会丢掉现有话术）：{'、'.join(job.left)}" if job.left else ""
        self._releases.reply(job.request["id"], "done", left)
        self._job = None

    def _go_back(self, old: Pair, died: str) -> None:
        """The new pair died while the old one still drained: the old one takes the turns again."""
        noted = self._releases.addresses() or {}
        former = self._former if noted.get("former") == old.release.id else noted.get("former")
        release = self._releases.get(old.release.id)
        self._releases.go_live(release, old.engine_url, old.actions_url, former=former)
        self.beside, self.live, self._old = self.live, old, None
        self._fail(f"新引擎刚接手就停止了，已经换回原来的版本：{died}")

    def _fail(self, why: str) -> None:
        job, self._job = self._job, None
        self._end_candidate()
        if job is not None:
            self._releases.reply(job.request["id"], "failed", why)

    # -- the candidate that is tried

    def _look_after_candidate(self) -> None:
        if self.beside is not None and (self.beside.died() or self._clock() > self._try_until):
            self._end_candidate()

    def _end_candidate(self) -> None:
        if self.beside is not None:
            pair, self.beside = self.beside, None
            self._releases.beside([])
            pair.stop()
