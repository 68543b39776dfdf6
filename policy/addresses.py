"""An address in a shopper's words (issue 4, ad_11 …): found, shortened to what may be spoken; the facts of ``address_change``.

What is spoken back, kept in slots and traced is province, city and district only; the words themselves go into the team's ticket.
"""

from __future__ import annotations

import re

from policy import logistics, not_received
from policy.facts import OrderFacts
from policy.parameters import Parameters
from policy.words import words

_PLACE = r"[一-龥]{2,7}?"
_AREA = re.compile(
    rf"(?:{_PLACE}(?:特别行政区|自治区|省))?\s*(?:{_PLACE}(?:自治州|地区|市|盟))?\s*(?:{_PLACE}(?:新区|(?<!小)(?<!社)(?<!园)区|县|旗|市))?"
)
# Street, number, building, room: what makes an address one that a parcel finds.
_STREET = r"(?:大?路|街道?|大道|巷|弄|胡同|村|镇|乡|小区|花园|公寓|大厦|广场|家园|新村|学校|大学|学院|医院|工业园|产业园|科技园|社区|苑)"
_NUMBER = r"[0-9一二三四五六七八九十百零A-Za-z-]+\s*(?:号楼?|栋|幢|座|单元|室|楼|层|弄|门|院)"
_DETAIL = re.compile(
    rf"[一-龥0-9A-Za-z]{{0,20}}?{_STREET}(?:[一-龥0-9A-Za-z\s-]{{0,30}}?{_NUMBER})*|{_NUMBER}(?:\s*{_NUMBER})*(?:\s*\d{{2,4}}(?!\d))?"
)
_PHONE = re.compile(r"(?<!\d)(1[3-9]\d)\d{4}(\d{4})(?!\d)")
_LEAD = re.compile(r"^.*(?:改成|改为|改到|换成|换到|寄到|寄去|送到|发到|地址是|地址[:：]|新地址|是[:：]|住在|我在|在)\s*[:：]?\s*")
_REGION = re.compile(r"(省|市|区|县|旗|州)")
_CONTACT = re.compile(r"(?:收件人|收货人|名字|姓名|电话|手机号?|号码)(?:改成|换成|改为|换为|是|为|[:：])\s*\S{2,}")
STARS = "****"


def given(text: str) -> bool:
    """Whether a text holds an address that a parcel could find (a street or a house with its number, or a district with either), or the
    name or telephone of who receives it."""
    if _PHONE.search(text) or _CONTACT.search(text):
        return True
    found = [one[0] for one in _DETAIL.finditer(text) if len(one[0]) >= 3]
    numbered = any(re.search(_NUMBER, one) or re.search(r"\d", one) for one in found)
    return numbered or bool(found and area(text))


def area(text: str) -> str | None:
    """Province, city and district of the address in a text, None when it names none."""
    tail = _LEAD.sub("", text)
    best = ""
    for start in range(len(tail)):
        found = _AREA.match(tail, start)
        if found and found[0] and len(found[0].strip()) >= 3 and len(found[0]) > len(best):
            best = found[0].strip()
    return best or next((name for name in words()["regions"] if name in tail), None)


def masked(text: str) -> str:
    """A text as it may be spoken, kept and traced: streets, houses, rooms and telephone numbers are hidden, districts stay."""
    named = area(text)
    kept = text.replace(named, "\0", 1) if named else text
    kept = _CONTACT.sub(lambda found: found[0][:4] + STARS, kept)
    kept = _PHONE.sub(lambda found: f"{found[1]}{STARS}{found[2]}", kept)
    hidden = _DETAIL.sub(lambda found: STARS if len(found[0]) >= 3 else found[0], kept)
    return re.sub(r"\*{4}[\s*]*(?:[A-Za-z]?\d+\s*(?:室|号|楼|层)?)*", STARS, hidden).replace("\0", named or "")


def spoken(text: str) -> str | None:
    """The new address as it is said back: its district and stars, else the masked telephone number; None when neither is in the text."""
    if area(text):
        return f"{area(text)}{STARS}"
    phone = _PHONE.search(text)
    return f"{phone[1]}{STARS}{phone[2]}" if phone else None


def facts(
    order: OrderFacts,
    parameters: Parameters,
    *,
    identity: str,
    address: str = "open",
    ticket: str = "none",
    fault: str = "shopper",
    step: str = "ask",
) -> dict[str, object]:
    """The inputs of the table ``address_change``; ``address``: open | given | unwilling, ``ticket``: none | open | done | failed."""
    known: dict[str, object] = {
        "identity": identity,
        "state": logistics.state_word(order),
        "delivery": order.delivery,
        "address": address,
        "ticket": ticket,
        "fault": fault,
        "step": step,
    }
    if order.state == "shipped":
        known["way"] = way(order)
    return known


def way(order: OrderFacts) -> str:
    """Where a parcel on its way can still be reached: moving | delivering | waiting (station, locker) | none (no number, abroad)."""
    if order.delivery == "appointment":
        return "moving"
    if order.cross_border or not order.tracking:
        return "none"
    if not_received.place(order).where in ("station", "locker"):
        return "waiting"
    last = logistics.last_scan(order)
    return "delivering" if last is not None and last.out_for_delivery else "moving"
