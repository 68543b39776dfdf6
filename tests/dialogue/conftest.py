"""Fixtures of the dialogue tests: a talk as a shopper has it, through the public API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from sqlalchemy import delete, select

from launch.product import Product
from shop.db import make_engine, writing
from shop.models import Base, Shop, TicketRow
from shop.models import Product as ProductRow
from shop.models.base import new_stamp
from tests.dialogue.back import Back
from tests.dialogue.talk import Talk


@pytest.fixture
def as_seeded(product: Product) -> None:
    """The shop without the tickets of earlier tests: each was written for the orders as they are seeded.

    The shopper of one test cancels, or has repaired, what the same shopper of another begins to ask about.
    """
    engine = make_engine(product.env["XIAOER_DATABASE_URL"])
    with writing(engine) as session:
        session.execute(delete(TicketRow))
    engine.dispose()


@pytest.fixture
def talk(product: Product, as_seeded: None) -> Iterator[Callable[..., Talk]]:
    """Opens talks: `talk()` is anonymous, `talk("c05")` signed in, `talk("c05", product_id="p1001")` on a product's page."""
    with ExitStack() as open_talks:

        def begin(customer: str | None = None, *, product_id: str | None = None) -> Talk:
            return open_talks.enter_context(Talk(product, customer=customer, product_id=product_id))

        yield begin


@pytest.fixture
def altered(product: Product) -> Iterator[Callable[..., None]]:
    """Changes rows of the shop for one test: `altered(Order, {"id": "880000000005"}, pay_by="paypal")`; afterwards they are as seeded."""
    engine = make_engine(product.env["XIAOER_DATABASE_URL"])
    before: list[tuple[type[Base], dict[str, Any], list[dict[str, Any]]]] = []

    def set_rows(model: type[Base], where: dict[str, Any], rows: list[dict[str, Any]]) -> None:
        with writing(engine) as session:
            found = session.scalars(select(model).filter_by(**where).order_by(*model.__mapper__.primary_key)).all()
            assert len(found) == len(rows), f"no {model.__name__} with {where}"
            for row, values in zip(found, rows, strict=True):
                for name, value in values.items():
                    setattr(row, name, value)
            for kept in (*session.scalars(select(Shop)), *session.scalars(select(ProductRow))):
                kept.stamp = new_stamp()  # read again by everybody who keeps it in memory

    def alter(model: type[Base], where: dict[str, Any], **values: Any) -> None:
        with writing(engine) as session:
            found = session.scalars(select(model).filter_by(**where).order_by(*model.__mapper__.primary_key)).all()
            old = [{name: getattr(row, name) for name in values} for row in found]
        before.append((model, where, old))
        set_rows(model, where, [values] * len(old))

    yield alter
    for model, where, old in reversed(before):
        set_rows(model, where, old)
    engine.dispose()


@pytest.fixture
def back(product: Product, as_seeded: None) -> Iterator[Back]:
    """Colleagues, warehouse and supervisors; orders and parameters that they change are put back after the test."""
    with Back(product) as found:
        yield found
