"""Flags and notes that staff put on orders (备注插旗): five colours, the newest counts, the former ones stay readable."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from sqlalchemy import Engine, func, select

from shop.clock import Clock
from shop.counters import hold
from shop.db import reading, writing
from shop.models import Order, OrderFlagRow
from shop.rules import agree

Colour = Literal["none", "red", "yellow", "green", "blue", "purple"]
COLOURS: tuple[Colour, ...] = ("none", "red", "yellow", "green", "blue", "purple")
LONGEST = 500


@dataclass(frozen=True)
class OrderFlag:
    """What is on an order: ``version`` is 0 while nobody put anything on it."""

    order_id: str
    flag: Colour
    note: str
    staff_id: str | None
    at: datetime | None
    version: int


class OrderFlags:
    """The flags of one shop. Safe to share between threads; every change is committed when the call returns."""

    def __init__(self, engine: Engine, shop_id: str, clock: Clock) -> None:
        self.engine = engine
        self.shop_id = shop_id
        self.clock = clock

    def of(self, order_ids: Collection[str]) -> dict[str, OrderFlag]:
        """The flags that count of these orders, by order; orders without any are left out."""
        newest = (
            select(OrderFlagRow.order_id, func.max(OrderFlagRow.seq).label("seq"))
            .where(OrderFlagRow.shop_id == self.shop_id, OrderFlagRow.order_id.in_(order_ids))
            .group_by(OrderFlagRow.order_id)
            .subquery()
        )
        query = select(OrderFlagRow).join(
            newest,
            (OrderFlagRow.order_id == newest.c.order_id) & (OrderFlagRow.seq == newest.c.seq) & (OrderFlagRow.shop_id == self.shop_id),
        )
        with reading(self.engine) as session:
            return {row.order_id: _flag(row) for row in session.scalars(query)}

    def history(self, order_id: str) -> list[OrderFlag]:
        """Everything that was ever put on an order, newest first."""
        query = select(OrderFlagRow).where(OrderFlagRow.shop_id == self.shop_id, OrderFlagRow.order_id == order_id)
        with reading(self.engine) as session:
            return [_flag(row) for row in session.scalars(query.order_by(OrderFlagRow.seq.desc()))]

    def put(self, order_id: str, flag: str, note: str, *, by: str, version: int | None = None) -> OrderFlag:
        """Put a flag and note on an order in place of the former; the same again changes nothing.

        Raises:
            ValueError: no such colour, or the note is longer than ``LONGEST`` characters.
            LookupError: the shop has no such order.
            Changed: ``version`` is not the one that counts now (somebody was faster).
        """
        kept = note.strip()
        if flag not in COLOURS:
            raise ValueError(f"{flag!r} is no flag: {', '.join(COLOURS)}")
        if len(kept) > LONGEST:
            raise ValueError(f"a note on an order has at most {LONGEST} characters, this one {len(kept)}")
        with writing(self.engine) as session:
            # Two who flag at once come one after the other, so that the second is told.
            hold(session, self.shop_id, "order_flags")
            if session.get(Order, (self.shop_id, order_id)) is None:
                raise LookupError(f"there is no order {order_id}")
            mine = (OrderFlagRow.shop_id == self.shop_id, OrderFlagRow.order_id == order_id)
            old = session.scalar(select(OrderFlagRow).where(*mine).order_by(OrderFlagRow.seq.desc()).limit(1))
            last = old.seq if old is not None else 0
            agree(f"the flag of order {order_id}", version, last)
            if old is not None and (old.flag, old.note) == (flag, kept):
                return _flag(old)
            row = OrderFlagRow(
                shop_id=self.shop_id, order_id=order_id, seq=last + 1, flag=flag, note=kept, staff_id=by, at=self.clock.now()
            )
            session.add(row)
            return _flag(row)


def _flag(row: OrderFlagRow) -> OrderFlag:
    return OrderFlag(row.order_id, cast(Colour, row.flag), row.note, row.staff_id, row.at, row.seq)
