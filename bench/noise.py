"""Deterministic noise on texts: messages that nobody has sent before, and more examples without writing any.

The noise is a typist's: a filler syllable, two characters swapped, one dropped or doubled with another between. Each text is
given out once, and each of its clauses is new as well, so that no cache of whole texts or of clauses can know it.
"""

from __future__ import annotations

import random
import re

# Filler that is said anywhere and carries no wish; never a word that a rule of ours reads alone.
FILLERS = "那个 的话 其实 就是 呀 嘛 哈 哦 呢 啦 都 也 还 再 先 是说 我说 这边 现在 反正".split()
_CLAUSE = re.compile(r"([，。？！,.?!\s]+)")
TRIES = 200


class Noise:
    """A source of unseen texts; the same seed gives the same texts in the same order."""

    def __init__(self, seed: int) -> None:
        # Wording is no secret: the same seed must give the same texts everywhere.
        self._random = random.Random(seed)
        self._given: set[str] = set()

    def knows(self, text: str) -> None:
        """This text counts as seen from now on."""
        self._given.add(text)

    def unseen(self, text: str) -> str:
        """The text as nobody has typed it yet: each clause changed, and different from all that was given out before."""
        parts = _CLAUSE.split(text)
        return "".join(self._fresh(part) if place % 2 == 0 and part else part for place, part in enumerate(parts))

    def _fresh(self, clause: str) -> str:
        self._given.add(clause)
        changed = clause
        for attempt in range(TRIES):
            # Harder each time: a short clause has few neighbours, and a long bench uses them up.
            changed = clause
            for _ in range(1 + attempt // 20):
                changed = self._once(changed)
            if changed not in self._given:
                break
        else:
            raise ValueError(f"no unseen form of {clause!r} was found")
        self._given.add(changed)
        return changed

    def _once(self, clause: str) -> str:
        place = self._random.randrange(len(clause) + 1)
        kind = self._random.random()
        swappable = 0 < place < len(clause) and _is_word(clause[place - 1]) and _is_word(clause[place])
        if kind < 0.25 and len(clause) > 4 and swappable:
            return clause[: place - 1] + clause[place] + clause[place - 1] + clause[place + 1 :]
        if kind < 0.35 and len(clause) > 6 and place < len(clause) and _is_word(clause[place]):
            return clause[:place] + clause[place + 1 :]
        # Never inside a number: an order number with a hole would be another message.
        while 0 < place < len(clause) and clause[place - 1].isascii() and clause[place].isascii():
            place += 1
        return clause[:place] + self._random.choice(FILLERS) + clause[place:]


def _is_word(char: str) -> bool:
    """A character that may be lost or swapped without making another number or code of it."""
    return char.isalpha() and not char.isascii()
