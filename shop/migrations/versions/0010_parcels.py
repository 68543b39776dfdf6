"""Parcels as they travel today: what pays a return's way back, which address, which warehouse."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

COLUMNS = {"return_cover": 32, "address_id": 64, "address_area": 255, "warehouse": 64}


def upgrade() -> None:
    """Bring the schema here."""
    with op.batch_alter_table("orders") as orders:
        for name, length in COLUMNS.items():
            orders.add_column(sa.Column(name, sa.String(length=length), nullable=True))


def downgrade() -> None:
    """Back to the schema before."""
    with op.batch_alter_table("orders") as orders:
        for name in COLUMNS:
            orders.drop_column(name)
