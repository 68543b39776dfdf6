"""Anger changes the tone and the order of moves (issue 3, deliver 5): an angry shopper hears first that they were heard, then the answer.

One short bubble in front of the answer, never in two turns running, and never in front of a response that is itself an apology
(complaints, reviews). What is decided and promised stays the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rasa_sdk import Tracker

from policy.mood import Mood, mood

if TYPE_CHECKING:
    from actions.turn import Turn

ACKNOWLEDGE = "utter_complaints_acknowledge"
# These begin with their own apology or recognition, or must not be delayed.
OWN_TONE = ("utter_complaints_", "utter_reviews_", "utter_smalltalk_nuisance")
TURNS_BETWEEN = 2  # user events that an acknowledgement covers: this message and the one before


def typed(tracker: Tracker) -> list[str]:
    """What the shopper typed in this talk, oldest first, this message last; buttons and payloads left out."""
    texts = [str(event.get("text") or "") for event in tracker.events if event.get("event") == "user"]
    return ["" if text.startswith("/") else text for text in texts]


def mood_of(tracker: Tracker) -> Mood:
    """The mood of the message that is answered now."""
    said = typed(tracker)
    return mood(said[-1], said[:-1]) if said else "calm"


def is_due(turn: Turn, response: str) -> bool:
    """Whether the acknowledgement comes before ``response``: the shopper is angry and has not just heard it."""
    if response.startswith(OWN_TONE) or turn.mood != "angry":
        return False
    heard = 0
    for event in reversed(turn.tracker.events):
        if event.get("event") == "bot" and (event.get("metadata") or {}).get("utter_action") == ACKNOWLEDGE:
            return False
        if event.get("event") == "user":
            heard += 1
            if heard == TURNS_BETWEEN:
                break
    return True
