"""What is counted rather than matched: length, emoji, strings of marks, bare answers, address, links and phone numbers.

Every function takes the original text and what it needs, and yields (start, end) spans of the original.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from policy.wording.rules import settings

Span = tuple[int, int]
HAN = re.compile(r"[\u3400-\u9fff]")
VARIABLE = re.compile(r"\{\w+\}")
BUBBLE = re.compile(r"\S(?:.*?\S)??(?=\s*\n\s*\n|\s*\Z)", re.S)
EMOJI = re.compile(
    "[\U0001f1e6-\U0001f9ff\U0001fa70-\U0001faff\u2600-\u27bf\u2b50\u2b55\u203c\u2049](?:\ufe0f|\u200d[\U0001f300-\U0001faff\u2640\u2642]\ufe0f?)*"
)
MARKS = re.compile(r"[!！]{2,}|[?？]{2,}|[!！?？]{3,}|[~～]{2,}|[。.]{4,}|…{3,}")
CAPITALS = re.compile(r"(?:[A-Z]{3,}[ ,!]+){2,}[A-Z]{3,}|[A-Z]{12,}")
BARE = re.compile(r"[嗯哦噢喔好行在对是有没额呃恩ok啊哈唉喂\W_]{1,3}", re.I)
WAIT = re.compile(r"(?:等(?:一)?(?:下|会)儿?|稍等|等等|稍候)")
THANKS = re.compile(r"请|麻烦|抱歉|不好意思|谢|好吗|可以吗|辛苦|您稍等|对不起|久等")
LINK = re.compile(
    r"(?:https?|hxxps?)\s*[:：]?\s*/*\s*\S+|www\s*[.。点]\s*\S+|[a-z0-9][a-z0-9-]*\s*(?:[.。]|点|\(dot\)|\[\.\]|dot)\s*(?:com|cn|net|org|shop|top|vip|cc|xyz|me|store|link|io|co|点?科姆)(?![a-z])(?:/\S*)?|点(?:com|cn|net|康姆)(?![a-z])",
    re.I,
)
LINK_WORDS = re.compile(
    r"(?:点|打开|复制|访问|点击|戳)(?:一下|下|开)?(?:这个|下面|以下|此|我发的|这条)?(?:外部|站外|淘口令)?(?:的)?(?:网址|短链|淘口令|口令)|(?:复制|打开)(?:这段|这条|下面|整段)[^。]{0,10}(?:浏览器|淘宝|微信)"
)
# Digits as written: figures, Chinese numerals, formal numerals, circled ones (NFKC makes those figures).
DIGITS = {
    mark: str(value % 10)
    for value, marks in enumerate(
        ("零〇洞０o○", "一壹幺么腰①", "二贰两②", "三叁③", "四肆④", "五伍⑤", "六陆⑥", "七柒拐⑦", "八捌⑧", "九玖勾⑨")
    )
    for mark in marks
}
DIGITS |= {str(value): str(value) for value in range(10)}
SEPARATORS = " \t-－—_.·・*#~～/、,，|()（）+\u200b\u3000"
PHONE = re.compile(r"(?:86)?1[3-9]\d{9}|(?:400|800)\d{7}|0(?:10|2\d|[3-9]\d{2})\d{7,8}")
# A number that follows these words is something else, whatever its length.
OTHER_NUMBERS = re.compile(
    r"(?:订单|单号|运单|物流|快递|编号|货号|条码|款号|型号|尾号|工单|退款|售后|流水|交易|发票|税号|报告|证书|批号|备案|许可证|卡券|券码)[^\d。]{0,8}$"
)
CONTACT = re.compile(r"(?:qq|扣扣|企鹅|微信|v信|薇|vx|wx|号码|球球|q号|加我|联系)[^。\d]{0,8}$", re.I)


@dataclass(frozen=True)
class Place:
    """Where a text is to be said: its topic (None: unknown) and the shop's address style (nin or qin)."""

    topic: str | None
    address: str


def length(text: str, place: Place) -> Iterator[Span]:
    """Bubbles (parts between blank lines) of more Chinese characters than a shopper reads, values aside."""
    for found in BUBBLE.finditer(text):
        if len(HAN.findall(VARIABLE.sub("", found.group()))) > settings()["longest_bubble"]:
            yield found.span()


def emoji(text: str, place: Place) -> Iterator[Span]:
    """Emoji beyond the allowed number: none where somebody complains."""
    allowed = 0 if place.topic in settings()["grave_topics"] else settings()["most_emoji"]
    yield from (found.span() for found in list(EMOJI.finditer(text))[allowed:])


def marks(text: str, place: Place) -> Iterator[Span]:
    """Strings of exclamation, question and wave marks."""
    yield from (found.span() for found in MARKS.finditer(text))


def capitals(text: str, place: Place) -> Iterator[Span]:
    """Sentences in capitals."""
    yield from (found.span() for found in CAPITALS.finditer(text))


def address(text: str, place: Place) -> Iterator[Span]:
    """亲 and its like: allowed only when the shop turned it on, and only before a sale."""
    if place.address == "qin" and place.topic in settings()["presale_topics"]:
        return
    yield from (found.span() for found in re.finditer(settings()["dear"], text))


def bare_answer(text: str, place: Place) -> Iterator[Span]:
    """An answer that is one syllable or an emoji."""
    bare = EMOJI.sub("", text).strip()
    if text.strip() and (not bare or BARE.fullmatch(bare)):
        yield (0, len(text))


def waiting_without_thanks(text: str, place: Place) -> Iterator[Span]:
    """Somebody is told to wait, without please, sorry or thanks anywhere."""
    found = WAIT.search(text)
    if found and not THANKS.search(text) and len(text) < 30:
        yield found.span()


def link(text: str, place: Place) -> Iterator[Span]:
    """Addresses of pages, also broken ones, and invitations to copy one."""
    plain, back = _plain(text)
    for pattern in (LINK, LINK_WORDS):
        for found in pattern.finditer(plain):
            yield (back[found.start()], back[found.end() - 1] + 1)


def phone(text: str, place: Place) -> Iterator[Span]:
    """Telephone numbers in any spelling, and QQ-like numbers after a word of contact; never order or tracking numbers."""
    plain, back = _plain(text)
    for start, end, digits in _runs(plain):
        before = plain[max(0, start - 14) : start]
        if OTHER_NUMBERS.search(before) or (
            start and plain[start - 1].isascii() and plain[start - 1].isalpha() and not CONTACT.search(before)
        ):
            continue
        if PHONE.fullmatch(digits) or (5 <= len(digits) <= 13 and CONTACT.search(before)):
            yield (back[start], back[end - 1] + 1)


def _plain(text: str) -> tuple[str, list[int]]:
    """Half-width lower case, with the original position of each character."""
    plain, back = [], []
    for position, character in enumerate(text):
        if unicodedata.category(character) in ("Cf", "Mn", "Me"):
            continue
        for one in unicodedata.normalize("NFKC", character).lower():
            plain.append(one)
            back.append(position)
    return "".join(plain), back


def _runs(plain: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, digits) of every run of digits, however written and separated."""
    position = 0
    while position < len(plain):
        if plain[position] not in DIGITS:
            position += 1
            continue
        start, end, digits = position, position, ""
        while position < len(plain) and (plain[position] in DIGITS or (plain[position] in SEPARATORS and position - end < 2)):
            if plain[position] in DIGITS:
                digits += DIGITS[plain[position]]
                end = position + 1
            position += 1
        if len(digits) >= 5:
            yield start, end, digits
        position = max(position, end)


SHAPES: dict[str, Callable[[str, Place], Iterator[Span]]] = {
    one.__name__: one for one in (length, emoji, marks, capitals, address, bare_answer, waiting_without_thanks, link, phone)
}
