"""Puts checked records (``shop.records.read``) into the database, within the caller's transaction.

Each writer answers ``created``, ``updated`` or ``unchanged`` and touches rows of the given shop only. ``synced_at`` moves in
every case: the shop's system has just confirmed the record.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from policy.parameters import check_own
from shop.models import (
    CouponRow,
    CourierRow,
    Customer,
    Gift,
    IntentMode,
    Order,
    Parameter,
    Price,
    Product,
    PromotionRow,
    ScanRow,
    Shipment,
    Shop,
    Stock,
    new_stamp,
)

Outcome = Literal["created", "updated", "unchanged"]

# Keys of a file's `shop` section that are columns or tables of their own; every other one is a parameter of rules.md §0: a scalar,
# or a list of dated values (docs/dates.md).
_NO_PARAMETERS = frozenset(("id", "name", "timezone", "couriers", "return_address", "gifts", "coupons"))
_TABLES: dict[str, type[Any]] = {
    "customers": Customer,
    "products": Product,
    "orders": Order,
    "shipments": Shipment,
    "coupons": CouponRow,
    "couriers": CourierRow,
    "promotions": PromotionRow,
}
_COLUMNS = {"customer": "customer_id", "product": "product_id", "order": "order_id", "courier": "courier_id"}


def _changed(row: Any, values: Mapping[str, Any]) -> bool:
    found = False
    for name, value in values.items():
        if getattr(row, name) != value:
            setattr(row, name, value)
            found = True
    return found


def write(session: Session, shop_id: str, kind: str, key: str, values: Mapping[str, Any], now: datetime) -> Outcome:
    """Store one record of ``customers``, ``products``, ``orders``, ``shipments``, ``coupons``, ``couriers`` or
    ``promotions`` under ``key``.

    A new record needs all required fields (read it with ``whole=True``); an old one keeps what ``values`` does not name.
    """
    table = _TABLES[kind]
    columns = {_COLUMNS.get(name, name): value for name, value in values.items()}
    row = session.get(table, (shop_id, key))
    before = row.price if row is not None and kind == "products" else None
    outcome: Outcome
    if row is None:
        row = table(shop_id=shop_id, **{"code" if kind == "coupons" else "order_id" if kind == "shipments" else "id": key, **columns})
        if hasattr(row, "synced_at"):
            row.synced_at = now
        session.add(row)
        outcome = "created"
    else:
        outcome = "updated" if _changed(row, columns) else "unchanged"
        if hasattr(row, "synced_at"):
            row.synced_at = now
    if kind == "products":
        row.stamp = new_stamp()
        if before != row.price:
            session.flush()
            write_price(session, shop_id, key, since=now, price=row.price, cause="promotion" if row.discounted else "list")
    if kind in ("coupons", "couriers", "promotions") and outcome != "unchanged":
        touch_shop(session, shop_id)
    session.flush()
    return outcome


def write_stock(session: Session, shop_id: str, product_id: str, pieces: Mapping[str, int], now: datetime, *, replace: bool) -> Outcome:
    """Store the pieces of a product's variants; ``replace``: variants that are not named are forgotten (unknown, not 0)."""
    rows = {row.variant: row for row in session.scalars(select(Stock).where(Stock.shop_id == shop_id, Stock.product_id == product_id))}
    before = {variant: row.pieces for variant, row in rows.items()}
    for variant, count in pieces.items():
        if variant in rows:
            rows[variant].pieces = count
            rows[variant].synced_at = now
        else:
            session.add(Stock(shop_id=shop_id, product_id=product_id, variant=variant, pieces=count, synced_at=now))
    if replace:
        for variant in before.keys() - pieces.keys():
            session.delete(rows[variant])
    product = session.get_one(Product, (shop_id, product_id))
    product.stamp = new_stamp()
    session.flush()
    after = dict(pieces) if replace else {**before, **pieces}
    if not before and after:
        return "created"
    return "unchanged" if before == after else "updated"


def write_price(
    session: Session, shop_id: str, product_id: str, *, since: datetime, price: Decimal, variant: str = "", cause: str = "list"
) -> Outcome:
    """Store what a product (``variant`` "": all of it) costs from ``since`` on, in yuan; the same instant again replaces it."""
    row = session.get(Price, (shop_id, product_id, variant, since))
    if row is None:
        session.add(Price(shop_id=shop_id, product_id=product_id, variant=variant, since=since, price=price, cause=cause))
        session.flush()
        return "created"
    return "updated" if _changed(row, {"price": price, "cause": cause}) else "unchanged"


def write_scans(session: Session, shop_id: str, order_id: str, scans: list[Mapping[str, Any]]) -> bool:
    """Replace the scans of a parcel (sorted here, oldest first); whether anything changed."""
    ordered = sorted(scans, key=lambda scan: scan["at"])
    names = ("at", "place", "text", "arrived_region", "out_for_delivery")
    old = session.scalars(select(ScanRow).where(ScanRow.shop_id == shop_id, ScanRow.order_id == order_id).order_by(ScanRow.seq)).all()
    if [tuple(getattr(row, name) for name in names) for row in old] == [tuple(scan[name] for name in names) for scan in ordered]:
        return False
    session.execute(delete(ScanRow).where(ScanRow.shop_id == shop_id, ScanRow.order_id == order_id))
    session.expire_all()
    session.add_all(
        ScanRow(shop_id=shop_id, order_id=order_id, seq=seq, **{name: scan[name] for name in names}) for seq, scan in enumerate(ordered)
    )
    session.flush()
    return True


def touch_shop(session: Session, shop_id: str) -> None:
    """Tell caches that the shop itself has changed."""
    session.get_one(Shop, shop_id).stamp = new_stamp()


def write_shop(session: Session, shop_id: str, section: Mapping[str, Any], now: datetime, *, source: str = "own") -> Outcome:
    """Store a file's ``shop`` section: name, addresses, gifts, and every other scalar as a parameter.

    Gifts and parameters that are named replace the old ones of that name; couriers and coupons go through ``write``.
    """
    columns = {
        "name": str(section.get("name", shop_id)),
        "timezone": str(section.get("timezone", "Asia/Shanghai")),
        "address_style": str(section.get("address_style", "nin")),
        "opening_hours": str(section.get("opening_hours", "00:00-24:00")),
        "return_address": {str(key): str(value) for key, value in (section.get("return_address") or {}).items()},
    }
    row = session.get(Shop, shop_id)
    outcome: Outcome
    if row is None:
        session.add(Shop(shop_id=shop_id, source=source, created_at=now, **columns))
        outcome = "created"
    else:
        # A shop that brings its own data is no demonstration any more, and --fresh never deletes it.
        given = {"source": source, **{name: value for name, value in columns.items() if name in section}}
        outcome = "updated" if _changed(row, given) else "unchanged"
    session.flush()
    if "gifts" in section:
        session.execute(delete(Gift).where(Gift.shop_id == shop_id))
        names = list(dict.fromkeys(str(name) for name in section["gifts"] or []))
        session.add_all(Gift(shop_id=shop_id, name=name, position=place) for place, name in enumerate(names))
    for name, value in section.items():
        if name not in _NO_PARAMETERS:
            _write_parameter(session, shop_id, name, value, now)
    touch_shop(session, shop_id)
    session.flush()
    return outcome


def _write_parameter(session: Session, shop_id: str, name: str, value: object, now: datetime) -> None:
    if isinstance(value, list):
        check_own(name, value)  # dated values: overlaps and unreadable dates are refused here
        stored: dict[str, Any] = {"value": [{str(key): _plain(said) for key, said in entry.items()} for entry in value]}
    else:
        stored = {"value": _plain(value)}
    row = session.get(Parameter, (shop_id, name))
    if row is None:
        session.add(Parameter(shop_id=shop_id, name=name, value=stored, updated_at=now))
    elif row.value != stored:
        row.value, row.updated_at = stored, now


def _plain(value: object) -> object:
    """As JSON keeps it. A float would lose its decimals' meaning in yuan: it is kept as it was written."""
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, float) else value


def write_intent_mode(session: Session, shop_id: str, intent: str, mode: str, from_hour: int = 0, to_hour: int = 24) -> None:
    """Set how much the bot may do alone for ``intent`` (``*``: any) in these hours (Asia/Shanghai)."""
    row = session.get(IntentMode, (shop_id, intent, from_hour))
    if row is None:
        session.add(IntentMode(shop_id=shop_id, intent=intent, from_hour=from_hour, to_hour=to_hour, mode=mode))
    else:
        row.to_hour, row.mode = to_hour, mode
    session.flush()
