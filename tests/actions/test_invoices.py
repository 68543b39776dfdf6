"""invoice_form and its answers: what is asked, what is submitted, what is said instead (table invoices; scripts s_invoice_*)."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from actions.context import Context
from actions.invoices import ActionSettleInvoice, AskInvoiceDetail, AskInvoiceOrder, ValidateInvoiceForm
from actions.unclear import ActionAskAgain
from shop.db import writing
from shop.models import Order
from shop.tickets import Tickets
from shop.writers import write_shop
from tests.actions.support import bot, changed, handed_over, next_action, rows, run, said, turn

DRESS, SHIRT, COAT, UNPAID, UNSENT = "880000000009", "880000000010", "880000000012", "880000000018", "880000000001"
RIGHT, WRONG = "91110000600037341L", "91110000600037341M"


class Asking:
    """A shopper who asks for an invoice: each message goes through the form as Rasa would call it."""

    def __init__(self, customer: str | None = "c06", talk: str = "invoice") -> None:
        self.customer, self.talk = customer, talk
        self.slots: dict[str, Any] = {}
        self.loop: str | None = None
        self.messages: list[dict[str, Any]] = []

    async def say(self, text: str, intent: str = "nlu_fallback", **entities: Any) -> Asking:
        return await self._hear(intent, entities, text)

    async def press(self, intent: str, **entities: Any) -> Asking:
        return await self._hear(intent, entities, f"/{intent}")

    async def _hear(self, intent: str, entities: dict[str, Any], text: str) -> Asking:
        def heard() -> Any:
            return turn(intent, entities, self.slots, self.customer, text, loop=self.loop, talk=self.talk, memory=[bot()])

        events, _ = await run(ValidateInvoiceForm(), heard())
        self.slots = {**self.slots, **changed(events)}
        self.loop = "invoice_form" if self.slots["requested_slot"] else None
        asked = {"order_id": AskInvoiceOrder, "detail": AskInvoiceDetail}
        action = asked[self.slots["requested_slot"]]() if self.loop else ActionSettleInvoice()
        events, self.messages = await run(action, heard())
        self.slots = {**self.slots, **changed(events), "last_said": None}
        return self

    @property
    def row(self) -> str | None:
        return next(iter(rows(self.messages)), None)


def parameter(world: Context, **values: object) -> None:
    with writing(world.engine) as session:
        write_shop(session, "demo", values, world.clock.now(), source="demo")


def ticket(world: Context, talk: str = "invoice") -> Any:
    found = Tickets(world.engine, "demo", world.clock).of_conversation(talk)
    return found[0] if found else None


async def test_a_company_tells_title_number_and_address_one_after_the_other(world: Context) -> None:
    asking = await Asking("c06").say("帮我开张发票", "ask_invoice", order_number=COAT)
    assert asking.row == "iv_16_kind"
    assert asking.messages[0]["paid"] == "1280"
    await asking.press("choose_option", option="company")
    assert asking.row == "iv_16_title"
    await asking.say("北辰仪表有限公司")
    assert asking.row == "iv_16_tax"
    await asking.say(RIGHT)
    assert asking.row == "iv_16_email"
    await asking.say("kuaiji@example.com")
    assert asking.row == "iv_22"
    fields = ticket(world).fields
    assert (fields["kind"], fields["title"], fields["tax_number"]) == ("company", "北辰仪表有限公司", RIGHT)
    assert (fields["email"], fields["amount"], fields["matter"]) == ("kuaiji@example.com", "1280.00", "request")
    assert ticket(world).kind == "invoice"
    assert asking.messages[0]["invoice"] == f"抬头：北辰仪表有限公司，税号：{RIGHT}，发到ku***@example.com"
    assert asking.slots["invoice"] is None, "what the ticket holds is kept nowhere else"


async def test_everything_in_one_message_is_asked_nothing_more(world: Context) -> None:
    told = f"开发票，抬头：北辰仪表有限公司，税号{RIGHT}，发到kuaiji@example.com"
    asking = await Asking("c07").say(told, "ask_invoice", order_number="880000000014")
    assert asking.row == "iv_22"
    assert ticket(world).fields["tax_number"] == RIGHT


async def test_a_person_needs_only_an_address(world: Context) -> None:
    asking = await Asking("c07").say("个人抬头就行，给我开一张", "ask_invoice", order_number="880000000014")
    assert asking.row == "iv_16_email"
    await asking.press("choose_option", option="no_email")
    assert asking.row == "iv_22"
    fields = ticket(world).fields
    assert fields["title"] == "个人"
    assert not {"email", "tax_number"} & fields.keys()


@pytest.mark.parametrize(
    ("number", "told"),
    [(WRONG, "校验"), ("9111000060003734L", "17位"), ("9111000O600037341L", "第8位"), ("11010519491231002X", "身份证")],
)
async def test_a_wrong_number_is_answered_with_what_is_wrong(world: Context, number: str, told: str) -> None:
    asking = await Asking("c06").say("开发票，抬头北辰仪表有限公司", "ask_invoice", order_number=COAT)
    await asking.say(number)
    assert asking.row == "iv_17"
    assert told in asking.messages[0]["problem"]
    await asking.say(RIGHT)
    assert asking.row == "iv_16_email"


async def test_an_id_card_is_kept_nowhere(world: Context) -> None:
    asking = await Asking("c06").say("开发票，抬头北辰仪表有限公司", "ask_invoice", order_number=COAT)
    await asking.say("11010519491231002X")
    assert "11010519491231002X" not in repr(asking.slots["invoice"])


@pytest.mark.parametrize("again", [WRONG, "就是这个，营业执照上就这么写"])
async def test_a_number_told_again_is_compared_by_finance(world: Context, again: str) -> None:
    asking = await Asking("c06").say("开发票，抬头北辰仪表有限公司", "ask_invoice", order_number=COAT)
    await asking.say(WRONG)
    await asking.say(again)
    await asking.say("kuaiji@example.com")
    assert asking.row == "iv_19"
    assert ticket(world).fields["tax_number"] == WRONG
    assert "校验" in ticket(world).fields["tax_unchecked"]


async def test_half_an_address_is_asked_again() -> None:
    asking = await Asking("c06").say("开个人发票", "ask_invoice", order_number=COAT)
    await asking.say("linmei@example")
    assert asking.row == "iv_18"


async def test_which_of_several_orders_is_asked_and_another_persons_is_not_spoken_of() -> None:
    asking = await Asking("c05").say("帮我开发票", "ask_invoice")
    assert said(asking.messages) == ["utter_ask_invoice_form_order_id"]
    assert len(asking.messages[0]["buttons"]) >= 2
    other = await Asking("c05", "other").say("帮我开发票", "ask_invoice", order_number=COAT)
    assert said(other.messages)[0] == "utter_orders_not_found"


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("能开发票吗", "iv_02"),
        ("你们开票需要提供什么资料", "iv_02"),
        ("能开专票吗", "iv_02_special"),
        ("发票内容可以写办公用品吗", "iv_03"),
        ("两个订单开在一张发票上行吗", "iv_04"),
    ],
)
@pytest.mark.parametrize("customer", ["c05", None])
async def test_a_question_in_general_needs_no_order(text: str, row: str, customer: str | None) -> None:
    asking = await Asking(customer).say(text, "ask_invoice")
    assert asking.row == row
    assert asking.loop is None


@pytest.mark.parametrize("text", ["帮我开张发票", "抬头错了要重开", "催一下我的发票"])
async def test_an_anonymous_shopper_signs_in_or_calls_a_person(world: Context, text: str) -> None:
    asking = await Asking(None).say(text, "ask_invoice", order_number=DRESS, phone_tail="0005")
    assert asking.row == "iv_05"
    assert ticket(world) is None
    amount = await Asking(None, "amount").say("发票上写的金额是多少", "ask_invoice")
    assert amount.row == "iv_06_open"


async def test_an_order_that_is_not_paid_or_cancelled_has_none(world: Context) -> None:
    assert (await Asking("c09").say("帮我开发票", "ask_invoice", order_number=UNPAID)).row == "iv_08"
    with writing(world.engine) as session:
        session.execute(update(Order).where(Order.id == COAT).values(state="cancelled"))
    assert (await Asking("c06").say("帮我开发票", "ask_invoice", order_number=COAT)).row == "iv_07"


async def test_before_its_time_it_is_taken_down_for_then(world: Context) -> None:
    asking = await Asking("c01").say("开个人发票，发到lin@example.com", "ask_invoice", order_number=UNSENT)
    assert asking.row == "iv_21"
    assert ticket(world).fields["issue_from"] == "received"
    parameter(world, invoice_from="paid")
    asking = await Asking("c01", "now").say("开个人发票，发到lin@example.com", "ask_invoice", order_number="880000000002")
    assert asking.row == "iv_22"


async def test_asked_for_twice_it_is_one_request_and_a_correction_changes_it(world: Context) -> None:
    asking = await Asking("c06").say("开个人发票，发到lin@example.com", "ask_invoice", order_number=COAT)
    first = ticket(world)
    assert (await asking.say("帮我开发票", "ask_invoice")).row == "iv_10"
    assert (await asking.say("发票开好了没", "ask_invoice")).row == "iv_10"
    assert (await asking.say("邮箱写错了，是mei@example.com", "ask_invoice")).row == "iv_20_open"
    assert ticket(world).id == first.id
    assert ticket(world).fields["email"] == "mei@example.com"
    assert ticket(world).fields["kind"] == "personal"
    await asking.say("抬头改成北辰仪表有限公司", "ask_invoice")
    assert asking.row == "iv_16_tax", "a new title wants its number"
    await asking.say(RIGHT)
    assert asking.row == "iv_20_open"
    assert ticket(world).fields["email"] == "mei@example.com"


async def test_an_issued_one_is_told_with_its_day_and_issued_again(world: Context) -> None:
    with writing(world.engine) as session:
        session.execute(update(Order).where(Order.id == COAT).values(invoiced_on=world.clock.today()))
    asking = await Asking("c06").say("帮我开发票", "ask_invoice", order_number=COAT)
    assert asking.row == "iv_11"
    assert asking.messages[0]["done_on"]
    again = await Asking("c06", "again").say("发票开错名字了要重开", "ask_invoice", order_number=COAT)
    assert again.row == "iv_16_kind"
    await again.say("个人")
    await again.say("lin@example.com")
    assert again.row == "iv_20"
    assert ticket(world, "again").fields["replaces"] == world.clock.today().isoformat()


async def test_nothing_asked_for_yet_is_said_with_a_way_to_begin() -> None:
    asking = await Asking("c06").say("我的发票开好了吗", "ask_invoice", order_number=COAT)
    assert asking.row == "iv_12"
    assert (await asking.press("ask_invoice", topic="request")).row == "iv_16_kind"


async def test_goods_that_went_back_and_a_late_wish_go_to_finance(world: Context) -> None:
    asking = await Asking("c06").say("退货的话发票怎么办", "ask_invoice", order_number=COAT)
    assert asking.row == "iv_09"
    parameter(world, invoice_within_days=5)
    late = await Asking("c06", "late").say("麻烦开张发票给我", "ask_invoice", order_number=COAT)
    assert late.row == "iv_13"
    assert handed_over(late.messages)


async def test_special_ones_and_shops_without_invoices_are_the_shops_word(world: Context) -> None:
    assert (await Asking("c06").say("要一张专票", "ask_invoice", order_number=COAT)).row == "iv_14"
    parameter(world, invoice_special="yes")
    special = await Asking("c06", "special").say("要一张专票", "ask_invoice", order_number=COAT)
    assert special.row == "iv_15"
    assert handed_over(special.messages)
    parameter(world, invoice_kinds="none")
    assert (await Asking("c06", "none").say("能开发票吗", "ask_invoice")).row == "iv_01"
    assert ticket(world, "none").kind == "invoice"


async def test_a_paper_invoice_needs_no_address(world: Context) -> None:
    parameter(world, invoice_kinds="paper")
    assert (await Asking("c06").say("开个人发票", "ask_invoice", order_number=COAT)).row == "iv_22"


async def test_the_sum_is_what_was_paid() -> None:
    asking = await Asking("c05").say("发票上写的金额是多少", "ask_invoice", order_number=DRESS)
    assert asking.row == "iv_06"
    assert asking.messages[0]["paid"] == "176"


@pytest.mark.parametrize(("intent", "text"), [("request_human", "转人工"), ("track_parcel", "我的快递到哪了"), ("thank_you", "谢谢")])
async def test_people_and_other_wishes_are_answered_first(intent: str, text: str) -> None:
    asking = await Asking("c06").say("帮我开张发票", "ask_invoice", order_number=COAT)
    with pytest.raises(Exception, match="does not answer"):
        await run(ValidateInvoiceForm(), turn(intent, slots=asking.slots, customer="c06", text=text, loop="invoice_form", talk="invoice"))


async def test_anger_is_no_title_and_another_kind_drops_the_number() -> None:
    asking = await Asking("c06").say("公司抬头，给我开票", "ask_invoice", order_number=COAT)
    assert asking.row == "iv_16_title"
    with pytest.raises(Exception, match="does not answer"):
        await asking.say("什么破店我要投诉", "complain")
    await asking.say("北辰仪表有限公司")
    await asking.say(WRONG)
    await asking.press("choose_option", option="personal")
    assert asking.row == "iv_16_email"
    assert not asking.slots["invoice"].get("tax")


async def test_the_answer_that_fills_the_form_is_no_correction_and_the_next_word_is(world: Context) -> None:
    asking = await Asking("c06").say("开个人发票", "ask_invoice", order_number=COAT)
    told = {"order_id": COAT, "invoice": {**asking.slots["invoice"], "email": "lin@example.com"}}
    before = [bot("iv_16_email", table="invoices")]
    tracker = turn("nlu_fallback", {}, told, "c06", "lin@example.com", talk="invoice", memory=before)
    tracker.events.append({"event": "action", "name": "invoice_form", "timestamp": 0})
    events, messages = await run(ActionSettleInvoice(), tracker)
    assert rows(messages) == ["iv_22"]
    later = turn("nlu_fallback", {}, {"order_id": COAT}, "c06", "写错啦 mei@example.com", memory=[bot("iv_22", table="invoices")])
    events, _ = await run(ActionAskAgain(), later)
    assert next_action(events) == "invoice_form"
    assert (changed(events)["invoice"]["matter"], changed(events)["invoice"]["email"]) == ("reissue", "mei@example.com")
