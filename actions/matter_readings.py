"""What a short message means in each kind of order matter: a plan to carry out, or None when its own intent decides.

Nothing is changed here before the plan is carried out (``actions/short_questions.py``).
"""

from __future__ import annotations

from collections.abc import Callable

from rasa_sdk.events import FollowupAction

from actions import short_answers as tell
from actions.interception import newest
from actions.logistics import tell_parcel
from actions.matter import Matter, is_lost, paid_back, says_of, settled
from actions.orders import ActionCancelOrder, merged, tell_cancel, tell_change
from actions.refunds import ActionTellRefund
from actions.turn import Turn
from policy.facts import OrderFacts
from policy.words import words

Plan = Callable[[], object]
OPEN = ("paid", "shipped")
LOST = ("ls_07", "ls_13", "ls_17", "co_z_05")
CHANGES = frozenset(
    {"ask_stock", "deny", "request_exchange", "change_product", "nlu_fallback", "unclear_message", "ask_size", "give_measurements"}
)


def refund_time(turn: Turn) -> None:
    """When the money of this talk's cancellation, refund or change comes."""
    ActionTellRefund().answer(turn)


def result(turn: Turn, matter: Matter, order: OrderFacts) -> Plan | None:
    """What came of what was submitted in this talk for this order."""
    submitted = any(newest(turn, order, kind, only_open=True) for kind in tell.TICKETS.get(matter.kind, ()))
    return (lambda: tell.outcome_of(turn, matter, order)) if submitted else None


def cancelling(turn: Turn, matter: Matter, order: OrderFacts) -> Plan | None:
    """After a cancellation was told, offered or submitted."""
    text, asked = turn.text, turn.tracker.get_slot("open_question")
    if says_of(text, "paid_twice_signs"):
        return None  # another trouble
    if (
        asked == "bear_loss"
        and says_of(text, "cancel_signs")
        and text.startswith(tuple(words()["yes_starts"]))
        and not says_of(text, "question_signs", "not_cancel_signs")
    ):
        return lambda: tell.bear_loss(turn, order)
    stopping = newest(turn, order, "intercept", only_open=True) is not None
    if stopping and (turn.intent == "choose_option" or says_of(text, "result_signs")) and not says_of(text, "sum_signs"):
        return lambda: tell.outcome_of(turn, matter, order)
    if order.state == "paid" and says_of(text, "want_it_signs", "not_cancel_signs") and newest(turn, order, "cancel", only_open=True):
        return lambda: ActionCancelOrder().keep(turn, order)
    if says_of(text, "keep_parcel_signs") and order.state == "shipped":
        return lambda: keep_parcel(turn, order, stopping)
    if turn.entity("remedy") == "refuse_delivery" and order.state == "shipped" and says_of(text, "question_signs", "may_signs"):
        return lambda: tell_cancel(turn, order, "insist")
    if says_of(text, "when_signs"):
        return result(turn, matter, order) if stopping and not says_of(text, "refund_signs") else None
    if tell.asks_why(text) or (says_of(text, "sum_signs") and turn.intent != "cancel_order"):
        return lambda: tell.cancel_sum(turn, matter, order)
    own = turn.entity("colour") or turn.entity("size")
    if own and turn.intent in CHANGES and same_variant(turn, order) and not says_of(text, "into_signs"):
        return lambda: tell.cancel_sum(turn, matter, order)
    return None


def keep_parcel(turn: Turn, order: OrderFacts, stopping: bool) -> None:
    """The parcel is taken after all: whoever stops it is told, else it is said where it is."""
    if stopping:
        ActionCancelOrder().keep(turn, order)
    else:
        tell_parcel(turn, order, "status")


def same_variant(turn: Turn, order: OrderFacts) -> bool:
    """Whether the colour and size that are named are those of the order."""
    colour, _, size = order.variant.partition("/")
    return turn.entity("colour") in (None, colour) and turn.entity("size") in (None, size)


def changing(turn: Turn, matter: Matter, order: OrderFacts) -> Plan | None:
    """After a change was told, offered or submitted."""
    text, asked = turn.text, turn.tracker.get_slot("open_question")
    if order.state != "paid":
        return None
    if asked == "pay_difference" and says_of(text, "pay_more_signs") and turn.intent != "deny" and not says_of(text, "question_signs"):
        return lambda: tell_change(turn, order, "ask", pay="yes")
    if says_of(text, "sum_signs") and turn.slot("target"):
        return lambda: tell.change_sum(turn, matter, order)
    names = any(turn.entity(name) for name in ("colour", "size", "product"))
    if names and turn.intent in CHANGES and not says_of(text, "in_stock_signs", "waiting_signs", "when_signs"):
        return lambda: change_again(turn, order)
    if says_of(text, "other_goods_signs") and not names:
        return lambda: change_again(turn, order)
    if says_of(text, "fine_signs") and turn.intent != "affirm":
        return result(turn, matter, order)
    return None


def change_again(turn: Turn, order: OrderFacts) -> None:
    """Go on with the change of this order: what is named replaces what was wished."""
    turn.set("order_id", order.order_id)
    turn.set("target", merged(turn, str(turn.slot("target")) if turn.slot("target") else None))
    if says_of(turn.text, "other_goods_signs") and not turn.entity("product"):
        turn.set("target", None)
    turn.events.append(FollowupAction("change_form"))


def tracking(turn: Turn, matter: Matter, order: OrderFacts) -> Plan | None:
    """After a parcel was looked up, or an order shown."""
    text = turn.text
    if is_lost(turn, order):
        return of_lost(turn, matter, order)
    if says_of(text, "other_one_signs"):
        others = (
            [o for o in turn.repo.orders_of(turn.customer_id) if o.state == order.state and o.order_id != order.order_id]
            if turn.customer_id
            else []
        )
        return (lambda: other_one(turn, others[0])) if len(others) == 1 else None
    if (
        says_of(text, "patient_signs")
        and order.state in OPEN
        and turn.intent in ("nlu_fallback", "unclear_message", "choose_option", "reship_parcel", "deny")
    ):
        if turn.tracker.get_slot("open_question") is None:
            return lambda: tell.say(turn, matter, "utter_logistics_wait_noted")
    if matter.kind == "parcel" and order.state == "shipped" and turn.intent == "urge_dispatch" and not says_of(text, "another_signs"):
        return lambda: tell_parcel(turn, order, "status")
    again = newest(turn, order, "redeliver", only_open=True)
    if again is not None and turn.intent == "ask_arrival_time" and says_of(text, "when_signs"):
        return lambda: tell.outcome_of(turn, matter, order)  # the courier is asked once to bring it again
    presale = turn.intent in ("ask_arrival_time", "ask_stock", "ask_order")
    if order.state in OPEN and presale and says_of(text, "when_signs", "waiting_signs") and paid_back(turn, order.order_id) is None:
        return lambda: tell_parcel(turn, order, "status")
    return None


def other_one(turn: Turn, order: OrderFacts) -> None:
    """The other one of two orders."""
    turn.set("order_id", order.order_id)
    tell_parcel(turn, order, "status")


def of_lost(turn: Turn, matter: Matter, order: OrderFacts) -> Plan | None:
    """A lost parcel: the choice is explained while it is weighed, made when it is said."""
    text = turn.text
    weighs = says_of(text, "considering_signs", "if_signs", "what_now_signs") or (
        says_of(text, "question_signs") and not says_of(text, "do_signs")
    )
    if says_of(text, "number_signs") and order.tracking:
        return lambda: tell.number(turn, matter, order)
    if settled(turn, order) is not None:
        if says_of(text, "when_signs") and (
            says_of(text, "refund_signs") or turn.intent in ("ask_arrival_time", "report_payment", "ask_refund_status")
        ):
            if newest(turn, order, "refund", only_open=True):
                return lambda: refund_time(turn)
            return lambda: tell.outcome_of(turn, Matter("parcel", order, matter.row, "logistics"), order)
        if says_of(text, "sum_signs") and newest(turn, order, "refund", only_open=True):
            return lambda: tell.refund_sum(turn, matter, order)
        return (lambda: tell.terms(turn, matter, order)) if says_of(text, "sum_signs") else None
    wants_money = turn.intent in ("request_return", "cancel_order") and says_of(text, "refund_signs") and not weighs
    if wants_money:
        return lambda: tell.chosen_by_words(turn, order, "refund")
    if turn.tracker.get_slot("open_question") == "reship_or_refund" or matter.row in LOST:
        if weighs and (turn.intent not in ("track_parcel", "ask_ticket_status") or says_of(text, "number_signs", "what_now_signs")):
            return lambda: tell.terms(turn, matter, order)
    return None


def refunding(turn: Turn, matter: Matter, order: OrderFacts) -> Plan | None:
    """After a refund was told."""
    if is_lost(turn, order):
        return of_lost(turn, matter, order)
    if says_of(turn.text, "sum_signs") and not says_of(turn.text, "when_signs") and paid_back(turn, order.order_id):
        return lambda: tell.cancel_sum(turn, matter, order)
    return None


def paying(turn: Turn, matter: Matter, order: OrderFacts) -> Plan | None:
    """After a payment was spoken of: the sum of the order, another try, the way back of what was paid too much."""
    text = turn.text
    if money_back(turn) and paid_back(turn):
        return lambda: tell.other_account(turn, matter)
    if order.state != "unpaid":
        return None
    if says_of(text, "pay_again_signs"):
        return lambda: tell.say(turn, matter, "utter_orders_pay_again")
    named = turn.entity("product") and turn.intent in ("nlu_fallback", "unclear_message", "ask_product_info", "ask_fit", "provide_order_id")
    if (named and not says_of(text, "when_signs", "question_signs")) or (turn.intent == "ask_price" and says_of(text, "sum_signs")):
        return lambda: tell.due(turn, matter, order)
    return None


def addressing(turn: Turn, matter: Matter, order: OrderFacts) -> Plan | None:
    """After a new address was passed on: what is added to it."""
    if turn.intent in ("complain", "nlu_fallback", "unclear_message", "provide_order_id") and not says_of(turn.text, "question_signs"):
        if newest(turn, order, "address", only_open=True) is not None and not says_of(turn.text, "fine_signs"):
            return lambda: tell.more_of_address(turn, matter, order)
    return None


def money_back(turn: Turn) -> bool:
    """Whether the way of money that comes back is asked for."""
    return says_of(turn.text, "refund_signs") and (says_of(turn.text, "other_account_signs") or turn.intent == "ask_refund_status")


Reader = Callable[[Turn, Matter, OrderFacts], Plan | None]
READERS: dict[str, Reader] = {
    "cancel": cancelling,
    "change": changing,
    "parcel": tracking,
    "shown": tracking,
    "refund": refunding,
    "payment": paying,
    "address": addressing,
}
