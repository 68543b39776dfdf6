"""How to reach somebody: phones in every spelling, e-mail, social accounts, number plates, positions."""

from __future__ import annotations

import re

from .spans import Span, digits_of, folded

_SEP = r"[ \-–—_.·,，、()/*~]{0,2}"
_MOBILE = re.compile(rf"(?<![0-9])(?:\(?\+?\(?0{{0,2}}86\)?{_SEP})?1{_SEP}[3-9](?:{_SEP}[0-9]){{9}}(?![0-9])")
_HALF_HIDDEN = re.compile(r"(?<![0-9])1[3-9][0-9][*xX·.]{3,5}[0-9]{4}(?![0-9])")
_ABROAD = re.compile(r"(?<![0-9A-Za-z])\+(?!86)[0-9]{1,3}(?:[ \-()]{0,2}[0-9]){6,12}(?![0-9])")
_LANDLINE = re.compile(
    r"(?<![0-9])(?:\(0[1-9][0-9]{1,2}\)[ \-–—]{0,2}|0[1-9][0-9]{1,2}[ \-–—]{1,2})[2-8][0-9]{2,3}[ \-]?[0-9]{4}"
    r"(?: ?(?:[ \-]|转) ?[0-9]{1,5})?(?![0-9])"
)
_LANDLINE_SAID = re.compile(
    r"(?:电话|座机|固话|致电|拨打|打到|号码|传真|tel)[^0-9\n]{0,6}((?:0[1-9][0-9]{1,2})?[2-8][0-9]{6,7})(?![0-9])", re.IGNORECASE
)
# What stands between two groups of a phone number that people write: the sizes of its groups.
_GROUPS = {
    *((11,), (3, 4, 4), (4, 4, 3), (3, 3, 5), (3, 8), (4, 7), (5, 6), (6, 5), (7, 4), (1, 10), (2, 9), (3, 5, 3)),
    *((3, 2, 3, 3), (3, 2, 2, 2, 2)),
}
_EMAIL = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9._%+\-]{0,63} ?(?:@|\(at\)|\[at\]| at |艾特) ?[A-Za-z0-9\-]{1,40}(?: ?(?:\.|点| dot ) ?[A-Za-z]{2,10}){1,3}",
    re.IGNORECASE,
)
_PLATE = re.compile(
    r"[京津沪渝冀晋辽吉黑苏浙皖闽赣鲁豫鄂湘粤琼川贵云陕甘青蒙桂藏宁新][A-HJ-NP-Za-hj-np-z][·•.\- ]?(?=[A-Za-z]{0,5}[0-9])"
    r"[A-HJ-NP-Za-hj-np-z0-9]{4,5}[A-HJ-NP-Za-hj-np-z0-9挂学警港澳](?![A-Za-z0-9])"
)
_POSITION = re.compile(r"(?<![0-9.])[0-9]{1,3}\.[0-9]{4,}[ ,，;/]{1,3}[0-9]{1,3}\.[0-9]{4,}")
_HANDLE = re.compile(
    r"(?:旺旺号?|淘宝(?:号|账号|帐号|id|会员名|昵称)|会员名|用户名|昵称|抖音号?|快手号?|小红书号?|微博|b站|line|telegram|whatsapp|skype|ins)"
    r"(?:账号|帐号|号|id|名|是|叫|为|[:：=@\s]){0,5}(?:([A-Za-z][A-Za-z0-9_.\-]{4,29}|[0-9]{6,12})(?![A-Za-z0-9])"
    r"|(?:(?<=[:：是叫])|(?<=[:：是叫] ))([\u3400-\u9fffA-Za-z0-9_]{2,16}))",
    re.IGNORECASE,
)


def find_contacts(text: str) -> list[Span]:
    """Phones, e-mail, social accounts, plates and positions."""
    plain, numbers = folded(text), digits_of(text)
    spans = []
    for found in _MOBILE.finditer(numbers):
        number = re.sub(r"^\D*(?:0{0,2}86(?=\D*1))?\D*", "", found[0])
        groups = tuple(len(group) for group in re.findall("[0-9]+", number))
        tight = len(set(re.findall("[^0-9]+", number))) == 1 and len(groups) > 5
        if groups in _GROUPS or tight or set(groups[:-1]) == {2} or set(re.findall("[^0-9]", number)) <= set("-"):
            spans.append(Span(found.start(), found.end(), "phone"))
    for pattern, kind in (
        (_HALF_HIDDEN, "phone"),
        (_ABROAD, "phone"),
        (_LANDLINE, "landline"),
        (_EMAIL, "email"),
        (_PLATE, "plate"),
        (_POSITION, "position"),
    ):
        spans += [Span(found.start(), found.end(), kind) for found in pattern.finditer(plain)]
    spans += [Span(found.start(1), found.end(1), "landline") for found in _LANDLINE_SAID.finditer(plain)]
    for found in _HANDLE.finditer(plain):
        group = 1 if found[1] else 2
        spans.append(Span(found.start(group), found.end(group), "contact"))
    return spans
