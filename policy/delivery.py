"""What the table ``delivery`` is told: bringing by appointment, installation, repair at home, parts (rules.md section 21).

Months of warranty count from signing, in the product's own ``warranty_months``; without them nothing is promised.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from policy import logistics, postage
from policy.facts import OrderFacts, ShopFacts
from policy.parameters import Parameters

WISHES = ("schedule", "late", "installation", "no_fit", "repair", "fee", "parts")
AT_HOME = ("furniture",)  # goods that nobody sends back to be repaired


def facts(
    order: OrderFacts | None,
    wish: str,
    shop: ShopFacts,
    now: datetime,
    *,
    detail: str = "open",
    identity: str = "signed",
    swap: bool = False,
    harm: bool = False,
    attempt: str = "first",
) -> dict[str, object]:
    """The inputs of the table ``delivery``; without an order the answer is a general one.

    ``wish``: one of ``WISHES``. ``detail``: open | given | unwilling. ``swap``: an exchange of this order is under way.
    ``harm``: the shopper's own things were damaged. ``attempt``: first | open | stuck | taken. ``now`` is aware.
    """
    known: dict[str, object] = {
        "wish": wish,
        "detail": detail,
        "identity": identity,
        "swap": "yes" if swap else "no",
        "harm": "yes" if harm else "no",
        "attempt": attempt,
    }
    if order is None:
        return known | {"state": "none"}
    return known | {
        "state": logistics.state_word(order),
        "delivery": order.delivery,
        "goods": "awaiting" if order.purchase == "awaiting" else "ready",
        "warranty": warranty(order, shop, now),
    }


def warranty(order: OrderFacts, shop: ShopFacts, now: datetime) -> str:
    """within | over the product's own months since signing; unknown without months or without a day of signing."""
    running = postage.in_warranty(order, shop, now)
    return "unknown" if running is None else "within" if running else "over"


def earliest(order: OrderFacts, parameters: Parameters, now: datetime) -> date:
    """The first day that may be proposed for bringing it: the planned day of dispatch, else ``furniture_appointment_days`` from today."""
    planned = logistics.dates(order, parameters, now).get("ship_on")
    days = parameters["furniture_appointment_days"]
    if planned is not None or days is None:
        return planned or logistics.local_date(now) + timedelta(days=1)
    return logistics.local_date(now) + timedelta(days=int(days))


def usable_day(named: str | None, now: datetime) -> date | None:
    """A named day (ISO) on which something can still be brought: from tomorrow on, within a year; None otherwise."""
    if not named:
        return None
    try:
        day = date.fromisoformat(named)
    except ValueError:
        return None
    return day if timedelta(0) < day - logistics.local_date(now) <= timedelta(days=365) else None
