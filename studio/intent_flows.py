"""What becomes of rules and stories when an intent is parted, merged or deleted. Text is changed in place; order and comments stay."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import Any

from studio.blocks import Block, Kind
from studio.drafts import Draft
from studio.rendering import plain
from studio.yaml_text import Change, behind, scalars, without

TAUGHT: tuple[Kind, ...] = ("rules", "stories")
ALL: tuple[Kind, ...] = ("rules", "stories", "test_stories")
DOMAIN = "domain.yml"
_LISTED = [
    ("slots", "*", "mappings", "[]", "not_intent", "[]"),
    ("slots", "*", "mappings", "[]", "intent", "[]"),
    ("forms", "*", "ignored_intents", "[]"),
]
_STEP = [(top, "[]", "steps", "[]", "intent") for top in ("rules", "stories")]
_OR = [(top, "[]", "steps", "[]", "or", "[]", "intent") for top in ("rules", "stories")]


def also(draft: Draft, intent: str, new: str) -> None:
    """Wherever rules and stories wait for an intent they wait for the new one too; so do the lists of the domain's forms and slots."""
    for path in _files(draft, TAUGHT):
        text = draft.text(path)
        changes: list[Change] = []
        for one in scalars(text, _OR, path):
            if one.value == intent:
                sequence, number = one.chain[-2]
                changes.append(behind(text, sequence, number, _item(text, sequence, number, intent, new)))
        for one in scalars(text, _STEP, path):
            if one.value == intent:
                changes.append(_either(text, *one.chain[-2], intent, new))
        draft.change(path, changes)
    text = draft.text(DOMAIN)
    listed = [one for one in scalars(text, _LISTED, DOMAIN) if one.value == intent]
    changes = [behind(text, *one.chain[-1], new) for one in listed]
    for one in scalars(text, [("slots", "*", "mappings", "[]", "intent"), ("slots", "*", "mappings", "[]", "not_intent")], DOMAIN):
        if one.value == intent:
            changes.append((one.start, one.end, f"[{intent}, {new}]"))
    draft.change(DOMAIN, changes)


def drop_triggers(draft: Draft, intent: str, into: str | None) -> None:
    """Before a merge: rules that wait for the intent where others wait for ``into`` already lose it, and flows that go on as such a rule
    says go too, since the other intent's rule says otherwise. Before a deletion (``into`` None): every flow that needs the intent goes."""
    if into is not None:
        lost = _answers(draft, intent) - _answers(draft, into)
        if _answers(draft, into):
            for path in _files(draft, ("stories", "test_stories")):
                draft.drop_where(path, partial(_follows, intent=intent, actions=lost))
    for path in _files(draft, ALL):
        while True:
            block = next((one for one in _flows(draft, path) if _goes(draft, one, intent, into)), None)
            if block is None:
                break
            _lose(draft, block, intent)


def tidied(draft: Draft, intent: str, into: str) -> None:
    """After a merge: within an "or" the intent stands once, and of two flows with the same steps one stays."""
    seen: set[str] = set()
    for path in _files(draft, ALL):
        _once(draft, path, into)
        gone = set()
        for block in _flows(draft, path):
            content = plain(block.key, block.text)
            if into not in block.text or not isinstance(content, dict):
                continue
            same = json.dumps(
                [path.startswith("tests/"), content.get("condition"), content.get("steps")], ensure_ascii=False, sort_keys=True
            )
            if same in seen:
                gone.add(block.key)
            seen.add(same)
        draft.drop_keys(path, gone)


def _once(draft: Draft, path: str, into: str) -> None:
    while True:
        text = draft.text(path)
        seen: set[tuple[int, str]] = set()
        for one in scalars(text, _OR, path):
            sequence, number = one.chain[-2]
            this = (id(sequence), json.dumps(_step(sequence.value[number]), sort_keys=True))
            if one.value == into and this in seen:
                draft.change(path, [without(text, sequence, number)])
                break
            seen.add(this)
        else:
            return


def _files(draft: Draft, kinds: Sequence[Kind]) -> list[str]:
    return list(dict.fromkeys(path for kind in kinds for path in draft.now.files(kind)))


def _flows(draft: Draft, path: str) -> list[Block]:
    return [one for one in draft.now.blocks(path) if one.key.startswith(("rule:", "story:"))]


def _goes(draft: Draft, block: Block, intent: str, into: str | None) -> bool:
    """Whether a flow cannot stay as it is when the intent goes."""
    if intent not in block.text:
        return False
    content = plain(block.key, block.text)
    if not isinstance(content, dict):
        return False
    steps = [one for one in content.get("steps") or () if isinstance(one, dict)]
    if into is None:
        return any(intent in _intents(step) for step in steps)
    if not block.key.startswith("rule:") or not steps:
        return False
    mine = [one for one in _choices(steps[0]) if one.get("intent") == intent]
    for choice in mine:
        wanted = {**choice, "intent": into}
        for path in _files(draft, ("rules",)):
            for other in _flows(draft, path):
                if into not in other.text or (other.path, other.key) == (block.path, block.key) or not other.key.startswith("rule:"):
                    continue
                theirs = plain(other.key, other.text)
                if isinstance(theirs, dict) and theirs.get("condition") == content.get("condition"):
                    if any(one == wanted for one in _choices((theirs.get("steps") or [{}])[0])):
                        return True
    return False


def _answers(draft: Draft, intent: str) -> set[str]:
    """What the rules without a condition do at an intent."""
    found = set()
    for path in _files(draft, ("rules",)):
        for block in _flows(draft, path):
            content = plain(block.key, block.text) if intent in block.text else None
            steps = content.get("steps") if isinstance(content, dict) and not content.get("condition") else None
            if isinstance(steps, list) and len(steps) > 1 and isinstance(steps[1], dict) and intent in _intents(steps[0]):
                found.add(str(steps[1].get("action")))
    return found


def _follows(block: Block, intent: str, actions: set[str]) -> bool:
    """Whether in a flow one of these actions follows the intent."""
    if intent not in block.text or not block.key.startswith(("rule:", "story:")):
        return False
    content = plain(block.key, block.text)
    steps = [one for one in (content.get("steps") or () if isinstance(content, dict) else ()) if isinstance(one, dict)]
    return any(intent in _intents(one) and two.get("action") in actions for one, two in pairwise(steps))


def _lose(draft: Draft, block: Block, intent: str) -> None:
    """Take the intent's choice out of a flow; the flow goes where it was the only one."""
    text = draft.text(block.path)
    for one in scalars(text, _OR, block.path):
        sequence, number = one.chain[-2]
        if one.value == intent and block.start < one.line <= block.end and len(sequence.value) > 1:
            draft.change(block.path, [without(text, sequence, number)])
            return
    draft.drop(block)


def _choices(step: Any) -> list[dict[str, Any]]:
    if not isinstance(step, dict):
        return []
    either = step.get("or")
    return [one for one in either if isinstance(one, dict)] if isinstance(either, list) else [step]


def _intents(step: dict[str, Any]) -> set[str]:
    return {str(one["intent"]) for one in _choices(step) if "intent" in one}


def _step(node: Any) -> dict[str, str]:
    return {key.value: getattr(value, "value", "") if value.id == "scalar" else "…" for key, value in node.value}


def _item(text: str, sequence: Any, number: int, intent: str, new: str) -> str:
    """The text of another choice like this one, without its dash; what stands in several lines comes as they stand."""
    item = sequence.value[number]
    return re.sub(rf"\b{re.escape(intent)}\b", new, text[item.start_mark.index : _end(item)].rstrip(), count=1)


def _end(node: Any) -> int:
    """Where a node's own text ends: a block's end is marked where the next word begins."""
    while node.id != "scalar" and not node.flow_style and node.value:
        node = node.value[-1][1] if node.id == "mapping" else node.value[-1]
    return int(node.end_mark.index)


def _either(text: str, sequence: Any, number: int, intent: str, new: str) -> Change:
    """The change that makes of one step a choice of two."""
    item = sequence.value[number]
    start, end = item.start_mark.index, _end(item)
    if sequence.flow_style or item.flow_style:
        one = text[start:end].rstrip()
        other = re.sub(rf"\b{re.escape(intent)}\b", new, one, count=1)
        one, other = (each if each.startswith("{") else f"{{{each}}}" for each in (one, other))
        return (start, end, f"{{or: [{one}, {other}]}}")
    indent = " " * item.start_mark.column
    first, *rest = text[start:end].rstrip().split("\n")
    # What stood behind the step's dash stands four columns further now, behind the dash of its choice.
    choice = "\n".join([f"{indent}  - {first}", *(f"    {line}" for line in rest)])
    other = re.sub(rf"\b{re.escape(intent)}\b", new, choice, count=1)
    return (start, end, f"or:\n{choice}\n{other}")
