"""Messages that are alike: told by the pairs of characters they share, grouped as they come, found again among many thousands.

No model: what is compared are characters and pairs of characters of the text without marks, blanks and case, and with every digit the
same, so that 「158 98斤穿什么码」 and 「165 120斤 穿什么码」 are one question. Particles and courtesies weigh little. Pure.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from itertools import pairwise

# From here on two messages are one group: of the examples in data/nlu it puts every fourth into a group, 83 of 100 of them with their like.
ALIKE = 0.4
_NO_WORD = re.compile(r"[\W_]+")
_DIGIT = re.compile(r"[0-9]+")
_LIGHT = frozenset("的了吗呢啊吧呀哦哈嘛么亲请您你我们在好就是有个这那")
_PAIR, _SINGLE, _LESS = 1.0, 0.5, 0.2


def plain(text: str) -> str:
    """The text as two messages are held to be the same: without marks, blanks and case (marks alone stay themselves)."""
    return _NO_WORD.sub("", text).lower() or text.strip()


def features(text: str) -> dict[str, float]:
    """Characters and pairs of characters of a text with what each weighs; equal for texts that differ in digits alone."""
    # A number is one sign, however long it is.
    bare = _DIGIT.sub("0", plain(text))
    found = {one: _LESS if one in _LIGHT else _SINGLE for one in bare}
    for first, second in pairwise(bare):
        light = (first in _LIGHT) + (second in _LIGHT)
        found[first + second] = _LESS if light == 2 else _PAIR
    return found


def likeness(one: dict[str, float], other: dict[str, float]) -> float:
    """How much two texts have in common, 0 to 1: the weight of what both have, of that of what either has."""
    both = sum(weight for name, weight in one.items() if name in other)
    either = sum(one.values()) + sum(other.values()) - both
    return both / either if either else 1.0


@dataclass(frozen=True)
class Near[K: Hashable]:
    """A text that was added under ``key``, and how much it is like the one that was asked for (0 to 1)."""

    key: K
    share: float


class Likeness[K: Hashable]:
    """Many texts, each under a key, asked which are like another one. Grows and shrinks one by one; not safe between threads."""

    def __init__(self, texts: Iterable[tuple[K, str]] = ()) -> None:
        self._weights: dict[K, float] = {}
        self._names: dict[K, tuple[str, ...]] = {}
        self._where: dict[str, dict[K, None]] = defaultdict(dict)
        for key, text in texts:
            self.add(key, text)

    def __len__(self) -> int:
        return len(self._weights)

    def __contains__(self, key: object) -> bool:
        return key in self._weights

    def add(self, key: K, text: str) -> None:
        """Add a text; an older one under the same key goes."""
        self.remove(key)
        found = features(text)
        self._weights[key] = sum(found.values())
        self._names[key] = tuple(found)
        for name in found:
            self._where[name][key] = None

    def remove(self, key: K) -> None:
        """Forget what is under a key, if anything is."""
        if self._weights.pop(key, None) is None:
            return
        for name in self._names.pop(key):
            keys = self._where[name]
            del keys[key]
            if not keys:
                del self._where[name]

    def near(self, text: str, at_least: float = ALIKE, most: int = 5) -> list[Near[K]]:
        """Texts that are at least so much like this one, the most alike first, then in the order they were added."""
        asked = features(text)
        total = sum(asked.values())
        if not total:
            return []
        # Rare signs first: once what is left weighs too little to reach ``at_least``, a text not met yet cannot reach it either.
        order = sorted(asked, key=lambda name: len(self._where.get(name, ())))
        both: dict[K, float] = {}
        left = total
        for name in order:
            weight = asked[name]
            keys = self._where.get(name, ())
            if left >= at_least * total:
                for key in keys:
                    both[key] = both.get(key, 0.0) + weight
            elif len(keys) < len(both):
                for key in keys:
                    if key in both:
                        both[key] += weight
            else:
                for key in both:
                    if key in keys:
                        both[key] += weight
            left -= weight
        found = [Near(key, round(shared / (total + self._weights[key] - shared), 4)) for key, shared in both.items()]
        return sorted((one for one in found if one.share >= at_least), key=lambda one: -one.share)[:most]


def groups(texts: Iterable[str], at_least: float = ALIKE) -> list[list[int]]:
    """Places of texts by likeness, each group begun by the first of its kind; the largest group first."""
    leaders: Likeness[int] = Likeness()
    found: dict[int, list[int]] = {}
    for place, text in enumerate(texts):
        near = leaders.near(text, at_least, 1)
        if near:
            found[near[0].key].append(place)
        else:
            leaders.add(place, text)
            found[place] = [place]
    return sorted(found.values(), key=lambda places: -len(places))
