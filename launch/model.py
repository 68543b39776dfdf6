"""The trained model: there, whole, and as new as the training data. engine/train.py decides what "as new" means."""

from __future__ import annotations

import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path

from launch.errors import LaunchError
from launch.paths import ENGINE_PYTHON, MODELS, ROOT
from launch.progress import Progress


def newest(folder: Path = MODELS) -> Path | None:
    """The model that the engine would load: the newest archive of the folder."""
    models = sorted(folder.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)
    return models[-1] if models else None


def damage(model: Path) -> str:
    """Why the archive cannot be read to its end; empty when it can."""
    try:
        with tarfile.open(model, "r:gz") as archive:
            names = []
            for member in archive:
                names.append(member.name)
                source = archive.extractfile(member) if member.isfile() else None
                while source is not None and source.read(1 << 20):
                    pass
    except (OSError, EOFError, tarfile.TarError, ValueError) as error:
        return str(error) or type(error).__name__
    return "" if any(name.split("/")[-1] == "metadata.json" for name in names) else "it holds no metadata.json, so it is no Rasa model"


def is_current(environment: Mapping[str, str]) -> bool:
    """Whether the newest model was trained from the data as it is now."""
    return _train(environment, None, "--check") == 0


def ensure(progress: Progress, environment: Mapping[str, str], log: Path, *, force: bool = False, folder: Path = MODELS) -> bool:
    """Train when there is no model, a damaged one, or data newer than it. Returns whether it trained."""
    folder.mkdir(exist_ok=True)
    found = newest(folder)
    reason = "training was asked for" if force else "there is no model yet"
    if found is not None and not force:
        why = damage(found)
        if why:
            set_aside = found.with_name(found.name + ".broken")
            found.replace(set_aside)
            reason = f"the model {found.name} is damaged ({why}; moved to {set_aside.name})"
        elif is_current(environment):
            return False
        else:
            reason = "the training data is newer than the model"
    progress.say(f"  {reason}")
    with progress.step(f"training a model (log: {log})"):
        code = _train(environment, log, "--force" if force else "")
    if code:
        raise LaunchError(
            f"training failed with exit code {code}",
            "mend what the log names; `make validate` checks the data without training",
            log,
        )
    return True


def _train(environment: Mapping[str, str], log: Path | None, flag: str) -> int:
    command = [str(ENGINE_PYTHON), "-m", "engine.train", *filter(None, [flag])]
    if log is None:
        return subprocess.run(
            command, cwd=ROOT, env=dict(environment), stdin=subprocess.DEVNULL, capture_output=True, check=False
        ).returncode
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as out:
        return subprocess.run(
            command, cwd=ROOT, env=dict(environment), stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, check=False
        ).returncode
