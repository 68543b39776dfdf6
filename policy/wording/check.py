"""``check``: every finding of the rules in a text. Pure; the same text and arguments give the same findings."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache

from policy.wording.learn import judge
from policy.wording.normal import Normal, normalise
from policy.wording.rules import SEVERITIES, Finding, Rule, rules, settings
from policy.wording.shape import BUBBLE, HAN, SHAPES, Place

PROFILES = ("own_site", "platform_chat")
ADDRESSES = ("nin", "qin")
SENTENCE_END = "。!?;\n"
SENTENCE = re.compile(r"[^。！!？?；;\n]+[。！!？?；;\n]*")
VARIABLE = re.compile(r"\{(\w+)\}")
NUMBER = re.compile(r"\d+(?:\.\d+)?|[零一二两三四五六七八九十百千]+(?=[件套条个双单批床把台份席位年月天折元块])")
FIGURES = {mark: str(value) for value, mark in enumerate("零一二三四五六七八九十")} | {"两": "2"}
# A denial counts when it stands at most this many characters before what it denies.
DENIAL_REACH = 10


def check(
    text: str, *, profile: str = "own_site", topic: str | None = None, address: str = "nin", backed: Collection[str] = ()
) -> list[Finding]:
    """Everything wrong with ``text``, the gravest first, then by position.

    Args:
        text: what would be said; a blank line separates bubbles, ``{name}`` stands for a value out of the shop's data.
        profile: ``own_site``, or ``platform_chat`` (a marketplace's own chat: no links, numbers, WeChat, transfers).
        topic: a file stem of data/responses; complaints and returns are graver, ``qin`` needs a pre-sale one.
        address: the shop's address style, ``nin`` or ``qin``.
        backed: values out of data that the text states (``"3"``, ``"11月25日"``); a claim whose every number is among them is a fact.

    Raises:
        ValueError: names the unknown profile or address and the allowed ones.
    """
    for name, value, allowed in (("profile", profile, PROFILES), ("address", address, ADDRESSES)):
        if value not in allowed:
            raise ValueError(f"unknown {name} {value!r}; allowed: {', '.join(allowed)}")
    normal = normalise(text)
    facts = {FIGURES.get(value, value) for value in map(str, backed)}
    found: list[Finding] = []
    for rule in rules():
        if profile not in rule.profiles or (rule.topics and topic not in rule.topics):
            continue
        spans = _shaped(rule, text, Place(topic, address), facts) if rule.shape else _matched(rule, normal, facts)
        found += [rule.finding(span, text[slice(*span)]) for span in _longest(spans)]
    found += _sounding(text, {one.family for one in found if one.severity != "hint"})
    return sorted(found, key=lambda one: (SEVERITIES.index(one.severity), one.span, one.rule))


def blocks(findings: Iterable[Finding]) -> bool:
    """Whether any of the findings forbids sending."""
    return any(one.severity == "block" for one in findings)


def _matched(rule: Rule, normal: Normal, facts: set[str]) -> Iterator[tuple[int, int]]:
    for pattern in rule.patterns:
        for found in pattern.finditer(normal.text):
            if found.start() == found.end():
                continue
            first, last = _sentence(normal.text, found.start(), found.end())
            sentence = normal.text[first:last]
            if rule.unless and rule.unless.search(sentence):
                continue
            if rule.free_after and _denied(rule.free_after, normal.text, first, found.start()):
                continue
            if _backed(rule, sentence, found.group(), facts):
                continue
            yield normal.span(found.start(), found.end())


def _sounding(text: str, known: set[str]) -> Iterator[Finding]:
    """What the learned part asks about, except families that the rules found anyway."""
    for start, end in _pieces(text):
        piece = text[start:end]
        if len(HAN.findall(piece)) < settings()["sounds_shortest"]:
            continue
        chance, families = judge(piece)
        if chance < settings()["sounds_from"]:
            continue
        values = set(VARIABLE.findall(piece))
        for family in families:
            if family not in known and not values & _backing(family):
                rule = _spoken_for()[family]
                yield replace(rule.finding((start, end), piece), severity="ask", family=family, sounds=True, put=None)


@lru_cache(maxsize=1)
def _spoken_for() -> dict[str, Rule]:
    """The rule that speaks for each family of the learned part."""
    return {family: next(rule for rule in rules() if rule.id == rule_id) for family, rule_id in settings()["sounds_like"].items()}


@lru_cache(maxsize=32)
def _backing(family: str) -> frozenset[str]:
    """Variables that make a sentence of that family a fact."""
    return frozenset(name for rule in rules() if rule.family == family for name in rule.backed_by)


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """Bubbles, and the sentences of long ones: what is judged at once."""
    for bubble in BUBBLE.finditer(text):
        if len(bubble.group()) <= settings()["sounds_longest"]:
            yield bubble.span()
        else:
            yield from ((bubble.start() + one.start(), bubble.start() + one.end()) for one in SENTENCE.finditer(bubble.group()))


def _shaped(rule: Rule, text: str, place: Place, facts: set[str]) -> Iterator[tuple[int, int]]:
    assert rule.shape is not None  # the caller asks only for such rules
    for start, end in SHAPES[rule.shape](text, place):
        if not (rule.backed and text[start:end].strip() in facts):
            yield (start, end)


def _sentence(text: str, start: int, end: int) -> tuple[int, int]:
    first = max((text.rfind(mark, 0, start) for mark in SENTENCE_END), default=-1) + 1
    ends = [place for mark in SENTENCE_END if (place := text.find(mark, end)) >= 0]
    return first, min(ends, default=len(text))


def _denied(denial: re.Pattern[str], text: str, first: int, start: int) -> bool:
    """A denial in the same clause or the one before, close enough to be meant for the match."""
    return denial.search(text, max(first, start - DENIAL_REACH), start) is not None


def _backed(rule: Rule, sentence: str, found: str, facts: set[str]) -> bool:
    if set(VARIABLE.findall(sentence)) & set(rule.backed_by):
        return True
    if not (rule.backed and facts):
        return False
    if any(fact in found for fact in facts if len(fact) > 2):
        return True
    numbers = {FIGURES.get(number, number) for number in NUMBER.findall(found)}
    return bool(numbers) and numbers <= facts


def _longest(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans without those that lie in or overlap a longer one."""
    kept: list[tuple[int, int]] = []
    for span in sorted(set(spans), key=lambda one: (one[0] - one[1], one)):
        if all(span[1] <= other[0] or span[0] >= other[1] for other in kept):
            kept.append(span)
    return sorted(kept)
