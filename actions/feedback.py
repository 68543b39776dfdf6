"""A flaw told without a wish (F14, the branch that wants nothing), and a fault told beside the wish for a lower price."""

from __future__ import annotations

from rasa_sdk.events import FollowupAction

from actions import ownership
from actions.chart import keeps
from actions.money_wishes import last_table
from actions.turn import Turn
from actions.values import order_values, product_values
from policy import postage

# Tables whose answer just before makes "cheaper" a word about goods that are there already.
AFTER_SALE = ("postage", "compensation", "description_mismatch", "wrong_item", "quality")


def take_feedback(turn: Turn) -> None:
    """s_vent_no_remedy: admitted, apologised for, passed on to be mended, with the care that helps in use. No money is mentioned."""
    order = ownership.known_order(turn)
    product = turn.product() or (order.product if order is not None else None)
    spoken_of = turn.slot("ticket_id")
    _, spoken = turn.open_ticket("improve", order=order, fields={"suggestion": turn.text[:500]}, priority="low")
    turn.set("ticket_id", spoken_of)
    if product is not None and product.care:
        turn.say("utter_returns_feedback_care", **{**product_values(turn, product), **spoken})
    elif order is not None:
        turn.say("utter_returns_feedback", **{**order_values(turn, order), **spoken})
    else:
        turn.say("utter_returns_feedback", **spoken)


def keeps_faulty(turn: Turn) -> bool:
    """Whether a wish for a lower price is one for goods that have a fault and stay ("勾丝了，懒得退，便宜点行不"), not bargaining.

    The wish then goes on in the return form: the caller has nothing more to say.
    """
    offered = turn.slot("open_question") == "compensation" and turn.entity("amount") is not None
    told = turn.entity("reason") in postage.SHOP_REASONS and (keeps(turn.text) or turn.intent == "bargain")
    settled = keeps(turn.text) and last_table(turn) in AFTER_SALE  # "can I keep the wrong one, cheaper?"
    settled = settled and (turn.slot("after_return") or {}).get("reason") in postage.SHOP_REASONS
    if not (offered or told or settled):
        return False
    if offered or settled:
        turn.set("reason", (turn.slot("after_return") or {}).get("reason"))
    turn.set("remedy", "comp_no_return")
    turn.events.append(FollowupAction("return_form"))
    return True
