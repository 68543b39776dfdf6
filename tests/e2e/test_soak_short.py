"""The soak in its short form: ten talks with the real widget and its transport, a line that is cut, gateway and engine killed."""

from __future__ import annotations

import asyncio

import pytest

from launch.product import Product
from soak.__main__ import report
from soak.run import Plan, Soak

pytestmark = pytest.mark.browser
SEED = 20261122


def test_every_message_is_found_once_and_in_order_after_cuts_and_deaths(product: Product) -> None:
    plan = Plan(messages=60, talks=10, seed=SEED, tabs=2, windows=2, pages=2, gateway_kills=1, engine_kills=1)
    result = asyncio.run(Soak(product, plan, lambda line: None).run())
    assert not result.faults, report(result)
    assert result.figures["messages"] == 60
    assert result.figures["gateway killed"] == result.figures["engine killed"] == 1
    assert result.figures["connections cut"] > 10
