"""Facts and amounts around the table ``postage``: who pays which stretch is the table's word, how much is computed here.

Rules: rules.md sections 1 and 9, decisions.md (constraints 1-4, "Readings"). Money is yuan (``Decimal``); an amount that
nobody can know (freight of furniture, of a parcel from abroad) is None and never guessed.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from policy import return_cover
from policy.decide import Decision
from policy.facts import Courier, OrderFacts, ShopFacts
from policy.parameters import Parameters, ParamValue, spoken

ZERO = Decimal(0)
SHOP_REASONS = frozenset(
    {"quality", "description_mismatch", "wrong_item", "missing_part", "courier_damage", "seller_oos", "lost_parcel", "late_dispatch"}
)
STAGES = {
    "unpaid": "unshipped",
    "cancelled": "unshipped",
    "paid": "unshipped",
    "shipped": "in_transit",
    "received": "received",
    "confirmed": "confirmed",
}
KINDS = ("clothing", "bedding", "furniture", "appliance")
# What only the shopper can tell; everything else comes from the order.
TOLD = ("reason", "remedy", "severity", "damaged", "usable", "worth", "part_available", "measured_by")
# Own-reason answers and the sums they name: where one is not known, the specialist quotes first (decisions.md, appointment deliveries).
NAMED_SUMS = {
    "utter_returns_buyer_refund": ("refund", "freight"),
    "utter_returns_buyer_refund_free": ("refund", "freight"),
    "utter_returns_buyer_refund_insured": ("refund",),
    "utter_returns_buyer_refund_insured_free": ("refund",),
    "utter_returns_buyer_exchange": ("freight", "reship_fee"),
    "utter_returns_buyer_exchange_insured": ("reship_fee",),
    "utter_returns_refuse_buyer": ("refund", "freight"),
    "utter_pick_up_own_refund": ("refund",),
    "utter_pick_up_own_refund_free": ("refund",),
    "utter_pick_up_own_exchange": ("reship_fee",),
}
# The response in place of a row's own: the shop fetches it; a specialist quotes; no cap that may be told.
PICKUP, QUOTE, UNCAPPED = "utter_returns_shop_pickup", "utter_returns_buyer_quote", "utter_returns_shop_side_uncapped"


@dataclass(frozen=True)
class Amounts:
    """The sums of a decision in yuan; None = not known, so nobody may speak it.

    ``outbound``: what the shopper bears of the first sending (paid and kept, or deducted). ``refund``: what goes back of
    what was paid, when money goes back at all. ``freight``: the couriers' usual fee for the shopper's parcel, of
    ``courier``. ``cap``: the most that is advanced, or offered as compensation. ``reship_fee``: what the shopper pays for
    the second sending. ``insurance``: what the freight insurance does: ``pays_return``, ``pays_first`` (the shop adds the
    rest) or ``nothing``.
    """

    paid: Decimal
    postage: Decimal
    outbound: Decimal | None
    refund: Decimal | None
    freight: Decimal | None
    courier: Courier | None
    cap: Decimal | None
    reship_fee: Decimal | None
    insurance: str


def facts(order: OrderFacts | None, said: Mapping[str, str], parameters: Parameters, shop: ShopFacts, now: datetime) -> dict[str, object]:
    """What the table ``postage`` may be told of this order and this shopper's words, unknown things left out.

    Facts of the order win over words (insurance, days, stage). ``now`` is an aware datetime; days are local calendar
    dates of the shop's zone. Without an order only the words count.
    """
    known: dict[str, object] = {name: said[name] for name in TOLD if said.get(name)}
    if order is None:
        return known | {name: said[name] for name in ("insurance", "stage") if said.get(name)}
    known["insurance"] = "yes" if return_cover.covered(order, parameters) else "no"
    known["stage"] = STAGES[order.state]
    known["kind"] = order.product.kind if order.product.kind in KINDS else "other"
    known["excluded"] = "yes" if order.no_reason_excluded or order.custom_made else "no"
    known["high_value"] = "yes" if is_high_value(order, parameters) else "no"
    known["outbound_kept"] = "yes" if outbound_kept(order, parameters) else "no"
    freight = usual_courier(order, shop)
    if freight is not None:
        known["value_vs_freight"] = "over" if order.product.price > freight.fee else "not_over"
    if order.state in ("received", "confirmed"):
        # Signed for, but the courier gave no day: counted as today, the reading kinder to the shopper.
        known["days"] = days_since_signing(order, shop, now) or 0
        warranty = in_warranty(order, shop, now)
        if warranty is not None:
            known["warranty"] = "yes" if warranty else "no"
    return known


def contradictions(order: OrderFacts, said: Mapping[str, str]) -> tuple[str, ...]:
    """Names of facts the shopper says otherwise than the order; the order holds, and a ticket is opened (decisions.md)."""
    insurance = "yes" if order.insurance or order.return_cover in ("insurance", "prepaid_pickup") else "no"
    return ("insurance",) if said.get("insurance") not in (None, "", insurance) else ()


def days_since_signing(order: OrderFacts, shop: ShopFacts, now: datetime) -> int | None:
    """Whole local days since the parcel was signed for, 0 on that day; None when the day is not known."""
    if order.signed_at is None:
        return None
    zone = ZoneInfo(shop.timezone)
    return max(0, (now.astimezone(zone).date() - order.signed_at.astimezone(zone).date()).days)


def in_warranty(order: OrderFacts, shop: ShopFacts, now: datetime) -> bool | None:
    """Whether the product's own warranty still runs (months from signing); None when it has none or the day is unknown."""
    if order.product.warranty_months is None or order.signed_at is None:
        return None
    zone = ZoneInfo(shop.timezone)
    return now.astimezone(zone).date() <= add_months(order.signed_at.astimezone(zone).date(), order.product.warranty_months)


def add_months(day: date, months: int) -> date:
    """The same day ``months`` later, or the last day of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def free_postage(order: OrderFacts, parameters: Parameters) -> str:
    """``no`` (postage was paid), ``threshold`` (free from a sum on) or ``unconditional`` (free without a condition)."""
    if order.postage > 0:
        return "no"
    threshold = parameters["free_postage_from"]
    return "threshold" if threshold is not None and yuan(threshold) > 0 and order.paid >= yuan(threshold) else "unconditional"


def outbound_kept(order: OrderFacts, parameters: Parameters) -> bool:
    """Whether the shopper bears the first postage of an own-reason return (decisions.md 2).

    Postage that was paid stays paid. Free postage is deducted only as ``charge_outbound_on_buyer_return`` says: by the
    threshold that a full return no longer reaches (threshold_lost), in any case (always), or not at all (never).
    """
    free, mode = free_postage(order, parameters), parameters["charge_outbound_on_buyer_return"]
    return free == "no" or mode == "always" or (mode == "threshold_lost" and free == "threshold")


def is_high_value(order: OrderFacts, parameters: Parameters) -> bool:
    """Whether the order is one of high value (``high_value_amount``, yuan)."""
    limit = parameters["high_value_amount"]
    return limit is not None and order.paid >= yuan(limit)


def usual_courier(order: OrderFacts, shop: ShopFacts) -> Courier | None:
    """The cheapest courier with a number for sending a parcel back; None for appointment deliveries and parcels abroad."""
    if order.delivery == "appointment" or order.cross_border:
        return None
    return min((courier for courier in shop.couriers if courier.speed != "untracked"), key=lambda courier: courier.fee, default=None)


def comp_cap(order: OrderFacts, parameters: Parameters) -> Decimal:
    """The most that bot and agents may offer as compensation (yuan): the order's postage, or the shop's when it was free."""
    own = parameters["comp_cap"]
    if own is not None:
        return yuan(own)
    return order.postage if order.postage > 0 else yuan(parameters["postage"])


def amounts(decision: Decision, order: OrderFacts, parameters: Parameters, shop: ShopFacts) -> Amounts:
    """The sums of a decided row for this order; ``ValueError`` when no row was decided."""
    if decision.row is None:
        raise ValueError(f"table {decision.table} has not decided: it asks for {decision.ask}")
    then = decision.then
    standard = None if order.delivery == "appointment" else yuan(parameters["postage"])
    outbound: Decimal | None = ZERO
    if then["outbound"] == "shopper":
        outbound = order.postage if order.postage > 0 else standard
    courier = usual_courier(order, shop)
    freight = courier.fee if courier else None
    refund = None if outbound is None else order.paid - outbound
    if then["return"] == "shopper" and then["advanced_by"] == "shop":  # the courier brings it back, the shop pays first
        refund = None if refund is None or freight is None else refund - freight
    return Amounts(
        paid=order.paid,
        postage=order.postage,
        outbound=outbound,
        refund=None if refund is None else max(ZERO, refund),
        freight=freight,
        courier=courier,
        cap=_cap(then["cap"], order, parameters),
        reship_fee=_reship_fee(then, order, parameters, standard),
        insurance={"insurance": "pays_return", "insurance_then_shop": "pays_first"}.get(str(then["return"]), "nothing"),
    )


def _cap(cap: object, order: OrderFacts, parameters: Parameters) -> Decimal | None:
    if cap == "comp_cap":
        return comp_cap(order, parameters)
    return cap if isinstance(cap, Decimal) else None


def _reship_fee(then: Mapping[str, object], order: OrderFacts, parameters: Parameters, standard: Decimal | None) -> Decimal | None:
    if then["reship"] != "shopper":
        return ZERO
    threshold = parameters["free_postage_from"]
    # With insurance the wanted piece is a new order, under the rules of a new order (pr_b_ex_02).
    if then["return"] == "insurance" and threshold is not None and yuan(threshold) > 0 and order.product.price >= yuan(threshold):
        return ZERO
    return order.postage if order.cross_border and order.postage > 0 else standard


def settled(decision: Decision, order: OrderFacts, parameters: Parameters, shop: ShopFacts) -> Decision:
    """The decision as it is said for this order: same row, same parties, another response where its own lacks an amount.

    Appointment deliveries and parcels from abroad: the shop fetches what it pays for; what the shopper pays is quoted by a
    specialist first. A cap that the shop has not confirmed is not spoken. With a pick-up paid beforehand nobody advances anything
    (policy/return_cover.py). An open decision comes back as it is.
    """
    if decision.row is None:
        return decision
    decision = return_cover.applied(decision, order, parameters)
    then = dict(decision.then)
    sums = amounts(decision, order, parameters, shop)
    shop_pays = then["return"] in ("shop", "insurance_then_shop") and then["advanced_by"] == "shopper"
    if shop_pays and (sums.courier is None or sums.cap == ZERO):
        then |= {"say": PICKUP, "advanced_by": "none", "cap": None, "ticket": "specialist", "hand_over": "ticket"}
    elif any(getattr(sums, name) is None for name in NAMED_SUMS.get(str(then["say"]), ())):
        then |= {"say": QUOTE, "ticket": "specialist", "hand_over": "ticket"}
    elif then["return"] == "shop" and shop_pays and (sums.cap is None or not spoken("return_postage_cap", parameters)):
        then |= {"say": UNCAPPED, "cap": None}
    return replace(decision, then=then)


def values(sums: Amounts, decision: Decision, order: OrderFacts, parameters: Parameters, shop: ShopFacts) -> dict[str, str]:
    """The sums as ready-to-speak strings by response variable; what is not known is absent.

    ``days`` is the time the row speaks of: of re-sending where nothing comes back, else of inspecting what came back.
    """
    resent = decision.then["reship"] == "shop" and decision.then["return"] == "none"
    found = {
        "order_id": order.order_id,
        "product": order.product.name,
        "variant": order.variant,
        "paid": money(sums.paid),
        "postage": money(sums.postage),
        "outbound": money(sums.outbound),
        "refund": money(sums.refund),
        "freight": money(sums.freight),
        "cap": money(sums.cap),
        "reship_fee": money(sums.reship_fee),
        "courier": sums.courier.name if sums.courier else None,
        "courier_phone": sums.courier.pickup_phone if sums.courier else None,
        "gift": shop.gifts[0] if shop.gifts else None,
        "days": str(parameters["reship_days" if resent else "inspection_workdays"]),
        "return_receiver": shop.return_address.get("receiver"),
        "return_phone": shop.return_address.get("phone"),
        "return_address": shop.return_address.get("address"),
    }
    return {name: value for name, value in found.items() if value}


def warning(parameters: Parameters) -> str | None:
    """The key of the warning a shop must see for its settings: ``strict_001_breaks_law_1``, or None when there is none."""
    return "strict_001_breaks_law_1" if parameters["postage_time_tier_mode"] == "strict_001" else None


def yuan(value: ParamValue) -> Decimal:
    """A parameter as an amount; ``ValueError`` when it is not set."""
    if value is None:
        raise ValueError("an amount is needed here, but the parameter is empty")
    return Decimal(str(value))


def money(amount: Decimal | None) -> str | None:
    """Yuan as spoken, without the unit: 168, 8.5, 8.55; None stays None."""
    if amount is None:
        return None
    text = f"{amount:.2f}"
    return text.rstrip("0").rstrip(".")
