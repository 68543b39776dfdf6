"""Messages the shop begins: planned once for each event, taken by one scheduler at a time, told once.

A row's key is unique, so planning again plans nothing. Who sends holds a lease; what is stored with a message in one
transaction cannot be half done. Leases run on the machine's own clock: ``XIAOER_NOW`` may stand still.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from shop.clock import Clock
from shop.db import reading, writing
from shop.models import Consent, OutboxRow

STATES = ("planned", "sent", "delivered", "suppressed", "failed")
LEASE = timedelta(seconds=60)
# Reasons that end when the shopper opens a window.
UNTIL_OPENING = ("for_opening", "quiet_hours")


@dataclass(frozen=True)
class Plan:
    """An event to be told. ``conversation_id``: the talk it belongs to; None: the customer's own talk is looked for later."""

    key: str
    event: str
    event_at: datetime
    due_at: datetime
    step: str = ""
    order_id: str | None = None
    customer_id: str | None = None
    conversation_id: str | None = None
    ref: str | None = None


@dataclass(frozen=True)
class Entry:
    """A row of the outbox. ``lease`` is empty unless it was claimed."""

    id: str
    key: str
    event: str
    step: str
    state: str
    order_id: str | None
    customer_id: str | None
    conversation_id: str | None
    ref: str | None
    event_at: datetime
    due_at: datetime
    tries: int
    why: str | None
    text: str | None
    row: str | None
    response: str | None
    sent_at: datetime | None
    delivered_at: datetime | None
    hook_first: datetime | None
    hook_tries: int
    lease: str = ""


@dataclass(frozen=True)
class Said:
    """What was decided and said for an entry: kind and row of the tables, response with its values, the text."""

    kind: str
    row: str
    response: str
    text: str
    filled: Mapping[str, str] = field(default_factory=dict)


class LeaseLost(RuntimeError):
    """Another scheduler has the entry, or it is told already."""


def _entry(row: OutboxRow) -> Entry:
    return Entry(
        id=row.id, key=row.key, event=row.event, step=row.step, state=row.state, order_id=row.order_id, customer_id=row.customer_id,
        conversation_id=row.conversation_id, ref=row.ref, event_at=row.event_at, due_at=row.due_at, tries=row.tries, why=row.why,
        text=row.text, row=row.row, response=row.response, sent_at=row.sent_at, delivered_at=row.delivered_at,
        hook_first=row.hook_first, hook_tries=row.hook_tries, lease=row.lease or "",
    )  # fmt: skip


def upsert(session: Session, table: type[Any]) -> Any:
    """An INSERT that knows ON CONFLICT: each dialect has its own."""
    return (postgresql if session.get_bind().dialect.name == "postgresql" else sqlite).insert(table)


def plan_in(session: Session, shop_id: str, now: datetime, plans: Iterable[Plan]) -> int:
    """Store what is not planned yet, in the caller's transaction; how many were new."""
    new = 0
    for each in plans:
        insert = upsert(session, OutboxRow).values(
            shop_id=shop_id, id=f"p_{uuid4().hex}", key=each.key, event=each.event, step=each.step, order_id=each.order_id,
            customer_id=each.customer_id, conversation_id=each.conversation_id, ref=each.ref, state="planned", filled={},
            event_at=each.event_at, due_at=each.due_at, tries=0, hook_tries=0, created_at=now, updated_at=now,
        )  # fmt: skip
        done = session.execute(insert.on_conflict_do_nothing(index_elements=["shop_id", "key"]))
        new += int(getattr(done, "rowcount", 0))
    return new


class Outbox:
    """The outbox of one shop. Safe to share between threads and processes."""

    def __init__(self, engine: Engine, shop_id: str, clock: Clock) -> None:
        self.engine = engine
        self.shop_id = shop_id
        self.clock = clock

    # Planning

    def plan(self, plans: Iterable[Plan]) -> int:
        """Store what is not planned yet; how many were new."""
        with writing(self.engine) as session:
            return plan_in(session, self.shop_id, self.clock.now(), plans)

    # Sending

    def claim(self, limit: int = 20) -> list[Entry]:
        """Due entries, now leased to the caller; others do not get them until the lease is over."""
        return self._claim(OutboxRow.state == "planned", OutboxRow.due_at, limit)

    def claim_hooks(self, limit: int = 5) -> list[Entry]:
        """Entries whose webhook is due, leased likewise: few, since each try may take its whole timeout."""
        return self._claim(OutboxRow.state == "sent", OutboxRow.hook_next, limit)

    def _claim(self, condition: Any, at: Any, limit: int) -> list[Entry]:
        real = datetime.now(UTC)
        lease = uuid4().hex
        free = or_(OutboxRow.lease_until.is_(None), OutboxRow.lease_until < real)
        query = select(OutboxRow).where(OutboxRow.shop_id == self.shop_id, condition, at <= self.clock.now(), free)
        with writing(self.engine) as session:
            # SQLite knows no locked rows: there the whole transaction waits its turn.
            rows = list(session.scalars(query.order_by(at, OutboxRow.id).limit(limit).with_for_update(skip_locked=True)))
            for row in rows:
                row.lease, row.lease_until = lease, real + LEASE
            return [_entry(row) for row in rows]

    def mine(self, session: Session, entry: Entry, state: str = "planned") -> OutboxRow:
        """The row of a claimed entry, locked, inside the caller's transaction. LeaseLost when it is somebody else's."""
        query = select(OutboxRow).where(OutboxRow.shop_id == self.shop_id, OutboxRow.id == entry.id).with_for_update()
        row = session.scalar(query.execution_options(populate_existing=True))
        if row is None or row.state != state or row.lease != entry.lease:
            raise LeaseLost(entry.id)
        return row

    def tell(
        self, session: Session, entry: Entry, said: Said, *, talk: str | None, message_id: str | None, here: bool, hook: bool, why: str
    ) -> None:
        """Mark an entry as told, in the transaction that stores its message. ``here``: a window was open; ``hook``: the webhook is owed."""
        row = self.mine(session, entry)
        now = self.clock.now()
        row.kind, row.row, row.response, row.text, row.filled = said.kind, said.row, said.response, said.text, dict(said.filled)
        row.state, row.why = "delivered" if here else "sent", why
        row.conversation_id, row.message_id = talk or row.conversation_id, message_id
        row.sent_at, row.delivered_at = now, now if here else None
        row.hook_next = row.hook_first = now if hook else None
        self._free(row, now)

    def put_off(self, entry: Entry, until: datetime, why: str) -> None:
        """Look at an entry again later. LeaseLost."""
        with writing(self.engine) as session:
            row = self.mine(session, entry)
            row.due_at, row.why = until, why
            self._free(row, self.clock.now())

    def end(self, entry: Entry, state: str, why: str, *, kind: str | None = None, row_id: str | None = None) -> None:
        """An entry is not told (``suppressed``, ``failed``) or was for staff (``delivered``), and why. LeaseLost."""
        with writing(self.engine) as session:
            row = self.mine(session, entry)
            now = self.clock.now()
            row.state, row.why, row.kind, row.row = state, why[:255], kind or row.kind, row_id or row.row
            if state == "delivered":
                row.sent_at = row.delivered_at = now
            self._free(row, now)

    def stumbled(self, entry: Entry, until: datetime | None, why: str) -> None:
        """Sending raised an error: again at ``until``, or never (failed). LeaseLost."""
        with writing(self.engine) as session:
            row = self.mine(session, entry)
            row.tries += 1
            row.why = why[:255]
            if until is None:
                row.state = "failed"
            else:
                row.due_at = until
            self._free(row, self.clock.now())

    def hook_ended(self, entry: Entry, *, delivered: bool, again: datetime | None, why: str) -> None:
        """The end of one try of the webhook: taken, to be tried again, or given up (the row stays sent or becomes failed). LeaseLost."""
        with writing(self.engine) as session:
            row = self.mine(session, entry, "sent")
            now = self.clock.now()
            row.hook_tries += 1
            row.hook_next = None if delivered else again
            row.why = why[:255]
            if delivered:
                row.state, row.delivered_at = "delivered", now
            elif again is None:
                row.state = "sent" if row.message_id else "failed"
            self._free(row, now)

    def wake(self, customer_id: str | None, conversation_id: str) -> int:
        """A window of this talk was opened: what waits for that is due now. How many."""
        whose: Any = OutboxRow.conversation_id == conversation_id
        if customer_id is not None:
            whose = or_(whose, OutboxRow.customer_id == customer_id)
        now = self.clock.now()
        waiting = (OutboxRow.shop_id == self.shop_id, whose, OutboxRow.state == "planned", OutboxRow.why.in_(UNTIL_OPENING))
        with reading(self.engine) as session:
            if session.scalar(select(OutboxRow.id).where(*waiting, OutboxRow.due_at > now).limit(1)) is None:
                return 0
        with writing(self.engine) as session:
            done = session.execute(update(OutboxRow).where(*waiting).values(due_at=now, updated_at=now))
            return int(getattr(done, "rowcount", 0))

    def _free(self, row: OutboxRow, now: datetime) -> None:
        row.lease = row.lease_until = None
        row.updated_at = now

    # Looking

    def told(self, customer_id: str | None, conversation_id: str | None, since: datetime, session: Session | None = None) -> int:
        """How many messages this shopper got since then."""
        whose: Any = OutboxRow.customer_id == customer_id if customer_id else OutboxRow.conversation_id == conversation_id
        query = select(func.count()).where(
            OutboxRow.shop_id == self.shop_id, whose, OutboxRow.sent_at >= since, OutboxRow.kind.is_not(None), OutboxRow.kind != "staff"
        )
        if session is not None:
            return int(session.scalar(query) or 0)
        with reading(self.engine) as own:
            return int(own.scalar(query) or 0)

    def last_offer(self, customer_id: str | None, conversation_id: str | None) -> datetime | None:
        """When this shopper last got a marketing message."""
        whose: Any = OutboxRow.customer_id == customer_id if customer_id else OutboxRow.conversation_id == conversation_id
        query = select(func.max(OutboxRow.sent_at)).where(OutboxRow.shop_id == self.shop_id, whose, OutboxRow.kind == "marketing")
        with reading(self.engine) as session:
            return session.scalar(query)

    def entries(self, **where: str) -> list[Entry]:
        """Rows by any columns (event, state, order_id, customer_id, conversation_id …), oldest first: for planning, desk, tests."""
        query = select(OutboxRow).where(
            OutboxRow.shop_id == self.shop_id, *(getattr(OutboxRow, name) == value for name, value in where.items())
        )
        with reading(self.engine) as session:
            return [_entry(row) for row in session.scalars(query.order_by(OutboxRow.event_at, OutboxRow.id))]

    def confirmed_between(self, first: datetime, last: datetime) -> list[Entry]:
        """Order confirmations told in that time (ev_no_reply_2d asks whether they were answered)."""
        query = select(OutboxRow).where(
            OutboxRow.shop_id == self.shop_id, OutboxRow.event == "order_created", OutboxRow.sent_at >= first, OutboxRow.sent_at <= last
        )
        with reading(self.engine) as session:
            return [_entry(row) for row in session.scalars(query)]

    def counts(self) -> dict[str, int]:
        """How many rows are due and late (a minute), planned, waiting for the webhook, failed: for /readyz."""
        now = self.clock.now()
        late = now - timedelta(minutes=1)
        with reading(self.engine) as session:
            return {
                name: int(
                    session.scalar(select(func.count()).select_from(OutboxRow).where(OutboxRow.shop_id == self.shop_id, *conditions)) or 0
                )
                for name, conditions in {
                    "planned": (OutboxRow.state == "planned",),
                    "late": (OutboxRow.state == "planned", OutboxRow.due_at < late),
                    "webhook": (OutboxRow.state == "sent", OutboxRow.hook_next.is_not(None)),
                    "failed": (OutboxRow.state == "failed",),
                }.items()
            }


def forget_talk(session: Session, shop_id: str, talk_id: str) -> None:
    """Take a talk out of the outbox, in the transaction that erases it: what was said goes, that it was said stays."""
    mine = (OutboxRow.shop_id == shop_id, OutboxRow.conversation_id == talk_id)
    for row in session.scalars(select(OutboxRow).where(*mine)):
        if talk_id in row.key:
            session.delete(row)
            continue
        row.conversation_id = row.message_id = row.text = None
        row.filled = {}
        if row.state == "planned" and row.customer_id is None:
            row.state, row.why = "suppressed", "erased"
        if row.hook_next is not None:
            row.state, row.why, row.hook_next = "failed", "erased", None
    for consent in session.scalars(select(Consent).where(Consent.shop_id == shop_id, Consent.conversation_id == talk_id)):
        if consent.subject == f"talk:{talk_id}":
            session.delete(consent)
        else:
            consent.conversation_id = None
