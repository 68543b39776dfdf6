"""Intents and script of a suggestion beside what was offered, so that figures are counted without reading it."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

COLUMNS = ("intents", "script")


def upgrade() -> None:
    """Bring the schema here."""
    for name in COLUMNS:
        op.add_column("suggestion_uses", sa.Column(name, sa.String(length=255), nullable=True))
    bind = op.get_bind()
    rows = bind.execute(sa.text("SELECT shop_id, id, offered, place FROM suggestion_uses")).all()
    values = [{"shop": row.shop_id, "id": row.id, **_about(row.offered, row.place)} for row in rows]
    if values:
        bind.execute(sa.text("UPDATE suggestion_uses SET intents = :intents, script = :script WHERE shop_id = :shop AND id = :id"), values)


def _about(offered: Any, place: int | None) -> dict[str, str | None]:
    """As shop/deeds.py said it when this revision was made."""
    listed = json.loads(offered) if isinstance(offered, str) else offered or []
    chosen = listed[place or 0] if listed else {}
    heard = [str(intent) for intent in chosen.get("intents") or [chosen.get("intent")] if intent]
    return {"intents": "|".join(dict.fromkeys(heard)) or None, "script": str(chosen.get("script") or "") or None}


def downgrade() -> None:
    """Bring the schema back to the revision before."""
    with op.batch_alter_table("suggestion_uses") as table:
        for name in COLUMNS:
            table.drop_column(name)
