"""Scripts in files: CSV and XLSX with the columns of 千牛's 快捷短语 (快捷编码, 快捷短语, 快捷短语分组), read and written.

What is read is cleaned of what only that program shows (its smileys, line-break tags); where a line comes from is kept.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shop import sheets
from shop.sheets import MOST_ROWS, UnreadableFile

COLUMNS: dict[str, tuple[str, ...]] = {
    "code": ("快捷编码", "快捷短语编码", "短码", "编码", "快捷键", "code"),
    "text": ("快捷短语", "短语", "话术", "话术内容", "内容", "回复内容", "text"),
    "folder": ("快捷短语分组", "分组", "组名", "分类", "文件夹", "folder"),
    "title": ("标题", "名称", "title"),
    "situation": ("使用场景", "场景", "备注", "situation"),
    "valid_from": ("开始日期", "valid_from"),
    "valid_to": ("结束日期", "valid_to"),
}
SHEET = "快捷短语"
NO_FOLDER = ("未分组", "默认分组", "默认")
_BREAK = re.compile(r"<\s*br\s*/?\s*>", re.IGNORECASE)
# 千牛's smileys in text: /:^_^ /:087 /:-F … A slash and a colon stand nowhere else together.
_SMILEY = re.compile(r"(?<![a-z0-9])/:(?:\d{3}|\^_\^|[^\s\w]{1,3}[a-z]?|[a-z0-9]{1,3}(?![a-z0-9]))", re.IGNORECASE)
_LEVELS = re.compile(r"\s*[/＞>\\]\s*")
_CLAUSE = re.compile(r"[。！？!?；;，,\n：:]")

__all__ = ["COLUMNS", "MOST_ROWS", "Line", "UnreadableFile", "read", "title_of", "write"]


@dataclass(frozen=True)
class Line:
    """A line of a file: ``number`` as the file counts (the header is 1), ``cleaned`` when something of another program was left out."""

    number: int
    code: str
    text: str
    folder: tuple[str, ...]
    title: str
    situation: str
    valid_from: str
    valid_to: str
    cleaned: bool


def read(name: str, content: bytes) -> list[Line]:
    """The lines of a file; ``name`` tells its kind. Raises UnreadableFile."""
    return [_line(one.number, one.cells) for one in sheets.read(name, content, COLUMNS, ("text",), MOST_ROWS)]


def write(name: str, rows: Iterable[Sequence[str]]) -> bytes:
    """A file (``.csv`` or ``.xlsx``) of rows in the order of COLUMNS, which is read again to the same and never runs as a formula."""
    return sheets.write(name, [aliases[0] for aliases in COLUMNS.values()], rows, SHEET, (12, 60, 20, 20, 30))


def title_of(text: str) -> str:
    """A title for a script that has none: the beginning of what it says."""
    first = next((part.strip() for part in _CLAUSE.split(text) if len(part.strip()) > 2), text.strip())
    return first[:16] or text.strip()[:16]


def _line(number: int, cells: dict[str, str]) -> Line:
    raw = cells.get("text", "")
    text = _SMILEY.sub("", _BREAK.sub("\n", html.unescape(raw))).replace("\xa0", " ").strip()
    folder = tuple(part for part in _LEVELS.split(cells.get("folder", "")) if part and part not in NO_FOLDER)
    return Line(
        number,
        cells.get("code", ""),
        text,
        folder,
        cells.get("title", "") or title_of(text),
        cells.get("situation", ""),
        cells.get("valid_from", ""),
        cells.get("valid_to", ""),
        text != raw.strip(),
    )
