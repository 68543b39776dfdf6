"""Service."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shop.models import types

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema here."""
    op.create_table(
        "concessions",
        sa.Column("shop_id", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("conversation_id", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=True),
        sa.Column("product_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("ref", sa.String(length=255), nullable=True),
        sa.Column("at", types.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name=op.f("fk_concessions_shop_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_concessions")),
    )
    with op.batch_alter_table("concessions", schema=None) as batch_op:
        batch_op.create_index("ix_concessions_conversation", ["shop_id", "conversation_id", "product_id", "at"], unique=False)
        batch_op.create_index("ix_concessions_customer", ["shop_id", "customer_id", "product_id", "at"], unique=False)

    op.create_table(
        "counters",
        sa.Column("shop_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name=op.f("fk_counters_shop_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shop_id", "name", name=op.f("pk_counters")),
    )
    op.create_table(
        "effects",
        sa.Column("shop_id", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("ref", sa.String(length=255), nullable=True),
        sa.Column("conversation_id", sa.String(length=64), nullable=True),
        sa.Column("payload", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("at", types.Instant(timezone=True), nullable=False),
        sa.Column("updated_at", types.Instant(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('done', 'pending', 'failed')", name=op.f("ck_effects_state")),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name=op.f("fk_effects_shop_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_effects")),
    )
    with op.batch_alter_table("effects", schema=None) as batch_op:
        batch_op.create_index("ix_effects_conversation", ["shop_id", "conversation_id"], unique=False)

    op.create_table(
        "proof_attempts",
        sa.Column("shop_id", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("last_at", types.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name=op.f("fk_proof_attempts_shop_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shop_id", "subject", "day", name=op.f("pk_proof_attempts")),
    )
    op.create_table(
        "proofs",
        sa.Column("shop_id", sa.String(length=64), nullable=False),
        sa.Column("conversation_id", sa.String(length=64), nullable=False),
        sa.Column("order_id", sa.String(length=64), nullable=False),
        sa.Column("at", types.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name=op.f("fk_proofs_shop_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shop_id", "conversation_id", "order_id", name=op.f("pk_proofs")),
    )
    op.create_table(
        "tickets",
        sa.Column("shop_id", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("priority", sa.String(length=32), nullable=False),
        sa.Column("assignee", sa.String(length=64), nullable=True),
        sa.Column("conversation_id", sa.String(length=64), nullable=True),
        sa.Column("order_id", sa.String(length=64), nullable=True),
        sa.Column("customer_id", sa.String(length=64), nullable=True),
        sa.Column("row", sa.String(length=32), nullable=True),
        sa.Column("fields", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("tracking", sa.String(length=64), nullable=True),
        sa.Column("open_key", sa.String(length=255), nullable=True),
        sa.Column("due_at", types.Instant(timezone=True), nullable=True),
        sa.Column("created_at", types.Instant(timezone=True), nullable=False),
        sa.Column("updated_at", types.Instant(timezone=True), nullable=False),
        sa.Column("closed_at", types.Instant(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('new', 'mine', 'tracking', 'suspended', 'closed')", name=op.f("ck_tickets_state")),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name=op.f("fk_tickets_shop_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_tickets")),
    )
    with op.batch_alter_table("tickets", schema=None) as batch_op:
        batch_op.create_index("ix_tickets_conversation", ["shop_id", "conversation_id"], unique=False)
        batch_op.create_index("ix_tickets_due", ["shop_id", "state", "due_at"], unique=False)
        batch_op.create_index("ix_tickets_order", ["shop_id", "order_id"], unique=False)
        batch_op.create_index("uq_tickets_open_key", ["shop_id", "open_key"], unique=True)

    op.create_table(
        "ticket_notes",
        sa.Column("shop_id", sa.String(length=64), nullable=False),
        sa.Column("ticket_id", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("author", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", types.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id", "ticket_id"], ["tickets.shop_id", "tickets.id"], name=op.f("fk_ticket_notes_shop_id_ticket_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name=op.f("fk_ticket_notes_shop_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shop_id", "ticket_id", "seq", name=op.f("pk_ticket_notes")),
    )


def downgrade() -> None:
    """Go back to the revision before."""
    op.drop_table("ticket_notes")
    with op.batch_alter_table("tickets", schema=None) as batch_op:
        batch_op.drop_index("uq_tickets_open_key")
        batch_op.drop_index("ix_tickets_order")
        batch_op.drop_index("ix_tickets_due")
        batch_op.drop_index("ix_tickets_conversation")

    op.drop_table("tickets")
    op.drop_table("proofs")
    op.drop_table("proof_attempts")
    with op.batch_alter_table("effects", schema=None) as batch_op:
        batch_op.drop_index("ix_effects_conversation")

    op.drop_table("effects")
    op.drop_table("counters")
    with op.batch_alter_table("concessions", schema=None) as batch_op:
        batch_op.drop_index("ix_concessions_customer")
        batch_op.drop_index("ix_concessions_conversation")

    op.drop_table("concessions")
