"""Addresses: parts (province … road, number, house, unit, room) that stand side by side, judged by which parts they are.

A city, a province or a district as such is none ("发到广州要几天"); a road with its number, a house with its room, a village, or any single
place that the sentence calls an address is one.
"""

from __future__ import annotations

import re
from functools import lru_cache

from .spans import Span, folded, words

_NUMBER = r"(?:[0-9A-Za-z]+(?:[\-–—~/#][0-9A-Za-z]+)*|[一二三四五六七八九十百零〇两甲乙丙丁东南西北]{1,5})"
_GAP = re.compile(r"[\s,，、·\-–—_.|/（）()的]{0,3}(?:(?:旁边|对面|附近|交叉口|路口|交汇处|隔壁|靠近|[与和])[\s,，的]{0,2}){0,2}")
_TRIM = re.compile(
    r"^(?:(?:我|本人)?(?:收货|详细|新|旧|家庭|单位|公司|现在|正确|原来|具体|居住)*地址|麻烦|帮忙|帮|请|亲|谢谢|收货|收件|快递|老家|现|就|：|:|\s)+"
)
_ROOM = re.compile(r"\s?[\-–— ]?[0-9]{3,4}(?![0-9])")
_TRIPLE = re.compile(r"(?<![0-9A-Za-z.])[0-9]{1,3}[\-–—#][0-9]{1,2}[\-–—#][0-9]{3,4}(?![0-9])|(?<![0-9])[0-9]{1,3}#[0-9]{3,4}(?![0-9])")
_ENGLISH = re.compile(
    r"(?:(?:room|rm|unit|flat|apt|suite|building|bldg|no)\.? ?[0-9][0-9A-Za-z\-]*,? ?){0,4}(?:no\. ?)?[0-9]{0,5},? ?(?:[A-Z][a-z]+ ){1,4}"
    r"(?:road|rd|street|st|avenue|ave|lane|district|town)\b\.?(?:,? ?[A-Z][a-z]+){0,4}",
    re.IGNORECASE,
)
_STREET = re.compile(r"\b(?:road|rd|street|st|avenue|ave|lane|district|town)\b", re.IGNORECASE)
# Kinds of parts that make an address together.
_HOUSE = {"号宿舍楼", "宿舍楼", "舍", "斋", "号楼", "栋", "幢", "单元", "室", "弄", "号院", "座", "号房", "#"}
_FINE = {*_HOUSE, "楼", "层", "户", "房"}


@lru_cache(maxsize=1)
def _patterns() -> dict[str, re.Pattern[str]]:
    lists = words()
    stop = re.escape("".join(dict.fromkeys(lists["not_in_places"])))
    han = rf"(?:(?![{stop}])[\u3400-\u9fff])"
    provinces = "|".join(lists["provinces"])
    places = "|".join(sorted(lists["places"], key=len, reverse=True))
    villages = "|".join(sorted(lists["villages"], key=len, reverse=True))
    return {
        "province": re.compile(rf"(?:{provinces})(?:省|市|壮族自治区|回族自治区|维吾尔自治区|自治区|特别行政区)?"),
        "city": re.compile(rf"{han}{{2,6}}?(?:市(?!场|面|区|民|集|中心)|自治州|地区|盟(?!友))"),
        "district": re.compile(rf"{han}{{1,6}}?(?:新区|(?<![校小社园厂])区(?!别|域|分|间)|县|自治县|旗(?!下|袍|舰)|开发区)"),
        "town": re.compile(rf"{han}{{1,6}}?(?:镇(?!静|定)|乡(?!下|亲|村)|街道|苏木)"),
        "road": re.compile(
            rf"(?:{han}|[0-9A-Za-z]){{1,8}}?(?:路(?!上|过|人|由|线|费|途)|大街|街(?!道|上|拍)|大道|巷|胡同|公路|国道|省道|道(?={_NUMBER}号)|里(?={_NUMBER}号)|弄堂)"
            r"(?:[东南西北中]段|[东南西北])?"
        ),
        "number": re.compile(
            rf"[甲乙丙丁]?{_NUMBER}(?:-[0-9]+)?号(?!楼|院|房|宿|码|线|段|色|店|前|后|之|到|发|下|上午|下午|晚|早|来|左右|就|才|开|截)"
        ),
        "place": re.compile(
            rf"(?:{han}|[0-9A-Za-z·]){{1,12}}?(?:{places})(?!楼|[东西南北中]?路|[东西南北]?街|大道|巷)"
            r"(?:[东南西北一二三四五六七八九0-9A-Z]{1,2}[区期门](?!间))?"
        ),
        "village": re.compile(rf"{han}{{1,6}}?(?:{villages})(?!头|长|民|上)(?:[0-9一二三四五六七八九十]+(?:组|队|社|屯))?"),
        "house": re.compile(
            rf"(?:[甲乙丙丁]?{_NUMBER}(?P<what>号宿舍楼|宿舍楼|号楼|号院|舍|斋|栋|幢|单元|号房|室(?!内|外|友)|弄|#|座(?!椅|位|垫|套|机)|楼(?!上|下|梯|道)"
            rf"|层(?!架|次)|户(?!外)|房(?!间|东|子)|组(?!合|装)|队(?!友)|档口|铺位|门(?!口|铃|把|锁|窗|板)|区)"
            rf"|{han}{{1,4}}?(?P<named>宿舍楼|号楼|栋|幢|舍|斋|座(?!椅|位|垫|套|机)|楼(?!上|下|梯|道)))"
        ),
    }


def find_places(text: str) -> list[Span]:
    """Addresses of a text."""
    plain = folded(text)
    spans = []
    place = 0
    while place < len(plain):
        chain = _chain(plain, place)
        if chain is None:
            place += 1
            continue
        start, end, kinds, first = chain
        if _is_address(plain, start, end, kinds):
            trimmed = _TRIM.match(plain[start:end])
            begin = start + (trimmed.end() if trimmed and trimmed.end() < end - start else 0)
            room = _ROOM.match(plain, end)
            spans.append(Span(begin, room.end() if room and _FINE & set(kinds) else end, "address"))
            place = end
        else:
            place = max(first, place + 1)
    if _STREET.search(plain):
        spans += [Span(one.start(), one.end(), "address") for one in _ENGLISH.finditer(plain) if re.search("[0-9,]", one[0])]
    spans += [
        Span(found.start(), found.end(), "address") for found in _TRIPLE.finditer(plain) if _called(plain, found.start()) or "#" in found[0]
    ]
    return spans


def _chain(plain: str, place: int) -> tuple[int, int, list[str], int] | None:
    """The longest row of parts from ``place``: start, end, kinds of parts, end of the first part."""
    part = _part(plain, place, ("province", "city", "district", "town", "road", "place", "village", "number", "house"))
    if part is None:
        return None
    start, (end, kind) = place, part
    kinds, first = [kind], end
    while True:
        gap = _GAP.match(plain, end)
        following = gap.end() if gap else end
        part = _part(plain, following, ("province", "city", "district", "town", "road", "number", "house", "village", "place"))
        if part is None and following > end:
            part = _part(plain, end, ("house", "number"))
        if part is None:
            return start, end, kinds, first
        end, kind = part
        kinds.append(kind)


def _part(plain: str, place: int, order: tuple[str, ...]) -> tuple[int, str] | None:
    """The part that begins here: of several kinds the one that ends first, so that none swallows the next."""
    patterns = _patterns()
    best: tuple[int, str] | None = None
    for kind in order:
        found = patterns[kind].match(plain, place)
        if found is None:
            continue
        name = str(found["what"] or found["named"]) if kind == "house" else kind
        if kind in ("place", "village") and re.sub("^[放进出回拿]", "", found[0]) in words()["no_places"]:
            name = "generic"
        if best is None or found.end() < best[0]:
            best = (found.end(), name)
    return best


def _is_address(plain: str, start: int, end: int, kinds: list[str]) -> bool:
    found = set(kinds)
    region = found & {"province", "city", "district", "town"}
    site = found & {"road", "place", "village", "town"}
    house = found & _HOUSE
    if "road" in found and ("number" in found or house or found & _FINE):
        return True
    if len(house) >= 2 or (house and found & {"place", "village"}):
        return True
    if found & {"place", "village"} and ("number" in found or found & {"楼", "层", "组", "队", "门"}) and len(kinds) > 1:
        return True
    if region & {"district", "town"} and found & {"road", "village"}:
        return True
    if region and (
        ("road" in found)
        or ("village" in found and region - {"province"})
        or ("place" in found and region - {"province"} and len(region) > 1)
    ):
        return True
    if "town" in found and len(region) > 1:
        return True
    if found <= {"road"} and len(kinds) > 1:
        return True
    if not _called(plain, start):
        return False
    if house or site - {"town"}:
        return True
    return bool(region & {"district", "town"}) and len(region) > 1 and "地址" in plain[max(0, start - 10) : end]


def _called(plain: str, start: int) -> bool:
    """Whether the sentence says just before that a place follows: lives at, send to, the address is."""
    before = re.split(r"[。！？!?\n;；]", plain[max(0, start - 12) : start + 4])[-1]
    return any(cue in before for cue in words()["address_cues"])
