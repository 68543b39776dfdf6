"""Nothing of one shop is found in the other, through any function that reads or changes; every such function is listed here."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine, select

import shop
from shop.catalogue import ShopRepository, UnknownShop
from shop.clock import Clock
from shop.concessions import Concessions
from shop.counters import next_seq
from shop.db import reading, writing
from shop.effects import Effects, UnknownEffect
from shop.integration import Integration
from shop.models import Base, Conversation, Product
from shop.modes import IntentModes
from shop.proofs import Proofs
from shop.records import InvalidRecord
from shop.tickets import Tickets, UnknownTicket

SERVICES: list[type[Any]] = [ShopRepository, Tickets, Effects, Proofs, Concessions, IntentModes, Integration]
FOREIGN_ORDER, FOREIGN_CUSTOMER, FOREIGN_PRODUCT = "770000000001", "x01", "q1"


class Two:
    """The demonstration shop's services, after the other shop has used its own for everything."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self.engine = engine
        other = {service: service(engine, "other", clock) for service in SERVICES}
        demo = {service: service(engine, "demo", clock) for service in SERVICES}
        self.demo: dict[type[Any], Any] = demo
        self.other: dict[type[Any], Any] = other
        self.ticket = other[Tickets].open("return", conversation_id="talk", order_id=FOREIGN_ORDER, customer_id=FOREIGN_CUSTOMER)
        other[Tickets].add_note(self.ticket.id, "别家的话")
        self.effect = other[Effects].record("extend", conversation_id="talk")
        assert other[Proofs].try_proof(conversation_id="talk", order_id=FOREIGN_ORDER, phone_tail="7777", address="a") == "proved"
        other[Concessions].record(customer_id="c01", conversation_id="talk", product_id="p1001", kind="gift")
        now = clock.now()
        with writing(engine) as session:
            session.add(Conversation(shop_id="other", id="talk", token_hash="t", created_at=now, updated_at=now))


@pytest.fixture
def two(two_shops: Engine, clock: Clock) -> Two:
    return Two(two_shops, clock)


def _refused(error: type[Exception], call: Callable[[], object]) -> None:
    with pytest.raises(error):
        call()


def _no_order(two: Two) -> None:
    with pytest.raises(InvalidRecord, match="there is no such order"):
        two.demo[Integration].upsert("shipments", FOREIGN_ORDER, {"tracking": "ZZ1"}, 5)
    with pytest.raises(InvalidRecord, match="there is no such product"):
        two.demo[Integration].upsert("stock", FOREIGN_PRODUCT, {"stock": {}}, 5)
    assert two.demo[Integration].upsert("products", FOREIGN_PRODUCT, {"name": "新", "price": 1}, 5) == "created"
    assert two.other[ShopRepository].product(FOREIGN_PRODUCT).name == "别家裙"


def _proof(two: Two) -> None:
    assert two.demo[Proofs].try_proof(conversation_id="talk", order_id=FOREIGN_ORDER, phone_tail="7777", address="b") == "refused"
    for _ in range(6):
        two.demo[Proofs].try_proof(conversation_id="talk", order_id=FOREIGN_ORDER, phone_tail="0000", address="a")
    assert two.other[Proofs].try_proof(conversation_id="talk", order_id=FOREIGN_ORDER, phone_tail="7777", address="a") == "proved"


def _modes(two: Two) -> None:
    assert two.demo[IntentModes].mode("bargain") == "auto"
    two.demo[IntentModes].set("bargain", "off")
    two.other[IntentModes].set("*", "suggest")
    assert two.demo[IntentModes].mode("bargain") == "off"
    assert two.other[IntentModes].mode("bargain") == "suggest"


def _ticket_of_its_own(two: Two) -> None:
    made = two.demo[Tickets].open("return", conversation_id="talk", order_id=FOREIGN_ORDER, fields={"a": 1})
    assert made.created
    assert two.other[Tickets].get(two.ticket.id).fields == {}


# Every public method of every service: what the demonstration shop must not get from it.
CHECKS: dict[str, Callable[[Two], object]] = {
    "ShopRepository.shop": lambda two: _equal(two.demo[ShopRepository].shop().name, "小二家居服饰旗舰店"),
    "ShopRepository.parameters": lambda two: _equal(two.demo[ShopRepository].parameters()["postage"], 8),
    "ShopRepository.product": lambda two: _equal(two.demo[ShopRepository].product(FOREIGN_PRODUCT), None),
    "ShopRepository.products": lambda two: _equal([p for p in two.demo[ShopRepository].products() if p.product_id == FOREIGN_PRODUCT], []),
    "ShopRepository.order": lambda two: _equal(two.demo[ShopRepository].order(FOREIGN_ORDER), None),
    "ShopRepository.orders_of": lambda two: _equal(two.demo[ShopRepository].orders_of(FOREIGN_CUSTOMER), []),
    "ShopRepository.order_by_tracking": lambda two: _equal(two.demo[ShopRepository].order_by_tracking("ZZ7700000000001"), None),
    "ShopRepository.customer": lambda two: _equal(two.demo[ShopRepository].customer(FOREIGN_CUSTOMER), None),
    "Tickets.open": _ticket_of_its_own,
    "Tickets.get": lambda two: _equal(two.demo[Tickets].get(two.ticket.id), None),
    "Tickets.notes": lambda two: _equal(two.demo[Tickets].notes(two.ticket.id), []),
    "Tickets.of_conversation": lambda two: _equal(two.demo[Tickets].of_conversation("talk"), []),
    "Tickets.of_order": lambda two: _equal(two.demo[Tickets].of_order(FOREIGN_ORDER), []),
    "Tickets.of_customer": lambda two: _equal(two.demo[Tickets].of_customer(FOREIGN_CUSTOMER), []),
    "Tickets.add_note": lambda two: _refused(UnknownTicket, lambda: two.demo[Tickets].add_note(two.ticket.id, "x")),
    "Tickets.set_tracking": lambda two: _refused(UnknownTicket, lambda: two.demo[Tickets].set_tracking(two.ticket.id, "x")),
    "Tickets.set_state": lambda two: _refused(UnknownTicket, lambda: two.demo[Tickets].set_state(two.ticket.id, "closed")),
    "Effects.record": lambda two: _equal(two.other[Effects].get(two.demo[Effects].record("extend", conversation_id="talk")), None),
    "Effects.get": lambda two: _equal(two.demo[Effects].get(two.effect), None),
    "Effects.set_state": lambda two: _refused(UnknownEffect, lambda: two.demo[Effects].set_state(two.effect, "failed")),
    "Effects.of_conversation": lambda two: _equal(two.demo[Effects].of_conversation("talk"), []),
    "Proofs.try_proof": _proof,
    "Proofs.proved": lambda two: _equal(two.demo[Proofs].proved("talk"), set()),
    "Concessions.given": lambda two: _equal(
        two.demo[Concessions].given(customer_id="c01", conversation_id="talk", product_id="p1001"),
        [],
    ),
    "Concessions.record": lambda two: _equal(
        two.demo[Concessions].record(customer_id="c01", conversation_id="talk", product_id="p1001", kind="gift", limit=1) is None, False
    ),
    "IntentModes.mode": _modes,
    "IntentModes.set": _modes,
    "Integration.upsert": _no_order,
}


def _equal(found: object, expected: object) -> None:
    assert found == expected


def test_every_public_function_is_checked() -> None:
    methods = {
        f"{service.__name__}.{name}"
        for service in SERVICES
        for name, _ in inspect.getmembers(service, inspect.isfunction)
        if not name.startswith("_")
    }
    assert methods == set(CHECKS)
    found = set()
    for each in pkgutil.iter_modules(shop.__path__):
        module = importlib.import_module(f"shop.{each.name}")
        for _, thing in inspect.getmembers(module, inspect.isclass):
            code = getattr(thing.__init__, "__code__", None)
            if thing.__module__ == module.__name__ and code is not None and {"engine", "shop_id"} <= set(code.co_varnames):
                found.add(thing)
    assert found == set(SERVICES)


@pytest.mark.parametrize("name", CHECKS)
def test_one_shop_gets_nothing_of_the_other(name: str, two: Two) -> None:
    CHECKS[name](two)


def test_an_order_number_may_exist_in_both(two: Two) -> None:
    order = {"customer": {"id": "x9", "name": "丁"}, "product": "q1", "state": "paid", "paid": 5, "ordered_at": "2026-11-01"}
    assert two.other[Integration].upsert("orders", "880000000001", order, 1) == "created"
    assert two.demo[ShopRepository].order("880000000001").customer_id == "c01"
    assert two.other[ShopRepository].order("880000000001").paid == 5


def test_a_message_number_is_taken_in_ones_own_talk_only(two: Two) -> None:
    with pytest.raises(LookupError, match="no conversation"), writing(two.engine) as session:
        next_seq(session, "demo", "talk")
    with writing(two.engine) as session:
        assert [next_seq(session, "other", "talk") for _ in range(2)] == [1, 2]


def test_no_row_of_one_shop_can_point_into_the_other(two: Two, clock: Clock) -> None:
    with reading(two.engine) as session:
        for table in Base.metadata.tables.values():
            for constraint in table.foreign_key_constraints:
                assert next(iter(constraint.column_keys)) == "shop_id", f"{table.name}: {constraint.column_keys}"
        assert session.scalar(select(Product.shop_id).where(Product.id == "q1")) == "other"


def test_a_shop_that_does_not_exist_is_said(empty: Engine, clock: Clock) -> None:
    with pytest.raises(UnknownShop, match="none_such"):
        ShopRepository(empty, "none_such", clock).shop()
    with pytest.raises(UnknownShop, match="none_such"):
        Integration(empty, "none_such", clock).upsert("products", "p", {"name": "x", "price": 1}, 1)
