"""Returns and exchanges (rules.md §1, §5–7; decisions.md): the form asks what chart and postage still need, and proposes a way out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from rasa_sdk.events import FollowupAction

from actions import ownership, responses
from actions.base import XiaoerAction
from actions.changed_mind import declines_offers, drops, resized
from actions.chart import (
    OFFERED,
    OPTIONS,
    SAID,
    STATES,
    amount,
    ask_photos,
    chart,
    chart_values,
    choice,
    decide_postage,
    keeps,
    postage_values,
    proposed,
    rows_told,
    said,
    steps,
    venting,
)
from actions.forms import WINS, AskOrder, OrderForm
from actions.goods import last_answer
from actions.orders import insists
from actions.supposing import ANSWERS
from actions.turn import LISTEN, Turn
from actions.values import says
from policy import after_sale, postage
from policy.decide import Decision, decide, load_table
from policy.facts import OrderFacts

__all__ = ["STATES", "AskReturnOrder", "AskReturnRemedy", "ValidateReturnForm", "compensation", "decide_postage", "postage_values", "said"]

REASONS = {
    "report_quality": "quality",
    "report_mismatch": "description_mismatch",
    "report_wrong_item": "wrong_item",
    "report_missing": "missing_part",
    "report_courier_damage": "courier_damage",
}
REMEDIES = {
    "request_return": "return_refund",
    "request_exchange": "exchange",
    "request_compensation": "comp_no_return",
    "request_repair": "repair_return",
}
UNCLEAR = ("nlu_fallback", "unclear_message", "out_of_scope")
# Wishes that make an unsent order one to cancel, and none that asks for a reason first.
GIVES_UP = (None, "return_refund", "cancel", "refuse_delivery", "open")
# What becomes a refusal at the door when the parcel is damaged and not signed for; pr_d_01 leaves money or another piece to the shopper.
AT_THE_DOOR = (None, "open", "return_refund", "exchange", "reship", "cancel")
MONEY_QUESTIONS = ("ask_postage_payer", "ask_freight_insurance", "ask_refund_status", "ask_price")  # asked without a word that asks
PLAIN = 16  # characters of a bare statement that answers the question for a reason


class ValidateReturnForm(OrderForm):
    """Order, then whatever chart and postage still ask for."""

    form = "return_form"
    states = STATES
    intents = frozenset(REASONS) | frozenset(REMEDIES)

    def collect(self, turn: Turn) -> dict[str, Any]:
        found = super().collect(turn)
        requested = turn.tracker.get_slot("requested_slot") if turn.loop == self.form else None
        if drops(turn):
            return found
        for name in ("reason", "remedy", "severity"):
            if turn.entity(name):
                found[name] = turn.entity(name)
        option = turn.entity("option")
        option = OPTIONS.get(str(option), option)
        if requested in SAID and option in (load_table("postage").inputs[requested].words or ()):
            found[requested] = option
        if turn.intent in REASONS and "reason" not in found:
            found["reason"] = REASONS[turn.intent]
        if (
            turn.intent in REMEDIES
            and not only_unfit(turn)
            and ("remedy" not in found or (turn.intent == "request_compensation" and found["remedy"] != "reship"))
        ):
            # "I do not want to send it back, give me something off" names the remedy it does not want.
            found["remedy"] = REMEDIES[turn.intent]
        if sends_anew(turn):
            found["remedy"] = "reship"
        if turn.intent in REASONS and "remedy" not in found and says(turn, "leave_it_signs"):
            found["remedy"] = "open"
        if keeps(turn.text):
            found["remedy"] = "comp_no_return"
        if found.get("remedy") == "comp_no_return" and declines_offers(turn):
            found["remedy"] = None  # named to be refused; the words have filled the slot
        if "reason" not in found and not turn.slot("reason") and says(turn, "flaw_signs"):
            found["reason"] = "quality"
        if "reason" not in found and not turn.slot("reason") and resized(turn):
            found["reason"] = "buyer_reason"
        if requested == "reason" and "reason" not in found and says(turn, "no_reason_signs"):
            found["reason"] = "buyer_reason"
        if turn.intent == "request_compensation" and "reason" not in found and says(turn, "price_drop_signs"):
            found["reason"] = "buyer_reason"  # nothing is wrong with the goods
        found |= {name: value for name, value in self.answered(turn, requested).items() if name not in found}
        # decisions.md: a reason still unclear after the second answer is `unknown`, and a person takes it on.
        if requested == "reason" and turn.intent in UNCLEAR and "reason" not in found and int(turn.slot("misunderstood") or 0) >= 1:
            found["reason"] = "unknown"
        return found

    def answered(self, turn: Turn, requested: str | None) -> dict[str, str]:
        """What yes, no or a few words say to the question that is open."""
        yes, no = turn.intent == "affirm", turn.intent == "deny" and not says(turn, "leave_wish_signs")
        if requested == "remedy":
            if says(turn, "leave_it_signs"):
                return {"remedy": "open"}
            if turn.slot("reason") in OFFERED and choice(turn):
                return {"remedy": "comp_no_return"}
            order = ownership.known_order(turn)
            offered = proposed(chart(turn, order)) if yes and order is not None else None
            return {"remedy": offered} if offered else {}
        if requested == "severity":
            if says(turn, "harmless_signs") or no:
                return {"severity": "minor"}
            # The manual's steps did not help, says who is asked: it cannot be used.
            useless = turn.intent == "unsatisfied" and told_steps(turn)
            return {"severity": "severe"} if says(turn, "hinders_signs") or yes or useless else {}
        if requested in ("damaged", "usable") and (yes or no):
            return {requested: "yes" if yes else "no"}
        return {}

    def _is_digression(self, turn: Turn, requested: str, collected: dict[str, Any]) -> bool:
        if drops(turn) or sends_anew(turn):
            return False
        if keeps(turn.text) and turn.slot("reason") in postage.SHOP_REASONS and turn.intent not in WINS:
            return False  # "I will not send it back, make it cheaper" is no bargaining here
        # "It just does not look good" gives the reason, whatever the classifier makes of the words; a question stays a question.
        plain = 0 < len(turn.text) <= PLAIN and not says(turn, "question_signs") and turn.intent not in MONEY_QUESTIONS
        if requested == "reason" and turn.entity("reason") and plain and turn.intent not in WINS:
            return False
        return super()._is_digression(turn, requested, collected)

    def fitting(self, turn: Turn) -> Callable[[OrderFacts], bool] | None:
        """A lamp goes dark, a dress does not: the fault tells which of several orders is meant."""
        return (lambda order: order.product.kind == "appliance") if says(turn, "electric_fault_signs") else None

    def naming(self, turn: Turn) -> Collection[str] | None:
        return ownership.given_back(turn)

    def wanted_states(self, turn: Turn) -> tuple[str, ...]:
        return ("shipped",) if turn.slot("remedy") == "refuse_delivery" else self.states

    def next_question(self, turn: Turn, fresh: bool) -> str | None:
        if fresh and (drops(turn) or venting(turn)):
            return None
        missing = self.find_order(turn, fresh)
        if missing is not None:
            return missing or None
        order = ownership.known_order(turn)
        if order is None or order.state in ("unpaid", "cancelled") or unsent(turn, order):
            return None
        if fresh:
            recall(turn, order)
            if turn.slot("remedy") == "exchange" and not turn.slot("reason") and other_size(turn, order):
                turn.set("reason", "buyer_reason")
        if order.state == "shipped" and turn.slot("reason") == "courier_damage" and turn.slot("remedy") in AT_THE_DOOR:
            turn.set("remedy", "refuse_delivery")  # 000 §三 售后1: nothing is signed for yet, nothing has to be sent back
        wanted, remedy = chart(turn, order), turn.slot("remedy")
        if wanted is not None:
            if wanted.row is None:
                return asked(wanted)
            if wanted.then["go"] == "say":
                return None
            if wanted.then["go"] == "ask" and not remedy:
                return "remedy"
        if remedy == "open" and proposed(wanted):
            remedy = str(proposed(wanted))
        if remedy == "comp_no_return" and turn.slot("reason") and compensation(turn, order).then["go"] == "say":
            return None
        decision = decide_postage(turn, order, **({"remedy": str(remedy)} if remedy else {}))
        return None if decision.row is not None else asked(decision)


def told_steps(turn: Turn) -> bool:
    """Whether the manual's steps were told for the thing that the open return is about."""
    order = ownership.known_order(turn)
    return order is not None and turn.slot("reason") == "quality" and order.product.kind == "appliance" and steps(turn, order) == "told"


def asked(decision: Decision) -> str:
    """The slot a table asks for; RuntimeError for an input that no form can ask."""
    if decision.ask not in SAID:
        raise RuntimeError(f"table {decision.table} asks for {decision.ask}, which no form can ask")
    return decision.ask


def compensation(turn: Turn, order: OrderFacts, answer: str | None = None, reason: str | None = None) -> Decision:
    """Ask the table ``compensation``: may the bot offer, agree, or does a supervisor approve."""
    facts = after_sale.compensation_facts(
        order, reason or str(turn.slot("reason")), turn.parameters, amount=amount(turn, order), text=turn.text, answer=answer
    )
    return decide("compensation", facts, turn.parameters)


def only_unfit(turn: Turn) -> bool:
    """Whether a typed message says no more than that the goods do not fit or please: it wishes neither exchange nor refund yet."""
    told = turn.entity("reason") == "buyer_reason" and not turn.entity("remedy")
    if turn.intent == "request_return" and says(turn, "back_signs") and not says(turn, "swap_signs") and not says(turn, "keep_it_signs"):
        return False  # "the dress back, it does not fit" wishes for its money
    return told and turn.intent in ("request_return", "request_exchange") and not turn.text.startswith("/")


def sends_anew(turn: Turn) -> bool:
    """Whether another piece is wanted in the middle of a return for a fault of the shop's: its remedy, no look-up of a parcel."""
    return turn.intent == "reship_parcel" and turn.loop == "return_form" and turn.slot("reason") in postage.SHOP_REASONS


def unsent(turn: Turn, order: OrderFacts) -> bool:
    """Whether the wish is one to cancel or to change an order that has not arrived: nothing comes back, no reason is needed."""
    if insists(turn, order):
        return True
    if order.state == "shipped":
        return turn.slot("remedy") == "exchange" and turn.slot("reason") in (None, "buyer_reason")
    return order.state == "paid" and turn.slot("remedy") in (*GIVES_UP, "exchange")


def other_size(turn: Turn, order: OrderFacts) -> bool:
    """Whether another size of the ordered goods is named: they do not fit, and nothing is wrong with them."""
    size = turn.entity("size")
    return size in order.product.sizes and size != order.variant.partition("/")[2]


def recall(turn: Turn, order: OrderFacts) -> None:
    """A changed mind about the return settled last: what is not said anew still holds for the same order.

    So does the reason of a 'what if' that was answered just before: nobody tells it twice.
    """
    if turn.loop != "return_form" or not turn.tracker.get_slot("requested_slot"):
        told = (turn.slot("tally") or {}).get("supposed") if last_answer(turn) in ANSWERS else None
        if told and turn.slot("remedy") and not turn.slot("reason"):
            turn.set("reason", told)
    settled: Mapping[str, Any] = turn.slot("after_return") or {}
    if settled.get("order_id") != order.order_id:
        return
    same = turn.slot("reason") in (None, settled.get("reason"))
    for name in ("reason", "remedy", *(("severity", "usable") if same else ())):
        if not turn.slot(name) and settled.get(name):
            turn.set(name, settled[name])


class AskReturnOrder(AskOrder):
    """Which order is to be returned."""

    form = "return_form"
    states = STATES


class AskReturnRemedy(XiaoerAction):
    """How it is to be put right: the chart's proposal first, the other ways as buttons; else the ways that fit the reason."""

    question = True

    def name(self) -> str:
        return "action_ask_return_form_remedy"

    def answer(self, turn: Turn) -> None:
        order = ownership.known_order(turn)
        found = chart(turn, order) if order is not None else None
        if order is not None and found is not None and found.row is not None and found.then["go"] == "ask":
            ask_photos(turn, order)
            name = str(found.then["say"])
            if declines_offers(turn):
                name = "utter_returns_mismatch_back"
            elif found.row in rows_told(turn):
                name = "utter_ask_return_form_remedy"
            turn.say(name, table=found.table, row=found.row, **chart_values(turn, order))
        else:
            own = f"utter_returns_ask_remedy_{turn.slot('reason')}"
            turn.say(own if own in responses.index(turn.now) else "utter_ask_return_form_remedy")
        turn.events.append(FollowupAction(LISTEN))
