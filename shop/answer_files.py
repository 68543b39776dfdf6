"""Reviewed answers in files: what a row must be to be taken, and the export that imports to the same.

A row that claims health, efficacy or safety (hn_35), or that the wording check blocks, is refused: nobody may say it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import yaml
from openpyxl.cell.cell import TYPE_STRING
from sqlalchemy import select
from sqlalchemy.orm import Session

from policy.knowledge import attribute_name, claims_health, overlapping
from policy.validity import period
from policy.wording import check
from shop.answer_fields import KINDS, SCOPES
from shop.answers import Answers, store
from shop.catalogue import ShopRepository
from shop.models import Product
from shop.records import read

DEMO_ANSWERS = Path(__file__).resolve().parent / "demo_answers.yml"
SHEET = "商品问答"
HEADERS = ("适用范围", "适用对象", "#名称", "属性", "问法", "答案", "来源", "开始日期", "结束日期")
_BETWEEN = "；"


def problems(values: Mapping[str, Any], names: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """What is wrong with a checked row: (field, problem, remedy). ``names``: product id → name, of the shop and of the same import."""
    found: list[tuple[str, str, str]] = []
    scope, target = values["scope"], values["target"]
    if scope == "product" and target not in names:
        found.append(("target", "there is no such product", "write the id of a product that is stored or in the same import"))
    if scope == "kind" and target not in KINDS:
        found.append(("target", "there is no such kind", "write one of " + "、".join(KINDS.values())))
    try:
        period(values, "-")
    except ValueError as error:
        problem, _, remedy = str(error).removeprefix("-: ").partition(" Remedy: ")
        found.append(("valid_to", problem.rstrip("."), remedy or "write a day, e.g. 2026-11-11"))
    own = [names[target]] if scope == "product" and target in names else []
    spoken = [("answer", values["answer"]), *(("questions", one) for one in values["questions"]), ("attribute", values["attribute"])]
    for field, text in spoken:
        if claims_health(text, own):
            remedy = "leave the row out: health, efficacy and safety get the honest script (hn_35), never an answer"
            found.append((field, "it speaks of health, efficacy or safety", remedy))
    for finding in check(values["answer"], topic="products"):
        if finding.severity == "block":
            remedy = finding.instead or "say what can be checked, without praise and promises"
            found.append(("answer", f"{finding.rule} forbids {finding.found!r} ({finding.why})", remedy))
    return found


def overlaps(records: Sequence[tuple[int, Mapping[str, Any]]]) -> list[tuple[int, str]]:
    """(place of a record, what is wrong) where two records of the same target and attribute would speak at the same time.

    ``records``: (row in the file, checked values). ValueError for unreadable dates (``problems`` names them).
    """
    about = [(tuple(values[name] for name in ("scope", "target", "attribute")), period(values, "-")) for _, values in records]
    return [
        (place, f"row {records[other][0]} " + ("is the everyday answer already" if about[place][1].always else "is valid at the same time"))
        for place, other in overlapping(about)
    ]


def _lines(answers: Answers) -> Iterable[tuple[str | None, ...]]:
    names = {p.product_id: p.name for p in ShopRepository(answers.engine, answers.shop_id, answers.clock).products()}
    for row in answers.rows():
        target = KINDS.get(row.target, row.target) if row.scope == "kind" else row.target
        name = names.get(row.target) if row.scope == "product" else None
        asks = _BETWEEN.join(map(str, row.questions))
        yield (SCOPES[row.scope], target, name, attribute_name(row.attribute), asks, row.answer, row.source, row.valid_from, row.valid_to)


def export(answers: Answers, file: Path) -> int:
    """Write all answers to a CSV or XLSX file, which imports to the same; how many. ValueError for another kind of file."""
    rows = list(_lines(answers))
    if file.suffix.lower() == ".csv":
        with file.open("w", encoding="utf-8-sig", newline="") as stream:
            csv.writer(stream).writerows([HEADERS, *([cell or "" for cell in row] for row in rows)])
    elif file.suffix.lower() == ".xlsx":
        book = openpyxl.Workbook()
        sheet = book.worksheets[0]
        sheet.title = SHEET
        sheet.freeze_panes = "A2"
        sheet.append(HEADERS)
        for row in rows:
            sheet.append(row)
        for line in sheet.iter_rows(min_row=2):
            for cell in line:
                if cell.value is not None:
                    cell.data_type, cell.number_format = TYPE_STRING, "@"  # nothing is a formula, a date or a number
        book.save(file)
    else:
        raise ValueError(f"{file.name}: answers are exported to .csv or .xlsx")
    return len(rows)


def seed_answers(session: Session, shop_id: str, now: datetime) -> None:
    """Store the demonstration's answers, checked as an import is; ValueError names a bad one. Those of products it lacks are left out."""
    names = product_names(session, shop_id)
    body = yaml.safe_load(DEMO_ANSWERS.read_text(encoding="utf-8"))
    records = [read("answers", answer, whole=True) for answer in body["answers"]]
    records = [record for record in records if record["scope"] != "product" or record["target"] in names]
    bad = [f"{record['target']} {record['attribute']}: {problem}" for record in records for _, problem, _ in problems(record, names)]
    if not bad:
        bad = [f"{records[place]['target']} {records[place]['attribute']}: {why}" for place, why in overlaps(list(enumerate(records, 1)))]
    if bad:
        raise ValueError(f"{DEMO_ANSWERS.name}: {bad[0]}")
    store(session, shop_id, records, now)


def product_names(session: Session, shop_id: str) -> dict[str, str]:
    """Product id → name."""
    return {row.id: row.name for row in session.execute(select(Product.id, Product.name).where(Product.shop_id == shop_id))}
