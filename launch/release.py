"""From which release the product speaks: the live one, or one of the checkout; and `make publish` for who edits by hand."""

from __future__ import annotations

import getpass
import hashlib
import json
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from launch import archive, model
from launch.errors import LaunchError
from launch.paths import MODELS, ROOT
from launch.progress import Progress
from launch.settings import Settings
from studio.releases import Release, ReleaseError, Releases, differing

# The code that content must fit: what names responses, slots, rows and parameters.
_CODE = ("actions", "engine", "gateway", "policy")
_NOT_CODE = ("tests", "tables", "static", ".venv", "__pycache__")


def code_version(root: Path = ROOT) -> str:
    """SHA-256 over the code that reads a release's content; the content itself is not in it."""
    digest = hashlib.sha256()
    for package in _CODE:
        for path in sorted(_code_of(root / package)):
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _code_of(folder: Path) -> Iterable[Path]:
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.is_dir() and path.name not in _NOT_CODE:
            yield from _code_of(path)
        elif path.suffix in (".py", ".yml", ".lock"):
            yield path


def why_not(release: Release | None, code: str) -> str:
    """Why the product cannot start from this release; empty when it can."""
    if release is None:
        return "there is no release yet"
    if release.code and release.code != code:
        return "the code is newer than what was live"
    if release.archive is None:
        return "the model of what was live is gone"
    note = release.archive.with_name(release.archive.name[: -len(".tar.gz")] + ".json")
    try:
        expected = json.loads(note.read_text("utf-8")).get("sha256")
    except (OSError, ValueError):
        expected = None
    if expected and archive.sha256(release.archive) != expected:
        return "the model of what was live is damaged"
    return ""


def choose(progress: Progress, settings: Settings, environment: Mapping[str, str], *, train: bool = True) -> Release:
    """The live release, or (said in one line) a new one of the checkout as it is. LaunchError when that cannot be made."""
    releases, code = Releases(settings.home), code_version()
    live = releases.live()
    why = why_not(live, code)
    if live is not None and not why:
        changed = differing(ROOT, live.folder)
        if changed:
            progress.say(f"  not live: {counted(changed)} of this checkout; the studio puts live what is approved, make publish all of it")
        return live
    if live is not None:
        progress.say(f"  {why}: a new release is made from this checkout (the one before stays: {live.id})")
    return make(progress, settings, environment, releases, why, code, train=train)


def make(
    progress: Progress, settings: Settings, environment: Mapping[str, str], releases: Releases, why: str, code: str, *, train: bool = True
) -> Release:
    """A release of the checkout as it is, trained when its newest model is older than its data."""
    if train:
        model.ensure(progress, environment, settings.logs / "train.log")
    trained = model.newest(MODELS)
    if trained is None:
        raise LaunchError(f"there is no model in {MODELS}", "make train")
    try:
        release = releases.make(ROOT, None, who(), why)
        release.code = code
        releases.give_model(release, trained)
        return releases.get(release.id)
    except ReleaseError as error:
        raise LaunchError(str(error), "see above") from error


def content_environment(folder: Path, given: Mapping[str, str]) -> dict[str, str]:
    """What tells a process to read its content there. The operator's own folders of wording and tables stay theirs."""
    mine = {"XIAOER_CONTENT": str(folder)}
    for name, part in (("XIAOER_RESPONSES", "data/responses"), ("XIAOER_TABLES", "policy/tables")):
        mine[name] = given.get(name) or str(folder / part)
    return mine


def counted(paths: list[str]) -> str:
    shown = ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")
    return f"{len(paths)} file{'s' if len(paths) > 1 else ''} ({shown})"


def who() -> str:
    """The name that git knows here, else the user's."""
    try:
        done = subprocess.run(["git", "-C", str(ROOT), "config", "user.name"], capture_output=True, text=True, check=False, timeout=10)
        name = done.stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        name = ""
    if name:
        return name
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "operator"
