"""Where is the parcel (rules.md §4, ls_*): look-up, what a lost or late parcel leads to, receipt and signing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rasa_sdk.events import FollowupAction

from actions import order_wishes, ownership
from actions.ages import waits_for_person
from actions.base import XiaoerAction
from actions.forms import AskOrder, OrderForm
from actions.interception import newest
from actions.not_received import about_place, lies_there, step_wanted, tell_not_received
from actions.outcome import tell
from actions.turn import Turn
from actions.values import order_values
from policy import logistics
from policy.decide import decide
from policy.facts import OrderFacts
from policy.words import words
from shop.tickets import Tickets

PARCEL_STATES = ("shipped", "paid", "received")
PREPARING = ("ls_01", "ls_z_09", "ls_z_10")  # rows that tell when an order goes out


class ValidateParcelForm(OrderForm):
    """The order whose parcel is looked for."""

    form = "parcel_form"
    states = PARCEL_STATES
    intents = frozenset({"track_parcel", "urge_dispatch", "reship_parcel"})

    def wanted_states(self, turn: Turn) -> tuple[str, ...]:
        return parcel_states(turn)

    def fitting(self, turn: Turn) -> Callable[[OrderFacts], bool] | None:
        """ "Not sent yet" of orders that are all sent is about the one that no scan shows; a station or a locker names what lies there."""
        if turn.intent != "urge_dispatch" and about_place(turn.text):
            return lies_there
        return (lambda order: not order.scans) if turn.intent == "urge_dispatch" else None

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
    speaks = about_place(turn.text) or any(sign in turn.text for sign in words()["not_received_signs"])
    if turn.intent == "track_parcel" and not speaks and not inquired(turn):
        return ("shipped",)
    return PARCEL_STATES


def inquired(turn: Turn) -> bool:
    """Whether the order spoken of is one that the shop looks for: "I have asked the guard" is about it, though it is signed for."""
    order = ownership.known_order(turn)
    return order is not None and newest(turn, order, "not_received", only_open=True) is not None


def identity(turn: Turn) -> str:
    """How the shopper is known: signed | proved (decisions.md 5: a proof opens read-only status)."""
    return "signed" if turn.customer_id else "proved"


def told_before(turn: Turn, order: OrderFacts) -> bool:
    """Whether it has already been told in this talk when this order goes out."""
    told = any(e.get("event") == "bot" and (e.get("metadata") or {}).get("row") in PREPARING for e in turn.tracker.events)
    return told and turn.tracker.get_slot("order_id") == order.order_id


def asked_the_courier(turn: Turn, order: OrderFacts) -> bool:
    """Whether the courier was asked why the parcel cannot be followed (ls_11): then it is news that it can (ls_12)."""
    tickets = Tickets(turn.context.engine, turn.shop_id, turn.context.clock).of_order(order.order_id)
    return order.state == "shipped" and any(ticket.row == "ls_11" for ticket in tickets)


def tell_parcel(turn: Turn, order: OrderFacts, step: str) -> None:
    """Decide with the table ``logistics`` and say it with the order's own dates."""
    if waits_for_person(turn, order, "tell"):
        return
    decision = decide("logistics", logistics.facts(order, turn.parameters, turn.now, step, identity=identity(turn)), turn.parameters)
    tell(turn, decision, order, order_values(turn, order), fields={"step": step, "tracking": order.tracking})


class ActionTrackParcel(XiaoerAction):
    """ls_01 … ls_20."""

    def name(self) -> str:
        return "action_track_parcel"

    def answer(self, turn: Turn) -> None:
        order = ownership.order_of_form(turn)
        if order is None:
            return
        settled = turn.slot("after_return") or {}
        if (
            self.wish(turn)[0] == "reship_parcel"
            and settled.get("order_id") == order.order_id
            and settled.get("remedy") == "refuse_delivery"
        ):
            # Refused at the door and another one wanted: that is told to the ticket of the refusal.
            turn.set("reason", settled.get("reason"))
            turn.set("remedy", "refuse_delivery")
            turn.events.append(FollowupAction("return_form"))
            return
        if awaits_pick_up(turn, order):
            turn.set("wish", order_wishes.Wish("ask_pick_up", "late", turn.text, order.order_id, settled=True).as_slot())
            turn.events.append(FollowupAction("action_arrange_pick_up"))
            return
        missing = step_wanted(turn, order, *self.wish(turn))
        if missing is not None:
            tell_not_received(turn, order, missing)
        else:
            tell_parcel(turn, order, self.step(turn, order))

    def step(self, turn: Turn, order: OrderFacts) -> str:
        """What the shopper wants of the table: status, urging again, re-sending."""
        intent, _ = self.wish(turn)
        if intent == "reship_parcel":
            return "reship"
        if intent == "urge_dispatch" and told_before(turn, order):
            return "urge"
        return "follow_up" if asked_the_courier(turn, order) else "status"

    def wish(self, turn: Turn) -> tuple[str, str]:
        """Intent and words of the wish: of this message, else of the one before the order was asked for."""
        heard = [(turn.intent, turn.text)]
        if about_place(turn.text) or any(sign in turn.text for sign in words()["not_received_signs"]):
            return (turn.intent if turn.intent in ValidateParcelForm.intents else "track_parcel"), turn.text
        for event in reversed(turn.tracker.events):
            if event.get("event") == "user":
                heard.append((str(((event.get("parse_data") or {}).get("intent") or {}).get("name")), str(event.get("text") or "")))
        return next((one for one in heard if one[0] in ValidateParcelForm.intents), heard[0])


def awaits_pick_up(turn: Turn, order: OrderFacts) -> bool:
    """Whether "nobody came" is said of a parcel that has arrived and that a courier is booked to fetch (pu_15)."""
    ticket = newest(turn, order, "pick_up") if order.state in ("received", "confirmed") else None
    waits = ticket is not None and ticket.state != "closed" and not ticket.fields.get("withdrawn")
    return waits and any(sign in turn.text for sign in words()["pick_up_signs"]["late"])


class ActionSettleLostParcel(XiaoerAction):
    """ls_08 refund or ls_09 re-sending, as the shopper chooses."""

    def name(self) -> str:
        return "action_settle_lost_parcel"

    def answer(self, turn: Turn) -> None:
        order = ownership.known_order(turn)
        option = chosen(turn)
        if order is None:
            turn.say("utter_orders_none")
        elif option in ("refund", "reship") and order.state in ("received", "confirmed"):
            tell_not_received(turn, order, option)
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
        order = order_wishes.take_order(turn, ("shipped", "received"))
        if order is not None:
            order_wishes.served(turn)
            tell_parcel(turn, order, "auto_confirm")


class ActionAdviseSigning(XiaoerAction):
    """ls_20 before and after signing, s_sign_advice, pr_d_01: of the parcel spoken of, else in general."""

    def name(self) -> str:
        return "action_advise_signing"

    def answer(self, turn: Turn) -> None:
        order = ownership.known_order(turn)
        settled = turn.slot("after_return") or {}
        if order is not None and settled.get("order_id") == order.order_id and settled.get("remedy") == "refuse_delivery":
            turn.say("utter_returns_refuse_now", table="postage", row=settled.get("row"), **order_values(turn, order))
        elif order is not None and order.state in ("paid", "shipped"):
            tell_parcel(turn, order, "sign")
        else:
            turn.say("utter_logistics_sign_advice")


def chosen(turn: Turn) -> str | None:
    """The option of this message (a button's, or a word's), None when it names none."""
    value: Any = turn.entity("option") or turn.entity("remedy")
    return {"return_refund": "refund", "comp_no_return": "refund"}.get(str(value), str(value)) if value else None
