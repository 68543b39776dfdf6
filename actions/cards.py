"""What a reply is about, for the drawing beside it: only a kind and an id. The gateway checks whose it is and fetches what is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from policy import cards

if TYPE_CHECKING:
    from actions.turn import Turn


def reference(turn: Turn, response: str, values: Mapping[str, Any]) -> dict[str, Any] | None:
    """``{"show": {"kind": …, "id": …}}`` for a response that has a drawing and a subject; None else.

    The values of the response go before the talk's slots: they are what the sentence is about.
    """
    kind = cards.kind_of(response)
    if kind == "timeline":
        subject = values.get("order_id") or turn.slot("order_id")
    elif kind == "progress":
        subject = values.get("ticket") or turn.slot("ticket_id")
    elif kind is not None:
        product = turn.product()
        # A sentence may name other goods than those the talk is about (a like one in stock): nothing is drawn beside it.
        subject = product.product_id if product and values.get("product") in (None, product.name) else None
    else:
        subject = None
    return {"show": {"kind": kind, "id": str(subject)}} if subject else None
