"""Another address, name or telephone (issue 4, ad_11 …; s_modify_info): signed identity, a ticket until it is confirmed.

What the shopper typed goes into the ticket for the team. Answers, slots and traces have its province, city and district only
(``policy/addresses.py``): the slot ``wish`` holds the masked words, the slot ``detail`` only that the address was told.
"""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import FollowupAction

from actions import order_wishes, ownership
from actions.base import XiaoerAction
from actions.interception import newest, tell_changed, under_way
from actions.logistics import chosen
from actions.not_received import lies_there, tell_not_received
from actions.order_wishes import UNWILLING, Wish
from actions.outcome import tell
from actions.turn import Turn
from actions.values import money, order_values
from policy import addresses, not_received
from policy.decide import Decision, decide
from policy.facts import OrderFacts
from policy.parameters import spoken
from policy.words import fmt, words

TOLD = "given"  # slot `detail`
STATES = ("paid", "unpaid", "shipped")
LOOK_BACK = 6  # messages of the shopper in which the new address is looked for
STANDING = {"done": "done", "stopped": "done", "failed": "failed", "not_stopped": "failed"}


def heard(turn: Turn) -> list[str]:
    """The shopper's last messages, newest first, this one among them."""
    texts = [str(e.get("text") or "") for e in reversed(turn.tracker.events) if e.get("event") == "user"]
    return [text for text in ([turn.text] if turn.text not in texts[:1] else []) + texts if text and not text.startswith("/")][:LOOK_BACK]


def new_address(turn: Turn) -> str | None:
    """The newest message that holds an address, a name or a telephone for the order, in the shopper's words; None when none does."""
    return next((text for text in heard(turn) if addresses.given(text)), None)


def says_of(text: str, signs: str) -> bool:
    """Whether a text holds one of the words of this section."""
    return any(sign in text for sign in words()[signs])


def earlier(turn: Turn, order: OrderFacts) -> str:
    """How an earlier wish for this order stands: none | open | done | failed."""
    for kind in ("redirect", "address"):
        ticket = newest(turn, order, kind)
        if ticket is None:
            continue
        if ticket.state != "closed":
            return "open"
        found = STANDING.get(str(ticket.fields.get("outcome")), "none")
        if found == "done":
            turn.life.witness("address", order.order_id, ticket.id)
        return found
    return "none"


def decide_address(turn: Turn, order: OrderFacts, detail: str | None, step: str = "ask") -> Decision:
    """Ask the table ``address_change``; ``detail`` is the slot's value."""
    asks = says_of(turn.text, "address_asked_signs") and not addresses.given(turn.text)
    told = detail == TOLD or addresses.given(turn.text) or (step == "agreed" and new_address(turn) is not None)
    facts = addresses.facts(
        order,
        turn.parameters,
        identity="signed" if turn.customer_id else "proved",
        address="open" if asks else "unwilling" if detail == UNWILLING else TOLD if told else "open",
        ticket=earlier(turn, order),
        fault="shop" if any(says_of(text, "address_fault_signs") for text in heard(turn)[:3]) else "shopper",
        step=step,
    )
    return decide("address_change", facts, turn.parameters)


def detail_of(turn: Turn) -> str | None:
    """What this message tells of the new address: that it was told, that it will not be typed, or nothing."""
    if addresses.given(turn.text):
        return TOLD
    return UNWILLING if turn.intent == "deny" or says_of(turn.text, "address_by_phone_signs") else None


def values(turn: Turn, order: OrderFacts) -> dict[str, Any]:
    """Values of the answers: the order's, the masked new address, what the courier takes."""
    told = new_address(turn)
    fee = turn.parameters["redirect_fee"]
    priced = fee is not None and spoken("redirect_fee", turn.parameters)
    return {
        **order_values(turn, order),
        "address": (addresses.spoken(told) if told else None) or fmt("address_told"),
        "fee": fmt("redirect_fee", fee=money(fee)) if priced and not isinstance(fee, str) else fmt("redirect_fee_open"),
    }


def tell_address(turn: Turn, order: OrderFacts, detail: str | None, step: str = "ask") -> None:
    """Say the row; the ticket has the new words for the team, its summary has not."""
    decision = decide_address(turn, order, detail, step)
    told = new_address(turn)
    fields = {"text": order_wishes.current(turn).text[:200], "wishes": told[:300] if told else None, "area": addresses.area(told or "")}
    found = values(turn, order)
    for kind in ("redirect", "address"):
        ticket = newest(turn, order, kind)
        if ticket is not None and ticket.state != "closed":
            found |= under_way(turn, ticket)
            break
    tell(turn, decision, order, found, fields={name: value for name, value in fields.items() if value})


class ActionChangeAddress(XiaoerAction):
    """ad_11 … ad_29: needs signed identity; before dispatch it is passed on, after it the courier is asked, who pays told first."""

    def name(self) -> str:
        return "action_change_address"

    def answer(self, turn: Turn) -> None:
        if not turn.customer_id:
            row = decide("address_change", {"identity": "proved"}, turn.parameters)
            turn.hand_over(str(row.then["say"]), "change_address", kind="address", table=row.table, row=row.row)
            order_wishes.served(turn)
            return
        text = turn.text
        order = order_wishes.take_order(turn, STATES)
        if order is None:
            return
        detail = str(turn.slot("detail")) if turn.slot("detail") else None
        wish = order_wishes.current(turn)
        if any(sign in wish.text for sign in words()["changed_signs"]) and earlier(turn, order) == "none" and tell_changed(turn, order):
            order_wishes.served(turn)
            return  # "is it changed?" is about the change that was submitted
        if wants_door(order, wish.text) or wants_door(order, text):
            order_wishes.served(turn)
            tell_not_received(turn, order, "home")
            return
        if decide_address(turn, order, detail).then.get("ask") != "none":  # called without the form: it asks
            turn.set("wish", Wish(wish.intent, wish.topic, wish.text, order.order_id, settled=True).as_slot())
            turn.events.append(FollowupAction("order_form"))
            return
        tell_address(turn, order, detail)
        order_wishes.served(turn)


def wants_door(order: OrderFacts, text: str) -> bool:
    """Whether what is called a change of address is a wish to have a parcel brought from its station to the door."""
    return order.state == "shipped" and lies_there(order) and not addresses.given(text) and not_received.step_of(text) in ("home", "status")


class ActionSettleAddress(XiaoerAction):
    """The answer to what the courier takes for another address: done, or left as it is."""

    def name(self) -> str:
        return "action_settle_address"

    def answer(self, turn: Turn) -> None:
        order = ownership.known_order(turn)
        if order is None or not turn.customer_id:
            turn.say("utter_orders_none")
            return
        turn.set("wish", Wish("change_address", None, addresses.masked(turn.text), order.order_id, settled=True).as_slot())
        yes = turn.intent != "deny" and chosen(turn) in (None, "redirect")
        tell_address(turn, order, TOLD, "agreed" if yes else "declined")
        order_wishes.served(turn)
