"""The one format of every YAML file of the project: what a program saves and what a person saves by hand differ in nothing else.

Lists are indented by two under their key, mappings by two, a line is never folded, quotes and comments stay as they were written, ``null``
is written out. A flow collection that does not fit into a line becomes a block, so that a change of one value is a change of one line.
``python -m studio.canonical [--check|--write] [paths]``: `make format` writes, `make check` checks.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import ScalarString

from studio.errors import StudioError
from studio.loading import broken

# Columns of a line; Han characters count double, as editors show them.
WIDEST = 140
ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("data", "policy/tables", "tests/nlu", "tests/stories")
FILES = ("domain.yml", "config.yml")
# Written by `python -m engine.lookup` as a whole, in a form of its own.
GENERATED = ROOT / "data" / "lookup"


def round_trip() -> YAML:
    """The reader and writer with the settings of the format."""
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 1_000_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.brace_single_entry_mapping_in_flow_sequence = True
    yaml.representer.add_representer(type(None), lambda own, _: own.represent_scalar("tag:yaml.org,2002:null", "null"))
    return yaml


def canonical(text: str, place: str = "YAML") -> str:
    """The text in the one format; its meaning and its comments are the same. StudioError when it is no YAML."""
    lines = [line.rstrip() if line.lstrip().startswith("#") else line for line in text.removeprefix("\ufeff").splitlines()]
    text = "".join(f"{line}\n" for line in lines)
    if not text.strip():
        return ""
    yaml = round_trip()
    try:
        content = yaml.load(text)
    except YAMLError as error:
        raise broken(place, error) from error
    if content is None:
        return text
    unfold(content, 0)
    out = io.StringIO()
    yaml.dump(content, out)
    return out.getvalue()


def unfold(node: Any, indent: int) -> None:
    """Turn flow collections that do not fit into their line into blocks; ``indent``: where the node's own lines begin."""
    if isinstance(node, CommentedMap):
        for key, value in node.items():
            if _settle(value, indent, indent + wide(str(key)) + 2):
                _draw_near(node, key)
    elif isinstance(node, CommentedSeq):
        for value in node:
            # An item stands two columns behind its list, which itself stands two behind its key.
            _settle(value, indent, indent + 4)


def _settle(value: Any, indent: int, begins: int) -> bool:
    """Whether the value was turned into a block here."""
    if not isinstance(value, (CommentedMap, CommentedSeq)):
        return False
    flow = bool(value.fa.flow_style())
    if flow:
        if not value or begins + wide(_flow(value)) <= WIDEST:
            return False
        value.fa.set_block_style()
    unfold(value, indent + (2 if isinstance(value, CommentedMap) else 4))
    return flow


def _draw_near(node: CommentedMap, key: Any) -> None:
    """A comment that stood behind a long line stands behind the key now, not a screen away from it."""
    for token in node.ca.items.get(key) or ():
        if token is not None and not isinstance(token, list) and not token.value.startswith("\n"):
            token.start_mark.column = 0


def _flow(value: Any) -> str:
    """A flow collection as one line, near enough to count its columns (writing it by ruamel.yaml takes a third of the whole time)."""
    if isinstance(value, CommentedMap):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, CommentedSeq):
        return "[" + ", ".join(_flow(inner) for inner in value) + "]"
    if value is None:
        return "null"
    return f'"{value}"' if isinstance(value, ScalarString) else str(value)


def wide(text: str) -> int:
    """Columns that a text takes."""
    return sum(2 if "\u1100" <= letter <= "\uffe6" and letter >= "\u2e80" else 1 for letter in text)


def paths(given: Iterable[str] = ()) -> list[Path]:
    """The files of the given paths, or all that have the format."""
    wanted = [Path(one).absolute() for one in given] or [ROOT / one for one in (*FOLDERS, *FILES)]
    found = (path for one in wanted for path in ([one] if one.is_file() else [*one.rglob("*.yml"), *one.rglob("*.yaml")]))
    return sorted(path for path in found if not path.is_relative_to(GENERATED))


def main(arguments: list[str]) -> int:
    """0 when every file has the format (or was written so), 1 when one has not, 2 when one cannot be read."""
    write = "--write" in arguments
    changed, status = [], 0
    for path in paths(one for one in arguments if not one.startswith("--")):
        name = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)
        try:
            before = path.read_bytes().decode("utf-8")
            after = canonical(before, name)
        except (OSError, UnicodeDecodeError, StudioError) as error:
            print(error, file=sys.stderr)
            status = 2
            continue
        if after != before:
            changed.append(name)
            if write:
                path.write_bytes(after.encode("utf-8"))
    for name in changed:
        print(f"{'written' if write else 'not in the one format'}: {name}")
    if changed and not write:
        print("Remedy: make format (python -m studio.canonical --write)")
        status = status or 1
    return status


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
