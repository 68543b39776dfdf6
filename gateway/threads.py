"""Blocking work (database, pictures) away from the event loop, in a bounded number of threads."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial

# SQLite has one writer; more threads than this only wait for each other.
THREADS = 12
# Decoding a large picture takes a core and up to 150 MB.
PICTURE_THREADS = 2
# Figures of a long period take seconds: one at a time, and neither photos nor log-ins behind them.
COUNTING_THREADS = 1


@lru_cache(maxsize=3)
def _pool(name: str, threads: int) -> ThreadPoolExecutor:
    """Threads are made as they are needed and kept: a hop costs a third of what anyio's worker threads with limiter cost."""
    return ThreadPoolExecutor(threads, thread_name_prefix=name)


async def in_thread[**P, R](work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run ``work`` in a thread of the database's pool; it ends even when who asked has gone."""
    return await _run(_pool("store", THREADS), partial(work, *args, **kwargs))


async def on_picture[**P, R](work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run ``work`` in one of the few threads for pictures."""
    return await _run(_pool("picture", PICTURE_THREADS), partial(work, *args, **kwargs))


async def counting[**P, R](work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run ``work`` in the one thread for what takes long and nobody waits for in a talk."""
    return await _run(_pool("counting", COUNTING_THREADS), partial(work, *args, **kwargs))


async def _run[R](pool: ThreadPoolExecutor, work: Callable[[], R]) -> R:
    future = asyncio.get_running_loop().run_in_executor(pool, contextvars.copy_context().run, work)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        # Who asked has gone: nobody closes the database under a thread that still uses it.
        await asyncio.wait([future])
        if not future.cancelled():
            future.exception()
        raise
