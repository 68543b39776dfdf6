"""Examples in tables, as shops keep them: one question a line, or a standard question with its variants (标准问, 相似问, 答案).

Every line is judged before anything is kept; what is taken over goes through the same operations as what somebody types.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from policy.masking import personal
from studio.doubles import doubles
from studio.drafts import Draft
from studio.intents import listed, names
from studio.nlu import Example, Examples, cleaned, examples, fault, same
from studio.teaching import add
from studio.workspace import Workspace

# Of export and import. The first of each is what the export writes; the others are what the shops' tools call it.
COLUMNS: dict[str, tuple[str, ...]] = {
    "intent": ("意图", "意图标识", "意图编码", "意图id", "intent"),
    "name": ("意图名称", "意图中文名", "分类", "知识分类", "问题分类", "场景"),
    "topic": ("主题", "topic"),
    "text": ("例句", "标准问", "标准问题", "知识标题", "问题", "问法", "用户问法", "顾客问法", "买家问题", "text", "example"),
    "similar": ("相似问", "相似问法", "相似问题", "扩展问", "扩展问法", "相似例句"),
    "use": ("用途", "use"),
    "answer": ("答案", "回复", "回答", "答复", "话术", "回复内容"),
    "path": ("文件", "path"),
}
EXPORTED = ("intent", "name", "topic", "text", "use", "path")
SHEET = "例句"
WIDTHS = (24, 18, 14, 60, 8, 30)
TAUGHT, HELD_OUT = "训练", "测试"
MOST_LINES = 5_000
_VARIANTS = re.compile(r"\s*(?:[\n\r|｜;；]|##)+\s*")
State = Literal["new", "same", "conflict", "near", "twice", "unknown", "personal", "invalid"]


@dataclass(frozen=True)
class Line:
    """One text of a file, judged.

    ``line``: as the file counts; ``wanted``: what the file calls the intent; ``intent``: the one that is meant, None when nobody knows.
    ``state``: new; same (this intent has it); conflict (another has it); near (another has nearly the same); twice (the file has it
    before); unknown (no such intent: choose one); personal (a name, number or address in it); invalid (``fault`` says why).
    ``other``: the example it collides with; ``shown``: a personal text as it may be kept.
    """

    line: int
    text: str
    wanted: str
    intent: str | None
    topic: str | None
    held_out: bool
    state: State
    fault: str | None = None
    other: Example | None = None
    shown: str | None = None
    answered: bool = False


def judged(workspace: Workspace, rows: Iterable[tuple[int, Mapping[str, str]]]) -> list[Line]:
    """The lines of a file (number and cells by column) as they would be taken over. Nothing is written."""
    known = _Known(workspace)
    found: list[Line] = []
    seen: dict[str, str | None] = {}
    for number, cells in rows:
        texts = [cells.get("text", ""), *_VARIANTS.split(cells.get("similar", ""))]
        for text in dict.fromkeys(clean for one in texts if (clean := cleaned(one))):
            one = _line(known, seen, number, text, cells)
            if len(found) < MOST_LINES:
                found.append(one)
    return found


class _Known:
    """What lines are judged against."""

    def __init__(self, workspace: Workspace) -> None:
        self.examples: Examples = examples(workspace)
        self.doubles = doubles(workspace)
        self.called = {name: intent for intent, (_, name) in names(workspace).items()} | {one: one for one in listed(workspace)}


def _line(known: _Known, seen: dict[str, str | None], number: int, text: str, cells: Mapping[str, str]) -> Line:
    wanted = cells.get("intent", "").strip() or cells.get("name", "").strip()
    intent = known.called.get(cells.get("intent", "").strip()) or known.called.get(cells.get("name", "").strip())
    topic = cells.get("topic", "").strip() or None
    held_out = cells.get("use", "").strip().casefold() in (HELD_OUT, "test", "held_out")
    state, wrong, other, shown = _state(known, seen, text, intent, held_out)
    seen.setdefault(same(text), intent)
    return Line(number, text, wanted, intent, topic, held_out, state, wrong, other, shown, bool(cells.get("answer", "").strip()))


def _state(
    known: _Known, seen: Mapping[str, str | None], text: str, intent: str | None, held_out: bool
) -> tuple[State, str | None, Example | None, str | None]:
    wrong = fault(text)
    if wrong:
        return "invalid", wrong, None, None
    bare = same(text)
    if bare in seen:
        return "twice", None, None, None
    there = known.examples.by_same.get(bare, [])
    foreign = next((one for one in there if intent is not None and one.intent != intent), None)
    if foreign is not None:
        return "conflict", None, foreign, None
    mine = next((one for one in there if one.intent == intent), None)
    if mine is not None:
        return "same", None, mine, None
    masked = personal(text).text
    if masked != text:
        return "personal", None, None, masked
    if intent is None:
        guess = next(iter(known.doubles.near(text, 1)), None)
        return "unknown", None, guess[0] if guess else None, None
    near = next((one for one, _ in known.doubles.near(text, 4) if one.intent != intent), None)
    return ("near", None, near, None) if near is not None else ("new", None, None, None)


def taken_over(workspace: Workspace, rows: Sequence[tuple[str, str, str | None, bool]]) -> Draft:
    """The draft that keeps chosen lines: (text, intent, topic, held out). StudioError names a text that can be no example."""
    draft = Draft(workspace)
    groups: dict[tuple[str, str | None, bool], list[str]] = {}
    for text, intent, topic, held_out in rows:
        groups.setdefault((intent, topic, held_out), []).append(text)
    for (intent, topic, held_out), texts in groups.items():
        add(draft, intent, texts, topic, held_out=held_out)
    return draft


def exported(workspace: Workspace, intent: str | None = None) -> list[tuple[str, ...]]:
    """The rows of an export in the order of ``EXPORTED``: of one intent or of all."""
    called = names(workspace)
    found = examples(workspace)
    return [
        (one.intent, called.get(one.intent, ("", ""))[1], one.topic or "", one.text, HELD_OUT if one.held_out else TAUGHT, one.path)
        for one in (found.by_intent.get(intent, ()) if intent else found.all)
    ]
