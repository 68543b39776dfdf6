"""What many random edits leave is not only well formed: the engine trains it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from launch.paths import ENGINE_PYTHON, ROOT
from studio.workspace import Workspace
from tests.studio.random_edits import randomly_edited

EDITS, SEED = 60, 8


@pytest.mark.timeout(900)
def test_a_sample_of_random_edits_trains(checkout: Path, tmp_path: Path) -> None:
    texts = randomly_edited(Workspace(checkout), EDITS, SEED)
    assert {path.split("/")[1] for path in texts if path.startswith("data/")} >= {"nlu", "rules", "stories"}
    for path, text in texts.items():
        (checkout / path).write_text(text, "utf-8")
    # The vectors of what has not changed are those of the project's own training.
    environment = {**os.environ, "XIAOER_CONTENT": str(checkout), "XIAOER_HOME": str(ROOT / "var"), "PYTHONPATH": str(ROOT)}
    told = subprocess.run(
        [str(ENGINE_PYTHON), "-m", "engine.train", "--out", str(tmp_path / "models")],
        **{"cwd": ROOT, "env": environment, "stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT},
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stdout[-3000:]
    assert len(list((tmp_path / "models").glob("*.tar.gz"))) == 1
