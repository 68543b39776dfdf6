"""What forbids a save. The checks of every topic look at the files as they would be; what is new about their findings counts.

A mistake that was there before the edit does not keep anybody from saving something else: it stays on the page of checks.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from studio import focus
from studio.blocks import Kind
from studio.edits import Edit, apply
from studio.errors import StudioError
from studio.findings import Finding, sort
from studio.workspace import Workspace

Check = Callable[[Workspace, Collection[str]], list[Finding]]
# Which topic looks at which files: its module is studio/checks/<topic>.py.
TOPICS: dict[str, tuple[Kind, ...]] = {
    "nlu": ("nlu", "test_nlu", "lookup", "domain", "wishes", "names"),
    "responses": ("responses", "domain"),
    "stories": ("rules", "stories", "test_stories", "domain", "config"),
    "tables": ("tables", "responses"),
}


@cache
def checks() -> dict[str, Check]:
    """The check of every topic."""
    return {topic: import_module(f"studio.checks.{topic}").check for topic in TOPICS if find_spec(f"studio.checks.{topic}")}


def look(workspace: Workspace, paths: Collection[str] = ()) -> list[Finding]:
    """What the checks find in these files (none named: in all), errors first. Files that cannot be read are findings themselves."""
    found = [one for path in paths or workspace.all_files() if workspace.exists(path) for one in readable(workspace, path)]
    unreadable = {one.path for one in found if one.code == "unreadable"}
    kinds = {workspace.kind_of(path) for path in paths} if paths else None
    for topic, check in checks().items():
        if kinds is not None and kinds.isdisjoint(TOPICS[topic]):
            continue
        wanted = [path for path in paths if path not in unreadable and workspace.kind_of(path) in TOPICS[topic]]
        try:
            found += check(workspace, wanted)
        except StudioError as error:
            path = error.place.split(" ")[0]
            if path not in unreadable:
                unreadable.add(path)
                found.append(Finding("error", "unreadable", path, None, None, error.problem, error.remedy))
    return sort(dict.fromkeys(found))


def readable(workspace: Workspace, path: str) -> list[Finding]:
    """Whether a file is YAML of the right form, and names nothing twice that may be there once."""
    try:
        workspace.parsed(path)
        keys = [one.key for one in workspace.blocks(path)]
    except StudioError as error:
        return [Finding("error", "unreadable", path, None, None, f"{error.place}：{error.problem}", error.remedy)]
    found = []
    for one in workspace.blocks(path):
        word, _, name = one.key.partition(":")
        if name.endswith("?") or not name:
            found.append(Finding("error", "nameless", path, one.key, one.start + 1, "这一项没有名字", "写上 intent、rule、story 或 id"))
        head, mark, number = one.key.rpartition("#")
        if mark and number.isdigit() and head in keys and word in ("rule", "story", "row", "script"):
            found.append(
                Finding(
                    "error",
                    "named-twice",
                    path,
                    one.key,
                    one.start + 1,
                    f"「{name.rpartition('#')[0]}」在文件里有两个",
                    "给其中一个换个名字",
                )
            )
    return found


def findings(workspace: Workspace, edits: Iterable[Edit]) -> list[Finding]:
    """What a save of these edits would bring: findings that are not there yet. Errors forbid it, warnings do not."""
    applied = apply(workspace, edits)
    return brought(workspace, applied.texts)


def brought(workspace: Workspace, texts: dict[str, str | None]) -> list[Finding]:
    """What these texts would bring, see ``findings``."""
    if not texts:
        return []
    paths = sorted(texts)
    after = look(workspace.overlay(texts), paths)
    if not after:
        return []
    with focus.on(one.key for one in after):
        known = {one.same for one in look(workspace, [path for path in paths if workspace.exists(path)])}
    return [one for one in after if one.same not in known]
