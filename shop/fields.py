"""Readers of one value each, for files and the integration alike: from a cell or a JSON value to what the database stores.

Each raises ``ValueError`` with what is wrong; ``shop.records`` adds field, value and remedy. Instants and days without a UTC
offset are the shop's (Asia/Shanghai); money is in yuan.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from shop.clock import SHANGHAI

Parser = Callable[[Any], Any]

_TRUE = frozenset(("true", "yes", "y", "1", "是", "有", "√", "✓"))
_FALSE = frozenset(("false", "no", "n", "0", "否", "无", "没有", "×"))
# Full-width forms are written as escapes: \uff0c comma, \uff1b semicolon, \uff5c bar, \uff1a colon, \uff5e tilde.
_SEPARATORS = re.compile("[\u3001,\uff0c;\uff1b|\uff5c\n]+")
_RANGE = re.compile("\\s*[-\u2013\u2014~\uff5e至]\\s*")
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_INSTANT = re.compile(_DAY.pattern + r"[T\s]+(\d{1,2}):(\d{2})(?::(\d{2}))?")
_LARGEST = Decimal("9999999999.99")
EXACT_INTEGERS = 2**53


def clean(value: object) -> str:
    """Text of a cell: trimmed, whole numbers without ".0", no control characters."""
    if isinstance(value, float) and value.is_integer():
        if abs(value) >= EXACT_INTEGERS:
            raise ValueError("the number is too long for a spreadsheet cell and has lost digits")
        value = int(value)
    return "".join(c for c in str(value).strip() if unicodedata.category(c) != "Cc" or c in "\n\t")


def is_blank(value: object) -> bool:
    """Whether a cell or JSON value says nothing."""
    return value is None or (isinstance(value, str) and not value.strip())


def identifier(value: Any) -> str:
    """An id: 1–64 characters without spaces. Numbers that a spreadsheet has rounded (8.8E+11) are refused."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ValueError("an id is text")
    found = clean(value)
    if re.fullmatch(r"\d+(\.\d+)?[eE]\+?\d+", found):
        raise ValueError("the spreadsheet has turned the number into scientific notation")
    if not 1 <= len(found) <= 64 or re.search(r"\s", found):
        raise ValueError("an id has 1 to 64 characters and no spaces")
    return found


def code(value: Any) -> str:
    """An ``identifier`` in capitals: a parcel's number, which people write either way."""
    return identifier(value).upper()


def text(longest: int) -> Parser:
    """Text of at most ``longest`` characters."""

    def parse(value: Any) -> str:
        if isinstance(value, (bool, Mapping, list)):
            raise ValueError("text is expected")
        found = clean(value)
        if len(found) > longest:
            raise ValueError(f"the text has {len(found)} characters, at most {longest} fit")
        return found

    return parse


def money(value: Any) -> Decimal:
    """Yuan, not negative, at most two decimals: 168, "168.50", "¥168"."""
    if isinstance(value, bool):
        raise ValueError("an amount in yuan is expected")
    cleaned = unicodedata.normalize("NFKC", str(value)).strip().removeprefix("¥").removesuffix("元").replace(",", "").strip()
    try:
        amount = Decimal(cleaned)
    except InvalidOperation as error:
        raise ValueError("an amount in yuan is expected") from error
    if not amount.is_finite() or amount < 0 or amount > _LARGEST:
        raise ValueError("an amount lies between 0 and 9999999999.99 yuan")
    exact = amount.quantize(Decimal("0.01"))
    # A spreadsheet's 8.1 may arrive as 8.100000000000001.
    rounding = Decimal("0.000001") if isinstance(value, float) else Decimal(0)
    if abs(exact - amount) > rounding:
        raise ValueError("an amount has at most two decimals")
    return exact


def integer(value: Any) -> int:
    """A whole number, not negative, below 2³¹."""
    if isinstance(value, bool):
        raise ValueError("a whole number is expected")
    found = unicodedata.normalize("NFKC", clean(value))
    if not re.fullmatch(r"\d{1,10}", found) or int(found) >= 2**31:
        raise ValueError("a whole number from 0 is expected")
    return int(found)


def boolean(value: Any) -> bool:
    """yes/no, true/false, 1/0, 是/否, 有/无."""
    if isinstance(value, bool):
        return value
    found = clean(value).lower()
    if found in _TRUE:
        return True
    if found in _FALSE:
        return False
    raise ValueError("yes or no is expected")


def instant(value: Any) -> datetime:
    """A moment: ISO 8601, "2026-11-20 14:05", "2026/11/20", "2026年11月20日 14:05" or a spreadsheet date. In UTC."""
    if isinstance(value, datetime):
        found = value
    elif isinstance(value, date):
        found = datetime(value.year, value.month, value.day)
    else:
        found = _parse_instant(unicodedata.normalize("NFKC", clean(value)))
    aware = found if found.tzinfo else found.replace(tzinfo=SHANGHAI)
    if not 2000 <= aware.year <= 2100:
        raise ValueError("the year lies outside 2000 to 2100")
    return aware.astimezone(UTC)


def _parse_instant(written: str) -> datetime:
    if match := _INSTANT.fullmatch(written):
        numbers = [int(group) for group in match.groups() if group]
    elif match := _DAY.fullmatch(written):
        numbers = [int(group) for group in match.groups()]
    else:
        if not re.match(r"\d{4}-\d{2}-\d{2}", written):
            raise ValueError("a date and time are expected")
        try:
            return datetime.fromisoformat(written)
        except ValueError as error:
            raise ValueError("a date and time are expected") from error
    try:
        return datetime(*numbers)  # type: ignore[arg-type]  # the pattern gives 3, 5 or 6 numbers
    except ValueError as error:
        raise ValueError("there is no such date or time") from error


def day(value: Any) -> date:
    """A calendar day of the shop, in the forms of ``instant``."""
    return instant(value).astimezone(SHANGHAI).date()


def word(*allowed: str, **aliases: str) -> Parser:
    """One of ``allowed``; ``aliases`` are other ways to write one (mostly Chinese)."""

    def parse(value: Any) -> str:
        found = clean(value)
        known = {**{each.lower(): each for each in allowed}, **aliases}
        if found.lower() not in known:
            raise ValueError("allowed are " + ", ".join(allowed))
        return known[found.lower()]

    return parse


def words(value: Any) -> list[str]:
    """A list of short texts; in a cell they are separated by 、 , ; | or line breaks."""
    parts = value if isinstance(value, list) else _SEPARATORS.split(clean(value))
    found = [text(64)(part) for part in parts if not is_blank(part)]
    if len(set(found)) != len(found):
        raise ValueError("a word stands twice in the list")
    return found


def phone(value: Any) -> str:
    """A phone number: 5 to 20 digits, perhaps with +, spaces or hyphens."""
    found = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", identifier(re.sub(r"\s", "", clean(value)))))
    if not re.fullmatch(r"\+?\d{5,20}", found):
        raise ValueError("a phone number has 5 to 20 digits")
    return found


def mapping(value: Any) -> dict[str, Any]:
    """A mapping of texts; in a cell it is JSON."""
    found = value
    if isinstance(value, str):
        try:
            found = json.loads(value)
        except ValueError as error:
            raise ValueError("JSON is expected") from error
    if not isinstance(found, Mapping):
        raise ValueError("a mapping of names to values is expected")
    return {text(64)(key): each for key, each in found.items()}


def pieces(value: Any) -> dict[str, int]:
    """Stock: variant ("colour/size") → pieces."""
    found: dict[str, int] = {}
    for variant, count in mapping(value).items():
        try:
            found[variant] = integer(count)
        except ValueError as error:
            raise ValueError(f"{variant}: {error}") from error
    return found


RANGES = ("height", "weight")
MEASURES = ("bust", "waist", "hip", "shoulder", "length", "sleeve", "thigh", "hem")


def measure(value: Any) -> float:
    """A length in cm or weight in 斤, above 0 and below 1000."""
    if isinstance(value, bool):
        raise ValueError("a number is expected")
    try:
        found = float(unicodedata.normalize("NFKC", clean(value)))
    except ValueError as error:
        raise ValueError("a number is expected") from error
    if not 0 < found < 1000:
        raise ValueError("a measure lies between 0 and 1000")
    return found


def span(value: Any) -> list[float]:
    """A range [lowest, highest]; in a cell "150-158"."""
    parts = value if isinstance(value, (list, tuple)) else _RANGE.split(clean(value))
    if len(parts) != 2:
        raise ValueError("a range such as 150-158 is expected")
    low, high = measure(parts[0]), measure(parts[1])
    if low > high:
        raise ValueError("the range begins above its end")
    return [low, high]


def size_chart(value: Any) -> list[dict[str, Any]]:
    """A size chart: rows of size, height and weight ranges (cm, 斤) and garment measures (cm), as in demo_shop.yml."""
    if not isinstance(value, list):
        raise ValueError("a list of sizes is expected")
    rows: list[dict[str, Any]] = []
    for given in value:
        raw = mapping(given)
        if is_blank(raw.get("size")):
            raise ValueError("a row has no size")
        row: dict[str, Any] = {"size": text(64)(raw.pop("size"))}
        for name, each in raw.items():
            if name not in RANGES + MEASURES:
                raise ValueError(f"size {row['size']}: unknown measure {name}; known are {', '.join(RANGES + MEASURES)}")
            try:
                row[name] = span(each) if name in RANGES else measure(each)
            except ValueError as error:
                raise ValueError(f"size {row['size']}, {name}: {error}") from error
        rows.append(row)
    if len({row["size"] for row in rows}) != len(rows):
        raise ValueError("a size stands twice in the chart")
    return rows
