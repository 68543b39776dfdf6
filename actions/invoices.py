"""Invoices (issue 4; table ``invoices``): invoice_form finds the order, asks what the table asks, then it is submitted.

What was told is kept in the slot ``invoice``: matter, special, kind, title, tax, email, and what is wrong with the last number or
address. It is emptied once the ticket holds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa_sdk.events import FollowupAction

from actions import ownership
from actions.base import XiaoerAction
from actions.forms import AskOrder, OrderForm
from actions.interception import newest, under_way
from actions.invoice_words import applies, matter_of, read
from actions.outcome import tell
from actions.turn import LISTEN, Turn
from actions.values import money, order_values
from policy import invoices
from policy.decide import Decision, decide
from policy.facts import OrderFacts
from policy.words import fmt, words
from shop.tickets import Ticket
from shop.workdays import speak_date

TICKET = "invoice"
# Rows whose ticket asks for an invoice to be issued; the others ask a question.
ISSUING = ("iv_19", "iv_20", "iv_20_open", "iv_21", "iv_22")
STATES = ("received", "confirmed", "shipped", "paid")
ABOUT_ORDER = ("request", "reissue", "progress", "returned", "amount")
OF_ORDER = {"unpaid": "unpaid", "cancelled": "cancelled"}
COLLECTED = ("kind", "title", "tax", "email")


def kept(turn: Turn) -> dict[str, Any]:
    """What is known of the invoice wished for."""
    found = turn.slot("invoice")
    return dict(found) if isinstance(found, Mapping) else {}


def issuing_ticket(turn: Turn, order: OrderFacts) -> Ticket | None:
    """The newest request of this order for an invoice, open or done."""
    ticket = newest(turn, order, TICKET)
    return ticket if ticket is not None and ticket.row in ISSUING and ticket.closed_by != "shopper" else None


def issued(turn: Turn, order: OrderFacts) -> str:
    """Whether an invoice of this order exists: no | open (asked for) | yes (by the shop's system, or its request is done)."""
    ticket = issuing_ticket(turn, order)
    if ticket is not None and ticket.state != "closed":
        return "open"
    done = ticket is not None and str(ticket.fields.get("outcome") or "done") == "done"
    return "yes" if done or order.invoiced_on is not None else "no"


def about(turn: Turn) -> OrderFacts | None:
    """The order that the form has settled."""
    order_id = kept(turn).get("order_id")
    return turn.repo.order(str(order_id)) if order_id and ownership.may_see(turn, str(order_id)) else None


def decide_invoice(turn: Turn, order: OrderFacts | None) -> Decision:
    """Ask the table ``invoices`` with what is known."""
    told, parameters = kept(turn), turn.parameters
    facts: dict[str, object] = {
        "matter": told.get("matter") or "request",
        "offered": "no" if parameters["invoice_kinds"] == "none" else "yes",
        "special": "yes" if told.get("special") else "no",
        "special_offered": str(parameters["invoice_special"]),
        "identity": "signed" if turn.customer_id else "none",
        "kind": told.get("kind") or "open",
        "title": "given" if told.get("title") else "none",
        "tax": "insisted" if told.get("insisted") else "valid" if told.get("tax") else "wrong" if told.get("wrong_tax") else "none",
        "email": "given" if told.get("email") else str(told.get("no_email") or "none"),
    }
    if parameters["invoice_kinds"] == "paper":
        facts["email"] = "unwilling"  # it comes with the parcel or by post
    if order is not None:
        facts |= {
            "state": OF_ORDER.get(order.state, "open"),
            "within": invoices.within(order, parameters, turn.now),
            "stage": invoices.due(order, parameters),
            "issued": issued(turn, order),
        }
    return decide("invoices", facts, parameters)


def values(turn: Turn, order: OrderFacts | None) -> dict[str, Any]:
    """Ready to speak: what the shop issues and when, the title and address as they may be shown, what is wrong with a number."""
    told, lists = kept(turn), words()
    kind = str(told.get("kind") or "personal")
    title = invoices.masked_title(kind, str(told["title"])) if told.get("title") else None
    email = invoices.masked_email(str(told["email"])) if told.get("email") else ""
    found: dict[str, Any] = {
        "kind": lists["invoice_kinds"].get(str(turn.parameters["invoice_kinds"])),
        "when": lists["invoice_states"][str(turn.parameters["invoice_from"])],
        "days": str(turn.parameters["invoice_workdays"]),
        "days_allowed": str(turn.parameters.get("invoice_within_days") or ""),
        "problem": told.get("wrong_tax"),
    }
    if title:
        number = str(told.get("tax") or told.get("insisted") or "")
        line = fmt("invoice_company", title=title, tax=number) if kind == "company" and number else fmt("invoice_personal", title=title)
        found["invoice"] = line + (fmt("invoice_email", email=email) if email else "")
    if order is not None:
        found = {**order_values(turn, order), **found, "paid": money(order.paid)}
        ticket = issuing_ticket(turn, order)
        if ticket is not None:
            found |= under_way(turn, ticket)
        at = order.invoiced_on or (ticket.closed_at.date() if ticket is not None and ticket.closed_at is not None else None)
        found["done_on"] = speak_date(at) if at is not None else None
    return {name: value for name, value in found.items() if value is not None}


def fields(turn: Turn, order: OrderFacts | None, row: str | None) -> dict[str, Any]:
    """What finance issues by; the shopper's own words only where a person has to read them."""
    told = kept(turn)
    found = {
        "matter": told.get("matter"),
        "kind": told.get("kind"),
        "title": told.get("title"),
        "tax_number": told.get("tax") or told.get("insisted"),
        "tax_unchecked": told.get("wrong_tax") if told.get("insisted") else None,
        "email": told.get("email"),
        "amount": str(order.paid) if order is not None else None,
        "special": "yes" if told.get("special") else None,
        "issue_from": str(turn.parameters["invoice_from"]),
        "replaces": order.invoiced_on.isoformat() if order is not None and order.invoiced_on and told.get("matter") == "reissue" else None,
        "text": None if row in ISSUING else turn.text[:300],
    }
    return {name: value for name, value in found.items() if value}


class ValidateInvoiceForm(OrderForm):
    """Order, then kind, title, tax number and e-mail as far as the table asks for them."""

    form = "invoice_form"
    intents = frozenset({"ask_invoice"})
    states = STATES

    def collect(self, turn: Turn) -> dict[str, Any]:
        found = super().collect(turn)
        told = kept(turn)
        active = turn.loop == self.form and bool(turn.tracker.get_slot("requested_slot"))
        asked = (
            str(decide_invoice(turn, about(turn)).then["ask"]) if active and turn.tracker.get_slot("requested_slot") == "detail" else None
        )
        if turn.intent in self.intents:
            matter = matter_of(turn, going_on=active)
            if matter is not None:
                told |= {"matter": matter, **({} if active else {"order_id": None})}
            told["special"] = told.get("special") or applies(turn, "special_invoice_signs")
        news = read(turn, told, asked)
        if news.pop("number_is_tax", False):
            found.pop("order_number", None)
            found.pop("phone_tail", None)
            turn.set("order_number", turn.before("order_number"))
        if told or news:
            found["invoice"] = {**told, **news, "told_now": bool(news)}
        found["detail"] = "told" if news else None
        return found

    def answers(self, turn: Turn, requested: str, collected: dict[str, Any]) -> bool:
        if requested == "detail":
            return bool(collected.get("detail"))
        return super().answers(turn, requested, {name: value for name, value in collected.items() if name not in ("detail", "invoice")})

    def _is_digression(self, turn: Turn, requested: str, collected: dict[str, Any]) -> bool:
        if requested == "detail" and collected.get("detail") and turn.intent not in ("request_human", "report_danger", "abuse"):
            return False
        if requested == "detail":
            return turn.intent not in self.intents
        if requested == "order_id" and turn.intent == "out_of_scope" and collected.get("detail"):
            return False  # an e-mail address or a number of the invoice, told before the order
        return super()._is_digression(turn, requested, collected)

    def next_question(self, turn: Turn, fresh: bool) -> str | None:
        told = kept(turn)
        matter = str(told.get("matter") or "request")
        if not turn.customer_id or matter not in ABOUT_ORDER or turn.parameters["invoice_kinds"] == "none":
            return None
        if not told.get("order_id") or (fresh and turn.slot("order_number") and turn.entity("order_number")):
            missing = self.find_order(turn, fresh)
            if missing is not None:
                return missing or None
            told["order_id"] = str(turn.slot("order_id"))
            turn.set("invoice", told)
        order = about(turn)
        if order is not None:
            self.recall(turn, order, told)
        return "detail" if decide_invoice(turn, order).then["ask"] != "none" else None

    def recall(self, turn: Turn, order: OrderFacts, told: dict[str, Any]) -> None:
        """What was told with the request before and is not corrected now still holds; a new title wants its number again."""
        ticket = issuing_ticket(turn, order)
        if told.get("matter") == "request" and told.get("told_now") and issued(turn, order) == "open":
            told["matter"] = "reissue"  # what is told anew corrects the request that is under way
            turn.set("invoice", told)
        if ticket is None or told.get("matter") != "reissue" or not any(told.get(name) for name in COLLECTED):
            return
        before = {"kind": "kind", "title": "title", "tax": "tax_number", "email": "email"}
        corrected = told.get("kind") or told.get("title")
        wanted = ("email",) if corrected else COLLECTED
        turn.set("invoice", {**{name: ticket.fields.get(before[name]) for name in wanted}, **{k: v for k, v in told.items() if v}})


def take_up(turn: Turn) -> None:
    """A message that goes on with the invoice just spoken of, whatever the classifier made of it: a correction of its request."""
    told: dict[str, Any] = {"matter": matter_of(turn, going_on=False) or "reissue", "order_id": turn.slot("order_id")}
    if told["matter"] == "request":
        told["matter"] = "reissue" if read(turn, told, None) else "progress"
    news = read(turn, told, None)
    news.pop("number_is_tax", None)
    turn.set("invoice", {**told, **news, "told_now": bool(news)})
    turn.set("detail", None)
    turn.events.append(FollowupAction("invoice_form"))


class AskInvoiceOrder(AskOrder):
    """Which order the invoice is for."""

    form = "invoice_form"
    states = STATES


class AskInvoiceDetail(XiaoerAction):
    """The table's question: kind, title, tax number (naming what is wrong with the one told), e-mail."""

    question = True

    def name(self) -> str:
        return "action_ask_invoice_form_detail"

    def answer(self, turn: Turn) -> None:
        order = about(turn)
        decision = decide_invoice(turn, order)
        turn.say(str(decision.then["say"]), table=decision.table, row=decision.row, **values(turn, order))
        turn.events.append(FollowupAction(LISTEN))


class ActionSettleInvoice(XiaoerAction):
    """Submitted with its ticket, or why not and what instead."""

    def name(self) -> str:
        return "action_settle_invoice"

    def answer(self, turn: Turn) -> None:
        if turn.slot("outcome"):
            turn.say(str(turn.slot("outcome")))
            return
        order = about(turn)
        if order is None and turn.customer_id and str(kept(turn).get("matter") or "request") in ABOUT_ORDER:
            if turn.parameters["invoice_kinds"] != "none":
                turn.say("utter_orders_none")
                return
        decision = decide_invoice(turn, order)
        tell(turn, decision, order, values(turn, order), fields=fields(turn, order, decision.row))
        turn.set("detail", None)
        if decision.then["ticket"] != "none":
            turn.set("invoice", None)
        else:
            turn.set("invoice", {name: value for name, value in kept(turn).items() if name in COLLECTED and value} or None)
