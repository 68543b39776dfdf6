"""Goods that could be ordered and are not there (rules.md os_01, os_02; flow F12): why, and the shopper's choice."""

from __future__ import annotations

from typing import Any

from actions import ages, order_wishes, ownership
from actions.base import XiaoerAction
from actions.logistics import chosen, identity
from actions.outcome import tell
from actions.turn import Turn
from actions.values import money, order_values, says
from policy import orders
from policy.decide import decide
from policy.facts import OrderFacts
from policy.words import fmt

STATES = ("paid",)
CHOICES = {"change": "change", "exchange": "change", "refund": "refund", "cancel": "refund", "wait": "wait"}


def stock_values(turn: Turn, order: OrderFacts) -> dict[str, Any]:
    """Values of an answer about missing goods: what else there is, what comes with it, what goes back."""
    values = order_values(turn, order)
    gift = values.get("gift")
    return {
        **values,
        "alternative": orders.alternative(order.product, order.variant) or fmt("other_goods"),
        "options": fmt("oos_gift", gift=gift) if gift else fmt("oos_plain"),
        "refund": money(order.paid),
    }


def tell_stock(turn: Turn, order: OrderFacts, step: str) -> None:
    """Decide with the table ``out_of_stock`` and say it."""
    facts = orders.stock_facts(order, turn.parameters, turn.now, step, identity=identity(turn))
    fields = {"reason": "seller_oos", "step": step, "refund": str(order.paid), "text": turn.text[:200]}
    if facts["short"] == "no" and step in ("told", "found"):
        aged = ages.stock(turn, order.product)
        if aged.then["how"] != "tell":  # that it is there after all is not said from an old figure
            there = ages.stock_values(turn, order.product, [order.variant])
            tell(turn, aged, order, {**order_values(turn, order), **there, "variant": order.variant}, fields=fields)
            return
    if step == "change":
        turn.set("target", None)
    tell(turn, decide("out_of_stock", facts, turn.parameters), order, stock_values(turn, order), fields=fields)


def told_missing(turn: Turn, order: OrderFacts) -> bool:
    """Whether it was said in this talk that the goods of this order are missing."""
    if orders.stock_facts(order, turn.parameters, turn.now)["short"] == "no":
        return False
    rows = [str((e.get("metadata") or {}).get("row") or "") for e in turn.tracker.events if e.get("event") == "bot"]
    return any(row.startswith(("os_01", "os_02")) and row != "os_02_refund" for row in rows)


class ActionTellOutOfStock(XiaoerAction):
    """The shopper has heard that goods are missing, and may say at once what is wanted instead."""

    def name(self) -> str:
        return "action_tell_out_of_stock"

    def answer(self, turn: Turn) -> None:
        order = order_wishes.take_order(turn, STATES)
        if order is None:
            return
        order_wishes.served(turn)
        remedy = turn.slot("remedy")
        wants_money = remedy in ("return_refund", "cancel") and not says(turn, "question_signs")
        for name in ("reason", "remedy"):
            turn.set(name, None)
        tell_stock(turn, order, "refund" if wants_money else "told")


class ActionSettleOutOfStock(XiaoerAction):
    """The choice: something else, the money, or waiting."""

    def name(self) -> str:
        return "action_settle_out_of_stock"

    def answer(self, turn: Turn) -> None:
        order = ownership.known_order(turn)
        option = CHOICES.get(str({"wait_request": "wait"}.get(turn.intent) or chosen(turn)))
        if order is None:
            turn.say("utter_orders_none")
        elif option is None:
            turn.say("utter_orders_oos_which", table="out_of_stock", row="os_02")
        else:
            turn.set("remedy", None)
            tell_stock(turn, order, option)


def confirm_change(turn: Turn, order: OrderFacts) -> None:
    """s_oos_confirmed: thanks and regret once more after something else was chosen."""
    if told_missing(turn, order):
        turn.say("utter_orders_oos_confirmed", table="out_of_stock", row="os_02_change", **order_values(turn, order))
