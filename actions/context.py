"""The collaborators of all actions: database, clock, shop. Made on first use, never at import; tests set their own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import Engine

from shop.clock import Clock
from shop.db import make_engine


@dataclass(frozen=True)
class Context:
    """What actions reach the world through."""

    engine: Engine
    clock: Clock


_override: Context | None = None


@lru_cache(maxsize=1)
def _default() -> Context:
    return Context(make_engine(), Clock.from_env())


def current() -> Context:
    """The context in force: a test's own, else the one of the environment (``XIAOER_DATABASE_URL``, ``XIAOER_NOW``)."""
    return _override or _default()


def use(context: Context | None) -> None:
    """Set the context (tests); None goes back to the environment's."""
    global _override
    _override = context
