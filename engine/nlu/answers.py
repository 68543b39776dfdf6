"""Short answers in the light of the open question: `158` where the height was asked, `1` or a button's words where buttons stood.

What is read how is data (`engine/nlu/data/answers.yml`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.nlu.files import data_file
from engine.nlu.found import Found, Value
from engine.nlu.measures import WEIGHT_RANGE, plausible_jin
from engine.nlu.normalise import bare, normalise
from engine.nlu.numbers import ordinals
from engine.nlu.numerals import number

_LENGTH = re.compile(r"(?P<n>[\d.]+|[零〇一二两三四五六七八九十百点]+)\s*(?P<unit>cm|厘米|公分|米|m|元|块钱?)?")
_METRES = re.compile(r"(?P<m>[12一二两])\s*(?:米|m)\s*(?P<rest>[\d零一二三四五六七八九]{1,2})")
_WEIGHT = re.compile(r"(?P<n>[\d.]+|[零〇一二两三四五六七八九十百点]+)\s*(?P<unit>斤|kg|公斤|千克)?")
_ORDINAL_BUTTON = re.compile(r"(?:选|第|要|就)?\s*(?P<n>[1-9一二三四五六])\s*(?:个|项|种|条|款|号)?(?:吧|的)?")


@dataclass(frozen=True)
class Question:
    """What the bot's last sentence left open and what the talk was about, as the tracker store remembers it.

    `last_wish`: the last intent that is a wish (engine/wishes.py), with its topic; `order_named`: an order is known or was named.
    """

    active_loop: str | None = None
    requested_slot: str | None = None
    open_question: str | None = None
    buttons: Sequence[Mapping[str, str]] = ()
    height: float | None = None
    last_wish: str | None = None
    last_topic: str | None = None
    order_named: bool = False

    @classmethod
    def from_summary(cls, summary: Mapping[str, Any], known_customer: bool = False) -> Question:
        """From the tracker store's summary of a talk; an empty one asks nothing. `known_customer`: whose orders can be looked up."""
        return cls(
            summary.get("active_loop"),
            summary.get("requested_slot"),
            summary.get("open_question"),
            summary.get("buttons") or (),
            summary.get("height"),
            summary.get("last_wish"),
            summary.get("last_topic"),
            bool(summary.get("order_named")) or known_customer,
        )


@dataclass(frozen=True)
class Answer:
    """The reading of a short answer."""

    entity: Found
    intent: str | None


def chosen_button(text: str, question: Question) -> str | None:
    """Payload of the button whose title was typed, or whose place was named (`1`, `第二个`).

    A place counts only while the buttons stand alone: where a form asks for a number, `1` may be that number.
    """
    if not question.buttons:
        return None
    said = bare(text)
    if not said:
        return None
    for button in question.buttons:
        if bare(str(button.get("title", ""))) == said:
            return str(button.get("payload") or "") or None
    match = _ORDINAL_BUTTON.fullmatch(said)
    if match:
        place = number(match["n"])
        if place is not None and 1 <= place <= len(question.buttons):
            return str(question.buttons[int(place) - 1].get("payload") or "") or None
    return None


def read_answer(text: str, question: Question) -> Answer | None:
    """The value a bare answer gives to the open question, or None when it is a sentence of its own."""
    content = data_file("answers")
    rules = None
    if question.active_loop and question.requested_slot:
        rules = content["slots"].get(question.requested_slot)
    elif question.open_question:
        rules = content["questions"].get(question.open_question)
    if rules is None:
        return None
    said = normalise(text).text
    core = re.sub(content["tail"], "", re.sub(content["lead"], "", said))
    if not core:
        return None
    for rule in rules if isinstance(rules, list) else [rules]:
        value = _READERS[rule["read"]](core, rule, question)
        if value is not None:
            start = said.find(core)
            return Answer(Found(rule["entity"], value, start, start + len(core)), rule.get("intent"))
    return None


def is_story(intent: str | None, share: float, question: Question) -> bool:
    """Whether free words were asked for and this message is what they were asked for, whatever wish its words resemble.

    A story of what went wrong holds the words of many wishes (「说好周一发，到现在快递都没来拿」); only a wish that the model is sure of
    (``sure``), a person, danger and people (``unless``) are heard as themselves. Which questions are so is data (``stories``).
    """
    rule = data_file("answers")["stories"].get(question.open_question or "")
    return bool(rule and not question.active_loop and intent not in rule["unless"] and share < rule["sure"])


def _read_length(core: str, rule: Mapping[str, Any], question: Question) -> Value | None:
    if rule.get("metres"):
        match = _METRES.fullmatch(core)
        if match:
            metres, rest = number(match["m"]), number(match["rest"])
            if metres is None or rest is None:
                return None
            value = metres * 100 + rest * (10 if len(match["rest"]) == 1 else 1)
            return value if rule["low"] <= value <= rule["high"] else None
    match = _LENGTH.fullmatch(core)
    found = _number(match["n"]) if match else None
    if found is None:
        return None
    if rule.get("metres") and found < 3:
        found *= 100
    return round(found, 1) if rule["low"] <= found <= rule["high"] else None


def _read_weight(core: str, rule: Mapping[str, Any], question: Question) -> Value | None:
    match = _WEIGHT.fullmatch(core)
    found = _number(match["n"]) if match else None
    if match is None or found is None:
        return None
    if match["unit"] in {"kg", "公斤", "千克"}:
        found *= 2
    elif match["unit"] is None:
        found = plausible_jin(found, question.height)
    return round(found, 1) if WEIGHT_RANGE[0] <= found <= WEIGHT_RANGE[1] else None


def _read_pattern(core: str, rule: Mapping[str, Any], question: Question) -> Value | None:
    match = re.fullmatch(rule["pattern"], core.replace(" ", ""))
    return match[1].upper() if match else None


def _read_words(core: str, rule: Mapping[str, Any], question: Question) -> Value | None:
    for value, words in rule["words"].items():
        if core in words:
            return str(value)
    return None


def _number(text: str) -> float | None:
    try:
        return number(text)
    except ValueError:
        return None


_READERS = {"length": _read_length, "weight": _read_weight, "pattern": _read_pattern, "words": _read_words}


def place_named(text: str) -> str | None:
    """The place in a list that a whole message names (`第二个` → "2")."""
    said = bare(text)
    match = _ORDINAL_BUTTON.fullmatch(said)
    if match:
        value = number(match["n"])
        return None if value is None else str(int(value))
    found = ordinals(said)
    return str(found[0].value) if found else None
