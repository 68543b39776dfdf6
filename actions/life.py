"""After-sales life as a turn uses it: tickets and what hangs on them with the shop's tables, effects, approvals.

Nothing here writes in a dry run.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from policy.lifecycle import Lifecycle, approval_title
from shop.approvals import Approvals
from shop.effects import Effects
from shop.hours import due_in, open_from
from shop.returns import REMEDIES, Returns
from shop.rules import NotAllowed
from shop.ticket_moves import TicketMoves
from shop.tickets import Ticket, Tickets

if TYPE_CHECKING:
    from actions.turn import Turn
    from policy.facts import OrderFacts

log = logging.getLogger(__name__)

APPROVAL = "approval"
FACT = "fact"
# What goods come back for: by the wish, else by the kind of the ticket. Another piece in place of one that comes back is an exchange.
REMEDY_OF = {
    **{wish: wish for wish in REMEDIES},
    "reship": "exchange",
    "return": "return_refund",
    "repair": "repair_return",
}


class Life:
    """The services of one turn. Made by ``Turn.life``."""

    def __init__(self, turn: Turn) -> None:
        self.turn = turn
        self._where = (turn.context.engine, turn.shop_id, turn.context.clock)

    @cached_property
    def rules(self) -> Lifecycle:
        """The tables with this shop's parameters."""
        return Lifecycle(self.turn.parameters)

    @cached_property
    def tickets(self) -> Tickets:
        """Opened, found, listed."""
        return Tickets(*self._where)

    @cached_property
    def moves(self) -> TicketMoves:
        """Moved along."""
        return TicketMoves(*self._where, self.rules)

    @cached_property
    def returns(self) -> Returns:
        """Goods on their way back."""
        return Returns(*self._where, self.rules)

    @cached_property
    def approvals(self) -> Approvals:
        """What a supervisor decides."""
        return Approvals(*self._where, self.rules)

    @cached_property
    def effects(self) -> Effects:
        """Deeds."""
        return Effects(*self._where)

    def new_ticket(self, kind: str, fields: Mapping[str, Any], order: OrderFacts | None) -> dict[str, Any]:
        """What a new ticket is stored with by the tables: the fields it lacks (rf_*), whom it waits for, the shop's own aims of time."""
        known = order is not None and order.customer_id is not None
        minutes, hours = self.rules.contact_minutes(kind), self.rules.solve_hours(kind)
        opening, now = self.turn.shop.opening_hours, self.turn.now
        return {
            "missing": self.rules.missing(kind, fields, order=order is not None, customer=known or self.turn.customer_id is not None),
            "waits_for": self.rules.waits_for(kind),
            "contact_due_at": open_from(opening, now) + timedelta(minutes=minutes) if minutes is not None else None,
            "solve_due_at": due_in(opening, now, hours) if hours is not None else None,
        }

    def expect_goods(self, ticket_id: str, kind: str, wish: object = None) -> None:
        """The shop expects goods back on this ticket (rs_01): for the shopper's wish, or for what its kind is named after."""
        if not self.turn.dry_run:
            self.returns.approve(ticket_id, remedy=REMEDY_OF.get(str(wish), REMEDY_OF.get(kind, "return_refund")))

    def register_parcel(self, ticket: Ticket, number: str) -> str | None:
        """The parcel that comes back has this number (rf_03); the effect that lets it be said, None in a dry run."""
        if self.turn.dry_run:
            return None
        if self.returns.get(ticket.id) is None:
            self.expect_goods(ticket.id, ticket.kind, ticket.fields.get("remedy"))
        try:
            self.returns.sent_back(ticket.id, number)
        except NotAllowed as stopped:
            # It arrived before its number was told.
            log.info("%s", stopped)
            self.tickets.add_note(ticket.id, number, author="shopper")
        return self.effect("return_send_back", ticket.id)

    def effect(self, kind: str | None, *refs: str | None) -> str | None:
        """The id of the newest effect of a kind on one of these tickets or orders, if that deed is done."""
        if kind in (None, FACT) or self.turn.dry_run:
            return None
        found = [self.effects.latest(str(kind), ref) for ref in refs if ref]
        return next((effect.id for effect in found if effect is not None and effect.state == "done"), None)

    def witness(self, kind: str, ref: str, seen: str) -> None:
        """Store a deed that the shop's own data show as done (a scan, a ticket's outcome), once."""
        if not self.turn.dry_run and self.effect(kind, ref) is None:
            self.effects.record(kind, ref=ref, conversation_id=self.turn.conversation_id, payload={"seen": seen})

    def done(self, kind: str, effect_id: str | None, values: Mapping[str, Any]) -> bool:
        """Whether the effect may be spoken of: stored as done, of this kind, and about what the answer names (or this talk)."""
        if effect_id is None or self.turn.dry_run:
            return False
        found = self.effects.get(effect_id)
        if found is None or found.state != "done" or found.kind != kind:
            return False
        return found.conversation_id == self.turn.conversation_id or found.ref in {str(value) for value in values.values()}

    def withdraw(self, ticket_id: str) -> None:
        """Close a ticket whose wish the shopper took back, with the shopper's words."""
        found = None if self.turn.dry_run else self.tickets.get(ticket_id)
        if found is not None and found.state != "closed":
            self.tickets.add_note(ticket_id, self.turn.text[:200], author="shopper")
            self.moves.close(ticket_id, by="shopper", role="shopper", how="withdraw", why=self.turn.text[:200])

    def ask_approval(
        self, kind: str, amount: Decimal | None, order: OrderFacts | None, row: str | None, fields: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Ask a supervisor about a sum or decision above the bot's authority; the values an answer speaks it with."""
        title = approval_title(kind, amount)
        asked = {**fields, "approval": kind, "amount": str(amount) if amount is not None else None, "question": title}
        ticket_id, spoken = self.turn.open_ticket(APPROVAL, order=order, row=row, fields=asked, priority="high")
        self.ask_about(ticket_id, kind, amount, order, row)
        return {**spoken, "question": title}

    def ask_about(self, ticket_id: str, kind: str, amount: Decimal | None, order: OrderFacts | None, row: str | None) -> None:
        """Ask a supervisor about a ticket that is open already; it waits for that answer, until its own promised time."""
        if self.turn.dry_run:
            return
        found = self.tickets.get(ticket_id)
        due = found.due_at if found is not None and found.due_at is not None else self.turn.deadline(APPROVAL)
        try:
            self.approvals.ask(ticket_id, kind, amount, order_id=order.order_id if order else None, row=row, due_at=due)
        except NotAllowed as stopped:
            # A suspended ticket: whoever takes it up again sees in its fields that a supervisor decides.
            log.warning("%s", stopped)

    def promise_again(self, ticket_id: str) -> tuple[datetime, str | None]:
        """A promised time has passed (cd_04): the new one, within people's hours, and the effect of the ticket going before others."""
        promise = due_in(self.turn.shop.opening_hours, self.turn.now, float(str(self.turn.parameters["late_promise_h"])))
        if self.turn.dry_run:
            return promise, None
        try:
            self.moves.late(ticket_id, promise)
        except NotAllowed as stopped:
            log.warning("%s", stopped)
            return promise, None
        effect = self.effects.record("ticket_first", ref=ticket_id, conversation_id=self.turn.conversation_id)
        return promise, effect
