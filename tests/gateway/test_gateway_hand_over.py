"""Whose talk it is: bot, queue, agent; and how much the bot may say alone."""

from __future__ import annotations

import httpx

from tests.gateway.support import FakeEngine, Gateway, Shopper, bubble, turn

HAND_OVER = {"hand_over": {"reason": "asked", "summary": "冯女士，订单 880000000009，想换一件", "ticket": "T20261122-0001"}}


async def queue(shopper: Shopper, engine: FakeEngine) -> list[dict[str, object]]:
    engine.answer = lambda body: turn(bubble("马上为您转人工。", card=HAND_OVER), intent="request_human")
    replies = await shopper.ask("转人工")
    engine.answer = lambda body: turn(bubble("自动回复"))
    return replies


async def test_a_hand_over_puts_the_talk_into_the_queue_and_keeps_its_summary_for_staff(shopper: Shopper, engine: FakeEngine) -> None:
    replies = await queue(shopper, engine)
    assert replies[0]["text"] == "马上为您转人工。"
    assert "880000000009" not in str(replies), "the summary is for the person who takes over"
    assert await shopper.about() | {"created_at": ""} == {
        "id": shopper.id,
        "owner": "queue",
        "waiting_place": 1,
        "created_at": "",
        "last_seq": 6,
        "staff": None,
        "rating_due": False,
    }


async def test_the_bot_is_silent_while_a_person_is_awaited(shopper: Shopper, engine: FakeEngine) -> None:
    await queue(shopper, engine)
    assert await shopper.ask("还在吗") == []
    assert len(engine.turns) == 1
    assert (await shopper.messages())[-1]["text"] == "还在吗"


async def test_the_shopper_can_go_back_to_the_bot_by_its_button(shopper: Shopper, engine: FakeEngine) -> None:
    replies = await queue(shopper, engine)
    await shopper.press(replies, "回到自动助手")
    assert (await shopper.about())["owner"] == "bot"
    assert [reply["text"] for reply in await shopper.ask("在吗")] == ["自动回复"]


async def test_the_shopper_can_go_back_to_the_bot_by_the_call(shopper: Shopper, engine: FakeEngine) -> None:
    await queue(shopper, engine)
    answer = await shopper.http.post(f"{shopper.path}/release", headers=shopper.headers)
    assert (answer.status_code, answer.json()["owner"]) == (200, "bot")
    assert [reply["text"] for reply in await shopper.ask("在吗")] == ["自动回复"]


async def test_an_older_button_does_nothing_while_a_person_is_awaited(shopper: Shopper, engine: FakeEngine) -> None:
    engine.answer = lambda body: turn(bubble("退还是换？", buttons=[{"title": "退款", "payload": "/choose_option"}]))
    question = await shopper.ask("想退")
    await queue(shopper, engine)
    answer = await shopper.press(question, "退款")
    assert answer.json()["replies"] == []
    assert len(engine.turns) == 2


async def test_the_shopper_cannot_take_a_talk_from_an_agent(shopper: Shopper, gateway: Gateway, engine: FakeEngine) -> None:
    replies = await queue(shopper, engine)
    gateway.services.store.touch_owner(shopper.id, "agent:a1")
    assert (await shopper.about())["owner"] == "agent"
    assert (await shopper.http.post(f"{shopper.path}/release", headers=shopper.headers)).status_code == 409
    assert (await shopper.press(replies, "回到自动助手")).json()["replies"] == []
    assert (await shopper.about())["owner"] == "agent"


async def test_places_in_the_queue_are_in_order_of_arrival(gateway: Gateway, engine: FakeEngine) -> None:
    first, second = await Shopper.come(gateway.http), await Shopper.come(gateway.http)
    await queue(first, engine)
    await queue(second, engine)
    await first.ask("还在等")
    assert [(await each.about())["waiting_place"] for each in (first, second)] == [1, 2]


async def test_an_intent_in_suggest_is_left_to_a_person(shopper: Shopper, gateway: Gateway, engine: FakeEngine) -> None:
    from shop.modes import IntentModes

    modes = IntentModes(gateway.services.database, "demo", gateway.services.clock)
    modes.set("bargain", "suggest")
    engine.answer = lambda body: turn(bubble("送您一个收纳袋。"), intent="bargain" if "便宜" in body["text"] else "greet")
    assert (await shopper.ask("你好"))[0]["text"] == "送您一个收纳袋。"
    replies = await shopper.ask("便宜点")
    assert "送您一个收纳袋。" not in [reply["text"] for reply in replies]
    assert (await shopper.about())["owner"] == "queue"
    kept = gateway.services.store.messages(shopper.id, limit=200)[0]
    asked = next(message for message in kept if message.text == "便宜点")
    assert asked.trace["mode"] == "suggest"
    assert asked.trace["suggestion"][0]["text"] == "送您一个收纳袋。"


async def test_of_two_wishes_the_more_careful_mode_holds_for_both(shopper: Shopper, gateway: Gateway, engine: FakeEngine) -> None:
    from shop.modes import IntentModes

    modes = IntentModes(gateway.services.database, "demo", gateway.services.clock)
    wished = [{"intent": "ask_courier", "confidence": 0.9, "topic": None}, {"intent": "bargain", "confidence": 0.8, "topic": None}]
    trace = {"intent": "ask_courier", "confidence": 0.9, "ranking": [], "entities": [], "actions": [], "intents": wished}
    said = [bubble("发圆通。", intent="ask_courier", confidence=0.9), bubble("送您一个收纳袋。", intent="bargain", confidence=0.8)]
    engine.answer = lambda body: httpx.Response(200, json={"replies": said, "trace": trace, "state": {}, "took_ms": 5})
    assert [reply["text"] for reply in await shopper.ask("发什么快递，便宜点")] == ["发圆通。", "送您一个收纳袋。"]
    spoken = [message for message in gateway.services.store.messages(shopper.id, limit=200)[0] if message.sender == "bot"]
    assert [message.trace["intent"] for message in spoken[-2:]] == ["ask_courier", "bargain"]
    modes.set("bargain", "suggest")
    assert "发圆通。" not in [reply["text"] for reply in await shopper.ask("发什么快递呀，再便宜点")]
    assert (await shopper.about())["owner"] == "queue"


async def test_a_closed_talk_opens_again_when_the_shopper_writes(shopper: Shopper, gateway: Gateway) -> None:
    gateway.services.store.touch_owner(shopper.id, "closed")
    assert (await shopper.about())["owner"] == "closed"
    assert (await shopper.ask("还有个问题"))[0]["text"] == "echo 还有个问题"
