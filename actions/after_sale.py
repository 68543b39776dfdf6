"""Around a return: its parcel number, address and progress; questions about postage, insurance, policy, use and warranty.

Questions open nothing and change nothing of a return under way ('what if': decisions.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa_sdk.events import FollowupAction

from actions import ownership
from actions.base import XiaoerAction
from actions.logistics import tell_parcel
from actions.returns import STATES, decide_postage, postage_values, withdraw
from actions.turn import Turn
from actions.values import order_values, says, shop_values
from policy import postage
from policy.facts import OrderFacts, ProductFacts
from policy.words import words
from shop.tickets import Ticket, Tickets

SENT_BACK = ("return", "exchange", "repair", "specialist")
FOLLOWED = (*SENT_BACK, "compensation", "reship")


def under_way(turn: Turn, kinds: tuple[str, ...]) -> list[Ticket]:
    """The shopper's open tickets of these kinds, newest first: those of this talk, then those of the signed-in customer."""
    tickets = Tickets(turn.context.engine, turn.shop_id, turn.context.clock)
    found = tickets.of_conversation(turn.conversation_id)
    seen = {ticket.id for ticket in found}
    if turn.customer_id:
        found += [ticket for ticket in tickets.of_customer(turn.customer_id) if ticket.id not in seen]
    return [ticket for ticket in found if ticket.kind in kinds and ticket.state != "closed"]


def order_meant(turn: Turn) -> OrderFacts | None:
    """The order a question is about: named in it or spoken of before. Nothing is asked, and no order is supposed."""
    named = any(turn.entity(name) for name in ("order_number", "phone_tail", "product"))
    order = ownership.claim(turn, STATES, fresh=True).order if named else ownership.known_order(turn)
    if order is not None:
        turn.set("order_id", order.order_id)
    return order


def wished(turn: Turn) -> bool:
    """Whether a wish stands beside the question ("does not fit, change it, I have the insurance"): it goes to the return."""
    said = turn.entity("reason") and turn.entity("remedy")
    return bool(said) and turn.loop is None and says(turn, "wish_signs") and not says(turn, "supposing_signs")


def take_up(turn: Turn) -> None:
    """Go on with the wish; its row says who pays what."""
    order_meant(turn)
    turn.events.append(FollowupAction("return_form"))


class ActionRegisterReturnTracking(XiaoerAction):
    """rf_03, rp_03: the number of the parcel that comes back is kept with the return's ticket."""

    def name(self) -> str:
        return "action_register_return_tracking"

    def answer(self, turn: Turn) -> None:
        number = turn.entity("tracking_number") or turn.entity("order_number")
        mine = under_way(turn, SENT_BACK)
        own = [o for o in turn.repo.orders_of(turn.customer_id) if number and o.tracking == number] if turn.customer_id else []
        if own:
            # The number of a parcel we sent, not of one that comes back.
            turn.set("order_id", own[0].order_id)
            tell_parcel(turn, own[0], "status")
        elif not number:
            turn.say("utter_returns_need_tracking")
            turn.asked = "return_tracking"
        elif not mine:
            turn.say("utter_returns_no_open_return", tracking=str(number))
        else:
            current = turn.slot("ticket_id")
            waiting = [t for t in mine if not t.tracking]
            ticket = next((t for t in mine if t.id == current), (waiting or mine)[0])
            if not turn.dry_run:
                Tickets(turn.context.engine, turn.shop_id, turn.context.clock).set_tracking(ticket.id, str(number))
            order = turn.repo.order(str(ticket.order_id)) if ticket.order_id else None
            turn.say(
                "utter_returns_tracking_registered",
                **{**(order_values(turn, order) if order else {}), "tracking": str(number), "ticket": ticket.id},
            )


class ActionLeaveReturn(XiaoerAction):
    """The shopper keeps the goods after all: the ticket is closed with a note; what was said is kept for a new change of mind."""

    def name(self) -> str:
        return "action_leave_return"

    def answer(self, turn: Turn) -> None:
        settled = dict(turn.slot("after_return") or {})
        if settled.get("ticket"):
            withdraw(turn, str(settled["ticket"]))
            turn.set("after_return", {**settled, "ticket": None})
        turn.say("utter_returns_left")


class ActionTellReturnAddress(XiaoerAction):
    """s_return_address; whoever has no open return is asked to begin one, so that the parcel is expected."""

    def name(self) -> str:
        return "action_tell_return_address"

    def answer(self, turn: Turn) -> None:
        turn.say("utter_returns_address", **shop_values(turn))
        if under_way(turn, SENT_BACK):
            turn.asked = "return_tracking"
        else:
            turn.say("utter_returns_begin_first")
            turn.asked = None


class ActionTellReturnProgress(XiaoerAction):
    """s_return_received and its forerunners, from the state of the newest ticket."""

    def name(self) -> str:
        return "action_tell_return_progress"

    def answer(self, turn: Turn) -> None:
        mine = under_way(turn, FOLLOWED)
        if not mine:
            turn.say("utter_returns_no_open_return_yet")
            return
        ticket = mine[0]
        order = turn.repo.order(str(ticket.order_id)) if ticket.order_id else None
        values = {
            **(order_values(turn, order) if order else {}),
            "ticket": ticket.id,
            "team": turn.team(ticket.kind),
            "deadline": turn.ticket_deadline(ticket.id, ticket.kind),
        }
        if ticket.tracking:
            turn.say("utter_returns_progress_sent", **{**values, "tracking": ticket.tracking})
        elif ticket.kind in ("compensation", "reship"):
            turn.say("utter_returns_progress_open", **values)
        else:
            turn.say("utter_returns_progress_waiting", **values)


class ActionTellPostage(XiaoerAction):
    """Who pays the postage of a return or exchange: answered from the row for the order spoken of, nothing is opened."""

    def name(self) -> str:
        return "action_tell_postage"

    def answer(self, turn: Turn) -> None:
        if wished(turn):
            take_up(turn)
            return
        settled: Mapping[str, Any] = turn.slot("after_return") or {}
        reason = turn.entity("reason") or supposed(turn.text) or turn.before("reason") or settled.get("reason")
        remedy = turn.entity("remedy") or turn.before("remedy") or settled.get("remedy") or "return_refund"
        restore(turn)
        if not reason:
            turn.say("utter_returns_postage_general")
            return
        shop_side = reason in postage.SHOP_REASONS
        values: dict[str, Any] = {}
        decision = None
        order = order_meant(turn)
        if order is not None and order.state in STATES:
            decision = decide_postage(turn, order, reason=str(reason), remedy=str(remedy), severity="severe", damaged="no")
            if decision.row is not None:
                values = postage_values(turn, order, decision)
        row = decision.row if decision else None
        named = None if shop_side or decision is None else NAMED.get(str(decision.then.get("say")))
        if named and all(values.get(name) for name in named[1]):
            turn.say(named[0], table="postage", row=row, **values)
            return
        turn.say("utter_returns_postage_shop" if shop_side else "utter_returns_postage_shopper", row=row, **values)


# Own-reason answers whose sums can be named for the order: what is said, and the sums it needs.
NAMED = {
    "utter_returns_buyer_refund": ("utter_returns_postage_refund", ("refund", "freight")),
    "utter_returns_buyer_refund_free": ("utter_returns_postage_refund", ("refund", "freight")),
    "utter_returns_buyer_exchange": ("utter_returns_postage_exchange", ("freight", "reship_fee")),
}


def supposed(text: str) -> str | None:
    """The reason a 'what if' question supposes ("if it does not fit …"), which is nothing the shopper told of an order."""
    signs = words()["supposed_reasons"]
    return next((str(reason) for reason, said in signs.items() if any(sign in text for sign in said)), None)


def restore(turn: Turn) -> None:
    """A question about what would be changes nothing of an open return."""
    for name, entity in (("reason", "reason"), ("remedy", "remedy"), ("insurance_said", "insurance")):
        if turn.entity(entity):
            turn.set(name, turn.before(name))


class ActionExplainInsurance(XiaoerAction):
    """s_postage_insurance: what the freight insurance does, and whether the order spoken of has one."""

    def name(self) -> str:
        return "action_explain_insurance"

    def answer(self, turn: Turn) -> None:
        if wished(turn):
            take_up(turn)
            return
        restore(turn)
        order = order_meant(turn)
        if order is None:
            turn.say("utter_returns_insurance")
        else:
            turn.say("utter_returns_insurance_yes" if order.insurance else "utter_returns_insurance_no", **order_values(turn, order))


class ActionTellReturnPolicy(XiaoerAction):
    """Seven days and what is excluded (decisions.md 3)."""

    def name(self) -> str:
        return "action_tell_return_policy"

    def answer(self, turn: Turn) -> None:
        restore(turn)
        turn.say("utter_returns_policy")


def bought(turn: Turn) -> tuple[OrderFacts | None, ProductFacts | None]:
    """The product a question is about, and the shopper's only order of it, which is then the order spoken of."""
    order = ownership.known_order(turn)
    product = turn.product() or (order.product if order else None)
    mine = turn.repo.orders_of(turn.customer_id) if turn.customer_id and product else []
    of_it = [o for o in mine if product and o.product.product_id == product.product_id and o.state in STATES]
    if len(of_it) == 1:
        order = of_it[0]
        turn.set("order_id", order.order_id)
    return order, product


class ActionGuideUse(XiaoerAction):
    """qp_02: the manual's steps, for products that have one; else a colleague."""

    def name(self) -> str:
        return "action_guide_usage"

    def answer(self, turn: Turn) -> None:
        order, product = bought(turn)
        if product is not None and product.manual:
            turn.say("utter_returns_guide", row="qp_02", product=product.name, options=product.manual)
            return
        _, spoken = turn.open_ticket("specialist", order=order, fields={"question": turn.text[:500]})
        turn.say("utter_complaints_other_topic", **spoken)


class ActionTellWarranty(XiaoerAction):
    """The product's own warranty, never a general promise."""

    def name(self) -> str:
        return "action_tell_warranty"

    def answer(self, turn: Turn) -> None:
        order, product = bought(turn)
        if product is not None and product.warranty_months:
            turn.say("utter_returns_warranty", product=product.name, options=str(product.warranty_months))
            return
        _, spoken = turn.open_ticket("specialist", order=order, fields={"question": turn.text[:500]})
        turn.say("utter_complaints_other_topic", **spoken)
