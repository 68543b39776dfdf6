"""Tables in files: CSV (UTF-8, UTF-16, GBK) and XLSX, read as rows of text whatever spreadsheet wrote them, and written safely."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import openpyxl
from openpyxl.cell.cell import TYPE_STRING
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

MOST_ROWS = 1_000
# Unpacked, a workbook of so many rows has a few megabytes; a small file that unpacks to more is no list.
MOST_UNPACKED = 40 * 1024 * 1024
# A cell that begins so is a formula to a spreadsheet that opens a CSV; a quote in front makes it text.
_FORMULA = re.compile(r"[=+\-@\t\r]")
# What a workbook cannot hold.
_NO_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


class UnreadableFile(ValueError):
    """The file is no such list. ``word``: kind, encoding, damaged, empty, header, too-many or too-large; ``known``: details."""

    def __init__(self, word: str, message: str, **known: Any) -> None:
        super().__init__(message)
        self.word = word
        self.known = known


@dataclass(frozen=True)
class Row:
    """A line of a table: ``number`` as the file counts (the header is 1), ``cells`` by the name of their column."""

    number: int
    cells: dict[str, str]


def read(name: str, content: bytes, columns: dict[str, tuple[str, ...]], needed: Sequence[str], most: int = MOST_ROWS) -> list[Row]:
    """The rows of a file; ``name`` tells its kind, ``columns``: name → how files call it; one of ``needed`` must be there.

    Cells that a CSV protects from being formulas come without their quote. Raises UnreadableFile.
    """
    headers = {alias.casefold(): one for one, aliases in columns.items() for alias in aliases}

    def named(value: Any) -> str | None:
        return headers.get(cell(value).casefold().lstrip("\ufeff#"))

    ending = name.rpartition(".")[2].casefold()
    if ending in ("xlsx", "xlsm"):
        rows = _workbook(content, lambda row: any(named(one) in needed for one in row), most)
    elif ending in ("csv", "tsv", "txt"):
        rows = _table(content)
    else:
        raise UnreadableFile("kind", f"{name!r}: save it as .csv or .xlsx", name=name)
    filled = [(number, row) for number, row in enumerate(rows, 1) if any(cell(one) for one in row)]
    if not filled:
        raise UnreadableFile("empty", "the file is empty")
    _, head = filled[0]
    known = [named(one) for one in head]
    if not any(one in known for one in needed):
        written = "、".join(cell(one) for one in head if cell(one))[:100]
        raise UnreadableFile("header", f"no column is called {columns[needed[0]][0]}; there are: {written}", written=written)
    if len(filled) - 1 > most:
        raise UnreadableFile("too-many", f"{len(filled) - 1} lines; at most {most} are read at once", rows=len(filled) - 1, most=most)
    return [Row(number, {one: _unquoted(cell(value)) for one, value in zip(known, row, strict=False) if one}) for number, row in filled[1:]]


def write(name: str, head: Sequence[str], rows: Iterable[Sequence[str]], sheet: str, widths: Sequence[int]) -> bytes:
    """A file (``.csv`` or ``.xlsx``) of rows, which is read again to the same and never runs as a formula; ``widths`` in characters."""
    if name.endswith(".csv"):
        text = io.StringIO(newline="")
        csv.writer(text).writerows([head, *([f"'{one}" if _FORMULA.match(one) else one for one in row] for row in rows)])
        return text.getvalue().encode("utf-8-sig")
    book = openpyxl.Workbook()
    page = book.worksheets[0]
    page.title, page.freeze_panes = sheet, "A2"
    page.append(list(head))
    for row in rows:
        page.append([_NO_CONTROL.sub("", one) for one in row])
    for line in page.iter_rows(min_row=2):
        for one in line:
            if one.value is not None:
                one.data_type, one.number_format = TYPE_STRING, "@"  # nothing is a formula, a date or a number
    for place, width in enumerate(widths, 1):
        page.column_dimensions[get_column_letter(place)].width = width
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def cell(value: Any) -> str:
    """A cell as text: whole numbers without a point, days as days."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if hasattr(value, "isoformat"):
        return str(value.isoformat())[:10]
    return str(value).strip()


def _unquoted(value: str) -> str:
    return value[1:] if value[:1] == "'" and _FORMULA.match(value[1:]) else value


def _table(content: bytes) -> list[list[Any]]:
    text = _decoded(content)
    head = text.splitlines()[0] if text.strip() else ""
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=max(",\t;", key=head.count), strict=True))
    except csv.Error as error:
        raise UnreadableFile("damaged", f"the CSV is damaged ({error}): save it anew from the spreadsheet") from None


def _decoded(content: bytes) -> str:
    """UTF-8, UTF-16 or GBK, as spreadsheets write them."""
    try:
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):
            return content.decode("utf-16")
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError:
            return content.decode("gb18030")
    except UnicodeDecodeError:
        raise UnreadableFile("encoding", "neither UTF-8 nor GBK: save it as CSV UTF-8") from None


def _workbook(content: bytes, is_head: Callable[[Sequence[Any]], bool], most: int) -> list[list[Any]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(one.file_size for one in packed.infolist()) > MOST_UNPACKED:
                raise UnreadableFile("too-large", "unpacked the workbook is too large: leave out what is no row of the list")
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError) as error:
        if isinstance(error, UnreadableFile):
            raise
        raise UnreadableFile("damaged", "no readable workbook: open it in the spreadsheet and save it as .xlsx") from None
    try:
        for sheet in book.worksheets:
            rows: list[list[Any]] = []
            for row in sheet.iter_rows(values_only=True, max_col=40):
                rows.append(list(row))
                if len(rows) > 2 * most:
                    break
            if any(is_head(row) for row in rows[:5]):
                return rows
        return [list(row) for row in book.worksheets[0].iter_rows(values_only=True, max_row=5, max_col=40)] if book.worksheets else []
    finally:
        book.close()
