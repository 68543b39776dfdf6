"""Messages the shop begins: told once, at a decent hour, to who is there or will come back. On SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from gateway.services import Services
from gateway.store import NoSuchTalk
from gateway.talks import Incoming
from policy.proactive import look
from shop.clock import Clock
from shop.db import make_engine, migrate, reading, writing
from shop.effects import Effects
from shop.models import OutboxRow, TicketRow
from shop.outbox import LeaseLost, Plan
from shop.seed import seed
from shop.tickets import Tickets
from tests.gateway.proactive_support import NOON, Shop
from tests.shop.conftest import postgres, postgres_url  # noqa: F401  # fixtures


@pytest.fixture(scope="session")
def seeded_at_noon(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("noon") / "shop.db"
    engine = make_engine(f"sqlite:///{path}")
    migrate(engine)
    seed(engine, Clock(fixed=NOON))
    engine.dispose()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path, seeded_at_noon: Path) -> Iterator[Engine]:
    if request.param == "postgresql":
        found: Engine = request.getfixturevalue("postgres")
        migrate(found)
        seed(found, Clock(fixed=NOON))
        yield found
        return
    shutil.copy(seeded_at_noon, tmp_path / "shop.db")
    found = make_engine(f"sqlite:///{tmp_path / 'shop.db'}")
    yield found
    found.dispose()


@pytest.fixture
async def shop(database: Engine, tmp_path: Path) -> Shop:
    return Shop(database, tmp_path)


@pytest.fixture
async def gateway(shop: Shop) -> Services:
    """A gateway whose scheduler has looked at the seeded shop once."""
    services = shop.gateway()
    await shop.tick(services)
    shop.clock.pass_by(minutes=1)
    return services


async def test_a_freshly_seeded_shop_says_nothing(shop: Shop) -> None:
    gateway = shop.gateway()
    talks = [await shop.talk(gateway, f"c{number:02d}") for number in range(1, 11)]
    for talk in talks:
        gateway.hub.saw(talk)
    for _ in range(3):
        await shop.tick(gateway)
        shop.clock.pass_by(minutes=8)
    assert shop.outbox.entries() == []
    assert [shop.said(gateway, talk) for talk in talks] == [[]] * 10


async def test_an_order_is_confirmed_once_whatever_restarts(shop: Shop, gateway: Services) -> None:
    talk = await shop.talk(gateway)
    shop.order()
    with shop.window(gateway, talk) as window:
        await shop.tick(gateway)
        event = await asyncio.wait_for(window.get(), 20)
    assert "880000000901" in event["message"]["text"]
    again = shop.gateway()
    with shop.window(again, talk):
        for _ in range(3):
            shop.clock.pass_by(minutes=1)
            await shop.tick(again)
    assert shop.said(again, talk) == ["deal_confirm_unpaid"]
    assert shop.entry("order_created").state == "delivered"


async def test_a_crash_between_message_and_mark_tells_it_once(shop: Shop, gateway: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    talk = await shop.talk(gateway)
    shop.order()
    with shop.window(gateway, talk):
        with monkeypatch.context() as patch:

            def dies(*_: Any, **__: Any) -> None:
                raise RuntimeError("the power went")

            patch.setattr("shop.outbox.Outbox.tell", dies)
            await shop.tick(gateway)
        assert shop.said(gateway, talk) == []
        shop.clock.pass_by(minutes=2)
        await shop.tick(gateway)
        await shop.tick(gateway)
    assert shop.said(gateway, talk) == ["deal_confirm_unpaid"]


async def test_two_schedulers_at_once_tell_it_once(shop: Shop, gateway: Services) -> None:
    gateways = [gateway, *(shop.gateway() for _ in range(3))]
    talks = {}
    for number in range(1, 9):
        talks[number] = await shop.talk(gateway, f"c{number:02d}")
        shop.order(f"8800000009{number:02d}", customer=f"c{number:02d}")
    for services in gateways:
        for talk in talks.values():
            services.hub.saw(talk)

    def work(services: Services) -> None:
        asyncio.run(shop.tick(services))

    threads = [threading.Thread(target=work, args=(services,)) for services in gateways]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    shop.clock.pass_by(minutes=3)
    await shop.tick(gateway)
    assert [shop.said(gateway, talk) for talk in talks.values()] == [["deal_confirm_unpaid"]] * 8


async def test_an_unpaid_order_is_reminded_of_and_then_left_to_the_shop(shop: Shop, gateway: Services) -> None:
    talk = await shop.talk(gateway)
    shop.order()
    gateway.hub.is_here = lambda talk_id: talk_id == talk  # type: ignore[method-assign]
    for _ in range(2 * 18):
        await shop.tick(gateway)
        shop.clock.pass_by(hours=12)
    assert shop.said(gateway, talk) == ["deal_confirm_unpaid", "deal_no_reply", "payment_3d", "payment_7d"]
    messages, _ = gateway.store.messages(talk, limit=100)
    assert any("12月2日" in message.text for message in messages), "kept until a named day"
    with reading(shop.database) as session:
        tickets = list(session.scalars(select(TicketRow).where(TicketRow.kind == "close_unpaid", TicketRow.order_id == "880000000901")))
    assert len(tickets) == 1
    assert tickets[0].row == "pm_06"


async def test_who_has_answered_is_not_asked_whether_the_message_came(shop: Shop, gateway: Services) -> None:
    talk = await shop.talk(gateway)
    shop.order()
    gateway.hub.is_here = lambda talk_id: talk_id == talk  # type: ignore[method-assign]
    await shop.tick(gateway)
    shop.clock.pass_by(hours=3)
    gateway.store.take(talk, Incoming("00000000-0000-4000-8000-000000000001", "好的"))
    for _ in range(5):
        shop.clock.pass_by(hours=12)
        await shop.tick(gateway)
    assert shop.said(gateway, talk) == ["deal_confirm_unpaid"]


async def test_an_order_is_followed_from_payment_to_the_visit(shop: Shop, gateway: Services) -> None:
    talk = await shop.talk(gateway)
    gateway.hub.is_here = lambda talk_id: talk_id == talk  # type: ignore[method-assign]
    placed = shop.clock.now().isoformat()

    async def becomes(state: str, **shipment: Any) -> None:
        shop.order(state=state, ordered_at=placed)
        if shipment:
            shop.put("shipments", "880000000901", courier="yto", tracking="YT8800000000901", **shipment)
        await shop.tick(gateway)

    await becomes("unpaid")
    shop.clock.pass_by(hours=1)
    await becomes("paid")
    shop.clock.pass_by(days=1)
    sent = shop.clock.now().isoformat()
    await becomes("shipped", shipped_at=sent)
    shop.clock.pass_by(days=1)
    scan = {"at": shop.clock.now().isoformat(), "place": "宁波网点", "text": "派送中", "arrived_region": True, "out_for_delivery": True}
    await becomes("shipped", shipped_at=sent, scans=[scan])
    shop.clock.pass_by(hours=2)
    await becomes("received", shipped_at=sent, signed_at=shop.clock.now().isoformat(), scans=[scan])
    shop.clock.pass_by(days=2, hours=1)
    await shop.tick(gateway)
    assert shop.said(gateway, talk) == ["deal_confirm_unpaid", "payment_received", "shipped", "arrived", "signed_visit"]
    messages, _ = gateway.store.messages(talk, limit=100)
    text = "\n".join(message.text for message in messages)
    assert "176元" in text
    assert "YT8800000000901" in text
    assert "{" not in text


async def test_trouble_with_the_order_is_not_met_with_a_cheerful_question(shop: Shop, gateway: Services) -> None:
    talk = await shop.talk(gateway)
    shop.order(state="received")
    shop.put("shipments", "880000000901", courier="yto", tracking="YT1", signed_at=shop.clock.now().isoformat())
    Tickets(shop.database, "demo", shop.clock).open("return", conversation_id=talk, order_id="880000000901")
    await shop.tick(gateway)
    shop.clock.pass_by(days=2, hours=1)
    await shop.tick(gateway)
    assert shop.said(gateway, talk) == []
    assert (shop.entry("signed_visit").state, shop.entry("signed_visit").why) == ("suppressed", "moved_on")


async def test_at_night_who_is_away_is_left_in_peace_and_who_is_here_is_answered(shop: Shop, gateway: Services) -> None:
    hooked = shop.gateway(webhook=True)
    here = await shop.talk(hooked, "c01")
    shop.clock.pass_by(hours=11)
    shop.order("880000000911", customer="c01")
    shop.order("880000000912", customer="c02")
    with shop.window(hooked, here):
        await shop.tick(hooked)
    assert shop.said(hooked, here) == ["deal_confirm_unpaid"]
    assert shop.receiver.requests == []
    waiting = shop.outbox.entries(order_id="880000000912")[0]
    assert (waiting.state, waiting.why) == ("planned", "quiet_hours")
    shop.clock.pass_by(hours=10, minutes=1)
    await shop.tick(hooked)
    assert [body["order_id"] for body in shop.receiver.bodies] == ["880000000912"]


async def test_reminders_keep_to_the_daily_limit_and_facts_do_not(shop: Shop, gateway: Services) -> None:
    talk = await shop.talk(gateway)
    gateway.hub.is_here = lambda talk_id: talk_id == talk  # type: ignore[method-assign]
    for number in range(5):
        shop.order(f"88000000092{number}", ordered_at=(shop.clock.now()).isoformat())
    await shop.tick(gateway)
    assert len(shop.outbox.entries(event="order_created", state="delivered")) == 5
    shop.clock.pass_by(days=3, minutes=1)
    await shop.tick(gateway)
    told = shop.outbox.entries(event="unpaid_3d", customer_id="c90")
    assert sorted(entry.state for entry in told) == ["delivered"] * 3 + ["planned"] * 2
    assert {entry.why for entry in told if entry.state == "planned"} == {"enough_today"}
    shop.clock.pass_by(days=1)
    await shop.tick(gateway)
    assert len(shop.outbox.entries(event="unpaid_3d", state="delivered", customer_id="c90")) == 5


async def test_without_a_webhook_it_waits_for_the_next_opening(shop: Shop, gateway: Services) -> None:
    shop.order()
    await shop.tick(gateway)
    waiting = shop.entry("order_created")
    assert (waiting.state, waiting.why, waiting.delivered_at) == ("planned", "for_opening", None)
    shop.clock.pass_by(minutes=10)
    talk = await shop.talk(gateway)
    with shop.window(gateway, talk) as window:
        gateway.scheduler.opened(gateway.store.talk(talk))  # type: ignore[arg-type]
        running = asyncio.create_task(gateway.scheduler.run(None))
        event = await asyncio.wait_for(window.get(), 20)
        running.cancel()
        # It may be in the database right now: nobody closes that under it.
        await asyncio.gather(running, return_exceptions=True)
    assert event["type"] == "message"
    assert shop.entry("order_created").state == "delivered"


async def test_what_waited_too_long_is_no_news_any_more(shop: Shop, gateway: Services) -> None:
    shop.order(state="paid")
    await shop.tick(gateway)
    shop.clock.pass_by(days=4)
    talk = await shop.talk(gateway)
    with shop.window(gateway, talk):
        await shop.tick(gateway)
    assert shop.said(gateway, talk) == []
    assert (shop.entry("order_created").state, shop.entry("order_created").why) == ("suppressed", "too_old")


async def test_old_orders_that_are_imported_late_are_no_news(shop: Shop, gateway: Services) -> None:
    talk = await shop.talk(gateway)
    shop.order(state="paid", ordered_at="2026-11-01T10:00:00+08:00", purchase="awaiting", variant="雾蓝/L")
    with shop.window(gateway, talk):
        await shop.tick(gateway)
    assert shop.said(gateway, talk) == []


async def test_a_talk_that_a_person_has_gets_no_chatter(shop: Shop, gateway: Services) -> None:
    talk = await shop.talk(gateway)
    gateway.store.touch_owner(talk, "agent:a1")
    shop.order()
    with shop.window(gateway, talk):
        await shop.tick(gateway)
        assert shop.said(gateway, talk) == []
        assert shop.entry("order_created").why == "with_person"
        gateway.store.touch_owner(talk, "bot")
        shop.clock.pass_by(hours=1, minutes=1)
        await shop.tick(gateway)
    assert "deal_confirm_unpaid" in shop.said(gateway, talk)


async def test_a_missing_value_keeps_the_message_back(shop: Shop, gateway: Services) -> None:
    talk = await shop.talk(gateway)
    Effects(shop.database, "demo", shop.clock).record("reship", ref="880000000018", conversation_id=talk)
    with shop.window(gateway, talk):
        await shop.tick(gateway)
    assert shop.said(gateway, talk) == []
    entry = shop.entry("reshipped")
    assert (entry.state, entry.why) == ("suppressed", "missing value: tracking")


async def test_a_refund_is_told_with_its_own_sum(shop: Shop, gateway: Services) -> None:
    talk = await shop.talk(gateway, "c05")
    effects = Effects(shop.database, "demo", shop.clock)
    effects.record("refund", ref="880000000009", conversation_id=talk, payload={"amount": "160.50"})
    effects.record("refund", ref="880000000010", conversation_id=talk, state="pending", payload={"amount": "1"})
    with shop.window(gateway, talk):
        await shop.tick(gateway)
    messages, _ = gateway.store.messages(talk)
    assert shop.said(gateway, talk) == ["refunded"]
    assert "160.5元" in messages[-1].text


async def test_an_erased_talk_leaves_nothing_of_what_was_said_and_nothing_is_said_again(shop: Shop, gateway: Services) -> None:
    talk = await shop.talk(gateway)
    shop.order()
    with shop.window(gateway, talk):
        await shop.tick(gateway)
    gateway.store.erase(talk)
    entry = shop.entry("order_created")
    assert (entry.text, entry.conversation_id) == (None, None)
    with reading(shop.database) as session:
        row = session.scalar(select(OutboxRow).where(OutboxRow.event == "order_created"))
        assert row is not None
        assert row.filled == {}
    other = await shop.talk(gateway)
    with shop.window(gateway, other):
        await shop.tick(gateway)
    assert shop.said(gateway, other) == []


async def test_a_talk_erased_in_the_moment_of_sending_is_no_end(shop: Shop, gateway: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    talk = await shop.talk(gateway)
    shop.order()

    def gone(*_: Any, **__: Any) -> None:
        raise NoSuchTalk

    with shop.window(gateway, talk):
        with monkeypatch.context() as patch:
            patch.setattr(gateway.store, "append_in", gone)
            await shop.tick(gateway)
        assert (shop.entry("order_created").state, shop.entry("order_created").why) == ("planned", "talk_changed")
        shop.clock.pass_by(minutes=1)
        await shop.tick(gateway)
    assert shop.said(gateway, talk) == ["deal_confirm_unpaid"]


async def test_one_bad_entry_and_one_bad_order_stop_nobody_else(shop: Shop, gateway: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    talk = await shop.talk(gateway)
    shop.outbox.plan([Plan("bad", "no such event", shop.clock.now(), shop.clock.now(), customer_id="c90")])
    shop.order("880000000931")
    shop.order("880000000932")

    def stumbles(order: Any, *rest: Any) -> Any:
        if order.order_id == "880000000931":
            raise ValueError("an order nobody understands")
        return look(order, *rest)

    monkeypatch.setattr("gateway.planner.look", stumbles)
    with shop.window(gateway, talk):
        for _ in range(8):
            await shop.tick(gateway)
            shop.clock.pass_by(minutes=20)
    assert "deal_confirm_unpaid" in shop.said(gateway, talk)
    assert shop.entry("no such event").state == "failed"
    health = await gateway.scheduler.health()
    assert (health["well"], health["failed"]) == (True, 1)


async def test_many_orders_that_come_at_once_are_looked_at_round_by_round(
    shop: Shop, gateway: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.planner.BATCH", 3)
    monkeypatch.setattr("gateway.planner.MOST", 4)
    looked: list[str] = []
    monkeypatch.setattr("gateway.planner.look", lambda order, *rest: looked.append(order.order_id) or look(order, *rest))
    orders = [f"88000000095{number}" for number in range(10)]
    for order in orders:
        shop.order(order)
    rounds = []
    for _ in range(3):
        await shop.tick(gateway)
        rounds.append(len(looked) - sum(rounds))
    assert rounds == [6, 4, 0], "two batches at most, and none twice"
    assert sorted(looked) == orders
    planned = [one.order_id for one in shop.outbox.entries(event="order_created") if one.order_id in orders]
    assert sorted(str(one) for one in planned) == orders


async def test_a_claim_is_one_schedulers_until_its_lease_is_over(shop: Shop, gateway: Services) -> None:
    shop.outbox.plan([Plan("k", "idle", shop.clock.now(), shop.clock.now(), customer_id="c90")])
    (mine,) = shop.outbox.claim()
    assert shop.outbox.claim() == []
    with writing(shop.database) as session:
        row = session.get_one(OutboxRow, ("demo", mine.id))
        assert row.lease_until is not None
        row.lease_until -= 2 * (row.lease_until - row.updated_at)
    (theirs,) = shop.outbox.claim()
    with pytest.raises(LeaseLost):
        shop.outbox.end(mine, "suppressed", "too late")
    shop.outbox.end(theirs, "suppressed", "in time")
    assert shop.entry("idle").why == "in time"


async def test_a_complaint_that_is_not_answered_in_time_gets_a_word_and_a_new_time(shop: Shop, gateway: Services) -> None:
    talk = await shop.talk(gateway, None)
    tickets = Tickets(shop.database, "demo", shop.clock)
    ticket = tickets.open("complaint_simple", conversation_id=talk, due_at=shop.clock.now())
    gateway.hub.is_here = lambda talk_id: talk_id == talk  # type: ignore[method-assign]
    await shop.tick(gateway)
    told = tickets.get(ticket.id)
    assert told is not None
    assert told.due_at is not None
    assert told.due_at > shop.clock.now(), "the time that was told is on the ticket"
    for _ in range(20):
        shop.clock.pass_by(hours=1)
        await shop.tick(gateway)
    assert len(shop.outbox.entries(event="complaint_due", state="delivered")) == 3
    messages, _ = gateway.store.messages(talk, limit=50)
    assert "客服主管" in messages[-1].text


async def test_a_complaint_that_was_answered_meanwhile_is_left_alone(shop: Shop, gateway: Services) -> None:
    talk = await shop.talk(gateway, None)
    ticket = Tickets(shop.database, "demo", shop.clock).open("complaint_simple", conversation_id=talk, due_at=shop.clock.now())
    await shop.tick(gateway)
    assert shop.entry("complaint_due").why == "for_opening"
    with writing(shop.database) as session:
        session.get_one(TicketRow, ("demo", ticket.id)).state = "closed"
    shop.clock.pass_by(hours=1, minutes=1)
    with shop.window(gateway, talk):
        await shop.tick(gateway)
    assert (shop.said(gateway, talk), shop.entry("complaint_due").why) == ([], "moved_on")
