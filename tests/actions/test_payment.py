"""Placing, paying, paid or bought twice, not wanted any more: rows of ``payment_reminder`` by what is said and stored (flow F11)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from actions.context import Context
from actions.order_form import AskDetail, ValidateOrderForm
from actions.orders import ActionCancelOrder
from actions.payment import ActionCheckPayment, ActionPlaceOrder, ActionSettleDuplicate, ActionTakeRegret
from shop.db import writing
from shop.models import Order
from shop.tickets import Tickets
from shop.writers import write_shop
from tests.actions.support import changed, handed_over, next_action, rows, run, said, turn

DRESS, UNPAID = "880000000001", "880000000018"
RESPONSES = Path(__file__).resolve().parents[2] / "data" / "responses"


def wish(topic: str, text: str, order: str | None = None, *, settled: bool = True) -> dict[str, Any]:
    return {"wish": {"intent": "report_payment", "topic": topic, "text": text, "order_id": order, "settled": settled}, "order_id": order}


@pytest.mark.parametrize(
    ("topic", "words", "order", "customer", "row"),
    [
        ("paid", "钱打过去了", DRESS, "c01", "pm_08"),
        ("paid", "已付款请查收", UNPAID, "c09", "pm_08_not_found"),
        ("failed", "一直支付失败", UNPAID, "c09", "pay_17"),
        ("failed", "支付失败", DRESS, "c01", "pay_03"),
        ("paid", "扣了两次钱", None, "c01", "pay_01"),
        ("duplicate", "我好像拍了两单", None, "c01", "pm_09"),
        ("duplicate", "买重了", None, "c04", "pm_z_01"),
        ("method", "花呗能用吗", None, "c09", "pay_16"),
    ],
)
async def test_a_payment_is_what_the_order_says(topic: str, words: str, order: str | None, customer: str, row: str) -> None:
    _, messages = await run(ActionCheckPayment(), turn("report_payment", slots=wish(topic, words, order), customer=customer, text=words))
    assert rows(messages) == [row]


async def test_money_taken_twice_is_checked_and_not_collected_again(world: Context) -> None:
    told = turn("report_payment", slots=wish("paid", "扣了两次钱"), customer="c01", text="扣了两次钱", talk="twice")
    await run(ActionCheckPayment(), told)
    assert [ticket.kind for ticket in Tickets(world.engine, "demo", world.clock).of_conversation("twice")] == ["refund"]


async def test_a_payment_that_is_not_found_is_looked_for_with_channel_time_and_sum(world: Context) -> None:
    form, intent = ValidateOrderForm(), "report_payment"
    events, _ = await run(form, turn(intent, {"order_number": UNPAID}, customer="c09", text="付过款了", talk="sum"))
    asked = changed(events)
    assert asked["requested_slot"] == "detail"
    _, question = await run(AskDetail(), turn(intent, slots=asked, customer="c09", text="付过款了", loop="order_form", talk="sum"))
    assert rows(question) == ["pm_08_not_found"]
    answer = "中午十二点微信付的168块"
    events, _ = await run(form, turn("nlu_fallback", slots=asked, customer="c09", text=answer, loop="order_form", talk="sum"))
    told = {**asked, **changed(events)}
    assert (told["requested_slot"], told["detail"]) == (None, answer)
    _, messages = await run(ActionCheckPayment(), turn("nlu_fallback", slots=told, customer="c09", text=answer, talk="sum"))
    assert rows(messages) == ["pm_08_given"]
    ticket = Tickets(world.engine, "demo", world.clock).of_conversation("sum")[0]
    assert (ticket.kind, ticket.fields["problem"]) == ("payment", answer)


@pytest.mark.parametrize(("intent", "words"), [("deny", "我再等等看"), ("wait_request", "我再等等")])
async def test_who_waits_for_the_payment_to_show_opens_no_ticket(world: Context, intent: str, words: str) -> None:
    asked = {**wish("paid", "付过款了", UNPAID), "requested_slot": "detail"}
    events, _ = await run(ValidateOrderForm(), turn(intent, slots=asked, customer="c09", text=words, loop="order_form", talk="wait"))
    told = {**asked, **changed(events)}
    _, messages = await run(ActionCheckPayment(), turn(intent, slots=told, customer="c09", text=words, talk="wait"))
    assert rows(messages) == ["pm_08_wait"]
    assert Tickets(world.engine, "demo", world.clock).of_conversation("wait") == []


@pytest.mark.parametrize(
    ("customer", "words", "response"), [("c05", "好的我拍了", "utter_orders_place_unseen"), ("c01", "我要买一件", "utter_orders_place_how")]
)
async def test_an_order_that_is_not_seen_is_not_made_up(customer: str, words: str, response: str) -> None:
    _, messages = await run(ActionPlaceOrder(), turn("place_order", customer=customer, text=words))
    assert said(messages) == [response]


@pytest.mark.parametrize("intent", ["request_human", "complain", "report_danger", "cancel_order", "thank_you"])
async def test_what_is_no_description_of_a_payment_is_answered_first(intent: str) -> None:
    asked = {**wish("paid", "付过款了", UNPAID), "requested_slot": "detail"}
    with pytest.raises(Exception, match="does not answer"):
        await run(ValidateOrderForm(), turn(intent, slots=asked, customer="c09", text="先这样吧我想说的是", loop="order_form"))


@pytest.mark.parametrize(("order", "row"), [("880000000018", "pm_03"), ("880000000019", "pm_04"), ("880000000020", "pm_05")])
async def test_who_pays_later_is_reminded_kindly_by_the_orders_age(order: str, row: str) -> None:
    """rules.md 23, case 14: a last reminder warns nobody."""
    later = turn("place_order", {"topic": "later"}, {"order_id": order}, "c09", text="明天再付")
    _, messages = await run(ActionPlaceOrder(), later)
    assert rows(messages) == [row]
    wording = "".join((RESPONSES / name).read_text("utf-8") for name in ("orders.yml", "delivery.yml"))
    assert not [word for word in ("警告", "差评", "投诉您", "举报") if word in wording]


async def test_nobody_without_an_order_is_pressed() -> None:
    _, messages = await run(ActionPlaceOrder(), turn("place_order", {"topic": "later"}, customer="c05", text="我再看看，明天付"))
    assert said(messages) == ["utter_orders_place_later"]


async def test_an_order_of_today_is_confirmed_with_its_sum() -> None:
    _, messages = await run(ActionPlaceOrder(), turn("place_order", customer="c09", text="我拍了"))
    assert rows(messages) == ["pm_01"]
    assert (messages[0]["order_id"], messages[0]["paid"], messages[0]["postage"]) == (UNPAID, "176", "8")


async def test_an_order_just_paid_is_acknowledged_with_advice_on_receiving_it() -> None:
    _, messages = await run(ActionPlaceOrder(), turn("place_order", customer="c01", text="付款了"))
    assert said(messages) == ["utter_orders_payment_done", "utter_orders_closing"]


@pytest.mark.parametrize(
    ("entities", "response"),
    [
        ({"product": "p1001"}, "utter_orders_place_choose"),
        ({"product": "p1001", "colour": "米白", "size": "M"}, "utter_orders_place_confirm"),
        ({"product": "p1001", "colour": "雾蓝", "size": "L"}, "utter_orders_place_no_stock"),
        ({"product": "p4001"}, "utter_orders_place_confirm"),
        ({}, "utter_orders_place_how"),
    ],
)
async def test_what_is_to_be_bought_is_compared_first(entities: dict[str, str], response: str) -> None:
    _, messages = await run(ActionPlaceOrder(), turn("place_order", entities, customer=None, text="那就这款吧"))
    assert said(messages) == [response]


@pytest.mark.parametrize(
    ("intent", "entities", "words", "response"),
    [
        ("choose_option", {"option": "both"}, "都要", "utter_orders_duplicate_kept"),
        ("affirm", {}, "好的", "utter_orders_duplicate_kept"),
        ("choose_option", {"option": "merge"}, "", "utter_combine_check"),
        ("affirm", {}, "两单一起发吧", "utter_combine_check"),
    ],
)
async def test_two_orders_are_kept_or_sent_in_one_parcel(intent: str, entities: dict[str, str], words: str, response: str) -> None:
    told = turn(intent, entities, {"open_question": "duplicate_choice"}, "c01", text=words)
    _, messages = await run(ActionSettleDuplicate(), told)
    assert said(messages) == [response]


async def test_the_order_that_is_too_many_has_its_button() -> None:
    events, messages = await run(ActionCheckPayment(), turn("report_payment", {"topic": "duplicate"}, customer="c01", text="买重了"))
    assert changed(events)["open_question"] == "duplicate_choice"
    assert next(b["payload"] for b in messages[-1]["buttons"]).startswith('/cancel_order{"order_number": "88')


async def test_an_anonymous_shopper_hears_nothing_of_others_orders() -> None:
    _, messages = await run(ActionCheckPayment(), turn("report_payment", {"topic": "duplicate"}, customer=None, text="买重了"))
    assert rows(messages) == ["pm_z_01"]
    assert not handed_over(messages)


async def test_an_unpaid_order_is_given_up_without_reproach() -> None:
    events, messages = await run(ActionCancelOrder(), turn("cancel_order", slots={"order_id": UNPAID}, customer="c09", text="不想要了"))
    assert rows(messages) == ["co_z_01", "pm_07"]
    assert changed(events)["open_question"] == "regret_reason"
    assert next_action(events) == "action_listen"


@pytest.mark.parametrize(
    ("intent", "entities", "words", "response"),
    [
        ("choose_option", {"option": "price"}, "", "utter_orders_regret_price"),
        ("choose_option", {"option": "size"}, "", "utter_orders_regret_size"),
        ("choose_option", {"option": "style"}, "", "utter_orders_regret_style"),
        ("choose_option", {"option": "mistake"}, "", "utter_orders_regret_thanks"),
        ("deny", {}, "不想说", "utter_orders_regret_thanks"),
        ("affirm", {}, "有点贵", "utter_orders_regret_price"),
    ],
)
async def test_the_reason_leads_to_something_that_fits_or_to_thanks(
    intent: str, entities: dict[str, str], words: str, response: str
) -> None:
    _, messages = await run(ActionTakeRegret(), turn(intent, entities, {"open_question": "regret_reason"}, "c09", text=words))
    assert said(messages) == [response]


@pytest.mark.parametrize(
    ("topic", "words", "row"),
    [
        ("failed", "付款提示超出限额了", "pay_04"),
        ("failed", "提示余额不足付不了", "pay_05"),
        ("failed", "说交易有风险不让付", "pay_06"),
        ("failed", "收不到验证码没法付款", "pay_07"),
        ("failed", "白条怎么不能用", "pay_08"),
        ("failed", "付款时没减优惠", "pay_09"),
        ("failed", "付款页面一直白屏", "pay_17"),
        ("method", "可以分三期付吗", "pay_11"),
        ("method", "支持货到付款吗", "pay_13"),
        ("method", "能不能对公转账", "pay_14"),
        ("method", "让我妈代付可以吗", "pay_15"),
        ("twice", "", "pay_01"),
    ],
)
async def test_trouble_and_ways_to_pay_have_their_own_answers(topic: str, words: str, row: str) -> None:
    """Scripts s_payment_failed, s_payment_methods, s_payment_instalment."""
    _, messages = await run(ActionCheckPayment(), turn("report_payment", slots=wish(topic, words, UNPAID), customer="c09", text=words))
    assert rows(messages) == [row]


async def test_instalments_and_paying_on_delivery_are_the_shops_word(world: Context) -> None:
    with writing(world.engine) as session:
        stated = {"instalment_terms": "花呗3期免手续费", "cash_on_delivery": "yes"}
        write_shop(session, "demo", stated, world.clock.now(), source="demo")
    _, messages = await run(ActionCheckPayment(), turn("report_payment", slots=wish("method", "能分期吗"), customer="c09", text="能分期吗"))
    assert (rows(messages), messages[0]["rule"]) == (["pay_10"], "花呗3期免手续费")
    _, messages = await run(ActionCheckPayment(), turn("report_payment", slots=wish("method", "货到付款行吗"), customer="c09", text="x"))
    assert rows(messages) == ["pay_12"]


@pytest.mark.parametrize(("customer", "order", "row"), [("c09", "880000000019", "pay_23"), (None, None, "pay_23")])
async def test_money_taken_without_an_order_shown_is_looked_for(world: Context, customer: str | None, order: str | None, row: str) -> None:
    """Script s_payment_pending."""
    words = "银行卡里钱扣了，订单还是待付款"
    named = {"order_number": order} if order else {}
    events, _ = await run(ValidateOrderForm(), turn("report_payment", named, customer=customer, text=words, talk="charged"))
    asked = changed(events)
    assert asked["requested_slot"] == "detail"
    _, question = await run(
        AskDetail(), turn("report_payment", slots=asked, customer=customer, text=words, loop="order_form", talk="charged")
    )
    assert rows(question) == [row]
    told = {**asked, "detail": "建行卡，上午九点，259块", "requested_slot": None}
    _, messages = await run(ActionCheckPayment(), turn("nlu_fallback", slots=told, customer=customer, text="建行卡", talk="charged"))
    assert rows(messages) == ["pay_21"]
    assert Tickets(world.engine, "demo", world.clock).of_conversation("charged")[0].kind == "payment"


async def test_an_order_just_placed_is_given_some_minutes(world: Context) -> None:
    with writing(world.engine) as session:
        session.execute(update(Order).where(Order.id == UNPAID).values(ordered_at=world.clock.now()))
    words = "钱扣了订单还显示待付款"
    events, _ = await run(ValidateOrderForm(), turn("report_payment", {"order_number": UNPAID}, customer="c09", text=words, talk="fresh"))
    _, question = await run(
        AskDetail(), turn("report_payment", slots=changed(events), customer="c09", text=words, loop="order_form", talk="fresh")
    )
    assert rows(question) == ["pay_22"]
    waits = {**changed(events), "detail": "unwilling"}
    _, messages = await run(ActionCheckPayment(), turn("deny", slots=waits, customer="c09", text="再等等", talk="fresh"))
    assert rows(messages) == ["pay_20"]
    assert not Tickets(world.engine, "demo", world.clock).of_conversation("fresh")


async def test_a_cancelled_order_is_not_paid_any_more(world: Context) -> None:
    with writing(world.engine) as session:
        session.execute(update(Order).where(Order.id == UNPAID).values(state="cancelled"))
    _, messages = await run(
        ActionCheckPayment(), turn("report_payment", slots=wish("failed", "付不了", UNPAID), customer="c09", text="付不了")
    )
    assert rows(messages) == ["pay_02"]
