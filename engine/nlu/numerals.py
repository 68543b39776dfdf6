"""Chinese and Arabic numerals as shoppers write them: 一百二, 九十八, 两百五, 1.5, 三."""

from __future__ import annotations

import re

DIGITS = {
    "零": 0,
    "〇": 0,
    "一": 1,
    "二": 2,
    "两": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
}
UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10000}
NUMERAL = r"(?:\d+(?:\.\d+)?|[零〇一二两三四五六七八九十百千万]+(?:点[零〇一二三四五六七八九]+)?)"
_CHINESE = re.compile(r"[零〇一二两三四五六七八九十百千万]+")


def number(text: str) -> float | None:
    """Value of a numeral, or None when `text` is none.

    一百二 is 120 (a digit after a unit counts the next smaller unit), 一百零二 is 102, 一六五 is 165.
    """
    text = text.strip()
    if re.fullmatch(r"\d+(?:\.\d+)?", text):
        return float(text)
    whole, _, fraction = text.partition("点")
    value = _whole(whole)
    if value is None:
        return None
    if fraction:
        digits = [DIGITS.get(symbol) for symbol in fraction]
        if any(digit is None for digit in digits):
            return None
        return value + float("0." + "".join(str(digit) for digit in digits))
    return value


def _whole(text: str) -> float | None:
    if not text or not _CHINESE.fullmatch(text):
        return None
    if not any(symbol in UNITS for symbol in text):
        return float("".join(str(DIGITS[symbol]) for symbol in text))
    total = 0
    digit: int | None = None
    last_unit = 1
    zero = False
    for symbol in text:
        if symbol in UNITS:
            unit = UNITS[symbol]
            if unit == 10000:
                total = (total + (digit or 0)) * unit
            else:
                total += (1 if digit is None else digit) * unit
            digit, last_unit, zero = None, unit, False
        elif DIGITS[symbol] == 0:
            zero = True
            digit = None
        else:
            digit = DIGITS[symbol]
    if digit is not None:
        total += digit if zero or last_unit <= 10 else digit * (last_unit // 10)
    return float(total)
