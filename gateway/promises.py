"""Until when somebody answers, for what is opened and promised at the desk: the team's time, counted as the actions count it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from policy.facts import ShopFacts
from policy.lifecycle import ON_CALL, Lifecycle
from policy.words import fmt, team_of
from shop.clock import Clock
from shop.hours import due_in, open_from
from shop.rules import due_within
from shop.workdays import speak_date, speak_time


def promise(kind: str, shop: ShopFacts, rules: Lifecycle, clock: Clock) -> datetime | None:
    """When the team of this ticket kind must have answered (aware); None when the calendar has no data for that year."""
    _, parameter, unit = team_of(kind, rules.parameters)
    amount, now = float(str(rules.parameters[parameter])), clock.now()
    if unit == "minutes":
        return due_in(shop.opening_hours, now, amount / 60)
    if unit == "hours":
        on_call = kind in ON_CALL and rules.parameters["on_call"] != "none"
        return now + timedelta(hours=amount) if on_call else due_in(shop.opening_hours, now, amount)
    return due_within(clock, int(amount), unit)


def spoken(kind: str, due: datetime | None, rules: Lifecycle, now: datetime) -> str:
    """A promised time as it is said: a clock time within a day, else the day; without data the number of working days."""
    if due is None:
        _, parameter, _ = team_of(kind, rules.parameters)
        return fmt("workdays", n=int(float(str(rules.parameters[parameter]))))
    return speak_time(due, now) if (due - now).total_seconds() < 24 * 3600 else speak_date(due)


def new_ticket(
    kind: str, fields: Mapping[str, Any], shop: ShopFacts, rules: Lifecycle, now: datetime, *, order: bool, customer: bool
) -> dict[str, Any]:
    """What a new ticket is stored with by the tables: fields it lacks (rf_*), whom it waits for, the shop's aims."""
    minutes, hours = rules.contact_minutes(kind), rules.solve_hours(kind)
    return {
        "missing": rules.missing(kind, fields, order=order, customer=customer),
        "waits_for": rules.waits_for(kind),
        "contact_due_at": open_from(shop.opening_hours, now) + timedelta(minutes=minutes) if minutes is not None else None,
        "solve_due_at": due_in(shop.opening_hours, now, hours) if hours is not None else None,
    }
