"""Doubts before buying (flows.md F8): acknowledged, answered with facts, asked which point, and left in peace from the second time on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from actions.bargaining import ActionBargain
from actions.context import Context
from actions.objections import ActionAnswerObjection, ActionAnswerPoint
from shop.db import writing
from shop.writers import write, write_shop
from tests.actions.conftest import NOW
from tests.actions.support import bot, changed, rows, run, said, turn


class Doubts:
    """A talk of doubts: slots and what was said are carried from turn to turn."""

    def __init__(self, product: str | None = "p1001") -> None:
        self.slots: dict[str, Any] = {"product_id": product}
        self.memory: list[dict[str, Any]] = []
        self.messages: list[dict[str, Any]] = []

    async def say(self, action: Any, intent: str, entities: dict[str, Any] | None = None, text: str = "") -> Doubts:
        events, self.messages = await run(action, turn(intent, entities, self.slots, None, text, talk="doubts", memory=self.memory))
        self.slots |= changed(events)
        self.memory += [bot(m.get("row"), table=m.get("table"), utter_action=m["response"]) for m in self.messages]
        return self

    async def doubt(self, topic: str | None = None, text: str = "") -> Doubts:
        return await self.say(ActionAnswerObjection(), "objection", {"topic": topic} if topic else {}, text)


@pytest.mark.parametrize(
    ("topic", "product", "expected"),
    [
        ("expensive", "p1001", ["utter_bargaining_objection"]),
        ("expensive", "p3001", ["utter_furniture_price", "utter_bargaining_small_unit"]),
        ("expensive", "p4001", ["utter_bargaining_worth", "utter_bargaining_small_unit"]),
        ("worth", "p1001", ["utter_bargaining_worth"]),
        ("worth", "p3002", ["utter_bargaining_worth", "utter_bargaining_small_unit"]),
        ("cheaper_elsewhere", "p1001", ["utter_bargaining_objection_elsewhere"]),
        ("consider", "p1001", ["utter_bargaining_consider"]),
        ("consider", None, ["utter_bargaining_consider"]),
        ("no_need", None, ["utter_bargaining_no_need"]),
        ("economy", None, ["utter_bargaining_economy"]),
        ("consult_family", "p2001", ["utter_bargaining_consult_family"]),
        ("expensive", None, ["utter_bargaining_which_product"]),
        ("consult_family", None, ["utter_bargaining_which_product"]),
    ],
)
async def test_each_doubt_has_its_answer(topic: str, product: str | None, expected: list[str]) -> None:
    assert said((await Doubts(product).doubt(topic)).messages) == expected


@pytest.mark.parametrize(
    ("text", "response"),
    [
        ("太贵了", "utter_bargaining_objection"),
        ("别家便宜多了", "utter_bargaining_objection_elsewhere"),
        ("我再考虑考虑", "utter_bargaining_consider"),
        ("问问老公再说", "utter_bargaining_consult_family"),
        ("现在行情不好", "utter_bargaining_economy"),
        ("别推荐了", "utter_bargaining_no_need"),
        ("凭什么卖这个价", "utter_bargaining_worth"),
    ],
)
async def test_a_doubt_without_a_topic_is_told_by_its_words(text: str, response: str) -> None:
    assert said((await Doubts().doubt(text=text)).messages) == [response]


async def test_which_product_is_asked_with_the_doubt_kept_on_the_buttons() -> None:
    talk = await Doubts(None).doubt("worth")
    assert '/objection{"product": "p1001", "topic": "worth"}' in [button["payload"] for button in talk.messages[0]["buttons"]]
    assert "tally" not in talk.slots


@pytest.mark.parametrize(
    ("option", "response"),
    [
        ("price", "utter_bargaining_budget"),
        ("quality", "utter_bargaining_worth"),
        ("size", "utter_bargaining_point_size"),
        ("service", "utter_products_aftersales"),
        ("elsewhere", "utter_bargaining_objection_elsewhere"),
        ("7", "utter_bargaining_point_open"),
    ],
)
async def test_the_point_that_is_named_is_answered(option: str, response: str) -> None:
    talk = await (await Doubts().doubt("consider")).say(ActionAnswerPoint(), "choose_option", {"option": option})
    assert said(talk.messages) == [response]


async def test_a_point_there_is_without_a_name_is_asked_for_plainly() -> None:
    talk = await (await Doubts().doubt("consider")).say(ActionAnswerPoint(), "affirm")
    assert said(talk.messages) == ["utter_bargaining_point_open"]


async def test_no_point_leaves_time_and_checks_the_details() -> None:
    talk = await (await Doubts().doubt("consider")).say(ActionAnswerPoint(), "deny")
    assert rows(talk.messages) == ["ob_01"]
    assert talk.slots["open_question"] is None


async def test_when_it_is_clear_the_details_are_checked() -> None:
    talk = await Doubts().doubt("worth")
    assert talk.slots["open_question"] == "objection_clear"
    assert rows((await talk.say(ActionAnswerPoint(), "affirm")).messages) == ["ob_01"]


async def test_a_doubt_that_stays_is_asked_for_once_then_the_materials_are_left() -> None:
    talk = await Doubts().doubt("worth")
    assert rows((await talk.say(ActionAnswerPoint(), "deny")).messages) == ["ob_10"]
    assert rows((await talk.say(ActionAnswerPoint(), "choose_option", {"option": "elsewhere"})).messages) == ["ob_16_a"]
    assert rows((await talk.say(ActionAnswerPoint(), "deny")).messages) == ["ob_08"]
    assert talk.slots["open_question"] is None


async def test_the_same_doubt_again_is_not_pressed() -> None:
    talk = await Doubts().doubt("expensive")
    assert rows((await talk.doubt("expensive")).messages) == ["ob_09"]
    assert said(talk.messages) == ["utter_bargaining_leave_materials"]


async def test_another_doubt_is_answered_and_a_third_left_in_peace() -> None:
    talk = await Doubts().doubt("expensive")
    assert rows((await talk.doubt("economy")).messages) == ["ob_11"]
    assert rows((await talk.doubt("consult_family")).messages) == ["ob_08"]


async def test_without_a_product_the_end_is_polite_too() -> None:
    talk = await Doubts(None).doubt("consider")
    await talk.doubt("economy")
    assert said((await talk.doubt("consider")).messages) == ["utter_bargaining_close"]


async def test_no_is_asked_once_for_its_reason_and_then_taken() -> None:
    talk = await Doubts().doubt("no_need")
    assert said((await talk.doubt("no_need")).messages) == ["utter_bargaining_close"]
    assert talk.slots.get("open_question") is None


async def test_doubts_are_counted_for_each_product() -> None:
    talk = await Doubts("p1001").doubt("expensive")
    talk.slots["product_id"] = "p1003"
    assert rows((await talk.doubt("expensive")).messages) == ["ob_19"]


async def test_a_price_is_shared_out_over_the_warranty() -> None:
    talk = await Doubts("p3001").doubt("expensive")
    last = talk.messages[-1]
    assert (last["price"], last["warranty"], last["per_month"], last["per_day"]) == ("2680", 36, "74.4", "2.4")


async def test_after_a_doubt_about_the_price_a_wish_for_less_is_no_first_wish() -> None:
    talk = await Doubts().doubt("expensive")
    assert rows((await talk.say(ActionBargain(), "bargain", text="便宜点")).messages) == ["bg_05"]


async def test_after_a_doubt_about_the_time_the_first_wish_for_less_is_the_first() -> None:
    talk = await Doubts().doubt("consider")
    assert rows((await talk.say(ActionBargain(), "bargain", text="便宜点")).messages) == ["bg_01"]


async def test_an_everyday_expense_is_compared_with_when_the_shop_has_set_one(world: Context) -> None:
    with writing(world.engine) as session:
        write_shop(session, "demo", {"name": "小二", "daily_item": "一杯奶茶", "daily_item_price": 20}, NOW, source="demo")
    talk = await Doubts().doubt("worth")
    assert said(talk.messages) == ["utter_bargaining_worth", "utter_bargaining_compare_cost"]
    assert (talk.messages[-1]["times"], talk.messages[-1]["daily_item"]) == ("8", "一杯奶茶")


async def test_a_true_end_of_an_offer_is_told_without_hurry(world: Context) -> None:
    with writing(world.engine) as session:
        write(session, "demo", "coupons", "NEW5", {"valid_until": NOW + timedelta(days=3)}, NOW)
    talk = await Doubts().doubt("consider")
    assert said(talk.messages) == ["utter_bargaining_consider", "utter_bargaining_deadline"]
    assert "21日" in talk.messages[-1]["end_time"]
