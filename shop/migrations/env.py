"""Alembic's entry: it works on the connection that ``shop.db.migrate`` hands over, inside that transaction."""

from __future__ import annotations

from alembic import context

from shop.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_type=True,
    user_module_prefix="types.",
)
context.run_migrations()
