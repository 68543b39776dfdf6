"""One matter told: what is late first, then the step of the goods, the approval, the state.

Rules.md §19; scripts s_ticket_status, s_return_received, s_return_finish, s_qp_no_fault.
"""

from __future__ import annotations

from typing import Any

from actions.chart import decide_postage, postage_values
from actions.findings import tell_finding
from actions.turn import Turn
from actions.values import money, order_values
from policy.decide import Decision
from policy.facts import OrderFacts
from policy.lifecycle import approval_title, kind_of
from policy.outcomes import FINDINGS, Outcome, outcome
from policy.words import word
from shop.return_records import FINISHED, Return
from shop.tickets import Ticket
from shop.workdays import speak_date, speak_time


def tell_ticket(turn: Turn, ticket: Ticket) -> None:
    """One ticket: what is late is said first, then the goods' step, the approval, the state."""
    turn.set("ticket_id", ticket.id)
    goods = turn.life.returns.get(ticket.id)
    order = turn.repo.order(ticket.order_id) if ticket.order_id else None
    values = values_of(turn, ticket, order)
    if order is not None and checked(ticket) and told_now(ticket, goods):
        tell_finding(turn, ticket, order, str(ticket.fields["finding"]))
    elif goods is not None and (goods.step in FINISHED or ticket.state != "closed") and not is_late(turn, ticket, goods):
        tell_goods(turn, ticket, goods, order, values)
    elif ticket.state == "closed":
        tell_closed(turn, ticket, values)
    elif is_late(turn, ticket, goods):
        tell_late(turn, ticket, values)
    elif not tell_approval(turn, ticket, values):
        tell_state(turn, ticket, values)


def checked(ticket: Ticket) -> bool:
    """Whether a colleague has entered what photos or papers showed, before any goods were sent (dm_02–dm_07)."""
    return ticket.fields.get("finding") in FINDINGS.get(str(ticket.fields.get("reason")), ())


def told_now(ticket: Ticket, goods: Return | None) -> bool:
    """Whether a colleague's finding is the news of this ticket: nothing is on its way yet, and it changes what was settled before."""
    settled = goods is not None or bool(ticket.fields.get("accepted"))  # an offer taken, goods awaited: confirmed is what both rest on
    waiting = goods is None or goods.step == "approved"
    return ticket.state != "closed" and waiting and not (settled and ticket.fields["finding"] == "confirmed")


def values_of(turn: Turn, ticket: Ticket, order: OrderFacts | None) -> dict[str, Any]:
    """What any answer about a ticket may name."""
    return {
        **(order_values(turn, order) if order else {}),
        "ticket": ticket.id,
        "question": kind_of(ticket.kind).word,
        "team": turn.team(ticket.kind),
        "deadline": spoken(turn, ticket),
        "waits_for": word("waits_for", ticket.waits_for),
        "days": str(int(float(turn.parameters["inspection_workdays"]))),
    }


def spoken(turn: Turn, ticket: Ticket) -> str:
    """The promised time of a ticket: a clock time within a day, else the day."""
    if ticket.due_at is None:
        return turn.spoken_deadline(ticket.kind, turn.deadline(ticket.kind))
    near = (ticket.due_at - turn.now).total_seconds() < 24 * 3600
    return speak_time(ticket.due_at, turn.now) if near else speak_date(ticket.due_at)


def is_late(turn: Turn, ticket: Ticket, goods: Return | None) -> bool:
    """Whether we have missed a promised time. While the goods are with the shopper or on their way, nothing of ours is late."""
    if ticket.state in ("closed", "suspended") or ticket.waits_for == "shopper" or ticket.due_at is None:
        return False
    return ticket.due_at < turn.now and (goods is None or goods.step not in ("approved", "sent_back"))


def tell_late(turn: Turn, ticket: Ticket, values: dict[str, Any]) -> None:
    """cd_04: said honestly, with a new promise; the ticket goes before others (tk_08)."""
    assert ticket.due_at is not None  # is_late has seen it
    promise, effect = turn.life.promise_again(ticket.id)
    said = {**values, "until": speak_time(ticket.due_at, turn.now), "deadline": speak_time(promise, turn.now)}
    turn.say("utter_tickets_late", table="tickets", row="tk_08", effect=effect, **said)


def tell_closed(turn: Turn, ticket: Ticket, values: dict[str, Any]) -> None:
    """tk_05: closed, and whether it can be taken up again."""
    until = speak_date(ticket.closed_at) if ticket.closed_at else None
    days = (turn.now - ticket.closed_at).days if ticket.closed_at else 0
    allowed = turn.life.rules.ticket("closed", "reopen", who="shopper", reason=True, days=days)
    name = "utter_tickets_status_closed" if allowed.allowed else "utter_tickets_status_closed_long_ago"
    turn.say(name, table="tickets", row="tk_05", **{**values, "until": until})


def tell_approval(turn: Turn, ticket: Ticket, values: dict[str, Any]) -> bool:
    """What a supervisor was asked about this ticket last; False when nothing was."""
    found = next(iter(turn.life.approvals.of_ticket(ticket.id)), None)
    if found is None:
        return False
    asked = {**values, "question": approval_title(found.kind, found.amount)}
    if found.state == "granted":
        turn.say("utter_tickets_approval_granted", row=found.row, effect=turn.life.effect("approval_granted", ticket.id), **asked)
    elif found.state == "refused":
        turn.say("utter_tickets_approval_refused", row=found.row, **{**asked, "report": found.reason})
    else:
        turn.say("utter_tickets_approval_waiting", row=found.row, **asked)
    return True


def tell_state(turn: Turn, ticket: Ticket, values: dict[str, Any]) -> None:
    """tk_01–tk_04: the state, who works on it or is waited for, the next time."""
    if ticket.state == "suspended":
        why = next((event.why for event in reversed(turn.life.tickets.history(ticket.id)) if event.event == "suspend"), None)
        until = speak_date(ticket.resume_on) if ticket.resume_on else None
        turn.say("utter_tickets_status_suspended", table="tickets", row="tk_04", **{**values, "report": why, "until": until})
    elif ticket.state == "tracking":
        name = "utter_tickets_status_your_turn" if ticket.waits_for == "shopper" else "utter_tickets_status_tracking"
        turn.say(name, table="tickets", row="tk_03", **values)
    elif ticket.state == "mine":
        turn.say("utter_tickets_status_mine", table="tickets", row="tk_02", **values)
    else:
        turn.say("utter_tickets_status_new", table="tickets", row="tk_01", **values)


def tell_goods(turn: Turn, ticket: Ticket, goods: Return, order: OrderFacts | None, values: dict[str, Any]) -> None:
    """The step that goods coming back have reached (table return_steps)."""
    said = {**values, "report": goods.report, "waits_for": word("waits_for", goods.waits_for)}
    life, table = turn.life, "return_steps"
    if goods.step == "approved":
        turn.say("utter_returns_progress_waiting", table=table, row="rs_01", **said)
    elif goods.step == "sent_back":
        effect = life.effect("return_send_back", ticket.id)
        turn.say("utter_returns_progress_sent", table=table, row="rs_02", effect=effect, **{**said, "tracking": goods.tracking})
    elif goods.step == "received" and goods.appeals:
        turn.say("utter_tickets_return_again", table=table, row="rs_10", **said)
    elif goods.step == "received":
        until = speak_date(goods.received_at) if goods.received_at else None
        effect = life.effect("return_receive", ticket.id)
        turn.say("utter_tickets_return_received", table=table, row="rs_03", effect=effect, **{**said, "until": until})
    elif goods.step == "inspected":
        tell_inspection(turn, ticket, goods, order, said)
    elif goods.step == "refunded":
        name = "utter_tickets_refunded_no_sum" if goods.amount is None else "utter_tickets_refunded"
        effect = life.effect("return_refund", ticket.id)
        turn.say(name, table=table, row="rs_16", effect=effect, **{**said, "refund": money(goods.amount)})
    elif goods.step == "re_sent":
        name = "utter_tickets_resent" if goods.out_tracking else "utter_tickets_resent_no_number"
        effect = life.effect("return_resend", ticket.id)
        turn.say(name, table=table, row="rs_18", effect=effect, **{**said, "tracking": goods.out_tracking})
    else:
        turn.say("utter_tickets_return_refused", table=table, row="rs_21", **said)


def judged(turn: Turn, ticket: Ticket, goods: Return, order: OrderFacts | None) -> Outcome | None:
    """What the finding means by the tables of the reason (qp_07, qp_10, qp_13, dm_*); None where none of them applies."""
    reason = str(ticket.fields.get("reason") or "quality")
    if order is None or goods.finding not in FINDINGS.get(reason, ()):
        return None
    return outcome(reason, goods.finding, goods.remedy, order, turn.parameters, turn.shop, turn.now)


def tell_inspection(turn: Turn, ticket: Ticket, goods: Return, order: OrderFacts | None, said: dict[str, Any]) -> None:
    """The inspection's result; one against the shopper with its evidence, before it costs anything (qp_10, decisions.md)."""
    found = judged(turn, ticket, goods, order)
    chart = found.chart if found else None
    steps = {"confirmed": "rs_05" if goods.remedy == "return_refund" else "rs_06"}.get(goods.finding, "rs_08")
    table, row = (chart.table, chart.row) if chart and chart.row else ("return_steps", steps)
    if goods.finding == "confirmed":
        for name in confirmed(goods.remedy, found.freight if found else None):
            turn.say(name, table=table, row=row, **said)
        return
    if goods.choice != "open":
        row = "rs_13" if goods.choice == "send_back" else "rs_14"
        turn.say(f"utter_tickets_choice_{goods.choice}", table="return_steps", row=row, **said)
        return
    sums = costs(turn, order, found)
    name = f"utter_tickets_{goods.finding}"
    if not sums.get("freight"):
        name = f"{name}_quote"
    elif goods.finding == "no_fault" and not sums.get("refund"):
        name = "utter_tickets_no_fault_late"
    if not turn.dry_run:
        turn.life.returns.told(ticket.id)
    if order is not None:
        turn.set("order_id", order.order_id)
    turn.say(name, table=table, row=row, **{**said, **sums})


def confirmed(remedy: str, freight: Decision | None) -> list[str]:
    """What is said of goods found as told: what follows, and what comes back of the postage by the row of this order (pr_c_02)."""
    if freight is None:  # an own reason: nothing was told to be proved
        return ["utter_tickets_inspected_own_refund" if remedy == "return_refund" else "utter_tickets_inspected_resend"]
    advanced = freight.then["advanced_by"] == "shopper" and freight.then["return"] in ("shop", "insurance_then_shop")
    if remedy == "return_refund":
        return ["utter_tickets_inspected_refund" if advanced else "utter_tickets_inspected_refund_only"]
    name = "utter_tickets_inspected_exchange" if remedy == "exchange" else "utter_tickets_inspected_repair"
    return [name, "utter_tickets_advance_back"] if advanced else [name]


def costs(turn: Turn, order: OrderFacts | None, found: Outcome | None) -> dict[str, Any]:
    """What sending it back would cost (the row of the finding, pr_n_*), what an own-reason return would refund: yuan, told first."""
    if order is None:
        return {}
    own = decide_postage(turn, order, reason="buyer_reason", remedy="return_refund", insurance="no")
    sums: dict[str, Any] = {}
    for decision in (own, found.freight if found else None):
        if decision is not None and decision.row is not None:
            sums |= {
                name: value for name, value in postage_values(turn, order, decision).items() if name in ("freight", "refund") and value
            }
    if own.then.get("ticket") != "return":
        sums.pop("refund", None)  # the days of an own-reason return are over: a specialist looks
    return sums
