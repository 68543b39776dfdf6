"""Receipts of retention, erased customers and copies of their data."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shop.models import types

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema here."""
    op.create_table(
        "data_receipts",
        sa.Column("shop_id", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("subject_hash", sa.String(length=64), nullable=True),
        sa.Column("counts", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", types.Instant(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('retention', 'customer', 'copy')", name=op.f("ck_data_receipts_kind")),
        sa.CheckConstraint("state IN ('pending', 'done')", name=op.f("ck_data_receipts_state")),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name=op.f("fk_data_receipts_shop_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_data_receipts")),
    )
    op.create_index("ix_data_receipts_at", "data_receipts", ["shop_id", "kind", "at"])


def downgrade() -> None:
    """Bring the schema back to the revision before."""
    op.drop_index("ix_data_receipts_at", table_name="data_receipts")
    op.drop_table("data_receipts")
