"""The shop's own system sends products, orders, shipments and stock: again, late, wrong, and all at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import Engine, event, update

from shop.catalogue import ShopRepository
from shop.clock import Clock
from shop.db import writing
from shop.integration import Integration, OlderVersion
from shop.models import CouponRow
from shop.records import InvalidRecord
from shop.writers import touch_shop

ORDER: dict[str, Any] = {
    "customer": {"id": "u1", "name": "丁女士", "phone": "137 0000 1234"},
    "product": "p1001",
    "variant": "米白/M",
    "state": "paid",
    "paid": 176,
    "postage": "8.00",
    "ordered_at": "2026-11-21T09:30:00+08:00",
    "ship_by": "2026-11-24",
}
PARCEL: dict[str, Any] = {
    "courier": "yto",
    "tracking": "yt5",
    "shipped_at": "2026-11-22T09:00:00+08:00",
    "scans": [{"at": "2026-11-22T10:00:00+08:00", "place": "杭州", "text": "已揽收"}],
}


@pytest.fixture
def send(engine: Engine, clock: Clock) -> Integration:
    return Integration(engine, "demo", clock)


def bad_fields(send: Integration, kind: str, key: str, payload: dict[str, Any], version: Any = 1) -> set[str]:
    with pytest.raises(InvalidRecord) as caught:
        send.upsert(kind, key, payload, version)
    assert all(error.problem and error.remedy for error in caught.value.errors)
    return {error.field for error in caught.value.errors}


def test_an_order_arrives_with_its_customer_and_then_its_parcel(send: Integration, engine: Engine, clock: Clock) -> None:
    assert send.upsert("orders", "880200000001", ORDER, 1) == "created"
    assert send.upsert("shipments", "880200000001", PARCEL, 1) == "created"
    shop = ShopRepository(engine, "demo", clock)
    order = shop.order("880200000001")
    assert order is not None
    assert (order.customer_id, order.paid, order.tracking, str(order.ship_by)) == ("u1", Decimal(176), "YT5", "2026-11-24")
    assert [scan.text for scan in order.scans] == ["已揽收"]
    customer = shop.customer("u1")
    assert customer is not None
    assert customer.phone_tail == "1234"


def test_the_same_thing_again_changes_nothing_but_when_it_was_confirmed(send: Integration, engine: Engine, clock: Clock) -> None:
    for kind, payload in (("orders", ORDER), ("shipments", PARCEL)):
        send.upsert(kind, "880200000001", payload, 7)
        assert send.upsert(kind, "880200000001", payload, 7) == "unchanged"
    later = Clock(fixed=clock.now() + timedelta(hours=3))
    for kind, payload in (("orders", ORDER), ("shipments", PARCEL)):
        assert Integration(engine, "demo", later).upsert(kind, "880200000001", payload, 8) == "unchanged"
    order = ShopRepository(engine, "demo", later).order("880200000001")
    assert order is not None
    assert order.synced_at == later.now()


def test_a_late_delivery_is_refused_and_undoes_nothing(send: Integration, engine: Engine, clock: Clock) -> None:
    send.upsert("orders", "880200000001", {**ORDER, "state": "shipped"}, 5)
    with pytest.raises(OlderVersion, match="version 4 is older than the stored version 5") as caught:
        send.upsert("orders", "880200000001", ORDER, 4)
    assert (caught.value.given, caught.value.stored) == (4, 5)
    with pytest.raises(OlderVersion, match="other content"):
        send.upsert("orders", "880200000001", ORDER, 5)
    order = ShopRepository(engine, "demo", clock).order("880200000001")
    assert order is not None
    assert order.state == "shipped"


def test_instants_are_versions_too(send: Integration) -> None:
    assert send.upsert("products", "n1", {"name": "新", "price": 5, "updated_at": "2026-11-22T10:00:00.500+08:00"}) == "created"
    with pytest.raises(OlderVersion):
        send.upsert("products", "n1", {"name": "旧", "price": 5}, datetime(2026, 11, 22, 2, 0, 0, 400_000, tzinfo=UTC))
    assert send.upsert("products", "n1", {"name": "更新", "price": 5}, datetime(2026, 11, 22, 2, 0, 1, tzinfo=UTC)) == "updated"


def test_stock_is_replaced_as_a_whole(send: Integration, engine: Engine, clock: Clock) -> None:
    shop = ShopRepository(engine, "demo", clock)
    assert shop.product("p1001") is not None
    assert send.upsert("stock", "p1001", {"stock": {"米白/M": 3}}, 2) == "updated"
    assert send.upsert("stock", "p1001", {"stock": {"米白/M": 3}}, 2) == "unchanged"
    dress = shop.product("p1001")
    assert dress is not None
    assert dress.stock == {"米白/M": 3}
    with pytest.raises(OlderVersion):
        send.upsert("stock", "p1001", {"stock": {"米白/M": 9}}, 1)
    assert send.upsert("products", "p1001", {"name": "裙", "price": 9}, 1) == "updated", "a product has a version of its own"


def test_wrong_fields_are_all_named(send: Integration) -> None:
    wrong = {**ORDER, "state": "gone", "paid": -1, "colour": "red", "product": "p1001"}
    assert bad_fields(send, "orders", "1", wrong) == {"state", "paid", "colour"}
    assert bad_fields(send, "orders", "1", {}) == {"customer", "product", "state", "paid", "ordered_at"}
    assert bad_fields(send, "orders", "1", {**ORDER, "customer": {"id": "u1", "phone": "x"}}) == {"customer.phone"}
    assert bad_fields(send, "orders", "1", {**ORDER, "customer": {"name": "丁"}}) == {"customer"}
    assert bad_fields(send, "orders", "1", {**ORDER, "customer": "u404", "product": "p404"}) == {"customer", "product"}
    assert bad_fields(send, "orders", "1", {**ORDER, "id": "2"}) == {"id"}
    assert bad_fields(send, "shipments", "880000000001", {**PARCEL, "courier": "zz"}) == {"courier"}
    assert bad_fields(send, "shipments", "1", {**PARCEL, "scans": "none"}) == {"scans"}
    scans = [{"at": "today", "text": "x"}, {"at": "2026-11-22", "text": "x", "note": 1}]
    assert bad_fields(send, "shipments", "880000000001", {"scans": scans}) == {"scans[0].at", "scans[1].note"}
    assert bad_fields(send, "stock", "p404", {"stock": {"红": -1}, "more": 1}) == {"stock", "product", "more"}
    assert bad_fields(send, "products", "n", {"name": "x", "price": 5, "floor_price": 6}) == {"floor_price"}
    chart = [{"size": "M", "height": [163, 156]}]
    assert bad_fields(send, "products", "n", {"name": "x", "price": 5, "size_chart": chart}) == {"size_chart"}
    with pytest.raises(ValueError, match="cannot be sent"):
        send.upsert("customers", "u1", {}, 1)


@pytest.mark.parametrize("version", [None, 0, -1, True, 1.5, "soon", "9" * 30, 2**63])
def test_a_delivery_without_a_version_is_refused(version: Any, send: Integration) -> None:
    assert bad_fields(send, "products", "n1", {"name": "新", "price": 5}, version) <= {"version", "updated_at"}


def test_no_error_shows_a_floor_price(send: Integration) -> None:
    with pytest.raises(InvalidRecord) as caught:
        send.upsert("products", "n1", {"name": "新", "price": 5, "floor_price": 777}, 1)
    assert "777" not in str(caught.value)
    assert all("777" not in str(error.value) for error in caught.value.errors)


def test_two_deliveries_at_once_leave_the_newer(send: Integration, engine: Engine, clock: Clock) -> None:
    refused: list[int] = []

    def deliver(version: int) -> None:
        try:
            send.upsert("products", "n1", {"name": f"第{version}版", "price": 5}, version)
        except OlderVersion:
            refused.append(version)

    threads = [Thread(target=deliver, args=(version,)) for version in (3, 1, 4, 2, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    product = ShopRepository(engine, "demo", clock).product("n1")
    assert product is not None
    assert product.name == "第5版"
    assert 5 not in refused


def test_an_order_is_read_with_two_queries_and_a_change_is_seen_at_once(send: Integration, engine: Engine, clock: Clock) -> None:
    shop = ShopRepository(engine, "demo", clock)
    assert shop.order("880000000006") is not None
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *arguments: asked.append(arguments[2]))
    first = shop.order("880000000006")
    assert len([statement for statement in asked if statement.startswith("SELECT")]) == 2
    assert first is not None
    send.upsert("stock", "p2001", {"stock": {"清新绿/1.8米床": 1}}, 1)
    second = shop.order("880000000006")
    assert second is not None
    assert (first.product.stock["清新绿/1.8米床"], second.product.stock["清新绿/1.8米床"]) == (25, 1)


def test_a_coupon_is_offered_in_its_time_only(engine: Engine, clock: Clock) -> None:
    with writing(engine) as session:
        session.execute(update(CouponRow).where(CouponRow.code == "NEW5").values(valid_until=clock.now() + timedelta(hours=1)))
        session.execute(update(CouponRow).where(CouponRow.code == "SAVE10").values(valid_from=clock.now() + timedelta(hours=1)))
        touch_shop(session, "demo")
    later = Clock(fixed=clock.now() + timedelta(hours=1))
    assert [coupon.code for coupon in ShopRepository(engine, "demo", clock).shop().coupons] == ["NEW5"]
    assert [coupon.code for coupon in ShopRepository(engine, "demo", later).shop().coupons] == ["SAVE10"]
