"""One spelling for what shoppers type, with the way back to the original characters.

Full width becomes half width (NFKC), traditional characters simplified, letters lower case, emoji their names, runs of the
same character short, messages in pinyin characters, common typos corrected. Everything that reads a message (tokens,
features, entities) sees this text; the message itself, and so the stored talk, keeps what was typed.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from engine.nlu import pinyin
from engine.nlu.files import data_file

_SPACE = re.compile(r"\s+")
# Marks that carry no meaning: zero width characters, variation selectors, skin tones, directional marks.
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff\U0001f3fb-\U0001f3ff]")
_CJK = re.compile("[\u3400-\u9fff]")


@dataclass(frozen=True)
class Normalised:
    """A normalised text; `origin[i]` is the index in the original of normalised character `i` (one more for the end)."""

    text: str
    origin: tuple[int, ...]
    original: str

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The original's half-open range behind the normalised range `start:end`."""
        if start >= end:
            position = self.origin[start]
            return position, position
        return self.origin[start], max(self.origin[end - 1] + 1, min(self.origin[end], len(self.original)))


@lru_cache(maxsize=1)
def _simplified() -> dict[int, str]:
    """Character table traditional → simplified from opencc's own dictionary.

    Character by character keeps the alignment with the original; the phrases of opencc concern words shoppers do not use.
    """
    spec = find_spec("opencc")
    if spec is None or spec.origin is None:
        raise ImportError("opencc-python-reimplemented is missing from the engine's environment")
    path = Path(spec.origin).parent / "dictionary" / "TSCharacters.txt"
    table: dict[int, str] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        traditional, _, simplified = line.partition("\t")
        first = simplified.split(" ")[0]
        if len(traditional) == 1 and len(first) == 1:
            table[ord(traditional)] = first
    return table


@lru_cache(maxsize=1)
def _emoji() -> dict[str, str]:
    return {str(symbol): str(word) for symbol, word in data_file("emoji").items()}


@lru_cache(maxsize=1)
def _typos() -> tuple[re.Pattern[str], dict[str, str]]:
    words = {str(wrong): str(right) for wrong, right in data_file("typos").items()}
    longest_first = sorted(words, key=len, reverse=True)
    return re.compile("|".join(re.escape(word) for word in longest_first)), words


def _characters(text: str) -> list[tuple[str, int]]:
    """Each normalised character with the index it came from."""
    simplified = _simplified()
    emoji = _emoji()
    pairs: list[tuple[str, int]] = []
    for index, symbol in enumerate(text):
        if _INVISIBLE.match(symbol):
            continue
        name = emoji.get(symbol)
        if name is not None:
            pairs.extend((letter, index) for letter in name)
            continue
        if unicodedata.category(symbol) in {"So", "Sk", "Cs", "Co", "Cn"}:
            pairs.append((" ", index))
            continue
        for part in unicodedata.normalize("NFKC", symbol).lower():
            pairs.append((" " if part.isspace() or unicodedata.category(part) == "Cc" else simplified.get(ord(part), part), index))
    return pairs


def _longest_run(symbol: str) -> int | None:
    """How many equal characters in a row are kept; None leaves the run alone (digits: order numbers have many zeros)."""
    if symbol.isdigit():
        return None
    if _CJK.match(symbol):
        return 2
    if symbol.isalpha():
        return 4  # xxxl is a size
    return 1


def _squeeze(pairs: list[tuple[str, int]]) -> list[tuple[str, int]]:
    kept: list[tuple[str, int]] = []
    run = 0
    for position, (symbol, index) in enumerate(pairs):
        run = run + 1 if position and pairs[position - 1][0] == symbol else 1
        longest = _longest_run(symbol)
        if longest is None or run <= longest:
            kept.append((symbol, index))
    while kept and kept[0][0] == " ":
        kept.pop(0)
    while kept and kept[-1][0] == " ":
        kept.pop()
    return kept


def _spelt_out(pairs: list[tuple[str, int]]) -> list[tuple[str, int]]:
    meant = pinyin.read("".join(symbol for symbol, _ in pairs))
    return pairs if meant is None else [(symbol, pairs[place][1]) for symbol, place in meant]


def _correct(pairs: list[tuple[str, int]]) -> list[tuple[str, int]]:
    pattern, words = _typos()
    text = "".join(symbol for symbol, _ in pairs)
    corrected: list[tuple[str, int]] = []
    position = 0
    for match in pattern.finditer(text):
        corrected.extend(pairs[position : match.start()])
        wrong = match.group()
        for offset, letter in enumerate(words[wrong]):
            corrected.append((letter, pairs[match.start() + min(offset, len(wrong) - 1)][1]))
        position = match.end()
    corrected.extend(pairs[position:])
    return corrected


@lru_cache(maxsize=2048)
def normalise(text: str) -> Normalised:
    """Normalise one message.

    Returns:
        The normalised text with the alignment to the original; empty for a text of blanks only.
    """
    pairs = _correct(_spelt_out(_squeeze(_characters(text))))
    return Normalised(
        text="".join(symbol for symbol, _ in pairs),
        origin=(*(index for _, index in pairs), len(text)),
        original=text,
    )


def bare(text: str) -> str:
    """Normalised text without blanks and punctuation at its ends, for exact comparisons."""
    return _SPACE.sub("", normalise(text).text).strip(".,!?;:~、。…-_'\"()[]")
