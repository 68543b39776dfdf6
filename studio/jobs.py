"""Work in the background: one job at a time, in a process of its own that outlives the gateway.

A job is a folder ``XIAOER_HOME/jobs/<id>/`` with ``job.json`` (what was asked), ``state.json`` (how far it is), ``log.txt``, ``pid``.
Its process holds the lock ``jobs/.lock`` as long as it lives: whoever reads a job that says "running" while nobody holds the lock knows
that it was cut off. The process is studio/work.py at nice 10; it needs no secret and is given none.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from studio.errors import StudioError

Kind = Literal["check", "train", "compare"]
KINDS: tuple[Kind, ...] = ("check", "train", "compare")
State = Literal["running", "done", "failed", "cancelled", "lost"]
ROOT = Path(__file__).resolve().parents[1]
KEPT = 30
ENDING = 10.0  # seconds that an ended process may still hold the lock
LOG_PART = 64_000  # bytes of a log that one question is answered with
# What a job may know of its surroundings. Secrets (the engine's token, the identities' key) are none of it.
PASSED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "XIAOER_REAL_MESSAGES", "XIAOER_NOW")


@dataclass(frozen=True)
class Job:
    """``step``: a word for what goes on, ``done``: how much of all is done (0–1); ``result``: what came out; times in UTC, ISO 8601."""

    id: str
    kind: Kind
    by: str
    why: str
    at: str
    options: dict[str, Any]
    state: State
    step: str = ""
    done: float = 0.0
    result: dict[str, Any] = field(default_factory=dict)
    problem: dict[str, str] | None = None  # {place, problem, remedy}
    ended_at: str | None = None
    cancelled_by: str | None = None


def write(path: Path, content: Any) -> None:
    """A JSON file in one step: whoever reads finds the old or the new one whole."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(3)}")
    draft.write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    draft.replace(path)


def read(path: Path) -> dict[str, Any]:
    """A JSON object; empty when there is none that can be read."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


class Jobs:
    """The jobs of an installation. ``command``: what runs a job's folder (tests give another)."""

    def __init__(
        self,
        home: Path,
        checkout: Path,
        *,
        command: tuple[str, ...] = (sys.executable, "-m", "studio.work"),
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.folder = home / "jobs"
        self.command = command
        self._home, self._checkout, self._now = home, checkout, now
        self._starting = threading.Lock()

    def start(self, kind: Kind, by: str, why: str = "", options: Mapping[str, Any] | None = None) -> Job:
        """Begin a job. StudioError while another one runs."""
        with self._starting:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = self._lock()
            if lock is None:
                raise StudioError("检查与训练", "已经有一项任务在进行", "等它做完，或者先取消它")
            try:
                at = self._now()
                job_id = f"{at.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}"
                folder = self.folder / job_id
                # Who looks meanwhile knows of a job by its job.json: all else that tells that it runs is there before.
                os.ftruncate(lock, 0)
                os.pwrite(lock, job_id.encode(), 0)
                folder.mkdir()
                write(folder / "state.json", {"state": "running", "step": "start", "done": 0.0})
                write(
                    folder / "job.json",
                    {"id": job_id, "kind": kind, "by": by, "why": why, "at": at.isoformat(), "options": dict(options or {})},
                )
                self._spawn(folder, lock)
            finally:
                os.close(lock)  # the process has its own copy, and the lock with it
            self._prune()
        return self.get(job_id)

    def running(self) -> Job | None:
        """The job that goes on."""
        name = self._busy_with()
        found = self._job(name, name) if name and (self.folder / name / "job.json").is_file() else None
        return found if found is not None and found.state == "running" else None

    def all(self, limit: int = 20) -> list[Job]:
        """The latest jobs, the newest first."""
        names = sorted((path.parent.name for path in self.folder.glob("*/job.json")), reverse=True)[:limit]
        busy = self._busy_with()
        return [self._job(name, busy) for name in names]

    def get(self, job_id: str) -> Job:
        """One by its id; StudioError when there is none."""
        if not job_id.replace("-", "").isalnum() or not (self.folder / job_id / "job.json").is_file():
            raise StudioError(f"任务 {job_id[:40]}", "没有这个任务", "刷新页面")
        return self._job(job_id, self._busy_with())

    def log(self, job_id: str, after: int = 0) -> tuple[str, int]:
        """The log from a byte on (a long one from its last part on), and the byte to ask from next time."""
        self.get(job_id)
        try:
            with (self.folder / job_id / "log.txt").open("rb") as stream:
                size = stream.seek(0, os.SEEK_END)
                stream.seek(max(min(after, size), size - LOG_PART))
                return stream.read().decode("utf-8", "replace"), size
        except FileNotFoundError:
            return "", 0

    def cancel(self, job_id: str, by: str) -> Job:
        """Ask a job to stop; it ends within seconds. StudioError when it does not run."""
        if self.get(job_id).state != "running":
            raise StudioError(f"任务 {job_id}", "已经结束，不能取消", "刷新页面看结果")
        folder = self.folder / job_id
        write(folder / "cancel.json", {"by": by, "at": self._now().isoformat()})
        try:
            pid = int((folder / "pid").read_text("ascii"))
        except (OSError, ValueError):
            raise StudioError(f"任务 {job_id}", "还没有完全启动", "过几秒再取消") from None
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGTERM)  # the lock is held, so the number is still its own
        return self.get(job_id)

    def _spawn(self, folder: Path, lock: int) -> None:
        environment = {name: os.environ[name] for name in PASSED if name in os.environ}
        environment |= {
            "XIAOER_HOME": str(self._home),
            "XIAOER_CHECKOUT": str(self._checkout),
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
        }
        with (folder / "log.txt").open("ab") as log:
            process = subprocess.Popen(
                [*self.command, str(folder)],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(lock,),
                # Of no group of the gateway's: whoever stops the gateway does not stop the training.
                start_new_session=True,
            )
        (folder / "pid").write_text(str(process.pid), "ascii")
        threading.Thread(target=process.wait, name="studio-job", daemon=True).start()

    def _lock(self) -> int | None:
        """The lock as a file descriptor, or None when a job holds it. Who only looks holds it for moments, an ended job for a second."""
        until = time.monotonic() + ENDING
        while True:
            descriptor = os.open(self.folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                busy = self._busy_with()
                if (busy and self._state(busy).get("state") == "running") or time.monotonic() > until:
                    return None
                time.sleep(0.01)
            else:
                return descriptor

    def _state(self, name: str) -> dict[str, Any]:
        return read(self.folder / name / "state.json")

    def _busy_with(self) -> str | None:
        try:
            with (self.folder / ".lock").open("r", encoding="ascii") as stream:
                try:
                    fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except BlockingIOError:
                    return stream.read().strip() or None
        except FileNotFoundError:
            pass
        return None

    def _job(self, name: str, busy: str | None) -> Job:
        folder = self.folder / name
        asked, state = read(folder / "job.json"), self._state(name)
        if state.get("state") == "running" and busy != name:
            # It may have ended between the two looks: what it wrote last counts.
            state = self._state(name)
            if state.get("state") == "running":
                # Who was asked to stop before it could hear of it stopped all the same.
                state = {**state, "state": "cancelled" if (folder / "cancel.json").is_file() else "lost"}
        known = {key: state[key] for key in ("step", "done", "result", "problem", "ended_at") if key in state}
        return Job(
            id=name,
            kind=asked.get("kind", "check"),
            by=str(asked.get("by", "")),
            why=str(asked.get("why", "")),
            at=str(asked.get("at", "")),
            options=asked.get("options") or {},
            state=state.get("state", "lost"),
            cancelled_by=read(folder / "cancel.json").get("by"),
            **known,
        )

    def _prune(self) -> None:
        for path in sorted(self.folder.glob("*/job.json"))[:-KEPT]:
            shutil.rmtree(path.parent, ignore_errors=True)
