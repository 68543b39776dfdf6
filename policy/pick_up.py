"""What the table ``pick_up`` is told (issue 4, pu_11 …): a day and a slot in a shopper's words, who pays the courier, what is booked.

Days are calendar days of Asia/Shanghai; slots are the shop's ``pick_up_slots``, "09:00-12:00 12:00-15:00 …".
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from policy import logistics
from policy.facts import OrderFacts
from policy.parameters import Parameters
from policy.words import words

_CLOCK = re.compile(r"(?<!\d)([01]?\d|2[0-3]|十[一二]?|[一二两三四五六七八九])\s*(?:[:：点时])")
_NUMERALS = {name: place for place, name in enumerate("一二三四五六七八九", 1)} | {"两": 2, "十": 10, "十一": 11, "十二": 12}
SPLIT = "|"  # of the slot `detail`: day, slot


def slots(parameters: Parameters) -> tuple[str, ...]:
    """The shop's slots in order."""
    return tuple(str(parameters["pick_up_slots"] or "").split())


def slot_in(text: str, parameters: Parameters) -> str | None:
    """The slot that a text names: as a button does, by a time of the clock, or by a part of the day; None when it names none."""
    known = slots(parameters)
    exact = next((slot for slot in known if slot in text), None)
    if exact:
        return exact
    part = next((str(name) for name, signs in words()["day_parts"].items() if any(sign in text for sign in signs)), None)
    clock = _CLOCK.search(text)
    if clock:
        hour = _NUMERALS.get(clock[1]) or int(clock[1])
        hour += 12 if part in ("afternoon", "evening") and hour < 12 else 0
        return next((slot for slot in known if _hours(slot)[0] <= hour < _hours(slot)[1]), None)
    if part is None:
        return None
    wanted = {"morning": 9, "noon": 12, "afternoon": 15, "evening": 18, "any": 0}[part]
    if part == "any":
        return known[0] if known else None
    return next((slot for slot in known if _hours(slot)[0] <= wanted < _hours(slot)[1]), known[-1] if known and part == "evening" else None)


def _hours(slot: str) -> tuple[int, int]:
    first, _, last = slot.partition("-")
    return int(first.split(":")[0]), int(last.split(":")[0])


def days(parameters: Parameters, now: datetime) -> list[date]:
    """The days that can be booked, from tomorrow on."""
    today = logistics.local_date(now)
    return [today + timedelta(days=ahead) for ahead in range(1, int(parameters["pick_up_days_ahead"] or 0) + 1)]


def usable_day(named: str | None, parameters: Parameters, now: datetime) -> date | None:
    """A named day (ISO) that can be booked; None otherwise."""
    try:
        day = date.fromisoformat(str(named))
    except ValueError:
        return None
    return day if day in days(parameters, now) else None


def detail(day: date | None, slot: str | None) -> str:
    """Day and slot as the slot ``detail`` holds them."""
    return f"{day.isoformat() if day else ''}{SPLIT}{slot or ''}"


def parts(told: str | None) -> tuple[date | None, str | None]:
    """Day and slot of the slot ``detail``; (None, None) for anything else."""
    first, _, last = str(told or "").partition(SPLIT)
    try:
        return date.fromisoformat(first), last or None
    except ValueError:
        return None, last or None


def fetch(order: OrderFacts) -> str:
    """Who can fetch it: courier | specialist (furniture) | no (abroad)."""
    if order.delivery == "appointment":
        return "specialist"
    return "no" if order.cross_border else "courier"


def facts(
    order: OrderFacts,
    step: str,
    *,
    identity: str,
    under: str = "none",
    booked: str = "none",
    day: str = "open",
    slot: str = "open",
    pays: str = "unknown",
) -> dict[str, object]:
    """The inputs of the table ``pick_up``: ``step`` book | fee | late | change | cancel; the others are its words."""
    return {
        "step": step,
        "identity": identity,
        "state": logistics.state_word(order),
        "fetch": fetch(order),
        "under": under,
        "booked": booked,
        "day": day,
        "slot": slot,
        "pays": pays,
    }
