"""A window of a talk over a real socket: catch-up, pushes, lines joined while the shopper types, and who is let in."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from gateway.talks import StoredMessage, Talk
from tests.gateway.socket_support import read, window
from tests.gateway.support import FakeEngine, Gateway, Shopper, bubble, turn, until


async def all_until_ready(socket: ClientConnection) -> list[dict[str, Any]]:
    frames = []
    async with asyncio.timeout(20):
        while True:
            frames.append(json.loads(await socket.recv()))
            if frames[-1]["type"] == "ready":
                return frames


async def test_a_window_that_comes_back_gets_what_it_missed(address: str, shopper: Shopper) -> None:
    for number in range(4):
        await shopper.ask(str(number))
    async with window(address, shopper, after=6) as socket:
        frames = await all_until_ready(socket)
    assert [frame["message"]["seq"] for frame in frames[:-1]] == [7, 8, 9, 10]
    tag = frames[-1].pop("tag")
    assert tag
    assert frames[-1] == {
        **{"type": "ready", "protocol": 1, "owner": "bot", "staff": None, "waiting_place": None, "rating_due": False, "last_seq": 10},
        **{"typing": False, "read": {"shop": 9, "shopper": 0}, "failed": []},
    }


async def test_a_window_sees_the_message_the_typing_the_answer_and_the_receipt(address: str, shopper: Shopper) -> None:
    async with window(address, shopper, after=2) as socket:
        await all_until_ready(socket)
        await shopper.ask("我的快递到哪了，订单是昨天下午拍的那个")
        kinds = []
        async with asyncio.timeout(20):
            while "receipt" not in kinds:
                frame = json.loads(await socket.recv())
                kinds.append(frame["type"])
    assert kinds[:4] == ["message", "typing", "read", "message"]


async def test_messages_arrive_once_and_in_order_whatever_happens_at_once(address: str, shopper: Shopper) -> None:
    async with window(address, shopper) as socket:
        sending = asyncio.gather(*(shopper.post({"text": f"第{number}句，说得长一点免得被合并在一起"}) for number in range(10)))
        seen: list[int] = []
        async with asyncio.timeout(30):
            while len(seen) < 22:
                frame = json.loads(await socket.recv())
                if frame["type"] == "message":
                    seen.append(frame["message"]["seq"])
        await sending
    assert seen == list(range(1, 23))


async def test_a_change_of_owner_is_pushed(address: str, shopper: Shopper, engine: FakeEngine) -> None:
    engine.answer = lambda body: turn(bubble("马上", card={"hand_over": {"reason": "asked"}}))
    async with window(address, shopper) as socket:
        await all_until_ready(socket)
        await shopper.ask("转人工")
        told = {"type": "owner", "owner": "queue", "staff": None, "waiting_place": 1, "rating_due": False}
        assert await read(socket, "owner") == told


async def test_a_closed_talk_that_its_shopper_opens_again_is_told_to_be_open(address: str, gateway: Gateway, shopper: Shopper) -> None:
    gateway.services.store.touch_owner(shopper.id, "closed")
    async with window(address, shopper) as socket:
        assert (await read(socket, "ready"))["owner"] == "closed"
        await shopper.ask("还有个问题")
        assert (await read(socket, "owner"))["owner"] == "bot"


async def typed(gateway: Gateway, shopper: Shopper, socket: ClientConnection) -> None:
    """A frame of typing has reached the gateway."""
    turns = gateway.services.turns
    before = turns._typing.get(shopper.id)
    await socket.send('{"type": "typing"}')

    async def heard() -> bool:
        return turns._typing.get(shopper.id) != before

    await until(heard)


async def test_short_lines_are_joined_while_the_shopper_goes_on_typing(
    address: str, gateway: Gateway, shopper: Shopper, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.turns.GRACE", 30)
    monkeypatch.setattr("gateway.turns.STILL_TYPING", 30)
    gateway.services.turns._join_seconds = 60
    async with window(address, shopper) as socket:
        await all_until_ready(socket)
        for text in ("你好", "裙子开线了", "想换一件"):
            await shopper.post({"text": text}, wait=False)
            await typed(gateway, shopper, socket)
        assert engine.texts == []
        gateway.services.turns._join_seconds = 0
        receipts = [await read(socket, "receipt") for _ in range(3)]
    assert engine.texts == ["你好，裙子开线了，想换一件"]
    assert {receipt["state"] for receipt in receipts} == {"answered"}


async def test_who_typed_on_while_the_line_was_on_its_way_to_the_engine_is_waited_for(
    address: str, gateway: Gateway, shopper: Shopper, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The frame comes after the line and before the worker has read the line: on a busy machine that is a while."""
    monkeypatch.setattr("gateway.turns.GRACE", 0)
    monkeypatch.setattr("gateway.turns.STILL_TYPING", 30)
    turns, waiting, go_on = gateway.services.turns, gateway.services.store.waiting, threading.Event()
    turns._join_seconds = 60

    def held(talk_id: str) -> tuple[Talk, list[StoredMessage]]:
        go_on.wait(20)
        return waiting(talk_id)

    async with window(address, shopper) as socket:
        await all_until_ready(socket)
        monkeypatch.setattr(gateway.services.store, "waiting", held)
        await shopper.post({"text": "你好"}, wait=False)
        await typed(gateway, shopper, socket)
        go_on.set()
        # Begun to be answered: the window is told so.
        assert (await read(socket, "typing"))["on"] is True
        await shopper.post({"text": "裙子开线了"}, wait=False)
        turns._join_seconds = 0
        assert [(await read(socket, "receipt"))["state"] for _ in range(2)] == ["answered"] * 2
    assert engine.texts == ["你好，裙子开线了"]


async def test_nobody_waits_for_a_shopper_who_types_for_ever(
    address: str, shopper: Shopper, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GRACE", "STILL_TYPING"):
        monkeypatch.setattr(f"gateway.turns.{name}", 30)
    async with window(address, shopper) as socket:
        await all_until_ready(socket)
        loop = asyncio.get_running_loop()
        begun = loop.time()
        await shopper.post({"text": "你好"}, wait=False)

        async def type_on() -> None:
            while True:
                await socket.send('{"type": "typing"}')
                await asyncio.sleep(0.05)

        typing = asyncio.create_task(type_on())
        await read(socket, "receipt", 20)
        assert not typing.done()
        typing.cancel()
        assert loop.time() - begun > 2.5
    assert engine.texts == ["你好"]


async def test_who_waits_for_the_answer_is_answered_at_once_though_typing(
    address: str, gateway: Gateway, shopper: Shopper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.turns.STILL_TYPING", 60)
    gateway.services.turns._join_seconds = 60
    async with window(address, shopper) as socket:
        await all_until_ready(socket)
        await typed(gateway, shopper, socket)
        async with asyncio.timeout(20):
            assert await shopper.ask("你好")


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ('{"token": "x", "after": 0}', 4401),
        ('{"after": 0}', 4401),
        ("[]", 4400),
        ("no json", 4400),
        ('{"token": "TOKEN", "after": -1}', 4400),
        ('{"token": "TOKEN", "after": "1"}', 4400),
        ('{"token": "OTHER", "after": 0}', 4404),
    ],
)
async def test_a_window_without_the_talks_token_is_closed(address: str, gateway: Gateway, shopper: Shopper, frame: str, code: int) -> None:
    other = await Shopper.come(gateway.http)
    async with connect(f"{address}{shopper.path}/ws") as socket:
        await socket.send(frame.replace("TOKEN", shopper.token).replace("OTHER", other.token))
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == code


async def test_a_page_of_another_origin_opens_no_window(address: str, shopper: Shopper) -> None:
    with pytest.raises(InvalidStatus):
        async with connect(f"{address}{shopper.path}/ws", origin="https://evil.example"):  # type: ignore[arg-type]  # a NewType of str
            pass


async def test_erasing_closes_the_window(address: str, shopper: Shopper) -> None:
    async with window(address, shopper) as socket:
        await all_until_ready(socket)
        await shopper.http.delete(shopper.path, headers=shopper.headers)
        await read(socket, "erased")
        with pytest.raises(ConnectionClosed):
            await read(socket, "never")
