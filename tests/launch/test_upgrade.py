"""The operator updates the checkout and runs it: the data are backed up, migrated, and as they were when that fails."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from launch import archive, backup, database, home, restore
from launch.errors import LaunchError
from tests.launch.installation import (
    QUIET,
    environment_for,
    furnish,
    revision_of,
    settings_of,
    shop_name,
    upgraded_checkout,
)
from tests.shop.conftest import postgres_url

__all__ = ["postgres_url"]  # the private PostgreSQL cluster of the shop's tests

GOOD = "op.create_table('next', sa.Column('a', sa.Integer()))\nop.execute(\"UPDATE shops SET name = name || '二'\")"
BROKEN = f"{GOOD}\nop.execute('INSERT INTO nowhere VALUES (1)')"
SLOW = f"{GOOD}\nif os.environ.get('TEST_SLOW'):\n    pathlib.Path(os.environ['TEST_SLOW']).touch()\n    time.sleep(60)"
RUN = (
    "import pathlib, sys; from launch import database; from launch.settings import Settings; from launch.progress import Progress;"
    " from launch.errors import LaunchError\n"
    "settings = Settings.from_env()\n"
    "try:\n    database.bring_up_to_date(Progress(), settings, settings.environment(), settings.logs / 'seed.log')\n"
    "except LaunchError as error:\n    print(error.report()); sys.exit(1)\n"
)


def run(checkout: Path, environment: dict[str, str], **more: str) -> subprocess.CompletedProcess[str]:
    """What `make run` does to the database, with that checkout."""
    return subprocess.run(
        [sys.executable, "-c", RUN], cwd=checkout, env={**environment_for(checkout, environment), **more},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation, made once: tests work on copies."""
    folder = tmp_path_factory.mktemp("furnished") / "home"
    furnish(folder)
    return folder


@pytest.fixture
def at(furnished: Path, tmp_path: Path) -> Path:
    """An installation of a test's own."""
    return Path(shutil.copytree(furnished, tmp_path / "home"))


@pytest.fixture
def environment(at: Path) -> dict[str, str]:
    """Its environment."""
    return settings_of(at).environment()


@pytest.fixture
def on_postgres(postgres_url: str, tmp_path: Path) -> dict[str, str]:
    """An installation whose shop is in PostgreSQL."""
    name = f"up{time.monotonic_ns()}"
    subprocess.run(["psql", "-X", "-q", postgres_url, "-c", f"CREATE DATABASE {name}"], check=True)
    return furnish(tmp_path / "pg", url=postgres_url.rsplit("/", 1)[0] + f"/{name}")


def upgrades(checkout: Path, environment: dict[str, str]) -> None:
    before = shop_name(environment)
    done = run(checkout, environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "backed up first" in done.stderr
    assert revision_of(environment) == "9999"
    assert shop_name(environment) == f"{before}二"
    kept = backup.newest(Path(environment["XIAOER_HOME"]) / "backups")
    assert kept is not None
    manifest = archive.verify(kept)
    assert manifest["databases"]["shop"]["revision"] == home.revisions()[-1]
    assert manifest["why"] == backup.BEFORE_UPGRADE
    again = run(checkout, environment)
    assert again.returncode == 0
    assert "backed up" not in again.stderr, "only when there is something to migrate"


def fails_and_leaves_the_old_state(checkout: Path, environment: dict[str, str]) -> None:
    place = Path(environment["XIAOER_HOME"])
    home.note_run(place)
    before, revision = shop_name(environment), revision_of(environment)
    done = run(checkout, environment)
    assert done.returncode == 1
    assert f"from revision {revision} to 9999 failed; the data are as they were before" in done.stdout
    assert "nowhere" in done.stdout, "the log says why"
    assert f"git checkout {home.commit()[:12]} && make run" in done.stdout
    assert str(backup.newest(place / "backups")) in done.stdout
    assert (shop_name(environment), revision_of(environment)) == (before, revision)
    # The version that ran before goes on.
    database.bring_up_to_date(
        QUIET, settings_of(place, **{k: environment[k] for k in ("XIAOER_DATABASE_URL",)}), environment, place / "log" / "x"
    )


def killed_in_the_middle(checkout: Path, environment: dict[str, str], tmp_path: Path) -> None:
    before, revision = shop_name(environment), revision_of(environment)
    mark = tmp_path / "in the middle"
    child = subprocess.Popen(
        [sys.executable, "-c", RUN], cwd=checkout, env={**environment_for(checkout, environment), "TEST_SLOW": str(mark)},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    limit = time.monotonic() + 60
    while not mark.exists():
        assert child.poll() is None, "it ended before it came to the migration"
        assert time.monotonic() < limit
        time.sleep(0.05)
    # The launcher and the migration: our own process group.
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    limit = time.monotonic() + 20
    while True:  # the server needs a moment to notice that its client is gone
        assert (shop_name(environment), revision_of(environment)) == (before, revision)
        done = run(checkout, environment)
        if done.returncode == 0:
            break
        assert time.monotonic() < limit, done.stdout
    assert revision_of(environment) == "9999"
    assert shop_name(environment) == f"{before}二"


def test_an_upgrade_backs_up_and_migrates(tmp_path: Path, environment: dict[str, str]) -> None:
    upgrades(upgraded_checkout(tmp_path / "next", GOOD), environment)


def test_a_failed_upgrade_leaves_the_old_state_running(tmp_path: Path, environment: dict[str, str]) -> None:
    fails_and_leaves_the_old_state(upgraded_checkout(tmp_path / "next", BROKEN), environment)


def test_an_upgrade_that_is_killed_is_made_by_the_next_start(tmp_path: Path, environment: dict[str, str]) -> None:
    killed_in_the_middle(upgraded_checkout(tmp_path / "next", SLOW), environment, tmp_path)


def test_without_room_for_a_backup_nothing_is_migrated(tmp_path: Path, at: Path, environment: dict[str, str]) -> None:
    (at / "backups").write_text("a file where the folder should be", "utf-8")
    done = run(upgraded_checkout(tmp_path / "next", GOOD), environment)
    assert done.returncode == 1
    assert "backups cannot be written" in done.stdout
    assert revision_of(environment) == home.revisions()[-1]


def test_while_the_old_version_runs_nothing_is_migrated(tmp_path: Path, at: Path, environment: dict[str, str]) -> None:
    with home.at_work(at):
        done = run(upgraded_checkout(tmp_path / "next", GOOD), environment)
    assert done.returncode == 1
    assert "Xiaoer is running" in done.stdout
    assert revision_of(environment) == home.revisions()[-1]


def test_a_migration_that_half_committed_is_put_back_from_the_backup(tmp_path: Path, environment: dict[str, str]) -> None:
    half = f"{GOOD}\nop.get_bind().exec_driver_sql('COMMIT')\nop.get_bind().exec_driver_sql('INSERT INTO nowhere VALUES (1)')"
    half = half.replace(
        "op.get_bind().exec_driver_sql('COMMIT')",
        "op.execute(\"UPDATE alembic_version SET version_num = '9999'\")\nop.get_bind().exec_driver_sql('COMMIT')",
    )
    fails_and_leaves_the_old_state(upgraded_checkout(tmp_path / "next", half), environment)


def test_a_database_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path, environment: dict[str, str], at: Path) -> None:
    assert run(upgraded_checkout(tmp_path / "next", GOOD), environment).returncode == 0
    with pytest.raises(LaunchError) as caught:
        database.bring_up_to_date(QUIET, settings_of(at), environment, at / "log" / "seed.log")
    assert "newer version" in caught.value.report()
    assert revision_of(environment) == "9999"


def test_a_new_home_needs_no_backup(tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "new")
    database.bring_up_to_date(QUIET, settings, settings.environment(), settings.logs / "seed.log")
    assert not (settings.home / "backups").exists()
    assert revision_of(settings.environment()) == home.revisions()[-1]


class TestPostgreSQL:
    """The same with the shop in PostgreSQL and the engine's memory in SQLite."""

    def test_an_upgrade_backs_up_and_migrates(self, tmp_path: Path, on_postgres: dict[str, str]) -> None:
        upgrades(upgraded_checkout(tmp_path / "next", GOOD), on_postgres)

    def test_a_failed_upgrade_leaves_the_old_state_running(self, tmp_path: Path, on_postgres: dict[str, str]) -> None:
        fails_and_leaves_the_old_state(upgraded_checkout(tmp_path / "next", BROKEN), on_postgres)

    def test_an_upgrade_that_is_killed_is_made_by_the_next_start(self, tmp_path: Path, on_postgres: dict[str, str]) -> None:
        killed_in_the_middle(upgraded_checkout(tmp_path / "next", SLOW), on_postgres, tmp_path)

    def test_a_backup_brings_back_what_was_there(self, tmp_path: Path, on_postgres: dict[str, str]) -> None:
        settings = settings_of(tmp_path / "pg", XIAOER_DATABASE_URL=on_postgres["XIAOER_DATABASE_URL"])
        file = backup.make(QUIET, settings, on_postgres)
        manifest = archive.verify(file)
        assert manifest["databases"]["shop"]["kind"] == "postgresql"
        assert manifest["databases"]["shop"]["counts"]["shops"] == 1
        before = shop_name(on_postgres)
        shop_name(on_postgres, "别名")
        with closing(sqlite3.connect(on_postgres["XIAOER_TRACKER_DB"])) as connection, connection:
            connection.execute("DELETE FROM talks")
        with home.at_work(settings.home, alone=True):
            aside = restore.restore(QUIET, settings, on_postgres, file)
        assert shop_name(on_postgres) == before
        with closing(sqlite3.connect(on_postgres["XIAOER_TRACKER_DB"])) as connection:
            assert connection.execute("SELECT count(*) FROM talks").fetchone() == (1,)
        assert (aside / "shop.dump").stat().st_size > 1000
        # What was set aside is a dump that can be put back, too.
        restore.stores.PostgresStore("shop", on_postgres["XIAOER_DATABASE_URL"]).put_back(aside / "shop.dump", tmp_path)
        assert shop_name(on_postgres) == "别名"

    def test_a_restore_refuses_while_somebody_is_connected(self, tmp_path: Path, on_postgres: dict[str, str]) -> None:
        settings = settings_of(tmp_path / "pg", XIAOER_DATABASE_URL=on_postgres["XIAOER_DATABASE_URL"])
        file = backup.make(QUIET, settings, on_postgres)
        with restore.stores.Psql(restore.stores.PostgresStore("shop", on_postgres["XIAOER_DATABASE_URL"]).environment) as session:
            session.ask("SELECT 1")
            with home.at_work(settings.home, alone=True), pytest.raises(LaunchError, match="1 other session of the database"):
                restore.restore(QUIET, settings, on_postgres, file)

    def test_a_server_that_is_down_is_named_without_its_password(self, tmp_path: Path) -> None:
        url = "postgresql://me:geheim@127.0.0.1:9/nothing"
        settings = settings_of(tmp_path / "pg", XIAOER_DATABASE_URL=url)
        with pytest.raises(LaunchError) as caught:
            backup.make(QUIET, settings, settings.environment())
        assert "geheim" not in caught.value.report()
        with pytest.raises(LaunchError) as caught:
            database.bring_up_to_date(QUIET, settings, settings.environment(), settings.logs / "seed.log")
        assert "geheim" not in caught.value.report()
        assert "start it" in caught.value.remedy
