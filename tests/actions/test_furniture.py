"""Doubts about furniture: answered with the product's own facts, a colleague asked for what is not known."""

from __future__ import annotations

import pytest

from actions.context import Context
from actions.furniture import ActionAnswerFurniture
from shop.db import writing
from shop.writers import write, write_shop
from tests.actions.conftest import NOW
from tests.actions.support import bot, changed, rows, run, said, turn


@pytest.mark.parametrize(
    ("topic", "product", "row"),
    [
        ("famous_brand", "p3001", "fu_02"),
        ("ads", "p3001", "fu_01"),
        ("ads", None, "fu_01"),
        ("partition", "p3002", "fu_05"),
        ("promo_quality", "p3003", "fu_06"),
        ("promo_quality", "p3001", "fu_07"),
        ("dimension", "p3001", "fu_09"),
        ("dimension", "p4001", "fu_10"),
        ("smell", "p3002", "fu_12"),
        ("smell", "p3001", "fu_13"),
        ("smell", "p2003", "fu_14"),
    ],
)
async def test_each_doubt_has_its_answer(topic: str, product: str | None, row: str) -> None:
    _, messages = await run(ActionAnswerFurniture(), turn("ask_furniture", {"topic": topic}, product_id=product))
    assert rows(messages) == [row]


@pytest.mark.parametrize(("topic", "product"), [("partition", "p3002"), ("dimension", "p4001"), ("smell", "p3001"), ("smell", "p3002")])
async def test_what_is_not_known_goes_to_a_colleague_with_a_time(topic: str, product: str) -> None:
    events, messages = await run(ActionAnswerFurniture(), turn("ask_furniture", {"topic": topic}, product_id=product))
    assert changed(events)["ticket_id"] == messages[0]["ticket"]
    assert messages[0]["deadline"]


@pytest.mark.parametrize(
    ("topic", "attributes", "row"),
    [
        ("partition", {"adjustable_shelves": True}, "fu_03"),
        ("partition", {"adjustable_shelves": False}, "fu_04"),
        ("dimension", {"standard_size": "深55至60厘米"}, "fu_08"),
        ("smell", {"formaldehyde_report_no": "TEST-1"}, "fu_11_a"),
    ],
)
async def test_a_fact_that_the_shop_has_written_down_is_told(world: Context, topic: str, attributes: dict[str, object], row: str) -> None:
    with writing(world.engine) as session:
        write(session, "demo", "products", "p3002", {"attributes": attributes}, NOW)
    events, messages = await run(ActionAnswerFurniture(), turn("ask_furniture", {"topic": topic}, product_id="p3002"))
    assert rows(messages) == [row]
    assert "ticket_id" not in changed(events)


async def test_the_days_of_airing_are_said_once_the_shop_has_confirmed_them(world: Context) -> None:
    with writing(world.engine) as session:
        write_shop(session, "demo", {"name": "小二", "smell_ventilation_days": 45}, NOW, source="demo")
        write(session, "demo", "products", "p3002", {"attributes": {"formaldehyde_report_no": "TEST-1"}}, NOW)
    _, messages = await run(ActionAnswerFurniture(), turn("ask_furniture", {"topic": "smell"}, product_id="p3002"))
    assert (said(messages), messages[1]["days"]) == (["utter_furniture_smell_report", "utter_furniture_air_days"], "45")


async def test_which_product_is_asked_with_the_topic_kept() -> None:
    _, messages = await run(ActionAnswerFurniture(), turn("ask_furniture", {"topic": "smell"}))
    assert said(messages) == ["utter_furniture_which"]
    assert '/ask_furniture{"product": "p3001", "topic": "smell"}' in [button["payload"] for button in messages[0]["buttons"]]


async def test_the_topic_before_the_products_name_is_answered() -> None:
    heard = {"intent": {"name": "ask_furniture"}, "entities": [{"entity": "topic", "value": "smell"}]}
    before = [{"event": "user", "text": "味道大吗", "parse_data": heard, "timestamp": 0}, bot(utter_action="utter_furniture_which")]
    _, messages = await run(ActionAnswerFurniture(), turn("nlu_fallback", {"product": "p3001"}, text="沙发", memory=before))
    assert rows(messages) == ["fu_13"]


async def test_without_a_topic_the_first_one_counts() -> None:
    _, messages = await run(ActionAnswerFurniture(), turn("ask_furniture", product_id="p3001"))
    assert rows(messages) == ["fu_02"]
