"""What an invoice needs, read from words: title, tax number with its check character, e-mail; and the inputs of the table ``invoices``.

A unified social credit code (统一社会信用代码) has 18 characters and ends with a check character by GB 32100-2015; the older tax number
has 15: six digits of the place and an organisation code with its own check character (GB 11714). Nobody's ID card number is kept.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from policy.facts import OrderFacts
from policy.logistics import days_between
from policy.parameters import Parameters
from policy.words import words

CODE = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100: no I, O, S, V, Z
CODE_LENGTH, OLD_LENGTH = 18, 15
_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
_ORGANISATION = (3, 7, 9, 10, 5, 8, 4, 2)
_ID_WEIGHTS = tuple(pow(2, 17 - place, 11) for place in range(17))
_EMAIL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._%+\-]{0,63}@(?:[A-Za-z0-9\-]+\.)+[A-Za-z]{2,10}(?![A-Za-z0-9])")
_RUN = re.compile(r"[0-9A-Za-z](?:[ \-]?[0-9A-Za-z]){13,21}")
_AT = re.compile(r"[\w.\-]{2,}[@#][\w.\-]*|[\w\-]+\.(?:com|cn|net|org)\b", re.ASCII)
# Progress of an order, first to last: from which state on the shop issues (parameter invoice_from).
STAGES = ("paid", "shipped", "received", "confirmed")


@dataclass(frozen=True)
class TaxNumber:
    """A number as it was told, in capitals without spaces; ``problem`` is None when it may be issued to.

    ``problem``: length | letter | check | id_card; ``place``: of the character that cannot be, counted from 1; ``found``: that character.
    """

    number: str
    problem: str | None = None
    place: int = 0
    found: str = ""


def plain(text: str) -> str:
    """Full-width forms made narrow."""
    return unicodedata.normalize("NFKC", text)


def check_character(first: str) -> str:
    """The 18th character of a unified social credit code, from its first 17 (GB 32100)."""
    total = sum(CODE.index(char) * weight for char, weight in zip(first, _WEIGHTS, strict=True))
    return CODE[(31 - total % 31) % 31]


def organisation_character(first: str) -> str:
    """The ninth character of an organisation code, from its first eight (GB 11714)."""
    total = sum((int(char) if char.isdigit() else ord(char) - 55) * weight for char, weight in zip(first, _ORGANISATION, strict=True))
    return "0123456789X0"[11 - total % 11]


def is_id_card(number: str) -> bool:
    """Whether a number is a person's ID card (GB 11643): place, a day of birth, its check character."""
    if not re.fullmatch(r"[1-8]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX]", number):
        return False
    total = sum(int(char) * weight for char, weight in zip(number[:17], _ID_WEIGHTS, strict=True))
    return "10X98765432"[total % 11] == number[17]


def check_tax_number(written: str) -> TaxNumber:
    """A tax number and what is wrong with it."""
    number = re.sub(r"[\s\-]", "", plain(written)).upper()
    if is_id_card(number[:CODE_LENGTH]):
        return TaxNumber(number, "id_card")
    if re.fullmatch(r"\d{6}[0-9A-Z]{8}[\dX]", number):
        right = organisation_character(number[6:14]) == number[14]
        return TaxNumber(number) if right else TaxNumber(number, "check", OLD_LENGTH, number[14])
    if len(number) != CODE_LENGTH:
        return TaxNumber(number, "length")
    for place, char in enumerate(number, 1):
        if char not in CODE:
            return TaxNumber(number, "letter", place, char)
    if not number[2:8].isdigit():
        place = next(place for place in range(2, 8) if not number[place].isdigit())
        return TaxNumber(number, "letter", place + 1, number[place])
    if check_character(number[:17]) != number[17]:
        return TaxNumber(number, "check", CODE_LENGTH, number[17])
    return TaxNumber(number)


def tax_number_in(text: str, *, asked: bool = False) -> str | None:
    """A number in a message that is meant as a tax number, as written; None when it holds none.

    ``asked``: the message answers the question for it, so that any long number is one. Otherwise it is named (税号) or holds a
    letter among its digits, or has 15, 18 or 20 characters beside a company's name: an order's number is digits alone.
    """
    said = plain(_EMAIL.sub(" ", plain(text)))
    cue = any(sign in said for sign in words()["tax_number_signs"])
    for match in _RUN.finditer(said):
        number = re.sub(r"[ \-]", "", match.group())
        digits = sum(char.isdigit() for char in number)
        if digits < 6:
            continue
        if asked or cue or (digits < len(number) and len(number) in range(14, 21) and number[:2].isdigit()):
            return number
    if asked:
        short = re.fullmatch(r"\W*([0-9A-Za-z]{6,13})\W*", said.strip())
        return short[1] if short else None
    return None


def email_in(text: str) -> str | None:
    """An e-mail address in a message, None without one."""
    found = _EMAIL.search(plain(text))
    return found.group() if found else None


def almost_email(text: str) -> bool:
    """Whether a message tries to tell an e-mail address and does not succeed."""
    return email_in(text) is None and bool(_AT.search(plain(text)))


def kind_in(text: str) -> str | None:
    """personal | company by the words of a message; None when it tells neither. What is refused (不要个人) does not count."""
    for kind in ("company", "personal"):
        for sign in words()["invoice_kind_signs"][kind]:
            place = text.find(sign)
            if place >= 0 and not text[:place].endswith(tuple(words()["invoice_refusing"])):
                return kind
    return None


def title_in(text: str, *, asked: bool = False) -> str | None:
    """The title (抬头) in a message: after its name, a company's name, or all of an answer to the question for it."""
    said = plain(text)
    for taken in (_EMAIL, _RUN):
        said = taken.sub(" ", said)
    lists = words()
    named = re.search(
        rf"(?:{'|'.join(lists['invoice_title_cues'])})\s*(?:写|填|开|改成|改为|换成|是|为|用|叫|:)*\s*([^\s,。;、:]{{2,60}})", said
    )
    ends = "|".join(lists["company_ends"])
    company = re.search(rf"[\u4e00-\u9fffA-Za-z()（）·&]{{2,40}}?(?:{ends})(?:\([^)]{{1,20}}\))?", said)
    if company:
        return _bare(company.group())
    if named and not any(sign in named[1] for sign in lists["invoice_title_not"]):
        return _bare(named[1])
    if asked:
        answer = _bare(re.split(r"[\s,。;]+", said.strip())[0])
        return answer if 2 <= len(answer) <= 60 and not any(sign in answer for sign in lists["invoice_title_not"]) else None
    return None


def _bare(name: str) -> str:
    """A name without what leads to it and trails it ("就写…吧")."""
    found = name.strip(" ,。;:!")
    leads = sorted(words()["invoice_title_leads"], key=len, reverse=True)
    changed = True
    while changed:
        changed = False
        for lead in leads:
            if found.startswith(lead) and len(found) > len(lead) + 1:
                found, changed = found[len(lead) :].lstrip(" ,:"), True
    for tail in ("吧", "哈", "的", "呢", "哦", "谢谢"):
        found = found.removesuffix(tail)
    return found


def masked_email(address: str) -> str:
    """An address as it may be shown: its first two characters, the rest hidden, the host."""
    name, _, host = address.partition("@")
    return f"{name[: 2 if len(name) > 3 else 1]}***@{host}"


def masked_title(kind: str, title: str) -> str:
    """A title as it may be shown: a company's whole, of a person's name the first character."""
    if kind == "company" or title in words()["invoice_plain_titles"]:
        return title
    return title[:1] + "*" * max(1, len(title) - 1)


def due(order: OrderFacts, parameters: Parameters) -> str:
    """Whether the shop issues for this order already: now | later (parameter invoice_from)."""
    begins = str(parameters["invoice_from"])
    return "now" if order.state in STAGES and STAGES.index(order.state) >= STAGES.index(begins) else "later"


def within(order: OrderFacts, parameters: Parameters, now: datetime) -> str:
    """Whether an invoice may still be asked for: yes | no (parameter invoice_within_days, after ordering; empty: always)."""
    limit = parameters.get("invoice_within_days")
    return "yes" if limit is None or days_between(order.ordered_at, now) <= int(limit) else "no"
