"""What stands against a decision table or a parameter: the proofs of policy/proofs.py, red lines, what is said, ids. In Chinese.

An error forbids a save, as the same table would be refused when it goes live (policy/live.py). Red lines (studio/red_lines.yml) are
what no row may decide, whoever edits it: the law, and what the shop has promised.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from policy.boxes import Compiled
from policy.decide import compile_table
from policy.parameters import NAME as PARAMETERS
from policy.parameters import Parameter
from policy.proofs import Fault, defaults, faults, moments
from policy.table import Table
from policy.validity import SHANGHAI
from studio import table_format
from studio.errors import StudioError
from studio.findings import Finding, sort
from studio.loading import load
from studio.table_cases import ByIdentity, gaps, shortened
from studio.table_words import words
from studio.tables import FOLDER, Opened, RowData, declared_in, is_response, opened, path_of, sayings, topics
from studio.workspace import Workspace

RED_LINES = Path(__file__).resolve().parent.parent / "red_lines.yml"
RESPONSES = "data/responses/"


@dataclass(frozen=True)
class RedLine:
    """In the cases ``when`` no row may give an output one of the words of ``never``, but for the rows ``exempt``."""

    id: str
    table: str
    when: Mapping[str, tuple[str, ...]]
    never: Mapping[str, tuple[str, ...]]
    exempt: frozenset[str]
    why: str


@lru_cache(maxsize=1)
def red_lines() -> tuple[RedLine, ...]:
    """The red lines of the file."""
    body: list[dict[str, Any]] = load(RED_LINES.read_text("utf-8"), RED_LINES.name)
    return tuple(
        RedLine(
            one["id"], one["table"], {name: tuple(said) for name, said in one["when"].items()},
            {name: tuple(said) for name, said in one["never"].items()}, frozenset(one.get("except") or ()), one["why"],
        )
        for one in body
    )  # fmt: skip


def check(workspace: Workspace, paths: Collection[str]) -> list[Finding]:
    """Everything wrong in the tables among ``paths``; in all of them when it is empty, or names the parameters or a response file."""
    everything = not paths or f"{FOLDER}/{PARAMETERS}" in paths
    found: list[Finding] = []
    if everything:
        found += _parameters(workspace)
    if any(one.code == "parameter-format" for one in found):
        return sort(found)  # no table can be read without them, and each would only say so again
    responses = any(path.startswith(RESPONSES) for path in paths)
    known = sayings(workspace)
    for topic in topics(workspace):
        if everything or path_of(topic) in paths:
            found += of_table(workspace, topic, known)
        elif responses:
            found += _said(known, opened(workspace, topic))
    if everything or any(path.startswith(f"{FOLDER}/") for path in paths):
        found += [one for one in _shared_ids(workspace) if everything or one.path in paths]
    return sort(found)


def of_table(workspace: Workspace, topic: str, known: Mapping[str, str] | None = None) -> list[Finding]:
    """What stands against one table, errors first. ``known``: what responses there are, when it is read already."""
    try:
        table = opened(workspace, topic)
    except StudioError as error:
        return [Finding("error", "table-unreadable", path_of(topic), None, None, str(error), error.remedy)]
    if table.table is None:
        return sort(_unusable(table))
    found = list(_proved(table))
    if not any(one.severity == "error" for one in found):
        found += _over_red_lines(table)
    return sort([*found, *_said(sayings(workspace) if known is None else known, table)])


def _unusable(table: Opened) -> Iterator[Finding]:
    """Why a table cannot be used: by row where we know it, else in the words of its reader."""
    path, known = path_of(table.topic), False
    for one in table_format.of_table(table):
        known = True
        row = table.rows[one.number] if one.number is not None else None
        yield Finding("error", "table-format", path, row.key if row else None, row.line if row else None, one.what, one.remedy)
    if not known:
        row = next((row for row in table.rows if f"row {row.id}:" in table.wrong), None)
        remedy = "改正这一处（英文是检查程序的原话），或在历史里撤销那次修改"
        what = f"表不能用：{table.wrong}"
        yield Finding("error", "table-format", path, row.key if row else None, row.line if row else None, what, remedy)


def _proved(table: Opened) -> Iterator[Finding]:
    found = table.table
    assert found is not None
    values = tuple(table.parameters[name] for name in found.parameters if name in table.parameters)
    told = _faults(ByIdentity(found), values)
    dead = {one.number for one in told if one.kind == "dead"}
    for fault in told:
        if fault.kind == "hit" and fault.number in dead:
            continue  # a row that never answers does not answer its examples either
        row = table.rows[fault.number] if fault.number is not None and fault.number < len(table.rows) else None
        place = (path_of(table.topic), row.key if row else None, row.line if row else None)
        yield Finding("error", f"table-{fault.kind}", *place, *_told(table, fault))


def _told(table: Opened, fault: Fault) -> tuple[str, str]:
    """What is wrong, and the remedy."""
    names, row = words(), fault.row
    facts = names.facts(table.topic, fault.facts, 20)
    when = f"（{when_said(fault.moment)}）" if fault.moment else ""
    if fault.kind == "gap":
        return f"没有一行回答这种情况{when}：{facts}", "为它补一行，或放宽一行的条件"
    if fault.kind == "dead":
        return f"行 {row} 永远轮不到{when}：它的情况都被前面的行答走了", "把它移到前面，改窄盖住它的行，或删掉它"
    if fault.kind == "hit":
        by = f"由行 {fault.said} 回答" if fault.said else "还缺事实，答不了"
        return f"行 {row} 的正例（{facts}）{by}", "改这一行的条件，或改正这个例子"
    if fault.kind == "miss":
        return f"行 {row} 回答了自己的反例（{facts}）", "改窄这一行，或改正这个例子"
    if fault.kind == "unknown":
        return f"用到了没有声明的参数：{'、'.join(fault.facts)}", "先在参数里加上它，或换一个参数"
    return f"算不出来：{fault.said}", "给参数设一个值，或换一个参数来比"


def when_said(moment: datetime) -> str:
    """An instant as staff read it."""
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M 起")


@lru_cache(maxsize=256)
def _faults(table: ByIdentity[Table], values: tuple[Parameter, ...]) -> tuple[Fault, ...]:
    """The faults of a table with these parameters, each said once whatever the moments at which it holds."""
    found: dict[tuple[object, ...], Fault] = {}
    for fault in faults(table.held, {one.name: one for one in values}):
        found.setdefault((fault.kind, fault.number, tuple(sorted(fault.facts.items(), key=str))), fault)
    return tuple(found.values())


def open_cases(table: Opened, at: datetime | None = None) -> list[dict[str, Any]]:
    """The cases that no row fits at this moment: ``when`` to put into a row, ``facts`` as its example, ``said`` in words."""
    if table.table is None:
        return []
    values = defaults(table.parameters, at)
    try:
        compiled = compile_table(table.table, values, at)
    except ValueError:
        return []
    names = words()
    return [
        {
            "when": dict(one.when),
            "facts": shortened(table.table, values, one.when, one.facts),
            "said": names.facts(table.topic, one.when, 20) or "任何情况",
        }
        for one in gaps(compiled)
    ]


def _over_red_lines(table: Opened) -> Iterator[Finding]:
    found = table.table
    assert found is not None
    lines = [one for one in red_lines() if one.table == table.topic]
    if not lines:
        return
    told: set[tuple[str, str]] = set()
    for moment in moments(found, table.parameters):
        compiled = compile_table(found, defaults(table.parameters, moment), moment)
        in_force = found.at(moment) if found.dated else tuple(range(len(found.rows)))
        for line in lines:
            for number, row, output, word in _crossing(compiled, line):
                if (line.id, row) in told:
                    continue
                told.add((line.id, row))
                where = table.rows[in_force[number]]
                said = f"{words().field(table.topic, output)}＝{words().word(table.topic, output, word)}"
                what = f"行 {row} 碰到红线：{line.why}（这一行写了{said}）"
                yield Finding(
                    "error", "table-red-line", path_of(table.topic), where.key, where.line, what, "改回允许的值，或让别的行先回答这些情况"
                )


def _crossing(compiled: Compiled, line: RedLine) -> Iterator[tuple[int, str, str, object]]:
    """(number, row, output, word) of the rows that answer a case of the line with a forbidden word."""
    region = list(compiled.full)
    for name, allowed in line.when.items():
        known = compiled.table.inputs.get(name)
        if known is None or known.words is None:
            return
        region[compiled.names.index(name)] = sum(1 << known.words.index(word) for word in allowed if word in known.words)
    if not all(region):
        return
    for number in compiled.firsts(tuple(region)):
        row = compiled.table.rows[number]
        for output, never in line.never.items():
            if row.id not in line.exempt and compiled.thens[number].get(output) in never:
                yield number, row.id, output, compiled.thens[number][output]


def _said(known: Mapping[str, str], table: Opened) -> Iterator[Finding]:
    """Responses that a row says and nobody wrote."""
    for row in table.rows:
        then = row.data.get("then")
        for value in then.values() if isinstance(then, dict) else ():
            if is_response(value) and value not in known:
                what = f"行 {row.id} 要说 {value}，话术里没有它"
                yield Finding(
                    "error", "table-response", path_of(table.topic), row.key, row.line, what, "选一条已有的话术，或先在话术页写好它"
                )


def _shared_ids(workspace: Workspace) -> Iterator[Finding]:
    """Ids of a row that another table has as well: a trace names a row by its id alone. Notes may share theirs."""
    holders: dict[str, dict[str, RowData | None]] = {}
    for topic in topics(workspace):
        try:
            table = opened(workspace, topic)
        except StudioError:
            continue  # told as a finding of its own
        for note in table.body.get("notes") or []:
            if isinstance(note, dict):
                holders.setdefault(str(note.get("id")), {})[topic] = None
        for row in table.rows:
            holders.setdefault(row.id, {})[topic] = row
    for row_id, places in holders.items():
        if len(places) < 2 or not any(places.values()):
            continue
        for topic, held in places.items():
            others = "、".join(f"「{words().table(other)}」" for other in places if other != topic)
            place = (path_of(topic), held.key if held else None, held.line if held else None)
            yield Finding("error", "table-id", *place, f"编号 {row_id} 在{others}里也有", "换一个没用过的编号")


def _parameters(workspace: Workspace) -> Iterator[Finding]:
    path = f"{FOLDER}/{PARAMETERS}"
    try:
        declared_in(workspace)
    except ValueError as error:
        mistakes = table_format.of_parameters(workspace.parsed(path))
        for one in mistakes:
            block = workspace.block(path, f"parameter:{one.name}")
            yield Finding(
                "error", "parameter-format", path, f"parameter:{one.name}", block.start + 1 if block else None, one.what, one.remedy
            )
        if not mistakes:
            remedy = "改正这一处（英文是检查程序的原话），或撤销那次修改"
            yield Finding("error", "parameter-format", path, None, None, f"参数不能用：{error}", remedy)
    for block in workspace.blocks(path):
        if "#" in block.key:
            what = f"{block.key.split(':', 1)[-1].split('#')[0]} 写了两次，后一个会盖掉前一个"
            yield Finding("error", "parameter-twice", path, block.key, block.start + 1, what, "删掉其中一个")
