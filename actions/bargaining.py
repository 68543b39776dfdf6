"""Bargaining (rules.md §10): the same offers for everybody, at most the shop's number of concessions, never a changed price."""

from __future__ import annotations

from typing import Any

from actions import basket, promotions
from actions.base import XiaoerAction
from actions.feedback import keeps_faulty
from actions.garments import MEASURES
from actions.goods import meant, named_sum, quantity, signs_in, wish_text
from actions.outcome import tell
from actions.turn import Turn
from policy import bargaining, objections
from policy.decide import Decision, decide
from policy.facts import ProductFacts
from policy.parameters import speakable
from shop.concessions import Concessions
from shop.workdays import speak_time

LAST_WORDS = ("bg_07", "bg_09", "bg_z_06")
ASK = "utter_bargaining_which_product"


def counted(turn: Turn, product_id: str) -> tuple[int, int]:
    """Earlier wishes for a lower price of this product in this talk, and how many of them named a sum."""
    wishes, offers = ((turn.slot("tally") or {}).get("bargain") or {}).get(product_id) or (0, 0)
    return int(wishes), int(offers)


def count(turn: Turn, product_id: str, *, offer: bool) -> None:
    """Remember this wish beyond the talk's last events."""
    tally = dict(turn.slot("tally") or {})
    wishes, offers = counted(turn, product_id)
    turn.set("tally", {**tally, "bargain": {**(tally.get("bargain") or {}), product_id: [wishes + 1, offers + int(offer)]}})


class Haggle:
    """What is known of the bargaining for one product at this moment."""

    def __init__(self, turn: Turn, product: ProductFacts) -> None:
        self.turn = turn
        self.product = product
        self.store = Concessions(turn.context.engine, turn.shop_id, turn.context.clock)
        self.quantity = quantity(wish_text(turn))
        self.hours = int(float(turn.parameters.get("concession_window_hours") or 24))
        self.given = [
            kind
            for kind in self.store.given(
                customer_id=turn.customer_id, conversation_id=turn.conversation_id, product_id=product.product_id, within_hours=self.hours
            )
            if kind.startswith(("gift:", "coupon:"))
        ]

    def decide(self, ask: str) -> Decision:
        """Ask the table ``bargaining``."""
        wishes, offers = counted(self.turn, self.product.product_id)
        unpaid = bool(self.turn.customer_id) and any(
            o.state == "unpaid" and o.product.product_id == self.product.product_id
            for o in self.turn.repo.orders_of(str(self.turn.customer_id))
        )
        facts = bargaining.facts(
            self.product,
            self.turn.shop,
            self.turn.parameters,
            ask=ask,
            quantity=self.quantity,
            asked=wishes,
            offers=offers,
            given=self.given,
            ordered_unpaid=unpaid,
        )
        return decide("bargaining", facts, self.turn.parameters)

    def tell(self, decision: Decision) -> None:
        """Record what is given, then say it: what another talk took in the same moment is not given twice."""
        turn, then = self.turn, decision.then
        before = list(self.given)
        given = bargaining.concession(then, self.product, turn.shop, self.quantity, given=self.given)
        if given and not turn.dry_run:
            limit = int(float(turn.parameters["max_concessions"]))
            stored = self.store.record(
                customer_id=turn.customer_id,
                conversation_id=turn.conversation_id,
                product_id=self.product.product_id,
                kind=given.key,
                ref=given.name,
                limit=limit,
                within_hours=self.hours,
                row=decision.row,
            )
            if stored is None:
                self.given = [*self.given, given.key]
                self.tell(self.decide("request"))
                return
        overrides = turn.repo.parameters()
        values = bargaining.values(
            then,
            self.product,
            turn.shop,
            turn.parameters,
            quantity=self.quantity,
            given=before,
            speak_postage=speakable("free_postage_from", overrides),
            speak_returns=speakable("quality_return_days", overrides),
        )
        tell(turn, decision, None, dict(values), fields={"product": self.product.product_id})


class ActionBargain(XiaoerAction):
    """bg_01 … bg_10, bg_17."""

    def name(self) -> str:
        return "action_bargain"

    def answer(self, turn: Turn) -> None:
        if basket.goes_on(turn):  # "and a pillow, then" makes the sum longer, not the price lower
            basket.tell_total(turn, basket.asked(turn) or [])
            return
        if keeps_faulty(turn):  # goods with a fault that stay: a compensation, no bargain
            return
        product = meant(turn, ASK)
        if product is None:
            return
        kind = self.kind(turn)
        haggle = Haggle(turn, product)
        haggle.tell(haggle.decide(kind))
        count(turn, product.product_id, offer=kind == "offer")

    def kind(self, turn: Turn) -> str:
        """The table's word for this wish."""
        text = wish_text(turn)
        product = turn.product()
        measured = any(turn.entity(name) is not None for name in MEASURES)  # a height is no sum
        bare = None if product is None or measured else named_sum(text, product.price)
        if turn.entity("amount") is not None or bare is not None:
            return "offer"
        if signs_in(text, "old_customer_signs"):
            return "old_customer"
        if signs_in(text, "leave_signs"):
            return "leave"
        rows = [
            (e.get("metadata") or {}).get("row")
            for e in turn.tracker.events
            if e.get("event") == "bot" and (e.get("metadata") or {}).get("table") == "bargaining"
        ]
        return "repeat" if rows and rows[-1] in LAST_WORDS else "request"


class ActionAnswerBargainReason(XiaoerAction):
    """What the shopper minds about the price: the sum, another shop, or which offers there are."""

    def name(self) -> str:
        return "action_answer_bargain_reason"

    def answer(self, turn: Turn) -> None:
        product, option = meant(turn, ASK), turn.entity("option")
        if product is None:
            return
        if option == "budget":
            turn.say("utter_bargaining_budget")
        elif option == "elsewhere":
            turn.say("utter_bargaining_objection_elsewhere", **price_values(turn, product))
        elif option == "offers":
            haggle = Haggle(turn, product)
            haggle.tell(haggle.decide("which_offers"))
        else:
            ActionBargain().answer(turn)


class ActionAcceptOffer(XiaoerAction):
    """The shopper takes what was offered, or agrees with the price."""

    def name(self) -> str:
        return "action_accept_offer"

    def answer(self, turn: Turn) -> None:
        product = turn.product()
        turn.say("utter_bargaining_accepted", product=product.name if product else None)


class ActionDeclineOffer(XiaoerAction):
    """The shopper does not take it: the door stays open (s_closing_presale)."""

    def name(self) -> str:
        return "action_decline_offer"

    def answer(self, turn: Turn) -> None:
        turn.say("utter_bargaining_declined")


def price_values(turn: Turn, product: ProductFacts) -> dict[str, Any]:
    """Product, price and the true reasons for it ({points}), ready to speak."""
    return dict(
        bargaining.values({}, product, turn.shop, turn.parameters, speak_returns=speakable("quality_return_days", turn.repo.parameters()))
    )


class ActionTellOffers(XiaoerAction):
    """bg_03 and presents: which offers are in force is a question, not bargaining; with the end of them when it is asked for."""

    def name(self) -> str:
        return "action_tell_offers"

    def answer(self, turn: Turn) -> None:
        together = basket.held(turn)
        if together and signs_in(turn.text, "coupon_signs") and signs_in(turn.text, "how_much_signs"):
            basket.tell_total(turn, together)  # what the coupon makes of all that was summed up
            return
        if promotions.answer(turn):
            return
        product = meant(turn, ASK)
        if product is None:
            return
        text = wish_text(turn)
        haggle = Haggle(turn, product)
        if signs_in(text, "gift_signs"):
            haggle.tell(haggle.decide("gift"))
            if bargaining.coupon(product, turn.shop, haggle.quantity) is None:
                return  # nothing to add beside the present
        haggle.tell(haggle.decide("which_offers"))
        if signs_in(text, "end_signs"):
            self.tell_end(turn, product)

    def tell_end(self, turn: Turn, product: ProductFacts) -> None:
        """s_obj_deadline: the date the shop has set, or that it has set none."""
        best = objections.ending(product, turn.shop)
        if best is not None and best.valid_until is not None:
            turn.say("utter_bargaining_deadline", coupon=best.name, end_time=speak_time(best.valid_until, turn.now))
        else:
            turn.say("utter_bargaining_no_deadline")


class ActionTellFreePostage(XiaoerAction):
    """bg_16: how much is missing until the postage is free."""

    def name(self) -> str:
        return "action_tell_free_postage"

    def answer(self, turn: Turn) -> None:
        items = basket.asked(turn) or basket.held(turn)
        if items and len(items) > 1:  # what they cost together tells their postage, too
            basket.tell_total(turn, items)
            return
        product = meant(turn, ASK)
        if product is None:
            return
        haggle = Haggle(turn, product)
        haggle.tell(haggle.decide("free_postage"))
