"""Promotions as data: 满减, 第二件半价, 限时价, 预售, 满赠."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shop.models import types

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema here."""
    op.create_table(
        "promotions",
        sa.Column("shop_id", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("scope", sa.String(length=32), nullable=False),
        sa.Column("targets", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("slot", sa.String(length=64), nullable=True),
        sa.Column("exclusive_group", sa.String(length=64), nullable=True),
        sa.Column("with_promotions", sa.Boolean(), nullable=False),
        sa.Column("with_coupons", sa.Boolean(), nullable=False),
        sa.Column("discounted_goods", sa.Boolean(), nullable=False),
        sa.Column("limit_count", sa.Integer(), nullable=True),
        sa.Column("steps", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("every", sa.Boolean(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("price", types.Money(), nullable=True),
        sa.Column("deposit", types.Money(), nullable=True),
        sa.Column("deposit_worth", types.Money(), nullable=True),
        sa.Column("balance_from", types.Instant(timezone=True), nullable=True),
        sa.Column("balance_to", types.Instant(timezone=True), nullable=True),
        sa.Column("ships_by", types.Instant(timezone=True), nullable=True),
        sa.Column("gift", sa.String(length=255), nullable=True),
        sa.Column("threshold", types.Money(), nullable=False),
        sa.Column("spoken", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("valid_from", types.Instant(timezone=True), nullable=True),
        sa.Column("valid_to", types.Instant(timezone=True), nullable=True),
        sa.Column("announced_from", types.Instant(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('full_reduction', 'second_piece', 'limited_price', 'presale', 'gift')", name=op.f("ck_promotions_kind")
        ),
        sa.CheckConstraint("scope IN ('shop', 'kind', 'product')", name=op.f("ck_promotions_scope")),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name=op.f("fk_promotions_shop_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_promotions")),
    )


def downgrade() -> None:
    """Go back to the revision before: promotions go."""
    op.drop_table("promotions")
