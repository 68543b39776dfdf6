"""Sizes: letters (S to XXXL, which is a size and no mark of unfinished work), waists of trousers (25–36), beds and quilts."""

from __future__ import annotations

import re
from collections.abc import Iterable

from engine.nlu.found import Found, without_overlaps
from engine.nlu.numerals import number

_LETTERS = re.compile(r"(?<![a-z0-9.&'])(?P<size>xxxxl|xxxl|xxl|xl|xxs|xs|[2-5]xl|[sml])(?![a-z&']|\d(?!\s*[个件条套双]))")
_WAIST = re.compile(r"(?<![\d.])(?P<size>2[4-9]|3[0-8])\s*码")
_WAIST_CUE = re.compile(
    r"(?:换成?|拍了?|穿|选|要|买了?|改成?|给我)(?:个|一个|条|一条)?\s*(?P<size>2[4-9]|3[0-8])(?:的|号|码)?(?![\d.]|\s*(?:元|块|天|岁|件|个|斤|号前|日|分|%))"
)
_WAIST_HAO = re.compile(r"(?<![\d.月])(?P<size>2[4-9]|3[0-8])号(?=.*(?:裤|码|腰)|的)")
_BED = re.compile(r"(?<![\d.])(?P<m>[12](?:\.\d{1,2})?|[一二两]米[二五八]?|[12]米[258]?)\s*(?:米|m)?\s*(?:的)?(?:大|双人)?床")
_BED_BEFORE = re.compile(r"床(?:是|有|宽|都是|的)*\s*(?P<m>[一二两]米[二五八]?|[12]米[258]?|[12](?:\.\d{1,2})?(?=\s*(?:米|m)))(?:米|m)?")
_PLAIN_METRES = re.compile(r"(?<![\d.])(?P<m>1\.2|1\.35|1\.5|1\.8|2\.0|2\.2)\s*(?:米|m)(?![a-z\d])")
_QUILT = re.compile(r"(?<!\d)(?P<a>\d{2,3})\s*(?:x|×|\*|乘)\s*(?P<b>\d{2,3})(?:\s*(?:cm|厘米))?(?!\d)")


def _metres(text: str) -> str | None:
    whole, found, rest = text.partition("米")
    metres = number(whole)
    if metres is None:
        return None
    if found and rest:
        tenth = number(rest)
        metres += (tenth or 0) / 10
    return f"{metres:.2f}".rstrip("0") if f"{metres:.2f}"[-1] != "0" else f"{metres:.1f}"


_WAIST_ALONE = re.compile(r"\s*(?P<size>2[4-9]|3[0-8])(?![\d.]|\s*(?:元|块|天|岁|件|个|斤|日|分|%|号前))")


def after_colour(text: str, colours: Iterable[Found]) -> list[Found]:
    """Waist numbers that stand right behind a colour (「浅灰29」 is a variant, no count of anything)."""
    matches = (_WAIST_ALONE.match(text, colour.end) for colour in colours)
    return [Found("size", match["size"], match.start("size"), match.end("size")) for match in matches if match]


def sizes(text: str) -> list[Found]:
    """Sizes in a normalised text; letters come back in capitals (2xl as XXL), beds as `1.8米床`, quilts as `200x230cm`."""
    found: list[Found] = []
    for match in _BED.finditer(text):
        metres = _metres(match["m"])
        if metres and ("." in match.group() or "米" in match.group() or "m" in match.group()):
            found.append(Found("size", f"{metres}米床", match.start(), match.end()))
    for match in _BED_BEFORE.finditer(text):
        metres = _metres(match["m"])
        if metres:
            found.append(Found("size", f"{metres}米床", match.start("m"), match.end()))
    for match in _QUILT.finditer(text):
        found.append(Found("size", f"{match['a']}x{match['b']}cm", match.start(), match.end()))
    for match in _LETTERS.finditer(text):
        letters = match["size"]
        if letters[0].isdigit():
            letters = "x" * int(letters[0]) + "l"
        found.append(Found("size", letters.upper(), match.start(), match.end()))
    for pattern in (_WAIST, _WAIST_CUE, _WAIST_HAO):
        for match in pattern.finditer(text):
            found.append(Found("size", match["size"], match.start("size"), match.end("size")))
    for match in _PLAIN_METRES.finditer(text):
        found.append(Found("size", f"{match['m']}米", match.start(), match.end()))
    return without_overlaps(found)
