"""A message in its talk: a bare name repeats the last wish, and a doubtful wish is weighed by what the talk is about.

「那黑色的呢」 after a question about stock asks for the stock of black; 「好多天没动」 after a parcel is about a parcel.
The rules are data (`engine/nlu/data/context.yml`); a message that the classifier is sure of is never changed, except a bare name.
"""

from __future__ import annotations

import re
from typing import Any

from engine import wishes
from engine.nlu.answers import Question
from engine.nlu.doubt import enough, with_kin
from engine.nlu.files import data_file
from engine.nlu.normalise import normalise

FALLBACK = "nlu_fallback"
UNCLEAR = "unclear_message"
TOPIC = "topic"
_MARKS = re.compile(r"[\W_]+")
Parse = dict[str, Any]


def in_talk(parsed: Parse, said: str, question: Question) -> Parse:
    """The parse result in the light of the talk.

    Args:
        parsed: intent, ranking and entities of the message alone.
        said: the message as typed; entities point into it.
        question: what is open, the last wish, whether an order has been named.
    """
    rules = data_file("context")
    name = str(parsed["intent"].get("name"))
    if name in wishes.rules().alone or (parsed["intent"].get("confidence") == 1.0 and name != UNCLEAR):
        return parsed  # danger, a person, the exact rules, an answer already read
    named = bare_names(parsed, said, relative=not (question.active_loop or question.open_question))
    if named:
        return _named(parsed, named, question)
    meant = _meant(parsed, name, question)
    if meant is not None:
        return with_intent(parsed, meant, question.last_topic)
    if name != FALLBACK and float(parsed["intent"].get("confidence") or 0) >= rules["sure"]:
        return parsed
    return _weighed(parsed, question)


def _meant(parsed: Parse, name: str, question: Question) -> str | None:
    """The matter under way that a wish of another name means ("eight yuan only?" after a compensation); None when it means itself."""
    kinds = {one["entity"] for one in parsed.get("entities") or []}
    for one in data_file("context")["meant"]:
        fits = question.last_wish in one["matter"] and name in one.get("wishes", (name,)) and "product" not in kinds
        fits = fits and not (one.get("idle") and question.active_loop)
        fits = fits and re.search(one.get("words", ""), normalise(str(parsed.get("text") or "")).text) is not None
        if fits and (not one.get("needs") or kinds & set(one["needs"])):
            return str(one["becomes"])
    return None


def bare_names(parsed: Parse, said: str, *, relative: bool = False) -> set[str]:
    """The kinds of names that a message consists of, beside filler; empty when it says anything else.

    With ``relative`` a size beside another one ("one larger") is a name of a size.
    """
    rules = data_file("context")
    kinds = {*rules["naming"], *(entity for one in rules["after"] for entity in one["entities"])}
    spans = [(one["start"], one["end"], one["entity"]) for one in parsed.get("entities") or [] if one["entity"] in kinds]
    rest = "".join(char for place, char in enumerate(said) if not any(start <= place < end for start, end, _ in spans))
    plain, steps = re.subn(rules["relative"], "", normalise(rest).text) if relative else (normalise(rest).text, 0)
    left = [char for char in _MARKS.sub("", plain) if char not in rules["filler"]]
    found = {entity for _, _, entity in spans} | ({"size"} if steps else set())
    return found if not left else set()


def _named(parsed: Parse, named: set[str], question: Question) -> Parse:
    rules = data_file("context")
    last = question.last_wish
    for one in rules["after"]:
        if named <= set(one["entities"]):
            return with_intent(parsed, str(last), question.last_topic) if last in one["wishes"] else parsed
    if named - set(rules["naming"]):
        return parsed  # a remedy or a reason together with a product is a wish of its own
    if question.active_loop or question.open_question:
        return with_intent(parsed, UNCLEAR)  # forms and open questions read the values, whatever a single word resembles
    if last in rules["repeatable"]:
        return with_intent(parsed, last, question.last_topic)
    return with_intent(parsed, UNCLEAR)


def _weighed(parsed: Parse, question: Question) -> Parse:
    rules = data_file("context")
    table = wishes.rules().group
    kind = table.get(str(question.last_wish))
    shares: dict[str, float] = {}
    topics: dict[str, str | None] = {}
    before = 0.0
    for one in parsed.get("intent_ranking") or []:
        name, share = str(one.get("name")), float(one.get("confidence") or 0)
        if name == FALLBACK:
            continue
        before += share
        group = table.get(name)
        if kind is not None and group == kind:
            share *= rules["same"]
        if not question.order_named and group in rules["stranger"]["groups"]:
            share *= rules["stranger"]["times"]
        shares[name], topics[name] = share, one.get(TOPIC)
    if not shares:
        return parsed
    whole = sum(shares.values()) + max(0.0, 1.0 - before)
    best = max(shares, key=lambda name: shares[name])
    share = shares[best] / whole
    together, second = with_kin(best, ((name, one / whole) for name, one in shares.items()))
    if best == parsed["intent"].get("name") or not enough(best, together, second, backed=kind is not None and table.get(best) == kind):
        return parsed
    return with_intent(parsed, best, topics[best], round(share, 4))


def with_intent(parsed: Parse, intent: str, topic: str | None = None, share: float = 1.0) -> Parse:
    """The parse result with another intent and its topic (its own, when only the share changes), the old ranking behind it."""
    if topic is None and intent == parsed["intent"].get("name"):
        topic = wishes.topic_of(parsed)
    old = [one for one in parsed.get("entities") or [] if one["entity"] != TOPIC]
    length = len(str(parsed.get("text") or ""))
    told = [{"entity": TOPIC, "value": topic, "start": 0, "end": length, "extractor": "talk"}] if topic else []
    found = {"name": intent, "confidence": share}
    ranking = [one for one in parsed.get("intent_ranking") or [] if one.get("name") not in {intent, FALLBACK}]
    return {**parsed, "intent": dict(found), "intent_ranking": [found, *ranking], "entities": [*old, *told]}
