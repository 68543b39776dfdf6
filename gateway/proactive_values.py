"""What the messages the shop begins may name: ready-to-speak values from the shop's data, read in the moment of sending.

A value that nobody knows is absent, so that a sentence that needs it is passed over: never an empty bracket, never a guess.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from policy import logistics, payments
from policy.facts import OrderFacts, ProductFacts
from policy.parameters import Parameters
from policy.words import fmt, team_of, word, words
from shop.catalogue import ShopRepository
from shop.clock import local_day
from shop.news import Deed
from shop.workdays import WorkdayDataMissing, add_workdays, speak_date, speak_time

Values = dict[str, str]


def of_order(order: OrderFacts, shop: ShopRepository, parameters: Parameters, now: datetime) -> Values:
    """The values of an order, its product and its parcel."""
    facts = shop.shop()
    courier = next((each for each in facts.couriers if each.courier_id == order.courier_id), None)
    last = logistics.last_scan(order)
    low, high = logistics.dispatch_span(parameters)
    today = local_day(now)
    spoken: dict[str, str | None] = {
        **of_product(order.product),
        "shop": facts.name,
        "order_id": order.order_id,
        "variant": order.variant,
        "paid": money(order.paid) if order.state != "unpaid" else None,
        "postage": money(order.postage),
        "refund": money(order.paid) if order.paid else None,
        "refund_path": word("refund_paths", order.pay_by) or word("refund_paths", "other"),
        "days": f"{low}-{high}",
        "cutoff": str(parameters.get("ship_cutoff") or ""),
        "until": speak_date(payments.kept_until(order, parameters, now)) if order.state == "unpaid" else None,
        "ship_on": _day(order.ship_on, today),
        "restock_on": _day(order.restock_on, today),
        "deadline": _dispatch(order, parameters, today, high),
        "courier": courier.name if courier else None,
        "tracking": order.tracking,
        "last_scan": f"{speak_time(last.at, now)} {last.place} {last.text}" if last else None,
        "alternative": alternative(order, shop),
    }
    return known(spoken)


def of_product(product: ProductFacts) -> Values:
    """The values of a product."""
    return {"product": product.name, "price": money(product.price)}


def of_deed(deed: Deed, order: OrderFacts | None, parameters: Parameters, now: datetime) -> Values:
    """The values of a deed: its sum, its parcel, its ticket. A sum that nobody stored is not said."""
    amount = money(deed.amount) if deed.amount is not None else None
    spoken: dict[str, str | None] = {"refund": amount, "difference": amount, "tracking": deed.tracking, "ticket": deed.ticket}
    values = known(spoken)
    count = int(str(parameters["inspection_workdays"]))
    try:
        values["deadline"] = speak_date(add_workdays(local_day(now), count))
    except WorkdayDataMissing:
        values["deadline"] = fmt("workdays", n=count)
    if order is not None:
        path = word("refund_paths", order.pay_by) or word("refund_paths", "other")
        values |= known({"refund_path": path})
    return values


def of_complaint(ticket: str, kind: str, promise: datetime, now: datetime) -> Values:
    """The values of a complaint that is not answered yet: who is at it, and when the next word comes (``promise``)."""
    team, _, _ = team_of(kind)
    return {"ticket": ticket, "team": team, "deadline": speak_time(promise, now)}


def missing(order: OrderFacts, phone_known: bool) -> list[str]:
    """What is not known of an order that has to be sent (rf_07), in the shopper's words."""
    names = words()["proactive"]["missing"]
    return [str(names[name]) for name, there in (("variant", bool(order.variant)), ("phone", phone_known)) if not there]


def alternative(order: OrderFacts, shop: ShopRepository) -> str | None:
    """A variant of the same product in the same size, else another product of the kind at most as dear: only what is in stock."""
    _, _, size = order.variant.rpartition("/")
    for variant, pieces in sorted(order.product.stock.items()):
        if pieces > 0 and variant != order.variant and variant.rpartition("/")[2] == size:
            return f"{order.product.name}（{variant}）"
    likes = [
        each
        for each in shop.products()
        if each.kind == order.product.kind and each.product_id != order.product.product_id and each.price <= order.product.price
    ]
    best = max((each for each in likes if any(each.stock.values())), key=lambda each: (each.price, each.product_id), default=None)
    return best.name if best else None


def known(spoken: dict[str, str | None]) -> Values:
    """The values without those that nobody knows."""
    return {name: value for name, value in spoken.items() if value}


def money(amount: Decimal) -> str:
    """Yuan as they are spoken: 168, 8.5."""
    return f"{amount.normalize():f}"


def _day(day: date | None, today: date) -> str | None:
    """A planned day that is not over."""
    return speak_date(day, today) if day is not None and day >= today else None


def _dispatch(order: OrderFacts, parameters: Parameters, today: date, workdays: int) -> str | None:
    """Until when a paid order is sent: the promised or planned day, else the usual working days; None when the calendar ends."""
    if order.state != "paid":
        return None
    promised = logistics.promised(order, parameters) or order.ship_on
    if promised is not None:
        return _day(promised, today)
    if order.purchase == "awaiting":
        return None
    try:
        return speak_date(logistics.after_pause(add_workdays(today, workdays), parameters), today)
    except WorkdayDataMissing:
        return None
