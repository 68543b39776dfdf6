"""``python -m gateway``: serve on XIAOER_PORT."""

from __future__ import annotations

import logging
import sys

import uvicorn

from gateway.app import make_app, make_services
from gateway.settings import Settings, SettingsError
from gateway.wording import WordingError
from shop.db import DatabaseUnusable, migrate


def main() -> int:
    """Serve until stopped; 2 with one line on stderr when a setting, the database or a sentence is missing."""
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
    uvicorn.Server(config).run()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
