"""Recommending (flows.md F10): the liking is asked, goods that fit it are shown with a true reason, others on request."""

from __future__ import annotations

import re
from typing import Any

from actions.base import XiaoerAction
from actions.goods import counts_pieces, last_answer, place_in, product_buttons, signs_in
from actions.outcome import tell
from actions.turn import Turn
from actions.values import product_values
from policy import recommend
from policy.decide import decide
from policy.words import fmt, words

# Answers about the price whose button for a recommendation means cheaper goods.
PRICE_TALK = ("utter_bargaining_budget", "utter_bargaining_offer_low", "utter_bargaining_stop", "utter_bargaining_leave_materials")
LONGEST = 200  # characters of a liking that are kept for "others, please"


def _kept(turn: Turn) -> dict[str, Any]:
    return dict((turn.slot("tally") or {}).get("recommend") or {})


def answered_freely(turn: Turn) -> str | None:
    """The action that an unclear message leads to when it answers a pre-sale question in words of its own; None when it answers none.

    Four digits alone are the end of a phone number or an order: they lead to the order.
    """
    if turn.loop or not turn.text or turn.text.startswith("/"):
        return None
    asked = turn.tracker.get_slot("open_question")
    if asked == "stock_details" and (counts_pieces(turn.text) or place_in(turn.text)[0]):
        return "action_tell_arrival"
    if asked in ("preference", "recommendation"):
        said = recommend.read(turn.text, turn.repo.products()).said or turn.entity("amount") is not None
        if said or any(signs_in(turn.text, section) for section in ("more_signs", "any_signs", "cheaper_signs")):
            return "action_recommend"
    return "action_show_order" if turn.entity("phone_tail") else None


class ActionRecommend(XiaoerAction):
    """rd_01 … rd_05."""

    def name(self) -> str:
        return "action_recommend"

    def answer(self, turn: Turn) -> None:
        kept = _kept(turn)
        option = str(turn.entity("option") or "")
        more = bool(kept.get("shown")) and (option == "more" or turn.intent == "deny" or bool(signs_in(turn.text, "more_signs")))
        text = "" if turn.text.startswith("/") else turn.text
        cheaper = self.cheaper(turn, option)
        liking = self.liking(turn, text, option, cheaper)
        if more and not liking.said:
            text, option, cheaper = str(kept.get("text") or ""), str(kept.get("kind") or ""), bool(kept.get("cheaper"))
            liking = self.liking(turn, text, option, cheaper)
        choices = recommend.choose(turn.repo.products(), liking, kept.get("shown") or [] if more else [])
        asked = turn.tracker.get_slot("open_question") == "preference" or bool(signs_in(turn.text, "any_signs"))
        facts = {
            "preference": "yes" if liking.said else "no",
            "asked": "yes" if asked else "no",
            "more": "yes" if more else "no",
            "fitting": len(choices),
        }
        decision = decide("recommendation", facts, turn.parameters)
        shown = choices[: int(turn.parameters["recommend_at_once"])] if decision.then["say"] == "utter_products_recommend" else []
        values: dict[str, Any] = {"options": "\n".join(choice.line() for choice in shown), "preference": liking.spoken()}
        if decision.then["first_say"] != "none":
            turn.say(str(decision.then["first_say"]), table=decision.table, row=decision.row, **values)
        tell(turn, decision, None, values, buttons=self.buttons(shown) if shown else None)
        if shown:
            before = kept.get("shown") or [] if more else []
            ids = [choice.product.product_id for choice in shown]
            told = {"text": text[:LONGEST], "kind": option, "cheaper": cheaper, "shown": [*before, *ids]}
            turn.set("tally", {**(turn.slot("tally") or {}), "recommend": told})
            if len(ids) == 1:
                turn.set("product_id", ids[0])

    def liking(self, turn: Turn, text: str, option: str, cheaper: bool) -> recommend.Liking:
        """What this message (and the button) says of the shopper's liking."""
        kind = option if option in words()["kinds"] else None
        amount = turn.entity("amount") or self.budget(text)
        than = turn.product() if cheaper and not turn.entity("product") else None
        products = turn.repo.products()
        return recommend.read(text, products, kind=kind, most=float(amount) if amount is not None else None, cheaper=cheaper, than=than)

    def budget(self, text: str) -> str | None:
        """A sum that is named as the most ("200以内", "预算300") without its unit."""
        found = next((m for pattern in words()["budget_patterns"] if (m := re.search(pattern, text))), None)
        return found[1] if found else None

    def cheaper(self, turn: Turn, option: str) -> bool:
        """Whether cheaper goods are wanted: said so, or the button after an answer about the price was pressed."""
        if option == "cheap" or signs_in(turn.text, "cheaper_signs"):
            return True
        return turn.text.startswith("/") and last_answer(turn) in PRICE_TALK

    def buttons(self, shown: list[recommend.Choice]) -> list[dict[str, str]]:
        """What is shown, to be looked at; and others."""
        found = [{"title": c.product.name, "payload": f'/ask_product_info{{"product": "{c.product.product_id}"}}'} for c in shown]
        return [*found, {"title": fmt("more_button"), "payload": '/choose_option{"option": "more"}'}]


class ActionConfirmChoice(XiaoerAction):
    """The shopper likes what was shown: s_confirm_details; which one is asked when several were."""

    def name(self) -> str:
        return "action_confirm_choice"

    def answer(self, turn: Turn) -> None:
        product = turn.product()
        shown = _kept(turn).get("shown") or []
        if product is None or (shown and product.product_id not in shown):
            named = [found for one in shown[-3:] if (found := turn.repo.product(str(one)))]
            turn.say("utter_products_which", buttons=product_buttons(turn, "ask_product_info", products=named or None))
            return
        turn.say("utter_products_confirm", **product_values(turn, product))
