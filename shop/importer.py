"""A shop's own data from files, all or nothing: ``python -m shop.importer [--shop ID] [--kind KIND] [--check] FILE…``.

Either every record of every file is stored in one transaction, or none is and each bad cell is named with a remedy.
Columns that a file lacks leave a stored record's fields as they are. Names and forms: docs/data_import.md.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from shop import answer_files
from shop.answers import store as store_answers
from shop.clock import Clock
from shop.db import DatabaseUnusable, make_engine, migrate, writing
from shop.fields import is_blank
from shop.models import CouponRow, CourierRow, Customer, Order, Product, PromotionRow, Shipment, Shop
from shop.promotions import clash, of_values
from shop.promotions import stored as stored_promotions
from shop.readers import KIND_NAMES, BadCell, Contents, Line, read_files
from shop.records import KEYS, REFERENCE_REMEDY, REFERENCES, SCHEMAS, InvalidRecord, read, shown
from shop.writers import write, write_price, write_scans, write_shop, write_stock

_ORDER = (
    *("couriers", "coupons", "customers", "products", "promotions", "size_charts", "stock", "prices"),
    *("orders", "shipments", "scans", "answers"),
)
_SHOWN_ERRORS = 50
_SHIPMENT_FIELDS = tuple(name for name in SCHEMAS["shipments"] if name != "order")


class ImportRefused(ValueError):
    """Nothing was stored; ``errors`` names every bad cell."""

    def __init__(self, errors: list[BadCell]) -> None:
        super().__init__("\n".join(str(error) for error in errors))
        self.errors = errors


@dataclass
class _Record:
    kind: str
    line: Line
    raw: dict[str, Any]
    headers: dict[str, str]  # field -> header as written
    values: dict[str, Any] = field(default_factory=dict)

    def bad(self, name: str, problem: str, remedy: str) -> BadCell:
        value = shown(name, self.raw.get(name, ""))
        return BadCell(self.line.file, self.line.row, self.headers.get(name, name), value, problem, remedy)


class _Unstored(Exception):
    """Leaves the transaction of a check."""


def import_files(
    engine: Engine, clock: Clock, paths: Sequence[Path], *, shop_id: str | None = None, kind: str | None = None, check: bool = False
) -> dict[str, Counter[str]]:
    """Store the records of all files; kind → how many were created, updated, unchanged.

    ``shop_id``: whose they are; when None, the ``shop.id`` of a YAML file, else ``XIAOER_SHOP_ID`` (``demo``). ``kind``: of tables
    whose name does not tell it. ``check``: only try. Raises ImportRefused with every bad cell; then nothing has changed.
    """
    contents = read_files(paths, kind)
    whose = shop_id or _named_shop(contents) or os.environ.get("XIAOER_SHOP_ID") or "demo"
    counts: dict[str, Counter[str]] = {}
    now = clock.now()
    try:
        with writing(engine) as session:
            records = _prepare(session, whose, contents)
            if contents.errors:
                raise ImportRefused(contents.errors)
            if contents.shop is not None:
                counts["shop"] = Counter([write_shop(session, whose, contents.shop, now)])
            for each in _ORDER:
                if each in records:
                    counts[each] = _store(session, whose, each, records[each], now)
            if check:
                raise _Unstored
    except _Unstored:
        pass
    return counts


def _named_shop(contents: Contents) -> str | None:
    named = (contents.shop or {}).get("id")
    return str(named) if named is not None else None


def _prepare(session: Session, shop_id: str, contents: Contents) -> dict[str, list[_Record]]:
    errors = contents.errors
    _check_shop(session, shop_id, contents)
    records: dict[str, list[_Record]] = {}
    for kind, lines in contents.lines.items():
        for line in lines:
            for record in _resolve(kind, line, errors):
                records.setdefault(record.kind, []).append(record)
    stored = _stored_keys(session, shop_id)
    known = {kind: keys | _keys_in(records.get(kind, []), KEYS[kind]) for kind, keys in stored.items()}
    for kind, listed in records.items():
        seen: dict[object, int] = {}
        for record in listed:
            _check(record, stored, known, errors)
            _check_twice(record, seen, errors)
            if kind == "products" and record.values:
                _check_floor(session, shop_id, record, errors)
    _check_promotions(session, shop_id, records.get("promotions", []), known["products"], errors)
    _check_answers(session, shop_id, records, errors)
    return records


def _check_shop(session: Session, shop_id: str, contents: Contents) -> None:
    section = contents.shop
    if section is None:
        if session.get(Shop, shop_id) is None:
            contents.refuse("-", 0, "shop", shop_id, "there is no such shop", "import a YAML file with a shop section (id, name) first")
        return
    file = contents.shop_file
    if str(section.get("id", shop_id)) != shop_id:
        contents.refuse(file, 1, "shop.id", section["id"], f"the import is for {shop_id}", "use the same id, or leave --shop out")
    if is_blank(section.get("name")):
        contents.refuse(file, 1, "shop.name", "", "it is empty", "write the shop's name")
    for name, value in section.items():
        nested = name in ("couriers", "coupons", "gifts", "return_address")
        if not nested and isinstance(value, (dict, list)):
            contents.refuse(file, 1, f"shop.{name}", value, "a single value is expected", "write a number or a text")
        if name in ("couriers", "coupons", "gifts") and not isinstance(value, list):
            contents.refuse(file, 1, f"shop.{name}", value, "a list is expected", "write a list")
        if name == "return_address" and not isinstance(value, dict):
            contents.refuse(file, 1, f"shop.{name}", value, "receiver, phone and address are expected", "write the three")


def _resolve(kind: str, line: Line, errors: list[BadCell]) -> list[_Record]:
    """A line as records: headers become field names; an order's line may hold its parcel, a product's its stock."""
    own = _names(kind)
    beside = _names("shipments") if kind == "orders" else {}
    raw: dict[str, Any] = {}
    parcel: dict[str, Any] = {}
    headers: dict[str, str] = {}
    extra: list[_Record] = []
    for header, value in line.cells.items():
        plain = header.lower().replace(" ", "_")
        if header.startswith("#"):
            continue
        if plain in own:
            raw[own[plain]], headers[own[plain]] = value, header
        elif beside.get(plain) in _SHIPMENT_FIELDS:
            parcel[beside[plain]], headers[beside[plain]] = value, header
        elif plain == "stock" and kind == "products" and isinstance(value, Mapping):
            named = raw.get("id") or line.cells.get("id")
            extra += [_Record("stock", line, {"product": named, "variant": name, "pieces": count}, {}) for name, count in value.items()]
        elif plain == "scans" and kind in ("orders", "shipments") and isinstance(value, list):
            named = line.cells.get("id") or line.cells.get("order")
            extra += [_Record("scans", line, {**dict(scan), "order": named}, {}) for scan in value if isinstance(scan, Mapping)]
        else:
            remedy = "known are " + ", ".join(SCHEMAS[kind]) + "; a header beginning with # is passed over"
            errors.append(BadCell(line.file, line.row, header, shown(header, value), f"{kind} have no such column", remedy))
    records = [_Record(kind, line, raw, headers)]
    if any(not is_blank(value) for value in parcel.values()):
        records.append(_Record("shipments", line, {"order": raw.get("id"), **parcel}, {**headers, "order": headers.get("id", "id")}))
    return records + extra


def _names(kind: str) -> dict[str, str]:
    return {alias.lower(): name for name, spec in SCHEMAS[kind].items() for alias in (name, *spec.aliases)}


def _stored_keys(session: Session, shop_id: str) -> dict[str, set[str]]:
    columns: dict[str, tuple[Any, Any]] = {
        "customers": (Customer.shop_id, Customer.id),
        "products": (Product.shop_id, Product.id),
        "orders": (Order.shop_id, Order.id),
        "shipments": (Shipment.shop_id, Shipment.order_id),
        "coupons": (CouponRow.shop_id, CouponRow.code),
        "couriers": (CourierRow.shop_id, CourierRow.id),
        "promotions": (PromotionRow.shop_id, PromotionRow.id),
    }
    return {kind: set(session.scalars(select(key).where(owner == shop_id))) for kind, (owner, key) in columns.items()}


def _keys_in(records: list[_Record], key: str) -> set[str]:
    # Rows with other faults count too: one bad price must not make every order of the product look wrong.
    found = set()
    for record in records:
        try:
            found.add(SCHEMAS[record.kind][key].parse(record.raw.get(key)))
        except ValueError:
            continue
    return found


def _check(record: _Record, stored: dict[str, set[str]], known: dict[str, set[str]], errors: list[BadCell]) -> None:
    key = KEYS.get(record.kind)
    # A row states a promotion whole: half of an old and half of a new one is none that somebody decided on.
    old = key is not None and record.kind != "promotions" and bool(_keys_in([record], key) & stored[record.kind])
    try:
        record.values = read(record.kind, record.raw, whole=not old)
    except InvalidRecord as error:
        errors += [record.bad(bad.field, bad.problem, bad.remedy) for bad in error.errors]
        return
    for name, kind in REFERENCES.get(record.kind, {}).items():
        value = record.values.get(name)
        if value is not None and value not in known[kind]:
            errors.append(record.bad(name, f"there is no such record in {kind}", REFERENCE_REMEDY))


def _check_twice(record: _Record, seen: dict[object, int], errors: list[BadCell]) -> None:
    names = {
        "stock": ("product", "variant"),
        "prices": ("product", "variant", "since"),
        "size_charts": ("product", "size"),
        "scans": (),
        "answers": (),
    }.get(record.kind, (KEYS.get(record.kind, ""),))
    if not record.values or not names:
        return
    identity = tuple(record.values.get(name) for name in names)
    if identity in seen:
        errors.append(record.bad(names[-1], f"the same stands in row {seen[identity]}", "keep one of the two"))
    seen.setdefault(identity, record.line.row)


def _check_floor(session: Session, shop_id: str, record: _Record, errors: list[BadCell]) -> None:
    row = session.get(Product, (shop_id, record.values["id"]))
    if row is None or ("price" in record.values and "floor_price" in record.values):
        return
    if record.values.get("price", row.price) < record.values.get("floor_price", row.floor_price):
        name = "price" if "price" in record.values else "floor_price"
        errors.append(record.bad(name, "the floor price would be above the price", "give price and floor_price together"))


def _check_promotions(session: Session, shop_id: str, records: list[_Record], products: set[str], errors: list[BadCell]) -> None:
    """Promotions name goods that are there, and two of one slot are never valid at the same time."""
    good = [record for record in records if record.values]
    beside = {one.promotion_id: one for one in stored_promotions(session, shop_id)}
    beside |= {record.values["id"]: of_values(record.values["id"], record.values) for record in good}
    for record in good:
        one = beside[record.values["id"]]
        for target in one.targets if one.scope == "product" else ():
            if target not in products:
                errors.append(record.bad("targets", f"there is no product {target}", REFERENCE_REMEDY))
        why = clash(one, beside.values())
        if why is not None:
            field_name = "slot" if one.period.always else "valid_from"
            errors.append(record.bad(field_name, why, "end one before the other begins, or give them slots of their own"))


def _check_answers(session: Session, shop_id: str, records: dict[str, list[_Record]], errors: list[BadCell]) -> None:
    answers = [record for record in records.get("answers", []) if record.values]
    if not answers:
        return
    names = answer_files.product_names(session, shop_id)
    for record in records.get("products", []):
        if record.values.get("name"):
            names[str(record.values["id"])] = str(record.values["name"])
    bad = [record.bad(*problem) for record in answers for problem in answer_files.problems(record.values, names)]
    errors += bad
    for place, problem in [] if bad else answer_files.overlaps([(record.line.row, record.values) for record in answers]):
        remedy = "end one before the other begins, or keep one of them"
        errors.append(answers[place].bad("valid_from", problem, remedy))


def _store(session: Session, shop_id: str, kind: str, records: list[_Record], now: datetime) -> Counter[str]:
    counts: Counter[str] = Counter()
    if kind == "answers":
        return Counter(store_answers(session, shop_id, (record.values for record in records), now))
    if kind in ("stock", "size_charts", "scans"):
        grouped: dict[str, list[dict[str, Any]]] = {}
        for record in records:
            grouped.setdefault(record.values["order" if kind == "scans" else "product"], []).append(record.values)
        for key, rows in grouped.items():
            if kind == "stock":
                counts[write_stock(session, shop_id, key, {row["variant"]: row["pieces"] for row in rows}, now, replace=False)] += 1
            elif kind == "scans":
                counts["updated" if write_scans(session, shop_id, key, list(rows)) else "unchanged"] += 1
            else:
                chart = [{name: value for name, value in row.items() if name != "product" and value is not None} for row in rows]
                counts[write(session, shop_id, "products", key, {"size_chart": chart}, now)] += 1
        return counts
    for record in records:
        values = dict(record.values)
        if kind == "prices":
            counts[write_price(session, shop_id, values.pop("product"), **values)] += 1
            continue
        counts[write(session, shop_id, kind, values.pop(KEYS[kind]), values, now)] += 1
    return counts


def main(arguments: list[str] | None = None) -> int:
    """Import the named files; 0 when stored, 1 with the bad cells on stderr."""
    parser = argparse.ArgumentParser(prog="python -m shop.importer", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--shop", help="the shop's id (default: shop.id of a YAML file, else XIAOER_SHOP_ID)")
    parser.add_argument("--kind", choices=sorted(KIND_NAMES), help="what tables hold whose name does not tell it")
    parser.add_argument("--check", action="store_true", help="only check, store nothing")
    options = parser.parse_args(arguments)
    try:
        engine = make_engine()
        migrate(engine)
        counts = import_files(engine, Clock.from_env(), options.files, shop_id=options.shop, kind=options.kind, check=options.check)
    except ImportRefused as refused:
        for error in refused.errors[:_SHOWN_ERRORS]:
            print(error, file=sys.stderr)
        more = len(refused.errors) - _SHOWN_ERRORS
        print(f"{f'… and {more} more. ' if more > 0 else ''}Nothing was stored: {len(refused.errors)} to put right.", file=sys.stderr)
        return 1
    except (DatabaseUnusable, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    for kind, found in counts.items():
        print(f"{kind}: " + ", ".join(f"{number} {outcome}" for outcome, number in sorted(found.items())))
    print("checked, nothing stored" if options.check else "stored")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
