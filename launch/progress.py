"""Progress lines: what is being done and for how long. A spinner on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

_FRAMES = "|/-\\"
_HEARTBEAT_SECONDS = 30.0


class Progress:
    """Writes to `out` (standard error by default, so that standard output stays for answers)."""

    def __init__(self, out: TextIO | None = None, *, quiet: bool = False) -> None:
        self._out = out if out is not None else sys.stderr
        self._quiet = quiet
        self._tty = self._out.isatty()
        self._lock = threading.Lock()

    def say(self, text: str) -> None:
        """One plain line."""
        if not self._quiet:
            with self._lock:
                self._out.write(text + "\n")
                self._out.flush()

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Announce `what`, keep saying how long it has been going, and close with the time it took."""
        begun = time.monotonic()
        over = threading.Event()
        if not self._tty:
            self.say(f"  {what} …")
        beat = threading.Thread(target=self._beat, args=(what, begun, over), daemon=True)
        if not self._quiet:
            beat.start()
        outcome = "failed after"
        try:
            yield
            outcome = "done in"
        finally:
            over.set()
            if not self._quiet:
                beat.join()
            self._clear()
            self.say(f"  {what}: {outcome} {time.monotonic() - begun:.1f} s")

    def _beat(self, what: str, begun: float, over: threading.Event) -> None:
        turn = 0
        while not over.wait(0.15 if self._tty else _HEARTBEAT_SECONDS):
            spent = time.monotonic() - begun
            if self._tty:
                with self._lock:
                    self._out.write(f"\r{_FRAMES[turn % len(_FRAMES)]} {what} … {spent:.0f} s ")
                    self._out.flush()
                turn += 1
            else:
                self.say(f"  {what} … still going, {spent:.0f} s")

    def _clear(self) -> None:
        if self._tty and not self._quiet:
            with self._lock:
                self._out.write("\r\033[K")
