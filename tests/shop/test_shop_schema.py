"""The schema: migrations say what the models say, on SQLite and PostgreSQL, and no table is without its shop."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from threading import Event, Thread

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import IntegrityError, StatementError

from shop import migrate as migrate_command
from shop.catalogue import ShopRepository
from shop.clock import Clock
from shop.db import ROOT, DatabaseUnusable, database_url, make_engine, migrate, reading, writing
from shop.models import Base, Conversation, Order, Shop
from shop.models.types import Money
from shop.proofs import Proofs
from shop.seed import seed
from shop.tickets import Tickets


def differences(engine: Engine) -> list[object]:
    with engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), Base.metadata))


def test_an_empty_file_is_migrated_to_what_the_models_say(empty: Engine) -> None:
    assert differences(empty) == []
    assert set(inspect(empty).get_table_names()) == {*Base.metadata.tables, "alembic_version"}


def test_migrating_again_and_by_several_processes_at_once_does_no_harm(tmp_path: Path) -> None:
    environment = {**os.environ, "XIAOER_DATABASE_URL": f"sqlite:///{tmp_path / 'new' / 'shop.db'}", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "shop.migrate"]
    started = [subprocess.Popen(command, env=environment, cwd=tmp_path, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    assert [(process.communicate()[1], process.returncode) for process in started] == [("", 0)] * 3


def test_a_migration_waits_for_another_one_longer_than_a_write_does(empty: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shop.db._BUSY", 50)
    other = make_engine(empty.url.render_as_string())
    begun, done = Event(), Event()

    def migrates() -> None:
        begun.set()
        migrate(other)
        done.set()

    second = Thread(target=migrates)
    with writing(empty) as session:
        session.execute(text("SELECT 1"))
        second.start()
        assert begun.wait(20)
        assert not done.wait(0.5), "ten times as long as a write waits"
    second.join()
    assert done.is_set()
    with other.connect() as connection:
        assert connection.execute(text("PRAGMA busy_timeout")).scalar() == 50, "what is written later waits no longer than ever"
    other.dispose()


def test_every_table_has_its_shop_first_in_its_key() -> None:
    for table in Base.metadata.tables.values():
        assert next(iter(table.primary_key.columns)).name == "shop_id", table.name
        for index in table.indexes:
            assert next(iter(index.columns)).name == "shop_id", index.name


def test_sqlite_is_opened_for_several_processes(engine: Engine) -> None:
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA busy_timeout")).scalar() == 5000
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1


def test_a_file_that_is_no_database_is_named_with_a_remedy(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    path.write_bytes(b"this is no database, but long enough to be read as a header of one" * 20)
    engine = make_engine(f"sqlite:///{path}")
    with pytest.raises(DatabaseUnusable, match=r"shop\.db cannot be used .*moved away"):
        migrate(engine)
    engine.dispose()


def test_a_database_of_a_newer_version_is_refused(empty: Engine) -> None:
    with writing(empty) as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseUnusable, match="newer version"):
        migrate(empty)


def test_the_command_says_in_one_line_why_it_cannot(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("XIAOER_DATABASE_URL", "not an address")
    assert migrate_command.main() == 1
    assert "XIAOER_DATABASE_URL" in capsys.readouterr().err


def test_a_postgresql_address_gets_our_driver_and_hides_its_password() -> None:
    url = database_url("postgresql://u:geheim@127.0.0.1/shop")
    assert url.drivername == "postgresql+psycopg"
    assert "geheim" not in url.render_as_string(hide_password=True)


def test_money_and_instants_come_back_as_they_went_in(empty: Engine) -> None:
    at = datetime.fromisoformat("2026-11-22T10:42:00.123456+08:00")
    with writing(empty) as session:
        session.add(Shop(shop_id="s", name="s", return_address={}, created_at=at))
    with reading(empty) as session:
        found = session.get_one(Shop, "s").created_at
        assert found == at
        assert found.utcoffset() is not None
    assert Money().process_bind_param(Decimal("0.10"), empty.dialect) == 10
    with pytest.raises(StatementError, match="no UTC offset"), writing(empty) as session:
        session.add(Shop(shop_id="n", name="n", created_at=datetime(2026, 1, 1)))


def test_an_error_of_the_database_shows_no_values(engine: Engine) -> None:
    with pytest.raises(IntegrityError, match="FOREIGN KEY") as caught, writing(engine) as session:
        session.add(
            Order(
                shop_id="demo",
                id="1",
                customer_id="13800009999",
                product_id="p1001",
                state="paid",
                paid=Decimal(1),
                ordered_at=datetime.fromisoformat("2026-11-22T10:42:00+08:00"),
                synced_at=datetime.fromisoformat("2026-11-22T10:42:00+08:00"),
            )
        )
    assert "13800009999" not in str(caught.value)


class TestPostgreSQL:
    """The same on a private PostgreSQL cluster."""

    def test_it_is_migrated_to_what_the_models_say(self, postgres: Engine) -> None:
        migrate(postgres)
        migrate(postgres)
        assert differences(postgres) == []

    def test_the_demonstration_shop_reads_like_on_sqlite(self, postgres: Engine, engine: Engine, clock: Clock) -> None:
        migrate(postgres)
        assert seed(postgres, clock) is True
        assert seed(postgres, clock) is False
        there, here = ShopRepository(postgres, "demo", clock), ShopRepository(engine, "demo", clock)
        assert there.shop() == here.shop()
        assert there.parameters() == here.parameters()
        assert there.products() == here.products()
        for customer in ("c01", "c03", "c08"):
            assert there.orders_of(customer) == here.orders_of(customer)

    def test_proofs_and_tickets_work_for_many_at_once(self, postgres: Engine, clock: Clock) -> None:
        migrate(postgres)
        seed(postgres, clock)
        proofs, tickets = Proofs(postgres, "demo", clock), Tickets(postgres, "demo", clock)
        verdicts: list[str] = []
        opened: list[bool] = []

        def guess(number: int) -> None:
            verdicts.append(
                proofs.try_proof(conversation_id=f"t{number}", order_id="880000000001", phone_tail=f"{number:04d}", address=f"a{number}")
            )
            opened.append(tickets.open("return", conversation_id="same", order_id="880000000001").created)

        threads = [Thread(target=guess, args=(5000 + number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(verdicts) == ["blocked"] * 3 + ["refused"] * 5
        assert sorted(opened) == [False] * 7 + [True]

    def test_a_failed_write_leaves_nothing(self, postgres: Engine, clock: Clock) -> None:
        migrate(postgres)
        seed(postgres, clock)
        now = clock.now()
        talks = [Conversation(shop_id=shop, id="c", token_hash="t", created_at=now, updated_at=now) for shop in ("demo", "no such shop")]
        with pytest.raises(IntegrityError), writing(postgres) as session:
            session.add_all(talks)
        with reading(postgres) as session:
            assert session.get(Conversation, ("demo", "c")) is None


def test_a_server_that_does_not_answer_is_said() -> None:
    engine = make_engine("postgresql://u:geheim@127.0.0.1:9/none?connect_timeout=2")
    with pytest.raises(DatabaseUnusable) as caught:
        migrate(engine)
    assert "geheim" not in str(caught.value)
    engine.dispose()
