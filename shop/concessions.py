"""What was given in bargaining, counted per product over 24 hours by talk and, for a signed-in shopper, across talks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine, or_, select
from sqlalchemy.orm import Session

from shop.clock import Clock
from shop.counters import hold
from shop.db import reading, writing
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
    ) -> str | None:
        """Store a concession (``kind``: gift | coupon, ``ref``: which) and return its id.

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
