"""What after-sales life asks before it changes anything. The answers are policy's (``policy/lifecycle.py: Lifecycle`` fits these),
handed in by whoever serves a shop: this package stores and never decides."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

from shop.clock import Clock
from shop.workdays import WorkdayDataMissing, add_workdays

ROLES = ("bot", "shopper", "agent", "supervisor", "manager", "system")


class Verdict(Protocol):
    """The answer to "may this happen": the state it leads to (``same``, or ``stop`` with ``need``), who is waited for then."""

    @property
    def row(self) -> str: ...
    @property
    def to(self) -> str: ...
    @property
    def need(self) -> str: ...
    @property
    def waits_for(self) -> str: ...
    @property
    def priority(self) -> str: ...
    @property
    def within(self) -> int: ...
    @property
    def unit(self) -> str: ...
    @property
    def ticket(self) -> str: ...
    @property
    def allowed(self) -> bool: ...


class Rules(Protocol):
    """The tables that decide about tickets, returns and approvals."""

    def ticket(self, state: str, event: str, *, who: str, reason: bool = False, date: bool = False, days: int = 0) -> Verdict: ...

    def return_step(
        self,
        step: str,
        event: str,
        *,
        finding: str = "open",
        remedy: str = "return_refund",
        choice: str = "open",
        told: bool = False,
        reason: bool = False,
        tracking: bool = False,
        appeals: int = 0,
    ) -> Verdict: ...

    def approval(self, *, role: str, kind: str, amount: Decimal | None, own: bool = False) -> tuple[bool, str]: ...

    def missing(
        self, kind: str, fields: Mapping[str, Any], *, order: bool = False, customer: bool = False, stage: str = "opened"
    ) -> tuple[str, ...]: ...


class NotAllowed(ValueError):
    """The rules do not allow this change now. ``need`` is what is missing (reason, resume_on, tracking, finding, tell, choice,
    person, new_ticket, staff, other_step …), ``row`` the table row that says so. Nothing was changed."""

    def __init__(self, what: str, need: str, row: str) -> None:
        super().__init__(f"{what} is not allowed now: {need} ({row})")
        self.need = need
        self.row = row


class Changed(ValueError):
    """Somebody else changed it since it was read: ``expected`` was its version then, ``found`` is it now. Read it again, then decide."""

    def __init__(self, what: str, expected: int, found: int) -> None:
        super().__init__(f"{what} was changed by somebody else (version {found}, not {expected}): read it again")
        self.expected = expected
        self.found = found


def agree(what: str, expected: int | None, found: int) -> None:
    """Raise Changed unless ``expected`` is None or the version that is stored."""
    if expected is not None and expected != found:
        raise Changed(what, expected, found)


def due_within(clock: Clock, amount: int, unit: str) -> datetime | None:
    """The instant ``amount`` hours, days or workdays from now; None for unit ``none`` and for a year without a calendar."""
    now = clock.now()
    if unit == "hours":
        return now + timedelta(hours=amount)
    if unit == "days":
        return now + timedelta(days=amount)
    if unit == "workdays":
        try:
            return now + (add_workdays(clock.today(), amount) - clock.today())
        except WorkdayDataMissing:
            return None
    return None
