"""The guide for a shop's own workbench (docs/workbench.md): its code runs against a gateway, its calls exist."""

from __future__ import annotations

import asyncio
import re
import shlex
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.staff_support import Worker
from tests.gateway.support import Gateway, Shopper, bubble, suggestions, turn

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "workbench.md").read_text(encoding="utf-8")


def example(word: str) -> dict[str, Any]:
    """What the guide's Python block with that word in it defines."""
    code = next(code for code in re.findall(r"```python\n(.*?)```", GUIDE, re.S) if word in code)
    space: dict[str, Any] = {}
    exec(compile(code, "docs/workbench.md", "exec"), space)  # the guide's own words are what is tested
    return space


@pytest.fixture
async def token(gateway: Gateway) -> str:
    """Of the workbench of an agent."""
    boss, lan = await Worker.come(gateway, "boss", "001", "admin"), await Worker.come(gateway, "lan", "012")
    made = await boss.call("POST", "/tokens", {"staff_id": lan.id, "label": "工作台"})
    return str(made.json()["token"])


async def waiting(gateway: Gateway) -> Shopper:
    shopper = await Shopper.come(gateway.http)
    card = {"hand_over": {"reason": "asked", "summary": "想找人"}}
    gateway.engine.answer = lambda body: turn(bubble("马上为您转人工。", card=card), intent="request_human")
    await shopper.ask("M码有货吗，转人工")
    gateway.engine.answer = lambda body: turn(bubble("自动回复"))
    return shopper


@pytest.fixture
def site(address: str) -> str:
    """http://host:port of the gateway."""
    return address.replace("ws", "http", 1)


async def test_the_workbench_serves_who_waits(gateway: Gateway, token: str, site: str) -> None:
    shopper = await waiting(gateway)
    space = example("class Workbench")
    bench = space["Workbench"](site, token)
    served = await asyncio.to_thread(space["serve_one"], bench)
    assert served == (shopper.id, "sent")
    said = await shopper.messages()
    assert ("agent", "这款M码有货。") in [(message["from"], message["text"]) for message in said]
    assert any("012" in str(message["text"]) for message in said), "under the number of the member the token stands for"
    assert (await shopper.about())["owner"] == "bot"
    assert await asyncio.to_thread(space["serve_one"], bench) is None, "nobody else waits"


async def test_what_goes_wrong_is_handled_as_the_guide_says(gateway: Gateway, token: str, site: str) -> None:
    space = example("class Workbench")
    bench, refused = space["Workbench"](site, token), space["Refused"]
    shopper = await waiting(gateway)
    gateway.engine.suggest = lambda body: suggestions([])
    assert await asyncio.to_thread(space["serve_one"], bench) == (shopper.id, None), "no suggestion: the agent types"
    with pytest.raises(refused) as error:
        await asyncio.to_thread(bench.say, shopper.id, "你自己看说明，别烦我")
    assert error.value.kind.startswith("wording-"), "words that want a second look do not go out"
    assert error.value.problem["findings"]
    assert "你自己看说明，别烦我" not in str(await shopper.messages())
    await asyncio.to_thread(lambda: bench.say(shopper.id, "你自己看说明，别烦我", confirmed=True))
    mei = await Worker.come(gateway, "mei", "013")
    third = await waiting(gateway)
    await mei.take(third.id)
    assert await asyncio.to_thread(bench.take, third.id) is False
    with pytest.raises(refused) as error:
        await asyncio.to_thread(bench.call, "GET", "/talks/c_none")
    assert (error.value.status, error.value.kind) == (404, "not-found")
    with pytest.raises(refused) as error:
        await asyncio.to_thread(space["Workbench"](site, "xs_wrong").waiting)
    assert error.value.status == 401


async def test_a_message_that_is_sent_again_goes_out_once(gateway: Gateway, token: str, site: str) -> None:
    bench = example("class Workbench")["Workbench"](site, token)
    shopper = await waiting(gateway)
    await asyncio.to_thread(bench.take, shopper.id)
    same = {"client_id": "5d0f2f3e-5a0e-4f0a-9d5e-0a1b2c3d4e5f"}
    for _ in range(2):
        await asyncio.to_thread(lambda: bench.say(shopper.id, "您好，我来为您处理。", **same))
    assert [message["text"] for message in await shopper.messages()].count("您好，我来为您处理。") == 1


async def test_the_one_call_gives_replies(gateway: Gateway, token: str) -> None:
    (command,) = re.findall(r"```sh\n(curl.*?)```", GUIDE, re.S)
    words = shlex.split(command.replace("\\\n", " ").replace("$TOKEN", token).replace("$XIAOER", "http://shop.test"))
    values = {flag: [after for before, after in pairwise(words) if before == flag] for flag in ("-H", "-d")}
    headers = dict(line.split(": ", 1) for line in values["-H"])
    answer = await gateway.http.post(words[2], content=values["-d"][0].encode(), headers=headers)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["order"]["id"] == "880000000009"
    assert set(told) == set(re.findall(r'"(\w+)": ', re.search(r'`(\{"order".*?"suggestions": )', GUIDE)[1])), "the members the guide names"  # type: ignore[index]
    table = GUIDE.partition("## A suggestion")[2].partition("## Live")[0]
    named = {name for row in re.findall(r"^\| (`.*?) \|", table, re.M) for name in re.findall(r"`(\w+)`", row)}
    assert set(told["suggestions"][0]) == named


async def test_a_workbench_hears_what_shoppers_say(gateway: Gateway, token: str, site: str) -> None:
    shopper = await waiting(gateway)
    heard: list[tuple[str, str]] = []

    def hear(talk: str, text: str) -> bool:
        heard.append((talk, text))
        return True

    listening = asyncio.create_task(example("async def listen")["listen"](site, token, hear))
    async with asyncio.timeout(20):
        while not gateway.services.hub.at_desk():
            await asyncio.sleep(0.01)
        await shopper.ask("还在吗")
        await listening
    assert heard == [(shopper.id, "还在吗")]


def test_every_call_of_the_guide_exists(gateway: Gateway) -> None:
    paths: dict[str, dict[str, Any]] = gateway.app.openapi()["paths"]
    known = {(method.upper(), path.removeprefix("/api/v1/staff")) for path, methods in paths.items() for method in methods}
    named = {
        (method, path.removeprefix("/api/v1/staff")) for method, path in re.findall(r"`(GET|POST|PUT|PATCH|DELETE) (/[^\s`]+)`", GUIDE)
    }
    assert len(named) > 10
    assert named <= known
