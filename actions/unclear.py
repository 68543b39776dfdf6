"""Messages that were not understood: asked back once with the best guesses, then a person (scripts.md s_repeat_please; decisions.md)."""

from __future__ import annotations

import re

from rasa_sdk.events import FollowupAction

from actions import basket, knowledge
from actions.base import XiaoerAction
from actions.complaints import hand_over
from actions.order_answers import goes_on
from actions.products import ActionTellProduct
from actions.recommend import answered_freely
from actions.reviews import listened, spoken_last
from actions.shipping import of_return
from actions.smalltalk import ActionAcknowledge
from actions.turn import Turn
from policy.words import words

SHORT_NAME = 12  # characters; a longer message says more than a name
_LINK = re.compile(r"https?://|www\.|/products/", re.IGNORECASE)
# A command of Rasa's, JSON, mark-up or SQL: text like any other, and asked for in plain words.
_CODE = re.compile(
    r"^\W*(restart|back|session_start|inform)\b|\{\s*\"|</?[a-z]+[^>]*>|\b(select|drop|delete|insert)\b.+\b(from|table|into)\b",
    re.IGNORECASE,
)
_ONLY_MARKS = re.compile(r"^[\s?？!！.。…~～、,，]+$")

# Questions which product or order is meant, asked outside a form, and what the wish before them leads to.
WHICH = (
    "utter_bargaining_which_product",
    "utter_products_which",
    "utter_furniture_which",
    "utter_ask_size_form_product_id",
    "utter_ask_parcel_form_order_id",
    "utter_orders_which",
)
RETURN_WISHES = {
    *("request_return", "request_exchange", "request_compensation", "request_repair"),
    *("report_quality", "report_mismatch", "report_wrong_item", "report_missing", "report_courier_damage"),
}
PARCEL_WISHES = ("track_parcel", "urge_dispatch")
WISHES = {
    "ask_size": "size_form",
    "give_measurements": "size_form",
    "bargain": "action_bargain",
    "objection": "action_answer_objection",
    "ask_furniture": "action_answer_furniture",
    "ask_arrival_time": "action_tell_arrival",
    "ask_discount": "action_tell_offers",
    "ask_free_shipping": "action_tell_free_postage",
    "ask_size_chart": "action_show_size_chart",
    "ask_fit": "action_tell_fit",
    "ask_stock": "action_tell_stock",
    "ask_price": "action_tell_price",
    "ask_product_info": "action_tell_product",
    "ask_auto_confirm": "action_extend_receipt",
    "ask_refund_status": "action_tell_refund",
    "ask_order": "action_show_order",
    "report_payment": "action_check_payment",
    "change_address": "action_change_address",
}


COMPLAINS = 0.3  # share from which a message that is not clear may be a complaint
VARIANT = 16  # characters of a message that says little beside a colour and a size


def only_names(turn: Turn) -> bool:
    """Whether a message in a form only names goods, colour or size (engine/context.py reads it so): heard, but no answer."""
    return any(turn.entity(name) for name in ("product", "colour", "size")) and len(turn.text) <= SHORT_NAME


class ActionAskAgain(XiaoerAction):
    """A message that was not understood: once a question with the best guesses, twice running a person (decisions.md)."""

    def name(self) -> str:
        return "action_ask_again"

    def answer(self, turn: Turn) -> None:
        if turn.text and not turn.loop and not _ONLY_MARKS.match(turn.text) and not _LINK.search(turn.text) and listened(turn):
            return
        if turn.intent == "nlu_fallback" and not turn.loop and of_return(turn):
            turn.events.append(FollowupAction("action_tell_couriers"))
            return
        if turn.intent == "nlu_fallback" and not turn.loop and self.both_return(turn):
            turn.events.append(FollowupAction("return_form"))
            return
        if goes_on(turn):
            return
        if turn.intent == "nlu_fallback" and not turn.loop and not _LINK.search(turn.text) and knowledge.unclear_about_goods(turn):
            ActionTellProduct().answer(turn)
            return
        if names_variant(turn):
            turn.events.append(FollowupAction("action_tell_stock"))
            return
        presale = answered_freely(turn)
        if presale:
            turn.events.append(FollowupAction(presale))
            return
        if turn.entity("product") and not turn.loop and basket.goes_on(turn):
            turn.events.append(FollowupAction("action_tell_price"))
            return
        if turn.entity("product") and not turn.loop and not _LINK.search(turn.text):
            self.take_product(turn)
            return
        if turn.intent == "nlu_fallback" and turn.entity("order_number") and not turn.loop:
            turn.events.append(FollowupAction(self.order_wish(turn)))
            return
        if turn.loop and turn.intent == "unclear_message" and only_names(turn):
            turn.say("utter_smalltalk_name_heard")  # the form asks its question again right after
            return
        before = int(turn.slot("misunderstood") or 0)
        kept = turn.tracker.get_slot("open_question")
        if turn.intent == "nlu_fallback" and turn.text and _LINK.search(turn.text):
            turn.say("utter_smalltalk_link_only")
        elif turn.text and _CODE.search(turn.text) and not before:
            turn.say("utter_smalltalk_unsafe_input")
        elif turn.text and _ONLY_MARKS.match(turn.text) and not before:
            turn.say("utter_smalltalk_question_mark_only")
        elif before >= 1:
            turn.say("utter_smalltalk_unclear_again")
        else:
            guesses = self.guesses(turn)
            turn.say("utter_smalltalk_guess" if guesses else "utter_smalltalk_unclear", buttons=guesses or None)
        if turn.asked is None:
            turn.asked = kept
        turn.set("misunderstood", before + 1)

    def take_product(self, turn: Turn) -> None:
        """A product's name alone: the answer to 'which one?' takes the wish up again, else the product is shown."""
        heard = [e.get("parse_data") or {} for e in turn.tracker.events if e.get("event") == "user"]
        wish = str((heard[-2].get("intent") or {}).get("name")) if len(heard) > 1 else ""
        action = WISHES.get(wish)
        too = any(turn.text.rstrip("？?").endswith(sign) for sign in words()["too_signs"])
        if action and (spoken_last(turn) in WHICH or too):
            turn.events.append(FollowupAction(action))
        elif self.best_guess(turn) in PARCEL_WISHES and self.ordered(turn):
            turn.events.append(FollowupAction("parcel_form"))
        else:
            ActionTellProduct().answer(turn)

    def both_return(self, turn: Turn) -> bool:
        """Whether the two likeliest wishes are both of the return form: its words decide (reason, remedy), not the nearer wish."""
        ranking = [str(r.get("name")) for r in (turn.tracker.latest_message or {}).get("intent_ranking") or []]
        best = [name for name in ranking if name != "nlu_fallback"][:2]
        return len(best) == 2 and set(best) <= RETURN_WISHES and bool(turn.entity("reason") or turn.entity("remedy"))

    def order_wish(self, turn: Turn) -> str:
        """What to do with an order number in a message that is not clear: its parcel when that is the best guess, else the order."""
        return "parcel_form" if self.best_guess(turn) in PARCEL_WISHES else "action_show_order"

    def best_guess(self, turn: Turn) -> str:
        """The likeliest wish of a message that is not clear; empty when there is none."""
        ranking = [str(r.get("name")) for r in (turn.tracker.latest_message or {}).get("intent_ranking") or []]
        return next((name for name in ranking if name not in ("nlu_fallback", "provide_order_id")), "")

    def ordered(self, turn: Turn) -> bool:
        """Whether the signed-in shopper waits for an order of the product that is named."""
        mine = turn.repo.orders_of(turn.customer_id) if turn.customer_id else []
        return any(o.state in ("paid", "shipped") and o.product.product_id == turn.entity("product") for o in mine)

    def guesses(self, turn: Turn) -> list[dict[str, str]]:
        """The two best intents that have a button title (``policy/words.yml``, guesses)."""
        titles = words().get("guesses", {})
        ranking = [str(r.get("name")) for r in (turn.tracker.latest_message or {}).get("intent_ranking") or []]
        sure = {str(r.get("name")) for r in (turn.tracker.latest_message or {}).get("intent_ranking") or [] if r["confidence"] >= COMPLAINS}
        # "Oh", "and the other one?" are no complaints; to offer one for every such word is unkind.
        fit = [name for name in ranking if name in titles and (name != "complain" or name in sure)]
        return [{"title": titles[name], "payload": f"/{name}"} for name in fit][:2]


def names_variant(turn: Turn) -> bool:
    """Whether an unclear message names little more than a colour or a size before anything was ordered: is it in stock?

    Without a product it is then asked which one.
    """
    named = turn.entity("colour") or turn.entity("size")
    return bool(named) and not turn.loop and len(turn.text) <= VARIANT and not turn.slot("order_id") and not turn.text.startswith("/")


class ActionDefaultFallback(XiaoerAction):
    """What neither a rule nor a story foresees: short words are acknowledged, an open form asks again, the rest is asked back."""

    def name(self) -> str:
        return "action_default_fallback"

    def answer(self, turn: Turn) -> None:
        if turn.intent == "request_human":
            hand_over(turn)
        elif turn.intent in ("affirm", "deny", "choose_option") and not turn.loop:
            ActionAcknowledge().answer(turn)
        else:
            ActionAskAgain().answer(turn)
