"""One message is answered once: a message id that comes again gets the answer it got, and runs nothing a second time.

The gateway sends a message again when it or the connection died in the middle of a turn. The newest answers are kept
in memory; that a message was answered at all stands in the talk's row, so it holds over a restart of the engine too.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

from engine import explain, turn, wishes

MOST_ANSWERS = 4000


class AnswerLost(Exception):
    """The message was answered before a restart, and the answer is not known any more."""


class Answers:
    """The newest answers. Several of a talk: of what timed out in a crowd, more than the last may be asked for again."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str], dict[str, Any]] = OrderedDict()

    def again(self, sender: str, metadata: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any] | None:
        """The answer this message got before; None when it is new.

        Args:
            sender: the talk.
            metadata: of the message, with its `message_id`; without one nothing is known of it.
            row: what the talk's row says of its last turn (`tracker_store.summary`).

        Raises:
            AnswerLost: it was answered, by an engine that is no more.
        """
        message_id = str(metadata.get("message_id") or "")
        if not message_id:
            return None
        if (answer := self._kept.get((sender, message_id))) is not None:
            return answer
        if str(row.get("message_id") or "").partition(":")[0] == message_id:
            raise AnswerLost
        return None

    def keep(self, sender: str, metadata: Mapping[str, Any], answer: dict[str, Any]) -> None:
        """Remember the answer of the turn that has just been stored."""
        message_id = str(metadata.get("message_id") or "")
        if message_id:
            self._kept[sender, message_id] = answer
        while len(self._kept) > MOST_ANSWERS:
            self._kept.popitem(last=False)

    def forget(self, sender: str) -> None:
        """The talk was erased."""
        for key in [key for key in self._kept if key[0] == sender]:
            del self._kept[key]


def answer_of(turns: Sequence[turn.Turn]) -> dict[str, Any]:
    """What the channel answers: the replies of one or two turns, the trace of the first, the state after the last."""
    for number, done in enumerate(turns):
        for reply in done.replies:
            if explain.KEY in reply:  # which turn, which of its sentences, which bubble of that
                reply[explain.KEY] = [number, *reply[explain.KEY]]
    replies = wishes.merged([done.replies for done in turns])
    wished = [{name: done.trace[name] for name in ("intent", "confidence", "topic")} for done in turns]
    answer: dict[str, Any] = {
        "replies": replies,
        "trace": {**turns[0].trace, "actions": [name for done in turns for name in done.trace["actions"]], "intents": wished},
        "state": turns[-1].state,
        explain.KEY: [done.explain for done in turns],
    }
    if not replies:
        answer["error"] = "no_reply"
    return answer
