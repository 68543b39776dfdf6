"""Questions about goods in the context of the talk: reviewed answers, the honest script, what is missing is counted."""

from __future__ import annotations

import pytest
from rasa_sdk.executor import CollectingDispatcher

from actions.after_sale import ActionGuideUse, ActionTellWarranty
from actions.bargaining import ActionBargain
from actions.context import Context
from actions.furniture import ActionAnswerFurniture
from actions.products import ActionTellPrice, ActionTellProduct, ActionTellStock
from actions.returns import ValidateReturnForm
from actions.sizing import ActionShowSizeChart, ActionTellFit
from actions.unclear import ActionAskAgain
from shop.answers import Answers
from shop.db import writing
from shop.models import ProductAnswer
from tests.actions.support import bot, changed, domain, rows, run, said, turn


def counted(world: Context) -> list[tuple[str, str, int]]:
    return [(one.product_id, one.attribute, one.times) for one in Answers(world.engine, "demo", world.clock).missing()]


def heard(text: str, intent: str = "ask_product_info") -> dict[str, object]:
    return {"event": "user", "text": text, "parse_data": {"intent": {"name": intent}}, "timestamp": 0}


async def test_a_reviewed_answer_is_told_with_its_id_and_source() -> None:
    events, messages = await run(ActionTellProduct(), turn("ask_product_info", text="请问有兜吗", product_id="p1001"))
    assert (said(messages), rows(messages)) == (["utter_products_answer"], ["pi_28"])
    assert (messages[0]["product"], messages[0]["answer"]) == ("碎花雪纺连衣裙", "没有口袋")
    assert messages[0]["known"] == {"id": "p1001.pockets", "source": "demo"}
    assert changed(events)["product_id"] == "p1001"


async def test_a_changed_answer_is_told_at_the_next_question(world: Context) -> None:
    with writing(world.engine) as session:
        row = session.get_one(ProductAnswer, ("demo", "p1001.pockets"))
        row.answer = "两侧各有1个口袋"
    _, messages = await run(ActionTellProduct(), turn("ask_product_info", text="请问有兜吗", product_id="p1001"))
    assert messages[0]["answer"] == "两侧各有1个口袋"


async def test_what_no_page_states_is_said_so_asked_of_a_colleague_and_counted(world: Context) -> None:
    for _ in range(2):
        events, messages = await run(ActionTellProduct(), turn("ask_product_info", text="最多承重多少", product_id="p3001"))
    assert (said(messages), rows(messages)) == (["utter_products_unknown_attribute"], ["pi_29"])
    assert messages[0]["attribute"] == "承重"
    assert changed(events)["ticket_id"] == messages[0]["ticket"]
    assert counted(world) == [("p3001", "capacity", 2)]


async def test_a_question_that_is_not_recognised_is_not_answered_with_something_else(world: Context) -> None:
    _, messages = await run(ActionTellProduct(), turn("ask_product_info", text="能吊在房梁上用不", product_id="p4001"))
    assert (said(messages), counted(world)) == (["utter_products_unknown_fact"], [("p4001", "other", 1)])


async def test_a_dark_run_counts_nothing(world: Context) -> None:
    await run(ActionTellProduct(), turn("ask_product_info", text="最多承重多少", product_id="p3001", dry_run=True))
    assert counted(world) == []


async def test_the_catalogue_answers_what_no_answer_does_and_its_gaps_count_too(world: Context) -> None:
    _, messages = await run(ActionTellProduct(), turn("ask_product_info", text="卖了多少件", product_id="p1001"))
    assert (said(messages), counted(world)) == (["utter_products_sales_unknown"], [("p1001", "sales", 1)])
    _, messages = await run(ActionTellProduct(), turn("ask_product_info", text="会起毛球吗", product_id="p1003"))
    assert said(messages) == ["utter_products_feel"]
    assert ("p1003", "pilling", 1) in counted(world)


@pytest.mark.parametrize(("text", "product"), [("防螨效果咋样", "p2001"), ("对眼睛有好处不", "p4001"), ("坐月子能盖吗", "p2003")])
async def test_health_efficacy_and_safety_get_the_honest_script(world: Context, text: str, product: str) -> None:
    _, messages = await run(ActionTellProduct(), turn("ask_product_info", text=text, product_id=product))
    assert (said(messages), rows(messages)) == (["utter_products_no_health_claim"], ["pi_26"])
    assert counted(world) == []


async def test_without_a_known_fabric_the_honest_script_stands_alone(world: Context) -> None:
    from shop.writers import write
    from tests.actions.conftest import NOW

    with writing(world.engine) as session:
        write(session, "demo", "products", "p4001", {"fabric": None}, NOW)
    _, messages = await run(ActionTellProduct(), turn("ask_product_info", text="防蓝光吗", product_id="p4001"))
    assert (said(messages), rows(messages)) == (["utter_products_no_health_claim_bare"], ["pi_27"])


async def test_another_product_named_alone_gets_the_question_before() -> None:
    memory = [heard("大衣有口袋吗"), bot(utter_action="utter_products_answer")]
    _, messages = await run(ActionTellProduct(), turn("ask_product_info", {"product": "p1003"}, text="那牛仔裤呢", memory=memory))
    assert messages[0]["known"]["id"] == "p1003.pockets"


async def test_the_product_of_the_order_is_meant_when_no_other_is_named() -> None:
    _, messages = await run(
        ActionTellProduct(), turn("ask_product_info", text="被套口是拉链的不", slots={"order_id": "880000000006"}, customer="c03")
    )
    assert messages[0]["known"]["id"] == "p2001.closure"


@pytest.mark.parametrize(
    ("action", "intent", "text", "product", "answer"),
    [
        (ActionGuideUse, "ask_usage", "是插电用的还是能充电", "p4001", "p4001.power_supply"),
        (ActionTellFit, "ask_fit", "腰是高腰的吗", "p1003", "p1003.waist"),
        (ActionTellStock, "ask_stock", "有抽屉吗", "p3003", "p3003.drawers"),
        (ActionAnswerFurniture, "ask_furniture", "送抱枕吗沙发", "p3001", "p3001.cushions"),
        (ActionAskAgain, "nlu_fallback", "枕套几个", "p2001", "p2001.contents"),
    ],
)
async def test_a_question_taken_for_another_wish_still_gets_its_answer(
    action: type[ActionTellProduct], intent: str, text: str, product: str, answer: str
) -> None:
    _, messages = await run(action(), turn(intent, text=text, product_id=product))
    assert [message["known"]["id"] for message in messages] == [answer]


async def test_the_use_of_goods_on_a_body_is_not_guided() -> None:
    _, messages = await run(ActionGuideUse(), turn("ask_usage", text="产妇能不能用", product_id="p4001"))
    assert said(messages) == ["utter_products_no_health_claim"]


@pytest.mark.parametrize(
    ("action", "intent", "text", "product", "answer"),
    [
        (ActionTellPrice, "ask_price", "沙发坐几个人合适呀", "p3001", "p3001.seats"),
        (ActionBargain, "objection", "家里人多 能坐几个人啊", "p3001", "p3001.seats"),
        (ActionTellWarranty, "ask_warranty", "要自己动手组装不", "p3001", "p3001.assembly"),
    ],
)
async def test_a_question_on_a_page_that_was_taken_for_another_wish_is_answered(
    action: type[ActionTellPrice], intent: str, text: str, product: str, answer: str
) -> None:
    _, messages = await run(action(), turn(intent, text=text, product_id=product))
    assert [message["known"]["id"] for message in messages] == [answer]


@pytest.mark.parametrize(
    ("text", "slots"),
    [
        ("买的沙发少了一个抱枕怎么办", {}),  # it has arrived
        ("抱枕能便宜点不", {}),  # a price is asked for
        ("抱枕我很喜欢", {}),  # nothing is asked
        ("抱枕在里面吗", {"order_id": "880000000021"}),  # of an order
    ],
)
async def test_trouble_and_other_wishes_stay_what_they_are(text: str, slots: dict[str, str]) -> None:
    _, messages = await run(ActionTellPrice(), turn("ask_price", text=text, product_id="p3001", slots=slots))
    assert "utter_products_answer" not in said(messages)


async def test_no_form_is_opened_for_a_question_about_goods() -> None:
    events = await ValidateReturnForm().run(
        CollectingDispatcher(), turn("report_quality", text="裙子里头有没有衬里", product_id="p1001", loop="return_form"), domain()
    )
    assert changed(events)["requested_slot"] is None


async def test_a_products_name_inside_a_word_is_not_the_product_meant() -> None:
    tracker = turn("ask_product_info", {"product": "p2001"}, text="睡觉还要套被套吗", product_id="p2003")
    tracker.latest_message["entities"] = [{"entity": "product", "value": "p2001", "start": 5, "end": 7}]
    _, messages = await run(ActionTellProduct(), tracker)
    assert [message["known"]["id"] for message in messages] == ["p2003.quilt_cover"]


async def test_a_doubt_about_furniture_that_nothing_settles_is_counted(world: Context) -> None:
    await run(ActionAnswerFurniture(), turn("ask_furniture", {"topic": "partition"}, text="隔板能不能动", product_id="p3002"))
    assert counted(world) == [("p3002", "shelves", 1)]


@pytest.mark.parametrize(("product", "response"), [("p1003", "utter_products_unknown_attribute"), ("p1002", "utter_products_answer")])
async def test_a_measure_that_the_chart_does_not_hold_is_not_answered_with_the_chart(product: str, response: str) -> None:
    _, messages = await run(ActionShowSizeChart(), turn("ask_size_chart", text="从上到下多长啊", product_id=product))
    assert said(messages) == [response]
