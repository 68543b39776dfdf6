"""``python -m gateway``: serve on XIAOER_PORT."""

from __future__ import annotations

import gc
import logging
import socket
import sys
from types import FrameType

import uvicorn

from gateway.app import make_app, make_services
from gateway.events import Hub
from gateway.settings import Settings, SettingsError
from gateway.wording import WordingError
from policy.masking.logs import install as mask_logs
from shop.db import DatabaseUnusable, migrate

# New objects between two looks of the collector, and looks between two at older ones. Python's 700 means several a turn.
EACH, OLDER = 10_000, (20, 20)


def main() -> int:
    """Serve until stopped; 2 with one line on stderr when a setting, the database or a sentence is missing."""
    mask_logs()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # Each request of ours to the engine, and each start of Alembic, would be lines otherwise.
    for chatty in ("httpx", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    try:
        settings = Settings.from_env()
        services = make_services(settings)
        migrate(services.database)
        services.words.check()
    except (SettingsError, DatabaseUnusable, WordingError, ValueError) as error:
        print(f"gateway: {error}", file=sys.stderr)
        return 2
    config = uvicorn.Config(
        make_app(services),
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        # A client address in a header counts only from a proxy that the operator names; limits and proofs are kept by it.
        proxy_headers=settings.trusted_proxies is not None,
        forwarded_allow_ips=settings.trusted_proxies,
        ws_max_size=64 * 1024,
        timeout_graceful_shutdown=12,
    )
    _Server(config, services.hub).run()
    return 0


class _Server(uvicorn.Server):
    """Ends the waiting polls when it is told to stop; each would hold the end up for as long as it waits."""

    def __init__(self, config: uvicorn.Config, hub: Hub) -> None:
        super().__init__(config)
        self._hub = hub

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start; what is there then stays until the end, so the collector of garbage passes over it and looks up less often."""
        await super().startup(sockets)
        gc.collect()
        gc.freeze()
        gc.set_threshold(EACH, *OLDER)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal has come."""
        self._hub.close()
        super().handle_exit(sig, frame)


if __name__ == "__main__":
    raise SystemExit(main())
