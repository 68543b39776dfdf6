"""Size advice (rules.md §11): from the product's own chart; no chart, no size."""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk.events import FollowupAction

from actions import knowledge
from actions.base import XiaoerAction
from actions.forms import FormAction
from actions.garments import MEASURES, measurements
from actions.goods import ask_product, product_buttons, signs_in
from actions.outcome import tell
from actions.products import ActionTellProduct
from actions.turn import Turn
from policy import sizing
from policy.decide import decide
from policy.facts import Measurements, ProductFacts
from policy.words import words


def corrected(turn: Turn) -> dict[str, Any]:
    """A lone number that corrects a value ("打错了是168"): it replaces the known measure it is nearest to."""
    numbers = re.findall(r"\d{2,3}(?:\.\d)?", turn.text)
    known = {name: value for name in MEASURES if (value := getattr(measurements(turn), name)) is not None}
    if len(numbers) != 1 or not known:
        return {}
    value = float(numbers[0])
    nearest = min(known, key=lambda name: abs(known[name] - value))
    return {} if known[nearest] == value else {nearest: value}


class ValidateSizeForm(FormAction):
    """Asks only for what the product's chart has."""

    form = "size_form"
    intents = frozenset({"ask_size", "give_measurements"})

    def collect(self, turn: Turn) -> dict[str, Any]:
        found: dict[str, Any] = {name: turn.entity(name) for name in MEASURES if turn.entity(name) is not None}
        if not found and turn.intent == "give_measurements":
            found = corrected(turn)
        if turn.entity("product"):
            found["product_id"] = turn.entity("product")
        return found

    def next_question(self, turn: Turn, fresh: bool) -> str | None:
        product = turn.product()
        if product is None:
            return "product_id"
        turn.set("product_id", product.product_id)
        wrong = sizing.implausible(measurements(turn))
        for name in wrong:
            turn.set(name, None)
        if wrong and fresh:
            turn.say("utter_sizing_implausible", measure=sizing.measure_words(wrong))
        if not product.size_chart or product.kind != "clothing":
            return None
        missing = sizing.missing(product, measurements(turn))
        return missing[0] if missing else None


class AskSizeProduct(XiaoerAction):
    """Which garment."""

    def name(self) -> str:
        return "action_ask_size_form_product_id"

    def answer(self, turn: Turn) -> None:
        charted = [b for b in product_buttons(turn, "ask_size") if _clothing(turn, b)]
        turn.say("utter_ask_size_form_product_id", buttons=charted)
        turn.events.append({"event": "followup", "timestamp": None, "name": "action_listen"})


def _clothing(turn: Turn, button: dict[str, str]) -> bool:
    product = turn.repo.product(button["payload"].split('"')[3])
    return product is not None and product.kind == "clothing"


class ActionAdviseSize(XiaoerAction):
    """sz_01 … sz_04."""

    def name(self) -> str:
        return "action_advise_size"

    def answer(self, turn: Turn) -> None:
        product = turn.product()
        if product is None:
            ask_product(turn, "utter_ask_size_form_product_id")
            return
        known = measurements(turn)
        decision = decide("sizing", sizing.facts(product, known), turn.parameters)
        values: dict[str, Any] = {**_plain(product), **sizing.values(product, known)}
        tell(turn, decision, None, values)
        if decision.row == "sz_01" and values.get("other_size"):
            turn.say("utter_sizing_neighbour", table="sizing", row="sz_01", **values)


class ActionChooseSize(XiaoerAction):
    """sz_03: between two sizes the shopper's liking decides; the smaller one fits closely, the larger one loosely."""

    def name(self) -> str:
        return "action_choose_size"

    def answer(self, turn: Turn) -> None:
        product = turn.product()
        advice = sizing.advise(product, measurements(turn)) if product else None
        option = turn.entity("option")
        if product is None or advice is None or len(advice.sizes) != 2:
            ActionAdviseSize().answer(turn)
            return
        fitted, loose = (sizing.size_word(size) for size in advice.sizes)
        if option in ("fitted", "loose"):
            turn.say("utter_sizing_chosen", table="sizing", row="sz_03", size=fitted if option == "fitted" else loose)
        else:
            turn.say("utter_sizing_which_size", table="sizing", row="sz_03", size=fitted, other_size=loose)


def _plain(product: ProductFacts) -> dict[str, Any]:
    return {"product": product.name}


class ActionShowSizeChart(XiaoerAction):
    """The chart itself, line by line; without one a person is offered."""

    def name(self) -> str:
        return "action_show_size_chart"

    def answer(self, turn: Turn) -> None:
        product = turn.product()
        if product is None:
            ask_product(turn, "utter_ask_size_form_product_id")
        elif self.not_charted(turn, product):
            ActionTellProduct().answer(turn)
        elif not product.size_chart:
            decision = decide("sizing", {"step": "advise", "kind": product.kind, "chart": "no"}, turn.parameters)
            tell(turn, decision, None, {**_plain(product), **sizing.values(product, Measurements())})
        else:
            turn.say("utter_sizing_chart", product=product.name, summary=sizing.chart_lines(product))

    def not_charted(self, turn: Turn, product: ProductFacts) -> bool:
        """Whether a measure is asked for that the chart does not hold (the length of trousers)."""
        charted = {name for row in product.size_chart for name in row.measures}
        asked = {match.attribute for match in knowledge.goods_asked(turn, product)}
        return bool(asked & set(words()["chart_measures"])) and not asked & charted


class ActionTellFit(XiaoerAction):
    """Large or small cut: the chart is measured, opinions are not."""

    def name(self) -> str:
        return "action_tell_fit"

    def answer(self, turn: Turn) -> None:
        product = turn.product()
        if signs_in(turn.text, "misfit_signs"):
            self.misfit(turn, product)
        elif turn.entity("reason") == "buyer_reason" and not turn.loop and self.has_it(turn, product):
            turn.events.append(FollowupAction("return_form"))  # it is here and does not fit: no question before buying
        elif product is None:
            ask_product(turn, "utter_ask_size_form_product_id")
        elif knowledge.asks_health(turn, product) or knowledge.tell_reviewed(turn, product):
            return
        elif not product.size_chart:
            ActionShowSizeChart().answer(turn)
        else:
            turn.say("utter_sizing_fit", product=product.name)

    def has_it(self, turn: Turn, product: ProductFacts | None) -> bool:
        """Whether the signed-in shopper has received this garment (or any, when none is named)."""
        mine = turn.repo.orders_of(turn.customer_id) if turn.customer_id and not turn.meta.get("product_id") else []
        there = [o.product for o in mine if o.state in ("received", "confirmed") and o.product.kind == "clothing"]
        return any(product is None or one.product_id == product.product_id for one in there)

    def misfit(self, turn: Turn, product: ProductFacts | None) -> None:
        """sz_05: the size that was advised does not fit; a chart that is said to be wrong is the shop's side."""
        wrong = "yes" if signs_in(turn.text, "wrong_chart_signs") else "no"
        decision = decide("sizing", {"step": "misfit", "chart_wrong": wrong}, turn.parameters)
        turn.set("reason", decision.then["reason"])
        tell(turn, decision, None, _plain(product) if product else {}, fields={"question": turn.text[:500]})
