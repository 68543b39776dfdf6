"""From what a shopper sent to Rasa's parse result: buttons' payloads, short answers, and free text.

Text is never a command here: only `payload`, which the gateway sets from buttons of ours, names an intent.
"""

from __future__ import annotations

import asyncio
import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.shared.core.constants import DEFAULT_INTENTS
from rasa.shared.core.domain import Domain

from engine.nlu.answers import Question, chosen_button, place_named, read_answer
from engine.nlu.embedding import encoder
from engine.nlu.exact import exact_intent
from engine.nlu.normalise import normalise

PARSED = 500  # characters of a message that are understood; the wish stands in the first lines
STORED = 1000  # characters of a message kept in the engine's talk (the gateway keeps the whole)
FALLBACK = "nlu_fallback"
UNCLEAR = "unclear_message"
CHOOSE = "choose_option"
_PAYLOAD = re.compile(r"/(?P<intent>[A-Za-z][A-Za-z0-9_]*)(?P<entities>\{.*\})?", re.DOTALL)
_COMMAND_MARKS = "/\\／＼∕⁄╱⧸ \t\r\n\u3000\u200b\ufeff"
# Intents that give way to the reading of a short answer; any other wish the model is sure of stays.
_WEAK = {None, FALLBACK, UNCLEAR, CHOOSE, "affirm", "out_of_scope", "provide_order_id", "give_measurements", "give_return_tracking"}
_SURE = 0.75

_pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="encode")


class UnknownPayload(ValueError):
    """A payload that names no intent of the domain, or whose entities are no flat JSON object."""


def from_payload(payload: str, domain: Domain) -> dict[str, Any]:
    """Parse result of a button's payload `/intent{"entity": value}`.

    Raises:
        UnknownPayload: no such intent, one of Rasa's own (`restart`, `back`, …), or malformed entities.
    """
    match = _PAYLOAD.fullmatch(payload.strip())
    if not match:
        raise UnknownPayload("a payload is `/intent` or `/intent{…}`")
    intent = match["intent"]
    if intent not in domain.intents or intent in DEFAULT_INTENTS:
        raise UnknownPayload(f"no intent is named {intent[:60]!r}")
    entities: list[dict[str, Any]] = []
    if match["entities"]:
        try:
            values = json.loads(match["entities"])
        except ValueError as error:
            raise UnknownPayload("the entities are no JSON object") from error
        for name, value in values.items():
            if name not in domain.entities or not isinstance(value, (str, int, float, bool)):
                raise UnknownPayload(f"no entity is named {name[:60]!r}, or its value is no plain one")
            entities.append({"entity": name, "value": value, "start": 0, "end": len(payload), "extractor": "payload"})
    found = {"name": intent, "confidence": 1.0}
    return {"text": payload, "intent": found, "intent_ranking": [dict(found)], "entities": entities}


def neutral(text: str) -> str:
    """The text without what would make it a command to Rasa, and not longer than is kept."""
    return text.lstrip(_COMMAND_MARKS).rstrip()[:STORED]


async def from_text(agent: Agent, text: str, question: Question) -> dict[str, Any]:
    """Parse result of free text, read in the light of the open question."""
    processor = agent.processor
    assert processor is not None
    said = neutral(text)
    button = chosen_button(said, question)
    if button is not None:
        try:
            return {**from_payload(button, processor.domain), "text": said}
        except UnknownPayload:
            pass  # a button of an older model: the words are understood as words
    clean = normalise(said[:PARSED])
    if not clean.text:
        name = UNCLEAR if UNCLEAR in processor.domain.intents else FALLBACK
        found = {"name": name, "confidence": 1.0}
        return {"text": said, "intent": found, "intent_ranking": [dict(found)], "entities": []}
    if exact_intent(clean.text) is None and not encoder().known(clean.text):
        # The encoder releases the interpreter lock: other talks go on meanwhile, and the featurizer finds the vector ready.
        await asyncio.get_running_loop().run_in_executor(_pool, encoder().vector, clean.text)
    parsed = await processor.parse_message(UserMessage(said[:PARSED]))
    parsed["text"] = said
    parsed.pop("text_tokens", None)
    parsed.pop("response_selector", None)
    return in_context(parsed, said[:PARSED], question, processor.domain)


def in_context(parsed: dict[str, Any], said: str, question: Question, domain: Domain) -> dict[str, Any]:
    """The parse result with a bare answer's value for the open question; unchanged for a sentence of its own."""
    answer = read_answer(said, question)
    if answer is not None and answer.entity.entity in domain.entities:
        one = answer.entity
        start, end = normalise(said).span(one.start, one.end)
        if any(word in said[:start] for name, word in _MEASURES.items() if name != one.entity and _MEASURES.get(one.entity)):
            return parsed  # 腰围72 where the weight was asked is a waist
        entity = {"entity": one.entity, "value": one.value, "start": start, "end": end, "extractor": "open_question"}
        others = [
            other
            for other in parsed["entities"]
            if other["entity"] != one.entity and not (other["entity"] in _GUESSES and _covers(other, start, end))
        ]
        parsed = {**parsed, "entities": [*others, entity]}
        if answer.intent in domain.intents and (parsed["intent"].get("name") in _WEAK or _is_bare(parsed, said, end - start)):
            return _with_intent(parsed, str(answer.intent))
        return parsed
    place = place_named(said) if parsed["intent"].get("name") == CHOOSE else None
    if place is not None and not any(one["entity"] == "option" for one in parsed["entities"]):
        parsed = {
            **parsed,
            "entities": [
                *parsed["entities"],
                {"entity": "option", "value": place, "start": 0, "end": len(said), "extractor": "open_question"},
            ],
        }
    return parsed


# What a bare number may have been taken for when nobody had asked.
_GUESSES = {"phone_tail", "order_number", "tracking_number", "height", "weight", "size", "amount", "option", "date"}

# The character that names each measure of a body.
_MEASURES = {"height": "高", "weight": "重", "bust": "胸", "waist": "腰", "hip": "臀", "shoulder": "肩"}


def _covers(entity: dict[str, Any], start: int, end: int) -> bool:
    return bool(entity["start"] < end and start < entity["end"])


def _is_bare(parsed: dict[str, Any], said: str, length: int) -> bool:
    """Nearly all of the message is the answer, or the model is not sure of anything else."""
    return length >= len(said) - 4 or float(parsed["intent"].get("confidence") or 0) < _SURE


def _with_intent(parsed: dict[str, Any], intent: str) -> dict[str, Any]:
    ranking = [one for one in parsed.get("intent_ranking") or [] if one.get("name") not in {intent, FALLBACK}]
    return {**parsed, "intent": {"name": intent, "confidence": 1.0}, "intent_ranking": [{"name": intent, "confidence": 1.0}, *ranking]}
