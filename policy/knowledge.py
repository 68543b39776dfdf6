"""Which reviewed answer of a shop a question about a product gets: attributes, inheritance, dates. Pure: answers in, matches out.

An answer speaks about one attribute (pockets, drawers, …) of a product, a series or a kind; the most specific one that is
valid speaks. A question is matched by words of the attribute (``policy/wordlists/knowledge.yml``, data) and by likeness to
the answer's own reviewed questions; in doubt there is no match, and nothing is invented (decisions.md; style.md hn_35).
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from policy.validity import ALWAYS, Period
from policy.words import words

SCOPES = ("kind", "series", "product")  # from the widest to the most specific
_CLAUSES = re.compile(r"[，,。？?！!；;、~～…\s]+|还有|以及|另外|(?<=[吗嘛呢])")
# A clause that asks something, whatever particles end it; the others tell why it is asked.
_ASKS = re.compile(r"[吗嘛么呢没不否][啊呀哦哈的了]?$|没有$|[几多哪啥]|什么|怎么|咋|是否|还是|(.{1,2})[不没]\1|有没有")
_AND = re.compile(r"[和跟与]")
_A_NOT_A = re.compile(r"有没有|(.{1,2})[不没]\1")
_MARKS = re.compile(r"[\W_]+")
_NAME_PART = 4  # characters of a product's name that are a name and not a word of the question
_MOST_OF_A_CLAUSE = 2


@dataclass(frozen=True)
class Answer:
    """A reviewed answer. ``target``: a kind's word, a series' name or a product id; ``questions``: reviewed ways to ask it."""

    answer_id: str
    scope: str
    target: str
    attribute: str
    questions: tuple[str, ...]
    text: str
    source: str
    period: Period = ALWAYS


@dataclass(frozen=True)
class Match:
    """What a question asks for: an attribute (or a catalogue topic), and its answer when the shop has one that fits."""

    attribute: str
    answer: Answer | None = None


@dataclass(frozen=True)
class Attribute:
    """An attribute of ``policy/wordlists/knowledge.yml``; ``general``: a topic of the catalogue, which yields to any other."""

    key: str
    name: str
    words: tuple[str, ...]
    weak: tuple[str, ...] = ()
    topic: str | None = None
    general: bool = False


@lru_cache(maxsize=1)
def attributes() -> dict[str, Attribute]:
    """All known attributes by key: those of the word list, then the catalogue's topics."""
    listed = {
        key: Attribute(key, given["name"], tuple(given["words"]), tuple(given.get("weak", ())), given.get("topic"))
        for key, given in words()["attributes"].items()
    }
    names = words()["topic_names"]
    topics = {key: Attribute(key, names[key], tuple(signs), (), key, general=True) for key, signs in words()["product_topics"].items()}
    return {**listed, **topics}


def attribute_key(written: str) -> str:
    """The key of an attribute written in a file: its key, its Chinese name, or, when it is the shop's own, the words themselves."""
    plain = written.strip()
    by_name = {one.name: one.key for one in attributes().values()}
    return plain.lower() if plain.lower() in attributes() else by_name.get(plain, plain)


def attribute_name(key: str) -> str:
    """How an attribute or topic is spoken of."""
    known = attributes().get(key)
    return known.name if known else str(words()["topic_names"].get(key, key))


def claims_health(text: str, names: Iterable[str] = ()) -> bool:
    """Whether health, efficacy or safety is spoken of: nobody may claim it without a report (decisions.md 8, hn_35).

    A product's own name, or four characters of it, claims nothing.
    """
    plain = _without_names(_plain(text), names)
    return any(sign in plain for section in ("health_signs", "efficacy_signs") for sign in words()[section])


def overlapping(answers: Sequence[tuple[Hashable, Period]]) -> list[tuple[int, int]]:
    """(place, place of an earlier one) of answers that would speak at the same time as an earlier one about the same.

    ``answers``: (what it is about: scope, target, attribute; when it is valid). An everyday answer and a dated one never collide.
    """
    found: list[tuple[int, int]] = []
    before: dict[Hashable, list[tuple[int, Period]]] = {}
    for place, (about, mine) in enumerate(answers):
        group = before.setdefault(about, [])
        found += [(place, earlier) for earlier, theirs in group if mine.always == theirs.always and mine.meets(theirs)][:1]
        group.append((place, mine))
    return found


def speaking(answers: Iterable[Answer], now: datetime) -> dict[str, Answer]:
    """The answer of each attribute that speaks at ``now`` (aware): product before series before kind, dated before everyday."""
    found: dict[str, Answer] = {}
    ranked = sorted(answers, key=lambda one: (SCOPES.index(one.scope), not one.period.always, one.answer_id))
    for one in ranked:
        if one.period.covers(now):
            found[one.attribute] = one
    return found


def asked(text: str, answers: Mapping[str, Answer], names: Sequence[str] = ()) -> tuple[Match, ...]:
    """What a question asks for, in its order, each once; empty when nothing is recognised.

    ``answers``: those that speak for the product (``speaking``); ``names``: the product's own, which are no words of the question.
    """
    plain = _without_names(_plain(text), names)
    clauses = [(part, _in_clause(part, answers)) for part in _CLAUSES.split(plain) if part]
    asking = any(matches and _ASKS.search(part) for part, matches in clauses)
    found: dict[str, Match] = {}
    for part, matches in clauses:
        for match in matches if not asking or _ASKS.search(part) else []:
            if match.attribute not in found or found[match.attribute].answer is None:
                found[match.attribute] = match
    if not found:
        whole = _near(plain, answers)
        found = {whole: _match(whole, plain, answers)} if whole else {}
    return tuple(found.values())


def asks(text: str) -> bool:
    """Whether a message asks something, whatever particles end it."""
    return any(_ASKS.search(part) for part in _CLAUSES.split(_plain(text)) if part)


def word_around(part: str, text: str) -> str | None:
    """The attribute one of whose words stands in ``text`` and holds ``part`` (a product's name inside "quilt cover")."""
    plain, inner = _plain(text), _plain(part)
    return next((one.key for one in attributes().values() if any(inner in sign and sign in plain for sign in one.words)), None)


def says_nothing_else(text: str, names: Sequence[str] = ()) -> bool:
    """Whether a message asks for the product as a whole, or says no more than its name."""
    plain = _without_names(_plain(text), names)
    return any(sign in plain for sign in words()["overview_signs"]) or len(_core(plain)) < 2


def _in_clause(clause: str, answers: Mapping[str, Answer]) -> list[Match]:
    best, score, lead = _likest(clause, answers)
    limits = words()["question_likeness"]
    if best is not None and score >= limits["sure"]:
        return [_match(best, clause, answers)]
    named = _named(clause, answers)
    specific = [key for key in named if not _is_general(key)]
    if not specific and best is not None and score >= limits["near"] and lead >= limits["margin"]:
        topic = attributes()[best].topic if best in attributes() else None
        if not named or topic in named or best in named:
            return [_match(best, clause, answers)]
    # What a clause comes to is what it asks: "does the wardrobe's door have a mirror" asks for the mirror.
    focus = specific if _AND.search(clause) else specific[-1:]
    return [_match(key, clause, answers) for key in (focus or named)[:_MOST_OF_A_CLAUSE]]


def _is_general(key: str) -> bool:
    known = attributes().get(key)
    return known is not None and known.general


def _named(clause: str, answers: Mapping[str, Answer]) -> list[str]:
    """Attributes whose words stand in the clause; a word inside a longer one of another attribute does not count."""
    hits: list[tuple[int, int, str]] = []
    weak: list[tuple[int, int, str]] = []
    own = [Attribute(key, key, (key.lower(),)) for key in answers if key not in attributes()]
    for one in [*attributes().values(), *own]:
        hits += [(place, place + len(sign), one.key) for sign in one.words for place in _places(clause, sign.lower())]
        weak += [(place, place + len(sign), one.key) for sign in one.weak for place in _places(clause, sign)]
    hits = hits if any(not _is_general(key) for *_, key in hits) else [*hits, *weak]
    kept = [hit for hit in hits if not any(_beats(other, hit) for other in hits)]
    # Topics of the catalogue keep the order of their list, as they always had; attributes are told as they were asked.
    order = list(attributes())
    kept.sort(key=lambda hit: (order.index(hit[2]),) if _is_general(hit[2]) else (hit[0],))
    return list(dict.fromkeys(key for *_, key in kept))


def _beats(one: tuple[int, int, str], other: tuple[int, int, str]) -> bool:
    """Whether a hit takes the place of an overlapping one of another attribute: the longer around it, the earlier, the less general."""
    (start, end, key), (begin, stop, rival) = one, other
    if key == rival or end <= begin or stop <= start:
        return False
    if _is_general(key) != _is_general(rival):
        return _is_general(rival)
    if start <= begin and stop <= end:
        return end - start > stop - begin
    return start < begin and end < stop


def _places(clause: str, sign: str) -> list[int]:
    # Not re: a thousand words would compile a thousand patterns for every clause, more than its cache keeps.
    places: list[int] = []
    place = clause.find(sign)
    while place >= 0:
        places.append(place)
        place = clause.find(sign, place + max(1, len(sign)))
    return places


def _match(key: str, clause: str, answers: Mapping[str, Answer]) -> Match:
    answer = answers.get(key)
    # A question for a number is not answered by a text that has none of its kind.
    asks = next((one for one in words()["number_questions"] if any(sign in clause for sign in one["words"])), None)
    if answer is not None and asks is not None and not re.search(asks["needs"], answer.text.lower()):
        answer = None
    return Match(key, answer)


def _near(text: str, answers: Mapping[str, Answer]) -> str | None:
    best, score, lead = _likest(text, answers)
    limits = words()["question_likeness"]
    return best if best is not None and score >= limits["near"] and lead >= limits["margin"] else None


def _likest(text: str, answers: Mapping[str, Answer]) -> tuple[str | None, float, float]:
    """(attribute of the likest reviewed question, its likeness 0–1, its lead over the next attribute)."""
    grams = _grams(text)
    scores = {key: max((_dice(grams, _grams(asks)) for asks in one.questions), default=0.0) for key, one in answers.items()}
    if not scores:
        return None, 0.0, 0.0
    best, *rest = sorted(scores, key=lambda key: -scores[key])
    return best, scores[best], scores[best] - (scores[rest[0]] if rest else 0.0)


@lru_cache(maxsize=4096)
def _grams(text: str) -> Counter[str]:
    """Characters and pairs of characters (which count twice) of what a question says beside its fillers."""
    core = _core(_plain(text))
    pairs = [core[at : at + 2] for at in range(len(core) - 1)]
    return Counter([*core, *pairs, *pairs])


def _dice(one: Counter[str], other: Counter[str]) -> float:
    whole = one.total() + other.total()
    return 2 * (one & other).total() / whole if whole else 0.0


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()


def _core(plain: str) -> str:
    """A question without A-not-A doubling, fillers and marks."""
    left = _A_NOT_A.sub(lambda found: found[1] or "有", plain)
    for filler in sorted(words()["question_fillers"], key=len, reverse=True):
        left = left.replace(filler, "")
    return _MARKS.sub("", left)


def _without_names(plain: str, names: Iterable[str]) -> str:
    for name in map(_plain, names):
        for length in range(len(name), min(_NAME_PART, len(name)) - 1, -1):
            for place in range(len(name) - length + 1):
                plain = plain.replace(name[place : place + length], "")
    return plain
