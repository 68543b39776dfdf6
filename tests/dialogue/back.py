"""The other side of a talk: colleagues, the warehouse's system and supervisors, at work on the product's own database."""

from __future__ import annotations

from datetime import timedelta
from types import TracebackType
from typing import Any, Self

import httpx

from gateway.settings import Settings
from launch.product import Product
from policy.lifecycle import Lifecycle
from policy.parameters import load_parameters
from shop.approvals import Approval, Approvals
from shop.clock import Clock
from shop.db import make_engine, writing
from shop.models import Order, Parameter, Shipment, Shop
from shop.models.base import new_stamp
from shop.returns import Returns
from shop.ticket_moves import TicketMoves
from shop.tickets import Ticket, Tickets
from tests.dialogue.talk import Talk

SHOP = "demo"


class Back:
    """Their deeds. What they change of orders and parameters is put back at the end."""

    def __init__(self, product: Product) -> None:
        self.settings = Settings.from_env(product.env)
        self.clock = Clock.from_env(product.env)
        self.engine = make_engine(product.env["XIAOER_DATABASE_URL"])
        where = (self.engine, SHOP, self.clock)
        rules = Lifecycle(load_parameters())
        self.tickets, self.moves = Tickets(*where), TicketMoves(*where, rules)
        self.returns, self.approvals = Returns(*where, rules), Approvals(*where, rules)
        self.base_url, self.version = product.base_url, 0
        self._before: list[tuple[type[Order] | type[Shipment], str, str, Any]] = []
        self._set: list[tuple[str, dict[str, Any] | None]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with writing(self.engine) as session:
            for table, order_id, name, value in reversed(self._before):
                setattr(session.get_one(table, (SHOP, order_id)), name, value)
            for name, old in reversed(self._set):
                row = session.get(Parameter, (SHOP, name))
                if row is not None and old is None:
                    session.delete(row)
                elif row is not None and old is not None:
                    row.value = old
            session.get_one(Shop, SHOP).stamp = new_stamp()
        self.engine.dispose()

    # The shop's own facts, otherwise than seeded

    def order_as(self, order_id: str, *, signed_days_ago: int | None = None, **changes: Any) -> None:
        """A seeded order with other columns of its own or of its parcel (yuan, words of the database)."""
        if signed_days_ago is not None:
            changes["signed_at"] = self.clock.now() - timedelta(days=signed_days_ago)
        with writing(self.engine) as session:
            rows: tuple[Order, Shipment] = (session.get_one(Order, (SHOP, order_id)), session.get_one(Shipment, (SHOP, order_id)))
            for name, value in changes.items():
                row = next(each for each in rows if hasattr(each, name))
                self._before.append((type(row), order_id, name, getattr(row, name)))
                setattr(row, name, value)

    def shop_with(self, **parameters: Any) -> None:
        """The shop with other parameters."""
        with writing(self.engine) as session:
            for name, value in parameters.items():
                row = session.get(Parameter, (SHOP, name))
                self._set.append((name, dict(row.value) if row is not None else None))
                if row is None:
                    row = Parameter(shop_id=SHOP, name=name, value={}, updated_at=self.clock.now())
                    session.add(row)
                row.value = {"value": value}
            session.get_one(Shop, SHOP).stamp = new_stamp()

    # Deeds

    def report(self, ticket: str, **step: Any) -> None:
        """The warehouse's system tells a step."""
        self.version += 1
        answer = httpx.put(
            f"{self.base_url}/api/v1/shop/returns/{ticket}",
            json={"version": self.version, **step},
            headers={"Authorization": f"Bearer {self.settings.integration_token.reveal()}"},
            trust_env=False,
        )
        assert answer.status_code == 200, answer.text

    def find(self, ticket: str, finding: str, **fields: str) -> None:
        """A colleague has looked at the photos and enters the finding (`report`, `quote`: the grounds, the page's words)."""
        self.moves.complete(ticket, {"finding": finding, **fields}, self.ticket(ticket).missing, by="a7")

    def accept(self, ticket: str, remedy: str) -> None:
        """A specialist lets the goods come back."""
        self.returns.approve(ticket, remedy=remedy, by="a7", role="agent")

    def asked(self, ticket: str) -> Approval:
        """The newest question to a supervisor about a ticket."""
        return self.approvals.of_ticket(ticket)[0]

    def ticket(self, ticket: str) -> Ticket:
        """A ticket as it is now."""
        found = self.tickets.get(ticket)
        assert found is not None
        return found


def ask(shopper: Talk, ticket: str, text: str | None = None) -> Talk:
    """Ask for progress; of several matters the one with this number."""
    shopper.say(text or f"{ticket} 这个工单处理到哪啦")
    return shopper.click(ticket) if any(ticket in title for title in shopper.titles) else shopper
