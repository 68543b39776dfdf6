"""What the scheduler remembers between two looks at the shop: orders as they were seen, and up to where talks were read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import Engine, or_, select

from shop.clock import Clock
from shop.db import reading, writing
from shop.models import Counter, Order, Shipment, WatchedOrder
from shop.outbox import Plan, plan_in, upsert

SINCE = "proactive:since"
BOOKMARK = "proactive:talks"
_MICROSECOND = 1_000_000


class Watch:
    """The memory of one shop's schedulers. Safe to share between threads and processes."""

    def __init__(self, engine: Engine, shop_id: str, clock: Clock) -> None:
        self.engine = engine
        self.shop_id = shop_id
        self.clock = clock

    def since(self) -> datetime:
        """When the shop's first scheduler began (whole seconds): nothing from before is told. Noted at the first call."""
        begun = int(self.clock.now().timestamp())
        with writing(self.engine) as session:
            insert = upsert(session, Counter).values(shop_id=self.shop_id, name=SINCE, value=begun)
            session.execute(insert.on_conflict_do_nothing(index_elements=["shop_id", "name"]))
            kept = session.scalar(select(Counter.value).where(Counter.shop_id == self.shop_id, Counter.name == SINCE))
        return datetime.fromtimestamp(begun if kept is None else kept, UTC)

    def bookmark(self, start: datetime) -> datetime:
        """Up to where the talks were read; ``start`` at the first call."""
        with reading(self.engine) as session:
            kept = session.scalar(select(Counter.value).where(Counter.shop_id == self.shop_id, Counter.name == BOOKMARK))
        return start if kept is None else datetime.fromtimestamp(kept / _MICROSECOND, UTC)

    def set_bookmark(self, at: datetime) -> None:
        """Note up to where the talks were read."""
        value = int(at.timestamp() * _MICROSECOND)
        with writing(self.engine) as session:
            insert = upsert(session, Counter).values(shop_id=self.shop_id, name=BOOKMARK, value=value)
            session.execute(insert.on_conflict_do_update(index_elements=["shop_id", "name"], set_={"value": value}))

    def to_look_at(self, limit: int = 200) -> list[tuple[str, dict[str, str] | None]]:
        """(order, what was seen of it before) of orders that are new, have changed, or have something due by time."""
        query = (
            select(Order.id, WatchedOrder.seen)
            .outerjoin(WatchedOrder, (WatchedOrder.shop_id == Order.shop_id) & (WatchedOrder.order_id == Order.id))
            .outerjoin(Shipment, (Shipment.shop_id == Order.shop_id) & (Shipment.order_id == Order.id))
            .where(
                Order.shop_id == self.shop_id,
                or_(
                    WatchedOrder.order_id.is_(None),
                    Order.synced_at > WatchedOrder.synced_at,
                    Shipment.synced_at > WatchedOrder.synced_at,
                    WatchedOrder.next_at <= self.clock.now(),
                ),
            )
            .order_by(Order.id)
            .limit(limit)
        )
        with reading(self.engine) as session:
            return [(row[0], None if row[1] is None else dict(row[1])) for row in session.execute(query)]

    def keep(self, order_id: str, seen: Mapping[str, str], next_at: datetime | None, plans: Sequence[Plan]) -> int:
        """End the look at an order in one transaction: its events planned, what was seen remembered. How many were new.

        It does not wait for the disk: what a loss of power takes, both together, is found again by the next look.
        """
        with writing(self.engine, relaxed=True) as session:
            stamps = session.execute(
                select(Order.synced_at, Shipment.synced_at)
                .outerjoin(Shipment, (Shipment.shop_id == Order.shop_id) & (Shipment.order_id == Order.id))
                .where(Order.shop_id == self.shop_id, Order.id == order_id)
            ).first()
            if stamps is None:
                return 0
            new = plan_in(session, self.shop_id, self.clock.now(), plans)
            values = {"seen": dict(seen), "synced_at": max(stamp for stamp in stamps if stamp is not None), "next_at": next_at}
            insert = upsert(session, WatchedOrder).values(shop_id=self.shop_id, order_id=order_id, **values)
            session.execute(insert.on_conflict_do_update(index_elements=["shop_id", "order_id"], set_=values))
            return new
