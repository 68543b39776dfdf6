"""Bringing by appointment, installation, repair at home, its price, parts: rows of ``delivery`` and what is recorded (flow F16)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from actions import context
from actions.context import Context
from actions.delivery import ActionArrangeDelivery, ActionTakeRepair
from actions.order_form import ActionServeOrder, AskDetail, AskOrderOfWish, ValidateOrderForm
from actions.unclear import ActionAskAgain
from shop.clock import Clock
from shop.db import writing
from shop.models import Parameter, Shop
from shop.models.base import new_stamp
from shop.tickets import Tickets
from tests.actions.support import changed, handed_over, next_action, rows, run, said, turn

SOFA, WARDROBE, CHEST, LAMP = "880000000021", "880000000022", "880000000024", "880000000013"
Messages = list[dict[str, Any]]


class Shopper:
    """One shopper's way through order_form: each message is validated, asked on, and served when the form is done."""

    def __init__(self, customer: str | None, talk: str) -> None:
        self.customer, self.talk = customer, talk
        self.slots: dict[str, Any] = {}
        self.loop: str | None = None
        self.messages: Messages = []
        self.next: str | None = None

    async def say(self, intent: str, text: str = "", entities: dict[str, Any] | None = None) -> Shopper:
        told = {"entities": entities, "customer": self.customer, "text": text, "talk": self.talk}
        events, _ = await run(ValidateOrderForm(), turn(intent, slots=self.slots, loop=self.loop, **told))
        self.slots |= changed(events)
        requested = self.slots.get("requested_slot")
        self.loop = "order_form" if requested else None
        if requested:
            action = AskDetail() if requested == "detail" else AskOrderOfWish()
            _, self.messages = await run(action, turn(intent, slots=self.slots, loop=self.loop, **told))
            return self
        events, self.messages = await run(ActionServeOrder(), turn(intent, slots=self.slots, **told))
        if next_action(events) == "action_arrange_delivery":
            events, self.messages = await run(ActionArrangeDelivery(), turn(intent, slots=self.slots, **told))
        self.slots |= changed(events)
        self.next = next_action(events)
        return self

    @property
    def rows(self) -> list[str]:
        return rows(self.messages)


def tickets(world: Context, talk: str) -> list[tuple[str, str | None]]:
    return [(t.kind, t.order_id) for t in Tickets(world.engine, "demo", world.clock).of_conversation(talk)]


# Bringing


async def test_a_day_is_proposed_and_taken(world: Context) -> None:
    shopper = await Shopper("c10", "day").say("delivery_appointment", "沙发哪天能送")
    assert shopper.rows == ["di_01"]
    assert shopper.messages[0]["visit_on"] == "11月20日（周五）"
    await shopper.say("affirm", "可以")
    assert shopper.rows == ["di_02"]
    ticket = Tickets(world.engine, "demo", world.clock).of_conversation("day")[0]
    assert (ticket.kind, ticket.order_id, ticket.fields["deliver_on"]) == ("delivery", SOFA, "2026-11-20")


async def test_another_day_is_asked_for_and_named() -> None:
    shopper = await Shopper("c10", "other").say("delivery_appointment", "沙发哪天能送")
    await shopper.say("choose_option", "", {"option": "other"})
    assert said(shopper.messages) == ["utter_delivery_which_day"]
    await shopper.say("delivery_appointment", "那就周日吧", {"date": "2026-11-22"})
    assert shopper.rows == ["di_02"]
    assert shopper.messages[0]["visit_on"] == "11月22日（周日）"


async def test_a_day_named_at_once_is_not_asked_for() -> None:
    shopper = await Shopper("c10", "once").say("delivery_appointment", "沙发周六送过来行吗", {"date": "2026-11-21"})
    assert shopper.rows == ["di_02"]


@pytest.mark.parametrize("day", ["2026-11-17", "2026-11-18", "2028-01-01", "nonsense"])
async def test_a_day_that_is_over_or_far_away_is_asked_again(day: str) -> None:
    shopper = await Shopper("c10", "past").say("delivery_appointment", "沙发哪天能送")
    with_day = await shopper.say("delivery_appointment", "那天送", {"date": day})
    assert said(with_day.messages) == ["utter_delivery_which_day"]


async def test_who_has_no_day_yet_is_called(world: Context) -> None:
    shopper = await Shopper("c10", "later").say("delivery_appointment", "沙发哪天能送")
    await shopper.say("deny", "到时再联系")
    assert shopper.rows == ["di_z_08"]
    assert tickets(world, "later") == [("delivery", SOFA)]


async def test_what_is_already_there_or_goes_by_courier_is_not_arranged(world: Context) -> None:
    brought = await Shopper("c10", "there").say("delivery_appointment", "衣柜几号送", {"product": "p3002"})
    assert brought.rows == ["di_z_06"]
    parcel = await Shopper("c03", "parcel").say("delivery_appointment", "能周末送吗", {"order_number": "880000000006"})
    assert parcel.rows == ["di_z_05", "ls_15"]
    assert tickets(world, "there") == tickets(world, "parcel") == []


async def test_an_exchange_is_brought_and_the_old_piece_taken_along(world: Context) -> None:
    Tickets(world.engine, "demo", world.clock).open("exchange", conversation_id="earlier", order_id=WARDROBE, customer_id="c10")
    shopper = await Shopper("c10", "swap").say("delivery_appointment", "换的衣柜哪天送", {"product": "p3002"})
    assert shopper.rows == ["di_07"]
    await shopper.say("affirm", "可以")
    assert shopper.rows == ["di_02"]


async def test_lateness_is_regretted_with_a_time_for_the_answer(world: Context) -> None:
    shopper = await Shopper("c10", "late").say("delivery_appointment", "说两点到怎么还没来", {"topic": "late"})
    assert shopper.rows == ["di_03"]
    assert shopper.messages[0]["deadline"] == "今天14:00"
    assert tickets(world, "late") == [("delivery_late", SOFA)]


async def test_before_an_order_the_answer_is_general() -> None:
    shopper = await Shopper(None, "nobody").say("delivery_appointment", "沙发送货和安装一起吗")
    assert shopper.rows == ["di_z_01"]


@pytest.mark.parametrize(("day", "taken"), [("2026-11-23", True), ("2026-11-17", False)])
async def test_a_day_named_afterwards_is_another_wish_for_the_same_delivery(world: Context, day: str, taken: bool) -> None:
    await Shopper("c10", "again").say("delivery_appointment", "沙发周六送过来", {"date": "2026-11-21"})
    told = turn("nlu_fallback", {"date": day}, {"order_id": SOFA}, "c10", text="改成下周一吧", talk="again")
    events, _ = await run(ActionAskAgain(), told)
    assert (next_action(events) == "action_arrange_delivery") is taken
    if taken:
        events, messages = await run(
            ActionArrangeDelivery(), turn("nlu_fallback", {"date": day}, {"order_id": SOFA, **changed(events)}, "c10", talk="again")
        )
        assert rows(messages) == ["di_02"]
        ticket = Tickets(world.engine, "demo", world.clock).of_conversation("again")[0]
        assert ticket.fields["deliver_on"] == day


# At home


@pytest.mark.parametrize(
    ("text", "fault", "row"),
    [("师傅把柜门装歪了", None, "di_z_12"), ("安装的人不专业", "少装了一块层板", "di_z_12"), ("安装的时候把地板刮坏了", None, "di_z_11")],
)
async def test_what_was_installed_wrongly_is_put_right(world: Context, text: str, fault: str | None, row: str) -> None:
    shopper = await Shopper("c10", row).say("report_installation", text, {"product": "p3002"})
    if fault:
        assert shopper.rows == ["di_z_13"]
        await shopper.say("report_missing", fault)
    assert shopper.rows == [row]
    assert handed_over(shopper.messages) is (row == "di_z_11")
    assert [order for _, order in tickets(world, row)] == [WARDROBE]


async def test_goods_that_do_not_fit_the_room_go_on_to_the_return(world: Context) -> None:
    shopper = await Shopper("c10", "fit").say("report_installation", "衣柜太大摆不下", {"topic": "no_fit", "product": "p3002"})
    assert shopper.rows == ["di_08"]
    await shopper.say("give_measurements", "房间高两米一，宽一米七")
    assert shopper.rows == ["di_z_15"]
    assert (shopper.next, shopper.slots["reason"]) == ("return_form", "no_room")


async def test_goods_not_sent_yet_are_changed_without_freight() -> None:
    shopper = await Shopper("c10", "unsent").say("report_installation", "沙发怕进不了门", {"topic": "no_fit", "order_number": SOFA})
    assert shopper.rows == ["di_z_14"]


async def test_clothes_that_do_not_fit_are_no_matter_of_furniture() -> None:
    shopper = await Shopper("c05", "dress").say("report_installation", "穿不下", {"topic": "no_fit", "order_number": "880000000009"})
    assert (shopper.next, shopper.slots["reason"]) == ("return_form", "buyer_reason")


# Repair, price, parts


@pytest.mark.parametrize(
    ("entities", "customer", "follow"),
    [
        ({"product": "p3002"}, "c10", "order_form"),
        ({"product": "p4001"}, "c07", "return_form"),
        ({"topic": "fee"}, "c07", "order_form"),
        ({"topic": "parts"}, "c07", "order_form"),
        ({}, "c05", "return_form"),
    ],
)
async def test_a_repair_goes_where_it_is_done(entities: dict[str, str], customer: str, follow: str) -> None:
    events, messages = await run(ActionTakeRepair(), turn("request_repair", entities, customer=customer, text="想修一下"))
    assert (next_action(events), messages) == (follow, [])


async def test_a_repair_at_home_is_registered_with_the_fault_and_asks_for_no_address(world: Context) -> None:
    shopper = await Shopper("c10", "repair").say("request_repair", "衣柜想报修", {"product": "p3002"})
    assert shopper.rows == ["rv_01_ask"]
    await shopper.say("report_quality", "左边推拉门卡住了")
    assert shopper.rows == ["rv_01"]
    assert shopper.messages[0]["deadline"] == "今天14:00"
    ticket = Tickets(world.engine, "demo", world.clock).of_conversation("repair")[0]
    assert (ticket.kind, ticket.fields["problem"], ticket.fields["product"]) == ("repair_visit", "左边推拉门卡住了", "推拉门衣柜")


@pytest.mark.parametrize(("confirmed", "deadline"), [(False, "今天12:00"), (True, "今天10:05")])
async def test_at_night_somebody_calls_after_the_next_opening(world: Context, confirmed: bool, deadline: str) -> None:
    """style.md 7: the five minutes are promised only by a shop that has confirmed them."""
    if confirmed:
        with writing(world.engine) as session:
            session.add(Parameter(shop_id="demo", name="aftersales_contact_min", value={"value": 5}, updated_at=world.clock.now()))
            session.get_one(Shop, "demo").stamp = new_stamp()
    night = Clock(fixed=datetime.fromisoformat("2026-11-18T02:00:00+08:00"))
    context.use(Context(world.engine, night))
    shopper = await Shopper("c10", "night").say("request_repair", "衣柜门坏了要修", {"product": "p3002"})
    assert shopper.rows == ["rv_01"]
    assert shopper.messages[0]["deadline"] == deadline


@pytest.mark.parametrize(("text", "row"), [("师傅什么时候来", "rv_06"), ("师傅说要带回去修", "rv_03"), ("修完还是关不上，没修好", "rv_04")])
async def test_a_repair_under_way_is_gone_on_with(world: Context, text: str, row: str) -> None:
    await Shopper("c10", "way").say("request_repair", "衣柜门坏了要修", {"product": "p3002"})
    shopper = await Shopper("c10", "way").say("request_repair", text, {"product": "p3002"})
    assert shopper.rows == [row]


@pytest.mark.parametrize(
    ("order", "customer", "row"), [(WARDROBE, "c10", "rv_05_free"), (LAMP, "c07", "rv_05_free"), ("880000000009", "c05", "rv_05")]
)
async def test_the_price_is_told_before_any_work(order: str, customer: str, row: str) -> None:
    shopper = await Shopper(customer, "fee").say("request_repair", "修一次多少钱", {"topic": "fee", "order_number": order})
    assert shopper.rows == [row]


async def test_the_price_in_general_needs_no_order() -> None:
    shopper = await Shopper(None, "fee").say("request_repair", "修一次多少钱", {"topic": "fee"})
    assert shopper.rows == ["rv_05_general"]


async def test_of_several_orders_the_one_is_chosen_without_losing_the_question() -> None:
    shopper = await Shopper("c06", "several").say("request_repair", "修一次多少钱", {"topic": "fee"})
    assert shopper.rows == ["rv_05_general"]
    assert all('"topic": "fee"' in button["payload"] for button in shopper.messages[-1]["buttons"])


async def test_a_part_is_named_or_asked_for(world: Context) -> None:
    shopper = await Shopper("c10", "part").say("request_repair", "能单独买个把手吗", {"topic": "parts", "order_number": WARDROBE})
    assert (shopper.rows, shopper.messages[0]["part"]) == (["rv_07"], "把手")
    other = await Shopper("c10", "other part").say("request_repair", "想买个配件", {"topic": "parts", "order_number": WARDROBE})
    assert other.rows == ["rv_07_ask"]
    await other.say("nlu_fallback", "下面那个滑轮")
    assert (other.rows, other.messages[0]["part"]) == (["rv_07"], "滑轮")
    assert tickets(world, "other part") == [("parts", WARDROBE)]


async def test_a_part_that_was_left_out_is_the_shops_to_send() -> None:
    shopper = await Shopper("c10", "left").say("request_repair", "缺的配件寄给我", {"topic": "parts", "order_number": WARDROBE})
    assert (shopper.next, shopper.slots["reason"]) == ("return_form", "missing_part")


async def test_when_does_he_come_is_about_the_visit_that_was_registered(world: Context) -> None:
    await Shopper("c10", "visit").say("request_repair", "衣柜门坏了要修", {"product": "p3002"})
    later = Shopper("c10", "visit")
    later.slots["order_id"] = WARDROBE
    await later.say("delivery_appointment", "师傅几点到")
    assert later.rows == ["rv_06"]
    assert [kind for kind, _ in tickets(world, "visit")] == ["repair_visit"], "no second one"


@pytest.mark.parametrize("customer_talk", ["same", "another"])
async def test_a_visit_is_never_registered_twice(world: Context, customer_talk: str) -> None:
    await Shopper("c10", "same").say("request_repair", "衣柜门坏了要修", {"product": "p3002"})
    again = await Shopper("c10", customer_talk).say("request_repair", "师傅要带回去修", {"product": "p3002"})
    assert again.rows == ["rv_03"]
    assert len(Tickets(world.engine, "demo", world.clock).of_order(WARDROBE)) == 1


async def test_what_is_broken_is_no_matter_of_the_rooms_size() -> None:
    shopper = await Shopper("c10", "door").say("report_installation", "门关不上了", {"topic": "no_fit", "product": "p3002"})
    assert shopper.rows == ["rv_01"]
    fitter = await Shopper("c10", "hung").say("report_installation", "师傅走后门关不上", {"topic": "no_fit", "product": "p3002"})
    assert fitter.rows == ["rv_06"] or fitter.rows == ["di_z_12"]


# Whose order, and leaving it


async def test_somebody_elses_order_is_not_arranged() -> None:
    shopper = await Shopper("c01", "foreign").say("delivery_appointment", "哪天送", {"order_number": SOFA})
    assert said(shopper.messages)[0] == "utter_orders_not_found"


async def test_a_typed_name_after_which_order_keeps_the_wish() -> None:
    shopper = await Shopper("c01", "typed").say("change_address", "地址填错了")
    assert said(shopper.messages) == ["utter_ask_order_form_order_id"]
    await shopper.say("ask_product_info", "连衣裙", {"product": "p1001"})
    assert (shopper.rows, shopper.slots["wish"]["order_id"]) == (["ad_23"], "880000000001")


async def test_an_anonymous_shopper_arranges_nothing_by_phone_digits() -> None:
    shopper = await Shopper(None, "digits").say("delivery_appointment", "哪天送", {"order_number": SOFA, "phone_tail": "0010"})
    assert shopper.rows == ["di_z_07"]
    assert handed_over(shopper.messages)
