"""The examples of the intents as the files have them: read from the blocks of data/nlu and tests/nlu, and blocks written with others.

Only an ``examples: |`` list is written (one line an example, as every file of the project has it); the spread form (``- text:`` items) is
read, and whoever wants to change it is told where.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Any

from studio.blocks import Block, Kind
from studio.errors import StudioError
from studio.loading import load
from studio.workspace import Workspace

LONGEST = 300
_LIST = re.compile(r"^(\s*)(?:-\s+)?examples:\s*[|>][-+\d]*\s*(?:#.*)?$")
_KEY = re.compile(r"^(\s*)(?:-\s+)?examples:")
_ITEM = re.compile(r"^\s*-\s(.*)$")
_MARKS = re.compile(r"[\s，。！？,.!?~～…、：:]+")
# Rasa's ways to mark an entity in a text: [裙子](product) and [裙子]{"entity": "product"}.
_MARKED = re.compile(r"\[([^\[\]]+)\](?:\([^()]*\)|\{[^{}]*\})")
INTENT = "intent:"


@dataclass(frozen=True)
class Taught:
    """One block of examples. ``lines``: of each text, counted from the block's first; ``stray``: lines of the list that no reader takes for
    an example; ``spread``: written as ``- text:`` items, which only an editor changes."""

    intent: str
    topic: str | None
    texts: tuple[str, ...]
    lines: tuple[int, ...]
    stray: tuple[int, ...] = ()
    spread: bool = False


@dataclass(frozen=True)
class Example:
    """A message that is taught or, with ``held_out``, measured with. ``id`` stays while nobody changes this example; ``line`` from 1."""

    id: str
    text: str
    intent: str
    topic: str | None
    path: str
    key: str
    place: int
    line: int
    held_out: bool

    @property
    def said(self) -> str:
        """The text without the marks of its entities."""
        return plain(self.text)


class Examples:
    """All examples of a workspace at one moment, in the order of the files."""

    def __init__(self, everything: Sequence[Example]) -> None:
        self.all = tuple(everything)
        self.by_id = {one.id: one for one in everything}
        self.by_intent: dict[str, list[Example]] = defaultdict(list)
        self.by_same: dict[str, list[Example]] = defaultdict(list)
        # How many of each wish (intent, topic) are taught, and how many measure it.
        self.taught, self.measured = Counter[tuple[str, str | None]](), Counter[tuple[str, str | None]]()
        for one in everything:
            self.by_intent[one.intent].append(one)
            self.by_same[same(one.text)].append(one)
            (self.measured if one.held_out else self.taught)[one.intent, one.topic] += 1

    def of(self, intent: str, *, held_out: bool = False) -> list[Example]:
        """The examples of an intent that are taught, or those that are held out."""
        return [one for one in self.by_intent.get(intent, ()) if one.held_out == held_out]

    def topics(self, intent: str) -> list[str | None]:
        """The topics of an intent's taught examples, the commonest first; None: examples without one."""
        return [topic for topic, _ in Counter(one.topic for one in self.of(intent)).most_common()]

    def found(self, ids: Iterable[str]) -> list[Example]:
        """The examples of these ids, in the order of the files. StudioError when one is gone or was changed."""
        wanted = set(ids)
        gone = wanted - self.by_id.keys()
        if gone:
            raise StudioError("例句", f"选中的例句里有 {len(gone)} 条刚被别人改过或删掉", "刷新页面，重新选择")
        return [one for one in self.all if one.id in wanted]


def plain(text: str) -> str:
    """What the shopper writes: the text without the marks of its entities."""
    return _MARKED.sub(r"\1", text)


@lru_cache(maxsize=65536)
def same(text: str) -> str:
    """The text as the classifier sees it, for finding doubles: without marks, spaces and case (tests/nlu/test_examples.py)."""
    bare = unicodedata.normalize("NFKC", plain(text)).lower()
    return _MARKS.sub("", bare) or bare.strip()


def cleaned(text: str) -> str:
    """A text as it may stand in a file: one line, single spaces, no characters that nobody sees."""
    seen = "".join(" " if char.isspace() else char for char in text if char.isspace() or unicodedata.category(char)[0] != "C")
    return re.sub(r" {2,}", " ", seen).strip()


def fault(text: str) -> str | None:
    """Why a text can be no example: empty, long, command, marks; None when it can."""
    if not same(text):
        return "empty"
    if len(text) > LONGEST:
        return "long"
    if text.startswith("/"):
        return "command"
    rest = _MARKED.sub("", text)
    if "](" in rest or "]{" in rest:
        return "marks"
    return None


@lru_cache(maxsize=8192)
def read(text: str) -> Taught | None:
    """The examples of a block's text; None when it teaches no intent."""
    lines = text.splitlines()
    at = next((number for number, line in enumerate(lines) if _KEY.match(line)), None)
    listed = at is not None and _LIST.match(lines[at])
    head = _mapping("\n".join(lines[:at] if listed else lines))
    if head is None or not isinstance(head.get("intent"), str):
        return None
    intent, topic = head["intent"], _topic(head)
    if not listed:
        return Taught(intent, topic, *_spread(head.get("examples"), lines), spread=head.get("examples") is not None)
    key = _KEY.match(lines[at or 0])
    depth = len(key[1]) if key else 0
    texts, places, stray = [], [], []
    for number in range((at or 0) + 1, len(lines)):
        line = lines[number]
        if not line.strip():
            continue
        if len(line) - len(line.lstrip()) <= depth:
            # Keys behind the examples are read as well; a comment of the next block is none of ours.
            before = " " * (len(line) - len(line.lstrip()) - 2)
            topic = topic or _topic(_mapping("\n".join([f"{before}- intent: x", *lines[number:]])) or {})
            break
        found = _ITEM.match(line)
        if found:
            texts.append(found[1].strip())
            places.append(number)
        else:
            stray.append(number)
    return Taught(intent, topic, tuple(texts), tuple(places), tuple(stray))


def _mapping(text: str) -> dict[str, Any] | None:
    try:
        content = load(text, "nlu")
    except StudioError:
        return None
    if isinstance(content, list) and len(content) == 1:
        content = content[0]
    return content if isinstance(content, dict) else None


def _topic(head: Mapping[str, Any]) -> str | None:
    metadata = head.get("metadata")
    topic = metadata.get("topic") if isinstance(metadata, dict) else None
    return str(topic) if topic is not None else None


def _spread(items: Any, lines: Sequence[str]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Texts of the spread form with the lines that hold them."""
    texts, places, after = [], [], 0
    for item in items if isinstance(items, list) else ():
        for one in str(item.get("text", "") if isinstance(item, dict) else item).splitlines():
            bare = one.strip().removeprefix("- ").strip()
            after = next((number for number in range(after, len(lines)) if bare and bare in lines[number]), after)
            texts.append(bare)
            places.append(after)
    return tuple(texts), tuple(places)


def rewritten(text: str, changes: Mapping[int, str | None], added: Iterable[str] = (), place: str = "例句") -> str | None:
    """The block's text with other examples: ``changes`` by place (None: taken out), ``added`` at the end; None when none is left."""
    taught = read(text)
    if taught is None or taught.spread:
        raise StudioError(place, "这一块例句用了展开写法，页面不改它", "在编辑器里把它改成 examples: | 的写法，或直接在那里修改")
    lines = text.splitlines(keepends=True)
    new = list(added)
    if len(taught.texts) - sum(value is None for value in changes.values()) + len(new) <= 0:
        return None
    if taught.lines:
        last = taught.lines[-1]
        indent = lines[last][: lines[last].index("-")]
    else:
        last = next(number for number, line in enumerate(lines) if _LIST.match(line))
        depth = _LIST.match(lines[last].rstrip("\n"))
        indent = " " * (len(depth[1] if depth else "") + (2 if not lines[last].lstrip().startswith("-") else 4))
    if not lines[last].endswith("\n"):
        lines[last] += "\n"
    for number, value in changes.items():
        line = taught.lines[number]
        before = lines[line][: lines[line].index("-")]
        lines[line] = "" if value is None else f"{before}- {value}\n"
    lines[last] += "".join(f"{indent}- {one}\n" for one in new)
    return "".join(lines)


def block_text(intent: str, topic: str | None, texts: Iterable[str], indent: str = "  ") -> str:
    """A new block of examples in the one format."""
    head = f"{indent}- intent: {intent}\n" + (f"{indent}  metadata: {{topic: {topic}}}\n" if topic else "")
    return f"{head}{indent}  examples: |\n" + "".join(f"{indent}    - {one}\n" for one in texts)


def examples(workspace: Workspace) -> Examples:
    """The examples of a workspace as it stands; computed once for each state of the files."""
    key = (str(workspace.root), workspace.stamp())
    with _lock:
        if key in _known:
            return _known[key]
    found = Examples(_read_all(workspace))
    with _lock:
        while len(_known) >= 6:
            _known.pop(next(iter(_known)))
        _known[key] = found
    return found


_known: dict[tuple[str, Any], Examples] = {}
_lock = Lock()


def _read_all(workspace: Workspace) -> list[Example]:
    files = [(path, held_out) for kind, held_out in _KINDS for path in workspace.files(kind)]
    return [one for path, held_out in files for one in _file(path, tuple(workspace.blocks(path)), held_out)]


_KINDS: tuple[tuple[Kind, bool], ...] = (("nlu", False), ("test_nlu", True))


@lru_cache(maxsize=1024)
def _file(path: str, blocks: tuple[Block, ...], held_out: bool) -> tuple[Example, ...]:
    """The examples of one file; a file that did not change is not read again."""
    seen: Counter[tuple[str, ...]] = Counter()
    found = []
    for block in blocks:
        taught = read(block.text) if block.key.startswith(INTENT) else None
        if taught is None:
            continue
        for place, (text, line) in enumerate(zip(taught.texts, taught.lines, strict=True)):
            what = (path, taught.intent, taught.topic or "", text)
            seen[what] += 1
            word = hashlib.sha256("\0".join((*what, str(seen[what]))).encode()).hexdigest()[:16]
            start = block.start + line + 1
            found.append(Example(word, text, taught.intent, taught.topic, path, block.key, place, start, held_out))
    return tuple(found)
