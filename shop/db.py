"""The database: engine, sessions and migrations. SQLite (WAL) by default, PostgreSQL by ``XIAOER_DATABASE_URL``.

Every write goes through ``writing``: on SQLite it begins with BEGIN IMMEDIATE, so that a transaction that reads and then
writes waits its turn (busy_timeout) instead of failing with "database is locked" when another one wrote in between.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.orm import Session

ROOT = Path(__file__).resolve().parent.parent
MIGRATIONS = Path(__file__).resolve().parent / "migrations"

_WRITE = "xiaoer_write"
_RELAXED = "xiaoer_relaxed"
_PATIENT = "xiaoer_patient"
# How long a write waits for another one (ms), and a migration for another process's: that makes every table, on a busy machine too.
_BUSY, _MIGRATING = 5_000, 120_000
# Any constant does: it only has to be the same for all processes that migrate one PostgreSQL database.
_MIGRATION_LOCK = 880_000_001


class DatabaseUnusable(RuntimeError):
    """The database cannot be opened or is none of ours. The message names it (without password) and a remedy."""


def home() -> Path:
    """Where an installation keeps its data: ``XIAOER_HOME``, or ``var`` in the project root."""
    return Path(os.environ.get("XIAOER_HOME") or ROOT / "var")


def database_url(url: str | None = None) -> URL:
    """``url``, else ``XIAOER_DATABASE_URL``, else ``shop.db`` in ``home()``. DatabaseUnusable when it is no address."""
    given = url or os.environ.get("XIAOER_DATABASE_URL") or f"sqlite:///{home() / 'shop.db'}"
    try:
        parsed = make_url(given)
    except ArgumentError as error:
        raise DatabaseUnusable("XIAOER_DATABASE_URL is no database address: write sqlite:////path/shop.db or postgresql://…") from error
    if parsed.drivername in ("postgres", "postgresql"):
        return parsed.set(drivername="postgresql+psycopg")
    return parsed


def make_engine(url: str | None = None) -> Engine:
    """An engine for the shop database; SQLite gets its folder, WAL, busy_timeout 5000 ms and enforced foreign keys.

    Values of statements are kept out of errors and logs (they may be phone numbers or floor prices).
    """
    address = database_url(url)
    if address.get_backend_name() != "sqlite":
        return create_engine(address, hide_parameters=True, pool_pre_ping=True)
    if address.database and address.database != ":memory:":
        try:
            Path(address.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DatabaseUnusable(
                f"{address.database}: its folder cannot be made ({error.strerror}); set XIAOER_HOME to a writable one"
            ) from error
    engine = create_engine(address, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # Python's own transaction handling would begin too late (before the first write, not before the first read).
    connection.isolation_level = None
    cursor = connection.cursor()
    try:
        for pragma in (f"busy_timeout = {_BUSY}", "journal_mode = WAL", "foreign_keys = ON"):
            cursor.execute(f"PRAGMA {pragma}")
    finally:
        cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    immediate = options.get(_WRITE, False)
    if immediate:
        connection.exec_driver_sql(f"PRAGMA synchronous = {'NORMAL' if options.get(_RELAXED, False) else 'FULL'}")
    if not options.get(_PATIENT, False):
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
        return
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {_MIGRATING}")
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {_BUSY}")


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A session for queries; nothing it does is kept."""
    with Session(engine, expire_on_commit=False) as session:
        yield session


@contextmanager
def writing(engine: Engine, *, relaxed: bool = False) -> Iterator[Session]:
    """A session whose work is committed at the end, or rolled back when an exception leaves the block.

    ``relaxed``: on SQLite the commit does not wait for the disk; it is lost only when the machine (not the process) dies before
    the next ordinary commit. For notes that nobody was promised.
    """
    with Session(engine.execution_options(**{_WRITE: True, _RELAXED: relaxed}), expire_on_commit=False) as session, session.begin():
        yield session


def migrate(engine: Engine) -> None:
    """Bring the schema to the newest revision (Alembic, run in this process, from any folder, by several processes at once).

    Raises DatabaseUnusable when the file is no database, cannot be written, or the server does not answer.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.util.exc import CommandError

    shown = engine.url.render_as_string(hide_password=True)
    try:
        with engine.execution_options(**{_WRITE: True, _PATIENT: True}).begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
            config = Config()
            config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except DBAPIError as error:
        raise DatabaseUnusable(
            f"{shown} cannot be used ({error.orig}). Check the file's rights or the server; a damaged demonstration database"
            " may be moved away, it is made anew at the next start."
        ) from error
    except CommandError as error:
        raise DatabaseUnusable(
            f"{shown} was made by a newer version of Xiaoer ({error}). Update the checkout, or point XIAOER_HOME elsewhere."
        ) from error
