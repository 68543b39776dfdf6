"""What the tables speak about: frozen facts, without behaviour and without I/O.

The rule of this file: a field is here because a row of ``policy/tables`` or a value of a response needs it.
``shop`` fills these from the database, ``actions`` carries them, ``policy`` reads them. Money is in yuan
(``Decimal``), lengths in cm, weights of persons in 斤 (jin, 0.5 kg), instants are aware datetimes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

ORDER_STATES = ("unpaid", "paid", "shipped", "received", "confirmed", "cancelled")
STAGES = ("unshipped", "in_transit", "received", "confirmed")


@dataclass(frozen=True)
class Scan:
    """One line of a parcel's journey, as the courier reported it."""

    at: datetime
    place: str
    text: str
    arrived_region: bool = False
    out_for_delivery: bool = False


@dataclass(frozen=True)
class SizeRow:
    """One size of a product's chart.

    ``ranges`` are facts about a person: ``height`` (cm) and ``weight`` (斤), each as (lowest, highest), both inclusive.
    ``measures`` are of the garment laid flat or around: bust, waist, hip, shoulder, length (cm).
    """

    size: str
    ranges: dict[str, tuple[float, float]] = field(default_factory=dict)
    measures: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class ProductFacts:
    """A product as the shop sells it. ``floor_price`` is for decisions only: it is never a value of a response."""

    product_id: str
    name: str
    kind: str  # clothing | bedding | furniture | appliance | other
    price: Decimal
    floor_price: Decimal = field(repr=False, default=Decimal(0))
    discounted: bool = False
    brand: str | None = None
    fabric: str | None = None
    care: str | None = None
    manual: str | None = None
    dimensions: str | None = None
    warranty_months: int | None = None
    colours: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    size_chart: tuple[SizeRow, ...] = ()
    stock: dict[str, int] = field(default_factory=dict)  # variant "colour/size" -> pieces
    stock_synced_at: datetime | None = None
    synced_at: datetime | None = None  # when the shop's system last confirmed name, price and the rest
    attributes: dict[str, object] = field(default_factory=dict)  # what has no field of its own: shrink_rate_pct, formaldehyde_report …


PRICE_CAUSES = ("list", "promotion", "coupon")


@dataclass(frozen=True)
class PriceRecord:
    """A price of the shop's own record: ``price`` yuan from ``since`` on, for one ``variant`` ("colour/size") or all (None).

    ``cause``: list (the price itself), promotion (for a time, for everybody), coupon (only with a coupon).
    """

    since: datetime
    price: Decimal
    variant: str | None = None
    cause: str = "list"


@dataclass(frozen=True)
class OrderFacts:
    """One order of one product, with its parcel.

    ``variant`` is "colour/size". ``postage`` is what the shopper paid for sending (0 when it was free).
    ``scans`` are oldest first. Dates of the shop's day are computed by the caller in Asia/Shanghai.
    """

    order_id: str
    customer_id: str
    product: ProductFacts
    variant: str
    state: str
    paid: Decimal
    postage: Decimal
    ordered_at: datetime
    pay_by: str | None = None  # alipay | wechat | card | paypal
    shipped_at: datetime | None = None
    signed_at: datetime | None = None
    ship_by: date | None = None  # promised day of dispatch
    ship_on: date | None = None  # day the warehouse has planned
    restock_on: date | None = None
    purchase: str | None = None  # arrived | awaiting
    courier_id: str | None = None
    tracking: str | None = None
    scans: tuple[Scan, ...] = ()
    insurance: bool = False
    cross_border: bool = False
    delivery: str = "parcel"  # parcel | appointment
    custom_made: bool = False
    no_reason_excluded: bool = False
    loss_agreed_before_payment: bool = False
    purchase_loss: Decimal | None = None
    gifts: tuple[str, ...] = ()  # promised with this order by the page, a promotion or the shop
    invoiced_on: date | None = None  # day on which the shop's system issued the invoice
    # What pays the way back of a return: none | insurance | prepaid_pickup; None: as `insurance` says, else the shop's parameter.
    return_cover: str | None = None
    # Where it goes: the shop's id of the address (equal ids are one address) and its city and district, the only part ever spoken.
    address_id: str | None = None
    address_area: str | None = None
    warehouse: str | None = None  # None: the shop's only one
    synced_at: datetime | None = None


@dataclass(frozen=True)
class Courier:
    """A courier of the shop. ``fee`` in yuan; ``speed``: economy | fast | everywhere | untracked."""

    courier_id: str
    name: str
    speed: str
    fee: Decimal
    pickup_phone: str | None = None


@dataclass(frozen=True)
class Coupon:
    """A coupon every shopper may use: ``amount`` yuan off from ``min_spend`` yuan."""

    code: str
    name: str
    amount: Decimal
    min_spend: Decimal
    valid_until: datetime | None = None  # None: the shop has set no end


@dataclass(frozen=True)
class ShopFacts:
    """The shop itself: what responses name and tables read beside the parameters."""

    shop_id: str
    name: str
    timezone: str
    address_style: str  # nin | qin
    opening_hours: str  # "10:00-24:00"
    couriers: tuple[Courier, ...] = ()
    gifts: tuple[str, ...] = ()
    coupons: tuple[Coupon, ...] = ()
    return_address: dict[str, str] = field(default_factory=dict)  # receiver, phone, address


@dataclass(frozen=True)
class Measurements:
    """What a shopper said of themselves. Lengths in cm, weight in 斤; None = not said."""

    height: float | None = None
    weight: float | None = None
    bust: float | None = None
    waist: float | None = None
    hip: float | None = None
    shoulder: float | None = None
