"""Secrets that shoppers type: taken out before anything is stored or handed on, and which sentence says so (decisions.md 4).

Nobody is asked for an identity card, a bank card, an account, a password or a code here; who types one all the same is told kindly.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from gateway import wording
from gateway.talks import Incoming
from policy.masking import secrets

# Kind → the sentence that says it is not needed. A message with several gets one, the first that fits in this order.
SAID = {
    "password": wording.SECRET_CODE,
    "code": wording.SECRET_CODE,
    "id_card": wording.SECRET_IDENTITY,
    "passport": wording.SECRET_IDENTITY,
    "bank_card": wording.SECRET_ACCOUNT,
    "account": wording.SECRET_ACCOUNT,
}
_PLACEHOLDER = re.compile(r"\[[^\[\]]{2,12}已隐去\]")


def without_secrets(incoming: Incoming, is_order: Callable[[str], bool]) -> Incoming:
    """The message as it may be stored. ``is_order``: whether bare digits are an order of the shop, which stays whatever it looks like."""
    if not incoming.text:
        return incoming
    found = secrets(incoming.text, is_order)
    return replace(incoming, text=found.text, masked=found.kinds) if found.kinds else incoming


def notice(kinds: Iterable[str]) -> str | None:
    """The sentence for what was masked, or None."""
    seen = set(kinds)
    return next((name for kind, name in SAID.items() if kind in seen), None)


def says_nothing_else(text: str) -> bool:
    """Whether a masked message holds nothing but the secret: then nobody has to guess what it wants."""
    rest = _PLACEHOLDER.sub("", text)
    return bool(_PLACEHOLDER.search(text)) and len([char for char in rest if char.isalnum()]) < 2
