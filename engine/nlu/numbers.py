"""Numbers that identify something: orders, parcels, phones, amounts of money, places in a list."""

from __future__ import annotations

import re

from engine.nlu.found import Found, without_overlaps
from engine.nlu.numerals import NUMERAL, number

_LINK = re.compile(r"https?:/+\S+|www\.\S+")
_GROUPED = re.compile(r"(?<![\da-z])\d{4}(?:[ \-]\d{4}){2,3}(?![\d])")
_DIGITS = re.compile(r"(?<![\da-z.])\d{10,19}(?![\d.])")
_TRACKING = re.compile(r"(?<![a-z\d])(?P<n>[a-z]{2,4}\d{8,16}(?:[a-z]{2})?)(?![a-z\d])")
_TRACKING_CUE = re.compile(
    r"(?:快递单号?|运单号?|物流单号?|快递号|物流号|(?:寄回?|退货?|寄件|退件|回寄)单号|快递编号|(?:查|这个|那个|我的)快递)(?:是|为|:|：|\s)*$|(?:寄回去?了|寄出了|退回了)[^\d]{0,8}$"
)
# A number told as a tax number is neither an order's nor a parcel's (税号, GB 32100: its letters and digits are read by the invoice form).
_TAX_CUE = re.compile(r"(?:税号|识别号|信用代码|登记号)(?:是|为|:|：|\s)*$")
_TRACKING_AFTER = re.compile(r"\s*(?:这个|是)?(?:快递|物流|运)(?:单号?|号)")
_MOBILE = re.compile(r"(?<!\d)(?:86)?1[3-9]\d{9}(?!\d)")
_TAIL = re.compile(
    r"(?:后\s*[四4]\s*位|末\s*[四4]\s*位|尾\s*[四4]\s*位|最后四位|尾号|手机号?|电话号?码?|手机尾数|尾数)(?:数字?|号码|电话|手机号?)?(?:是|为|就是|:|\s|,)*(?P<n>\d{4})(?!\d)"
)
_TAIL_AFTER = re.compile(r"(?<![\d.])(?P<n>\d{4})\s*(?:是|这是|,)?\s*(?:我的?)?(?:手机|电话)?(?:后四位|后4位|尾号|末四位)")
_BARE_TAIL = re.compile(r"^(?P<n>\d{4})[.。!,]?$")
_TAIL_BESIDE = re.compile(r"^[\s,，、;/|和+\-]*(?P<n>\d{4})[\s.。]*$")

_MONEY = re.compile(
    rf"(?<![\d.])(?P<n>{NUMERAL})\s*(?:多|来)?(?P<unit>元|块钱?|圆|rmb|人民币|大洋)(?P<jiao>[一二三四五六七八九1-9])?(?!布|状)"
)
_YEN = re.compile(r"[¥￥$]\s*(?P<n>\d+(?:\.\d+)?)")
_OFFER_AFTER = re.compile(
    rf"(?<![\d.])(?P<n>{NUMERAL})\s*(?:元|块)?\s*(?:包邮|卖不卖|卖我|卖给我|拿下|行就|行我就|卖吗|卖么|能卖|可以卖|行不行|行吗|行不|行么|行的话|成不成|成交|成吗|怎么样|如何|可以不|可以吗|可不可以|好不好|好吗|拿走|我就拍|我就买|我就要|我就下单|就拍|就买|给不给|得了|出不出)"
)
_OFFER_BEFORE = re.compile(
    rf"(?:最多(?:给|出)?|只(?:给|出|肯出)|我出|出价|给你|能不能|能否|可以|可不可以|凑个整|抹零|降到|少到|便宜到|优惠到|算我|打到|最低|底价|预算)\s*(?P<n>{NUMERAL})(?!\s*(?:件|个|条|套|天|号|折|米|cm|斤|kg|码|点|次|位|张|%|分|月|日|小时|双|床|kg|几|家|起|下|样|些|直|定|般|共|会|句|声|年|楼)|[\d.])"
)
_LESS = re.compile(
    rf"(?:便宜|优惠|少|减|抹|降|退我|退|补|赔|赔我|补我|差)(?:个)?\s*(?P<n>{NUMERAL})(?=\s*(?:$|[,.!?。，]|吧|呗|行|可以|好|给|我就|就))"
)
# A sum without a unit: behind a word of payment, or in the form of a discount. A bare price (原价398) stays out: in a bargain it would
# be taken for what the shopper offers.
_NO_COUNT = r"(?!\s*(?:件|个|条|套|天|号|折|米|cm|斤|公斤|kg|码|点|次|位|张|%|分|月|日|小时|双|床|只|盏|把|起|年|倍|期|成|l|x)|[\d.])"
_PRICED = re.compile(
    rf"(?:付了|花了|退了|扣了|收了|给我(?=\d))"
    rf"(?:是|才|只|要|我|了|:|\s)*(?P<n>{NUMERAL}){_NO_COUNT}"
)
_CUT = re.compile(rf"满\s*(?P<n>{NUMERAL})\s*(?:元|块)?\s*减\s*(?P<m>{NUMERAL})")

_ORDINAL = re.compile(
    r"(?:第\s*(?P<n>[一二两三四五六1-6])\s*(?:个|种|项|条|款|件|样|笔|单)?|(?:选|要|就)\s*(?P<m>[一二三四五六1-6])(?=$|[,.!?吧号]|个(?:$|[,.!?吧])))"
)
_FIRST_TIME = re.compile(r"\s*(?:次|回|天|时间|遍|年|家|眼|波|批)")


def _plain(text: str) -> str:
    return re.sub(r"\D", "", text)


def identifiers(text: str) -> list[Found]:
    """Order numbers, tracking numbers and phone tails; digits of links are left alone."""
    links = [match.span() for match in _LINK.finditer(text)]
    found: list[Found] = []

    def free(start: int, end: int) -> bool:
        return not any(low <= start < high for low, high in links) and not any(one.start < end and start < one.end for one in found)

    for match in _TRACKING.finditer(text):
        if free(*match.span()):
            found.append(Found("tracking_number", match["n"].upper(), match.start(), match.end()))
    for match in _MOBILE.finditer(text):
        if free(*match.span()) and not re.search(r"(?:订单|单号)(?:号|编号)?(?:是|:|\s)*$", text[: match.start()]):
            found.append(Found("phone_tail", match.group()[-4:], match.start(), match.end()))
    for pattern in (_GROUPED, _DIGITS):
        for match in pattern.finditer(text):
            if free(*match.span()) and not _TAX_CUE.search(text[: match.start()]):
                digits = _plain(match.group())
                parcel = _TRACKING_CUE.search(text[: match.start()]) or _TRACKING_AFTER.match(text[match.end() :])
                found.append(Found("tracking_number" if parcel else "order_number", digits, match.start(), match.end()))
    for pattern in (_TAIL, _TAIL_AFTER, _BARE_TAIL):
        for match in pattern.finditer(text):
            if free(match.start("n"), match.end("n")):
                found.append(Found("phone_tail", match["n"], match.start("n"), match.end("n")))
    if not any(one.entity == "phone_tail" for one in found):
        for one in [one for one in found if one.entity == "order_number"]:
            match = _TAIL_BESIDE.match(text[one.end :])
            if match:
                found.append(Found("phone_tail", match["n"], one.end + match.start("n"), one.end + match.end("n")))
    return without_overlaps(found)


# Between a courier's name and the number of a parcel, on either side.
_BETWEEN = re.compile(r"(?:[退寄发]的?|快递|速递|物流|的|单号|单子|单|运单号?|号码|号|是|为|:|：|\s)*")
_BELONGS = re.compile(r"[\s,，]*")
_WHOSE = re.compile(r"\s*(?:的|快递|速递|物流)")


def by_courier(text: str, ids: list[Found], couriers: list[Found]) -> list[Found]:
    """Identifiers where a number beside a courier's name is a parcel's (中通 788…, 788… 韵达的), not an order's."""

    def parcel(one: Found) -> bool:
        before = any(courier.end <= one.start and _BETWEEN.fullmatch(text, courier.end, one.start) for courier in couriers)
        behind = any(
            one.end <= courier.start and _BELONGS.fullmatch(text, one.end, courier.start) and _WHOSE.match(text, courier.end)
            for courier in couriers
        )
        return before or behind

    return [Found("tracking_number", one.value, one.start, one.end) if one.entity == "order_number" and parcel(one) else one for one in ids]


def amounts(text: str) -> list[Found]:
    """Sums of money in yuan: with a unit (50块, ¥50, 8块5) or as an offer (50卖不卖, 最多给120)."""
    found: list[Found] = []
    for match in _MONEY.finditer(text):
        value = number(match["n"])
        if value is not None:
            jiao = number(match["jiao"]) if match["jiao"] else None
            found.append(Found("amount", value + (jiao or 0) / 10, match.start(), match.end()))
    for match in _CUT.finditer(text):
        for group in ("n", "m"):
            value = number(match[group])
            if value is not None:
                found.append(Found("amount", value, match.start(group), match.end(group)))
    for match in _YEN.finditer(text):
        found.append(Found("amount", float(match["n"]), match.start(), match.end()))
    for pattern in (_OFFER_AFTER, _OFFER_BEFORE, _LESS, _PRICED):
        for match in pattern.finditer(text):
            value = number(match["n"])
            if value is not None and value >= 1 and not (value < 3 and not match["n"].isdigit()):
                found.append(Found("amount", value, match.start("n"), match.end("n")))
    return without_overlaps(found)


def ordinals(text: str) -> list[Found]:
    """`第一个`, `选2`: the place in a list, as an `option` with the value "1", "2", …"""
    found: list[Found] = []
    for match in _ORDINAL.finditer(text):
        if _FIRST_TIME.match(text[match.end() :]):
            continue
        value = number(match["n"] or match["m"])
        if value is not None:
            found.append(Found("option", str(int(value)), match.start(), match.end()))
    return found
