"""What nobody needs to type into a chat: identity cards, bank cards, passports, payment accounts, passwords, codes."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from .spans import Span, bare, digits_of, folded, words

_SEP = r"[ \-–—_.,·/]{0,2}"
# A run of digits with at most two separators between neighbours, a final X allowed.
_RUN = re.compile(rf"(?<![0-9A-Za-z])(?<![0-9][.\-])[0-9](?:{_SEP}[0-9]){{12,18}}(?:{_SEP}[Xx])?(?![0-9A-Za-z])")
_ID_LIKE = re.compile(r"(?<![0-9A-Za-z])[0-9]{14,17}[0-9Xx](?![0-9A-Za-z])")
_CODE = re.compile(
    r"(?:验证码|校验码|动态码|动态密码|短信码|安全码|cvv2?|cvc2?|otp)[^0-9a-z\n]{0,6}([0-9][0-9 \-]{1,8}[0-9])(?![0-9])", re.IGNORECASE
)
_CODE_BEFORE = re.compile(r"(?<![0-9])([0-9]{4,8})[^0-9\n]{0,4}(?:是|为)[^0-9\n]{0,6}(?:验证码|校验码|动态码)")
_PASSWORD = re.compile(
    r"(?:密码|口令|passw(?:or)?d|\bpwd)(?:是|为|改成|改为|设成|设的|换成|[:：=\s]){1,4}([A-Za-z0-9!@#$%^&*_.+\-]{4,32})", re.IGNORECASE
)
_HONGKONG = r"[A-Za-z]{1,2}[0-9]{6}[(（][0-9A][)）]"
_PASSPORT = re.compile(rf"(?<![A-Za-z0-9])(?:{_HONGKONG}|[A-Za-z]{{1,2}}[0-9]{{6,9}}|[0-9]{{7,10}})(?![A-Za-z0-9])")
_WORD_BETWEEN = r"(?:账号|帐号|账户|帐户|号码|号|名|id|是|为|叫|的|我|加|搜|有|在|[:：=,，、\s]|\(|（){0,8}"
_SOMETHING = (
    r"([A-Za-z0-9._+\-]{1,40}@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)+|\+?(?:86)?[ \-]?1[3-9](?:[ \-]?[0-9]){9}(?![0-9])"
    r"|[A-Za-z][A-Za-z0-9_\-]{4,29}(?![A-Za-z0-9_])|(?<![0-9])[0-9]{5,11}(?![0-9]))"
)
_ALIPAY = re.compile(r"(?:支付宝|zfb|alipay)" + _WORD_BETWEEN + _SOMETHING, re.IGNORECASE)
_WECHAT = re.compile(r"(?:微信|薇信|威信|v信|vx|wx|wechat|weixin|加v|我v)" + _WORD_BETWEEN + _SOMETHING, re.IGNORECASE)
_QQ = re.compile(r"(?:qq|扣扣|企鹅)" + _WORD_BETWEEN + r"(?<![0-9])([1-9][0-9]{4,11})(?![0-9])", re.IGNORECASE)
_PAYEE = re.compile(r"(?:paypal|云闪付|财付通|收款)(?:账号|帐号|账户|号|人)" + _WORD_BETWEEN + _SOMETHING, re.IGNORECASE)

# Provinces of identity numbers (GB/T 2260), and 9 for permanent residents from abroad.
_REGIONS = frozenset("11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83 91".split())
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
# Leading digits and lengths of cards: UnionPay 62, 81; Visa 4; Mastercard 51–55, 2221–2720; JCB 35; older Chinese debit
# cards 60, 69, 9558, 95, 90, 94, 98.
_BINS = re.compile(
    r"(?:62\d{14,17}|81\d{14,17}|4\d{15}|4\d{18}|5[1-5]\d{14}|2(?:2[2-9]|[3-6]\d|7[01]|720)\d{12,13}|35\d{14}|6[09]\d{14,17}|9558\d{12,15}|9[0548]\d{14,17})"
)


def luhn(number: str) -> bool:
    """Whether the last digit is the check digit of a bank card (ISO/IEC 7812-1)."""
    total = 0
    for place, char in enumerate(reversed(number)):
        value = int(char) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def is_card(number: str) -> bool:
    """Whether digits are a bank card's: known leading digits, a length that goes with them, the check digit."""
    return len(set(number)) > 1 and _BINS.fullmatch(number) is not None and luhn(number)


def is_identity(number: str) -> bool:
    """Whether 18 characters are an identity number (GB 11643): province, a date of birth that has been, the check character."""
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number) or number[:2] not in _REGIONS:
        return False
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    if not date(1900, 1, 1) <= born <= date(2100, 1, 1):
        return False
    return "10X98765432"[sum(int(char) * weight for char, weight in zip(number[:17], _WEIGHTS, strict=True)) % 11] == number[17]


def _cue(view: str, place: int, cues: list[str], reach: int = 14) -> int:
    """How many characters before ``place`` the nearest of the cues ends; -1 when none is within reach (a sentence's end ends it)."""
    before = re.split(r"[。！？!?\n;；]", view[max(0, place - reach) : place])[-1]
    found = [len(before) - (before.rfind(cue) + len(cue)) for cue in cues if cue in before]
    return min(found, default=-1)


def find_secrets(text: str, keep: Callable[[str], bool]) -> list[Span]:
    """Every secret of a text. ``keep``: see ``secrets``."""
    plain, numbers, lists = folded(text), digits_of(text), words()
    spans: list[Span] = []

    def named(cues: str, place: int) -> bool:
        """Whether a cue stands before the number and nearer than a word that says it is another kind of number."""
        near = _cue(plain, place, lists[cues])
        other = _cue(plain, place, lists["kept_numbers"])
        return near >= 0 and not 0 <= other <= near

    for found in (*_RUN.finditer(numbers), *_ID_LIKE.finditer(numbers)):
        number, start = bare(found[0]), found.start()
        only = number.rstrip("X")
        called_otherwise = _cue(plain, start, lists["kept_numbers"]) >= 0
        if named("id_cues", start) and len(number) in (15, 17, 18, 19):
            spans.append(Span(start, found.end(), "id_card"))
        elif named("card_cues", start) and 13 <= len(only) <= 19:
            spans.append(Span(start, found.end(), "bank_card"))
        elif called_otherwise or keep(only):
            continue
        elif is_identity(number):
            spans.append(Span(start, found.end(), "id_card"))
        elif len(number) == len(only) and (is_card(number) or _in_fours(found[0], only)):
            spans.append(Span(start, found.end(), "bank_card"))
    for found in _PASSPORT.finditer(plain):
        if named("passport_cues", found.start()) or (found[0][0].isalpha() and named("id_cues", found.start())):
            spans.append(Span(found.start(), found.end(), "passport"))
    for pattern, kind in ((_CODE, "code"), (_CODE_BEFORE, "code"), (_PASSWORD, "password")):
        spans += [Span(found.start(1), found.end(1), kind) for found in pattern.finditer(plain)]
    for pattern in (_ALIPAY, _WECHAT, _QQ, _PAYEE):
        for found in pattern.finditer(plain):
            start, end = found.span(1)
            if not (found[1].isdigit() and _cue(plain, start, lists["kept_numbers"], 8) >= 0) and not _is_word(found[1]):
                spans.append(Span(start, end, "account"))
    return spans


def _in_fours(written: str, number: str) -> bool:
    """Whether a number with a card's leading digits is written in fours as on a card, whatever its check digit (a slip of the finger)."""
    groups = [len(group) for group in re.findall("[0-9]+", digits_of(written))]
    return len(groups) > 3 and set(groups[:-1]) == {4} and _BINS.fullmatch(number) is not None


def _is_word(found: str) -> bool:
    """Whether what follows 微信 is a word of ordinary messages and no account."""
    return found.lower() in {"wechat", "weixin", "alipay", "please", "hello", "iphone", "android", "taobao", "tmall"}
