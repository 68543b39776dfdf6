"""Around a return: its parcel number, address and progress; questions about postage, insurance, policy, use and warranty.

Questions open nothing and change nothing of a return under way ('what if': decisions.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa_sdk.events import FollowupAction

from actions import knowledge, ownership
from actions.base import XiaoerAction
from actions.changed_mind import WAYS, decided, settled_for
from actions.chart import STATES, decide_postage, once, photos
from actions.logistics import tell_parcel
from actions.products import ActionTellProduct, asks_presale, tell_fact
from actions.returns import recall
from actions.settle_return import leave_return
from actions.supposing import order_meant, reason_meant, restore, tell_postage
from actions.turn import Turn
from actions.values import order_values, says, shop_values
from policy import postage, return_cover
from policy.decide import decide
from policy.facts import OrderFacts, ProductFacts
from shop.tickets import Ticket, Tickets

FEW = 4  # characters of a message that holds a way and a particle
SENT_BACK = ("return", "exchange", "repair", "specialist")


def under_way(turn: Turn, kinds: tuple[str, ...]) -> list[Ticket]:
    """The shopper's open tickets of these kinds, newest first: those of this talk, then those of the signed-in customer."""
    tickets = Tickets(turn.context.engine, turn.shop_id, turn.context.clock)
    found = tickets.of_conversation(turn.conversation_id)
    seen = {ticket.id for ticket in found}
    if turn.customer_id:
        found += [ticket for ticket in tickets.of_customer(turn.customer_id) if ticket.id not in seen]
    return [ticket for ticket in found if ticket.kind in kinds and ticket.state != "closed"]


def wished(turn: Turn) -> bool:
    """Whether a wish stands beside the question ("does not fit, change it, I have the insurance"): it goes to the return."""
    said = turn.entity("reason") and turn.entity("remedy")
    return bool(said) and turn.loop is None and says(turn, "wish_signs") and not says(turn, "supposing_signs")


def bare_way(turn: Turn) -> bool:
    """Whether nothing but the way is said ("exchange", "send it back then") after it was told what it costs: it is chosen."""
    return turn.entity("remedy") in WAYS and 0 < len(turn.text) <= FEW and not says(turn, "question_signs") and "/" not in turn.text


def take_up(turn: Turn) -> None:
    """Go on with the wish; its row says who pays what. What is not said anew holds as it was settled."""
    order = order_meant(turn)
    if order is not None:
        recall(turn, order)
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
        elif turn.customer_id and any(o.order_id == number for o in turn.repo.orders_of(turn.customer_id)):
            turn.set("order_id", str(number))
            turn.events.append(FollowupAction("action_show_order"))  # an order's number is no parcel's
        elif not number:
            self.remind(turn, mine)
        elif not mine:
            turn.say("utter_returns_no_open_return", tracking=str(number))
        else:
            current = turn.slot("ticket_id")
            waiting = [t for t in mine if not t.tracking]
            ticket = next((t for t in mine if t.id == current), (waiting or mine)[0])
            effect = turn.life.register_parcel(ticket, str(number))
            order = turn.repo.order(str(ticket.order_id)) if ticket.order_id else None
            turn.say(
                "utter_returns_tracking_registered",
                effect=effect,
                team=turn.team(ticket.kind),
                **{**(order_values(turn, order) if order else {}), "tracking": str(number), "ticket": ticket.id},
            )

    def remind(self, turn: Turn, mine: list[Ticket]) -> None:
        """The number is still missing; for a wrong thing the right one does not wait for it (wi_07)."""
        if mine and mine[0].fields.get("reason") == "wrong_item":
            late = decide("wrong_item", {"step": "no_tracking"}, turn.parameters)
            turn.say(str(late.then["say"]), table=late.table, row=late.row)
        else:
            turn.say("utter_returns_need_tracking")
        turn.asked = "return_tracking"


class ActionLeaveReturn(XiaoerAction):
    """The shopper keeps the goods after all: the ticket is closed with a note; what was said is kept for a new change of mind."""

    def name(self) -> str:
        return "action_leave_return"

    def answer(self, turn: Turn) -> None:
        leave_return(turn)


class ActionTellReturnAddress(XiaoerAction):
    """s_return_address; whoever has no open return is asked to begin one, so that the parcel is expected."""

    def name(self) -> str:
        return "action_tell_return_address"

    def answer(self, turn: Turn) -> None:
        once(turn, "return_address")
        turn.say("utter_returns_address", **shop_values(turn))
        if under_way(turn, SENT_BACK):
            turn.asked = "return_tracking"
        else:
            turn.say("utter_returns_begin_first")
            turn.asked = None


class ActionTellPostage(XiaoerAction):
    """Who pays the postage of a return or exchange: answered from the row for the order spoken of, nothing is opened."""

    def name(self) -> str:
        return "action_tell_postage"

    def answer(self, turn: Turn) -> None:
        if wished(turn) or decided(turn) or bare_way(turn):
            take_up(turn)
        else:
            tell_postage(turn, reason_meant(turn))


# What pays the way back of an order -> what is said of it.
COVERS = {
    "none": "utter_returns_insurance_no",
    "insurance": "utter_returns_insurance_yes",
    "prepaid_pickup": "utter_pick_up_cover_yes",
}


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
            turn.say(COVERS[return_cover.cover(order, turn.parameters)], **order_values(turn, order))


class ActionTellReturnPolicy(XiaoerAction):
    """Seven days and what is excluded (decisions.md 3); of an order that has arrived: what holds for it, or what is still to be told.

    A question registers nothing. Whoever asks of an own order is told the sums once the reason is known, and is asked for it before.
    """

    def name(self) -> str:
        return "action_tell_return_policy"

    def answer(self, turn: Turn) -> None:
        if asks_presale(turn):
            return
        remedy = turn.entity("remedy")
        told = turn.entity("reason")
        restore(turn)
        order = order_meant(turn) if remedy in WAYS and not turn.meta.get("product_id") else None
        if order is None or order.state not in STATES:
            turn.say("utter_returns_policy")
            return
        settled = settled_for(turn, order.order_id)
        reason = str(told or turn.before("reason") or settled.get("reason") or "")
        if reason:
            self.work_out(turn, order, reason, str(remedy), settled)
            return
        turn.say("utter_returns_policy")
        if not turn.loop and not says(turn, "return_if_signs"):
            turn.set("remedy", remedy)
            turn.events.append(FollowupAction("return_form"))

    def work_out(self, turn: Turn, order: OrderFacts, reason: str, remedy: str, settled: Mapping[str, Any]) -> None:
        """The sums for this order; a return that a person must look at begins at once, because there are none to tell."""
        decision = decide_postage(turn, order, reason=reason, remedy=remedy, severity="severe", damaged="no")
        if decision.then.get("ticket") == "specialist" and not settled.get("ticket"):
            turn.set("reason", reason)
            turn.set("remedy", remedy)
            turn.events.append(FollowupAction("return_form"))
            return
        tell_postage(turn, reason)
        if not settled.get("ticket") and turn.loop != "return_form":
            turn.set("after_return", {"order_id": order.order_id, "reason": reason, "remedy": remedy})


class ActionAnswerPhotos(XiaoerAction):
    """qp_01, dm_01, wi_01: a photo that comes later is welcome, one that cannot be had holds nothing up (decisions.md)."""

    def name(self) -> str:
        return "action_answer_photos"

    def answer(self, turn: Turn) -> None:
        if photos(turn) and turn.photo_ids:
            turn.say("utter_returns_photos_here")
        else:
            turn.say("utter_returns_photos_not_needed" if says(turn, "no_photo_signs") else "utter_returns_photos_later")
        turn.asked = turn.tracker.get_slot("open_question")


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
        restore(turn)
        order, product = bought(turn)
        if knowledge.asks_health(turn, product):
            return
        if knowledge.goods_asked(turn, product):
            ActionTellProduct().answer(turn)
            return
        if product is not None and product.manual:
            turn.say("utter_returns_guide", row="qp_02", product=product.name, options=product.manual)
            return
        _, spoken = turn.open_ticket("specialist", order=order, fields={"question": turn.text[:500]})
        turn.say("utter_complaints_other_topic", **spoken)


class ActionTellWarranty(XiaoerAction):
    """fl_05, fl_06: the product's own warranty, and whether the order's still runs; never a general promise."""

    def name(self) -> str:
        return "action_tell_warranty"

    def answer(self, turn: Turn) -> None:
        restore(turn)  # "how long is the warranty" wishes no repair
        order, product = bought(turn)
        if order is None and product is not None and (product.kind == "furniture" or not product.warranty_months):
            tell_fact(turn, product, "aftersales", turn.text)  # before buying: what the shop promises
            return
        if product is None or not product.warranty_months:
            _, spoken = turn.open_ticket("specialist", order=order, fields={"question": turn.text[:500]})
            turn.say("utter_complaints_other_topic", **spoken)
            return
        same = order is not None and order.product.product_id == product.product_id
        runs = postage.in_warranty(order, turn.shop, turn.now) if order is not None and same else None
        facts = {"ask": "fee", "warranty": "unknown" if runs is None else "yes" if runs else "no"}
        found = decide("fault_levels", facts, turn.parameters)
        values = {**(order_values(turn, order) if order is not None and same else {}), "options": str(product.warranty_months)}
        turn.say(str(found.then["say"]), table=found.table, row=found.row, **{**values, "product": product.name})
