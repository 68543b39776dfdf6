"""A shop that ran an earlier version opens its data with this one: every revision, filled, migrated to the newest, read by the models.

The rows are made from the schema as it was: each column gets what its type and its CHECK constraint take.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, Table, inspect, select, text

from shop.db import MIGRATIONS, make_engine, migrate, reading
from shop.models import Base

ROWS = 3
# What a CHECK constraint says about two columns or about numbers.
NUMBERS = {("intent_modes", "from_hour"): 0, ("intent_modes", "to_hour"): 24}


def config_of(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def revisions() -> list[str]:
    """Every revision, oldest first."""
    return [script.revision for script in reversed(list(ScriptDirectory.from_config(config_of()).walk_revisions()))]


EARLIER = revisions()[:-1]


def allowed(connection: Connection, table: Table) -> dict[str, str]:
    """The first word that a CHECK constraint allows for a column."""
    found: dict[str, str] = {}
    for check in inspect(connection).get_check_constraints(table.name):
        sql = str(check["sqltext"])
        column = re.match(r"\W*(\w+)", sql)
        word = re.search(r"'([a-z_]+)'", sql)
        if column and word:
            found[column[1]] = word[1]
    return found


def value_of(column: Any, number: int) -> Any:
    kind = str(column.type).upper()
    if "JSON" in kind:
        return "{}"
    if "INT" in kind or "NUMERIC" in kind or "FLOAT" in kind or "DOUBLE" in kind:
        return number
    if "BOOL" in kind:
        return False
    if "TIMESTAMP" in kind or "DATETIME" in kind:
        return "2026-11-20 01:00:00.000000"
    if kind == "DATE":
        return "2026-11-20"
    if "BYTEA" in kind or "BLOB" in kind:
        return b"x"
    return f"{column.name}-{number}"[: getattr(column.type, "length", None) or 60]


def origin(column: Any) -> Any:
    """The column that a foreign key points to in the end; a table that points to itself (a folder in a folder) leads nowhere."""
    away = [key.column for key in column.foreign_keys if key.column.table is not column.table]
    return origin(min(away, key=str)) if away else column


def fill(connection: Connection) -> dict[str, int]:
    """Rows in every table as the schema is now; how many in each."""
    schema = MetaData()
    schema.reflect(connection)
    for table in schema.sorted_tables:
        if table.name == "alembic_version":
            continue
        words = allowed(connection, table)
        # One shop; in it several of everything else, each with its own parent of the same number.
        for number in range(1, (1 if table.name == "shops" else ROWS) + 1):
            row = {column.name: words.get(column.name) or value_of(column, number) for column in table.columns}
            row |= {name: value for (of, name), value in NUMBERS.items() if of == table.name}
            for key in table.foreign_keys:
                row[key.parent.name] = value_of(origin(key.column), number)
            row["shop_id"] = "demo"
            names = ", ".join(f'"{name}"' for name in row)
            values = ", ".join(f"CAST(:{name} AS {_cast(connection, table.columns[name])})" for name in row)
            connection.execute(text(f'INSERT INTO "{table.name}" ({names}) VALUES ({values})'), row)
    return {
        table.name: int(connection.execute(text(f'SELECT count(*) FROM "{table.name}"')).scalar() or 0)
        for table in schema.sorted_tables
        if table.name != "alembic_version"
    }


def _cast(connection: Connection, column: Any) -> str:
    """The type as the dialect writes it: PostgreSQL takes no text for a date, and SQLite keeps whatever it is given."""
    return str(column.type.compile(connection.dialect)) if connection.dialect.name == "postgresql" else _storage(column)


def _storage(column: Any) -> str:
    kind = str(column.type).upper()
    return "INTEGER" if any(word in kind for word in ("INT", "BOOL", "NUMERIC")) else "BLOB" if "BLOB" in kind else "TEXT"


def check(engine: Engine, revision: str) -> None:
    with engine.begin() as connection:
        command.upgrade(config_of(connection), revision)
        before = fill(connection)
    assert sum(before.values()) > ROWS
    migrate(engine)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == revisions()[-1]
        now = set(inspect(connection).get_table_names())
        for table, count in before.items():
            assert table in now, f"{table} is gone, and its rows with it"
            assert connection.execute(text(f'SELECT count(*) FROM "{table}"')).scalar() == count, table
        if engine.dialect.name == "sqlite":
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
    with reading(engine) as session:
        for mapper in Base.registry.mappers:
            rows = session.scalars(select(mapper.class_)).all()
            assert len(rows) >= before.get(mapper.local_table.name, 0)  # type: ignore[attr-defined]


@pytest.mark.parametrize("revision", EARLIER)
def test_data_of_an_earlier_revision_open_on_sqlite(revision: str, tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'shop.db'}")
    check(engine, revision)
    engine.dispose()


@pytest.mark.parametrize("revision", EARLIER)
def test_data_of_an_earlier_revision_open_on_postgresql(revision: str, postgres: Engine) -> None:
    check(postgres, revision)


def test_the_revisions_are_one_chain_and_are_all_tried() -> None:
    files = sorted(path.name[:4] for path in (MIGRATIONS / "versions").glob("*.py"))
    assert revisions() == files
    assert len(EARLIER) == len(files) - 1
