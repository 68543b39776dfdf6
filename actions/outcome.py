"""Say what a table decided: open its ticket, hand over where the row says so, leave its offer as the open question."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import FollowupAction

from actions import responses
from actions.complaints import leave_form
from actions.turn import Turn
from policy.decide import Decision
from policy.facts import OrderFacts
from policy.words import fmt

NEXT = {"change_product": "change_form", "change_form": "change_form", "return_form": "return_form"}


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
        if hand_over == "person":
            card = {"hand_over": {"reason": decision.row, "summary": summary, "ticket": ticket}}
    says = [str(then["say"])] + ([str(then["also"])] if then.get("also") not in (None, "none") and values.get("options") else [])
    known = responses.index()
    if then.get("offer_person") == "yes" and not any(known[name].offers_person for name in says if name in known):
        buttons = [*(buttons or []), {"title": fmt("person_button"), "payload": "/request_human"}]
    for place, name in enumerate(says):
        last = place == len(says) - 1
        turn.say(name, table=decision.table, row=decision.row, card=None if place else card, buttons=buttons if last else None, **values)
    offer = str(then.get("offer") or "none")
    if offer != "none":
        turn.asked = offer
    follow = NEXT.get(str(then.get("next") or ""))
    if follow:
        turn.events.append(FollowupAction(follow))
    elif hand_over == "person":
        leave_form(turn)
