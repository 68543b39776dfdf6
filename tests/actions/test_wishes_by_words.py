"""What shoppers said in talks written from outside, and was once taken for something else: the words decide."""

from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk.executor import CollectingDispatcher

from actions.after_sale import ActionTellReturnPolicy
from actions.bargaining import ActionBargain, ActionTellFreePostage
from actions.compensation import ActionSettleCompensation
from actions.context import Context, current
from actions.delivery import day_named
from actions.logistics import ActionTrackParcel, ValidateParcelForm
from actions.order_form import ActionServeOrder
from actions.order_wishes import of_message
from actions.orders import ActionCancelOrder, ValidateCancelForm
from actions.payment import ActionPlaceOrder
from actions.products import ActionTellPrice, ActionTellProduct, ActionTellStock
from actions.returns import AskReturnOrder, ValidateReturnForm
from actions.settle_return import ActionSettleReturn
from actions.shipping import ActionTellCouriers
from actions.smalltalk import ActionAcknowledge
from actions.turn import Turn
from shop.tickets import Tickets
from tests.actions.support import bot, changed, naming, next_action, rows, run, said, turn

DRESS, JEANS = "880000000001", "880000000002"


# Giving up


@pytest.mark.parametrize("form", [ValidateReturnForm(), ValidateCancelForm()])
@pytest.mark.parametrize("text", ["裙子那个帮我退了 牛仔裤啥时候发", "牛仔裤啥时候发，裙子取消吧"])
async def test_of_two_goods_only_what_is_given_up_in_its_own_clause_is_meant(form: Any, text: str) -> None:
    events, _ = await run(form, naming("request_return", text))
    assert changed(events)["order_id"] == DRESS


async def test_goods_that_no_clause_tells_apart_are_asked_for_with_just_these_to_press() -> None:
    heard = naming("request_return", "裙子和牛仔裤都退了")
    events, _ = await run(ValidateReturnForm(), heard)
    assert changed(events)["requested_slot"] == "order_id"
    _, messages = await run(AskReturnOrder(), heard)
    assert [button["payload"][-14:-2] for button in messages[-1]["buttons"]] == [DRESS, JEANS]


@pytest.mark.parametrize("text", ["等等 裙子我又想要了 撤回", "不想取消了"])
async def test_wanting_an_order_after_all_cancels_nothing(world: Context, text: str) -> None:
    await run(ActionCancelOrder(), turn("cancel_order", slots={"order_id": DRESS}, customer="c01", text=text, talk=text))
    assert Tickets(world.engine, "demo", world.clock).of_conversation(text) == []


@pytest.mark.parametrize(("order", "customer", "row"), [(DRESS, "c01", "ls_01"), ("880000000020", "c09", "pm_05")])
async def test_whether_an_order_is_cancelled_by_itself_is_a_question(world: Context, order: str, customer: str, row: str) -> None:
    asked = turn("cancel_order", slots={"order_id": order}, customer=customer, text="会不会自动取消", talk=order)
    _, messages = await run(ActionCancelOrder(), asked)
    assert rows(messages) == [row]
    assert Tickets(world.engine, "demo", world.clock).of_conversation(order) == []


# A choice where nothing was offered


@pytest.mark.parametrize(
    ("entities", "form", "remedy"),
    [
        ({"option": "cancel"}, "cancel_form", None),
        ({"option": "exchange"}, "return_form", "exchange"),
        ({"remedy": "exchange"}, "return_form", "exchange"),
        ({"option": "refund"}, "return_form", "return_refund"),
        ({"option": "reship"}, "return_form", "reship"),
    ],
)
async def test_a_choice_where_nothing_was_offered_is_a_wish(entities: dict[str, str], form: str, remedy: str | None) -> None:
    events, messages = await run(ActionAcknowledge(), turn("choose_option", entities, customer="c01", text="那就这样吧"))
    assert (next_action(events), messages) == (form, [])
    assert changed(events).get("remedy") == remedy


async def test_a_choice_of_nothing_known_is_asked_back() -> None:
    _, messages = await run(ActionAcknowledge(), turn("choose_option", {"option": "first"}, text="第一个"))
    assert said(messages) == ["utter_smalltalk_choose_nothing_open"]


# In the middle of a return


async def test_no_reason_is_one_s_own_reason() -> None:
    slots = {"order_id": "880000000014", "remedy": "return_refund", "requested_slot": "reason"}
    events, _ = await run(ValidateReturnForm(), turn("deny", {}, slots, "c07", "不为啥", loop="return_form"))
    assert (changed(events)["reason"], changed(events)["requested_slot"]) == ("buyer_reason", None)


async def test_keeping_for_less_is_an_answer_to_the_form_and_no_bargain() -> None:
    slots = {"order_id": "880000000009", "reason": "description_mismatch", "requested_slot": "severity"}
    events, _ = await run(ValidateReturnForm(), turn("bargain", {}, slots, "c05", "不想寄回去 便宜点", loop="return_form"))
    assert changed(events)["remedy"] == "comp_no_return"


async def test_the_wrong_thing_kept_for_less_is_no_bargain() -> None:
    after = {"order_id": "880000000010", "row": "pr_w_01", "reason": "wrong_item", "remedy": "exchange"}
    said_before = [bot("pr_w_01", table="postage", utter_action="utter_returns_wrong")]
    heard = turn("bargain", {}, {"order_id": "880000000010", "after_return": after}, "c05", "白的我留着行不 便宜点卖我", memory=said_before)
    events, messages = await run(ActionBargain(), heard)
    assert (next_action(events), messages) == ("return_form", [])
    assert changed(events)["remedy"] == "comp_no_return"


async def test_rather_sending_what_is_missing_is_no_sum_that_is_too_small() -> None:
    slots = {
        "order_id": "880000000026",
        "open_question": "compensation",
        "after_return": {"order_id": "880000000026", "reason": "missing_part"},
    }
    events, _ = await run(ActionSettleCompensation(), turn("choose_option", {}, slots, "c11", "那还是补吧"))
    assert (next_action(events), changed(events)["remedy"]) == ("return_form", "reship")


async def test_steps_told_before_a_complaint_are_not_told_again() -> None:
    lamp = {"order_id": "880000000013", "reason": "quality"}
    events, messages = await run(ActionSettleReturn(), turn("report_quality", {}, lamp, "c07", "台灯不亮了", talk="lamp"))
    assert rows(messages) == ["qp_02"]
    again = {**lamp, "remedy": "exchange", "told_once": changed(events)["told_once"]}
    _, messages = await run(ActionSettleReturn(), turn("request_exchange", {}, again, "c07", "那直接给我换新的行吗", talk="lamp"))
    assert "qp_02" not in rows(messages)


async def test_steps_that_did_not_help_answer_whether_it_can_be_used() -> None:
    slots = {"order_id": "880000000013", "reason": "quality", "requested_slot": "severity", "told_once": ["steps:p4001"]}
    events, _ = await run(ValidateReturnForm(), turn("unsatisfied", {}, slots, "c07", "插座换了也一样", loop="return_form"))
    assert changed(events)["severity"] == "severe"


async def test_a_bare_postage_in_a_return_is_the_postage_of_that_return() -> None:
    slots = {"order_id": "880000000009", "reason": "buyer_reason", "remedy": "return_refund", "requested_slot": "remedy"}
    _, messages = await run(ActionTellCouriers(), turn("ask_courier", {}, slots, "c05", "邮费多少", loop="return_form"))
    assert rows(messages) == ["pr_b_rr_01"]
    _, messages = await run(ActionTellCouriers(), turn("ask_courier", {}, {}, "c05", "邮费多少"))
    assert rows(messages) == ["ps_03_a"]


# Money


@pytest.mark.parametrize(
    ("text", "taken"), [("台灯我前几天买149现在变129了 给退差价吗", True), ("那给我补差", True), ("给我赔点钱", False)]
)
async def test_a_difference_asked_back_is_price_protection(text: str, taken: bool) -> None:
    heard = turn("request_compensation", {"product": "p4001", "remedy": "comp_no_return"}, customer="c11", text=text)
    events, _ = await run(ActionSettleReturn(), heard)
    assert (next_action(events) == "action_protect_price") is taken


async def test_a_difference_of_goods_that_are_changed_is_none() -> None:
    heard = turn("request_compensation", {}, {"target": "p1002:/"}, "c01", "退差价吗")
    events, _ = await run(ActionSettleReturn(), heard)
    assert next_action(events) != "action_protect_price"


async def test_goods_added_to_a_sum_are_summed_up_with_it() -> None:
    before = {"tally": {"basket": [["p1002", 2, None]]}, "product_id": "p1002"}
    heard = turn("ask_price", {}, before, None, "加一条牛仔裤呢")
    heard.latest_message["entities"] += [{"entity": "product", "value": "p1003", "start": 3, "end": 6}]
    _, messages = await run(ActionTellPrice(), heard)
    assert messages[-1]["paid"] == "252"  # 118 + 139 - 5 (NEW5; the T-shirt is lowered already), postage free from 199


async def test_pieces_that_are_ordered_are_the_ones_of_the_sum() -> None:
    events, _ = await run(ActionPlaceOrder(), turn("place_order", {"product": "p2002"}, customer=None, text="那枕头要两个"))
    slots = {"tally": changed(events)["tally"], "product_id": "p2002"}
    _, messages = await run(ActionTellPrice(), turn("ask_price", {}, slots, None, "所以一共付多少"))
    assert "×2" in messages[0]["lines"]


async def test_what_is_missing_to_free_postage_counts_all_that_was_summed_up() -> None:
    slots = {"tally": {"basket": [["p1002", 2, None], ["p1003", 1, None]]}, "product_id": "p1003"}
    _, messages = await run(ActionTellFreePostage(), turn("ask_free_shipping", {}, slots, None, "凑够包邮没"))
    assert messages[-1]["paid"] == "252"


# Parcels and pick-ups


@pytest.mark.parametrize(
    ("intent", "text"), [("ask_pick_up", "取件码多少"), ("nlu_fallback", "取件码"), ("delivery_appointment", "给我送上门")]
)
async def test_a_station_s_code_and_bringing_to_the_door_are_no_pick_up(intent: str, text: str) -> None:
    station = [bot("nr_12_code", table="not_received", utter_action="utter_logistics_left")]
    heard = turn(intent, {}, {"order_id": "880000000037"}, "c14", text, memory=station)
    events, messages = await run(ActionServeOrder(), heard)
    assert (next_action(events), messages) == ("parcel_form", [])


async def test_a_parcel_that_is_looked_for_stays_the_one_spoken_of(world: Context) -> None:
    jeans = {"order_id": "880000000038"}
    await run(ActionTrackParcel(), turn("track_parcel", {}, jeans, "c14", "显示签收了但我根本没见着", talk="guard"))
    heard = turn("track_parcel", {}, jeans, "c14", "我问门卫了 没有", talk="guard")
    events, _ = await run(ValidateParcelForm(), heard)
    assert changed(events)["requested_slot"] is None
    _, messages = await run(ActionTrackParcel(), heard)
    assert rows(messages) == ["nr_10"]


@pytest.mark.parametrize("text", ["周六行不行", "周六可以不"])
async def test_a_day_that_is_asked_for_is_not_refused(text: str) -> None:
    heard = turn("delivery_appointment", {}, {}, "c10", text)
    heard.latest_message["entities"] += [{"entity": "date", "value": "2026-11-21", "start": 0, "end": 2}]
    assert day_named(Turn(CollectingDispatcher(), heard, current())) == "2026-11-21"


async def test_another_day_for_what_is_fetched_is_no_delivery(world: Context) -> None:
    dress = "880000000031"
    Tickets(world.engine, "demo", world.clock).open("pick_up", conversation_id="fetch", order_id=dress, customer_id="c15")
    heard = turn("delivery_appointment", {"date": "2026-11-20"}, {"order_id": dress}, "c15", "改后天", talk="fetch")
    wish = of_message(Turn(CollectingDispatcher(), heard, current()))
    assert (wish.intent, wish.topic) == ("ask_pick_up", "change")


async def test_stopping_a_parcel_is_about_the_one_on_its_way() -> None:
    events, _ = await run(ValidateCancelForm(), turn("cancel_order", {}, {"order_id": "880000000004"}, "c02", "拦吧"))
    assert (changed(events)["order_id"], changed(events)["requested_slot"]) == ("880000000004", None)


# Goods


async def test_a_coupon_s_code_is_a_question_about_offers() -> None:
    events, messages = await run(ActionTellProduct(), turn("ask_product_info", {}, customer=None, text="NEW5能用吗", product_id="p1001"))
    assert (next_action(events), messages) == ("action_tell_offers", [])


@pytest.mark.parametrize(
    ("product", "text", "row"),
    [("p1004", "羊绒占多少啊", "utter_products_fabric"), ("p3001", "能放进2米2的墙吗", "utter_products_dimensions")],
)
async def test_facts_of_the_catalogue_are_told_for_what_they_are_asked(product: str, text: str, row: str) -> None:
    _, messages = await run(ActionTellProduct(), turn("ask_product_info", {}, customer=None, text=text, product_id=product))
    assert said(messages) == [row]


@pytest.mark.parametrize("action", [ActionTellStock(), ActionTellReturnPolicy()])
async def test_a_presale_is_no_question_about_stock_or_returns(action: Any) -> None:
    _, messages = await run(action, turn("ask_stock", {}, customer=None, text="这个有预售吗 定金能退吗", product_id="p2003"))
    assert rows(messages)[0].startswith("pn_3")
