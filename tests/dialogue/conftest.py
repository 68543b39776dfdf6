"""Fixtures of the dialogue tests: a talk as a shopper has it, through the public API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from launch.product import Product
from tests.dialogue.talk import Talk


@pytest.fixture
def talk(product: Product) -> Iterator[Callable[..., Talk]]:
    """Opens talks: `talk()` is anonymous, `talk("c05")` signed in, `talk("c05", product_id="p1001")` on a product's page."""
    with ExitStack() as open_talks:

        def begin(customer: str | None = None, *, product_id: str | None = None) -> Talk:
            return open_talks.enter_context(Talk(product, customer=customer, product_id=product_id))

        yield begin
