"""The newest effect of a kind on an order is asked for in talks about orders: found, not looked for among all."""

from __future__ import annotations

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema here."""
    op.create_index("ix_effects_ref", "effects", ["shop_id", "kind", "ref"])


def downgrade() -> None:
    """Bring the schema back to the revision before."""
    op.drop_index("ix_effects_ref", table_name="effects")
