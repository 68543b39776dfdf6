"""What the model reads in a message that stands alone: its words, its entities and what it takes it for. For the trainers' inbox.

Places are characters of the message as it was typed, blanks at its ends and marks of a command at its beginning included.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage

from engine import understand
from engine.nlu.answers import Question
from engine.turn import RANKED, TOPIC

MOST = 50


async def read(agent: Agent, text: str) -> dict[str, Any]:
    """Words ([start, end] of each), entities, intent, topic and the head of the ranking."""
    assert agent.processor is not None
    said = understand.neutral(text)[: understand.PARSED]
    if not said:
        return {"tokens": [], "entities": [], "intent": None, "topic": None, "ranking": []}
    begins = text.index(said)
    words = await agent.processor.parse_message(UserMessage(said))
    parsed = await understand.from_text(agent, said, Question())
    intent = parsed.get("intent") or {}
    topic = next((one["value"] for one in parsed.get("entities") or () if one["entity"] == TOPIC), None)
    ranking = (parsed.get("intent_ranking") or [])[:RANKED]
    return {
        "tokens": _apart([start + begins, end + begins] for start, end in words.get("text_tokens") or ()),
        "entities": [
            {"entity": one["entity"], "value": one["value"], "start": one["start"] + begins, "end": one["end"] + begins}
            for one in parsed.get("entities") or ()
            if one["entity"] != TOPIC and isinstance(one.get("start"), int) and isinstance(one.get("end"), int)
        ],
        "intent": intent.get("name"),
        "topic": topic,
        "ranking": [{key: one[key] for key in ("name", "confidence", "topic") if one.get(key) is not None} for one in ranking],
    }


def _apart(tokens: Iterable[list[int]]) -> list[list[int]]:
    """Words that stand for the same characters (an emoji is read as words of its own) are one."""
    found: list[list[int]] = []
    for start, end in tokens:
        if found and start < found[-1][1]:
            found[-1][1] = max(end, found[-1][1])
        elif start < end:
            found.append([start, end])
    return found
