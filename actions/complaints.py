"""People and trouble: a person on request, complaints, abuse, danger (scripts.md section I; rules.md cd_*, ab_*, es_*)."""

from __future__ import annotations

from rasa_sdk.events import ActiveLoop, SlotSet

from actions.base import XiaoerAction
from actions.turn import Turn
from policy.words import words
from shop.hours import is_open, next_opening

DAY = 86400  # seconds


def leave_form(turn: Turn) -> None:
    """Close whatever form is open: a person or a complaint wins over every form."""
    if turn.loop:
        turn.events += [ActiveLoop(None), SlotSet("requested_slot", None)]
    turn.set("paused_form", None)


def hand_over(turn: Turn, reason: str = "asked_for_person") -> None:
    """Obey a request for a person: in opening hours the talk goes to the queue, outside them it becomes a note with the next opening."""
    turn.urgent = True
    if is_open(turn.shop.opening_hours, turn.now):
        turn.hand_over("utter_complaints_handover", reason, row="es_07", wait=turn.parameters.get("handover_wait_minutes"))
    else:
        turn.hand_over("utter_complaints_handover_closed", reason, row="oh_06", next_open=next_opening(turn.shop.opening_hours, turn.now))
    leave_form(turn)


class ActionHandOver(XiaoerAction):
    """s_handover_human (es_07)."""

    def name(self) -> str:
        return "action_hand_over"

    def answer(self, turn: Turn) -> None:
        hand_over(turn)


class ActionTakeComplaint(XiaoerAction):
    """s_complaint_ack: simple complaints are answered within 2 h, serious ones go to a supervisor at once (cd_02, cd_11)."""

    def name(self) -> str:
        return "action_take_complaint"

    def answer(self, turn: Turn) -> None:
        if any(sign in turn.text for sign in words()["serious_signs"]):
            turn.hand_over("utter_complaints_serious", "serious_complaint", kind="complaint_complex", row="cd_11")
        else:
            turn.hand_over("utter_complaints_complain", "complaint", kind="complaint_simple", row="cd_02")
        leave_form(turn)


class ActionAnswerAbuse(XiaoerAction):
    """ab_01 politely, ab_02 a limit, ab_03 a supervisor; counted over 24 hours (decisions.md)."""

    def name(self) -> str:
        return "action_answer_abuse"

    def answer(self, turn: Turn) -> None:
        count = self.count(turn)
        if count >= 3:
            turn.hand_over("utter_complaints_abuse_3", "abuse", kind="complaint_simple", row="ab_03")
            leave_form(turn)
        elif count == 2:
            turn.say("utter_complaints_abuse_2", row="ab_02")
        else:
            turn.say("utter_complaints_abuse_1", row="ab_01")

    def count(self, turn: Turn) -> int:
        """How often in the last 24 hours, this time included."""
        tally = dict(turn.slot("tally") or {})
        now = turn.now.timestamp()
        times = [float(at) for at in tally.get("abuse") or [] if float(at) > now - DAY] + [now]
        turn.set("tally", {**tally, "abuse": times[-3:]})
        return len(times)


class ActionAnswerDanger(XiaoerAction):
    """es_01: harm, allergy, fire, electric shock: stop using it, a person at once, no sale and no dosage."""

    def name(self) -> str:
        return "action_answer_danger"

    def answer(self, turn: Turn) -> None:
        turn.urgent = True
        turn.hand_over("utter_complaints_danger", "danger", kind="danger", row="es_01")
        leave_form(turn)


class ActionPassOn(XiaoerAction):
    """A wish that needs a colleague (invoice, documents …): a ticket with the question, and when it is answered."""

    def name(self) -> str:
        return "action_pass_on"

    def answer(self, turn: Turn) -> None:
        _, spoken = turn.open_ticket("other", fields={"wish": turn.intent, "text": turn.text[:500]})
        turn.say("utter_complaints_other_topic", **spoken)
