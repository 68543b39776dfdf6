"""The demonstration shop as facts, for tests of the pure modules: built from the seed file, without a database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from policy.facts import Coupon, Courier, OrderFacts, ProductFacts, Scan, ShopFacts, SizeRow
from policy.parameters import ParamValue, load_parameters

SEED = Path(__file__).resolve().parents[2] / "shop" / "demo_shop.yml"
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)  # noon in Shanghai
UNITS = {"d": "days", "h": "hours"}


def at(text: str | None) -> datetime | None:
    """An instant of the seed file ("-3d", "+4d", "-2h")."""
    return None if text is None else NOW + timedelta(**{UNITS[text[-1]]: int(text[:-1])})


def day(text: str | None) -> date | None:
    """A day of the seed file, in Asia/Shanghai."""
    moment = at(text)
    return None if moment is None else (moment + timedelta(hours=8)).date()


@cache
def seed() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(SEED.read_text("utf-8"))
    return loaded


def parameters(**overrides: object) -> dict[str, ParamValue]:
    """The demonstration shop's numbers, some of them changed."""
    return load_parameters(overrides)


def product(product_id: str) -> ProductFacts:
    """A product of the demonstration shop."""
    body = next(item for item in seed()["products"] if item["id"] == product_id)
    return ProductFacts(
        product_id,
        body["name"],
        body["kind"],
        Decimal(body["price"]),
        Decimal(body["floor_price"]),
        body["discounted"],
        fabric=body.get("fabric"),
        care=body.get("care"),
        dimensions=body.get("dimensions"),
        warranty_months=body.get("warranty_months"),
        colours=tuple(body["colours"]),
        sizes=tuple(body["sizes"]),
        size_chart=tuple(size_row(row) for row in body.get("size_chart", ())),
        stock=dict(body["stock"]),
        stock_synced_at=NOW,
    )


def size_row(row: dict[str, Any]) -> SizeRow:
    """A line of a size chart: pairs are ranges of a person, single numbers measures of the garment."""
    return SizeRow(
        row["size"],
        {name: (value[0], value[1]) for name, value in row.items() if isinstance(value, list)},
        {name: float(value) for name, value in row.items() if isinstance(value, (int, float))},
    )


def order(tail: int, **changes: Any) -> OrderFacts:
    """Order 8800000000NN of the demonstration shop, some of its facts changed."""
    body = next(item for item in seed()["orders"] if item["id"] == f"{880000000000 + tail}")
    facts: dict[str, Any] = {
        "order_id": body["id"],
        "customer_id": body["customer"],
        "product": product(body["product"]),
        "variant": body["variant"],
        "state": body["state"],
        "paid": Decimal(body["paid"]),
        "postage": Decimal(body["postage"]),
        "pay_by": body["pay_by"],
        "ordered_at": at(body["ordered"]),
        "shipped_at": at(body.get("shipped")),
        "signed_at": at(body.get("signed")),
        "ship_on": day(body.get("ship_on")),
        "restock_on": day(body.get("restock_on")),
        "purchase": body.get("purchase"),
        "courier_id": body.get("courier"),
        "tracking": body.get("tracking"),
        "scans": tuple(
            Scan(moment, scan["place"], scan["text"], scan.get("arrived_region", False), scan.get("out_for_delivery", False))
            for scan in body.get("scans", ())
            if (moment := at(scan["at"])) is not None
        ),
        "insurance": body["insurance"],
        "cross_border": body.get("cross_border", False),
        "delivery": body.get("delivery", "parcel"),
        "custom_made": body.get("custom_made", False),
        "no_reason_excluded": body.get("no_reason_excluded", False),
        "loss_agreed_before_payment": body.get("loss_agreed_before_payment", False),
        "purchase_loss": Decimal(body["purchase_loss"]) if "purchase_loss" in body else None,
        "synced_at": NOW,
    }
    return OrderFacts(**(facts | changes))


def shop() -> ShopFacts:
    """The demonstration shop itself."""
    body = seed()["shop"]
    return ShopFacts(
        body["id"],
        body["name"],
        body["timezone"],
        body["address_style"],
        body["opening_hours"],
        tuple(Courier(c["id"], c["name"], c["speed"], Decimal(c["fee"]), c.get("pickup_phone")) for c in body["couriers"]),
        tuple(body["gifts"]),
        tuple(Coupon(c["code"], c["name"], Decimal(c["amount"]), Decimal(c["min_spend"])) for c in body["coupons"]),
        body["return_address"],
    )
