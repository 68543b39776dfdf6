"""One turn of a talk: Rasa's own steps, in Rasa's order, with the tracker in hand for trace and state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.core.tracker_store import FailSafeTrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME, ACTION_SESSION_START_NAME
from rasa.shared.core.events import ActionExecuted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from engine import explain
from engine.tracker_store import BoundedTrackerStore, summary

RANKED = 5
TOPIC = "topic"  # of a family of wishes: no words of its own stand for it
_SILENT = {ACTION_LISTEN_NAME, ACTION_SESSION_START_NAME, None}


class CollectedReplies(CollectingOutputChannel):
    """Keeps what the bot says with all its metadata; Rasa's own collector drops everything but text and buttons."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[dict[str, Any]] = []

    @classmethod
    def name(cls) -> str:
        """Name of the channel in the talk's events."""
        return "turn"

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Keep one message of the bot."""
        self.said.append(message)


@dataclass(frozen=True)
class Turn:
    """What a turn said and where it left the talk; `failed` lists actions that broke, `explain` is for the gateway's trace."""

    replies: list[dict[str, Any]]
    trace: dict[str, Any]
    state: dict[str, Any]
    explain: dict[str, Any] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)


def store_of(agent: Agent) -> BoundedTrackerStore | None:
    """Our store behind Rasa's wrapper; None when something else is there (a wrong class path silently means memory)."""
    store = agent.tracker_store
    inner = store._tracker_store if isinstance(store, FailSafeTrackerStore) else store
    return inner if isinstance(inner, BoundedTrackerStore) else None


SECOND_WISH = "second_wish"  # slot: a wish of an earlier message that waits for its turn (engine/wishes.py)
Keeper = Callable[[list[dict[str, Any]], DialogueStateTracker], Any]


async def run(agent: Agent, message: UserMessage, keep: Keeper | None = None) -> Turn:
    """Process a parsed message as `MessageProcessor.handle_message` does.

    Args:
        agent: with a loaded model.
        message: parsed (`parse_data`), with a `CollectedReplies` channel.
        keep: told what was said and the tracker, gives the value of the slot `second_wish` after this turn.
    """
    processor = agent.processor
    assert processor is not None
    assert isinstance(message.output_channel, CollectedReplies)
    async with agent.lock_store.lock(message.sender_id):
        tracker = await processor.log_message(message, should_save_tracker=False)
        with explain.recording() as record:
            tracker = await processor.run_action_extract_slots(message.output_channel, tracker)
            await processor._run_prediction_loop(message.output_channel, tracker)
        if keep is not None and SECOND_WISH in tracker.slots:
            kept = keep(message.output_channel.said, tracker)
            if kept != tracker.get_slot(SECOND_WISH):
                tracker.update(SlotSet(SECOND_WISH, kept))
        await processor.save_tracker(tracker)
    parsed = message.parse_data or {}
    wish = {name: (parsed.get("intent") or {}).get(name) for name in ("name", "confidence")}
    about = {"intent": wish["name"], "confidence": wish["confidence"]}
    for said in message.output_channel.said:
        record.given(said)
    replies = [{**bubble, **about} for said in message.output_channel.said for bubble in bubbles(said)]
    why = record.as_dict(processor.model_filename)
    return Turn(replies=replies, trace=_trace(message, tracker), state=_state(tracker), explain=why)


def bubbles(said: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The bubbles of one message: split at blank lines; buttons, image and card go with the last."""
    metadata = said.get("metadata") or {}
    texts = [part.strip() for part in (said.get("text") or "").split("\n\n") if part.strip()] or [""]
    buttons = [
        {"title": str(button["title"]), "payload": str(button["payload"])}
        for button in said.get("buttons") or []
        if isinstance(button, Mapping) and button.get("title") and button.get("payload")
    ]
    common = {
        "response": metadata.get("said") or said.get("utter_action"),
        "script": metadata.get("script"),
        "table": said.get("table"),
        "row": said.get("row"),
        "known": said.get("known"),
    }
    found = []
    for place, text in enumerate(texts):
        last = place == len(texts) - 1
        extras = {
            "buttons": buttons if last else [],
            "image": said.get("image") if last else None,
            "card": said.get("card") if last else None,
        }
        found.append({"text": text, **extras, **common, **({explain.KEY: [said[explain.KEY] - 1, place]} if said.get(explain.KEY) else {})})
    return [one for one in found if one["text"] or one["buttons"] or one["image"] or one["card"]]


def _trace(message: UserMessage, tracker: DialogueStateTracker) -> dict[str, Any]:
    parsed = message.parse_data or {}
    text = message.text or ""
    actions: list[str] = []
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            break
        if isinstance(event, ActionExecuted) and event.action_name not in _SILENT:
            actions.append(str(event.action_name))
    ranking = [{"name": one.get("name"), "confidence": one.get("confidence")} for one in (parsed.get("intent_ranking") or [])[:RANKED]]
    return {
        "intent": parsed.get("intent", {}).get("name"),
        "confidence": parsed.get("intent", {}).get("confidence"),
        "ranking": ranking,
        "entities": [
            {"entity": one["entity"], "value": one["value"], "text": text[one.get("start", 0) : one.get("end", 0)]}
            for one in parsed.get("entities") or []
            if one["entity"] != TOPIC
        ],
        "topic": next((one["value"] for one in parsed.get("entities") or [] if one["entity"] == TOPIC), None),
        "actions": actions[::-1],
    }


def _state(tracker: DialogueStateTracker) -> dict[str, Any]:
    now = summary(tracker)
    return {name: now[name] for name in ("active_loop", "requested_slot", "open_question")}
