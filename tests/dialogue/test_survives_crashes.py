"""A part of the product dies in the middle of a talk, and the shopper is told, keeps the talk and goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from launch.product import Product, get
from tests.dialogue.talk import Talk

WISH = "收到的裙子开线了想换一件"


@pytest.fixture
def unharmed(product: Product) -> Iterator[Product]:
    """The product, whole again afterwards for the other tests."""
    yield product
    for name, process in product.processes.items():
        if not process.running:
            product.restart(name)


@pytest.mark.timeout(420)
@pytest.mark.parametrize("part", ["engine", "actions"])
def test_a_talk_survives_the_death_of(part: str, unharmed: Product, talk: Callable[..., Talk]) -> None:
    shopper = talk("c05")
    shopper.say(WISH)
    assert shopper.status == 200
    assert shopper.texts, "the wish is answered before anything goes wrong"
    before = [(one["seq"], one["from"], one["text"]) for one in shopper.history()]

    unharmed.kill(part)
    shopper.say("没有买运费险")
    apology = shopper.texts
    assert shopper.status in (200, 503)
    kept = [(one["seq"], one["from"], one["text"]) for one in shopper.history()]
    assert kept[: len(before)] == before, "nothing said before is lost"
    assert "没有买运费险" in [text for _, sender, text in kept if sender == "shopper"], "what was said during the outage is kept"
    assert kept[-1][1] != "shopper", "the shopper is told, not left in silence"
    assert shopper.titles, "and offered something to press"
    assert get(f"{unharmed.base_url}/healthz")[0] == 200, "the gateway itself lives on"
    assert get(f"{unharmed.base_url}/readyz")[0] == 503, "and admits that it is not whole"

    unharmed.restart(part)
    assert [(one["seq"], one["from"], one["text"]) for one in shopper.history()][: len(kept)] == kept
    shopper.say("没有买运费险")
    assert shopper.status == 200
    assert shopper.texts
    assert shopper.texts != apology, "the talk goes on"
    # The order and the wish were not forgotten: whoever asks again has them from the engine's memory of the talk.
    for _ in range(4):
        if "pr_q_ex_01" in shopper.rows:
            break
        shopper.say(WISH) if "换" not in shopper.text else shopper.click(shopper.titles[0])
    assert "pr_q_ex_01" in shopper.rows, shopper.transcript
