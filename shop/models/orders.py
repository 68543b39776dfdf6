"""Who bought what, and where it is: customers, orders, shipments, scans."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from shop.models.base import ID, NAME, WORD, Base, OfShop


class Customer(OfShop, Base):
    """A customer as the shop's own system knows them."""

    __tablename__ = "customers"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    name: Mapped[str | None] = mapped_column(NAME)
    phone: Mapped[str | None] = mapped_column(WORD)
    region: Mapped[str | None] = mapped_column(NAME)


class Order(OfShop, Base):
    """One order of one product. Money in yuan; ``postage`` is what the shopper paid for sending (0: free).

    ``version`` is the integration's (0: never written by it); ``synced_at`` when the shop's system last confirmed it.
    """

    __tablename__ = "orders"
    __table_args__ = (
        ForeignKeyConstraint(["shop_id", "customer_id"], ["customers.shop_id", "customers.id"]),
        ForeignKeyConstraint(["shop_id", "product_id"], ["products.shop_id", "products.id"]),
        CheckConstraint("state IN ('unpaid', 'paid', 'shipped', 'received', 'confirmed', 'cancelled')", name="state"),
        Index("ix_orders_customer", "shop_id", "customer_id", "ordered_at"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    customer_id: Mapped[str] = mapped_column(ID)
    product_id: Mapped[str] = mapped_column(ID)
    variant: Mapped[str] = mapped_column(NAME, default="")
    state: Mapped[str] = mapped_column(WORD)
    paid: Mapped[Decimal]
    postage: Mapped[Decimal] = mapped_column(default=Decimal(0))
    pay_by: Mapped[str | None] = mapped_column(WORD)
    ordered_at: Mapped[datetime]
    ship_by: Mapped[date | None]
    ship_on: Mapped[date | None]
    restock_on: Mapped[date | None]
    purchase: Mapped[str | None] = mapped_column(WORD)
    insurance: Mapped[bool] = mapped_column(default=False)
    cross_border: Mapped[bool] = mapped_column(default=False)
    delivery: Mapped[str] = mapped_column(WORD, default="parcel")
    custom_made: Mapped[bool] = mapped_column(default=False)
    no_reason_excluded: Mapped[bool] = mapped_column(default=False)
    loss_agreed_before_payment: Mapped[bool] = mapped_column(default=False)
    purchase_loss: Mapped[Decimal | None]
    gifts: Mapped[list[Any]] = mapped_column(default=list)
    invoiced_on: Mapped[date | None]
    return_cover: Mapped[str | None] = mapped_column(WORD)
    address_id: Mapped[str | None] = mapped_column(ID)
    address_area: Mapped[str | None] = mapped_column(NAME)
    warehouse: Mapped[str | None] = mapped_column(ID)
    version: Mapped[int] = mapped_column(BigInteger, default=0)
    synced_at: Mapped[datetime]


class Shipment(OfShop, Base):
    """The parcel of an order. ``tracking`` is empty for untracked mail."""

    __tablename__ = "shipments"
    __table_args__ = (
        ForeignKeyConstraint(["shop_id", "order_id"], ["orders.shop_id", "orders.id"], ondelete="CASCADE"),
        Index("ix_shipments_tracking", "shop_id", "tracking"),
    )

    order_id: Mapped[str] = mapped_column(ID, primary_key=True)
    courier_id: Mapped[str | None] = mapped_column(ID)
    tracking: Mapped[str | None] = mapped_column(ID)
    shipped_at: Mapped[datetime | None]
    signed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(BigInteger, default=0)
    synced_at: Mapped[datetime]


class ScanRow(OfShop, Base):
    """One line of a parcel's journey; ``seq`` counts from 0, oldest first."""

    __tablename__ = "scans"
    __table_args__ = (ForeignKeyConstraint(["shop_id", "order_id"], ["shipments.shop_id", "shipments.order_id"], ondelete="CASCADE"),)

    order_id: Mapped[str] = mapped_column(ID, primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    place: Mapped[str] = mapped_column(NAME, default="")
    text: Mapped[str] = mapped_column(Text)
    arrived_region: Mapped[bool] = mapped_column(default=False)
    out_for_delivery: Mapped[bool] = mapped_column(default=False)
