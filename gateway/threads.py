"""Blocking work (database, pictures) away from the event loop, in a bounded number of threads."""

from __future__ import annotations

from collections.abc import Callable

import anyio.to_thread
from anyio import CapacityLimiter
from anyio.lowlevel import RunVar

# SQLite has one writer; more threads than this only wait for each other.
THREADS = 12
# Decoding a large picture takes a core and up to 150 MB.
PICTURE_THREADS = 2

_limiters: RunVar[dict[str, CapacityLimiter]] = RunVar("xiaoer_limiters")


def _limiter(name: str, tokens: int) -> CapacityLimiter:
    try:
        limiters = _limiters.get()
    except LookupError:
        limiters = {}
        _limiters.set(limiters)
    if name not in limiters:
        limiters[name] = CapacityLimiter(tokens)
    return limiters[name]


async def in_thread[**P, R](work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run ``work`` in a thread of the database's pool; it ends even when who asked has gone."""
    return await anyio.to_thread.run_sync(lambda: work(*args, **kwargs), limiter=_limiter("store", THREADS))


async def on_picture[**P, R](work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run ``work`` in one of the few threads for pictures."""
    return await anyio.to_thread.run_sync(lambda: work(*args, **kwargs), limiter=_limiter("picture", PICTURE_THREADS))
