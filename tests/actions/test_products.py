"""Products: facts from the catalogue, nothing made up, orders under way answered with their own dates."""

from __future__ import annotations

import pytest

from actions.products import ActionRecommend, ActionTellArrival, ActionTellCouriers, ActionTellPrice, ActionTellProduct, ActionTellStock
from tests.actions.support import bot, changed, rows, run, said, turn


@pytest.mark.parametrize(
    ("text", "product", "responses"),
    [
        ("什么面料", "p1001", ["utter_products_fabric"]),
        ("可以机洗吗", "p1002", ["utter_products_care"]),
        ("有哪些颜色", "p1001", ["utter_products_colours"]),
        ("多大尺寸", "p3002", ["utter_products_dimensions"]),
        ("什么面料 怎么洗", "p1001", ["utter_products_care", "utter_products_fabric"]),
        ("介绍一下", "p1001", ["utter_products_overview"]),
        ("怎么洗", "p3002", ["utter_products_unknown_fact"]),
        ("有检测报告吗", "p1001", ["utter_products_unknown_fact"]),
        ("能明目吗", "p2002", ["utter_products_no_health_claim"]),
        ("孕妇能用吗", "p1001", ["utter_products_no_health_claim"]),
        ("台灯防近视吗", "p4001", ["utter_products_no_health_claim"]),
    ],
)
async def test_a_question_about_a_product_is_answered_from_the_catalogue(text: str, product: str, responses: list[str]) -> None:
    events, messages = await run(ActionTellProduct(), turn("ask_product_info", text=text, product_id=product))
    assert said(messages) == responses
    assert changed(events)["product_id"] == product


async def test_an_unknown_fact_offers_a_person_and_opens_nothing() -> None:
    events, _ = await run(ActionTellProduct(), turn("ask_product_info", text="质量好吗", product_id="p1001"))
    assert changed(events)["open_question"] == "offer_person"
    assert "ticket_id" not in changed(events)


@pytest.mark.parametrize("action", [ActionTellProduct, ActionTellPrice, ActionTellStock])
async def test_without_a_product_it_is_asked_which(action: type[ActionTellProduct]) -> None:
    _, messages = await run(action(), turn("ask_stock"))
    assert said(messages) == ["utter_products_which"]
    assert all(button["payload"].startswith("/ask_stock{") for button in messages[0]["buttons"])


async def test_the_price_is_that_of_the_page() -> None:
    _, messages = await run(ActionTellPrice(), turn("ask_price", product_id="p1001"))
    assert (said(messages), messages[0]["price"]) == (["utter_products_price"], "168")


@pytest.mark.parametrize(
    ("entities", "product", "response", "row"),
    [
        ({"colour": "米白", "size": "M"}, "p1001", "utter_products_stock_yes", "ps_01"),
        ({"colour": "雾蓝", "size": "M"}, "p1001", "utter_products_stock_few", "os_03"),
        ({"colour": "雾蓝", "size": "L"}, "p1001", "utter_products_stock_no", "ps_02"),
        ({"colour": "米白"}, "p1001", "utter_products_stock_list", "ps_01"),
        ({}, "p1001", "utter_products_stock_list", "ps_01"),
        ({"colour": "红色"}, "p1001", "utter_products_stock_list", "ps_01"),
        ({"colour": "白色", "size": "S"}, "p1002", "utter_products_stock_no", "ps_02"),
    ],
)
async def test_the_stock_is_told_by_colour_and_size(entities: dict[str, str], product: str, response: str, row: str) -> None:
    _, messages = await run(ActionTellStock(), turn("ask_stock", entities, product_id=product))
    assert said(messages) == [response]
    assert rows(messages) == [row]


async def test_a_recommendation_is_of_the_kind_asked_for() -> None:
    _, messages = await run(ActionRecommend(), turn("ask_recommendation", text="推荐个枕头"))
    assert {button["payload"].split('"')[3][:2] for button in messages[0]["buttons"]} == {"p2"}


@pytest.mark.parametrize(
    ("text", "memory"), [("有没有便宜点的", []), ("/ask_recommendation", [bot(utter_action="utter_bargaining_budget")])]
)
async def test_cheaper_goods_are_cheaper(text: str, memory: list[dict[str, object]]) -> None:
    _, messages = await run(ActionRecommend(), turn("ask_recommendation", text=text, product_id="p1003", memory=memory))
    assert [button["payload"].split('"')[3] for button in messages[0]["buttons"]] == ["p1002", "p4001", "p2002"]


async def test_nothing_cheaper_is_said_as_it_is() -> None:
    _, messages = await run(ActionRecommend(), turn("ask_recommendation", text="有便宜些的吗", product_id="p2002"))
    assert said(messages) == ["utter_products_recommend_none"]


@pytest.mark.parametrize(
    ("customer", "entities", "page", "text", "answer"),
    [
        (None, {}, "p1001", "几天能到", "utter_products_arrival"),
        (None, {"product": "p3001"}, None, "沙发几天到", "utter_products_arrival_appointment"),
        ("c01", {"product": "p1003"}, None, "牛仔裤什么时候发货", "ls_02"),
        ("c01", {"product": "p1001"}, None, "连衣裙哪天到", "ls_01"),
        ("c01", {}, "p2001", "几天能到", "utter_products_arrival"),
        ("c01", {}, None, "几天能到", "utter_products_arrival"),
        ("c10", {}, None, "我买的什么时候发货", "ls_z_10"),
        ("c05", {"product": "p1001"}, None, "连衣裙几天到", "utter_products_arrival"),
    ],
)
async def test_when_it_arrives(customer: str | None, entities: dict[str, str], page: str | None, text: str, answer: str) -> None:
    _, messages = await run(ActionTellArrival(), turn("ask_arrival_time", entities, customer=customer, text=text, product_id=page))
    assert answer in (*rows(messages), *said(messages))


async def test_the_couriers_are_told_with_their_fees() -> None:
    _, messages = await run(ActionTellCouriers(), turn("ask_courier"))
    assert rows(messages) == ["cc_01"]
    assert messages[0]["options"].count("元") == 5


async def test_the_order_just_told_of_is_meant() -> None:
    asked = turn(
        "ask_arrival_time", slots={"order_id": "880000000001"}, customer="c01", text="能今天发吗", memory=[bot("ls_01", table="logistics")]
    )
    _, messages = await run(ActionTellArrival(), asked)
    assert rows(messages) == ["ls_01"]
