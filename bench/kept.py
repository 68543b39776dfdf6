"""What is dear is measured once: the stock engine's training, kept with what it was trained on and on which machine.

``bench/saved/stock.json`` (committed) holds one entry a data set and machine; the models lie in ``bench/out`` (not committed).
An entry is used again when data, domain, config and machine are the same, the model is there and whole, and nobody else worked
on the machine while its seconds were taken (a look with ``--quick`` takes those too, and says so).
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import resource
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from launch.paths import ENGINE_PYTHON, ROOT

SAVED = ROOT / "bench" / "saved" / "stock.json"
# Share of the cores that others may use before seconds count as taken on a busy machine.
MOST_BY_OTHERS = 0.1


@dataclass(frozen=True)
class Kept:
    """A measured training. ``busy``: the share of the cores that other programs used meanwhile (0 to 1)."""

    data: str
    machine: dict[str, str | int]
    examples: int
    train_s: float
    model_mb: float
    model: str
    model_sha256: str
    busy: float
    at: str

    @property
    def quiet(self) -> bool:
        """Whether the seconds were taken on a machine that did nothing else."""
        return self.busy <= MOST_BY_OTHERS


def machine() -> dict[str, str | int]:
    """What seconds depend on: cores, processor, system, the engine's Python."""
    return {
        "cores": os.cpu_count() or 1,
        "cpu": _processor(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": _engine_version(),
    }


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
            if line.lower().startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass  # no Linux
    return platform.processor() or platform.machine()


def _engine_version() -> str:
    # The folder of the interpreter's packages names its version without starting it.
    found = sorted((ENGINE_PYTHON.parent.parent / "lib").glob("python3*"))
    return found[-1].name if found else "unknown"


def read(path: Path = SAVED) -> list[Kept]:
    """All entries; none when the file is missing or unreadable (then everything is measured anew)."""
    try:
        return [Kept(**one) for one in json.loads(path.read_text("utf-8"))["trainings"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def find(data: str, models: Path, *, path: Path = SAVED, busy_too: bool = False) -> Kept | None:
    """The entry of this data on this machine whose model is in ``models``, or None."""
    here = machine()
    for one in read(path):
        if one.data == data and one.machine == here and (one.quiet or busy_too):
            archive = models / one.model
            if archive.is_file() and checksum(archive) == one.model_sha256:
                return one
    return None


def expected_minutes(examples: int, path: Path = SAVED) -> float | None:
    """How long a training of so many examples will take, by the newest entry of a quiet machine; None without one."""
    known = sorted((one for one in read(path) if one.quiet), key=lambda one: one.at)
    return known[-1].train_s * examples / max(1, known[-1].examples) / 60 if known else None


def save(one: Kept, path: Path = SAVED) -> None:
    """Write an entry; it replaces the one of the same data and machine, and of older data on this machine."""
    others = [other for other in read(path) if other.machine != one.machine]
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"trainings": [asdict(entry) for entry in [*others, one]]}
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", "utf-8")


def entry(data: str, examples: int, seconds: float, archive: Path, busy: float) -> Kept:
    """An entry of a training that has just ended."""
    size = round(archive.stat().st_size / 1e6, 1)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Kept(data, machine(), examples, seconds, size, archive.name, checksum(archive), round(busy, 2), now)


def checksum(archive: Path) -> str:
    """SHA-256 of a model."""
    return hashlib.sha256(archive.read_bytes()).hexdigest()


class Others:
    """How much of the machine other programs used between two moments."""

    def __init__(self) -> None:
        self._begun = time.monotonic()
        self._busy = _busy_seconds()
        self._mine = _own_seconds()

    def share(self) -> float:
        """0 (nobody else) to 1 (all cores), since this was made; only ended children of ours count as ours."""
        elapsed = max(time.monotonic() - self._begun, 0.001)
        others = (_busy_seconds() - self._busy) - (_own_seconds() - self._mine)
        return min(1.0, max(0.0, others / elapsed / (os.cpu_count() or 1)))


def _busy_seconds() -> float:
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0) - getattr(times, "guest", 0.0))


def _own_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)
