"""Consent to marketing (decisions.md 9; rules.md fv_06): a yes is stored only when the shopper said it, a no at any time."""

from __future__ import annotations

from typing import Literal, cast

from sqlalchemy import Engine

from shop.clock import Clock
from shop.db import reading, writing
from shop.models import Consent

Word = Literal["given", "refused", "none"]


def subject(customer_id: str | None, conversation_id: str) -> str:
    """Whose consent it is: the customer's, or that of an anonymous talk."""
    return f"customer:{customer_id}" if customer_id else f"talk:{conversation_id}"


class Consents:
    """The consents of one shop. Safe to share between threads."""

    def __init__(self, engine: Engine, shop_id: str, clock: Clock) -> None:
        self.engine = engine
        self.shop_id = shop_id
        self.clock = clock

    def word(self, customer_id: str | None, conversation_id: str | None) -> Word:
        """given, refused, or none when nobody was asked."""
        with reading(self.engine) as session:
            row = session.get(Consent, (self.shop_id, subject(customer_id, conversation_id or "")))
        return cast(Word, row.state) if row is not None else "none"

    def set(self, state: Literal["given", "refused"], *, customer_id: str | None, conversation_id: str, answer: str) -> None:
        """Store what the shopper pressed or typed (``answer``). ValueError for another state."""
        if state not in ("given", "refused"):
            raise ValueError(f"{state!r} is no consent: given or refused")
        values = {"state": state, "conversation_id": conversation_id, "answer": answer[:255], "at": self.clock.now()}
        with writing(self.engine) as session:
            whose = subject(customer_id, conversation_id)
            row = session.get(Consent, (self.shop_id, whose))
            if row is None:
                session.add(Consent(shop_id=self.shop_id, subject=whose, **values))
            else:
                for name, value in values.items():
                    setattr(row, name, value)
