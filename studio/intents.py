"""Operations on whole intents: create, rename, split, merge, delete, name – with everything that refers to them.

Each gives a draft; its edits change the files of data, domain, tests and names together. What the program itself says of an intent
(studio/references.py) cannot follow: ``bound`` says what that forbids and what it only weakens.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from studio.blocks import Block, Kind
from studio.drafts import Draft
from studio.errors import StudioError
from studio.findings import Finding
from studio.intent_flows import also, drop_triggers, tidied
from studio.nlu import INTENT, examples, read, rewritten, same
from studio.references import in_text, references, written_files
from studio.teaching import add, move
from studio.workspace import Workspace
from studio.yaml_text import Change, Scalar, behind, replaced, scalars, source, without

NAMES = "policy/intent_names.yml"
LABELS = "tests/nlu/coarse_labels.yml"
DOMAIN = "domain.yml"
NEW_GROUP = "新意图"
_ID = re.compile(r"[a-z][a-z0-9_]{1,59}")
_NAME = re.compile(r"[^\s:#{}\[\],&*!|>'\"%@`\x00-\x1f][^:#{}\[\],\x00-\x1f]{0,29}")
_METADATA = re.compile(r"^\s*metadata:\s*\{topic:\s*[^,{}]+\}\s*$")
Deed = Literal["rename", "merge", "delete"]
DEEDS: tuple[Deed, ...] = ("rename", "merge", "delete")


@dataclass(frozen=True)
class Answer:
    """What the bot does at a new intent: the same as at the intent ``like``, or ``action`` (an action or utter_… of the domain)."""

    like: str | None = None
    action: str | None = None


def listed(workspace: Workspace) -> list[str]:
    """The intents of the domain in its order."""
    content = workspace.parsed(DOMAIN) if workspace.exists(DOMAIN) else None
    found = content.get("intents") if isinstance(content, dict) else None
    return [str(next(iter(one), "")) if isinstance(one, dict) else str(one) for one in found or ()]


def names(workspace: Workspace) -> dict[str, tuple[str, str]]:
    """Intent → (group, what staff call it)."""
    content = workspace.parsed(NAMES) if workspace.exists(NAMES) else None
    groups = content if isinstance(content, dict) else {}
    return {str(one): (str(group), str(name)) for group, those in groups.items() if isinstance(those, dict) for one, name in those.items()}


def bound(workspace: Workspace, intent: str, deed: Deed) -> list[Finding]:
    """What the program itself says of an intent that is about to go or to be called otherwise.

    An error where the program would go on saying the old name (a rename whatever names it; else fixed short messages, buttons, answers);
    a warning where only a special treatment is lost.
    """
    program = [one for one in references(workspace, intent) if not one.writable]
    if not program:
        return []
    speaking = program if deed == "rename" else [one for one in program if one.speaks]
    rest = [one for one in program if one not in speaking]
    found = []
    if speaking:
        what = f"程序里写着意图「{intent}」（{_where(speaking)}），{'改名' if deed == 'rename' else '去掉'}后那里会出错"
        remedy = "只改中文名即可" if deed == "rename" else "把例句移到别的意图、保留这个意图名"
        found.append(Finding("error", "intent-bound", DOMAIN, None, None, what, f"{remedy}；一定要改的话，请开发者同时改这些文件"))
    if rest:
        what = f"程序里有 {len(rest)} 处专门处理意图「{intent}」（{_where(rest)}），之后不再起作用"
        found.append(Finding("warning", "intent-bound", DOMAIN, None, None, what, "确认不再需要，并告诉开发者清理"))
    return found


def left_behind(workspace: Workspace, intent: str) -> list[Finding]:
    """What the program does at an intent by its name and will not do at one that is parted from it."""
    program = [one for one in references(workspace, intent) if not one.writable]
    if not program:
        return []
    what = f"程序里有 {len(program)} 处按「{intent}」这个名字做特别处理（{_where(program)}），对新意图不起作用"
    return [Finding("info", "intent-special", DOMAIN, None, None, what, "试聊新意图的回答；要一样的话请开发者补上新名字")]


def _where(those: Sequence[Any]) -> str:
    places = list(dict.fromkeys(f"{one.path} 第 {one.line} 行" for one in those))
    return "、".join(places[:3]) + (f" 等 {len(places)} 处" if len(places) > 3 else "")


def create(
    workspace: Workspace,
    intent: str,
    name: str,
    texts: Sequence[str] = (),
    *,
    held_out: Sequence[str] = (),
    group: str | None = None,
    like: str | None = None,
    answer: Answer | None = None,
    path: str | None = None,
) -> Draft:
    """A new intent: domain, name, labels, examples, and what the bot does. ``like``: the intent behind which it stands in the lists."""
    draft = Draft(workspace)
    known = listed(workspace)
    if intent in known:
        raise StudioError(f"意图 {intent}", "已经有这个意图", "换一个标识，或直接在它下面加例句")
    _new_id(intent)
    if like is not None and like not in known:
        raise StudioError(f"意图 {like}", "没有这个意图", "刷新页面，重新选择")
    _into_domain(draft, intent, like)
    call(draft, intent, name, group or (names(workspace).get(like, (NEW_GROUP, ""))[0] if like else NEW_GROUP), like)
    _into_labels(draft, intent, like)
    if texts:
        add(draft, intent, texts, near=path)
    if held_out:
        add(draft, intent, held_out, held_out=True)
    if answer is not None and answer.like:
        also(draft, answer.like, intent)
    elif answer is not None and answer.action:
        _rule(draft, intent, answer.action, like)
    return draft


def split(
    workspace: Workspace, intent: str, new: str, name: str, ids: Sequence[str], answer: Answer | None = None, group: str | None = None
) -> Draft:
    """Part some examples (taught and held out, by id) off into a new intent; without ``answer`` the bot does the same as before."""
    found = examples(workspace).found(ids)
    foreign = [one for one in found if one.intent != intent]
    if not found or foreign:
        raise StudioError(f"意图 {intent}", "没有选中例句，或选中的不全是它的例句", "重新选择要分出去的例句")
    left = {one.id for one in examples(workspace).of(intent)} - set(ids)
    if not left:
        raise StudioError(f"意图 {intent}", "全部例句都要分出去，原来的意图就空了", "留下一些例句，或用「合并」「改名」")
    draft = create(workspace, new, name, group=group, like=intent, answer=answer or Answer(like=intent))
    # Ids hold as long as nobody touches the examples: what was created stands in other files and blocks.
    move(draft, list(ids), new)
    return draft


def rename(workspace: Workspace, intent: str, new: str, name: str | None = None) -> Draft:
    """Another identifier for an intent, wherever it is written; ``name``: what staff call it from now on."""
    _known(workspace, intent)
    _new_id(new)
    if new in listed(workspace) or examples(workspace).by_intent.get(new):
        raise StudioError(f"意图 {new}", "已经有这个意图", "换一个标识；要并成一个请用「合并」")
    draft = Draft(workspace)
    for path in written_files(workspace):
        _renamed(draft, path, intent, new)
    if name:
        call(draft, new, name)
    return draft


def merge(workspace: Workspace, intent: str, into: str, topic: str | None = None) -> Draft:
    """All of an intent goes over to another one: examples, stories, buttons, wishes. A rule that the other has already is dropped.

    ``topic``: under which topic the examples come when the other intent has topics; StudioError when one must be chosen.
    """
    _known(workspace, intent)
    _known(workspace, into)
    if intent == into:
        raise StudioError(f"意图 {intent}", "不能和自己合并", "选择另一个意图")
    draft = Draft(workspace)
    mine, theirs = examples(workspace).topics(intent), examples(workspace).topics(into)
    if any(theirs) and topic is None and not any(mine):
        choices = "、".join(one for one in theirs if one)
        raise StudioError(f"意图 {into}", f"它的例句分主题（{choices}）", "选择合并后归入哪个主题")
    keeps = bool(any(theirs) and topic is None)
    _out_of_lists(draft, intent)
    drop_triggers(draft, intent, into)
    for path in written_files(draft.now):
        if path not in (NAMES, LABELS):
            _renamed(draft, path, intent, into)
    tidied(draft, intent, into)
    _examples_over(draft, workspace, intent, into, topic, keeps=keeps)
    _wishes_over(draft, workspace, intent, into, topic, keeps=keeps)
    return draft


def delete(workspace: Workspace, intent: str) -> Draft:
    """An intent goes, with its examples, rules, stories and tests. StudioError when a wish or a button names it."""
    _known(workspace, intent)
    for one in references(workspace, intent):
        if one.use in ("wish", "button", "config"):
            what = {"wish": "顾客意图表", "button": "回复里的按钮", "config": "流水线配置"}[one.use]
            raise StudioError(f"{one.path} 第 {one.line} 行", f"{what}还在用意图「{intent}」", "先改那里，或把它合并到别的意图")
    draft = Draft(workspace)
    _out_of_lists(draft, intent, everywhere=True)
    drop_triggers(draft, intent, None)
    kinds: tuple[Kind, ...] = ("nlu", "test_nlu")
    for kind in kinds:
        for path in draft.now.files(kind):
            draft.drop_where(path, partial(_teaches, intent=intent))
    return draft


def call(draft: Draft, intent: str, name: str, group: str | None = None, like: str | None = None) -> None:
    """What staff call an intent, and in which group it stands (behind ``like`` when that is of the group)."""
    name = name.strip()
    if not _NAME.fullmatch(name):
        raise StudioError(f"中文名「{name[:30]}」", "要有 1 到 30 个字，不能含冒号、括号、引号和逗号", "改短或去掉这些符号")
    now = names(draft.now)
    taken = next((one for one, (_, other) in now.items() if other == name and one != intent), None)
    if taken:
        raise StudioError(f"中文名「{name}」", f"意图 {taken} 已经叫这个名字", "换一个名字，同事才分得清")
    there = now.get(intent)
    if there and (group is None or group == there[0]):
        for key in scalars(draft.text(NAMES), [("*", "~keys")], NAMES):
            if key.value == intent:
                node, number = key.chain[-1]
                value = node.value[number][1]
                draft.change(NAMES, [(value.start_mark.index, value.end_mark.index, name)])
        return
    if there:
        _out_of(draft, NAMES, intent)
    group = group or NEW_GROUP
    own = list(scalars(draft.text(NAMES), [(group, "~keys")], NAMES))
    if not own:
        draft.put(NAMES, f"{draft.text(NAMES).rstrip()}\n{group}:\n  {intent}: {name}\n")
        return
    at = next((key for key in own if key.value == like), own[-1])
    node, number = at.chain[-1]
    draft.change(NAMES, [behind(draft.text(NAMES), node, number, f"{intent}: {name}")])


def _teaches(block: Block, intent: str) -> bool:
    taught = read(block.text) if block.key.startswith(INTENT) else None
    return taught is not None and taught.intent == intent


def _new_id(intent: str) -> None:
    if not _ID.fullmatch(intent):
        raise StudioError(f"标识「{intent[:60]}」", "要用小写英文字母、数字和下划线，字母开头", "例如 ask_gift_wrap")


def _known(workspace: Workspace, intent: str) -> None:
    if intent not in listed(workspace) and not examples(workspace).by_intent.get(intent):
        raise StudioError(f"意图 {intent}", "没有这个意图", "刷新页面，看看是不是刚被改名或合并")


def _mentions(draft: Draft, path: str, intent: str) -> list[tuple[str, Scalar]]:
    """(use, scalar) of every mention of an intent in a file as it is now."""
    return [(place.use, scalar) for place, name, scalar in in_text(path, draft.text(path)) if name == intent]


def _renamed(draft: Draft, path: str, old: str, new: str) -> None:
    text = draft.text(path)
    if old not in text:
        return
    changes: list[Change] = []
    for _, scalar in _mentions(draft, path, old):
        node, number = scalar.chain[-1]
        others = node.value if node.id == "sequence" else ()
        if any(getattr(other, "value", None) == new and other.id == "scalar" for other in others):
            changes.append(without(text, node, number))
        else:
            changes.append(replaced(text, scalar, old, new, path))
    draft.change(path, changes)


def _into_domain(draft: Draft, intent: str, like: str | None) -> None:
    text = draft.text(DOMAIN)
    found = list(scalars(text, [("intents", "[]"), ("intents", "[]", "~keys")], DOMAIN))
    if not found:
        raise StudioError(DOMAIN, "没有 intents 列表", "在编辑器里补上 intents")
    one = next((each for each in found if each.value == like), found[-1])
    node, number = next((node, number) for node, number in one.chain if node.id == "sequence")
    item = node.value[number]
    written = source(text, item).rstrip() if item.id == "scalar" or item.flow_style else _line(text, item)
    draft.change(DOMAIN, [behind(text, node, number, re.sub(rf"\b{re.escape(one.value)}\b", intent, written, count=1))])


def _line(text: str, item: Any) -> str:
    lines = text[item.start_mark.index :].splitlines()
    return lines[0].rstrip()


def _into_labels(draft: Draft, intent: str, like: str | None) -> None:
    """The labels of real messages that a new intent answers: those of the one it comes from, else none."""
    if not draft.now.exists(LABELS):
        return
    text = draft.text(LABELS)
    found = list(scalars(text, [("intents", "~keys")], LABELS))
    if not found or any(one.value == intent for one in found):
        return
    one = next((each for each in found if each.value == like), None)
    node, number = (one or found[-1]).chain[-1]
    value = node.value[number][1]
    labels = source(text, value) if one is not None and value.flow_style else "{strict: [], lenient: []}"
    draft.change(LABELS, [behind(text, node, number, f"{intent}: {labels}")])


def _rule(draft: Draft, intent: str, action: str, like: str | None) -> None:
    """A rule: at this intent, this action. It stands in the file of the rules that ``like`` has."""
    domain = draft.now.parsed(DOMAIN)
    answers = {key for path in draft.now.files("responses") for key in (draft.now.parsed(path) or {}).get("responses", {})}
    if action not in {*(domain.get("actions") or ()), *(domain.get("responses") or {}), *answers}:
        raise StudioError(f"动作 {action[:60]}", "没有这个动作或回复", "从列表里选，或先在「回复」页新建")
    rules = draft.now.files("rules")
    if not rules:
        raise StudioError("data/rules", "没有规则文件", "先在编辑器里建一个")
    named = [path for path in rules if like and any(use == "story" for use, _ in _mentions(draft, path, like))]
    path = (named or rules)[0]
    taken = {block.key for each in rules for block in draft.now.blocks(each)}
    title = f"answer {intent}"
    number = 2
    while f"rule:{title}" in taken:
        title, number = f"answer {intent} {number}", number + 1
    behind_it = [block for block in draft.now.blocks(path) if block.key.startswith("rule:")]
    text = f"  - rule: {title}\n    steps:\n      - intent: {intent}\n      - action: {action}\n"
    draft.insert(path, text, behind_it[-1] if behind_it else None, "rules")


def _out_of_lists(draft: Draft, intent: str, *, everywhere: bool = False) -> None:
    """Take an intent out of names, labels and the domain's intents; with ``everywhere`` out of the domain's other lists too."""
    for path in (NAMES, LABELS):
        if draft.now.exists(path):
            _out_of(draft, path, intent)
    text = draft.text(DOMAIN)
    changes = []
    for _, scalar in _mentions(draft, DOMAIN, intent):
        # An item may be the name alone or a mapping under the name.
        sequence = next(((node, number) for node, number in reversed(scalar.chain) if node.id == "sequence"), None)
        root, top = scalar.chain[0]
        if not everywhere and root.value[top][0].value != "intents":
            continue
        if sequence is not None and (not scalar.key or sequence == scalar.chain[-2]):
            changes.append(without(text, *sequence))
    draft.change(DOMAIN, changes)


def _out_of(draft: Draft, path: str, intent: str) -> None:
    while True:
        found = [scalar for _, scalar in _mentions(draft, path, intent) if scalar.key]
        if not found:
            return
        node, number = found[0].chain[-1]
        if len(node.value) == 1 and len(found[0].chain) > 1:
            node, number = found[0].chain[-2]
        draft.change(path, [without(draft.text(path), node, number)])


def _examples_over(draft: Draft, before: Workspace, intent: str, into: str, topic: str | None, *, keeps: bool) -> None:
    """Blocks that were the merged intent's: their topics, and what the other intent has already."""
    known = {held_out: {same(one.text) for one in examples(before).of(into, held_out=held_out)} for held_out in (False, True)}
    touched = {(one.path, one.key) for one in examples(before).by_intent.get(intent, ())}
    for path in sorted({path for path, _ in touched}):
        held_out = path.startswith("tests/")
        old = {block.key: block for block in before.blocks(path)}
        places = [number for number, block in enumerate(before.blocks(path)) if (path, block.key) in touched]
        assert len(old) == len(draft.now.blocks(path)), "a rename keeps the blocks"
        for number in reversed(places):
            block = draft.now.blocks(path)[number]
            text: str | None = block.text if keeps else _with_topic(block.text, topic if any(examples(before).topics(into)) else None, path)
            taught = read(text or "")
            doubled = {place: None for place, one in enumerate(taught.texts if taught else ()) if same(one) in known[held_out]}
            if doubled:
                text = rewritten(text or "", doubled, place=f"{path} {block.key}")
            if text is None:
                draft.drop(block)
            else:
                draft.lines(path, block.start, block.end, text)


def _with_topic(text: str, topic: str | None, path: str) -> str:
    """A block's text under another topic, or none."""
    taught = read(text)
    if taught is None or taught.topic == topic:
        return text
    lines = text.splitlines(keepends=True)
    at = next((number for number, line in enumerate(lines) if _METADATA.match(line)), None)
    if taught.topic is not None and at is None:
        raise StudioError(f"{path}「{taught.intent}」", "metadata 的写法特殊，不能自动改主题", "在编辑器里写成 metadata: {topic: 主题}")
    if at is not None:
        lines[at] = re.sub(r"topic:\s*[^,{}]+", f"topic: {topic}", lines[at]) if topic else ""
    elif topic:
        first = next(number for number, line in enumerate(lines) if re.match(r"\s*-\s+intent:", line))
        depth = lines[first].index("-") + 2
        lines.insert(first + 1, f"{' ' * depth}metadata: {{topic: {topic}}}\n")
    return "".join(lines)


def _wishes_over(draft: Draft, before: Workspace, intent: str, into: str, topic: str | None, *, keeps: bool) -> None:
    """The wishes of the merged intent: their topic, and why several wishes are understood alike (tests/nlu/test_wishes.py)."""
    for path in draft.now.files("wishes"):
        content = before.parsed(path)
        wishes = content.get("wishes", {}) if isinstance(content, dict) else {}
        family = any(examples(before).topics(into))
        for wish, entry in wishes.items():
            if not isinstance(entry, dict) or entry.get("intent") != intent:
                continue
            block = draft.now.block(path, f"wish:{wish}")
            if block is None:
                continue
            lines = block.text.splitlines(keepends=True)
            if not keeps:
                lines = [line for line in lines if not re.match(r"\s{4}topic:", line)]
                if family and topic:
                    at = next(number for number, line in enumerate(lines) if re.match(r"\s{4}intent:", line))
                    lines.insert(at + 1, f"    topic: {topic}\n")
            if not entry.get("why"):
                lines.append(f"    why: merged from {intent}\n")
            draft.lines(path, block.start, block.end, "".join(lines))
