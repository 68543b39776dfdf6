"""Responses as trainers see them: a list that can be searched, one with all it is made of, and the edit that a change of it is. Pure."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, Literal
from weakref import WeakKeyDictionary

from policy.validity import period
from studio.blocks import render
from studio.edits import Edit
from studio.errors import StudioError
from studio.response_rules import VARIABLE, response_rules
from studio.response_uses import Use, uses
from studio.workspace import Workspace

State = Literal["all", "dated", "over", "conditional", "buttons", "deed", "unused"]
STATES: tuple[State, ...] = ("all", "dated", "over", "conditional", "buttons", "deed", "unused")
# The order in which a variation's parts are written.
ORDER = ("text", "buttons", "image", "custom", "attachment", "quick_replies", "condition", "channel", "valid_from", "valid_to", "metadata")
FOLDER = "data/responses"
SPOKEN_TO = ("test", "twin")  # uses that do not make a response be said


@dataclass(frozen=True)
class Response:
    """One response. ``topic``: the stem of its file; ``line`` from 1; ``variations``: plain data, as in the file; do not change them."""

    name: str
    path: str
    line: int
    base: str
    variations: Sequence[Mapping[str, Any]]
    uses: Sequence[Use]

    @property
    def topic(self) -> str:
        """The stem of the file."""
        return PurePosixPath(self.path).stem

    @property
    def text(self) -> str:
        """The words of the first variation."""
        return next((str(one.get("text") or "").strip() for one in self.variations), "")

    @property
    def scripts(self) -> list[str]:
        """Ids of the scripts that it says."""
        found = (str((one.get("metadata") or {}).get("script") or "") for one in self.variations)
        return [one for one in dict.fromkeys(found) if one and one != "none"]

    @property
    def values(self) -> list[str]:
        """Names of the values in its words and buttons, in their order."""
        found: dict[str, None] = {}
        for one in self.variations:
            titles = " ".join(str(button.get("title") or "") for button in one.get("buttons") or () if isinstance(button, Mapping))
            found.update(dict.fromkeys(VARIABLE.findall(f"{one.get('text') or ''} {titles}")))
        return list(found)

    def marks(self, now: datetime) -> list[str]:
        """What the list shows and filters by: dated, over, conditional, buttons, deed, unused."""
        found: dict[str, None] = {}
        for one in self.variations:
            metadata = one.get("metadata") or {}
            if one.get("condition"):
                found["conditional"] = None
            if one.get("buttons"):
                found["buttons"] = None
            if metadata.get("effect") not in (None, "fact"):
                found["deed"] = None
            try:
                valid = period(one, self.name)
            except ValueError:
                continue
            if not valid.always:
                found["over" if valid.ends is not None and valid.ends <= now else "dated"] = None
        if not any(one.kind not in SPOKEN_TO for one in self.uses):
            # A twin is said by the code in the place of what it stands for.
            if not any(one.kind == "twin" for one in self.uses):
                found["unused"] = None
        return list(found)


_known: WeakKeyDictionary[Workspace, tuple[Any, dict[str, Response]]] = WeakKeyDictionary()
_lock = threading.Lock()


def responses(workspace: Workspace) -> dict[str, Response]:
    """Every response by its name, in the files' order; kept until a file changes. Files that cannot be read are left out."""
    stamp = workspace.stamp()
    with _lock:
        known = _known.get(workspace)
    if known is not None and known[0] == stamp:
        return known[1]
    places = uses(workspace)
    found: dict[str, Response] = {}
    for path in workspace.files("responses"):
        try:
            body = (workspace.parsed(path) or {}).get("responses") or {}
            blocks = workspace.blocks(path)
        except StudioError:
            continue
        for block in blocks:
            word, _, name = block.key.partition(":")
            variations = body.get(name)
            if word == "response" and name not in found and isinstance(variations, list):
                kept = [one for one in variations if isinstance(one, Mapping)]
                found[name] = Response(name, path, block.start + 1, block.text, kept, places.get(name, ()))
    with _lock:
        _known[workspace] = (stamp, found)
    return found


def response(workspace: Workspace, name: str) -> Response:
    """One response; StudioError when there is none of that name."""
    found = responses(workspace).get(name)
    if found is None:
        raise StudioError(name[:80], "没有这条回复", "在列表里重新选一条；刚改过文件时先刷新")
    return found


def listed(workspace: Workspace, now: datetime, *, words: str = "", topic: str = "", state: State = "all") -> list[Response]:
    """The responses that fit. ``words``: all of them stand in the name, the words of any variation, a button or a script's id."""
    wanted = words.casefold().split()
    return [
        one
        for one in responses(workspace).values()
        if (not topic or one.topic == topic)
        and (state == "all" or state in one.marks(now))
        and all(word in _searched(one) for word in wanted)
    ]


def _searched(one: Response) -> str:
    parts = [one.name, *one.scripts]
    for variation in one.variations:
        parts.append(str(variation.get("text") or ""))
        parts += [str(button.get("title") or "") for button in variation.get("buttons") or () if isinstance(button, Mapping)]
    return "\n".join(parts).casefold()


def propose(workspace: Workspace, name: str, path: str, variations: Sequence[Mapping[str, Any]], base: str | None) -> Edit:
    """The edit that gives a response these variations. ``base``: the block as the page had it; None: a new response.

    StudioError for a name or a file that cannot be, a new name that is taken, and variations that are none.
    """
    if not re.fullmatch(r"utter_[a-z0-9_]{1,80}", name):
        raise StudioError(name[:80], "名字不合格式", "写成 utter_主题_结果，只用小写字母、数字和下划线")
    if workspace.kind_of(path) != "responses":
        raise StudioError(path, "不是回复文件", f"从 {FOLDER} 里选一个文件")
    if base is None and name in responses(workspace):
        raise StudioError(name, "已经有这条回复", "换一个名字，或打开已有的那条来改")
    key = f"response:{name}"
    made = [_variation(one, place) for place, one in enumerate(variations, 1)]
    if not made:
        raise StudioError(name, "一种说法也没有", "至少写一种；不要这条回复时用「删除」")
    known = responses(workspace).get(name)
    old = list(known.variations) if known is not None and known.base == base else []
    return Edit(path, key, base, render("responses", key, [_as_it_was(one, old) for one in made], like=base))


def remove(workspace: Workspace, name: str, base: str) -> Edit:
    """The edit that removes a response; StudioError naming the places that still use it."""
    one = response(workspace, name)
    used = [use for use in one.uses if use.kind != "test"]
    if used:
        places = "、".join(dict.fromkeys(f"{use.label}（{use.path} 第 {use.line} 行）" for use in used[:3]))
        raise StudioError(name, f"还有{len(used)}处在用：{places}", "先改掉这些地方")
    return Edit(one.path, f"response:{name}", base, None)


def _variation(given: Mapping[str, Any], place: int) -> dict[str, Any]:
    """A variation as it is written: parts in their order, empty ones left out, unknown ones kept (the check names them)."""
    found: dict[str, Any] = {}
    for key in (*ORDER, *(key for key in given if key not in ORDER)):
        value = given.get(key)
        if value is None or value == "" or value == [] or value == {}:
            continue
        found[key] = value
    if "text" in found:
        if not isinstance(found["text"], str):
            raise StudioError(f"第{place}种说法", "文字不是文本", "重新输入")
        lines = [line.rstrip() for line in found["text"].replace("\r\n", "\n").strip().split("\n")]
        found["text"] = "\n".join(lines)
    return found


def _as_it_was(one: dict[str, Any], old: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The variation with the old one's very text where only the line break at its end differs: a page's field does not keep that."""
    text = one.get("text")
    for known in old:
        before = known.get("text")
        if isinstance(before, str) and text is not None and before != text and before.strip() == text:
            return {**one, "text": before}
    return one


def vocabulary(workspace: Workspace) -> list[dict[str, Any]]:
    """The values that a response may name, for who writes one: name, what trainers call it, an example, how many responses name it."""
    count: dict[str, int] = {}
    for one in responses(workspace).values():
        for name in one.values:
            count[name] = count.get(name, 0) + 1
    return [
        {"name": one.name, "label": one.label, "example": one.example, "used": count.get(one.name, 0)}
        for one in response_rules().variables.values()
    ]
