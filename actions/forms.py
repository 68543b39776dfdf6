"""Forms that ask what the tables ask (architecture §3): the validation action decides the next question, no list does.

How Rasa runs a form: the validation action is called once or twice for one message; a message that answers nothing is
rejected, so that the rule of its intent answers it, and ``actions/base.py`` brings the form back with its open question.
"""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Collection
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import ActionExecutionRejection
from rasa_sdk.types import DomainDict

from actions import context, ownership
from actions.base import INFORMATION_FORMS, XiaoerAction
from actions.turn import Turn
from actions.values import says
from policy.facts import OrderFacts

log = logging.getLogger(__name__)

# Intents that answer a question rather than ask one: a form reads them, whatever it asks for.
ANSWERS = frozenset(
    {"affirm", "deny", "choose_option", "provide_order_id", "give_measurements", "nlu_fallback", "unclear_message", "inform", ""}
)
# Intents that no form reads, whatever values their words hold: safety, people and trouble win over every form.
WINS = frozenset({"report_danger", "request_human", "complain", "abuse"})
# A message this short, without a word that asks, is an answer whatever the classifier makes of it ("the blue one").
BARE = 8
_recent: OrderedDict[tuple[Any, ...], list[dict[str, Any]]] = OrderedDict()


def leans(turn: Turn) -> bool:
    """Whether this message is a short question about the order matter under way, or about goods, and opens no form."""
    from actions.knowledge import misread
    from actions.short_questions import first_reader, plan  # its answers use forms themselves

    return first_reader(turn) and (plan(turn) is not None or misread(turn) is not None)


class FormAction(XiaoerAction):
    """Validation action of one form."""

    form: str
    intents: frozenset[str] = frozenset()  # the wishes that belong to this form

    def name(self) -> str:
        return f"validate_{self.form}"

    def answer(self, turn: Turn) -> None:
        raise TypeError("a form's validation answers with slots")

    @abstractmethod
    def collect(self, turn: Turn) -> dict[str, Any]:
        """What this message adds: slot → value."""

    @abstractmethod
    def next_question(self, turn: Turn, fresh: bool) -> str | None:
        """The slot to ask for, None when the form is done (or ends early: slot ``outcome``)."""

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        turn = Turn(dispatcher, tracker, context.current())
        fresh = not _resumed(tracker, self.form)
        key = (
            turn.conversation_id,
            turn.message_id,
            self.form,
            turn.loop,
            fresh,
            repr(sorted((k, repr(v)) for k, v in tracker.slots.items())),
        )
        if turn.message_id and key in _recent:
            return list(_recent[key])
        try:
            events = self._validate(turn, fresh)
        except ActionExecutionRejection:
            raise
        except Exception:
            log.exception("form %s failed in talk %s", self.form, turn.conversation_id)
            events = [SlotSet("outcome", "utter_smalltalk_action_failed"), SlotSet("requested_slot", None)]
        _recent[key] = events
        while len(_recent) > 256:
            _recent.popitem(last=False)
        return list(events)

    def _validate(self, turn: Turn, fresh: bool) -> list[dict[str, Any]]:
        active = turn.loop == self.form
        requested = turn.tracker.get_slot("requested_slot") if active else None
        turn.set("outcome", None)
        if fresh and not requested and leans(turn):
            turn.set("requested_slot", None)  # the form's own action answers it as a question about the matter under way
            return turn.events
        if fresh:
            collected = self.collect(turn)
            if active and requested and self._is_digression(turn, requested, collected):
                raise ActionExecutionRejection(self.form, f"{turn.intent} does not answer {requested}")
            for slot, value in collected.items():
                turn.set(slot, value)
            left = _interrupted(turn.tracker, self.form)
            if left and self.form in INFORMATION_FORMS:
                turn.set("paused_form", left)
        turn.set("requested_slot", self.next_question(turn, fresh))
        return turn.events

    def _is_digression(self, turn: Turn, requested: str, collected: dict[str, Any]) -> bool:
        if turn.intent in WINS:
            return True
        if turn.intent in self.intents:
            return False
        if turn.intent in ANSWERS:
            return not self.answers(turn, requested, collected)
        return requested not in collected or turn.slot(requested) == collected[requested]

    def answers(self, turn: Turn, requested: str, collected: dict[str, Any]) -> bool:
        """Whether a short message says anything to this form."""
        return bool(collected)


class OrderForm(FormAction):
    """A form that begins with an order (``states``: where the wish makes sense)."""

    states: tuple[str, ...] = ()

    def collect(self, turn: Turn) -> dict[str, Any]:
        return {name: turn.entity(name) for name in ("order_number", "phone_tail") if turn.entity(name)}

    def answers(self, turn: Turn, requested: str, collected: dict[str, Any]) -> bool:
        if requested == "order_id" and turn.customer_id and turn.entity("product") and turn.intent != "deny":
            return True
        return super().answers(turn, requested, collected)

    def _is_digression(self, turn: Turn, requested: str, collected: dict[str, Any]) -> bool:
        if requested == "order_id" and not turn.customer_id and turn.intent not in WINS and (lost(turn) or asks_for_other_proof(turn)):
            return False  # what is asked about the proof is answered where the proof is asked for
        # A bare name of a product says which order, whatever the classifier makes of one word.
        named = requested == "order_id" and turn.entity("product") and 0 < len(turn.text) <= BARE and turn.intent != "deny"
        return not (named and not says(turn, "question_signs")) and super()._is_digression(turn, requested, collected)

    def wanted_states(self, turn: Turn) -> tuple[str, ...]:
        """Order states in which this wish makes sense."""
        return self.states

    def fitting(self, turn: Turn) -> Callable[[OrderFacts], bool] | None:
        """What else an order of this wish is like, None for nothing."""
        return None

    def naming(self, turn: Turn) -> Collection[str] | None:
        """Ids of the products by which this message names the order, None for all that it names."""
        return None

    def find_order(self, turn: Turn, fresh: bool) -> str | None:
        """Settle the order slot; the slot to ask for otherwise, or "" when the form ends early with ``outcome``."""
        named_by = self.naming(turn)
        claim = ownership.claim(turn, self.wanted_states(turn), fresh=fresh, fits=self.fitting(turn), products=named_by)
        if claim.order:
            turn.set("order_id", claim.order.order_id)
            if not turn.slot("product_id") and not turn.meta.get("product_id"):
                # "Is there a blue one?" in the middle is about the ordered product.
                turn.set("product_id", claim.order.product.product_id)
            return None
        if claim.problem or not turn.customer_id:
            turn.set("order_id", None)
        if claim.problem in (ownership.NONE, ownership.BLOCKED):
            turn.set("outcome", f"utter_orders_{claim.problem}")
            return ""
        if claim.problem:
            turn.set("outcome", f"utter_orders_{claim.problem}")
        if claim.problem == ownership.REFUSED:
            # The number is kept: whoever mistyped the digits sends only those again.
            return "order_id"
        return claim.ask or "order_id"


class AskOrder(XiaoerAction):
    """Asks which order, with the shopper's own as buttons; says first why a named one cannot be taken."""

    @property
    @abstractmethod
    def form(self) -> str:
        """The form that asks."""

    states: tuple[str, ...] = ()
    question = True

    def name(self) -> str:
        return f"action_ask_{self.form}_order_id"

    def wanted_states(self, turn: Turn) -> tuple[str, ...]:
        """Order states in which this wish makes sense."""
        return self.states

    def answer(self, turn: Turn) -> None:
        problem = turn.slot("outcome")
        if problem:
            turn.say(str(problem))
        if turn.customer_id:
            turn.say(
                f"utter_ask_{self.form}_order_id",
                buttons=ownership.order_buttons(ownership.choices(turn, self.wanted_states(turn))) or None,
            )
        elif not problem:
            turn.say(which_number(turn))
        turn.events.append({"event": "followup", "timestamp": None, "name": "action_listen"})


def lost(turn: Turn) -> bool:
    """Whether the shopper does not know the order's number."""
    return says(turn, "number_words") and says(turn, "no_number_signs")


def asks_for_other_proof(turn: Turn) -> bool:
    """Whether it is asked if a name or a telephone number alone will do."""
    return says(turn, "other_proof_words") and says(turn, "other_proof_signs") and not turn.entity("phone_tail")


def which_number(turn: Turn) -> str:
    """The response that asks an anonymous shopper for the order; where the number stands, when it is not known."""
    if asks_for_other_proof(turn):
        return "utter_orders_other_proof"
    return "utter_orders_no_number" if lost(turn) else "utter_orders_which_number"


# Actions that may pass a message on to a form unanswered: then the form reads it for the first time.
PASSES_ON = ("action_ask_again", "action_default_fallback", "action_take_repair", "action_tell_fit", "action_acknowledge")


def _resumed(tracker: Tracker, form: str) -> bool:
    """Whether another action has already answered this message (the form only asks again)."""
    spoke = False
    for event in reversed(tracker.events):
        kind, name = event.get("event"), event.get("name")
        if kind == "user":
            return False
        spoke = spoke or kind == "bot"
        if kind == "action" and name not in (form, "action_listen", "action_extract_slots", None):
            return spoke or name not in PASSES_ON
    return False


def _interrupted(tracker: Tracker, form: str) -> str | None:
    """The other form that was open when this message opened ``form``; Rasa activates a form before it validates it."""
    opened = False
    for event in reversed(tracker.events):
        if event.get("event") == "user":
            if not opened:
                return None
        elif event.get("event") == "active_loop":
            if opened:
                name = event.get("name")
                return str(name) if name and name != form else None
            opened = event.get("name") == form
            if not opened:
                return None
    return None
