"""After-sales life: the tickets' new fields, their history, returns and approvals.

Columns are added and dropped by plain ALTER TABLE, also on SQLite: a table made anew (batch mode) would be dropped, and its
notes would go with it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shop.models import types

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _added() -> list[sa.Column[object]]:
    return [
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("waits_for", sa.String(length=32), nullable=False, server_default="shop"),
        sa.Column("missing", sa.JSON(none_as_null=True), nullable=False, server_default="[]"),
        sa.Column("contact_due_at", types.Instant(timezone=True), nullable=True),
        sa.Column("contacted_at", types.Instant(timezone=True), nullable=True),
        sa.Column("solve_due_at", types.Instant(timezone=True), nullable=True),
        sa.Column("resume_on", sa.Date(), nullable=True),
        sa.Column("closed_by", sa.String(length=64), nullable=True),
        sa.Column("reopened", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("promises", sa.Integer(), nullable=False, server_default="0"),
    ]


def _of_ticket(table: str) -> tuple[sa.ForeignKeyConstraint, sa.ForeignKeyConstraint]:
    return (
        sa.ForeignKeyConstraint(
            ["shop_id", "ticket_id"], ["tickets.shop_id", "tickets.id"], name=op.f(f"fk_{table}_shop_id_ticket_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name=op.f(f"fk_{table}_shop_id"), ondelete="CASCADE"),
    )


def upgrade() -> None:
    """Bring the schema here; tickets that wait for a parcel say so, closed ones wait for nobody."""
    for column in _added():
        op.add_column("tickets", column)
    op.create_index("ix_tickets_customer", "tickets", ["shop_id", "customer_id"], unique=False)
    op.execute("UPDATE tickets SET waits_for = 'courier' WHERE state = 'tracking'")
    op.execute("UPDATE tickets SET waits_for = 'none' WHERE state = 'closed'")
    op.create_table(
        "ticket_events",
        sa.Column("shop_id", sa.String(length=64), nullable=False),
        sa.Column("ticket_id", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("event", sa.String(length=32), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("from_state", sa.String(length=32), nullable=True),
        sa.Column("to_state", sa.String(length=32), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("row", sa.String(length=32), nullable=True),
        sa.Column("data", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("at", types.Instant(timezone=True), nullable=False),
        *_of_ticket("ticket_events"),
        sa.PrimaryKeyConstraint("shop_id", "ticket_id", "seq", name=op.f("pk_ticket_events")),
    )
    op.create_index("ix_ticket_events_at", "ticket_events", ["shop_id", "at"], unique=False)
    op.create_table(
        "returns",
        sa.Column("shop_id", sa.String(length=64), nullable=False),
        sa.Column("ticket_id", sa.String(length=64), nullable=False),
        sa.Column("order_id", sa.String(length=64), nullable=True),
        sa.Column("remedy", sa.String(length=32), nullable=False),
        sa.Column("step", sa.String(length=32), nullable=False),
        sa.Column("finding", sa.String(length=32), nullable=False),
        sa.Column("report", sa.Text(), nullable=True),
        sa.Column("choice", sa.String(length=32), nullable=False),
        sa.Column("appeals", sa.Integer(), nullable=False),
        sa.Column("tracking", sa.String(length=64), nullable=True),
        sa.Column("amount", types.Money(), nullable=True),
        sa.Column("out_tracking", sa.String(length=64), nullable=True),
        sa.Column("waits_for", sa.String(length=32), nullable=False),
        sa.Column("due_at", types.Instant(timezone=True), nullable=True),
        sa.Column("approved_at", types.Instant(timezone=True), nullable=False),
        sa.Column("sent_back_at", types.Instant(timezone=True), nullable=True),
        sa.Column("received_at", types.Instant(timezone=True), nullable=True),
        sa.Column("inspected_at", types.Instant(timezone=True), nullable=True),
        sa.Column("told_at", types.Instant(timezone=True), nullable=True),
        sa.Column("finished_at", types.Instant(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("source_version", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", types.Instant(timezone=True), nullable=False),
        sa.CheckConstraint(
            "step IN ('approved', 'sent_back', 'received', 'inspected', 'refunded', 're_sent', 'refused')", name=op.f("ck_returns_step")
        ),
        sa.CheckConstraint("finding IN ('open', 'confirmed', 'no_fault', 'misuse')", name=op.f("ck_returns_finding")),
        sa.CheckConstraint("choice IN ('open', 'send_back', 'own_reason')", name=op.f("ck_returns_choice")),
        *_of_ticket("returns"),
        sa.PrimaryKeyConstraint("shop_id", "ticket_id", name=op.f("pk_returns")),
    )
    op.create_index("ix_returns_due", "returns", ["shop_id", "step", "due_at"], unique=False)
    op.create_table(
        "approvals",
        sa.Column("shop_id", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("ticket_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("amount", types.Money(), nullable=True),
        sa.Column("order_id", sa.String(length=64), nullable=True),
        sa.Column("row", sa.String(length=32), nullable=True),
        sa.Column("asked_by", sa.String(length=64), nullable=False),
        sa.Column("asked_at", types.Instant(timezone=True), nullable=False),
        sa.Column("due_at", types.Instant(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.Column("role", sa.String(length=32), nullable=True),
        sa.Column("decided_at", types.Instant(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('asked', 'granted', 'refused')", name=op.f("ck_approvals_state")),
        *_of_ticket("approvals"),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_approvals")),
    )
    op.create_index("ix_approvals_state", "approvals", ["shop_id", "state", "due_at"], unique=False)
    op.create_index("ix_approvals_ticket", "approvals", ["shop_id", "ticket_id"], unique=False)


def downgrade() -> None:
    """Go back to the revision before: history, returns and approvals go, tickets and their notes stay."""
    op.drop_table("approvals")
    op.drop_table("returns")
    op.drop_table("ticket_events")
    op.drop_index("ix_tickets_customer", table_name="tickets")
    for column in reversed(_added()):
        op.drop_column("tickets", str(column.name))
