"""How like two messages are: by the pairs of letters they share. For doubles while somebody types, and for parting an intent's examples."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock

from studio.nlu import Example, Examples, examples, same
from studio.workspace import Workspace

# From this share of common pairs on (Dice) two messages say nearly the same; chosen on data/nlu: 我要退货/我想要退货 yes, 退货/退款 no.
NEAR = 0.7
MOST_GROUPS = 8
_ROUNDS = 12
# Sounds at the end that change nothing of the wish.
_PARTICLES = "啊呀呢哦噢嘛吧啦哈呐"


@dataclass(frozen=True)
class Near:
    """Two examples that say nearly the same; ``share`` of common pairs, 1.0: the same text."""

    one: Example
    other: Example
    share: float


@dataclass(frozen=True)
class Group:
    """Examples that belong together; ``words``: the pieces of text they share and the others do not."""

    words: tuple[str, ...]
    examples: tuple[Example, ...]


@lru_cache(maxsize=65536)
def pairs(text: str) -> frozenset[str]:
    """The pairs of letters by which a message is compared, its beginning and its end among them."""
    bare = same(text)
    short = f"^{bare.rstrip(_PARTICLES) or bare}$"
    return frozenset(short[at : at + 2] for at in range(len(short) - 1))


def share(one: frozenset[str], other: frozenset[str]) -> float:
    """Dice's measure: twice what is common by what both have."""
    return 2 * len(one & other) / (len(one) + len(other)) if one or other else 0.0


class Doubles:
    """The examples of a workspace by their pairs of letters. Made once for each state of the files; what did not change is taken over."""

    def __init__(self, examples: Examples, before: Doubles | None = None) -> None:
        self._examples = examples
        self._sets = {one.id: pairs(one.text) for one in examples.all}
        self._with: dict[str, list[str]] = defaultdict(list)
        for key, found in self._sets.items():
            for piece in found:
                self._with[piece].append(key)
        # Only one that was counted is of use, and none keeps another alive.
        self._before: Doubles | None = before if before is None or before._pairs is not None else before._before
        self._pairs: list[Near] | None = None

    def near(self, text: str, most: int = 8, least: float = NEAR) -> list[tuple[Example, float]]:
        """The examples most like a text, with their share, the likest first; the same text counts as 1.0."""
        wanted = pairs(text)
        # Whoever shares enough has at least one of the rarest pieces (the prefix rule of set joins).
        rare = sorted(wanted, key=lambda piece: (len(self._with.get(piece, ())), piece))
        seen = dict.fromkeys(key for piece in rare[: _prefix(len(wanted), least)] for key in self._with.get(piece, ()))
        # Without its particles a text may be another one's: those are found by their text.
        bare = same(text)
        seen |= dict.fromkeys(one.id for one in self._examples.by_same.get(bare, ()))
        scored = [(self._examples.by_id[key], self._value(bare, wanted, key)) for key in seen]
        found = [one for one in scored if one[1] >= least]
        return sorted(found, key=lambda one: (-one[1], one[0].path, one[0].line))[:most]

    def all(self) -> list[Near]:
        """Pairs of examples that say nearly the same: those of different intents first, then the likest."""
        if self._pairs is None:
            before, self._before = self._before, None
            known = before._pairs if before is not None else None
            new = self._sets.keys() - before._sets.keys() if before is not None else set()
            if before is None or known is None or len(new) > 300:
                found = self._joined()
            else:
                found = self._taken_over(known, new)
            self._pairs = sorted(
                found, key=lambda near: (near.one.intent == near.other.intent, -near.share, near.one.path, near.one.line, near.other.line)
            )
        return self._pairs

    def _taken_over(self, known: Sequence[Near], new: Iterable[str]) -> list[Near]:
        """The pairs from before that are still there, and those of what is new."""
        here = self._examples.by_id
        found = {(one.one.id, one.other.id): one.share for one in known if one.one.id in here and one.other.id in here}
        for key in new:
            for other, value in self.near(here[key].text, 50):
                if other.id != key:
                    found.setdefault((other.id, key) if (other.id, key) in found else (key, other.id), value)
        both = {tuple(sorted(ids)): value for ids, value in found.items()}
        return [self._near(one, other, value) for (one, other), value in both.items()]

    def _joined(self) -> list[Near]:
        """All pairs, by the prefix rule: from the shortest text to the longest, each asked against those before it."""
        order = {piece: (len(where), piece) for piece, where in self._with.items()}
        begun: dict[str, list[str]] = defaultdict(list)
        found = []
        for key, mine in sorted(self._sets.items(), key=lambda item: len(item[1])):
            size = len(mine)
            prefix = sorted(mine, key=order.__getitem__)[: _prefix(size, NEAR)]
            least = NEAR / (2 - NEAR) * size
            for other in {other for piece in prefix for other in begun[piece]}:
                theirs = self._sets[other]
                if len(theirs) >= least and share(mine, theirs) >= NEAR:
                    found.append(self._near(key, other, self._value(same(self._examples.by_id[key].text), mine, other)))
            for piece in prefix:
                begun[piece].append(key)
        return found

    def _value(self, bare: str, wanted: frozenset[str], key: str) -> float:
        return 1.0 if same(self._examples.by_id[key].text) == bare else min(share(wanted, self._sets[key]), 0.99)

    def _near(self, one: str, other: str, value: float) -> Near:
        first, second = sorted((self._examples.by_id[key] for key in (one, other)), key=lambda each: (each.path, each.line))
        return Near(first, second, round(value, 2))


def _prefix(size: int, least: float) -> int:
    return size - math.ceil(least / (2 - least) * size) + 1


def doubles(workspace: Workspace) -> Doubles:
    """The doubles of a workspace as it stands."""
    found = examples(workspace)
    key = str(workspace.root)
    with _lock:
        known = _known.get(key)
        if known is None or known[0] is not found:
            known = _known[key] = (found, Doubles(found, known[1] if known else None))
        return known[1]


_known: dict[str, tuple[Examples, Doubles]] = {}
_lock = Lock()


def parted(those: Sequence[Example], groups: int = 2) -> list[Group]:
    """The examples in so many groups of the likest, the largest first; the same examples always give the same groups."""
    groups = max(2, min(groups, MOST_GROUPS, len(those)))
    vectors = _vectors([one.text for one in those])
    if not vectors:
        return []
    middles = [vectors[index] for index in _first(vectors, groups)]
    at = [0] * len(vectors)
    for _ in range(_ROUNDS):
        new = [_nearest(vector, middles) for vector in vectors]
        if new == at:
            break
        at = new
        middles = [_middle([vector for vector, place in zip(vectors, at, strict=True) if place == group]) for group in range(len(middles))]
    found = []
    for group, middle in enumerate(middles):
        own = tuple(one for one, place in zip(those, at, strict=True) if place == group)
        if own:
            rest = _middle([vector for vector, place in zip(vectors, at, strict=True) if place != group])
            found.append(Group(_telling(middle, rest), own))
    return sorted(found, key=lambda one: -len(one.examples))


def _nearest(vector: dict[str, float], middles: Sequence[dict[str, float]]) -> int:
    values = [_dot(vector, middle) for middle in middles]
    return values.index(max(values))


def _vectors(texts: Sequence[str]) -> list[dict[str, float]]:
    """Each text as its pieces weighed by how rare they are, of length 1."""
    every = [pairs(text) for text in texts]
    known = Counter(piece for found in every for piece in found)
    vectors = []
    for found in every:
        vector = {piece: math.log(1 + len(texts) / known[piece]) for piece in sorted(found) if known[piece] > 1}
        vectors.append(_unit(vector))
    return vectors


def _unit(vector: dict[str, float]) -> dict[str, float]:
    length = math.sqrt(sum(value * value for value in vector.values()))
    return {piece: value / length for piece, value in vector.items()} if length else {}


def _dot(one: dict[str, float], other: dict[str, float]) -> float:
    if len(one) > len(other):
        one, other = other, one
    return sum(value * other.get(piece, 0.0) for piece, value in one.items())


def _middle(vectors: Sequence[dict[str, float]]) -> dict[str, float]:
    sums: dict[str, float] = defaultdict(float)
    for vector in vectors:
        for piece, value in vector.items():
            sums[piece] += value
    return _unit(dict(sums))


def _first(vectors: Sequence[dict[str, float]], groups: int) -> list[int]:
    """Where to begin: the text most like all others, then each time the one that is least like those chosen and still like many."""
    whole = _middle(vectors)
    central = [_dot(vector, whole) for vector in vectors]
    chosen = [max(range(len(vectors)), key=lambda index: (central[index], -index))]
    nearest = [_dot(vector, vectors[chosen[0]]) for vector in vectors]
    while len(chosen) < groups:
        index = max(range(len(vectors)), key=lambda one: (central[one] * (1 - nearest[one]), -one))
        chosen.append(index)
        nearest = [max(before, _dot(vector, vectors[index])) for before, vector in zip(nearest, vectors, strict=True)]
    return chosen


def _telling(middle: dict[str, float], rest: dict[str, float], most: int = 4) -> tuple[str, ...]:
    """The pieces that tell a group from the rest; a letter inside a longer piece says nothing more."""
    ranked = sorted(middle, key=lambda piece: (-(middle[piece] - rest.get(piece, 0.0)), piece))
    told: list[str] = []
    for piece in ranked[:24]:
        word = piece.strip("^$")
        if word and not any(word in other for other in told):
            told.append(word)
        if len(told) == most:
            break
    return tuple(told)
