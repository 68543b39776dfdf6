"""Cancelling and changing an order, its refund, its address (rules.md §2, §3, §9; co_*, cp_*, ic_*, rp_*)."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from rasa_sdk.events import FollowupAction

from actions import ages, ownership
from actions.ages import waits_for_person
from actions.base import XiaoerAction
from actions.forms import ANSWERS, BARE, AskOrder, OrderForm
from actions.interception import fault, interception, newest, tell_changed, under_way
from actions.logistics import chosen, identity, tell_parcel
from actions.out_of_stock import confirm_change, tell_stock, told_missing
from actions.outcome import tell
from actions.payment import decide_payment, payment_values, tell_regret
from actions.turn import LISTEN, Turn
from actions.values import listed, money, order_values, says
from policy import orders
from policy.decide import decide
from policy.facts import OrderFacts, ProductFacts
from policy.words import fmt, words
from shop.tickets import Tickets


class ValidateCancelForm(OrderForm):
    """The order to cancel."""

    form = "cancel_form"
    states = ("unpaid", "paid")
    intents = frozenset({"cancel_order"})

    def naming(self, turn: Turn) -> Collection[str] | None:
        return ownership.given_back(turn)

    def wanted_states(self, turn: Turn) -> tuple[str, ...]:
        return ("shipped",) if says(turn, "intercept_signs") else self.states

    def next_question(self, turn: Turn, fresh: bool) -> str | None:
        missing = self.find_order(turn, fresh)
        if missing and says(turn, "not_cancel_signs"):
            turn.set("outcome", "utter_smalltalk_form_left")
            return None
        return missing or None


class AskCancelOrder(AskOrder):
    """Which order to cancel."""

    form = "cancel_form"
    states = ("unpaid", "paid")


class ActionCancelOrder(XiaoerAction):
    """co_04 … co_09, ic_*."""

    def name(self) -> str:
        return "action_cancel_order"

    def answer(self, turn: Turn) -> None:
        order = ownership.order_of_form(turn)
        if order is None:
            return
        if says(turn, "not_cancel_signs"):
            self.keep(turn, order)
            return
        if says(turn, "auto_cancel_signs"):
            tell_standing(turn, order)
            return
        if turn.slot("remedy") == "refuse_delivery" and order.state == "shipped":
            turn.set("reason", turn.slot("reason") or "buyer_reason")
            turn.events.append(FollowupAction("return_form"))
            return
        tell_cancel(turn, order, self.step(turn, order))

    def step(self, turn: Turn, order: OrderFacts) -> str:
        """ask; on its way: what came of stopping it, stopping it, or insisting after it was told that it is sent."""
        if order.state != "shipped":
            return "ask"
        outcome = interception(turn, order)
        if outcome in ("stopped", "not_stopped"):
            return outcome
        told = [str((e.get("metadata") or {}).get("row")) for e in turn.tracker.events if e.get("event") == "bot"]
        if outcome == "waiting" and told[-1:] != ["ic_06"]:
            return "insist" if told[-1:] == ["ic_01"] and not says(turn, "question_signs") else "waiting"
        if says(turn, "intercept_signs") and {"co_04", "co_05", "ic_06"} & set(told):
            return "intercept"  # who pays has been told
        return "insist" if {"co_04", "ic_01", "ic_06"} & set(told) else "ask"

    def keep(self, turn: Turn, order: OrderFacts) -> None:
        """The shopper wants the order after all: those who work on its cancellation are told."""
        tickets = Tickets(turn.context.engine, turn.shop_id, turn.context.clock)
        under_way = (t for t in tickets.of_conversation(turn.conversation_id) if t.order_id == order.order_id and t.state != "closed")
        ticket = next((t for t in under_way if t.kind in ("cancel", "intercept")), None)
        turn.set("remedy", None)
        if ticket is None:
            turn.say("utter_smalltalk_form_left")
            return
        _, spoken = turn.open_ticket(ticket.kind, order=order, fields={"withdrawn": turn.text[:200]}, priority="high")
        turn.say("utter_orders_cancel_withdrawn", **{**order_values(turn, order), **spoken})


def tell_standing(turn: Turn, order: OrderFacts) -> None:
    """ "Is it cancelled by itself?" gives nothing up: until when it is kept for the shopper, or where it is."""
    if order.state == "unpaid":
        tell(turn, decide_payment(turn, order, "due"), order, payment_values(turn, order))
    else:
        tell_parcel(turn, order, "status")


def tell_cancel(turn: Turn, order: OrderFacts, step: str, agree: str = "open") -> None:
    """Decide with the table ``cancel_order`` and tell the sums of this order; goods that are missing are the shop's matter."""
    if order.state == "paid" and told_missing(turn, order):
        tell_stock(turn, order, "refund")
        return
    if step != "waiting" and waits_for_person(turn, order, "act"):
        return
    supposed = "yes" if says(turn, "only_supposed_signs") and says(turn, "question_signs") else "no"
    whose = fault(turn, order)
    told = orders.cancel_facts(order, turn.parameters, turn.now, step, agree=agree, identity=identity(turn), fault=whose)
    facts = {**told, "supposed": supposed}
    amounts = orders.cancel_amounts(order, turn.parameters, turn.shop, turn.now)
    values = {
        **order_values(turn, order),
        "refund": money(amounts.refund),
        "outbound": money(amounts.outbound),
        "freight": money(amounts.freight),
        "loss": money(amounts.loss) if amounts.loss else None,
        "days_allowed": str(turn.parameters["quality_return_days"]),
    }
    asked = newest(turn, order, "intercept") if step == "waiting" else None
    if asked is not None:
        values |= under_way(turn, asked)
    tell(
        turn,
        decide("cancel_order", facts, turn.parameters),
        order,
        values,
        fields={"refund": str(order.paid if whose == "shop" else amounts.refund), "reason": turn.text[:200], "fault": whose},
    )
    if order.state == "unpaid" and turn.slot("remedy") not in ("return_refund", "exchange"):
        tell_regret(turn, order)  # a return wished for has told its reason
    if whose == "shopper" and not any(event["event"] == "followup" for event in turn.events):
        # "Do not want it any more" was said of this order, and of no other.
        for name in ("reason", "remedy"):
            turn.set(name, None)


def insists(turn: Turn, order: OrderFacts) -> bool:
    """Whether "I do not want it" answers that the order is on its way: insisting (co_05), no return of something that has arrived."""
    told = [str((e.get("metadata") or {}).get("row")) for e in turn.tracker.events if e.get("event") == "bot"]
    no_fault = turn.slot("reason") in (None, "buyer_reason") and turn.slot("remedy") in (None, "cancel", "return_refund", "open")
    return order.state == "shipped" and no_fault and told[-1:] in (["co_04"], ["ic_01"], ["ic_06"])


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
            turn.events.append(FollowupAction("return_form"))
        else:
            tell_parcel(turn, order, "status")


class ValidateChangeForm(OrderForm):
    """The order and the variant wanted instead."""

    form = "change_form"
    states = ("unpaid", "paid")
    intents = frozenset({"change_product", "request_exchange"})

    def collect(self, turn: Turn) -> dict[str, Any]:
        found = super().collect(turn)
        opening = turn.loop != self.form or not turn.tracker.get_slot("requested_slot")
        if opening or any(turn.entity(name) for name in ("product", "colour", "size")):
            found["target"] = merged(turn, changed_to(turn) if opening else turn.slot("target"))
        return found

    def naming(self, turn: Turn) -> Collection[str] | None:
        before, after = around_change(turn)
        if before and after:
            return before
        order = ownership.known_order(turn)
        target = str(turn.slot("target") or "").partition(":")[0]
        # In a change under way a product is what it is to become.
        goes_on = order is not None and order.state == "paid" and target and target != order.product.product_id
        return () if goes_on and target in turn.entities("product") else None

    def _is_digression(self, turn: Turn, requested: str, collected: dict[str, Any]) -> bool:
        # "Is there a blue one?" is a question, not a choice: only wishes and short answers name the target.
        if requested == "order_id":
            return super()._is_digression(turn, requested, collected)
        bare = len(turn.text) <= BARE and bool(collected) and not says(turn, "question_signs")
        return turn.intent not in self.intents and not bare and (turn.intent not in ANSWERS or not self.answers(turn, requested, collected))

    def next_question(self, turn: Turn, fresh: bool) -> str | None:
        missing = self.find_order(turn, fresh)
        if missing is not None:
            return missing or None
        order = ownership.known_order(turn)
        if order is None or asks_whether_changed(turn, order):
            return None
        product, variant = wanted(turn, order)
        decision = decide(
            "change_product",
            orders.change_facts(order, product, variant, turn.parameters, turn.now, identity=identity(turn)),
            turn.parameters,
        )
        return "target" if decision.row is None else None


def around_change(turn: Turn) -> tuple[list[str], list[str]]:
    """Products named before and after the word that changes one into the other ("the jeans into the dress"); none without it."""
    places = [turn.text.find(sign) for sign in words()["into_signs"] if sign in turn.text]
    named = [e for e in (turn.tracker.latest_message or {}).get("entities") or [] if e.get("entity") == "product"]
    if not places:
        return [], []
    at = min(places)
    before = [str(e["value"]) for e in named if int(e.get("start") or 0) < at]
    return before, [str(e["value"]) for e in named if int(e.get("start") or 0) >= at]


def asks_whether_changed(turn: Turn, order: OrderFacts) -> bool:
    """Whether it is asked if a change that was submitted has been made, and no other one is named."""
    named = any(turn.entity(name) for name in ("product", "colour", "size"))
    return not named and says(turn, "changed_signs") and newest(turn, order, "change") is not None


def changed_to(turn: Turn) -> str | None:
    """The slot ``target`` of the change that is under way for this order ("no, M after all" corrects only the size); else None."""
    order = ownership.known_order(turn)
    if order is None or not turn.slot("target") or turn.entity("order_number"):
        return None
    ticket = newest(turn, order, "change")
    return str(turn.slot("target")) if ticket is not None and ticket.state != "closed" else None


def merged(turn: Turn, target: str | None) -> str | None:
    """The slot ``target`` with this message's words: "product:colour/size", each part empty until it is said."""
    product, _, variant = (target or "").partition(":")
    colour, _, size = variant.partition("/")
    named = str(turn.entity("product") or product)
    if named != product and product:
        colour = size = ""
    colour, size = str(turn.entity("colour") or colour), str(turn.entity("size") or size)
    return f"{named}:{colour}/{size}" if named or colour or size else None


def wanted(turn: Turn, order: OrderFacts) -> tuple[ProductFacts | None, str | None]:
    """The product and variant wanted instead, from the slot ``target``: what was named, the rest as ordered.

    (None, None) when nothing was named, (product, None) when the colour or size of another product is still open.
    """
    named, _, variant = str(turn.slot("target") or "").partition(":")
    colour, _, size = variant.partition("/")
    product = turn.repo.product(named or order.product.product_id) or order.product
    same = product.product_id == order.product.product_id
    if colour not in product.colours:
        colour = "" if same or len(product.colours) > 1 else product.colours[0]
    if size not in product.sizes:
        size = "" if same or len(product.sizes) > 1 else product.sizes[0]
    if same and not colour and not size:
        return None, None
    found = orders.target_variant(product, order.variant if same else None, colour or None, size or None)
    if same and found in (None, order.variant):
        return None, None
    return product, found


class AskChangeOrder(AskOrder):
    """Which order to change."""

    form = "change_form"
    states = ("unpaid", "paid")


class AskChangeTarget(XiaoerAction):
    """Which variant instead, with those in stock as buttons."""

    question = True

    def name(self) -> str:
        return "action_ask_change_form_target"

    def answer(self, turn: Turn) -> None:
        order = ownership.known_order(turn)
        buttons = []
        if order is not None:
            product = wanted(turn, order)[0] or order.product
            for variant, pieces in product.stock.items():
                if pieces > 0 and (variant != order.variant or product.product_id != order.product.product_id):
                    colour, _, size = variant.partition("/")
                    named = json.dumps({"product": product.product_id, "colour": colour, "size": size}, ensure_ascii=False)
                    buttons.append({"title": fmt("variant_button", variant=variant), "payload": f"/change_product{named}"})
        turn.say("utter_ask_change_form_target", buttons=buttons[:6] or None, **(order_values(turn, order) if order else {}))
        turn.events.append(FollowupAction(LISTEN))


class ActionChangeProduct(XiaoerAction):
    """cp_02 … cp_10."""

    def name(self) -> str:
        return "action_change_product"

    def answer(self, turn: Turn) -> None:
        order = ownership.order_of_form(turn)
        if order is None:
            return
        if asks_whether_changed(turn, order) and tell_changed(turn, order):
            return
        cancelling = newest(turn, order, "cancel", only_open=True)
        if cancelling is not None and not cancelling.fields.get("withdrawn"):
            ActionCancelOrder().keep(turn, order)  # what is changed is wanted: nobody pays its money back
        tell_change(turn, order, "ask")


def tell_change(turn: Turn, order: OrderFacts, step: str, pay: str = "open") -> None:
    """Decide with the table ``change_product`` and tell the difference in yuan."""
    product, variant = wanted(turn, order)
    if waits_for_person(turn, order, "act"):
        return
    facts = orders.change_facts(order, product, variant, turn.parameters, turn.now, step, pay=pay, identity=identity(turn))
    values = order_values(turn, order)
    if product is not None and variant is not None:
        values["target"] = (
            variant if product.product_id == order.product.product_id else fmt("target", product=product.name, variant=variant)
        )
        values["difference"] = money(abs(orders.difference(order, product)))
        values["alternative"] = orders.alternative(product, variant) or listed(product.colours)
    if product is not None and step == "ask" and pay == "open" and order.state == "paid" and variant is not None:
        checked = ages.stock(turn, product, use="act")
        if checked.then["how"] == "ask_person":
            wish = {"from": order.variant, "to": values.get("target"), "text": turn.text[:200]}
            tell(turn, checked, order, {**values, **ages.stock_values(turn, product, [])}, fields=wish)
            return
    decision = decide("change_product", facts, turn.parameters)
    cheaper = facts.get("difference") == "less"
    values["days"] = str(turn.parameters["diff_refund_days"])
    fields = {"from": order.variant, "to": values.get("target"), "refund": values.get("difference") if cheaper else None}
    tell(turn, decision, order, values, fields=fields)
    if decision.then["ticket"] == "change":
        confirm_change(turn, order)


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
        elif asked == "alternative" and turn.intent == "affirm" and nearest(turn, order):
            turn.set("target", nearest(turn, order))
            tell_change(turn, order, "ask")
        elif turn.intent == "deny" or chosen(turn) == "keep" or says(turn, "keep_signs"):
            tell_change(turn, order, "stop")
        else:
            turn.set("target", merged(turn, None))
            if turn.slot("target"):
                turn.events.append(FollowupAction("change_form"))
            else:
                tell_change(turn, order, "continue")


def nearest(turn: Turn, order: OrderFacts) -> str | None:
    """The slot ``target`` for the variant that was offered instead of a sold-out one."""
    product, variant = wanted(turn, order)
    found = orders.alternative(product, variant) if product and variant else None
    return f"{product.product_id}:{found}" if product and found else None
