"""Sending, before buying: when it arrives, which courier, what it costs (rules.md §17, §22; flows.md F1)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from actions import ownership
from actions.base import XiaoerAction
from actions.goods import place_in, quantity, signs_in, wish_text
from actions.logistics import tell_parcel
from actions.money_wishes import last_table
from actions.outcome import tell
from actions.supposing import reason_meant, tell_postage
from actions.turn import Turn
from actions.values import listed, money, product_values, shop_values
from policy import ages, logistics
from policy.decide import decide
from policy.facts import Courier, OrderFacts, ProductFacts
from policy.words import fmt, words
from shop.clock import SHANGHAI
from shop.workdays import speak_date


def estimate(turn: Turn) -> tuple[date, date, date]:
    """(day it is handed over when paid for now, earliest day of arrival, latest), by the shop's cutoff, pause and delivery days."""
    local = turn.now.astimezone(SHANGHAI)
    hour, minute = (int(part) for part in str(turn.parameters["ship_cutoff"]).split(":"))
    sent = logistics.after_pause(local.date() + timedelta(days=0 if local.time() <= time(hour, minute) else 1), turn.parameters)
    low, _, high = str(turn.parameters["delivery_days"]).partition("-")
    return sent, sent + timedelta(days=int(low)), sent + timedelta(days=int(high or low))


BARE = 8  # characters of a question that names nothing but the postage
# What is spoken of is an order already placed, not one to come.
ORDER_FORMS = ("change_form", "cancel_form")
ORDER_TABLES = ("logistics", "change_product", "cancel_order")


class ActionTellArrival(XiaoerAction):
    """s_arrival_estimate: when it is sent and how long it usually takes; of an order already placed, its own dates."""

    def name(self) -> str:
        return "action_tell_arrival"

    def answer(self, turn: Turn) -> None:
        order = self.placed(turn)
        if order is not None:
            turn.set("order_id", order.order_id)
            tell_parcel(turn, order, "status")
            return
        product = turn.product()
        if product is not None and turn.tracker.get_slot("open_question") == "stock_details":
            self.check_pieces(turn, product)
        sent, first, last = estimate(turn)
        place, distance = place_in(turn.text)
        kind = product.kind if product else "other"
        facts = {"ask": "arrival", "kind": kind, "deadline": self.deadline(turn, first, last), "distance": distance}
        fast = courier_of_speed(turn, "fast")
        values = {
            **(product_values(turn, product) if product else {}),
            **shop_values(turn),
            "normal_days": str(turn.parameters["delivery_days"]),
            "ship_on": speak_date(sent),
            "arrive_from": speak_date(first),
            "arrive_until": speak_date(last),
            "days": str(turn.parameters["furniture_appointment_days"]),
            "options": fast.name if fast else fmt("quicker_courier"),
            "place": place,
            "far": lines([c for c in turn.shop.couriers if c.speed == "everywhere"] or list(turn.shop.couriers)),
        }
        tell(turn, decide("products", facts, turn.parameters), None, values)

    def check_pieces(self, turn: Turn, product: ProductFacts) -> None:
        """F1: the number of pieces has been said now; fewer in stock is told before any date."""
        variant = f"{turn.slot('colour')}/{turn.slot('size')}"
        pieces, wanted = product.stock.get(variant, 0), quantity(turn.text)
        if 0 < pieces < wanted and ages.stock_age(product, turn.parameters, turn.now) == "fresh":
            facts = {"ask": "stock", "variant": "one", "pieces": pieces, "enough": "no"}
            values = {"product": product.name, "variant": variant, "stock": str(pieces), "quantity": str(wanted)}
            tell(turn, decide("products", facts, turn.parameters), None, values)

    def deadline(self, turn: Turn, first: date, last: date) -> str:
        """Whether the day that the shopper names can be met: the table's word."""
        named = turn.entity("date")
        if not named:
            return "none"
        try:
            wanted = datetime.fromisoformat(str(named)).date()
        except ValueError:
            return "none"
        if wanted <= turn.context.clock.today():
            return "none"  # 今天拍 is when it is ordered, not when it must arrive
        return "met" if wanted >= last else "unsure" if wanted >= first else "missed"

    def placed(self, turn: Turn) -> OrderFacts | None:
        """The one order under way that the question is about, signed in or proved; None before buying, or when it is not clear which."""
        if not turn.customer_id:
            shown = ownership.known_order(turn)
            other = turn.entity("product") and shown is not None and turn.entity("product") != shown.product.product_id
            return shown if shown is not None and shown.state in ("paid", "shipped") and not other else None
        mine = [o for o in turn.repo.orders_of(turn.customer_id) if o.state in ("paid", "shipped")]
        named = [o for o in mine if o.product.product_id == turn.entity("product")]
        if turn.entity("product") or turn.meta.get("product_id"):
            return named[0] if len(named) == 1 else None
        told = [e for e in turn.tracker.events if e.get("event") == "bot"]
        if turn.loop in ORDER_FORMS or (told and (told[-1].get("metadata") or {}).get("table") in ORDER_TABLES):
            return next((o for o in mine if o.order_id == turn.slot("order_id")), None)
        return mine[0] if len(mine) == 1 and any(sign in turn.text for sign in words()["placed_signs"]) else None


def courier_of_speed(turn: Turn, speed: str) -> Courier | None:
    """The shop's cheapest courier of a speed, None when it has none."""
    return min((c for c in turn.shop.couriers if c.speed == speed), key=lambda c: c.fee, default=None)


def lines(couriers: list[Courier]) -> str:
    """Couriers with fee and speed, in one line."""
    line = words()["formats"]["courier_line"]
    return listed(line.format(name=c.name, fee=money(c.fee), speed=words()["speeds"].get(c.speed, "")) for c in couriers)


def of_return(turn: Turn) -> bool:
    """Whether a bare "postage?" stands in the middle of a return: then it is the postage of that return that is asked for."""
    bare = len(turn.text) <= BARE and bool(signs_in(turn.text, "return_fee_signs")) and place_in(turn.text)[0] is None
    return bare and not turn.entity("courier") and (turn.loop == "return_form" or last_table(turn) == "postage")


class ActionTellCouriers(XiaoerAction):
    """cc_01 … cc_06, ps_03: the shop's couriers with their fees, without judging any."""

    def name(self) -> str:
        return "action_tell_couriers"

    def answer(self, turn: Turn) -> None:
        text = wish_text(turn)
        if of_return(turn):
            tell_postage(turn, reason_meant(turn))
            return
        place, where = place_in(text)
        want = self.want(turn, text)
        product = turn.product()
        by_parcel = product is None or product.kind != "furniture"
        if (
            by_parcel
            and signs_in(text, "fee_signs")
            and want == "either"
            and where == "home"
            and not signs_in(text, "return_courier_signs")
        ):
            self.quote(turn, text, place)
            return
        named = next((c for c in turn.shop.couriers if c.courier_id == turn.entity("courier")), None)
        fast, slow = courier_of_speed(turn, "fast"), courier_of_speed(turn, "economy")
        carried = {"named": named, "fast": fast}.get(want, slow)
        facts = {
            "kind": product.kind if product else "other",
            "use": "return" if signs_in(text, "return_courier_signs") else "send",
            "want": want if slow or want != "economy" else "either",
            "place": where,
            "holiday": "yes" if signs_in(text, "holiday_signs") else "no",
            "carried": "yes" if carried and slow else "no",
        }
        tell(turn, decide("couriers", facts, turn.parameters), None, self.values(turn, place, named, fast, slow))

    def want(self, turn: Turn, text: str) -> str:
        """What matters to the shopper: a named courier, speed, the fee; either when nothing is said."""
        if turn.entity("courier"):
            return "named"
        if signs_in(text, "economy_signs"):
            return "economy"
        return "fast" if signs_in(text, "fast_signs") else "either"

    def values(self, turn: Turn, place: str | None, named: Courier | None, fast: Courier | None, slow: Courier | None) -> dict[str, Any]:
        """What the answers name: fees of the list, their difference to the economical courier."""
        couriers = list(turn.shop.couriers)
        far = [c for c in couriers if c.speed == "everywhere"] or couriers
        abroad = [c for c in couriers if c.speed in ("untracked", "everywhere")] or couriers
        picked = named or fast
        fetching = [c for c in couriers if c.pickup_phone and c.speed != "untracked"]
        return {
            **(product_values(turn, product) if (product := turn.product()) else {}),
            **shop_values(turn),
            "options": lines(couriers),
            "place": place,
            "courier": picked.name if picked else None,
            "fee": money(picked.fee) if picked else None,
            "difference": money(abs(picked.fee - slow.fee)) if picked and slow else None,
            "alternative": slow.name if slow else None,
            "price": money(slow.fee) if slow else None,
            "normal_days": str(turn.parameters["delivery_days"]),
            "far": lines(far),
            "abroad": lines(abroad),
            "pickup": listed(fmt("courier_pickup", courier=c.name, phone=c.pickup_phone, fee=money(c.fee)) for c in fetching) or None,
        }

    def quote(self, turn: Turn, text: str, place: str | None) -> None:
        """ps_03: the fees, for a destination once it is said; with free postage where the sum of the goods reaches it."""
        product = turn.product()
        decision = decide("products", {"ask": "shipping", "place": "yes" if place else "no"}, turn.parameters)
        pieces = quantity(text)
        home = [c for c in turn.shop.couriers if c.speed != "untracked"]
        values = {**shop_values(turn), "options": lines(home), "place": place, "normal_days": str(turn.parameters["delivery_days"])}
        tell(turn, decision, None, values)
        threshold = turn.parameters.get("free_postage_from")
        if product is not None and threshold is not None and turn.repo.parameters().get("free_postage_from") is not None:
            if product.price * pieces >= threshold:
                turn.say("utter_products_shipping_free", **{**product_values(turn, product), **values, "quantity": str(pieces)})
