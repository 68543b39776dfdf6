"""A part of the product dies in the middle of a talk, and the shopper is told, keeps the talk and goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from launch.product import Product, get
from tests.dialogue.talk import Talk

WISH = "收到的裙子开线了想换一件"
# The order of c05; the shopper is anonymous, so the wish has to be remembered while the order is proved.
PROOF = "订单号880000000009，手机尾号0005"


@pytest.fixture
def unharmed(product: Product) -> Iterator[Product]:
    """The product, whole again afterwards for the other tests."""
    yield product
    for name, process in product.processes.items():
        if not process.running:
            product.restart(name)


def lines(talk: Talk) -> list[tuple[int, str, str]]:
    """What is stored of a talk."""
    return [(one["seq"], one["from"], one["text"]) for one in talk.history()]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("part", ["engine", "actions"])
def test_a_talk_survives_the_death_of(part: str, unharmed: Product, talk: Callable[..., Talk]) -> None:
    shopper = talk()
    shopper.say(WISH)
    assert shopper.status == 200
    assert shopper.texts, "asked for the order"
    before = lines(shopper)

    unharmed.kill(part)
    shopper.say(PROOF)
    apology = shopper.texts
    assert apology, "told, not left in silence"
    assert "s_system_down" in shopper.scripts
    assert "转人工" in shopper.titles, "a person is offered"
    kept = lines(shopper)
    assert kept[: len(before)] == before, "nothing said before is lost"
    assert PROOF in [text for _, sender, text in kept if sender == "shopper"], "what was said during the outage is kept"
    assert get(f"{unharmed.base_url}/healthz")[0] == 200, "the gateway itself lives on"
    assert get(f"{unharmed.base_url}/readyz")[0] == 503, "and admits that it is not whole"

    unharmed.restart(part)
    assert lines(shopper)[: len(kept)] == kept
    shopper.click("再试一次")
    assert shopper.status == 200
    assert shopper.texts != apology
    # The gateway may have answered by itself before the button was pressed, as it does for who presses none: then the press says nothing.
    said = [*shopper.replies, *(one for one in shopper.history() if one["seq"] > kept[-1][0])]
    rows = {(one.get("trace") or {}).get("row") for one in said}
    assert "pr_q_ex_01" in rows, f"the wish was not forgotten\n{shopper.transcript}"
