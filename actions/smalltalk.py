"""Greetings, thanks, short words without a context, what lies beside the shop's work (scripts.md section A)."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet

from actions import responses
from actions.base import XiaoerAction
from actions.chart import OPTIONS
from actions.complaints import counted, speak
from actions.feedback import take_feedback
from actions.listening import FREE_TEXT
from actions.reviews import listened, spoken_last
from actions.turn import Turn
from policy.decide import decide
from policy.words import word, words
from shop.hours import is_open, next_opening

AGAIN = "utter_smalltalk_greet_again"
REPEATING = "utter_smalltalk_repeat_lead"
SHORT = 8  # characters of a bare wish to wait
LIGHT = ("utter_smalltalk_", "utter_complaints_acknowledge")  # what is not worth saying again
SERVICES = {"support_phone": "phone_hours_signs", "urgent_repair": "urgent_repair_signs"}


# Choices that are wishes of the return form where nothing was offered.
GOES_BACK = ("return_refund", "exchange", "reship", "repair_return", "comp_no_return")
SENT_BACK = ("return", "exchange", "repair")
# Questions that "I wait" answers, and what goes on with it.
WAITED_FOR = {"wait_change_or_refund": "action_settle_delay", "oos_choice": "action_settle_out_of_stock"}


def courteously(turn: Turn, response: str) -> None:
    """Say a courtesy; said just before, it gives way to a question what can be done, not to "as I said"."""
    if spoken_last(turn) == response:
        response = "utter_smalltalk_affirm_nothing_open" if response == AGAIN else AGAIN
    turn.say(response)


class ActionGreet(XiaoerAction):
    """s_greet_first, s_greet_return for who has ordered before, shorter when the talk is already going on."""

    def name(self) -> str:
        return "action_greet"

    def answer(self, turn: Turn) -> None:
        again = sum(1 for e in turn.tracker.events if e.get("event") == "user") > 1
        known = bool(turn.customer_id and turn.repo.orders_of(turn.customer_id))
        courteously(turn, AGAIN if again else "utter_smalltalk_greet_return" if known else "utter_smalltalk_greet")


class ActionSayGoodbye(XiaoerAction):
    """s_closing_presale."""

    def name(self) -> str:
        return "action_say_goodbye"

    def answer(self, turn: Turn) -> None:
        courteously(turn, "utter_smalltalk_goodbye")


class ActionWelcomeThanks(XiaoerAction):
    """s_welcome_thanks; s_accept_apology when it is an apology."""

    def name(self) -> str:
        return "action_welcome_thanks"

    def answer(self, turn: Turn) -> None:
        courteously(turn, "utter_smalltalk_accept_apology" if turn.entity("topic") == "apology" else "utter_smalltalk_thanks")


class ActionAcknowledge(XiaoerAction):
    """Yes, no or a choice when nothing is open."""

    def name(self) -> str:
        return "action_acknowledge"

    def answer(self, turn: Turn) -> None:
        if turn.loop and turn.intent == "choose_option":
            turn.say("utter_smalltalk_choose_unmatched")  # the form asks its question again right after
            return
        if turn.intent == "choose_option" and wished(turn):
            return
        if turn.intent == "deny" and keeps_goods(turn):
            turn.events.append(FollowupAction("action_leave_return"))
            return
        if turn.intent == "deny" and any(sign in turn.text for sign in words()["why_signs"]) and answers_before(turn):
            ActionRepeat().answer(turn)  # "why not?" says no to nothing: the reason stands in the last answer
            return
        response = {
            "affirm": "utter_smalltalk_affirm_nothing_open",
            "deny": "utter_smalltalk_deny_nothing_open",
        }.get(turn.intent, "utter_smalltalk_choose_nothing_open")
        courteously(turn, response)


def keeps_goods(turn: Turn) -> bool:
    """Whether a no says that a return which is registered is not wanted any more ("no, I will keep it"): its ticket is closed."""
    settled = turn.slot("after_return") or {}
    kept = any(sign in turn.text for sign in words()["keep_it_signs"])
    return kept and bool(settled.get("ticket")) and settled.get("kind") in SENT_BACK


def wished(turn: Turn) -> bool:
    """A choice where nothing is offered is a wish by its own words ("well, exchange it then"): its form takes it up."""
    option = str(turn.entity("option") or turn.entity("remedy") or "")
    option = OPTIONS.get(option, option)
    if option == "cancel":
        turn.events.append(FollowupAction("cancel_form"))
    elif option in GOES_BACK:
        turn.set("remedy", option)
        turn.events.append(FollowupAction("return_form"))
    else:
        return False
    return True


class ActionWait(XiaoerAction):
    """The shopper asks for a moment: the open question stays open."""

    def name(self) -> str:
        return "action_wait"

    def answer(self, turn: Turn) -> None:
        settles = WAITED_FOR.get(str(turn.tracker.get_slot("open_question")))
        if settles:
            turn.events.append(FollowupAction(settles))  # "I wait" is the answer to what was asked
            return
        if turn.tracker.get_slot("open_question") in FREE_TEXT and len(turn.text) > SHORT and listened(turn):
            return  # a story with a word of waiting in it
        turn.say("utter_smalltalk_wait")
        turn.asked = turn.tracker.get_slot("open_question")
        turn.events.append(FollowupAction("action_listen"))


def answers_before(turn: Turn) -> list[tuple[str, dict[str, Any]]]:
    """The responses that the message before this one was answered with, and their values; none when a value is not kept."""
    found: list[tuple[str, dict[str, Any]]] = []
    heard = 0
    for event in reversed(turn.tracker.events):
        if event.get("event") == "user":
            heard += 1
            if heard == 2:
                break
        elif event.get("event") == "bot" and heard == 1:
            told = event.get("metadata") or {}
            needs = responses.index(turn.now).get(str(told.get("utter_action")))
            if needs is None or any(told.get(name) in (None, "") for name in needs.variables - turn.default_values().keys()):
                return []
            found.append((str(told["utter_action"]), {name: told[name] for name in needs.variables if name in told}))
    return [one for one in reversed(found) if not one[0].startswith(LIGHT)]


class ActionRepeat(XiaoerAction):
    """s_not_understood_again: the last answer once more, in another of its wordings; asked for again, what is not clear is asked back."""

    def name(self) -> str:
        return "action_repeat"

    def answer(self, turn: Turn) -> None:
        before = [] if turn.loop else answers_before(turn)
        if not before:
            turn.say("utter_smalltalk_repeat")
            turn.asked = turn.tracker.get_slot("open_question")
            return
        turn.urgent = True
        turn.say(REPEATING)
        for response, values in before:
            turn.say(response, **values)
        turn.asked = turn.asked or turn.tracker.get_slot("open_question")


class ActionTellScope(XiaoerAction):
    """s_out_of_scope, s_nuisance (ab_04), s_invitation_decline, s_cannot_do with what can be done instead."""

    def name(self) -> str:
        return "action_tell_scope"

    def answer(self, turn: Turn) -> None:
        topic = turn.entity("topic")
        if topic == "nuisance":
            decision = decide("abuse", {"kind": "nuisance", "count": counted(turn, "nuisance"), "matter": "no"}, turn.parameters)
            turn.urgent = True
            speak(turn, decision, "general", None)
        elif topic == "invitation":
            turn.say("utter_smalltalk_invitation")
        elif topic == "impossible":
            turn.say("utter_smalltalk_cannot_do", alternative=self.instead(turn))
        elif not listened(turn):
            turn.say("utter_smalltalk_out_of_scope")
        # What was asked before is still open: a word about something else answers it not.
        turn.asked = turn.asked or turn.tracker.get_slot("open_question")

    def instead(self, turn: Turn) -> str | None:
        """What can be done in place of what was asked for."""
        kinds = words()["impossible_signs"].items()
        kind = next((str(name) for name, signs in kinds if any(sign in turn.text for sign in signs)), "other")
        return word("impossible_instead", kind)


class ActionTellIdentity(XiaoerAction):
    """s_bot_identity: an automatic assistant, always said when asked."""

    def name(self) -> str:
        return "action_tell_identity"

    def answer(self, turn: Turn) -> None:
        turn.say("utter_smalltalk_staff_identity" if turn.entity("topic") == "staff" else "utter_smalltalk_bot_identity")


class ActionTellOpeningHours(XiaoerAction):
    """s_opening_hours (oh_01 – oh_06): of people; the assistant itself answers at any hour."""

    def name(self) -> str:
        return "action_tell_opening_hours"

    def answer(self, turn: Turn) -> None:
        service = next((name for name, signs in SERVICES.items() if any(sign in turn.text for sign in words()[signs])), "shop")
        hours = turn.shop.opening_hours
        state = "open" if is_open(hours, turn.now) else "closed"
        decision = decide("opening_hours", {"wish": "hours", "state": state, "service": service}, turn.parameters)
        turn.say(
            str(decision.then["say"]),
            table=decision.table,
            row=decision.row,
            next_open=next_opening(hours, turn.now),
            phone_hours=turn.parameters.get("support_phone_hours"),
        )


class ActionThankSuggestion(XiaoerAction):
    """s_suggestion_thanks, and s_vent_no_remedy for a flaw that is only told: kept as a ticket, so that it reaches somebody."""

    def name(self) -> str:
        return "action_thank_suggestion"

    def answer(self, turn: Turn) -> None:
        if turn.tracker.get_slot("open_question") in FREE_TEXT and listened(turn):
            return
        if turn.entity("topic") == "feedback":
            take_feedback(turn)
            return
        _, spoken = turn.open_ticket("other", fields={"suggestion": turn.whole_text[:500]}, priority="low")
        turn.say("utter_smalltalk_suggestion", **spoken)


class ActionLeaveForm(XiaoerAction):
    """The shopper no longer wants what a form was asking for."""

    def name(self) -> str:
        return "action_leave_form"

    def answer(self, turn: Turn) -> None:
        turn.say("utter_smalltalk_form_left")
        for slot in ("reason", "remedy", "severity", "damaged", "target", "paused_form"):
            turn.set(slot, None)
        turn.events += [ActiveLoop(None), SlotSet("requested_slot", None)]
