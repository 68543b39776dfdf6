"""The trainers' inbox as its page needs it: messages with what the model reads in them now, labels on their way into the files.

Places in a message are never counted by the browser: the server cuts it into pieces, and a mark says which words it stands on; when they
do not stand there, nothing is written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from gateway.problems import Problem
from gateway.rasa_client import EngineError, RasaClient
from gateway.studio import Studio
from shop.inbox import InboxMessage, InboxMessages
from studio import labels, wishes
from studio.findings import Finding
from studio.labels import KNOWN, Label

GUESSES = 9
_RUN = re.compile(r"[A-Za-z0-9.]+|\s+|.", re.DOTALL)


def message_out(studio: Studio, one: InboxMessage) -> dict[str, Any]:
    """A message as the page shows it, with the names of its wishes."""
    told = asdict(one)
    del told["plain"], told["ranking"]
    told["name"] = wishes.name_of(studio.workspace, one.intent, one.topic)
    told["label_name"] = wishes.name_of(studio.workspace, one.label, one.label_topic)
    return told


async def readings(engine: RasaClient, texts: Sequence[str]) -> tuple[list[dict[str, Any]], bool]:
    """What the live model reads in these texts now, and whether it could be asked; else every sign and every number is a word."""
    try:
        return await engine.read(texts), True
    except EngineError:
        return [{"tokens": plain_tokens(text), "entities": [], "ranking": [], "intent": None, "topic": None} for text in texts], False


def plain_tokens(text: str) -> list[list[int]]:
    """Words when nobody cuts them: every sign, every run of letters and digits."""
    return [[found.start(), found.end()] for found in _RUN.finditer(text) if not found[0].isspace()]


def pieces(text: str, tokens: Sequence[Sequence[int]]) -> list[dict[str, Any]]:
    """The whole text in pieces, end to end: {text, start, end, word}; what stands between two words is no word."""
    found: list[dict[str, Any]] = []
    at = 0

    def put(end: int, *, word: bool) -> None:
        nonlocal at
        if end > at:
            found.append({"text": text[at:end], "start": at, "end": end, "word": word})
            at = end

    for start, end in tokens:
        if at <= start < end <= len(text):
            put(start, word=False)
            put(end, word=True)
    put(len(text), word=False)
    return found


def read_out(studio: Studio, one: InboxMessage, reading: Mapping[str, Any], *, asked: bool) -> dict[str, Any]:
    """A message ready to be labelled: its pieces, what is marked, and the model's best guesses for the keys 1 to 9.

    ``known``: the wish that the model is so sure of that the message teaches nothing.
    """
    ranking = [each for each in reading["ranking"] if each.get("name") not in (None, "nlu_fallback", "unclear_message")] or list(
        one.ranking
    )
    there = set(labels.intents(studio.workspace))
    families = labels.topics(studio.workspace)
    guesses: list[dict[str, Any]] = []
    for each in ranking[:GUESSES]:
        intent = str(each["name"])
        if intent not in there:
            continue
        topic = each.get("topic") or (reading.get("topic") if reading.get("intent") == intent else None)
        if intent not in families:
            topic = None
        elif topic not in families[intent]:
            topic = labels.likely_topic(studio.workspace, one.text, intent)
        name = wishes.name_of(studio.workspace, intent, topic)
        guesses.append({"intent": intent, "topic": topic, "name": name, "share": each.get("confidence")})
    best = (
        guesses[0] if asked and guesses and (guesses[0]["share"] or 0) >= KNOWN and reading.get("intent") == guesses[0]["intent"] else None
    )
    marks = list(one.entities) or [
        {**each, "value": str(each["value"]), "text": one.text[each["start"] : each["end"]], "name": wishes.entity_name(each["entity"])}
        for each in reading["entities"]
        if 0 <= each["start"] < each["end"] <= len(one.text)
    ]
    return {
        "id": one.id,
        "text": one.text,
        "pieces": pieces(one.text, reading["tokens"]),
        "entities": apart(marks),
        "guesses": guesses,
        "known": best,
        "asked": asked,
    }


def apart(marks: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Marks that do not stand on each other: the longer ones win."""
    kept: list[dict[str, Any]] = []
    for one in sorted(marks, key=lambda one: (int(one["start"]) - int(one["end"]), int(one["start"]))):
        if all(one["end"] <= other["start"] or other["end"] <= one["start"] for other in kept):
            kept.append(dict(one))
    return sorted(kept, key=lambda one: int(one["start"]))


def placed(text: str, marks: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], ...]:
    """Marks whose words stand where they say. Problem 422 when some do not."""
    for one in marks:
        if text[one["start"] : one["end"]] != one["text"]:
            raise Problem(422, "misplaced", "标注的位置和句子对不上。刷新后重新标注。")
    return tuple({name: one[name] for name in ("start", "end", "entity", "value", "text")} for one in marks)


class Sitting:
    """What was labelled and stands in no file yet, on its way there."""

    def __init__(self, studio: Studio, inbox: InboxMessages, by: str | None) -> None:
        self.studio = studio
        self._inbox = inbox
        self.messages = inbox.unsaved(by)
        self.batch = labels.batch(studio.workspace, [label_of(one) for one in self.messages])

    @property
    def refused(self) -> list[Finding]:
        """Why some of them cannot be written."""
        return list(dict.fromkeys(self.batch.refused.values()))

    def settle(self, commit: str, *, written: bool) -> int:
        """Note which of them the files have as of this commit: those they had before, and, when it was ``written``, the batch."""
        there = set(self.batch.there)
        done = [one.id for at, one in enumerate(self.messages) if at in there or (written and at not in self.batch.refused)]
        return self._inbox.mark_saved(done, commit)


def label_of(one: InboxMessage) -> Label:
    """A labelled message as the files take it."""
    return Label(one.text, one.label or "", one.label_topic, one.entities)
