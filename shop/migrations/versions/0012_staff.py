"""Staff accounts, their sessions and deeds, notes in talks, and what became of suggested replies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shop.models import types

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema here."""
    op.create_table(
        "staff",
        sa.Column("shop_id", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("topics", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("presence", sa.String(length=32), nullable=False),
        sa.Column("presence_at", types.Instant(timezone=True), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("locked_until", types.Instant(timezone=True), nullable=True),
        sa.Column("created_at", types.Instant(timezone=True), nullable=False),
        sa.CheckConstraint("presence IN ('online', 'break', 'away')", name=op.f("ck_staff_presence")),
        sa.CheckConstraint("role IN ('agent', 'supervisor', 'trainer', 'admin')", name=op.f("ck_staff_role")),
        sa.CheckConstraint("capacity >= 0", name=op.f("ck_staff_capacity")),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name=op.f("fk_staff_shop_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_staff")),
    )
    op.create_index("uq_staff_login", "staff", ["shop_id", "login"], unique=True)
    op.create_index("uq_staff_number", "staff", ["shop_id", "number"], unique=True)
    op.create_table(
        "staff_deeds",
        sa.Column("shop_id", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("staff_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("conversation_id", sa.String(length=64), nullable=True),
        sa.Column("ref", sa.String(length=255), nullable=True),
        sa.Column("payload", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("at", types.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name=op.f("fk_staff_deeds_shop_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_staff_deeds")),
    )
    op.create_index("ix_staff_deeds_conversation", "staff_deeds", ["shop_id", "conversation_id", "at"])
    op.create_index("ix_staff_deeds_staff", "staff_deeds", ["shop_id", "staff_id", "at"])
    op.create_table(
        "staff_sessions",
        sa.Column("shop_id", sa.String(length=64), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("staff_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("label", sa.String(length=255), nullable=True),
        sa.Column("csrf", sa.String(length=64), nullable=False),
        sa.Column("created_at", types.Instant(timezone=True), nullable=False),
        sa.Column("seen_at", types.Instant(timezone=True), nullable=False),
        sa.Column("expires_at", types.Instant(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('session', 'token')", name=op.f("ck_staff_sessions_kind")),
        sa.ForeignKeyConstraint(
            ["shop_id", "staff_id"], ["staff.shop_id", "staff.id"], name=op.f("fk_staff_sessions_shop_id_staff_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name=op.f("fk_staff_sessions_shop_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shop_id", "token_hash", name=op.f("pk_staff_sessions")),
    )
    op.create_index("ix_staff_sessions_staff", "staff_sessions", ["shop_id", "staff_id"])
    op.create_table(
        "suggestion_uses",
        sa.Column("shop_id", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("conversation_id", sa.String(length=64), nullable=False),
        sa.Column("message_id", sa.String(length=64), nullable=False),
        sa.Column("staff_id", sa.String(length=64), nullable=False),
        sa.Column("offered", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("place", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("shown_ms", sa.Integer(), nullable=True),
        sa.Column("at", types.Instant(timezone=True), nullable=False),
        sa.Column("settled_at", types.Instant(timezone=True), nullable=True),
        sa.CheckConstraint("outcome IN ('open', 'sent', 'edited', 'ignored')", name=op.f("ck_suggestion_uses_outcome")),
        sa.ForeignKeyConstraint(
            ["shop_id", "conversation_id"],
            ["conversations.shop_id", "conversations.id"],
            name=op.f("fk_suggestion_uses_shop_id_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name=op.f("fk_suggestion_uses_shop_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_suggestion_uses")),
    )
    op.create_index("ix_suggestion_uses_at", "suggestion_uses", ["shop_id", "at"])
    op.create_index("ix_suggestion_uses_conversation", "suggestion_uses", ["shop_id", "conversation_id", "at"])
    op.create_table(
        "talk_notes",
        sa.Column("shop_id", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("conversation_id", sa.String(length=64), nullable=False),
        sa.Column("staff_id", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", types.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id", "conversation_id"],
            ["conversations.shop_id", "conversations.id"],
            name=op.f("fk_talk_notes_shop_id_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name=op.f("fk_talk_notes_shop_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_talk_notes")),
    )
    op.create_index("ix_talk_notes_conversation", "talk_notes", ["shop_id", "conversation_id", "at"])


def downgrade() -> None:
    """Bring the schema back to the revision before."""
    op.drop_index("ix_talk_notes_conversation", table_name="talk_notes")
    op.drop_table("talk_notes")
    op.drop_index("ix_suggestion_uses_conversation", table_name="suggestion_uses")
    op.drop_index("ix_suggestion_uses_at", table_name="suggestion_uses")
    op.drop_table("suggestion_uses")
    op.drop_index("ix_staff_sessions_staff", table_name="staff_sessions")
    op.drop_table("staff_sessions")
    op.drop_index("ix_staff_deeds_staff", table_name="staff_deeds")
    op.drop_index("ix_staff_deeds_conversation", table_name="staff_deeds")
    op.drop_table("staff_deeds")
    op.drop_index("uq_staff_number", table_name="staff")
    op.drop_index("uq_staff_login", table_name="staff")
    op.drop_table("staff")
