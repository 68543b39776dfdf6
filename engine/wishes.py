"""Two wishes in one message: which clauses are wishes of their own, in which order they are answered, what waits.

「连衣裙什么时候发货，另外沙发套怎么洗」 is two wishes, 「裙子破了，我要退货」 is one. Cut only where each part alone is a sure wish of
another group (engine/nlu/data/wishes.yml); everything else stays one message. A message is at most two wishes.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from engine.nlu.files import DataFileError, data_file
from engine.nlu.meanings import tells_severity
from engine.nlu.normalise import normalise

_BREAK = re.compile(r"[，,。．.!！?？；;\s]+")
# A ticket's number alone wishes nothing: it belongs to what is asked about it.
_TICKET = re.compile(r"[Tt]\d{8}-?\d{4}(?!\d)")
SHORTEST_MESSAGE = 8  # characters; below, nobody says two things
MOST_CLAUSES = 8
Parse = dict[str, Any]
Parser = Callable[[str], Awaitable[Parse]]


@dataclass(frozen=True)
class Rules:
    """`wishes.yml`, checked."""

    group: Mapping[str, str]
    rank: Mapping[str, int]
    topics: Mapping[str, frozenset[str]]
    answers: frozenset[str]
    alone: frozenset[str]
    asking: frozenset[str]
    settling: frozenset[str]
    telling: frozenset[str]
    questions: frozenset[str]
    questioning: re.Pattern[str]
    connectives: re.Pattern[str]
    continuing: tuple[str, ...]
    premises: Mapping[str, frozenset[str]]
    behind: frozenset[str]
    numbers: frozenset[str]
    exchanging: frozenset[str]
    asked: tuple[str, ...]
    together: frozenset[str]
    sighs: frozenset[str]
    shortest: int
    sure: float
    certain: float
    leaning: float
    margin: float
    seconds: float
    messages: int


@lru_cache(maxsize=1)
def rules() -> Rules:
    """The rules of the data file.

    Raises:
        DataFileError: an intent stands in two groups.
    """
    raw = data_file("wishes")
    group: dict[str, str] = {}
    rank: dict[str, int] = {}
    for place, (name, intents) in enumerate(raw["groups"].items()):
        for intent in intents:
            if intent in group:
                raise DataFileError(f"engine/nlu/data/wishes.yml: {intent} stands in {group[intent]} and {name}")
            group[intent], rank[intent] = str(name), place
    for intent in raw["topics"]:
        group[intent], rank[intent] = intent, -1
    for intent in raw["answers"]:
        rank.setdefault(intent, -2)
        group.setdefault(intent, "answer")
    words = sorted((re.escape(word) for word in raw["connectives"]), key=len, reverse=True)
    return Rules(
        group=group,
        rank=rank,
        topics={name: frozenset(topics) for name, topics in raw["topics"].items()},
        answers=frozenset(raw["answers"]),
        alone=frozenset(raw["alone"]),
        asking=frozenset(raw["asking"]),
        settling=frozenset(raw["settling"]),
        telling=frozenset(raw["telling"]),
        questions=frozenset(raw["questions"]["intents"]),
        questioning=re.compile(raw["questions"]["words"]),
        together=frozenset(raw["together"]),
        connectives=re.compile("|".join(words)),
        continuing=tuple(raw["continuing"]),
        behind=frozenset(raw["premises"]["behind"]),
        numbers=frozenset(raw["premises"]["numbers"]),
        exchanging=frozenset(raw["premises"]["exchanging"]),
        premises={name: frozenset(of) for name, of in raw["premises"]["of"].items()},
        asked=tuple(raw["premises"]["unless"]),
        sighs=frozenset(raw["sighs"]),
        shortest=int(raw["shortest"]),
        sure=float(raw["sure"]),
        certain=float(raw["leaning"]["certain"]),
        leaning=float(raw["leaning"]["share"]),
        margin=float(raw["margin"]),
        seconds=float(raw["patience"]["seconds"]),
        messages=int(raw["patience"]["messages"]),
    )


def clauses(text: str) -> list[str]:
    """The parts between punctuation and connecting words; a short one belongs to the part before it."""
    found: list[str] = []
    start = 0
    cuts = [(match.start(), match.end()) for match in _BREAK.finditer(text)]
    cuts += [(match.start(), match.start()) for match in rules().connectives.finditer(text) if match.start()]
    for begin, end in [*sorted(cuts), (len(text), len(text))]:
        if begin < start:
            continue
        part = text[start:begin].strip()
        if part and found and (_says_nothing(part) or part.startswith(rules().continuing)):
            found[-1] = f"{found[-1]}，{part}"
        elif part:
            found.append(part)
        start = end
    if len(found) > 1 and _says_nothing(found[0]):
        found[:2] = [f"{found[0]}，{found[1]}"]
    return found


def _says_nothing(part: str) -> bool:
    return len(part) < rules().shortest or part in rules().sighs or _TICKET.fullmatch(part) is not None


async def divide(
    text: str, whole: Parse, parse: Parser, *, question_open: bool, form_open: bool = False, last_wish: str | None = None
) -> list[Parse]:
    """The wishes of a message, the urgent one first: one parse result, or two.

    Args:
        text: what was typed.
        whole: the parse result of all of it; returned alone when the message is one wish.
        parse: reads one clause in the light of the open question.
        question_open: whether a short answer may be one of the two.
        form_open: whether the question is a form's.
        last_wish: what the talk is about; more of it beside an answer is no second wish (「微信付的，176块」 where the payment was asked).
    """
    parts = clauses(text) if len(text) >= SHORTEST_MESSAGE else []
    if not 2 <= len(parts) <= MOST_CLAUSES or whole["intent"].get("name") in rules().alone:
        return [whole]
    found: list[tuple[str, str, Parse]] = []  # group, clauses so far, parse
    for part in parts:
        parsed = await parse(part)
        name = str(parsed["intent"].get("name"))
        if name in rules().alone:
            return [whole]
        group = _group(parsed, question_open)
        if found and _leans_back(parsed, found[-1][2]):
            group = None
        if found and (group is None or (group == found[-1][0] and not _other_goods(found[-1][2], parsed))):
            found[-1] = (found[-1][0], f"{found[-1][1]}，{part}", found[-1][2])
        elif group is not None:
            found.append((group, part, parsed))
        elif not found:
            # What stands before the first wish belongs to it (「我买的那个连衣裙，怎么还没到」).
            found.append(("", part, parsed))
    if found and found[0][0] == "" and len(found) > 1:
        found[1] = (found[1][0], f"{found[0][1]}，{found[1][1]}", found[1][2])
        del found[0]
    if len(found) == 1 and found[0][0]:
        return [_agreed(whole, found[0][2])]
    if len(found) != 2 or not {str(one[2]["intent"]["name"]) for one in found} & _near(whole):
        return [whole]
    settled = [one for one in found if one[0] != "answer" and one[2]["intent"]["name"] in rules().settling]
    if form_open and len(settled) == 1 and any(one[0] == "answer" for one in found):
        return [_all_of(whole, settled[0][2])]
    names = {str(one[2]["intent"]["name"]) for one in found}
    if question_open and last_wish in names and names & (rules().answers - {str(last_wish)}):
        return [whole]
    # A parcel's number told is to be written down: its clause is never only a premise.
    noted = any(one["entity"] in rules().numbers for one in whole["entities"])
    if not noted and not _surely(whole, found[0][2]) and _is_premise(found[0], found[1]):
        return [_all_of(whole, found[1][2])]
    if not rules().connectives.search(text):
        if not noted and str(found[1][2]["intent"]["name"]) in rules().behind and _is_premise(found[1], found[0]):
            return [_all_of(whole, found[0][2])]
        if _drowned(whole, [one[2] for one in found]) or {found[0][0], found[1][0]} == rules().together:
            return [whole]
    wishes = [one[2] if one[1] == one[2]["text"] else _widened(one[2], await parse(one[1])) for one in found]
    return sorted(wishes, key=lambda one: _urgency(str(one["intent"]["name"]), question_open))


def _is_premise(first: tuple[str, str, Parse], second: tuple[str, str, Parse]) -> bool:
    """Whether the first clause only tells the state in which the second one is wished for."""
    names = str(first[2]["intent"]["name"]), str(second[2]["intent"]["name"])
    asked = any(word in first[1] for word in rules().asked)
    # What goods are changed into is another product by right (「裙子还没发，换成那件衬衫」).
    other = names[1] not in rules().exchanging and _other_goods(first[2], second[2])
    return names[1] in rules().premises.get(names[0], ()) and not asked and not other


def _surely(whole: Parse, clause: Parse) -> bool:
    """Whether the message as a whole is surely what this clause means: then the clause is no mere premise."""
    return whole["intent"].get("name") == clause["intent"].get("name") and float(whole["intent"].get("confidence") or 0) >= rules().certain


def _all_of(whole: Parse, wish: Parse) -> Parse:
    """The whole message, with everything it names, as this wish."""
    topics = [one for one in wish["entities"] if one["entity"] == "topic"]
    named = [one for one in whole["entities"] if one["entity"] != "topic"]
    return {
        **whole,
        "intent": wish["intent"],
        "intent_ranking": wish.get("intent_ranking") or [wish["intent"]],
        "entities": [*named, *topics],
    }


def _group(parsed: Parse, question_open: bool) -> str | None:
    intent = parsed["intent"]
    name, share = str(intent.get("name")), float(intent.get("confidence") or 0)
    others = [
        float(one.get("confidence") or 0) for one in parsed.get("intent_ranking") or [] if one.get("name") not in (name, "nlu_fallback")
    ]
    if share < rules().sure or share - max(others, default=0.0) < rules().margin or name not in rules().group:
        return None
    if rules().group[name] == "answer" and not question_open:
        return None
    if rules().group[name] in rules().telling and tells_severity(normalise(str(parsed.get("text") or "")).text):
        return None
    if name in rules().questions and not _asks(str(parsed.get("text") or "")):
        return None
    if name in rules().topics and topic_of(parsed) not in rules().topics[name]:
        return None
    return rules().group[name]


def _drowned(whole: Parse, found: Sequence[Parse]) -> bool:
    """Whether the message as a whole is surely one of the two wishes while the clause of the other is doubtful."""
    name, share = whole["intent"].get("name"), float(whole["intent"].get("confidence") or 0)
    others = [float(one["intent"].get("confidence") or 0) for one in found if one["intent"]["name"] != name]
    return len(others) == 1 and share >= rules().certain > others[0]


def _asks(clause: str) -> bool:
    """Whether a clause asks for something, or is set apart by a connective ("and also …")."""
    return bool(rules().questioning.search(clause) or rules().connectives.match(clause))


def _leans_back(parsed: Parse, before: Parse) -> bool:
    """Whether a clause that the classifier doubts may well mean the wish before it (「扫码付不上，一直弹失败」)."""
    name = before["intent"].get("name")
    if float(parsed["intent"].get("confidence") or 0) >= rules().certain or _other_goods(before, parsed):
        return False
    others = (one for one in parsed.get("intent_ranking") or [] if one.get("name") not in (parsed["intent"].get("name"), "nlu_fallback"))
    second = next(others, {})
    return bool(second.get("name") == name and float(second.get("confidence") or 0) >= rules().leaning)


def _agreed(whole: Parse, clause: Parse) -> Parse:
    """The whole message, read as its only sure clause when the whole alone left a doubt (「还有大衣呢 好多天没动」)."""
    name = str(whole["intent"].get("name"))
    # Who and which order are told beside a wish, not instead of it (「单号…走到哪儿了，尾号…」).
    doubt = name == "nlu_fallback" or name in rules().answers or float(whole["intent"].get("confidence") or 0) < rules().sure
    # What an open question made of one clause says nothing of the rest.
    doubt = doubt and float(clause["intent"].get("confidence") or 0) < 1.0
    same = rules().group.get(name) == rules().group.get(str(clause["intent"]["name"]))
    if same or not doubt:
        return whole
    return _all_of(whole, clause)


def _urgency(name: str, question_open: bool) -> int:
    return -2 if question_open and name in rules().answers else rules().rank[name]


def _other_goods(one: Parse, other: Parse) -> bool:
    """Whether two clauses of one kind are about different products (the shirt comes back, the dress is exchanged)."""
    first, second = ({str(e["value"]) for e in parsed.get("entities") or [] if e["entity"] == "product"} for parsed in (one, other))
    return bool(first and second and not first & second)


def _near(whole: Parse) -> set[str]:
    """The intents that the whole message makes likely: one of the two wishes must be among them."""
    return {str(one.get("name")) for one in [whole["intent"], *(whole.get("intent_ranking") or [])[:4]]}


def _widened(narrow: Parse, wide: Parse) -> Parse:
    """The clause with its neighbours, if it still means the same; else the clause alone."""
    same = rules().group.get(str(wide["intent"].get("name"))) == rules().group.get(str(narrow["intent"].get("name")))
    return wide if same else narrow


def topic_of(parsed: Parse) -> str | None:
    """The topic of a family in a parse result."""
    return next((str(one["value"]) for one in parsed.get("entities") or [] if one["entity"] == "topic"), None)


def must_wait(parsed: Parse, active_loop: str | None) -> bool:
    """Whether a second wish waits: the first one's form is open and this one would open another."""
    return active_loop is not None and str(parsed["intent"]["name"]) in rules().asking


def waiting(parsed: Parse, now: float) -> dict[str, Any]:
    """A wish as it is kept in the talk (slot `second_wish`) until its turn comes."""
    kept = {name: parsed[name] for name in ("text", "intent", "entities")}
    return {"parse": {**kept, "intent_ranking": [parsed["intent"]]}, "at": now, "messages": 0}


def due(kept: Mapping[str, Any] | None, state: Mapping[str, Any], now: float) -> Parse | None:
    """The waiting wish when its turn has come: no form is open any more."""
    if not kept or state.get("active_loop"):
        return None
    return None if forgotten(kept, now) else dict(kept["parse"])


def forgotten(kept: Mapping[str, Any], now: float) -> bool:
    """Whether a waiting wish is too old to come back unasked."""
    return now - float(kept["at"]) > rules().seconds or int(kept["messages"]) > rules().messages


def said_again(kept: Parse, parsed: Parse) -> bool:
    """Whether a message voices the waiting wish itself: the same intent about the same product (or about none)."""
    goods = [{str(e["value"]) for e in one.get("entities") or [] if e["entity"] == "product"} for one in (kept, parsed)]
    return kept["intent"]["name"] == parsed["intent"]["name"] and (goods[0] == goods[1] or bool(goods[0] & goods[1]))


def merged(turns: Sequence[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """The bubbles of several turns; a question asked again at the end is not asked before it."""
    later = {str(one["response"]) for one in turns[-1] if str(one.get("response") or "").startswith("utter_ask_")}
    return [one for place, said in enumerate(turns) for one in said if place == len(turns) - 1 or str(one.get("response")) not in later]
