"""Returns and exchanges (rules.md §1, §5–7; decisions.md): what is said decides with the order's facts, the table asks the rest."""

from __future__ import annotations

from typing import Any

from actions import ownership
from actions.base import XiaoerAction
from actions.complaints import leave_form
from actions.forms import AskOrder, OrderForm
from actions.logistics import chosen, identity
from actions.orders import tell_cancel
from actions.outcome import tell
from actions.turn import Turn
from actions.values import order_values, shop_values
from policy import postage
from policy.decide import Decision, decide
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
UNCLEAR = ("nlu_fallback", "unclear_message", "out_of_scope")


class ValidateReturnForm(OrderForm):
    """Order, then whatever the table ``postage`` still asks for."""

    form = "return_form"
    states = STATES
    intents = frozenset(REASONS) | frozenset(REMEDIES)

    def collect(self, turn: Turn) -> dict[str, Any]:
        found = super().collect(turn)
        requested = turn.tracker.get_slot("requested_slot") if turn.loop == self.form else None
        option = turn.entity("option")
        for name in ("reason", "remedy", "severity"):
            if turn.entity(name):
                found[name] = turn.entity(name)
        if requested in SAID and option:
            found[requested] = option
        if turn.intent in REASONS and "reason" not in found:
            found["reason"] = REASONS[turn.intent]
        if turn.intent in REMEDIES and "remedy" not in found:
            found["remedy"] = REMEDIES[turn.intent]
        if requested == "damaged" and turn.intent in ("affirm", "deny"):
            found["damaged"] = "yes" if turn.intent == "affirm" else "no"
        if requested == "remedy" and turn.intent == "deny" and "remedy" not in found:
            found["remedy"] = "open"
        # decisions.md: a reason still unclear after the second answer is `unknown`, and a person takes it on.
        if requested == "reason" and turn.intent in UNCLEAR and "reason" not in found and int(turn.slot("misunderstood") or 0) >= 1:
            found["reason"] = "unknown"
        return found

    def next_question(self, turn: Turn, fresh: bool) -> str | None:
        missing = self.find_order(turn, fresh)
        if missing is not None:
            return missing or None
        order = ownership.known_order(turn)
        if order is None or order.state in ("unpaid", "cancelled"):
            return None
        decision = decide_postage(turn, order)
        if decision.row is not None:
            return None
        if decision.ask not in SAID:
            raise RuntimeError(f"table postage asks for {decision.ask}, which no form can ask")
        return decision.ask


class AskReturnOrder(AskOrder):
    """Which order is to be returned."""

    form = "return_form"
    states = STATES


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
        if turn.slot("outcome"):
            turn.say(str(turn.slot("outcome")))
            return
        order = ownership.known_order(turn)
        if order is None:
            turn.say("utter_orders_none")
            return
        if order.state == "unpaid" or (order.state == "paid" and turn.slot("remedy") in (None, "return_refund", "cancel")):
            tell_cancel(turn, order, "ask")
            return
        if order.state == "cancelled":
            turn.say("utter_orders_cancelled_already", **order_values(turn, order))
            return
        decision = decide_postage(turn, order)
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
        turn.set(
            "after_return", {"order_id": order.order_id, "row": decision.row, "ticket": turn.slot("ticket_id"), "kind": then.get("ticket")}
        )
        for name in ("reason", "remedy", "severity", "damaged", "insurance_said"):
            turn.set(name, None)

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


class ActionSettleCompensation(XiaoerAction):
    """The shopper's word on an offered compensation: taken, or exchange and return instead."""

    def name(self) -> str:
        return "action_settle_compensation"

    def answer(self, turn: Turn) -> None:
        order = ownership.known_order(turn)
        option = chosen(turn)
        if order is None:
            turn.say("utter_orders_none")
        elif turn.intent == "affirm" or option in ("accept", "keep", "difference", "gift", "coupon", "refund"):
            _, spoken = turn.open_ticket("compensation", order=order, fields={"accepted": option or "yes"})
            turn.say("utter_returns_comp_accepted", **{**order_values(turn, order), **spoken})
        elif option in ("exchange", "return_refund", "reship"):
            turn.set("remedy", option)
            turn.events.append({"event": "followup", "timestamp": None, "name": "return_form"})
        else:
            turn.hand_over("utter_returns_comp_declined", "compensation", kind="compensation", order=order, **order_values(turn, order))


class ActionRegisterReturnTracking(XiaoerAction):
    """rf_03, rp_03: the number of the parcel that comes back is kept with the return's ticket."""

    def name(self) -> str:
        return "action_register_return_tracking"

    def answer(self, turn: Turn) -> None:
        number = turn.entity("tracking_number") or turn.entity("order_number")
        tickets = Tickets(turn.context.engine, turn.shop_id, turn.context.clock)
        mine = [
            t
            for t in (tickets.of_conversation(turn.conversation_id) + (tickets.of_customer(turn.customer_id) if turn.customer_id else []))
            if t.kind in ("return", "exchange", "repair", "specialist") and t.state != "closed"
        ]
        if not number:
            turn.say("utter_returns_need_tracking")
            turn.asked = "return_tracking"
        elif not mine:
            turn.say("utter_returns_no_open_return", tracking=str(number))
        else:
            current = turn.slot("ticket_id")
            ticket = next((t for t in mine if t.id == current), mine[-1])
            if not turn.dry_run:
                tickets.set_tracking(ticket.id, str(number))
            order = turn.repo.order(str(ticket.order_id)) if ticket.order_id else None
            turn.say(
                "utter_returns_tracking_registered",
                **{**(order_values(turn, order) if order else {}), "tracking": str(number), "ticket": ticket.id},
            )


class ActionLeaveReturn(XiaoerAction):
    """The shopper keeps the goods after all: the ticket gets a note, nothing is lost."""

    def name(self) -> str:
        return "action_leave_return"

    def answer(self, turn: Turn) -> None:
        ticket = turn.slot("ticket_id")
        if ticket and not turn.dry_run:
            Tickets(turn.context.engine, turn.shop_id, turn.context.clock).add_note(str(ticket), "shopper: " + turn.text[:200])
        turn.set("after_return", None)
        turn.say("utter_returns_left")


class ActionTellReturnAddress(XiaoerAction):
    """s_return_address; whoever has no open return is asked to begin one, so that the parcel is expected."""

    def name(self) -> str:
        return "action_tell_return_address"

    def answer(self, turn: Turn) -> None:
        turn.say("utter_returns_address", **shop_values(turn))
        turn.asked = "return_tracking" if turn.slot("after_return") else None


class ActionTellReturnProgress(XiaoerAction):
    """s_return_received and its forerunners, from the ticket's state."""

    def name(self) -> str:
        return "action_tell_return_progress"

    def answer(self, turn: Turn) -> None:
        tickets = Tickets(turn.context.engine, turn.shop_id, turn.context.clock)
        mine = [
            t
            for t in (tickets.of_customer(turn.customer_id) if turn.customer_id else tickets.of_conversation(turn.conversation_id))
            if t.kind in ("return", "exchange", "repair", "specialist", "compensation", "reship")
        ]
        if not mine:
            turn.say("utter_returns_no_open_return_yet")
            return
        ticket = mine[-1]
        order = turn.repo.order(str(ticket.order_id)) if ticket.order_id else None
        values = {
            **(order_values(turn, order) if order else {}),
            "ticket": ticket.id,
            "team": turn.team(ticket.kind),
            "deadline": turn.ticket_deadline(ticket.id, ticket.kind),
        }
        if ticket.tracking:
            turn.say("utter_returns_progress_sent", **{**values, "tracking": ticket.tracking})
        else:
            turn.say("utter_returns_progress_waiting", **values)


class ActionTellPostage(XiaoerAction):
    """Who pays the postage of a return or exchange: answered from the row for the order spoken of, nothing is opened."""

    def name(self) -> str:
        return "action_tell_postage"

    def answer(self, turn: Turn) -> None:
        reason = turn.entity("reason") or turn.before("reason")
        remedy = turn.entity("remedy") or turn.before("remedy") or "return_refund"
        restore(turn)
        if not reason:
            turn.say("utter_returns_postage_general")
            return
        shop_side = reason in postage.SHOP_REASONS
        values = {"reason_word": None}
        order = ownership.known_order(turn)
        if order is not None and order.state in ("received", "confirmed"):
            decision = decide_postage(turn, order, reason=str(reason), remedy=str(remedy), severity="severe", damaged="no")
            if decision.row is not None:
                values = postage_values(turn, order, decision)
        turn.say("utter_returns_postage_shop" if shop_side else "utter_returns_postage_shopper", **{k: v for k, v in values.items() if v})


def restore(turn: Turn) -> None:
    """A question about what would be changes nothing of an open return."""
    for name, entity in (("reason", "reason"), ("remedy", "remedy"), ("insurance_said", "insurance")):
        if turn.entity(entity):
            turn.set(name, turn.before(name))


class ActionExplainInsurance(XiaoerAction):
    """s_postage_insurance: what the freight insurance does, and whether the order spoken of has one."""

    def name(self) -> str:
        return "action_explain_insurance"

    def answer(self, turn: Turn) -> None:
        restore(turn)
        order = ownership.known_order(turn)
        if order is None:
            turn.say("utter_returns_insurance")
        else:
            turn.say("utter_returns_insurance_yes" if order.insurance else "utter_returns_insurance_no", **order_values(turn, order))


class ActionTellReturnPolicy(XiaoerAction):
    """Seven days and what is excluded (decisions.md 3)."""

    def name(self) -> str:
        return "action_tell_return_policy"

    def answer(self, turn: Turn) -> None:
        restore(turn)
        turn.say("utter_returns_policy")


class ActionGuideUse(XiaoerAction):
    """qp_02: the manual's steps, for products that have one; else a colleague."""

    def name(self) -> str:
        return "action_guide_usage"

    def answer(self, turn: Turn) -> None:
        order = ownership.known_order(turn)
        product = turn.product() or (order.product if order else None)
        if product is not None and product.manual:
            turn.say("utter_returns_guide", row="qp_02", product=product.name, options=product.manual)
            return
        _, spoken = turn.open_ticket("specialist", order=order, fields={"question": turn.text[:500]})
        turn.say("utter_complaints_other_topic", **spoken)


class ActionTellWarranty(XiaoerAction):
    """The product's own warranty, never a general promise."""

    def name(self) -> str:
        return "action_tell_warranty"

    def answer(self, turn: Turn) -> None:
        order = ownership.known_order(turn)
        product = turn.product() or (order.product if order else None)
        if product is not None and product.warranty_months:
            turn.say("utter_returns_warranty", product=product.name, options=str(product.warranty_months))
            return
        _, spoken = turn.open_ticket("specialist", order=order, fields={"question": turn.text[:500]})
        turn.say("utter_complaints_other_topic", **spoken)
