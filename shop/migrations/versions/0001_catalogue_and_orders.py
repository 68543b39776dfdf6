"""Catalogue and orders."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shop.models import types

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema here."""
    op.create_table(
        "shops",
        sa.Column("shop_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("address_style", sa.String(length=32), nullable=False),
        sa.Column("opening_hours", sa.String(length=32), nullable=False),
        sa.Column("return_address", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("stamp", sa.String(length=32), nullable=False),
        sa.Column("created_at", types.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("shop_id", name=op.f("pk_shops")),
    )
    op.create_table(
        "coupons",
        sa.Column("shop_id", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("amount", types.Money(), nullable=False),
        sa.Column("min_spend", types.Money(), nullable=False),
        sa.Column("valid_from", types.Instant(timezone=True), nullable=True),
        sa.Column("valid_until", types.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name=op.f("fk_coupons_shop_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shop_id", "code", name=op.f("pk_coupons")),
    )
    op.create_table(
        "couriers",
        sa.Column("shop_id", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("speed", sa.String(length=32), nullable=False),
        sa.Column("fee", types.Money(), nullable=False),
        sa.Column("pickup_phone", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name=op.f("fk_couriers_shop_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_couriers")),
    )
    op.create_table(
        "customers",
        sa.Column("shop_id", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=True),
        sa.Column("phone", sa.String(length=32), nullable=True),
        sa.Column("region", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name=op.f("fk_customers_shop_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_customers")),
    )
    op.create_table(
        "gifts",
        sa.Column("shop_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name=op.f("fk_gifts_shop_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shop_id", "name", name=op.f("pk_gifts")),
    )
    op.create_table(
        "intent_modes",
        sa.Column("shop_id", sa.String(length=64), nullable=False),
        sa.Column("intent", sa.String(length=64), nullable=False),
        sa.Column("from_hour", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("to_hour", sa.Integer(), nullable=False),
        sa.Column("mode", sa.String(length=32), nullable=False),
        sa.CheckConstraint("mode IN ('off', 'suggest', 'auto')", name=op.f("ck_intent_modes_mode")),
        sa.CheckConstraint("0 <= from_hour AND from_hour < to_hour AND to_hour <= 24", name=op.f("ck_intent_modes_hours")),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name=op.f("fk_intent_modes_shop_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shop_id", "intent", "from_hour", name=op.f("pk_intent_modes")),
    )
    op.create_table(
        "parameters",
        sa.Column("shop_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("updated_at", types.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name=op.f("fk_parameters_shop_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shop_id", "name", name=op.f("pk_parameters")),
    )
    op.create_table(
        "products",
        sa.Column("shop_id", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("price", types.Money(), nullable=False),
        sa.Column("floor_price", types.Money(), nullable=False),
        sa.Column("discounted", sa.Boolean(), nullable=False),
        sa.Column("brand", sa.String(length=255), nullable=True),
        sa.Column("fabric", sa.Text(), nullable=True),
        sa.Column("care", sa.Text(), nullable=True),
        sa.Column("manual", sa.Text(), nullable=True),
        sa.Column("dimensions", sa.Text(), nullable=True),
        sa.Column("warranty_months", sa.Integer(), nullable=True),
        sa.Column("colours", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("sizes", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("size_chart", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("attributes", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("image", sa.Text(), nullable=True),
        sa.Column("link", sa.Text(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("stock_version", sa.BigInteger(), nullable=False),
        sa.Column("stamp", sa.String(length=32), nullable=False),
        sa.Column("synced_at", types.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name=op.f("fk_products_shop_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_products")),
    )
    op.create_table(
        "orders",
        sa.Column("shop_id", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("product_id", sa.String(length=64), nullable=False),
        sa.Column("variant", sa.String(length=255), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("paid", types.Money(), nullable=False),
        sa.Column("postage", types.Money(), nullable=False),
        sa.Column("pay_by", sa.String(length=32), nullable=True),
        sa.Column("ordered_at", types.Instant(timezone=True), nullable=False),
        sa.Column("ship_by", sa.Date(), nullable=True),
        sa.Column("ship_on", sa.Date(), nullable=True),
        sa.Column("restock_on", sa.Date(), nullable=True),
        sa.Column("purchase", sa.String(length=32), nullable=True),
        sa.Column("insurance", sa.Boolean(), nullable=False),
        sa.Column("cross_border", sa.Boolean(), nullable=False),
        sa.Column("delivery", sa.String(length=32), nullable=False),
        sa.Column("custom_made", sa.Boolean(), nullable=False),
        sa.Column("no_reason_excluded", sa.Boolean(), nullable=False),
        sa.Column("loss_agreed_before_payment", sa.Boolean(), nullable=False),
        sa.Column("purchase_loss", types.Money(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("synced_at", types.Instant(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('unpaid', 'paid', 'shipped', 'received', 'confirmed', 'cancelled')", name=op.f("ck_orders_state")),
        sa.ForeignKeyConstraint(
            ["shop_id", "customer_id"], ["customers.shop_id", "customers.id"], name=op.f("fk_orders_shop_id_customer_id")
        ),
        sa.ForeignKeyConstraint(["shop_id", "product_id"], ["products.shop_id", "products.id"], name=op.f("fk_orders_shop_id_product_id")),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name=op.f("fk_orders_shop_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_orders")),
    )
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.create_index("ix_orders_customer", ["shop_id", "customer_id", "ordered_at"], unique=False)

    op.create_table(
        "stock",
        sa.Column("shop_id", sa.String(length=64), nullable=False),
        sa.Column("product_id", sa.String(length=64), nullable=False),
        sa.Column("variant", sa.String(length=255), nullable=False),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.Column("synced_at", types.Instant(timezone=True), nullable=False),
        sa.CheckConstraint("pieces >= 0", name=op.f("ck_stock_pieces")),
        sa.ForeignKeyConstraint(
            ["shop_id", "product_id"], ["products.shop_id", "products.id"], name=op.f("fk_stock_shop_id_product_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name=op.f("fk_stock_shop_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shop_id", "product_id", "variant", name=op.f("pk_stock")),
    )
    op.create_table(
        "shipments",
        sa.Column("shop_id", sa.String(length=64), nullable=False),
        sa.Column("order_id", sa.String(length=64), nullable=False),
        sa.Column("courier_id", sa.String(length=64), nullable=True),
        sa.Column("tracking", sa.String(length=64), nullable=True),
        sa.Column("shipped_at", types.Instant(timezone=True), nullable=True),
        sa.Column("signed_at", types.Instant(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("synced_at", types.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id", "order_id"], ["orders.shop_id", "orders.id"], name=op.f("fk_shipments_shop_id_order_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name=op.f("fk_shipments_shop_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shop_id", "order_id", name=op.f("pk_shipments")),
    )
    with op.batch_alter_table("shipments", schema=None) as batch_op:
        batch_op.create_index("ix_shipments_tracking", ["shop_id", "tracking"], unique=False)

    op.create_table(
        "scans",
        sa.Column("shop_id", sa.String(length=64), nullable=False),
        sa.Column("order_id", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", types.Instant(timezone=True), nullable=False),
        sa.Column("place", sa.String(length=255), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("arrived_region", sa.Boolean(), nullable=False),
        sa.Column("out_for_delivery", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id", "order_id"], ["shipments.shop_id", "shipments.order_id"], name=op.f("fk_scans_shop_id_order_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name=op.f("fk_scans_shop_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shop_id", "order_id", "seq", name=op.f("pk_scans")),
    )


def downgrade() -> None:
    """Go back to the revision before."""
    op.drop_table("scans")
    with op.batch_alter_table("shipments", schema=None) as batch_op:
        batch_op.drop_index("ix_shipments_tracking")

    op.drop_table("shipments")
    op.drop_table("stock")
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.drop_index("ix_orders_customer")

    op.drop_table("orders")
    op.drop_table("products")
    op.drop_table("parameters")
    op.drop_table("intent_modes")
    op.drop_table("gifts")
    op.drop_table("customers")
    op.drop_table("couriers")
    op.drop_table("coupons")
    op.drop_table("shops")
