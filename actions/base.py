"""The base of every custom action: it always answers, it resumes an interrupted form, it ends the turn.

A failing action is silence in Rasa (design/rasa_weaknesses.md 13); here it is an apology with an offer of a person.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions import context, listening
from actions.turn import LISTEN, Turn
from policy import live

log = logging.getLogger(__name__)

FAILED = "utter_smalltalk_action_failed"
# After a piece of information the shopper is led back; after these forms the old wish is not taken up again.
COURTESIES = ("thank_you", "goodbye", "wait_request")
MOST_RETURNS = 2  # to one question of a form
INFORMATION_FORMS = ("size_form", "parcel_form")


class XiaoerAction(Action, ABC):
    """An action of ours: subclasses say who they are (``name``) and answer (``answer``).

    ``question``: it asks what a form needs, and may ask it in the same words again.
    """

    question = False

    @abstractmethod
    def name(self) -> str:
        """The action's name in domain.yml."""

    @abstractmethod
    def answer(self, turn: Turn) -> None:
        """Fetch, decide, speak, save. Raising is allowed: the shopper then hears an apology."""

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        """Rasa's entry: never silent, never raising."""
        with live.pinned():  # one action decides by one set of rules
            return self._run(Turn(dispatcher, tracker, context.current()), dispatcher)

    def _run(self, turn: Turn, dispatcher: CollectingDispatcher) -> list[dict[str, Any]]:
        try:
            listening.keep(turn)
            if self.question or not taken_up(turn):
                self.answer(turn)
            if not turn.spoke and not any(event["event"] == "followup" for event in turn.events):
                raise RuntimeError(f"{self.name()} said nothing")
            turn.finish(question=self.question)
        except Exception:
            log.exception("action %s failed in talk %s", self.name(), turn.conversation_id)
            dispatcher.messages.clear()
            dispatcher.utter_message(response=FAILED)
            return [SlotSet("open_question", "offer_person"), SlotSet("last_said", None), FollowupAction(LISTEN)]
        if not any(event["event"] == "followup" for event in turn.events):
            turn.events.append(FollowupAction(self._next(turn)))
        return turn.events

    def _next(self, turn: Turn) -> str:
        """Back to the open form; else to a form left for this question; else to the shopper."""
        if any(event["event"] == "active_loop" for event in turn.events):
            return LISTEN
        if turn.loop:
            return turn.loop if leads_back(turn) else LISTEN
        paused = turn.slot("paused_form")
        if paused and turn.intent not in COURTESIES:
            turn.set("paused_form", None)
            return str(paused)
        return LISTEN


def taken_up(turn: Turn) -> bool:
    """Whether the message was a short question about the order matter under way, or about goods, and is answered as one."""
    from actions import knowledge, short_questions  # their answers are actions of ours themselves

    return short_questions.takes_up(turn) or (short_questions.first_reader(turn) and knowledge.takes_up(turn))


def leads_back(turn: Turn) -> bool:
    """Whether the open form asks its question again after another answer.

    Not after a courtesy, and not more than ``MOST_RETURNS`` times for one question: whoever asks something else again and again
    has heard it. The form stays open and still reads the answer when it comes.
    """
    if turn.intent in COURTESIES:
        return False
    tally = dict(turn.slot("tally") or {})
    question = f"{turn.loop}/{turn.tracker.get_slot('requested_slot')}"
    asked = int(tally["led_back"][1]) if (tally.get("led_back") or [None])[0] == question else 0
    turn.set("tally", {**tally, "led_back": [question, asked + 1]})
    return asked < MOST_RETURNS
