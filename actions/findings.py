"""What a colleague's check or the catalogue found, as it is told, and the shopper's answer to it (dm_02–dm_07, qp_07–qp_10; es_08)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa_sdk.events import FollowupAction

from actions import ownership
from actions.base import XiaoerAction
from actions.chart import OPTIONS, chart_values, once, postage_values
from actions.compensation import improve
from actions.outcome import goes_back
from actions.turn import Turn
from actions.values import order_values
from policy.decide import Decision
from policy.facts import OrderFacts
from policy.outcomes import Outcome, outcome
from policy.words import word
from shop.tickets import Ticket

# What the shopper had told, by the reason that a finding made of it.
TOLD_AS = {
    "misunderstanding": "description_mismatch",
    "light_color": "description_mismatch",
    "no_fault": "quality",
    "misuse": "quality",
}


def tell_finding(turn: Turn, ticket: Ticket, order: OrderFacts, finding: str) -> Outcome:
    """Say what a finding means for the return of this ticket: first the finding, then who pays what, then what can be objected.

    ``ticket.fields`` may hold ``report`` (the grounds in the colleague's words) and ``quote`` (the page's words). ValueError for a
    finding that the reason does not know (policy/outcomes.py).
    """
    reason, remedy = str(ticket.fields.get("reason") or "quality"), ticket.fields.get("remedy")
    found = outcome(reason, finding, str(remedy) if remedy else None, order, turn.parameters, turn.shop, turn.now)
    spoken = {"ticket": ticket.id, "team": turn.team(ticket.kind), "deadline": turn.ticket_deadline(ticket.id, ticket.kind)}
    known = {name: str(ticket.fields[name]) for name in ("report", "quote") if ticket.fields.get(name)}
    if found.chart is not None and found.chart.then["say"] != "none":
        values = {**chart_values(turn, order), **spoken, "summary": known.get("report") or word("reasons", found.reason)}
        values |= {"options": known["quote"]} if "quote" in known else {}
        say(turn, found.chart, values)
        if found.chart.then.get("improve") == "yes":
            improve(turn, order, str(found.chart.row))
    if found.freight is not None:
        say(turn, found.freight, {**postage_values(turn, order, found.freight), **spoken})
        then = found.freight.then
        if goes_back(then, str(then.get("ticket")), str(then.get("hand_over") or "no")):
            turn.life.expect_goods(ticket.id, ticket.kind, found.remedy)
            name = "utter_returns_address" if once(turn, "return_address") else "utter_returns_address_same"
            turn.say(name, table=found.freight.table, row=found.freight.row, **order_values(turn, order))
            turn.asked = "return_tracking"
    turn.set("order_id", order.order_id)
    turn.set(
        "after_return", {"order_id": order.order_id, "ticket": ticket.id, "reason": found.reason, "remedy": found.remedy, "row": finding}
    )
    if found.against_shopper:
        turn.asked = "finding"
    return found


def say(turn: Turn, decision: Decision, values: Mapping[str, Any]) -> None:
    """A decision's response with its row."""
    turn.say(str(decision.then["say"]), table=decision.table, row=decision.row, **values)


class ActionAnswerFinding(XiaoerAction):
    """After a finding against the shopper's account: content, still sent back as an own reason, or disputed (es_08: a specialist)."""

    def name(self) -> str:
        return "action_answer_finding"

    def answer(self, turn: Turn) -> None:
        order = ownership.known_order(turn)
        option = str(turn.entity("option") or turn.entity("remedy") or "")
        remedy = OPTIONS.get(option, option)
        if remedy in ("return_refund", "exchange"):
            turn.set("reason", "buyer_reason")
            turn.set("remedy", remedy)
            turn.events.append(FollowupAction("return_form"))
        elif turn.intent == "affirm" or option == "keep":
            turn.say("utter_returns_finding_settled")
        else:
            self.dispute(turn, order)

    def dispute(self, turn: Turn, order: OrderFacts | None) -> None:
        """es_08: a specialist looks again; the ticket keeps what the return was about, so that the new finding can be told."""
        settled: Mapping[str, Any] = turn.slot("after_return") or {}
        reason = settled.get("reason")
        known = {"reason": TOLD_AS.get(str(reason), reason), "remedy": settled.get("remedy"), "finding": None} if reason else {}
        values = order_values(turn, order) if order is not None else {}
        turn.hand_over("utter_returns_finding_disputed", "es_08", kind="specialist", order=order, row="es_08", fields=known, **values)
