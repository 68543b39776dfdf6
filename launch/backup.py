"""`make backup`: one file with everything an installation holds, taken while it runs; the oldest ones go.

Inside: the shop's database and the engine's as they stood at one instant, photos, secrets, the shop's own calendar, and a manifest.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from launch import archive, home, stores
from launch.errors import LaunchError
from launch.progress import Progress
from launch.settings import Settings

KEEP = 7
BEFORE_UPGRADE = "before-upgrade"
_NAME = re.compile(r"xiaoer-\d{8}-\d{6}(?:-\d+)?(-[a-z-]+)?\.tar\.gz")


def make(
    progress: Progress, settings: Settings, environment: Mapping[str, str], *, into: Path | None = None, why: str = "", secrets: bool = True
) -> Path:
    """Write a backup and delete those beyond the count; its path. LaunchError when it could not be made whole."""
    folder = into or settings.home / home.BACKUPS
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".backup-", dir=folder))
    except OSError as error:
        raise LaunchError(f"{folder} cannot be written: {error.strerror}", "name another folder: make backup INTO=/path") from error
    target = _free_name(folder, why)
    try:
        with progress.step("copying the databases as they stand now"):
            found = stores.stores(environment)
            revision = found[0].revision() if found[0].exists() else None
            counts = stores.copy_together(found, scratch)
        if stores.SHOP not in counts:
            raise LaunchError(f"there is nothing to back up in {settings.home} yet", "run the product once: make run")
        with progress.step("writing and verifying the backup"):
            manifest = _manifest(found, counts, revision, why)
            files = _copied(home.belongings(settings.home, secrets=secrets), scratch)
            files |= {store.file: scratch / store.file for store in found if store.name in counts}
            archive.write(target, manifest, files)
    except OSError as error:
        raise LaunchError(f"the backup could not be made: {error.strerror or error}", "make room, or name another folder") from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    prune(folder, keep=_keep(environment))
    return target


def prune(folder: Path, *, keep: int) -> list[Path]:
    """Delete the oldest backups of each kind (ours, those before an upgrade) beyond the count; what was deleted."""
    kinds: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        named = _NAME.fullmatch(path.name)
        if named is not None:
            kinds.setdefault(named[1] or "", []).append(path)
    gone = [path for paths in kinds.values() for path in paths[: -keep or None]]
    for path in gone:
        path.unlink()
    return gone


def newest(folder: Path) -> Path | None:
    """The newest backup of a folder."""
    found = sorted(path for path in folder.glob("xiaoer-*.tar.gz") if _NAME.fullmatch(path.name))
    return found[-1] if found else None


def _keep(environment: Mapping[str, str]) -> int:
    text = environment.get("XIAOER_BACKUP_KEEP", "").strip()
    if not text:
        return KEEP
    if not text.isdecimal() or int(text) < 1:
        raise LaunchError(f"XIAOER_BACKUP_KEEP is {text!r}", "give the number of backups to keep, 1 or more")
    return int(text)


def _free_name(folder: Path, why: str) -> Path:
    base = f"xiaoer-{home.stamp()}"
    end = f"{f'-{why}' if why else ''}.tar.gz"
    names = (f"{base}{f'-{number}' if number else ''}{end}" for number in range(1000))
    return next(folder / name for name in names if not (folder / name).exists())


def _copied(files: Mapping[str, Path], scratch: Path) -> dict[str, Path]:
    """The files as hard links or copies: an erasure in the middle must not tear the archive."""
    kept: dict[str, Path] = {}
    for number, (name, path) in enumerate(files.items()):
        target = scratch / f"file-{number}"
        try:
            _link_or_copy(path, target)
        except FileNotFoundError:
            continue  # erased meanwhile
        kept[name] = target
    return kept


def _link_or_copy(path: Path, target: Path) -> None:
    try:
        os.link(path, target)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copyfile(path, target)


def _manifest(found: list[stores.Store], counts: Mapping[str, Mapping[str, int]], revision: str | None, why: str) -> dict[str, Any]:
    databases: dict[str, dict[str, Any]] = {
        store.name: {"kind": store.kind, "file": store.file, "counts": counts[store.name]} for store in found if store.name in counts
    }
    databases[stores.SHOP]["revision"] = revision
    return {
        "product": "xiaoer",
        "made_at": home.now().isoformat(),
        "why": why or "asked for",
        "commit": home.commit(),
        "databases": databases,
    }
