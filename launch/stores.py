"""The two databases as a backup sees them: copied at one instant while others write, put back, and whether anybody uses them.

SQLite by its own backup interface, PostgreSQL by psql, pg_dump and pg_restore; passwords travel in the environment only.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from launch.errors import LaunchError

PATIENCE = 30.0  # seconds to wait for a writer
SHOP, TRACKER = "shop", "tracker"
_SQLITE = "sqlite:///"
# Tables in which the engine writes: while they are held, both databases stand at one instant.
_TRACKER_TABLES = ("talks", "turns")
_EMPTY = """DO $$ DECLARE one record; BEGIN
FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
EXECUTE format('DROP TABLE public.%I CASCADE', one.tablename);
END LOOP; END $$;"""


class Store(ABC):
    """One database. ``name``: shop | tracker; ``kind``: sqlite | postgresql."""

    kind: str
    suffix: str

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def file(self) -> str:
        """Its name in a backup."""
        return f"{self.name}.{self.suffix}"

    @abstractmethod
    def exists(self) -> bool:
        """Whether there is anything to copy."""

    @abstractmethod
    def hold(self, stack: ExitStack) -> None:
        """Let writers wait until the stack is closed."""

    @abstractmethod
    def look(self, stack: ExitStack) -> None:
        """Fix the instant that ``copy`` copies; it stays readable until the stack is closed."""

    @abstractmethod
    def copy(self, target: Path) -> dict[str, int]:
        """Copy what was looked at into a checked file; rows of each table."""

    @abstractmethod
    def revision(self) -> str | None:
        """The migration the database is at; None when it has none (empty, or not migrated by Alembic)."""

    @abstractmethod
    def users(self) -> str:
        """Who else is connected, in a word; empty when nobody is."""

    @abstractmethod
    def column(self, table: str, name: str) -> list[str]:
        """The values of a column that are not empty; none when there is no such table."""


class SqliteStore(Store):
    """A database file."""

    kind = "sqlite"
    suffix = "db"

    def __init__(self, name: str, path: Path) -> None:
        super().__init__(name)
        self.path = path
        self._view: sqlite3.Connection | None = None

    def exists(self) -> bool:
        """Whether the file is there and holds anything."""
        return self.path.is_file() and self.path.stat().st_size > 0

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None)

    def hold(self, stack: ExitStack) -> None:
        """Take the write lock."""
        connection = stack.enter_context(closing(self._connect()))
        connection.execute("BEGIN IMMEDIATE")
        stack.callback(connection.execute, "ROLLBACK")

    def look(self, stack: ExitStack) -> None:
        """Begin a reading transaction: with WAL it sees this instant however long it lasts."""
        self._view = stack.enter_context(closing(self._connect()))
        self._view.execute("BEGIN")
        self._view.execute("SELECT count(*) FROM sqlite_master").fetchone()

    def copy(self, target: Path) -> dict[str, int]:
        """By SQLite's backup interface, from inside the reading transaction; the copy is one file without a log."""
        assert self._view is not None
        with closing(sqlite3.connect(target, isolation_level=None)) as copy:
            self._view.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
            verdict = str(copy.execute("PRAGMA integrity_check(1)").fetchone()[0])
            if verdict != "ok":
                raise LaunchError(f"{self.path} is damaged: {verdict}", "restore the newest backup: make restore FILE=…")
            names = [row[0] for row in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]
            return {name: int(copy.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]) for name in sorted(names)}  # noqa: S608

    def revision(self) -> str | None:
        """Of the file."""
        if not self.exists():
            return None
        with closing(self._connect()) as connection:
            found = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone() if found else None
        return str(row[0]) if row else None

    def users(self) -> str:
        """Whoever has the file open holds a lock that keeps us from having it alone."""
        if not self.exists():
            return ""
        with closing(sqlite3.connect(self.path, timeout=0.5, isolation_level=None)) as connection:
            try:
                connection.execute("PRAGMA locking_mode = EXCLUSIVE")
                connection.execute("BEGIN EXCLUSIVE")
                connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
                connection.execute("ROLLBACK")
            except sqlite3.OperationalError:
                return f"a process that has {self.path} open"
        return ""

    def column(self, table: str, name: str) -> list[str]:
        """Of the file."""
        if not self.exists():
            return []
        with closing(self._connect()) as connection:
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone():
                return []
            rows = connection.execute(f"SELECT {name} FROM {table} WHERE {name} IS NOT NULL")  # noqa: S608
            return [str(row[0]) for row in rows]

    def files(self) -> list[Path]:
        """The file with what SQLite keeps beside it."""
        return [Path(f"{self.path}{end}") for end in ("", "-wal", "-shm", "-journal")]


class PostgresStore(Store):
    """A PostgreSQL database."""

    kind = "postgresql"
    suffix = "dump"

    def __init__(self, name: str, url: str) -> None:
        super().__init__(name)
        self.environment = {**os.environ, **_libpq(url)}
        self._snapshot = ""
        self._counts: dict[str, int] = {}

    def exists(self) -> bool:
        """A server is there or it is not; that shows when it is asked."""
        return True

    def hold(self, stack: ExitStack) -> None:
        """Lock the engine's tables against writing."""
        session = stack.enter_context(Psql(self.environment))
        session.ask(f"SET lock_timeout = '{PATIENCE:.0f}s'")
        present = [name for name in _TRACKER_TABLES if session.ask(f"SELECT to_regclass('{name}')")]
        session.ask("BEGIN")
        if present:
            session.ask(f"LOCK TABLE {', '.join(present)} IN EXCLUSIVE MODE")

    def look(self, stack: ExitStack) -> None:
        """Export a snapshot: pg_dump then copies this instant."""
        session = stack.enter_context(Psql(self.environment))
        session.ask("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        self._snapshot = session.ask("SELECT pg_export_snapshot()")
        names = session.ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").split()
        self._counts = {name: int(session.ask(f'SELECT count(*) FROM public."{name}"')) for name in names}  # noqa: S608

    def copy(self, target: Path) -> dict[str, int]:
        """By pg_dump, of the exported snapshot; pg_restore must be able to read the result."""
        options = ["--format=custom", "--no-owner", "--no-privileges", "--schema=public", f"--snapshot={self._snapshot}"]
        _run(["pg_dump", *options, f"--file={target}"], self.environment)
        _run(["pg_restore", "--list", str(target)], self.environment)
        return self._counts

    def put_back(self, dump: Path, scratch: Path) -> None:
        """Replace the database's tables by those of a dump, in one transaction: on failure nothing has changed. LaunchError says why."""
        script = scratch / f"{self.name}.sql"
        _run(["pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(dump)], self.environment)
        # The schema itself stays: it may belong to the server's owner.
        lines = script.read_text("utf-8").splitlines(keepends=True)
        script.write_text(
            "".join(line for line in lines if not line.startswith(("CREATE SCHEMA public", "COMMENT ON SCHEMA public"))), "utf-8"
        )
        empty = scratch / "empty.sql"
        empty.write_text(_EMPTY, "utf-8")
        command = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "--single-transaction", "-o", os.devnull]
        _run([*command, "-f", str(empty), "-f", str(script)], self.environment)

    def revision(self) -> str | None:
        """Of the database."""
        with Psql(self.environment) as session:
            if not session.ask("SELECT to_regclass('alembic_version')"):
                return None
            return session.ask("SELECT version_num FROM alembic_version") or None

    def users(self) -> str:
        """Other sessions of this database."""
        with Psql(self.environment) as session:
            others = "pid <> pg_backend_pid() AND datname = current_database() AND backend_type = 'client backend'"
            count = int(session.ask(f"SELECT count(*) FROM pg_stat_activity WHERE {others}"))  # noqa: S608
        return f"{count} other session{'s' if count > 1 else ''} of the database {self.environment['PGDATABASE']}" if count else ""

    def column(self, table: str, name: str) -> list[str]:
        """Of the database."""
        with Psql(self.environment) as session:
            if not session.ask(f"SELECT to_regclass('{table}')"):
                return []
            return [line for line in session.ask(f"SELECT {name} FROM {table} WHERE {name} IS NOT NULL").splitlines() if line]  # noqa: S608


class Psql:
    """A psql session that is asked one statement after the other."""

    _END = "xiaoer-end-of-answer"

    def __init__(self, environment: Mapping[str, str]) -> None:
        command = [_program("psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]
        self._process = subprocess.Popen(
            command, env=dict(environment), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def __enter__(self) -> Psql:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(OSError):  # it may have ended
            self._process.stdin.close()
        self._process.stdout.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def ask(self, statement: str) -> str:
        """The answer's lines. LaunchError with the server's words when it fails."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        lines: list[str] = []
        with suppress(BrokenPipeError):  # it has ended, and says why below
            self._process.stdin.write(f"{statement};\n\\echo {self._END}\n")
            self._process.stdin.flush()
        for line in self._process.stdout:
            if line.strip() == self._END:
                return "\n".join(lines)
            lines.append(line.rstrip("\n"))
        raise LaunchError(
            f"PostgreSQL did not do what a backup needs: {' '.join(lines) or 'psql ended'}", "start the server, or mend XIAOER_DATABASE_URL"
        )


def stores(environment: Mapping[str, str]) -> list[Store]:
    """The databases of an installation: the shop's, and the engine's when it is another one."""
    found = [_store(SHOP, environment["XIAOER_DATABASE_URL"])]
    if environment["XIAOER_TRACKER_DB"] != environment["XIAOER_DATABASE_URL"]:
        found.append(_store(TRACKER, environment["XIAOER_TRACKER_DB"]))
    return found


def copy_together(found: list[Store], folder: Path) -> dict[str, dict[str, int]]:
    """Copy the databases as they stand at one instant, while others write; rows of each table of each.

    The engine's database is held for the moment in which both are looked at (milliseconds): what stands in one then fits the other.
    """
    present = [store for store in found if store.exists()]
    with ExitStack() as views:
        with ExitStack() as held:
            try:
                for store in present:
                    if store.name == TRACKER or len(present) == 1:
                        store.hold(held)
                for store in present:
                    store.look(views)
            except sqlite3.Error as error:
                raise LaunchError(
                    f"the databases cannot be read for a backup: {error}", "try again; see `make run` when it stays"
                ) from error
        return {store.name: store.copy(folder / store.file) for store in present}


def _store(name: str, where: str) -> Store:
    if "://" not in where:
        return SqliteStore(name, Path(where))
    if where.startswith(_SQLITE):
        return SqliteStore(name, Path(where[len(_SQLITE) :].split("?")[0]))
    return PostgresStore(name, where)


def _libpq(url: str) -> dict[str, str]:
    """A database address as the environment of PostgreSQL's own programs."""
    parts = urlsplit(url)
    found = {
        "PGHOST": parts.hostname or "",
        "PGPORT": str(parts.port or ""),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": unquote(parts.path.lstrip("/")),
    }
    given = {
        f"PG{name.upper()}": value for name, value in parse_qsl(parts.query) if name in ("sslmode", "sslrootcert", "host", "port", "user")
    }
    return {name: value for name, value in {**found, **given}.items() if value}


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise LaunchError(
            f"{name} is not installed, and the database is PostgreSQL", "install PostgreSQL's client programs (postgresql-client)"
        )
    return found


def _run(command: list[str], environment: Mapping[str, str]) -> None:
    done = subprocess.run(
        [_program(command[0]), *command[1:]], env=dict(environment), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = " ".join((done.stderr or done.stdout).split())[-400:]
        raise LaunchError(f"{command[0]} failed: {said}", "the client programs must be as new as the server; see its log")
