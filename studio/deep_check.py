"""What Rasa and the engine's components have against the content, as findings with place and remedy (engine/content_check.py asks them).

Their texts are matched with rasa_says.yml; what is not known there is shown as it is. The last look at everything is kept in
``XIAOER_HOME/jobs/last-check.json`` with the digest of what was looked at.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import yaml

from studio.blocks import Kind
from studio.errors import StudioError
from studio.findings import Finding, Severity, sort
from studio.jobs import read
from studio.workspace import Workspace

if TYPE_CHECKING:
    from studio.work import Worker

FILE = Path(__file__).resolve().with_name("rasa_says.yml")
LAST = "last-check.json"
STEPS = {"read": 0.1, "validate": 0.5, "recipe": 0.7, "rules": 0.8, "data_files": 0.95}
LONGEST = 400  # characters of Rasa's own words beside ours
# Which kinds of files hold the blocks that a name leads to, the likeliest first.
_PLACES: dict[str, tuple[Kind, ...]] = {
    "nlu": ("nlu", "domain"),
    "rules": ("rules", "stories", "domain"),
    "domain": ("domain",),
    "config": ("config",),
    "lookup": ("lookup",),
    "responses": ("responses",),
}
_STEP_PLACE = {"read": "domain", "validate": "domain", "recipe": "config", "rules": "rules", "data_files": "lookup"}
_FILE = re.compile(r"(?:data|policy|tests)/[\w./-]+\.ya?ml|\b(?:domain|config)\.yml")
_LINE = re.compile(r"[Ll]ine (\d+)")


@cache
def _says() -> tuple[tuple[re.Pattern[str], Mapping[str, str]], ...]:
    found = yaml.safe_load(FILE.read_text("utf-8"))["says"]
    return tuple((re.compile(one["says"], re.DOTALL), one) for one in found)


def ask(worker: Worker, content: Path) -> list[dict[str, str]]:
    """What the engine's side has against a folder's content. StudioError when it cannot say."""
    out = worker.folder / "rasa.json"
    out.unlink(missing_ok=True)

    def hear(line: str) -> None:
        word, _, step = line.partition(" ")
        if word == "step" and step in STEPS:
            worker.within(STEPS[step])

    code = worker.engine(["-m", "engine.content_check", "--out", str(out)], {"XIAOER_CONTENT": str(content)}, hear)
    try:
        found = json.loads(out.read_text("utf-8"))
    except (OSError, ValueError):
        raise StudioError("全面检查", f"Rasa 的检查没有做完（退出码 {code}）", "看日志；在终端运行 make validate") from None
    return list(found)


def findings(said: Iterable[Mapping[str, str]], workspace: Workspace) -> list[Finding]:
    """What was said, as findings in the checkout's files."""
    return [_finding(one, workspace) for one in said]


def _finding(said: Mapping[str, str], workspace: Workspace) -> Finding:
    text = said["text"]
    severity: Severity = "error" if said["severity"] == "error" else "warning"
    for pattern, entry in _says():
        match = pattern.search(text)
        if match is None:
            continue
        groups = {name: value or "" for name, value in match.groupdict().items()}
        what = entry["what"].format_map(groups)
        if entry["code"] in ("yaml-broken", "rasa-story-conflict", "rasa-rule-incomplete", "rasa-duplicate"):
            what = f"{what}。原文：{text[:LONGEST]}"
        chosen = entry.get("severity", severity)
        assert chosen in get_args(Severity)
        path, key, line = _place(text, groups, entry["place"], workspace)
        return Finding("error" if severity == "error" else _severity(chosen), entry["code"], path, key, line, what, entry["remedy"])
    path, key, line = _place(text, {}, _STEP_PLACE.get(said["step"], "domain"), workspace)
    return Finding(
        severity, f"rasa-{said['step']}", path, key, line, text[:LONGEST], "按原文改正；说的是 Rasa 的英文，拿不准就问懂 Rasa 的同事"
    )


def _severity(word: str) -> Severity:
    return "error" if word == "error" else "warning"


def _place(text: str, groups: Mapping[str, str], place: str, workspace: Workspace) -> tuple[str, str | None, int | None]:
    """File, block and line that a text speaks of, as far as its names lead there."""
    named = _FILE.search(text)
    number = _LINE.search(text)
    kinds = _PLACES[place]
    keys = [f"{word}:{groups['block']}" for word in ("rule", "story") if groups.get("block")]
    keys += [f"intent:{groups['intent']}"] if groups.get("intent") else []
    for kind in kinds:
        for path in workspace.files(kind):
            try:
                blocks = workspace.blocks(path)
            except StudioError:
                continue
            for one in blocks:
                if one.key in keys:
                    return path, one.key, one.start + 1
    # No block of that name: the first line that says it.
    words = [groups[name] for name in ("intent", "action", "form", "slot") if groups.get(name)]
    for kind in kinds if words else ():
        for path in workspace.files(kind):
            for index, line in enumerate(workspace.text(path).splitlines(), 1):
                if re.search(rf"(?<!\w){re.escape(words[0])}(?!\w)", line):
                    return path, next((one.key for one in workspace.blocks(path) if one.start < index <= one.end), None), index
    if named and workspace.exists(named[0]):
        return named[0], None, int(number[1]) if number else None
    files = workspace.files(kinds[0])
    return (files[0] if len(files) == 1 else "domain.yml"), None, None


def merged(ours: Sequence[Finding], theirs: Sequence[Finding]) -> list[Finding]:
    """Both without what is said twice: of a fault in the same block that our checks explain, Rasa's words add nothing."""
    known = {(one.path, one.key) for one in ours if one.severity == "error" and one.key}
    return sort(dict.fromkeys([*ours, *(one for one in theirs if one.key is None or (one.path, one.key) not in known)]))


def digest(workspace: Workspace) -> str:
    """Changes when any text of the content changes; unlike the stamp it is the same in every process and after a check-out."""
    whole = hashlib.sha256()
    for path in workspace.all_files():
        whole.update(path.encode() + b"\0" + workspace.text(path).encode() + b"\0")
    return whole.hexdigest()[:32]


def last(home: Path) -> dict[str, Any]:
    """The last look at everything ``{at, by, commit, digest, findings}``; empty before the first."""
    return read(home / "jobs" / LAST)
