"""What shoppers said in talks written from outside, and was once taken for something else: the words decide."""

from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.after_sale import ActionTellPostage, ActionTellReturnPolicy
from actions.bargaining import ActionBargain, ActionTellFreePostage, ActionTellOffers
from actions.compensation import ActionSettleCompensation
from actions.context import Context, current
from actions.delivery import day_named
from actions.invoices import ValidateInvoiceForm
from actions.logistics import ActionExtendReceipt, ActionSettleLostParcel, ActionTrackParcel, ValidateParcelForm
from actions.order_form import ActionServeOrder, ValidateOrderForm
from actions.order_wishes import of_message
from actions.orders import ActionCancelOrder, ActionChangeProduct, ValidateCancelForm
from actions.payment import ActionPlaceOrder
from actions.price_protection import ActionProtectPrice
from actions.products import ActionTellPrice, ActionTellProduct, ActionTellStock
from actions.refunds import ActionTellRefund
from actions.returns import AskReturnOrder, ValidateReturnForm
from actions.reviews import ActionHearUnsatisfied
from actions.settle_return import ActionSettleReturn
from actions.shipping import ActionTellArrival, ActionTellCouriers
from actions.smalltalk import ActionAcknowledge
from actions.turn import Turn
from actions.unclear import ActionAskAgain
from shop.tickets import Tickets
from tests.actions.support import bot, changed, next_action, rows, run, said, turn

DRESS, JEANS = "880000000001", "880000000002"
GOODS = {"裙子": "p1001", "牛仔裤": "p1003"}


def naming(intent: str, text: str, **more: Any) -> Tracker:
    """A message that names several goods, each where it stands."""
    heard = turn(intent, text=text, customer="c01", **more)
    message: dict[str, Any] = heard.latest_message
    message["entities"] += [
        {"entity": "product", "value": value, "start": text.index(word), "end": text.index(word) + len(word)}
        for word, value in GOODS.items()
        if word in text
    ]
    return heard


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


# The second round


@pytest.mark.parametrize("intent", ["delivery_appointment", "track_parcel"])
async def test_bringing_to_the_door_is_what_this_message_wishes(intent: str) -> None:
    before = {"event": "user", "text": "裙子咋在驿站", "parse_data": {"intent": {"name": "track_parcel"}}, "metadata": {}, "timestamp": 0}
    passed = turn(intent, {}, {"order_id": "880000000037"}, "c14", "给我送上门", memory=[before])
    passed.events.append({"event": "action", "name": "action_serve_order", "timestamp": 9e9})
    _, messages = await run(ActionTrackParcel(), passed)
    assert rows(messages) == ["nr_08"]


async def test_a_difference_under_way_is_a_refund_under_way(world: Context) -> None:
    Tickets(world.engine, "demo", world.clock).open("price_protection", conversation_id="drop", order_id="880000000025", customer_id="c11")
    asked = turn("ask_refund_status", {}, {"order_id": "880000000025"}, "c11", "20块怎么退", talk="drop")
    events, messages = await run(ActionTellRefund(), asked)
    assert (next_action(events), messages) == ("action_protect_price", [])
    _, messages = await run(ActionProtectPrice(), turn("ask_refund_status", {}, {**changed(events)}, "c11", "20块怎么退", talk="drop"))
    assert rows(messages) == ["pp_06"]


async def test_rather_exchanging_is_no_complaint() -> None:
    after = {"order_id": "880000000010", "reason": "wrong_item", "remedy": "comp_no_return"}
    heard = turn("unsatisfied", {"remedy": "exchange"}, {"order_id": "880000000010", "after_return": after}, "c05", "还是换吧")
    events, messages = await run(ActionHearUnsatisfied(), heard)
    assert (next_action(events), messages) == ("return_form", [])


async def test_a_reason_just_supposed_is_not_asked_for_again() -> None:
    what_if = [bot("pr_b_rr_01", table="postage", utter_action="utter_returns_postage_refund")]
    slots = {"order_id": "880000000009", "tally": {"supposed": "buyer_reason"}}
    heard = turn("request_exchange", {"remedy": "exchange", "size": "M"}, slots, "c05", "嗯换M", memory=what_if)
    events, _ = await run(ValidateReturnForm(), heard)
    assert (changed(events)["reason"], changed(events)["requested_slot"]) == ("buyer_reason", None)
    events, _ = await run(ValidateReturnForm(), turn("request_exchange", {"remedy": "exchange"}, slots, "c05", "嗯换"))
    assert changed(events)["requested_slot"] == "reason"


async def test_a_question_about_an_exchange_and_a_difference_is_about_the_exchange() -> None:
    heard = turn("ask_postage_payer", {"reason": "buyer_reason"}, {"order_id": "880000000009"}, "c05", "换货要自己出邮费吗 能退差价不")
    heard.latest_message["entities"] += [{"entity": "remedy", "value": one} for one in ("exchange", "comp_no_return")]
    _, messages = await run(ActionTellPostage(), heard)
    assert rows(messages) == ["pr_b_ex_01"]


async def test_a_scratch_is_a_fault() -> None:
    text = "床头柜刮花了一道 不影响用 给我补点钱得了"
    heard = turn("request_compensation", {"product": "p3003", "severity": "minor"}, customer="c01", text=text)
    events, _ = await run(ValidateReturnForm(), heard)
    assert (changed(events)["reason"], changed(events)["requested_slot"]) == ("quality", None)


async def test_why_not_is_answered_with_the_reason_once_more() -> None:
    before = {
        "event": "user",
        "text": "两个订单合成一个包裹",
        "parse_data": {"intent": {"name": "combine_orders"}},
        "metadata": {},
        "timestamp": 0,
    }
    told = bot("cb_07", utter_action="utter_combine_address", addresses="杭州市西湖区、宁波市鄞州区")
    _, messages = await run(ActionAcknowledge(), turn("deny", {}, {}, "c13", "为啥不行", memory=[before, told]))
    assert said(messages) == ["utter_smalltalk_repeat_lead", "utter_combine_address"]


async def test_half_of_the_money_is_a_sum(world: Context) -> None:
    slots = {"order_id": "880000000009", "reason": "quality", "severity": "minor", "remedy": "comp_no_return"}
    _, messages = await run(ActionSettleReturn(), turn("request_compensation", {}, slots, "c05", "退我一半", talk="half"))
    assert rows(messages) == ["cl_03"]
    assert Tickets(world.engine, "demo", world.clock).of_conversation("half")[0].fields["amount"] == "88.00"


async def test_what_belongs_to_an_invoice_is_heard_before_its_order() -> None:
    slots = {"requested_slot": "order_id", "invoice": {"matter": "request", "kind": "company"}}
    heard = turn("out_of_scope", {}, slots, "c01", "邮箱 test01@example.com", loop="invoice_form")
    events, _ = await run(ValidateInvoiceForm(), heard)
    assert changed(events)["invoice"]["email"] == "test01@example.com"


@pytest.mark.parametrize("read", ["880000000013", "8800000000130007"])
@pytest.mark.parametrize(("text", "problem"), [("880000000013 0007", None), ("880000000013 0008", "utter_orders_refused")])
async def test_digits_beside_an_order_s_number_are_the_telephone_s(text: str, problem: str | None, read: str) -> None:
    number = text.replace(" ", "") if len(read) > 12 else read
    heard = turn("provide_order_id", {"order_number": number}, customer=None, text=text, address=text + read)
    events, _ = await run(ValidateReturnForm(), heard)
    assert changed(events)["outcome"] == problem
    assert (changed(events).get("order_id") == "880000000013") is (problem is None)


async def test_an_address_that_stays_ends_its_question() -> None:
    wish = {"intent": "change_address", "topic": None, "text": "地址能改吗", "order_id": "880000000004", "settled": True}
    slots = {"requested_slot": "detail", "wish": wish, "order_id": "880000000004"}
    events, _ = await run(ValidateOrderForm(), turn("nlu_fallback", {}, slots, "c02", "那不改了", loop="order_form"))
    assert (changed(events)["outcome"], changed(events)["requested_slot"]) == ("utter_smalltalk_form_left", None)


async def test_an_order_confirmed_already_is_the_one_spoken_of() -> None:
    events, _ = await run(ValidateOrderForm(), turn("ask_auto_confirm", {}, {"order_id": "880000000011"}, "c06", "已经确认收货了"))
    assert changed(events)["requested_slot"] is None
    settled = {"order_id": "880000000011", "wish": changed(events)["wish"]}
    _, messages = await run(ActionExtendReceipt(), turn("ask_auto_confirm", {}, settled, "c06", "已经确认收货了"))
    assert rows(messages) == ["ls_z_05"]


# The third round


async def cancelled(world: Context, talk: str) -> str:
    await run(ActionCancelOrder(), turn("cancel_order", slots={"order_id": DRESS}, customer="c01", text="裙子退了吧", talk=talk))
    return Tickets(world.engine, "demo", world.clock).of_conversation(talk)[0].id


async def test_a_no_right_after_a_cancellation_takes_it_back(world: Context) -> None:
    ticket = await cancelled(world, "after-all")
    told = [bot("co_06", table="cancel_order", utter_action="utter_orders_cancel")]
    heard = turn("deny", {}, {"order_id": DRESS}, "c01", "别呀我还要呢", talk="after-all", memory=told)
    _, messages = await run(ActionAcknowledge(), heard)
    assert said(messages) == ["utter_orders_cancel_withdrawn"]
    assert Tickets(world.engine, "demo", world.clock).get(ticket).fields["withdrawn"] == "别呀我还要呢"


async def test_changing_what_was_cancelled_takes_the_cancellation_back(world: Context) -> None:
    ticket = await cancelled(world, "changed")
    slots = {"order_id": DRESS, "target": "p1001:米白/L"}
    _, messages = await run(ActionChangeProduct(), turn("change_product", {}, slots, "c01", "改成米白L行不行", talk="changed"))
    assert (said(messages)[0], rows(messages)[-1]) == ("utter_orders_cancel_withdrawn", "cp_06")
    assert Tickets(world.engine, "demo", world.clock).get(ticket).fields["withdrawn"]


async def test_one_of_two_is_kept_and_the_other_given_back() -> None:
    heard = naming("request_return", "裙子退 牛仔裤留着")
    events, _ = await run(ValidateReturnForm(), heard)
    assert changed(events)["order_id"] == DRESS


async def test_a_parcel_s_new_one_is_asked_after_and_not_chosen_anew(world: Context) -> None:
    lost = "880000000016"
    await run(ActionSettleLostParcel(), turn("choose_option", {"option": "reship"}, {"order_id": lost}, "c08", "重发", talk="anew"))
    told = [bot("ls_09", table="logistics", utter_action="utter_logistics_reship_chosen")]
    _, messages = await run(
        ActionTellArrival(), turn("ask_arrival_time", {}, {"order_id": lost}, "c08", "哪天发", talk="anew", memory=told)
    )
    assert rows(messages) == ["tk_01"]


async def test_bringing_to_the_door_is_registered_once(world: Context) -> None:
    slots = {"order_id": "880000000037"}
    await run(ActionTrackParcel(), turn("track_parcel", {}, slots, "c14", "帮我送上门", talk="door"))
    told = [bot("nr_08", table="not_received", utter_action="utter_not_received_home")]
    asked = turn("ask_arrival_time", {}, slots, "c14", "今天能送吗", talk="door", memory=told)
    await run(ActionTellArrival(), asked)
    assert len(Tickets(world.engine, "demo", world.clock).of_conversation("door")) == 1


async def test_a_parcel_not_seen_is_not_the_product_s_page() -> None:
    heard = turn("nlu_fallback", {"product": "p1003"}, {}, "c14", "牛仔裤没见着 谁签的")
    events, messages = await run(ActionAskAgain(), heard)
    assert (next_action(events), messages) == ("parcel_form", [])


async def test_one_more_thing_is_no_bargaining() -> None:
    slots = {"tally": {"basket": [["p1003", 2, None]]}, "product_id": "p1003"}
    heard = turn("bargain", {}, slots, None, "再加个枕头吧")
    heard.latest_message["entities"] += [{"entity": "product", "value": "p2002", "start": 3, "end": 5}]
    _, messages = await run(ActionBargain(), heard)
    assert messages[-1]["paid"] == "288"  # 278 + 20 - 10 (SAVE10)


async def test_what_a_coupon_makes_of_it_is_about_all_that_was_summed_up() -> None:
    slots = {"tally": {"basket": [["p1003", 2, None], ["p1002", 1, None]]}, "product_id": "p1002"}
    _, messages = await run(ActionTellOffers(), turn("ask_discount", {}, slots, None, "用完券多少"))
    assert messages[-1]["paid"] == "327"


async def test_a_complaint_is_offered_only_where_it_is_likely() -> None:
    unsure = turn("nlu_fallback", text="它呢", ranking=("nlu_fallback", "complain", "ask_product_info"))
    for one in unsure.latest_message["intent_ranking"]:
        one["confidence"] = 0.2
    _, messages = await run(ActionAskAgain(), unsure)
    assert [button["payload"] for button in messages[0]["buttons"]] == ["/ask_product_info"]


@pytest.mark.parametrize(("text", "kept"), [("还是算了 不退了", True), ("算了留着", True), ("不用", False)])
async def test_goods_kept_after_all_close_their_return(text: str, kept: bool) -> None:
    after = {"order_id": "880000000009", "ticket": "T20261118-0001", "kind": "return", "reason": "buyer_reason"}
    events, _ = await run(ActionAcknowledge(), turn("deny", {}, {"after_return": after}, text=text))
    assert (next_action(events) == "action_leave_return") is kept


async def test_a_bare_postage_that_was_not_understood_is_the_return_s() -> None:
    told = [bot("pr_b_rr_01", table="postage", utter_action="utter_returns_buyer_refund")]
    events, _ = await run(ActionAskAgain(), turn("nlu_fallback", {}, {"order_id": "880000000009"}, text="运费", memory=told))
    assert next_action(events) == "action_tell_couriers"


# The fourth round


async def test_an_order_confirmed_already_is_not_put_off() -> None:
    heard = turn("ask_auto_confirm", {}, {}, "c06", "四件套能无理由退吗 5天了 已经确认收货")
    events, _ = await run(ValidateOrderForm(), heard)
    assert changed(events)["order_id"] == "880000000011"


@pytest.mark.parametrize(("text", "taken"), [("退吧", True), ("换", True), ("换吗", False), ("那要是退货呢，邮费", False)])
async def test_the_way_alone_is_chosen_after_it_was_told_what_it_costs(text: str, taken: bool) -> None:
    told = [bot("pr_b_rr_01", table="postage", utter_action="utter_returns_postage_refund")]
    slots = {"order_id": "880000000009", "tally": {"supposed": "buyer_reason"}}
    remedy = {"remedy": "exchange" if "换" in text else "return_refund"}
    events, messages = await run(ActionTellPostage(), turn("ask_postage_payer", remedy, slots, "c05", text, memory=told))
    assert (next_action(events) == "return_form" and not messages) is taken


async def test_another_size_is_a_reason_of_one_s_own() -> None:
    heard = turn("request_exchange", {"product": "p1002", "remedy": "exchange", "size": "XL"}, {}, "c05", "T恤我要换XL")
    events, _ = await run(ValidateReturnForm(), heard)
    assert (changed(events)["reason"], changed(events)["requested_slot"]) == ("buyer_reason", None)


async def test_the_dress_back_is_a_wish_for_its_money() -> None:
    heard = turn("request_return", {"product": "p1001", "reason": "buyer_reason"}, {}, "c15", "裙子退 不合适")
    events, _ = await run(ValidateReturnForm(), heard)
    assert (changed(events)["remedy"], changed(events)["requested_slot"]) == ("return_refund", None)
    events, _ = await run(ValidateReturnForm(), turn("request_return", {"reason": "buyer_reason"}, {}, "c15", "裙子不合适 退换都行"))
    assert "remedy" not in changed(events) or changed(events)["remedy"] is None


@pytest.mark.parametrize(
    ("product", "colour", "row"), [("p2001", "绿色", "ps_01_a"), ("p1001", "白色", "ps_01_a"), ("p1001", "黑色", "ps_02_a")]
)
async def test_a_colour_is_known_by_the_word_in_it(product: str, colour: str, row: str) -> None:
    heard = turn("ask_stock", {"colour": colour}, {}, None, f"{colour}还有吗", product_id=product)
    _, messages = await run(ActionTellStock(), heard)
    assert rows(messages) == [row]


async def test_a_size_that_is_asked_for_is_made_or_not() -> None:
    heard = turn("ask_product_info", {"size": "1.5米床"}, {}, None, "这四件套1米5床能用吗", product_id="p2001")
    _, messages = await run(ActionTellProduct(), heard)
    assert "1.5米床" in messages[0]["stock"]


async def test_what_is_not_to_be_given_back_is_left_alone(world: Context) -> None:
    told = [bot("rp_04", table="refunds", utter_action="utter_orders_refund_in_progress")]
    heard = turn("request_return", {"product": "p2002"}, {"order_id": "880000000007"}, "c04", "枕头别退啊", memory=told)
    _, messages = await run(ActionSettleReturn(), heard)
    assert said(messages) == ["utter_orders_left_alone"]


async def test_a_parcel_not_seen_is_no_missing_part() -> None:
    events, _ = await run(ActionSettleReturn(), turn("report_missing", {"product": "p1003"}, {}, "c14", "牛仔裤没见着"))
    assert next_action(events) == "parcel_form"
