"""The trained model: there, whole, and as new as the training data. `engine.train --check` is the judge."""

from __future__ import annotations

import fcntl
import subprocess
from collections.abc import Mapping
from pathlib import Path

from launch.errors import LaunchError
from launch.paths import ENGINE_PYTHON, MODELS, ROOT
from launch.progress import Progress

# Exit codes of `engine.train --check`.
CURRENT, STALE, MISSING, CORRUPT = 0, 1, 3, 4


def newest(folder: Path = MODELS) -> Path | None:
    """The model that the engine would load: the newest archive of the folder."""
    models = sorted(folder.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)
    return models[-1] if models else None


def ensure(progress: Progress, environment: Mapping[str, str], log: Path, *, force: bool = False, folder: Path = MODELS) -> bool:
    """Train when there is no model, a damaged one, or data newer than it. Returns whether it trained."""
    folder.mkdir(exist_ok=True)
    with (folder / ".training.lock").open("w") as guard:
        # Of two starts at once the second waits here and then finds the first one's model.
        try:
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with progress.step("waiting for another training of this checkout"):
                fcntl.flock(guard, fcntl.LOCK_EX)
        return _ensure(progress, environment, log, force, folder)


def _ensure(progress: Progress, environment: Mapping[str, str], log: Path, force: bool, folder: Path) -> bool:
    state, reason = _train(environment, None, "--check")
    found = newest(folder)
    if state == CURRENT and not force:
        return False
    if state == CORRUPT and found is not None:
        set_aside = found.with_name(found.name + ".broken")
        found.replace(set_aside)
        reason = f"{reason}; moved to {set_aside.name}"
    progress.say(f"  {reason}" if not force else "  training was asked for")
    with progress.step(f"training a model (log: {log})"):
        code, _ = _train(environment, log, "--force" if force else "")
    if code:
        raise LaunchError(
            f"training failed with exit code {code}",
            "mend what the log names; `make validate` checks the data without training",
            log,
        )
    return True


def _train(environment: Mapping[str, str], log: Path | None, flag: str) -> tuple[int, str]:
    """Exit code and last line of the trainer, whose output goes to `log` when there is one."""
    command = [str(ENGINE_PYTHON), "-m", "engine.train", *filter(None, [flag])]
    if log is None:
        done = subprocess.run(
            command, cwd=ROOT, env=dict(environment), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        said = (done.stdout.strip() or done.stderr.strip()).splitlines()
        return done.returncode, said[-1] if said else f"the trainer ended with exit code {done.returncode}"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as out:
        code = subprocess.run(
            command, cwd=ROOT, env=dict(environment), stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, check=False
        ).returncode
    return code, ""
