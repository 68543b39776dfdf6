"""Say what a table decided: open its ticket, hand over where the row says so, leave its offer as the open question."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from rasa_sdk.events import FollowupAction

from actions import responses
from actions.complaints import leave_form
from actions.turn import Turn
from policy import ages
from policy.decide import Decision, decide
from policy.facts import OrderFacts
from policy.words import fmt, words
from shop.workdays import speak_time

NEXT = {"change_product": "change_form", "change_form": "change_form", "return_form": "return_form"}


def goes_back(then: Mapping[str, Any], kind: str, hand_over: str) -> bool:
    """Whether the shopper sends the goods back by this row (a specialist says first in rows that hand over)."""
    return kind in words()["return_kinds"] and hand_over == "no" and then.get("return") not in (None, "none", "open")


def yuan(value: object) -> Decimal | None:
    """A sum of a ticket's fields, in yuan; None for none."""
    try:
        return Decimal(str(value)) if value not in (None, "") else None
    except InvalidOperation:
        return None


def tell_time(turn: Turn, decision: Decision, order: OrderFacts | None) -> None:
    """Until when the facts of this order are known, after an answer that rests on them, if that is long ago (table ``facts_age``)."""
    if order is None or order.synced_at is None or decision.table == "facts_age":
        return
    if ages.order_age(order, turn.parameters, turn.now) == "fresh":
        return
    use = "tell" if decision.table == "logistics" else "act"
    # What is too old altogether was kept from deciding before (actions/ages.py); what is left is told with its time.
    found = decide("facts_age", {"kind": ages.kind_of(order), "reading": "old", "use": use}, turn.parameters)
    turn.say(str(found.then["say"]), table=found.table, row=found.row, as_of=speak_time(order.synced_at, turn.now))


class Undecided(RuntimeError):
    """A table asked for a fact that the action should have had."""


def tell(
    turn: Turn,
    decision: Decision,
    order: OrderFacts | None,
    values: dict[str, Any],
    *,
    fields: dict[str, Any] | None = None,
    buttons: list[dict[str, str]] | None = None,
) -> None:
    """Utter a decision.

    Raises:
        Undecided: when no row was reached; the message names table and missing input.
    """
    if decision.row is None:
        raise Undecided(f"table {decision.table} asks for {decision.ask}")
    then = decision.then
    kind = str(then.get("ticket") or "none")
    hand_over = str(then.get("hand_over") or "no")
    card = None
    if kind != "none" or hand_over == "person":
        kind = "person" if kind == "none" else kind
        summary = turn.summary(order.order_id if order else None)
        ticket, spoken = turn.open_ticket(
            kind,
            order=order,
            row=decision.row,
            fields={**(fields or {}), "summary": summary, "row": decision.row},
            priority="high" if hand_over == "person" else "normal",
        )
        values = {**values, **spoken, "summary": summary}
        if then.get("approval") == "needed":
            asked = fields or {}
            turn.life.ask_about(ticket, str(asked.get("approval_kind") or kind), yuan(asked.get("amount")), order, decision.row)
        if goes_back(then, kind, hand_over):
            turn.life.expect_goods(ticket, kind, (fields or {}).get("remedy"))
        if hand_over == "person":
            card = {"hand_over": {"reason": decision.row, "summary": summary, "ticket": ticket}}
    says = [str(then["say"])] + ([str(then["also"])] if then.get("also") not in (None, "none") and values.get("options") else [])
    known = responses.index(turn.now)
    if then.get("offer_person") == "yes" and not any(known[name].offers_person for name in says if name in known):
        buttons = [*(buttons or []), {"title": fmt("person_button"), "payload": "/request_human"}]
    for place, name in enumerate(says):
        last = place == len(says) - 1
        needs = known.get(name)
        effect = turn.life.effect(needs.effect, values.get("ticket"), order.order_id if order else None) if needs else None
        turn.say(
            name,
            table=decision.table,
            row=decision.row,
            card=None if place else card,
            buttons=buttons if last else None,
            effect=effect,
            **values,
        )
    tell_time(turn, decision, order)
    offer = str(then.get("offer") or "none")
    if offer != "none":
        turn.asked = offer
    follow = NEXT.get(str(then.get("next") or ""))
    if follow:
        turn.events.append(FollowupAction(follow))
    elif hand_over == "person":
        leave_form(turn)
