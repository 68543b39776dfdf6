"""The decided return: the chart's answer or the row of postage, with its ticket, its photos, its next step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa_sdk.events import FollowupAction

from actions import ownership
from actions.base import XiaoerAction
from actions.changed_mind import drops, settled_for
from actions.chart import (
    GUIDED,
    OFFERED,
    SAID,
    ask_photos,
    chart,
    chart_values,
    choice,
    decide_postage,
    forget,
    guided,
    once,
    photos,
    postage_values,
    proposed,
    rows_told,
    venting,
    wish_text,
)
from actions.compensation import settle_choice, tell_compensation
from actions.complaints import leave_form
from actions.logistics import identity, tell_parcel
from actions.orders import insists, merged, tell_cancel
from actions.outcome import tell
from actions.returns import GIVES_UP, REASONS, compensation, unsent
from actions.supposing import supposes, tell_postage
from actions.turn import Turn
from actions.values import order_values
from policy import postage, return_cover
from policy.decide import Decision, decide
from policy.facts import OrderFacts


def fields_of(turn: Turn, order: OrderFacts, found: Decision | None) -> dict[str, Any]:
    """What a ticket of this return records (rf_01, rf_02): the shopper's account and what the chart proposed."""
    return {
        "reason": turn.slot("reason"),
        "remedy": turn.slot("remedy"),
        "severity": turn.slot("severity"),
        "product": order.product.name,
        "variant": order.variant,
        "photos": photos(turn),
        "text": wish_text(turn)[:300],
        "wanted": "/".join(str(v) for v in (turn.slot("colour"), turn.slot("size")) if v) or None,
        "chart": found.row if found is not None else None,
    }


class ActionSettleReturn(XiaoerAction):
    """The chart of the reason first, then who pays: who advances, the cap, when it is paid back, the next step; with its ticket."""

    def name(self) -> str:
        return "action_settle_return"

    def answer(self, turn: Turn) -> None:
        if drops(turn):
            leave_return(turn)
            return
        if venting(turn):
            decision = decide("compensation", {"basis": "feeling"}, turn.parameters)
            turn.say(str(decision.then["say"]), table=decision.table, row=decision.row)
            forget(turn)
            return
        order = ownership.order_of_form(turn)
        if order is None:
            return
        if order.state == "paid" and turn.slot("remedy") is None and turn.intent in REASONS:
            tell_parcel(turn, order, "status")  # a fault told of what is not sent yet gives nothing up
        elif order.state == "unpaid" or (order.state == "paid" and turn.slot("remedy") in GIVES_UP):
            tell_cancel(turn, order, "ask")
        elif insists(turn, order):
            tell_cancel(turn, order, "insist")
        elif unsent(turn, order):
            turn.set("target", merged(turn, None))
            turn.events.append(FollowupAction("change_form"))
        elif order.state == "cancelled":
            turn.say("utter_orders_cancelled_already", **order_values(turn, order))
        else:
            self.settle(turn, order)

    def settle(self, turn: Turn, order: OrderFacts) -> None:
        """An order that is on its way or has arrived."""
        if supposes(turn, order):
            reason, wanted = settled_for(turn, order.order_id).get("reason"), turn.slot("remedy")
            forget(turn)
            tell_postage(turn, reason, wanted)
            return
        found = chart(turn, order)
        fields = fields_of(turn, order, found)
        if found is not None and found.row is not None and found.then["go"] == "say":
            turn.urgent = turn.urgent or found.then.get("hand_over") == "person"
            tell(turn, found, order, chart_values(turn, order), fields=fields)
            if found.row in GUIDED:
                once(turn, guided(order))
            kept(turn, order, found.row, str(found.then.get("ticket") or "none"))
            return
        if turn.slot("remedy") == "open" and proposed(found):
            turn.set("remedy", proposed(found))
        keep = turn.slot("remedy") == "comp_no_return"
        offer = compensation(turn, order) if keep else None
        taken = choice(turn) if keep and turn.slot("reason") in OFFERED and answers_offer(turn) else None
        decision = decide_postage(turn, order)
        wants_ticket = taken or (offer or decision).then.get("ticket", "none") != "none" or decision.then.get("ticket", "none") != "none"
        if identity(turn) == "proved" and wants_ticket:
            turn.hand_over("utter_orders_need_identity", "return", kind="return", order=order, row=decision.row, table="postage")
        elif taken:
            settle_choice(turn, order, taken, fields)
            kept(turn, order, decision.row, "compensation")
        elif turn.slot("remedy") == "refuse_delivery" and settled_for(turn, order.order_id).get("remedy") == "refuse_delivery":
            add_to_refusal(turn, order, decision, fields)
        elif offer is not None and offer.then["go"] == "say":
            tell_compensation(turn, order, offer, fields)
            kept(turn, order, offer.row, str(offer.then["ticket"]))
        else:
            if decision.then.get("ticket") in ("return", "exchange", "repair", "reship") and decision.then.get("hand_over") == "no":
                ask_photos(turn, order)  # scripts.md §0: photos, then the decision, then the address
            tell(turn, decision, order, postage_values(turn, order, decision), fields=fields)
            self.after(turn, order, decision)

    def after(self, turn: Turn, order: OrderFacts, decision: Decision) -> None:
        """The next step: the address when goods come back; a person for a valuable order after the first days."""
        then = decision.then
        handed = then.get("hand_over") == "person"
        kind = str(then.get("ticket") or "none")
        if needs_person(turn, order) and not handed:
            ticket = str(turn.slot("ticket_id"))
            summary = turn.summary(order.order_id)
            turn.say(
                "utter_returns_handed_over",
                table="postage",
                row=decision.row,
                card={"hand_over": {"reason": "high_value", "summary": summary, "ticket": ticket}},
                **{
                    **order_values(turn, order),
                    "ticket": ticket,
                    "team": turn.team(kind),
                    "deadline": turn.ticket_deadline(ticket, kind),
                },
            )
            leave_form(turn)
        elif goes_back(then) and not handed and "pu_22" in rows_told(turn) and return_cover.fetched(order):
            turn.say("utter_pick_up_now", table="postage", row=decision.row, **order_values(turn, order))  # it began with a pick-up
        elif goes_back(then) and not handed and not return_cover.by_pick_up(then):  # a courier who fetches it knows where it goes
            name = "utter_returns_address" if once(turn, "return_address") else "utter_returns_address_same"
            turn.say(name, table="postage", row=decision.row, **order_values(turn, order))
            turn.asked = "return_tracking"
        kept(turn, order, decision.row, kind)


def answers_offer(turn: Turn) -> bool:
    """Whether this message chooses among offers heard before, rather than naming them in the wish itself."""
    return bool(rows_told(turn) & {"dm_08", "wi_03", "wi_04", "pr_x_01", "pr_w_03", "pr_w_04"}) or turn.intent == "choose_option"


def goes_back(then: Mapping[str, Any]) -> bool:
    """Whether the shopper sends something back now (a specialist says first in rows with a ticket before sending)."""
    return (
        then.get("return") not in (None, "none", "open")
        and then.get("ticket") in ("return", "exchange", "repair")
        and then.get("hand_over") == "no"
    )


def needs_person(turn: Turn, order: OrderFacts) -> bool:
    """decisions.md (es_10): an order of high value after the days of easy return is told, ticketed and handed over."""
    days = postage.days_since_signing(order, turn.shop, turn.now)
    return postage.is_high_value(order, turn.parameters) and days is not None and days > int(float(turn.parameters["quality_return_days"]))


def kept(turn: Turn, order: OrderFacts, row: str | None, kind: str) -> None:
    """Remember what was settled; the ticket of what it replaces is closed with a note, so that nobody works on both."""
    before: Mapping[str, Any] = turn.slot("after_return") or {}
    ticket = turn.slot("ticket_id") if kind != "none" else None
    if before.get("order_id") == order.order_id and before.get("ticket") not in (None, ticket):
        withdraw(turn, str(before["ticket"]))
    told = {name: turn.slot(name) for name in (*SAID, "insurance_said")}
    turn.set("after_return", {"order_id": order.order_id, "row": row, "ticket": ticket, "kind": kind, **told})
    forget(turn)


def add_to_refusal(turn: Turn, order: OrderFacts, decision: Decision, fields: Mapping[str, Any]) -> None:
    """More about a parcel whose refusal at the door is settled (it is done, another piece is wanted, here is a photo)."""
    _, spoken = turn.open_ticket("return", order=order, row=decision.row, fields=dict(fields))
    turn.say("utter_returns_refusal_noted", table=decision.table, row=decision.row, **{**order_values(turn, order), **spoken})
    kept(turn, order, decision.row, "return")


def leave_return(turn: Turn) -> None:
    """The goods stay with the shopper: the ticket is closed with a note; what was said is kept for a new change of mind."""
    settled = dict(turn.slot("after_return") or {})
    if settled.get("ticket"):
        withdraw(turn, str(settled["ticket"]))
        turn.set("after_return", {**settled, "ticket": None})
    forget(turn)
    turn.say("utter_returns_left")


def withdraw(turn: Turn, ticket_id: str) -> None:
    """Close a ticket whose wish the shopper took back, with the shopper's words."""
    turn.life.withdraw(ticket_id)
