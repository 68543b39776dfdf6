"""Facts of products, from the catalogue only: what is not there is said to be unknown, and a colleague is asked (style.md 10)."""

from __future__ import annotations

import json
from typing import Any

from rasa_sdk.events import FollowupAction

from actions import ages, basket, knowledge, promotions
from actions.ages import tell_price_time
from actions.bargaining import price_values
from actions.base import XiaoerAction
from actions.furniture import answer_furniture, report_of
from actions.garments import size_meant
from actions.goods import meant, quantity, signs_in, wish_text
from actions.outcome import tell
from actions.turn import Turn
from actions.values import listed, product_values, shop_values
from policy.decide import decide
from policy.facts import ProductFacts
from policy.knowledge import Match, asked, attribute_name, attributes, claims_health, says_nothing_else
from policy.words import fmt, words

SHOWN_VARIANTS = 8


def _document(text: str) -> str:
    return next((kind for kind, signs in words()["document_signs"].items() if any(sign in text for sign in signs)), "other")


def _wash(care: str | None) -> str:
    if not care:
        return "unknown"
    if any(sign in care for sign in words()["dry_signs"]):
        return "dry"
    return "soak" if any(sign in care for sign in words()["soak_signs"]) else "water"


def _parameters(values: dict[str, Any]) -> str | None:
    """What the catalogue has, a line each."""
    keys = {"fabric": "fabric", "dimensions": "measure", "colours": "colours", "sizes": "sizes", "care": "care", "warranty": "warranty"}
    names = words()["parameter_names"]
    lines = [fmt("parameter_line", label=names[name], value=values[key]) for name, key in keys.items() if values.get(key)]
    return "\n".join(lines) or None


def told(turn: Turn, product: ProductFacts) -> dict[str, Any]:
    """Every value that an answer about a product may name; what the catalogue lacks is absent."""
    values = {**product_values(turn, product), **shop_values(turn), **price_values(turn, product)}
    own = product.attributes
    rate, sales = own.get("shrink_rate_pct"), own.get("sales")
    return {
        **values,
        "brand": product.brand,
        "rate": f"{rate}%" if rate is not None else None,
        "channel": own.get("channel"),
        "sales": str(sales) if sales is not None else None,
        "report": report_of(product),
        "days_allowed": str(turn.parameters["quality_return_days"]),
        "soak": str(turn.parameters["soak_min"]),
        "facts": _parameters(values),
    }


def fact_inputs(product: ProductFacts, topic: str, text: str, values: dict[str, Any]) -> dict[str, object]:
    """The inputs of the table ``product_info``."""
    document = _document(text)
    paper = {"manual": product.manual, "parameters": values["facts"], "report": product.attributes.get("formaldehyde_report")}
    known: dict[str, object] = {
        "fabric": product.fabric,
        "feel": product.fabric,
        "care": product.care,
        "shrink": values["rate"],
        "colours": product.colours,
        "dimensions": product.dimensions,
        "quality": product.brand,
        "authenticity": values["channel"],
        "documents": paper.get(document),
        "sales": values["sales"],
        "aftersales": product.warranty_months,
    }
    reserved = any(sign in (product.care or "") for sign in words()["reserved_signs"])
    return {
        "topic": topic,
        "kind": product.kind,
        "known": "yes" if known.get(topic) else "no",
        "wash": _wash(product.care),
        "reserved": "yes" if reserved else "no",
        "document": document,
    }


def tell_fact(turn: Turn, product: ProductFacts, topic: str, text: str, attribute: str | None = None) -> None:
    """One fact, by the table ``product_info``; the smell by that of furniture. What is missing is counted.

    ``attribute``: what was asked for, when it is not the topic itself.
    """
    if topic == "smell":
        answer_furniture(turn, product, "smell")
        return
    named = attribute or topic
    values = {**told(turn, product), "attribute": attribute_name(named)}
    decision = decide(knowledge.TABLE, fact_inputs(product, topic, text, values), turn.parameters)
    if decision.then.get("missing") == "yes":
        knowledge.missing(turn, product, named)
    tell(turn, decision, None, values, fields={"question": text[:500], "product": product.name, "attribute": attribute_name(named)})


def colours_meant(product: ProductFacts, colour: str) -> set[str]:
    """The product's colours that a shopper's word means: the one of that name, else those that hold it (绿色: 清新绿)."""
    if colour in product.colours:
        return {colour}
    stem = colour.removesuffix(fmt("colour_ending"))
    return {one for one in product.colours if stem and stem in one}


def names_coupon(turn: Turn) -> bool:
    """Whether the code of one of the shop's coupons is named: a question about offers, whatever it was taken for."""
    text = turn.text.casefold()
    return any(one.code and one.code.casefold() in text for one in turn.shop.coupons)


def asks_presale(turn: Turn) -> bool:
    """Answer a question about a presale that was taken for one about stock or returns; False when it is about none."""
    return bool(signs_in(wish_text(turn), "presale_words")) and promotions.answer(turn)


class ActionTellProduct(XiaoerAction):
    """The facts that a question names: reviewed answers, then the catalogue; without any the product is shown."""

    def name(self) -> str:
        return "action_tell_product"

    def answer(self, turn: Turn) -> None:
        if names_coupon(turn):
            turn.events.append(FollowupAction("action_tell_offers"))
            return
        product = knowledge.inside_word(turn) or meant(turn, ordered=True)
        if product is None:
            return
        turn.set("product_id", product.product_id)
        known = knowledge.answers_of(turn).of(product)
        text = knowledge.question(turn, known, product)
        if claims_health(text, [product.name]):
            knowledge.tell_health(turn, product)
            return
        matches = asked(text, known, [product.name])
        # A report about the smell is asked for once.
        smell = any(match.attribute == "smell" for match in matches)
        matches = tuple(match for match in matches if not (smell and match.attribute == "documents"))
        for match in matches[: knowledge.AT_ONCE]:
            if match.answer is not None:
                knowledge.tell_answer(turn, product, match.answer)
            else:
                self.catalogue(turn, product, match, text)
        if not matches:
            self.unrecognised(turn, product, text)

    def catalogue(self, turn: Turn, product: ProductFacts, match: Match, text: str) -> None:
        """What the catalogue says where no reviewed answer does; that nothing is stated otherwise."""
        listed = attributes().get(match.attribute)
        tell_fact(turn, product, (listed.topic if listed else None) or "attribute", text, match.attribute)

    def unrecognised(self, turn: Turn, product: ProductFacts, text: str) -> None:
        """A button's topic; the product as a whole; else a question that nothing answers."""
        pressed = str(turn.entity("topic") or "")
        if not pressed and turn.entity("size") in product.sizes:
            ActionTellStock().answer(turn)  # "does it fit a bed of 1.5 m?": it is made in that size, or it is not
            return
        if pressed in words()["product_topics"]:
            tell_fact(turn, product, pressed, text)
        elif turn.intent == "ask_product_info" and text and not says_nothing_else(text, [product.name]):
            tell_fact(turn, product, "other", text)
        else:
            tell_fact(turn, product, "overview", text)


class ActionTellPrice(XiaoerAction):
    """The price of the page and what a promotion makes of it; of several pieces or goods their sum, line by line."""

    def name(self) -> str:
        return "action_tell_price"

    def answer(self, turn: Turn) -> None:
        items = basket.asked(turn)
        if items:
            basket.tell_total(turn, items)
            tell_price_time(turn, min((one.product for one in items), key=lambda one: one.synced_at or turn.now))
            return
        product = meant(turn)
        if product is None:
            return
        if not promotions.tell_price(turn, product):
            turn.say("utter_products_price", **product_values(turn, product))
        tell_price_time(turn, product)
        if not any(count > 0 for count in product.stock.values()):
            ActionTellStock().answer(turn)  # F1: a price of goods that are not there is half an answer


class ActionTellStock(XiaoerAction):
    """ps_01, ps_02, os_03: what the stock says, with its time when that is old; then how many and where to (F1)."""

    def name(self) -> str:
        return "action_tell_stock"

    def answer(self, turn: Turn) -> None:
        if asks_presale(turn):
            return
        product = meant(turn)
        if product is None:
            return
        if not (turn.entity("colour") or turn.entity("size")) and knowledge.goods_asked(turn, product):
            ActionTellProduct().answer(turn)
            return
        colour, size = turn.entity("colour"), size_meant(turn, product)
        meant_by = colours_meant(product, str(colour)) if colour else set()
        every = [f"{c}/{s}" for c in product.colours for s in product.sizes]
        fitting = [v for v in every if (not colour or v.partition("/")[0] in meant_by) and (not size or v.endswith(f"/{size}"))]
        stocked = [v for v in fitting if product.stock.get(v, 0) > 0]
        others = [v for v in every if product.stock.get(v, 0) > 0 and v not in fitting]
        wanted = quantity(wish_text(turn))
        # What is in none of the product's variants was misnamed or is not made.
        variant = "unknown" if not fitting else "one" if len(fitting) == 1 else "several"
        pieces = sum(product.stock.get(v, 0) for v in fitting)
        alike = self.similar(turn, product)
        recorded = "some" if stocked else "no_such" if others and not fitting else "none"
        aged = ages.stock(turn, product, recorded=recorded)
        if aged.then["how"] != "tell":
            named = listed(fitting[:3]) or "/".join(str(part) for part in (colour, size) if part) or product.name
            there = ages.stock_values(turn, product, (stocked or others)[:SHOWN_VARIANTS])
            tell(turn, aged, None, {**there, "variant": named}, fields={"question": turn.text[:200], "variant": named})
            return
        decision = decide(
            "products",
            {
                "ask": "stock",
                "variant": variant,
                "pieces": pieces,
                "others": "yes" if others else "no",
                "similar": "yes" if alike else "no",
                "enough": "yes" if pieces >= wanted or not stocked else "no",
            },
            turn.parameters,
        )
        named = "/".join(str(part) for part in (colour, size) if part)
        values = {
            **product_values(turn, product),
            **shop_values(turn),
            "variant": listed(fitting[:3]) or named or None,
            "stock": str(pieces) if variant == "one" else listed((stocked or others)[:SHOWN_VARIANTS]),
            "quantity": str(wanted),
            "alternative": listed(others[:3]) if others else alike,
        }
        tell(turn, decision, None, values, buttons=self.buttons(product, others) if not stocked and others else None)

    def similar(self, turn: Turn, product: ProductFacts) -> str | None:
        """Other goods of the same kind that are in stock, in one line; None when there are none."""
        alike = [p for p in turn.repo.products() if p.kind == product.kind and p.product_id != product.product_id]
        return listed([p.name for p in alike if any(n > 0 for n in p.stock.values())][:3]) or None

    def buttons(self, product: ProductFacts, variants: list[str]) -> list[dict[str, str]]:
        """Variants in stock, to be asked for instead."""
        found = []
        for variant in variants[:4]:
            colour, _, size = variant.partition("/")
            wanted = {"product": product.product_id, "colour": colour, "size": size}
            found.append({"title": variant, "payload": f"/ask_stock{json.dumps(wanted, ensure_ascii=False)}"})
        return found
