"""Wishes that one script answers (intent ``ask_script``): wholesale, dropshipping, projects, membership, only asking, wrong shop …"""

from __future__ import annotations

from rasa_sdk.events import FollowupAction

from actions.bargaining import Haggle
from actions.base import XiaoerAction
from actions.goods import last_answer, quantity
from actions.outcome import tell
from actions.turn import Turn
from policy.decide import decide

TOPICS = (
    *("wholesale", "dropship", "project", "vip", "just_asking", "wrong_shop"),
    *("department", "specific_agent", "price_difference", "dialect"),
)
LARGE = ("wholesale", "project")  # topics about many pieces
DROPSHIP = ("dropship_link", "dropship_policy", "dropship_code")


def answer_dropship(turn: Turn, registered: str = "unknown") -> None:
    """ps_04: the shop's own terms when it has set them, else sales; no link and no code is made up."""
    own = {name: turn.repo.parameters().get(name) for name in DROPSHIP}
    facts = {"ask": "dropship", "policy": "yes" if all(own.values()) else "no", "registered": registered}
    values = {"link": own["dropship_link"], "policy": own["dropship_policy"], "code": own["dropship_code"]}
    tell(turn, decide("products", facts, turn.parameters), None, values, fields={"question": turn.text[:500]})


class ActionAnswerScript(XiaoerAction):
    """One answer a topic; what needs a person becomes a ticket with a time."""

    def name(self) -> str:
        return "action_answer_script"

    def answer(self, turn: Turn) -> None:
        topic = str(turn.entity("topic") or "")
        topic = topic if topic in TOPICS else TOPICS[0]
        if topic == "dropship":
            answer_dropship(turn)
            return
        product = turn.product()
        if topic in LARGE and product is not None and quantity(turn.text) >= int(turn.parameters["wholesale_from_quantity"]):
            haggle = Haggle(turn, product)
            haggle.tell(haggle.decide("request"))  # bg_04: goods and number are known
            return
        if topic == "price_difference" and last_answer(turn) == "utter_bargaining_free_postage_gap":
            turn.events.append(FollowupAction("action_tell_free_postage"))  # "how much is missing" until the postage is free
            return
        rule, benefit = (turn.repo.parameters().get(name) for name in ("vip_rule", "vip_benefit"))
        known = "yes" if topic == "vip" and rule and benefit else "no"
        decision = decide("scripts", {"topic": topic, "known": known}, turn.parameters)
        fields = {"question": turn.text[:500], "quantity": quantity(turn.text), "product": product.name if product else None}
        tell(turn, decision, None, {"rule": rule, "benefit": benefit}, fields=fields)


class ActionAnswerDropship(XiaoerAction):
    """Whether the reseller has registered: the code, or where to register."""

    def name(self) -> str:
        return "action_answer_dropship"

    def answer(self, turn: Turn) -> None:
        answer_dropship(turn, "yes" if turn.intent == "affirm" else "no")
