"""What stands beside a talk: whose it is, their orders with flags, tickets with what may happen next, returns, coupons, earlier talks.

An agent sees the shop's facts of this talk's shopper only; costs and floor prices are in none of these.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from gateway.agent_ground import ROLES, Ground
from gateway.agent_orders import AgentOrders
from gateway.agent_tickets import EVENTS, AgentTickets
from gateway.cards import MOST_ORDERS, safe, steps_of, yuan
from gateway.desk_store import DeskStore
from gateway.talks import Talk, instant
from policy.facts import OrderFacts
from policy.lifecycle import Lifecycle, approval_title, kind_of
from policy.not_received import hidden
from policy.words import team_of, word, words
from shop.approvals import Approval, Approvals
from shop.catalogue import one_moment
from shop.clock import SHANGHAI
from shop.follow_ups import FollowUp, FollowUps
from shop.order_flags import OrderFlag
from shop.return_records import FINISHED, Return, returns_of
from shop.staff import Member
from shop.tickets import Ticket

# So many earlier talks and scans of a parcel are shown.
EARLIER = 10
# States of an order in which the time until it confirms itself runs.
RUNNING = ("shipped", "received")
SCANS = 8


class Side:
    """Reads what stands beside the talks of one shop. Synchronous: for a thread."""

    def __init__(self, ground: Ground, store: DeskStore, tickets: AgentTickets, orders: AgentOrders, follow_ups: FollowUps) -> None:
        self._ground = ground
        self._store = store
        self._tickets = tickets
        self._orders = orders
        self._follow_ups = follow_ups

    def of(self, member: Member, talk: Talk) -> dict[str, Any]:
        """Everything beside a talk, as this member may see it and act on it."""
        shop, rules = self._ground.shop, self._ground.rules()
        orders = self._ground.cards.visible(talk)[:MOST_ORDERS]
        customer = shop.customer(talk.customer_id) if talk.customer_id else None
        product = self._orders.product(talk, self._store.last_product(talk.id)) or (orders[0].product if orders else None)
        return {
            "customer": {"id": customer.customer_id, "name": customer.name, "region": customer.region} if customer else None,
            "signed_in": talk.customer_id is not None,
            "product": {"id": product.product_id, "name": product.name, "price": yuan(product.price)} if product else None,
            "orders": self._order_list(member, orders, rules),
            "tickets": self._ticket_list(member, self._of_shopper(talk), rules),
            "coupons": [self._coupon(each) for each in self._orders.giveable(member, talk, product)] if product else [],
            "follow_ups": [follow_up_out(one) for one in self._follow_ups.open_of_talk(talk.id)],
            "talks": self._earlier(talk),
            "now": instant(self._ground.clock.now()),
            "kinds": {kind: entry["word"] for kind, entry in words()["ticket_kinds"].items() if kind != "approval"},
            "approval_kinds": {kind: name for kind, name in words()["approval_kinds"].items() if kind != "coupon"},
        }

    def _of_shopper(self, talk: Talk) -> list[Ticket]:
        """Open tickets first, the soonest promised first; then closed ones, newest first."""
        tickets = self._ground.tickets
        mine = tickets.of_conversation(talk.id)
        if talk.customer_id is not None:
            known = {one.id for one in mine}
            mine += [one for one in tickets.of_customer(talk.customer_id) if one.id not in known]
        newest = sorted(mine, key=lambda one: (one.created_at, one.id), reverse=True)
        return sorted(newest, key=lambda one: (one.state == "closed", _moment(one) if one.state != "closed" else 0.0))

    def _order_list(self, member: Member, orders: list[OrderFacts], rules: Lifecycle) -> list[dict[str, Any]]:
        flags = self._orders.flags.of([one.order_id for one in orders])
        looks = self._ground.shop.looks({one.product.product_id for one in orders})
        couriers = {one.courier_id: one.name for one in self._ground.shop.shop().couriers}
        found = []
        for one in orders:
            extended = self._orders.extended(one.order_id) if one.state in RUNNING else 0
            may, need = rules.extension(role=ROLES[member.role], state=one.state, days=extended + 1)
            found.append(
                {
                    **_order(one),
                    "image": safe(looks.get(one.product.product_id, (None, None))[0]),
                    "courier_name": couriers.get(one.courier_id or ""),
                    "flag": flag_out(flags.get(one.order_id), one.order_id),
                    "extended_days": extended,
                    "extension": {"may": may, "need": need},
                }
            )
        return found

    def _ticket_list(self, member: Member, tickets: list[Ticket], rules: Lifecycle) -> list[dict[str, Any]]:
        """Tickets with their approvals and the goods that come back, each kind read at once."""
        ids, approvals = [one.id for one in tickets], Approvals(*self._ground.where, rules)
        asked, reasons = approvals.of_tickets(ids), approvals.reasons(ids)
        goods = returns_of(self._ground.database, self._ground.shop.shop_id, ids)
        return [
            {
                **self._ticket(member, one, rules),
                "approvals": [self._approval(member, each, rules, reasons.get(each.id)) for each in asked.get(one.id, ())],
                "goods": _goods(goods[one.id]) if one.id in goods else None,
            }
            for one in tickets
        ]

    def _ticket(self, member: Member, one: Ticket, rules: Lifecycle) -> dict[str, Any]:
        """A ticket with its promise, and what this member may do with it."""
        now = self._ground.clock.now()
        return {
            "id": one.id,
            "kind": one.kind,
            "word": kind_of(one.kind).word,
            "state": one.state,
            "priority": one.priority,
            "order_id": one.order_id,
            "text": _about(one),
            "team": team_of(one.kind)[0],
            "waits_for": one.waits_for,
            "assignee": one.assignee,
            "created_at": instant(one.created_at),
            "due_at": instant(one.due_at),
            "late": one.state in ("new", "mine", "tracking") and one.due_at is not None and one.due_at < now,
            "resume_on": one.resume_on.isoformat() if one.resume_on else None,
            "closed_at": instant(one.closed_at),
            "version": one.version,
            "events": self._allowed(member, one, rules, now),
        }

    def _allowed(self, member: Member, one: Ticket, rules: Lifecycle, now: datetime) -> list[str]:
        """The events that the table allows now, given a reason and a day."""
        role = "supervisor" if ROLES[member.role] == "manager" else ROLES[member.role]
        closed = one.closed_at.astimezone(SHANGHAI).date() if one.closed_at else None
        days = (now.astimezone(SHANGHAI).date() - closed).days if closed else 0
        return [event for event in EVENTS if rules.ticket(one.state, event, who=role, reason=True, date=True, days=days).allowed]

    def _approval(self, member: Member, one: Approval, rules: Lifecycle, why: str | None) -> dict[str, Any]:
        """An approval, ``why`` it should be granted, and whether this member may decide it (``need``: who else)."""
        may, need = rules.approval(role=ROLES[member.role], kind=one.kind, amount=one.amount, own=one.asked_by == member.id)
        return {
            "id": one.id,
            "ticket_id": one.ticket_id,
            "kind": one.kind,
            "title": approval_title(one.kind, one.amount),
            "amount": yuan(one.amount) if one.amount is not None else None,
            "state": one.state,
            "order_id": one.order_id,
            "row": one.row,
            "asked_by": one.asked_by,
            "asked_at": instant(one.asked_at),
            "due_at": instant(one.due_at),
            "late": one.state == "asked" and one.due_at is not None and one.due_at < self._ground.clock.now(),
            "decided_by": one.by,
            "decided_at": instant(one.decided_at),
            "why": why,
            "reason": one.reason,
            "version": one.version,
            "may": may and one.state == "asked",
            "need": need,
        }

    def queue(self, member: Member, *, since: datetime | None, limit: int) -> list[dict[str, Any]]:
        """What waits for a decision (``since`` None), or what was decided since then: with ticket, shopper and order beside it."""
        rules = self._ground.rules()
        approvals = Approvals(*self._ground.where, rules)
        found = approvals.open() if since is None else approvals.decided(since, limit)
        reasons = approvals.reasons([one.ticket_id for one in found[:limit]])
        with one_moment():
            return self._queue(member, found[:limit], reasons, rules)

    def _queue(self, member: Member, approvals: list[Approval], reasons: dict[str, str], rules: Lifecycle) -> list[dict[str, Any]]:
        lines = []
        for one in approvals:
            ticket = self._ground.tickets.get(one.ticket_id)
            if ticket is None or not self._tickets.visible(member, one, ticket):
                continue
            order = self._ground.shop.order(one.order_id) if one.order_id else None
            customer = self._ground.shop.customer(ticket.customer_id) if ticket.customer_id else None
            talk = self._store.talk(ticket.conversation_id) if ticket.conversation_id else None
            lines.append(
                {
                    **self._approval(member, one, rules, reasons.get(one.id)),
                    "ticket": {"id": ticket.id, "kind": ticket.kind, "word": kind_of(ticket.kind).word, "text": _about(ticket)},
                    "customer": customer.name if customer else None,
                    "order": _order(order) if order else None,
                    "talk": talk.id if talk else None,
                    "talk_owner": talk.owner if talk else None,
                }
            )
        return lines

    def _earlier(self, talk: Talk) -> list[dict[str, Any]]:
        if talk.customer_id is None:
            return []
        found = [one for one in self._store.talks_of(talk.customer_id, EARLIER + 1) if one.id != talk.id][:EARLIER]
        lines = []
        for one in found:
            newest, _ = self._store.messages(one.id, limit=1)
            text, at = (newest[-1].text[:80], instant(newest[-1].at)) if newest else ("", instant(one.created_at))
            lines.append({"id": one.id, "owner": one.owner, "created_at": instant(one.created_at), "last_text": text, "last_at": at})
        return lines

    @staticmethod
    def _coupon(each: Any) -> dict[str, Any]:
        one = each.coupon
        return {
            "code": one.code,
            "name": one.name,
            "amount": yuan(one.amount),
            "min_spend": yuan(one.min_spend),
            "valid_until": instant(one.valid_until),
            "may": each.may,
            "need": each.need,
        }


def _order(one: OrderFacts) -> dict[str, Any]:
    scans = sorted(one.scans, key=lambda scan: scan.at, reverse=True)
    last = scans[0] if scans else None
    return {
        "id": one.order_id,
        "product_id": one.product.product_id,
        "product": one.product.name,
        "variant": one.variant,
        "state": one.state,
        "state_word": word("states", one.state) or one.state,
        "paid": f"{one.paid:.2f}",
        "postage": f"{one.postage:.2f}",
        "ordered_at": instant(one.ordered_at),
        "ship_by": one.ship_by.isoformat() if one.ship_by else None,
        "shipped_at": instant(one.shipped_at),
        "signed_at": instant(one.signed_at),
        "courier": one.courier_id,
        "tracking": one.tracking,
        "last_scan": {"at": instant(last.at), "text": hidden(last.text)} if last is not None else None,
        "scans": [{"at": instant(scan.at), "place": scan.place, "text": hidden(scan.text)} for scan in scans[:SCANS]],
    }


def flag_out(one: OrderFlag | None, order_id: str) -> dict[str, Any]:
    """A flag as the API says it; ``version`` 0 where there is none."""
    if one is None:
        return {"order_id": order_id, "flag": "none", "note": "", "staff": None, "at": None, "version": 0}
    return {"order_id": order_id, "flag": one.flag, "note": one.note, "staff": one.staff_id, "at": instant(one.at), "version": one.version}


def follow_up_out(one: FollowUp) -> dict[str, Any]:
    """A follow-up as the API says it."""
    return {
        "id": one.id,
        "talk": one.conversation_id,
        "staff": one.staff_id,
        "due_at": instant(one.due_at),
        "note": one.note,
        "done_at": instant(one.done_at),
    }


def _goods(goods: Return) -> dict[str, Any]:
    return {
        "step": goods.step,
        "remedy": goods.remedy,
        "remedy_word": word("remedies", goods.remedy),
        "finding": goods.finding,
        "finding_word": word("findings", goods.finding),
        "report": goods.report,
        "tracking": goods.tracking,
        "out_tracking": goods.out_tracking,
        "amount": yuan(goods.amount) if goods.amount is not None else None,
        "due_at": instant(goods.due_at) if goods.step not in FINISHED else None,
        "steps": [step.model_dump(mode="json") for step in steps_of(goods)],
    }


def _about(one: Ticket) -> str | None:
    """What the matter is, in the words that were written down first."""
    told = (one.fields.get(name) for name in ("text", "problem", "summary", "question", "reason"))
    first = next((value for value in told if isinstance(value, str) and value.strip()), None)
    return (word("reasons", first) or first)[:200] if first else None


def _moment(one: Ticket) -> float:
    return (one.due_at or one.created_at).timestamp()
