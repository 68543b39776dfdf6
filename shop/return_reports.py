"""A warehouse's own system reports the steps of goods that come back: one call a step, late and repeated deliveries do no harm.

As with the other kinds (``shop/integration.py``) each call carries a growing version; the same version again is ``unchanged``, an older
one is refused, and what the tables do not allow changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from shop.integration import OlderVersion, version_of
from shop.records import BadField, InvalidRecord, shown
from shop.return_records import FINDINGS, Return
from shop.returns import Returns

Outcome = Literal["updated", "unchanged"]

# The step a system reports -> the fields that go with it.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "sent_back": ("tracking",),
    "received": (),
    "inspected": ("finding", "report"),
    "refunded": ("amount", "postage"),
    "re_sent": ("tracking",),
    "refused": ("reason",),
}


class ReturnReports:
    """What ``PUT /api/v1/shop/returns/{ticket_id}`` does for one shop's ``Returns``."""

    def __init__(self, returns: Returns) -> None:
        self.returns = returns

    def report(self, ticket_id: str, payload: Mapping[str, Any]) -> tuple[Outcome, Return]:
        """Store one reported step: ``{step, version, by?, …}`` with the fields of ``FIELDS``.

        Raises InvalidRecord (every bad field by name), OlderVersion, UnknownTicket, UnknownReturn, NotAllowed.
        """
        body = dict(payload)
        given = version_of(None, body)
        by, step = str(body.pop("by", None) or "system"), body.pop("step", None)
        errors = self._errors(step, body)
        if errors:
            raise InvalidRecord(errors)
        stored = self.returns.get(ticket_id)
        repeated = stored is not None and same(stored, str(step), body)
        if stored is not None and (given < stored.source_version or (given == stored.source_version and not repeated)):
            raise OlderVersion("returns", ticket_id, given, stored.source_version)
        if stored is not None and repeated:
            # Also what a call stored whose answer was lost, and what the desk has entered already.
            self.returns.mark(ticket_id, given)
            return "unchanged", stored
        self._do(ticket_id, str(step), body, by)
        self.returns.mark(ticket_id, given)
        after = self.returns.get(ticket_id)
        assert after is not None  # it has just been changed
        return "updated", after

    def _errors(self, step: object, body: dict[str, Any]) -> list[BadField]:
        if step not in FIELDS:
            return [BadField("step", shown("step", step), "there is no such step", f"known are {', '.join(FIELDS)}")]
        known = FIELDS[str(step)]
        errors = [
            BadField(name, shown(name, body[name]), f"{step} has no such field", f"known are {', '.join(known) or 'none'}")
            for name in body
            if name not in known
        ]
        if step == "inspected" and body.get("finding") not in FINDINGS:
            errors.append(BadField("finding", shown("finding", body.get("finding")), "no finding", f"one of {', '.join(FINDINGS)}"))
        errors += [
            BadField(name, shown(name, body[name]), "no sum in yuan", "send a number such as 168.00, 0 or above")
            for name in ("amount", "postage")
            if body.get(name) is not None and yuan(body[name]) is None
        ]
        return errors

    def _do(self, ticket_id: str, step: str, body: Mapping[str, Any], by: str) -> None:
        text = {name: str(body[name]) if body.get(name) is not None else None for name in ("tracking", "finding", "report", "reason")}
        if step == "sent_back":
            self.returns.sent_back(ticket_id, text["tracking"], by=by, role="system")
        elif step == "received":
            self.returns.received(ticket_id, by=by, role="system")
        elif step == "inspected":
            self.returns.inspected(ticket_id, str(text["finding"]), text["report"], by=by, role="system")
        elif step == "refunded":
            self.returns.refunded(ticket_id, yuan(body.get("amount")), yuan(body.get("postage")), by=by, role="system")
        elif step == "re_sent":
            self.returns.resent(ticket_id, text["tracking"], by=by, role="system")
        else:
            self.returns.refuse(ticket_id, text["reason"] or "", by=by, role="system")


def yuan(value: object) -> Decimal | None:
    """A sum in yuan, 0 or above; None for what is none."""
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and 0 <= amount < 10_000_000 else None


def same(stored: Return, step: str, body: Mapping[str, Any]) -> bool:
    """Whether a report repeats what is stored."""
    held = {"tracking": stored.out_tracking if step == "re_sent" else stored.tracking, "finding": stored.finding, "report": stored.report}
    held |= {"reason": stored.report, "amount": str(stored.amount) if stored.amount is not None else None}
    told = {
        name: str(yuan(value)) if name == "amount" else str(value)
        for name, value in body.items()
        if value is not None and name != "postage"
    }
    if "amount" in told and stored.amount is not None:
        told["amount"] = str(Decimal(told["amount"]).quantize(Decimal("0.01")))
    if "tracking" in told:
        told["tracking"] = told["tracking"].strip().upper() if step == "sent_back" else told["tracking"]
    return stored.step == step and all(held[name] == value for name, value in told.items())
