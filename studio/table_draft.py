"""A table with somebody's steps taken in memory: how it would stand, what stands against it, and what becomes of shoppers' cases.

Nothing is written; the same steps over the same files give the same answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from policy.boxes import FactError
from policy.decide import compile_table, decide
from policy.parameters import Parameter, ParamValue, own_value
from policy.proofs import defaults, moment_of_row
from policy.table import Table, TableError
from studio.checks.tables import check, of_table, open_cases
from studio.edits import Edit, apply
from studio.errors import StudioError
from studio.findings import Finding
from studio.table_cases import Change, Overlap, answers, changes, comparable, overlaps, plain, shortened
from studio.table_edits import PARAMETERS_PATH, edits, parameter_edits
from studio.table_words import words
from studio.tables import Opened, declared_in, jsonable, opened, parameter_view, path_of, sayings, topics, view
from studio.workspace import Workspace

Steps = Sequence[Mapping[str, Any]]
MOST_OVERLAPS = 60


def taken(workspace: Workspace, topic: str, steps: Steps) -> tuple[Workspace, list[Edit]]:
    """The workspace as it would be, and the edits. StudioError for a step that cannot be taken."""
    if not steps:
        return workspace, []
    made = edits(workspace, topic, steps)
    applied = apply(workspace, made)
    if applied.conflicts:
        keys = "、".join(one.key for one in applied.conflicts)
        raise StudioError(f"{path_of(topic)}，{keys}", "刚被别人改了", "刷新页面，在新的内容上再改一次")
    return workspace.overlay(applied.texts), made


def draft(workspace: Workspace, topic: str, steps: Steps, at: datetime | None = None) -> dict[str, Any]:
    """The table's page: view, edits, findings, the cases nobody answers (``open``), what changes for shoppers, overlaps that are new."""
    over, made = taken(workspace, topic, steps)
    before, after = opened(workspace, topic), opened(over, topic)
    old, new = _outcome(before, at), _outcome(after, at)
    return {
        **view(over, after),
        "edits": [asdict(one) for one in made],
        "findings": [asdict(one) for one in of_table(over, topic)],
        "open": open_cases(after, at),
        "changed": _changed(before, after, old, new) if made else [],
        "new_overlaps": _new_overlaps(before, after, at) if made else [],
        "comparable": old is not None and new is not None and comparable(old, new),
    }


def _outcome(table: Opened, at: datetime | None) -> Table | None:
    """The rows of the moment with their numbers, or None while the table cannot be used."""
    if table.table is None:
        return None
    try:
        return plain(table.table, defaults(table.parameters, at), at)
    except ValueError:
        return None


def _changed(before: Opened, after: Opened, old: Table | None, new: Table | None) -> list[dict[str, Any]]:
    if old is None or new is None or not comparable(old, new):
        return []
    return [_change_json(before.topic, one, old, new) for one in changes(old, new)]


def _change_json(topic: str, one: Change, old: Table, new: Table) -> dict[str, Any]:
    names = words()
    was, becomes = (None if number is None else table.rows[number] for number, table in ((one.before, old), (one.after, new)))
    outputs = [
        {
            "title": names.field(topic, name),
            "was": None if was is None else names.word(topic, name, was.then[name]),
            "becomes": None if becomes is None else names.word(topic, name, becomes.then[name]),
        }
        for name in new.outputs
        if was is None or becomes is None or was.then.get(name) != becomes.then.get(name)
    ]
    return {
        "before": was.id if was else None,
        "after": becomes.id if becomes else None,
        "facts": dict(one.case.facts),
        "said": names.facts(topic, one.case.when, 20) or "任何情况",
        "outputs": outputs if was is not None and becomes is not None else [],
    }


def _overlaps(table: Opened, at: datetime | None) -> list[tuple[Overlap, str, str]]:
    """The overlaps of a moment with the ids of both rows."""
    if table.table is None:
        return []
    try:
        compiled = compile_table(table.table, defaults(table.parameters, at), at)
    except ValueError:
        return []
    rows = compiled.table.rows
    return [(one, rows[one.first].id, rows[one.second].id) for one in overlaps(compiled)]


def _new_overlaps(before: Opened, after: Opened, at: datetime | None) -> list[dict[str, Any]]:
    known = {(first, second) for _, first, second in _overlaps(before, at)}
    return [_overlap_json(after.topic, *one) for one in _overlaps(after, at) if one[1:] not in known][:MOST_OVERLAPS]


def _overlap_json(topic: str, one: Overlap, first: str, second: str) -> dict[str, Any]:
    said = words().facts(topic, one.case.when, 20) or "任何情况"
    return {"first": first, "second": second, "kind": one.kind, "said": said, "facts": dict(one.case.facts)}


def row(workspace: Workspace, topic: str, steps: Steps, key: str, at: datetime | None = None) -> dict[str, Any]:
    """What one row meets: verdicts of its examples, cases it answers, rows that answer some of its cases, or whose cases it takes."""
    over, _ = taken(workspace, topic, steps)
    table = opened(over, topic)
    number = table.number(key)
    own = table.rows[number]
    if table.table is None:
        return {"key": key, "id": own.id, "hits": [], "misses": [], "answers": [], "overlaps": []}
    moment = moment_of_row(table.table.rows[number]) or at
    values = defaults(table.parameters, moment)
    found = [one for one in _overlaps(table, moment) if own.id in one[1:]]
    compiled = compile_table(table.table, values, moment)
    place = next((place for place, one in enumerate(compiled.table.rows) if one.id == own.id), None)
    return {
        "key": key,
        "id": own.id,
        "hits": [_verdict(table.table, facts, values, moment) for facts in own.data.get("hits") or []],
        "misses": [_verdict(table.table, facts, values, moment) for facts in own.data.get("misses") or []],
        "answers": [shortened(table.table, values, one.when, one.facts) for one in (() if place is None else answers(compiled, place))],
        "overlaps": [_overlap_json(topic, *one) for one in found[:MOST_OVERLAPS]],
    }


def _verdict(table: Table, facts: Mapping[str, object], values: Mapping[str, Any], at: datetime | None) -> dict[str, Any]:
    """Which row answers an example."""
    try:
        decision = decide(table, facts, values, at)
    except (FactError, TableError) as error:
        return {"row": None, "ask": None, "wrong": str(error)}
    return {"row": decision.row, "ask": decision.ask, "wrong": ""}


def tried(
    workspace: Workspace,
    topic: str,
    steps: Steps,
    facts: Mapping[str, object],
    at: datetime | None = None,
    own: Mapping[str, object] | None = None,
) -> dict[str, Any]:
    """What the table decides for these facts: the row, or what is asked next; and every row that fits them too.

    ``own``: the shop's own parameters in the place of the declared ones. StudioError names a fact that the table does not know.
    """
    over, _ = taken(workspace, topic, steps)
    table = opened(over, topic)
    if table.table is None:
        raise StudioError(path_of(topic), f"表现在不能用（{table.wrong}）", "先改好它")
    values = {**defaults(table.parameters, at), **held(table.parameters, own or {}, at)}
    names = words()
    try:
        decision = decide(table.table, facts, values, at)
        compiled = compile_table(table.table, values, at)
        region = compiled.region(facts)
    except FactError as error:
        raise StudioError(path_of(topic), str(error), "换一个允许的词或整数") from error
    except TableError:
        return {"row": None, "ask": None, "then": [], "rows": [], "fits": [], "source": "", "text": None}
    fits = [
        one.id
        for box, one in zip(compiled.boxes, compiled.table.rows, strict=True)
        if all(own_mask & mask for own_mask, mask in zip(box, region, strict=True))
    ]
    texts = sayings(over)
    say = next((str(value) for value in decision.then.values() if str(value) in texts), None)
    return {
        "row": decision.row,
        "ask": decision.ask,
        "asked": names.field(topic, decision.ask) if decision.ask else "",
        "then": [
            {
                "name": name,
                "title": names.field(topic, name),
                "value": None if value is None else str(value),
                "said": names.word(topic, name, value),
            }
            for name, value in decision.then.items()
        ],
        "source": decision.source,
        "rows": list(decision.rows),
        "fits": fits,
        "text": texts.get(say) if say else None,
    }


def _of_parameters(over: Workspace, made: Sequence[Edit]) -> list[Finding]:
    return check(over, [PARAMETERS_PATH]) if made else []


def _by_parameters(workspace: Workspace, over: Workspace, made: Sequence[Edit]) -> list[dict[str, Any]]:
    """What the changed parameters change in the tables that read them."""
    touched = {one.key.partition(":")[2] for one in made}
    found: list[dict[str, Any]] = []
    for topic in topics(workspace) if touched else ():
        before, after = opened(workspace, topic), opened(over, topic)
        if before.table is None or after.table is None or not touched & set(before.table.parameters):
            continue
        for one in _changed(before, after, _outcome(before, None), _outcome(after, None)):
            found.append({**one, "table": topic, "name": words().table(topic)})
    return found


def used_by(workspace: Workspace) -> dict[str, list[str]]:
    """Which tables read a parameter."""
    found: dict[str, list[str]] = {}
    for topic in topics(workspace):
        table = opened(workspace, topic).table
        for name in table.parameters if table else ():
            found.setdefault(name, []).append(topic)
    return found


def tried_elsewhere(
    workspace: Workspace, topic: str, facts: Mapping[str, object], at: datetime | None, own: Mapping[str, object]
) -> dict[str, Any] | None:
    """As ``tried``, of another state of the files, which may not have the table or its words: None then."""
    try:
        return tried(workspace, topic, [], facts, at, own)
    except StudioError:
        return None


def declared_safely(workspace: Workspace) -> Mapping[str, Parameter]:
    """The parameters; StudioError instead of the reader's error."""
    try:
        return declared_in(workspace)
    except ValueError as error:
        raise StudioError(PARAMETERS_PATH, str(error), "改正这一处，或在历史里撤销那次修改") from error


def held(declared: Mapping[str, Parameter], own: Mapping[str, object], at: datetime | None) -> dict[str, ParamValue]:
    """The shop's own values that hold at this moment, by the declared names; what cannot be a value of its parameter is left out."""
    names = {alias: one for one in declared.values() for alias in (one.name, *one.aliases)}
    found: dict[str, ParamValue] = {}
    for said, value in own.items():
        if said not in names:
            continue
        try:
            is_set, current = own_value(names[said], value, at)
        except ValueError:
            continue  # a value that an older declaration allowed
        if is_set:
            found[names[said].name] = current
    return found


def parameters_view(workspace: Workspace, steps: Steps, own: Mapping[str, object], at: datetime | None) -> dict[str, Any]:
    """Every parameter with its dated values, the shop's own value, and the tables that read it."""
    made = parameter_edits(workspace, steps) if steps else []
    over = workspace.overlay(apply(workspace, made).texts) if made else workspace
    body = over.parsed(PARAMETERS_PATH)
    declared = declared_safely(workspace)
    used, shops = used_by(workspace), held(declared, own, at)
    found = []
    for one in declared.values():
        written = body.get(one.name) or {}
        found.append(
            {
                **parameter_view(one),
                "default": jsonable(written.get("default")),
                "confirmed": written.get("confirmed"),
                "dated": jsonable(written.get("dated") or []),
                "own": jsonable(shops.get(one.name)),
                "own_set": one.name in shops,
                "tables": [{"topic": topic, "name": words().table(topic)} for topic in used.get(one.name, [])],
            }
        )
    return {
        "path": PARAMETERS_PATH,
        "parameters": found,
        "edits": [asdict(one) for one in made],
        "findings": [asdict(one) for one in _of_parameters(over, made)],
        "changed": _by_parameters(workspace, over, made),
    }
