"""What the first turn would otherwise wait for, read while the engine still starts: tables, responses, the shop."""

from __future__ import annotations

import gc
import logging
import os
import threading
from collections.abc import Callable

from actions import responses
from actions.context import Context, current
from policy.decide import compile_table, tables
from policy.parameters import load_parameters

log = logging.getLogger(__name__)


def warm(context: Context, shop_id: str) -> None:
    """Read and compile the tables of this moment, the responses, and the shop with its products."""
    shop = context.repository(shop_id)
    now = context.clock.now()
    responses.index(now)
    shop.shop()
    parameters = load_parameters(shop.parameters(), now)
    for table in tables().values():
        compile_table(table, parameters, now)
    shop.products()


def settle() -> None:
    """Let the collector of garbage pass over what is there now, and look less often than at every 700 new objects."""
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def begin(then: Callable[[], None]) -> threading.Thread:
    """Warm beside the start, ``then`` go on. What cannot be read yet is read, and complained of, in the first turn that needs it."""

    def run() -> None:
        try:
            warm(current(), os.environ.get("XIAOER_SHOP_ID") or "demo")
        except Exception:  # a database that is migrated later, a broken table: the turn says it with its place
            log.warning("nothing was read ahead; the first turn takes a second longer", exc_info=True)
        then()

    thread = threading.Thread(target=run, name="warm", daemon=True)
    thread.start()
    return thread
