"""Tickets and approvals as an agent works on them beside a talk (rules.md §19; tables ``tickets``, ``approvals``).

The tables decide what may happen, the store writes it down, the deed is logged, and the shopper is told in reviewed words.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from gateway import agent_voice as voice
from gateway.agent_ground import ROLES, Ground
from gateway.agent_voice import must_be_sayable, must_not_disturb
from gateway.problems import Problem
from gateway.promises import promise
from gateway.talks import StoredMessage, Talk
from gateway.threads import in_thread
from policy.lifecycle import approval_title
from policy.words import words
from shop.approvals import Approval, Approvals, DecidedAlready, UnknownApproval
from shop.rules import Changed, NotAllowed
from shop.staff import LEADS, Member
from shop.ticket_moves import TicketMoves
from shop.tickets import Ticket, UnknownTicket

APPROVAL = "approval"
ENDS = ("solve", "confirm", "withdraw")
EVENTS = ("assign", "wait", "result", "suspend", "resume", *ENDS, "reopen")
# What is told of a move, and nothing of the others: they are the shop's own business.
TOLD = {"solve": voice.CLOSED, "confirm": voice.CLOSED, "withdraw": voice.WITHDRAWN, "suspend": voice.SUSPENDED, "reopen": voice.REOPENED}


@dataclass(frozen=True)
class Wanted:
    """A change that an agent asks for. ``why``: the reason or how it was solved; ``version``: the one that was read."""

    event: str
    why: str | None = None
    resume_on: date | None = None
    waits_for: str | None = None
    outcome: str | None = None
    to: str | None = None
    version: int | None = None
    tell: bool = True
    confirmed: bool = False


class AgentTickets:
    """Opening, moving and ending tickets; asking for and deciding approvals."""

    def __init__(self, ground: Ground, talk_of: Callable[[str], Talk | None]) -> None:
        self._ground = ground
        self._talk_of = talk_of
        # What a granted approval brings about, by its kind (gateway/agent_orders.py adds the coupon).
        self.on_grant: dict[str, Callable[[Member, Approval, Ticket], tuple[str, dict[str, str | None]]]] = {}

    async def open(
        self, member: Member, talk: Talk, kind: str, question: str, order_id: str | None, *, tell: bool
    ) -> tuple[Ticket, StoredMessage | None]:
        """Open a ticket for this shopper's matter; (it, what was said). 422 for an unknown kind or no words, 404 for a foreign order."""
        must_not_disturb(member, talk)
        if kind not in words()["ticket_kinds"] or kind == APPROVAL:
            raise Problem(422, "ticket-kind", f"{kind!r} is no kind of ticket that is opened here.")
        text = question.strip()
        if not text:
            raise Problem(422, "question", "Say in a few words what it is about.")

        def write() -> Ticket:
            order = self._ground.order_of(talk, order_id) if order_id else None
            made = self._ground.open(member, talk, kind, order, {"text": text}, "tk_01")
            self._log(member, "ticket_open", talk, made.id, {"kind": kind, "new": made.created})
            return made

        ticket = await in_thread(write)
        values = await in_thread(lambda: self._ground.values(ticket, self._ground.rules()))
        said = await self._ground.voice.tell(member, talk.id, voice.OPENED, values, table="tickets", row="tk_01") if tell else None
        self._ground.voice.changed(talk.id)
        return ticket, said

    async def move(self, member: Member, talk: Talk, ticket_id: str, wanted: Wanted) -> tuple[Ticket, StoredMessage | None]:
        """Move a ticket along; (it, what was said). 404, 409 ``ticket-step`` with ``need`` or ``changed``, 422 for bad words."""
        must_not_disturb(member, talk)
        before = await in_thread(self._ground.ticket_of, talk, ticket_id)
        rules_broken: list[str] = []
        if wanted.event == "suspend" and wanted.tell and wanted.why:
            rules_broken = must_be_sayable(wanted.why, confirmed=wanted.confirmed)

        def write() -> Ticket:
            moved = self._moved(member, before, wanted)
            payload = {"from": before.state, "to": moved.state, **({"overruled": rules_broken} if rules_broken else {})}
            self._log(member, f"ticket_{wanted.event}", talk, moved.id, payload)
            return moved

        ticket = await in_thread(write)
        said = None
        if wanted.tell and wanted.event in TOLD:
            values = await in_thread(lambda: self._ground.values(ticket, self._ground.rules()))
            row = await in_thread(lambda: self._ground.tickets.history(ticket.id)[-1].row)
            said = await self._ground.voice.tell(
                member, talk.id, TOLD[wanted.event], {**values, "report": wanted.why}, table="tickets", row=row
            )
        self._ground.voice.changed(talk.id)
        return ticket, said

    def _moved(self, member: Member, ticket: Ticket, wanted: Wanted) -> Ticket:
        rules = self._ground.rules()
        moves = TicketMoves(*self._ground.where, rules)
        who: dict[str, Any] = {"by": member.id, "role": ROLES[member.role], "version": wanted.version}
        why = (wanted.why or "").strip() or None
        try:
            if wanted.event == "assign":
                return moves.assign(ticket.id, wanted.to or member.id, **who)
            if wanted.event == "wait":
                return moves.wait(ticket.id, wanted.waits_for or "", why=why, **who)
            if wanted.event == "result":
                return moves.result(ticket.id, why or "", **who)
            if wanted.event == "suspend":
                return moves.suspend(ticket.id, why or "", wanted.resume_on, **who)
            if wanted.event == "resume":
                return moves.resume(ticket.id, why=why, **who)
            if wanted.event == "reopen":
                due = promise(ticket.kind, self._ground.shop.shop(), rules, self._ground.clock)
                return moves.reopen(ticket.id, why or "", due_at=due, **who)
            return moves.close(ticket.id, how=wanted.event, why=why, outcome=wanted.outcome, **who)
        except UnknownTicket:
            raise Problem(404, "not-found", "This shopper has no such ticket.") from None
        except NotAllowed as error:
            raise Problem(409, "ticket-step", f"{error}.", need=error.need, row=error.row) from None
        except Changed as error:
            raise Problem(409, "changed", f"{error}.", found=error.found) from None
        except ValueError as error:
            raise Problem(422, "ticket", str(error)) from None

    async def ask(
        self, member: Member, talk: Talk, kind: str, amount: Decimal | None, reason: str, order_id: str | None, *, tell: bool
    ) -> tuple[Approval, StoredMessage | None]:
        """Ask a supervisor to decide; (the question, what was said). The same question of a talk is asked once."""
        must_not_disturb(member, talk)
        if kind not in words()["approval_kinds"]:
            raise Problem(422, "approval-kind", f"{kind!r} is no kind of approval.")
        if not reason.strip():
            raise Problem(422, "reason", "Say why it should be granted.")

        def write() -> Approval:
            return self.ask_now(member, talk, kind, amount, reason.strip(), {}, order_id)

        asked = await in_thread(write)
        return asked, await self.tell_asked(member, talk, asked) if tell else None

    def ask_now(
        self, member: Member, talk: Talk, kind: str, amount: Decimal | None, reason: str, fields: dict[str, Any], order_id: str | None
    ) -> Approval:
        """Store the question with its reason and ticket and log it (for a thread)."""
        order = self._ground.order_of(talk, order_id) if order_id else None
        told = {"approval": kind, "amount": str(amount) if amount is not None else None, "question": approval_title(kind, amount)}
        ticket = self._ground.open(member, talk, APPROVAL, order, {**fields, **told}, "cl_03", "high")
        try:
            asked = Approvals(*self._ground.where, self._ground.rules()).ask(
                ticket.id,
                kind,
                amount,
                order_id=order_id,
                row="cl_03",
                due_at=ticket.due_at,
                by=member.id,
                role=ROLES[member.role],
                why=reason,
            )
        except NotAllowed as error:
            raise Problem(409, "ticket-step", f"{error}.", need=error.need, row=error.row) from None
        self._log(member, "approval_ask", talk, asked.id, {"kind": kind, "amount": told["amount"]})
        return asked

    async def tell_asked(self, member: Member, talk: Talk, asked: Approval) -> StoredMessage | None:
        """Tell the shopper that a supervisor was asked, and until when the answer comes."""
        ticket = await in_thread(self._ground.tickets.get, asked.ticket_id)
        assert ticket is not None  # asked a moment ago
        values = await in_thread(lambda: self._ground.values(ticket, self._ground.rules()))
        title = approval_title(asked.kind, asked.amount)
        said = await self._ground.voice.tell(
            member, talk.id, voice.ASKED, {**values, "question": title}, table="compensation", row=asked.row
        )
        self._ground.voice.changed(talk.id)
        return said

    def visible(self, member: Member, approval: Approval, ticket: Ticket | None) -> bool:
        """Whether a member may see an approval: leads all, agents those of a talk they have now and those they asked for themselves."""
        if member.role in LEADS or approval.asked_by == member.id:
            return True
        talk = self._talk_of(ticket.conversation_id) if ticket is not None and ticket.conversation_id else None
        return talk is not None and talk.owner == f"agent:{member.id}"

    async def decide(
        self, member: Member, approval_id: str, grant: bool, reason: str | None, version: int | None, *, tell: bool, confirmed: bool
    ) -> tuple[Approval, StoredMessage | None]:
        """Grant or refuse; (the approval, what was said). 404, 403 ``authority`` with ``need``, 409 ``decided`` or ``changed``, 422.

        The reason of a refusal is said to the shopper, so it is checked like any words of an agent.
        """
        approvals = Approvals(*self._ground.where, self._ground.rules())

        def read() -> tuple[Approval, Ticket]:
            found = approvals.get(approval_id)
            ticket = self._ground.tickets.get(found.ticket_id) if found is not None else None
            if found is None or ticket is None or not self.visible(member, found, ticket):
                raise Problem(404, "not-found", "There is no such approval.")
            return found, ticket

        _, ticket = await in_thread(read)
        why = (reason or "").strip()
        if not grant and not why:
            raise Problem(422, "reason", "A refusal needs its reason.")
        broken = must_be_sayable(why, confirmed=confirmed) if not grant and tell else []

        def write() -> tuple[Approval, str, dict[str, str | None]]:
            decided = self._decided(approvals, member, approval_id, grant, why or None, version)
            payload = {"kind": decided.kind, "amount": str(decided.amount) if decided.amount is not None else None}
            kind = "approval_grant" if grant else "approval_refuse"
            talk = self._talk_of(ticket.conversation_id) if ticket.conversation_id else None
            self._log(member, kind, talk, decided.id, {**payload, **({"overruled": broken} if broken else {})})
            return decided, *self._outcome(member, decided, ticket, why, grant)

        decided, name, values = await in_thread(write)
        said = (
            await self._ground.voice.tell(member, ticket.conversation_id, name, values, table="compensation", row=decided.row)
            if tell
            else None
        )
        self._ground.voice.changed(ticket.conversation_id)
        return decided, said

    def _decided(
        self, approvals: Approvals, member: Member, approval_id: str, grant: bool, why: str | None, version: int | None
    ) -> Approval:
        who: dict[str, Any] = {"by": member.id, "role": ROLES[member.role], "version": version}
        try:
            return approvals.grant(approval_id, reason=why, **who) if grant else approvals.refuse(approval_id, reason=why or "", **who)
        except UnknownApproval:
            raise Problem(404, "not-found", "There is no such approval.") from None
        except DecidedAlready as error:
            raise Problem(409, "decided", f"{error}.") from None
        except Changed as error:
            raise Problem(409, "changed", f"{error}.", found=error.found) from None
        except NotAllowed as error:
            raise Problem(403, "authority", f"{error}.", need=error.need, row=error.row) from None

    def _outcome(self, member: Member, decided: Approval, ticket: Ticket, why: str, grant: bool) -> tuple[str, dict[str, str | None]]:
        """What is said of a decision. A promise that has passed is made anew and written on the ticket before it is told."""
        rules, now = self._ground.rules(), self._ground.clock.now()
        if grant and decided.kind in self.on_grant:
            return self.on_grant[decided.kind](member, decided, ticket)
        current = self._ground.tickets.get(ticket.id) or ticket
        if grant and current.state != "closed" and (current.due_at is None or current.due_at <= now):
            due = promise(current.kind, self._ground.shop.shop(), rules, self._ground.clock)
            if due is not None:
                current = TicketMoves(*self._ground.where, rules).late(current.id, due, by=member.id, role=ROLES[member.role])
        values = self._ground.values(current, rules)
        return (voice.GRANTED if grant else voice.REFUSED), {
            **values,
            "question": approval_title(decided.kind, decided.amount),
            "report": why or None,
        }

    def _log(self, member: Member, kind: str, talk: Talk | None, ref: str, payload: dict[str, Any]) -> None:
        self._ground.deeds.log(member.id, kind, conversation_id=talk.id if talk else None, ref=ref, payload=payload)
