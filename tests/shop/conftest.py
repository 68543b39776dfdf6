"""Fixtures of the shop's tests: a stopped clock, a seeded SQLite file, a second shop, a private PostgreSQL cluster."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import Engine

from launch.ports import free_port
from shop.clock import Clock
from shop.db import make_engine, migrate, writing
from shop.records import read
from shop.seed import DEMO_FILE, resolve, seed, split_attributes
from shop.writers import write, write_intent_mode, write_scans, write_shop, write_stock

POSTGRES_BIN = Path("/usr/lib/postgresql/15/bin")
NOW = datetime.fromisoformat("2026-11-22T10:42:00+08:00")


@pytest.fixture
def clock() -> Clock:
    """A clock stopped on a Sunday morning in Shanghai."""
    return Clock(fixed=NOW)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file without a shop, made once: tests work on copies."""
    path = tmp_path_factory.mktemp("migrated") / "shop.db"
    engine = make_engine(f"sqlite:///{path}")
    migrate(engine)
    engine.dispose()
    return path


@pytest.fixture
def empty(migrated_file: Path, tmp_path: Path) -> Iterator[Engine]:
    """A migrated SQLite file without a shop."""
    shutil.copy(migrated_file, tmp_path / "shop.db")
    engine = make_engine(f"sqlite:///{tmp_path / 'shop.db'}")
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def seeded_file(migrated_file: Path) -> Path:
    """A SQLite file with the demonstration shop, made once: tests work on copies."""
    path = migrated_file.with_name("seeded.db")
    shutil.copy(migrated_file, path)
    engine = make_engine(f"sqlite:///{path}")
    seed(engine, Clock(fixed=NOW))
    engine.dispose()
    return path


@pytest.fixture
def engine(seeded_file: Path, tmp_path: Path) -> Iterator[Engine]:
    """A SQLite file with the demonstration shop."""
    path = tmp_path / "demo.db"
    shutil.copy(seeded_file, path)
    found = make_engine(f"sqlite:///{path}")
    yield found
    found.dispose()


def store_second_shop(engine: Engine, clock: Clock, shop_id: str = "other") -> dict[str, Any]:
    """A second shop whose every id, name, number and word differs from the demonstration shop's; returns what it consists of."""
    body = yaml.safe_load(DEMO_FILE.read_text(encoding="utf-8"))
    order = {**body["orders"][5], "id": "770000000001", "customer": "x01", "product": "q1", "tracking": "ZZ7700000000001"}
    now = clock.now()
    with writing(engine) as session:
        section = {
            "name": "别家",
            "opening_hours": "09:00-18:00",
            "postage": 99,
            "gifts": ["别家礼"],
            "return_address": {"receiver": "别家"},
        }
        write_shop(session, shop_id, section, now)
        write_intent_mode(session, shop_id, "*", "off")
        write(
            session,
            shop_id,
            "couriers",
            "zz",
            read("couriers", {"id": "zz", "name": "别家快递", "fee": 99}, whole=True) | {"id": "zz"},
            now,
        )
        coupon = read("coupons", {"code": "ZZ1", "name": "别家券", "amount": 1}, whole=True)
        write(session, shop_id, "coupons", coupon.pop("code"), coupon, now)
        customer = read("customers", {"id": "x01", "name": "别家客", "phone": "13900007777", "region": "别处"}, whole=True)
        write(session, shop_id, "customers", customer.pop("id"), customer, now)
        product = read("products", split_attributes({**body["products"][0], "id": "q1", "name": "别家裙"}), whole=True)
        write(session, shop_id, "products", product.pop("id"), product, now)
        write_stock(session, shop_id, "q1", {"米白/M": 1}, now, replace=True)
        raw, shipment, scans = resolve(order, now)
        values = read("orders", raw, whole=True)
        write(session, shop_id, "orders", values.pop("id"), values, now)
        parcel = read("shipments", {**(shipment or {}), "courier": "zz"}, whole=True)
        write(session, shop_id, "shipments", parcel.pop("order"), parcel, now)
        write_scans(session, shop_id, "770000000001", [read("scans", scan, whole=True) for scan in scans])
    return order


@pytest.fixture
def two_shops(engine: Engine, clock: Clock) -> Engine:
    """The demonstration shop and a second one, ``other``."""
    store_second_shop(engine, clock)
    return engine


def _as_postgres(arguments: list[str]) -> list[str]:
    # The server refuses to run as root.
    return ["runuser", "-u", "postgres", "--", *arguments] if os.geteuid() == 0 else arguments


def _run(*arguments: str) -> None:
    done = subprocess.run(_as_postgres(list(arguments)), capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(f"{arguments[0]} failed: {done.stderr or done.stdout}", pytrace=False)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL cluster of our own on a free port of 127.0.0.1, in a folder that goes with it."""
    if not (POSTGRES_BIN / "initdb").exists():
        pytest.fail(f"PostgreSQL is not installed ({POSTGRES_BIN}/initdb is missing): run `make test-deps`", pytrace=False)
    # Not pytest's own folder: the server's user must be able to reach it.
    folder = Path(tempfile.mkdtemp(prefix="xiaoer-pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    data = folder / "data"
    try:
        _run(str(POSTGRES_BIN / "initdb"), "-D", str(data), "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        port = free_port()  # only now: it is taken at once
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
        _run(str(POSTGRES_BIN / "pg_ctl"), "-D", str(data), "-l", str(folder / "log"), "-w", "-o", options, "start")
        try:
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
        finally:
            _run(str(POSTGRES_BIN / "pg_ctl"), "-D", str(data), "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[Engine]:
    """A new, empty database in the private cluster."""
    name = f"t{time.monotonic_ns()}"
    server = make_engine(postgres_url)
    with server.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    server.dispose()
    found = make_engine(postgres_url.rsplit("/", 1)[0] + f"/{name}")
    yield found
    found.dispose()
