"""Until when somebody answers: deadlines of ticket kinds, counted in people's hours, and as they are said."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from actions.heard import Heard
from policy.lifecycle import ON_CALL
from policy.words import fmt, team_of
from shop.hours import due_in
from shop.tickets import Tickets
from shop.workdays import WorkdayDataMissing, add_workdays, speak_date, speak_time

log = logging.getLogger(__name__)


class Deadlines(Heard):
    """A turn that can say until when."""

    def deadline(self, kind: str) -> datetime | None:
        """When the team of this ticket kind must have answered (aware); None when the calendar has no data for that year."""
        _, parameter, unit = team_of(kind, self.parameters)
        amount = float(self.parameters[parameter])
        if unit == "minutes":  # of somebody at work: counted from the next opening when nobody is there
            return due_in(self.shop.opening_hours, self.now, amount / 60)
        if unit == "hours":
            if kind in ON_CALL and self.parameters["on_call"] != "none":
                return self.now + timedelta(hours=amount)
            return due_in(self.shop.opening_hours, self.now, amount)
        if unit == "days":
            return self.now + timedelta(days=amount)
        try:
            day = add_workdays(self.context.clock.today(), int(amount))
        except WorkdayDataMissing as missing:
            log.warning("%s", missing)
            return None
        return self.now + timedelta(days=(day - self.context.clock.today()).days)

    def spoken_deadline(self, kind: str, due: datetime | None) -> str:
        """A deadline as it is said: a clock time within a day, a date beyond it, the number of working days without data."""
        _, parameter, unit = team_of(kind, self.parameters)
        if due is None:
            return fmt("workdays", n=int(float(self.parameters[parameter])))
        return speak_time(due, self.now) if unit in ("hours", "minutes") else speak_date(due)

    def within(self, kind: str) -> str:
        """The time that the team of a ticket kind has, as it is said: 24小时内, 3个工作日内."""
        _, parameter, unit = team_of(kind, self.parameters)
        amount = float(self.parameters[parameter])
        if unit == "minutes":
            return fmt("hours_within", n=f"{max(1.0, amount / 60):g}")
        return fmt({"hours": "hours_within", "days": "days_within"}.get(unit, "workdays"), n=f"{amount:g}")

    def team(self, kind: str) -> str:
        """The team's name of a ticket kind."""
        return team_of(kind)[0]

    def ticket_deadline(self, ticket_id: str, kind: str) -> str:
        """The promised time of an existing ticket, as it is said."""
        found = None if self.dry_run else Tickets(self.context.engine, self.shop_id, self.context.clock).get(ticket_id)
        return self.spoken_deadline(kind, found.due_at if found else self.deadline(kind))
