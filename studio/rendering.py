"""The canonical text of one block, made from plain data, with the comments and quotes of the old text where nothing changed."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

import yaml
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString, ScalarString

from studio.canonical import round_trip, unfold
from studio.errors import StudioError
from studio.loading import Loader, broken

# Blocks that are entries of a list stand two columns in, behind a dash.
_ITEMS = ("intent", "synonym", "lookup", "regex", "rule", "story", "row", "script")
_ENTRIES = ("response", "wish")
_PLAIN: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def render(kind: str, key: str, data: Any, like: str | None = None) -> str:
    """The text of the block ``key`` of a file of this ``kind``.

    ``data``: what stands in the block as plain data, e.g. ``{"intent": "greet", "examples": "- 你好\\n"}`` (examples may be a list of
    texts), the variations of a response, a row. ``like``: the text before, whose comments, quotes and order are kept.
    """
    word = key.partition(":")[0]
    head, body = split(like or "")
    old = _load(body, key) if body.strip() else None
    entry: Any = [_examples(data)] if word in _ITEMS else {_name(key): data}
    made = _merged(old if isinstance(old, CommentedSeq if word in _ITEMS else CommentedMap) else None, entry)
    indent = 2 if word in (*_ITEMS, *_ENTRIES) else 0
    # As far in as canonical() finds them in their file, or a line that only just fits would be broken in one and not in the other.
    unfold(made, 4 if word in _ITEMS else indent)
    out = io.StringIO()
    round_trip().dump(made, out)
    text = out.getvalue()
    if word in _ENTRIES:
        text = indented(text, 2)
    text = text.rstrip("\n") + "\n"
    return head + _kept(body, text, indent) + text


def normal(key: str, text: str) -> str:
    """The canonical form of a block's text as somebody wrote it; comments included. StudioError when it is no YAML."""
    head, body = split(text)
    word = key.partition(":")[0]
    content = _load(body, key)
    if content is None:
        raise StudioError(key, "内容是空的", "写上内容，或者删除这一块")
    if word in _ITEMS and (not isinstance(content, CommentedSeq) or len(content) != 1):
        raise StudioError(key, "这里要有一项，并且只能有一项（以「- 」开头）", "一次改一项")
    if word not in _ITEMS and (not isinstance(content, CommentedMap) or len(content) != 1):
        raise StudioError(key, "这里要有一个键，并且只能有一个", "一次改一项")
    unfold(content, 4 if word in _ITEMS else 2 if word in _ENTRIES else 0)
    out = io.StringIO()
    round_trip().dump(content, out)
    body = out.getvalue().rstrip("\n") + "\n"
    if word in _ENTRIES:
        body = indented(body, 2)
    return "".join(f"{line.rstrip()}\n" for line in head.splitlines()) + body


def plain(key: str, text: str) -> Any:
    """The plain data of a block's text: the item, the variations, the section's value."""
    _, body = split(text)
    try:
        content = yaml.load(dedented(body), Loader=Loader)  # noqa: S506  # a safe loader
    except yaml.YAMLError as error:
        raise broken(key, error) from error
    if isinstance(content, list) and key.partition(":")[0] in _ITEMS:
        return content[0] if content else None
    return next(iter(content.values()), None) if isinstance(content, dict) else content


def split(text: str) -> tuple[str, str]:
    """The comment lines above a block, and the block."""
    lines = text.splitlines(keepends=True)
    at = 0
    while at < len(lines) and (not lines[at].strip() or lines[at].lstrip().startswith("#")):
        at += 1
    return "".join(line for line in lines[:at] if line.strip()), "".join(lines[at:])


def dedented(text: str) -> str:
    """The text as if it stood at the left edge: its first line says how far it is in."""
    lines = text.splitlines()
    first = next((line for line in lines if line.strip()), "")
    indent = len(first) - len(first.lstrip(" "))
    return "".join((line[indent:] if not line[:indent].strip() else line.lstrip(" ")) + "\n" for line in lines)


def indented(text: str, columns: int) -> str:
    """The text further in; empty lines stay empty."""
    return "".join(f"{' ' * columns}{line}\n" if line else "\n" for line in text.splitlines())


def _name(key: str) -> str:
    name = key.partition(":")[2]
    head, mark, number = name.rpartition("#")
    return head if mark and number.isdigit() else name


def _load(text: str, place: str) -> Any:
    # An item is read at the two columns where it will be written: the comments beside its lines keep their place.
    bare = dedented(text)
    try:
        return round_trip().load(indented(bare, 2) if bare.startswith("- ") else bare)
    except YAMLError as error:
        raise broken(place, error) from error


def _examples(data: Any) -> Any:
    if isinstance(data, Mapping) and isinstance(data.get("examples"), list):
        return {**data, "examples": "".join(f"- {' '.join(str(one).split())}\n" for one in data["examples"])}
    return data


def _as_plain(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {str(key): _as_plain(value) for key, value in node.items()}
    if isinstance(node, (list, tuple)):
        return [_as_plain(value) for value in node]
    return str(node) if isinstance(node, str) or not isinstance(node, (bool, int, float, type(None))) else node


def _merged(old: Any, new: Any) -> Any:
    """The new data, built upon the old nodes wherever they say the same."""
    if old is not None and type(_as_plain(old)) is type(_as_plain(new)) and _as_plain(old) == _as_plain(new):
        return old
    if isinstance(new, Mapping):
        return _mapping(old if isinstance(old, CommentedMap) else None, new)
    if isinstance(new, Sequence) and not isinstance(new, str):
        return _sequence(old if isinstance(old, CommentedSeq) else None, list(new))
    return _scalar(old, new)


def _mapping(old: CommentedMap | None, new: Mapping[str, Any]) -> CommentedMap:
    if old is None:
        made = CommentedMap()
        for key, value in new.items():
            made[_key(key)] = _merged(None, value)
        return made
    names = {str(key): key for key in old}
    for name, key in names.items():
        if name not in new:
            del old[key]
    for place, (key, value) in enumerate(new.items()):
        if key in names:
            merged = _merged(old[names[key]], value)
            if merged is not old[names[key]]:
                old[names[key]] = merged
        else:
            old.insert(min(place, len(old)), _key(key), _merged(None, value))
    return old


def _sequence(old: CommentedSeq | None, new: list[Any]) -> CommentedSeq:
    if old is None:
        made = CommentedSeq([_merged(None, value) for value in new])
        if new and all(isinstance(value, (str, int, float)) and "\n" not in str(value) for value in new) and len(str(new)) < 100:
            made.fa.set_flow_style()
        return made
    before, after = [repr(_as_plain(one)) for one in old], [repr(_as_plain(one)) for one in new]
    # An entry that joins others is written as they are.
    flow = any(isinstance(one, CommentedMap) and one.fa.flow_style() for one in old)
    for action, a, b, c, d in reversed(SequenceMatcher(None, before, after, autojunk=False).get_opcodes()):
        if action == "equal":
            continue
        shared = min(b - a, d - c)
        for step in range(shared):
            old[a + step] = _merged(old[a + step], new[c + step])
        for at in range(b - 1, a + shared - 1, -1):
            del old[at]
        for step in range(shared, d - c):
            made = _merged(None, new[c + step])
            if flow and isinstance(made, CommentedMap):
                made.fa.set_flow_style()
            old.insert(a + step, made)
    return old


def _key(key: Any) -> Any:
    return _scalar(None, key) if isinstance(key, str) else key


def _scalar(old: Any, new: Any) -> Any:
    if not isinstance(new, str):
        return new
    if "\n" in new:
        return LiteralScalarString(new)
    if isinstance(old, ScalarString) and not isinstance(old, LiteralScalarString):
        return type(old)(new)
    try:
        # PyYAML reads words as YAML 1.1 does (yes, 12:30, 2026-11-11); what would be no text to it is quoted.
        means = yaml.load(new, Loader=_PLAIN)  # noqa: S506  # a safe loader
    except (yaml.YAMLError, ValueError):
        return DoubleQuotedScalarString(new)
    return new if means == new and isinstance(means, str) else DoubleQuotedScalarString(new)


def _kept(before: str, after: str, indent: int) -> str:
    """Comment lines inside the old text whose place has gone with the edit: they stand above the block, so that none is lost."""
    left = [line.strip() for line in after.splitlines() if line.lstrip().startswith("#")]
    lost = []
    for line in _comments(before):
        if line in left:
            left.remove(line)
        else:
            lost.append(line)
    return "".join(f"{' ' * indent}{line}\n" for line in lost)


def _comments(body: str) -> list[str]:
    """Lines of a block that are comments and not lines of a text."""
    lines = body.splitlines()
    candidates = [at for at, line in enumerate(lines) if line.lstrip().startswith("#")]
    if not candidates:
        return []
    texts: set[int] = set()

    def walk(node: Any) -> None:
        if node.id == "scalar":
            if node.start_mark.line != node.end_mark.line:
                texts.update(range(node.start_mark.line, node.end_mark.line))
        elif node.id == "mapping":
            for key, value in node.value:
                walk(key)
                walk(value)
        else:
            for value in node.value:
                walk(value)

    try:
        root = yaml.compose(dedented(body), Loader=Loader)
    except yaml.YAMLError:
        return []
    if root is not None:
        walk(root)
    return [lines[at].strip() for at in candidates if at not in texts]
