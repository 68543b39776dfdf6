"""What a message says about an invoice: which matter it is, and what of kind, title, tax number and e-mail it tells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from actions.order_form import LEAVES
from actions.turn import Turn
from policy import invoices
from policy.words import words

BARE = 4  # characters of a message that is only the name of the thing
OPTIONS = {"personal", "company"}
REQUESTS = ("request", "reissue")
CLEAN: Mapping[str, Any] = {"wrong_tax": None, "doubtful": None, "insisted": None}  # nothing is wrong with a number any more


def applies(turn: Turn, section: str) -> bool:
    """Whether the message holds one of the words of this list."""
    return any(sign in turn.text for sign in words()[section])


def matter_of(turn: Turn, *, going_on: bool) -> str | None:
    """The matter of the message; None when it only goes on with a request under way (``going_on``)."""
    lists = words()
    pressed = turn.entity("topic")
    if pressed in {*lists["invoice_matters"], "request", "policy"}:
        return str(pressed)
    text = turn.text
    matters: Mapping[str, list[str]] = lists["invoice_matters"]
    found = next((name for name, signs in matters.items() if any(sign in text for sign in signs)), None)
    wished = applies(turn, "invoice_wish_signs")
    general = applies(turn, "invoice_general_signs") or asks_ability(turn)
    if going_on:
        asks = applies(turn, "question_signs") and not wished
        return found if asks and found not in REQUESTS else "policy" if asks and general else None
    if found == "reissue" or (found and not wished):
        return "progress" if found == "progress" else found
    if general and not wished:
        return "policy"
    if found in ("content", "amount", "combined", "progress"):
        return found
    if text.startswith("/"):
        return "request"
    return "policy" if len(text) <= BARE and not wished and not applies(turn, "invoice_issue_signs") else "request"


def asks_ability(turn: Turn) -> bool:
    """Whether it is asked if the shop does it, for whomever ("能给开发票不")."""
    asks = applies(turn, "invoice_asking_signs") or turn.text.rstrip().endswith(tuple(words()["invoice_asking_ends"]))
    return asks and applies(turn, "invoice_able_signs")


def goes_on(turn: Turn) -> bool:
    """Whether a message of another intent tells something of the invoice that was just spoken of: an address, a number, its words."""
    if not turn.text or turn.text.startswith("/"):
        return False
    number = invoices.tax_number_in(turn.text)
    return bool(invoices.email_in(turn.text) or number or applies(turn, "invoice_going_on_signs"))


def read(turn: Turn, told: Mapping[str, Any], asked: str | None) -> dict[str, Any]:
    """What the message adds to ``told``; ``asked`` is what was asked for: kind | title | tax | email. {} when it adds nothing."""
    news: dict[str, Any] = {}
    option = turn.entity("option")
    if option in OPTIONS:
        news |= chosen_kind(str(option), told)
    if option == "no_email":
        news |= {"no_email": "unwilling", "email": None}
    text = turn.text
    if not text or text.startswith("/"):
        return news
    news |= read_email(turn, text, asked)
    news |= read_tax(turn, text, told, asked)
    plain = asked == "title" and not news and turn.intent not in LEAVES and not applies(turn, "question_signs")
    title = invoices.title_in(text, asked=plain)
    kind = invoices.kind_in(text) if turn.intent in ("ask_invoice", "choose_option") or asked in ("kind", "title") else None
    if title is not None:
        company = any(title.endswith(end) for end in words()["company_ends"]) or kind == "company" or told.get("kind") == "company"
        kind = kind or ("company" if company else told.get("kind") or "personal")
        news |= {"title": title, "kind": kind if title not in words()["invoice_plain_titles"] else "personal"}
    elif kind is not None and option not in OPTIONS:
        news |= chosen_kind(kind, told)
    return news


def chosen_kind(kind: str, told: Mapping[str, Any]) -> dict[str, Any]:
    """The kind, with what follows: a personal invoice needs no title of its own; another kind than before drops title and number."""
    plain = str(words()["invoice_plain_titles"][0])
    same = told.get("kind") == kind
    if kind == "personal":
        return {"kind": kind, "title": told.get("title") if same and told.get("title") else plain, "tax": None, **CLEAN}
    return {"kind": kind, "title": told.get("title") if told.get("title") != plain else None}


def read_email(turn: Turn, text: str, asked: str | None) -> dict[str, Any]:
    """An address; that there is none; or that what was sent can be none."""
    address = invoices.email_in(text)
    if address is not None:
        return {"email": address, "no_email": None}
    if asked != "email":
        return {}
    if turn.intent == "deny" or applies(turn, "invoice_no_email_signs"):
        return {"no_email": "unwilling"}
    return {"no_email": "wrong"} if invoices.almost_email(text) else {}


def read_tax(turn: Turn, text: str, told: Mapping[str, Any], asked: str | None) -> dict[str, Any]:
    """A tax number and what is wrong with it; one told again as it is is kept for finance to compare. An ID card is never kept."""
    waiting = asked == "tax"
    written = invoices.tax_number_in(text, asked=waiting)
    if written is None:
        if waiting and told.get("doubtful") and applies(turn, "invoice_insist_signs"):
            return {"insisted": told["doubtful"]}
        return {}
    found = invoices.check_tax_number(written)
    known: dict[str, Any] = {"number_is_tax": True, "kind": "company"}
    if found.problem is None:
        return {**known, "tax": found.number, **CLEAN}
    problem = str(words()["tax_problems"][found.problem]).format(count=len(found.number), place=found.place, found=found.found)
    if found.problem == "id_card":
        return {**known, "tax": None, "wrong_tax": problem, "doubtful": None}
    if told.get("doubtful") == found.number:
        return {**known, "insisted": found.number}
    return {**known, "tax": None, "wrong_tax": problem, "doubtful": found.number}
