"""A message typed in pinyin without tones, read as the words it stands for (`engine/nlu/data/pinyin.yml`).

No input method and no language model: some three hundred words of shoppers. Only a message that consists of nothing else is
read so, and spaces may stand between syllables but not inside one; `where is my order` and `size L` stay as they are.
"""

from __future__ import annotations

import re
from functools import lru_cache

from engine.nlu.files import DataFileError, data_file

_WHOLE = re.compile(r"[a-z][a-z0-9' ]*[?!.,~ ]*")
_NUMBER = re.compile(r"[0-9]+")
# Syllables alone are as often English, a size or a sound (`me`, `women`, `banana`, `haha`): a message needs a word of two
# syllables, or as many different syllables, typed apart.
_FEWEST_APART = 3


@lru_cache(maxsize=1)
def _words() -> tuple[dict[str, tuple[str, tuple[int, ...]]], int]:
    """Joined letters → (characters, where each syllable starts), and the longest word's length.

    Raises:
        DataFileError: a word has another number of characters than of syllables.
    """
    found = {}
    for spelt, written in data_file("pinyin").items():
        syllables = list(spelt) if spelt == written else str(spelt).split()
        if len(syllables) != len(written):
            raise DataFileError(f"pinyin.yml: `{spelt}` has {len(syllables)} syllables and {written} has {len(written)} characters")
        starts, place = [], 0
        for syllable in syllables:
            starts.append(place)
            place += len(syllable)
        found["".join(syllables)] = (str(written), tuple(starts))
    return found, max(map(len, found))


def read(text: str) -> list[tuple[str, int]] | None:
    """Characters meant by a pinyin message, each with the place in `text` where its syllable starts; None when it is none.

    Args:
        text: normalised, so in lower case; marks may follow the last syllable and are kept.
    """
    if not _WHOLE.fullmatch(text):
        return None
    tail = len(text.rstrip("?!.,~ "))
    letters = [(symbol, place) for place, symbol in enumerate(text[:tail]) if symbol not in "' "]
    joined = "".join(symbol for symbol, _ in letters)
    breaks = {place for place in range(1, len(letters)) if letters[place][1] != letters[place - 1][1] + 1}
    parts = _fewest(joined, breaks)
    if parts is None or not _is_pinyin([part for _, part in parts], len(breaks) + 1):
        return None
    found: list[tuple[str, int]] = []
    for start, part in parts:
        if found and found[-1][0].isdigit() and part[0].isdigit():
            found.append((" ", letters[start][1] - 1))  # 165 110 are two numbers
        found += [(character, letters[start + offset][1]) for character, offset in zip(*_meant(part), strict=True)]
    return found + [(text[place], place) for place in range(tail, len(text))]


def _is_pinyin(parts: list[str], pieces: int) -> bool:
    """Whether words that fit are likely to be meant; `pieces`: how many the message was typed in."""
    characters = {_meant(part)[0] for part in parts if not _meant(part)[0].isascii()}
    if any(len(word) > 1 for word in characters):
        return True
    different = len(characters) + len({part for part in parts if _NUMBER.fullmatch(part)})
    return bool(characters) and different >= _FEWEST_APART and pieces >= _FEWEST_APART


def _meant(part: str) -> tuple[str, tuple[int, ...]]:
    """Characters of a word or number, and where each one's letters start in it."""
    return _words()[0].get(part) or (part, tuple(range(len(part))))


def _fewest(joined: str, breaks: set[int]) -> list[tuple[int, str]] | None:
    """(start, word) of the fewest words and numbers that make up the letters, no syllable lying across a break."""
    words, longest = _words()
    best: dict[int, list[tuple[int, str]]] = {0: []}
    reached = 0
    for end in range(1, len(joined) + 1):
        if end - reached > longest:
            return None
        for start in range(max(0, end - longest), end):
            part = joined[start:end]
            if start not in best or not (part in words or _NUMBER.fullmatch(part)):
                continue
            within = {place - start for place in breaks if start < place < end}
            if within and (part not in words or not within <= set(words[part][1])):
                continue
            if end not in best or len(best[start]) + 1 < len(best[end]):
                best[end] = [*best[start], (start, part)]
                reached = end
    return best.get(len(joined))
