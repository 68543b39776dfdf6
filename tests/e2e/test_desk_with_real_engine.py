"""The staff API before the real engine and actions: a killed engine takes the suggestions and nothing else."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from bench.desk import Agent, Shopper, agents
from launch.product import Product


@pytest.fixture
def people(product: Product) -> Iterator[tuple[Agent, Agent]]:
    """Two agents of the running shop."""
    found = agents(product, 2)
    yield found[0], found[1]
    for one in found:
        one.close()


@pytest.fixture
def shopper(product: Product) -> Iterator[Shopper]:
    """A signed-in shopper on a product's page."""
    one = Shopper(product, "c05", "p1001")
    yield one
    one.close()


def suggested(agent: Agent, shopper: Shopper) -> bool:
    """Whether something is suggested, at once or after a while: a machine with other work may need longer than an agent waits for."""
    end = time.monotonic() + 60
    while not (found := agent.suggestions(shopper.id)[0])["suggestions"]:
        if found["reason"] not in ("down", "slow") or time.monotonic() > end:
            return False
        time.sleep(0.5)
    return True


def test_a_killed_engine_takes_the_suggestions_and_nothing_else(product: Product, people: tuple[Agent, Agent], shopper: Shopper) -> None:
    lan, mei = people
    lan.call(f"/talks/{shopper.id}/take", {})
    shopper.write("几天能发货")
    assert suggested(lan, shopper)
    product.kill("engine")
    try:
        shopper.write("发什么快递")
        told, _ = lan.suggestions(shopper.id)
        assert (told["suggestions"], told["reason"]) == ([], "down")
        assert lan.say(shopper.id, "您好，我们发圆通。")["message"]["text"] == "您好，我们发圆通。"
        lan.call(f"/talks/{shopper.id}/notes", {"text": "等系统恢复"})
        lan.call(f"/talks/{shopper.id}/give", {"to": "queue"})
        mei.call(f"/talks/{shopper.id}/take", {})
        assert "您好，我们发圆通。" in [message["text"] for message in shopper.messages()]
    finally:
        product.restart("engine")
    assert suggested(mei, shopper), "they are back without anybody's doing"
