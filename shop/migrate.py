"""``python -m shop.migrate [--state]``: bring the shop database to the newest revision, or print the one it is at."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from sqlalchemy import inspect, text
from sqlalchemy.exc import SQLAlchemyError

from shop.db import DatabaseUnusable, make_engine, migrate


def state() -> str:
    """The revision of the environment's database; empty when it has none. DatabaseUnusable when it cannot be asked."""
    engine = make_engine()
    try:
        with engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return ""
            return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")
    except SQLAlchemyError as error:
        shown = engine.url.render_as_string(hide_password=True)
        raise DatabaseUnusable(f"{shown} cannot be read ({' '.join(str(error).split())[:200]})") from error
    finally:
        engine.dispose()


def main(arguments: Sequence[str] | None = None) -> int:
    """Migrate the database of the environment; 0 when done, 1 with one line on stderr otherwise."""
    given = sys.argv[1:] if arguments is None else arguments
    try:
        if list(given) == ["--state"]:
            print(state())
            return 0
        engine = make_engine()
        migrate(engine)
    except DatabaseUnusable as error:
        print(error, file=sys.stderr)
        return 1
    print(f"database ready: {engine.url.render_as_string(hide_password=True)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
