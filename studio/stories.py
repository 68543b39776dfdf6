"""Stories, rules and test stories as typed talks: read from the files, shown step by step, and made into plain data again.

A step of a file becomes a *view* (a small dictionary with ``kind``) that a page edits, and goes back without loss:
``plain(view(step)) == step`` for everything Rasa's format allows; what has no view of its own is kept whole (kind ``raw``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from studio.errors import StudioError

if TYPE_CHECKING:
    from studio.workspace import Workspace

StoryKind = Literal["story", "rule", "test"]
View = dict[str, Any]
# Kind of a file in the workspace → the kind of the talks in it.
FILES: tuple[Literal["rules", "stories", "test_stories"], ...] = ("rules", "stories", "test_stories")
LONGEST_NAME = 200
MOST_STEPS = 200


@dataclass(frozen=True)
class Story:
    """A story, rule or test story. ``key``: of its block in ``path``; ``steps`` and ``condition`` as they stand in the file."""

    path: str
    key: str
    kind: StoryKind
    name: str
    steps: tuple[Any, ...] = ()
    condition: tuple[Any, ...] = ()
    wait_for_user_input: bool = True
    conversation_start: bool = False
    line: int | None = None
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def views(self) -> list[View]:
        """The steps as a page edits them."""
        return [view(step) for step in self.steps]

    @property
    def place(self) -> str:
        """Where it stands, as people read it."""
        return f"{self.path}{f' 第 {self.line} 行' if self.line else ''}「{self.name}」"

    def shown(self) -> dict[str, Any]:
        """Everything of it for a page."""
        return {
            "path": self.path,
            "key": self.key,
            "kind": self.kind,
            "name": self.name,
            "line": self.line,
            "steps": self.views,
            "condition": [view(step) for step in self.condition],
            "wait_for_user_input": self.wait_for_user_input,
            "conversation_start": self.conversation_start,
        }


def stories(workspace: Workspace, kinds: Sequence[StoryKind] = ("rule", "story", "test")) -> list[Story]:
    """Every talk of these kinds, in the order of the files. A file that does not load raises StudioError."""
    found: list[Story] = []
    for file_kind in FILES:
        for path in workspace.files(file_kind):
            found += [one for one in of_file(workspace, path, test=file_kind == "test_stories") if one.kind in kinds]
    return found


def of_file(workspace: Workspace, path: str, test: bool = False) -> list[Story]:
    """The talks of one file."""
    content = workspace.parsed(path)
    if not isinstance(content, Mapping):
        return []
    lines = _lines(workspace, path)
    seen: dict[str, int] = {}
    found: list[Story] = []
    for section, word in (("rules", "rule"), ("stories", "story")):
        several = content.get(section) or []
        if not isinstance(several, list):
            raise StudioError(path, f"「{section}」下面应当是一列条目", f"在「{section}:」下面每条以「- {word}: 名称」开头")
        for one in several:
            if not isinstance(one, Mapping) or word not in one:
                continue
            name = str(one[word])
            base = f"{word}:{name}"
            seen[base] = seen.get(base, 0) + 1
            key = base if seen[base] == 1 else f"{base}#{seen[base]}"
            kind: StoryKind = "rule" if word == "rule" else "test" if test else "story"
            found.append(_story(path, key, kind, name, one, lines.get(key)))
    return found


def _story(path: str, key: str, kind: StoryKind, name: str, one: Mapping[str, Any], line: int | None) -> Story:
    known = ("story", "rule", "steps", "condition", "wait_for_user_input", "conversation_start")
    return Story(
        path=path,
        key=key,
        kind=kind,
        name=name,
        steps=_listed(one.get("steps")),
        condition=_listed(one.get("condition")),
        wait_for_user_input=one.get("wait_for_user_input") is not False,
        conversation_start=one.get("conversation_start") is True,
        line=line,
        more={word: value for word, value in one.items() if word not in known},
    )


def _listed(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list) else ()


def _lines(workspace: Workspace, path: str) -> dict[str, int]:
    """Line (from 1) of the entry of every block, below the comments that stand above it."""
    found = {}
    for block in workspace.blocks(path):
        above = 0
        for line in block.text.splitlines():
            if line.strip() and not line.lstrip().startswith("#"):
                break
            above += 1
        found[block.key] = block.start + above + 1
    return found


def view(step: Any) -> View:
    """A step as a page edits it: ``kind`` is shopper | bot | slot | loop | checkpoint | raw."""
    if not isinstance(step, Mapping):
        return {"kind": "raw", "data": step}
    keys = set(step)
    if keys == {"or"} and isinstance(step["or"], list) and step["or"]:
        wishes = [_wish(one) for one in step["or"]]
        if all(one is not None for one in wishes):
            return {"kind": "shopper", "wishes": wishes, "either": True}
    wish = _wish(step)
    if wish is not None:
        return {"kind": "shopper", "wishes": [wish], "either": False}
    if keys == {"action"} and isinstance(step["action"], str):
        return {"kind": "bot", "action": step["action"]}
    if keys == {"active_loop"} and (step["active_loop"] is None or isinstance(step["active_loop"], str)):
        return {"kind": "loop", "name": step["active_loop"]}
    if keys == {"slot_was_set"}:
        slots = _slots(step["slot_was_set"])
        if slots is not None:
            return {"kind": "slot", "slots": slots}
    if keys == {"checkpoint"} and isinstance(step["checkpoint"], str):
        return {"kind": "checkpoint", "name": step["checkpoint"]}
    return {"kind": "raw", "data": dict(step)}


def _wish(step: Any) -> View | None:
    if not isinstance(step, Mapping) or not set(step) <= {"intent", "user", "entities"} or not ({"intent", "user"} & set(step)):
        return None
    if not all(isinstance(step[name], str) for name in ("intent", "user") if name in step):
        return None
    return {name: step[name] for name in ("user", "intent", "entities") if name in step}


def _slots(value: Any) -> list[View] | None:
    if not isinstance(value, list):
        return None
    found: list[View] = []
    for one in value:
        if isinstance(one, str):
            found.append({"name": one, "named_only": True})
        elif isinstance(one, Mapping) and len(one) == 1:
            ((name, said),) = one.items()
            found.append({"name": str(name), "value": said})
        else:
            return None
    return found


def plain(shown: Mapping[str, Any], place: str = "") -> Any:
    """The step that a view stands for, as it is written into a file; StudioError for one that is none."""
    kind = shown.get("kind")
    if kind == "shopper":
        wishes = [_plain_wish(one, place) for one in shown.get("wishes") or ()]
        if not wishes:
            raise StudioError(place, "买家这一步没有意图", "选一个意图，或删掉这一步")
        return {"or": wishes} if len(wishes) > 1 or shown.get("either") else wishes[0]
    if kind == "bot":
        return {"action": _word(shown.get("action"), place, "机器人这一步没有动作", "选一个动作或话术，或删掉这一步")}
    if kind == "loop":
        name = shown.get("name")
        return {"active_loop": name if name is None else _word(name, place, "表单没有名称", "选一个表单，或选「表单结束」")}
    if kind == "slot":
        slots = [_plain_slot(one, place) for one in shown.get("slots") or ()]
        if not slots:
            raise StudioError(place, "「记下」这一步没有词槽", "选一个词槽，或删掉这一步")
        return {"slot_was_set": slots}
    if kind == "checkpoint":
        return {"checkpoint": _word(shown.get("name"), place, "检查点没有名称", "写上名称，或删掉这一步")}
    if kind == "raw" and "data" in shown:
        return shown["data"]
    raise StudioError(place, f"不认识的步骤「{kind}」", "步骤是：买家说、机器人做、记下、表单、检查点")


def _plain_wish(one: Any, place: str) -> dict[str, Any]:
    found = {name: one[name] for name in ("user", "intent", "entities") if isinstance(one, Mapping) and one.get(name) not in (None, "", [])}
    if "user" in found and not isinstance(found["user"], str):
        raise StudioError(place, "买家的原话应当是文字", "改成一句话，或删掉原话")
    if "user" not in found or "intent" in found:
        _word(found.get("intent"), place, "买家这一步没有意图", "选一个意图，或删掉这一步")
    if not isinstance(found.get("entities", []), list):
        raise StudioError(place, "实体应当是一列", "删掉实体再选一次")
    return found


def _plain_slot(one: Any, place: str) -> Any:
    name = _word(one.get("name") if isinstance(one, Mapping) else None, place, "「记下」这一步没有词槽", "选一个词槽，或删掉这一步")
    if one.get("named_only"):
        return name
    value = one.get("value")
    if value is not None and not isinstance(value, (str, int, float, bool, list)):
        raise StudioError(place, f"词槽「{name}」的值不能这样写", "写一个词、一个数，或留空表示没有值")
    return {name: value}


def _word(value: Any, place: str, what: str, remedy: str) -> str:
    if not isinstance(value, str) or not value.strip() or "\n" in value:
        raise StudioError(place, what, remedy)
    return value.strip()


def data_of(kind: StoryKind, shown: Mapping[str, Any], old: Story | None = None) -> dict[str, Any]:
    """The block of a talk as plain data, from what a page sent (``name``, ``steps``, ``condition``, …).

    ``old``: the talk it replaces, whose further keys (``metadata``) are kept. Raises StudioError naming the step.
    """
    name = _word(shown.get("name"), "名称", "还没有名称", "用一句话写上：买家做什么，结果怎样")
    if len(name) > LONGEST_NAME:
        raise StudioError(f"「{name[:20]}…」", f"名称超过 {LONGEST_NAME} 个字", "缩短名称")
    steps = shown.get("steps") or ()
    if not steps:
        raise StudioError(f"「{name}」", "一步也没有", "至少写一步买家说的话和一步机器人做的事")
    if len(steps) > MOST_STEPS:
        raise StudioError(f"「{name}」", f"超过 {MOST_STEPS} 步", "拆成几个故事")
    word = "rule" if kind == "rule" else "story"
    data: dict[str, Any] = {word: name, **(dict(old.more) if old else {})}
    if kind == "rule":
        if shown.get("conversation_start"):
            data["conversation_start"] = True
        condition = [plain(one, f"「{name}」的条件第 {at} 项") for at, one in enumerate(shown.get("condition") or (), 1)]
        if condition:
            data["condition"] = condition
    data["steps"] = [plain(one, f"「{name}」第 {at} 步") for at, one in enumerate(steps, 1)]
    if kind == "rule" and shown.get("wait_for_user_input") is False:
        data["wait_for_user_input"] = False
    return data
