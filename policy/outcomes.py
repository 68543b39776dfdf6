"""What follows from a colleague's finding: the desk and the tickets call it, so that nobody decides beside the tables.

A finding is entered with the ticket of a return (rules.md §5–7: dm_02–dm_07, qp_07–qp_10, qp_13). ``outcome`` says what the
chart's table decides of it and, when goods or money move, what the table postage says of the freight.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from policy import postage
from policy.decide import Decision, decide
from policy.facts import OrderFacts, ShopFacts
from policy.parameters import Parameters

# Findings by the reason of the return: the words a desk may offer. The first is the one that confirms the shopper's account.
FINDINGS: Mapping[str, tuple[str, ...]] = {
    "quality": ("confirmed", "no_fault", "misuse"),
    "courier_damage": ("confirmed", "no_fault"),
    "description_mismatch": ("confirmed", "light", "misread", "missed", "wrong_item", "missing_part"),
    "wrong_item": ("confirmed",),
    "missing_part": ("confirmed",),
}


@dataclass(frozen=True)
class Outcome:
    """``chart``: the row of the reason's table (None for reasons without one); ``freight``: the row of postage, None when the
    chart's row is the whole answer; ``reason`` and ``remedy`` are those that hold from now on."""

    chart: Decision | None
    freight: Decision | None
    reason: str
    remedy: str

    @property
    def against_shopper(self) -> bool:
        """Whether the finding is not what the shopper told: the grounds are shown, an objection goes to a specialist (es_08)."""
        return self.reason in ("no_fault", "misuse", "misunderstanding", "light_color")


def outcome(
    reason: str, finding: str, remedy: str | None, order: OrderFacts, parameters: Parameters, shop: ShopFacts, now: datetime
) -> Outcome:
    """What a finding means for this order.

    Args:
        reason: why the goods came back, as the shopper told it (a word of ``FINDINGS``).
        finding: one of ``FINDINGS[reason]``; ValueError names the allowed ones.
        remedy: the shopper's wish, a word of the table postage; None or "open" when it was left to the shop.
    """
    allowed = FINDINGS.get(reason)
    if allowed is None or finding not in allowed:
        raise ValueError(f"finding {finding!r} of {reason!r}; allowed: {dict(FINDINGS) if allowed is None else ', '.join(allowed)}")
    wish = remedy or "open"
    chart: Decision | None = None
    if reason in ("quality", "courier_damage"):
        days = postage.days_since_signing(order, shop, now) or 0
        chart = decide("quality", {"step": "inspected", "finding": finding, "wish": wish, "days": days}, parameters)
    elif reason == "description_mismatch":
        chart = decide("description_mismatch", {"step": "checked", "finding": finding, "wish": wish}, parameters)
    if chart is not None:
        if finding != "confirmed":
            reason = str(chart.then["reason"])
        proposed = str(chart.then["remedy"])
        if wish == "open" and proposed not in ("none", "wished"):
            wish = proposed
        if chart.then["go"] == "say":
            return Outcome(chart, None, reason, wish)
    if reason in ("quality", "courier_damage") and wish == "open":
        wish = "exchange"  # qp_07: not refunded means exchanged
    known = postage.facts(order, {"reason": reason, "remedy": wish, "severity": "severe", "damaged": "no"}, parameters, shop, now)
    freight = postage.settled(decide("postage", known, parameters), order, parameters, shop)
    return Outcome(chart, freight, reason, wish)
