"""Heights, weights and other measures of the body, and sizes, in normalised text.

Lengths are cm, weights 斤 (0.5 kg). A bare number is a weight only beside a height; whether it is 斤 or kg is decided by
what a living person can weigh at that height.
"""

from __future__ import annotations

import re

from engine.nlu.found import Found, without_overlaps
from engine.nlu.numerals import NUMERAL, number

HEIGHT_RANGE = (100.0, 225.0)
WEIGHT_RANGE = (50.0, 400.0)  # 斤
_SEPARATOR = r"[\s,，.。、;/:|+\-和]*"
_C = r"[一二三四五六七八九零〇\d]"

_METRES = re.compile(rf"(?<![\d.])(?P<m>[12一二两])\s*(?:米|m(?![a-z]))\s*(?P<cm>{_C}{{1,2}})(?![\d.]|\s*(?:元|块|床|的床))")
_DECIMAL = re.compile(r"(?<![\d.])(?P<m>[12]\.\d{1,2})\s*(?P<unit>米|m(?![a-z]))?(?![\d%])")
_CM = re.compile(rf"(?<![\d.])(?P<n>1\d\d(?:\.\d)?|2[0-2]\d|一[百]?{_C}{{2}}|一百[三四五六七八九]十?{_C}?)\s*(?:cm|厘米|公分)")
_HEIGHT_SAID = re.compile(
    rf"(?:身高|高度|净身高|个子|身長|高)(?:是|为|大概|大约|约|有|:|\s)*(?P<n>1\d\d(?:\.\d)?|2[0-2]\d|一{_C}{{2}}|一百{_C}十?{_C}?)(?!\d|\s*(?:元|块|斤))"
)
_HEIGHT_BARE = re.compile(
    r"(?<![\d.])(?P<n>1[3-9]\d)(?:\.\d)?(?![\d.])|(?<![一-九十百千零〇两])(?P<said>一[三四五六七八九][零一二三四五六七八九])(?![十百千零一二三四五六七八九])"
)
_HEIGHT_AFTER = re.compile(r"(?<![\d.])(?P<n>1[3-9]\d|2[0-2]\d)\s*(?:的)?(?:身高|个子|个头|高(?!度|腰|领|低))")

_KG = re.compile(rf"(?P<n>{NUMERAL})\s*(?:多)?(?:kg|kgs|公斤|千克)")
_JIN = re.compile(rf"(?P<n>{NUMERAL})(?P<vague>几|多|来|左右)?(?P<half>半)?\s*(?:市?斤|jin)(?P<after>半|装|重的?货)?")
_WEIGHT_SAID = re.compile(rf"(?:体重|重量|净重|重)(?:是|为|大概|大约|约|有|:|\s)*(?P<n>{NUMERAL})(?![\d.%]|\s*(?:元|块|厘米|cm|米))")
_WEIGHT_BARE = re.compile(
    rf"^(?:cm|厘米|公分|的)?{_SEPARATOR}(?:体重)?(?:是|:)?\s*(?P<n>\d{{2,3}}(?:\.\d)?|[一两]百[零〇]?[一二三四五六七八九]?十?[一二三四五六七八九]?|[四五六七八九]十[一二三四五六七八九]?)(?![\d.]|\s*(?:元|块|cm|厘米|天|号|%|件|码|米|个))"
)

_GIRTHS = {"waist": r"腰围|裤腰|腰", "bust": r"胸围|上胸围|胸", "hip": r"臀围|屁股|臀", "shoulder": r"肩宽|肩膀|肩"}
_GIRTH_NEXT = re.compile(r"(?:腰围|裤腰|胸围|臀围|肩宽|腰|胸|臀|肩)\D{0,3}\d")
_GIRTH_RANGE = {"waist": (45.0, 150.0), "bust": (60.0, 160.0), "hip": (60.0, 160.0), "shoulder": (28.0, 65.0)}
_FILL = r"(?:是|为|大概|大约|约|有|在|:|\s)*"
_CHI = re.compile(r"(?P<chi>[\d一二两三]+(?:\.\d+)?)\s*尺\s*(?P<cun>[\d一二三四五六七八九])?(?:寸)?")
_CHI_PLAIN = _CHI.pattern.replace("?P<chi>", "?:").replace("?P<cun>", "?:")
_THREE = re.compile(rf"三围{_FILL}(?P<b>\d{{2,3}}){_SEPARATOR}(?P<w>\d{{2,3}}){_SEPARATOR}(?P<h>\d{{2,3}})(?!\d)")
_BODY_WORDS = re.compile(r"身高|体重|穿|斤|kg|公斤|个子|净高|我\s*1\.|高\s*1\.|胖|瘦")
_THINGS = r"床|被|柜|沙发|桌|帘|席|四件|宽|长的|的门"


def _height(value: float | None, start: int, end: int) -> Found | None:
    if value is None or not HEIGHT_RANGE[0] <= value <= HEIGHT_RANGE[1]:
        return None
    return Found("height", round(value, 1), start, end)


def _metres(match: re.Match[str]) -> float | None:
    metres = number(match["m"])
    rest = match["cm"]
    centimetres = number(rest)
    if metres is None or centimetres is None:
        return None
    return metres * 100 + centimetres * (10 if len(rest) == 1 else 1)


def _heights(text: str) -> list[Found]:
    body = _BODY_WORDS.search(text) is not None
    found: list[Found | None] = []
    for match in _METRES.finditer(text):
        if not re.match(rf"\s*(?:的)?(?:{_THINGS})", text[match.end() :]) and not re.search(
            r"床(?:是|有|宽|都是|的)*\s*$", text[: match.start()]
        ):
            found.append(_height(_metres(match), match.start(), match.end()))
    for match in _DECIMAL.finditer(text):
        after = text[match.end() :]
        if re.match(rf"\s*(?:的)?(?:{_THINGS}|元|块|公斤|kg|斤|折|cm)", after):
            continue
        weight_follows = _WEIGHT_BARE.match(after) or _JIN.match(after.lstrip(" ,，、/")) or _KG.match(after.lstrip(" ,，、/"))
        if body or weight_follows or (match["unit"] and float(match["m"]) not in (1.2, 1.35, 1.5, 1.8, 2.0, 2.2)):
            found.append(_height(float(match["m"]) * 100, match.start(), match.end()))
    for match in _CM.finditer(text):
        before = text[: match.start()]
        if not re.search(rf"(?:围|肩宽|衣长|裤长|裙长|长|宽|深|厚|x|\*|×|差|缩)\s*{_FILL}$", before):
            found.append(_height(number(match["n"]), match.start(), match.end()))
    for match in _HEIGHT_SAID.finditer(text):
        found.append(_height(number(match["n"]), match.start("n"), match.end("n")))
    for match in _HEIGHT_AFTER.finditer(text):
        found.append(_height(number(match["n"]), match.start("n"), match.end("n")))
    return without_overlaps([one for one in found if one is not None])


def _jin(value: float, start: int, end: int) -> Found | None:
    if not WEIGHT_RANGE[0] <= value <= WEIGHT_RANGE[1]:
        return None
    return Found("weight", round(value, 1), start, end)


def plausible_jin(value: float, height: float | None) -> float:
    """斤 for a bare number: kg is meant when as 斤 the person could hardly live (body mass index under 15)."""
    if height is None:
        return value * 2 if value < 70 else value
    return value * 2 if (value / 2) / (height / 100) ** 2 < 15 else value


def _weights(text: str, heights: list[Found]) -> list[Found]:
    found: list[Found | None] = []
    for match in _KG.finditer(text):
        value = number(match["n"])
        if value is not None and not _is_goods(text, match.end()):
            found.append(_jin(value * 2, match.start(), match.end()))
    for match in _JIN.finditer(text):
        value = number(match["n"])
        if value is None or match["after"] in {"装"} or (match["after"] and match["after"].startswith("重")):
            continue
        if match["vague"] in {"几", "多"} and value % 100 == 0 and value < 200:
            continue  # 一百多斤 says too little to advise a size
        if not _is_goods(text, match.end()):
            half = 0.5 if match["half"] or match["after"] == "半" else 0.0
            found.append(_jin(value + half, match.start(), match.end()))
    height = heights[0].value if heights else None
    for match in _WEIGHT_SAID.finditer(text):
        value = number(match["n"])
        if value is not None:
            found.append(_jin(plausible_jin(value, float(height) if height is not None else None), match.start("n"), match.end("n")))
    certain = [one for one in found if one is not None]
    if not certain:
        for one in heights:
            match = _WEIGHT_BARE.match(text[one.end :])
            value = number(match["n"]) if match else None
            if match and value is not None:
                guess = _jin(plausible_jin(value, float(one.value)), one.end + match.start("n"), one.end + match.end("n"))
                if guess is not None:
                    certain.append(guess)
    return without_overlaps(certain)


def _is_goods(text: str, position: int) -> bool:
    return re.match(r"\s*(?:装|的被|的棉|的被子|重的|充绒|填充|蚕丝|一床|的丝)", text[position:]) is not None


def _bare_pair(text: str) -> list[Found]:
    """`158 98斤`, `161,106`, `165/55`: a bare three-digit height with a weight beside it (or before it)."""
    for match in _HEIGHT_BARE.finditer(text):
        if re.match(r"\s*(?:元|块|斤|kg|公斤|天|件|%|码)", text[match.end() :]):
            continue
        value = number(match["n"] or match["said"])
        height = _height(value, match.start(), match.end())
        if height is None:
            continue
        after = text[match.end() :]
        beside = re.match(rf"{_SEPARATOR}(?:体重)?\s*", after)
        rest = after[beside.end() :] if beside else after
        if _WEIGHT_BARE.match(after) or _JIN.match(rest) or _KG.match(rest) or _GIRTH_NEXT.match(rest):
            return [height]
        before = text[: match.start()].rstrip(" ,，、/;")
        if re.search(rf"{NUMERAL}\s*(?:斤|kg|公斤)$", before) or re.search(r"体重\s*:?\s*\d+$", before):
            return [height]
    return []


def _girths(text: str) -> list[Found]:
    found: list[Found] = []
    three = _THREE.search(text)
    if three:
        for entity, group in (("bust", "b"), ("waist", "w"), ("hip", "h")):
            found.append(Found(entity, float(three[group]), three.start(group), three.end(group)))
    for entity, words in _GIRTHS.items():
        for match in re.finditer(rf"(?:{words}){_FILL}(?:(?P<chi>{_CHI_PLAIN})|(?P<n>{NUMERAL})\s*(?:cm|厘米|公分)?)", text):
            value = _chi(match["chi"]) if match["chi"] else number(match["n"])
            low, high = _GIRTH_RANGE[entity]
            if value is not None and low <= value <= high:
                start = match.start("chi") if match["chi"] else match.start("n")
                found.append(Found(entity, round(value, 1), start, match.end()))
    return without_overlaps(found)


def _chi(text: str) -> float | None:
    """二尺一 → 70 cm (1 尺 = 33.33 cm)."""
    match = _CHI.fullmatch(text.strip())
    if not match:
        return None
    chi = number(match["chi"])
    cun = number(match["cun"]) if match["cun"] else 0.0
    return None if chi is None or cun is None else (chi + cun / 10) * 100 / 3


def measures(text: str) -> list[Found]:
    """Heights, weights, waist, bust, hip and shoulder in a normalised text."""
    girths = _girths(text)
    heights = [one for one in _heights(text) if not any(one.overlaps(girth) for girth in girths)] or [
        one for one in _bare_pair(text) if not any(one.overlaps(girth) for girth in girths)
    ]
    weights = [one for one in _weights(text, heights) if not any(one.overlaps(other) for other in [*girths, *heights])]
    return without_overlaps([*heights, *girths, *weights])
