"""What answers were made from: a trace for each turn's answers, and the snapshots that traces share."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shop.models import types

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema here; answers given before have no trace."""
    op.create_table(
        "snapshots",
        sa.Column("shop_id", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("used_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name=op.f("fk_snapshots_shop_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shop_id", "hash", name=op.f("pk_snapshots")),
    )
    op.create_index("ix_snapshots_used", "snapshots", ["shop_id", "used_on"], unique=False)
    op.create_table(
        "answer_traces",
        sa.Column("shop_id", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("conversation_id", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("at", types.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id", "conversation_id"],
            ["conversations.shop_id", "conversations.id"],
            name=op.f("fk_answer_traces_shop_id_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name=op.f("fk_answer_traces_shop_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_answer_traces")),
    )
    op.create_index("ix_answer_traces_conversation", "answer_traces", ["shop_id", "conversation_id"], unique=False)
    op.create_index("ix_answer_traces_at", "answer_traces", ["shop_id", "at"], unique=False)


def downgrade() -> None:
    """Go back to the revision before: what answers were made from is forgotten."""
    op.drop_table("answer_traces")
    op.drop_table("snapshots")
