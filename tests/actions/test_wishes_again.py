"""More of what shoppers said in talks written from outside: no two things of one order, nothing asked that was told."""

from __future__ import annotations

import pytest

from actions.after_sale import ActionTellPostage
from actions.bargaining import ActionBargain, ActionTellOffers
from actions.context import Context
from actions.invoices import ValidateInvoiceForm
from actions.logistics import ActionExtendReceipt, ActionSettleLostParcel, ActionTrackParcel
from actions.order_form import ValidateOrderForm
from actions.orders import ActionCancelOrder, ActionChangeProduct
from actions.price_protection import ActionProtectPrice
from actions.products import ActionTellProduct, ActionTellStock
from actions.refunds import ActionTellRefund
from actions.returns import ValidateReturnForm
from actions.reviews import ActionHearUnsatisfied
from actions.settle_return import ActionSettleReturn
from actions.shipping import ActionTellArrival
from actions.smalltalk import ActionAcknowledge
from actions.unclear import ActionAskAgain
from shop.tickets import Tickets
from tests.actions.support import bot, changed, naming, next_action, rows, run, said, turn

DRESS, JEANS = "880000000001", "880000000002"


# Said once


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


# One order, one answer


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


# Named otherwise


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
