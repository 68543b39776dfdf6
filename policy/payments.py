"""What the table ``payment_reminder`` is told of an order: its age, what is left of its time, whether it is paid.

Days are differences of local calendar dates in Asia/Shanghai (decisions.md); a shop that closes unpaid orders itself sets
``unpaid_close_hours``, and then half and nine tenths of those hours count instead of days.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from policy.facts import OrderFacts
from policy.logistics import days_between, local_date
from policy.parameters import Parameters

HALF, NEAR = 0.5, 0.9  # decisions.md, unpaid orders
STATES = {"unpaid": "unpaid", "cancelled": "cancelled"}


def facts(
    order: OrderFacts | None,
    parameters: Parameters,
    now: datetime,
    step: str = "due",
    *,
    replied: bool = True,
    twins: bool = False,
    detail: str = "open",
) -> dict[str, object]:
    """The inputs of the table ``payment_reminder`` for this order at this instant (aware).

    ``step``: due | placed | said_paid | received | duplicate | regret. ``replied``: the shopper has answered the
    message of the first day. ``twins``: there is another order that is not sent yet. ``detail``: open | given | unwilling.
    """
    known: dict[str, object] = {
        "step": step,
        "replied": "yes" if replied else "no",
        "twins": "yes" if twins else "no",
        "detail": detail,
    }
    if order is None:
        return known
    days = max(0, days_between(order.ordered_at, now))
    return known | {
        "state": STATES.get(order.state, "settled"),
        "days": days,
        "past_last": max(0, days - _int(parameters, "pay_last_remind_days")),
        "closing": closing(order, parameters, now),
    }


def way_facts(
    order: OrderFacts | None, parameters: Parameters, now: datetime, step: str, *, cause: str = "unknown", detail: str = "open"
) -> dict[str, object]:
    """The inputs of the table ``payments`` for what goes wrong while paying (``cause``), and for ways to pay, at this instant (aware).

    ``step``: failed | charged | twice | instalment | cod | transfer | proxy | method. Without an order its state is not known.
    """
    known: dict[str, object] = {
        "step": step,
        "cause": cause,
        "detail": detail,
        "stated": "yes" if parameters.get("instalment_terms") else "no",
        "cod": str(parameters["cash_on_delivery"]),
    }
    if order is None:
        return known
    pending = timedelta(minutes=_int(parameters, "pay_pending_minutes"))
    return known | {"state": STATES.get(order.state, "settled"), "fresh": "yes" if now - order.ordered_at <= pending else "no"}


def closing(order: OrderFacts, parameters: Parameters, now: datetime) -> str:
    """How much of ``unpaid_close_hours`` is gone: early | half | near | over; by_days when the shop closes nothing itself."""
    hours = parameters.get("unpaid_close_hours")
    if hours is None:
        return "by_days"
    gone = (now - order.ordered_at) / timedelta(hours=float(hours))
    return "over" if gone >= 1 else "near" if gone >= NEAR else "half" if gone >= HALF else "early"


def kept_until(order: OrderFacts, parameters: Parameters, now: datetime) -> date:
    """The day until which the stock is kept for an unpaid order (Asia/Shanghai); tomorrow when that day is over already."""
    hours = parameters.get("unpaid_close_hours")
    if hours is not None:
        return max(local_date(order.ordered_at + timedelta(hours=float(hours))), local_date(now))
    days = _int(parameters, "pay_last_remind_days") + _int(parameters, "pay_close_days")
    return max(local_date(order.ordered_at) + timedelta(days=days), local_date(now) + timedelta(days=1))


def _int(parameters: Parameters, name: str) -> int:
    value = parameters[name]
    if value is None:
        raise ValueError(f"the parameter {name!r} has no value; payments need one")
    return int(value)
