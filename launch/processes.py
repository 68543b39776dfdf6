"""One process of the product: started in a group of its own, its log in a file, stopped by its id."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from launch.errors import LaunchError
from launch.paths import ROOT

# The gateway lets running turns end, at most 12 s.
_STOP_SECONDS = 15.0
# The log of the start before is kept beside the current one; nothing grows without bound over restarts.
_OLD = ".1"


class Process:
    """A named child process. Its group is its own, so that stopping it stops whatever it started, and nothing else."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.command = list(command)
        self.environment = dict(environment)
        self.log = log
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id while it has been started."""
        return self._child.pid if self._child else None

    @property
    def returncode(self) -> int | None:
        """None while it runs; its exit code, or minus the signal that ended it."""
        return self._child.poll() if self._child else None

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._child is not None and self._child.poll() is None

    def start(self, *, keep_log: bool = False) -> None:
        """Start it. LaunchError when its program is missing."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if not keep_log and self.log.exists():
            self.log.replace(self.log.with_name(self.log.name + _OLD))
        try:
            with self.log.open("ab") as out:
                self._child = subprocess.Popen(
                    self.command,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=subprocess.STDOUT,
                    cwd=ROOT,
                    env=self.environment,
                    start_new_session=True,
                )
        except OSError as error:
            raise LaunchError(f"{self.name} cannot be started: {error}", "run `make install`") from error

    def ended_because(self) -> str:
        """How it ended, in words."""
        code = self.returncode
        if code is None:
            return "is running"
        if code < 0:
            with suppress(ValueError):
                return f"was ended by {signal.Signals(-code).name}"
        return f"ended with exit code {code}"

    def kill(self) -> None:
        """End it at once, with all it started, as a crash would."""
        self._signal(signal.SIGKILL)
        if self._child:
            self._child.wait()

    def stop(self) -> None:
        """Ask it to end, and insist after some seconds."""
        if self._child is None:
            return
        self._signal(signal.SIGTERM)
        try:
            self._child.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            self._child.wait()
        # Children that outlived their parent (the action server's worker) are still in its group.
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        if self._child is not None:
            # The group's id is the child's pid (start_new_session); gone already is fine.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._child.pid, number)


def stop_all(processes: Sequence[Process]) -> None:
    """Stop several at once: the slowest sets the time, not the sum."""
    for process in processes:
        if process.running:
            process._signal(signal.SIGTERM)
    limit = time.monotonic() + _STOP_SECONDS
    while time.monotonic() < limit and any(process.running for process in processes):
        time.sleep(0.05)
    for process in processes:
        process._signal(signal.SIGKILL)
        if process._child is not None:
            process._child.wait()
