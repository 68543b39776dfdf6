"""Greetings, thanks, short words without a context, misunderstandings (scripts.md section A)."""

from __future__ import annotations

import re

from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet

from actions.base import XiaoerAction
from actions.complaints import hand_over
from actions.products import ActionTellProduct
from actions.turn import Turn
from policy.words import words
from shop.hours import is_open, next_opening

_LINK = re.compile(r"https?://|www\.|/products/", re.IGNORECASE)
# A command of Rasa's, JSON, mark-up or SQL: text like any other, and asked for in plain words.
_CODE = re.compile(
    r"^\W*(restart|back|session_start|inform)\b|\{\s*\"|</?[a-z]+[^>]*>|\b(select|drop|delete|insert)\b.+\b(from|table|into)\b",
    re.IGNORECASE,
)
_ONLY_MARKS = re.compile(r"^[\s?？!！.。…~～、,，]+$")

AGAIN = "utter_smalltalk_greet_again"
# Questions which product or order is meant, asked outside a form, and what the wish before them leads to.
WHICH = (
    "utter_bargaining_which_product",
    "utter_products_which",
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
    "objection_price": "action_bargain",
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


def spoken_last(turn: Turn) -> str | None:
    """The response that the shopper was answered with last."""
    said = [(e.get("metadata") or {}).get("utter_action") for e in turn.tracker.events if e.get("event") == "bot"]
    return str(said[-1]) if said and said[-1] else None


def courteously(turn: Turn, response: str) -> None:
    """Say a courtesy; said just before, it gives way to a question what can be done, not to "as I said"."""
    if spoken_last(turn) == response:
        response = "utter_smalltalk_affirm_nothing_open" if response == AGAIN else AGAIN
    turn.say(response)


class ActionGreet(XiaoerAction):
    """s_greet_first, and shorter when the talk is already going on."""

    def name(self) -> str:
        return "action_greet"

    def answer(self, turn: Turn) -> None:
        again = sum(1 for e in turn.tracker.events if e.get("event") == "user") > 1
        courteously(turn, "utter_smalltalk_greet_again" if again else "utter_smalltalk_greet")


class ActionSayGoodbye(XiaoerAction):
    """s_closing_presale."""

    def name(self) -> str:
        return "action_say_goodbye"

    def answer(self, turn: Turn) -> None:
        courteously(turn, "utter_smalltalk_goodbye")


class ActionWelcomeThanks(XiaoerAction):
    """s_welcome_thanks."""

    def name(self) -> str:
        return "action_welcome_thanks"

    def answer(self, turn: Turn) -> None:
        courteously(turn, "utter_smalltalk_thanks")


class ActionAcknowledge(XiaoerAction):
    """Yes, no or a choice when nothing is open."""

    def name(self) -> str:
        return "action_acknowledge"

    def answer(self, turn: Turn) -> None:
        response = {
            "affirm": "utter_smalltalk_affirm_nothing_open",
            "deny": "utter_smalltalk_deny_nothing_open",
        }.get(turn.intent, "utter_smalltalk_choose_nothing_open")
        courteously(turn, response)


class ActionWait(XiaoerAction):
    """The shopper asks for a moment: the open question stays open."""

    def name(self) -> str:
        return "action_wait"

    def answer(self, turn: Turn) -> None:
        if turn.tracker.get_slot("open_question") == "wait_change_or_refund":
            turn.events.append(FollowupAction("action_settle_delay"))  # "I wait" is the answer to what was asked
            return
        turn.say("utter_smalltalk_wait")
        turn.asked = turn.tracker.get_slot("open_question")
        turn.events.append(FollowupAction("action_listen"))


class ActionRepeat(XiaoerAction):
    """s_not_understood_again."""

    def name(self) -> str:
        return "action_repeat"

    def answer(self, turn: Turn) -> None:
        turn.say("utter_smalltalk_repeat")
        turn.asked = turn.tracker.get_slot("open_question")


class ActionAskAgain(XiaoerAction):
    """A message that was not understood: once a question with the best guesses, twice running a person (decisions.md)."""

    def name(self) -> str:
        return "action_ask_again"

    def answer(self, turn: Turn) -> None:
        if turn.intent == "nlu_fallback" and not turn.loop and self.both_return(turn):
            turn.events.append(FollowupAction("return_form"))
            return
        if turn.entity("product") and not turn.loop and not _LINK.search(turn.text):
            self.take_product(turn)
            return
        if turn.intent == "nlu_fallback" and turn.entity("order_number") and not turn.loop:
            turn.events.append(FollowupAction(self.order_wish(turn)))
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
        return [{"title": titles[name], "payload": f"/{name}"} for name in ranking if name in titles][:2]


class ActionTellScope(XiaoerAction):
    """s_out_of_scope: what can be done here."""

    def name(self) -> str:
        return "action_tell_scope"

    def answer(self, turn: Turn) -> None:
        turn.say("utter_smalltalk_out_of_scope")


class ActionTellIdentity(XiaoerAction):
    """s_bot_identity: an automatic assistant, always said when asked."""

    def name(self) -> str:
        return "action_tell_identity"

    def answer(self, turn: Turn) -> None:
        turn.say("utter_smalltalk_staff_identity" if turn.intent == "ask_staff_identity" else "utter_smalltalk_bot_identity")


class ActionTellOpeningHours(XiaoerAction):
    """s_opening_hours, oh_01, oh_06."""

    def name(self) -> str:
        return "action_tell_opening_hours"

    def answer(self, turn: Turn) -> None:
        turn.say(
            "utter_smalltalk_opening_hours",
            next_open=next_opening(turn.shop.opening_hours, turn.now),
            row="oh_01" if is_open(turn.shop.opening_hours, turn.now) else "oh_06",
        )


class ActionThankSuggestion(XiaoerAction):
    """s_suggestion_thanks: kept as a ticket, so that it reaches somebody."""

    def name(self) -> str:
        return "action_thank_suggestion"

    def answer(self, turn: Turn) -> None:
        _, spoken = turn.open_ticket("other", fields={"suggestion": turn.text[:500]}, priority="low")
        turn.say("utter_smalltalk_suggestion", **spoken)


class ActionLeaveForm(XiaoerAction):
    """The shopper no longer wants what a form was asking for."""

    def name(self) -> str:
        return "action_leave_form"

    def answer(self, turn: Turn) -> None:
        turn.say("utter_smalltalk_form_left")
        for slot in ("reason", "remedy", "severity", "damaged", "target", "paused_form"):
            turn.set(slot, None)
        turn.events += [ActiveLoop(None), SlotSet("requested_slot", None)]


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
