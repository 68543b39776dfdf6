"""Flags with notes on orders, and talks that staff come back to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shop.models import types

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema here."""
    op.create_table(
        "follow_ups",
        sa.Column("shop_id", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("conversation_id", sa.String(length=64), nullable=False),
        sa.Column("staff_id", sa.String(length=64), nullable=False),
        sa.Column("due_at", types.Instant(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", types.Instant(timezone=True), nullable=False),
        sa.Column("done_at", types.Instant(timezone=True), nullable=True),
        sa.Column("done_by", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["shop_id", "conversation_id"],
            ["conversations.shop_id", "conversations.id"],
            name=op.f("fk_follow_ups_shop_id_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name=op.f("fk_follow_ups_shop_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_follow_ups")),
    )
    op.create_index("ix_follow_ups_conversation", "follow_ups", ["shop_id", "conversation_id"])
    op.create_index("ix_follow_ups_due", "follow_ups", ["shop_id", "done_at", "due_at"])
    op.create_table(
        "order_flags",
        sa.Column("shop_id", sa.String(length=64), nullable=False),
        sa.Column("order_id", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("flag", sa.String(length=32), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.String(length=64), nullable=False),
        sa.Column("at", types.Instant(timezone=True), nullable=False),
        sa.CheckConstraint("flag IN ('none', 'red', 'yellow', 'green', 'blue', 'purple')", name=op.f("ck_order_flags_flag")),
        sa.ForeignKeyConstraint(
            ["shop_id", "order_id"], ["orders.shop_id", "orders.id"], name=op.f("fk_order_flags_shop_id_order_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name=op.f("fk_order_flags_shop_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shop_id", "order_id", "seq", name=op.f("pk_order_flags")),
    )


def downgrade() -> None:
    """Bring the schema back to the revision before."""
    op.drop_table("order_flags")
    op.drop_index("ix_follow_ups_due", table_name="follow_ups")
    op.drop_index("ix_follow_ups_conversation", table_name="follow_ups")
    op.drop_table("follow_ups")
