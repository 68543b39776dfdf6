"""Suggestions beside somebody else's chat (千牛 and its like): pasted words and, if known, an order in; filled replies out.

No talk is stored and nothing is written, to the shop or to the log of suggestions: what the agent copies we never hear of.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from gateway.answers import admitted
from gateway.problems import Problem
from gateway.services import Services
from gateway.suggest import MOST, Offer
from gateway.talks import clean
from gateway.threads import in_thread
from policy import masking
from policy.facts import OrderFacts
from policy.wording import check

PROFILE = "platform_chat"
LONGEST = 1_000
LONGEST_ORDER = 64


async def suggest(services: Services, text: str, order_id: str | None, most: int = MOST) -> Offer:
    """Up to ``most`` replies to a shopper's words from another chat, filled in from the order, fit for a marketplace's chat.

    ``order_id``: None or blank when it is not known; spaces in it do not count. The order must be one of this shop's. Secrets
    in the text are masked before the engine sees it. Raises a 422 problem: ``text`` (empty or longer than 1,000 characters) or
    ``order`` (the shop has no such order).
    """
    said = clean(text)
    if not 0 < len(said) <= LONGEST:
        raise Problem(422, "text", f"Paste 1 to {LONGEST:,} characters of what the shopper wrote.")
    wanted = "".join((order_id or "").split())
    order = await in_thread(_order, services, wanted) if wanted else None
    said = masking.secrets(said, lambda digits: services.shop.order(digits) is not None).text
    phones = await in_thread(_phones, services)
    offer = await services.suggestions.without_talk(said, order, most, fits=partial(_fits, phones))
    kept = await in_thread(admitted, services.modes, offer.suggestions)
    return replace(offer, suggestions=kept, reason=offer.reason or (None if kept else "nothing"))


def _order(services: Services, order_id: str) -> OrderFacts:
    order = services.shop.order(order_id) if len(order_id) <= LONGEST_ORDER else None
    if order is None:
        raise Problem(422, "order", "This shop has no order of that number; leave it out, or copy it again from the order's page.")
    return order


def _phones(services: Services) -> frozenset[str]:
    """Numbers that may be said in any chat: a courier's and that for returns (``backed_by`` in policy/wording/lists/platform.yml)."""
    shop = services.shop.shop()
    known = [courier.pickup_phone for courier in shop.couriers] + [shop.return_address.get("phone")]
    return frozenset(phone for phone in known if phone)


def _fits(phones: frozenset[str], text: str) -> bool:
    """Whether a marketplace's own chat lets the text through.

    Only what is forbidden there alone counts: the everyday rules were settled when the response was reviewed, with its values as facts
    (立减5元 out of an offer is none of our making, and without the offer it would be).
    """
    anywhere = {(one.rule, one.span) for one in check(text)}
    return not any(
        one.severity == "block" and one.found not in phones and (one.rule, one.span) not in anywhere for one in check(text, profile=PROFILE)
    )
