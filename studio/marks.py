"""Marks of entities in a line of examples, as Rasa writes them (``[M码](size)``): put in, and taken out again.

A held-out message of the inbox has them, a taught one never (entities are found by rules; docs/decisions.md).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from studio.errors import StudioError

_MARK = re.compile(r"\[(?P<words>[^\[\]]+)\](?:\((?P<entity>[a-z][a-z0-9_]*)\)|(?P<more>\{[^{}]*\}))")


def lines_of(entry: Mapping[str, Any]) -> list[str]:
    """The examples of an entry without their dashes."""
    examples = entry.get("examples")
    if isinstance(examples, str):
        return [line.strip()[1:].strip() for line in examples.splitlines() if line.strip().startswith("-")]
    return [str(one.get("text") if isinstance(one, Mapping) else one).strip() for one in examples or ()]


def marked(text: str, entities: Sequence[Mapping[str, Any]]) -> str:
    """A message with its entities marked. ``entities``: start, end (characters), entity, value.

    StudioError when marks overlap, or when the message itself has brackets that would be read as a mark.
    """
    made, at = [], 0
    for one in sorted(entities, key=lambda one: int(one["start"])):
        start, end, words = int(one["start"]), int(one["end"]), text[int(one["start"]) : int(one["end"])]
        if not at <= start < end <= len(text):
            raise StudioError(f"「{text[:40]}」", f"标注「{words}」和别的标注重叠，或超出了原文", "去掉其中一个标注")
        value = str(one.get("value") or words)
        more = f"({one['entity']})" if value == words else json.dumps({"entity": one["entity"], "value": value}, ensure_ascii=False)
        made += [text[at:start], f"[{words}]{more}"]
        at = end
    line = "".join([*made, text[at:]])
    again, found = unmarked(line)
    wanted = sorted((int(one["start"]), int(one["end"]), str(one["entity"])) for one in entities)
    if again != text or [(one["start"], one["end"], one["entity"]) for one in found] != wanted:
        raise StudioError(f"「{text[:40]}」", "原文里的方括号会被当成标注", "把方括号改成别的标点，再标注")
    return line


def unmarked(line: str) -> tuple[str, list[dict[str, Any]]]:
    """A line without its marks, and the entities with their places in it."""
    if "[" not in line:
        return line, []
    made, at, length, found = [], 0, 0, []
    for mark in _MARK.finditer(line):
        more = _more(mark["more"]) if mark["more"] else {"entity": mark["entity"]}
        if more is None:
            continue
        before = line[at : mark.start()]
        start = length + len(before)
        words = mark["words"]
        found.append({"start": start, "end": start + len(words), "value": words, **more})
        made += [before, words]
        length, at = start + len(words), mark.end()
    return "".join([*made, line[at:]]), found


def _more(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return {str(key): value for key, value in found.items()} if isinstance(found, dict) and "entity" in found else None
