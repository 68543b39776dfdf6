"""What is wrong with rules, stories and test stories: names that are none, steps that Rasa would skip, contradictions, failing tests.

Errors are what training refuses or what never works; warnings are what works otherwise than it reads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from math import prod
from typing import Any

from studio.contradictions import Contradiction, said
from studio.dialogue import Dialogue, Wrong, dialogue
from studio.findings import Finding, Severity
from studio.stories import Story, View, view
from studio.trackers import MOST_WAYS
from studio.vocabulary import OWN_SLOTS, Vocabulary
from studio.workspace import Workspace


def check(workspace: Workspace, paths: Collection[str] = ()) -> list[Finding]:
    """What is found in these files (none: in all). Contradictions are always looked for everywhere: they have two ends."""
    known = dialogue(workspace)
    everything = not paths or any(workspace.kind_of(path) in ("domain", "config", "responses") for path in paths)
    names = Counter((one.kind == "test", one.name) for one in known.stories)
    found: list[Finding] = []
    for story in known.stories:
        if everything or story.path in paths:
            found += [_finding(story, *one) for one in of_story(story, known.words)]
            if names[story.kind == "test", story.name] > 1:
                found.append(
                    _finding(story, "error", "story-name-twice", f"名称「{story.name}」用了不止一次", "换一个名称，写明这一条的不同")
                )
    found += list(_checkpoints(known))
    found += _fallback(workspace, known.words)
    if everything:
        found += _unused(workspace, known)
    found += [contradicts(one, known) for one in known.contradictions]
    return found + [fails(one) for one in known.failing]


Told = tuple[Severity, str, str, str]


def _finding(story: Story, severity: Severity, code: str, what: str, remedy: str) -> Finding:
    return Finding(severity, code, story.path, story.key, story.line, what, remedy)


def contradicts(one: Contradiction, known: Dialogue) -> Finding:
    """A contradiction as a finding."""
    story = known.find(one.here.path, one.here.key)
    severity: Severity = "error" if one.refused or one.sort == "stories" else "warning"
    return Finding(severity, f"contradiction-{one.sort}", one.here.path, one.here.key, story.line if story else None, one.what, one.remedy)


def fails(one: Wrong) -> Finding:
    """A failing test story as a finding."""
    story = one.story
    what = f"测试「{story.name}」第 {one.step + 1} 步应当是{said(one.expected)}，照现在的规则和故事会是{said(one.would)}"
    return _finding(story, "warning", "test-would-fail", what, "改规则或故事；如果现在这样才对，就把测试改成现在的结果")


def of_story(story: Story, words: Vocabulary) -> Iterator[Told]:
    """What is wrong with one talk by itself: (severity, code, what, remedy)."""
    if not story.steps:
        yield "error", "story-empty", f"「{story.name}」一步也没有，训练时会被跳过", "写上步骤，或删掉它"
        return
    if story.kind == "test" and not story.path.rpartition("/")[2].startswith("test_"):
        yield "error", "test-file-name", "测试故事的文件名不以「test_」开头，不会被当作测试", "把文件改名为 test_….yml"
    views = [view(step) for step in story.steps]
    for at, one in enumerate((view(step) for step in story.condition), 1):
        yield from ((severity, code, f"条件第 {at} 项：{what}", remedy) for severity, code, what, remedy in of_step(one, words))
    for at, one in enumerate(views, 1):
        yield from ((severity, code, f"第 {at} 步：{what}", remedy) for severity, code, what, remedy in of_step(one, words))
    yield from _order(views, words)
    many = prod(len(one["wishes"]) for one in views if one["kind"] == "shopper")
    if many > MOST_WAYS:
        what = f"「或者」合起来有 {many} 种走法，矛盾检查只看前 {MOST_WAYS} 种，训练也会很慢"
        yield "warning", "story-many-ways", what, "拆成几个故事"
    if any(one["kind"] == "checkpoint" for one in views[1:-1]):
        what = "检查点写在故事中间，从这里接着走的故事没有和它连起来检查"
        yield "warning", "checkpoint-inside", what, "在检查点处拆成两个故事"


def of_step(one: View, words: Vocabulary) -> Iterator[Told]:
    """What is wrong with one step."""
    kind = one["kind"]
    if kind == "shopper":
        for wish in one["wishes"]:
            intent = wish.get("intent")
            if intent and not words.knows_intent(intent.removeprefix("/")):
                yield "error", "unknown-intent", f"没有意图「{intent}」", "换成已有的意图，或先在「意图」页新建"
            yield from _entities(wish.get("entities") or (), words)
    elif kind == "bot":
        if not words.knows_action(one["action"]):
            yield "error", "unknown-action", f"没有动作或话术「{one['action']}」", "换成已有的动作或话术"
    elif kind == "loop":
        if one["name"] is not None and one["name"] not in words.forms:
            yield "error", "unknown-form", f"没有表单「{one['name']}」", "换成 domain.yml 里的表单"
    elif kind == "slot":
        for slot in one["slots"]:
            yield from _slot(slot, words)
    elif kind == "raw" and not _alternatives_of_slots(one["data"]):
        yield "error", "unknown-step", "这一步引擎不认识，会被跳过", "删掉这一步，用买家说、机器人做、记下、表单重写"


def _alternatives_of_slots(step: Any) -> bool:
    return isinstance(step, dict) and (
        set(step) == {"or"} or "slot_was_set" in step or "bot" in step or "checkpoint" in step or "metadata" in step
    )


def _entities(entities: Any, words: Vocabulary) -> Iterator[Told]:
    for one in entities:
        names = [one] if isinstance(one, str) else [name for name in one if name not in ("role", "group")] if isinstance(one, dict) else []
        for name in names:
            if name not in words.entities:
                yield "warning", "unknown-entity", f"没有实体「{name}」", "换成 domain.yml 里的实体，或删掉"


def _slot(slot: View, words: Vocabulary) -> Iterator[Told]:
    name = slot["name"]
    if name in OWN_SLOTS:
        return
    known = words.slots.get(name)
    if known is None:
        yield "error", "unknown-slot", f"没有词槽「{name}」", "换成 domain.yml 里的词槽"
    elif not known.influences:
        yield "info", "slot-unseen", f"词槽「{name}」不影响对话，写不写都一样", "可以删掉这一步"
    elif known.type == "categorical" and known.values and slot.get("value") is not None and not slot.get("named_only"):
        if str(slot["value"]).lower() not in [value.lower() for value in known.values]:
            allowed = "、".join(known.values[:12]) + ("…" if len(known.values) > 12 else "")
            yield "error", "slot-value", f"词槽「{name}」没有「{slot['value']}」这个值", f"可以用的值：{allowed}"


def _order(views: list[View], words: Vocabulary) -> Iterator[Told]:
    kinds = [one["kind"] for one in views]
    if "bot" not in kinds and "raw" not in kinds and "checkpoint" not in kinds:
        yield "error", "story-no-answer", "机器人一步也没有做", "写上机器人做什么"
    elif kinds[-1] == "shopper":
        yield "warning", "story-no-answer", "最后一步是买家说话，机器人没有回答", "写上机器人做什么，或删掉最后一步"
    for at in range(1, len(views)):
        if kinds[at] == kinds[at - 1] == "shopper":
            yield (
                "warning",
                "story-two-shopper",
                f"第 {at} 步和第 {at + 1} 步之间机器人没有回答",
                "在中间写上机器人做什么；几种说法写在同一步里",
            )
    open_form: str | None = None
    for at, one in enumerate(views):
        if kinds[at] == "loop":
            open_form = one["name"]
        fills = kinds[at] == "bot" and one["action"] in words.forms and one["action"] != open_form
        if fills and not (at + 1 < len(views) and kinds[at + 1] == "loop"):
            yield "warning", "form-unsaid", f"第 {at + 1} 步填表单「{one['action']}」，后面没有写表单是开始还是结束", "在后面加一步表单"


def _checkpoints(known: Dialogue) -> Iterator[Finding]:
    ends: set[str] = set()
    starts: set[str] = set()
    used: list[tuple[Story, str, bool]] = []
    for story in known.stories:
        for at, step in enumerate(story.steps):
            if isinstance(step, dict) and "checkpoint" in step:
                name = str(step["checkpoint"])
                (starts if at == 0 else ends).add(name)
                used.append((story, name, at == 0))
    for story, name, begins in used:
        if name not in (ends if begins else starts):
            what = f"没有故事{'结束' if begins else '开始'}于检查点「{name}」" + ("，这个故事永远走不到" if begins else "")
            yield _finding(story, "warning", "checkpoint-loose", what, "删掉检查点，或补上另一半")


def _fallback(workspace: Workspace, words: Vocabulary) -> list[Finding]:
    name = words.fallback
    if not name or name in words.actions or name in words.responses or name in words.forms:
        return []
    path = next(iter(workspace.files("config")), "config.yml")
    return [
        Finding(
            "error", "fallback-unknown", path, None, None, f"没听懂时做的动作「{name}」不在 domain.yml 里，训练会拒绝", "把它加进 actions"
        )
    ]


def _unused(workspace: Workspace, known: Dialogue) -> list[Finding]:
    used = {
        str(wish.get("intent", "")).partition("/")[0]
        for story in known.stories
        if story.kind != "test"
        for step in story.steps
        for one in [view(step)]
        if one["kind"] == "shopper"
        for wish in one["wishes"]
    }
    path = next(iter(workspace.files("domain")), "domain.yml")
    return [
        Finding(
            "warning", "intent-unanswered", path, None, None, f"意图「{name}」没有规则也没有故事，机器人听懂了也不会回答", "给它写一条规则"
        )
        for name in known.words.intents
        if name not in used
    ]
