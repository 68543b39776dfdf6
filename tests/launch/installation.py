"""An installation with something of everything in it, for the tests of keeping it."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import text

from launch.paths import ROOT
from launch.progress import Progress
from launch.settings import Settings
from shop.clock import Clock
from shop.db import make_engine, migrate
from shop.seed import seed

QUIET = Progress(quiet=True)
PHOTO = "attachments/ab/photo.jpg"
CALENDAR = "workdays.yml"


def settings_of(home: Path, **given: str) -> Settings:
    """The settings of an installation in a folder; `given` is its environment."""
    return Settings.for_test(home, **given)


def furnish(home: Path, *, url: str | None = None) -> dict[str, str]:
    """A seeded shop, the engine's database, a photo, secrets and a calendar; the environment of that installation."""
    settings = settings_of(home, **({"XIAOER_DATABASE_URL": url} if url else {}))
    environment = settings.environment()
    engine = make_engine(environment["XIAOER_DATABASE_URL"])
    migrate(engine)
    seed(engine, Clock.from_env())
    engine.dispose()
    with closing(sqlite3.connect(environment["XIAOER_TRACKER_DB"])) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE talks (sender_id TEXT PRIMARY KEY, updated REAL)")
        connection.execute("CREATE TABLE turns (id INTEGER PRIMARY KEY, sender_id TEXT, events TEXT)")
        connection.execute("INSERT INTO talks VALUES ('c_1', 1.0)")
        connection.commit()
    (home / PHOTO).parent.mkdir(parents=True)
    (home / PHOTO).write_bytes(b"\xff\xd8 a photo")
    (home / CALENDAR).write_text("rest: []\n", "utf-8")
    return environment


def shop_name(environment: dict[str, str], new: str | None = None) -> str:
    """What the shop is called; `new` renames it."""
    engine = make_engine(environment["XIAOER_DATABASE_URL"])
    with engine.begin() as connection:
        if new is not None:
            connection.execute(text("UPDATE shops SET name = :name"), {"name": new})
        found = str(connection.execute(text("SELECT name FROM shops WHERE shop_id = 'demo'")).scalar())
    engine.dispose()
    return found


def revision_of(environment: dict[str, str]) -> str:
    """The migration the shop's database is at."""
    engine = make_engine(environment["XIAOER_DATABASE_URL"])
    with engine.connect() as connection:
        found = str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar())
    engine.dispose()
    return found


def upgraded_checkout(folder: Path, migration: str) -> Path:
    """A checkout with one migration more, whose `upgrade` does what `migration` says; it shares our environments."""
    folder.mkdir()
    for package in ("launch", "shop", "policy", "studio"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / ".venv").symlink_to(ROOT / ".venv")
    body = "\n".join(f"    {line}" for line in migration.strip().splitlines())
    head = max(path.name for path in (ROOT / "shop" / "migrations" / "versions").glob("*.py"))[:4]
    (folder / "shop" / "migrations" / "versions" / "9999_next.py").write_text(
        f'"""The next version."""\nimport os\nimport pathlib\nimport time\n\nimport sqlalchemy as sa\nfrom alembic import op\n\n'
        f'revision = "9999"\ndown_revision = "{head}"\nbranch_labels = None\ndepends_on = None\n\n\ndef upgrade() -> None:\n{body}\n\n\n'
        f"def downgrade() -> None:\n    op.drop_table('next')\n",
        "utf-8",
    )
    return folder


def environment_for(checkout: Path, environment: dict[str, str]) -> dict[str, Any]:
    """The environment of a process that runs the launcher of that checkout on an installation."""
    kept = {name: value for name, value in environment.items() if name.startswith("XIAOER_") and not name.endswith("_PORT")}
    return {**{k: v for k, v in os.environ.items() if not k.startswith("XIAOER_")}, **kept, "PYTHONPATH": str(checkout)}
