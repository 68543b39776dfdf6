"""Where a parcel lies that its shopper has not got (issue 4, nr_*): read from the courier's scans, nothing is guessed.

A pick-up code opens a locker: it is known here, told only to a signed-in shopper, and hidden in every line of a journey.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from policy.facts import OrderFacts
from policy.logistics import last_scan
from policy.words import words

_CODE = re.compile(r"(取[件货]码|提货码|取件号)(\s*(?:为|是|[:：])?\s*)([0-9A-Za-z][0-9A-Za-z-]{2,})")
_SIGNED_BY = re.compile(r"签收人\s*(?:为|是|[:：])\s*([一-龥A-Za-z]{1,8}?)(?=代收|代签|[，。,;；\s]|$)")
HIDDEN = "****"


@dataclass(frozen=True)
class Place:
    """Where it is: ``where`` is a word of the table (station | locker | door | person | self | unknown).

    ``what``: the courier's own words of the place or the person; ``code``: the pick-up code; both None when no scan tells.
    """

    where: str
    what: str | None = None
    code: str | None = None


def place(order: OrderFacts) -> Place:
    """Where the newest scan says that the parcel is."""
    last = last_scan(order)
    if last is None:
        return Place("unknown")
    found = _CODE.search(last.text)
    code = found[3] if found else None
    for where in ("locker", "station", "door"):
        if any(sign in last.text for sign in words()["left_signs"][where]):
            return Place(where, hidden(last.text), code)
    signed = _SIGNED_BY.search(last.text)
    if signed is None:
        return Place("unknown")
    own = any(sign in signed[1] for sign in words()["left_signs"]["self"])
    return Place("self" if own else "person", signed[1])


def hidden(text: str) -> str:
    """A line of a journey without its pick-up code."""
    return _CODE.sub(lambda found: f"{found[1]}{found[2]}{HIDDEN}", text)


def facts(order: OrderFacts, step: str, *, identity: str, ticket: str = "none") -> dict[str, object]:
    """The inputs of the table ``not_received``. ``identity``: signed | proved; ``ticket``: none | open | over | found | lost."""
    where = place(order)
    return {
        "step": step,
        "identity": identity,
        "state": order.state,
        "where": where.where,
        "code": "yes" if where.code and identity == "signed" else "no",
        "ticket": ticket,
    }


def step_of(text: str) -> str | None:
    """What a message wants of a parcel that is not there: home | absent | found | first | status; None for anything else.

    "Found?" is a question and no news, "when is it brought to my door?" asks for a time and wishes for no other place.
    """
    signs = words()["parcel_place_signs"]
    said = {step: any(sign in text for sign in signs[step]) for step in ("found", "absent", "home", "first", "status")}
    asks = any(sign in text for sign in words()["question_signs"]) or text.rstrip("。.!！").endswith("没")
    said["found"] = said["found"] and not (said["absent"] or said["first"] or asks)
    said["home"] = said["home"] and not any(sign in text for sign in words()["when_signs"])
    return next((step for step, found in said.items() if found), None)
