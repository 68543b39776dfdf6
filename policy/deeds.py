"""Said = done (decisions.md 7): which deeds a text states. The words are ``policy/wordlists/deeds.yml``."""

from __future__ import annotations

import re
from functools import lru_cache

from policy.words import words

_LEAD = r"(?:已经|已)(?:(?:帮|为|给|替|向|请|和|跟|与|把|将)[^，。；：\s]{1,8}?)?"


@lru_cache(maxsize=1)
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    known = words()
    deeds = "|".join(map(re.escape, sorted(known["deed_words"], key=len, reverse=True)))
    stems, ends = "|".join(map(re.escape, known["deed_stems"])), "|".join(map(re.escape, known["deed_ends"]))
    tickets = "|".join(map(re.escape, known["ticket_words"]))
    return re.compile(rf"{_LEAD}(?:{deeds})|(?:{stems})(?:{ends})"), re.compile(rf"{_LEAD}(?:{tickets})")


def _clean(text: str) -> str:
    for phrase in words()["no_deeds"]:
        text = text.replace(phrase, "")
    return text


def stated(text: str) -> list[str]:
    """The deeds that a text states as done, as they stand in it; [] when it states none."""
    return [found.group() for found in _patterns()[0].finditer(_clean(text))]


def handed_in(text: str) -> list[str]:
    """The deeds of a text that a ticket proves (已提交, 已转给 …), as they stand in it."""
    return [found.group() for found in _patterns()[1].finditer(_clean(text))]
