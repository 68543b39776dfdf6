"""People and trouble: a person on request, complaints in their ten steps, abuse, danger (flows.md F15, F19; rules.md cd_*, ab_*, es_*)."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet

from actions.base import XiaoerAction
from actions.briefing import briefing
from actions.complaint_facts import (
    COMPLAINTS,
    FLOWS,
    PROGRESS,
    facts,
    hears,
    matter_of,
    open_complaint,
    open_word,
    order_of,
    record,
    restated,
    tickets,
    topic_of,
)
from actions.listening import DETAILS, REMEDY
from actions.turn import Turn
from policy.decide import Decision, decide
from policy.words import word
from shop.hours import is_open, next_opening
from shop.tickets import Ticket

HOUR = 3600  # seconds
SHORT = 5  # characters of a bare yes or no
ABOUT_PEOPLE = ("attitude", "agent_error")  # complaints that go to the supervisor (cd_05, cd_06)
# Any ticket is what "nobody answered me" may be about.
ANY_KIND = ("complaint_simple", "complaint_complex", "complaint_supervisor", "complaint_serious", "other", "person", "specialist", "review")


def leave_form(turn: Turn) -> None:
    """Close whatever form is open: a person or a complaint wins over every form."""
    if turn.loop:
        turn.events += [ActiveLoop(None), SlotSet("requested_slot", None)]
    turn.set("paused_form", None)


def hand_over(turn: Turn, reason: str = "asked_for_person") -> None:
    """Obey a request for a person (F19): to the queue in opening hours, outside them a note with the next opening."""
    turn.urgent = True
    state = "open" if is_open(turn.shop.opening_hours, turn.now) else "closed"
    decision = decide("opening_hours", {"wish": "person", "state": state}, turn.parameters)
    turn.hand_over(
        str(decision.then["say"]),
        reason,
        kind=str(decision.then["ticket"]),
        table=decision.table,
        row=decision.row,
        wait=turn.parameters.get("handover_wait_minutes"),
        next_open=next_opening(turn.shop.opening_hours, turn.now),
    )
    leave_form(turn)


def counted(turn: Turn, what: str) -> int:
    """How often in the last ``abuse_window_hours``, this time included; kept in the slot ``tally``."""
    tally = dict(turn.slot("tally") or {})
    now = turn.now.timestamp()
    since = now - float(turn.parameters["abuse_window_hours"]) * HOUR
    times = [float(at) for at in tally.get(what) or [] if float(at) > since] + [now]
    turn.set("tally", {**tally, what: times[-3:]})
    return len(times)


def follow(turn: Turn, matter: str | None) -> None:
    """Go on with the matter that was named: its form or its answer, in the same turn."""
    action, reason, _ = FLOWS[str(matter)]
    if reason and not turn.slot("reason"):
        turn.set("reason", reason)
    if turn.loop and turn.loop != action:
        leave_form(turn)
    turn.events.append(FollowupAction(action))


def speak(turn: Turn, decision: Decision, topic: str, known: Ticket | None, **values: Any) -> None:
    """Say a row of ``complaints`` or ``abuse`` with its ticket: the known one when it is of the same kind."""
    then = decision.then
    kind, person = str(then["ticket"]), then["hand_over"] == "person"
    order = order_of(turn)
    summary = turn.summary(order.order_id if order else None)
    fields = {**record(turn, topic), **(briefing(turn) if person else {}), "summary": summary, "row": decision.row}
    ticket: str | None = None
    here = known is not None and known.conversation_id == turn.conversation_id
    if known is not None and (kind in ("none", known.kind) or (here and kind == "complaint_supervisor")):
        due = known.due_at
        if here and not turn.dry_run:  # a supervisor's shorter time counts, a longer one moves nothing
            sooner = turn.deadline(kind) if kind != "none" else None
            kept: dict[str, Any] = {"row": decision.row, "fields": fields, "due_at": sooner, "priority": "high" if person else "normal"}
            due = tickets(turn).open(known.kind, conversation_id=known.conversation_id, order_id=known.order_id, **kept).due_at
        ticket, kind = known.id, known.kind
        values = {"ticket": ticket, "team": turn.team(kind), "deadline": turn.spoken_deadline(kind, due), **values}
    elif kind != "none":
        ticket, spoken = turn.open_ticket(kind, order=order, row=decision.row, fields=fields, priority="high" if person else "normal")
        values = {**spoken, **values}
    card = {"hand_over": {"reason": str(decision.row), "summary": summary, "ticket": ticket}} if person else None
    values = {"summary": summary, "next_open": next_opening(turn.shop.opening_hours, turn.now), **values}
    turn.say(str(then["say"]), table=decision.table, row=decision.row, card=card, **values)
    if then["solve"] == "yes":
        follow(turn, matter_of(turn))
    elif person:
        turn.asked = None
        leave_form(turn)


def calmed(turn: Turn) -> None:
    """Remember that calming was tried: anger after it goes to the supervisor (cd_07)."""
    tally = dict(turn.slot("tally") or {})
    turn.set("tally", {**tally, "calmed": int(tally.get("calmed") or 0) + 1})


def take(turn: Turn, topic: str, known: Ticket | None = None) -> None:
    """Steps one to four of cd_08: fast, warm, willing, leading to the matter; with a number and a time where it is not settled at once."""
    if known is None:
        progress = matter_of(turn) == PROGRESS
        known = open_complaint(turn, ANY_KIND if progress else COMPLAINTS, earlier=progress or hears(turn, "earlier_signs"))
    if known is not None and topic in ABOUT_PEOPLE and known.fields.get("topic") != topic:
        known = None  # another complaint
    told = facts(turn, "take", topic, known)
    decision = decide("complaints", told, turn.parameters)
    turn.urgent = decision.then["hand_over"] == "person"
    if told["mood"] == "angry":
        calmed(turn)
    if decision.row == "cd_04":  # the promised time is over: a new one is told, not the old one again
        kind = str(decision.then["ticket"])
        speak(turn, decision, topic, None, deadline=turn.spoken_deadline(kind, turn.deadline(kind)))
    else:
        speak(turn, decision, topic, known)
    if decision.then["solve"] == "no":
        leave_form(turn)


def hear(turn: Turn) -> None:
    """Steps five to nine: what was told is kept and said back, recognised, and the remedies are named to choose from."""
    known = open_complaint(turn)
    if known is None or open_word(turn, known) == "overdue":
        take(turn, topic_of(turn))
        return
    topic = topic_of(turn)
    if topic in ("general", "angry"):  # says nothing new of what it is about
        topic = str(known.fields.get("topic") or "general")
    told = facts(turn, "details", topic, known)
    decision = decide("complaints", told, turn.parameters)
    turn.urgent = decision.then["hand_over"] == "person"
    if told["mood"] == "angry":
        calmed(turn)
    speak(turn, decision, topic, known, summary=restated(turn, topic, known))
    if decision.row == "cd_08":
        kind = known.kind
        about: dict[str, Any] = {"team": turn.team(kind), "deadline": turn.spoken_deadline(kind, known.due_at)}
        turn.say("utter_complaints_remedy", table=decision.table, row=decision.row, buttons=own_way(turn, known), **about)
        leave_form(turn)


def own_way(turn: Turn, known: Ticket) -> list[dict[str, str]] | None:
    """A button for the matter that the complaint names, when the assistant can settle it."""
    matter = matter_of(turn) or known.fields.get("matter")
    wish = FLOWS[str(matter)][2] if matter in FLOWS else None
    title = word("guesses", wish)
    return [{"title": title, "payload": f"/{wish}"}] if title else None


def close(turn: Turn) -> None:
    """The last step: what happens until when, and thanks; or a person, when that was chosen."""
    known = open_complaint(turn)
    wish = "person" if turn.entity("option") == "person" else "reply"
    decision = decide("complaints", {"step": "close", "wish": wish}, turn.parameters)
    if decision.then["hand_over"] == "person" or known is None:
        hand_over(turn, str(decision.row))
        return
    speak(turn, decision, str(known.fields.get("topic") or "general"), known)


class ActionHandOver(XiaoerAction):
    """s_handover_human (es_07), s_opening_hours (oh_06)."""

    def name(self) -> str:
        return "action_hand_over"

    def answer(self, turn: Turn) -> None:
        hand_over(turn)


class ActionTakeComplaint(XiaoerAction):
    """F15: a complaint is taken, and what is said after that is listened to."""

    def name(self) -> str:
        return "action_take_complaint"

    def answer(self, turn: Turn) -> None:
        if turn.tracker.get_slot("open_question") == "complaint_details" and topic_of(turn) != "supervisor":
            hear(turn)
        else:
            take(turn, topic_of(turn))


class ActionHearComplaint(XiaoerAction):
    """A short word or a choice where the story of the complaint was asked for."""

    def name(self) -> str:
        return "action_hear_complaint"

    def answer(self, turn: Turn) -> None:
        if turn.intent == "choose_option" or len(turn.text) > SHORT:  # a sentence that begins with yes or no is the story itself
            hear(turn)
        elif turn.intent == "deny":
            if open_complaint(turn):
                close(turn)
            else:
                turn.say("utter_reviews_as_you_like")
        else:
            turn.say("utter_complaints_listening")


class ActionCloseComplaint(XiaoerAction):
    """s_complaint_close after the remedy was chosen; no to both (or to what was said back) is listened to again."""

    def name(self) -> str:
        return "action_close_complaint"

    def answer(self, turn: Turn) -> None:
        if turn.intent == "deny" and len(turn.text) > SHORT:
            hear(turn)
        elif turn.intent == "deny":
            turn.say("utter_complaints_listen_again")
        else:
            close(turn)


class ActionAnswerAbuse(XiaoerAction):
    """ab_01 politely, ab_02 a limit, ab_03 a supervisor; counted over a day (decisions.md)."""

    def name(self) -> str:
        return "action_answer_abuse"

    def answer(self, turn: Turn) -> None:
        matter = "yes" if matter_of(turn) in FLOWS else "no"
        decision = decide("abuse", {"kind": "abuse", "count": counted(turn, "abuse"), "matter": matter}, turn.parameters)
        turn.urgent = True
        kept = turn.tracker.get_slot("open_question")
        speak(turn, decision, "angry", None)
        if turn.asked is None and kept in (DETAILS, REMEDY) and (decision.then["hand_over"], decision.then["solve"]) == ("no", "no"):
            turn.asked = kept  # what the shopper was telling is listened to when the abuse stops (F15)


class ActionAnswerDanger(XiaoerAction):
    """es_01: harm, allergy, fire, electric shock: stop using it, a person at once, no sale and no dosage."""

    def name(self) -> str:
        return "action_answer_danger"

    def answer(self, turn: Turn) -> None:
        turn.urgent = True
        decision = decide("complaints", facts(turn, "danger", "serious", None), turn.parameters)
        speak(turn, decision, "serious", None)
