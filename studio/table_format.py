"""Why a table or the parameters cannot be used, in the words of staff: what somebody can get wrong in the grid or by hand.

policy/table_file.py and policy/parameters.py decide what is wrong and stop at the first mistake, in English; here the same mistakes are
looked for once more, so that each row that has one can be named with its remedy. What is not among them is told in the reader's words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from policy.parameters import TYPES, Parameter, checked
from policy.table import STATUSES
from policy.validity import Period, check_overlaps, period
from studio.table_words import words
from studio.tables import Opened, is_response

TYPE_SAID = {
    "int": "整数", "money": "0 到 100 万元之间的金额，最多两位小数", "time": "时刻，例如 17:00", "range": "范围，例如 20-30 或 10:00-24:00",
    "days": "日期段，例如 2027-02-02/2027-02-14", "text": "文字", "words": "允许的词之一",
}  # fmt: skip


@dataclass(frozen=True)
class Mistake:
    """``number``: the row (None: of no row); ``name``: the parameter, for parameters."""

    what: str
    remedy: str
    number: int | None = None
    name: str = ""


def of_table(table: Opened) -> list[Mistake]:
    """The mistakes of the rows, in their order; empty when the table's trouble is none of those known here."""
    inputs, outputs = _specs(table.body.get("inputs")), _specs(table.body.get("outputs"))
    found: list[Mistake] = []
    periods: dict[str, list[tuple[str, Period]]] = {}
    for number, row in enumerate(table.rows):
        data = row.data
        found += [Mistake(what, remedy, number) for what, remedy in _row(table.topic, data, inputs, outputs)]
        try:
            periods.setdefault(row.id, []).append((row.key, period(data, row.id)))
        except ValueError:
            said = f"{data.get('valid_from') or '…'} 至 {data.get('valid_to') or '…'}"
            found.append(
                Mistake(f"行 {row.id} 的日期（{said}）读不懂，或结束早于开始", "写成 2026-11-11 或 2026-11-11T20:00:00+08:00", number)
            )
            continue
        try:
            check_overlaps(periods[row.id], row.id)
        except ValueError:
            found.append(Mistake(f"行 {row.id} 有两段日期互相重叠", "让前一段在后一段开始之前结束", number))
        if sum(one.always for _, one in periods[row.id]) > 1:
            found.append(Mistake(f"编号 {row.id} 用了两次", "换一个编号，或给其中一行写上日期", number))
    return found


def _specs(given: Any) -> dict[str, list[str] | None]:
    """Fields with their allowed words; None: anything."""
    found: dict[str, list[str] | None] = {}
    for name, spec in given.items() if isinstance(given, dict) else ():
        allowed = spec.get("words") if isinstance(spec, dict) else spec
        typed = isinstance(spec, dict) and "type" in spec
        found[str(name)] = [str(one) for one in allowed] if isinstance(allowed, list) and not typed else None
    return found


def _row(
    topic: str, data: Mapping[str, Any], inputs: Mapping[str, list[str] | None], outputs: Mapping[str, list[str] | None]
) -> Iterator[tuple[str, str]]:
    names, row = words(), data.get("id")
    for key, said in (("hits", "正例"), ("misses", "反例")):
        examples = data.get(key)
        if not isinstance(examples, list) or not examples:
            yield f"行 {row} 没有{said}", f"至少写一个{said}：每一行靠例子证明自己"
        for one in examples if isinstance(examples, list) else ():
            if isinstance(one, dict):
                yield from _words(topic, f"行 {row} 的{said}", one, inputs)
    if not str(data.get("source") or "").strip():
        yield f"行 {row} 没有出处", "写上手册章节、店铺决定或日期"
    if data.get("status") not in STATUSES:
        yield f"行 {row} 的把握是「{data.get('status')}」", f"写 {'、'.join(STATUSES)} 之一"
    for part, known in (("when", inputs), ("then", outputs)):
        cells = data.get(part)
        if isinstance(cells, dict):
            yield from _words(topic, f"行 {row}", cells, known)
    then = data.get("then") if isinstance(data.get("then"), dict) else {}
    for name in outputs:
        value = (then or {}).get(name)
        if isinstance(value, bool):
            yield f"行 {row} 的「{names.field(topic, name)}」写成了是非值", "给 yes、no、on、off 加上引号"


def _words(topic: str, place: str, cells: Mapping[str, Any], known: Mapping[str, list[str] | None]) -> Iterator[tuple[str, str]]:
    names = words()
    for name, value in cells.items():
        if name not in known:
            yield f"{place}用了没有的条件或答法「{name}」", f"能用的是：{'、'.join(known)}"
            continue
        allowed = known[name]
        if allowed is None:
            continue
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str) and one != "any" and one not in allowed and not is_response(one):
                yield f"{place}的「{names.field(topic, name)}」写了没有的词「{one}」", f"能用的词：{'、'.join(allowed)}"


def of_parameters(body: Any) -> list[Mistake]:
    """The parameters whose everyday or dated values cannot be."""
    found: list[Mistake] = []
    for name, spec in body.items() if isinstance(body, dict) else ():
        if not isinstance(spec, dict) or spec.get("type") not in TYPES:
            continue
        one = Parameter(name, None, "", spec["type"], "", "", tuple(spec.get("words") or ()), least=spec.get("least"))
        dated = [each for each in spec.get("dated") or [] if isinstance(each, dict)]
        for value in (spec.get("default"), *(each.get("value") for each in dated)):
            try:
                checked(one, value)
            except ValueError:
                found.append(Mistake(f"参数「{words().parameter(name)}」的值「{value}」不能用", f"要写{_allowed(one)}", name=name))
        try:
            check_overlaps([(str(number), period(each, name)) for number, each in enumerate(dated, 1)], name)
        except ValueError:
            what = f"参数「{words().parameter(name)}」的日期读不懂、前后颠倒或互相重叠"
            found.append(Mistake(what, "日期写成 2026-11-11；每一段在下一段开始之前结束", name=name))
    return found


def _allowed(one: Parameter) -> str:
    if one.type == "words":
        return f"{'、'.join(one.words)} 之一"
    return TYPE_SAID[one.type] + (f"，法律规定不少于 {one.least}" if one.least is not None else "")
