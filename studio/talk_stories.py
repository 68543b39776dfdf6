"""A talk that took place, made into a story or a test: what the shopper wanted and what the bot did, without a word of theirs.

What an open form asked and heard is left out, as stories leave it out: which question comes next is decided by the tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studio.stories import View
from studio.vocabulary import LISTEN, Vocabulary

# The slot that stories see (domain.yml); its value after each turn is in the turn's trace.
QUESTION = "open_question"
NOTHING = (None, "", "none")


@dataclass(frozen=True)
class Heard:
    """One turn as its trace tells it: ``intents`` of the message, ``actions`` in order, and where the talk stood afterwards."""

    intents: tuple[str, ...]
    actions: tuple[str, ...]
    form: str | None = None
    question: str | None = None

    @classmethod
    def of(cls, trace: Mapping[str, Any]) -> Heard:
        """From a trace: of a stored message, of the engine's answer, or of the try-out pane."""
        wishes = trace.get("intents")
        names = [one.get("intent") if isinstance(one, Mapping) else one for one in (wishes if isinstance(wishes, list) else ())]
        several = [name for name in names if isinstance(name, str) and name]
        one = trace.get("intent")
        state = trace.get("state")
        state = state if isinstance(state, Mapping) else {}
        question = state.get(QUESTION)
        done = trace.get("actions")
        actions = tuple(str(name) for name in (done if isinstance(done, list) else ()) if name and name != LISTEN)
        form = state.get("active_loop")
        return cls(
            tuple(several) or ((str(one),) if one else ()),
            actions,
            str(form) if form else None,
            None if question in NOTHING else str(question),
        )


@dataclass(frozen=True)
class Made:
    """Steps as a page edits them, and what somebody should look at (Chinese)."""

    steps: list[View]
    notes: list[str]


def made_of(turns: Sequence[Heard], words: Vocabulary) -> Made:
    """The steps of a story from turns of a talk."""
    steps: list[View] = []
    notes: list[str] = []
    form: str | None = None
    question: str | None = None
    before: str | None = None
    seen = QUESTION in words.slots and words.slots[QUESTION].influences
    asked = 0
    for number, turn in enumerate(turns, 1):
        if not turn.intents or not turn.actions:
            notes.append(f"第 {number} 句没有记下意图或动作，没有写进来")
            continue
        if len(turn.intents) > 1:
            notes.append(f"第 {number} 句有两个意图（{'、'.join(turn.intents)}），只写了先回答的那个，请核对后面的动作")
        inside = form is not None and turn.actions[0] == form
        if inside:
            asked += 1
        else:
            steps.append({"kind": "shopper", "wishes": [{"intent": turn.intents[0]}], "either": False})
            if seen and question is not None and before is None:
                # An answered question is forgotten by the action that heard the answer. It is written down where it matters first:
                # directly after the action no rule and no story knows how to go on (actions decide by themselves that they listen).
                steps.append(_question(None))
                question = None
        before = turn.question
        for place, action in enumerate(turn.actions):
            later = turn.actions[place + 1 :]
            if action in words.forms:
                if not (inside and place == 0):
                    steps.append({"kind": "bot", "action": action})
                    steps.append({"kind": "loop", "name": action})
                if turn.form != action and action not in later:
                    steps.append({"kind": "loop", "name": None})
                    form = None
                else:
                    form = action
                continue
            steps.append({"kind": "bot", "action": action})
            if form is not None and turn.form != form and form not in later:
                steps.append({"kind": "loop", "name": None})
                form = None
        form = turn.form
        if seen and turn.question not in (None, question) and not (inside and turn.form):
            steps.append(_question(turn.question))
            question = turn.question
    if asked:
        notes.append(f"表单里的 {asked} 轮问答没有写进来：接着问什么由规则表决定")
    while steps and steps[-1]["kind"] == "shopper":
        steps.pop()
    return Made(steps, notes)


def _question(value: str | None) -> View:
    return {"kind": "slot", "slots": [{"name": QUESTION, "value": value}]}


def turns_of(messages: Sequence[Mapping[str, Any]]) -> list[Heard]:
    """The bot's turns in a talk's messages (``sender``, ``trace``), oldest first; it ends where a person takes over."""
    found: list[Heard] = []
    last: Any = None
    for place, message in enumerate(messages):
        trace = message.get("trace") or {}
        if message.get("sender") == "agent":
            break
        if message.get("sender") != "bot" or "actions" not in trace or "state" not in trace:
            continue
        turn = trace.get("reply_to") or _asked(messages, place)
        if turn != last:
            found.append(Heard.of(trace))
        last = turn
    return found


def _asked(messages: Sequence[Mapping[str, Any]], place: int) -> int:
    """The place of the shopper's message before this one: the bubbles between belong to one turn."""
    return next((at for at in range(place - 1, -1, -1) if messages[at].get("sender") == "shopper"), -1)
