"""Talks that one script answers (F1: wholesale, dropshipping): a ticket with a time where a person acts, no unknown promised."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.dialogue.checks import answered
from tests.dialogue.talk import Talk

pytestmark = pytest.mark.live
Begin = Callable[..., Talk]


@pytest.mark.parametrize(
    ("text", "script", "ticket"),
    [
        ("开店的想长期拿货，批发啥价", "s_wholesale", True),
        ("支持一件代发不", "s_dropship_register", True),
        ("我们工程要一批柜子，能派人出个方案不", "s_project_service", True),
        ("你家会员都有啥好处", "s_vip", False),
        ("先问问，不一定买哈", "s_presale_quote_only", False),
    ],
)
def test_each_wish_has_its_script(talk: Begin, text: str, script: str, ticket: bool) -> None:
    said = talk().say(text)
    answered(said)
    assert script in said.scripts
    assert bool(said.ticket) is ticket


def test_no_link_and_no_code_is_made_up_for_resellers(talk: Begin) -> None:
    said = talk().say("支持一件代发不")
    assert "http" not in said.text
    assert "券码是" not in said.text
