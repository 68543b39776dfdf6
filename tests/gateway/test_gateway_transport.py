"""What the widget's transport needs of the server: polls, read positions, one message for one client_id, numbers without holes."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient

import gateway as gateway_package
from gateway.store import Store
from gateway.talks import Incoming
from shop.db import make_engine
from tests.gateway.support import CLOCK, FakeEngine, Gateway, Shopper, bubble, turn

WIDGET = Path(gateway_package.__file__).parent / "static" / "widget"


async def poll(shopper: Shopper, after: int, wait: int, state: str = "") -> dict[str, Any]:
    answer = await shopper.http.get(
        f"{shopper.path}/messages", params={"after": after, "wait": wait, "state": state}, headers=shopper.headers
    )
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_a_new_talk_comes_with_its_first_messages_in_one_round_trip(http: AsyncClient) -> None:
    opened = (await http.post("/api/v1/conversations", json={})).json()
    assert [message["seq"] for message in opened["messages"]] == [1, 2]
    assert opened["talk"]["owner"] == "bot"
    assert opened["has_more"] is False


async def test_a_poll_waits_for_the_answer_and_no_longer(shopper: Shopper, engine: FakeEngine) -> None:
    engine.is_slow(0.5)
    first = await poll(shopper, 2, 0)
    assert first["messages"] == []
    assert first["talk"]["typing"] is False
    waiting = asyncio.create_task(poll(shopper, 2, 20, first["talk"]["tag"]))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    await shopper.post({"text": "在吗"}, wait=False)
    seen, begun = await waiting, time.monotonic()
    numbers = [message["seq"] for message in seen["messages"]]
    while len(numbers) < 2:
        seen = await poll(shopper, numbers[-1], 20, seen["talk"]["tag"])
        numbers += [message["seq"] for message in seen["messages"]]
    assert numbers == [3, 4]
    assert time.monotonic() - begun < 20, "the answer ended them, not their time"


async def test_a_poll_is_told_of_a_change_of_owner_without_a_message(shopper: Shopper, gateway: Gateway) -> None:
    tag = (await poll(shopper, 2, 0))["talk"]["tag"]
    waiting = asyncio.create_task(poll(shopper, 2, 20, tag))
    await asyncio.sleep(0.2)
    gateway.services.store.touch_owner(shopper.id, "queue")
    await gateway.services.turns.tell_owner(shopper.id)
    seen = await asyncio.wait_for(waiting, 15)
    assert (seen["messages"], seen["talk"]["owner"], seen["talk"]["waiting_place"]) == ([], "queue", 1)


async def test_a_poll_in_vain_ends_in_time_and_at_the_end_of_the_gateway(shopper: Shopper, gateway: Gateway) -> None:
    tag = (await poll(shopper, 2, 0))["talk"]["tag"]
    begun = time.monotonic()
    assert (await poll(shopper, 2, 1, tag))["messages"] == []
    assert 0.9 < time.monotonic() - begun < 20
    waiting = asyncio.create_task(poll(shopper, 2, 25, tag))
    await asyncio.sleep(0.2)
    gateway.services.hub.close()
    await asyncio.wait_for(waiting, 20)


async def test_a_poll_of_an_erased_talk_says_that_it_is_gone(shopper: Shopper) -> None:
    waiting = asyncio.create_task(
        shopper.http.get(
            f"{shopper.path}/messages",
            params={"after": 2, "wait": 20, "state": (await poll(shopper, 2, 0))["talk"]["tag"]},
            headers=shopper.headers,
        )
    )
    await asyncio.sleep(0.2)
    await shopper.http.delete(shopper.path, headers=shopper.headers)
    assert (await asyncio.wait_for(waiting, 15)).status_code == 404


async def test_read_positions_go_forward_only_and_to_messages_that_are(shopper: Shopper) -> None:
    await shopper.ask("在吗")
    talk = (await poll(shopper, 0, 0))["talk"]
    assert talk["read"] == {"shop": 3, "shopper": 0}
    for seq, then in ((4, 4), (2, 4), (99, 4)):
        assert (await shopper.http.post(f"{shopper.path}/read", json={"seq": seq}, headers=shopper.headers)).status_code == 204
        assert (await poll(shopper, 0, 0))["talk"]["read"]["shopper"] == then


async def test_a_message_that_got_no_answer_is_named_to_who_comes_back(shopper: Shopper, engine: FakeEngine) -> None:
    engine.goes_down()
    await shopper.post({"text": "在吗"})
    assert (await poll(shopper, 0, 0))["talk"]["failed"] == [3]


async def test_every_answer_of_the_api_names_the_protocol(shopper: Shopper) -> None:
    for answer in (
        await shopper.http.get(shopper.path, headers=shopper.headers),
        await shopper.http.get(f"{shopper.path}/messages"),
        await shopper.http.get("/api/v1/nothing"),
    ):
        assert answer.headers["xiaoer-protocol"] == "1"


@pytest.mark.parametrize("gateways", [2])
async def test_one_client_id_is_one_message_across_processes_and_numbers_have_no_holes(
    shopper: Shopper, gateway: Gateway, gateways: int
) -> None:
    """Two gateways over one database are sent the same messages at the same time."""
    settings = gateway.services.settings
    stores = [gateway.services.store, *(Store(make_engine(settings.database_url), settings.shop_id, CLOCK) for _ in range(gateways - 1))]
    messages = [Incoming(str(uuid4()), f"第{number}句") for number in range(12)]
    taken = await asyncio.gather(*(asyncio.to_thread(store.take, shopper.id, message) for message in messages for store in stores))
    news = [message.seq for message, new in taken if new]
    assert sorted(news) == list(range(3, 15))
    assert len({message.id for message, _ in taken}) == 12


def test_the_loader_asks_for_every_module_of_the_window_at_once() -> None:
    def behind(name: str, found: set[str]) -> set[str]:
        for other in re.findall(r'from "\./(\w+)\.js"', (WIDGET / f"{name}.js").read_text("utf-8")):
            if other not in found:
                found.add(other)
                behind(other, found)
        return found

    told = re.search(r'const PARTS = "([\w ]+)"', (WIDGET / "xiaoer.js").read_text("utf-8"))
    assert told is not None
    assert set(told[1].split()) == behind("panel", set())


async def test_messages_told_in_the_wrong_order_reach_a_window_in_the_right_one(
    shopper: Shopper, gateway: Gateway, engine: FakeEngine
) -> None:
    """A poll or a window reads the store, so it does not matter who is told first."""
    engine.answer = lambda body: turn(bubble("一"), bubble("二"), bubble("三"))
    await asyncio.gather(*(shopper.post({"text": f"第{number}句，说得长一点免得合并"}) for number in range(5)))
    seen: list[int] = []
    while True:
        page = await poll(shopper, seen[-1] if seen else 0, 0)
        seen += [message["seq"] for message in page["messages"]]
        if not page["messages"]:
            break
    assert seen == list(range(1, 23))
