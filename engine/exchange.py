"""A message of one or two wishes answered in a talk, and a wish that has waited for its turn (engine/wishes.py)."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.shared.core.trackers import DialogueStateTracker

from engine import turn, wishes
from engine.wishes import Parse

CHANNEL = "turn"


async def exchange(
    agent: Agent, sender: str, parses: Sequence[dict[str, Any]], kept: Mapping[str, Any] | None, metadata: Mapping[str, Any]
) -> list[turn.Turn]:
    """Answer a message of one or two wishes, and a wish that has waited for its turn.

    Args:
        agent: with a loaded model.
        sender: the talk.
        parses: the message's wishes, the urgent one first.
        kept: the wish of an earlier message that waits (slot `second_wish`), if any.
        metadata: of the message, as the actions see it.
    """
    now = time.time()
    if kept is not None and (wishes.forgotten(kept, now) or any(wishes.said_again(kept["parse"], one) for one in parses)):
        kept = None  # said again, or too long ago

    def keep(said: Sequence[Mapping[str, Any]], tracker: DialogueStateTracker) -> Any:
        if _handed_over(said):
            return None
        if len(parses) > 1 and wishes.must_wait(parses[1], tracker.active_loop_name):
            return wishes.waiting(parses[1], now)
        if kept is not None and tracker.active_loop_name is not None:
            return {**kept, "messages": int(kept["messages"]) + 1}
        return None

    whole = {"whole_text": "，".join(one["text"] for one in parses)} if len(parses) > 1 else {}
    turns = [await turn.run(agent, _message(sender, parses[0], {**metadata, **whole}), keep)]
    if _handed_over(turns[0].replies):
        return turns
    following: Parse | None = None
    if len(parses) > 1 and not wishes.must_wait(parses[1], turns[0].state["active_loop"]):
        following = parses[1]
    elif len(parses) == 1:
        following = wishes.due(kept, turns[0].state, now)
        whole = {"resumed_wish": True} if following else {}
    if following is not None:
        later = {**metadata, **whole, "message_id": f"{metadata.get('message_id') or ''}:2"}
        turns.append(await turn.run(agent, _message(sender, following, later), lambda said, tracker: None))
    return turns


def _message(sender: str, parsed: dict[str, Any], metadata: Mapping[str, Any]) -> UserMessage:
    return UserMessage(
        parsed["text"],
        turn.CollectedReplies(),
        sender,
        parse_data=dict(parsed),
        input_channel=CHANNEL,
        message_id=str(metadata["message_id"]) if metadata.get("message_id") else None,
        metadata=dict(metadata),
    )


def _handed_over(said: Sequence[Mapping[str, Any]]) -> bool:
    return any((one.get("card") or {}).get("hand_over") for one in said)
