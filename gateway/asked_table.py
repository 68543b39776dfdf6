"""What shoppers ask, as rows for the page and as CSV and XLSX that no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import openpyxl
from openpyxl.cell.cell import TYPE_STRING

from gateway.asked import AskedDay, added
from gateway.figures_table import safe
from policy.intent_names import name_of
from shop.given import Given

WHOLE = (
    "asked",
    "understood",
    "unclear",
    "handed_over",
    "failed",
    "to_person",
    "visits",
    "alone",
    "solved",
    "rated",
    "stars",
    "bad",
    "content",
)
OF_INTENT = ("asked", "understood", "unclear", "handed_over", "failed", "visits", "solved", "rated", "stars", "bad")
TITLES = {
    "asked": "顾客消息",
    "understood": "听懂",
    "unclear": "没听懂",
    "handed_over": "转人工",
    "failed": "没答上",
    "to_person": "人工处理中的消息",
    "visits": "来访",
    "alone": "没有人工",
    "solved": "独立解决",
    "rated": "评价",
    "stars": "星数合计",
    "bad": "差评",
    "content": "好评",
}


@dataclass(frozen=True)
class Sheet:
    """A table of a file: its title, the heads of its columns, its rows."""

    title: str
    heads: tuple[str, ...]
    rows: list[tuple[Any, ...]]


def whole(day: AskedDay) -> dict[str, int]:
    """The counts that are of no single intent."""
    return {name: day.whole[name] for name in WHOLE}


def by_day(days: Iterable[tuple[date, AskedDay]]) -> list[dict[str, Any]]:
    """A row a day."""
    return [{"day": when.isoformat(), **whole(day)} for when, day in days]


def by_intent(days: Sequence[tuple[date, AskedDay]]) -> list[dict[str, Any]]:
    """A row an intent, the most asked first; ``trend``: how often it was asked on each day."""
    total = added(day for _, day in days)
    rows = [
        {
            "intent": intent,
            "name": name_of(intent),
            **{name: counts[name] for name in OF_INTENT},
            "trend": [day.intents[intent]["asked"] if intent in day.intents else 0 for _, day in days],
        }
        for intent, counts in total.intents.items()
    ]
    return sorted(rows, key=lambda row: (-int(str(row["asked"])), str(row["intent"])))


def reasons(day: AskedDay) -> list[dict[str, Any]]:
    """Why talks went to people: the engine's word, the wish, how often; the most frequent first."""
    rows = [
        {"reason": reason, "intent": intent or None, "name": name_of(intent) if intent else None, "times": times}
        for (reason, intent), times in day.reasons.items()
    ]
    return sorted(rows, key=lambda row: (-int(str(row["times"])), str(row["reason"]), str(row["intent"])))


def sheets(days: Sequence[tuple[date, AskedDay]]) -> list[Sheet]:
    """The period by day, by intent and by reason of hand-over."""
    of_days = [(row["day"], *(row[name] for name in WHOLE)) for row in by_day(days)]
    of_intents = [(row["name"], row["intent"], *(row[name] for name in OF_INTENT)) for row in by_intent(days)]
    why = [(row["reason"], row["name"] or "", row["times"]) for row in reasons(added(day for _, day in days))]
    return [
        Sheet("按天", ("日期", *(TITLES[name] for name in WHOLE)), of_days),
        Sheet("按意图", ("意图", "编号", *(TITLES[name] for name in OF_INTENT)), of_intents),
        Sheet("转人工原因", ("原因", "意图", "次数"), why),
    ]


def money_sheet(given: Iterable[Given]) -> Sheet:
    """Everything given, a line each; the sum in yuan is a number in a spreadsheet."""
    heads = ("时间", "给了什么", "金额（元）", "依据表", "依据行", "谁给的", "会话", "工单或编号", "记录号")
    rows = [
        (one.at.isoformat(), one.what, one.amount, one.table or "", one.row or "", one.by, one.conversation_id or "", one.ref or "", one.id)
        for one in given
    ]
    return Sheet("给出的钱", heads, rows)


def as_csv(found: Sequence[Sheet]) -> bytes:
    """The tables below each other, with the mark by which spreadsheets read Chinese."""
    out = io.StringIO(newline="")
    lines = csv.writer(out)
    for number, sheet in enumerate(found):
        if number:
            lines.writerow([])
        lines.writerow([sheet.title])
        lines.writerow(sheet.heads)
        lines.writerows([safe(cell) for cell in row] for row in sheet.rows)
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(found: Sequence[Sheet]) -> bytes:
    """A workbook with a sheet for each table."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for one in found:
        sheet = book.create_sheet(one.title)
        sheet.append(one.heads)
        for row in one.rows:
            sheet.append(row)
            for cell in sheet[sheet.max_row]:
                if isinstance(cell.value, str):
                    # Also what begins with an equals sign is a text.
                    cell.data_type = TYPE_STRING
        sheet.freeze_panes = "A2"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
