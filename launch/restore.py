"""`make restore FILE=…`: put a backup back, all of it or nothing; what was there before is set aside, never deleted.

Every move is written down first (`restoring.json`), so that a restore that was cut off, by a crash too, is undone by the next start.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from launch import archive, home, stores
from launch.errors import LaunchError
from launch.progress import Progress
from launch.settings import Settings

JOURNAL = "restoring.json"
# Read by gateway/erased_again.py.
ERASED = "erase-again.json"


@dataclass(frozen=True)
class Move:
    """`target` goes to `aside` (if it is there), then `staged` goes to `target` (if the backup has it)."""

    target: Path
    aside: Path
    staged: Path


def restore(progress: Progress, settings: Settings, environment: Mapping[str, str], file: Path) -> Path:
    """Put a backup back; the folder with what was there before. LaunchError when it may not or cannot be, and nothing has changed then.

    The caller holds the home's lock alone (``home.at_work``).
    """
    undo_interrupted(progress, settings, environment)
    with progress.step("verifying the backup"):
        manifest = archive.verify(file)
        found = stores.stores(environment)
        _check(file, manifest, found)
        _check_alone(found)
    aside = settings.home / _free_name(settings.home)
    staging = Path(tempfile.mkdtemp(prefix=".restore-", dir=settings.home))
    try:
        with progress.step("putting the backup back"):
            archive.unpack(file, staging)
            _check_whole(file, staging, manifest)
            _put_back(settings, manifest, found, staging, aside)
    except OSError as error:
        undo_interrupted(progress, settings, environment)
        raise LaunchError(f"the backup could not be put back: {error.strerror or error}", "make room in the home and try again") from error
    except BaseException:
        undo_interrupted(progress, settings, environment)
        raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return aside


def _free_name(folder: Path) -> str:
    base = f"before-restore-{home.stamp()}"
    return next(name for name in (base, *(f"{base}-{number}" for number in range(1, 1000))) if not (folder / name).exists())


def undo_interrupted(progress: Progress, settings: Settings, environment: Mapping[str, str]) -> bool:
    """Bring back what was there before a restore that did not end; whether there was one."""
    journal = settings.home / JOURNAL
    if not journal.exists():
        return False
    noted = json.loads(journal.read_text("utf-8"))
    with progress.step("undoing a restore that was cut off"):
        for dump in noted["dumps"]:
            store = next(one for one in stores.stores(environment) if one.name == dump["store"])
            if isinstance(store, stores.PostgresStore) and Path(dump["file"]).exists():
                with tempfile.TemporaryDirectory(dir=settings.home) as scratch:
                    store.put_back(Path(dump["file"]), Path(scratch))
        for target, aside, was_there in noted["moves"]:
            if Path(aside).exists():
                _remove(Path(target))
                Path(aside).replace(target)
            elif not was_there:
                _remove(Path(target))
        journal.unlink()
    return True


def _check(file: Path, manifest: Mapping[str, Any], found: list[stores.Store]) -> None:
    databases = manifest.get("databases") or {}
    if manifest.get("product") != "xiaoer" or stores.SHOP not in databases:
        raise LaunchError(f"{file} is no backup of Xiaoer", "name a file that `make backup` wrote")
    revision = databases[stores.SHOP].get("revision")
    if revision is not None and revision not in home.revisions():
        commit = f": git checkout {manifest['commit'][:12]}" if manifest.get("commit") else ""
        raise LaunchError(
            f"the backup {file} was made by a newer version of Xiaoer (its database is at revision {revision}, this checkout knows"
            f" {home.revisions()[-1]})",
            f"update the checkout and restore again{commit}",
        )
    for store in found:
        kept = databases.get(store.name)
        if kept is not None and kept["kind"] != store.kind:
            raise LaunchError(
                f"the backup {file} holds {kept['kind']}, and the {store.name} database of this installation is {store.kind}",
                "set XIAOER_DATABASE_URL and XIAOER_TRACKER_DB as they were when the backup was made",
            )


def _check_alone(found: list[stores.Store]) -> None:
    for store in found:
        who = store.users()
        if who:
            raise LaunchError(f"Xiaoer is running: {who}", "stop it (Ctrl-C where it runs), then try again")


def _check_whole(file: Path, staging: Path, manifest: Mapping[str, Any]) -> None:
    """The databases of the backup are opened before anything is moved: a file may be whole and still no database."""
    for name, kept in manifest["databases"].items():
        if kept["kind"] != "sqlite":
            continue
        store = stores.SqliteStore(name, staging / kept["file"])
        copy = staging / f"{kept['file']}.checked"
        try:
            with ExitStack() as stack:
                store.look(stack)
                counts = store.copy(copy)
        except sqlite3.Error as error:
            raise LaunchError(
                f"the backup {file} is damaged: its {name} database cannot be read ({error})", "take another backup"
            ) from error
        copy.unlink()
        if counts != kept["counts"]:
            raise LaunchError(
                f"the backup {file} is damaged: its {name} database lacks rows that its manifest counts", "take another backup"
            )


def _put_back(settings: Settings, manifest: Mapping[str, Any], found: list[stores.Store], staging: Path, aside: Path) -> None:
    moves: list[Move] = []
    dumps: list[dict[str, str]] = []
    for store in found:
        kept = manifest["databases"].get(store.name)
        if isinstance(store, stores.SqliteStore):
            staged = staging / kept["file"] if kept else staging / f"no-{store.file}"
            # Set aside beside itself: a database may lie on another disk, and only a rename is whole or not at all.
            moves += [
                Move(path, path.parent / aside.name / path.name, staged if path == store.path else staging / "nothing")
                for path in store.files()
            ]
        elif isinstance(store, stores.PostgresStore) and kept:
            dumps.append({"store": store.name, "file": str(aside / store.file)})
    aside.mkdir(mode=0o700)
    before = _erased(found[0])
    if dumps:
        stores.copy_together([store for store in found if store.kind == "postgresql"], aside)
    for name in (*home.FOLDERS, *home.FILES):
        # Without the secrets (a backup may leave them out) the present ones stay.
        if name != "secrets" or (staging / name).exists():
            moves.append(Move(settings.home / name, aside / name, staging / name))
    moves = [move for move in moves if move.target.exists() or move.staged.exists()]
    journal = {"dumps": dumps, "moves": [[str(move.target), str(move.aside), move.target.exists()] for move in moves]}
    _note(settings.home, journal)
    for store in found:
        if isinstance(store, stores.PostgresStore) and any(dump["store"] == store.name for dump in dumps):
            store.put_back(staging / store.file, staging)
    shop = found[0] if found[0].kind == "postgresql" else stores.SqliteStore(stores.SHOP, staging / found[0].file)
    _note_erased(settings.home, before, _erased(shop))
    for move in moves:
        if move.target.exists():
            move.aside.parent.mkdir(mode=0o700, exist_ok=True)
            move.target.replace(move.aside)
        if move.staged.exists():
            move.target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(str(move.staged), str(move.target))
    if (settings.home / "secrets").is_dir():
        (settings.home / "secrets").chmod(0o700)
    (settings.home / JOURNAL).unlink()


def _erased(shop: stores.Store) -> dict[str, list[str]]:
    """Receipts of erasures as `id hash`: of talks, and of whole customers."""
    return {
        "talks": shop.column("erasures", "id || ' ' || conversation_hash"),
        "customers": shop.column("data_receipts", "CASE kind WHEN 'customer' THEN id || ' ' || subject_hash END"),
    }


def _note_erased(folder: Path, before: Mapping[str, list[str]], restored: Mapping[str, list[str]]) -> None:
    """Write down (as hashes) who was erased since the backup was made: the gateway erases them again at its next start."""
    file = folder / ERASED
    known: dict[str, list[str]] = json.loads(file.read_text("utf-8")) if file.exists() else {}
    # Only what is new: a customer who was erased and came back before the backup stays.
    since = {kind: {line.split(" ")[1] for line in set(lines) - set(restored[kind])} for kind, lines in before.items()}
    whole = {kind: sorted({*known.get(kind, []), *hashes}) for kind, hashes in since.items()}
    if any(whole.values()):
        draft = folder / f".{ERASED}"
        draft.write_text(json.dumps(whole) + "\n", "utf-8")
        draft.replace(file)


def _note(folder: Path, journal: Mapping[str, Any]) -> None:
    draft = folder / f".{JOURNAL}"
    with draft.open("w", encoding="utf-8") as out:
        json.dump(journal, out)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(folder / JOURNAL)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
