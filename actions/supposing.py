"""Questions what a return would cost: answered in yuan for the order spoken of; nothing is opened or changed (decisions.md, 'what if')."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from actions import ownership, responses
from actions.changed_mind import WAYS, settled_for
from actions.chart import STATES, decide_postage, postage_values
from actions.turn import Turn
from actions.values import says
from policy import postage, return_cover
from policy.decide import Decision
from policy.facts import OrderFacts
from policy.words import words


def supposes(turn: Turn, order: OrderFacts) -> bool:
    """Whether another way for the return settled for this order is only asked after ("要是换一件呢")."""
    only_asked = says(turn, "return_if_signs") and says(turn, "question_signs")
    return only_asked and bool(settled_for(turn, order.order_id).get("ticket"))


def order_meant(turn: Turn) -> OrderFacts | None:
    """The order a question is about: named in it or spoken of before. Nothing is asked, and no order is supposed."""
    named = any(turn.entity(name) for name in ("order_number", "phone_tail", "product"))
    order = ownership.claim(turn, STATES, fresh=True).order if named else ownership.known_order(turn)
    if order is not None:
        turn.set("order_id", order.order_id)
    return order


def reason_meant(turn: Turn) -> str | None:
    """The reason of a 'what if': supposed in the question, else of the return under way, else of the one settled last."""
    settled: Mapping[str, Any] = turn.slot("after_return") or {}
    told = (turn.slot("tally") or {}).get("supposed")  # 「那换货呢」 supposes what the question before it supposed
    found = turn.entity("reason") or supposed(turn.text) or turn.before("reason") or settled.get("reason") or told
    if found:
        turn.set("tally", {**(turn.slot("tally") or {}), "supposed": str(found)})
    return str(found) if found else None


def tell_postage(turn: Turn, reason: str | None, wanted: str | None = None) -> None:
    """Say who would pay what, in yuan for the order spoken of where it is known; the return under way stays as it is.

    ``wanted``: the remedy that is supposed, None for the one named, under way or settled last.
    """
    settled: Mapping[str, Any] = turn.slot("after_return") or {}
    ways = [str(one) for one in turn.entities("remedy") if one in WAYS]
    # A long question that tells of an exchange and of a difference in price is about the exchange.
    named_way = ways[-1] if ways else turn.entity("remedy")
    remedy = str(wanted or named_way or turn.before("remedy") or settled.get("remedy") or "return_refund")
    restore(turn)
    if not reason:
        turn.say("utter_returns_postage_general")
        return
    order = order_meant(turn)
    if order is not None and order.state == "shipped" and reason in postage.SHOP_REASONS:
        remedy = "refuse_delivery"
    decision = None
    values: dict[str, Any] = {}
    if order is not None and (order.state in STATES or remedy == "refuse_delivery"):
        decision = decide_postage(turn, order, reason=reason, remedy=remedy, severity="severe", damaged="no")
        if decision.row is not None:
            values = postage_values(turn, order, decision)
    row = decision.row if decision else None
    if reason in postage.SHOP_REASONS:
        found = shop_pays(decision, remedy) if row else None
        name = (
            found
            if found and all(values.get(value) for value in responses.index(turn.now)[found].variables)
            else "utter_returns_postage_shop"
        )
        turn.say(name, table="postage" if row else None, row=row, **values)
        return
    named = NAMED.get(str(decision.then.get("say"))) if decision is not None else None
    if named and all(values.get(name) for name in named[1]):
        turn.say(named[0], table="postage", row=row, **values)
        return
    turn.say("utter_returns_postage_shopper", row=row, **values)


def shop_pays(decision: Decision | None, remedy: str) -> str | None:
    """The answer for a fault of the shop's: nothing comes back, the parcel is refused, or who advances what up to which sum."""
    if decision is not None and return_cover.by_pick_up(decision.then):
        return "utter_pick_up_postage_shop"
    if decision is None or remedy == "refuse_delivery":
        return "utter_returns_postage_refused" if decision is not None else None
    if decision.then.get("return") == "none":
        return "utter_returns_postage_none"
    return {"return_refund": "utter_returns_postage_shop_refund", "exchange": "utter_returns_postage_shop_exchange"}.get(remedy)


# Own-reason answers whose sums can be named for the order: what is said, and the sums it needs.
NAMED = {
    "utter_returns_buyer_refund": ("utter_returns_postage_refund", ("refund", "freight")),
    "utter_returns_buyer_refund_free": ("utter_returns_postage_refund", ("refund", "freight")),
    "utter_returns_buyer_exchange": ("utter_returns_postage_exchange", ("freight", "reship_fee")),
    "utter_pick_up_own_refund": ("utter_pick_up_postage_refund", ("refund",)),
    "utter_pick_up_own_refund_free": ("utter_pick_up_postage_refund", ("refund",)),
    "utter_pick_up_own_exchange": ("utter_pick_up_postage_exchange", ("reship_fee",)),
}


# What a 'what if' is answered with where its reason is known: a wish right after one of these rests on that reason.
ANSWERS = (
    *dict.fromkeys(name for name, _ in NAMED.values()),
    *("utter_returns_postage_shopper", "utter_returns_postage_shop", "utter_returns_postage_shop_refund"),
    *("utter_returns_postage_shop_exchange", "utter_returns_postage_none", "utter_returns_postage_refused", "utter_pick_up_postage_shop"),
)


def supposed(text: str) -> str | None:
    """The reason a 'what if' question supposes ("if it does not fit …"), which is nothing the shopper told of an order."""
    signs = words()["supposed_reasons"]
    return next((str(reason) for reason, said in signs.items() if any(sign in text for sign in said)), None)


def restore(turn: Turn) -> None:
    """A question about what would be changes nothing of an open return."""
    for name, entity in (("reason", "reason"), ("remedy", "remedy"), ("insurance_said", "insurance")):
        if turn.entity(entity):
            turn.set(name, turn.before(name))
