"""您 or 亲: the shop's setting travels with what is said; which sentences have a 亲 is data (style.md ad_03)."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from actions.context import Context
from actions.products import ActionTellPrice
from tests.actions.support import run, turn
from tests.contract.project import response_definitions


@pytest.mark.parametrize(("style", "given"), [("nin", None), ("qin", "qin")])
async def test_the_shop_s_way_of_address_is_given_with_an_answer(world: Context, style: str, given: str | None) -> None:
    with world.engine.begin() as connection:
        connection.execute(text("UPDATE shops SET address_style = :style"), {"style": style})
    _, messages = await run(ActionTellPrice(), turn("ask_price", product_id="p1001"))
    assert [message["response"] for message in messages] == ["utter_products_price"]
    assert messages[0].get("address_style") == given


def test_only_sentences_before_a_sale_have_a_variation_for_it() -> None:
    found = {
        path.stem
        for path, _, several in response_definitions()
        for one in several
        if any(condition["name"] == "address_style" for condition in one.get("condition") or ())
    }
    assert found == {"products"}
