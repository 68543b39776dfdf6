"""Short questions lean on the order matter that was answered last: the sum, the time, the number, the other one."""

from __future__ import annotations

from typing import Any

import pytest

from actions.after_sale import ActionRegisterReturnTracking
from actions.context import Context
from actions.logistics import ActionTrackParcel, ValidateParcelForm
from actions.orders import ActionCancelOrder, ActionChangeProduct, ActionSettleCancel, ValidateChangeForm
from actions.payment import ActionCheckPayment
from actions.products import ActionTellPrice, ActionTellStock
from actions.refunds import ActionTellRefund
from actions.returns import ValidateReturnForm
from actions.scripts import ActionAnswerScript
from actions.settle_return import ActionSettleReturn
from actions.shipping import ActionTellArrival, ActionTellCouriers
from actions.smalltalk import ActionAcknowledge
from actions.unclear import ActionAskAgain
from shop.tickets import Tickets
from tests.actions.support import bot, changed, next_action, rows, run, said, turn

DRESS, JEANS, SOFA, QUILT, LOST = "880000000001", "880000000002", "880000000023", "880000000006", "880000000007"


def told(table: str, row: str) -> dict[str, Any]:
    """An answer of this table earlier in the talk."""
    return bot(row, table=table, utter_action=f"utter_{table}")


async def cancelled(talk: str) -> None:
    """The dress of c01 is cancelled in this talk."""
    await run(ActionCancelOrder(), turn("cancel_order", slots={"order_id": DRESS}, customer="c01", talk=talk))


async def test_how_much_after_a_cancellation_is_the_sum_of_that_order() -> None:
    await cancelled("sum")
    asked = turn("ask_price", {}, {"order_id": DRESS}, "c01", "一共退我多少", talk="sum", memory=[told("cancel_order", "co_06")])
    _, messages = await run(ActionTellPrice(), asked)
    assert said(messages) == ["utter_orders_sum_all"]
    assert messages[0]["refund"] == "176"


async def test_how_long_after_a_cancellation_is_the_time_of_that_refund(world: Context) -> None:
    await cancelled("when")
    asked = turn("ask_arrival_time", {}, {"order_id": DRESS}, "c01", "钱几天能回来", talk="when", memory=[told("cancel_order", "co_06")])
    _, messages = await run(ActionTellArrival(), asked)
    assert rows(messages) == ["rp_04", "rp_09"]
    ticket = Tickets(world.engine, "demo", world.clock).of_conversation("when")[0]
    assert (messages[0]["ticket"], messages[0]["refund"], messages[0]["within"]) == (ticket.id, "176", "3个工作日内")


async def test_the_refund_of_this_talk_is_meant_and_not_one_of_another() -> None:
    await cancelled("this")
    await run(ActionCancelOrder(), turn("cancel_order", slots={"order_id": JEANS}, customer="c01", talk="that"))
    _, messages = await run(ActionTellRefund(), turn("ask_refund_status", customer="c01", text="退款到账了没", talk="this"))
    assert messages[0]["refund"] == "176"


async def test_the_refund_of_the_goods_that_are_named_is_meant() -> None:
    await cancelled("both")
    await run(ActionCancelOrder(), turn("cancel_order", slots={"order_id": JEANS}, customer="c01", talk="both"))
    asked = turn("ask_refund_status", {"product": "p1001"}, {"order_id": JEANS}, "c01", "连衣裙的款退了吗", talk="both")
    _, messages = await run(ActionTellRefund(), asked)
    assert messages[0]["refund"] == "176"


@pytest.mark.parametrize(
    ("text", "row"),
    [("好的，取消吧", "co_08"), ("能取消吗", "co_07"), ("取消要紧吗", "co_07")],
)
async def test_a_loss_is_borne_by_a_yes_and_by_nothing_less(text: str, row: str) -> None:
    slots = {"order_id": SOFA, "open_question": "bear_loss"}
    _, messages = await run(ActionCancelOrder(), turn("cancel_order", {}, slots, "c05", text, memory=[told("cancel_order", "co_07")]))
    assert rows(messages) == [row]


async def test_why_a_loss_is_taken_off_is_told_with_both_sums_and_the_question_stays_open() -> None:
    slots = {"order_id": SOFA, "open_question": "bear_loss"}
    asked = turn("ask_price", {}, slots, "c05", "凭什么扣我钱", memory=[told("cancel_order", "co_07")])
    events, messages = await run(ActionTellPrice(), asked)
    assert (messages[0]["loss"], messages[0]["refund"]) == ("300", "2380")
    assert changed(events).get("open_question", "bear_loss") == "bear_loss"


async def test_what_it_costs_to_stop_a_parcel_is_told_for_the_parcel() -> None:
    asked = turn("ask_postage_payer", {}, {"order_id": QUILT}, "c03", "拦回来运费谁付", memory=[told("cancel_order", "co_04")])
    _, messages = await run(ActionTellPrice(), asked)
    assert said(messages) == ["utter_orders_sum_way_back"]
    assert (messages[0]["refund"], messages[0]["freight"]) == ("251", "8")


async def test_a_form_is_not_opened_by_a_question_about_the_matter() -> None:
    known = {"order_id": QUILT}
    asked = turn("request_return", {}, known, "c03", "能退回来多少", memory=[told("cancel_order", "co_04")])
    events = await ValidateReturnForm().run(None, asked, {})  # type: ignore[arg-type]
    assert changed(events)["requested_slot"] is None
    _, messages = await run(ActionSettleReturn(), asked)
    assert said(messages) == ["utter_orders_sum_way_back"]


@pytest.mark.parametrize(
    ("target", "text", "response", "difference"),
    [
        ("p1003:浅蓝/28", "差多少钱", "less", "29"),
        ("p1004:驼色/M", "还要补多少钱", "more", "1112"),
        ("p1001:雾蓝/M", "要多收费吗", "none", "0"),
    ],
)
async def test_how_much_inside_a_change_is_its_difference(target: str, text: str, response: str, difference: str) -> None:
    slots = {"order_id": DRESS, "target": target}
    asked = turn("ask_price", {}, slots, "c01", text, memory=[told("change_product", "cp_06")])
    _, messages = await run(ActionTellPrice(), asked)
    assert said(messages) == [f"utter_orders_sum_change_{response}"]
    assert messages[0].get("difference", difference) == difference


async def test_a_colour_and_a_size_go_on_with_the_change() -> None:
    slots = {"order_id": DRESS, "target": "p1001:雾蓝/"}
    wish = turn("ask_stock", {"size": "XL"}, slots, "c01", "要XL的吧", memory=[told("change_product", "cp_06")])
    events, _ = await run(ActionTellStock(), wish)
    assert next_action(events) == "change_form"
    assert changed(events)["target"] == "p1001:雾蓝/XL"


async def test_whether_it_is_in_stock_is_a_question_of_stock() -> None:
    slots = {"order_id": DRESS, "target": "p1001:雾蓝/"}
    wish = turn("ask_stock", {"size": "XL", "product": "p1001"}, slots, "c01", "XL有货吗", memory=[told("change_product", "cp_06")])
    _, messages = await run(ActionTellStock(), wish)
    assert rows(messages)[0].startswith("ps_")


async def test_what_it_becomes_is_not_the_order_that_is_changed() -> None:
    words = turn("change_product", {}, {}, "c01", "牛仔裤那单改成连衣裙")
    words.latest_message["entities"] = [
        {"entity": "product", "value": "p1003", "start": 0, "end": 3},
        {"entity": "product", "value": "p1001", "start": 7, "end": 10},
    ]
    events = await ValidateChangeForm().run(None, words, {})  # type: ignore[arg-type]
    assert changed(events)["order_id"] == JEANS
    assert changed(events)["target"] == "p1001:/"


async def test_a_change_to_goods_of_another_order_stays_with_the_order_spoken_of() -> None:
    slots = {"order_id": DRESS, "target": "p1003:浅蓝/28"}
    wish = turn("change_product", {"product": "p1003"}, slots, "c01", "换牛仔裤", loop="change_form")
    events = await ValidateChangeForm().run(None, wish, {})  # type: ignore[arg-type]
    assert changed(events)["order_id"] == DRESS


@pytest.mark.parametrize(("entities", "order"), [({"colour": "深蓝"}, JEANS), ({"colour": "米白", "size": "M"}, DRESS)])
async def test_an_order_is_named_by_its_variant(entities: dict[str, str], order: str) -> None:
    events = await ValidateParcelForm().run(None, turn("urge_dispatch", entities, {}, "c01", "那条还没发"), {})  # type: ignore[arg-type]
    assert changed(events)["order_id"] == order


async def test_the_number_after_a_parcel_is_that_parcels() -> None:
    asked = turn("ask_courier", {}, {"order_id": QUILT}, "c03", "是哪家快递", memory=[told("logistics", "ls_15")])
    _, messages = await run(ActionTellCouriers(), asked)
    assert (messages[0]["courier"], messages[0]["tracking"]) == ("圆通", "YT8800000000006")


@pytest.mark.parametrize("text", ["假如补发几天寄", "我得考虑一下", "那怎么处理"])
async def test_a_lost_parcel_is_explained_while_it_is_weighed(world: Context, text: str) -> None:
    slots = {"order_id": LOST, "open_question": "reship_or_refund"}
    talk = f"weigh-{text}"
    _, messages = await run(
        ActionTrackParcel(), turn("reship_parcel", {}, slots, "c04", text, talk=talk, memory=[told("logistics", "ls_17")])
    )
    assert said(messages) == ["utter_logistics_lost_terms"]
    assert (messages[0]["days"], messages[0]["paid"]) == ("3", "1280")
    assert not Tickets(world.engine, "demo", world.clock).of_conversation(talk)


async def test_a_lost_parcel_is_refunded_without_asking_for_a_reason_and_the_card_takes_its_days() -> None:
    slots = {"order_id": LOST, "open_question": "reship_or_refund"}
    wish = turn("request_return", {"remedy": "return_refund"}, slots, "c04", "那把钱退我", talk="card", memory=[told("logistics", "ls_17")])
    _, messages = await run(ActionSettleReturn(), wish)
    assert rows(messages) == ["ls_08"]
    asked = turn("report_payment", {}, {"order_id": LOST}, "c04", "信用卡付的几天到", talk="card", memory=[told("logistics", "ls_08")])
    _, messages = await run(ActionCheckPayment(), asked)
    assert rows(messages) == ["rp_04", "rp_07"]


async def test_goods_under_way_that_are_named_as_not_coming_are_a_parcel() -> None:
    named = turn(
        "ask_stock", {"product": "p1004"}, {"order_id": "880000000008"}, "c04", "大衣好久没消息", memory=[told("logistics", "ls_18")]
    )
    events, _ = await run(ActionTellStock(), named)
    assert next_action(events) == "parcel_form"


async def test_goods_are_not_a_parcel_on_a_products_page() -> None:
    named = turn("ask_stock", {"product": "p1004"}, {}, "c04", "大衣怎么不发黑色的", product_id="p1004")
    _, messages = await run(ActionTellStock(), named)
    assert rows(messages)[0].startswith("ps_")


async def test_one_of_two_orders_given_up_is_a_cancellation() -> None:
    events, _ = await run(ActionCheckPayment(), turn("report_payment", {"topic": "duplicate"}, {}, "c01", "有两单，一单不想要"))
    assert next_action(events) == "cancel_form"


async def test_what_is_to_be_paid_is_told_for_the_unpaid_order() -> None:
    asked = turn("ask_price", {"product": "p1001"}, {}, "c09", "裙子总共多少", memory=[told("payment_reminder", "pay_17")])
    events, messages = await run(ActionTellPrice(), asked)
    assert messages[0]["paid"] == "176"
    assert changed(events)["order_id"] == "880000000018"


async def test_money_taken_twice_goes_back_the_way_it_came() -> None:
    await run(ActionCheckPayment(), turn("report_payment", {"topic": "duplicate"}, {}, "c09", "钱被重复扣了", talk="twice"))
    asked = turn("ask_refund_status", {}, {}, "c09", "可以退到我妈妈的账户么", talk="twice", memory=[told("payment_reminder", "pay_01")])
    _, messages = await run(ActionTellRefund(), asked)
    assert said(messages) == ["utter_orders_refund_same_way"]


async def test_a_matter_ends_when_something_else_is_talked_about() -> None:
    asked = turn(
        "ask_price",
        {},
        {"order_id": DRESS, "product_id": "p4001"},
        "c01",
        "这个多少",
        memory=[
            told("cancel_order", "co_06"),
            bot("ps_01", table="products", utter_action="utter_products_stock_one"),
        ],
    )
    _, messages = await run(ActionTellPrice(), asked)
    assert said(messages) == ["utter_products_price"]


async def test_thanks_are_thanks_in_every_matter() -> None:
    _, messages = await run(
        ActionAcknowledge(), turn("affirm", {}, {"order_id": DRESS}, "c01", "好", memory=[told("cancel_order", "co_06")])
    )
    assert not rows(messages)


async def test_whether_it_may_be_refused_is_answered_and_nothing_is_opened(world: Context) -> None:
    slots = {"order_id": QUILT, "open_question": "intercept"}
    asked = turn(
        "cancel_order", {"remedy": "refuse_delivery"}, slots, "c03", "拒签可以么", talk="refuse", memory=[told("cancel_order", "co_04")]
    )
    _, messages = await run(ActionCancelOrder(), asked)
    assert rows(messages) == ["co_05"]
    assert not Tickets(world.engine, "demo", world.clock).of_conversation("refuse")


async def test_a_parcel_that_is_taken_after_all_is_not_stopped(world: Context) -> None:
    stopping = turn("choose_option", {"option": "intercept"}, {"order_id": QUILT, "open_question": "intercept"}, "c03", talk="keep")
    await run(ActionSettleCancel(), stopping)
    taken = turn("ask_script", {}, {"order_id": QUILT}, "c03", "别拦截，我还是收下", talk="keep", memory=[told("cancel_order", "ic_01")])
    _, messages = await run(ActionAnswerScript(), taken)
    assert said(messages) == ["utter_orders_cancel_withdrawn"]
    ticket = Tickets(world.engine, "demo", world.clock).of_conversation("keep")[0]
    assert "withdrawn" in ticket.fields


async def test_another_order_that_must_stay_is_left_alone() -> None:
    words = turn("report_wrong_item", {"product": "p1001"}, {"order_id": JEANS}, "c01", "连衣裙别取消啊", memory=[told("refunds", "rp_04")])
    _, messages = await run(ActionSettleReturn(), words)
    assert said(messages) == ["utter_orders_left_alone"]


async def test_a_fault_told_of_what_is_not_sent_cancels_nothing(world: Context) -> None:
    wish = turn("report_wrong_item", {}, {"order_id": DRESS, "reason": "wrong_item"}, "c01", "发错了吧", talk="fault")
    _, messages = await run(ActionSettleReturn(), wish)
    assert rows(messages) == ["ls_01"]
    assert not Tickets(world.engine, "demo", world.clock).of_conversation("fault")


async def test_an_opening_form_leans_on_the_matter_too() -> None:
    """Rasa has the form active already when it validates it for the first time."""
    wish = turn("report_quality", {"product": "p1003"}, {}, "c08", "牛仔裤寄了两个月没影", loop="return_form")
    events = await ValidateReturnForm().run(None, wish, {})  # type: ignore[arg-type]
    assert changed(events)["requested_slot"] is None
    events, _ = await run(ActionSettleReturn(), wish)
    assert next_action(events) == "parcel_form"


async def test_when_another_order_is_sent_is_no_question_of_the_refund() -> None:
    slots = {"order_id": DRESS, "target": "p1003:浅蓝/28"}
    change = turn("change_product", {}, slots, "c01", talk="cheaper")
    await run(ActionChangeProduct(), change)
    asked = turn(
        "urge_dispatch", {"product": "p1003"}, slots, "c01", "牛仔裤哪天发出", talk="cheaper", memory=[told("change_product", "cp_09")]
    )
    events = await ValidateParcelForm().run(None, asked, {})  # type: ignore[arg-type]
    assert changed(events)["order_id"] == JEANS


async def test_a_size_that_answers_the_change_names_no_other_order() -> None:
    slots = {"order_id": JEANS, "target": "p1002:黑色/", "requested_slot": "target"}
    told_size = turn("unclear_message", {"size": "M"}, slots, "c01", "M", loop="change_form")
    events = await ValidateChangeForm().run(None, told_size, {})  # type: ignore[arg-type]
    assert (changed(events)["order_id"], changed(events)["target"]) == (JEANS, "p1002:黑色/M")


async def test_when_an_order_just_shown_is_sent_is_asked_by_its_goods() -> None:
    asked = turn(
        "nlu_fallback", {"product": "p1001"}, {"order_id": DRESS}, "c01", "连衣裙几号发出", memory=[bot(utter_action="utter_orders_order")]
    )
    events, _ = await run(ActionAskAgain(), asked)
    assert next_action(events) == "parcel_form"


async def test_money_taken_twice_is_a_trouble_of_its_own_in_every_matter() -> None:
    slots = {"order_id": "880000000018"}
    wish = turn("report_payment", {}, slots, "c09", "卡里被重复扣了钱", talk="own", memory=[told("cancel_order", "co_z_01")])
    _, messages = await run(ActionCheckPayment(), wish)
    assert rows(messages) == ["pay_01"]


async def test_the_number_of_an_order_is_not_registered_as_a_parcels() -> None:
    events, messages = await run(ActionRegisterReturnTracking(), turn("give_return_tracking", {"order_number": JEANS}, {}, "c01", JEANS))
    assert next_action(events) == "action_show_order"
    assert not messages
