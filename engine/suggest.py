"""Ready replies for an agent: the bot runs in the dark on a copy of the talk, once for each of the best readings of a message.

Nothing is stored: the copy of the agent has a tracker store that forgets, a lock of its own, and the actions are told `dry_run`
(architecture §8; rasa_weaknesses.md, 'Found by experiment').
"""

from __future__ import annotations

import asyncio
import copy
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rasa.core.agent import Agent
from rasa.core.lock_store import InMemoryLockStore
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from engine import turn, understand, wishes
from engine.context import with_intent
from engine.exchange import CHANNEL, exchange
from engine.nlu.answers import Question
from engine.tracker_store import BoundedTrackerStore, summary

logger = logging.getLogger(__name__)
MOST = 4
MOST_LINES = 50
# A reading below this share would fill the agent's list with strangers.
LEAST_SHARE = 0.03
# What an agent answers to whoever asks for a person: there is one already.
PERSON, PERSON_HERE = "request_human", "utter_smalltalk_person_here"
# Readings that ask back or send away: an agent needs words that answer.
NO_ANSWER = {understand.FALLBACK, understand.UNCLEAR, "out_of_scope"}


class UnknownSlot(ValueError):
    """A slot that the domain does not have, or a value that is neither text nor number."""


@dataclass(frozen=True)
class Past:
    """A talk as it was before the message: its events (none: a new talk), and whether the message was found in it."""

    sender: str
    events: tuple[Event, ...]
    found: bool


class ForgetfulTrackerStore(TrackerStore):
    """Hands out one talk and writes nothing; a second wish of the same message finds the talk as the first one left it."""

    def __init__(self, past: Past, domain: Domain) -> None:
        super().__init__(domain)
        self._past = past
        self._now: DialogueStateTracker | None = None

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Only for as long as this one reading is tried."""
        self._now = tracker

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The talk, None when it has not begun."""
        if self._now is not None or not self._past.events:
            return self._now
        return DialogueStateTracker.from_events(sender_id, list(self._past.events), self.domain.slots)

    async def keys(self) -> Iterable[str]:
        """The one talk."""
        return [self._past.sender]


async def past_of(store: BoundedTrackerStore, sender: str, before: str | None) -> Past:
    """The talk as stored; with ``before`` cut in front of that message (id), if it is among the last events.

    Raises:
        StoreFailed: the database cannot be read.
    """
    tracker = await store.retrieve(sender)
    events = [] if tracker is None else list(tracker.events)
    if before is None:
        return Past(sender, tuple(events), found=False)
    places = [place for place, event in enumerate(events) if isinstance(event, UserUttered) and event.message_id == before]
    return Past(sender, tuple(events[: places[0]] if places else events), found=bool(places))


def no_talk(sender: str, slots: Mapping[str, Any], domain: Domain) -> Past:
    """A talk that is stored nowhere and has only this known of it.

    Raises:
        UnknownSlot: a name is no slot of the domain, or its value is no plain one.
    """
    known = {slot.name for slot in domain.slots}
    for name, value in slots.items():
        if name not in known or not isinstance(value, (str, int, float, bool)):
            raise UnknownSlot(f"no slot is named {str(name)[:60]!r}, or its value is no plain one")
    # A talk in which something is known has begun and waits: without the listening no rule of the bot's would fit it.
    begun = (SessionStarted(), *(SlotSet(name, value) for name, value in slots.items()), ActionExecuted(ACTION_LISTEN_NAME))
    return Past(sender, begun, found=False)


def in_the_dark(agent: Agent, past: Past) -> Agent:
    """A copy of the agent that remembers nothing and holds no lock but its own.

    Every reading needs one: readings that share Rasa's lock of a talk wait for each other in whole seconds.
    """
    assert agent.processor is not None
    dark, processor = copy.copy(agent), copy.copy(agent.processor)
    dark.lock_store = processor.lock_store = InMemoryLockStore()
    dark.tracker_store = processor.tracker_store = ForgetfulTrackerStore(past, agent.processor.domain)
    dark.processor = processor
    return dark


async def suggest(
    agent: Agent, past: Past, text: str | None, payload: str | None, metadata: Mapping[str, Any], most: int = MOST
) -> list[dict[str, Any]]:
    """Up to ``most`` answers, the likeliest first: `{intents, topic, confidence, replies, actions}`; replies as in a turn.

    Args:
        agent: with a loaded model.
        past: the talk before the message.
        text: what the shopper typed, or None.
        payload: of the button the shopper pressed, or None.
        metadata: of the message, as the actions see it; `dry_run` is set here, whatever it says.
        most: how many.

    Raises:
        UnknownPayload: the payload names no intent of this model.
    """
    assert agent.processor is not None
    tracker = await ForgetfulTrackerStore(past, agent.processor.domain).retrieve(past.sender)
    open_now = {} if tracker is None else summary(tracker)
    told = {**metadata, "dry_run": True}
    if payload is not None:
        readings = [[understand.from_payload(payload, agent.processor.domain)]]
    else:
        question = Question.from_summary(open_now, bool(metadata.get("customer_id")))
        readings = _readings(await understand.wishes_of(agent, text or "", question))
    # Some readings say the same or nothing, so one more than wanted is tried.
    tried = await asyncio.gather(*(_answer(in_the_dark(agent, past), past.sender, parses, told) for parses in readings[: most + 1]))
    found: list[dict[str, Any]] = []
    for one in tried:
        if one is not None and all(_said(one) != _said(other) for other in found):
            found.append(one)
    return found[:most]


def _readings(first: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """What the message may mean: as the bot reads it, then the next likely intents alone."""
    whole = first[0]
    names = {str(one["intent"].get("name")) for one in first}
    # Who asks for a person and wishes something else besides has the person already.
    wished = [one for one in first if one["intent"].get("name") != PERSON] or list(first)
    readings = [wished] if not names & NO_ANSWER else []
    for one in whole.get("intent_ranking") or []:
        name, share = str(one.get("name")), float(one.get("confidence") or 0.0)
        if name in names or name in NO_ANSWER or share < LEAST_SHARE:
            continue
        names.add(name)
        readings.append([with_intent(whole, name, one.get("topic"), share)])
    return readings


async def _answer(dark: Agent, sender: str, parses: Sequence[dict[str, Any]], metadata: Mapping[str, Any]) -> dict[str, Any] | None:
    """One reading's answer; None when it says nothing, hands over or fails."""
    if len(parses) == 1 and parses[0]["intent"].get("name") == PERSON:
        return await _here(dark, sender, parses[0])
    try:
        turns = await exchange(dark, sender, parses, None, metadata)
    except Exception:  # one broken reading must not take the others from the agent
        logger.exception("a suggestion failed")
        return None
    replies = wishes.merged([done.replies for done in turns])
    if not any(one["text"] for one in replies) or any((one.get("card") or {}).get("hand_over") for one in replies):
        return None
    trace = turns[0].trace
    return {
        "intents": [done.trace["intent"] for done in turns],
        "topic": trace["topic"],
        "confidence": trace["confidence"],
        "replies": [{key: value for key, value in one.items() if key != "explain"} for one in replies],
        "actions": [name for done in turns for name in done.trace["actions"]],
    }


async def _here(dark: Agent, sender: str, parsed: Mapping[str, Any]) -> dict[str, Any] | None:
    """What is said to whoever asks for a person; None when the model has no words for it."""
    assert dark.processor is not None
    tracker = await dark.tracker_store.get_or_create_tracker(sender, append_action_listen=False)
    said = await dark.processor.nlg.generate(PERSON_HERE, tracker, CHANNEL)
    if said is None:
        return None
    about = {"intent": PERSON, "confidence": parsed["intent"].get("confidence")}
    replies = [{**bubble, **about} for bubble in turn.bubbles({**said, "utter_action": PERSON_HERE})]
    return {"intents": [PERSON], "topic": None, "confidence": about["confidence"], "replies": replies, "actions": []}


def _said(one: Mapping[str, Any]) -> list[str]:
    return [str(reply["text"]) for reply in one["replies"]]


async def note(agent: Agent, sender: str, lines: Sequence[Mapping[str, Any]]) -> int:
    """Append what was said to the talk, so that suggestions and the hand-back know it: no prediction, no slots.

    Args:
        agent: with a loaded model.
        sender: the talk.
        lines: `{from: shopper | agent, text, message_id?}` in order; a message that is noted already is left out.
    """
    store = agent.tracker_store
    tracker = await store.get_or_create_tracker(sender)
    known = {str(event.message_id) for event in tracker.events if isinstance(event, UserUttered)}
    known |= {str(event.metadata.get("message_id")) for event in tracker.events if isinstance(event, BotUttered)}
    noted = 0
    for line in lines:
        message_id = str(line["message_id"]) if line.get("message_id") else None
        if message_id is not None and message_id in known:
            continue
        text = understand.neutral(line["text"])
        if line["from"] == "shopper":
            parsed = (await understand.from_text(agent, text, Question())) if text else None
            tracker.update(
                UserUttered(text, parse_data=parsed, input_channel=CHANNEL, message_id=message_id, metadata={"masked": True, "noted": True})
            )
        else:
            tracker.update(BotUttered(text, metadata={"message_id": message_id, "from": "agent"}))
            # The store cuts a long talk in front of these.
            tracker.update(ActionExecuted(ACTION_LISTEN_NAME))
        noted += 1
    await store.save(tracker)
    return noted
