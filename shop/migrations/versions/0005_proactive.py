"""What the shop says unasked: outbox, watched orders, consent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shop.models import types

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema here."""
    op.create_table(
        "consents",
        sa.Column("shop_id", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("conversation_id", sa.String(length=64), nullable=True),
        sa.Column("answer", sa.String(length=255), nullable=False),
        sa.Column("at", types.Instant(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('given', 'refused')", name=op.f("ck_consents_state")),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name=op.f("fk_consents_shop_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shop_id", "subject", name=op.f("pk_consents")),
    )
    op.create_table(
        "outbox",
        sa.Column("shop_id", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("event", sa.String(length=32), nullable=False),
        sa.Column("step", sa.String(length=32), nullable=False),
        sa.Column("order_id", sa.String(length=64), nullable=True),
        sa.Column("customer_id", sa.String(length=64), nullable=True),
        sa.Column("conversation_id", sa.String(length=64), nullable=True),
        sa.Column("ref", sa.String(length=255), nullable=True),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=True),
        sa.Column("row", sa.String(length=32), nullable=True),
        sa.Column("response", sa.String(length=255), nullable=True),
        sa.Column("filled", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("why", sa.String(length=255), nullable=True),
        sa.Column("event_at", types.Instant(timezone=True), nullable=False),
        sa.Column("due_at", types.Instant(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("lease", sa.String(length=64), nullable=True),
        sa.Column("lease_until", types.Instant(timezone=True), nullable=True),
        sa.Column("message_id", sa.String(length=64), nullable=True),
        sa.Column("sent_at", types.Instant(timezone=True), nullable=True),
        sa.Column("delivered_at", types.Instant(timezone=True), nullable=True),
        sa.Column("hook_first", types.Instant(timezone=True), nullable=True),
        sa.Column("hook_next", types.Instant(timezone=True), nullable=True),
        sa.Column("hook_tries", sa.Integer(), nullable=False),
        sa.Column("created_at", types.Instant(timezone=True), nullable=False),
        sa.Column("updated_at", types.Instant(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('planned', 'sent', 'delivered', 'suppressed', 'failed')", name=op.f("ck_outbox_state")),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name=op.f("fk_outbox_shop_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_outbox")),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index("ix_outbox_conversation", ["shop_id", "conversation_id"], unique=False)
        batch_op.create_index("ix_outbox_customer", ["shop_id", "customer_id", "sent_at"], unique=False)
        batch_op.create_index("ix_outbox_due", ["shop_id", "state", "due_at"], unique=False)
        batch_op.create_index("ix_outbox_hook", ["shop_id", "hook_next"], unique=False)
        batch_op.create_index("uq_outbox_key", ["shop_id", "key"], unique=True)

    op.create_table(
        "watched_orders",
        sa.Column("shop_id", sa.String(length=64), nullable=False),
        sa.Column("order_id", sa.String(length=64), nullable=False),
        sa.Column("seen", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("synced_at", types.Instant(timezone=True), nullable=False),
        sa.Column("next_at", types.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["shop_id", "order_id"], ["orders.shop_id", "orders.id"], name=op.f("fk_watched_orders_shop_id_order_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name=op.f("fk_watched_orders_shop_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shop_id", "order_id", name=op.f("pk_watched_orders")),
    )
    with op.batch_alter_table("watched_orders", schema=None) as batch_op:
        batch_op.create_index("ix_watched_orders_next", ["shop_id", "next_at"], unique=False)


def downgrade() -> None:
    """Go back to the revision before."""
    with op.batch_alter_table("watched_orders", schema=None) as batch_op:
        batch_op.drop_index("ix_watched_orders_next")

    op.drop_table("watched_orders")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index("uq_outbox_key")
        batch_op.drop_index("ix_outbox_hook")
        batch_op.drop_index("ix_outbox_due")
        batch_op.drop_index("ix_outbox_customer")
        batch_op.drop_index("ix_outbox_conversation")

    op.drop_table("outbox")
    op.drop_table("consents")
