"""Several orders in one parcel (issue 4, cb_*): yes with its ticket and the postage that comes back, or an honest no with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from actions.base import XiaoerAction
from actions.interception import newest, under_way
from actions.outcome import tell
from actions.turn import Turn
from actions.values import listed, money, order_values, says
from policy import combine
from policy.decide import decide
from policy.facts import OrderFacts
from policy.words import fmt
from shop.workdays import speak_date

KIND = "merge"
MOST = 5  # orders in one wish


def meant(turn: Turn) -> list[OrderFacts]:
    """The signed-in shopper's orders that are to go together: those named, else all that are not sent, with what hinders when it is one."""
    mine = [o for o in turn.repo.orders_of(turn.customer_id) if o.state != "cancelled"] if turn.customer_id else []
    numbers, products = set(map(str, turn.entities("order_number"))), set(map(str, turn.entities("product")))
    named = [o for o in mine if o.order_id in numbers or o.product.product_id in products]
    unsent = combine.unsent_of(mine)
    before = (turn.slot("tally") or {}).get("combine")
    if before and not named and turn.intent in ("affirm", "deny", "choose_option"):
        return [o for o in mine if o.order_id in before]  # the answer is about those that were asked about
    if len(named) > 1:
        return named[:MOST]
    if named:
        return list(dict.fromkeys([*named, *unsent]))[:MOST]
    if len(unsent) > 1:
        return unsent[:MOST]
    return [*unsent, *[o for o in mine if o.state in ("unpaid", "shipped")]][:MOST]


def tell_combine(turn: Turn, step: str = "ask") -> None:
    """Decide with the table ``combine``; a ticket names the orders and the postage that comes back."""
    orders = meant(turn)
    unsent = combine.unsent_of(orders)
    first = unsent[0] if unsent else orders[0] if orders else None
    ticket = next((t for o in unsent if (t := newest(turn, o, KIND)) is not None and t.state != "closed"), None)
    identity = "signed" if turn.customer_id else "proved"
    if step == "ask" and says(turn, "apart_signs"):
        step = "apart"
    facts = combine.facts(orders, identity=identity, step=step, ticket="open" if ticket is not None else "none")
    refund = combine.second_postage(unsent)
    values: dict[str, Any] = {
        **(order_values(turn, first) if first is not None else {}),
        "order_list": listed(place(order) for order in (unsent or orders)) or None,
        "refund": money(refund),
        "options": late(unsent),
        "addresses": listed(dict.fromkeys(o.address_area for o in unsent if o.address_area)) or fmt("address_on_file"),
    }
    if ticket is not None:
        values |= under_way(turn, ticket)
    decision = decide("combine", facts, turn.parameters)
    turn.set("tally", {**(turn.slot("tally") or {}), "combine": [order.order_id for order in orders]})
    fields = {"orders": [order.order_id for order in unsent], "text": turn.text[:200]}
    if decision.then.get("refund") == "second_postage":
        fields |= {"refund": str(refund)}
    tell(turn, decision, first, values, fields=fields)


def place(order: OrderFacts) -> str:
    """An order in a list: its product, variant and number."""
    return str(fmt("order_place", product=order.product.name, variant=order.variant, order_id=order.order_id))


def late(orders: Sequence[OrderFacts]) -> str | None:
    """What is not in the warehouse yet, with the day it is expected; None when everything is there."""
    found = [order for order in orders if order.purchase == "awaiting"]
    if not found:
        return None
    day = max((order.restock_on for order in found if order.restock_on is not None), default=None)
    names = listed(order.product.name for order in found)
    return str(fmt("awaited_on", product=names, until=speak_date(day)) if day else fmt("awaited", product=names))


class ActionCombineOrders(XiaoerAction):
    """cb_01 … cb_13."""

    def name(self) -> str:
        return "action_combine_orders"

    def answer(self, turn: Turn) -> None:
        tell_combine(turn)


class ActionSettleCombine(XiaoerAction):
    """cb_10: waiting for the last of them, or each by itself."""

    def name(self) -> str:
        return "action_settle_combine"

    def answer(self, turn: Turn) -> None:
        apart = turn.intent == "deny" or turn.entity("option") == "apart" or says(turn, "apart_signs")
        tell_combine(turn, "apart" if apart else "wait")
