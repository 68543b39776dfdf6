"""From labelled messages to edits: each becomes a held-out test first, and joins what is taught when a trainer wants it to.

A message is never both: the model would be measured by what it has learned. So joining the training data takes it out of the tests.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from policy.masking import personal
from studio.doubles import doubles
from studio.edits import Edit
from studio.errors import StudioError
from studio.findings import Finding
from studio.intents import names
from studio.marks import lines_of, marked, unmarked
from studio.nlu import Example, examples, same
from studio.rendering import plain as data_of
from studio.rendering import render
from studio.workspace import Workspace

HELD_OUT = "tests/nlu/held_out.yml"
TAUGHT_ANEW = "data/nlu/inbox.yml"
_FIRST = 'version: "3.1"\n'
_HEADS = {
    HELD_OUT: "# Messages of the trainers' inbox: labelled by people, masked, held out and never trained on. Entities are marked.\n",
    TAUGHT_ANEW: "# Messages of the trainers' inbox that belong to no other file of data/nlu.\n",
}
# From here on the model knows a message already (issue 8: the model already knows it).
KNOWN = 0.95


@dataclass(frozen=True)
class Label:
    """A message with the wish it means: ``topic`` of a family's part; ``entities`` [{start, end, entity, value}] of ``text``."""

    text: str
    intent: str
    topic: str | None = None
    entities: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Batch:
    """Edits that write labels down; ``there``: places (in what was given) that the files say already, ``refused``: with the reason."""

    edits: list[Edit]
    there: list[int]
    refused: dict[int, Finding]


def cleaned(text: str) -> str:
    """A message as one line of a file: no breaks, no mark of a command at its beginning."""
    return " ".join(text.split()).lstrip("/\\ ")


def intents(workspace: Workspace) -> list[str]:
    """The intents of the domain, in its order."""
    domain = workspace.parsed("domain.yml") or {}
    return [str(next(iter(one)) if isinstance(one, Mapping) else one) for one in domain.get("intents") or ()]


def entities(workspace: Workspace) -> list[str]:
    """What may be marked: the entities of the domain but the topic, which is the label's."""
    domain = workspace.parsed("domain.yml") or {}
    names = [str(next(iter(one)) if isinstance(one, Mapping) else one) for one in domain.get("entities") or ()]
    return [one for one in names if one != "topic"]


def topics(workspace: Workspace) -> dict[str, list[str]]:
    """The parts of every family, by intent: those that its taught examples name."""
    found: dict[str, list[str]] = {}
    for intent, topic in examples(workspace).taught:
        if topic is not None and topic not in found.setdefault(intent, []):
            found[intent].append(topic)
    return found


def likely_topic(workspace: Workspace, text: str, intent: str) -> str | None:
    """The part of a family a message most likely means: that of the taught example it is most like, else the family's largest."""
    counts = {topic: count for (name, topic), count in examples(workspace).taught.items() if name == intent and topic}
    if not counts:
        return None
    near = doubles(workspace).near(text, 40, 0.15)
    return next((one.topic for one, _ in near if one.intent == intent and one.topic), max(counts, key=lambda topic: counts[topic]))


def check(workspace: Workspace, label: Label) -> list[Finding]:
    """What speaks against a label: an unknown wish, what tells of a person, the same words under another wish, examples nearly the same.

    Errors forbid it; a warning is for the trainer to weigh.
    """
    found = [*_form(workspace, label)]
    there = examples(workspace).by_same.get(same(cleaned(label.text)), ())
    for one in there:
        if one.intent != label.intent:
            found.append(
                _finding(
                    "error",
                    "conflict",
                    one,
                    f"同一句话已经在「{_called(workspace, one.intent)}」里",
                    "改标成那个意图，或先到意图页改那一条",
                )
            )
        elif one.topic != label.topic:
            place = f"「{_called(workspace, one.intent)}」的话题「{one.topic or '无'}」"
            found.append(_finding("error", "conflict", one, f"同一句话已经在{place}里", "改标成那个话题，或先到意图页改那一条"))
        elif not one.held_out:
            found.append(_finding("info", "taught", one, "这句话已经是训练例句", "可以移除：学过的话不能再当测试"))
        else:
            found.append(_finding("info", "measured", one, "这句话已经是测试句", "可以移除"))
    if not there:
        for one, share in doubles(workspace).near(cleaned(label.text), 4):
            if one.intent != label.intent:
                what = f"和「{_called(workspace, one.intent)}」的「{one.said}」几乎一样（{share:.0%}）"
                found.append(_finding("warning", "near-conflict", one, what, "确认两句说的确实是两回事"))
            else:
                what = f"和已有的「{one.said}」几乎一样（{share:.0%}）"
                found.append(_finding("info", "near-duplicate", one, what, "可以移除：学不到新东西"))
    return found


def batch(workspace: Workspace, labels: Sequence[Label]) -> Batch:
    """Edits that make tests of labelled messages, one for each block of held_out.yml; what the files have already needs none."""
    known = examples(workspace)
    there: list[int] = []
    refused: dict[int, Finding] = {}
    wanted: dict[tuple[str, str | None], list[str]] = {}
    meant: dict[str, tuple[str, str | None]] = {}
    for place, label in enumerate(labels):
        wish, words = (label.intent, label.topic), same(cleaned(label.text))
        if any((one.intent, one.topic) == wish for one in known.by_same.get(words, ())):
            there.append(place)
            continue
        first = meant.get(words)
        if first == wish:
            continue
        if first is not None:
            other = f"同一句话在这一批里也标成了「{first[0]}」"
            refused[place] = Finding("error", "conflict", HELD_OUT, f"intent:{label.intent}", None, other, "两条只能有一个意图")
            continue
        error = next((one for one in check(workspace, label) if one.severity == "error"), None)
        if error is not None:
            refused[place] = error
            continue
        meant[words] = wish
        wanted.setdefault(wish, []).append(marked(cleaned(label.text), label.entities))
    return Batch(_added(workspace, HELD_OUT, wanted), there, refused)


def held_out(workspace: Workspace) -> list[Example]:
    """The inbox's tests, in the order of the file."""
    return [one for one in examples(workspace).all if one.path == HELD_OUT]


def join_training(workspace: Workspace, texts: Iterable[str]) -> list[Edit]:
    """Edits that take these messages out of the inbox's tests and teach them, without marks, beside their like.

    StudioError when one is no test of the inbox (any more), or is taught under another wish.
    """
    tests = {one.said: one for one in held_out(workspace)}
    known = examples(workspace)
    leaving: dict[str, list[Example]] = {}
    wanted: dict[tuple[str, str | None], list[str]] = {}
    for text in dict.fromkeys(texts):
        one = tests.get(text)
        if one is None:
            raise StudioError(f"「{text[:40]}」", "不在测试句里了", "刷新页面再选")
        leaving.setdefault(one.key, []).append(one)
        taught = [other for other in known.by_same.get(same(text), ()) if not other.held_out]
        if any((other.intent, other.topic) != (one.intent, one.topic) for other in taught):
            raise StudioError(f"「{text[:40]}」", f"已经是「{taught[0].intent}」的训练例句", "先到意图页改那一条")
        if not taught:
            wanted.setdefault((one.intent, one.topic), []).append(one.said)
    edits = [_without(workspace, key, gone) for key, gone in leaving.items()]
    # From the last block back: what is removed does not rename what follows.
    edits.sort(key=lambda one: -_number(one.key))
    for wish, lines in wanted.items():
        edits += _added(workspace, _home(workspace, *wish), {wish: lines})
    return edits


def _home(workspace: Workspace, intent: str, topic: str | None) -> str:
    """The file that teaches most of a wish; of a topic nobody taught yet that of its family, of a new wish the inbox's own."""
    of_topic: dict[str, int] = {}
    of_intent: dict[str, int] = {}
    for one in examples(workspace).all:
        if not one.held_out and one.intent == intent:
            of_intent[one.path] = of_intent.get(one.path, 0) + 1
            if one.topic == topic:
                of_topic[one.path] = of_topic.get(one.path, 0) + 1
    best = of_topic or of_intent
    return max(best, key=lambda path: best[path]) if best else TAUGHT_ANEW


def _added(workspace: Workspace, path: str, wanted: Mapping[tuple[str, str | None], Sequence[str]]) -> list[Edit]:
    """Edits that put lines into the blocks of their wish, and blocks of their own for wishes that the file has none of."""
    there = workspace.exists(path)
    kind = workspace.kind_of(path)
    blocks = {one.key: one for one in workspace.blocks(path)} if there else {}
    edits: list[Edit] = []
    if not there and wanted:
        edits.append(Edit(path, "section:version", _FIRST, _HEADS.get(path, "") + _FIRST))
    numbers: dict[str, int] = {}
    for (intent, topic), lines in wanted.items():
        mine = []
        for key, block in blocks.items():
            if key == f"intent:{intent}" or key.startswith(f"intent:{intent}#"):
                data = data_of(key, block.text)
                if (data.get("metadata") or {}).get("topic") == topic:
                    mine.append((key, block, data))
                numbers[intent] = max(numbers.get(intent, 0), _number(key))
        if mine:
            key, block, data = max(mine, key=lambda one: len(lines_of(one[2])))
            edits.append(Edit(path, key, block.text, render(kind, key, {**data, "examples": [*lines_of(data), *lines]}, block.text)))
            continue
        number = numbers[intent] = numbers.get(intent, 0) + 1
        key = f"intent:{intent}" + (f"#{number}" if number > 1 else "")
        about = {"metadata": {"topic": topic}} if topic is not None else {}
        edits.append(Edit(path, key, None, render(kind, key, {"intent": intent, **about, "examples": list(lines)})))
    return edits


def _without(workspace: Workspace, key: str, gone: Sequence[Example]) -> Edit:
    block = workspace.block(HELD_OUT, key)
    if block is None:
        raise StudioError(HELD_OUT, f"没有「{key}」这一块了", "刷新页面再选")
    data = data_of(key, block.text)
    numbers = {one.place for one in gone}
    left = [line for number, line in enumerate(lines_of(data)) if number not in numbers]
    return Edit(HELD_OUT, key, block.text, render("test_nlu", key, {**data, "examples": left}, block.text) if left else None)


def _called(workspace: Workspace, intent: str) -> str:
    """What staff call an intent."""
    return names(workspace).get(intent, ("", intent))[1]


def _number(key: str) -> int:
    return int(key.rpartition("#")[2]) if "#" in key else 1


def _form(workspace: Workspace, label: Label) -> Iterable[Finding]:
    """What is wrong with a label whatever the files say of its words."""

    def error(code: str, what: str, remedy: str) -> Finding:
        return Finding("error", code, HELD_OUT, f"intent:{label.intent}", None, what, remedy)

    if label.intent not in intents(workspace):
        yield error("unknown-intent", f"没有意图「{label.intent}」", "从列表里选，或先新建它")
    else:
        parts = topics(workspace).get(label.intent)
        if parts and label.topic not in parts:
            yield error("topic", f"「{_called(workspace, label.intent)}」要选一个话题", "从列表里选：" + "、".join(parts))
        if not parts and label.topic is not None:
            yield error("topic", f"「{_called(workspace, label.intent)}」没有话题", "去掉话题")
    text = cleaned(label.text)
    if not same(text):
        yield error("empty", "没有文字", "移除这一条")
    if hidden := personal(text).hidden:
        yield error("personal", f"句子里有个人信息：{'、'.join(hidden)}", "改成虚构的，或删掉")
    if unmarked(text)[1]:
        yield error("brackets", "句子里的方括号会被当成实体标注", "把方括号改成别的标点")
    wrong = sorted({str(one.get("entity")) for one in label.entities} - set(entities(workspace)))
    if wrong:
        yield error("unknown-entity", f"没有实体「{'、'.join(wrong)}」", "从列表里选")
    try:
        marked(text, label.entities)
    except StudioError as problem:
        yield error("marks", problem.problem, problem.remedy)


def _finding(severity: Any, code: str, one: Example, what: str, remedy: str) -> Finding:
    return Finding(severity, code, one.path, one.key, None, what, remedy)
