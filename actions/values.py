"""Ready-to-speak values of an order, a product and the shop: the vocabulary of ``data/responses``.

Everything is computed from facts; what is not known is absent, and ``Turn.say`` then does not speak the response.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from actions.turn import Turn
from policy import logistics
from policy.facts import Courier, OrderFacts, ProductFacts
from policy.not_received import hidden
from policy.words import fmt, word, words
from shop.workdays import WorkdayDataMissing, add_workdays, speak_date, speak_time


def money(amount: Decimal | float | int | None) -> str | None:
    """Yuan as spoken: 168, 8.5, 8.55; None stays None (an amount is never guessed)."""
    if amount is None:
        return None
    text = f"{Decimal(str(amount)):.2f}"
    return text.rstrip("0").rstrip(".")


def number(value: float | int | None) -> str | None:
    """A measure as spoken: 98, 62.5."""
    return None if value is None else f"{float(value):g}"


def says(turn: Turn, signs: str) -> bool:
    """Whether the message holds one of the words of this section of ``policy/words.yml``."""
    return any(sign in turn.text for sign in words()[signs])


def listed(items: Iterable[str]) -> str:
    """Items in one line, with the separator of ``policy/words.yml``."""
    return str(fmt("list_separator")).join(items)


def courier_of(turn: Turn, order: OrderFacts) -> Courier | None:
    """The shop's courier of an order's parcel."""
    return next((c for c in turn.shop.couriers if c.courier_id == order.courier_id), None)


def product_values(turn: Turn, product: ProductFacts) -> dict[str, Any]:
    """Values of a product. Its floor price is none of them."""
    return {
        "product": product.name,
        "price": money(product.price),
        "fabric": product.fabric,
        "care": product.care,
        "colours": listed(product.colours) or None,
        "sizes": listed(product.sizes) or None,
        "measure": product.dimensions,
        "manual": product.manual,
        "warranty": product.warranty_months,
    }


def shop_values(turn: Turn) -> dict[str, Any]:
    """Values of the shop that any response may name."""
    address = turn.shop.return_address
    parameters = turn.parameters
    return {
        "return_receiver": address.get("receiver"),
        "return_phone": address.get("phone"),
        "return_address": address.get("address"),
        "phone_hours": parameters.get("support_phone_hours"),
        "free_from": money(parameters.get("free_postage_from")),
        "cutoff": parameters.get("ship_cutoff"),
        "card_days": parameters.get("card_refund_workdays"),
        "gift": turn.shop.gifts[0] if turn.shop.gifts else None,
        **pause_values(turn),
    }


def pause_values(turn: Turn) -> dict[str, Any]:
    """The announced days without dispatch, and the day it goes on; nothing when none is announced or it is over."""
    rest = logistics.pause(turn.parameters)
    if rest is None or rest[1] < logistics.local_date(turn.now):
        return {}
    first, last, resumes = (speak_date(day) for day in (*rest, rest[1] + timedelta(days=1)))
    return {"pause_from": first, "pause_until": last, "resume_on": resumes}


def order_values(turn: Turn, order: OrderFacts) -> dict[str, Any]:
    """Values of an order and its parcel; days as spoken dates of Asia/Shanghai."""
    courier = courier_of(turn, order)
    days = logistics.dates(order, turn.parameters, turn.now)
    spoken = {name: speak_date(day) for name, day in days.items()}
    last = logistics.last_scan(order)
    as_of = logistics.as_of(order, turn.parameters, turn.now)
    shown = [f"{speak_time(s.at, turn.now)} {s.place} {hidden(s.text)}" for s in sorted(order.scans, key=lambda s: s.at)[-3:]]
    low, high = logistics.dispatch_span(turn.parameters)
    values = {
        **product_values(turn, order.product),
        **shop_values(turn),
        **spoken,
        "order_id": order.order_id,
        "variant": order.variant,
        "paid": money(order.paid),
        "postage": money(order.postage),
        "courier": courier.name if courier else None,
        "courier_phone": courier.pickup_phone if courier else None,
        "tracking": order.tracking,
        "trace": "\n".join(shown) or None,
        "last_scan": f"{speak_time(last.at, turn.now)} {last.place} {hidden(last.text)}" if last else None,
        "as_of": speak_time(as_of or turn.now, turn.now),
        "days": f"{low}-{high}",
        "normal_days": str(turn.parameters.get("delivery_days") or "2-5"),
        "loss": money(order.purchase_loss),
        "refund_path": word("refund_paths", order.pay_by) or word("refund_paths", "other"),
        "state": words()["states"].get(order.state),
        "reason_word": word("reasons", turn.slot("reason")),
        "remedy_word": word("remedies", turn.slot("remedy")),
        "deadline": spoken_workday(turn, "refund_arrange_workdays"),
        "until": spoken.get("follow_until"),
    }
    return {name: value for name, value in values.items() if value is not None}


def spoken_workday(turn: Turn, parameter: str) -> str:
    """The day ``parameter`` working days from today; the number of days when the calendar knows nothing of that year."""
    count = int(float(turn.parameters[parameter]))
    try:
        return speak_date(add_workdays(turn.context.clock.today(), count))
    except WorkdayDataMissing:
        return fmt("workdays", n=count)


def spoken_day(turn: Turn, parameter: str) -> str:
    """The day ``parameter`` calendar days from today."""
    return speak_date(turn.context.clock.today() + timedelta(days=int(float(turn.parameters[parameter]))))
