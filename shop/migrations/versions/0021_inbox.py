"""The trainers' inbox: messages the bot was not sure of, masked, and what trainers made of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shop.models import types

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema here."""
    op.create_table(
        "inbox_messages",
        sa.Column("shop_id", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("conversation_id", sa.String(length=64), nullable=False),
        sa.Column("message_id", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("plain", sa.String(length=64), nullable=False),
        sa.Column("at", types.Instant(timezone=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("reasons", sa.String(length=255), nullable=False),
        sa.Column("intent", sa.String(length=64), nullable=True),
        sa.Column("topic", sa.String(length=64), nullable=True),
        sa.Column("share", sa.Integer(), nullable=True),
        sa.Column("second", sa.Integer(), nullable=True),
        sa.Column("ranking", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("asked", sa.String(length=255), nullable=True),
        sa.Column("leader", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("label", sa.String(length=64), nullable=True),
        sa.Column("label_topic", sa.String(length=64), nullable=True),
        sa.Column("entities", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("train", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("why", sa.String(length=32), nullable=True),
        sa.Column("judged_by", sa.String(length=64), nullable=True),
        sa.Column("judged_at", types.Instant(timezone=True), nullable=True),
        sa.Column("saved", sa.String(length=64), nullable=True),
        sa.CheckConstraint("state IN ('open', 'labelled', 'dropped')", name=op.f("ck_inbox_messages_state")),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name=op.f("fk_inbox_messages_shop_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["shop_id", "conversation_id"],
            ["conversations.shop_id", "conversations.id"],
            name=op.f("fk_inbox_messages_shop_id_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_inbox_messages")),
    )
    op.create_index("uq_inbox_messages_message", "inbox_messages", ["shop_id", "message_id"], unique=True)
    op.create_index("ix_inbox_messages_conversation", "inbox_messages", ["shop_id", "conversation_id"])
    op.create_index("ix_inbox_messages_state", "inbox_messages", ["shop_id", "state", "leader"])
    op.create_index("ix_inbox_messages_leader", "inbox_messages", ["shop_id", "leader"])
    op.create_index("ix_inbox_messages_plain", "inbox_messages", ["shop_id", "plain"])


def downgrade() -> None:
    """Bring the schema back to the revision before."""
    for name in ("plain", "leader", "state", "conversation"):
        op.drop_index(f"ix_inbox_messages_{name}", table_name="inbox_messages")
    op.drop_index("uq_inbox_messages_message", table_name="inbox_messages")
    op.drop_table("inbox_messages")
