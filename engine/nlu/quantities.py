"""How many pieces are spoken of: 两件, 3条, 一对, 俩, T恤x2, in normalised text. The value is a number of pieces.

The second piece (第二件) is a place, a set (四件套) a product, and two people, colours or days are no goods.
"""

from __future__ import annotations

import re

from engine.nlu.found import Found, without_overlaps
from engine.nlu.numerals import NUMERAL, number

MOST = 9999
_PIECES = "件|条|套|个|床|只|张|盏|双|对|把|份|袋|盒|块(?=枕|毯|布)|副|台"
# What turns the word for a piece into something else.
_ELSE = (
    "套|装|月|星期|礼拜|小时|钟|人|颜色|尺码|尺寸|码|号|款式|问题|事|地址|订单|单子|快递|包裹|店|平台|工作日|天|多(?!少)|链接|价|活动|"
    "优惠|券|字|客服|图|视频|评价|家|儿|罩|面|柜|吗|不对|座|灯|洞|口子|坑|样|放心|被(?=套)|单(?!人|独)"
)
_COUNTED = re.compile(rf"(?<![第.年月号米])(?:(?<![\da-z])(?=\d)|(?=\D))(?P<n>{NUMERAL})\s*(?P<unit>{_PIECES})(?!{_ELSE})")
_TWO_OR_THREE = re.compile(r"(?<![咱我你您他她它就])(?P<n>[俩仨])")
_TIMES = re.compile(r"(?<![\da-z])[x×*]\s*(?P<n>\d{1,4})(?![\d.]|\s*(?:cm|厘米|x|×|\*))")
# One of what is exchanged, sent again or missing counts no pieces to be bought.
_NO_COUNT = re.compile(r"(?:换|发了?|修|补|少|漏|有|破|坏|缺)\s*$")
_PAIR = {"对": 2}


def quantities(text: str) -> list[Found]:
    """Numbers of pieces in the order of the text."""
    found: list[Found] = []
    for match in _COUNTED.finditer(text):
        value = number(match["n"])
        if value is None or value != int(value) or not 1 <= value <= MOST:
            continue
        if value == 1 and _NO_COUNT.search(text[: match.start()]):
            continue
        found.append(Found("quantity", int(value) * _PAIR.get(match["unit"], 1), match.start(), match.end()))
    found += [Found("quantity", {"俩": 2, "仨": 3}[match["n"]], match.start(), match.end()) for match in _TWO_OR_THREE.finditer(text)]
    found += [Found("quantity", int(match["n"]), match.start(), match.end()) for match in _TIMES.finditer(text) if int(match["n"])]
    return without_overlaps(found)
