"""Home pick-up of what goes back (issue 4, pu_11 …): booked with day and slot, moved, given up; a courier who did not come.

The address is the one on file: its district is named, never more. Who pays the courier is told before a day is asked for.
"""

from __future__ import annotations

import json
from datetime import date, datetime, time
from typing import Any

from rasa_sdk.events import FollowupAction

from actions import delivery, order_wishes
from actions.base import XiaoerAction
from actions.chart import decide_postage
from actions.interception import newest
from actions.logistics import identity
from actions.order_wishes import UNWILLING, Wish
from actions.outcome import tell
from actions.turn import Turn
from actions.values import money, order_values, says
from policy import pick_up, return_cover
from policy.decide import Decision, decide
from policy.facts import OrderFacts
from policy.logistics import ZONE
from policy.postage import usual_courier
from policy.words import fmt, words
from shop.tickets import Ticket
from shop.workdays import speak_date

KIND = "pick_up"
RETURNS = ("return", "exchange", "repair")
STEPS = ("cancel", "change", "late", "fee")
NOTHING = pick_up.SPLIT  # slot `detail`: neither day nor slot
ASKS = ("pick_up_day", "pick_up_slot")
OFFERED_DAYS = 3  # days shown as buttons


def step_of(wish: Wish) -> str:
    """What of a pick-up is wished: cancel | change | late | fee | book, by a button's topic or the words."""
    signs = words()["pick_up_signs"]
    if wish.topic in STEPS:
        return str(wish.topic)
    return next((step for step in STEPS if any(sign in wish.text for sign in signs[step])), "book")


def going_back(turn: Turn, order: OrderFacts) -> Ticket | None:
    """The open ticket by which this order's goods go back; None when none is settled."""
    found = [ticket for kind in RETURNS if (ticket := newest(turn, order, kind)) is not None and ticket.state != "closed"]
    return found[0] if found else None


def booked(turn: Turn, order: OrderFacts) -> tuple[Ticket | None, str]:
    """The pick-up of this order and how it stands: none | open | over (its time has passed)."""
    ticket = newest(turn, order, KIND)
    if ticket is None or ticket.state == "closed" or ticket.fields.get("withdrawn"):
        return None, "none"
    day, slot = pick_up.parts(f"{ticket.fields.get('day') or ''}{pick_up.SPLIT}{ticket.fields.get('slot') or ''}")
    if day is None:
        return ticket, "open"
    last = time.fromisoformat(slot.partition("-")[2]) if slot else time(20)
    return ticket, "over" if datetime.combine(day, last, ZONE) < turn.now else "open"


def pays(turn: Turn, order: OrderFacts) -> str:
    """Who pays the courier of what goes back: shop | cover | insurance | shopper; unknown while its reason is not settled."""
    ticket = going_back(turn, order)
    told = {name: str(ticket.fields[name]) for name in ("reason", "remedy", "severity") if ticket and ticket.fields.get(name)}
    if "reason" not in told:
        return "unknown"
    decision = decide_postage(turn, order, **{"severity": "severe", "damaged": "no", **told})
    if return_cover.cover(order, turn.parameters) == "prepaid_pickup" and decision.then.get("advanced_by") == "none":
        return "cover"
    bears = {"shop": "shop", "insurance_then_shop": "shop", "insurance": "insurance", "shopper": "shopper"}
    return bears.get(str(decision.then.get("return")), "unknown") if decision.row else "unknown"


def decide_pick_up(turn: Turn, order: OrderFacts, wish: Wish, detail: str | None) -> Decision:
    """Ask the table ``pick_up``; ``detail`` is the slot's value."""
    day, slot = pick_up.parts(detail)
    ticket = going_back(turn, order)
    facts = pick_up.facts(
        order,
        step_of(wish),
        identity=identity(turn),
        under="none" if ticket is None else "sent" if ticket.tracking else "return",
        booked=booked(turn, order)[1],
        day=UNWILLING if detail == UNWILLING else "given" if day else "open",
        slot="given" if slot else "open",
        pays=pays(turn, order),
    )
    return decide("pick_up", facts, turn.parameters)


def detail_of(turn: Turn, ask: str) -> str | None:
    """What this message tells of day and slot, joined with what was told before; None when it tells neither."""
    if turn.intent == "deny" or says(turn, "pick_up_by_phone_signs"):
        return UNWILLING
    known_day, known_slot = pick_up.parts(str(turn.slot("detail") or ""))
    option = str(turn.entity("option") or "")
    day = pick_up.usable_day(option, turn.parameters, turn.now) or usable(turn)
    slot = pick_up.slot_in(option or turn.text, turn.parameters)
    if turn.intent == "affirm" and ask == "pick_up_day" and day is None:
        day = pick_up.days(turn.parameters, turn.now)[0]
    if day is None and slot is None:
        return None
    return pick_up.detail(day or known_day, slot or known_slot)


def usable(turn: Turn) -> date | None:
    """The day that this message names, if it can be booked."""
    return pick_up.usable_day(delivery.day_named(turn), turn.parameters, turn.now)


def told_in(turn: Turn, wish: Wish) -> str | None:
    """Day and slot that the first message already names."""
    if turn.text != wish.text or step_of(wish) not in ("book", "change"):
        return None
    day = pick_up.usable_day(str(turn.entity("option") or ""), turn.parameters, turn.now) or usable(turn)
    return pick_up.detail(day, pick_up.slot_in(turn.text, turn.parameters)) if day else None


def values(turn: Turn, order: OrderFacts, detail: str | None) -> dict[str, Any]:
    """Values of the answers: the order's, day and slot, who pays, the district on file."""
    ticket, _ = booked(turn, order)
    day, slot = pick_up.parts(detail)
    if day is None and ticket is not None and detail is None:
        day, slot = pick_up.parts(f"{ticket.fields.get('day') or ''}{pick_up.SPLIT}{ticket.fields.get('slot') or ''}")
    who, courier = pays(turn, order), usual_courier(order, turn.shop)
    if who == "shopper" and courier is None:
        who = "unknown"
    freight = {"courier": courier.name, "freight": money(courier.fee)} if courier else {}
    return {
        **order_values(turn, order),
        **freight,
        "payer": fmt(f"pick_up_pays_{who}", **freight) if who == "shopper" else fmt(f"pick_up_pays_{who}"),
        "visit_on": speak_date(day) if day else fmt("any_time"),
        "slot": slot or fmt("any_slot"),
        "area": order.address_area or fmt("address_on_file"),
        "days": str(turn.parameters["pick_up_days_ahead"]),
    }


def buttons(turn: Turn, ask: str) -> list[dict[str, str]]:
    """The next days, or the slots of the day, to press; each works whenever it is pressed."""
    if ask == "pick_up_day":
        offered = [(speak_date(day), day.isoformat()) for day in pick_up.days(turn.parameters, turn.now)[:OFFERED_DAYS]]
    else:
        offered = [(slot, slot) for slot in pick_up.slots(turn.parameters)]
    return [{"title": title, "payload": "/ask_pick_up" + json.dumps({"option": value})} for title, value in offered]


class ActionArrangePickUp(XiaoerAction):
    """pu_11 … pu_29."""

    def name(self) -> str:
        return "action_arrange_pick_up"

    def answer(self, turn: Turn) -> None:
        wish = order_wishes.current(turn)
        order = order_wishes.take_order(turn, order_wishes.KINDS["ask_pick_up"].states)
        if order is None:
            return
        detail = str(turn.slot("detail")) if turn.slot("detail") else None
        decision = decide_pick_up(turn, order, wish, detail)
        if decision.then.get("ask") != "none":  # called without the form: it asks
            turn.set("wish", Wish(wish.intent, wish.topic, wish.text, order.order_id, settled=True).as_slot())
            turn.events.append(FollowupAction("order_form"))
            return
        day, slot = pick_up.parts(detail)
        old, _ = booked(turn, order)
        fields: dict[str, Any] = {
            "day": day.isoformat() if day else None,
            "slot": slot,
            "area": order.address_area,
            "pays": pays(turn, order),
            "text": turn.text[:200],
            "withdrawn": turn.text[:200] if decision.row == "pu_14" else None,
        }
        kept = fields if decision.row in ("pu_14", "pu_25", "pu_28", "pu_29") else {"text": wish.text[:200], "pays": fields["pays"]}
        if decision.row == "pu_14" and old is not None:
            kept |= {name: old.fields.get(name) for name in ("day", "slot")}
        tell(turn, decision, order, values(turn, order, detail), fields=kept)
        if decision.row in ("pu_14", "pu_28") and old is not None and old.id != turn.slot("ticket_id"):
            turn.life.withdraw(old.id)  # registered in another talk: nobody works on both
        order_wishes.served(turn)
