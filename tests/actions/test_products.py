"""Products (flows F1, F10): facts from the catalogue, nothing made up, orders under way answered with their own dates."""

from __future__ import annotations

import re

import pytest
from rasa_sdk.executor import CollectingDispatcher

from actions.after_sale import ActionTellWarranty
from actions.context import Context
from actions.products import ActionTellPrice, ActionTellProduct, ActionTellStock
from actions.recommend import ActionConfirmChoice, ActionRecommend, answered_freely
from actions.shipping import ActionTellArrival, ActionTellCouriers
from actions.turn import Turn
from shop.db import writing
from shop.writers import write, write_stock
from tests.actions.conftest import NOW
from tests.actions.support import bot, changed, rows, run, said, turn


@pytest.mark.parametrize(
    ("text", "product", "responses"),
    [
        ("什么面料", "p1001", ["utter_products_fabric"]),
        ("可以机洗吗", "p1002", ["utter_products_care"]),
        ("有哪些颜色", "p1001", ["utter_products_colours"]),
        ("多大尺寸", "p3002", ["utter_products_dimensions"]),
        ("什么面料 怎么洗", "p1001", ["utter_products_fabric", "utter_products_care"]),
        ("介绍一下", "p1001", ["utter_products_overview"]),
        ("怎么洗", "p3002", ["utter_products_unknown_fact"]),
        ("有检测报告吗", "p1001", ["utter_products_document_asked"]),
        ("有检测报告吗", "p3002", ["utter_products_report"]),
        ("发份说明书", "p4001", ["utter_products_manual"]),
        ("有详细参数吗", "p1001", ["utter_products_parameters"]),
        ("会掉色吗", "p2001", ["utter_products_colour_fast_soak"]),
        ("会掉色吗", "p1001", ["utter_products_colour_fast_care"]),
        ("会褪色吗", "p1004", ["utter_products_colour_fast_care"]),
        ("会缩水吗", "p2001", ["utter_products_shrink_rate"]),
        ("布会缩吗", "p3001", ["utter_furniture_shrink_reserved"]),
        ("会缩水吗", "p1002", ["utter_products_shrink_care"]),
        ("会缩水吗", "p3002", ["utter_products_unknown_fact"]),
        ("布艺是不是很难洗", "p3001", ["utter_furniture_wash"]),
        ("容易起球吗", "p1001", ["utter_products_feel"]),
        ("质量怎么样", "p2001", ["utter_products_quality_brand"]),
        ("质量怎么样", "p1001", ["utter_products_quality_no_brand"]),
        ("是正品吗", "p1004", ["utter_products_genuine_asked"]),
        ("卖得好吗", "p1001", ["utter_products_sales_unknown"]),
        ("甲醛超标吗 有检测吗", "p3002", ["utter_furniture_smell_report_asked", "utter_furniture_air"]),
        ("味道大吗", "p3001", ["utter_furniture_smell_none", "utter_furniture_air"]),
        ("护眼台灯多大尺寸", "p4001", ["utter_products_unknown_fact"]),
        ("能明目吗", "p2002", ["utter_products_no_health_claim"]),
        ("孕妇能用吗", "p1001", ["utter_products_no_health_claim"]),
        ("台灯防近视吗", "p4001", ["utter_products_no_health_claim"]),
    ],
)
async def test_a_question_about_a_product_is_answered_from_the_catalogue(text: str, product: str, responses: list[str]) -> None:
    events, messages = await run(ActionTellProduct(), turn("ask_product_info", text=text, product_id=product))
    assert said(messages) == responses
    assert changed(events)["product_id"] == product


async def test_an_unknown_fact_goes_to_a_colleague_and_offers_a_person() -> None:
    events, messages = await run(ActionTellProduct(), turn("ask_product_info", text="怎么洗", product_id="p3002"))
    assert changed(events)["open_question"] == "offer_person"
    assert changed(events)["ticket_id"] == messages[0]["ticket"]
    assert messages[0]["team"] == "商品同事"


@pytest.mark.parametrize(
    ("text", "attributes", "response", "value"),
    [
        ("卖得好吗", {"sales": "近30天120件"}, "utter_products_sales", ("sales", "近30天120件")),
        ("是正品吗", {"channel": "品牌直供"}, "utter_products_genuine", ("channel", "品牌直供")),
        ("会缩吗", {"shrink_rate_pct": 2}, "utter_furniture_shrink_rate", ("rate", "2%")),
        ("有味道吗", {"formaldehyde_report_no": "TEST-1"}, "utter_furniture_smell_report", ("report", "TEST-1")),
    ],
)
async def test_a_fact_that_the_shop_has_written_down_is_told(
    world: Context, text: str, attributes: dict[str, object], response: str, value: tuple[str, str]
) -> None:
    with writing(world.engine) as session:
        write(session, "demo", "products", "p3001", {"attributes": attributes}, NOW)
    _, messages = await run(ActionTellProduct(), turn("ask_product_info", text=text, product_id="p3001"))
    assert said(messages)[0] == response
    assert messages[0][value[0]] == value[1]


async def test_the_question_before_the_products_name_is_answered() -> None:
    before = [
        {"event": "user", "text": "会缩水吗", "parse_data": {"intent": {"name": "ask_product_info"}}, "timestamp": 0},
        bot(utter_action="utter_products_which"),
    ]
    _, messages = await run(ActionTellProduct(), turn("nlu_fallback", {"product": "p2001"}, text="四件套", memory=before))
    assert said(messages) == ["utter_products_shrink_rate"]


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
        ({"colour": "米白"}, "p1001", "utter_products_stock_list", "ps_01_a"),
        ({}, "p1001", "utter_products_stock_list", "ps_01_a"),
        ({"colour": "红色"}, "p1001", "utter_products_stock_no_such", "ps_02_a"),
        ({"colour": "白色", "size": "S"}, "p1002", "utter_products_stock_no", "ps_02"),
    ],
)
async def test_the_stock_is_told_by_colour_and_size(entities: dict[str, str], product: str, response: str, row: str) -> None:
    _, messages = await run(ActionTellStock(), turn("ask_stock", entities, product_id=product))
    assert said(messages) == [response]
    assert rows(messages) == [row]


async def test_the_price_of_several_is_their_sum() -> None:
    _, messages = await run(ActionTellPrice(), turn("ask_price", text="两件一共多少钱", product_id="p1001"))
    assert (said(messages), messages[0]["paid"]) == (["utter_promotions_total_less"], "326")  # SAVE10; free of postage
    assert "168元×2＝336元" in messages[0]["lines"]


async def test_fewer_in_stock_than_wanted_is_said() -> None:
    asked = turn("ask_stock", {"colour": "雾蓝", "size": "M"}, text="雾蓝M要5件有吗", product_id="p1001")
    _, messages = await run(ActionTellStock(), asked)
    assert (rows(messages), messages[0]["stock"], messages[0]["quantity"]) == (["ps_02_c"], "2", "5")


async def test_nothing_left_of_a_product_leads_to_others_of_its_kind(world: Context) -> None:
    with writing(world.engine) as session:
        write_stock(session, "demo", "p2001", {}, NOW, replace=True)
    _, messages = await run(ActionTellStock(), turn("ask_stock", product_id="p2001"))
    assert rows(messages) == ["ps_02_d"]
    assert "枕芯" in messages[0]["alternative"]


def offered(messages: list[dict[str, object]]) -> list[str]:
    """The products on the last message's buttons."""
    return [found[1] for button in messages[-1]["buttons"] if (found := re.search(r'"(p\d+)"', str(button["payload"])))]  # type: ignore[attr-defined]


async def test_a_recommendation_is_of_the_kind_asked_for() -> None:
    _, messages = await run(ActionRecommend(), turn("ask_recommendation", text="推荐个枕头"))
    assert {product[:2] for product in offered(messages)} == {"p2"}


async def test_the_liking_is_asked_before_anything_is_shown() -> None:
    events, messages = await run(ActionRecommend(), turn("ask_recommendation", text="帮我推荐一下"))
    assert (rows(messages), changed(events)["open_question"]) == (["rd_01"], "preference")


@pytest.mark.parametrize(
    ("text", "entities", "products", "reason"),
    [
        ("纯棉的有推荐吗", {}, ["p1002", "p2001", "p2002"], "100%棉"),
        ("想要雾蓝的裙子", {}, ["p1001"], "有雾蓝"),
        ("能机洗的衣服", {}, ["p1002"], "可机洗"),
        ("200以内的床品", {"amount": 200.0}, ["p2002"], "在200元以内"),
        ("床品，预算300左右", {}, ["p2001", "p2002"], "在300元以内"),
    ],
)
async def test_a_recommendation_has_a_true_reason(text: str, entities: dict[str, float], products: list[str], reason: str) -> None:
    _, messages = await run(ActionRecommend(), turn("ask_recommendation", entities, text=text))
    assert said(messages) == ["utter_products_recommend_wait", "utter_products_recommend"]
    assert offered(messages) == products
    assert reason in messages[-1]["options"]


async def test_others_are_shown_until_none_is_left() -> None:
    slots: dict[str, object] = {}
    events, first = await run(ActionRecommend(), turn("ask_recommendation", text="推荐件衣服", slots=slots))
    slots |= changed(events)
    events, second = await run(ActionRecommend(), turn("choose_option", {"option": "more"}, slots))
    slots |= changed(events)
    assert (offered(first), offered(second), rows(second)) == (["p1001", "p1002", "p1003"], ["p1004"], ["rd_03"])
    _, third = await run(ActionRecommend(), turn("deny", slots=slots, text="不喜欢"))
    assert rows(third) == ["rd_04"]


async def test_the_chosen_kind_is_shown() -> None:
    _, messages = await run(ActionRecommend(), turn("choose_option", {"option": "furniture"}, {"open_question": "preference"}))
    assert offered(messages) == ["p3001", "p3002", "p3003"]


async def test_what_is_liked_is_checked_before_ordering() -> None:
    shown = {"tally": {"recommend": {"text": "沙发", "shown": ["p3001"]}}, "product_id": "p3001"}
    _, messages = await run(ActionConfirmChoice(), turn("affirm", slots=shown))
    assert (said(messages), messages[0]["product"]) == (["utter_products_confirm"], "布艺三人沙发")


async def test_which_of_several_is_liked_is_asked() -> None:
    shown = {"tally": {"recommend": {"text": "家具", "shown": ["p3001", "p3002"]}}}
    _, messages = await run(ActionConfirmChoice(), turn("affirm", slots=shown))
    assert (said(messages), offered(messages)) == (["utter_products_which"], ["p3001", "p3002"])


@pytest.mark.parametrize(
    ("text", "question", "action"),
    [
        ("两件，寄广州", "stock_details", "action_tell_arrival"),
        ("纯棉的", "preference", "action_recommend"),
        ("随便吧", "preference", "action_recommend"),
        ("换几款看看", "recommendation", "action_recommend"),
        ("啦啦啦", "preference", None),
        ("两件", None, None),
    ],
)
def test_an_answer_in_words_of_its_own_is_taken(world: Context, text: str, question: str | None, action: str | None) -> None:
    asked = turn("nlu_fallback", slots={"open_question": question}, text=text)
    assert answered_freely(Turn(CollectingDispatcher(), asked, world)) == action


def test_four_digits_alone_lead_to_the_order(world: Context) -> None:
    asked = turn("unclear_message", {"phone_tail": "2222"}, text="2222")
    assert answered_freely(Turn(CollectingDispatcher(), asked, world)) == "action_show_order"


@pytest.mark.parametrize(
    ("text", "memory"), [("有没有便宜点的", []), ("/ask_recommendation", [bot(utter_action="utter_bargaining_budget")])]
)
async def test_cheaper_goods_are_cheaper(text: str, memory: list[dict[str, object]]) -> None:
    _, messages = await run(ActionRecommend(), turn("ask_recommendation", text=text, product_id="p1003", memory=memory))
    assert offered(messages) == ["p1002", "p4001", "p2002"]


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
    assert rows(messages) == ["cc_04"]
    assert messages[0]["options"].count("元") == 5


@pytest.mark.parametrize(
    ("text", "entities", "row"),
    [
        ("可以发顺丰吗", {"courier": "sf"}, "cc_04_a"),
        ("发韵达行吗", {"courier": "yunda"}, "cc_03_b"),
        ("哪个快一些，赶时间", {}, "cc_01"),
        ("不急，省点就好", {}, "cc_02"),
        ("我们这里只有邮政到", {}, "cc_03"),
        ("能寄到俄罗斯吗", {}, "cc_03_a"),
        ("退货用什么快递寄回", {}, "cc_05"),
        ("过年快递还发吗", {}, "cc_06"),
        ("运费怎么算", {}, "ps_03_a"),
        ("到广州邮费多少", {}, "ps_03"),
    ],
)
async def test_couriers_by_what_matters(text: str, entities: dict[str, str], row: str) -> None:
    _, messages = await run(ActionTellCouriers(), turn("ask_courier", entities, text=text))
    assert rows(messages) == [row]


@pytest.mark.parametrize(
    ("text", "row"), [("送上楼吗", "cc_07"), ("沙发邮费多少", "cc_07"), ("能发顺丰吗", "cc_07"), ("退货用什么快递寄回", "cc_05")]
)
async def test_furniture_goes_with_no_parcel_courier(text: str, row: str) -> None:
    _, messages = await run(ActionTellCouriers(), turn("ask_courier", customer=None, text=text, product_id="p3001"))
    assert rows(messages) == [row]


async def test_the_parameters_are_told_where_a_paper_is_asked_for() -> None:
    _, messages = await run(
        ActionTellProduct(), turn("ask_product_info", text="有说明书吗", product_id="p3003", slots={"summary": "发错货"})
    )
    assert said(messages) == ["utter_products_document_asked"]
    assert "橡胶木" in messages[0]["facts"]


async def test_for_a_far_place_no_day_is_promised() -> None:
    _, messages = await run(ActionTellArrival(), turn("ask_arrival_time", customer=None, text="我在新疆 几天能到", product_id="p2001"))
    assert rows(messages) == ["ps_z_06"]
    assert messages[0]["place"] == "新疆"


async def test_while_an_order_is_being_changed_its_dispatch_is_meant() -> None:
    asked = turn("ask_arrival_time", slots={"order_id": "880000000001"}, customer="c01", text="什么时候发", loop="change_form")
    _, messages = await run(ActionTellArrival(), asked)
    assert rows(messages) == ["ls_01"]


async def test_the_quicker_courier_is_told_by_its_difference() -> None:
    _, messages = await run(ActionTellCouriers(), turn("ask_courier", text="急用"))
    assert (messages[0]["courier"], messages[0]["fee"], messages[0]["difference"]) == ("顺丰", "18", "10")


async def test_enough_pieces_are_sent_free() -> None:
    _, messages = await run(ActionTellCouriers(), turn("ask_courier", text="两件寄到广州邮费多少", product_id="p1001"))
    assert said(messages) == ["utter_products_shipping_quote", "utter_products_shipping_free"]


@pytest.mark.parametrize(
    ("wanted", "row"), [("2026-11-30", "ps_z_02"), ("2026-11-21", "ps_z_03"), ("2026-11-19", "ps_z_04"), ("2026-11-18", "ps_z_05")]
)
async def test_whether_it_arrives_by_a_day(wanted: str, row: str) -> None:
    asked = turn("ask_arrival_time", {"date": wanted}, customer=None, text="那天前能到吗", product_id="p1001")
    _, messages = await run(ActionTellArrival(), asked)
    assert rows(messages) == [row]


async def test_the_number_said_after_the_stock_is_checked() -> None:
    slots = {"open_question": "stock_details", "colour": "雾蓝", "size": "M", "product_id": "p1001"}
    _, messages = await run(ActionTellArrival(), turn("nlu_fallback", slots=slots, customer=None, text="要5件，寄广州"))
    assert rows(messages) == ["ps_02_c", "ps_z_05"]


async def test_the_order_just_told_of_is_meant() -> None:
    asked = turn(
        "ask_arrival_time", slots={"order_id": "880000000001"}, customer="c01", text="能今天发吗", memory=[bot("ls_01", table="logistics")]
    )
    _, messages = await run(ActionTellArrival(), asked)
    assert rows(messages) == ["ls_01"]


@pytest.mark.parametrize(("product", "response"), [("p3001", "utter_furniture_aftersales"), ("p1004", "utter_products_aftersales")])
async def test_before_buying_after_sale_is_what_the_shop_promises(product: str, response: str) -> None:
    _, messages = await run(ActionTellWarranty(), turn("ask_warranty", customer=None, text="售后怎么样", product_id=product))
    assert said(messages) == [response]
