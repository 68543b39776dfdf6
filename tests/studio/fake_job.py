"""A job without the engine: studio.work with other work. `check` ends, `train` ends when it may, `compare` fails."""

from __future__ import annotations

import sys
import time
import types
from typing import Any

from studio import work
from studio.errors import StudioError


def check(worker: work.Worker) -> dict[str, Any]:
    worker.part("ours", 0.0, 0.5)
    worker.log("看过 3 个文件")
    return {"counted": {"error": 0, "warning": 1, "info": 0}}


def train(worker: work.Worker) -> dict[str, Any]:
    worker.part("train", 0.2, 0.6)
    worker.within(0.5)
    while not (worker.folder / "go").exists():
        time.sleep(0.02)
    return {"release": "20261123-000000", "passed": True, "blocked": []}


def compare(worker: work.Worker) -> dict[str, Any]:
    raise StudioError("版本 x", "没有模型", "重新训练")


if __name__ == "__main__":
    fake: Any = types.ModuleType("studio.training")
    fake.KINDS = {"check": check, "train": train, "compare": compare}
    sys.modules["studio.training"] = fake
    sys.modules["studio"].training = fake  # type: ignore[attr-defined]
    sys.exit(work.main())
