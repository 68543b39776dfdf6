"""The blocks of a file: what people edit one at a time. A block is a run of whole lines, so replacing it touches nothing else.

Where a block begins and ends is read from the marks of the YAML parser, whatever the style of the file. Comments directly above a block
belong to it; a comment with an empty line below it belongs to nobody and stays where it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

from studio.errors import StudioError
from studio.loading import compose
from studio.rendering import render

__all__ = ["KINDS", "Block", "Kind", "blocks", "container_of", "key_of", "render"]

Kind = Literal[
    "nlu", "rules", "stories", "responses", "domain", "config", "tables", "lookup", "scripts", "wishes", "test_nlu", "test_stories", "names"
]
KINDS: tuple[Kind, ...] = get_args(Kind)

# Top-level keys whose entries are blocks of their own, in files of these kinds.
LISTS: dict[str, tuple[Kind, ...]] = {
    "nlu": ("nlu", "test_nlu"),
    "rules": ("rules", "stories", "test_stories"),
    "stories": ("rules", "stories", "test_stories"),
    "rows": ("tables",),
    "scripts": ("scripts",),
}
MAPPINGS: dict[str, tuple[Kind, ...]] = {"responses": ("responses", "domain"), "wishes": ("wishes",)}
# The word of a block's key → the top-level key it stands below. Parameters have no such key: their file is their mapping.
CONTAINERS = {
    **dict.fromkeys(("intent", "synonym", "lookup", "regex"), "nlu"),
    "rule": "rules",
    "story": "stories",
    "response": "responses",
    "row": "rows",
    "script": "scripts",
    "wish": "wishes",
}
PARAMETERS = "parameters.yml"


@dataclass(frozen=True)
class Block:
    """Lines [start, end) of a file, from 0, with the comments directly above; ``text`` ends with a line break."""

    path: str
    key: str
    start: int
    end: int
    text: str


def container_of(key: str) -> str | None:
    """The top-level key below which a block with this key stands; None for a section and a parameter, which stand at the top."""
    return CONTAINERS.get(key.partition(":")[0])


def key_of(top: str, data: Any) -> str | None:
    """The key of an entry of a list, from its plain data; None when it names itself by nothing we know."""
    if not isinstance(data, dict):
        return None
    words = {"nlu": ("intent", "synonym", "lookup", "regex"), "rules": ("rule",), "stories": ("story",)}.get(top, ("id",))
    name = next((word for word in words if word in data), None)
    if name is None:
        return None
    if top == "scripts":
        return f"script:{data[name]}"
    if top == "rows":
        begins = data.get("valid_from")
        return f"row:{data[name]}" + (f"@{begins}" if begins else "")
    return f"{name}:{data[name]}"


def blocks(text: str, kind: Kind, path: str = "") -> list[Block]:
    """All blocks in their order; equal keys get "#2", "#3" …. StudioError names the line of what is no YAML."""
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    root = compose(text, path or kind)
    if root is None:
        return []
    if root.id != "mapping":
        raise StudioError(path or kind, "文件不是「键: 值」的形式", "按同类文件的写法改")
    starts = sorted(_starts(root, kind, path), key=lambda one: one[1])
    lines_of_code = [_is_code(line) for line in lines]
    found, seen = [], dict[str, int]()
    for place, (key, start, _) in enumerate(starts):
        # An entry ends where the next one (or the next key of the file) begins.
        until = next((begin for _, begin, _ in starts[place + 1 :] if begin > start), len(lines))
        if key is None:
            continue
        end = until
        while end > start + 1 and not _belongs(lines, lines_of_code, start, end - 1):
            end -= 1
        first = start
        while first > 0 and lines[first - 1].lstrip().startswith("#"):
            first -= 1
        number = seen[key] = seen.get(key, 0) + 1
        name = key if number == 1 else f"{key}#{number}"
        found.append(Block(path, name, first, end, "".join(lines[first:end])))
    return found


def _is_code(line: str) -> bool:
    bare = line.strip()
    return bool(bare) and not bare.startswith("#")


def _belongs(lines: list[str], code: list[bool], start: int, last: int) -> bool:
    """Whether the last line of an entry is the entry's: code, or a comment indented deeper than the entry itself."""
    if code[last]:
        return True
    bare = lines[last].strip()
    if not bare:
        return False
    return _indent(lines[last]) > _indent(lines[start]) and any(_indent(lines[at]) > _indent(lines[start]) for at in range(start, last))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _starts(root: Any, kind: Kind, path: str) -> Iterator[tuple[str | None, int, Any]]:
    """(key, first line, node) of everything that begins a block or ends the one before; a container's own line has the key None."""
    parameters = kind == "tables" and path.rpartition("/")[2] == PARAMETERS
    for key_node, value in root.value:
        name, line = str(key_node.value), key_node.start_mark.line
        if parameters:
            yield f"parameter:{name}", line, value
        elif kind in LISTS.get(name, ()) and value.id == "sequence" and not value.flow_style:
            yield None, line, None
            for item in value.value:
                yield _named(name, item), _dash(item, value), item
        elif kind in MAPPINGS.get(name, ()) and value.id == "mapping" and not value.flow_style:
            word = {"responses": "response", "wishes": "wish"}[name]
            yield None, line, None
            for inner, node in value.value:
                yield f"{word}:{inner.value}", inner.start_mark.line, node
        else:
            yield f"section:{name}", line, value


def _dash(item: Any, sequence: Any) -> int:
    """The line of an item. Its dash stands in the same line as its first word in every file that people write."""
    line: int = item.start_mark.line
    return line


def _named(top: str, item: Any) -> str:
    scalars = {key.value: value.value for key, value in item.value if value.id == "scalar"} if item.id == "mapping" else {}
    return key_of(top, scalars) or f"{top}:?"
