"""Random edits over all kinds of files, as trainers make them: each is applied to a block and looked at for what it must not touch."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from studio.blocks import KINDS, blocks, render
from studio.edits import Edit, apply
from studio.rendering import plain
from studio.workspace import Workspace


def ours(workspace: Workspace) -> list[str]:
    """Every file that people edit."""
    return [path for kind in KINDS if kind != "lookup" for path in workspace.files(kind)]


def _nlu(data: Any, number: int) -> Any:
    lines = data["examples"].splitlines()
    kept = [line for at, line in enumerate(lines) if len(lines) < 12 or at != number % len(lines)]
    return {
        **data,
        "examples": "".join(f"{line}\n" for line in [*kept, f"- 随机的第{number}句 {chr(0x4E00 + number)}{chr(0x5E00 + number)}"]),
    }


def _named(word: str) -> Callable[[Any, int], Any]:
    return lambda data, number: {**data, word: f"{data[word]} {number}"}


# How a block of each kind is changed: its data and a number, giving data that means something.
CHANGES: dict[str, Callable[[Any, int], Any]] = {
    "intent": _nlu,
    "rule": _named("rule"),
    "story": _named("story"),
    "row": _named("source"),
    "parameter": _named("source"),
    "script": _named("situation"),
    "wish": lambda data, number: {**data, "why": f"because {number}"},
    "response": lambda data, number: [{**one, "metadata": {**(one.get("metadata") or {}), "source": f"{number}: yes"}} for one in data],
}


def randomly_edited(base: Workspace, edits: int, seed: int) -> dict[str, str]:
    """Path → text of what has changed after so many edits. An edit that changes another block or loses a comment fails here."""
    chosen = random.Random(seed)
    texts: dict[str, str | None] = {}
    every = [(path, one.key) for path in ours(base) for one in base.blocks(path) if one.key.partition(":")[0] in CHANGES]
    # The wording of a response takes milliseconds to check: two files of them stand for all.
    spoken = chosen.sample(base.files("responses"), 2)
    wanted = [one for one in every if "#" not in one[1] and (not one[0].startswith("data/responses") or one[0] in spoken)]
    added: list[tuple[str, str]] = []
    for number in range(edits):
        workspace = base.overlay(texts)
        path, key = chosen.choice(wanted)
        block = workspace.block(path, key)
        if block is None:
            continue
        word, kind = key.partition(":")[0], workspace.kind_of(path)
        how = chosen.random()
        if how < 0.15 and word in ("rule", "story"):
            data = {**plain(key, block.text), word: f"made {number}"}
            # A copy of a story or rule contradicts nothing.
            edit = Edit(path, f"{word}:made {number}", None, render(kind, f"{word}:made {number}", data), chosen.choice([key, "", None]))
            added.append((path, edit.key))
        elif how < 0.25 and added:
            path, key = added.pop()
            gone = workspace.block(path, key)
            edit = Edit(path, key, gone.text if gone else None, None)
        else:
            edit = Edit(path, key, block.text, render(kind, key, CHANGES[word](plain(key, block.text), number), block.text))
        before = workspace.text(edit.path)
        done = apply(workspace, [edit])
        assert not done.conflicts
        for touched, text in done.texts.items():
            assert text is not None
            others = {one.text for one in workspace.blocks(touched) if one.key != edit.key}
            assert others <= {one.text for one in blocks(text, workspace.kind_of(touched), touched)}, (edit, "other blocks changed")
            lost = _comments(before) - _comments(text) - _comments(edit.base or "")
            assert not lost, (edit.key, lost)
        texts |= done.texts
    return {path: text for path, text in texts.items() if text is not None}


def _comments(text: str) -> set[str]:
    return {line.strip() for line in text.splitlines() if line.lstrip().startswith("#")}
