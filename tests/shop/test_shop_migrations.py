"""From one revision to the next and back with data in it, on SQLite and PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, inspect, text

from shop.clock import Clock
from shop.db import MIGRATIONS, make_engine, migrate, writing
from shop.tickets import Tickets

NEW_TABLES = {"ticket_events", "returns", "approvals"}


def go(engine: Engine, revision: str) -> None:
    """Bring the database to a revision, up or down."""
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        down = inspect(connection).has_table("alembic_version") and current(engine, connection) > revision
        (command.downgrade if down else command.upgrade)(config, revision)


def current(engine: Engine, connection: object) -> str:
    """The revision the database has."""
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())  # type: ignore[attr-defined]


def open_in_0003(engine: Engine) -> None:
    """What a shop of revision 0003 has: a ticket that waits for a parcel, a closed one, a note."""
    at = "'2026-11-20 01:00:00+00:00'" if engine.dialect.name == "postgresql" else "'2026-11-20 01:00:00.000000'"
    with writing(engine) as session:
        columns = {column["name"]: column for column in inspect(session.connection()).get_columns("shops")}
        given = {"shop_id": "'demo'", "name": "'x'", "created_at": at}
        for name, column in columns.items():
            if name not in given and not column["nullable"] and column["default"] is None:
                given[name] = "'{}'" if "JSON" in str(column["type"]) else "'x'"
        session.execute(text(f"INSERT INTO shops ({', '.join(given)}) VALUES ({', '.join(given.values())})"))
        for number, state in ((1, "tracking"), (2, "closed")):
            session.execute(
                text(
                    "INSERT INTO tickets (shop_id, id, kind, state, priority, conversation_id, fields, tracking, created_at, updated_at)"
                    f" VALUES ('demo', 'T20261120-000{number}', 'return', '{state}', 'normal', 't', '{{}}', 'YT1', {at}, {at})"
                )
            )
        session.execute(
            text(f"INSERT INTO ticket_notes VALUES ('demo', 'T20261120-0001', 1, 'shopper', 'YT1', {at})"),
        )


def check(engine: Engine, clock: Clock) -> None:
    go(engine, "0003")
    open_in_0003(engine)
    migrate(engine)
    tickets = Tickets(engine, "demo", clock)
    waiting, closed = tickets.get("T20261120-0001"), tickets.get("T20261120-0002")
    assert waiting is not None
    assert closed is not None
    assert (waiting.waits_for, waiting.version, waiting.missing, waiting.tracking) == ("courier", 1, (), "YT1")
    assert closed.waits_for == "none"
    assert tickets.set_tracking(waiting.id, "YT2").version == 2
    go(engine, "0003")
    with engine.connect() as connection:
        assert current(engine, connection) == "0003"
        assert not NEW_TABLES & set(inspect(connection).get_table_names())
        assert "waits_for" not in {column["name"] for column in inspect(connection).get_columns("tickets")}
        assert connection.execute(text("SELECT count(*) FROM tickets")).scalar() == 2
        assert connection.execute(text("SELECT count(*) FROM ticket_notes")).scalar() == 2
    migrate(engine)
    assert {note.text for note in tickets.notes(waiting.id)} == {"YT1", "YT2"}


def test_tickets_of_the_former_revision_are_read_and_survive_the_way_back(tmp_path: Path, clock: Clock) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'shop.db'}")
    check(engine, clock)
    engine.dispose()


class TestPostgreSQL:
    """The same on a private PostgreSQL cluster."""

    def test_tickets_of_the_former_revision_are_read_and_survive_the_way_back(self, postgres: Engine, clock: Clock) -> None:
        check(postgres, clock)

    @pytest.mark.parametrize("revision", ["0003"])
    def test_an_empty_database_goes_down_and_up(self, postgres: Engine, revision: str) -> None:
        migrate(postgres)
        go(postgres, revision)
        migrate(postgres)
