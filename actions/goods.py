"""Which product a wish is about, and how many pieces: found in the message, the talk or the page, asked for otherwise."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from decimal import Decimal

from actions.turn import Turn
from policy.facts import ProductFacts
from policy.words import words

# Answers are no wishes: a button that repeats them for a product would mean nothing.
ANSWERS = ("", "affirm", "deny", "choose_option", "unclear_message", "nlu_fallback", "provide_order_id", "greet", "thank_you")
# Questions which product is meant: the message before them holds the wish.
WHICH = ("utter_products_which", "utter_bargaining_which_product", "utter_furniture_which")


def product_buttons(
    turn: Turn, intent: str, topic: str | None = None, products: Iterable[ProductFacts] | None = None
) -> list[dict[str, str]]:
    """The shop's products (or these) as buttons that repeat the wish (and its topic) for one of them."""
    wish = "ask_product_info" if intent in ANSWERS else intent
    more = {"topic": topic} if topic else {}
    return [
        {"title": p.name, "payload": f"/{wish}{json.dumps({'product': p.product_id, **more}, ensure_ascii=False)}"}
        for p in list(products if products is not None else turn.repo.products())[:8]
    ]


def ask_product(turn: Turn, response: str) -> None:
    """Ask which product is meant."""
    topic = turn.entity("topic")
    products = turn.repo.products()
    if turn.intent == "ask_furniture":
        products.sort(key=lambda product: product.kind != "furniture")
    turn.say(response, buttons=product_buttons(turn, turn.intent, str(topic) if topic else None, products))


def meant(turn: Turn, response: str = "utter_products_which", *, ordered: bool = False) -> ProductFacts | None:
    """The product a wish is about, which is then the one spoken of; None after asking which (``response``).

    ``ordered``: without another one, that of the order the talk is about.
    """
    product = turn.product() or (_ordered(turn) if ordered else None)
    if product is None:
        ask_product(turn, response)
    else:
        turn.set("product_id", product.product_id)
    return product


def _ordered(turn: Turn) -> ProductFacts | None:
    """The product of the order the talk is about."""
    order = turn.repo.order(str(turn.slot("order_id"))) if turn.slot("order_id") else None
    return order.product if order else None


def last_answer(turn: Turn) -> str | None:
    """The response that was said last."""
    said = [(e.get("metadata") or {}).get("utter_action") for e in turn.tracker.events if e.get("event") == "bot"]
    return str(said[-1]) if said and said[-1] else None


def wish_text(turn: Turn) -> str:
    """The words of the wish: with an answer to 'which product?' those of the message before it, too."""
    if last_answer(turn) not in WHICH:
        return turn.text
    heard = [str(e.get("text") or "") for e in turn.tracker.events if e.get("event") == "user"]
    return " ".join(heard[-2:])


def wish_topic(turn: Turn) -> str:
    """The topic of a family of wishes: of this message, else of the one whose product is named now; empty when there is none."""
    if turn.entity("topic") or last_answer(turn) not in WHICH:
        return str(turn.entity("topic") or "")
    heard = [e.get("parse_data") or {} for e in turn.tracker.events if e.get("event") == "user"]
    before = heard[-2].get("entities") or [] if len(heard) > 1 else []
    return next((str(e.get("value")) for e in before if e.get("entity") == "topic"), "")


def signs_in(text: str, section: str) -> list[str]:
    """The words of a section of ``policy/words.yml`` that stand in ``text``, in the section's order."""
    return [sign for sign in words()[section] if sign in text]


def quantity(text: str) -> int:
    """How many pieces are spoken of ("买50件", "要两件"), 1 when none are counted."""
    numerals = words()["numerals"]
    around, pieces = words()["not_pieces"], "|".join(words()["piece_words"])
    found = re.search(rf"(?<!{around['before']})(\d{{1,5}}|[{''.join(numerals)}])\s*(?:{pieces})(?!{around['after']})", text)
    if not found:
        return 1
    return max(1, int(found[1]) if found[1].isdigit() else int(numerals[found[1]]))


def named_sum(text: str, price: Decimal) -> Decimal | None:
    """A sum for the product that is named without its unit ("200 就拍"): a bare number from a third of the price to just below it."""
    pieces = "|".join(words()["piece_words"])
    found = re.findall(rf"(?<![\d.a-zA-Z])(\d{{2,5}}(?:\.\d{{1,2}})?)(?![\d.]|\s*(?:{pieces}|{words()['measure_units']}))", text)
    return next((sum_ for one in found if price / 3 <= (sum_ := Decimal(one)) < price), None)


def counts_pieces(text: str) -> bool:
    """Whether a number of pieces is named at all."""
    return re.search(rf"[\d{''.join(words()['numerals'])}]\s*(?:{'|'.join(words()['piece_words'])})", text) is not None


def place_in(text: str) -> tuple[str | None, str]:
    """(destination as it was said, home | remote | abroad); (None, home) when none was said."""
    for section, place in (("abroad_signs", "abroad"), ("remote_signs", "remote"), ("home_signs", "home")):
        found = signs_in(text, section)
        if found:
            return found[0], place
    return None, "home"
