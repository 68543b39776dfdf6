"""What an agent does with a shopper's order beside a talk: a flag with a note, more time to confirm, a card, a coupon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gateway import agent_voice as voice
from gateway.agent_ground import ROLES, Ground
from gateway.agent_tickets import AgentTickets
from gateway.agent_voice import must_hold, must_not_disturb
from gateway.cards import Made
from gateway.problems import Problem
from gateway.talks import StoredMessage, Talk
from gateway.threads import in_thread
from policy import bargaining
from policy.facts import Coupon, OrderFacts, ProductFacts
from policy.lifecycle import kind_of
from policy.logistics import last_scan
from policy.words import word
from shop.approvals import Approval
from shop.concessions import Concessions
from shop.order_flags import OrderFlag, OrderFlags
from shop.rules import Changed, NotAllowed
from shop.staff import Member
from shop.ticket_moves import TicketMoves
from shop.tickets import Ticket
from shop.workdays import speak_time

EXTEND = "extend_receipt"
COUPON = "coupon"
CardKind = Literal["order", "timeline", "progress"]


@dataclass(frozen=True)
class Giveable:
    """A coupon that could be given for the product that is spoken of; ``may``: by this member alone, else ``need`` says by whom."""

    coupon: Coupon
    may: bool
    need: str


class AgentOrders:
    """The deeds of one shop's agents on orders."""

    def __init__(self, ground: Ground, tickets: AgentTickets) -> None:
        self._ground = ground
        self._tickets = tickets
        self.flags = OrderFlags(*ground.where)
        self._concessions = Concessions(*ground.where)
        tickets.on_grant[COUPON] = self._coupon_granted

    # Flags

    async def flag(self, member: Member, talk: Talk, order_id: str, flag: str, note: str, version: int | None) -> OrderFlag:
        """Put a flag and note on an order. 404, 409 ``changed`` when a colleague was faster, 422 for a bad flag or a long note."""

        def write() -> OrderFlag:
            order = self._ground.order_of(talk, order_id)
            before = self.flags.of([order_id]).get(order_id)
            try:
                put = self.flags.put(order_id, flag, note, by=member.id, version=version)
            except Changed as error:
                raise Problem(409, "changed", f"{error}.", found=error.found) from None
            except ValueError as error:
                raise Problem(422, "flag", str(error)) from None
            # The log keeps the order by its last digits, as people speak of it; the number itself stays with the flag.
            payload = {"from": before.flag if before else "none", "to": put.flag}
            self._ground.deeds.log(member.id, "order_flag", conversation_id=talk.id, ref=_tail(order), payload=payload)
            return put

        put = await in_thread(write)
        self._ground.voice.changed(talk.id)
        return put

    def history(self, talk: Talk, order_id: str) -> list[OrderFlag]:
        """Every flag that an order of this shopper ever had, newest first. 404 for a foreign order."""
        return self.flags.history(self._ground.order_of(talk, order_id).order_id)

    # More time before the order confirms itself

    def extended(self, order_id: str) -> int:
        """Days that an order was given in all so far."""
        done = (one for one in self._ground.tickets.of_order(order_id) if one.kind == EXTEND and one.fields.get("outcome") == "done")
        return sum(int(one.fields.get("days") or 0) for one in done)

    async def extend(
        self, member: Member, talk: Talk, order_id: str, days: int, *, done: bool, so_far: int | None, tell: bool
    ) -> tuple[Ticket, StoredMessage | None]:
        """Extend the time of an order; (its ticket, what was said).

        ``done``: the agent has done it in the shop's own system, so it is stored and told as done; else the colleagues who do it get
        a ticket and the shopper hears until when. 403 ``authority`` and 409 ``extension`` with ``need`` when the table says no.
        """
        must_not_disturb(member, talk)

        def write() -> Ticket:
            order = self._ground.order_of(talk, order_id)
            before = self.extended(order_id)
            if so_far is not None and so_far != before:
                raise Problem(409, "changed", f"This order was given {before} days so far, not {so_far}: read it again.", found=before)
            may, need = self._ground.rules().extension(role=ROLES[member.role], state=order.state, days=before + days)
            if not may and need == "supervisor":
                raise Problem(403, "authority", f"{days} days more are above what the role {member.role} may give.", need=need)
            if not may:
                raise Problem(409, "extension", "This order cannot be given so many days more.", need=need)
            ticket = self._ground.open(member, talk, EXTEND, order, {"days": days}, "ls_19")
            if done:
                moves = TicketMoves(*self._ground.where, self._ground.rules())
                try:
                    ticket = moves.close(
                        ticket.id, how="solve", why=f"extended by {days} days", outcome="done", by=member.id, role=ROLES[member.role]
                    )
                except NotAllowed as error:
                    raise Problem(409, "ticket-step", f"{error}.", need=error.need, row=error.row) from None
            kind = "receipt_extend" if done else "receipt_ask"
            self._ground.deeds.log(member.id, kind, conversation_id=talk.id, ref=ticket.id, payload={"days": days})
            return ticket

        ticket = await in_thread(write)
        said = None
        if tell:
            values = await in_thread(lambda: self._ground.values(ticket, self._ground.rules()))
            name = voice.EXTENDED if done else voice.EXTENSION_ASKED
            said = await self._ground.voice.tell(
                member, talk.id, name, {**values, "order_id": order_id, "days": str(days)}, table="receipt_extension", row="xr_05"
            )
        self._ground.voice.changed(talk.id)
        return ticket, said

    # Cards

    async def card(self, member: Member, talk: Talk, kind: CardKind, about: str) -> StoredMessage | None:
        """Send a card of an order, its parcel's journey, or a return's progress; the text says the same without it.

        404 when it is not this shopper's, 422 when there is nothing to draw (no scan yet).
        """
        must_hold(member, talk)
        name, values, made = await in_thread(self._drawn, talk, kind, about)
        said = await self._ground.voice.tell(member, talk.id, name, values, card=made.card)
        await in_thread(lambda: self._ground.deeds.log(member.id, "card", conversation_id=talk.id, ref=kind))
        return said

    def _drawn(self, talk: Talk, kind: CardKind, about: str) -> tuple[str, dict[str, str | None], Made]:
        if kind == "progress":
            ticket = self._ground.ticket_of(talk, about)
            made = self._ground.cards.of_reply(talk, {"kind": kind, "id": about}, ())
            if made is None:
                raise Problem(422, "no-card", "No goods are on their way back for this ticket.")
            reached = [step["title"] for step in made.card["steps"] if step["state"] == "done"]
            return voice.CARD_PROGRESS, {"ticket": ticket.id, "question": kind_of(ticket.kind).word, "state": reached[-1]}, made
        order = self._ground.order_of(talk, about)
        state = word("states", order.state) or order.state
        values: dict[str, str | None] = {"order_id": order.order_id, "product": order.product.name, "state": state}
        if kind == "order":
            return voice.CARD_ORDER, values, self._ground.cards.order(order)
        made, last = self._ground.cards.of_reply(talk, {"kind": kind, "id": about}, ()), last_scan(order)
        if made is None or last is None:
            raise Problem(422, "no-card", "There is no scan of this parcel yet.")
        return voice.CARD_PARCEL, {**values, "last_scan": speak_time(last.at, self._ground.clock.now())}, made

    # Coupons

    def product(self, talk: Talk, product_id: str | None) -> ProductFacts | None:
        """The product that is spoken of in a talk."""
        return self._ground.shop.product(product_id) if product_id else None

    def giveable(self, member: Member, talk: Talk, product: ProductFacts) -> list[Giveable]:
        """The shop's coupons that fit this product and were not given for it lately, with who may give them."""
        rules, given = self._ground.rules(), self._given(talk, product)
        found = []
        for one in bargaining.coupons(product, self._ground.shop.shop(), given=given):
            may, need = rules.approval(role=ROLES[member.role], kind=COUPON, amount=one.amount)
            found.append(Giveable(one, may, need))
        return sorted(found, key=lambda each: (each.coupon.amount, each.coupon.code))

    def _given(self, talk: Talk, product: ProductFacts) -> list[str]:
        hours = int(str(self._ground.rules().parameters["concession_window_hours"]))
        return self._concessions.given(
            customer_id=talk.customer_id, conversation_id=talk.id, product_id=product.product_id, within_hours=hours
        )

    async def coupon(self, member: Member, talk: Talk, code: str, product_id: str, reason: str | None) -> tuple[str, StoredMessage | None]:
        """Give a coupon for a product; ("given" or "asked", what was said).

        Above the member's authority a supervisor is asked when a ``reason`` is there, else 403 ``authority`` with ``need``.
        404 no such product, 409 ``coupon`` when it does not fit or was given, or as many as the shop gives were.
        """
        must_hold(member, talk)

        def choose() -> tuple[ProductFacts, Giveable]:
            product = self.product(talk, product_id)
            if product is None:
                raise Problem(404, "not-found", "There is no such product.")
            one = next((each for each in self.giveable(member, talk, product) if each.coupon.code == code), None)
            if one is None:
                raise Problem(409, "coupon", "This coupon does not fit this product, or was given for it already.")
            return product, one

        product, one = await in_thread(choose)
        if not one.may:
            if not (reason or "").strip():
                raise Problem(403, "authority", f"This coupon is above what the role {member.role} may give.", need=one.need)
            fields = {"coupon": code, "product": product.product_id}
            asked = await in_thread(
                lambda: self._tickets.ask_now(member, talk, COUPON, one.coupon.amount, str(reason).strip(), fields, None)
            )
            return "asked", await self._tickets.tell_asked(member, talk, asked)

        def give() -> None:
            self._give(talk.customer_id, talk.id, product.product_id, code, member.id)
            self._ground.deeds.log(member.id, "coupon", conversation_id=talk.id, ref=code)

        await in_thread(give)
        said = await self._ground.voice.tell(member, talk.id, *self._spoken(one.coupon), table="bargaining", row="bg_06")
        self._ground.voice.changed(talk.id)
        return "given", said

    def _give(self, customer_id: str | None, talk_id: str, product_id: str, code: str, by: str) -> None:
        parameters = self._ground.rules().parameters
        made = self._concessions.record(
            customer_id=customer_id,
            conversation_id=talk_id,
            product_id=product_id,
            kind=f"coupon:{code}",
            limit=int(str(parameters["max_concessions"])),
            within_hours=int(str(parameters["concession_window_hours"])),
            row="bg_06",
            by=by,
        )
        if made is None:
            raise Problem(409, "coupon", "As much as the shop gives for this product was given already.")

    def _spoken(self, one: Coupon) -> tuple[str, dict[str, str | None]]:
        values = {"coupon": one.name, "coupon_rule": bargaining.coupon_rule(one)}
        if one.valid_until is None:
            return voice.COUPON, {**values}
        return voice.COUPON_UNTIL, {**values, "until": speak_time(one.valid_until, self._ground.clock.now())}

    def _coupon_granted(self, member: Member, approval: Approval, ticket: Ticket) -> tuple[str, dict[str, str | None]]:
        """A supervisor's yes gives the coupon that was asked for and ends the ticket."""
        code = str(ticket.fields.get("coupon"))
        one = next((each for each in self._ground.shop.shop().coupons if each.code == code), None)
        if one is None or ticket.conversation_id is None:
            return voice.GRANTED, self._ground.values(ticket, self._ground.rules())
        self._concessions.record(
            customer_id=ticket.customer_id,
            conversation_id=ticket.conversation_id,
            product_id=str(ticket.fields.get("product")),
            kind=f"coupon:{code}",
            row=approval.row,
            by=member.id,
        )
        moves = TicketMoves(*self._ground.where, self._ground.rules())
        moves.close(ticket.id, how="solve", why=f"coupon {code} given", by=member.id, role=ROLES[member.role])
        return self._spoken(one)


def _tail(order: OrderFacts) -> str:
    return order.order_id[-4:]
