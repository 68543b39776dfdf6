"""Scalars of a YAML text found by where they stand, and small changes of the text around them: everything else stays as it was written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from studio.errors import StudioError
from studio.loading import compose

# One change: the text between two places (characters from 0) and what stands there afterwards.
Change = tuple[int, int, str]


@dataclass(frozen=True)
class Scalar:
    """A scalar of a text. ``start``, ``end``: its characters, quotes included; ``chain``: the nodes around it from the outermost, with the
    place of the next one in each (of a mapping: of the pair); ``key``: whether it is the key of its pair."""

    value: str
    start: int
    end: int
    line: int
    chain: tuple[tuple[Any, int], ...]
    key: bool


def pattern(place: str) -> tuple[str, ...]:
    """A place as its steps: names of keys, ``*`` any key, ``[]`` any item, ``~keys`` the keys themselves, ``**`` anything at any depth."""
    return tuple(place.split("."))


def scalars(text: str, places: Iterable[tuple[str, ...]], path: str) -> Iterator[Scalar]:
    """The scalars that stand at one of the places, in their order. StudioError when the text is no YAML."""
    root = compose(text, path)
    if root is not None:
        yield from _walk(root, [tuple(place) for place in places], ())


def _walk(node: Any, places: list[tuple[str, ...]], chain: tuple[tuple[Any, int], ...], key: bool = False) -> Iterator[Scalar]:
    if not places:
        return
    if node.id == "scalar":
        if any(not place or place == ("**",) for place in places):
            yield Scalar(node.value, node.start_mark.index, node.end_mark.index, node.start_mark.line + 1, chain, key)
        return
    if node.id == "sequence":
        further = [place[1:] if place[0] == "[]" else place for place in places if place and place[0] in ("[]", "**")]
        for number, item in enumerate(node.value):
            yield from _walk(item, further, (*chain, (node, number)))
        return
    keys = [place[1:] for place in places if place and place[0] == "~keys"]
    for number, (name, value) in enumerate(node.value):
        here = (*chain, (node, number))
        if keys and name.id == "scalar":
            yield from _walk(name, keys, here, True)
        further = [
            place if place[0] == "**" else place[1:] for place in places if place and place[0] in ("**", "*", getattr(name, "value", None))
        ]
        yield from _walk(value, further, here)


def changed(text: str, changes: Iterable[Change]) -> str:
    """The text with all changes made; none may overlap another one, equal ones are made once."""
    for start, end, new in sorted(set(changes), reverse=True):
        text = text[:start] + new + text[end:]
    return text


def without(text: str, node: Any, number: int) -> Change:
    """The change that takes an item out of a sequence or a pair out of a mapping, with the comment lines directly above it."""
    firsts, lasts = _ends(node)
    if node.flow_style:
        if number + 1 < len(firsts):
            return (firsts[number].start_mark.index, firsts[number + 1].start_mark.index, "")
        return (lasts[number - 1].end_mark.index if number else firsts[number].start_mark.index, lasts[number].end_mark.index, "")
    lines = text.splitlines(keepends=True)
    first = firsts[number].start_mark.line
    after = _after(lines, lasts[number])
    while first > 0 and number > 0 and lines[first - 1].lstrip().startswith("#"):
        first -= 1
    return (_offset(lines, first), _offset(lines, after), "")


def behind(text: str, node: Any, number: int, new: str) -> Change:
    """The change that puts a new item or pair (its text, in one line) behind one that is there, written as that one is."""
    firsts, lasts = _ends(node)
    if node.flow_style:
        return (lasts[number].end_mark.index, lasts[number].end_mark.index, f", {new}")
    lines = text.splitlines(keepends=True)
    line = lines[firsts[number].start_mark.line]
    indent = line[: len(line) - len(line.lstrip())]
    at = _offset(lines, _after(lines, lasts[number]))
    dash = "- " if node.id == "sequence" else ""
    return (at, at, ("" if not at or text[at - 1] == "\n" else "\n") + f"{indent}{dash}{new}\n")


def source(text: str, node: Any) -> str:
    """A scalar's or a flow collection's own text."""
    return text[node.start_mark.index : node.end_mark.index]


def replaced(text: str, one: Scalar, old: str, new: str, path: str) -> Change:
    """The change that puts a new name for an old one inside a scalar, whatever quotes or words stand around it."""
    written = text[one.start : one.end]
    at = written.find(old)
    if at < 0:
        raise StudioError(f"{path} 第 {one.line} 行", f"这里的 {old} 写法特殊，不能自动替换", "在编辑器里改这一行")
    return (one.start + at, one.start + at + len(old), new)


def _ends(node: Any) -> tuple[Sequence[Any], Sequence[Any]]:
    if node.id == "sequence":
        return node.value, node.value
    return [key for key, _ in node.value], [value for _, value in node.value]


def _after(lines: Sequence[str], node: Any) -> int:
    """The first line behind a node. A block's end is marked where the next word begins: empty lines and comments between are not its."""
    end = node.end_mark
    block = (node.id != "scalar" and not node.flow_style) or (node.id == "scalar" and node.style in ("|", ">"))
    if not block:
        return int(end.line) + 1
    after = int(end.line) if end.column or end.line > node.start_mark.line else int(end.line) + 1
    if after >= len(lines):
        after = len(lines)
    while after > node.start_mark.line + 1 and (not lines[after - 1].strip() or lines[after - 1].lstrip().startswith("#")):
        after -= 1
    return after


def _offset(lines: Sequence[str], line: int) -> int:
    return sum(len(one) for one in lines[:line])
