"""Questions about goods: the shop's reviewed answers first, then the catalogue, else that the page does not state it.

The matching is pure (policy/knowledge.py), the answers are read at every question (shop/answers.py), the rows are those of the
table ``product_info``. What nothing states is asked of a colleague and counted among the missing facts.
"""

from __future__ import annotations

from actions.goods import wish_text
from actions.outcome import tell
from actions.turn import Turn
from actions.values import product_values
from policy.decide import decide
from policy.facts import ProductFacts
from policy.knowledge import Answer, Match, asked, asks, attribute_name, attributes, claims_health, word_around
from policy.words import words
from shop.answers import Answers

TABLE = "product_info"
# A question about two facts is answered with both, a longer list is not.
AT_ONCE = 2
# Wishes whose words may be those of a question about goods that 「那沙发呢」 takes up again, and how long such a message is.
ASKING = ("ask_product_info", "ask_usage", "ask_fit", "ask_furniture", "ask_stock", "nlu_fallback")
SHORT = 14


def answers_of(turn: Turn) -> Answers:
    """The shop's reviewed answers."""
    return Answers(turn.context.engine, turn.shop_id, turn.context.clock)


def question(turn: Turn, known: dict[str, Answer], product: ProductFacts) -> str:
    """The words of the question; of 「那沙发呢」, which names another product or colour only, those of the question before it."""
    text = wish_text(turn)
    if text.startswith("/"):
        return ""
    named = turn.entity("product") or turn.entity("colour")
    if named and len(text) <= SHORT and not asked(text, known, [product.name]) and not claims_health(text, [product.name]):
        heard = [event for event in turn.tracker.events if event.get("event") == "user"][:-1]
        for event in reversed(heard[-3:]):
            before = str(event.get("text") or "")
            intent = ((event.get("parse_data") or {}).get("intent") or {}).get("name")
            if intent in ASKING and not before.startswith("/") and (asked(before, known) or claims_health(before)):
                return before
    return text


def tell_health(turn: Turn, product: ProductFacts) -> None:
    """hn_35: nothing was tested, so nothing is claimed; what is known is said."""
    decision = decide(TABLE, {"topic": "health", "known": "yes" if product.fabric else "no"}, turn.parameters)
    tell(turn, decision, None, product_values(turn, product))


def asks_health(turn: Turn, product: ProductFacts | None) -> bool:
    """Whether the message asks what goods do to a body; then the honest script is said."""
    if product is None or turn.text.startswith("/") or not claims_health(turn.text, [product.name]):
        return False
    tell_health(turn, product)
    return True


def in_view(turn: Turn) -> ProductFacts | None:
    """The product that is named, on the page, or spoken of in a talk about no order."""
    named = turn.entity("product") or turn.meta.get("product_id") or (turn.slot("product_id") and not turn.slot("order_id"))
    return (inside_word(turn) or turn.product()) if named else None


def inside_word(turn: Turn) -> ProductFacts | None:
    """The product spoken of before, when the one that is named is only part of a word ("被套" of 「要套被套吗」 about a quilt)."""
    named, before = turn.entity("product"), turn.before("product_id") or turn.meta.get("product_id")
    if not named or not before or named == before:
        return None
    spans = [one for one in (turn.tracker.latest_message or {}).get("entities") or [] if one.get("entity") == "product"]
    attribute = next(
        (found for one in spans if (found := word_around(turn.text[one.get("start", 0) : one.get("end", 0)] or "-", turn.text))), None
    )
    product = turn.repo.product(str(before)) if attribute else None
    return product if product is not None and attribute in answers_of(turn).of(product) else None


def unclear_about_goods(turn: Turn) -> bool:
    """Whether a message that was not understood asks for something of the product in view."""
    product = in_view(turn)
    if product is None or turn.text.startswith("/"):
        return False
    return bool(goods_asked(turn, product)) or claims_health(turn.text, [product.name])


def misread(turn: Turn) -> ProductFacts | None:
    """The product in view of which the message, taken for another wish, asks what a reviewed answer tells.

    Not in a talk about an order, not when a form waits for an answer, and not about goods that have arrived.
    """
    if turn.intent not in words()["misread_wishes"] or turn.slot("order_id") or turn.tracker.get_slot("requested_slot"):
        return None
    if any(turn.entity(name) for name in ("height", "weight", "order_number", "phone_tail", "amount")) or not asks(turn.text):
        return None
    if any(sign in turn.text for sign in words()["arrived_signs"]):
        return None
    product = in_view(turn)
    return product if any(match.answer for match in goods_asked(turn, product)) else None


def takes_up(turn: Turn) -> bool:
    """Tell the reviewed answer that a misread message asks for; False when it asks for none."""
    product = misread(turn)
    if product is None or not tell_reviewed(turn, product):
        return False
    for name in ("reason", "remedy"):  # what the words resembled
        if turn.entity(name):
            turn.set(name, turn.before(name))
    return True


def tell_answer(turn: Turn, product: ProductFacts, answer: Answer) -> None:
    """A reviewed answer, with its id and source in the message's trace."""
    decision = decide(TABLE, {"topic": "attribute", "answer": "yes"}, turn.parameters)
    values = {**product_values(turn, product), "attribute": attribute_name(answer.attribute), "answer": answer.text}
    known = {"id": answer.answer_id, "source": answer.source}
    turn.say(str(decision.then["say"]), table=decision.table, row=decision.row, known=known, **values)


def tell_reviewed(turn: Turn, product: ProductFacts | None) -> bool:
    """Whether the message, taken for another wish, asks what a reviewed answer tells; then it is told."""
    found = goods_asked(turn, product)
    if product is None or not any(match.answer for match in found):
        return False
    turn.set("product_id", product.product_id)
    for answer in [match.answer for match in found if match.answer is not None][:AT_ONCE]:
        tell_answer(turn, product, answer)
    return True


def goods_asked(turn: Turn, product: ProductFacts | None) -> tuple[Match, ...]:
    """The attributes that a message taken for another wish asks for ("can it be plugged in?" is taken for usage).

    None when it is about the catalogue's own topics, which stay theirs, about stock, trouble with goods, or health.
    """
    text = turn.text
    if product is None or not text or text.startswith("/") or claims_health(text, [product.name]):
        return ()
    if any(sign in text for section in ("trouble_signs", "other_wish_signs") for sign in words()[section]):
        return ()
    found = asked(text, answers_of(turn).of(product), [product.name])
    return found if all(_specific(match) for match in found) else ()


def _specific(match: Match) -> bool:
    known = attributes().get(match.attribute)
    return known is None or not known.general or match.answer is not None


def missing(turn: Turn, product: ProductFacts, attribute: str) -> None:
    """Count a question that nothing answers (not in a dark run)."""
    if not turn.dry_run:
        answers_of(turn).count_missing(product.product_id, attribute)
