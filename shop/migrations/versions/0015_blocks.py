"""Whom the shop takes no messages from, and which files of a talk staff sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shop.models import types

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema here."""
    op.add_column("attachments", sa.Column("staff_id", sa.String(length=64), nullable=True))
    op.create_table(
        "blocks",
        sa.Column("shop_id", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("conversation_id", sa.String(length=64), nullable=True),
        sa.Column("address_hash", sa.String(length=64), nullable=True),
        sa.Column("staff_id", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", types.Instant(timezone=True), nullable=False),
        sa.Column("until", types.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name=op.f("fk_blocks_shop_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shop_id", "subject", name=op.f("pk_blocks")),
    )
    op.create_index("ix_blocks_address", "blocks", ["shop_id", "address_hash", "at"])


def downgrade() -> None:
    """Bring the schema back to the revision before."""
    op.drop_index("ix_blocks_address", table_name="blocks")
    op.drop_table("blocks")
    with op.batch_alter_table("attachments") as table:
        table.drop_column("staff_id")
