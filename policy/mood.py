"""The shopper's mood from their words: calm, annoyed or angry. It changes the tone and the order of an answer, never its content.

Pure: the words stand in ``policy/wordlists/people.yml``. Nothing is kept about the person (decisions.md 6): the mood is read anew
from the message and the few before it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from policy.words import words

Mood = Literal["calm", "annoyed", "angry"]

_MARKS = re.compile(r"[!！?？]{2,}")
REMEMBERED = 2  # messages before this one that still count


def heat(text: str) -> int:
    """How heated one message is: 0 calm, 1 annoyed, 2 and more angry.

    A word of anger counts two, a word of annoyance one, a row of exclamation or question marks one more when there is such a word.
    """
    known = words()
    for harmless in known["harmless_words"]:
        text = text.replace(harmless, "")
    strong = sum(1 for sign in known["angry_signs"] if sign in text)
    mild = sum(1 for sign in known["annoyed_signs"] if sign in text)
    if not strong and not mild:
        return 0
    shouted = any(len(found) >= int(known["shouting_marks"]) for found in _MARKS.findall(text))
    return 2 * strong + mild + (1 if shouted else 0)


def calms(text: str) -> bool:
    """Whether a message ends the anger before it: kind words and none of anger."""
    return heat(text) == 0 and any(sign in text for sign in words()["calm_signs"])


def mood(text: str, earlier: Sequence[str] = ()) -> Mood:
    """The mood of a message in the light of those before it.

    Args:
        text: what was just typed.
        earlier: the shopper's messages before it, oldest first; the last two count, and none before kind words.

    Returns:
        ``angry`` for a word of anger, for two signs of annoyance in one message, or for annoyance that goes on; ``annoyed`` for
        one sign, or for a plain message right after an angry one; else ``calm``.
    """
    now = heat(text)
    if calms(text):
        return "calm"
    before = 0
    for line in reversed(list(earlier)[-REMEMBERED:]):
        if calms(line):
            break
        before = max(before, heat(line))
    if now >= 2 or (now == 1 and before >= 1):
        return "angry"
    return "annoyed" if now == 1 or before >= 2 else "calm"
