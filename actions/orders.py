"""Cancelling and changing an order, its refund, its address (rules.md §2, §3, §9; co_*, cp_*, ic_*, rp_*)."""

from __future__ import annotations

from typing import Any

from actions import ownership
from actions.base import XiaoerAction
from actions.forms import AskOrder, OrderForm
from actions.logistics import chosen, identity, tell_parcel
from actions.outcome import tell
from actions.turn import Turn
from actions.values import listed, money, order_values
from policy import orders
from policy.decide import decide
from policy.facts import OrderFacts, ProductFacts
from policy.words import words
from shop.tickets import Tickets

OPEN_STATES = ("unpaid", "paid", "shipped")


class ValidateCancelForm(OrderForm):
    """The order to cancel."""

    form = "cancel_form"
    states = ("unpaid", "paid")
    intents = frozenset({"cancel_order"})

    def next_question(self, turn: Turn, fresh: bool) -> str | None:
        return self.find_order(turn, fresh) or None


class AskCancelOrder(AskOrder):
    """Which order to cancel."""

    form = "cancel_form"
    states = ("unpaid", "paid")


class ActionCancelOrder(XiaoerAction):
    """co_04 … co_09, ic_*."""

    def name(self) -> str:
        return "action_cancel_order"

    def answer(self, turn: Turn) -> None:
        if turn.slot("outcome"):
            turn.say(str(turn.slot("outcome")))
            return
        order = ownership.known_order(turn)
        if order is None:
            turn.say("utter_orders_none")
            return
        told = [e for e in turn.tracker.events if e.get("event") == "bot" and (e.get("metadata") or {}).get("row") in ("co_04", "ic_01")]
        tell_cancel(turn, order, "insist" if told and order.state == "shipped" else "ask")


def tell_cancel(turn: Turn, order: OrderFacts, step: str, agree: str = "open") -> None:
    """Decide with the table ``cancel_order`` and tell the sums of this order."""
    facts = orders.cancel_facts(order, turn.parameters, turn.now, step, agree=agree, identity=identity(turn))
    amounts = orders.cancel_amounts(order, turn.parameters, turn.shop, turn.now)
    values = {
        **order_values(turn, order),
        "refund": money(amounts.refund),
        "outbound": money(amounts.outbound),
        "freight": money(amounts.freight),
        "loss": money(amounts.loss) if amounts.loss else None,
        "days_allowed": str(turn.parameters["quality_return_days"]),
    }
    tell(
        turn,
        decide("cancel_order", facts, turn.parameters),
        order,
        values,
        fields={"refund": str(amounts.refund), "reason": turn.text[:200]},
    )


class ActionSettleCancel(XiaoerAction):
    """The answer to what cancelling asked: bearing a loss, interception, refusing the parcel, keeping the order."""

    def name(self) -> str:
        return "action_settle_cancel"

    def answer(self, turn: Turn) -> None:
        order = ownership.known_order(turn)
        if order is None:
            turn.say("utter_orders_none")
            return
        asked, option = turn.tracker.get_slot("open_question"), chosen(turn)
        if asked == "bear_loss":
            tell_cancel(turn, order, "ask", agree="no" if turn.intent == "deny" or option == "keep" else "yes")
        elif asked == "intercept" and turn.intent != "deny" and option in (None, "intercept", "refund"):
            tell_cancel(turn, order, "intercept")
        elif asked == "refuse_or_return" and turn.intent != "deny":
            turn.set("reason", turn.slot("reason") or "buyer_reason")
            turn.set(
                "remedy",
                "refuse_delivery" if option in (None, "refuse", "refuse_delivery") and order.state == "shipped" else "return_refund",
            )
            turn.events.append({"event": "followup", "timestamp": None, "name": "return_form"})
        else:
            tell_parcel(turn, order, "status")


class ValidateChangeForm(OrderForm):
    """The order and the variant wanted instead."""

    form = "change_form"
    states = ("unpaid", "paid")
    intents = frozenset({"change_product"})

    def collect(self, turn: Turn) -> dict[str, Any]:
        found = super().collect(turn)
        for name in ("colour", "size"):
            if turn.entity(name):
                found[name] = turn.entity(name)
        if turn.entity("product"):
            found["product_id"] = turn.entity("product")
        return found

    def next_question(self, turn: Turn, fresh: bool) -> str | None:
        missing = self.find_order(turn, fresh)
        if missing is not None:
            return missing or None
        order = ownership.known_order(turn)
        if order is None:
            return None
        product, variant = wanted(turn, order)
        decision = decide(
            "change_product",
            orders.change_facts(order, product, variant, turn.parameters, turn.now, identity=identity(turn)),
            turn.parameters,
        )
        if decision.row is None:
            turn.set("target", None)
            return "target"
        turn.set("target", variant)
        return None


def wanted(turn: Turn, order: OrderFacts) -> tuple[ProductFacts | None, str | None]:
    """The product and variant the shopper wants instead: what was named, the rest as ordered; (None, None) when nothing was."""
    named = turn.repo.product(str(turn.slot("product_id"))) if turn.entity("product") else None
    product = named if named and named.product_id != order.product.product_id else order.product
    colour, size = turn.slot("colour"), turn.slot("size")
    colour = colour if colour in product.colours else None
    size = size if size in product.sizes else None
    same = product.product_id == order.product.product_id
    if same and not colour and not size:
        return None, None
    variant = orders.target_variant(product, order.variant if same else None, colour, size)
    if variant is None or (same and variant == order.variant):
        return None, None
    return product, variant


class AskChangeOrder(AskOrder):
    """Which order to change."""

    form = "change_form"
    states = ("unpaid", "paid")


class AskChangeTarget(XiaoerAction):
    """Which variant instead, with those in stock as buttons."""

    def name(self) -> str:
        return "action_ask_change_form_target"

    def answer(self, turn: Turn) -> None:
        order = ownership.known_order(turn)
        buttons = []
        if order is not None:
            for variant, pieces in order.product.stock.items():
                if pieces > 0 and variant != order.variant:
                    colour, _, size = variant.partition("/")
                    buttons.append({"title": variant, "payload": f'/change_product{{"colour": "{colour}", "size": "{size}"}}'})
        turn.say("utter_ask_change_form_target", buttons=buttons[:6] or None, **(order_values(turn, order) if order else {}))
        turn.events.append({"event": "followup", "timestamp": None, "name": "action_listen"})


class ActionChangeProduct(XiaoerAction):
    """cp_02 … cp_10."""

    def name(self) -> str:
        return "action_change_product"

    def answer(self, turn: Turn) -> None:
        if turn.slot("outcome"):
            turn.say(str(turn.slot("outcome")))
            return
        order = ownership.known_order(turn)
        if order is None:
            turn.say("utter_orders_none")
            return
        tell_change(turn, order, "ask")


def tell_change(turn: Turn, order: OrderFacts, step: str, pay: str = "open") -> None:
    """Decide with the table ``change_product`` and tell the difference in yuan."""
    product, variant = wanted(turn, order)
    facts = orders.change_facts(order, product, variant, turn.parameters, turn.now, step, pay=pay, identity=identity(turn))
    values = order_values(turn, order)
    if product is not None and variant is not None:
        values["target"] = (
            variant
            if product.product_id == order.product.product_id
            else words()["formats"]["target"].format(product=product.name, variant=variant)
        )
        values["difference"] = money(abs(orders.difference(order, product)))
        values["alternative"] = orders.alternative(product, variant) or listed(product.colours)
    tell(turn, decide("change_product", facts, turn.parameters), order, values, fields={"from": order.variant, "to": values.get("target")})


class ActionSettleChange(XiaoerAction):
    """The answer to what changing asked: paying the difference, another variant, or the order as it was."""

    def name(self) -> str:
        return "action_settle_change"

    def answer(self, turn: Turn) -> None:
        order = ownership.known_order(turn)
        asked = turn.tracker.get_slot("open_question")
        if order is None:
            turn.say("utter_orders_none")
        elif asked == "pay_difference":
            tell_change(turn, order, "ask", pay="no" if turn.intent == "deny" else "yes")
        elif turn.intent == "deny" or chosen(turn) == "keep":
            tell_change(turn, order, "stop")
        else:
            for name in ("colour", "size", "target"):
                if not turn.entity(name):
                    turn.set(name, None)
            turn.events.append({"event": "followup", "timestamp": None, "name": "change_form"})


class ActionChangeAddress(XiaoerAction):
    """s_modify_info: needs signed identity; before dispatch it is passed on with the new words, after it the courier is asked."""

    def name(self) -> str:
        return "action_change_address"

    def answer(self, turn: Turn) -> None:
        if not turn.customer_id:
            turn.hand_over("utter_orders_need_identity", "change_address", kind="address")
            return
        claim = ownership.claim(turn, ("paid", "unpaid", "shipped"), fresh=True)
        if claim.order is None:
            ownership.ask_order(turn, claim)
            return
        order = claim.order
        turn.set("order_id", order.order_id)
        if order.state in ("received", "confirmed", "cancelled"):
            turn.say("utter_orders_address_received", **order_values(turn, order))
            return
        _, spoken = turn.open_ticket("address", order=order, fields={"text": turn.text[:500]})
        turn.say(
            "utter_orders_address_shipped" if order.state == "shipped" else "utter_orders_address_submitted",
            **{**order_values(turn, order), **spoken},
        )


class ActionTellRefund(XiaoerAction):
    """rp_04 … rp_09: the state of a refund from its ticket; no arrival time is promised where none is known."""

    def name(self) -> str:
        return "action_tell_refund"

    def answer(self, turn: Turn) -> None:
        tickets = Tickets(turn.context.engine, turn.shop_id, turn.context.clock)
        mine = tickets.of_customer(turn.customer_id) if turn.customer_id else tickets.of_conversation(turn.conversation_id)
        refunds = [t for t in mine if t.kind in ("refund", "cancel", "return") and t.order_id]
        if not refunds:
            self.none(turn)
            return
        ticket = refunds[-1]
        order = turn.repo.order(str(ticket.order_id))
        if order is None or not ownership.may_see(turn, order.order_id):
            self.none(turn)
            return
        turn.set("order_id", order.order_id)
        _, spoken = turn.open_ticket(ticket.kind, order=order)
        card = order.pay_by == "card"
        values = {**order_values(turn, order), **spoken}
        turn.say("utter_orders_refund_in_progress", row="rp_04", **values)
        turn.say("utter_orders_refund_arrival_card" if card else "utter_orders_refund_arrival", row="rp_07" if card else "rp_09", **values)

    def none(self, turn: Turn) -> None:
        """No refund is under way: the order spoken of is named, else it is asked which."""
        claim = ownership.claim(turn, ("cancelled", "received", "confirmed", "paid"), fresh=True)
        if claim.order is None:
            ownership.ask_order(turn, claim)
            return
        turn.set("order_id", claim.order.order_id)
        turn.say("utter_orders_refund_none", **order_values(turn, claim.order))


class ActionShowOrder(XiaoerAction):
    """An order number alone, or a question about an order: the order with what can be done."""

    def name(self) -> str:
        return "action_show_order"

    def answer(self, turn: Turn) -> None:
        claim = ownership.claim(turn, (*OPEN_STATES, "received"), fresh=True)
        if claim.order is None:
            ownership.ask_order(turn, claim)
            return
        turn.set("order_id", claim.order.order_id)
        turn.say("utter_orders_order", **order_values(turn, claim.order))


class ActionCheckPayment(XiaoerAction):
    """pm_03, pm_08, pm_09: what the order says of its payment; anything else goes to finance."""

    def name(self) -> str:
        return "action_check_payment"

    def answer(self, turn: Turn) -> None:
        claim = ownership.claim(turn, ("unpaid", "paid"), fresh=True)
        order = claim.order
        if order is not None and order.state == "unpaid":
            turn.set("order_id", order.order_id)
            turn.say("utter_orders_payment_open", row="pm_03", **order_values(turn, order))
        elif order is not None:
            turn.set("order_id", order.order_id)
            turn.say("utter_orders_payment_done", row="pm_08", **order_values(turn, order))
        else:
            ownership.ask_order(turn, claim)
