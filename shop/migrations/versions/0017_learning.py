"""What trainers make of edited and ignored suggestions, and quality reviews of agents' talks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shop.models import types

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

COLUMNS = ("together", "lesson", "lesson_by", "lesson_at")


def upgrade() -> None:
    """Bring the schema here."""
    op.add_column("suggestion_uses", sa.Column("together", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("suggestion_uses", sa.Column("lesson", sa.String(length=32), nullable=True))
    op.add_column("suggestion_uses", sa.Column("lesson_by", sa.String(length=64), nullable=True))
    op.add_column("suggestion_uses", sa.Column("lesson_at", types.Instant(timezone=True), nullable=True))
    op.create_table(
        "quality_reviews",
        sa.Column("shop_id", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("conversation_id", sa.String(length=64), nullable=True),
        sa.Column("staff_id", sa.String(length=64), nullable=False),
        sa.Column("reviewer_id", sa.String(length=64), nullable=False),
        sa.Column("marks", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("faults", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("agrees", sa.Boolean(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", types.Instant(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", types.Instant(timezone=True), nullable=False),
        sa.CheckConstraint("score >= 0 AND score <= 100", name=op.f("ck_quality_reviews_score")),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name=op.f("fk_quality_reviews_shop_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_quality_reviews")),
    )
    op.create_index("ix_quality_reviews_staff", "quality_reviews", ["shop_id", "staff_id", "at"])
    op.create_index("uq_quality_reviews_talk", "quality_reviews", ["shop_id", "conversation_id", "staff_id"], unique=True)


def downgrade() -> None:
    """Bring the schema back to the revision before."""
    op.drop_index("uq_quality_reviews_talk", table_name="quality_reviews")
    op.drop_index("ix_quality_reviews_staff", table_name="quality_reviews")
    op.drop_table("quality_reviews")
    with op.batch_alter_table("suggestion_uses") as table:
        for name in COLUMNS:
            table.drop_column(name)
