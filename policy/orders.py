"""What the tables ``cancel_order`` and ``change_product`` are told, and the sums their responses name (yuan).

Cancelling before dispatch gives back everything paid; a loss is taken off only for goods made for this order whose loss was
agreed before payment, and only after the shopper says yes (co_07). After dispatch it is a return for the shopper's own
reason: what is kept back is told before the courier is asked to do anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from policy import ages, logistics
from policy.facts import OrderFacts, ProductFacts, ShopFacts
from policy.parameters import Parameters

ZERO = Decimal(0)


@dataclass(frozen=True)
class CancelAmounts:
    """Sums in yuan. ``refund`` is what comes back; ``freight`` is the courier's usual fee for the way back, not yet taken off and
    None when nobody can name it (appointment deliveries); ``outbound`` is the first freight kept back, already taken off."""

    paid: Decimal
    refund: Decimal
    loss: Decimal = ZERO
    outbound: Decimal = ZERO
    freight: Decimal | None = None


def bears_loss(order: OrderFacts, parameters: Parameters, now: datetime) -> bool:
    """Whether a purchasing loss may be spoken of at all: made for this order, agreed before payment, with a sum (rules.md co_07).

    Never once the promised day of dispatch is over: then the shop is late, and lateness is the shop's (pr_l_02).
    """
    promise = logistics.promised(order, parameters)
    late = promise is not None and logistics.local_date(now) > promise
    return order.custom_made and order.loss_agreed_before_payment and bool(order.purchase_loss) and not late


def cancel_facts(
    order: OrderFacts,
    parameters: Parameters,
    now: datetime,
    step: str = "ask",
    *,
    agree: str = "open",
    identity: str = "signed",
    fault: str = "shopper",
) -> dict[str, object]:
    """The inputs of the table ``cancel_order``.

    ``step``: ask | intercept | insist, then what came of the interception: waiting | stopped | not_stopped; ``agree``: open | yes | no;
    ``fault``: shop when the wrong thing is on its way (decisions.md 1), else shopper.
    """
    parcel = logistics.facts(order, parameters, now)
    known: dict[str, object] = {
        "step": step,
        "identity": identity,
        "state": parcel["state"],
        "loss": "yes" if bears_loss(order, parameters, now) else "no",
        "agree": agree,
        "excluded": "yes" if order.no_reason_excluded else "no",
        "delivery": order.delivery,
        "fault": fault,
    }
    if order.state == "shipped":
        known["lost"] = parcel["lost"]
        reachable = order.tracking and not order.cross_border
        known["stoppable"] = "delivering" if parcel["delivering"] == "yes" else "yes" if reachable else "no"
    return known


def cancel_amounts(order: OrderFacts, parameters: Parameters, shop: ShopFacts, now: datetime) -> CancelAmounts:
    """What comes back when this order is cancelled now: all of it before dispatch (less an agreed loss), else as a return."""
    if order.state in ("unpaid", "cancelled"):
        return CancelAmounts(ZERO, ZERO)
    if order.state == "paid":
        loss = min(order.purchase_loss or ZERO, order.paid) if bears_loss(order, parameters, now) else ZERO
        return CancelAmounts(order.paid, order.paid - loss, loss)
    outbound = outbound_charge(order, parameters)
    freight = next((courier.fee for courier in shop.couriers if courier.courier_id == order.courier_id), None)
    refund = max(ZERO, order.paid - order.postage - outbound)
    return CancelAmounts(order.paid, refund, outbound=outbound, freight=None if order.delivery == "appointment" else freight)


def outbound_charge(order: OrderFacts, parameters: Parameters) -> Decimal:
    """First freight kept back on a return for the shopper's own reason (decisions.md, constraint 2); nothing of the order is kept.

    Postage that was paid is simply not refunded, so only free postage counts here: free by the threshold, which is then lost,
    or free without condition, which is never charged unless the shop charges always.
    """
    mode = parameters["charge_outbound_on_buyer_return"]
    if mode == "never" or order.postage > 0:
        return ZERO
    threshold = parameters["free_postage_from"]
    by_threshold = threshold is not None and order.paid >= Decimal(threshold)
    if mode == "always" or by_threshold:
        return Decimal(parameters["postage"] or 0)
    return ZERO


def change_facts(
    order: OrderFacts,
    target: ProductFacts | None,
    variant: str | None,
    parameters: Parameters,
    now: datetime,
    step: str = "ask",
    *,
    pay: str = "open",
    identity: str = "signed",
    gifts: bool = True,
) -> dict[str, object]:
    """The inputs of the table ``change_product``; without a target ``stock`` is left out, so that the table asks for it.

    ``step``: ask | continue | stop | waiting | done; ``pay``: open | yes | no; ``gifts``: the shop has presents.
    A stock figure that is too old does not promise anything:
    ``stock_as_of`` gives its time for the reply.
    """
    known: dict[str, object] = {
        "step": step,
        "identity": identity,
        "state": logistics.state_word(order),
        "custom": "yes" if order.custom_made else "no",
        "pay": pay,
        "gifts": "yes" if gifts else "no",
    }
    if target is not None and variant is not None:
        amount = difference(order, target)
        known["stock"] = "yes" if target.stock.get(variant, 0) > 0 else "no"
        known["difference"] = "none" if amount == 0 else "more" if amount > 0 else "less"
    return known


def stock_facts(
    order: OrderFacts, parameters: Parameters, now: datetime, step: str = "told", *, identity: str = "signed"
) -> dict[str, object]:
    """The inputs of the table ``out_of_stock``. ``step``: found | told | change | refund | wait.

    The goods are missing while the purchase is awaited, or when none is in stock and none has arrived for this order.
    """
    awaited = order.purchase == "awaiting"
    none_left = order.product.stock.get(order.variant, 0) <= 0 and order.purchase != "arrived"
    return {
        "step": step,
        "identity": identity,
        "state": logistics.state_word(order),
        "short": "yes" if awaited or none_left else "no",
        "restock": "known" if logistics.dates(order, parameters, now).get("restock_on") else "unknown",
    }


def difference(order: OrderFacts, target: ProductFacts) -> Decimal:
    """Price of the target minus what was paid for the item, postage aside (yuan); another variant of the same product costs nothing."""
    if target.product_id == order.product.product_id:
        return ZERO
    return target.price - (order.paid - order.postage)


def target_variant(product: ProductFacts, current: str | None, colour: str | None = None, size: str | None = None) -> str | None:
    """The variant "colour/size" meant by a colour, a size or both, the rest as in ``current``; None when a part is missing or unknown."""
    old_colour, _, old_size = (current or "").partition("/")
    wanted = (colour or _only(product.colours) or old_colour, size or _only(product.sizes) or old_size)
    if wanted[0] not in product.colours or wanted[1] not in product.sizes or (colour is None and size is None and current is None):
        return None
    return "/".join(wanted)


def alternative(product: ProductFacts, variant: str) -> str | None:
    """A variant in stock that is closest to the wanted one: the same size in another colour, else the same colour in another size."""
    colour, _, size = variant.partition("/")
    stocked = [name for name, pieces in product.stock.items() if pieces > 0 and name != variant]
    same_size = [name for name in stocked if name.partition("/")[2] == size]
    same_colour = [name for name in stocked if name.partition("/")[0] == colour]
    return next(iter(same_size + same_colour), None)


def stock_as_of(product: ProductFacts, parameters: Parameters, now: datetime) -> datetime | None:
    """When the stock was read, if that is too long ago to be told without its time; else None."""
    return ages.as_of("stock", product.stock_synced_at, parameters, now)


def _only(words: tuple[str, ...]) -> str | None:
    return words[0] if len(words) == 1 else None
