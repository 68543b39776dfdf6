"""Doubts about furniture (scripts.md D): brand, advertising, shelves, promotion, dimensions, smell. Facts of the catalogue only."""

from __future__ import annotations

from typing import Any

from actions import knowledge
from actions.bargaining import price_values
from actions.base import XiaoerAction
from actions.goods import ask_product, wish_text, wish_topic
from actions.outcome import tell
from actions.turn import Turn
from actions.values import product_values, shop_values
from policy.decide import decide
from policy.facts import ProductFacts
from policy.parameters import speakable

TOPICS = ("famous_brand", "ads", "partition", "promo_quality", "dimension", "smell")


# Which missing fact it is when the table has to ask a colleague.
GAPS = {"partition": "shelves", "dimension": "dimensions", "smell": "smell"}


def report_of(product: ProductFacts) -> str | None:
    """The number of the product's test of formaldehyde, when the shop has written it down."""
    number = product.attributes.get("formaldehyde_report_no")
    return str(number) if number else None


def facts(turn: Turn, product: ProductFacts | None, topic: str) -> dict[str, object]:
    """The inputs of the table ``furniture``."""
    known = product.attributes if product else {}
    movable = known.get("adjustable_shelves")
    shelves = "unknown" if movable is None else "movable" if movable else "fixed"
    report = "numbered" if product and report_of(product) else "there" if known.get("formaldehyde_report") else "none"
    return {
        "topic": topic,
        "product": "yes" if product else "no",
        "discounted": "yes" if product and product.discounted else "no",
        "dimensions": "yes" if product and product.dimensions else "no",
        "standard": "yes" if known.get("standard_size") else "no",
        "shelves": shelves,
        "report": report,
        "goods": "furniture" if product is None or product.kind == "furniture" else "other",
        "air_days": "yes" if speakable("smell_ventilation_days", turn.repo.parameters()) else "no",
    }


def answer_furniture(turn: Turn, product: ProductFacts | None, topic: str) -> None:
    """Decide by the table ``furniture`` and speak."""
    decision = decide("furniture", facts(turn, product, topic), turn.parameters)
    if decision.then.get("say") == "utter_furniture_which":
        ask_product(turn, "utter_furniture_which")
        return
    values: dict[str, Any] = {"days": str(turn.parameters["smell_ventilation_days"])}
    if product is not None:
        values |= {**product_values(turn, product), **shop_values(turn), **price_values(turn, product)}
        values |= {"report": report_of(product), "standard": product.attributes.get("standard_size")}
    promised = topic == "smell" and product is not None and product.attributes.get("formaldehyde_report")
    if product is not None and topic in GAPS and decision.then.get("ticket") != "none" and not promised:
        knowledge.missing(turn, product, GAPS[topic])
    tell(turn, decision, None, values, fields={"question": wish_text(turn)[:500], "product": product.name if product else None})
    if decision.then.get("then_say") != "none":
        turn.say(str(decision.then["then_say"]), table=decision.table, row=decision.row, **values)


class ActionAnswerFurniture(XiaoerAction):
    """A doubt about furniture by its topic."""

    def name(self) -> str:
        return "action_answer_furniture"

    def answer(self, turn: Turn) -> None:
        product = turn.product()
        if product is not None:
            turn.set("product_id", product.product_id)
        topic = wish_topic(turn)
        if topic != "smell" and knowledge.tell_reviewed(turn, product):
            return
        answer_furniture(turn, product, topic if topic in TOPICS else TOPICS[0])
