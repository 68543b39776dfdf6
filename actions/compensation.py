"""Goods that stay with the shopper: the offers, the sums, whose word it needs, and the way of the money (F14, dm_08–dm_11, cl_*)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from rasa_sdk.events import FollowupAction

from actions import ownership
from actions.base import XiaoerAction
from actions.chart import CHOICES, OFFERED, OPTIONS, amount, chart_values, choice, forget
from actions.outcome import tell
from actions.returns import compensation
from actions.turn import Turn
from actions.values import says
from policy import after_sale, postage
from policy.decide import Decision, decide
from policy.facts import OrderFacts
from policy.words import word

# What a supervisor is asked for by these rows; by all others a compensation.
APPROVALS = {"cl_03_full": "full_refund", "cl_04_over": "price_difference"}


def approval_fields(turn: Turn, order: OrderFacts, then: Mapping[str, Any], kind: str = "compensation") -> dict[str, Any]:
    """What the team reads of a sum: how much, and that a supervisor decides when it is beyond the bot's authority (cl_03)."""
    sum_named = order.paid if kind == "full_refund" else amount(turn, order)
    needed = then.get("approval") == "needed"
    return {
        **({"approval": "needed", "approval_kind": kind} if needed else {}),
        **({"amount": str(sum_named)} if sum_named is not None else {}),
        "cap": str(postage.comp_cap(order, turn.parameters)),
        "cause": turn.slot("reason"),  # cl_06: what is to be mended, beside the money
    }


def tell_compensation(turn: Turn, order: OrderFacts, decision: Decision, fields: Mapping[str, Any]) -> None:
    """Say a row of the table compensation; the way of the money follows where it is settled."""
    sum_named = amount(turn, order)
    values = chart_values(turn, order) | ({"options": postage.money(sum_named) or ""} if sum_named is not None else {})
    kind = APPROVALS.get(str(decision.row), "compensation")
    tell(turn, decision, order, values, fields={**fields, **approval_fields(turn, order, decision.then, kind)})
    if decision.then["way"] == "told":
        tell_way(turn, order, sum_named)


def tell_way(turn: Turn, order: OrderFacts, sum_agreed: Decimal | None) -> None:
    """rp_01, rp_02: how a compensation reaches the shopper, by the stage of the order; the way it was paid (decisions.md 4)."""
    stage = "confirmed" if order.state == "confirmed" else "received"
    way = decide("refunds", {"ask": "way", "about": "compensation", "stage": stage}, turn.parameters)
    values = chart_values(turn, order) | ({"cap": postage.money(sum_agreed) or ""} if sum_agreed is not None else {})
    turn.say(str(way.then["say"]), table=way.table, row=way.row, **values)


def settle_choice(turn: Turn, order: OrderFacts, taken: str, fields: Mapping[str, Any]) -> None:
    """dm_09, dm_10: one of the three offers is taken; the page's error goes to whoever can correct it (dm_07)."""
    over = after_sale.against_cap(amount(turn, order), order, turn.parameters) == "over"
    facts = {"step": "chosen", "choice": taken, "over_cap": "yes" if over else "no"}
    decision = decide("description_mismatch", facts, turn.parameters)
    values = chart_values(turn, order) | {"options": word("choices", taken) or taken}
    tell(
        turn,
        decision,
        order,
        values,
        fields={**fields, "accepted": taken, **approval_fields(turn, order, decision.then, "price_difference")},
    )
    if decision.then["improve"] == "yes":
        improve(turn, order, str(decision.row))


def improve(turn: Turn, order: OrderFacts | None, row: str) -> None:
    """dm_07, cl_06: a ticket for the shop's own people to mend the cause. The talk's own ticket stays the one spoken of."""
    spoken_of = turn.slot("ticket_id")
    turn.open_ticket("improve", order=order, row=row, fields={"text": turn.text[:300], "reason": turn.slot("reason")}, priority="low")
    turn.set("ticket_id", spoken_of)


def replaced(turn: Turn, order: OrderFacts, settled: Mapping[str, Any]) -> None:
    """Close the ticket that the offer was made on, when taking the offer has opened another: nobody works on both."""
    opened = next((event["value"] for event in turn.events if event["event"] == "slot" and event["name"] == "ticket_id"), None)
    if opened is None or settled.get("order_id") != order.order_id or settled.get("ticket") in (None, opened):
        return
    turn.life.withdraw(str(settled["ticket"]))
    turn.set("after_return", {**settled, "ticket": opened})


class ActionSettleCompensation(XiaoerAction):
    """The shopper's word on what was offered: taken, another sum, another way, or none of it."""

    def name(self) -> str:
        return "action_settle_compensation"

    def answer(self, turn: Turn) -> None:
        order = ownership.known_order(turn)
        if order is None:
            turn.say("utter_orders_none")
            return
        settled: Mapping[str, Any] = turn.slot("after_return") or {}
        # What was settled counts: "too little" is no missing part.
        reason = str(settled.get("reason") or turn.slot("reason") or "quality")
        option = str(turn.entity("option") or (choice(turn) if reason in OFFERED else None) or turn.entity("remedy") or "")
        if not option and reason == "missing_part" and says(turn, "send_missing_signs"):
            option = "reship"  # "then rather send it": no sum that is too small
        remedy = OPTIONS.get(option, option)
        fields = {"reason": reason, "remedy": "comp_no_return", "accepted": option or turn.intent, "text": turn.text[:300]}
        if remedy in ("exchange", "return_refund", "reship", "repair_return"):
            turn.set("reason", reason)
            turn.set("remedy", remedy)
            turn.events.append(FollowupAction("return_form"))
            return
        turn.set("reason", reason)
        turn.set("remedy", "comp_no_return")
        agreed = turn.intent == "affirm" or option in ("accept", *CHOICES) or remedy == "comp_no_return"
        if reason in OFFERED and not (agreed and settled.get("row") == "dm_11"):
            self.offers(turn, order, reason, option, fields)
        else:
            tell_compensation(turn, order, compensation(turn, order, "accept" if agreed else "more", reason), fields)
        if agreed:
            replaced(turn, order, settled)
        if not any(event["event"] == "followup" for event in turn.events):
            forget(turn)

    def offers(self, turn: Turn, order: OrderFacts, reason: str, option: str, fields: Mapping[str, Any]) -> None:
        """The three offers: one is taken, or none (wi_05: the right one is sent; dm_11)."""
        if turn.intent == "affirm" or option in CHOICES:
            settle_choice(turn, order, option if option in CHOICES else CHOICES[0], fields)
            return
        if reason == "wrong_item":
            turn.set("reason", reason)
            turn.set("remedy", "reship")
            turn.events.append(FollowupAction("return_form"))
            return
        settled = dict(turn.slot("after_return") or {})
        declined = int(settled.get("declined") or 0) + 1
        high = "yes" if postage.is_high_value(order, turn.parameters) else "no"
        facts = {"step": "declined", "declined": declined, "high_value": high}
        decision = decide("description_mismatch", facts, turn.parameters)
        tell(turn, decision, order, chart_values(turn, order), fields={**fields, **approval_fields(turn, order, decision.then)})
        turn.set("after_return", {**settled, "order_id": order.order_id, "reason": reason, "declined": declined, "row": decision.row})
