"""What holds for every talk, whatever it is about."""

from __future__ import annotations

import re
from itertools import pairwise

from tests.dialogue.talk import Talk

_HOLES = re.compile(r"[{}]|\bNone\b|\bnull\b|\bnan\b|undefined")

_EMPTY = re.compile(r"「\s*」|（\s*）|\(\s*\)|《\s*》|\[\s*\]|【\s*】")


def holes(text: str) -> bool:
    """Whether a bubble shows a place that was not filled: a brace, `None`, an empty pair of brackets."""
    return bool(_HOLES.search(text) or _EMPTY.search(text))


def answered(talk: Talk) -> None:
    """The last turn was answered: at least one bubble, none empty, none with a hole in it."""
    assert talk.texts, talk.transcript
    for text in talk.texts:
        assert text.strip(), talk.transcript
        assert not holes(text), talk.transcript


def never_twice_running(talk: Talk) -> None:
    """No turn's answer repeats the answer before it word for word."""
    turns: list[list[str]] = []
    for message in talk.history():
        if message["from"] == "shopper":
            turns.append([])
        elif turns:
            turns[-1].append(str(message["text"]))
    answers = [tuple(one) for one in turns if one]
    assert all(first != second for first, second in pairwise(answers)), talk.transcript
