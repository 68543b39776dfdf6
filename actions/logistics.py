"""Where is the parcel (rules.md §4, ls_*): look-up, what a lost or late parcel leads to, receipt and signing."""

from __future__ import annotations

from typing import Any

from actions import ownership
from actions.base import XiaoerAction
from actions.forms import AskOrder, OrderForm
from actions.outcome import tell
from actions.turn import Turn
from actions.values import order_values
from policy import logistics
from policy.decide import decide
from policy.facts import OrderFacts
from policy.words import words

PARCEL_STATES = ("shipped", "paid", "received")
PREPARING = ("ls_01", "ls_z_09", "ls_z_10")  # rows that tell when an order goes out


class ValidateParcelForm(OrderForm):
    """The order whose parcel is looked for."""

    form = "parcel_form"
    states = PARCEL_STATES
    intents = frozenset({"track_parcel", "urge_dispatch", "reship_parcel"})

    def wanted_states(self, turn: Turn) -> tuple[str, ...]:
        return parcel_states(turn)

    def next_question(self, turn: Turn, fresh: bool) -> str | None:
        return self.find_order(turn, fresh) or None


class AskParcelOrder(AskOrder):
    """Which parcel."""

    form = "parcel_form"
    states = PARCEL_STATES

    def wanted_states(self, turn: Turn) -> tuple[str, ...]:
        return parcel_states(turn)


def parcel_states(turn: Turn) -> tuple[str, ...]:
    """Urging is about what is not sent yet; a parcel that moves or stands still is one that is on its way."""
    if turn.intent == "urge_dispatch":
        return ("paid",)
    if turn.intent == "track_parcel" and not any(sign in turn.text for sign in words()["not_received_signs"]):
        return ("shipped",)
    return PARCEL_STATES


def identity(turn: Turn) -> str:
    """How the shopper is known: signed | proved (decisions.md 5: a proof opens read-only status)."""
    return "signed" if turn.customer_id else "proved"


def told_before(turn: Turn, order: OrderFacts) -> bool:
    """Whether it has already been told in this talk when this order goes out."""
    told = any(e.get("event") == "bot" and (e.get("metadata") or {}).get("row") in PREPARING for e in turn.tracker.events)
    return told and turn.tracker.get_slot("order_id") == order.order_id


def tell_parcel(turn: Turn, order: OrderFacts, step: str) -> None:
    """Decide with the table ``logistics`` and say it with the order's own dates."""
    decision = decide("logistics", logistics.facts(order, turn.parameters, turn.now, step, identity=identity(turn)), turn.parameters)
    tell(turn, decision, order, order_values(turn, order), fields={"step": step, "tracking": order.tracking})
    if logistics.as_of(order, turn.parameters, turn.now) is not None:
        turn.say("utter_logistics_as_of", **order_values(turn, order))


class ActionTrackParcel(XiaoerAction):
    """ls_01 … ls_20."""

    def name(self) -> str:
        return "action_track_parcel"

    def answer(self, turn: Turn) -> None:
        order = ownership.order_of_form(turn)
        if order is None:
            return
        tell_parcel(turn, order, self.step(turn, order))

    def step(self, turn: Turn, order: OrderFacts) -> str:
        """What the shopper wants of the table: status, urging again, re-sending, a signed parcel that never came."""
        intent, text = self.wish(turn)
        if intent == "reship_parcel":
            return "reship"
        if order.state in ("received", "confirmed") and any(sign in text for sign in words()["not_received_signs"]):
            return "not_received"
        if intent == "urge_dispatch" and told_before(turn, order):
            return "urge"
        return "status"

    def wish(self, turn: Turn) -> tuple[str, str]:
        """Intent and words of the wish: of this message, else of the one before the order was asked for."""
        heard = [(turn.intent, turn.text)]
        for event in reversed(turn.tracker.events):
            if event.get("event") == "user":
                heard.append((str(((event.get("parse_data") or {}).get("intent") or {}).get("name")), str(event.get("text") or "")))
        return next((one for one in heard if one[0] in ValidateParcelForm.intents), heard[0])


class ActionSettleLostParcel(XiaoerAction):
    """ls_08 refund or ls_09 re-sending, as the shopper chooses."""

    def name(self) -> str:
        return "action_settle_lost_parcel"

    def answer(self, turn: Turn) -> None:
        order = ownership.known_order(turn)
        option = chosen(turn)
        if order is None:
            turn.say("utter_orders_none")
        elif option in ("refund", "reship"):
            tell_parcel(turn, order, option)
        else:
            turn.say("utter_logistics_which_remedy")


class ActionSettleDelay(XiaoerAction):
    """ls_04 another product, ls_05 waiting, or cancelling, for goods that have not arrived at the warehouse."""

    def name(self) -> str:
        return "action_settle_delay"

    def answer(self, turn: Turn) -> None:
        order = ownership.known_order(turn)
        option = {"affirm": "wait", "wait_request": "wait"}.get(turn.intent) or chosen(turn)
        if order is None:
            turn.say("utter_orders_none")
        elif option not in ("wait", "change", "refund"):
            tell_parcel(turn, order, "status")
        elif option == "refund":
            turn.events.append({"event": "followup", "timestamp": None, "name": "action_cancel_order"})
        else:
            tell_parcel(turn, order, option)


class ActionExtendReceipt(XiaoerAction):
    """ls_19: worried that the order confirms itself."""

    def name(self) -> str:
        return "action_extend_receipt"

    def answer(self, turn: Turn) -> None:
        tell_of_order(turn, "auto_confirm", ("shipped", "received"))


class ActionAdviseSigning(XiaoerAction):
    """s_sign_advice, pr_d_01."""

    def name(self) -> str:
        return "action_advise_signing"

    def answer(self, turn: Turn) -> None:
        turn.say("utter_logistics_sign_advice")


def tell_of_order(turn: Turn, step: str, states: tuple[str, ...]) -> None:
    """Decide for the order spoken of or the only fitting one; else ask which."""
    claim = ownership.claim(turn, states, fresh=True)
    if claim.order is not None:
        turn.set("order_id", claim.order.order_id)
        tell_parcel(turn, claim.order, step)
        return
    ownership.ask_order(turn, claim)


def chosen(turn: Turn) -> str | None:
    """The option of this message (a button's, or a word's), None when it names none."""
    value: Any = turn.entity("option") or turn.entity("remedy")
    return {"return_refund": "refund", "comp_no_return": "refund"}.get(str(value), str(value)) if value else None
