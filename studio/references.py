"""Where an intent is used beside its examples: stories, rules, tests, buttons, the domain, wishes, names – and the program's own files.

The places are data (studio/intent_places.yml). What belongs to the program (engine/nlu/data, policy/words.yml, code) is found and reported,
never written: it goes with the code and not with a release.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml

from studio.errors import StudioError
from studio.workspace import Workspace
from studio.yaml_text import Scalar, pattern, scalars

Use = Literal["nlu", "test_nlu", "domain", "story", "button", "table", "wish", "name", "label", "config", "program", "code"]
FILE = Path(__file__).with_name("intent_places.yml")
CODE = ("actions", "engine", "gateway", "policy")
_WORD = re.compile(r"""["']/?([a-z][a-z0-9_]*)(?=["'{/])""")
_PAYLOAD = re.compile(r"/([\w-]+)(?=\{|$|\s|/)")


@dataclass(frozen=True)
class Place:
    """Files (patterns of paths), the use they stand for, the places in them, and how the name is written there."""

    files: tuple[str, ...]
    use: Use
    form: Literal["name", "payload"]
    at: tuple[tuple[str, ...], ...]
    speaks: bool = False


@dataclass(frozen=True)
class Reference:
    """One mention of an intent. ``key``: the block it stands in; ``text``: the line; ``writable``: whether the studio follows a change;
    ``speaks``: the program says the name here by itself (a fixed short message, a button), whatever the examples teach."""

    intent: str
    use: Use
    path: str
    key: str | None
    line: int
    text: str
    writable: bool
    speaks: bool = False


@cache
def places() -> tuple[Place, ...]:
    """What studio/intent_places.yml says."""
    content: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
    return tuple(
        Place(tuple(one["files"]), one["use"], one["form"], tuple(pattern(str(at)) for at in one["at"]), bool(one.get("speaks")))
        for one in content["places"]
    )


def named(value: str, form: str) -> str | None:
    """The intent that a scalar names: ``request_return``, ``thank_you/thanks``, ``/request_return{…}``; None when it names none."""
    if form == "payload":
        found = _PAYLOAD.match(value.strip())
        return found[1] if found else None
    return value.partition("/")[0]


def of_path(path: str) -> list[Place]:
    """The places of a file."""
    return [one for one in places() if any(fnmatchcase(path, glob) for glob in one.files)]


@lru_cache(maxsize=1024)
def in_text(path: str, text: str) -> tuple[tuple[Place, str, Scalar], ...]:
    """(place, intent, scalar) of everything in a file's text that names an intent, in the order of the lines."""
    found = [
        (place, name, scalar)
        for place in of_path(path)
        for scalar in scalars(text, place.at, path)
        if (name := named(scalar.value, place.form))
    ]
    return tuple(sorted(found, key=lambda one: one[2].start))


def written_files(workspace: Workspace) -> list[str]:
    """Files of the studio in which an intent may be named."""
    return [path for path in dict.fromkeys(workspace.all_files()) if any(one.use != "program" for one in of_path(path))]


def program_files(root: Path) -> list[str]:
    """Data files of the program in which an intent may be named."""
    globs = [glob for one in places() if one.use == "program" for glob in one.files]
    return sorted({path.relative_to(root).as_posix() for glob in globs for path in root.glob(glob)})


def references(workspace: Workspace, intent: str) -> list[Reference]:
    """All mentions of an intent, those that the studio writes first."""
    found = []
    for path in written_files(workspace):
        text = workspace.text(path)
        if intent not in text:
            continue
        mentions = [one for one in in_text(path, text) if one[1] == intent]
        if not mentions:
            continue
        blocks, lines = workspace.blocks(path), text.splitlines()
        for place, _, scalar in mentions:
            key = next((one.key for one in blocks if one.start < scalar.line <= one.end), None)
            found.append(Reference(intent, place.use, path, key, scalar.line, lines[scalar.line - 1].strip(), True))
    return [*found, *_in_program(workspace.root, intent)]


def counts(workspace: Workspace) -> dict[str, Counter[str]]:
    """Intent → how often it is used, by use; of the files that the studio writes."""
    found: dict[str, Counter[str]] = {}
    for path in written_files(workspace):
        try:
            mentions = in_text(path, workspace.text(path))
        except StudioError:
            continue
        for place, name, _ in mentions:
            found.setdefault(name, Counter())[place.use] += 1
    return found


def _in_program(root: Path, intent: str) -> list[Reference]:
    found = []
    for path in program_files(root):
        text = (root / path).read_text("utf-8", "replace")
        if intent not in text:
            continue
        lines = text.splitlines()
        try:
            found += [
                Reference(intent, "program", path, None, scalar.line, lines[scalar.line - 1].strip()[:200], False, place.speaks)
                for place, name, scalar in in_text(path, text)
                if name == intent
            ]
        except StudioError:
            continue
    for path, words in _code(root):
        found += [Reference(intent, "code", path, None, line, text, False, _says(text, intent)) for line, text in words.get(intent, ())]
    return found


def _says(line: str, intent: str) -> bool:
    """Whether a line of code holds the payload of a button."""
    return re.search(rf"""["']/{re.escape(intent)}["'{{]""", line) is not None


def _code(root: Path) -> Iterable[tuple[str, dict[str, list[tuple[int, str]]]]]:
    """Of every module its quoted words with their lines."""
    for folder in CODE:
        for where, below, files in os.walk(root / folder):
            below[:] = sorted(one for one in below if not one.startswith(".") and one not in ("tests", "__pycache__"))
            for path in (Path(where) / file for file in sorted(files) if file.endswith(".py")):
                stat = path.stat()
                yield path.relative_to(root).as_posix(), _words(str(path), stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=1024)
def _words(path: str, _time: int, _size: int) -> dict[str, list[tuple[int, str]]]:
    found: dict[str, list[tuple[int, str]]] = {}
    for number, line in enumerate(Path(path).read_text("utf-8", "replace").splitlines(), 1):
        for word in dict.fromkeys(_WORD.findall(line)):
            found.setdefault(word, []).append((number, line.strip()[:200]))
    return found
