"""What an installation keeps in its home beside the databases, and who is working there: locks, last run, versions."""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from launch.errors import LaunchError
from launch.paths import ROOT
from studio.releases import Releases

# Kept in a backup: photos and videos of shoppers, secrets, what speaks and spoke, the calendar that the shop edits.
FOLDERS = ("attachments", "secrets", "releases")
FILES = ("workdays.yml",)
BACKUPS = "backups"
_MIGRATIONS = ROOT / "shop" / "migrations" / "versions"
_REVISION = re.compile(r"^revision = [\"'](\w+)[\"']", re.M)
_BEFORE = re.compile(r"^down_revision = [\"'](\w+)[\"']", re.M)


def now() -> datetime:
    """The machine's clock: a backup is dated by it, whatever XIAOER_NOW says."""
    return datetime.now(timezone.utc)


def stamp() -> str:
    """An instant as it stands in names of files and folders."""
    return now().strftime("%Y%m%d-%H%M%S")


def revisions(folder: Path = _MIGRATIONS) -> tuple[str, ...]:
    """The migrations of this checkout in their order, the newest last. LaunchError when they are no chain."""
    after: dict[str, str] = {}
    first = ""
    for path in folder.glob("*.py"):
        text = path.read_text("utf-8")
        own, before = _REVISION.search(text), _BEFORE.search(text)
        if own is not None and before is not None:
            after[before[1]] = own[1]
        elif own is not None:
            first = own[1]
    chain = [first] if first else []
    while chain and chain[-1] in after:
        chain.append(after[chain[-1]])
    if len(chain) != len(after) + 1:
        raise LaunchError("the migrations of this checkout are no chain", "check it out again: git status shop/migrations")
    return tuple(chain)


def commit() -> str:
    """The commit of this checkout; empty without git."""
    folder = ROOT / ".git"
    try:
        if folder.is_file():
            folder = ROOT / folder.read_text("utf-8").partition("gitdir:")[2].strip()
        head = (folder / "HEAD").read_text("utf-8").strip()
        if not head.startswith("ref:"):
            return head
        name = head.partition("ref:")[2].strip()
        shared = folder / (folder / "commondir").read_text("utf-8").strip() if (folder / "commondir").exists() else folder
        if (shared / name).exists():
            return (shared / name).read_text("utf-8").strip()
        packed = (shared / "packed-refs").read_text("utf-8").splitlines()
        return next((line.split()[0] for line in packed if line.endswith(f" {name}")), "")
    except OSError:
        return ""


@contextmanager
def at_work(home: Path, *, alone: bool = False) -> Iterator[None]:
    """Hold the home's lock: many may run the product there, but who puts a backup back or migrates is alone.

    LaunchError when somebody is there who cannot be together with us. The lock goes with the process, however that ends.
    """
    home.mkdir(parents=True, exist_ok=True)
    with (home / "run.lock").open("a") as lock:
        try:
            fcntl.flock(lock, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            if alone:
                raise LaunchError(f"Xiaoer is running on {home}", "stop it (Ctrl-C where it runs), then try again") from None
            raise LaunchError(f"a restore or an upgrade is under way in {home}", "wait until it is done, then try again") from None
        yield


def note_run(home: Path) -> None:
    """Remember which checkout has run on these data: after a failed upgrade it is named as the way back."""
    draft = home / ".last-run.json"
    draft.write_text(json.dumps({"commit": commit(), "at": now().isoformat()}) + "\n", "utf-8")
    draft.replace(home / "last-run.json")


def last_run(home: Path) -> dict[str, Any]:
    """What ``note_run`` wrote; empty when nothing did."""
    try:
        found = json.loads((home / "last-run.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def belongings(home: Path, *, secrets: bool = True) -> dict[str, Path]:
    """Files of the home that a backup keeps, by their names in it."""
    found: dict[str, Path] = {}
    for folder in FOLDERS:
        if folder == "secrets" and not secrets:
            continue
        for directory, _, names in os.walk(home / folder):
            for name in names:
                path = Path(directory) / name
                if not name.startswith(".") and path.is_file() and not path.is_symlink():
                    found[path.relative_to(home).as_posix()] = path
    for name in FILES:
        if (home / name).is_file():
            found[name] = home / name
    # Of releases that neither speak nor are the way back, the texts are enough: a model of 30 MB can be trained again.
    releases = Releases(home)
    needed = {one.id for one in (releases.live(), releases.former()) if one is not None}
    return {name: path for name, path in found.items() if not _spare(name, needed)}


def _spare(name: str, needed: set[str]) -> bool:
    parts = name.split("/")
    if parts[0] != "releases" or len(parts) < 3:
        return False
    return parts[1] == "requests" or parts[1].startswith(".") or (parts[2] == "models" and parts[1] not in needed)
