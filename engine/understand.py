"""From what a shopper sent to Rasa's parse result: buttons' payloads, short answers, and free text.

Text is never a command here: only `payload`, which the gateway sets from buttons of ours, names an intent.
"""

from __future__ import annotations

import asyncio
import json
import re
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from datetime import date
from typing import Any
from weakref import WeakKeyDictionary

from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.core.processor import MessageProcessor
from rasa.shared.core.constants import DEFAULT_INTENTS
from rasa.shared.core.domain import Domain

from engine import wishes
from engine.context import in_talk, with_intent
from engine.nlu.answers import Question, chosen_button, is_story, place_named, read_answer
from engine.nlu.clock import today
from engine.nlu.danger import tells_of_harm
from engine.nlu.embedding import NONE, encoder, used
from engine.nlu.exact import exact_intent
from engine.nlu.kept import Kept, forget_all
from engine.nlu.normalise import normalise

PARSED = 500  # characters of a message that are understood; the wish stands in the first lines
STORED = 1000  # characters of a message kept in the engine's talk (the gateway keeps the whole)
FALLBACK = "nlu_fallback"
UNCLEAR = "unclear_message"
CHOOSE = "choose_option"
DANGER = "report_danger"
_PAYLOAD = re.compile(r"/(?P<intent>[A-Za-z][A-Za-z0-9_]*)(?P<entities>\{.*\})?", re.DOTALL)
_COMMAND_MARKS = "/\\／＼∕⁄╱⧸ \t\r\n\u3000\u200b\ufeff"
# Intents that give way to the reading of a short answer; any other wish the model is sure of stays.
_WEAK = {None, FALLBACK, UNCLEAR, CHOOSE, "affirm", "out_of_scope", "provide_order_id", "give_measurements", "give_return_tracking"}
_SURE = 0.91
# Values that are nothing else: a message of such a number alone is the answer, however sure the model is of a refusal ("no, 0007").
_NUMBERS = {"phone_tail", "order_number", "tracking_number"}

# Parse results, about 5 kB each. A processor lives as long as its model: a new model begins with nothing.
_parses: WeakKeyDictionary[MessageProcessor, Kept[tuple[str, date], dict[str, Any]]] = WeakKeyDictionary()
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
    if DANGER in processor.domain.intents and tells_of_harm(clean.text):
        found = {"name": DANGER, "confidence": 1.0}
        return {"text": said, "intent": found, "intent_ranking": [dict(found)], "entities": []}
    parsed = {**await _read(processor, said[:PARSED], clean.text), "text": said}
    return in_talk(in_context(parsed, said[:PARSED], question, processor.domain), said[:PARSED], question)


async def _read(processor: MessageProcessor, said: str, clean: str) -> dict[str, Any]:
    """What the pipeline makes of a text alone, kept for those who say the same on the same day (「昨天」 is another date tomorrow)."""
    kept = _parses.get(processor)
    if kept is None:
        kept = _parses[processor] = Kept()
    key = (said, today())
    found = kept.get(key)
    if found is None:
        if used() != NONE and exact_intent(clean) is None and not encoder().known(clean):
            # The encoder releases the interpreter lock: other talks go on meanwhile, and the featurizer finds the vector ready.
            await asyncio.get_running_loop().run_in_executor(_pool, encoder().vector, clean)
        found = await processor.parse_message(UserMessage(said))
        found.pop("text_tokens", None)
        found.pop("response_selector", None)
        kept.keep(key, found)
    # What follows adds to the lists and, a mark of a talk, to single entities.
    return deepcopy(found)


def forget() -> None:
    """Take every text out of what is kept between messages: parse results, sentence vectors, normalised texts.

    Whose text a kept one is cannot be told (a clause of one talk is a whole message of another), and erasing is rare, so all go;
    what is said again is read anew.
    """
    forget_all()
    normalise.cache_clear()


async def wishes_of(agent: Agent, text: str, question: Question) -> list[dict[str, Any]]:
    """Parse results of free text: one, or two when the message holds two wishes (engine/wishes.py), the urgent one first."""
    whole = await from_text(agent, text, question)
    if whole["intent"].get("confidence") == 1.0 and str(whole["text"]) == "":
        return [whole]

    async def parse(clause: str) -> dict[str, Any]:
        return await from_text(agent, clause, question)

    asked = bool(question.active_loop or question.open_question)
    return await wishes.divide(
        neutral(text)[:PARSED], whole, parse, question_open=asked, form_open=bool(question.active_loop), last_wish=question.last_wish
    )


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
        weak = parsed["intent"].get("name") in _WEAK or one.entity in _NUMBERS
        if answer.intent in domain.intents and (weak or _is_bare(parsed, said, end - start)):
            return with_intent(parsed, str(answer.intent))
        return parsed
    if UNCLEAR in domain.intents and is_story(parsed["intent"].get("name"), float(parsed["intent"].get("confidence") or 0), question):
        return with_intent(parsed, UNCLEAR)
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
