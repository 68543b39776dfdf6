"""Opens the files of an import: CSV (UTF-8, GBK, UTF-16), XLSX and YAML, as rows with their place in the file."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl
import yaml
from openpyxl.utils.exceptions import InvalidFileException

KIND_NAMES: dict[str, tuple[str, ...]] = {
    "products": ("商品", "产品"),
    "size_charts": ("尺码表",),
    "stock": ("库存",),
    "prices": ("价格记录", "价格"),
    "customers": ("顾客", "客户", "会员"),
    "orders": ("订单",),
    "shipments": ("物流", "发货"),
    "scans": ("物流动态", "物流轨迹"),
    "coupons": ("优惠券",),
    "couriers": ("快递公司",),
    "promotions": ("活动", "促销活动", "营销活动"),
    "answers": ("商品问答", "问答"),
}

_FORMULA_ERRORS = frozenset(("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!"))
# A spreadsheet keeps 15 digits of a number; from 16 on the last ones are lost.
_EXACT_BELOW = 10**15


@dataclass(frozen=True)
class BadCell:
    """What is wrong where: ``row`` as the file counts (the header is row 1, in YAML the line), ``column`` as it is headed."""

    file: str
    row: int
    column: str
    value: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}, row {self.row}, column {self.column}: {self.value!r}: {self.problem}; {self.remedy}"


@dataclass(frozen=True)
class Line:
    """One record as it stands in a file: header → cell."""

    file: str
    row: int
    cells: dict[str, Any]


@dataclass
class Contents:
    """Everything read: lines by kind, a YAML file's ``shop`` section, and what could not be read."""

    lines: dict[str, list[Line]] = field(default_factory=dict)
    shop: dict[str, Any] | None = None
    shop_file: str = ""
    errors: list[BadCell] = field(default_factory=list)

    def add(self, kind: str, lines: Iterable[Line]) -> None:
        """Append lines of a kind."""
        self.lines.setdefault(kind, []).extend(lines)

    def refuse(self, file: str, row: int, column: str, value: object, problem: str, remedy: str) -> None:
        """Note something that cannot be read."""
        written = str(value)
        self.errors.append(BadCell(file, row, column, written if len(written) <= 60 else written[:57] + "…", problem, remedy))


def kind_of(name: str) -> str | None:
    """The kind that a file or sheet name tells: ``orders``, ``orders-2026-11``, ``订单20261122``; None when it tells none."""
    wanted = name.strip().lower().replace(" ", "_")
    known = [(alias, kind) for kind, aliases in KIND_NAMES.items() for alias in (kind, *aliases)]
    for alias, kind in sorted(known, key=lambda pair: -len(pair[0])):
        if wanted == alias or re.match(re.escape(alias) + r"[\d_\-.( ]", wanted):
            return kind
    return None


def read_files(paths: Sequence[Path], kind: str | None = None) -> Contents:
    """Read all files; ``kind`` is what tables hold whose name does not tell it."""
    contents = Contents()
    for path in paths:
        suffix = path.suffix.lower()
        try:
            if suffix in (".csv", ".tsv", ".txt"):
                _read_csv(path, kind, contents)
            elif suffix in (".xlsx", ".xlsm"):
                _read_xlsx(path, kind, contents)
            elif suffix in (".yml", ".yaml"):
                _read_yaml(path, contents)
            else:
                contents.refuse(path.name, 0, "-", suffix, "this kind of file is not read", "save it as .csv, .xlsx or .yml")
        except OSError as error:
            contents.refuse(path.name, 0, "-", str(path), error.strerror or "it cannot be opened", "check the path and the rights")
    return contents


def _decode(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("gb18030")


def _read_csv(path: Path, kind: str | None, contents: Contents) -> None:
    found = kind_of(path.stem) or kind
    if found is None:
        _unknown_table(contents, path.name, path.stem)
        return
    try:
        text = _decode(path.read_bytes())
    except UnicodeDecodeError:
        contents.refuse(path.name, 0, "-", path.name, "neither UTF-8 nor GBK", "save it as CSV UTF-8")
        return
    head = text.splitlines()[0] if text.strip() else ""
    delimiter = max(",\t;", key=head.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        contents.refuse(path.name, 0, "-", path.name, f"damaged CSV ({error})", "save it anew from the spreadsheet")
        return
    _table(path.name, list(enumerate(rows, start=1)), found, contents)


def _read_xlsx(path: Path, kind: str | None, contents: Contents) -> None:
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError):
        contents.refuse(path.name, 0, "-", path.name, "no readable workbook", "open it in the spreadsheet and save it as .xlsx")
        return
    try:
        sheets = [(sheet.title, [list(row) for row in sheet.iter_rows(values_only=True)]) for sheet in book.worksheets]
    finally:
        book.close()
    filled = [(title, rows) for title, rows in sheets if any(cell is not None for row in rows for cell in row)]
    for title, rows in filled:
        fallback = (kind_of(path.stem) or kind) if len(filled) == 1 else None
        found = kind_of(title) or fallback
        file = f"{path.name}[{title}]"
        if found is None:
            _unknown_table(contents, file, title)
            continue
        _table(file, list(enumerate(rows, start=1)), found, contents)


def _unknown_table(contents: Contents, file: str, name: str) -> None:
    remedy = "name the file or sheet " + ", ".join(f"{kind} ({aliases[0]})" for kind, aliases in KIND_NAMES.items())
    contents.refuse(file, 0, "-", name, "the name does not tell what the table holds", remedy)


def _table(file: str, rows: list[tuple[int, list[Any]]], kind: str, contents: Contents) -> None:
    filled = [(number, row) for number, row in rows if any(cell is not None and str(cell).strip() for cell in row)]
    if not filled:
        contents.refuse(file, 1, "-", "", "the table is empty", "write the headers in the first row")
        return
    head_row, head = filled[0]
    headers = [str(cell).strip() if cell is not None else "" for cell in head]
    for header in {header for header in headers if header and headers.count(header) > 1}:
        contents.refuse(file, head_row, header, header, "the header stands twice", "delete or rename one of the columns")
    lines: list[Line] = []
    for number, row in filled[1:]:
        cells: dict[str, Any] = {}
        for place, value in enumerate(row):
            header = headers[place] if place < len(headers) else ""
            blank = value is None or not str(value).strip()
            if not header:
                if not blank:
                    contents.refuse(file, number, f"#{place + 1}", value, "a cell without a header", "give the column a header or empty it")
                continue
            if isinstance(value, str) and value.strip() in _FORMULA_ERRORS:
                contents.refuse(file, number, header, value, "the formula has an error", "put the formula right or write the value")
                continue
            if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) >= _EXACT_BELOW:
                contents.refuse(file, number, header, value, "a number of 16 digits or more has lost digits", "format the column as text")
                continue
            cells[header] = value
        lines.append(Line(file, number, cells))
    contents.add(kind, lines)
    if not lines:
        contents.refuse(file, head_row, "-", "", "there are headers, and nothing below", "add rows or leave the table out")


def _read_yaml(path: Path, contents: Contents) -> None:
    text = path.read_text(encoding="utf-8-sig")
    try:
        body = yaml.safe_load(text)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        contents.refuse(path.name, mark.line + 1 if mark else 0, "-", path.name, "no readable YAML", "check indentation, quotes and colons")
        return
    if not isinstance(body, dict) or node is None:
        contents.refuse(path.name, 1, "-", path.name, "sections are expected", "write products:, orders:, … each with a list")
        return
    lines_of = {key.value: value for key, value in node.value}
    for name, section in body.items():
        row = lines_of[str(name)].start_mark.line if str(name) in lines_of else 0
        if name == "version":
            continue
        if name == "shop" and isinstance(section, dict):
            contents.shop, contents.shop_file = section, path.name
            for part in ("couriers", "coupons"):
                listed = section.get(part) or []
                contents.add(part, (Line(path.name, row + 1, dict(each)) for each in listed if isinstance(each, dict)))
        elif name in KIND_NAMES and isinstance(section, list) and all(isinstance(each, dict) for each in section):
            items = lines_of[name].value
            contents.add(name, (Line(path.name, items[at].start_mark.line + 1, dict(each)) for at, each in enumerate(section)))
        else:
            remedy = "known are shop, " + ", ".join(KIND_NAMES)
            contents.refuse(path.name, row, str(name), type(section).__name__, "no section of this name, or no list of records", remedy)
