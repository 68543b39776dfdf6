"""order_form: which order a wish is about, and the one detail that its table asks for (``ask`` of the decision)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rasa_sdk.events import FollowupAction

from actions import addresses, delivery, order_wishes, ownership, pick_up
from actions.base import XiaoerAction
from actions.forms import ANSWERS, BARE, WINS, AskOrder, OrderForm
from actions.order_wishes import KINDS, UNWILLING, Wish
from actions.payment import FRESH_DAYS, decide_payment, payment_values, step_of
from actions.turn import LISTEN, Turn
from actions.values import order_values, says
from policy import delivery as bringing
from policy.decide import Decision
from policy.facts import OrderFacts
from policy.logistics import days_between

# Wishes and courtesies that are no description of a fault, a part, a room or a payment; they are answered first.
LEAVES = WINS | {
    *("cancel_order", "change_product", "request_return", "request_exchange", "request_compensation", "track_parcel", "urge_dispatch"),
    *("reship_parcel", "greet", "goodbye", "thank_you", "bargain", "objection", "wait_request", "affirm", "satisfied", "unsatisfied"),
}
BY_APPOINTMENT = ("delivery_appointment",)
NAMED = 14  # characters of a message that says only which goods are meant, and since when they are there


class ValidateOrderForm(OrderForm):
    """Order, then the detail; the wish stays what it was when the form was opened."""

    form = "order_form"
    intents = frozenset(KINDS)

    def wanted_states(self, turn: Turn) -> tuple[str, ...]:
        wish = order_wishes.current(turn)
        order = ownership.known_order(turn) if wish.intent == "ask_auto_confirm" else None
        confirmed = order is not None and order.state == "confirmed"  # "I have confirmed it already" is about the one spoken of
        if wish.intent == "ask_auto_confirm" and says(turn, "confirmed_signs"):
            return ("confirmed",)
        return (*KINDS[wish.intent].states, *(("confirmed",) if confirmed else ()))

    def fitting(self, turn: Turn) -> Callable[[OrderFacts], bool] | None:
        wish = order_wishes.current(turn)
        if wish.intent in BY_APPOINTMENT:
            return lambda order: order.delivery == "appointment"
        if wish.intent == "ask_pick_up":
            return lambda order: pick_up.going_back(turn, order) is not None
        if wish.intent in ("report_installation", "request_repair") and wish.topic != "parts":
            return lambda order: order.product.kind in ("furniture", "appliance")
        return None

    def collect(self, turn: Turn) -> dict[str, Any]:
        found = super().collect(turn)
        requested = turn.tracker.get_slot("requested_slot") if turn.loop == self.form else None
        if requested == "detail":
            # An address in this very message has settled what its table asks for.
            ask = "address" if order_wishes.current(turn).intent == "change_address" else self.asked(turn)
            told = detail_of(turn, ask) if ask else None
            if told is not None:
                found["detail"] = told
        if turn.intent in self.intents and "detail" not in found:
            kept = order_wishes.current(turn)
            again = turn.loop == self.form and requested and kept.intent == turn.intent and not turn.entity("topic")
            wish = Wish(kept.intent, kept.topic, kept.text) if again else order_wishes.of_message(turn)
            found |= {"wish": wish.as_slot(), "detail": None}
        return found

    def _is_digression(self, turn: Turn, requested: str, collected: dict[str, Any]) -> bool:
        if stays(turn):
            return False
        if requested != "detail" or turn.intent in WINS:
            return super()._is_digression(turn, requested, collected)
        if turn.entity("product") and len(turn.text) <= NAMED and turn.intent not in LEAVES and not says(turn, "question_signs"):
            return False  # which goods it is about, where their detail was asked for
        return turn.intent not in self.intents and not collected.get("detail") and not wants_other_day(turn)

    def next_question(self, turn: Turn, fresh: bool) -> str | None:
        wish = order_wishes.current(turn)
        if wish.intent not in KINDS:
            turn.set("outcome", "utter_orders_none")
            return None
        if stays(turn):
            turn.set("outcome", "utter_smalltalk_form_left")
            return None
        under_way = delivery.order_under_way(turn) if wish.intent in BY_APPOINTMENT else None
        if wish.settled and wish.order_id and not turn.entity("order_number"):
            order_id: str | None = wish.order_id  # found before; the detail is what is open
        elif under_way is not None:
            order_id = under_way.order_id  # "when does he come?" is about what was just registered
        elif goes_without(turn, wish):
            found = ownership.claim(turn, self.wanted_states(turn), fresh=fresh, fits=self.fitting(turn)).order
            order_id = found.order_id if found and not (wish.intent == "report_payment" and is_older(turn, found, wish)) else None
            if order_id:
                turn.set("order_id", order_id)
        else:
            missing = self.find_order(turn, fresh)
            if missing is not None:
                return missing or None
            order_id = str(turn.slot("order_id"))
        turn.set("wish", Wish(wish.intent, wish.topic, wish.text, order_id, settled=True).as_slot())
        ask = self.asked(turn)
        if ask is None:
            return None
        told = told_in(turn, wish, ask) if not turn.slot("detail") else None
        if told:
            turn.set("detail", told)
        return "detail" if self.asked(turn) else None

    def asked(self, turn: Turn) -> str | None:
        """The detail that is still wanted: date | fault | install | part | room | payment."""
        decision = next_decision(turn)
        ask = str(decision.then.get("ask") or "none") if decision is not None else "none"
        return None if ask == "none" else ask


def stays(turn: Turn) -> bool:
    """Whether the address is to stay as it is after all, where the new one was asked for."""
    waits = turn.loop == ValidateOrderForm.form and bool(turn.tracker.get_slot("requested_slot"))
    return waits and order_wishes.current(turn).intent == "change_address" and says(turn, "not_changed_signs")


def is_older(turn: Turn, order: OrderFacts, wish: Wish) -> bool:
    """Whether money taken just now cannot be this order's, which was paid long ago and is not named."""
    if step_of(wish) != "charged" or turn.entity("order_number") or turn.entity("product"):
        return False
    return order.state != "unpaid" and days_between(order.ordered_at, turn.now) > FRESH_DAYS


def next_decision(turn: Turn) -> Decision | None:
    """What the wish's table says now; None for wishes without a detail."""
    wish = order_wishes.current(turn)
    order = turn.repo.order(wish.order_id) if wish.order_id and ownership.may_see(turn, wish.order_id) else None
    detail = str(turn.slot("detail")) if turn.slot("detail") else None
    if wish.intent == "report_payment":
        step = step_of(wish)
        return decide_payment(turn, order, step, detail) if order is not None or step == "charged" else None
    if wish.intent == "change_address":
        settled = order is None or addresses.wants_door(order, wish.text) or not turn.customer_id
        return None if settled or order is None else addresses.decide_address(turn, order, detail)
    if wish.intent == "ask_pick_up":
        return pick_up.decide_pick_up(turn, order, wish, detail) if order is not None else None
    if wish.intent in order_wishes.TOPICS:
        if order is not None and delivery.elsewhere(wish, order):
            return None
        return delivery.decide_delivery(turn, order, wish, detail)
    return None


def told_in(turn: Turn, wish: Wish, ask: str) -> str | None:
    """What the message that began the wish already says of the detail."""
    if wish.intent == "report_payment":
        return None
    if ask in pick_up.ASKS:
        return pick_up.told_in(turn, wish)
    if ask == "address":
        return addresses.detail_of(turn) if turn.intent == "change_address" else None
    return delivery.told_in(turn, wish, ask)


def goes_without(turn: Turn, wish: Wish) -> bool:
    """Whether the wish is served without an order too: a general question, money taken twice, two orders at once."""
    if wish.intent == "report_payment":
        return step_of(wish) != "said_paid"
    if wish.intent == "change_address" and not turn.customer_id:
        return True  # a proof does not allow it (decisions.md 5): nothing is asked, a person does it
    if wish.intent not in order_wishes.TOPICS:
        return False
    named = turn.entity("order_number") or turn.slot("order_number")
    if delivery.topic_of(wish) == "fee":
        return True
    return delivery.topic_of(wish) in ("schedule", "late") and not turn.customer_id and not named and not turn.slot("order_id")


def detail_of(turn: Turn, ask: str) -> str | None:
    """What this message tells of the detail; None when it tells something else."""
    if turn.intent in WINS:
        return None
    if ask in pick_up.ASKS:
        return pick_up.detail_of(turn, ask)
    if ask == "address":
        return addresses.detail_of(turn)
    if turn.intent == "deny" or (says(turn, "detail_unwilling_signs") and len(turn.text) <= BARE):
        return UNWILLING if not says(turn, "other_day_signs") else None
    if turn.intent == "wait_request" and ask == "payment":
        return UNWILLING  # it may show in a few minutes
    if ask == "date":
        return day_of(turn)
    if turn.photo_ids and not turn.text:
        return "photo"
    if not turn.text or turn.text.startswith("/") or turn.intent in LEAVES:
        return None
    if ask == "room" and not delivery.measured(turn.text):
        return None
    asks = turn.intent not in ANSWERS and turn.intent.startswith("ask_") and says(turn, "question_signs")
    return None if asks else turn.text[:300]


def told_already(turn: Turn, response: str) -> bool:
    """Whether this has been said in the talk: then only the question is asked again."""
    return any((e.get("metadata") or {}).get("utter_action") == response for e in turn.tracker.events if e.get("event") == "bot")


def wants_other_day(turn: Turn) -> bool:
    """Whether the proposed day does not suit, and no other is named yet."""
    return turn.entity("option") == "other" or says(turn, "other_day_signs")


def day_of(turn: Turn) -> str | None:
    """The day for bringing it, as ISO: named, or the proposed one accepted."""
    day = bringing.usable_day(delivery.day_named(turn), turn.now)
    if day is not None:
        return day.isoformat()
    wish = order_wishes.current(turn)
    order = turn.repo.order(wish.order_id) if wish.order_id else None
    if turn.intent == "affirm" and order is not None:
        return bringing.earliest(order, turn.parameters, turn.now).isoformat()
    return None


class AskOrderOfWish(AskOrder):
    """Which order the wish is about."""

    form = "order_form"

    def wanted_states(self, turn: Turn) -> tuple[str, ...]:
        return KINDS[order_wishes.current(turn).intent].states


class AskDetail(XiaoerAction):
    """The question of the wish's table; asked for a day that was not usable, it asks for another."""

    question = True

    def name(self) -> str:
        return "action_ask_order_form_detail"

    def answer(self, turn: Turn) -> None:
        wish = order_wishes.current(turn)
        order = turn.repo.order(wish.order_id) if wish.order_id else None
        decision = next_decision(turn)
        if decision is None or (order is None and wish.intent != "report_payment"):
            turn.say("utter_orders_none")
            turn.events.append(FollowupAction(LISTEN))
            return
        ask = str(decision.then["ask"])
        if order is not None and (ask in pick_up.ASKS or ask == "address"):
            here = ask in pick_up.ASKS
            detail = str(turn.slot("detail")) if turn.slot("detail") else None
            told = pick_up.values(turn, order, detail or pick_up.NOTHING) if here else addresses.values(turn, order)
            known = pick_up.buttons(turn, ask) if here else None
            turn.say(str(decision.then["say"]), table=decision.table, row=decision.row, buttons=known, **told)
            turn.events.append(FollowupAction(LISTEN))
            return
        if order is None or wish.intent == "report_payment":
            told = payment_values(turn, order)
        else:
            told = {**order_values(turn, order), **delivery.values(turn, order, None)}
        asked = told_already(turn, str(decision.then["say"]))
        again = asked or wants_other_day(turn) or turn.entity("date") is not None
        response = {"date": "utter_delivery_which_day", "room": "utter_delivery_fit_room"}.get(str(decision.then["ask"])) if again else None
        if response == "utter_delivery_fit_room" and not (asked and order is not None and order.product.dimensions):
            response = None
        turn.say(response or str(decision.then["say"]), table=decision.table, row=decision.row, **told)
        turn.events.append(FollowupAction(LISTEN))


class ActionServeOrder(XiaoerAction):
    """The form is done: the wish's own action answers, or it is said why not."""

    def name(self) -> str:
        return "action_serve_order"

    def answer(self, turn: Turn) -> None:
        wish = order_wishes.current(turn)
        if turn.slot("outcome"):
            turn.say(str(turn.slot("outcome")))
            order_wishes.served(turn)
        elif wish.intent not in KINDS:
            turn.say("utter_orders_none")
        else:
            turn.events.append(FollowupAction(KINDS[wish.intent].action))
