"""Doubts before buying (flows.md F8): acknowledged, answered with facts, and from the second time on left in peace."""

from __future__ import annotations

from typing import Any

from actions.bargaining import count, counted, price_values
from actions.base import XiaoerAction
from actions.goods import ask_product, wish_text, wish_topic
from actions.outcome import tell
from actions.turn import Turn
from actions.values import product_values, shop_values
from policy import objections
from policy.decide import decide
from policy.facts import ProductFacts
from shop.workdays import speak_time

# Doubts that are answered with what the price is made of: a wish for less after them is no first wish.
ABOUT_PRICE = ("expensive", "cheaper_elsewhere", "worth")
# The options of the question which point it is → words of the table.
OPTIONS = {"price": "price", "budget": "price", "quality": "quality", "size": "size", "service": "service", "elsewhere": "elsewhere"}


def voiced(turn: Turn, product: ProductFacts | None) -> list[str]:
    """The doubts already answered for this product in this talk, oldest first."""
    return list(((turn.slot("tally") or {}).get("doubts") or {}).get(_key(product)) or [])


def _key(product: ProductFacts | None) -> str:
    return product.product_id if product else "-"


def _remember(turn: Turn, product: ProductFacts | None, topic: str) -> None:
    tally = dict(turn.slot("tally") or {})
    doubts = dict(tally.get("doubts") or {})
    before = voiced(turn, product)
    if before and before[-1] == "consider" and topic in objections.POINTS:
        before = before[:-1]
    turn.set("tally", {**tally, "doubts": {**doubts, _key(product): [*before, topic]}})


def _values(turn: Turn, product: ProductFacts | None) -> dict[str, Any]:
    if product is None:
        return {}
    values = {
        **product_values(turn, product),
        **shop_values(turn),
        **price_values(turn, product),
        **objections.values(product, turn.parameters),
    }
    best = objections.ending(product, turn.shop)
    if best is not None and best.valid_until is not None:
        values |= {"end_time": speak_time(best.valid_until, turn.now), "coupon": best.name}
    return values


def _answer(turn: Turn, product: ProductFacts | None, **said: Any) -> str | None:
    """Decide and speak; the row that answered."""
    facts = objections.facts(product, turn.shop, turn.parameters, said=voiced(turn, product), **said)
    decision = decide("objections", facts, turn.parameters)
    if decision.then.get("say") == "utter_bargaining_which_product":
        ask_product(turn, "utter_bargaining_which_product")
        return None
    values = _values(turn, product)
    tell(turn, decision, None, values)
    if decision.then.get("then_say") != "none":
        turn.say(str(decision.then["then_say"]), table=decision.table, row=decision.row, **values)
    return decision.row


class ActionAnswerObjection(XiaoerAction):
    """A doubt is voiced: its topic from the classifier, else from its words."""

    def name(self) -> str:
        return "action_answer_objection"

    def answer(self, turn: Turn) -> None:
        product = turn.product()
        if product is not None:
            turn.set("product_id", product.product_id)
        topic = wish_topic(turn)
        topic = topic if topic in objections.TOPICS else objections.topic_of(wish_text(turn))
        if _answer(turn, product, topic=topic) is None:
            return
        _remember(turn, product, topic)
        if product is not None and topic in ABOUT_PRICE and not counted(turn, product.product_id)[0]:
            count(turn, product.product_id, offer=False)


class ActionAnswerPoint(XiaoerAction):
    """The answer to 'which point?' and to 'is it clear now?'."""

    def name(self) -> str:
        return "action_answer_point"

    def answer(self, turn: Turn) -> None:
        product = turn.product()
        asked = turn.tracker.get_slot("open_question")
        if turn.intent == "choose_option":
            point = OPTIONS.get(str(turn.entity("option")), "other")
            row = _answer(turn, product, step="point", point=point)
            if row is not None and point != "other":
                _remember(turn, product, point)  # the point takes the place of "let me think", which named none
        elif turn.intent == "deny" and asked == "objection_clear":
            _answer(turn, product, step="doubt")
        elif turn.intent == "affirm" and asked == "objection_point":
            _answer(turn, product, step="point", point="other")
        else:
            _answer(turn, product, step="settled")
