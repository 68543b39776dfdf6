"""The after-sale charts as an action asks them: what the shopper told of a wish, and the row that proposes (F5, F6, F14).

``policy/after_sale.py`` knows the facts, the tables decide; here the talk is read: the messages of this wish, the photos, the
steps already told. Every other module of after-sale asks through these functions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from actions.changed_mind import takes
from actions.turn import Turn
from actions.values import order_values, says
from policy import after_sale, postage
from policy.decide import Decision, decide
from policy.facts import OrderFacts
from policy.words import words

STATES = ("received", "confirmed")
SAID = ("reason", "remedy", "severity", "damaged", "usable")
FORM = "return_form"
# Offers for goods that stay with the shopper (dm_08, wi_03, wi_04), as the table description_mismatch names a choice.
CHOICES = ("difference", "gift", "coupon", "keep")
OFFERED = ("description_mismatch", "wrong_item")  # reasons whose goods are kept by one of them
# What a choice says (engine/nlu/data/meanings.yml, `option`) in the words of the table postage.
OPTIONS = {
    "refund": "return_refund",
    "compensation": "comp_no_return",
    "repair": "repair_return",
    **dict.fromkeys((*CHOICES, "accept"), "comp_no_return"),
}
GUIDED = ("qp_02", "fl_04")


def wish_text(turn: Turn) -> str:
    """Everything the shopper typed since the return form was opened (this message alone when none was)."""
    texts: list[str] = []
    opened = False
    for event in reversed(turn.tracker.events):
        if event.get("event") == "user":
            texts.append(str(event.get("text") or ""))
            if opened:
                return "\n".join(reversed(texts))
        elif event.get("event") == "active_loop" and event.get("name") == FORM:
            opened = True
    return turn.text


def photos(turn: Turn) -> list[str]:
    """Every attachment of the talk, in order."""
    found: list[str] = []
    for event in turn.tracker.events:
        if event.get("event") == "user":
            found += [str(photo) for photo in (event.get("metadata") or {}).get("photo_ids") or []]
    return list(dict.fromkeys([*found, *turn.photo_ids]))


def once(turn: Turn, what: str) -> bool:
    """Whether ``what`` is said for the first time in this talk, which is kept beyond the talk's last events."""
    told = list(turn.slot("told_once") or [])
    if what in told:
        return False
    turn.set("told_once", [*told, what])
    return True


def rows_told(turn: Turn) -> set[str]:
    """Ids of every row the talk has rested on."""
    return {str((e.get("metadata") or {}).get("row")) for e in turn.tracker.events if e.get("event") == "bot"}


def sent_instead(turn: Turn) -> str | None:
    """The product that this message names, else the one that the newest message about another thing than ordered named."""
    if turn.entity("product"):
        return str(turn.entity("product"))
    for event in reversed(turn.tracker.events):
        parsed = (event.get("parse_data") or {}) if event.get("event") == "user" else {}
        found = {str(one.get("entity")): one.get("value") for one in parsed.get("entities") or []}
        about_it = found.get("reason") == "wrong_item" or (parsed.get("intent") or {}).get("name") == "report_wrong_item"
        if found.get("product") and about_it:
            return str(found["product"])
    return None


def said(turn: Turn, order: OrderFacts | None = None) -> dict[str, str]:
    """What the shopper told of the return, as words of the table postage."""
    told = {name: str(turn.slot(name)) for name in SAID if turn.slot(name)}
    if turn.slot("insurance_said"):
        told["insurance"] = str(turn.slot("insurance_said"))
    named = sent_instead(turn)
    other = turn.repo.product(named) if named else None
    if told.get("reason") == "wrong_item" and order is not None and other is not None and other.price > order.product.price:
        told["worth"] = "more"  # the wrong thing was named, and it costs more than the ordered one
    if told.get("reason") == "no_room":
        if after_sale.has(wish_text(turn), "measured_by_shop_signs"):
            told["measured_by"] = "shop"
        elif after_sale.has(wish_text(turn), "measured_wrong_signs") or "pr_f_01_self" in rows_told(turn):
            told["measured_by"] = "shopper"
    return told


def decide_postage(turn: Turn, order: OrderFacts, **changed: str) -> Decision:
    """Ask the table ``postage`` for this order; ``changed`` overrules what was said ('what if')."""
    facts = postage.facts(order, {**said(turn, order), **changed}, turn.parameters, turn.shop, turn.now)
    return postage.settled(decide("postage", facts, turn.parameters), order, turn.parameters, turn.shop)


def postage_values(turn: Turn, order: OrderFacts, decision: Decision) -> dict[str, Any]:
    """Values of an after-sale answer: the order's, then the sums of this row."""
    amounts = postage.amounts(decision, order, turn.parameters, turn.shop)
    return {**order_values(turn, order), **postage.values(amounts, decision, order, turn.parameters, turn.shop)}


def steps(turn: Turn, order: OrderFacts) -> str:
    """The manual's steps of an appliance: none (there are none), first (not told yet), told (told or tried)."""
    if order.product.kind != "appliance" or not order.product.manual:
        return "none"
    tried = says(turn, "tried_signs") or after_sale.has(wish_text(turn), "tried_signs")
    told = guided(order) in (turn.slot("told_once") or []) or rows_told(turn) & set(GUIDED)
    return "told" if tried or told else "first"


def guided(order: OrderFacts) -> str:
    """The mark (``once``) that the manual's steps of this thing were told: a complaint between makes nobody try them again."""
    return f"steps:{order.product.product_id}"


def chart(turn: Turn, order: OrderFacts) -> Decision | None:
    """What the chart of the reason says: a row, or what it asks; None where the table postage alone decides.

    An appliance's fault is looked at by its level first (fault_levels); ``go: quality`` leads on to the table quality.
    """
    told = said(turn, order)
    if after_sale.topic(told.get("reason")) is None or order.state not in STATES:
        return None
    text, manual = wish_text(turn), steps(turn, order)
    facts = after_sale.facts(order, told, turn.parameters, turn.shop, turn.now, text=text, steps=manual)
    if told["reason"] == "quality" and order.product.kind == "appliance" and facts["unsafe"] == "no":
        level = decide("fault_levels", after_sale.fault_facts(text, told, manual), turn.parameters)
        if level.then["go"] == "say":
            return level
    return decide(after_sale.TOPICS[told["reason"]], facts, turn.parameters)


def proposed(decision: Decision | None) -> str | None:
    """The remedy a chart proposes of its own, None when it goes by the wish or leaves the choice."""
    if decision is None or decision.row is None:
        return None
    remedy = str(decision.then.get("remedy") or "none")
    return None if remedy in ("none", "wished") else remedy


def chart_values(turn: Turn, order: OrderFacts) -> dict[str, Any]:
    """Values of what a chart says: the order's, the days of sending again, what may be offered, the page's own words."""
    product = order.product
    quote = product.fabric or product.dimensions
    sums = {
        "days": str(turn.parameters["reship_days"]),
        "cap": postage.money(postage.comp_cap(order, turn.parameters)),
        "options": product.manual if product.manual and turn.slot("reason") == "quality" else quote,
        "coupon": turn.shop.coupons[0].name if turn.shop.coupons else None,
    }
    return {**order_values(turn, order), **{name: value for name, value in sums.items() if value}}


def ask_photos(turn: Turn, order: OrderFacts) -> None:
    """qp_01, dm_01, wi_01: photos are asked for once, and thanked for when they are there; nobody is sent away without one."""
    reason = str(turn.slot("reason"))
    topic = after_sale.topic(reason)
    if topic is None or (not turn.photo_ids and not once(turn, "photos")):
        return
    facts = {"step": "photos", "photos": "sent" if photos(turn) else "none"}
    decision = decide(topic, facts, turn.parameters)
    once(turn, "photos")
    if str(decision.row) not in rows_told(turn):
        turn.say(str(decision.then["say"]), table=decision.table, row=decision.row, **chart_values(turn, order))


def amount(turn: Turn, order: OrderFacts) -> Decimal | None:
    """The sum the shopper asks for (yuan); what was paid for the order is a fact, no wish, unless all of it is wanted."""
    value = turn.entity("amount")
    if value is None and says(turn, "half_signs"):
        return (order.paid / 2).quantize(Decimal("0.01"))
    try:
        named = Decimal(str(value)) if value is not None else None
    except InvalidOperation:
        return None
    if named in (order.paid, order.product.price) and not after_sale.has(turn.text, "full_refund_signs"):
        return None
    return named


def venting(turn: Turn) -> bool:
    """Whether money is wanted for a feeling of having paid too much, with no fault told (s_vent_discount)."""
    if turn.intent != "request_compensation" or turn.slot("reason") in postage.SHOP_REASONS:
        return False
    return says(turn, "vent_signs") or (says(turn, "cheaper_there_signs") and not turn.entity("reason"))


def choice(turn: Turn) -> str | None:
    """Which of the offers for kept goods this message takes, pressed or typed; None when it is none of them."""
    option = str(turn.entity("option") or "")
    if option in CHOICES:
        return option
    typed: Mapping[str, Sequence[str]] = words()["choice_signs"]
    return next((str(name) for name, signs in typed.items() if any(takes(turn.text, sign) for sign in signs)), None)


def forget(turn: Turn) -> None:
    """Empty what was told of this wish, so that the next one begins anew."""
    for name in (*SAID, "insurance_said"):
        turn.set(name, None)


def keeps(text: str) -> bool:
    """Whether the goods are to be kept for some money ("懒得退，便宜点行不"), or for all of it (cl_03_full)."""
    some = after_sale.has(text, "keep_it_signs") and after_sale.has(text, "money_signs")
    return some or (after_sale.has(text, "no_return_signs") and after_sale.has(text, "full_refund_signs"))
