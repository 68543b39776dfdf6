"""Retention as a job: once a day in the running gateway, or ``python -m gateway.retention [--dry-run | --now]``.

Talks that have had their time are erased as a shopper erases one (rows, files, the engine's events); the rest is ``shop/retention.py``.
An engine that is down leaves the receipt pending, and the next hour goes on.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
from typing import TYPE_CHECKING

from gateway.attachments import poster_of
from gateway.conversations import Conversations
from gateway.rasa_client import EngineError, RasaClient
from gateway.settings import Settings, SettingsError
from gateway.store import Store
from gateway.threads import in_thread
from gateway.uploads import Uploads
from policy.masking.logs import install as mask_logs
from policy.parameters import load_parameters
from shop.catalogue import ShopRepository
from shop.clock import Clock
from shop.db import DatabaseUnusable
from shop.retention import Retention

if TYPE_CHECKING:
    from sqlalchemy import Engine

log = logging.getLogger(__name__)
LOOK = 3600.0
FIRST = 60.0  # a start has other things to do


class Housekeeping:
    """The retention of a running gateway, or of the command."""

    def __init__(
        self,
        settings: Settings,
        database: Engine,
        shop: ShopRepository,
        store: Store,
        conversations: Conversations,
        engine: RasaClient,
        clock: Clock,
        uploads: Uploads,
    ) -> None:
        self._uploads = uploads
        self._settings = settings
        self._database = database
        self._shop = shop
        self._store = store
        self._conversations = conversations
        self._engine = engine
        self._clock = clock

    def retention(self) -> Retention:
        """With the shop's days as they are now."""
        parameters = load_parameters(self._shop.parameters())
        return Retention(self._database, self._settings.shop_id, self._clock, parameters)

    async def run(self) -> None:
        """For as long as the gateway runs: a look every hour, a run a day. An error ends a look, never the job."""
        await asyncio.sleep(FIRST)
        while True:
            try:
                await self.once("gateway")
            except Exception:
                log.exception("retention could not be done now")
            await asyncio.sleep(LOOK)

    async def once(self, by: str, *, even_if_recent: bool = False) -> dict[str, int] | None:
        """One run; what it took, None when it was done within a day or another gateway is at it."""
        work = await in_thread(self.retention)
        receipt = await in_thread(lambda: work.begin(by, even_if_recent=even_if_recent))
        if receipt is None:
            return None
        await in_thread(self._uploads.sweep)
        talks = await in_thread(work.talks)
        for talk_id in talks:
            talk = await in_thread(self._store.talk, talk_id)
            if talk is not None:
                await self._conversations.erase(talk)
        counts = {"talks": len(talks), **await in_thread(work.sweep, self._remove)}
        done = True
        try:
            counts["engine_rows"] = await self._engine.forget_before(work.before("talk"))
        except EngineError as error:
            log.warning("retention: the engine could not forget now (%s); asked again in an hour", error)
            done = False
        await in_thread(lambda: work.end(receipt, counts, done=done))
        log.info("retention: receipt %s, %s", receipt, {name: count for name, count in counts.items() if count})
        return counts

    def _remove(self, path: str) -> None:
        (self._settings.home / path).unlink(missing_ok=True)
        poster_of(self._settings.home / path).unlink(missing_ok=True)


def main(arguments: list[str] | None = None) -> int:
    """Command line; see the module's text. 2 when a setting or the database cannot be used."""
    from gateway.app import make_services

    parser = argparse.ArgumentParser(prog="python -m gateway.retention", description=__doc__)
    parser.add_argument("--dry-run", action="store_true", help="say what is due and change nothing")
    parser.add_argument("--now", action="store_true", help="even when today's run is done")
    given = parser.parse_args(arguments)
    mask_logs()
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    try:
        services = make_services(Settings.from_env())
        if given.dry_run:
            counts: dict[str, int] | None = services.housekeeping.retention().due()
        else:

            async def work() -> dict[str, int] | None:
                try:
                    return await services.housekeeping.once("command", even_if_recent=given.now)
                finally:
                    await services.engine.close()

            counts = asyncio.run(work())
    except (SettingsError, DatabaseUnusable, ValueError) as error:
        print(f"retention: {error}", file=sys.stderr)
        return 2
    print(json.dumps(counts if counts is not None else {"done": "within a day; --now does it again"}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
