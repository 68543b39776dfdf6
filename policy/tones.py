"""One answer in other tones: 您, 亲 (only where the shop wants it, before buying), and for somebody who is upset. Pure.

The content never changes: only the address, laughter, faces and marks do (``policy/wordlists/tones.yml``). Sources: style.md ad_01,
ad_03, §2 and §5.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from policy.mood import Mood
from policy.wording import Finding, check
from policy.wording.rules import settings
from policy.wording.shape import EMOJI
from policy.words import words

Tone = Literal["nin", "qin", "calm"]
TONES: tuple[Tone, ...] = ("calm", "nin", "qin")
# Why 亲 is not offered: the shop has not turned it on, the matter is a grave one, or the shopper is upset.
Refusal = Literal["off", "grave", "mood"]


@lru_cache(maxsize=1)
def _changes() -> dict[str, tuple[tuple[re.Pattern[str], str], ...]]:
    return {tone: tuple((re.compile(str(old)), str(new)) for old, new in pairs) for tone, pairs in words()["tones"].items()}


def in_tone(text: str, tone: Tone) -> str:
    """The text in that tone; without faces for somebody upset. Whether the tone may be used is :func:`refusal`'s to say."""
    said = EMOJI.sub("", text) if tone == "calm" else text
    steps: tuple[Tone, ...] = ("nin", "calm") if tone == "calm" else (tone,)
    for step in steps:
        for old, new in _changes()[step]:
            said = old.sub(new, said)
    return said.strip()


def refusal(text: str, *, address: str, topic: str | None, mood: Mood) -> Refusal | None:
    """Why the text may not be said with 亲 (ad_03); None when it may.

    Args:
        text: the answer.
        address: the shop's address style, ``nin`` or ``qin``.
        topic: a file stem of data/responses; only one before buying is free of gravity, an unknown one is none.
        mood: of the shopper.
    """
    if address != "qin":
        return "off"
    if mood != "calm":
        return "mood"
    if topic not in settings()["presale_topics"] or any(word in text for word in words()["grave_words"]):
        return "grave"
    return None


def worse(text: str, than: str, *, address: str, topic: str | None) -> list[Finding]:
    """What the wording check asks about in ``text`` and not in ``than``."""
    known = {(one.rule, one.found) for one in check(than, address=address, topic=topic)}
    found = check(text, address=address, topic=topic)
    return [one for one in found if one.severity != "hint" and (one.rule, one.found) not in known]
