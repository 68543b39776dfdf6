"""What was given in bargaining, counted per product over 24 hours by talk and, for a signed-in shopper, across talks."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine, or_, select
from sqlalchemy.orm import Session

from shop.clock import Clock
from shop.counters import hold
from shop.db import reading, writing
from shop.given import BOT, give_concession
from shop.models import Concession


class Concessions:
    """The concessions of one shop. Safe to share between threads."""

    def __init__(self, engine: Engine, shop_id: str, clock: Clock) -> None:
        self.engine = engine
        self.shop_id = shop_id
        self.clock = clock

    def given(self, *, customer_id: str | None, conversation_id: str, product_id: str, within_hours: int = 24) -> list[str]:
        """The kinds given for a product within the last hours, oldest first: in this talk, or to this customer in any talk."""
        with reading(self.engine) as session:
            return self._given(session, customer_id, conversation_id, product_id, within_hours)

    def gifts(self, *, customer_id: str, product_id: str, since: datetime, until: datetime) -> list[str]:
        """The gifts conceded to a customer for a product between two instants (aware), oldest first: names of the shop's list."""
        query = select(Concession.kind).where(
            Concession.shop_id == self.shop_id,
            Concession.customer_id == customer_id,
            Concession.product_id == product_id,
            Concession.kind.startswith("gift:"),
            Concession.at >= since,
            Concession.at <= until,
        )
        with reading(self.engine) as session:
            return [kind.removeprefix("gift:") for kind in session.scalars(query.order_by(Concession.at, Concession.id))]

    def record(
        self,
        *,
        customer_id: str | None,
        conversation_id: str,
        product_id: str,
        kind: str,
        ref: str | None = None,
        limit: int | None = None,
        within_hours: int = 24,
        row: str | None = None,
        by: str = BOT,
    ) -> str | None:
        """Store a concession (``kind``: gift | coupon, ``ref``: which) and return its id; with it, that it was ``given`` (shop/given.py).

        ``row`` of the table bargaining it rests on, ``by`` whom: the bot or a member of the staff.

        With a ``limit``, None is returned and nothing stored when so many were given within the last hours: counted in the
        same transaction, so two talks at once do not get one more.
        """
        with writing(self.engine) as session:
            if limit is not None:
                hold(session, self.shop_id, "concessions")
                if len(self._given(session, customer_id, conversation_id, product_id, within_hours)) >= limit:
                    return None
            made = Concession(
                shop_id=self.shop_id,
                id=uuid4().hex,
                conversation_id=conversation_id,
                customer_id=customer_id,
                product_id=product_id,
                kind=kind,
                ref=ref,
                at=self.clock.now(),
            )
            session.add(made)
            give_concession(session, self.shop_id, made.at, kind, row=row, by=by, talk=conversation_id, ref=made.id)
            return made.id

    def _given(self, session: Session, customer_id: str | None, conversation_id: str, product_id: str, hours: int) -> list[str]:
        whose: Any = Concession.conversation_id == conversation_id
        if customer_id is not None:
            whose = or_(whose, Concession.customer_id == customer_id)
        query = select(Concession.kind).where(
            Concession.shop_id == self.shop_id,
            whose,
            Concession.product_id == product_id,
            Concession.at > self.clock.now() - timedelta(hours=hours),
        )
        return list(session.scalars(query.order_by(Concession.at, Concession.id)))
