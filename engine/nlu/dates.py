"""Days shoppers name (明天, 周五, 11月5号), as ISO dates of China's calendar."""

from __future__ import annotations

import re
from datetime import date, timedelta

from engine.nlu import clock
from engine.nlu.found import Found
from engine.nlu.numerals import number

_NEAR = {
    "大前天": -3,
    "前天": -2,
    "前晚": -2,
    "昨天": -1,
    "昨晚": -1,
    "昨日": -1,
    "昨夜": -1,
    "今早": 0,
    "今天": 0,
    "今日": 0,
    "今晚": 0,
    "明天": 1,
    "明日": 1,
    "明早": 1,
    "后天": 2,
    "大后天": 3,
}
_NEAR_PATTERN = re.compile("|".join(sorted(_NEAR, key=len, reverse=True)))
_WEEKDAY = re.compile(r"(?P<week>上个?|下个?|这个?|本)?(?:周|星期|礼拜)(?P<day>[一二三四五六日天末])")
_MONTH_DAY = re.compile(
    r"(?<!\d)(?P<m>1[0-2]|0?[1-9]|[一二三四五六七八九十]{1,2})月(?P<d>[12]\d|3[01]|0?[1-9]|[一二三四五六七八九十]{1,3})(?:号|日)?"
)
_DAY = re.compile(r"(?<![\d月a-z.])(?P<d>[12]\d|3[01]|[1-9])(?:号|日)(?!\s*(?:的?[裤衣]|码|线|楼|仓))")
_NUMERIC = re.compile(
    r"(?<![\d.:/-])(?:(?P<y>20[2-4]\d)(?:年|[-/.])(?P<ym>1[0-2]|0?[1-9])(?:月|[-/.])(?P<yd>[12]\d|3[01]|0?[1-9])(?:号|日)?(?![\d.])"
    r"|(?P<m>1[0-2]|0?[1-9])[./-](?P<d>[12]\d|3[01]|0?[1-9])(?:号|日)?(?=\s*(?:买|拍|下的?单|付|订|签收|收到|收的|发|到|前|之前|以前|那天|的单|的订单)))"
)
_AGO = re.compile(r"(?<![\d.第])(?P<n>\d{1,2}|[一两二三四五六七八九十]{1,2})天(?P<when>之?前|以前|之?后|以后)")
_OF_MONTH = re.compile(r"(?P<month>上个?|下个?|这个?|本|当)月(?P<d>[12]\d|3[01]|0?[1-9])(?:号|日)")
_MONTH_END = re.compile(r"(?<![\d一二三四五六七八九十个])月底")
_FEASTS = {
    "元旦": (1, 1),
    "情人节": (2, 14),
    "妇女节": (3, 8),
    "劳动节": (5, 1),
    "儿童节": (6, 1),
    "国庆": (10, 1),
    "双十一": (11, 11),
    "双11": (11, 11),
    "双十二": (12, 12),
    "双12": (12, 12),
    "圣诞": (12, 25),
}
_FEAST = re.compile("|".join(sorted(_FEASTS, key=len, reverse=True)))
_WEEKDAYS = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6, "末": 5}


def _nearest(month: int, day: int, today: date) -> date | None:
    """The day of that name closest to today (a talk is about the weeks around)."""
    candidates = []
    for year in (today.year - 1, today.year, today.year + 1):
        try:
            candidates.append(date(year, month, day))
        except ValueError:
            continue
    return min(candidates, key=lambda one: abs((one - today).days), default=None)


def _exactly(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _month(today: date, shift: int) -> tuple[int, int]:
    """Year and month that many months on."""
    whole = today.year * 12 + today.month - 1 + shift
    return whole // 12, whole % 12 + 1


def _nearest_day(day: int, today: date) -> date | None:
    found = []
    for shift in (-1, 0, 1):
        month = today.month + shift
        year = today.year + (month - 1) // 12
        try:
            found.append(date(year, (month - 1) % 12 + 1, day))
        except ValueError:
            continue
    return min(found, key=lambda one: abs((one - today).days), default=None)


def dates(text: str, today: date | None = None) -> list[Found]:
    """Days in a normalised text; the value is an ISO date."""
    day = today or clock.today()
    found: list[Found] = []
    for match in _NEAR_PATTERN.finditer(text):
        found.append(Found("date", (day + timedelta(days=_NEAR[match.group()])).isoformat(), match.start(), match.end()))
    for match in _NUMERIC.finditer(text):
        meant = (
            _exactly(int(match["y"]), int(match["ym"]), int(match["yd"])) if match["y"] else _nearest(int(match["m"]), int(match["d"]), day)
        )
        if meant:
            found.append(Found("date", meant.isoformat(), match.start(), match.end()))
    for match in _AGO.finditer(text):
        days = number(match["n"])
        if days:
            back = match["when"] in {"前", "之前", "以前"}
            found.append(Found("date", (day + timedelta(days=-int(days) if back else int(days))).isoformat(), match.start(), match.end()))
    for match in _OF_MONTH.finditer(text):
        shift = {"上": -1, "下": 1}.get(match["month"][0], 0)
        meant = _exactly(*_month(day, shift), int(match["d"]))
        if meant:
            found.append(Found("date", meant.isoformat(), match.start(), match.end()))
    for match in _MONTH_END.finditer(text):
        found.append(Found("date", (date(*_month(day, 1), 1) - timedelta(days=1)).isoformat(), match.start(), match.end()))
    for match in _FEAST.finditer(text):
        meant = _nearest(*_FEASTS[match.group()], day)
        if meant:
            found.append(Found("date", meant.isoformat(), match.start(), match.end()))
    for match in _MONTH_DAY.finditer(text):
        month, number_of_day = number(match["m"]), number(match["d"])
        meant = _nearest(int(month), int(number_of_day), day) if month and number_of_day else None
        if meant:
            found.append(Found("date", meant.isoformat(), match.start(), match.end()))
    for match in _WEEKDAY.finditer(text):
        monday = day - timedelta(days=day.weekday())
        week = {"上": -7, "下": 7}.get((match["week"] or " ")[0], 0)
        found.append(Found("date", (monday + timedelta(days=week + _WEEKDAYS[match["day"]])).isoformat(), match.start(), match.end()))
    for match in _DAY.finditer(text):
        meant = _nearest_day(int(match["d"]), day)
        if meant:
            found.append(Found("date", meant.isoformat(), match.start(), match.end()))
    return without_overlaps_first(found)


def without_overlaps_first(found: list[Found]) -> list[Found]:
    """Longer matches win (大后天 over 后天 is the pattern's order; 11月5号 over 5号 is this)."""
    kept: list[Found] = []
    for one in sorted(found, key=lambda one: one.start - one.end):
        if not any(one.overlaps(other) for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda one: one.start)
