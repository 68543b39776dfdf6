"""Wishes about money and presents that come as another wish: the price fell after buying, a promised gift was not in the parcel.

The classifier hears a wish for compensation, a missing part, a question about prices; the words tell the rest (policy/wordlists/
price_protection.yml, gifts.yml). ``plan`` decides without changing anything (actions/short_questions.py carries it out).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rasa_sdk.events import FollowupAction

from actions import invoice_words, invoices, ownership
from actions.order_wishes import KINDS, Wish
from actions.turn import Turn
from policy.postage import SHOP_REASONS
from policy.words import words

PRICE, GIFT = "price_protection", "missing_gift"
# Buttons: `/request_compensation{"topic": "price_drop"}`, `/report_missing{"topic": "gift"}`.
TOPICS = {("request_compensation", "price_drop"): PRICE, ("report_missing", "gift"): GIFT}
# Wishes in which a fallen price may be told, and those in which a gift may be missing.
OF_PRICE = frozenset(
    {
        *(
            "request_compensation",
            "ask_script",
            "ask_price",
            "ask_discount",
            "objection",
            "bargain",
            "complain",
            "unsatisfied",
            "suggestion",
        ),
        *("ask_refund_status", "ask_return_policy", "ask_order", "request_return", "cancel_order", "nlu_fallback", "unclear_message"),
        *("out_of_scope", "ask_ticket_status", "report_payment", "change_product", "ask_product_info"),
    }
)
OF_GIFT = frozenset(
    {
        *("report_missing", "request_compensation", "ask_discount", "complain", "unsatisfied", "reship_parcel", "nlu_fallback"),
        *("unclear_message", "ask_order", "track_parcel", "review", "report_wrong_item"),
    }
)
SERVES = {PRICE: "action_protect_price", GIFT: "action_send_gift"}
SHORT = 16  # characters of a message that only says how the gift is to come
DECIDED = ("cheaper_there_signs", "price_before_signs")


def has(text: str, *sections: str) -> bool:
    """Whether ``text`` holds a word of one of these lists."""
    return any(sign in text for section in sections for sign in words()[section])


def of_message(turn: Turn) -> str | None:
    """price_protection | missing_gift; None when the message is neither."""
    pressed = TOPICS.get((turn.intent, str(turn.entity("topic"))))
    if pressed or turn.text.startswith("/") or not turn.text:
        return pressed
    if turn.intent in OF_GIFT and misses_gift(turn):
        return GIFT
    return PRICE if turn.intent in OF_PRICE and tells_of_drop(turn) else None


def tells_of_drop(turn: Turn) -> bool:
    """Whether it is told that the price fell after buying here, or price protection is asked for by name."""
    text = turn.text
    if has(text, *DECIDED) or turn.slot("reason") in SHOP_REASONS or turn.entity("reason") in SHOP_REASONS:
        return False
    if has(text, "price_protection_names", "price_policy_signs"):
        return True
    # Giving an order up, or another product, because of the price is that wish.
    if turn.intent in ("cancel_order", "request_return", "change_product", "ask_product_info"):
        return False
    wish = turn.intent == "request_compensation"
    settled = turn.slot("after_return") or {}
    other = turn.slot("target") or turn.slot("remedy") == "exchange" or settled.get("reason") in SHOP_REASONS
    if wish and has(text, "price_back_signs") and not other:
        return True
    return has(text, "price_fell_signs") and (wish or has(text, "price_bought_signs"))


def misses_gift(turn: Turn) -> bool:
    """Whether a gift, and nothing else, is missing; one that is bargained for is not."""
    text = turn.text
    named = has(text, "gift_names") or any(gift in text for gift in turn.shop.gifts)
    missing = has(text, "gift_missing_signs") or turn.intent == "reship_parcel"
    return named and missing and (turn.intent != "ask_discount" or has(text, "price_bought_signs"))


def last_table(turn: Turn) -> str | None:
    """The table behind the last answer of the bot that rests on one."""
    for event in reversed(turn.tracker.events):
        table = (event.get("metadata") or {}).get("table") if event.get("event") == "bot" else None
        if table:
            return str(table)
    return None


def read_by_form(turn: Turn) -> bool:
    """Whether a form has read this message already: then it is no correction of what was said before."""
    for event in reversed(turn.tracker.events):
        if event.get("event") == "user":
            return False
        if event.get("event") == "action" and str(event.get("name") or "").endswith("_form"):
            return True
    return False


def goes_on(turn: Turn) -> Callable[[], object] | None:
    """What a message means right after an answer about an invoice or a gift: a correction of it."""
    if (
        turn.loop
        or turn.intent in ("ask_invoice", "deny", "thank_you", "choose_option")
        or not turn.slot("order_id")
        or not turn.customer_id
    ):
        return None
    if read_by_form(turn):
        return None
    table = last_table(turn)
    if table == "invoices" and invoice_words.goes_on(turn):
        return lambda: invoices.take_up(turn)
    if table == "gifts" and len(turn.text) <= SHORT and has(turn.text, "gift_resend_signs", "gift_next_signs"):
        return None if begun(turn, GIFT) else lambda: begin(turn, GIFT)
    return None


def plan(turn: Turn) -> Callable[[], object] | None:
    """Take such a wish up; None when the message is none, or an open form of its own reads it."""
    later = goes_on(turn)
    if later is not None:
        return later
    kind = of_message(turn)
    if kind is None or turn.loop in ("order_form", "invoice_form") or begun(turn, kind):
        return None
    return lambda: begin(turn, kind)


def begun(turn: Turn, kind: str) -> bool:
    """Whether this message's wish has been taken up already."""
    kept = turn.slot("wish")
    return isinstance(kept, Mapping) and kept.get("intent") == kind and kept.get("text") == words_of(turn)


def words_of(turn: Turn) -> str:
    """What was typed; nothing for a button."""
    return "" if turn.text.startswith("/") else turn.text


def begin(turn: Turn, kind: str) -> None:
    """Find the order and serve the wish, or ask which order (``order_form``). A question in general and an anonymous shopper need none."""
    text = words_of(turn)
    general = kind == PRICE and has(text, "price_policy_signs") and not turn.entity("order_number")
    for name in ("reason", "remedy"):
        if turn.entity(name):
            turn.set(name, turn.before(name))
    turn.set("detail", None)
    if general or not turn.customer_id:
        turn.set("wish", Wish(kind, None, text, None, settled=True).as_slot())
        turn.events.append(FollowupAction(SERVES[kind]))
        return
    claim = ownership.claim(turn, KINDS[kind].states, fresh=True)
    turn.set("wish", Wish(kind, None, text, claim.order.order_id if claim.order else None, settled=claim.order is not None).as_slot())
    if claim.order is not None:
        turn.set("order_id", claim.order.order_id)
        turn.events.append(FollowupAction(SERVES[kind]))
    else:
        turn.events.append(FollowupAction("order_form"))
