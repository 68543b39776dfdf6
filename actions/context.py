"""The collaborators of all actions: database, clock, shop. Made on first use, never at import; tests set their own."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from sqlalchemy import Engine

from shop.catalogue import ShopRepository
from shop.clock import Clock
from shop.db import make_engine


@dataclass(frozen=True)
class Context:
    """What actions reach the world through."""

    engine: Engine
    clock: Clock
    _shops: dict[str, ShopRepository] = field(default_factory=dict, init=False, repr=False, compare=False)

    def repository(self, shop_id: str) -> ShopRepository:
        """Products and orders of one shop. The same for all actions: what it keeps of shop and products is read once, not every turn."""
        return self._shops.setdefault(shop_id, ShopRepository(self.engine, shop_id, self.clock))


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
