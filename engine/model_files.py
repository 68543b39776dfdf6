"""Trained models on disk: the newest one, whether it is whole, and whether the training data has changed since.

Beside `models/<name>.tar.gz` lies `<name>.json` with the fingerprint of everything the model was made from and the archive's
own checksum. Standard library and PyYAML only: asking costs no import of Rasa.
"""

from __future__ import annotations

import hashlib
import json
import tarfile
from dataclasses import dataclass
from pathlib import Path

import yaml

from engine.paths import CONFIG, CONTENT, DOMAIN, MODELS, RESPONSES, ROOT

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
CURRENT, STALE, MISSING, CORRUPT = "current", "stale", "missing", "corrupt"


@dataclass(frozen=True)
class ModelState:
    """State of the newest model and, in words, why."""

    state: str
    model: Path | None
    reason: str


def _inputs() -> list[tuple[str, Path]]:
    """What a model is made from, by names that are the same in a checkout and in a release of it."""
    content = [path for part in ("nlu", "rules", "stories", "lookup") for path in (CONTENT / "data" / part).rglob("*.yml")]
    code = [*(ROOT / "engine" / "nlu").rglob("*.py"), *(ROOT / "engine" / "nlu" / "data").rglob("*.yml")]
    code.append(ROOT / "engine" / "requirements.lock")
    named = [(path.relative_to(CONTENT).as_posix(), path) for path in [CONFIG, DOMAIN, *content]]
    return sorted([*named, *((path.relative_to(ROOT).as_posix(), path) for path in code)])


def _response_names(folder: Path = RESPONSES) -> list[str]:
    """Names only: the wording is rendered live and needs no training."""
    names: list[str] = []
    for path in sorted(folder.rglob("*.yml")):
        try:
            content = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 the safe loader, in C
        except yaml.YAMLError as error:
            raise ValueError(f"{path}: not valid YAML: {error}") from error
        names.extend((content or {}).get("responses") or {})
    return sorted(names)


def fingerprint() -> str:
    """SHA-256 over the training data, domain, config, names, components and pins.

    Raises:
        ValueError: a response file is no YAML.
    """
    digest = hashlib.sha256()
    for name, path in _inputs():
        if path.exists():
            digest.update(name.encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    digest.update("\n".join(_response_names()).encode())
    return digest.hexdigest()


def newest(folder: Path = MODELS) -> Path | None:
    """The newest archive of the folder."""
    models = sorted(folder.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)
    return models[-1] if models else None


def checksum(model: Path) -> str:
    """SHA-256 of the archive."""
    return hashlib.sha256(model.read_bytes()).hexdigest()


def note_path(model: Path) -> Path:
    """Where the note about a model lies."""
    return model.with_name(model.name.removesuffix(".tar.gz") + ".json")


def write_note(model: Path, made_from: str) -> None:
    """Remember what a model was made from and its checksum."""
    note_path(model).write_text(json.dumps({"model": model.name, "made_from": made_from, "sha256": checksum(model)}, indent=1) + "\n")


def damage(model: Path) -> str:
    """Why an archive cannot be used; empty when it can."""
    try:
        note = json.loads(note_path(model).read_text())
    except (OSError, ValueError):
        note = {}
    if note.get("sha256"):
        return "" if checksum(model) == note["sha256"] else "its checksum is not the one noted after training"
    try:
        with tarfile.open(model, "r:gz") as archive:
            names = archive.getnames()
    except (OSError, EOFError, tarfile.TarError) as error:
        return str(error) or type(error).__name__
    return "" if any(name.split("/")[-1] == "metadata.json" for name in names) else "it holds no metadata.json"


def state(folder: Path = MODELS) -> ModelState:
    """Whether the newest model is there, whole and current."""
    model = newest(folder)
    if model is None:
        return ModelState(MISSING, None, f"there is no model in {folder}")
    why = damage(model)
    if why:
        return ModelState(CORRUPT, model, f"{model.name} is corrupt: {why}")
    try:
        note = json.loads(note_path(model).read_text())
    except (OSError, ValueError):
        return ModelState(STALE, model, f"nothing is noted about what {model.name} was made from")
    if note.get("made_from") != fingerprint():
        return ModelState(STALE, model, f"the training data has changed since {model.name} was trained")
    return ModelState(CURRENT, model, f"{model.name} is as new as the training data")
