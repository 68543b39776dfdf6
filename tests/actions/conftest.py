"""A seeded shop for every action test: SQLite in the test's own folder, the clock stopped on a working Wednesday at noon."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from actions import context
from actions.context import Context
from shop.clock import Clock
from shop.db import make_engine, migrate
from shop.seed import seed

NOW = datetime.fromisoformat("2026-11-18T12:00:00+08:00")


@pytest.fixture(scope="session")
def seeded_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demonstration shop in a file, made once: tests work on copies."""
    path = tmp_path_factory.mktemp("actions") / "shop.db"
    engine = make_engine(f"sqlite:///{path}")
    migrate(engine)
    seed(engine, Clock(fixed=NOW))
    engine.dispose()
    return path


@pytest.fixture(autouse=True)
def world(seeded_shop: Path, tmp_path: Path) -> Iterator[Context]:
    """What the actions of this test reach the world through."""
    path = tmp_path / "shop.db"
    shutil.copy(seeded_shop, path)
    engine = make_engine(f"sqlite:///{path}")
    found = Context(engine, Clock(fixed=NOW))
    context.use(found)
    yield found
    context.use(None)
    engine.dispose()
