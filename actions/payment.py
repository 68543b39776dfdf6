"""From the wish to buy to the payment (rules.md §12; pm_*; flow F11): placing, paying, paid twice, bought twice, not wanted any more."""

from __future__ import annotations

import json
from typing import Any

from rasa_sdk.events import FollowupAction

from actions import ages, basket, order_wishes, ownership
from actions.base import XiaoerAction
from actions.combine import place, tell_combine
from actions.goods import quantity
from actions.logistics import chosen
from actions.order_wishes import UNWILLING, Wish
from actions.outcome import tell
from actions.turn import Turn
from actions.values import listed, money, order_values, product_values, shop_values
from policy import orders, payments
from policy.decide import Decision, decide
from policy.facts import OrderFacts, ProductFacts
from policy.logistics import days_between
from policy.quotes import Item
from policy.words import fmt, words
from shop.workdays import speak_date

NOT_SENT = ("unpaid", "paid")
# Steps of the table payments; ways to pay that are asked for, by the words that name them (policy/wordlists/payments.yml).
WAYS = ("failed", "charged", "twice", "instalment", "cod", "transfer", "proxy", "method")
ASKED = {"cod": "pay_cod_signs", "proxy": "pay_proxy_signs", "instalment": "pay_instalment_signs", "transfer": "pay_transfer_signs"}
FRESH_DAYS = 1  # an order of today or yesterday is the one that "I have ordered" is about


def says_of(text: str, signs: str) -> bool:
    """Whether ``text`` holds one of the words of this section."""
    return any(sign in text for sign in words()[signs])


def step_of(wish: Wish) -> str:
    """What the shopper tells or asks of a payment: said_paid | duplicate, or one of ``WAYS``."""
    if says_of(wish.text, "paid_twice_signs"):
        return "twice"
    if says_of(wish.text, "pay_charged_signs") and says_of(wish.text, "pay_still_open_signs"):
        return "charged"
    if wish.topic in ("twice", "charged"):
        return wish.topic
    if wish.topic == "method":
        return next((step for step, signs in ASKED.items() if says_of(wish.text, signs)), "method")
    if wish.topic == "duplicate" or says_of(wish.text, "bought_twice_signs"):
        return "duplicate"
    if says_of(wish.text, "paid_already_signs") and not says_of(wish.text, "pay_failed_signs"):
        return "said_paid"
    if wish.topic == "failed" or says_of(wish.text, "pay_failed_signs"):
        return "failed"
    return "said_paid"


def cause_of(text: str) -> str:
    """Why paying fails by the shopper's words: a cause of the table ``payments``, unknown when they tell none."""
    return next((str(cause) for cause, signs in words()["pay_causes"].items() if any(sign in text for sign in signs)), "unknown")


def gives_one_up(text: str) -> bool:
    """Whether one of several orders is not wanted any more, which is no order placed twice by mistake."""
    return says_of(text, "give_up_signs") and not says_of(text, "bought_twice_by_mistake_signs") and not says_of(text, "merge_signs")


def not_sent(turn: Turn) -> list[OrderFacts]:
    """The signed-in shopper's orders that are not sent yet, newest first."""
    mine = turn.repo.orders_of(turn.customer_id) if turn.customer_id else []
    return [order for order in mine if order.state in NOT_SENT]


def twins(turn: Turn) -> list[OrderFacts]:
    """Orders that may be one too many: those of one product bought twice, else all that are not sent yet."""
    found = not_sent(turn)
    for order in found:
        same = [o for o in found if o.product.product_id == order.product.product_id]
        if len(same) > 1:
            return same[:4]
    return found[:4] if len(found) > 1 else []


def decide_payment(turn: Turn, order: OrderFacts | None, step: str, detail: str | None = None, text: str = "") -> Decision:
    """Ask the table ``payments`` (trouble, ways to pay) or ``payment_reminder``; ``detail``: the slot, ``text``: the wish."""
    word = "open" if not detail else UNWILLING if detail == UNWILLING else "given"
    if step in WAYS:
        cause = cause_of(text or turn.text) if step == "failed" else "unknown"
        return decide("payments", payments.way_facts(order, turn.parameters, turn.now, step, cause=cause, detail=word), turn.parameters)
    facts = payments.facts(order, turn.parameters, turn.now, step, twins=bool(twins(turn)), detail=word)
    return decide("payment_reminder", facts, turn.parameters)


def payment_values(turn: Turn, order: OrderFacts | None) -> dict[str, Any]:
    """Values of an answer about a payment: what is to be paid, until when the order is kept."""
    told = {"rule": turn.parameters.get("instalment_terms"), "wait": str(turn.parameters["pay_pending_minutes"])}
    if order is None:
        return {**shop_values(turn), **told}
    due = order.paid if order.paid else order.product.price + order.postage
    return {
        **order_values(turn, order),
        **told,
        "paid": money(due),
        "until": speak_date(payments.kept_until(order, turn.parameters, turn.now)),
    }


class ActionCheckPayment(XiaoerAction):
    """pm_08, pm_09: what the order says of its payment; paid twice is checked by finance, bought twice is asked which to keep."""

    def name(self) -> str:
        return "action_check_payment"

    def answer(self, turn: Turn) -> None:
        wish = order_wishes.current(turn)
        step = step_of(wish)
        if step == "duplicate" and gives_one_up(wish.text):
            order_wishes.served(turn)
            turn.events.append(FollowupAction("cancel_form"))
            return
        if step == "duplicate":
            self.duplicate(turn, wish)
            return
        if wish.settled:
            order = turn.repo.order(wish.order_id) if wish.order_id and ownership.may_see(turn, wish.order_id) else None
        else:
            claim = ownership.claim(turn, NOT_SENT, fresh=True)
            order = claim.order
            if order is None and step == "said_paid":
                ownership.ask_order(turn, claim)
                return
        detail = turn.slot("detail")
        order_wishes.served(turn)
        if order is not None:
            turn.set("order_id", order.order_id)
        told = str(detail) if detail else None
        decision = decide_payment(turn, order, step, told, wish.text)
        fields = {"question": wish.text[:300], "problem": None if told == UNWILLING else told, "wish": step}
        tell(turn, decision, order, payment_values(turn, order), fields={k: v for k, v in fields.items() if v})
        if decision.row == "pm_08" and order is not None and days_between(order.ordered_at, turn.now) <= FRESH_DAYS:
            turn.say("utter_orders_closing", table=decision.table, row=decision.row)

    def duplicate(self, turn: Turn, wish: Wish) -> None:
        """pm_09: the orders that may be one too many, each with its button."""
        order_wishes.served(turn)
        if says_of(wish.text, "merge_signs") and twins(turn):
            tell_combine(turn)
            return
        found = twins(turn)
        values = {"order_list": listed(place(order) for order in found) or None}
        buttons = [
            {"title": fmt("order_choice", title=ownership.title(o)), "payload": "/cancel_order" + json.dumps({"order_number": o.order_id})}
            for o in found
        ]
        decision = decide(
            "payment_reminder", payments.facts(None, turn.parameters, turn.now, "duplicate", twins=bool(found)), turn.parameters
        )
        tell(turn, decision, None, values, buttons=buttons or None)


class ActionSettleDuplicate(XiaoerAction):
    """The answer to pm_09: both are wanted, both in one parcel, or one is cancelled."""

    def name(self) -> str:
        return "action_settle_duplicate"

    def answer(self, turn: Turn) -> None:
        option = chosen(turn)
        if option == "merge" or says_of(turn.text, "merge_signs"):
            tell_combine(turn)
        elif option in ("cancel", "refund"):
            turn.events.append(FollowupAction("cancel_form"))
        else:
            turn.say("utter_orders_duplicate_kept", table="payment_reminder", row="pm_09")


class ActionPlaceOrder(XiaoerAction):
    """To buy now (s_confirm_details, s_deal_confirm) or to pay later (pm_03 … pm_05)."""

    def name(self) -> str:
        return "action_place_order"

    def answer(self, turn: Turn) -> None:
        later = turn.entity("topic") == "later" or says_of(turn.text, "pay_later_signs")
        newest = next(iter(not_sent(turn)), None)
        product = turn.product()
        if later:
            self.later(turn)
        elif says_of(turn.text, "bought_signs") or waits_for_payment(newest, product):
            self.placed(turn, newest)
        elif product is None:
            turn.say("utter_orders_place_how", **shop_values(turn))
        else:
            confirm(turn, product)

    def later(self, turn: Turn) -> None:
        """Not paid yet: how long the order is kept, without pressing; nothing ordered: it can wait."""
        unpaid = [order for order in not_sent(turn) if order.state == "unpaid"]
        named = ownership.claim(turn, ("unpaid",), fresh=False).order
        order = named if named in unpaid else next(iter(unpaid), None)
        if order is None:
            turn.say("utter_orders_place_later")
            return
        turn.set("order_id", order.order_id)
        tell(turn, decide_payment(turn, order, "due"), order, payment_values(turn, order))

    def placed(self, turn: Turn, order: OrderFacts | None) -> None:
        """What was ordered: confirmed with its sum, or its payment acknowledged."""
        if order is None or (order.state == "paid" and days_between(order.ordered_at, turn.now) > FRESH_DAYS):
            turn.say("utter_orders_place_unseen")
            return
        turn.set("order_id", order.order_id)
        decision = decide_payment(turn, order, "placed")
        tell(turn, decision, order, payment_values(turn, order))
        if decision.row == "pm_08":
            turn.say("utter_orders_closing", table=decision.table, row=decision.row)


def waits_for_payment(order: OrderFacts | None, product: ProductFacts | None) -> bool:
    """Whether only the payment of the newest order is open, and no other product is meant."""
    return order is not None and order.state == "unpaid" and (product is None or order.product.product_id == product.product_id)


def confirm(turn: Turn, product: ProductFacts) -> None:
    """rf_10 before buying: product and variant are compared with the shopper; address and telephone stand on the order page."""
    turn.set("product_id", product.product_id)
    if (pieces := quantity(turn.text)) > 1:
        basket.keep(turn, [Item(product, pieces)])  # "how much is it all?" is about so many
    first = "/".join([*product.colours[:1], *product.sizes[:1]])  # only what the product has once is taken from it
    variant = orders.target_variant(product, first, turn.slot("colour"), turn.slot("size")) if either(turn, product) else None
    values = {**shop_values(turn), **product_values(turn, product)}
    if variant is None:
        turn.say("utter_orders_place_choose", row="rf_10", **values)
        return
    values["variant"] = variant
    aged = ages.stock(turn, product, recorded="some" if product.stock.get(variant, 0) > 0 else "none")
    if aged.then["how"] != "tell":  # an old figure neither confirms nor refuses what is to be bought
        there = ages.stock_values(turn, product, [variant])
        tell(turn, aged, None, {**values, **there}, fields={"question": turn.text[:200], "variant": variant})
        return
    if product.stock.get(variant, 0) > 0:
        turn.say("utter_orders_place_confirm", row="rf_10", **values)
    else:
        other = orders.alternative(product, variant)
        turn.say("utter_orders_place_no_stock", row="ps_02", **values, alternative=other or fmt("other_goods"))


def either(turn: Turn, product: ProductFacts) -> bool:
    """Whether colour and size are told, or the product has only one of what is not told."""
    colour = turn.slot("colour") in product.colours or len(product.colours) == 1
    return colour and (turn.slot("size") in product.sizes or len(product.sizes) == 1)


def tell_regret(turn: Turn, order: OrderFacts) -> None:
    """pm_07 after an unpaid order is given up: thanks, and why; nothing is held against anybody."""
    decision = decide_payment(turn, order, "regret")
    if decision.row == "pm_07":
        tell(turn, decision, order, payment_values(turn, order))


class ActionTakeRegret(XiaoerAction):
    """The reason why an order is not wanted: an offer that fits it, or thanks."""

    def name(self) -> str:
        return "action_take_regret"

    def answer(self, turn: Turn) -> None:
        reasons = words()["regret_reasons"]
        option = chosen(turn)
        reason = (
            option if option in reasons else next((name for name, signs in reasons.items() if any(s in turn.text for s in signs)), None)
        )
        response = {"price": "utter_orders_regret_price", "size": "utter_orders_regret_size", "style": "utter_orders_regret_style"}
        turn.say(response.get(str(reason), "utter_orders_regret_thanks"), table="payment_reminder", row="pm_07")
