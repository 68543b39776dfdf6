"""The scripts library: folders, scripts, their pictures and uses."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shop.models import types

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

ID, WORD, NAME = sa.String(length=64), sa.String(length=32), sa.String(length=255)
COUNTS = ("inserted", "sent", "edited", "copied")


def upgrade() -> None:
    """Bring the schema here."""
    op.create_table(
        "script_folders",
        sa.Column("shop_id", ID, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("owner", ID, nullable=False),
        sa.Column("parent_id", ID, nullable=True),
        sa.Column("name", NAME, nullable=False),
        sa.Column("channel", WORD, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("origin", ID, nullable=True),
        sa.CheckConstraint("channel IN ('chat', 'phone')", name=op.f("ck_script_folders_channel")),
        sa.ForeignKeyConstraint(
            ["shop_id", "parent_id"], ["script_folders.shop_id", "script_folders.id"], name=op.f("fk_script_folders_shop_id_parent_id")
        ),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name=op.f("fk_script_folders_shop_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_script_folders")),
    )
    op.create_index("ix_script_folders_owner", "script_folders", ["shop_id", "owner"])
    op.create_index("uq_script_folders_origin", "script_folders", ["shop_id", "origin"], unique=True)
    op.create_table(
        "scripts",
        sa.Column("shop_id", ID, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("owner", ID, nullable=False),
        sa.Column("folder_id", ID, nullable=True),
        sa.Column("title", NAME, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("code", WORD, nullable=True),
        sa.Column("situation", sa.Text(), nullable=False),
        sa.Column("must_say", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("must_not", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("source", NAME, nullable=True),
        sa.Column("origin", ID, nullable=True),
        sa.Column("initials", sa.Text(), nullable=False),
        sa.Column("valid_from", WORD, nullable=True),
        sa.Column("valid_to", WORD, nullable=True),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in COUNTS),
        sa.Column("used_at", types.Instant(timezone=True), nullable=True),
        sa.Column("made_by", ID, nullable=True),
        sa.Column("made_at", types.Instant(timezone=True), nullable=False),
        sa.Column("changed_by", ID, nullable=True),
        sa.Column("changed_at", types.Instant(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("removed_at", types.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["shop_id", "folder_id"], ["script_folders.shop_id", "script_folders.id"], name=op.f("fk_scripts_shop_id_folder_id")
        ),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name=op.f("fk_scripts_shop_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_scripts")),
    )
    op.create_index("ix_scripts_owner", "scripts", ["shop_id", "owner"])
    op.create_index("uq_scripts_code", "scripts", ["shop_id", "owner", "code"], unique=True)
    op.create_index("uq_scripts_origin", "scripts", ["shop_id", "origin"], unique=True)
    op.create_table(
        "script_pictures",
        sa.Column("shop_id", ID, nullable=False),
        sa.Column("script_id", ID, nullable=False),
        sa.Column("mime", WORD, nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("stamp", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id", "script_id"],
            ["scripts.shop_id", "scripts.id"],
            name=op.f("fk_script_pictures_shop_id_script_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name=op.f("fk_script_pictures_shop_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shop_id", "script_id", name=op.f("pk_script_pictures")),
    )
    op.create_table(
        "script_uses",
        sa.Column("shop_id", ID, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("script_id", ID, nullable=False),
        sa.Column("staff_id", ID, nullable=False),
        sa.Column("conversation_id", ID, nullable=True),
        sa.Column("outcome", WORD, nullable=False),
        sa.Column("use_key", NAME, nullable=True),
        sa.Column("at", types.Instant(timezone=True), nullable=False),
        sa.CheckConstraint("outcome IN ('inserted', 'sent', 'edited', 'copied')", name=op.f("ck_script_uses_outcome")),
        sa.ForeignKeyConstraint(
            ["shop_id", "script_id"], ["scripts.shop_id", "scripts.id"], name=op.f("fk_script_uses_shop_id_script_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "conversation_id"],
            ["conversations.shop_id", "conversations.id"],
            name=op.f("fk_script_uses_shop_id_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name=op.f("fk_script_uses_shop_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_script_uses")),
    )
    op.create_index("ix_script_uses_at", "script_uses", ["shop_id", "at"])
    op.create_index("ix_script_uses_script", "script_uses", ["shop_id", "script_id", "at"])
    op.create_index("uq_script_uses_key", "script_uses", ["shop_id", "use_key"], unique=True)


def downgrade() -> None:
    """Bring the schema back to the revision before."""
    for name in ("script_uses", "script_pictures", "scripts", "script_folders"):
        op.drop_table(name)
