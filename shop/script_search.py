"""Scripts found while somebody types: by short code, by words of title or text, by pinyin initials. Pure.

What is compared is made once for each script (``Entry``); a search reads every entry and takes a few microseconds for each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Why = Literal["code", "content", "pinyin"]

VALUE = re.compile(r"\{(\w{1,24})\}")
_CLAUSE = re.compile(r"[。！？!?；;，,\n]+")
_NO_WORD = re.compile(r"[^\w]+|_+")
# A slash begins a short code at the start or after anything but a letter, digit or another slash (https://…, 1/2).
_CODE = re.compile(r"(?:^|[^a-z0-9:/.])/([^\s/{}]{0,20})$")
_LETTERS = re.compile(r"(?:^|[^a-z0-9/.:@])([a-z]{2,20})$")
# Shops' words that no dictionary of phrases has, and whose characters alone are read otherwise.
_SHOP_PHRASES = {
    **{f"长{second}": [["cháng"], [sound]] for second, sound in (("裙", "qún"), ("裤", "kù"), ("款", "kuǎn"))},
    **{f"重{second}": [["chóng"], [sound]] for second, sound in (("发", "fā"), ("寄", "jì"), ("下", "xià"), ("补", "bǔ"))},
}
# A single character would find half the library; so much of a clause's pairs of characters must be in a text that is not the same.
SHORTEST = 2
ALIKE = 0.6
# What a place in the ranking means: the code itself, its beginning, words, initials, much of the same words.
_WHY: dict[int, Why] = {0: "code", 1: "code", 2: "content", 3: "pinyin", 4: "content"}
_Place = tuple[int, int] | None


@dataclass(frozen=True)
class Entry:
    """A script as it is searched; make it with ``entry``. ``uses``: how often it was sent or copied."""

    id: str
    own: bool
    code: str
    title: str
    text: str
    letters: tuple[str, ...]
    pairs: frozenset[str]
    uses: int


@dataclass(frozen=True)
class Found:
    """A script that fits, and by what."""

    id: str
    why: Why


def plain(text: str) -> str:
    """A text without blanks, punctuation and capitals, as it is compared."""
    return _NO_WORD.sub("", text.casefold())


def initials(text: str) -> str:
    """The pinyin initials of a text (请稍等 → qsd); letters and digits stay, {values} and the rest go."""
    from pypinyin import Style, lazy_pinyin

    _know_phrases()
    spoken = lazy_pinyin(VALUE.sub(" ", text), style=Style.FIRST_LETTER)
    return "".join(character for part in spoken for character in part.casefold() if character.isascii() and character.isalnum())


@lru_cache(maxsize=1)
def _know_phrases() -> None:
    """Loading the phrases takes a moment and some memory: only who writes a script waits for it, and once."""
    from pypinyin import load_phrases_dict

    load_phrases_dict(_SHOP_PHRASES)


def entry(script_id: str, title: str, text: str, *, own: bool, code: str | None, letters: str, uses: int) -> Entry:
    """What of a script is searched. ``letters``: the initials of title and text, a line each."""
    body = plain(VALUE.sub(" ", text))
    head = plain(title)
    return Entry(script_id, own, (code or "").casefold(), head, body, tuple(letters.split("\n")), frozenset(_pairs(head + body)), uses)


def find(entries: Iterable[Entry], typed: str, most: int) -> list[Found]:
    """The scripts for what has been typed, the best first: the code that was meant, then what contains the words, then the initials.

    Within each kind the most used come first, one's own before the shop's. ``typed`` is a draft or its end; only its last clause counts,
    after a slash only the code (and what its letters may stand for). A slash alone lists what has a code.
    """
    draft = typed.casefold().rstrip()
    code = _CODE.search(draft)
    score: Callable[[Entry], _Place]
    if code:
        score = _ByCode(code[1])
    else:
        clause = next((part for part in reversed(_CLAUSE.split(draft)) if part.strip()), "")
        letters = _LETTERS.search(draft)
        score = _ByWords(clause, letters[1] if letters else "")
    ranked = [(place, each) for each in entries if (place := score(each)) is not None]
    ranked.sort(key=lambda pair: (pair[0][0], -pair[1].uses, pair[0][1], not pair[1].own, pair[1].title, pair[1].id))
    return [Found(each.id, _WHY[place[0]]) for place, each in ranked[:most]]


class _ByCode:
    def __init__(self, code: str) -> None:
        self._code = code
        self._letters = code if code.isascii() and code.isalpha() and len(code) >= SHORTEST else ""

    def __call__(self, one: Entry) -> _Place:
        if one.code and one.code == self._code:
            return 0, 0
        if one.code and one.code.startswith(self._code):
            return 1, len(one.code)
        if self._letters and (place := _initials(one, self._letters)) is not None:
            return 3, place
        if len(self._code) >= SHORTEST and self._code in one.title:
            return 2, 0
        return None


class _ByWords:
    def __init__(self, clause: str, letters: str) -> None:
        self._words = [word for word in (plain(part) for part in clause.split()) if word]
        self._clause = plain(clause)
        self._letters = letters
        self._pairs = _pairs(self._clause)

    def __call__(self, one: Entry) -> _Place:
        if one.code and one.code == self._letters:
            return 0, 0
        if len(self._clause) >= SHORTEST:
            if self._clause in one.title:
                return 2, 0
            if self._clause in one.text:
                return 2, 1
            if len(self._words) > 1 and all(word in one.title or word in one.text for word in self._words):
                return 2, 2
        if self._letters and (place := _initials(one, self._letters)) is not None:
            return 3, place
        if len(self._pairs) >= 3 and len(self._pairs & one.pairs) >= ALIKE * len(self._pairs):
            return 4, 0
        return None


def _initials(one: Entry, letters: str) -> int | None:
    """How well letters fit: a title's or text's beginning, else in the title, else (four and more) anywhere in the text."""
    title, text = (*one.letters, "", "")[:2]
    if title.startswith(letters) or text.startswith(letters):
        return 0
    if letters in title:
        return 1
    return 2 if len(letters) >= 4 and letters in text else None


def _pairs(text: str) -> set[str]:
    return {text[at : at + 2] for at in range(len(text) - 1)}
