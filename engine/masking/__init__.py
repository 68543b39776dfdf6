"""Personal data in words: found and replaced (issue 4, deliverable 6). Pure; standard library and PyYAML only.

Two doors. ``secrets``: what a shop never needs in a chat (identity and bank cards, passports, payment and social accounts, passwords,
codes) goes before a message is stored. ``personal``: that and names, addresses, phones, e-mail, plates go before a trainer or a log
sees a text. Order, tracking and tax numbers, phone tails, sums, sizes and cities as such stay.

The engine runs in another interpreter and imports nothing of ours, so ``engine/masking`` is a copy of this folder, held equal by
``tests/contract/test_masking_copy.py``: after a change ``cp policy/masking/* engine/masking/``. Hence Python 3.10 and relative imports.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from .accounts import find_secrets
from .contacts import find_contacts
from .names import find_names
from .places import find_places
from .spans import Masked, Span, apply

__all__ = ["Masked", "Span", "personal", "scrub", "secrets"]


def secrets(text: str, keep: Callable[[str], bool] = lambda _digits: False) -> Masked:
    """The text without identity and card numbers, accounts, passwords and codes.

    ``keep`` is asked with the bare digits of a number that merely looks like a card or an identity number: True leaves it (an order
    number of the shop). A number that the sentence calls a card is masked all the same.
    """
    return apply(text, find_secrets(text, keep))


def personal(text: str, known: Iterable[str] = ()) -> Masked:
    """The text without what tells who somebody is or where to find them. ``known``: names, phones … known of the person."""
    spans = [*find_secrets(text, lambda _digits: False), *find_contacts(text), *find_places(text)]
    for one in known:
        word = one.strip()
        place = text.find(word) if len(word) > 1 else -1
        while place >= 0:
            spans.append(Span(place, place + len(word), "name"))
            place = text.find(word, place + len(word))
    return apply(text, [*spans, *find_names(text, spans)])


def scrub(value: object, hidden: Iterable[str]) -> object:
    """A JSON value with every string of ``hidden`` taken out of every text in it (numbers and entity values that repeat a secret)."""
    words = sorted({one for one in hidden if len(one) > 3}, key=len, reverse=True)
    if not words:
        return value
    if isinstance(value, str):
        for word in words:
            value = value.replace(word, "*" * 4)
        return value
    if isinstance(value, dict):
        return {key: scrub(one, words) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [scrub(one, words) for one in value]
    if isinstance(value, (int, float)) and not isinstance(value, bool) and str(value) in words:
        return None
    return value
