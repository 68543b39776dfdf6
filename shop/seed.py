"""The demonstration shop: ``python -m shop.seed [--fresh]``. Its times are relative to the moment of seeding.

A first run stores everything; every later one only marks the facts as synced now (decisions.md, "facts that age"), so that
talks and tickets stay. ``--fresh`` makes the data young again: catalogue, orders, tickets, promises and proofs are made
anew, talks stay.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from zlib import crc32

import yaml
from sqlalchemy import Engine, delete, select, update
from sqlalchemy.orm import Session

from policy.promotions import check
from shop.answer_files import seed_answers
from shop.catalogue import ShopRepository, UnknownShop
from shop.clock import SHANGHAI, Clock, parse_offset
from shop.db import DatabaseUnusable, make_engine, migrate, writing
from shop.models import (
    Base,
    Concession,
    Consent,
    Counter,
    CouponRow,
    CourierRow,
    Customer,
    Effect,
    Gift,
    MissingFact,
    Order,
    OutboxRow,
    Parameter,
    Price,
    Product,
    ProductAnswer,
    PromotionRow,
    Proof,
    ProofAttempt,
    Shipment,
    Shop,
    Stock,
    TicketRow,
    WatchedOrder,
    new_stamp,
)
from shop.promotions import stored
from shop.records import SCHEMAS, read
from shop.writers import write, write_intent_mode, write_price, write_scans, write_shop, write_stock

DEMO_FILE = Path(__file__).resolve().parent / "demo_shop.yml"
DEMO_PROMOTIONS = Path(__file__).resolve().parent / "demo_promotions.yml"
PARCELS_FILE = DEMO_FILE.with_name("demo_parcels.yml")  # shoppers and orders of today's parcels: pick-up, pick-up point, two in one
DEMO_SHOP = "demo"

_RELATIVE = re.compile(r"[+-]\d+[dhm]")
# (first, minutes of leeway): when in the shop's day each thing happens; a parcel leaves before the cutoff and is scanned after.
_TIMES_OF_DAY = {"ordered": (time(9, 5), 170), "shipped": (time(14, 10), 130), "scan": (time(17, 20), 60), "signed": (time(10, 10), 110)}
_SCAN_STEP = timedelta(minutes=20)
_DAYS = ("ship_by", "ship_on", "restock_on")
# What --fresh makes anew, children first.
_MADE_ANEW: tuple[type[Base], ...] = (
    *(OutboxRow, WatchedOrder, Consent, TicketRow, Effect, Proof, ProofAttempt, Concession, Counter),
    *(ProductAnswer, MissingFact),
    *(Shipment, Order, Stock, Price, Product, Customer, CouponRow, CourierRow, Gift, PromotionRow, Parameter),
)


def moment(written: str, what: str, order_id: str, now: datetime) -> datetime:
    """The instant that a relative time of the demo file means at ``now``.

    ``-2h`` is exact. ``-3d`` is the calendar day three days ago in Asia/Shanghai at an hour at which such things happen
    (``what``: ordered | shipped | scan | signed), never later than ``now``; which minute depends on the order alone.
    """
    if not _RELATIVE.fullmatch(written):
        raise ValueError(f"{order_id}, {what}: {written!r} is no relative time such as -3d or -2h")
    offset = parse_offset(written)
    if not written.endswith("d"):
        return now + offset
    first, leeway = _TIMES_OF_DAY[what]
    local = datetime.combine(now.astimezone(SHANGHAI).date() + offset, first, SHANGHAI)
    placed = local + timedelta(minutes=crc32(f"{order_id}/{what}".encode()) % leeway)
    return min(placed, now) if offset <= timedelta() else placed


def resolve(order: Mapping[str, Any], now: datetime) -> tuple[dict[str, Any], dict[str, Any] | None, list[dict[str, Any]]]:
    """An order of the demo file as records: the order, its shipment (None when nothing was sent) and the scans, oldest first."""
    order_id = str(order["id"])
    raw = {name: value for name, value in order.items() if name in SCHEMAS["orders"]}
    raw["ordered_at"] = moment(order["ordered"], "ordered", order_id, now)
    for name in _DAYS:
        if name in order:
            raw[name] = now.astimezone(SHANGHAI).date() + parse_offset(order[name])
    shipment: dict[str, Any] | None = None
    if "shipped" in order:
        shipment = {"order": order_id, "courier": order.get("courier"), "tracking": order.get("tracking")}
        for name in ("shipped", "signed"):
            if name in order:
                shipment[f"{name}_at"] = moment(order[name], name, order_id, now)
    scans: list[dict[str, Any]] = []
    for given in order.get("scans", ()):
        at = moment(given["at"], "scan", order_id, now)
        if scans and at <= scans[-1]["at"]:
            at = min(scans[-1]["at"] + _SCAN_STEP, now)
        scans.append({**given, "order": order_id, "at": at})
    return raw, shipment, scans


def seed(engine: Engine, clock: Clock, path: Path = DEMO_FILE, *, fresh: bool = False) -> bool:
    """Store the demonstration shop of ``path``, or only refresh its ``synced_at`` when it is there; True when it was stored.

    A shop's own data under that id is left alone, and with ``fresh`` refused (ValueError). InvalidRecord when the file is wrong.
    """
    body = yaml.safe_load(path.read_text(encoding="utf-8"))
    if path == DEMO_FILE:
        more = yaml.safe_load(PARCELS_FILE.read_text(encoding="utf-8"))
        body |= {name: [*body[name], *more[name]] for name in ("customers", "orders")}
    shop_id = str(body["shop"]["id"])
    now = clock.now()
    with writing(engine) as session:
        present = session.get(Shop, shop_id)
        own = present is not None and present.source != "demo"
        if own and fresh:
            raise ValueError(f"shop {shop_id} holds a shop's own data: the demonstration data is not written over it")
        if present is not None and not fresh:
            if not own:
                refresh(session, shop_id, now)
                # A demonstration of before there were answers gets them; those that a trainer has changed since stay.
                if session.scalar(select(ProductAnswer.id).where(ProductAnswer.shop_id == shop_id).limit(1)) is None:
                    seed_answers(session, shop_id, now)
            return False
        for table in _MADE_ANEW if present is not None else ():
            session.execute(delete(table).where(table.__table__.c.shop_id == shop_id))
        session.expire_all()
        _store(session, shop_id, body, now)
        if path == DEMO_FILE:
            store_promotions(session, shop_id, yaml.safe_load(DEMO_PROMOTIONS.read_text(encoding="utf-8"))["promotions"], now)
            seed_answers(session, shop_id, now)
    return True


def _store(session: Session, shop_id: str, body: Mapping[str, Any], now: datetime) -> None:
    section = body["shop"]
    write_shop(session, shop_id, section, now, source="demo")
    write_intent_mode(session, shop_id, "*", "auto")
    for place, courier in enumerate(section["couriers"]):
        values = read("couriers", courier, whole=True)
        write(session, shop_id, "couriers", values.pop("id"), {**values, "position": place}, now)
    for coupon in section["coupons"]:
        values = read("coupons", coupon, whole=True)
        write(session, shop_id, "coupons", values.pop("code"), values, now)
    for customer in body["customers"]:
        values = read("customers", customer, whole=True)
        write(session, shop_id, "customers", values.pop("id"), values, now)
    for product in body["products"]:
        values = read("products", split_attributes(product), whole=True)
        key = values.pop("id")
        write(session, shop_id, "products", key, values, now)
        write_stock(session, shop_id, key, product.get("stock", {}), now, replace=True)
    for given in body.get("prices", ()):
        values = read("prices", {**given, "since": moment(given["since"], "ordered", str(given["product"]), now)}, whole=True)
        write_price(session, shop_id, values.pop("product"), **values)
    for order in body["orders"]:
        raw, shipment, scans = resolve(order, now)
        values = read("orders", raw, whole=True)
        write(session, shop_id, "orders", values.pop("id"), values, now)
        if shipment is not None:
            values = read("shipments", shipment, whole=True)
            key = values.pop("order")
            write(session, shop_id, "shipments", key, values, now)
            write_scans(session, shop_id, key, [read("scans", scan, whole=True) for scan in scans])


def store_promotions(session: Session, shop_id: str, listed: Iterable[Mapping[str, Any]], now: datetime) -> None:
    """Store promotions as a file states them; their dates are calendar dates. ValueError when two of a slot overlap."""
    for promotion in listed:
        values = read("promotions", promotion, whole=True)
        write(session, shop_id, "promotions", values.pop("id"), values, now)
    check(stored(session, shop_id), DEMO_PROMOTIONS.name)


def split_attributes(product: Mapping[str, Any], extra: Iterable[str] = ("stock",)) -> dict[str, Any]:
    """A product of a YAML file as a record: keys that are no field (but ``extra``, kept apart) become ``attributes``."""
    known = SCHEMAS["products"]
    attributes = {name: value for name, value in product.items() if name not in known and name not in extra}
    record = {name: value for name, value in product.items() if name in known}
    return {**record, "attributes": {**record.get("attributes", {}), **attributes}} if attributes else record


def refresh(session: Session, shop_id: str, now: datetime) -> None:
    """Mark the demonstration shop's facts as synced at ``now`` (nothing else changes)."""
    for table in (Product, Stock, Order, Shipment):
        session.execute(update(table).where(table.__table__.c.shop_id == shop_id).values(synced_at=now))
    # One statement: each process reads products again by their stamp.
    session.execute(update(Product).where(Product.shop_id == shop_id).values(stamp=new_stamp()))


def confirm_demo(engine: Engine, shop_id: str, clock: Clock) -> int:
    """Let the demonstration shop's facts be read again now, as a shop's own system would; 1 when it is the demonstration shop."""
    with writing(engine) as session:
        present = session.get(Shop, shop_id)
        if present is None or present.source != "demo":
            return 0
        refresh(session, shop_id, clock.now())
    return 1


def main(arguments: list[str] | None = None) -> int:
    """Migrate and seed the database of the environment; 0 when done, 1 with one line on stderr otherwise.

    When ``XIAOER_SHOP_ID`` names another shop, nothing is seeded: that shop has to be there.
    """
    parser = argparse.ArgumentParser(prog="python -m shop.seed", description=__doc__)
    parser.add_argument("--fresh", action="store_true", help="make the demonstration data young again (its tickets and promises go)")
    options = parser.parse_args(arguments)
    try:
        engine = make_engine()
        migrate(engine)
        whose = os.environ.get("XIAOER_SHOP_ID") or DEMO_SHOP
        if whose != DEMO_SHOP:
            print(f"shop {ShopRepository(engine, whose, Clock.from_env()).shop().name}: its own data, nothing is seeded")
            return 0
        stored = seed(engine, Clock.from_env(), fresh=options.fresh)
    except (DatabaseUnusable, UnknownShop, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"demonstration shop {'stored' if stored else 'already there'}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
