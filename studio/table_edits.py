"""What somebody does to a table's rows or to the parameters, step by step, turned into edits of the blocks it touches.

Steps (JSON of the page, in their order):
  {do: cell, row: KEY, part: when|then, name: FIELD, value?}      without a value: any, or the default
  {do: example, row: KEY, part: hits|misses, old?, new?}          one example: added, changed or removed
  {do: set, row: KEY, fields: {when?, then?, source?, status?, why?, hits?, misses?, valid_from?, valid_to?}}   a field given as a whole
  {do: add, fields: {id, …}, after: KEY or ""}                    a new row behind that one; "": the first row
  {do: remove, row: KEY}, {do: move, row: KEY, after: KEY or ""}
  {do: parameter, name: NAME, fields: {default?, confirmed?, dated?}}
``seen`` (of a cell its value; else the fields as they were): when it is otherwise by now, somebody else changed it and the step is
refused, so that nobody overwrites what they have not seen.
Values are checked by policy/table_file.py when the result is read; here only what would make no row at all is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from policy.parameters import NAME as PARAMETERS
from studio.blocks import render
from studio.edits import Edit
from studio.errors import StudioError
from studio.rendering import plain, split
from studio.table_words import words
from studio.tables import FOLDER, Opened, RowData, opened, path_of
from studio.workspace import Workspace

ID = re.compile(r"[a-z][a-z0-9_]{1,39}")
FIELDS = ("when", "then", "source", "status", "why", "hits", "misses", "valid_from", "valid_to")
# In this order a new row is written.
ORDER = ("id", "when", "then", "valid_from", "valid_to", "source", "status", "why", "hits", "misses")
EMPTY_MAY_GO = ("why", "valid_from", "valid_to")
PARAMETER_FIELDS = ("default", "confirmed", "dated")
PARAMETERS_PATH = f"{FOLDER}/{PARAMETERS}"


@dataclass(eq=False)
class _Row:
    """A row while it is edited. ``old``: as its file has it, None for a new one; ``moved``: somebody put it elsewhere."""

    key: str
    data: dict[str, Any]
    old: RowData | None
    moved: bool = False


def edits(workspace: Workspace, topic: str, steps: Sequence[Mapping[str, Any]]) -> list[Edit]:
    """The edits that these steps come to, one a block. StudioError names a row that is gone, or a step without sense."""
    table = opened(workspace, topic)
    rows = [_Row(row.key, dict(row.data), row) for row in table.rows]
    removed: list[RowData] = []
    for step in steps:
        _take(table, rows, removed, step)
    # A row that moves is taken out and put in again, so everything that goes goes first.
    moved = _moved(table, rows)
    gone = [*removed, *(row.old for row in moved if row.old is not None)]
    heads = _heads(table, gone)
    return [*(Edit(path_of(topic), row.key, row.text, None) for row in gone), *_changes(table, rows, moved, heads)]


def _heads(table: Opened, gone: Sequence[RowData]) -> dict[str, str]:
    """Comments above rows that go, by the key of the row that gets them: they are headings of a group and stay with the rest of it."""
    found: dict[str, str] = {}
    keys = {row.key for row in gone}
    for row in gone:
        head = split(row.text)[0]
        after = next((one for one in table.rows[table.number(row.key) + 1 :] if one.key not in keys), None)
        if head and after is not None and not split(after.text)[0] and after.key not in found:
            found[after.key] = head
            found[row.key] = ""
    return found


def _take(table: Opened, rows: list[_Row], removed: list[RowData], step: Mapping[str, Any]) -> None:
    do = step.get("do")
    if do in ("cell", "example"):
        (_cell if do == "cell" else _example)(table, rows[_place(table, rows, step.get("row"))].data, step)
    elif do == "set":
        row = rows[_place(table, rows, step.get("row"))]
        _unchanged(table, row.data, step)
        before = key_for(row.data)
        _fill(table, row.data, step.get("fields"))
        if key_for(row.data) != before:
            row.key = _free(table, rows, row.data)
    elif do == "add":
        _add(table, rows, step)
    elif do == "remove":
        row = rows.pop(_place(table, rows, step.get("row")))
        _unchanged(table, row.data, step)
        if row.old is not None:
            removed.append(row.old)
    elif do == "move":
        row = rows.pop(_place(table, rows, step.get("row")))
        row.moved = True
        rows.insert(_behind(table, rows, step.get("after")), row)
    else:
        raise StudioError(path_of(table.topic), f"不认识的操作 {do!r}", "刷新页面再试")


def _cell(table: Opened, data: dict[str, Any], step: Mapping[str, Any]) -> None:
    part, name = step.get("part"), step.get("name")
    if part not in ("when", "then") or not isinstance(name, str):
        raise StudioError(path_of(table.topic), "要改的内容读不懂", "刷新页面再试")
    cells = dict(data.get(part) or {})
    if "seen" in step and cells.get(name) not in (step["seen"], step.get("value")):
        raise _changed_by_others(table, data, words().field(table.topic, name))
    if step.get("value") is None and "value" not in step:
        cells.pop(name, None)
    else:
        cells[name] = step["value"]
    data[part] = cells


def _example(table: Opened, data: dict[str, Any], step: Mapping[str, Any]) -> None:
    part, old, new = step.get("part"), step.get("old"), step.get("new")
    if part not in ("hits", "misses") or not all(isinstance(one, (dict, type(None))) for one in (old, new)):
        raise StudioError(path_of(table.topic), "要改的内容读不懂", "刷新页面再试")
    listed = list(data.get(part) or [])
    if old is not None and old not in listed:
        raise _changed_by_others(table, data, "例子")
    place = listed.index(old) if old is not None else len(listed)
    listed[place : place + 1] = [new] if new is not None else []
    data[part] = listed


def _unchanged(table: Opened, data: Mapping[str, Any], step: Mapping[str, Any]) -> None:
    """StudioError when a field is neither as the step's maker saw it nor as the step makes it."""
    seen, fields = step.get("seen"), step.get("fields")
    for name, value in seen.items() if isinstance(seen, Mapping) else ():
        now = data.get(name)
        if (now or None) != (value or None) and (now or None) != ((fields or {}).get(name) or None):
            raise _changed_by_others(table, data, name)


def _changed_by_others(table: Opened, data: Mapping[str, Any], what: str) -> StudioError:
    remedy = "撤销这一步，看过现在的内容再改"
    return StudioError(f"{path_of(table.topic)}，行 {data.get('id')}", f"「{what}」刚被别人改了", remedy)


def _place(table: Opened, rows: Sequence[_Row], key: object) -> int:
    for place, row in enumerate(rows):
        if row.key == key:
            return place
    raise StudioError(f"{path_of(table.topic)}，{key}", "这一行不在了", "它可能刚被别人删除或改了日期：刷新页面，再做一次")


def _behind(table: Opened, rows: Sequence[_Row], after: object) -> int:
    return 0 if after == "" else _place(table, rows, after) + 1


def _add(table: Opened, rows: list[_Row], step: Mapping[str, Any]) -> None:
    fields = step.get("fields")
    row_id = fields.get("id") if isinstance(fields, Mapping) else None
    if not isinstance(row_id, str) or not ID.fullmatch(row_id):
        raise StudioError(
            path_of(table.topic), f"编号 {row_id!r} 不能用", "用小写字母、数字和下划线，以字母开头，最多 40 个字符，例如 pr_q_20"
        )
    data: dict[str, Any] = {"id": row_id, "when": {}, "then": {}, "source": "", "status": "proposed", "hits": [], "misses": []}
    _fill(table, data, {name: value for name, value in (fields or {}).items() if name != "id"})
    rows.insert(_behind(table, rows, step.get("after")), _Row(_free(table, rows, data), data, None))


def _free(table: Opened, rows: Sequence[_Row], data: Mapping[str, Any]) -> str:
    """The key of a row that is new, or dated anew; StudioError when another row has it."""
    key = key_for(data)
    if any(row.key == key for row in rows):
        place = f"{path_of(table.topic)}，{data['id']}"
        raise StudioError(place, "这个编号已经有了", "换一个编号；同一编号在一段时间里说别的，请写上开始日期")
    return key


def key_for(data: Mapping[str, Any]) -> str:
    """The key of the block that a row will be (studio/blocks.py)."""
    begins = data.get("valid_from")
    return f"row:{data['id']}" + (f"@{begins}" if begins else "")


def _fill(table: Opened, data: dict[str, Any], fields: object) -> None:
    if not isinstance(fields, Mapping) or set(fields) - set(FIELDS):
        raise StudioError(path_of(table.topic), "要改的内容读不懂", f"一行可以改的是 {'、'.join(FIELDS)}")
    for name, value in fields.items():
        shape: tuple[type, ...] = (dict,) if name in ("when", "then") else (list,) if name in ("hits", "misses") else (str, type(None))
        if not isinstance(value, shape):
            raise StudioError(path_of(table.topic), f"{name} 的形式不对", "刷新页面再试")
        if name in EMPTY_MAY_GO and not value:
            data.pop(name, None)
        else:
            data[name] = value


def _changes(table: Opened, rows: Sequence[_Row], moved: Sequence[_Row], heads: Mapping[str, str]) -> list[Edit]:
    """New, changed and moved rows in the order of the table, so that each finds the row before it in its place."""
    path, found = path_of(table.topic), list[Edit]()
    for place, row in enumerate(rows):
        after = rows[place - 1].key if place else ""
        if row.old is None:
            found.append(Edit(path, row.key, None, render("tables", row.key, ordered(row.data), _shape(row.data)), after))
            continue
        old = row.old.text
        if row.old.key in heads:
            old = heads[row.old.key] + split(old)[1]
        text = render("tables", row.key, row.data, old) if row.data != row.old.data else old
        if row in moved:
            found.append(Edit(path, row.key, None, text, after))
        elif text != row.old.text:
            found.append(Edit(path, row.old.key, row.old.text, text))
    return found


def _moved(table: Opened, rows: Sequence[_Row]) -> list[_Row]:
    """The rows that somebody moved and that now stand behind another one than before."""
    found = []
    for place, row in enumerate(rows):
        if row.moved and row.old is not None:
            number = table.number(row.old.key)
            before = table.rows[number - 1] if number else None
            if (rows[place - 1].old if place else None) is not before:
                found.append(row)
    return found


def ordered(data: Mapping[str, Any]) -> dict[str, Any]:
    """A row's fields in the order in which people write them."""
    return {name: data[name] for name in ORDER if name in data}


def _shape(data: Mapping[str, Any]) -> str:
    """An empty row with as many examples, in the style of the files: rendering keeps it."""
    lines = ["  - id: _", "    when: {_: _}", "    then: {_: _}"]
    for name in ("hits", "misses"):
        lines += [f"    {name}:", *["      - {_: _}"] * len(data.get(name) or ())] if data.get(name) else [f"    {name}: []"]
    return "".join(f"{line}\n" for line in lines)


def parameter_edits(workspace: Workspace, steps: Sequence[Mapping[str, Any]]) -> list[Edit]:
    """The edits of parameters, one a parameter. StudioError for one that is not declared, or a step that makes no sense."""
    wanted: dict[str, dict[str, Any]] = {}
    first_seen: dict[str, Mapping[str, Any]] = {}
    for step in steps:
        name, fields = step.get("name"), step.get("fields")
        if (
            step.get("do") != "parameter"
            or not isinstance(name, str)
            or not isinstance(fields, Mapping)
            or set(fields) - set(PARAMETER_FIELDS)
        ):
            raise StudioError(PARAMETERS_PATH, "要改的内容读不懂", f"一个参数可以改的是 {'、'.join(PARAMETER_FIELDS)}")
        wanted.setdefault(name, {}).update(fields)
        if isinstance(step.get("seen"), Mapping):
            first_seen.setdefault(name, step["seen"])
    found = []
    for name, fields in wanted.items():
        block = workspace.block(PARAMETERS_PATH, f"parameter:{name}")
        if block is None:
            raise StudioError(f"{PARAMETERS_PATH}，{name}", "没有这个参数", "从列表里选一个参数")
        old = plain(block.key, block.text)
        for field, value in first_seen.get(name, {}).items():
            if field in fields and (old.get(field) or None) not in (value or None, fields[field] or None):
                raise StudioError(f"{PARAMETERS_PATH}，{name}", "刚被别人改了", "撤销这一步，看过现在的值再改")
        new = {**old, **fields}
        if not new.get("dated"):
            new.pop("dated", None)
        if new != old:
            found.append(Edit(PARAMETERS_PATH, block.key, block.text, render("tables", block.key, new, block.text)))
    return found
