"""How far the shop and the shopper have read a talk."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

COLUMNS = ("read_by_shop", "read_by_shopper")


def upgrade() -> None:
    """Bring the schema here."""
    for name in COLUMNS:
        op.add_column("conversations", sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))


def downgrade() -> None:
    """Bring the schema back to the revision before."""
    with op.batch_alter_table("conversations") as table:
        for name in COLUMNS:
            table.drop_column(name)
