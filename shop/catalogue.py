"""Reads one shop's facts for decisions and responses: the only way from the database to ``policy.facts``.

Products and the shop itself are kept in memory and read again when their ``stamp`` has changed; each call asks the
database for the stamp, so a change by another process is seen at the next call. Within ``one_moment()`` (one action) nothing
is asked twice: all of an answer is made from the same facts.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, and_, select
from sqlalchemy.orm import Session

from policy.facts import Coupon, Courier, OrderFacts, PriceRecord, ProductFacts, Scan, ShopFacts, SizeRow
from policy.parameters import values_at
from policy.promotions import Promotion
from shop import promotions, witness
from shop.clock import Clock
from shop.db import reading
from shop.models import CouponRow, CourierRow, Customer, Gift, Order, Parameter, Price, Product, ScanRow, Shipment, Shop, Stock

_moment: ContextVar[dict[tuple[object, ...], Any] | None] = ContextVar("moment", default=None)


@contextmanager
def one_moment() -> Iterator[None]:
    """What is read inside the block, in this task or thread, is read once."""
    token = _moment.set({})
    try:
        yield
    finally:
        _moment.reset(token)


@dataclass(frozen=True)
class CustomerFacts:
    """A customer. ``phone_tail``: the last four digits, only to compare with; it shows in no repr."""

    customer_id: str
    name: str | None
    region: str | None
    phone_tail: str | None = field(repr=False, default=None)


class UnknownShop(LookupError):
    """There is no such shop in the database."""

    def __init__(self, shop_id: str) -> None:
        super().__init__(f"there is no shop {shop_id!r}: seed the demonstration shop or import one (python -m shop.importer shop.yml)")


class ShopRepository:
    """Everything about one shop that is read. Safe to share between threads."""

    def __init__(self, engine: Engine, shop_id: str, clock: Clock) -> None:
        self.engine = engine
        self.shop_id = shop_id
        self.clock = clock
        self._lock = threading.Lock()
        self._products: dict[str, tuple[str, ProductFacts]] = {}
        self._shop: tuple[str, ShopFacts, list[CouponRow], dict[str, object]] | None = None

    def shop(self) -> ShopFacts:
        """The shop with its couriers, gifts, and the coupons that are valid now. UnknownShop when there is none."""
        _, facts, coupons, _ = self._now()
        now = self.clock.now()
        valid = tuple(
            Coupon(row.code, row.name, row.amount, row.min_spend, row.valid_until)
            for row in coupons
            if (row.valid_from is None or row.valid_from <= now) and (row.valid_until is None or now < row.valid_until)
        )
        return ShopFacts(**{**facts.__dict__, "coupons": valid})

    def parameters(self) -> dict[str, object]:
        """The shop's own values of rules.md §0 that hold now, as ``policy.parameters.load_parameters`` takes them.

        UnknownShop when there is none.
        """
        return values_at(self._now()[3], self.clock.now())

    def looks(self, product_ids: Iterable[str]) -> dict[str, tuple[str | None, str | None]]:
        """(picture, page) of products as the shop's system told their addresses; None where it told none."""
        wanted = set(product_ids)
        query = select(Product.id, Product.image, Product.link).where(Product.shop_id == self.shop_id, Product.id.in_(wanted))
        with reading(self.engine) as session:
            return {row.id: (row.image, row.link) for row in session.execute(query)} if wanted else {}

    def promotions(self) -> list[Promotion]:
        """Every promotion of the shop, past and coming ones too (``policy.promotions.active`` tells which count now)."""
        with reading(self.engine) as session:
            return promotions.stored(session, self.shop_id)

    def _now(self) -> tuple[str, ShopFacts, list[CouponRow], dict[str, object]]:
        def read() -> tuple[str, ShopFacts, list[CouponRow], dict[str, object]]:
            with reading(self.engine) as session:
                return self._current(session)

        return self._once(("shop",), read)

    def _current(self, session: Session) -> tuple[str, ShopFacts, list[CouponRow], dict[str, object]]:
        stamp = session.scalar(select(Shop.stamp).where(Shop.shop_id == self.shop_id))
        if stamp is None:
            raise UnknownShop(self.shop_id)
        with self._lock:
            if self._shop is not None and self._shop[0] == stamp:
                return self._shop
        found = self._read_shop(session)
        with self._lock:
            self._shop = found
        return found

    def _read_shop(self, session: Session) -> tuple[str, ShopFacts, list[CouponRow], dict[str, object]]:
        row = session.get_one(Shop, self.shop_id)
        couriers = session.scalars(
            select(CourierRow).where(CourierRow.shop_id == self.shop_id).order_by(CourierRow.position, CourierRow.id)
        )
        gifts = session.scalars(select(Gift.name).where(Gift.shop_id == self.shop_id).order_by(Gift.position, Gift.name))
        coupons = session.scalars(select(CouponRow).where(CouponRow.shop_id == self.shop_id).order_by(CouponRow.min_spend, CouponRow.code))
        parameters = session.scalars(select(Parameter).where(Parameter.shop_id == self.shop_id).order_by(Parameter.name))
        facts = ShopFacts(
            shop_id=row.shop_id,
            name=row.name,
            timezone=row.timezone,
            address_style=row.address_style,
            opening_hours=row.opening_hours,
            couriers=tuple(Courier(each.id, each.name, each.speed, each.fee, each.pickup_phone) for each in couriers),
            gifts=tuple(gifts),
            return_address={key: str(value) for key, value in row.return_address.items()},
        )
        return row.stamp, facts, list(coupons), {each.name: each.value["value"] for each in parameters}

    def product(self, product_id: str) -> ProductFacts | None:
        """A product with its stock, or None."""

        def read() -> ProductFacts | None:
            with reading(self.engine) as session:
                return self._facts_of(session, [product_id]).get(product_id)

        found = self._once(("product", product_id), read)
        if found is not None:
            witness.saw(found)
        return found

    def products(self) -> list[ProductFacts]:
        """All products, by id."""
        with reading(self.engine) as session:
            return list(self._facts_of(session, None).values())

    def _facts_of(self, session: Session, wanted: Iterable[str] | None) -> dict[str, ProductFacts]:
        query = select(Product.id, Product.stamp).where(Product.shop_id == self.shop_id).order_by(Product.id)
        if wanted is not None:
            query = query.where(Product.id.in_(set(wanted)))
        stamps = {row.id: row.stamp for row in session.execute(query)}
        return self._by_stamp(session, stamps)

    def _by_stamp(self, session: Session, stamps: dict[str, str]) -> dict[str, ProductFacts]:
        with self._lock:
            kept = {key: self._products[key] for key in stamps if key in self._products}
        stale = [key for key, stamp in stamps.items() if key not in kept or kept[key][0] != stamp]
        if stale:
            fresh = self._read_products(session, stale)
            with self._lock:
                self._products.update(fresh)
            kept.update(fresh)
        return {key: kept[key][1] for key in stamps if key in kept}

    def _read_products(self, session: Session, wanted: list[str]) -> dict[str, tuple[str, ProductFacts]]:
        # Few are read by their ids, many with one scan: a list of thousands of ids is no statement.
        some = len(wanted) <= 200
        products = select(Product).where(Product.shop_id == self.shop_id)
        stock = select(Stock).where(Stock.shop_id == self.shop_id).order_by(Stock.product_id, Stock.variant)
        rows = session.scalars(products.where(Product.id.in_(wanted)) if some else products).all()
        pieces: dict[str, list[Stock]] = {}
        for row in session.scalars(stock.where(Stock.product_id.in_(wanted)) if some else stock):
            pieces.setdefault(row.product_id, []).append(row)
        return {row.id: (row.stamp, _product_facts(row, pieces.get(row.id, []))) for row in rows}

    def prices(self, product_id: str) -> list[PriceRecord]:
        """What a product has cost since when, by the shop's own record, oldest first; [] when nothing is recorded."""
        query = select(Price).where(Price.shop_id == self.shop_id, Price.product_id == product_id).order_by(Price.since, Price.variant)
        with reading(self.engine) as session:
            return [PriceRecord(row.since, row.price, row.variant or None, row.cause) for row in session.scalars(query)]

    def order(self, order_id: str) -> OrderFacts | None:
        """An order with product, parcel and scans, or None. Whose it is the caller must check (``customer_id``)."""
        return next(iter(self._seen("order", order_id, lambda: Order.id == order_id)), None)

    def orders_of(self, customer_id: str) -> list[OrderFacts]:
        """All orders of a customer, newest first."""
        return list(self._seen("orders of", customer_id, lambda: Order.customer_id == customer_id))

    def order_by_tracking(self, tracking: str) -> OrderFacts | None:
        """The newest order whose parcel has this tracking number (case and spaces aside), or None."""
        number = tracking.strip().upper()
        return next(iter(self._seen("tracking", number, lambda: Shipment.tracking == number)), None)

    def _seen(self, what: str, key: str, condition: Callable[[], object]) -> list[OrderFacts]:
        """Orders, read once in a moment; whoever watches is told each time."""

        def read() -> list[OrderFacts]:
            with reading(self.engine) as session:
                return self._orders(session, condition())

        kept = _moment.get()
        if kept is not None and what == "order":
            # Read with the customer's others already?
            for (repository, kind, *_), orders in list(kept.items()):
                if repository == id(self) and kind == "orders of" and (found := [one for one in orders if one.order_id == key]):
                    witness.saw(*found)
                    return found
        orders = self._once((what, key), read)
        witness.saw(*orders)
        return orders

    def _once[T](self, key: tuple[str, ...], read: Callable[[], T]) -> T:
        kept = _moment.get()
        if kept is None:
            return read()
        place = (id(self), *key)
        if place not in kept:
            kept[place] = read()
        found: T = kept[place]
        return found

    def _orders(self, session: Session, condition: object) -> list[OrderFacts]:
        query = (
            select(Order, Shipment, Product.stamp)
            .join(Product, and_(Product.shop_id == Order.shop_id, Product.id == Order.product_id))
            .outerjoin(Shipment, and_(Shipment.shop_id == Order.shop_id, Shipment.order_id == Order.id))
            .where(Order.shop_id == self.shop_id, condition)  # type: ignore[arg-type]  # a column expression
            .order_by(Order.ordered_at.desc(), Order.id.desc())
        )
        rows = session.execute(query).all()
        sent = [shipment.order_id for _, shipment, _ in rows if shipment is not None]
        scans: dict[str, list[Scan]] = {}
        if sent:
            lines = (
                select(ScanRow).where(ScanRow.shop_id == self.shop_id, ScanRow.order_id.in_(sent)).order_by(ScanRow.order_id, ScanRow.seq)
            )
            for line in session.scalars(lines):
                scan = Scan(line.at, line.place, line.text, line.arrived_region, line.out_for_delivery)
                scans.setdefault(line.order_id, []).append(scan)
        products = self._by_stamp(session, {order.product_id: stamp for order, _, stamp in rows})
        return [
            _order_facts(order, parcel, products[order.product_id], scans.get(order.id, []))
            for order, parcel, _ in rows
            if order.product_id in products
        ]

    def customer(self, customer_id: str) -> CustomerFacts | None:
        """A customer, or None."""
        with reading(self.engine) as session:
            row = session.get(Customer, (self.shop_id, customer_id))
        if row is None:
            return None
        return CustomerFacts(row.id, row.name, row.region, row.phone[-4:] if row.phone else None)


def _product_facts(row: Product, stock: list[Stock]) -> ProductFacts:
    chart = tuple(
        SizeRow(
            size=str(line["size"]),
            ranges={name: (float(value[0]), float(value[1])) for name, value in line.items() if isinstance(value, list)},
            measures={name: float(value) for name, value in line.items() if name != "size" and not isinstance(value, list)},
        )
        for line in row.size_chart
    )
    return ProductFacts(
        product_id=row.id,
        name=row.name,
        kind=row.kind,
        price=row.price,
        floor_price=row.floor_price,
        discounted=row.discounted,
        brand=row.brand,
        fabric=row.fabric,
        care=row.care,
        manual=row.manual,
        dimensions=row.dimensions,
        warranty_months=row.warranty_months,
        colours=tuple(row.colours),
        sizes=tuple(row.sizes),
        size_chart=chart,
        stock={line.variant: line.pieces for line in stock},
        synced_at=row.synced_at,
        stock_synced_at=min((line.synced_at for line in stock), default=None),
        attributes=dict(row.attributes or {}),
    )


def _order_facts(order: Order, parcel: Shipment | None, product: ProductFacts, scans: list[Scan]) -> OrderFacts:
    return OrderFacts(
        order_id=order.id,
        customer_id=order.customer_id,
        product=product,
        variant=order.variant,
        state=order.state,
        paid=order.paid,
        postage=order.postage,
        ordered_at=order.ordered_at,
        pay_by=order.pay_by,
        shipped_at=parcel.shipped_at if parcel else None,
        signed_at=parcel.signed_at if parcel else None,
        ship_by=order.ship_by,
        ship_on=order.ship_on,
        restock_on=order.restock_on,
        purchase=order.purchase,
        courier_id=parcel.courier_id if parcel else None,
        tracking=parcel.tracking if parcel else None,
        scans=tuple(scans),
        insurance=order.insurance,
        cross_border=order.cross_border,
        delivery=order.delivery,
        custom_made=order.custom_made,
        no_reason_excluded=order.no_reason_excluded,
        loss_agreed_before_payment=order.loss_agreed_before_payment,
        purchase_loss=order.purchase_loss,
        gifts=tuple(str(gift) for gift in order.gifts or []),
        invoiced_on=order.invoiced_on,
        return_cover=order.return_cover,
        address_id=order.address_id,
        address_area=order.address_area,
        warehouse=order.warehouse,
        # A parcel's facts age faster than the order's: when there is one, the older of the two is what was known when.
        synced_at=min(order.synced_at, parcel.synced_at) if parcel else order.synced_at,
    )
