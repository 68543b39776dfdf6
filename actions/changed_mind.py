"""A return that changes while it is talked about: the goods are kept after all, another remedy is chosen, the offers are declined.

Read from the words of the message (``policy/wordlists/returns.yml``); the classifier hears "then refund it, how much do I get" as a
question about money, and it is one, beside the change of mind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from actions import ownership
from actions.turn import Turn
from actions.values import says
from policy import postage
from policy.words import words

WAYS = ("return_refund", "exchange")
REFUSING_SPAN = 4  # characters before a word in which it is refused ("不要补差价")


def settled_for(turn: Turn, order_id: str | None) -> Mapping[str, Any]:
    """What was settled or worked out last in this talk for this order; empty for another order."""
    settled: Mapping[str, Any] = turn.slot("after_return") or {}
    return settled if order_id and settled.get("order_id") == order_id else {}


def drops(turn: Turn) -> bool:
    """Whether the goods are kept and nothing is wanted for it ("那就留着吧，不退了"); a plain no is the forms' own.

    With a fault told in the open form, keeping is a wish of its own (comp_no_return) and no end.
    """
    if ownership.given_back(turn):
        return False  # one of two is kept, the other is not
    if turn.intent == "deny" or not says(turn, "keep_it_signs") or says(turn, "money_signs") or says(turn, "question_signs"):
        return False
    if turn.entity("remedy") not in (None, "comp_no_return") or turn.entity("reason") in postage.SHOP_REASONS:
        return False
    return turn.slot("reason") not in postage.SHOP_REASONS


def decided(turn: Turn) -> bool:
    """Whether another way is chosen for the return that is spoken of ("那算了，直接退"), whatever else the message asks."""
    remedy = turn.entity("remedy")
    if remedy not in WAYS or not says(turn, "decided_signs") or says(turn, "return_if_signs"):
        return False
    settled: Mapping[str, Any] = turn.slot("after_return") or {}
    known = turn.before("reason") or settled.get("reason")
    return bool(known) and remedy != (turn.before("remedy") or settled.get("remedy"))


def resized(turn: Turn) -> bool:
    """Whether an exchange is wished for another size: nothing is wrong with the goods, they do not fit."""
    return turn.slot("remedy") == "exchange" and says(turn, "resize_signs")


def takes(text: str, sign: str) -> bool:
    """Whether a text holds a word that is not refused in the same breath."""
    place = text.find(sign)
    while place >= 0:
        breath = text[max(0, place - REFUSING_SPAN) : place + len(sign)]
        if not any(refusal in breath for refusal in words()["refusing_words"]):
            return True
        place = text.find(sign, place + 1)
    return False


def declines_offers(turn: Turn) -> bool:
    """Whether the offers for kept goods are named only to be refused ("差价不要，券也不要")."""
    typed: Mapping[str, Sequence[str]] = words()["choice_signs"]
    named = [sign for signs in typed.values() for sign in signs if sign in turn.text]
    after = any(turn.text[turn.text.find(sign) + len(sign) :].startswith(tuple(words()["refusing_after"])) for sign in named)
    return bool(named) and (after or not any(takes(turn.text, sign) for sign in named))
