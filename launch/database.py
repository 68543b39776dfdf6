"""The shop database at start: readable, migrated, seeded."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from launch import backup, home, restore, stores
from launch.errors import LaunchError
from launch.paths import ROOT, ROOT_PYTHON
from launch.progress import Progress
from launch.settings import Settings

_SQLITE = "sqlite:///"
# A whole check reads the whole file; above this size only its header and catalogue are read.
_CHECK_WHOLE_BELOW = 64 * 1024 * 1024


def check_readable(environment: Mapping[str, str]) -> None:
    """LaunchError with a remedy when a database file is there and is not a sound SQLite database."""
    url = environment["XIAOER_DATABASE_URL"]
    if url.startswith(_SQLITE):
        _check_file(Path(url[len(_SQLITE) :].split("?")[0]), "the shop's database", "the demonstration data is then seeded anew")
    tracker = environment["XIAOER_TRACKER_DB"]
    if "://" not in tracker:
        _check_file(
            Path(tracker), "the engine's memory of talks", "talks then begin anew; the messages themselves are in the shop's database"
        )


def _check_file(path: Path, what: str, consequence: str) -> None:
    if not path.parent.is_dir():
        path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        return
    if not os.access(path, os.R_OK | os.W_OK):
        raise LaunchError(f"{what} {path} may not be read and written by this user", f"chown or chmod it: {path}")
    try:
        with closing(sqlite3.connect(path, timeout=5)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if path.stat().st_size < _CHECK_WHOLE_BELOW:
                verdict = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
                if verdict != "ok":
                    raise sqlite3.DatabaseError(verdict)
    except sqlite3.Error as error:
        raise LaunchError(
            f"{what} {path} cannot be read: {error}",
            f"put a backup in its place, or move it away (mv {path} {path}.broken) and start again: {consequence}",
        ) from error


def migrate_and_seed(environment: Mapping[str, str], log: Path, *, fresh: bool = False) -> None:
    """Bring the schema up to date and make sure that the demonstration shop is there (`fresh`: made young again)."""
    check_readable(environment)
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [str(ROOT_PYTHON), "-m", "shop.seed", *(["--fresh"] if fresh else [])]
    with log.open("wb") as out:
        done = subprocess.run(
            command, cwd=ROOT, env=dict(environment), stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, check=False
        )
    if done.returncode:
        raise LaunchError(
            f"the database could not be prepared ({_hide_password(environment['XIAOER_DATABASE_URL'])})",
            "see the log below; when the server of XIAOER_DATABASE_URL is down, start it",
            log,
        )


def first_admin(environment: Mapping[str, str]) -> tuple[str, str] | None:
    """Login and one-time password of the administrator made at the first start; None when the shop has staff already.

    LaunchError when the account cannot be made.
    """
    command = [str(ROOT_PYTHON), "-m", "shop.staff", "first-admin"]
    done = subprocess.run(command, cwd=ROOT, env=dict(environment), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LaunchError(
            f"the first administrator could not be made: {' '.join(done.stderr.split())[-300:]}",
            "mend what it names and start again; the shop itself is not touched",
        )
    login, _, password = done.stdout.strip().partition(" ")
    return (login, password) if password else None


def bring_up_to_date(progress: Progress, settings: Settings, environment: Mapping[str, str], log: Path) -> None:
    """Migrate and seed. A database of an earlier version is backed up first; when its migration fails, it is as it was.

    LaunchError names the reason, the version to go on with and the backup.
    """
    if (settings.home / restore.JOURNAL).exists():
        with home.at_work(settings.home, alone=True):
            restore.undo_interrupted(progress, settings, environment)
    check_readable(environment)
    before, newest = revision(environment), home.revisions()[-1]
    if before is None or before == newest or before not in home.revisions():
        # Nothing to bring along (or of a newer version, which the migration itself refuses and names).
        migrate_and_seed(environment, log)
        return
    with home.at_work(settings.home, alone=True):
        progress.say(f"  the database is at revision {before}, this version needs {newest}: backed up first")
        kept = backup.make(progress, settings, environment, why=backup.BEFORE_UPGRADE)
        try:
            migrate_and_seed(environment, log)
        except LaunchError as error:
            raise _went_back(progress, settings, environment, before, newest, kept, log) from error


def _went_back(
    progress: Progress, settings: Settings, environment: Mapping[str, str], before: str, newest: str, kept: Path, log: Path
) -> LaunchError:
    """After a failed migration: make sure that the database is as it was, and say how to go on."""
    try:
        check_readable(environment)
        untouched = revision(environment) == before
    except LaunchError:
        untouched = False
    if not untouched:
        restore.restore(progress, settings, environment, kept)
    ran = home.last_run(settings.home)
    checkout = (
        f"git checkout {str(ran['commit'])[:12]} && make run"
        if ran.get("commit")
        else "check out the version that ran before and `make run`"
    )
    return LaunchError(
        f"the upgrade of the database from revision {before} to {newest} failed; the data are as they were before",
        f"go on with the version before: {checkout}; the backup is {kept}; what failed is in the log below",
        log,
    )


def revision(environment: Mapping[str, str]) -> str | None:
    """The migration that the shop's database is at; None when there is no database yet, or an empty one."""
    url = environment["XIAOER_DATABASE_URL"]
    if url.startswith(_SQLITE):
        return stores.stores(environment)[0].revision()
    # By our own environment: PostgreSQL's client programs are needed for backups only.
    command = [str(ROOT_PYTHON), "-m", "shop.migrate", "--state"]
    done = subprocess.run(command, cwd=ROOT, env=dict(environment), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LaunchError(
            f"the database cannot be asked for its version ({_hide_password(url)}): {' '.join(done.stderr.split())[-300:]}",
            "when the server of XIAOER_DATABASE_URL is down, start it",
        )
    return done.stdout.strip() or None


def _hide_password(url: str) -> str:
    head, at, tail = url.rpartition("@")
    return f"{head.split('://')[0]}://…@{tail}" if at else url
