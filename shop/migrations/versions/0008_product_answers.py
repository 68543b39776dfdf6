"""Reviewed answers about goods, and what was asked without one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shop.models import types

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema here."""
    op.create_table(
        "missing_facts",
        sa.Column("shop_id", sa.String(length=64), nullable=False),
        sa.Column("product_id", sa.String(length=64), nullable=False),
        sa.Column("attribute", sa.String(length=64), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("first_asked", types.Instant(timezone=True), nullable=False),
        sa.Column("last_asked", types.Instant(timezone=True), nullable=False),
        sa.CheckConstraint("times > 0", name=op.f("ck_missing_facts_times")),
        sa.ForeignKeyConstraint(
            ["shop_id", "product_id"],
            ["products.shop_id", "products.id"],
            name=op.f("fk_missing_facts_shop_id_product_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name=op.f("fk_missing_facts_shop_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shop_id", "product_id", "attribute", name=op.f("pk_missing_facts")),
    )
    op.create_table(
        "product_answers",
        sa.Column("shop_id", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("scope", sa.String(length=32), nullable=False),
        sa.Column("target", sa.String(length=255), nullable=False),
        sa.Column("attribute", sa.String(length=64), nullable=False),
        sa.Column("questions", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=255), nullable=False),
        sa.Column("valid_from", sa.String(length=32), nullable=True),
        sa.Column("valid_to", sa.String(length=32), nullable=True),
        sa.Column("updated_at", types.Instant(timezone=True), nullable=False),
        sa.CheckConstraint("scope IN ('kind', 'series', 'product')", name=op.f("ck_product_answers_scope")),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name=op.f("fk_product_answers_shop_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_product_answers")),
    )
    with op.batch_alter_table("product_answers", schema=None) as batch_op:
        batch_op.create_index("ix_product_answers_target", ["shop_id", "scope", "target"], unique=False)


def downgrade() -> None:
    """Go back to the revision before."""
    with op.batch_alter_table("product_answers", schema=None) as batch_op:
        batch_op.drop_index("ix_product_answers_target")

    op.drop_table("product_answers")
    op.drop_table("missing_facts")
