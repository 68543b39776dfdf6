"""The companion over HTTP: replies to words out of somebody else's chat (千牛 and its like), for an agent to copy. Nothing is written.

An order that the shopper's words name is only pointed out: whether it is theirs, the agent sees in that chat and we do not.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter, Request

from gateway import companion
from gateway import desk_schemas as schemas
from gateway.services import Services, of
from gateway.staff_access import needs
from gateway.threads import in_thread
from policy.facts import OrderFacts
from policy.words import words
from shop.staff import TALKS
from shop.staff_sessions import Login

router = APIRouter(prefix="/api/v1/staff/companion", tags=["companion"])
Speaker = Annotated[Login, needs(TALKS)]
# Runs of digits that may be an order's number; so many of them are looked up.
_NUMBER = re.compile(r"(?<![\dA-Za-z])\d{8,32}(?![\dA-Za-z])")
MOST_NUMBERS = 3


@router.post("/suggestions", response_model=schemas.CompanionOut)
async def suggest(_: Speaker, body: schemas.Pasted, request: Request) -> dict[str, Any]:
    """One to four filled-in replies that a marketplace's chat lets through; 422 ``order`` when the shop has no such order."""
    services = of(request)
    offer = await companion.suggest(services, body.text, body.order_id, body.most)
    named, order = await in_thread(_orders, services, body)
    return {
        "order": order,
        "mentioned": named,
        "reason": offer.reason,
        "took_ms": offer.took_ms,
        "suggestions": list(offer.suggestions),
    }


def _orders(services: Services, body: schemas.Pasted) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    """The orders that the words name, and the one that was asked about."""
    wanted = "".join((body.order_id or "").split())
    numbers = dict.fromkeys(_NUMBER.findall(body.text))
    found = [services.shop.order(number) for number in list(numbers)[:MOST_NUMBERS] if number != wanted]
    about = services.shop.order(wanted) if wanted else None
    return [_shown(one) for one in found if one is not None], _shown(about) if about is not None else None


def _shown(order: OrderFacts) -> dict[str, Any]:
    """So much of an order that an agent sees whether it is the right one."""
    return {
        "id": order.order_id,
        "product": order.product.name,
        "variant": order.variant,
        "state": order.state,
        "state_word": words()["states"].get(order.state, order.state),
    }
