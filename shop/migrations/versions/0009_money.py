"""What money questions need: the record of prices, gifts promised with an order, the day of its invoice."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shop.models import types

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema here."""
    op.create_table(
        "prices",
        sa.Column("shop_id", sa.String(length=64), nullable=False),
        sa.Column("product_id", sa.String(length=64), nullable=False),
        sa.Column("variant", sa.String(length=255), nullable=False),
        sa.Column("since", types.Instant(timezone=True), nullable=False),
        sa.Column("price", types.Money(), nullable=False),
        sa.Column("cause", sa.String(length=32), nullable=False),
        sa.CheckConstraint("cause IN ('list', 'promotion', 'coupon')", name=op.f("ck_prices_cause")),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name=op.f("fk_prices_shop_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["shop_id", "product_id"], ["products.shop_id", "products.id"], name=op.f("fk_prices_shop_id_product_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shop_id", "product_id", "variant", "since", name=op.f("pk_prices")),
    )
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.add_column(sa.Column("gifts", sa.JSON(none_as_null=True), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("invoiced_on", sa.Date(), nullable=True))


def downgrade() -> None:
    """Go back to the revision before."""
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.drop_column("invoiced_on")
        batch_op.drop_column("gifts")

    op.drop_table("prices")
