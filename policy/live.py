"""The rules as they are now: tables and parameters, read again when their file changes, without a restart.

``rules()`` looks at the folder at most twice a second. What changed is read and proved (``policy/proofs.py``) before it counts;
a file that is broken, incomplete or unproved is logged with its place and remedy, and the last good one goes on deciding. A
table changes as a whole: nobody ever sees half a set of rows, and within ``pinned()`` (one action) nothing changes at all.
The folder is ``policy/tables``, or what ``XIAOER_TABLES`` names.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

from policy.parameters import NAME as PARAMETERS
from policy.parameters import Parameter, read_parameters
from policy.proofs import problem
from policy.table import Table
from policy.table_file import read_table

log = logging.getLogger(__name__)

FOLDER = Path(__file__).resolve().parent / "tables"
LOOK_AGAIN = 0.5  # seconds between looks at the folder
SETTLED = 0.3  # seconds without a change until a file counts as written: editors write in pieces

Stamp = tuple[int, int]


@dataclass(frozen=True)
class Rules:
    """Parameters and tables that fit together. ``loaded`` fills as tables are asked for."""

    folder: Path
    parameters: Mapping[str, Parameter]
    loaded: dict[str, Table] = field(default_factory=dict)

    def table(self, topic: str) -> Table:
        """A table by its topic; ``TableError`` when its file has never been good since the start."""
        found = self.loaded.get(topic)
        if found is None:
            found = self.loaded.setdefault(topic, read_table(self.folder / f"{topic}.yml", self.parameters))
        return found


class LiveRules:
    """The rules of one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.broken: dict[str, str] = {}  # file name: why the last good one goes on
        self._stamps = self._look()
        self._looked = time.monotonic()
        self._lock = threading.Lock()
        self._rules = Rules(folder, read_parameters(folder / PARAMETERS))

    def current(self) -> Rules:
        """The rules now."""
        if time.monotonic() - self._looked >= LOOK_AGAIN and self._lock.acquire(blocking=False):
            try:
                self._refresh()
                self._looked = time.monotonic()
            finally:
                self._lock.release()
        return self._rules

    def _look(self) -> dict[str, Stamp]:
        found: dict[str, Stamp] = {}
        with os.scandir(self.folder) as entries:
            for entry in entries:
                if entry.name.endswith(".yml"):
                    try:
                        stat = entry.stat()
                    except FileNotFoundError:
                        continue  # replaced in this moment; seen at the next look
                    found[entry.name] = (stat.st_mtime_ns, stat.st_size)
        return found

    def _refresh(self) -> None:
        try:
            stamps = self._look()
        except OSError as error:
            log.error("the folder of the tables cannot be read, the last good rules stay: %s", error)
            return
        changed = {name for name, stamp in stamps.items() if self._stamps.get(name) != stamp}
        if not changed:
            return
        if any(0 <= time.time() - stamps[name][0] / 1e9 < SETTLED for name in changed):
            return  # still being written
        self._stamps = stamps
        changed |= self.broken.keys() & stamps.keys()  # a file may be good again by what another one says
        self.broken = {}
        old = self._rules
        parameters = old.parameters
        if PARAMETERS in changed:
            try:
                parameters = read_parameters(self.folder / PARAMETERS)
            except ValueError as error:
                self._refuse(PARAMETERS, str(error))
        tables = self._tables(changed, old, parameters)
        if parameters is not old.parameters:
            misfit = next(
                (why for topic, table in tables.items() if topic not in self.broken and (why := problem(table, parameters))), None
            )
            if misfit is not None:
                self._refuse(PARAMETERS, misfit)
                parameters = old.parameters
                tables = self._tables(changed, old, parameters)
        self._rules = Rules(self.folder, parameters, tables)
        log.info("rules read again: %s", ", ".join(sorted(changed)))

    def _tables(self, changed: set[str], old: Rules, parameters: Mapping[str, Parameter]) -> dict[str, Table]:
        """Every table that is in use: the changed ones as they are now if they prove themselves, else as they were."""
        found = dict(old.loaded)
        for topic in old.loaded:
            name = f"{topic}.yml"
            if name not in changed:
                continue
            self.broken.pop(name, None)
            try:
                table = read_table(self.folder / name, parameters)
                why = problem(table, parameters)
            except ValueError as error:
                why = str(error)
            if why is None:
                found[topic] = table
            else:
                self._refuse(name, why)
        return found

    def _refuse(self, name: str, why: str) -> None:
        self.broken[name] = why
        log.error("%s cannot be used, the last good one stays: %s", name, why)


_pinned: ContextVar[Rules | None] = ContextVar("pinned rules", default=None)
_live: dict[Path, LiveRules] = {}


def folder() -> Path:
    """Where the tables are: ``XIAOER_TABLES`` (a whole copy of the folder), else ``policy/tables``."""
    given = os.environ.get("XIAOER_TABLES")
    return Path(given) if given else FOLDER


def live() -> LiveRules:
    """The watched folder of this process."""
    where = folder()
    found = _live.get(where)
    if found is None:
        found = _live.setdefault(where, LiveRules(where))
    return found


def rules() -> Rules:
    """The rules in force: those pinned for the action under way, else the newest good ones."""
    return _pinned.get() or live().current()


@contextmanager
def pinned() -> Iterator[Rules]:
    """Within it the rules stay what they are: one action never decides by two versions."""
    current = rules()
    token = _pinned.set(current)
    try:
        yield current
    finally:
        _pinned.reset(token)
