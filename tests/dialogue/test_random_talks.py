"""Hundreds of random talks through the whole product: never silence, no hole, no secret, no forbidden word, no contradiction."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.dialogue.random_talks import have, person, secrets, sentences
from tests.dialogue.talk import Talk

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]
BATCH = 20
SEEDS = range(0, 300, BATCH)


def test_there_is_enough_to_say_and_to_hide() -> None:
    assert len(sentences()) > 400
    assert secrets()


@pytest.mark.parametrize("first", SEEDS)
def test_random_talks_stay_whole(talk: Callable[..., Talk], first: int) -> None:
    import random

    wrong: list[str] = []
    for seed in range(first, first + BATCH):
        customer, page = person(random.Random(-seed - 1))
        spoken = talk(customer, product_id=page)
        drawn = have(spoken, seed)
        if drawn.wrong:
            wrong.append(f"seed {seed} ({customer}, {page}): {'; '.join(drawn.wrong)}\n{spoken.transcript}")
    assert not wrong, "\n\n".join(wrong)
