"""Which blocks a look is about. A check that takes long for each block may confine itself to them; one that does not ask sees all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_keys: ContextVar[frozenset[str] | None] = ContextVar("keys", default=None)


@contextmanager
def on(keys: Iterable[str | None]) -> Iterator[None]:
    """Inside the block only findings of these blocks matter; a finding without a block (None) makes all matter."""
    wanted = list(keys)
    token = _keys.set(None if None in wanted else frozenset(str(one) for one in wanted))
    try:
        yield
    finally:
        _keys.reset(token)


def wanted(key: str) -> bool:
    """Whether findings of this block matter now."""
    keys = _keys.get()
    return keys is None or key in keys
