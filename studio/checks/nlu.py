"""What is wrong with the examples: texts under two intents, doubles, lines that nobody reads, intents that the domain or the tests miss.

Looks at all examples of the workspace, since a text may collide with another file's; tells what concerns the files that are asked for.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from studio.blocks import Block
from studio.findings import Finding
from studio.intents import DOMAIN, LABELS, NAMES, listed, names
from studio.nlu import INTENT, Example, Examples, examples, fault, read
from studio.references import in_text, program_files
from studio.teaching import FAULTS, HELD_OUT
from studio.workspace import Workspace

# As `make test` asks of the project's own data (tests/nlu/test_examples.py).
FEWEST = 60
HELD_OUT_FEWEST = 12
# What the engine says by itself and nobody teaches.
UNTAUGHT = ("nlu_fallback",)
_NUMBER = re.compile(r"(?<!\d)(?:1[3-9]\d{9}|\d{17}[\dXx])(?!\d)")


def check(workspace: Workspace, paths: Collection[str]) -> list[Finding]:
    """Findings of these files; of all when none is named."""
    found = examples(workspace)
    wanted = set(paths)

    def concerns(path: str) -> bool:
        return not wanted or path in wanted

    result = [one for path in _files(workspace) if concerns(path) for one in _of_file(workspace, path)]
    result += [one for one in _doubles(found) if concerns(one.path)]
    result += [one for one in _of_intents(workspace, found) if concerns(one.path)]
    result += [one for one in _topics(found) if concerns(one.path)]
    result += _program(workspace) if concerns(DOMAIN) else []
    result += _names(workspace) if concerns(NAMES) else []
    return [*result, *(one for one in _wishes(workspace, found) if concerns(one.path))]


def _files(workspace: Workspace) -> list[str]:
    return [*workspace.files("nlu"), *workspace.files("test_nlu")]


def _of_file(workspace: Workspace, path: str) -> Iterator[Finding]:
    """Lines of a file by themselves."""
    known = set(listed(workspace))
    for block in workspace.blocks(path):
        taught = read(block.text) if block.key.startswith(INTENT) else None
        if taught is None:
            continue
        if taught.intent not in known:
            what = f"意图「{taught.intent}」不在 domain.yml 里"
            yield _finding("error", "unknown-intent", block, block.start + 1, what, "先新建这个意图，或改成已有的意图")
        for line in taught.stray:
            text = block.text.splitlines()[line].strip()
            what = f"这一行不是例句，训练时读不到：{text[:40]}"
            yield _finding("error", "unread-line", block, block.start + line + 1, what, "在前面加上「- 」，或删除这一行")
        for text, line in zip(taught.texts, taught.lines, strict=True):
            wrong = fault(text)
            if wrong:
                problem, remedy = FAULTS[wrong]
                severity = "warning" if wrong == "long" else "error"
                yield _finding(severity, f"example-{wrong}", block, block.start + line + 1, f"例句「{text[:40]}」{problem}", remedy)
            elif _NUMBER.search(text):
                yield _finding(
                    "warning",
                    "personal-data",
                    block,
                    block.start + line + 1,
                    f"例句「{text[:40]}」里像是有手机号或身份证号",
                    "换成编造的号码，或删掉",
                )


def _finding(severity: str, code: str, block: Block, line: int, what: str, remedy: str) -> Finding:
    return Finding(severity, code, block.path, block.key, line, what, remedy)  # type: ignore[arg-type]  # one of the three words


def _doubles(found: Examples) -> Iterator[Finding]:
    """The same text twice: under two intents, taught and measured with, or simply twice."""
    for those in found.by_same.values():
        if len(those) < 2:
            continue
        intents = sorted({one.intent for one in those})
        for place, one in enumerate(those):
            others = [other for other in those if other is not one]
            foreign = next((other for other in others if other.intent != one.intent), None)
            if foreign is not None:
                what = f"「{one.text[:40]}」同时是 {'、'.join(intents)} 的例句"
                yield _of(one, "error", "conflict", what, f"只留在一个意图里（另一处：{foreign.path} 第 {foreign.line} 行）")
            elif one.held_out and any(not other.held_out for other in others):
                what = f"测试例句「{one.text[:40]}」也在训练数据里，测出来的成绩会偏高"
                severity = "warning" if one.path == HELD_OUT else "error"
                yield _of(one, severity, "held-out-taught", what, "从测试或训练数据里去掉一处")
            elif place and not one.held_out and not those[0].held_out:
                yield _of(
                    one, "warning", "doubled", f"「{one.text[:40]}」写了两次", f"删掉一处（另一处：{those[0].path} 第 {those[0].line} 行）"
                )


def _of(one: Example, severity: str, code: str, what: str, remedy: str) -> Finding:
    return Finding(severity, code, one.path, one.key, one.line, what, remedy)  # type: ignore[arg-type]  # one of the three words


def _of_intents(workspace: Workspace, found: Examples) -> Iterator[Finding]:
    """Intents of the domain that lack something elsewhere."""
    called, labelled = names(workspace), _labels(workspace)
    domain = listed(workspace)
    for intent in domain:
        if intent in UNTAUGHT:
            continue
        taught, measured = len(found.of(intent)), len(found.of(intent, held_out=True))
        home = next((one for one in found.by_intent.get(intent, ()) if not one.held_out), None)
        if not taught:
            yield _missing("untaught", f"意图「{intent}」没有例句，顾客怎么说都不会被认出来", "加例句，或删除这个意图")
        elif taught < FEWEST and home is not None:
            what = f"意图「{intent}」的训练例句不到 {FEWEST} 条"
            yield Finding("warning", "few-examples", home.path, home.key, None, what, f"现在 {taught} 条，从收件箱继续补")
        if taught and measured < HELD_OUT_FEWEST and home is not None:
            what = f"意图「{intent}」的测试例句不到 {HELD_OUT_FEWEST} 条"
            yield Finding("warning", "few-held-out", home.path, home.key, None, what, f"现在 {measured} 条，没有测试例句就测不出好坏")
        if called and intent not in called:
            yield _missing("unnamed-intent", f"意图「{intent}」没有中文名", f"在意图页给它起名（{NAMES}）")
        if labelled and intent not in labelled and taught:
            yield _missing(
                "unlabelled-intent", f"意图「{intent}」没有写它对应哪些真实消息标签，make eval 会拒绝运行", f"在 {LABELS} 里补一行"
            )
    for intent in sorted(called.keys() - set(domain)):
        yield Finding(
            "warning", "named-nothing", NAMES, None, None, f"中文名表里的「{intent}」不在 domain.yml 里", "删掉这一行，或新建这个意图"
        )


def _missing(code: str, what: str, remedy: str) -> Finding:
    return Finding("warning", code, DOMAIN, "section:intents", None, what, remedy)


def _labels(workspace: Workspace) -> set[str]:
    content = workspace.parsed(LABELS) if workspace.exists(LABELS) else None
    return set(content["intents"]) if isinstance(content, dict) and isinstance(content.get("intents"), dict) else set()


def _topics(found: Examples) -> Iterator[Finding]:
    """An intent with topics teaches every example under one (tests/nlu/test_wishes.py)."""
    for intent in found.by_intent:
        topics = found.topics(intent)
        if None in topics and len(topics) > 1:
            for key in dict.fromkeys((one.path, one.key) for one in found.of(intent) if one.topic is None):
                known = "、".join(sorted(topic for topic in topics if topic))
                what = f"意图「{intent}」的例句分主题，这一块没有写主题"
                yield Finding("error", "topicless", key[0], key[1], None, what, f"移到一个主题下：{known}")


def _wishes(workspace: Workspace, found: Examples) -> Iterator[Finding]:
    """Wishes of the handbooks whose intent or topic is gone."""
    known = set(listed(workspace))
    for path in workspace.files("wishes"):
        content = workspace.parsed(path)
        for part in ("wishes", "events"):
            entries = content.get(part) if isinstance(content, dict) else None
            for wish, entry in (entries or {}).items():
                intent = entry.get("intent") if isinstance(entry, dict) else None
                if intent is None:
                    continue
                key = f"wish:{wish}" if part == "wishes" else f"section:{part}"
                if intent not in known:
                    yield Finding("error", "unknown-intent", path, key, None, f"意图表里「{wish}」的意图 {intent} 不存在", "改成已有的意图")
                elif part == "wishes" and entry.get("topic") not in found.topics(str(intent)) and found.by_intent.get(str(intent)):
                    what = f"意图表里「{wish}」的主题 {entry.get('topic')} 没有例句"
                    yield Finding("error", "untaught-topic", path, key, None, what, f"给 {intent} 的这个主题加例句，或改主题")


def _names(workspace: Workspace) -> Iterator[Finding]:
    """Whether the file of Chinese names has the form that the gateway reads, and no name stands for two intents."""
    content = workspace.parsed(NAMES) if workspace.exists(NAMES) else None
    if content is None:
        return
    groups = content if isinstance(content, dict) else {"": content}
    seen: dict[str, str] = {}
    for group, those in groups.items():
        if not isinstance(those, dict) or not all(isinstance(name, str) and name.strip() for name in those.values()):
            yield Finding(
                "error", "names-form", NAMES, None, None, f"「{group}」下面不是「意图: 中文名」", "每个意图一行，写成 意图: 中文名"
            )
            continue
        for intent, name in those.items():
            if name in seen:
                what = f"「{name}」同时是 {seen[name]} 和 {intent} 的中文名"
                yield Finding("error", "named-alike", NAMES, f"section:{group}", None, what, "给其中一个换个名字，同事才分得清")
            seen.setdefault(name, str(intent))


def _program(workspace: Workspace) -> Iterator[Finding]:
    """Intents that the program's own data says by itself and that the domain does not have."""
    known = set(listed(workspace))
    for path in program_files(workspace.root):
        for place, intent, scalar in in_text(path, (workspace.root / path).read_text("utf-8", "replace")):
            if place.speaks and intent not in known:
                what = f"程序（{path} 第 {scalar.line} 行）写着意图「{intent}」，domain.yml 里没有它"
                remedy = "保留这个意图，或请开发者改那个文件"
                yield Finding("error", "program-unknown-intent", DOMAIN, "section:intents", None, what, remedy)
