"""The engine is down, slow, mute or odd; the gateway restarts: nobody meets silence and nothing is lost or done twice."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest

from gateway.talks import Incoming
from tests.gateway.support import FakeEngine, Gateway, Shopper, bubble, turn, until


def titles(replies: list[dict[str, Any]]) -> list[str]:
    return [button["title"] for reply in replies for button in reply["buttons"]]


async def test_an_engine_that_is_down_becomes_an_apology_with_two_ways_on(shopper: Shopper, engine: FakeEngine) -> None:
    """ev_system_down."""
    engine.goes_down()
    answer = await shopper.post({"text": "我的快递到哪了"})
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) > 0
    body = answer.json()
    assert body["message"]["state"] == "failed"
    assert "抱歉" in body["replies"][0]["text"]
    assert set(titles(body["replies"])) == {"再试一次", "转人工"}
    kept = await shopper.messages()
    assert [message["text"] for message in kept if message["from"] == "shopper"] == ["我的快递到哪了"]


async def test_the_talk_goes_on_when_the_engine_is_back(shopper: Shopper, engine: FakeEngine) -> None:
    usual = engine.answer
    engine.goes_down()
    apology = (await shopper.post({"text": "我的快递到哪了"})).json()["replies"]
    engine.answer = usual
    again = await shopper.press(apology, "再试一次")
    assert again.status_code == 200
    assert [reply["text"] for reply in again.json()["replies"]] == ["echo 我的快递到哪了"]
    assert {message["state"] for message in await shopper.messages() if message["from"] == "shopper"} == {"answered"}
    assert (await shopper.ask("谢谢"))[0]["text"] == "echo 谢谢"


async def test_trying_again_in_vain_offers_the_same_message_again(shopper: Shopper, engine: FakeEngine) -> None:
    usual = engine.answer
    engine.goes_down()
    apology = (await shopper.post({"text": "查物流"})).json()["replies"]
    second = (await shopper.press(apology, "再试一次")).json()["replies"]
    engine.answer = usual
    third = await shopper.press(second, "再试一次")
    assert [reply["text"] for reply in third.json()["replies"]] == ["echo 查物流"]


async def test_a_person_can_be_reached_while_the_engine_is_down(shopper: Shopper, engine: FakeEngine) -> None:
    engine.goes_down()
    apology = (await shopper.post({"text": "查物流"})).json()["replies"]
    answer = await shopper.press(apology, "转人工")
    assert answer.status_code == 200
    assert (await shopper.about())["owner"] == "queue"


async def test_asking_for_a_person_in_words_is_obeyed_while_the_engine_is_down(shopper: Shopper, engine: FakeEngine) -> None:
    engine.goes_down()
    assert (await shopper.post({"text": "转人工！！"})).status_code == 200
    assert (await shopper.about())["owner"] == "queue"


async def test_a_slow_engine_is_not_waited_for_forever(start: Any, engine: FakeEngine) -> None:
    """ev_slow."""
    async with start(engine_timeout=0.2) as gateway:
        shopper = await Shopper.come(gateway.http)
        engine.is_slow(60)
        answer = await asyncio.wait_for(shopper.post({"text": "在吗"}), 30)
        assert answer.status_code == 503
        assert "再试一次" in titles(answer.json()["replies"])
        assert len(engine.turns) == 1, "a message that may have been processed is not sent twice"


async def test_an_engine_without_words_is_not_silence(shopper: Shopper, engine: FakeEngine) -> None:
    engine.answer = lambda body: httpx.Response(200, json={"replies": [], "error": "no_reply", "trace": {}, "state": {}, "took_ms": 1})
    answer = await shopper.post({"text": "嗯嗯嗯"})
    assert answer.status_code == 200
    assert "再试一次" in titles(answer.json()["replies"])
    assert answer.json()["message"]["state"] == "failed"


@pytest.mark.parametrize(
    "odd",
    [
        httpx.Response(503),
        httpx.Response(401),
        httpx.Response(422, json={"title": "no"}),
        httpx.Response(500, text="Traceback"),
        httpx.Response(200, text="no json"),
        httpx.Response(200, json=[1]),
        httpx.Response(200, json={"trace": {}}),
        httpx.Response(200, content=b"x" * 3_000_000),
    ],
    ids=["503", "401", "422", "500", "no JSON", "a list", "no replies", "3 MB"],
)
async def test_whatever_the_engine_answers_the_shopper_is_told(shopper: Shopper, engine: FakeEngine, odd: httpx.Response) -> None:
    engine.answer = lambda body: httpx.Response(odd.status_code, content=odd.content)
    answer = await shopper.post({"text": "在吗"})
    assert answer.status_code == 503
    assert titles(answer.json()["replies"]) != []
    assert "Traceback" not in answer.text


async def test_a_connection_that_breaks_is_not_tried_twice_but_one_never_made_is(shopper: Shopper, engine: FakeEngine) -> None:
    def breaks(body: dict[str, Any]) -> httpx.Response:
        raise httpx.ReadError("reset")

    engine.answer = breaks
    assert (await shopper.post({"text": "一"})).status_code == 503
    assert len(engine.turns) == 1

    def refuses_once(body: dict[str, Any]) -> httpx.Response:
        if len(engine.turns) == 2:
            raise httpx.ConnectError("refused")
        return turn(bubble("好"))

    engine.answer = refuses_once
    assert (await shopper.ask("二"))[0]["text"] == "好"


async def test_a_message_left_unanswered_by_a_crash_is_answered_after_the_restart(start: Any, engine: FakeEngine) -> None:
    async with start() as gateway:
        shopper = await Shopper.come(gateway.http)
        # Stored and acknowledged; then the process dies before its worker ran.
        gateway.services.store.take(shopper.id, Incoming(str(uuid4()), "我的快递到哪了"))
    async with start() as gateway:
        after = Shopper(gateway.http, shopper.id, shopper.token)

        async def answered() -> bool:
            return (await after.messages())[-1]["text"] == "echo 我的快递到哪了"

        await until(answered)
    assert engine.texts == ["我的快递到哪了"]


async def test_lines_that_were_with_the_engine_at_the_crash_are_sent_again_together_under_the_same_id(
    start: Any, engine: FakeEngine
) -> None:
    async with start() as gateway:
        shopper = await Shopper.come(gateway.http)
        lines = [gateway.services.store.take(shopper.id, Incoming(str(uuid4()), text))[0] for text in ("帮我取消", "昨天的订单")]
        gateway.services.store.begin(shopper.id, [line.id for line in lines])
        gateway.services.store.take(shopper.id, Incoming(str(uuid4()), "谢谢"))
    async with start() as gateway:
        after = Shopper(gateway.http, shopper.id, shopper.token)

        async def answered() -> bool:
            return (await after.messages())[-1]["text"] == "echo 谢谢"

        await until(answered)
        told = await after.messages()
    assert engine.texts == ["帮我取消，昨天的订单", "谢谢"]
    # The engine knows a message by this id and answers it once.
    assert engine.turns[0]["metadata"]["message_id"] == lines[-1].id
    assert {message["state"] for message in told if message["from"] == "shopper"} == {"answered"}


async def test_an_answer_that_an_engine_before_has_given_and_nobody_knows_is_apologised_for_once(
    shopper: Shopper, engine: FakeEngine
) -> None:
    usual = engine.answer
    engine.answer = lambda body: httpx.Response(409, json={"title": "answered before"})
    first = await shopper.post({"text": "帮我取消订单"})
    assert "再试一次" in titles(first.json()["replies"])
    engine.answer = usual
    again = await shopper.press(first.json()["replies"], "再试一次")
    assert [reply["text"] for reply in again.json()["replies"]] == ["echo 帮我取消订单"]
    ids = [body["metadata"]["message_id"] for body in engine.turns]
    assert len(set(ids)) == 2, "asked for by hand it is a new message to the engine"


async def twice_apologised(gateway: Gateway) -> tuple[Shopper, list[list[dict[str, Any]]]]:
    """A shopper who has written two lines to an engine that is away, and pressed the first apology's button in vain."""
    shopper = await Shopper.come(gateway.http)
    apologies = [(await shopper.post({"text": text})).json()["replies"] for text in ("我的快递到哪了", "还没到")]
    await shopper.press(apologies[0], "再试一次")
    return shopper, apologies


async def both_answered(shopper: Shopper) -> list[str]:
    """Wait until both lines have their late answers, each once; all texts of the talk."""

    async def answered() -> bool:
        return (await shopper.messages())[-1]["text"] == "echo 还没到"

    await until(answered)
    texts = [message["text"] for message in await shopper.messages()]
    assert texts.count("echo 我的快递到哪了") == texts.count("echo 还没到") == 1
    return texts


async def test_what_was_apologised_for_is_answered_once_when_the_engine_is_back(
    start: Any, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.owed.FIRST", 0.2)
    usual = engine.answer
    engine.goes_down()
    async with start() as gateway:
        shopper, apologies = await twice_apologised(gateway)
        tried, told = len(engine.turns), await shopper.messages()
        await until(lambda: _more(engine, tried))
        assert await shopper.messages() == told, "another vain try says nothing"
        engine.answer = usual

        texts = await both_answered(shopper)
        assert {message["state"] for message in await shopper.messages() if message["from"] == "shopper"} == {"answered"}
        await asyncio.sleep(0.6)
        assert [message["text"] for message in await shopper.messages()] == texts
        # The button of the apology finds its message answered.
        late = await shopper.press(apologies[1], "再试一次")
        assert late.json()["replies"] == []


async def test_a_late_answer_that_is_interrupted_after_the_first_line_goes_on_with_the_second(
    start: Any, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.owed.FIRST", 0.2)
    usual = engine.answer
    engine.goes_down()
    async with start() as gateway:
        shopper, _ = await twice_apologised(gateway)

        def answer(body: dict[str, Any]) -> Any:
            # As a line of the shopper's or the next look at the engine would, in the middle of the first late answer.
            gateway.services.turns.wake(shopper.id)
            return usual(body)

        engine.answer = answer

        await both_answered(shopper)


async def test_who_has_moved_on_gets_no_late_answer(start: Any, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.owed.FIRST", 0.2)
    usual = engine.answer
    async with start() as gateway:
        shopper = await Shopper.come(gateway.http)
        engine.goes_down()
        await shopper.post({"text": "我的快递到哪了"})
        engine.answer = usual
        await shopper.ask("算了，有没有优惠")
        await asyncio.sleep(0.6)
        assert engine.texts[-1] == "算了，有没有优惠"


async def test_a_late_answer_is_given_after_a_restart_of_the_gateway_too(
    start: Any, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.owed.FIRST", 0.2)
    usual = engine.answer
    engine.goes_down()
    async with start() as gateway:
        shopper = await Shopper.come(gateway.http)
        await shopper.post({"text": "我的快递到哪了"})
    engine.answer = usual
    async with start() as gateway:
        after = Shopper(gateway.http, shopper.id, shopper.token)

        async def answered() -> bool:
            return (await after.messages())[-1]["text"] == "echo 我的快递到哪了"

        await until(answered)


async def _more(engine: FakeEngine, than: int) -> bool:
    return len(engine.turns) > than


async def test_after_a_restart_the_engine_is_waited_for(start: Any, engine: FakeEngine) -> None:
    async with start() as gateway:
        shopper = await Shopper.come(gateway.http)
        gateway.services.store.take(shopper.id, Incoming(str(uuid4()), "在吗"))
    engine.is_ready = False
    async with start() as gateway:
        after = Shopper(gateway.http, shopper.id, shopper.token)
        await asyncio.sleep(0.3)
        assert engine.turns == []
        engine.is_ready = True

        async def answered() -> bool:
            return (await after.messages())[-1]["text"] == "echo 在吗"

        await until(answered)


async def test_a_broken_edit_of_the_sentences_leaves_the_last_good_ones(
    start: Any, engine: FakeEngine, tmp_path: Any, gateway: Gateway
) -> None:
    path = tmp_path / "smalltalk.yml"
    good = gateway.services.settings.responses.read_text("utf-8")
    path.write_text(good, "utf-8")
    async with start(responses=path) as running:
        shopper = await Shopper.come(running.http)
        engine.goes_down()
        path.write_text(good.replace("很抱歉，自动助手这会儿出了故障", "真抱歉，自动助手这会儿出了故障"), "utf-8")
        live = (await shopper.post({"text": "一"})).json()["replies"][0]["text"]
        assert live.startswith("真抱歉")
        path.write_text("responses: [", "utf-8")
        assert (await shopper.post({"text": "二"})).json()["replies"][0]["text"] == live


async def test_what_readyz_says(gateway: Gateway, engine: FakeEngine) -> None:
    assert (await gateway.http.get("/healthz")).status_code == 200
    ready = await gateway.http.get("/readyz")
    assert (ready.status_code, ready.json()["ready"]) == (200, True)
    engine.is_ready = False
    waiting = await gateway.http.get("/readyz")
    assert (waiting.status_code, waiting.json()["engine"]) == (503, {"ready": False})
