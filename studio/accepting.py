"""Taking what the bot really does for what a test dialogue expects: an edit of the test, proposed and saved like any other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from studio.edits import Edit
from studio.errors import StudioError
from studio.workspace import Workspace

LISTEN = "action_listen"


def accept(workspace: Workspace, path: str, story: str, steps: Sequence[Mapping[str, Any]]) -> Edit:
    """The edit that makes a failing dialogue expect what was done. ``steps``: as in the report (studio/exams.py ``failing_dialogues``).

    An action that was done instead takes the expected one's place; one that was not done goes; one that was done besides comes in.

    Raises:
        StudioError: the dialogue is not written so any more, or by other means than intent and action steps (checkpoints).
    """
    place = f"{path} {story}"
    block = workspace.block(path, f"story:{story}") if workspace.exists(path) else None
    if block is None:
        raise StudioError(place, "测试文件里已经没有这段对话", "重新比较一次候选版本")
    written = _actions(block.text)
    expected = [one for one in steps if one["kind"] == "action" and one["expected"] != LISTEN]
    if [name for name, _, _ in written] != [str(one["expected"]) for one in expected]:
        raise StudioError(place, "这段对话在测试之后改过，或者用了检查点，不能自动改", "在“故事与规则”页手工改这段测试")
    lines = block.text.splitlines(keepends=True)
    changes: list[tuple[int, str, str, str]] = []  # line, what is done with it, old name, new name
    seen = -1
    for one in steps:
        if one["kind"] != "action":
            continue
        if one["expected"] != LISTEN:
            seen += 1
        if one["actual"] == one["expected"]:
            continue
        # An action done where the shopper's turn was expected comes after the last one that was written.
        if one["expected"] == LISTEN and seen < 0:
            raise StudioError(place, "机器人在顾客开口前就说话了，不能自动改", "在“故事与规则”页手工改这段测试")
        name, line, _ = written[seen]
        what = "after" if one["expected"] == LISTEN else ("gone" if one["actual"] == LISTEN else "instead")
        changes.append((line, what, name, str(one["actual"])))
    if not changes:
        raise StudioError(place, "没有要接受的步骤", "刷新页面")
    for line, what, old, new in sorted(changes, key=lambda change: -change[0]):
        text = lines[line]
        if what == "gone":
            if not text.lstrip().startswith("- action:"):
                raise StudioError(place, f"第 {line + 1} 行不是单独的一步，不能自动删", "在“故事与规则”页手工改这段测试")
            del lines[line]
        elif what == "instead":
            lines[line] = text.replace(old, new, 1)
        else:
            indent = text[: len(text) - len(text.lstrip())]
            lines.insert(line + 1, f"{indent}- action: {new}\n")
    return Edit(path, block.key, block.text, "".join(lines))


def _actions(text: str) -> list[tuple[str, int, int]]:
    """(name, line, column) of every action step of a block, in order; none where it cannot be read."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return []
    found: list[tuple[str, int, int]] = []

    def walk(one: Any) -> None:
        if isinstance(one, yaml.SequenceNode):
            for part in one.value:
                walk(part)
        elif isinstance(one, yaml.MappingNode):
            for key, value in one.value:
                if key.value == "action" and isinstance(value, yaml.ScalarNode):
                    found.append((str(value.value), value.start_mark.line, value.start_mark.column))
                elif key.value in ("steps", "story"):
                    walk(value)

    walk(node)
    return found
