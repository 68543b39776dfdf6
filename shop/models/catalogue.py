"""What the shop is and sells: shops, parameters, intent modes, couriers, gifts, coupons, products, stock."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from shop.models.base import ID, NAME, WORD, Base, OfShop, new_stamp


class Shop(Base):
    """A shop. ``source`` is ``demo`` for the seeded one (its facts count as synced at every start), else ``own``.

    ``stamp`` changes with every write to the shop, its couriers, gifts, coupons or parameters.
    """

    __tablename__ = "shops"

    shop_id: Mapped[str] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(NAME)
    timezone: Mapped[str] = mapped_column(String(64), default="Asia/Shanghai")
    address_style: Mapped[str] = mapped_column(WORD, default="nin")
    opening_hours: Mapped[str] = mapped_column(WORD, default="00:00-24:00")
    return_address: Mapped[dict[str, Any]] = mapped_column(default=dict)
    source: Mapped[str] = mapped_column(WORD, default="own")
    stamp: Mapped[str] = mapped_column(WORD, default=new_stamp)
    created_at: Mapped[datetime]


class Parameter(OfShop, Base):
    """One number or word of rules.md §0 that this shop decided otherwise. ``value`` is {"value": …} (null is a value too)."""

    __tablename__ = "parameters"

    name: Mapped[str] = mapped_column(ID, primary_key=True)
    value: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime]


class IntentMode(OfShop, Base):
    """How much the bot may do alone for an intent (``*``: any) from ``from_hour`` until before ``to_hour``, Asia/Shanghai."""

    __tablename__ = "intent_modes"
    __table_args__ = (
        CheckConstraint("mode IN ('off', 'suggest', 'auto')", name="mode"),
        CheckConstraint("0 <= from_hour AND from_hour < to_hour AND to_hour <= 24", name="hours"),
    )

    intent: Mapped[str] = mapped_column(ID, primary_key=True)
    from_hour: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    to_hour: Mapped[int]
    mode: Mapped[str] = mapped_column(WORD)


class CourierRow(OfShop, Base):
    """A courier of the shop; ``fee`` in yuan, in the order of ``position``."""

    __tablename__ = "couriers"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    position: Mapped[int] = mapped_column(default=0)
    name: Mapped[str] = mapped_column(NAME)
    speed: Mapped[str] = mapped_column(WORD)
    fee: Mapped[Decimal]
    pickup_phone: Mapped[str | None] = mapped_column(WORD)


class Gift(OfShop, Base):
    """A gift that may be given as a concession, best first by ``position``."""

    __tablename__ = "gifts"

    name: Mapped[str] = mapped_column(NAME, primary_key=True)
    position: Mapped[int] = mapped_column(default=0)


class CouponRow(OfShop, Base):
    """A coupon: ``amount`` yuan off from ``min_spend`` yuan, within its time when it has one."""

    __tablename__ = "coupons"

    code: Mapped[str] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(NAME)
    amount: Mapped[Decimal]
    min_spend: Mapped[Decimal]
    valid_from: Mapped[datetime | None]
    valid_until: Mapped[datetime | None]


class Product(OfShop, Base):
    """A product. Prices in yuan; ``size_chart`` rows as in demo_shop.yml; ``attributes`` is what has no column of its own.

    ``version`` and ``stock_version`` are those of the integration (0: never written by it). ``stamp`` changes with every
    write to the product or its stock.
    """

    __tablename__ = "products"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(NAME)
    kind: Mapped[str] = mapped_column(WORD, default="other")
    price: Mapped[Decimal]
    floor_price: Mapped[Decimal]
    discounted: Mapped[bool] = mapped_column(default=False)
    brand: Mapped[str | None] = mapped_column(NAME)
    fabric: Mapped[str | None] = mapped_column(Text)
    care: Mapped[str | None] = mapped_column(Text)
    manual: Mapped[str | None] = mapped_column(Text)
    dimensions: Mapped[str | None] = mapped_column(Text)
    warranty_months: Mapped[int | None]
    colours: Mapped[list[Any]] = mapped_column(default=list)
    sizes: Mapped[list[Any]] = mapped_column(default=list)
    size_chart: Mapped[list[Any]] = mapped_column(default=list)
    attributes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    image: Mapped[str | None] = mapped_column(Text)
    link: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(BigInteger, default=0)
    stock_version: Mapped[int] = mapped_column(BigInteger, default=0)
    stamp: Mapped[str] = mapped_column(WORD, default=new_stamp)
    synced_at: Mapped[datetime]


class Price(OfShop, Base):
    """A price and the instant from which it holds: the proof of price protection. ``variant`` is "" when it is that of all.

    ``cause``: list | promotion | coupon. A product whose price is written otherwise than before gets a row by itself.
    """

    __tablename__ = "prices"
    __table_args__ = (
        ForeignKeyConstraint(["shop_id", "product_id"], ["products.shop_id", "products.id"], ondelete="CASCADE"),
        CheckConstraint("cause IN ('list', 'promotion', 'coupon')", name="cause"),
    )

    product_id: Mapped[str] = mapped_column(ID, primary_key=True)
    variant: Mapped[str] = mapped_column(NAME, primary_key=True, default="")
    since: Mapped[datetime] = mapped_column(primary_key=True)
    price: Mapped[Decimal]
    cause: Mapped[str] = mapped_column(WORD, default="list")


class Stock(OfShop, Base):
    """Pieces of one variant ("colour/size"). A variant without a row is not known, which is not the same as 0."""

    __tablename__ = "stock"
    __table_args__ = (
        ForeignKeyConstraint(["shop_id", "product_id"], ["products.shop_id", "products.id"], ondelete="CASCADE"),
        CheckConstraint("pieces >= 0", name="pieces"),
    )

    product_id: Mapped[str] = mapped_column(ID, primary_key=True)
    variant: Mapped[str] = mapped_column(NAME, primary_key=True)
    pieces: Mapped[int]
    synced_at: Mapped[datetime]
