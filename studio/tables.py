"""The decision tables of a workspace as somebody edits them: rows with the keys of their blocks, allowed words, what is said.

A table is read by policy/table_file.py, which decides by it too: what opens here opens there. Nothing is written here
(studio/table_edits.py proposes edits).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from policy.parameters import NAME as PARAMETERS
from policy.parameters import Parameter, parameters_of
from policy.table import STATUSES, Input, Output, ParameterRef, Table
from policy.table_file import table_of
from studio.errors import StudioError
from studio.table_words import words
from studio.workspace import Workspace

FOLDER = "policy/tables"
ROW = "row:"
NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")


def path_of(topic: str) -> str:
    """The file of a table."""
    return f"{FOLDER}/{topic}.yml"


def topics(workspace: Workspace) -> list[str]:
    """The names of all tables, sorted; the parameters are none."""
    return [Path(path).stem for path in workspace.files("tables") if Path(path).name != PARAMETERS]


@dataclass(frozen=True)
class RowData:
    """A row as its file has it. ``key``: of its block; ``data``: the plain content; ``line``: where it begins (from 1)."""

    key: str
    data: Mapping[str, Any]
    line: int
    text: str

    @property
    def id(self) -> str:
        """Its id; several rows have the same when some are dated."""
        return str(self.data.get("id", ""))


@dataclass(frozen=True)
class Opened:
    """A table of a workspace. ``table`` is None when its file cannot be used; ``wrong`` says why, in the words of the reader."""

    topic: str
    rows: tuple[RowData, ...]
    body: Mapping[str, Any]
    about: str
    table: Table | None
    wrong: str
    parameters: Mapping[str, Parameter]

    def number(self, key: str) -> int:
        """The place of a row; StudioError when there is none with this key."""
        for number, row in enumerate(self.rows):
            if row.key == key:
                return number
        raise StudioError(f"{path_of(self.topic)}，{key}", "这一行不在了", "刷新页面，看看是不是别人删了或改了它的日期")


def opened(workspace: Workspace, topic: str) -> Opened:
    """A table with its rows. StudioError when there is no such file or it is no YAML; other mistakes are in ``wrong``."""
    path = path_of(topic)
    if not NAME.fullmatch(topic) or topic == Path(PARAMETERS).stem or not workspace.exists(path):
        raise StudioError(path, "没有这张表", "从列表里选一张表")
    text = workspace.text(path)
    body = workspace.parsed(path)
    if not isinstance(body, dict) or not isinstance(body.get("rows"), list):
        raise StudioError(path, "没有 rows", "写上 table、inputs、outputs 和 rows（照别的表的样子）")
    blocks = [block for block in workspace.blocks(path) if block.key.startswith(ROW)]
    items = [item if isinstance(item, dict) else {} for item in body["rows"]]
    rows = tuple(RowData(block.key, item, block.start + 1, block.text) for block, item in zip(blocks, items, strict=False))
    try:
        declared = declared_in(workspace)
        table, wrong = _table(topic, text, _Types(declared)), ""
    except ValueError as error:
        declared, table, wrong = {}, None, str(error)
    return Opened(topic, rows, body, _head(text), table, wrong, declared)


def declared_in(workspace: Workspace) -> Mapping[str, Parameter]:
    """The parameters that the workspace declares. ValueError names the one that is wrong."""
    declared, wrong = _parameters(workspace.text(f"{FOLDER}/{PARAMETERS}"))
    if declared is None:
        raise ValueError(wrong)
    return declared


@lru_cache(maxsize=16)
def _parameters(text: str) -> tuple[Mapping[str, Parameter] | None, str]:
    """The declared parameters, or why they cannot be used: that is asked for every table, and kept like the rest."""
    try:
        return parameters_of(text, PARAMETERS), ""
    except ValueError as error:
        return None, str(error)


class _Types:
    """Declared parameters by what reading a table asks of them: their names and types. Their values make no other table."""

    def __init__(self, declared: Mapping[str, Parameter]) -> None:
        self.declared = declared
        self._types = tuple((one.name, one.type) for one in declared.values())

    def __hash__(self) -> int:
        return hash(self._types)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Types) and other._types == self._types


@lru_cache(maxsize=256)
def _table(topic: str, text: str, types: _Types) -> Table:
    """The same text gives the same object, so that everything that is reckoned of a table is reckoned once."""
    return table_of(text, f"{topic}.yml", types.declared)


def _head(text: str) -> str:
    """The comment that the file begins with."""
    lines = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.removeprefix("#").strip())
    return "\n".join(lines)


def sayings(workspace: Workspace) -> dict[str, str]:
    """What every response says: its first everyday variation."""
    found: dict[str, str] = {}
    for path in workspace.files("responses"):
        body = workspace.parsed(path)
        responses = body.get("responses") if isinstance(body, dict) else None
        for name, variations in (responses or {}).items():
            if name not in found and isinstance(variations, list):
                found[name] = _first_text(variations)
    return found


def _first_text(variations: list[Any]) -> str:
    texts = [one for one in variations if isinstance(one, dict) and one.get("text")]
    plain = [one for one in texts if "condition" not in one and "valid_from" not in one and "valid_to" not in one]
    return str((plain or texts or [{"text": ""}])[0]["text"])


def view(workspace: Workspace, table: Opened) -> dict[str, Any]:
    """A table as JSON for its page: inputs and outputs with their words' names, rows as they are written, the texts they say."""
    names = words()
    texts = sayings(workspace)
    inputs = table.table.inputs if table.table else {}
    outputs = table.table.outputs if table.table else {}
    used = {name for row in table.rows for name in (row.data.get("when") or {})}
    said = {value for row in table.rows for value in (row.data.get("then") or {}).values() if is_response(value)}
    said |= {word for one in outputs.values() for word in one.words if is_response(word)}
    return {
        "topic": table.topic,
        "path": path_of(table.topic),
        "name": names.table(table.topic),
        "about": table.about,
        "inputs": [_input(table.topic, one, one.name in used) for one in inputs.values()],
        "outputs": [_output(table.topic, one) for one in outputs.values()],
        "rows": [row_view(row) for row in table.rows],
        "parameters": [parameter_view(table.parameters[name]) for name in (table.table.parameters if table.table else ())],
        "numbers": [
            {"name": one.name, "title": names.parameter(one.name), "unit": one.unit}
            for one in table.parameters.values()
            if one.type in ("int", "money")
        ],
        "says": {name: texts.get(name) for name in sorted(said)},
        "notes": table.body.get("notes") or [],
        "statuses": [{"word": one, "title": names.status(one)} for one in STATUSES],
        "wrong": table.wrong,
    }


def is_response(value: object) -> bool:
    """Whether a value of a row names a response."""
    return isinstance(value, str) and value.startswith("utter_")


def row_view(row: RowData) -> dict[str, Any]:
    """A row as JSON, with what its file says and nothing filled in."""
    data = row.data
    return {
        "key": row.key,
        "id": row.id,
        "line": row.line,
        "when": jsonable(data.get("when") or {}),
        "then": jsonable(data.get("then") or {}),
        "source": data.get("source") or "",
        "status": data.get("status") or "",
        "why": data.get("why") or "",
        "hits": jsonable(data.get("hits") or []),
        "misses": jsonable(data.get("misses") or []),
        "valid_from": _date(data.get("valid_from")),
        "valid_to": _date(data.get("valid_to")),
    }


def parameter_view(one: Parameter) -> dict[str, Any]:
    """A parameter as JSON: its everyday value and its dated ones."""
    return {
        "name": one.name,
        "title": words().parameter(one.name),
        "type": one.type,
        "unit": one.unit,
        "words": list(one.words),
        "default": jsonable(one.default),
        "confirmed": one.confirmed,
        "least": one.least,
        "source": one.source,
        "status": one.status,
    }


def jsonable(value: Any) -> Any:
    """Plain JSON of what a YAML file or a parameter holds."""
    if isinstance(value, Mapping):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [jsonable(item) for item in value]
    if isinstance(value, (str, int, float, bool)) or value is None:
        return value
    return str(value)


def _date(value: object) -> str:
    return "" if value is None else str(value)


def _input(topic: str, one: Input, used: bool) -> dict[str, Any]:
    names = words()
    default = {"parameter": one.default.name} if isinstance(one.default, ParameterRef) else one.default
    listed = [{"word": word, "title": names.word(topic, one.name, word)} for word in one.words] if one.words is not None else None
    return {"name": one.name, "title": names.field(topic, one.name), "words": listed, "default": default, "used": used}


def _output(topic: str, one: Output) -> dict[str, Any]:
    names = words()
    default = {"parameter": one.default.name} if isinstance(one.default, ParameterRef) else one.default
    listed = [{"word": word, "title": names.word(topic, one.name, word)} for word in one.words if not is_response(word)]
    return {
        "name": one.name, "title": names.field(topic, one.name), "kind": one.kind, "words": listed,
        "responses": [word for word in one.words if is_response(word)], "default": jsonable(default), "required": not one.has_default,
    }  # fmt: skip


def quoted_needed(value: str) -> bool:
    """Whether YAML as policy/ reads it (1.1) would take the bare text for something else: yes, no, 17:00, 007."""
    try:
        return not isinstance(yaml.safe_load(value), str)
    except yaml.YAMLError:
        return True
