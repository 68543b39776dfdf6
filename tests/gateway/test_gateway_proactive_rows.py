"""Every event of the handbooks (data/wishes.yml, events) from the shop's data to the shopper, by the row of the table that sends it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.services import Services
from gateway.talks import Draft, Incoming
from policy.lifecycle import Lifecycle
from policy.parameters import load_parameters
from shop.clock import Clock
from shop.db import make_engine, writing
from shop.effects import Effects
from shop.models import TicketRow
from shop.returns import Returns
from shop.seed import confirm_demo, seed
from shop.tickets import Tickets
from tests.gateway.proactive_support import NOON, Shop

NUMBER = "880000000901"


class Follow:
    """One customer's talk that somebody looks at, while the shop's data changes."""

    def __init__(self, shop: Shop, services: Services, talk: str) -> None:
        self.shop = shop
        self.services = services
        self.talk = talk
        self.placed = shop.clock.now().isoformat()

    async def order(self, state: str, **more: Any) -> Follow:
        """The order as the shop's system has it now, and a tick."""
        self.shop.order(state=state, ordered_at=self.placed, **more)
        return await self.after()

    async def parcel(self, **shipment: Any) -> Follow:
        """The order's parcel as the shop's system has it now, and a tick."""
        self.shop.put("shipments", NUMBER, courier="yto", **{"tracking": "YT8800000000901", **shipment})
        return await self.after()

    async def after(self, **by: float) -> Follow:
        """Time passes, the shop's system goes on confirming its facts, and the scheduler ticks."""
        self.shop.clock.pass_by(**(by or {"minutes": 1}))
        confirm_demo(self.shop.database, "demo", self.shop.clock)
        with self.shop.window(self.services, self.talk):
            await self.shop.tick(self.services)
        return self

    @property
    def rows(self) -> dict[str, str]:
        """Row of the table → what was said by it, in order."""
        messages, _ = self.services.store.messages(self.talk, limit=200)
        told: dict[str, str] = {}
        for message in messages:
            if message.trace.get("proactive"):
                told[str(message.trace["row"])] = told.get(str(message.trace["row"]), "") + message.text
        return told


@pytest.fixture
async def follow(home: Path) -> Follow:
    engine = make_engine(f"sqlite:///{home / 'shop.db'}")
    seed(engine, Clock(fixed=NOON), fresh=True)
    shop = Shop(engine, home)
    services = shop.gateway()
    await shop.tick(services)
    shop.clock.pass_by(minutes=1)
    return Follow(shop, services, await shop.talk(services))


async def test_an_order_is_confirmed_and_what_it_lacks_is_asked_for(follow: Follow) -> None:
    """ev_order_created: px_00 (s_deal_info_request), px_01."""
    customer = {"id": "c90", "name": "许女士"}
    await follow.order("paid", customer=customer)
    assert list(follow.rows) == ["px_00"]
    assert "收货电话" in follow.rows["px_00"]
    assert "验证码" in follow.rows["px_00"]


async def test_a_paid_order_is_confirmed(follow: Follow) -> None:
    """ev_order_created: px_02."""
    assert list((await follow.order("paid")).rows) == ["px_02"]


async def test_an_unpaid_order_from_the_window_to_its_end(follow: Follow) -> None:
    """ev_unpaid_online px_04, ev_no_reply_2d px_03, ev_unpaid_3d px_05, ev_unpaid_7d px_06, and px_09 for staff."""
    await follow.order("unpaid")
    await follow.after(minutes=45)
    assert list(follow.rows) == ["px_01", "px_04"]
    for _ in range(2 * 15):
        await follow.after(hours=12)
    assert list(follow.rows) == ["px_01", "px_04", "px_03", "px_05", "px_06"]
    assert all(word not in text for text in follow.rows.values() for word in ("投诉", "差评", "举报")), "nobody is threatened"
    (expired,) = follow.shop.outbox.entries(event="unpaid_expired", customer_id="c90")
    assert (expired.row or "").startswith("px_09")


async def test_a_shops_own_time_to_pay_is_told_at_half_and_at_its_end(follow: Follow, monkeypatch: pytest.MonkeyPatch) -> None:
    """px_07, px_08 (decisions.md: unpaid orders), px_10 when it was closed."""
    monkeypatch.setattr("shop.catalogue.ShopRepository.parameters", lambda self: {"unpaid_close_hours": 8})
    await follow.order("unpaid")
    await follow.after(hours=4, minutes=1)
    await follow.after(hours=3, minutes=20)
    await follow.order("cancelled")
    assert [row for row in follow.rows if row in ("px_07", "px_08", "px_10")] == ["px_07", "px_08", "px_10"]


async def test_from_payment_to_the_visit_and_the_review(follow: Follow) -> None:
    """ev_payment_received px_11, ev_shipped px_15, ev_tracking_online px_16, ev_arrived px_17, ev_signed_visit px_24,
    ev_satisfied px_27."""
    await follow.order("unpaid")
    await follow.order("paid")
    sent = follow.shop.clock.now()
    await follow.order("shipped")
    await follow.parcel(shipped_at=sent.isoformat())
    await follow.after(days=4)
    scan: dict[str, Any] = {"at": follow.shop.clock.now().isoformat(), "place": "杭州分拨", "text": "已到达", "arrived_region": False}
    await follow.parcel(shipped_at=sent.isoformat(), scans=[scan])
    await follow.after(hours=20)
    there = {**scan, "at": follow.shop.clock.now().isoformat(), "place": "宁波网点", "text": "派送中", "arrived_region": True}
    await follow.parcel(shipped_at=sent.isoformat(), scans=[scan, there])
    signed = follow.shop.clock.now()
    await follow.order("received")
    await follow.parcel(shipped_at=sent.isoformat(), signed_at=signed.isoformat(), scans=[scan, there])
    await follow.after(days=2, hours=1)
    assert list(follow.rows) == ["px_01", "px_11", "px_15", "px_16", "px_17", "px_24"]
    message, _ = follow.services.store.take(follow.talk, Incoming("00000000-0000-4000-8000-000000000011", "挺好的"))
    follow.services.store.finish(follow.talk, [message.id], "answered", [Draft("bot", "谢谢")], None, {"intent": "satisfied"})
    await follow.after(minutes=2)
    await follow.after(minutes=2)
    assert list(follow.rows)[-1] == "px_27"
    assert "如实" in follow.rows["px_27"]


async def test_a_parcel_without_a_number_is_announced_so(follow: Follow) -> None:
    """ev_shipped: px_15_a."""
    await follow.order("paid")
    await follow.order("shipped")
    await follow.parcel(shipped_at=follow.shop.clock.now().isoformat(), tracking=None)
    assert "没有单号" in follow.rows["px_15_a"]


async def test_missing_and_late_goods_are_told_with_the_ways_on(follow: Follow) -> None:
    """ev_out_of_stock px_12; ev_dispatch_delayed px_14, px_13."""
    await follow.order("unpaid", variant="雾蓝/L")
    await follow.order("paid", variant="雾蓝/L", purchase="awaiting")
    assert "px_12" in follow.rows
    later = (follow.shop.clock.now() + timedelta(days=9)).date().isoformat()
    await follow.order("paid", variant="雾蓝/L", purchase="awaiting", restock_on=later)
    await follow.after(days=6)
    assert "px_14" in follow.rows
    assert all("退款" in follow.rows[row] for row in ("px_12", "px_14"))


async def test_a_late_dispatch_is_told_with_its_day(follow: Follow) -> None:
    """ev_dispatch_delayed: px_13."""
    planned = (follow.shop.clock.now() + timedelta(days=8)).date()
    await follow.order("paid", purchase="arrived", ship_on=planned.isoformat())
    await follow.after(days=6)
    assert f"{planned.month}月{planned.day}日" in follow.rows["px_13"]


@pytest.mark.parametrize(
    ("kind", "payload", "row", "told"),
    [
        ("reship", {"tracking": "YT990"}, "px_18", "YT990"),
        ("difference_refund", {"amount": "12.50"}, "px_19", "12.5元"),
        ("refund", {"amount": "100"}, "px_20", "100元"),
        ("repair_fee", {}, "px_22", "维修"),
    ],
)
async def test_a_deed_of_after_sales_is_told_with_its_own_values(
    follow: Follow, kind: str, payload: dict[str, str], row: str, told: str
) -> None:
    """ev_reshipped, ev_changed_diff_refunded, ev_refunded, ev_repair_fee_paid."""
    await follow.order("received")
    Effects(follow.shop.database, "demo", follow.shop.clock).record(kind, ref=NUMBER, conversation_id=follow.talk, payload=payload)
    assert told in (await follow.after()).rows[row]


async def test_returned_goods_that_arrived_are_told(follow: Follow) -> None:
    """ev_return_received: px_21."""
    await follow.order("received")
    ticket = Tickets(follow.shop.database, "demo", follow.shop.clock).open(
        "return", conversation_id=follow.talk, order_id=NUMBER, customer_id="c90"
    )
    returns = Returns(follow.shop.database, "demo", follow.shop.clock, Lifecycle(load_parameters()))
    returns.approve(ticket.id, remedy="return_refund")
    returns.sent_back(ticket.id, "YT770", by="c90")
    returns.received(ticket.id, by="w1")
    assert ticket.id in (await follow.after()).rows["px_21"]


async def test_steps_that_were_explained_are_asked_after_a_day_later(follow: Follow) -> None:
    """ev_guide_visit: px_25."""
    message, _ = follow.services.store.take(follow.talk, Incoming("00000000-0000-4000-8000-000000000012", "灯怎么连网"))
    steps = Draft("bot", "长按开关五秒", trace={"script": "s_qp_guide"})
    follow.services.store.finish(follow.talk, [message.id], "answered", [steps], None, {"intent": "usage_help"})
    await follow.after(minutes=3)
    assert "解决" in (await follow.after(days=1, hours=1)).rows["px_25"]


@pytest.mark.parametrize("kind", ["repair_visit", "installation"])
async def test_a_visit_at_home_is_asked_about_when_it_is_over(follow: Follow, kind: str) -> None:
    """ev_service_visit: px_26, after a repair or an installation."""
    await follow.order("received", product="p3001", variant="燕麦色/三人位", delivery="appointment")
    ticket = Tickets(follow.shop.database, "demo", follow.shop.clock).open(
        kind, conversation_id=follow.talk, order_id=NUMBER, customer_id="c90"
    )
    with writing(follow.shop.database) as session:
        row = session.get_one(TicketRow, ("demo", ticket.id))
        row.state, row.closed_at = "closed", follow.shop.clock.now()
    await follow.after()
    assert "满意" in (await follow.after(days=1, hours=1)).rows["px_26"]


async def test_who_still_waits_for_help_is_not_asked_whether_all_is_well(follow: Follow) -> None:
    """ev_signed_visit with an open ticket: px_23 says nothing."""
    await follow.order("received")
    await follow.parcel(signed_at=follow.shop.clock.now().isoformat())
    Tickets(follow.shop.database, "demo", follow.shop.clock).open("exchange", conversation_id=follow.talk, order_id=NUMBER)
    await follow.after(days=2, hours=1)
    assert follow.rows == {}
    assert (follow.shop.entry("signed_visit").row or "").startswith("px_23")


async def test_a_promise_to_call_back_is_kept_even_without_a_result(follow: Follow) -> None:
    """ev_complaint_due: px_28."""
    ticket = Tickets(follow.shop.database, "demo", follow.shop.clock).open(
        "complaint_simple", conversation_id=follow.talk, due_at=follow.shop.clock.now()
    )
    assert ticket.id in (await follow.after()).rows["px_28"]


async def test_goods_by_appointment_are_announced_and_put_off_in_time(follow: Follow) -> None:
    """ev_goods_ready px_29, ev_delivery_risk px_30."""
    sofa = {"product": "p3001", "variant": "燕麦色/三人位", "delivery": "appointment"}
    day = follow.shop.clock.now().date()
    await follow.order("paid", **sofa, purchase="awaiting", ship_on=(day + timedelta(days=5)).isoformat())
    await follow.order("paid", **sofa, purchase="arrived", ship_on=(day + timedelta(days=5)).isoformat())
    await follow.order("paid", **sofa, purchase="arrived", ship_on=(day + timedelta(days=8)).isoformat())
    assert list(follow.rows)[-2:] == ["px_29", "px_30"]
    late = day + timedelta(days=8)
    assert f"{late.month}月{late.day}日" in follow.rows["px_30"]


async def test_a_question_left_open_is_kept_and_not_pressed(follow: Follow) -> None:
    """ev_idle: px_31 (s_idle_chat), once."""
    asked = Draft("bot", "请问是哪一单？", trace={"state": {"requested_slot": "order_id"}})
    follow.services.store.finish(follow.talk, [], "answered", [asked])
    for _ in range(4):
        await follow.after(minutes=6)
    assert list(follow.rows) == ["px_31"]
    assert "方便时" in follow.rows["px_31"]


async def test_who_looked_and_did_not_buy_is_written_to_only_after_a_yes(follow: Follow) -> None:
    """ev_browse_not_order: px_32 asks (s_presale_nofollow), px_33 writes once, after the yes."""
    follow.talk = (await follow.services.conversations.open("c01", "p2003", "address"))["id"]

    def looks(number: str) -> None:
        message, _ = follow.services.store.take(follow.talk, Incoming(f"00000000-0000-4000-8000-0000000000{number}", "这被子多少钱"))
        follow.services.store.finish(follow.talk, [message.id], "answered", [Draft("bot", "699元")], None, {"intent": "ask_price"})

    looks("21")
    await follow.after(minutes=11)
    assert list(follow.rows) == ["px_32"]
    consents = follow.services.scheduler._proactive.consents
    consents.set("given", customer_id="c01", conversation_id=follow.talk, answer="需要，通知我")
    looks("22")
    await follow.after(minutes=1)
    for _ in range(3):
        await follow.after(days=2, minutes=1)
    assert list(follow.rows) == ["px_32", "px_33"]
    assert "退订" in follow.rows["px_33"]
