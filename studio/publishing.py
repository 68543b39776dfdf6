"""Whether committed wording, rows and parameters may go into the live release as it stands: checked against its other files.

`python -m studio.publishing LIVE CHECKOUT PATH…` prints what forbids it and exits with 1 (`make publish` asks so).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from policy.parameters import NAME as PARAMETERS
from policy.parameters import parameters_of
from policy.proofs import problem
from policy.table_file import table_of
from studio import guard
from studio.findings import Finding, sort
from studio.release_files import lost_responses
from studio.workspace import Workspace

CODE = Path(__file__).resolve().parents[1]
_RESPONSES, _TABLES = "data/responses/", "policy/tables/"
# Who says a response by its name: what is live, and the programs.
_USERS = ("data/rules", "data/stories", "policy/tables")
_PROGRAMS = ("actions", "gateway", "policy")


def findings(live: Path, texts: Mapping[str, str]) -> list[Finding]:
    """What these texts would bring into the live release, errors first; an error forbids publishing."""
    workspace = Workspace(live)
    found = guard.brought(workspace, dict(texts))
    broken = {one.path for one in found if one.severity == "error"}
    if not broken:
        found += _rules(workspace.overlay(dict(texts)), texts)
    return sort([*found, *_lost(live, texts)])


def _rules(after: Workspace, texts: Mapping[str, str]) -> list[Finding]:
    """Every table that is touched, or speaks of a touched parameter, read and proved as the running product will."""
    touched = {path for path in texts if path.startswith(_TABLES)}
    if not touched:
        return []
    own = f"{_TABLES}{PARAMETERS}"
    try:
        parameters = parameters_of(after.text(own), PARAMETERS)
    except ValueError as error:
        return [Finding("error", "table", own, None, None, str(error), "改正后再发布")]
    found = []
    for path in after.files("tables"):
        if path == own or (own not in touched and path not in touched):
            continue
        try:
            why = problem(table_of(after.text(path), path.rpartition("/")[2], parameters), parameters)
        except ValueError as error:
            why = str(error)
        if why is not None:
            found.append(Finding("error", "table", path, None, None, why, "改正后再发布"))
    return found


def _lost(live: Path, texts: Mapping[str, str]) -> list[Finding]:
    """Responses that a text takes away although what is live says them."""
    before = {path: _text(live / path) for path in texts if path.startswith(_RESPONSES)}
    lost = {name: path for path, old in before.items() for name in lost_responses(old, texts[path])}
    lost = {name: path for name, path in lost.items() if not any(f"\n  {name}:" in text for text in texts.values())}
    if not lost:
        return []
    places = [live / part for part in _USERS] + [CODE / part for part in _PROGRAMS]
    spoken = {name for place in places for file in place.rglob("*") if file.suffix in (".yml", ".py") for name in _said(lost, _text(file))}
    return [
        Finding(
            "error", "response-in-use", lost[name], f"response:{name}", None, f"正在使用的版本还要说 {name}", "先训练并切换到不再用它的版本"
        )
        for name in sorted(spoken)
    ]


def _said(names: Mapping[str, str], text: str) -> list[str]:
    return [name for name in names if name in text]


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; see the module's text."""
    live, checkout, *paths = sys.argv[1:] if arguments is None else arguments
    found = findings(Path(live), {path: (Path(checkout) / path).read_text("utf-8") for path in paths})
    errors = [one for one in found if one.severity == "error"]
    for one in errors:
        print(f"{one.path}{f' {one.key}' if one.key else ''}：{one.what}。{one.remedy}")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
