"""``python -m shop.migrate``: bring the shop database to the newest revision."""

from __future__ import annotations

import sys

from shop.db import DatabaseUnusable, make_engine, migrate


def main() -> int:
    """Migrate the database of the environment; 0 when done, 1 with one line on stderr otherwise."""
    try:
        engine = make_engine()
        migrate(engine)
    except DatabaseUnusable as error:
        print(error, file=sys.stderr)
        return 1
    print(f"database ready: {engine.url.render_as_string(hide_password=True)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
