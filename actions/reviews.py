"""Content or not, and reviews (flows.md F17; rules.md re_*, fv_*): asked for once and honestly, never bought, never pressed away."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import FollowupAction

from actions import complaints
from actions.base import XiaoerAction
from actions.changed_mind import decided
from actions.chart import GUIDED, rows_told
from actions.complaint_facts import COMPLAINTS, FLOWS, hears, matter_of, open_complaint, order_of, record, yes
from actions.listening import REVIEW
from actions.turn import Turn
from actions.values import says
from policy.decide import decide
from policy.words import words
from shop.tickets import Ticket

RECEIVED = ("received", "confirmed")
GLAD_OPEN = "utter_reviews_glad_open"
# Tickets that make praise wait: something is still being settled.
OPEN_MATTERS = (*COMPLAINTS, "return", "exchange", "reship", "compensation", "specialist", "repair", "lost_parcel", "review")


def order_word(turn: Turn) -> str:
    """Where the goods are that are spoken of: received | on_the_way | unknown; of a signed-in shopper's orders when none is named."""
    order = order_of(turn)
    if order is None and turn.customer_id:
        mine = turn.repo.orders_of(turn.customer_id)
        if any(one.state in RECEIVED for one in mine):
            return "received"
        order = mine[0] if mine else None
    if order is None:
        return "unknown"
    return "received" if order.state in RECEIVED else "on_the_way"


def remember(turn: Turn, what: str) -> int:
    """Count something of this talk in the slot ``tally``; the count with this time."""
    tally = dict(turn.slot("tally") or {})
    tally[what] = int(tally.get(what) or 0) + 1
    turn.set("tally", tally)
    return int(tally[what])


def about(turn: Turn) -> str:
    """What a question about reviews is after (``review_questions``)."""
    found = words()["review_questions"].items()
    return next((str(name) for name, signs in found if any(sign in turn.whole_text for sign in signs)), "other")


def spoken_last(turn: Turn) -> str | None:
    """The response that the shopper was answered with last."""
    said = [(e.get("metadata") or {}).get("utter_action") for e in turn.tracker.events if e.get("event") == "bot"]
    return str(said[-1]) if said and said[-1] else None


def pending(turn: Turn) -> Ticket | None:
    """A ticket that is still to be settled."""
    return open_complaint(turn, OPEN_MATTERS, earlier=True)


def review(turn: Turn, topic: str, step: str = "hear") -> None:
    """Decide with the table ``reviews`` and say it, with a ticket where somebody has to look."""
    held = pending(turn) if topic == "satisfied" else None
    reminded = spoken_last(turn) == GLAD_OPEN
    told = {
        "topic": topic,
        "step": step,
        "about": about(turn),
        "order": order_word(turn),
        "invited": yes((turn.slot("tally") or {}).get("invited") or (held and reminded)),
        "reviewed": yes(hears(turn, "already_reviewed_signs")),
        "complaint": yes(held and not reminded),
        "malice": yes(hears(turn, "blackmail_signs")),
    }
    decision = decide("reviews", told, turn.parameters)
    then = decision.then
    values: dict[str, Any] = {}
    card = None
    if then["ticket"] != "none":
        kind, person = str(then["ticket"]), then["hand_over"] == "person"
        summary = turn.summary(str(turn.slot("order_id")) if turn.slot("order_id") else None)
        fields = {**record(turn, "review"), "about": told["about"], "summary": summary}
        ticket, values = turn.open_ticket(
            kind, order=order_of(turn), row=decision.row, fields=fields, priority="high" if person else "normal"
        )
        if person:
            card = {"hand_over": {"reason": str(decision.row), "summary": summary, "ticket": ticket}}
    elif held is not None:
        values = {"ticket": held.id, "team": turn.team(held.kind), "deadline": turn.spoken_deadline(held.kind, held.due_at)}
    turn.say(str(then["say"]), table=decision.table, row=decision.row, card=card, **values)
    if decision.row == "re_01":
        remember(turn, "invited")
    if card:
        complaints.leave_form(turn)


def after(turn: Turn) -> str:
    """What was done before the shopper says whether it helped: guide | service | delivery | other, by the last answers of the talk."""
    said = [event.get("metadata") or {} for event in turn.tracker.events if event.get("event") == "bot"][-4:]
    marks = [str(one.get(key) or "") for one in reversed(said) for key in ("row", "utter_action")]
    for name, signs in words()["followup_after"].items():
        if any(mark.startswith(tuple(signs)) for mark in marks if mark):
            return str(name)
    return "delivery" if order_word(turn) == "received" else "other"


class ActionHearSatisfied(XiaoerAction):
    """fv_01 – fv_03: glad; a review is asked for once, when the goods are there and nothing is open (re_01)."""

    def name(self) -> str:
        return "action_hear_satisfied"

    def answer(self, turn: Turn) -> None:
        decision = decide("follow_up", {"answer": "satisfied", "after": after(turn)}, turn.parameters)
        if decision.then["next"] == "review":
            review(turn, "satisfied")
        else:
            turn.say(str(decision.then["say"]), table=decision.table, row=decision.row)


class ActionHearUnsatisfied(XiaoerAction):
    """fv_01, fv_02, fv_04: what is still wrong leads on: to the matter's own flow, to the fault, to a complaint the second time."""

    def name(self) -> str:
        return "action_hear_unsatisfied"

    def answer(self, turn: Turn) -> None:
        if turn.tracker.get_slot("open_question") == "complaint_details":
            complaints.hear(turn)
            return
        if turn.tracker.get_slot("open_question") == "compensation":  # what was offered does not content
            turn.events.append(FollowupAction("action_settle_compensation"))
            return
        if decided(turn):  # "rather exchange it": another way for the return that was settled
            turn.events.append(FollowupAction("return_form"))
            return
        if rows_told(turn) & set(GUIDED) and says(turn, "tried_signs"):
            turn.set("reason", "quality")  # the manual's steps did not help: the fault is taken on
            turn.events.append(FollowupAction("return_form"))
            return
        matter = matter_of(turn)
        told = {"answer": "unsatisfied", "after": after(turn), "matter": yes(matter in FLOWS), "tries": remember(turn, "unsatisfied")}
        decision = decide("follow_up", told, turn.parameters)
        turn.say(str(decision.then["say"]), table=decision.table, row=decision.row)
        if decision.then["next"] == "complaint":
            complaints.take(turn, "general")
        elif decision.then["next"] == "matter":
            complaints.follow(turn, matter)
        elif decision.then["next"] == "quality":
            turn.set("reason", "quality")
            turn.events.append(FollowupAction("return_form"))


class ActionAnswerReview(XiaoerAction):
    """re_02 – re_05: a bad review is listened to, a question about reviews is answered honestly."""

    def name(self) -> str:
        return "action_answer_review"

    def answer(self, turn: Turn) -> None:
        topic = "question" if turn.entity("topic") == "question" else "negative"
        review(turn, topic, "details" if turn.tracker.get_slot("open_question") == REVIEW and topic == "negative" else "hear")


class ActionHearReview(XiaoerAction):
    """What was wrong with the goods or the service of a bad review: kept, put right, answered openly."""

    def name(self) -> str:
        return "action_hear_review"

    def answer(self, turn: Turn) -> None:
        if turn.intent == "deny" and len(turn.text) <= complaints.SHORT:
            turn.say("utter_reviews_as_you_like")
        else:
            review(turn, "negative", "details")


def listened(turn: Turn) -> bool:
    """Answer free text that was asked for (a complaint's story, a remedy, a review's reason); False when none was."""
    question = turn.tracker.get_slot("open_question")
    if question == "complaint_details":
        complaints.hear(turn)
    elif question == "complaint_remedy":
        complaints.close(turn)
    elif question == REVIEW:
        review(turn, "negative", "details")
    else:
        return False
    return True
