"""A talk tried out by a trainer: whole turns in the dark, with all that led to each answer.

As a suggestion (engine/suggest.py) it writes nothing and the actions are told `dry_run`; unlike one it goes on from message to
message, as the bot itself (`rehearsal`), and tells its work. A tried talk lives in this process's memory for half an hour at most.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.shared.core.constants import ACTION_LISTEN_NAME, REQUESTED_SLOT, SESSION_START_METADATA_SLOT
from rasa.shared.core.events import ActionExecuted, ActionExecutionRejected, ActiveLoop, Event, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from engine import turn, understand, wishes
from engine.exchange import exchange
from engine.nlu.answers import Question
from engine.suggest import ForgetfulTrackerStore, Past, in_the_dark
from engine.tracker_store import summary

MOST_TALKS = 100
MOST_LINES = 10  # of one request: a long talk is sent in parts, so that shoppers' turns come in between
LONGEST_TALK = 100  # messages
KEPT = 30 * 60.0  # seconds without a message
RANKED = 8
# Slots of our own book-keeping, which say nothing of what was understood.
_OWN = {turn.SECOND_WISH, REQUESTED_SLOT, SESSION_START_METADATA_SLOT, "last_said", "tally"}


class Lost(Exception):
    """The tried talk is not as long as who asks thinks: it was forgotten, or this is another process."""


class TooLong(ValueError):
    """A tried talk has too many messages."""


@dataclass(frozen=True)
class Line:
    """What a shopper says: a `text`, or the `payload` of a button."""

    text: str | None
    payload: str | None


@dataclass(frozen=True)
class _Kept:
    events: tuple[Event, ...]
    said: int
    at: float


class Rehearsals:
    """The talks that are being tried out, in memory; the oldest go first."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def past(self, sender: str, said: int) -> Past:
        """The talk after its first `said` messages; 0 begins it anew.

        Raises:
            Lost: it does not have just so many.
        """
        now = self._clock()
        for name in [name for name, one in self._kept.items() if now - one.at > KEPT]:
            del self._kept[name]
        if said == 0:
            self._kept.pop(sender, None)
            return Past(sender, (), found=False)
        known = self._kept.get(sender)
        if known is None or known.said != said:
            raise Lost(f"{said} messages are wanted, {known.said if known else 0} are known")
        return Past(sender, known.events, found=True)

    def keep(self, sender: str, tracker: DialogueStateTracker, said: int) -> None:
        """The talk as it is after `said` messages."""
        self._kept.pop(sender, None)
        self._kept[sender] = _Kept(tuple(tracker.events), said, self._clock())
        while len(self._kept) > MOST_TALKS:
            self._kept.popitem(last=False)

    def forget(self) -> None:
        """Somebody was erased: whose words are in a tried talk cannot be told, so all go."""
        self._kept.clear()


async def rehearse(
    agent: Agent, kept: Rehearsals, sender: str, said: int, lines: Sequence[Line], metadata: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Answer these messages one after the other in the dark; what each came to.

    A message's answer is `{tokens, wishes, replies, decisions, spoken, slots, changed, events, state, took_ms}`: the words as they were
    cut; each wish with intent, confidence, ranking, entities and actions; replies as in a turn; what the actions decided by (table, row,
    facts); responses with their variation and values; what is known, and what of it changed (before, after); events in brief.

    Args:
        agent: with a loaded model.
        kept: the talks that are being tried out.
        sender: the tried talk.
        said: how many messages it has had; 0 begins it anew.
        lines: what the shopper says now.
        metadata: of the messages, as the actions see it; `dry_run` and `rehearsal` are set here. `steady` says the first variation always.

    Raises:
        Lost: the talk does not have `said` messages here.
        TooLong: it would have more than LONGEST_TALK.
        UnknownPayload: a payload names no intent of this model.
    """
    assert agent.processor is not None
    if said + len(lines) > LONGEST_TALK:
        raise TooLong(f"a tried talk has at most {LONGEST_TALK} messages")
    past = kept.past(sender, said)
    dark = in_the_dark(agent, past)
    found = []
    for number, line in enumerate(lines, said + 1):
        told = {**metadata, "dry_run": True, "rehearsal": True, "message_id": f"{sender}:{number}"}
        found.append(await _line(agent, dark, sender, line, told))
    tracker = await dark.tracker_store.retrieve(sender)
    if tracker is not None:
        kept.keep(sender, tracker, said + len(lines))
    return found


async def _line(agent: Agent, dark: Agent, sender: str, line: Line, metadata: Mapping[str, Any]) -> dict[str, Any]:
    begun = time.perf_counter()
    assert agent.processor is not None
    assert isinstance(dark.tracker_store, ForgetfulTrackerStore)
    before = await dark.tracker_store.retrieve(sender)
    events, slots = (len(before.events), _slots(before)) if before is not None else (0, {})
    open_now = {} if before is None else summary(before)
    if line.payload is not None:
        parses = [understand.from_payload(line.payload, agent.processor.domain)]
    else:
        parses = await understand.wishes_of(agent, line.text or "", Question.from_summary(open_now, bool(metadata.get("customer_id"))))
    turns = await exchange(dark, sender, parses, open_now.get(turn.SECOND_WISH), metadata)
    tracker = await dark.tracker_store.retrieve(sender)
    assert tracker is not None
    new = list(tracker.events)[events:]
    after = _slots(tracker)
    return {
        "tokens": await _tokens(agent, line.text) if line.text else [],
        "wishes": [_wish(done, new) for done in turns],
        "replies": [
            {key: value for key, value in one.items() if key != "explain"} for one in wishes.merged([done.replies for done in turns])
        ],
        "decisions": [one for done in turns for call in done.explain.get("calls") or () for one in call.get("decisions") or ()],
        "spoken": [one for done in turns for one in done.explain.get("spoken") or ()],
        "slots": after,
        "changed": {name: [slots.get(name), after.get(name)] for name in {*slots, *after} if slots.get(name) != after.get(name)},
        "events": [told for event in new if (told := _event(event)) is not None],
        "state": turns[-1].state,
        "took_ms": round((time.perf_counter() - begun) * 1000, 1),
    }


async def _tokens(agent: Agent, text: str) -> list[str]:
    """The words of a message as the model's tokenizer cuts it, as they were typed."""
    assert agent.processor is not None
    said = understand.neutral(text)[: understand.PARSED]
    if not said:
        return []
    parsed = await agent.processor.parse_message(UserMessage(said))
    return [said[start:end] for start, end in parsed.get("text_tokens") or ()]


def _wish(done: turn.Turn, new: Sequence[Event]) -> dict[str, Any]:
    """One wish of the message: what it was read as, and the whole ranking rather than its head."""
    trace = done.trace
    ranking = trace["ranking"]
    text = None
    for event in new:
        if isinstance(event, UserUttered) and event.intent_name == trace["intent"]:
            text = event.text
            said = event.parse_data.get("intent_ranking") or []
            ranking = [{"name": one.get("name"), "confidence": one.get("confidence")} for one in said[:RANKED]]
    return {**{name: trace[name] for name in ("intent", "confidence", "topic", "entities", "actions")}, "ranking": ranking, "text": text}


def _slots(tracker: DialogueStateTracker) -> dict[str, Any]:
    """What is known: slots with another value than the talk began with, without book-keeping."""
    return {name: slot.value for name, slot in tracker.slots.items() if name not in _OWN and slot.value != slot.initial_value}


def _event(event: Event) -> dict[str, Any] | None:
    """An event in brief; None for what says nothing (slots are told by themselves)."""
    if isinstance(event, ActionExecuted):
        if event.action_name == ACTION_LISTEN_NAME:
            return None
        share = None if event.confidence is None else round(float(event.confidence), 4)
        return {"event": "action", "name": event.action_name, "policy": _policy(event.policy), "confidence": share}
    if isinstance(event, ActiveLoop):
        return {"event": "form", "name": event.name}
    if isinstance(event, ActionExecutionRejected):
        return {"event": "rejected", "name": event.action_name}
    if isinstance(event, SlotSet):
        return None if event.key in _OWN - {REQUESTED_SLOT} else {"event": "slot", "name": event.key, "value": event.value}
    if isinstance(event, UserUttered):
        return {"event": "user", "name": event.intent_name, "value": event.text}
    return {"event": "session", "name": None} if isinstance(event, SessionStarted) else None


def _policy(name: str | None) -> str | None:
    """`policy_0_RulePolicy` → `RulePolicy`."""
    return name.rpartition("_")[2] if name else None
