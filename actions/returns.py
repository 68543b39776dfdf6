"""Returns and exchanges (rules.md §1, §5–7; decisions.md): what is said decides with the order's facts, the table asks the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa_sdk.events import FollowupAction

from actions import ownership, responses
from actions.base import XiaoerAction
from actions.complaints import leave_form
from actions.forms import AskOrder, OrderForm
from actions.logistics import identity
from actions.orders import merged, tell_cancel
from actions.outcome import tell
from actions.turn import LISTEN, Turn
from actions.values import order_values, says
from policy import postage
from policy.decide import Decision, decide, load_table
from policy.facts import OrderFacts
from shop.tickets import Tickets

STATES = ("received", "confirmed")
REASONS = {
    "report_quality": "quality",
    "report_mismatch": "description_mismatch",
    "report_wrong_item": "wrong_item",
    "report_missing": "missing_part",
    "report_courier_damage": "courier_damage",
}
REMEDIES = {
    "request_return": "return_refund",
    "request_exchange": "exchange",
    "request_compensation": "comp_no_return",
    "request_repair": "repair_return",
}
SAID = ("reason", "remedy", "severity", "damaged")
# What a choice says (engine/nlu/data/meanings.yml, `option`) in the words of the table.
OPTIONS = {"refund": "return_refund", "compensation": "comp_no_return", "repair": "repair_return"}
UNCLEAR = ("nlu_fallback", "unclear_message", "out_of_scope")
# Wishes that make an unsent order one to cancel, and none that asks for a reason first.
GIVES_UP = (None, "return_refund", "cancel", "refuse_delivery", "open")


class ValidateReturnForm(OrderForm):
    """Order, then whatever the table ``postage`` still asks for."""

    form = "return_form"
    states = STATES
    intents = frozenset(REASONS) | frozenset(REMEDIES)

    def collect(self, turn: Turn) -> dict[str, Any]:
        found = super().collect(turn)
        requested = turn.tracker.get_slot("requested_slot") if turn.loop == self.form else None
        for name in ("reason", "remedy", "severity"):
            if turn.entity(name):
                found[name] = turn.entity(name)
        option = turn.entity("option")
        option = OPTIONS.get(str(option), option)
        if requested in SAID and option in (load_table("postage").inputs[requested].words or ()):
            found[requested] = option
        if turn.intent in REASONS and "reason" not in found:
            found["reason"] = REASONS[turn.intent]
        if turn.intent in REMEDIES and not only_unfit(turn) and ("remedy" not in found or turn.intent == "request_compensation"):
            # "I do not want to send it back, give me something off" names the remedy it does not want.
            found["remedy"] = REMEDIES[turn.intent]
        if requested == "remedy" and "remedy" not in found and says(turn, "leave_it_signs"):
            found["remedy"] = "open"
        if turn.intent == "request_compensation" and "reason" not in found and says(turn, "price_drop_signs"):
            found["reason"] = "buyer_reason"  # nothing is wrong with the goods
        if requested == "damaged" and turn.intent in ("affirm", "deny"):
            found["damaged"] = "yes" if turn.intent == "affirm" else "no"
        # decisions.md: a reason still unclear after the second answer is `unknown`, and a person takes it on.
        if requested == "reason" and turn.intent in UNCLEAR and "reason" not in found and int(turn.slot("misunderstood") or 0) >= 1:
            found["reason"] = "unknown"
        return found

    def wanted_states(self, turn: Turn) -> tuple[str, ...]:
        return ("shipped",) if turn.slot("remedy") == "refuse_delivery" else self.states

    def next_question(self, turn: Turn, fresh: bool) -> str | None:
        missing = self.find_order(turn, fresh)
        if missing is not None:
            return missing or None
        order = ownership.known_order(turn)
        if order is None or order.state in ("unpaid", "cancelled") or unsent(turn, order):
            return None
        if fresh:
            recall(turn, order)
        decision = decide_postage(turn, order)
        if decision.row is not None:
            return None
        if decision.ask not in SAID:
            raise RuntimeError(f"table postage asks for {decision.ask}, which no form can ask")
        return decision.ask


def only_unfit(turn: Turn) -> bool:
    """Whether a typed message says no more than that the goods do not fit or please: it wishes neither exchange nor refund yet."""
    told = turn.entity("reason") == "buyer_reason" and not turn.entity("remedy")
    return told and turn.intent in ("request_return", "request_exchange") and not turn.text.startswith("/")


def unsent(turn: Turn, order: OrderFacts) -> bool:
    """Whether the wish is one to cancel or to change an order that has not arrived: nothing comes back, no reason is needed."""
    if order.state == "shipped":
        return turn.slot("remedy") == "exchange" and turn.slot("reason") in (None, "buyer_reason")
    return order.state == "paid" and turn.slot("remedy") in (*GIVES_UP, "exchange")


def recall(turn: Turn, order: OrderFacts) -> None:
    """A changed mind about the return settled last: what is not said anew (reason or remedy) still holds for the same order."""
    settled: Mapping[str, Any] = turn.slot("after_return") or {}
    if settled.get("order_id") != order.order_id:
        return
    for name in ("reason", "remedy"):
        if not turn.slot(name) and settled.get(name):
            turn.set(name, settled[name])


class AskReturnOrder(AskOrder):
    """Which order is to be returned."""

    form = "return_form"
    states = STATES


class AskReturnRemedy(XiaoerAction):
    """How it is to be put right, with the ways that fit the reason (nothing to repair when a part is missing)."""

    question = True

    def name(self) -> str:
        return "action_ask_return_form_remedy"

    def answer(self, turn: Turn) -> None:
        own = f"utter_returns_ask_remedy_{turn.slot('reason')}"
        turn.say(own if own in responses.index() else "utter_ask_return_form_remedy")
        turn.events.append(FollowupAction(LISTEN))


def said(turn: Turn) -> dict[str, str]:
    """What the shopper told of the return, as words of the table."""
    told = {name: str(turn.slot(name)) for name in SAID if turn.slot(name)}
    if turn.slot("insurance_said"):
        told["insurance"] = str(turn.slot("insurance_said"))
    return told


def decide_postage(turn: Turn, order: OrderFacts, **changed: str) -> Decision:
    """Ask the table ``postage`` for this order; ``changed`` overrules what was said ('what if')."""
    facts = postage.facts(order, {**said(turn), **changed}, turn.parameters, turn.shop, turn.now)
    return postage.settled(decide("postage", facts, turn.parameters), order, turn.parameters, turn.shop)


def postage_values(turn: Turn, order: OrderFacts, decision: Decision) -> dict[str, Any]:
    """Values of an after-sale answer: the order's, then the sums of this row."""
    amounts = postage.amounts(decision, order, turn.parameters, turn.shop)
    return {**order_values(turn, order), **postage.values(amounts, decision, order, turn.parameters, turn.shop)}


class ActionSettleReturn(XiaoerAction):
    """The decided row: who pays, who advances, the cap, when it is paid back, the next step; with its ticket."""

    def name(self) -> str:
        return "action_settle_return"

    def answer(self, turn: Turn) -> None:
        order = ownership.order_of_form(turn)
        if order is None:
            return
        if order.state == "unpaid" or (order.state == "paid" and turn.slot("remedy") in GIVES_UP):
            tell_cancel(turn, order, "ask")
            return
        if unsent(turn, order):
            turn.set("target", merged(turn, None))
            turn.events.append(FollowupAction("change_form"))
            return
        if order.state == "cancelled":
            turn.say("utter_orders_cancelled_already", **order_values(turn, order))
            return
        decision = decide_postage(turn, order)
        if self.guide_first(turn, order):
            turn.say("utter_returns_guide", table="postage", row="qp_02", product=order.product.name, options=order.product.manual)
            kept(turn, order, decision.row, "none")
            return
        fields = {
            "reason": turn.slot("reason"),
            "remedy": turn.slot("remedy"),
            "severity": turn.slot("severity"),
            "product": order.product.name,
            "variant": order.variant,
            "photos": turn.photo_ids,
            "text": turn.text[:300],
            "wanted": "/".join(str(v) for v in (turn.slot("colour"), turn.slot("size")) if v) or None,
        }
        if identity(turn) == "proved" and decision.then.get("ticket", "none") != "none":
            turn.hand_over("utter_orders_need_identity", "return", kind="return", order=order, row=decision.row, table="postage")
            return
        tell(turn, decision, order, postage_values(turn, order, decision), fields=fields)
        self.after(turn, order, decision)

    def after(self, turn: Turn, order: OrderFacts, decision: Decision) -> None:
        """The next step: the address when goods come back; a person for a valuable order after the first days."""
        then = decision.then
        handed = then.get("hand_over") == "person"
        if self.needs_person(turn, order) and not handed:
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
                    "team": turn.team(str(then.get("ticket"))),
                    "deadline": turn.ticket_deadline(ticket, str(then.get("ticket"))),
                },
            )
            leave_form(turn)
        elif self.goes_back(then) and not handed:
            turn.say("utter_returns_address", table="postage", row=decision.row, **order_values(turn, order))
            turn.asked = "return_tracking"
        kept(turn, order, decision.row, str(then.get("ticket") or "none"))

    def guide_first(self, turn: Turn, order: OrderFacts) -> bool:
        """decisions.md: an appliance's fault begins with the manual's steps, unless they were told or tried already."""
        if order.product.kind != "appliance" or turn.slot("reason") != "quality" or not order.product.manual:
            return False
        told = any(e.get("event") == "bot" and (e.get("metadata") or {}).get("row") == "qp_02" for e in turn.tracker.events)
        return not told and not says(turn, "tried_signs")

    def goes_back(self, then: Any) -> bool:
        """Whether the shopper sends something back now (a specialist says first in rows with a ticket before sending)."""
        return (
            then.get("return") not in (None, "none", "open")
            and then.get("ticket") in ("return", "exchange", "repair")
            and then.get("hand_over") == "no"
        )

    def needs_person(self, turn: Turn, order: OrderFacts) -> bool:
        """decisions.md: an order of high value after the days of easy return is told, ticketed and handed over."""
        days = postage.days_since_signing(order, turn.shop, turn.now)
        return (
            postage.is_high_value(order, turn.parameters) and days is not None and days > int(float(turn.parameters["quality_return_days"]))
        )


def kept(turn: Turn, order: OrderFacts, row: str | None, kind: str) -> None:
    """Remember what was settled; the ticket of what it replaces is closed with a note, so that nobody works on both."""
    before: Mapping[str, Any] = turn.slot("after_return") or {}
    ticket = turn.slot("ticket_id") if kind != "none" else None
    if before.get("order_id") == order.order_id and before.get("ticket") not in (None, ticket):
        withdraw(turn, str(before["ticket"]))
    told = {name: turn.slot(name) for name in (*SAID, "insurance_said")}
    turn.set("after_return", {"order_id": order.order_id, "row": row, "ticket": ticket, "kind": kind, **told})
    for name in told:
        turn.set(name, None)


def withdraw(turn: Turn, ticket_id: str) -> None:
    """Close a ticket whose wish the shopper took back, with the shopper's words."""
    if turn.dry_run:
        return
    tickets = Tickets(turn.context.engine, turn.shop_id, turn.context.clock)
    found = tickets.get(ticket_id)
    if found is not None and found.state != "closed":
        tickets.add_note(ticket_id, turn.text[:200], author="shopper")
        tickets.set_state(ticket_id, "closed")


class ActionSettleCompensation(XiaoerAction):
    """The shopper's word on an offered compensation: taken, or exchange and return instead."""

    def name(self) -> str:
        return "action_settle_compensation"

    def answer(self, turn: Turn) -> None:
        order = ownership.known_order(turn)
        option = str(turn.entity("option") or turn.entity("remedy") or "")
        option = OPTIONS.get(option, option)
        if order is None:
            turn.say("utter_orders_none")
        elif turn.intent == "affirm" or option in ("accept", "keep", "difference", "gift", "coupon", "comp_no_return"):
            _, spoken = turn.open_ticket("compensation", order=order, fields={"accepted": option or "yes"})
            turn.say("utter_returns_comp_accepted", **{**order_values(turn, order), **spoken})
        elif option in ("exchange", "return_refund", "reship"):
            settled: Mapping[str, Any] = turn.slot("after_return") or {}
            turn.set("reason", turn.slot("reason") or settled.get("reason"))
            turn.set("remedy", option)
            turn.events.append(FollowupAction("return_form"))
        else:
            turn.hand_over("utter_returns_comp_declined", "compensation", kind="compensation", order=order, **order_values(turn, order))
