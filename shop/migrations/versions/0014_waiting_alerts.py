"""Alerts that went out because a shopper waited and nobody was in front of a desk."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shop.models import types

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema here."""
    op.create_table(
        "waiting_alerts",
        sa.Column("shop_id", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("conversation_id", sa.String(length=64), nullable=False),
        sa.Column("waiting_since", types.Instant(timezone=True), nullable=False),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", types.Instant(timezone=True), nullable=False),
        sa.Column("delivered_at", types.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["shop_id", "conversation_id"],
            ["conversations.shop_id", "conversations.id"],
            name=op.f("fk_waiting_alerts_shop_id_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name=op.f("fk_waiting_alerts_shop_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_waiting_alerts")),
    )
    op.create_index("uq_waiting_alerts_wait", "waiting_alerts", ["shop_id", "conversation_id", "waiting_since", "stage"], unique=True)


def downgrade() -> None:
    """Bring the schema back to the revision before."""
    op.drop_index("uq_waiting_alerts_wait", table_name="waiting_alerts")
    op.drop_table("waiting_alerts")
