"""``python -m studio.work FOLDER``: the process of one background job (studio/jobs.py).

It lowers its own priority, says how far it is in ``state.json``, and stops what it started when it is asked to stop (SIGTERM).
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

from studio.errors import StudioError
from studio.jobs import ROOT, read, write

NICE = 10
LONGEST = 45 * 60  # seconds of one program; a training takes minutes
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
ENGINE_PYTHON = ROOT / "engine" / ".venv" / "bin" / "python"


class Cancelled(Exception):
    """Somebody asked the job to stop."""


class Worker:
    """What a job's work speaks to: progress, log, and programs that end with the job."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked = read(folder / "job.json")
        self.home = Path(os.environ["XIAOER_HOME"])
        self.checkout = Path(os.environ.get("XIAOER_CHECKOUT") or ROOT)
        self._state: dict[str, Any] = {"state": "running", "step": "start", "done": 0.0}
        self._span = (0.0, 1.0)

    def part(self, step: str, begin: float, end: float) -> None:
        """A step begins that goes from ``begin`` to ``end`` of the whole (0–1)."""
        self._span = (begin, end)
        self._state |= {"step": step, "done": begin}
        self._write()
        self.log(f"== {step}")

    def within(self, share: float) -> None:
        """How much of the step is done (0–1)."""
        begin, end = self._span
        self._state["done"] = round(begin + (end - begin) * min(max(share, 0.0), 1.0), 4)
        self._write()

    def log(self, line: str) -> None:
        """A line of the log, with the time."""
        print(f"{datetime.now(UTC).strftime('%H:%M:%S')} {line}", flush=True)

    def end(self, state: str, **more: Any) -> None:
        """The last that is said of the job."""
        done = {"done": 1.0} if state == "done" else {}
        self._state |= {"state": state, "ended_at": datetime.now(UTC).isoformat(), **done, **more}
        self._write()

    def engine(self, arguments: Sequence[str], environment: Mapping[str, str], hear: Callable[[str], None] = lambda _: None) -> int:
        """Run a program of the engine's environment; its lines go to the log and to ``hear``. Its exit code.

        Raises:
            StudioError: the engine's environment is missing, or the program takes longer than ``LONGEST``.
        """
        if not ENGINE_PYTHON.is_file():
            raise StudioError("引擎环境", "还没有安装", "在终端运行 make install")
        command = [str(ENGINE_PYTHON), "-W", "ignore", *arguments]
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3", **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        until = time.monotonic() + LONGEST
        try:
            assert process.stdout is not None
            for line in process.stdout:
                text = COLOUR.sub("", line.rstrip())
                if text and "Deprecat" not in text and not line.startswith(" "):
                    self.log(text[:2000])
                hear(text)
                if time.monotonic() > until:
                    raise StudioError("后台任务", f"{LONGEST // 60} 分钟还没有做完", "看日志里停在哪一步；机器太忙时晚些再试")
            return process.wait()
        finally:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(5)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
            if process.stdout is not None:
                process.stdout.close()

    def _write(self) -> None:
        write(self.folder / "state.json", self._state)


def main(arguments: Sequence[str] | None = None) -> int:
    """Do the job of a folder; 0 = done, 1 = failed, 2 = cancelled."""
    folder = Path((sys.argv[1:] if arguments is None else arguments)[0])
    worker = Worker(folder)
    os.nice(NICE)

    def stop(_: int, __: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise Cancelled

    signal.signal(signal.SIGTERM, stop)
    try:
        from studio import training  # its imports take a moment in which the job can be cancelled already

        worker.end("done", result=training.KINDS[worker.asked["kind"]](worker))
    except Cancelled:
        worker.log("cancelled")
        worker.end("cancelled")
        return 2
    except StudioError as error:
        worker.log(str(error))
        worker.end("failed", problem={"place": error.place, "problem": error.problem, "remedy": error.remedy})
        return 1
    except Exception as error:  # whatever happens, the page must learn that it ended
        traceback.print_exc()
        worker.end("failed", problem={"place": "后台任务", "problem": f"{type(error).__name__}: {error}", "remedy": "看日志；再试一次"})
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
