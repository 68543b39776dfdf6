"""What the shopper says is wrong and wants: reason, remedy, insurance, severity, option, read with care for negation.

The words are data (`engine/nlu/data/meanings.yml`); this module only applies them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from engine.nlu.files import DataFileError, data_file
from engine.nlu.found import Found

ENTITIES = ("reason", "remedy", "insurance", "severity")
# A word of being severe or slight counts only beside a fault: 有点贵 is no slight damage.
_FAULTS = {"quality", "courier_damage", "description_mismatch", "missing_part"}
_CLAUSE = re.compile(r"[,.!?;，。！？；]")
_EITHER = re.compile(r"还是|或者?|要么|都可以|都行")


@dataclass(frozen=True)
class Group:
    """Patterns for one value of an entity, and where they do not count."""

    value: str
    patterns: tuple[re.Pattern[str], ...]
    unless_before: re.Pattern[str] | None
    unless_after: re.Pattern[str] | None


def _group(entity: str, value: str, content: Any) -> Group:
    try:
        patterns = tuple(re.compile(pattern) for pattern in content["patterns"])
        before = content.get("unless_before")
        after = content.get("unless_after")
        return Group(value, patterns, re.compile(before) if before else None, re.compile(after) if after else None)
    except (KeyError, TypeError, AttributeError, re.error) as error:
        raise DataFileError(f"engine/nlu/data/meanings.yml: {entity}.{value}: {error!r}") from error


@lru_cache(maxsize=1)
def _groups() -> dict[str, tuple[Group, ...]]:
    content = data_file("meanings")
    return {entity: tuple(_group(entity, str(value), one) for value, one in content[entity].items()) for entity in (*ENTITIES, "option")}


@lru_cache(maxsize=1)
def _negation() -> re.Pattern[str]:
    return re.compile(str(data_file("meanings")["negations"]))


def _clause_before(text: str, position: int) -> str:
    """Text of the same clause before `position`."""
    start = 0
    for mark in _CLAUSE.finditer(text, 0, position):
        start = mark.end()
    return text[start:position].rstrip()


def _matches(entity: str, text: str) -> list[Found]:
    found: list[Found] = []
    for group in _groups()[entity]:
        for pattern in group.patterns:
            for match in pattern.finditer(text):
                before = _clause_before(text, match.start())
                after = text[match.end() :]
                if _negation().search(before) or (group.unless_before and group.unless_before.search(before)):
                    continue
                if group.unless_after and group.unless_after.search(after):
                    continue
                found.append(Found(entity, group.value, match.start(), match.end()))
    return found


def _one_reason(found: list[Found]) -> list[Found]:
    """The shop's fault wins over a dislike said in the same breath; among equals the order of the data file."""
    order = [group.value for group in _groups()["reason"]]
    return sorted(found, key=lambda one: (order.index(str(one.value)), one.start))[:1]


def _one_remedy(found: list[Found], text: str) -> list[Found]:
    """The last wish counts; an open choice between two (换货还是退货) is none yet."""
    if len({one.value for one in found}) < 2:
        return found[:1]
    ordered = sorted(found, key=lambda one: one.start)
    if _EITHER.search(text, ordered[0].start, ordered[-1].start) and {one.value for one in ordered} != {"comp_no_return"}:
        return []
    if any(one.value == "comp_no_return" for one in ordered):
        return [one for one in ordered if one.value == "comp_no_return"][:1]
    if any(one.value == "cancel" for one in ordered):
        return [one for one in ordered if one.value == "cancel"][:1]
    return ordered[-1:]


def meanings(text: str) -> list[Found]:
    """At most one reason, remedy, insurance and severity of a normalised text."""
    if not text:
        return []
    found: list[Found] = []
    reasons = _one_reason(_matches("reason", text))
    found.extend(reasons)
    found.extend(_one_remedy(_matches("remedy", text), text))
    found.extend(sorted(_matches("insurance", text), key=lambda one: one.start)[:1])
    if any(one.value in _FAULTS for one in reasons):
        found.extend(_matches("severity", text)[:1])
    return found


def tells_severity(text: str) -> bool:
    """Whether a normalised text says how bad a fault is ("a small thing, it can be worn"), whatever else it names."""
    return bool(_matches("severity", text))


def option_word(text: str) -> list[Found]:
    """The choice a short message names (退款吧 → `refund`)."""
    plain = text.strip(" .,!?~。")
    if not plain or len(plain) > int(data_file("meanings")["option_length"]):
        return []
    for group in _groups()["option"]:
        if any(pattern.search(plain) for pattern in group.patterns):
            start = text.index(plain)
            return [Found("option", group.value, start, start + len(plain))]
    return []
