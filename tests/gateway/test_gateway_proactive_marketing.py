"""Marketing only after a yes, stopped by one word; and the scheduler inside a running gateway."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from gateway.services import Services
from gateway.talks import Draft, Incoming
from shop.clock import Clock
from shop.db import make_engine
from shop.seed import seed
from tests.gateway.conftest import Start
from tests.gateway.proactive_support import NOON, Shop
from tests.gateway.support import CLOCK, Gateway, Shopper, bubble, turn, until


@pytest.fixture
async def shop(home: Path) -> Shop:
    engine = make_engine(f"sqlite:///{home / 'shop.db'}")
    seed(engine, Clock(fixed=NOON), fresh=True)
    return Shop(engine, home)


async def signed_in(gateway: Gateway, customer: str = "c01", **body: Any) -> Shopper:
    return await Shopper.come(gateway.http, identity=gateway.services.identities.sign(customer), **body)


def consent(gateway: Gateway, customer: str = "c01") -> str:
    return gateway.services.scheduler._proactive.consents.word(customer, None)


@pytest.mark.parametrize("word", ["退订", "ＴＤ", "td。", " 取消订阅 ", "T退订"])
async def test_one_word_stops_marketing_and_the_engine_never_sees_it(gateway: Gateway, word: str) -> None:
    shopper = await signed_in(gateway)
    (answer,) = await shopper.ask(word)
    assert "退订" in answer["text"]
    assert consent(gateway) == "refused"
    assert gateway.engine.turns == []


async def test_a_word_that_may_mean_a_parcel_stops_nothing_without_marketing(gateway: Gateway) -> None:
    shopper = await signed_in(gateway)
    await shopper.ask("不要再发了")
    assert consent(gateway) == "none"
    assert gateway.engine.texts == ["不要再发了"]


async def test_a_no_holds_though_a_person_has_the_talk(gateway: Gateway) -> None:
    shopper = await signed_in(gateway)
    gateway.services.store.touch_owner(shopper.id, "agent:a1")
    assert (await shopper.post({"text": "退订"})).json()["replies"] == []
    assert consent(gateway) == "refused"


def presale(services: Services, talk: str) -> None:
    """The shopper asked about a product and was answered."""
    message, _ = services.store.take(talk, Incoming("00000000-0000-4000-8000-000000000002", "这条裙子多少钱"))
    services.store.finish(talk, [message.id], "answered", [Draft("bot", "168元")], None, {"intent": "ask_price"})


async def test_consent_is_asked_once_and_stored_only_when_the_button_is_pressed(shop: Shop, start: Start) -> None:
    async with start() as running:
        services = shop.gateway()
        await shop.tick(services)
        talk = (await services.conversations.open("c01", "p1001", "address"))["id"]
        presale(services, talk)
        with shop.window(services, talk):
            shop.clock.pass_by(minutes=11)
            await shop.tick(services)
            shop.clock.pass_by(minutes=11)
            await shop.tick(services)
        assert shop.said(services, talk) == ["consent_offer"]
        assert consent(running) == "none"
        messages, _ = services.store.messages(talk)
        yes, no = (button["choice"] for button in messages[-1].buttons)
        services.store.take(talk, Incoming("00000000-0000-4000-8000-000000000003", choice=yes))
        services.turns.wake(talk)

        async def given() -> bool:
            return consent(running) == "given"

        await until(given)
        services.store.take(talk, Incoming("00000000-0000-4000-8000-000000000004", choice=no))
        services.turns.wake(talk)

        async def refused() -> bool:
            return consent(running) == "refused"

        await until(refused)
        await services.turns.stop()


async def test_who_said_yes_hears_once_of_what_they_looked_at_and_never_after_a_no(shop: Shop) -> None:
    services = shop.gateway()
    await shop.tick(services)
    consents = services.scheduler._proactive.consents
    talks = {}
    for customer in ("c01", "c02", "c03"):
        talks[customer] = (await services.conversations.open(customer, "p2003", "address"))["id"]
        if customer != "c03":
            consents.set("given", customer_id=customer, conversation_id=talks[customer], answer="需要，通知我")
        presale(services, talks[customer])
        services.hub.saw(talks[customer])
    await shop.tick(services)
    consents.set("refused", customer_id="c02", conversation_id=talks["c02"], answer="退订")
    shop.clock.pass_by(days=2, minutes=1)
    services.hub.is_here = lambda talk_id: True  # type: ignore[method-assign]
    for _ in range(3):
        shop.put("stock", "p2003", stock={"白色/200x230cm": 7})  # what is offered is in stock by a figure of today
        await shop.tick(services)
        shop.clock.pass_by(days=1)
    assert "browse_follow" in shop.said(services, talks["c01"])
    assert "browse_follow" not in shop.said(services, talks["c02"])
    assert "browse_follow" not in shop.said(services, talks["c03"])
    messages, _ = services.store.messages(talks["c01"])
    assert any("退订" in message.text for message in messages), "how to stop it is said with it"
    assert shop.outbox.entries(event="browse_not_order", customer_id="c02")[0].why == "no_consent"


async def test_the_shopper_who_falls_silent_in_a_question_is_told_once_that_nothing_is_lost(shop: Shop) -> None:
    services = shop.gateway()
    await shop.tick(services)
    talk = (await services.conversations.open(None, None, "address"))["id"]
    asked = Draft("bot", "请问是哪一单？", trace={"state": {"requested_slot": "order_id"}})
    services.store.finish(talk, [], "answered", [asked])
    with shop.window(services, talk):
        for _ in range(4):
            shop.clock.pass_by(minutes=6)
            await shop.tick(services)
    assert shop.said(services, talk) == ["idle"]


async def test_a_running_gateway_pushes_to_an_open_window(start: Start, home: Path) -> None:
    async with start(XIAOER_PROACTIVE="1", proactive_tick=0.1) as running:
        shopper = await signed_in(running, "c01")
        await until(_looked(running))
        shop = Shop(running.services.database, home)
        object.__setattr__(shop, "clock", CLOCK)
        with running.services.hub.open(shopper.id) as window:
            shop.order(customer="c01", state="paid")
            event = await asyncio.wait_for(window.get(), 20)
        assert event["message"]["from"] == "bot"
        assert "880000000901" in event["message"]["text"]
        ready = (await running.http.get("/readyz")).json()["proactive"]
        assert (ready["on"], ready["well"]) == (True, True)


async def test_it_can_be_turned_off(start: Start) -> None:
    async with start(XIAOER_PROACTIVE="0") as running:
        assert (await running.http.get("/readyz")).json()["proactive"] == {"on": False}
        assert running.services.scheduler._last is None


async def test_a_database_that_fails_is_tried_again_and_said(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    services = shop.gateway()

    def fails(*_: Any) -> Any:
        raise OSError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("shop.outbox.Outbox.claim", fails)
        for _ in range(3):
            await shop.tick(services)
        health = await services.scheduler.health()
        assert (health["well"], health["error"]) == (False, "sending: OSError")
    await shop.tick(services)
    assert (await services.scheduler.health())["well"] is True


async def test_a_question_is_still_answered_while_messages_are_sent(gateway: Gateway) -> None:
    gateway.engine.answer = lambda body: turn(bubble("在的"))
    shopper = await signed_in(gateway)
    assert [reply["text"] for reply in await shopper.ask("在吗")] == ["在的"]


def _looked(running: Gateway) -> Any:
    async def done() -> bool:
        return running.services.scheduler._last is not None

    return done
