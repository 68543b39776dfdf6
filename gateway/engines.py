"""Which engines and actions take the turns: those of the environment, or whoever is live as the launcher notes it (XIAOER_LIVE).

A promotion changes that file between two turns; every request looks (a stat), so the next turn already goes to the new engine.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

_Stamp = tuple[int, int, int]


class Engines:
    """Addresses, as they are at this moment. ``live``: the file that names them; without one they never change."""

    def __init__(self, urls: Sequence[str], actions_url: str = "", live: Path | None = None) -> None:
        self._urls = tuple(urls)
        self._actions = actions_url
        self._live = live
        self._stamp: _Stamp | None = None
        self._noted: dict[str, Any] = {}
        self._lock = threading.Lock()

    def serving(self) -> tuple[str, ...]:
        """The engines that take new turns."""
        found = self._look().get("engine")
        return (found,) if isinstance(found, str) and found else self._urls

    def running(self) -> tuple[str, ...]:
        """Those, and every other that runs beside them and may remember something: a draining one, a candidate that is tried."""
        beside = [one.get("engine") for one in self._look().get("also") or () if isinstance(one, dict)]
        return tuple(dict.fromkeys([*self.serving(), *(url for url in beside if isinstance(url, str) and url)]))

    def of_release(self, release: str) -> str | None:
        """The engine that runs this release, live or beside it; None when none does."""
        noted = self._look()
        for one in (noted, *(one for one in noted.get("also") or () if isinstance(one, dict))):
            if one.get("release") == release and one.get("engine"):
                return str(one["engine"])
        return None

    def actions(self) -> str:
        """The webhook of the action server that the serving engine calls."""
        found = self._look().get("actions")
        return found if isinstance(found, str) and found else self._actions

    def _look(self) -> dict[str, Any]:
        if self._live is None:
            return {}
        try:
            stat = self._live.stat()
            stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            if stamp == self._stamp:
                return self._noted
            with self._lock:
                noted = json.loads(self._live.read_text("utf-8"))
                self._stamp, self._noted = stamp, noted if isinstance(noted, dict) else {}
        except (OSError, ValueError) as error:
            log.warning("%s cannot be read, the engines stay as they were: %s", self._live, error)
        return self._noted
