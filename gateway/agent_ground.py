"""What every deed of an agent beside a talk stands on: the shop's facts, its tables as they are now, the log, the voice."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine

from gateway.agent_voice import Voice
from gateway.cards import Cards
from gateway.problems import Problem
from gateway.promises import new_ticket, promise, spoken
from gateway.talks import Talk
from policy.facts import OrderFacts
from policy.lifecycle import Lifecycle, kind_of
from policy.parameters import load_parameters
from policy.words import team_of
from shop.catalogue import ShopRepository
from shop.clock import Clock
from shop.deeds import Deeds
from shop.staff import Member, Role
from shop.tickets import Ticket, Tickets
from shop.workdays import speak_date

# What the tables of after-sales life call our roles; the administrator is the head of the shop (003 §三).
ROLES: dict[Role, str] = {"agent": "agent", "supervisor": "supervisor", "admin": "manager"}


class Ground:
    """One shop's ground. Its methods are synchronous: for a thread."""

    def __init__(self, database: Engine, shop: ShopRepository, clock: Clock, deeds: Deeds, said: Voice, cards: Cards) -> None:
        self.database = database
        self.shop = shop
        self.clock = clock
        self.deeds = deeds
        self.voice = said
        self.cards = cards
        self.where = (database, shop.shop_id, clock)
        self.tickets = Tickets(*self.where)

    def rules(self) -> Lifecycle:
        """The tables with this shop's parameters of now."""
        return Lifecycle(load_parameters(self.shop.parameters(), self.clock.now()))

    def ticket_of(self, talk: Talk, ticket_id: str) -> Ticket:
        """A ticket of this talk's shopper. 404 for another's and for none."""
        found = self.tickets.get(ticket_id)
        theirs = found is not None and (
            found.conversation_id == talk.id or (talk.customer_id is not None and found.customer_id == talk.customer_id)
        )
        if found is None or not theirs:
            raise Problem(404, "not-found", "This shopper has no such ticket.")
        return found

    def order_of(self, talk: Talk, order_id: str) -> OrderFacts:
        """An order that this talk's shopper has shown to be theirs. 404 for another's and for none."""
        found = next((order for order in self.cards.visible(talk) if order.order_id == order_id), None)
        if found is None:
            raise Problem(404, "not-found", "This shopper has no such order.")
        return found

    def values(self, ticket: Ticket, rules: Lifecycle) -> dict[str, str | None]:
        """What the responses name of a ticket."""
        now = self.clock.now()
        return {
            "ticket": ticket.id,
            "question": kind_of(ticket.kind).word,
            "team": team_of(ticket.kind)[0],
            "deadline": spoken(ticket.kind, ticket.due_at, rules, now),
            "until": speak_date(ticket.resume_on) if ticket.resume_on else None,
        }

    def open(
        self, member: Member, talk: Talk, kind: str, order: OrderFacts | None, fields: dict[str, Any], row: str, priority: str = "normal"
    ) -> Ticket:
        """Open a ticket of this shopper, or find the open one of the same talk, order and kind."""
        rules, facts = self.rules(), self.shop.shop()
        return self.tickets.open(
            kind,
            conversation_id=talk.id,
            order_id=order.order_id if order else None,
            customer_id=talk.customer_id,
            row=row,
            fields=fields,
            due_at=promise(kind, facts, rules, self.clock),
            priority=priority,
            by=member.id,
            **new_ticket(
                kind,
                fields,
                facts,
                rules,
                self.clock.now(),
                order=order is not None,
                customer=talk.customer_id is not None or order is not None,
            ),
        )
