"""A text as the rules read it: one spelling for the many ways to write, with the way back to the original positions.

Full-width forms, traditional characters, lookalikes and letters in place of characters (``lists/lookalikes.yml``) become plain;
spaces, invisible characters and marks inside words go away. Commas and full stops stay, they end clauses; only where they
cut single characters apart (最，低，价) they go too.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

LISTS = Path(__file__).with_name("lists")
HAN = "\u3400-\u9fff"
# Marks that nobody needs between two Chinese characters.
JOINERS = re.compile(rf"(?<=[{HAN}])[ \t\u3000·・•.*_\-~～|/\\+^=`'\"丨]+(?=[{HAN}])")
# Three or more single characters, each cut off by the same kind of mark.
CUT_APART = re.compile(rf"(?<![{HAN}])[{HAN}](?:[,、。./\\|&#@]+[{HAN}]){{2,}}(?![{HAN}])")
INVISIBLE = ("Cf", "Mn", "Me", "Cc")


@dataclass(frozen=True)
class Normal:
    """``text`` is the plain spelling; character i of it stands for ``original[starts[i]:ends[i]]``."""

    original: str
    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The original's span of a span of the plain text (characters, end exclusive)."""
        if start >= end:
            return (0, 0)
        return (self.starts[start], max(self.ends[start:end]))


@lru_cache(maxsize=1)
def _spellings() -> tuple[dict[str, str], tuple[tuple[re.Pattern[str], str], ...]]:
    loaded = yaml.safe_load((LISTS / "lookalikes.yml").read_text("utf-8"))
    characters = {wrong: right for pair in loaded["characters"].split() for wrong, right in [(pair[0], pair[1])]}
    words = tuple((re.compile(str(pattern)), str(plain)) for plain, patterns in loaded["words"].items() for pattern in patterns)
    return characters, words


@lru_cache(maxsize=4096)
def normalise(text: str) -> Normal:
    """The plain spelling of ``text`` and the way back."""
    characters, words = _spellings()
    pieces: list[tuple[str, int, int]] = []
    for position, character in enumerate(text):
        if unicodedata.category(character) in INVISIBLE and character not in "\n\t":
            continue
        for plain in unicodedata.normalize("NFKC", character).lower():
            pieces.append((characters.get(plain, plain), position, position + 1))
    pieces = _without(pieces, JOINERS)
    joined = "".join(piece[0] for piece in pieces)
    for found in reversed(list(CUT_APART.finditer(joined))):
        kept = [piece for piece in pieces[found.start() : found.end()] if re.match(rf"[{HAN}]", piece[0])]
        pieces[found.start() : found.end()] = kept
    pieces = [("!", *piece[1:]) if piece[0] == "~" and not _between_digits(pieces, at) else piece for at, piece in enumerate(pieces)]
    joined = "".join(piece[0] for piece in pieces)
    for pattern, plain in words:
        if pattern.search(joined):
            pieces = _replaced(pieces, joined, pattern, plain)
            joined = "".join(piece[0] for piece in pieces)
    return Normal(text, joined, tuple(p[1] for p in pieces), tuple(p[2] for p in pieces))


def _between_digits(pieces: list[tuple[str, int, int]], at: int) -> bool:
    """Whether the wave mark at that place means a range (3~5); elsewhere it ends a sentence like an exclamation mark."""
    return 0 < at < len(pieces) - 1 and pieces[at - 1][0].isdigit() and pieces[at + 1][0].isdigit()


def _without(pieces: list[tuple[str, int, int]], pattern: re.Pattern[str]) -> list[tuple[str, int, int]]:
    joined = "".join(piece[0] for piece in pieces)
    for found in reversed(list(pattern.finditer(joined))):
        del pieces[found.start() : found.end()]
    return pieces


def _replaced(pieces: list[tuple[str, int, int]], joined: str, pattern: re.Pattern[str], plain: str) -> list[tuple[str, int, int]]:
    for found in reversed(list(pattern.finditer(joined))):
        start, end = pieces[found.start()][1], pieces[found.end() - 1][2]
        pieces[found.start() : found.end()] = [(character, start, end) for character in plain]
    return pieces
