"""After-sales life as the tables decide it (rules.md §18, §19; F13, F18): what may happen to a ticket, a return, an approval.

``shop`` stores what happens and asks an object of this class before each change; it is handed in by whoever serves a shop
(actions, gateway), with that shop's parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Any

from policy.decide import decide
from policy.parameters import Parameters
from policy.words import fmt, word, words

OTHER = "other"
ON_CALL = ("danger", "complaint_serious")  # kinds that whoever is on call answers out of hours too


@dataclass(frozen=True)
class Move:
    """What a table says of a change: the state or step it leads to (``same``: it stays), or ``stop`` with what is missing
    (``need``). ``within``/``unit`` (hours, days, workdays) is the time of the next step, unit ``none`` when none is promised;
    ``ticket`` the event that a step of a return means for its ticket."""

    row: str
    to: str
    need: str = "none"
    waits_for: str = "same"
    priority: str = "same"
    within: int = 0
    unit: str = "none"
    ticket: str = "none"

    @property
    def allowed(self) -> bool:
        """Whether the change may happen."""
        return self.to != "stop"


@dataclass(frozen=True)
class Kind:
    """A ticket kind: its word, the record it is (table ``records``), whom a new one waits for."""

    word: str
    record: str
    waits_for: str


def kind_of(kind: str) -> Kind:
    """What is known of a ticket kind; kinds that nobody described are ``other``."""
    known = words()["ticket_kinds"]
    entry = known.get(kind, known[OTHER])
    return Kind(str(entry["word"]), str(entry["record"]), str(entry["waits_for"]))


def approval_title(kind: str, amount: Decimal | None) -> str:
    """What is asked of a supervisor, in the words of ``policy/wordlists/tickets.yml``; ``amount`` in yuan."""
    name = str(word("approval_kinds", kind) or words()["approval_kinds"][OTHER])
    if amount is None:
        return name
    return fmt("approval_with_sum", kind=name, amount=f"{amount:.2f}".rstrip("0").rstrip("."))


class Lifecycle:
    """The tables ``tickets``, ``return_steps``, ``approvals`` and ``records`` with one shop's parameters. Holds no state."""

    def __init__(self, parameters: Parameters) -> None:
        self.parameters = parameters

    def ticket(self, state: str, event: str, *, who: str, reason: bool = False, date: bool = False, days: int = 0) -> Move:
        """What an event does to a ticket. ``days`` since it was closed. FactError for a word the table does not know."""
        facts = {"state": state, "event": event, "who": who, "reason": _yes(reason), "date": _yes(date), "days": days}
        found = decide("tickets", facts, self.parameters)
        then = found.then
        return Move(str(found.row), str(then["to"]), str(then["need"]), str(then["waits_for"]), str(then["priority"]))

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
    ) -> Move:
        """What an event does to goods on their way back. FactError for a word the table does not know."""
        facts = {
            "step": step,
            "event": event,
            "finding": finding,
            "remedy": remedy,
            "choice": choice,
            "told": _yes(told),
            "reason": _yes(reason),
            "tracking": _yes(tracking),
            "appeals": appeals,
        }
        found = decide("return_steps", facts, self.parameters)
        then = found.then
        return Move(
            str(found.row),
            str(then["to"]),
            str(then["need"]),
            str(then["waits_for"]),
            within=int(str(then["within"])),
            unit=str(then["unit"]),
            ticket=str(then["ticket"]),
        )

    def approval(self, *, role: str, kind: str, amount: Decimal | None, own: bool = False) -> tuple[bool, str]:
        """(may this role decide it, whom it goes to instead or ``none``). ``amount`` in yuan, rounded up to whole ones."""
        known = words()["approval_kinds"]
        whole = int(Decimal(amount or 0).to_integral_value(ROUND_CEILING))
        facts = {"role": role, "own": _yes(own), "kind": kind if kind in known else OTHER, "amount": whole}
        then = decide("approvals", facts, self.parameters).then
        return then["may"] == "yes", str(then["next"])

    def extension(self, *, role: str, state: str, days: int) -> tuple[bool, str]:
        """(may this role give an order so many days more in all before it confirms itself, what is missing or ``none``).

        ``state`` is that of the order (unpaid, paid: nothing runs yet); ``days`` those of earlier extensions included.
        """
        known = "unshipped" if state in ("unpaid", "paid") else state
        then = decide("receipt_extension", {"role": role, "state": known, "days": days}, self.parameters).then
        return then["may"] == "yes", str(then["need"])

    def required(self, kind: str, stage: str = "opened") -> tuple[str, ...]:
        """The fields that a ticket of this kind must have at this stage (rf_*)."""
        then = decide("records", {"record": kind_of(kind).record, "stage": stage}, self.parameters).then
        return tuple(str(then["fields"]).split())

    def missing(
        self, kind: str, fields: Mapping[str, Any], *, order: bool = False, customer: bool = False, stage: str = "opened"
    ) -> tuple[str, ...]:
        """Required fields that neither ``fields`` nor the order nor the signed-in customer tells, in the table's order."""
        sources = words()["record_sources"]
        told = {*(words()["record_of_order"] if order else ()), *(words()["record_of_customer"] if customer else ())}
        held = {name for name, value in fields.items() if value not in (None, "", [], {})}
        return tuple(name for name in self.required(kind, stage) if name not in told and not held & {name, *sources.get(name, ())})

    def waits_for(self, kind: str) -> str:
        """Whom a new ticket of this kind waits for."""
        return kind_of(kind).waits_for

    def contact_minutes(self, kind: str) -> int | None:
        """Within how many minutes somebody takes an after-sale matter up (rt_04); None for kinds that have no such target."""
        return self._target(kind, "aftersales_contact_min")

    def solve_hours(self, kind: str) -> int | None:
        """Within how many hours an after-sale matter should be solved (rt_05), an aim of the shop and no promise; None without one."""
        return self._target(kind, "aftersales_solve_h")

    def _target(self, kind: str, parameter: str) -> int | None:
        value = self.parameters.get(parameter)
        applies = kind_of(kind).record in ("after_sale", "return", "complaint")
        return int(str(value)) if applies and value is not None else None


def _yes(value: bool) -> str:
    return "yes" if value else "no"
