"""The shop database at start: readable, migrated, seeded."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from launch.errors import LaunchError
from launch.paths import ROOT, ROOT_PYTHON

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


def _hide_password(url: str) -> str:
    head, at, tail = url.rpartition("@")
    return f"{head.split('://')[0]}://…@{tail}" if at else url
