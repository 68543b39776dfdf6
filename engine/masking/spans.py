"""Places in a text, how they are replaced, and two views of a text that keep its length (so that places stay right)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

_DIGITS = dict(zip("〇○零一二三四五六七八九幺壹贰叁肆伍陆柒捌玖两", "0001234567891123456789" + "2", strict=True))
# Written between or after digits without a meaning: keycaps, zero-width marks.
_NOTHING = "\ufe0f\u20e3\u200b\u200c\u200d\u2060\ufeff\u00a0\u3000"


@dataclass(frozen=True)
class Span:
    """Characters ``start`` to before ``end`` of a text and what they are (a kind of ``words.yml``)."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True)
class Masked:
    """A text after masking: ``kinds`` in order of appearance, ``hidden`` what was taken out, word for word and as bare digits."""

    text: str
    kinds: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def words() -> dict[str, Any]:
    """The lists of ``words.yml``."""
    with Path(__file__).with_name("words.yml").open(encoding="utf-8") as file:
        return dict(yaml.safe_load(file))


@lru_cache(maxsize=2)
def word_set(name: str) -> frozenset[str]:
    """A list of words.yml that is written as one text with blanks."""
    return frozenset(str(words()[name]).split())


def folded(text: str) -> str:
    """The text in ordinary width, character by character: full-width and circled digits become digits, odd blanks a blank."""
    return "".join(_fold(char) for char in text)


def digits_of(text: str) -> str:
    """``folded`` with Chinese numerals as digits too."""
    return "".join(_DIGITS.get(char, char) for char in folded(text))


@lru_cache(maxsize=4096)
def _fold(char: str) -> str:
    if char in _NOTHING:
        return " "
    plain = unicodedata.normalize("NFKC", char)
    return plain if len(plain) == 1 else char


def bare(text: str) -> str:
    """Only the digits (and a final X) of a number, in ASCII."""
    return "".join(char for char in digits_of(text).upper() if char in "0123456789X")


def apply(text: str, spans: Iterable[Span]) -> Masked:
    """Replace the spans. Of two that overlap, the masked part is both together, under the name of the longer."""
    merged: list[Span] = []
    for span in sorted(spans, key=lambda one: (one.start, -one.end)):
        if merged and span.start < merged[-1].end:
            last = merged[-1]
            kind = last.kind if last.end - last.start >= span.end - span.start else span.kind
            merged[-1] = Span(last.start, max(last.end, span.end), kind)
        else:
            merged.append(span)
    if not merged:
        return Masked(text)
    parts: list[str] = []
    hidden: list[str] = []
    place = 0
    for span in merged:
        taken = text[span.start : span.end]
        hidden += [taken, bare(taken)] if bare(taken) else [taken]
        parts += [text[place : span.start], f"[{words()['placeholders'][span.kind]}]"]
        place = span.end
    return Masked("".join([*parts, text[place:]]), tuple(span.kind for span in merged), tuple(dict.fromkeys(hidden)))
