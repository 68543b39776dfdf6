"""Progress at any time (rules.md §19; s_ticket_status, s_return_received, s_return_finish): where a matter stands, the next time.

Only what belongs to this shopper is told: tickets of this talk, of the signed-in customer and of orders that may be seen.
"""

from __future__ import annotations

import math
import re

from actions.base import XiaoerAction
from actions.progress import tell_ticket, values_of
from actions.turn import Turn
from actions.values import says
from policy.lifecycle import kind_of
from policy.words import fmt, word, words
from shop.proofs import Proofs
from shop.return_records import Return
from shop.rules import NotAllowed
from shop.tickets import Ticket

NUMBER = re.compile(r"[Tt]\d{8}-?\d{4}")
CLOSED_SHOWN = 1  # a question without an open matter is about the one closed last
MOST_BUTTONS = 6
HOURS_SPOKEN = 24  # a longer time is a day, which has been named
RETURN_FOLLOWED = ("return", "exchange", "repair", "specialist", "compensation", "reship", "approval")


def mine(turn: Turn) -> list[Ticket]:
    """The shopper's tickets, newest first: of this talk, of the signed-in customer, of the orders they may see."""
    tickets = turn.life.tickets
    found = tickets.of_conversation(turn.conversation_id)
    if turn.customer_id:
        found += tickets.of_customer(turn.customer_id)
        orders = {order.order_id for order in turn.repo.orders_of(turn.customer_id)}
    else:
        orders = Proofs(turn.context.engine, turn.shop_id, turn.context.clock).proved(turn.conversation_id)
    for order_id in sorted(orders):
        found += tickets.of_order(order_id)
    each = {ticket.id: ticket for ticket in found}
    return sorted(each.values(), key=lambda ticket: (ticket.created_at, ticket.id), reverse=True)


def named(turn: Turn) -> str | None:
    """The ticket's number in the message or behind the button."""
    for text in (str(turn.entity("option") or ""), turn.text):
        found = NUMBER.search(text)
        if found:
            digits = found.group()[1:].replace("-", "")
            return f"T{digits[:8]}-{digits[8:]}"
    return None


def about(turn: Turn, tickets: list[Ticket], kinds: tuple[str, ...]) -> list[Ticket]:
    """Those of the kinds asked for (all when there is none), of the order or product named in the message."""
    chosen = [ticket for ticket in tickets if ticket.kind in kinds] if kinds else tickets
    number, product = turn.entity("order_number"), turn.entity("product")
    if number:
        return [ticket for ticket in chosen if ticket.order_id and ticket.order_id.endswith(str(number))] or chosen
    if product:
        orders = {ticket.order_id: turn.repo.order(str(ticket.order_id)) for ticket in chosen if ticket.order_id}
        of_it = {order_id for order_id, order in orders.items() if order is not None and order.product.product_id == product}
        return [ticket for ticket in chosen if ticket.order_id in of_it] or chosen
    return chosen


def meant_here(turn: Turn, active: list[Ticket]) -> list[Ticket]:
    """Of several open matters those whose kind is named, then those of this talk; of these the last one when it is just that."""
    if len(active) > 1:
        active = [ticket for ticket in active if kind_of(ticket.kind).word in turn.text] or active
    if len(active) > 1:
        active = [ticket for ticket in active if ticket.conversation_id == turn.conversation_id] or active
    last = next((ticket for ticket in active if ticket.id == turn.slot("ticket_id")), None)
    return [last] if len(active) > 1 and last is not None and says(turn, "just_now_signs") else active


def how_long(turn: Turn, ticket: Ticket) -> None:
    """The hours until the promised time, when it is asked how long it takes and it is a matter of hours."""
    if not says(turn, "how_long_signs") or ticket.state == "closed" or ticket.due_at is None:
        return
    hours = math.ceil((ticket.due_at - turn.now).total_seconds() / 3600)
    if 0 < hours <= HOURS_SPOKEN:
        turn.say("utter_tickets_how_long", wait=fmt("hours_left", n=hours))


def title(ticket: Ticket) -> str:
    """A button's words for a ticket."""
    return fmt("ticket_title", kind=kind_of(ticket.kind).word, ticket=ticket.id)


class TellTicket(XiaoerAction):
    """Finds the matter that is meant and tells where it stands; subclasses say which kinds and what is said without any."""

    nothing = "utter_tickets_none"

    def kinds(self, turn: Turn) -> tuple[str, ...]:
        """The ticket kinds asked for; () for all."""
        return ()

    def answer(self, turn: Turn) -> None:
        own, number = mine(turn), named(turn)
        if number:
            match = next((ticket for ticket in own if ticket.id == number), None)
            if match is None:
                turn.say("utter_tickets_not_found")
            else:
                tell_ticket(turn, match)
            return
        meant = about(turn, own, self.kinds(turn))
        active = [ticket for ticket in meant if ticket.state != "closed"]
        if len(active) > 1:
            # A ticket that only calls a person is no matter of its own when there is another.
            active = [ticket for ticket in active if ticket.kind != "person"] or active
        chosen = meant_here(turn, active) or meant[:CLOSED_SHOWN]
        if not chosen:
            turn.say(self.nothing)
        elif len(chosen) == 1:
            tell_ticket(turn, chosen[0])
            how_long(turn, chosen[0])
        else:
            payload = '/ask_ticket_status{{"option": "{ticket}"}}'
            buttons = [{"title": title(ticket), "payload": payload.format(ticket=ticket.id)} for ticket in chosen[:MOST_BUTTONS]]
            turn.say("utter_tickets_which", buttons=buttons)


class ActionTellTicketStatus(TellTicket):
    """ask_ticket_status: topics ticket (any matter) and repair."""

    def name(self) -> str:
        return "action_tell_ticket_status"

    def kinds(self, turn: Turn) -> tuple[str, ...]:
        if turn.entity("topic") != "repair":
            return ()
        repair = tuple(str(kind) for kind in words()["repair_kinds"])
        return repair if any(ticket.kind in repair for ticket in mine(turn)) else ()


class ActionTellReturnProgress(TellTicket):
    """ask_return_progress: the goods that come back, and what was promised in their place."""

    nothing = "utter_returns_no_open_return_yet"

    def name(self) -> str:
        return "action_tell_return_progress"

    def kinds(self, turn: Turn) -> tuple[str, ...]:
        return RETURN_FOLLOWED


class ActionSettleTicket(XiaoerAction):
    """The shopper's word on a closed matter (go on with it) or on a finding (send back, own reason, appeal)."""

    def name(self) -> str:
        return "action_settle_ticket"

    def answer(self, turn: Turn) -> None:
        ticket = next((ticket for ticket in mine(turn) if ticket.id == turn.slot("ticket_id")), None)
        if ticket is None:
            turn.say("utter_tickets_none")
        elif ticket.state == "closed":
            self.reopen(turn, ticket)
        else:
            self.choose(turn, ticket)

    def reopen(self, turn: Turn, ticket: Ticket) -> None:
        """tk_05: taken up again within the shop's days, else a new one."""
        values, due = values_of(turn, ticket, None), turn.deadline(ticket.kind)
        if turn.intent == "deny" and turn.tracker.get_slot("open_question") == "ticket_reopen":
            turn.say("utter_tickets_left_closed", **values)
            return
        try:
            if not turn.dry_run:
                turn.life.moves.reopen(ticket.id, turn.text[:200] or turn.intent, by="shopper", due_at=due)
            values["deadline"] = turn.spoken_deadline(ticket.kind, due)
            turn.say("utter_tickets_reopened", table="tickets", row="tk_05_reopen", **values)
        except NotAllowed:
            order = turn.repo.order(ticket.order_id) if ticket.order_id else None
            number, new = turn.open_ticket(ticket.kind, order=order, fields={**ticket.fields, "before": ticket.id})
            told = {**new, "ticket": ticket.id, "other_ticket": number}
            turn.say("utter_tickets_reopen_too_late", table="tickets", row="tk_05_late", **told)

    def choose(self, turn: Turn, ticket: Ticket) -> None:
        """rs_10–rs_14: nothing is done before the finding was shown and the shopper chose."""
        option = str(turn.entity("option") or ("appeal" if turn.intent == "deny" else ""))
        goods = turn.life.returns.get(ticket.id)
        if goods is None or goods.step != "inspected" or goods.finding == "confirmed":
            tell_ticket(turn, ticket)
            return
        if option not in ("send_back", "own_reason", "appeal") or (option == "own_reason" and goods.finding == "misuse"):
            turn.say("utter_tickets_choose_finding")
            return
        try:
            after = goods if turn.dry_run else self.store(turn, ticket, option)
        except NotAllowed as stopped:
            self.stopped(turn, ticket, stopped)
            return
        now = turn.life.tickets.get(ticket.id) or ticket
        order = turn.repo.order(ticket.order_id) if ticket.order_id else None
        values = {**values_of(turn, now, order), "waits_for": word("waits_for", after.waits_for)}
        name = "utter_tickets_appeal_submitted" if option == "appeal" else f"utter_tickets_choice_{option}"
        turn.say(name, table="return_steps", row={"appeal": "rs_10", "send_back": "rs_13", "own_reason": "rs_14"}[option], **values)

    def store(self, turn: Turn, ticket: Ticket, option: str) -> Return:
        """Write the choice down."""
        if option == "appeal":
            return turn.life.returns.appeal(ticket.id, turn.text[:200] or option)
        return turn.life.returns.choose(ticket.id, option)

    def stopped(self, turn: Turn, ticket: Ticket, stopped: NotAllowed) -> None:
        """Not shown yet: it is shown now; appealed before: a person settles it (es_08)."""
        if stopped.need == "person":
            turn.hand_over("utter_tickets_appeal_used", "appeal", kind="specialist", table="return_steps", row="rs_11")
        else:
            tell_ticket(turn, ticket)
