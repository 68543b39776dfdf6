"""Short messages that the classifier does not place and that only go on with what was just settled: "no, S after all", "make it Monday"."""

from __future__ import annotations

from rasa_sdk.events import FollowupAction

from actions import ownership
from actions.delivery import other_day
from actions.goods import counts_pieces
from actions.interception import newest
from actions.turn import Turn
from actions.values import says

SHORT = 12  # characters; a longer message has a wish of its own
WITH_DAY = 24  # … but two days and why the first does not suit take some words
# Wishes whose answer depends on the number of pieces, and what answers them; messages between them that are no wish.
OF_PIECES = {
    "ask_free_shipping": "action_tell_free_postage",
    "ask_price": "action_tell_price",
    "ask_discount": "action_tell_offers",
    "ask_stock": "action_tell_stock",
    "bargain": "action_bargain",
}
NO_WISH = ("unclear_message", "nlu_fallback", "affirm", "thank_you", "choose_option", "ask_script", "None")
CHOOSING = ("utter_orders_place_choose", "utter_orders_place_no_stock", "utter_orders_place_confirm")


def goes_on(turn: Turn) -> bool:
    """Take such a message up (events are set); False when it goes on with nothing."""
    longest = WITH_DAY if turn.entity("date") else SHORT
    if turn.loop or not 0 < len(turn.text) <= longest or turn.text.startswith("/"):
        return False
    if len(turn.text) <= SHORT and counts_pieces(turn.text) and not turn.entity("product") and asked_of_pieces(turn):
        return True
    if says(turn, "question_signs"):
        return False
    if turn.entity("colour") or turn.entity("size"):
        return len(turn.text) <= SHORT and variant(turn)
    return bool(turn.entity("date")) and other_day(turn)


def asked_of_pieces(turn: Turn) -> bool:
    """ "And two?" asks the last question about a price or its postage again, for that number."""
    heard = [str(((e.get("parse_data") or {}).get("intent") or {}).get("name")) for e in turn.tracker.events if e.get("event") == "user"]
    action = OF_PIECES.get(next((name for name in reversed(heard) if name not in NO_WISH), ""))
    if action is None or turn.product() is None:
        return False
    turn.events.append(FollowupAction(action))
    return True


def variant(turn: Turn) -> bool:
    """A colour or a size alone: of what is to be bought, or of the change submitted in this talk."""
    spoken = [(e.get("metadata") or {}).get("utter_action") for e in turn.tracker.events if e.get("event") == "bot"]
    if spoken and spoken[-1] in CHOOSING:
        turn.events.append(FollowupAction("action_place_order"))
        return True
    order = ownership.known_order(turn)
    if order is None or newest(turn, order, "change", only_open=True) is None:
        return False
    turn.events.append(FollowupAction("change_form"))
    return True
