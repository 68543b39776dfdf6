"""A shop's own system keeps the data fresh: one call stores one product, order, shipment or stock list, in any order of arrival.

Each call carries a version. Sending the same thing again changes nothing, an older version is refused: late and repeated
deliveries do no harm. A call replaces the whole record (fields that it lacks get their defaults), as PUT means.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from shop.catalogue import UnknownShop
from shop.clock import Clock
from shop.counters import hold
from shop.db import writing
from shop.fields import instant, pieces
from shop.models import CourierRow, Customer, Order, Product, Shipment, Shop
from shop.records import REFERENCE_REMEDY, BadField, InvalidRecord, read, shown
from shop.writers import Outcome, write, write_scans, write_stock

KINDS = ("products", "orders", "shipments", "stock")

_KEY = {"products": "id", "orders": "id", "shipments": "order", "stock": "product"}
_LARGEST_VERSION = 2**63 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_VERSION_REMEDY = "send a whole number above 0 as version, or an ISO instant as updated_at; both grow with every change"
_MICROSECOND = 1_000_000


class OlderVersion(ValueError):
    """The record is stored in the same version with other content, or in a newer one. Nothing was changed."""

    def __init__(self, kind: str, object_id: str, given: int, stored: int) -> None:
        same = given == stored
        super().__init__(
            f"{kind} {object_id}: version {given} is stored with other content, send a higher version"
            if same
            else f"{kind} {object_id}: version {given} is older than the stored version {stored}"
        )
        self.given = given
        self.stored = stored


class Integration:
    """What ``PUT /api/v1/shop/{kind}/{id}`` does for one shop. Safe to share between threads."""

    def __init__(self, engine: Engine, shop_id: str, clock: Clock) -> None:
        self.engine = engine
        self.shop_id = shop_id
        self.clock = clock

    def upsert(self, kind: str, object_id: str, payload: Mapping[str, Any], version: int | datetime | str | None = None) -> Outcome:
        """Store one record; ``created``, ``updated`` or ``unchanged``.

        ``kind``: products | orders | shipments (id: the order's) | stock (id: the product's, payload
        ``{"stock": {"colour/size": pieces}}``).
        ``version``: a whole number above 0, or an instant; when None, payload's ``version`` or ``updated_at`` is taken. An
        order's ``customer`` is an id, or ``{id, name, phone, region}`` to store them along; a shipment may carry ``scans``.

        Raises InvalidRecord (every bad field by name), OlderVersion, UnknownShop; ValueError for another kind.
        """
        if kind not in KINDS:
            raise ValueError(f"{kind!r} cannot be sent; allowed are {', '.join(KINDS)}")
        body = dict(payload)
        given = version_of(version, body)
        key = _KEY[kind]
        if key in body and str(body[key]) != object_id:
            raise InvalidRecord(
                [BadField(key, shown(key, body[key]), f"the address names {object_id}", "send the same id in both or only there")]
            )
        now = self.clock.now()
        with writing(self.engine) as session:
            if session.get(Shop, self.shop_id) is None:
                raise UnknownShop(self.shop_id)
            # On PostgreSQL two deliveries of one record must not both find it missing.
            hold(session, self.shop_id, "integration")
            if kind == "stock":
                return self._stock(session, object_id, body, given, now)
            return self._record(session, kind, object_id, {**body, key: object_id}, given, now)

    def _stock(self, session: Session, product_id: str, body: dict[str, Any], given: int, now: datetime) -> Outcome:
        body.pop("product", None)
        errors = [BadField(name, shown(name, body[name]), "there is no such field", "known is stock") for name in body if name != "stock"]
        counts: dict[str, int] = {}
        try:
            counts = pieces(body.get("stock"))
        except ValueError as error:
            problem, remedy = str(error), 'send {"stock": {"米白/M": 12}} with whole numbers from 0'
            errors.append(BadField("stock", shown("stock", body.get("stock")), problem, remedy))
        product = session.get(Product, (self.shop_id, product_id))
        if product is None:
            errors.append(BadField("product", product_id, "there is no such product", "send the product first"))
        if errors or product is None:
            raise InvalidRecord(errors)
        stored = product.stock_version
        if given < stored:
            raise OlderVersion("stock", product_id, given, stored)
        outcome = write_stock(session, self.shop_id, product_id, counts, now, replace=True)
        if given == stored and outcome != "unchanged":
            raise OlderVersion("stock", product_id, given, stored)
        product.stock_version = given
        return outcome

    def _record(self, session: Session, kind: str, object_id: str, body: dict[str, Any], given: int, now: datetime) -> Outcome:
        table: Any = {"products": Product, "orders": Order, "shipments": Shipment}[kind]
        row = session.get(table, (self.shop_id, object_id))
        stored = row.version if row is not None else 0
        if given < stored:
            raise OlderVersion(kind, object_id, given, stored)
        errors: list[BadField] = []
        customer = self._customer(body, errors) if kind == "orders" else None
        scans = _scans(body, object_id, errors) if kind == "shipments" else None
        values: dict[str, Any] = {}
        try:
            values = read(kind, body, whole=True)
        except InvalidRecord as error:
            errors += error.errors
        if not errors:
            errors += self._references(session, kind, values, customer)
        if errors:
            raise InvalidRecord(errors)
        key = values.pop(_KEY[kind])
        if customer is not None:
            write(session, self.shop_id, "customers", customer.pop("id"), customer, now)
        outcome = write(session, self.shop_id, kind, key, values, now)
        if scans is not None and write_scans(session, self.shop_id, key, scans) and outcome == "unchanged":
            outcome = "updated"
        if given == stored and outcome != "unchanged":
            raise OlderVersion(kind, object_id, given, stored)
        session.get_one(table, (self.shop_id, object_id)).version = given
        return outcome

    def _customer(self, body: dict[str, Any], errors: list[BadField]) -> dict[str, Any] | None:
        sent = body.get("customer")
        if not isinstance(sent, Mapping):
            return None
        body["customer"] = sent.get("id")
        try:
            # Not whole: a phone that this order does not repeat is not forgotten.
            return read("customers", sent, whole=False) if sent.get("id") else None
        except InvalidRecord as error:
            errors += [BadField(f"customer.{bad.field}", bad.value, bad.problem, bad.remedy) for bad in error.errors]
            return None

    def _references(self, session: Session, kind: str, values: dict[str, Any], customer: dict[str, Any] | None) -> list[BadField]:
        named: list[tuple[str, type[Any]]] = []
        if kind == "orders":
            named = [("product", Product)] if customer is not None else [("customer", Customer), ("product", Product)]
        elif kind == "shipments":
            named = [("order", Order), ("courier", CourierRow)]
        return [
            BadField(field, values[field], f"there is no such {field}", REFERENCE_REMEDY)
            for field, table in named
            if values[field] is not None and session.get(table, (self.shop_id, values[field])) is None
        ]


def _scans(body: dict[str, Any], order_id: str, errors: list[BadField]) -> list[Mapping[str, Any]]:
    sent = body.pop("scans", None) or []
    if not isinstance(sent, list) or not all(isinstance(scan, Mapping) for scan in sent):
        errors.append(BadField("scans", shown("scans", sent), "a list of scans is expected", 'send [{"at": …, "place": …, "text": …}]'))
        return []
    found: list[Mapping[str, Any]] = []
    for place, scan in enumerate(sent):
        try:
            found.append(read("scans", {**scan, "order": order_id}, whole=True))
        except InvalidRecord as error:
            errors += [BadField(f"scans[{place}].{bad.field}", bad.value, bad.problem, bad.remedy) for bad in error.errors]
    return found


def version_of(given: int | datetime | str | None, body: dict[str, Any]) -> int:
    """The version of a delivery: ``given``, else ``version`` or ``updated_at`` taken out of its body. InvalidRecord."""
    sent_version, sent_time = body.pop("version", None), body.pop("updated_at", None)
    name = "version" if given is not None or sent_time is None or sent_version is not None else "updated_at"
    value: Any = given if given is not None else sent_version if sent_version is not None else sent_time
    if isinstance(value, str) and not value.strip().isdecimal():
        try:
            value = instant(value)
        except ValueError as error:
            raise InvalidRecord([BadField(name, shown(name, value), str(error), _VERSION_REMEDY)]) from error
    if isinstance(value, datetime):
        if value.tzinfo is None:
            value = instant(value)
        since = value - _EPOCH
        moment: int = (since.days * 86_400 + since.seconds) * _MICROSECOND + since.microseconds
        return moment
    if isinstance(value, str) and len(value) < 25:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= _LARGEST_VERSION:
        raise InvalidRecord([BadField(name, shown(name, value), "a version is needed", _VERSION_REMEDY)])
    return int(value)
