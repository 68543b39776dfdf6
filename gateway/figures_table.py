"""The figures as tables: for the page, and as CSV and XLSX that no spreadsheet takes for formulas.

What the columns mean stands in docs/desk.md.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import openpyxl
from openpyxl.cell.cell import TYPE_STRING

from gateway.figures import Day, Tally, measures, of_uses, of_work, summed
from policy.intent_names import name_of

# Kinds: count, share (0–1, shown as %), seconds, minutes, stars (1–5), text.
COLUMNS: dict[str, tuple[str, str]] = {
    "talks": ("接待会话", "count"),
    "answers": ("回复条数", "count"),
    "first_reply": ("首次响应", "seconds"),
    "first_reply_ideal": ("6 秒内首响", "share"),
    "first_reply_in_time": ("15 秒内首响", "share"),
    "reply": ("每次响应", "seconds"),
    "silent": ("超过 180 秒", "count"),
    "coverage": ("推荐覆盖率", "share"),
    "offered": ("给出推荐", "count"),
    "sent": ("原样发送", "count"),
    "edited": ("改后发送", "count"),
    "ignored": ("未采用", "count"),
    "acceptance": ("采纳率", "share"),
    "unedited": ("未修改率", "share"),
    "first_taken": ("首条命中率", "share"),
    "helped": ("用推荐的响应", "seconds"),
    "by_hand": ("手写的响应", "seconds"),
    "saved": ("节省时间", "minutes"),
    "ended": ("结束会话", "count"),
    "solve_rate": ("解决率", "share"),
    "tickets": ("处理工单", "count"),
    "ticket_time": ("工单时长", "seconds"),
    "ticket_solve_rate": ("工单解决率", "share"),
    "rated": ("评价数", "count"),
    "satisfaction": ("满意度", "stars"),
    "content": ("满意占比", "share"),
    "shown": ("推荐耗时", "seconds"),
}
OF_USES = ("offered", "sent", "edited", "ignored", "acceptance", "unedited", "first_taken", "shown")
ALL = tuple(COLUMNS)
UNITS = {"seconds": "（秒）", "minutes": "（分钟）", "stars": "（1–5 分）"}
NO_SCRIPT = "（无话术编号）"
# A cell that begins so is read as a formula by spreadsheets.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@dataclass(frozen=True)
class Table:
    """A table of figures. ``heads``: what a line is about (name → title); ``columns``: names of COLUMNS; ``rows`` hold both."""

    name: str
    title: str
    heads: Mapping[str, str]
    columns: tuple[str, ...]
    rows: Sequence[Mapping[str, Any]]

    def out(self) -> dict[str, Any]:
        """As the API says it."""
        return {"title": self.title, "heads": dict(self.heads), "columns": list(self.columns), "rows": [dict(row) for row in self.rows]}


def tables(days: Sequence[tuple[date, Day]], members: Mapping[str, tuple[str, str]], staff_id: str | None, *, people: bool) -> list[Table]:
    """By day, by member (only with ``people``), by script and by intent. ``members``: id → (number, name); ``staff_id``: this one only."""
    counted = [day for _, day in days]
    by_day = [{"day": when.isoformat(), **measures(summed([*of_work([day], staff_id), *of_uses([day], staff_id)]))} for when, day in days]
    found = [Table("days", "按天", {"day": "日期"}, ALL, by_day)]
    if people:
        ids = {staff for day in counted for staff in (*day.work, *(key[0] for key in day.uses)) if staff_id in (None, staff)}
        lines = []
        for one in sorted(ids, key=lambda each: members.get(each, (each, ""))):
            number, name = members.get(one, (one, ""))
            lines.append(
                {"staff_id": one, "number": number, "name": name, **measures(summed([*of_work(counted, one), *of_uses(counted, one)]))}
            )
        found.append(Table("agents", "按客服", {"number": "工号", "name": "姓名"}, ALL, lines))
    scripts: dict[str, Tally] = {}
    intents: dict[str, Tally] = {}
    for day in counted:
        for (staff, intent, script), tally in day.uses.items():
            if staff_id in (None, staff):
                for kept, key in ((scripts, script), (intents, intent)):
                    kept.setdefault(key, Tally())
                    kept[key] += tally
    by_script = [{"script": key or NO_SCRIPT, **measures(tally)} for key, tally in _most_offered(scripts)]
    by_intent = [{"intent": name_of(key) if key else "", "id": key, **measures(tally)} for key, tally in _most_offered(intents)]
    return [
        *found,
        Table("scripts", "按话术", {"script": "话术"}, OF_USES, by_script),
        Table("intents", "按意图", {"intent": "意图", "id": "编号"}, OF_USES, by_intent),
    ]


def _most_offered(tallies: Mapping[str, Tally]) -> list[tuple[str, Tally]]:
    return sorted(tallies.items(), key=lambda one: (-one[1].counts["offered"], one[0]))


def title_of(column: str) -> str:
    """A column's title with its unit."""
    title, kind = COLUMNS[column]
    return title + UNITS.get(kind, "")


def safe(value: object) -> object:
    """A cell's value: a text that begins like a formula stays a text."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def as_csv(found: Iterable[Table]) -> bytes:
    """The tables below each other, with the mark by which spreadsheets read Chinese."""
    out = io.StringIO(newline="")
    rows = csv.writer(out)
    for number, table in enumerate(found):
        if number:
            rows.writerow([])
        rows.writerow([table.title])
        rows.writerow([*table.heads.values(), *map(title_of, table.columns)])
        for line in table.rows:
            rows.writerow([*(safe(line[name]) for name in table.heads), *(_shown(name, line[name]) for name in table.columns)])
    return out.getvalue().encode("utf-8-sig")


def _shown(column: str, value: float | int | None) -> object:
    if value is None:
        return ""
    return f"{value * 100:.1f}%" if COLUMNS[column][1] == "share" else value


def as_xlsx(found: Iterable[Table]) -> bytes:
    """A workbook with a sheet for each table."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for table in found:
        sheet = book.create_sheet(table.title)
        sheet.append([*table.heads.values(), *map(title_of, table.columns)])
        for line in table.rows:
            sheet.append([*(str(line[name] or "") for name in table.heads), *(line[name] for name in table.columns)])
            for cell in sheet[sheet.max_row][: len(table.heads)]:
                # Also what begins with an equals sign is a text.
                cell.data_type = TYPE_STRING
            for cell, name in zip(sheet[sheet.max_row][len(table.heads) :], table.columns, strict=True):
                if COLUMNS[name][1] == "share":
                    cell.number_format = "0.0%"
        sheet.freeze_panes = sheet.cell(2, len(table.heads) + 1)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
