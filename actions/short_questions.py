"""A message in an order matter: what "how much?", "when?", "the number?", "the other one?" mean there.

``plan`` decides without changing anything; ``takes_up`` (called by ``actions/base.py`` before an action answers) carries it out.
A form that such a message would open is closed again at once (``actions/forms.py``).
"""

from __future__ import annotations

from rasa_sdk.events import FollowupAction

from actions import money_wishes
from actions import short_answers as tell
from actions.interception import newest
from actions.logistics import tell_parcel
from actions.matter import Matter, current, is_lost, named_orders, paid_back, says_of, settled
from actions.matter_readings import OPEN, READERS, Plan, money_back, of_lost, paying, refund_time, result
from actions.not_received import about_place, lies_there
from actions.turn import Turn
from actions.values import order_values
from policy.facts import OrderFacts

LONGEST = 24  # characters of a question that leans on the matter
STORY = 40  # characters from which a complaint is a story with a wish in it
WISH = 16  # characters at the end of a story in which the wish stands
# What wins over every reading: people, safety, thanks; and answers that stories read by their open question.
ALONE = frozenset(
    {"report_danger", "request_human", "abuse", "thank_you", "goodbye", "greet", "ask_bot", "ask_opening_hours", "wait_request"}
)
# Wishes before buying, or for goods that have arrived: a parcel that does not come is neither.
ELSEWHERE = frozenset(
    {
        *("ask_stock", "ask_product_info", "ask_price", "ask_arrival_time", "nlu_fallback", "unclear_message", "ask_fit", "objection"),
        *(
            "report_quality",
            "report_missing",
            "report_mismatch",
            "give_return_tracking",
            "ask_courier",
            "choose_option",
            "ask_return_policy",
        ),
    }
)
PASSED = ("action_listen", "action_extract_slots")


def takes_up(turn: Turn) -> bool:
    """Answer the message by the matter under way; False when it has nothing to do with it or was answered already."""
    if not first_reader(turn):
        return False
    found = plan(turn)
    if found is None:
        return False
    if not in_form(turn):
        for name in ("reason", "remedy"):
            if turn.entity(name):
                turn.set(name, turn.before(name))
    found()
    return True


def in_form(turn: Turn) -> bool:
    """Whether a form waits for an answer; one that this message has just opened does not yet."""
    return turn.loop is not None and bool(turn.tracker.get_slot("requested_slot"))


def first_reader(turn: Turn) -> bool:
    """Whether no other action has had this message yet."""
    for event in reversed(turn.tracker.events):
        if event.get("event") == "user":
            return True
        name = str(event.get("name") or "")
        if event.get("event") == "bot" or (event.get("event") == "action" and name not in PASSED and not name.endswith("_form")):
            return False
    return True


def plan(turn: Turn) -> Plan | None:
    """What to do with the message, None when its own intent decides."""
    if not turn.text or turn.intent in ALONE:
        return None
    of_money = money_wishes.plan(turn) if not in_form(turn) else None
    if of_money is not None:
        return of_money
    if turn.entity("order_number"):
        return None
    matter = current(turn)
    if turn.text.startswith("/"):
        return pressed_again(turn, matter)
    by_name = without_matter(turn, matter)
    if by_name is not None or matter is None or len(turn.text) > LONGEST:
        return by_name
    if matter.kind == "payment":
        unpaid = named_orders(turn, ("unpaid",))
        if len(unpaid) == 1:
            meant = Matter("payment", unpaid[0], matter.row, matter.table)
            found = paying(turn, meant, unpaid[0])
            return (lambda: about(turn, unpaid[0], found)) if found is not None else None
    if matter.order is None:
        return (lambda: tell.other_account(turn, matter)) if money_back(turn) and paid_back(turn) else None
    order = matter.order
    product = turn.entity("product")
    if product and product != order.product.product_id and matter.kind != "change":
        return None
    return in_matter(turn, matter, order)


def pressed_again(turn: Turn, matter: Matter | None) -> Plan | None:
    """A button of an answer that has been settled since: stopping a parcel that is being stopped."""
    if matter is None or matter.kind != "cancel" or matter.order is None or turn.entity("option") != "intercept":
        return None
    order = matter.order
    if turn.tracker.get_slot("open_question") == "intercept" or newest(turn, order, "intercept", only_open=True) is None:
        return None
    return lambda: tell.outcome_of(turn, matter, order)


def about(turn: Turn, order: OrderFacts, found: Plan) -> None:
    """Answer about this order, which is then the one spoken of."""
    turn.set("order_id", order.order_id)
    found()


def without_matter(turn: Turn, matter: Matter | None) -> Plan | None:
    """Messages that name an order by its goods: waited for, given up, left as it is; a story that ends in a wish; a parcel's number."""
    if turn.intent in ("ask_pick_up", "nlu_fallback") and says_of(turn.text, "pick_up_code_signs"):
        return lambda: turn.events.append(FollowupAction("parcel_form"))
    if turn.intent in ("delivery_appointment", "nlu_fallback", "unclear_message") and brought_from_station(turn, matter):
        return lambda: turn.events.append(FollowupAction("parcel_form"))
    mine = named_orders(turn)
    arrived = [o for o in mine if o.state in ("shipped", "received", "confirmed")]
    unread = turn.intent in ("nlu_fallback", "unclear_message") or (turn.intent == "report_missing" and not turn.entity("reason"))
    if arrived and unread and says_of(turn.text, "not_received_signs"):
        return lambda: turn.events.append(FollowupAction("parcel_form"))
    other = [o for o in mine if matter is None or matter.order is None or o.order_id != matter.order.order_id]
    if other and matter is not None and matter.kind in ("cancel", "refund", "change") and says_of(turn.text, "leave_it_be_signs"):
        return lambda: leave_alone(turn, other[0])
    if (
        turn.intent == "complain"
        and len(turn.text) >= STORY
        and says_of(turn.text[-WISH:], "give_up_signs")
        and says_of(turn.text[-WISH:], "cancel_signs")
    ):
        return lambda: turn.events.append(FollowupAction("cancel_form"))
    number = turn.entity("tracking_number")
    if number and turn.customer_id:
        sent = next((o for o in turn.repo.orders_of(turn.customer_id) if o.tracking == number), None)
        if sent is not None:
            found = Matter("parcel", sent, matter.row if matter else None, "logistics")
            return lambda: of_number(turn, found, sent)
    lost = next((o for o in mine if is_lost(turn, o) and settled(turn, o) is None), None)
    if lost is not None and (matter is None or matter.order != lost):
        found_lost = of_lost(turn, Matter("parcel", lost, None, "logistics"), lost)
        if found_lost is not None:
            return lambda: about(turn, lost, found_lost)
    waited = [o for o in mine if o.state in OPEN]
    goes_on = matter is not None and (bool(other) or matter.kind in ("shown", "parcel"))
    sent_when = goes_on and says_of(turn.text, "sending_signs") and says_of(turn.text, "when_signs")
    too = matter is not None and matter.kind == "parcel" and says_of(turn.text, "too_signs")
    about_parcel = says_of(turn.text, "waiting_signs") or sent_when or too
    if waited and turn.intent in ELSEWHERE and not turn.meta.get("product_id") and not in_form(turn):
        if about_parcel or (matter is None and turn.intent in ("nlu_fallback", "unclear_message") and says_of(turn.text, "too_signs")):
            return lambda: turn.events.append(FollowupAction("parcel_form"))
    unsent = [o for o in mine if o.state in ("unpaid", "paid", "shipped")]
    if unsent and turn.intent in ("objection", "deny", "nlu_fallback", "unclear_message") and says_of(turn.text, "give_up_signs"):
        return lambda: turn.events.append(FollowupAction("cancel_form"))
    return None


def brought_from_station(turn: Turn, matter: Matter | None) -> bool:
    """Whether bringing to the door is wished for a parcel that lies at a station or in a locker."""
    return matter is not None and matter.order is not None and about_place(turn.text) and lies_there(matter.order)


def of_number(turn: Turn, matter: Matter, order: OrderFacts) -> None:
    """A parcel's own number: where to look it up, and where it is."""
    turn.set("order_id", order.order_id)
    if says_of(turn.text, "number_signs"):
        tell.number(turn, matter, order)
    tell_parcel(turn, order, "status")


def leave_alone(turn: Turn, order: OrderFacts) -> None:
    """Another order that is to stay as it is."""
    turn.set("order_id", order.order_id)
    turn.say("utter_orders_left_alone", **order_values(turn, order))


def in_matter(turn: Turn, matter: Matter, order: OrderFacts) -> Plan | None:
    """What a short message means in this matter."""
    text = turn.text
    reader = READERS.get(matter.kind)
    found = reader(turn, matter, order) if reader is not None else None
    if found is not None:
        return found
    back = paid_back(turn, order.order_id) or (paid_back(turn) if matter.kind in ("refund", "parcel") else None)
    money = says_of(text, "refund_signs") or (matter.kind in ("cancel", "refund", "change") and not says_of(text, "sending_signs"))
    if back is not None and says_of(text, "when_signs") and money:
        return lambda: refund_time(turn)
    if says_of(text, "number_signs") and matter.kind in ("parcel", "shown") and order.state in OPEN:
        return lambda: tell.number(turn, matter, order)
    if turn.intent == "ask_ticket_status" or says_of(text, "result_signs"):
        return result(turn, matter, order)
    if says_of(text, "fine_signs") and turn.intent in ("nlu_fallback", "unclear_message", "out_of_scope"):
        return lambda: tell.say(turn, matter, "utter_orders_understood")
    return None
