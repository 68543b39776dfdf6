"""Where a response is used: rules, stories, tests, table rows, forms, twins, and the code (read only). Pure but for reading files.

The code is that of this installation, also when the workspace is another checkout: it is what will say the words.
"""

from __future__ import annotations

import ast
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal
from weakref import WeakKeyDictionary

from studio.blocks import Kind
from studio.workspace import Workspace

ROOT = Path(__file__).resolve().parents[1]
CODE = ("actions", "gateway", "policy", "shop")
_NAME = re.compile(r"\butter_[a-z0-9_]*[a-z0-9]\b")
_KINDS: tuple[tuple[Kind, str], ...] = (
    ("rules", "rule"),
    ("stories", "story"),
    ("tables", "row"),
    ("test_stories", "test"),
)
UseKind = Literal["rule", "story", "row", "test", "form", "twin", "code"]


@dataclass(frozen=True)
class Use:
    """One place. ``key``: the block there (None in code), ``label``: its name without the kind; ``line`` counts from 1."""

    kind: UseKind
    path: str
    key: str | None
    line: int
    label: str


_known: WeakKeyDictionary[Workspace, tuple[Any, dict[str, list[Use]]]] = WeakKeyDictionary()
# What a file names, by its place and stamp: an overlay of a save reads only what the save replaces.
_files: dict[tuple[str, str], tuple[Any, list[tuple[str, Use]]]] = {}
_lock = threading.Lock()


def uses(workspace: Workspace) -> dict[str, list[Use]]:
    """Response → the places that use it, tests included; kept until a file changes. Do not change it."""
    stamp = workspace.stamp()
    with _lock:
        known = _known.get(workspace)
    if known is not None and known[0] == stamp:
        return known[1]
    found: dict[str, list[Use]] = {}
    stamps = dict(stamp)
    for kind, word in _KINDS:
        for path in workspace.files(kind):
            for one in _named_in(workspace, path, word, stamps.get(path)):
                found.setdefault(one[0], []).append(one[1])
    names = [name for name, _ in definitions(workspace)]
    for name, use in (*_forms(workspace, names), *_twins(workspace)):
        found.setdefault(name, []).append(use)
    plain, patterns = code()
    for name, use in plain:
        found.setdefault(name, []).append(use)
    for name in names:
        found.setdefault(name, []).extend(use for pattern, use in patterns if pattern.fullmatch(name))
    found = {name: list(dict.fromkeys(places)) for name, places in found.items() if places}
    with _lock:
        _known[workspace] = (stamp, found)
    return found


def definitions(workspace: Workspace) -> Iterator[tuple[str, str]]:
    """(response, path) of every definition, in the files' order; unreadable files raise StudioError."""
    for path in workspace.files("responses"):
        for block in workspace.blocks(path):
            word, _, name = block.key.partition(":")
            if word == "response":
                yield name.partition("#")[0], path


def _named_in(workspace: Workspace, path: str, word: str, stamp: Any) -> list[tuple[str, Use]]:
    place = (str(workspace.root), path)
    known = _files.get(place)
    if known is None or known[0] != stamp:
        known = _files[place] = (stamp, list(_in_blocks(workspace, path, word)))
    return known[1]


def _in_blocks(workspace: Workspace, path: str, word: str) -> Iterator[tuple[str, Use]]:
    for block in workspace.blocks(path):
        kind, _, label = block.key.partition(":")
        if kind == "section":
            continue
        for at, line in enumerate(block.text.splitlines(), block.start + 1):
            if not line.lstrip().startswith("#"):
                for found in _NAME.finditer(line):
                    yield found.group(), Use(word, path, block.key, at, label)  # type: ignore[arg-type]  # one of the kinds above


def _forms(workspace: Workspace, names: list[str]) -> Iterator[tuple[str, Use]]:
    """Rasa asks a form's slot by a name that nobody writes: utter_ask_<form>_<slot>."""
    if not workspace.exists("domain.yml"):
        return
    domain = workspace.parsed("domain.yml") or {}
    forms, slots = domain.get("forms") or {}, domain.get("slots") or {}
    asked = {f"utter_ask_{form}_{slot}": f"{form}.{slot}" for form in forms for slot in slots}
    asked |= {f"utter_ask_{slot}": str(slot) for slot in slots}
    for name in names:
        if name in asked:
            yield name, Use("form", "domain.yml", "section:forms", 1, asked[name])


def _twins(workspace: Workspace) -> Iterator[tuple[str, Use]]:
    """What is said while a deed is not done belongs to what is said when it is."""
    for path in workspace.files("responses"):
        blocks = {block.key: block for block in workspace.blocks(path)}
        for name, variations in ((workspace.parsed(path) or {}).get("responses") or {}).items():
            for one in variations if isinstance(variations, list) else ():
                twin = (one.get("metadata") or {}).get("twin") if isinstance(one, dict) else None
                if twin:
                    block = blocks.get(f"response:{name}")
                    yield str(twin), Use("twin", path, f"response:{name}", block.start + 1 if block else 1, str(name))


@lru_cache(maxsize=1)
def code() -> tuple[list[tuple[str, Use]], list[tuple[re.Pattern[str], Use]]]:
    """(response, where) of every whole name in the code, and (pattern, where) of names that are put together (f"utter_ask_{slot}")."""
    plain: list[tuple[str, Use]] = []
    patterns: list[tuple[re.Pattern[str], Use]] = []
    files = [path for folder in CODE for path in sorted((ROOT / folder).rglob("*.py"))]
    for path in (*files, ROOT / "engine" / "suggest.py", ROOT / "engine" / "nlg.py"):
        text = path.read_text("utf-8")
        if "utter_" not in text:
            continue
        place = path.relative_to(ROOT).as_posix()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                # `utter_action` is Rasa's own key in a bot event's metadata.
                if node.value != "utter_action" and _NAME.fullmatch(node.value):
                    plain.append((node.value, Use("code", place, None, node.lineno, path.stem)))
            elif isinstance(node, ast.JoinedStr) and node.values and str(getattr(node.values[0], "value", "")).startswith("utter_"):
                parts = [re.escape(str(part.value)) if isinstance(part, ast.Constant) else "[a-z0-9_]+" for part in node.values]
                patterns.append((re.compile("".join(parts)), Use("code", place, None, node.lineno, path.stem)))
    return plain, patterns
