"""What the table ``logistics`` is told about an order: days, scans, promises, computed from the order and the shop's limits.

Days are differences of local calendar dates in Asia/Shanghai; hours are real hours. Domestic parcels and cross-border ones
have limits of their own (decisions.md, "Time in a shop of today"): which apply is settled here, so that a row has one wording.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from policy import ages
from policy.facts import OrderFacts, Scan
from policy.parameters import Parameters, day_span, span

ZONE = ZoneInfo("Asia/Shanghai")


def state_word(order: OrderFacts) -> str:
    """The order's state in the words of the tables: a paid order is one that is not sent yet."""
    return "unshipped" if order.state == "paid" else order.state


def local_date(moment: datetime) -> date:
    """The calendar day of an aware instant in Asia/Shanghai."""
    return moment.astimezone(ZONE).date()


def days_between(start: datetime, end: datetime) -> int:
    """Difference of local calendar dates: shipped late yesterday evening is one day ago this morning."""
    return (local_date(end) - local_date(start)).days


def last_scan(order: OrderFacts) -> Scan | None:
    """The newest line of the parcel's journey; None while tracking is not online."""
    return max(order.scans, key=lambda scan: scan.at, default=None)


def facts(
    order: OrderFacts,
    parameters: Parameters,
    now: datetime,
    step: str = "status",
    *,
    identity: str = "signed",
    confirmed_lost: bool = False,
    gifts: bool = True,
) -> dict[str, object]:
    """The inputs of the table ``logistics`` for this order at this instant (aware).

    ``step`` is what the shopper does: status | urge (again, while the time is not over) | sign | auto_confirm | change | wait |
    refund | reship | follow_up. ``identity`` is signed, or proved for an anonymous shopper who named order and
    phone digits. ``confirmed_lost``: the courier has said that the parcel is lost. ``gifts``: the shop has presents to give.
    """
    known: dict[str, object] = {
        "step": step,
        "identity": identity,
        "state": state_word(order),
        "route": "cross_border" if order.cross_border else "domestic",
        "delivery": order.delivery,
        "gifts": "yes" if gifts else "no",
    }
    if known["state"] == "unshipped":
        known |= _unshipped(order, parameters, now)
    elif known["state"] == "shipped":
        known |= _shipped(order, parameters, now, confirmed_lost)
    return known


def promised(order: OrderFacts, parameters: Parameters) -> date | None:
    """The day by which dispatch is promised: the order's own, else the shop's ``dispatch_hours`` after ordering, else None.

    Days on which the shop does not dispatch (``dispatch_pause``) do not count, except against an order's own promise.
    """
    hours = parameters.get("dispatch_hours")
    if order.ship_by is not None or hours is None:
        return order.ship_by
    ordered, day = local_date(order.ordered_at), local_date(order.ordered_at + timedelta(hours=int(hours)))
    rest = pause(parameters)
    if rest is None or day < rest[0] or ordered > rest[1]:
        return day
    return day + timedelta(days=(rest[1] - max(rest[0], ordered)).days + 1)


def pause(parameters: Parameters) -> tuple[date, date] | None:
    """First and last day on which the shop dispatches nothing (``dispatch_pause``); None when nothing is announced."""
    value = parameters.get("dispatch_pause")
    return None if value is None else day_span(value)


def after_pause(day: date, parameters: Parameters) -> date:
    """The day of dispatch that was meant to be ``day``: the first one after a pause that it falls into."""
    rest = pause(parameters)
    return rest[1] + timedelta(days=1) if rest is not None and rest[0] <= day <= rest[1] else day


def _paused_days(since: date, until: date, parameters: Parameters) -> int:
    """Days of a dispatch pause from ``since`` to ``until``, both included."""
    rest = pause(parameters)
    return 0 if rest is None else max(0, (min(rest[1], until) - max(rest[0], since)).days + 1)


def as_of(order: OrderFacts, parameters: Parameters, now: datetime) -> datetime | None:
    """When the facts of a parcel were read, if that is too long ago to be told without its time ({as_of}); else None."""
    return ages.as_of(ages.kind_of(order), order.synced_at, parameters, now)


def dates(order: OrderFacts, parameters: Parameters, now: datetime) -> dict[str, date]:
    """The calendar days that responses of logistics name, by the variable's name; a day that is not known is absent.

    ``ship_on`` planned dispatch, ``restock_on``, ``ship_by`` (promised), ``shipped_on``, ``ordered_on``, ``signed_on``,
    ``online_until`` (tracking should be visible by then), ``lost_until`` (an untracked parcel is awaited until then),
    ``follow_until`` (the courier's answer is awaited until then, afterwards the shopper chooses).
    """
    found: dict[str, date | None] = {
        "ship_on": _future(order.ship_on, now),
        "restock_on": _future(order.restock_on, now),
        "ship_by": promised(order, parameters),
        "ordered_on": local_date(order.ordered_at),
        "shipped_on": local_date(order.shipped_at) if order.shipped_at else None,
        "signed_on": local_date(order.signed_at) if order.signed_at else None,
        "follow_until": local_date(now) + timedelta(days=_int(parameters, "forwarder_followup_days")),
    }
    if order.shipped_at:
        found["online_until"] = local_date(order.shipped_at) + timedelta(days=_online_days(order, parameters))
        found["lost_until"] = local_date(order.shipped_at) + timedelta(days=_int(parameters, "untracked_lost_days"))
    return {name: day for name, day in found.items() if day is not None}


def _unshipped(order: OrderFacts, parameters: Parameters, now: datetime) -> Mapping[str, object]:
    promise = promised(order, parameters)
    expected = order.restock_on if order.purchase == "awaiting" else order.ship_on
    return {
        "promise": "none" if promise is None else "past" if local_date(now) > promise else "ahead",
        "ordered_days": max(
            0, days_between(order.ordered_at, now) - _paused_days(local_date(order.ordered_at), local_date(now), parameters)
        ),
        "purchase": order.purchase or "unknown",
        "date": "known" if _future(expected, now) else "unknown",
    }


def _shipped(order: OrderFacts, parameters: Parameters, now: datetime, confirmed_lost: bool) -> Mapping[str, object]:
    # A shipped order without the day of dispatch is dated from its first scan, else from ordering: never later than it was.
    since = order.shipped_at or min((scan.at for scan in order.scans), default=order.ordered_at)
    days = max(0, days_between(since, now))
    last = last_scan(order)
    stalled = last is not None and _stalled(last, order, parameters, now)
    return {
        "tracked": "yes" if order.tracking else "no",
        "online": "yes" if last else "no",
        "waiting": "over" if last is None and days > _online_days(order, parameters) else "within",
        "still": "stalled" if stalled else "moving",
        "lost": "yes" if confirmed_lost or _lost(last, stalled, days, order, parameters, now) else "no",
        "arrived": "yes" if any(scan.arrived_region for scan in order.scans) else "no",
        "delivering": "yes" if last and last.out_for_delivery else "no",
    }


def _stalled(last: Scan, order: OrderFacts, parameters: Parameters, now: datetime) -> bool:
    """Whether the last scan is too old to call the parcel on its way."""
    if order.cross_border:
        return days_between(last.at, now) > _int(parameters, "tracking_stale_days")
    return now - last.at >= timedelta(hours=_int(parameters, "urge_hours"))


def _lost(last: Scan | None, stalled: bool, days: int, order: OrderFacts, parameters: Parameters, now: datetime) -> bool:
    """Whether reship or refund is the shopper's to choose; ``days`` are those since dispatch."""
    if order.cross_border and (stalled or not order.tracking):
        return days > _int(parameters, "untracked_lost_days")
    if last is None:
        more = _int(parameters, "forwarder_followup_days" if order.cross_border else "domestic_lost_days")
        return days > _online_days(order, parameters) + more
    return not order.cross_border and days_between(last.at, now) >= _int(parameters, "domestic_lost_days")


def _online_days(order: OrderFacts, parameters: Parameters) -> int:
    return _int(parameters, "tracking_online_days" if order.cross_border else "domestic_tracking_online_days")


def _future(day: date | None, now: datetime) -> date | None:
    """A planned day that is not over; yesterday's plan is no answer to "when"."""
    return day if day is not None and day >= local_date(now) else None


def _int(parameters: Parameters, name: str) -> int:
    value = parameters[name]
    if value is None:
        raise ValueError(f"the parameter {name!r} has no value; logistics needs one")
    return int(value)


def dispatch_span(parameters: Parameters) -> tuple[int, int]:
    """The usual working days until dispatch, lowest and highest (``dispatch_workdays``, "2-5")."""
    return span(parameters["dispatch_workdays"])
