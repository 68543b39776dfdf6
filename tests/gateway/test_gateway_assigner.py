"""Waiting talks come to those who are in front of their desk."""

from __future__ import annotations

import asyncio

import pytest

from gateway.assigner import Assigner
from gateway.problems import Problem
from tests.gateway.conftest import Start
from tests.gateway.staff_support import Worker
from tests.gateway.support import Gateway, Shopper, bubble, turn


def assigner(gateway: Gateway) -> Assigner:
    services = gateway.services
    return Assigner(services.desk, services.desk_store, services.staff, services.hub, services.clock)


async def waiting(gateway: Gateway, intent: str = "request_human") -> Shopper:
    shopper = await Shopper.come(gateway.http)
    card = {"hand_over": {"reason": "asked", "summary": "想找人"}}
    gateway.engine.answer = lambda body: turn(bubble("马上为您转人工。", card=card), intent=intent)
    await shopper.ask("转人工")
    return shopper


async def owner(gateway: Gateway, shopper: Shopper) -> str:
    return (await gateway.services.desk.talk(shopper.id)).owner


async def test_nobody_gets_a_talk_who_is_not_at_a_desk_and_online(gateway: Gateway) -> None:
    lan = await Worker.come(gateway, "lan", "012")
    shopper = await waiting(gateway)
    await lan.call("PUT", "/me/presence", {"presence": "online"})
    assert await assigner(gateway).once() == 0, "online in the morning, but no page is open"
    with gateway.services.hub.open_desk(lan.id):
        await lan.call("PUT", "/me/presence", {"presence": "break"})
        assert await assigner(gateway).once() == 0
        assert await owner(gateway, shopper) == "queue"
        await lan.call("PUT", "/me/presence", {"presence": "online"})
        assert await assigner(gateway).once() == 1
    assert await owner(gateway, shopper) == f"agent:{lan.id}"
    assert "012" in str((await shopper.messages())[-1]["text"])
    deeds = (await lan.get(f"/talks/{shopper.id}"))["deeds"]
    assert [deed["kind"] for deed in deeds] == ["assigned"]


async def test_talks_are_shared_by_capacity_and_topic_and_nobody_gets_too_many(gateway: Gateway) -> None:
    boss = await Worker.come(gateway, "boss", "001", "admin")
    lan, mei = await Worker.come(gateway, "lan", "012"), await Worker.come(gateway, "mei", "013")
    await boss.call("PATCH", f"/members/{lan.id}", {"capacity": 2})
    await boss.call("PATCH", f"/members/{mei.id}", {"capacity": 1, "topics": ["request_return"]})
    shoppers = [await waiting(gateway) for _ in range(3)]
    returning = await waiting(gateway, "request_return")
    hub = gateway.services.hub
    with hub.open_desk(lan.id), hub.open_desk(mei.id):
        for worker in (lan, mei):
            await worker.call("PUT", "/me/presence", {"presence": "online"})
        assert await assigner(gateway).once() == 3
        assert [await owner(gateway, one) for one in shoppers] == [f"agent:{lan.id}"] * 2 + ["queue"]
        assert await owner(gateway, returning) == f"agent:{mei.id}"
        assert await assigner(gateway).once() == 0
        await lan.call("POST", f"/talks/{shoppers[0].id}/give", {"to": "closed"})
        assert await assigner(gateway).once() == 1, "there is room again"
    assert await owner(gateway, shoppers[2]) == f"agent:{lan.id}"


async def test_a_talk_that_somebody_took_meanwhile_is_left_to_them(gateway: Gateway) -> None:
    lan, mei = await Worker.come(gateway, "lan", "012"), await Worker.come(gateway, "mei", "013")
    shopper = await waiting(gateway)
    talk = await gateway.services.desk.talk(shopper.id)
    await mei.take(shopper.id)
    assert not await gateway.services.desk.assign(gateway.services.staff.get(lan.id), talk)
    await gateway.http.delete(shopper.path, headers=shopper.headers)
    assert not await gateway.services.desk.assign(gateway.services.staff.get(lan.id), talk)
    with pytest.raises(Problem) as gone:
        await gateway.services.desk.talk(shopper.id)
    assert gone.value.status == 404


async def test_the_gateway_does_it_by_itself(start: Start) -> None:
    async with start(XIAOER_ASSIGN="1") as gateway:
        lan = await Worker.come(gateway, "lan", "012")
        await lan.call("PUT", "/me/presence", {"presence": "online"})
        shopper = await waiting(gateway)
        with gateway.services.hub.open_desk(lan.id):
            async with asyncio.timeout(20):
                while await owner(gateway, shopper) == "queue":
                    await asyncio.sleep(0.1)
    assert await owner(gateway, shopper) == f"agent:{lan.id}"
