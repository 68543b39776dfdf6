"""What happened to an order that its shopper should hear of: events with their instant, from its facts and what was seen before.

The names of the events are the words of the table ``proactive`` (intents.md: ev_*). An event has the instant at which it
happened or fell due, so that old ones can be told from news; one without a time of its own (paid, out of stock, goods ready)
has the instant at which the change was seen. Nothing here is sent: that is decided by the tables, in the moment of sending.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from policy import logistics, payments
from policy.decide import decide
from policy.facts import OrderFacts
from policy.parameters import HOURS, Parameters

AFTER_PAYMENT = ("paid", "shipped", "received", "confirmed")
HERE_TO_STAY = ("received", "confirmed")
REMINDERS = ("unpaid_3d", "unpaid_7d", "unpaid_half", "unpaid_last")
# Which event a row of payment_reminder (step due) stands for: the table that answers the question also says whether it is still true.
_PAYMENT = {
    "pm_02": "no_reply",
    "pm_03": "unpaid_online",
    "pm_04": "unpaid_3d",
    "pm_05": "unpaid_7d",
    "pm_06": "unpaid_expired",
    "pm_z_04": "unpaid_expired",
    "pm_z_05": "unpaid_last",
    "pm_z_06": "unpaid_half",
}
_DELAYS = {"ls_02": "delayed_date", "ls_03": "delayed_no_goods"}
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Moment:
    """An event of an order. ``at``: aware instant; ``step`` tells repetitions of one event apart ("" for the only one)."""

    event: str
    at: datetime
    step: str = ""


@dataclass(frozen=True)
class Outlook:
    """``due``: events up to now, oldest first; ``next_at``: when the next one falls due by time alone (None: no more);
    ``seen``: what to remember of the order until the next look (JSON words)."""

    due: tuple[Moment, ...]
    next_at: datetime | None
    seen: dict[str, str]


def look(order: OrderFacts, before: Mapping[str, str] | None, parameters: Parameters, now: datetime) -> Outlook:
    """The events of an order at ``now`` (aware). ``before`` is what ``seen`` said at the last look; None at the first.

    At the first look a change without a time of its own counts from ordering, so that an old order that is only now
    imported is no news.
    """
    seen = snapshot(order, now)
    found = [*_timed(order, parameters, now), *_changed(order, seen, before, now)]
    due = sorted((moment for moment in found if moment.at <= now), key=lambda moment: (moment.at, moment.event))
    # After a pause of the shop's only the newest reminder is due: nobody gets the whole series at once.
    newest = next((moment for moment in reversed(due) if moment.event in REMINDERS), None)
    due = [moment for moment in due if moment.event not in REMINDERS or moment is newest]
    later = [moment.at for moment in found if moment.at > now]
    return Outlook(tuple(due), min(later, default=None), seen)


def snapshot(order: OrderFacts, now: datetime) -> dict[str, str]:
    """What of an order has no time of its own, in words."""
    return {
        "state": order.state,
        "purchase": order.purchase or "unknown",
        "ship_on": order.ship_on.isoformat() if order.ship_on else "",
        "stock": "out" if _out_of_stock(order, now) else "in",
    }


def _timed(order: OrderFacts, parameters: Parameters, now: datetime) -> list[Moment]:
    if order.state == "unpaid":
        return [Moment("order_created", order.ordered_at), *_unpaid(order, parameters)]
    found: list[Moment] = []
    if order.state == "paid":
        found += [Moment("order_created", order.ordered_at), *_delayed(order, parameters, now)]
    if order.state == "shipped":
        found += _on_the_way(order, parameters)
    if order.state in HERE_TO_STAY and order.signed_at:
        if order.delivery == "appointment":
            found.append(Moment("service_visit", order.signed_at + _DAY * _int(parameters, "followup_service_days")))
        else:
            found.append(Moment("signed_visit", order.signed_at + _DAY * _int(parameters, "followup_signed_days")))
    return found


def _unpaid(order: OrderFacts, parameters: Parameters) -> list[Moment]:
    """pm_04 to pm_06: by the handbooks' days, or at half, 90 % and the whole of the shop's own time."""
    since = order.ordered_at
    hours = parameters.get("unpaid_close_hours")
    if hours is not None:
        whole = timedelta(hours=int(hours))
        return [
            Moment("unpaid_half", since + whole / 2),
            Moment("unpaid_last", since + whole * 0.9),
            Moment("unpaid_expired", since + whole),
        ]
    return [
        Moment("unpaid_3d", since + _DAY * _int(parameters, "pay_remind_days")),
        Moment("unpaid_7d", since + _DAY * _int(parameters, "pay_last_remind_days")),
        Moment("unpaid_expired", released_at(order, parameters)),
    ]


def released_at(order: OrderFacts, parameters: Parameters) -> datetime:
    """Until when an unpaid order is kept (pm_06): ``unpaid_close_hours``, else the days of the last reminder and after it."""
    hours = parameters.get("unpaid_close_hours")
    if hours is not None:
        return order.ordered_at + timedelta(hours=int(hours))
    return order.ordered_at + _DAY * (_int(parameters, "pay_last_remind_days") + _int(parameters, "pay_close_days"))


def still_true(event: str, order: OrderFacts, parameters: Parameters, now: datetime) -> bool:
    """Whether the table of the event's topic says the same now: a payment reminder of its day, a delay of its kind. Others are true."""
    if event in _PAYMENT.values():
        known = payments.facts(order, parameters, now, replied=event != "no_reply")
        return _PAYMENT.get(decide("payment_reminder", known, parameters).row or "") == event
    if event in _DELAYS.values():
        return any(moment.event == event for moment in _delayed(order, parameters, now))
    return True


def _delayed(order: OrderFacts, parameters: Parameters, now: datetime) -> list[Moment]:
    """ls_02, ls_03: the day after the one that was promised, or after the days that checking takes. No appointment deliveries."""
    if order.delivery == "appointment":
        return []
    promise = logistics.promised(order, parameters)
    last = promise or logistics.local_date(order.ordered_at) + _DAY * _int(parameters, "undispatched_check_days")
    at = datetime.combine(last + _DAY, time(), logistics.ZONE)
    if at > now:
        # Which of the two it will be is decided when it is due.
        return [Moment("delayed_date", at)]
    decision = decide("logistics", logistics.facts(order, parameters, now), parameters)
    event = _DELAYS.get("_".join((decision.row or "").split("_")[:2]))
    return [Moment(event, at)] if event else []


def _on_the_way(order: OrderFacts, parameters: Parameters) -> list[Moment]:
    found: list[Moment] = []
    if order.shipped_at:
        found.append(Moment("shipped", order.shipped_at))
    scans = sorted(order.scans, key=lambda scan: scan.at)
    if scans and order.shipped_at:
        usual = _int(parameters, "tracking_online_days" if order.cross_border else "domestic_tracking_online_days")
        # Only a parcel that was waited for is worth a word when it appears (ls_11, ls_12).
        if logistics.days_between(order.shipped_at, scans[0].at) > usual:
            found.append(Moment("tracking_online", scans[0].at))
    here = next((scan for scan in scans if scan.out_for_delivery or scan.arrived_region), None)
    if here:
        found.append(Moment("arrived", here.at))
    return found


def _changed(order: OrderFacts, seen: Mapping[str, str], before: Mapping[str, str] | None, now: datetime) -> list[Moment]:
    at = now if before is not None else order.ordered_at
    was = before or {}
    found: list[Moment] = []
    if was.get("state") == "unpaid" and order.state in AFTER_PAYMENT:
        found.append(Moment("payment_received", at))
    if was.get("state") == "unpaid" and order.state == "cancelled":
        found.append(Moment("unpaid_closed", at))
    if order.state == "paid":
        if seen["stock"] == "out" and was.get("stock") != "out":
            found.append(Moment("out_of_stock", at))
        if order.delivery == "appointment":
            if order.purchase == "arrived" and was.get("purchase") != "arrived":
                found.append(Moment("goods_ready", at))
            if was.get("ship_on") and seen["ship_on"] > was["ship_on"]:
                found.append(Moment("delivery_risk", at, seen["ship_on"]))
    return found


def _out_of_stock(order: OrderFacts, now: datetime) -> bool:
    """os_01: the goods are awaited, the shop has none, nobody said when they come. (Stock 0 alone may be this order's own piece.)"""
    awaited = order.state == "paid" and order.purchase == "awaiting" and order.product.stock.get(order.variant) == 0
    return awaited and (order.restock_on is None or order.restock_on < logistics.local_date(now))


def is_quiet(hours: object, now: datetime) -> bool:
    """Whether ``now`` (aware) lies in the quiet hours ("21:30-9:00", Asia/Shanghai, the end excluded); never when none are set."""
    if not hours:
        return False
    begins, ends = _hours(hours)
    local = now.astimezone(logistics.ZONE).time()
    if begins <= ends:
        return begins <= local < ends
    return local >= begins or local < ends


def morning(hours: object, now: datetime) -> datetime:
    """When the quiet hours around ``now`` end; ``now`` itself when there are none now."""
    if not is_quiet(hours, now):
        return now
    _, ends = _hours(hours)
    local = now.astimezone(logistics.ZONE)
    at = datetime.combine(local.date(), ends, logistics.ZONE)
    return at if at > local else at + _DAY


def tomorrow(hours: object, now: datetime) -> datetime:
    """The first instant of tomorrow (Asia/Shanghai) outside the quiet hours."""
    return morning(hours, midnight(now) + _DAY)


def midnight(now: datetime) -> datetime:
    """When the day of ``now`` began in Asia/Shanghai."""
    return datetime.combine(now.astimezone(logistics.ZONE).date(), time(), logistics.ZONE)


def _hours(hours: object) -> tuple[time, time]:
    found = HOURS.fullmatch(str(hours))
    if not found:
        raise ValueError(f"the quiet hours {hours!r} are not like 21:30-9:00; correct them in the shop's settings")
    a, b, c, d = (int(part) for part in found.groups())
    return time(a % 24, b), time(c % 24, d)


def _int(parameters: Parameters, name: str) -> int:
    value = parameters[name]
    if value is None:
        raise ValueError(f"the parameter {name!r} has no value; proactive messages need one")
    return int(value)
