"""Drafts over the API: better words, what was offered covers what is said, gaps never go out, other tones; nothing is written."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from shop.db import reading
from shop.models import Base
from tests.gateway.staff_support import Worker
from tests.gateway.support import Gateway, Shopper, bubble, suggestions, turn

HAND_OVER = {"hand_over": {"reason": "asked", "summary": "冯女士，订单 880000000009，想换一件"}}


@pytest.fixture
async def lan(gateway: Gateway) -> Worker:
    return await Worker.come(gateway, "lan", "012")


async def taken(gateway: Gateway, lan: Worker, text: str = "转人工") -> Shopper:
    """A shopper whose talk this agent has."""
    shopper = await Shopper.come(gateway.http, identity=gateway.services.identities.sign("c05"))
    gateway.engine.answer = lambda body: turn(bubble("马上为您转人工。", card=HAND_OVER), intent="request_human")
    await shopper.ask(text)
    assert (await lan.take(shopper.id)).status_code == 200
    return shopper


async def wording(lan: Worker, text: str, **more: Any) -> dict[str, Any]:
    answer = await lan.call("POST", "/wording", {"text": text, **more})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_a_finding_says_what_may_stand_in_its_place(lan: Worker) -> None:
    text = "😀这是全网最低价。你看看"
    found = {one["rule"]: one["better"] for one in (await wording(lan, text))["findings"]}
    start, end = found["hn_01"]["span"]
    assert (text[start:end], found["hn_01"]["text"]) == ("😀这是全网最低价。", "这是我权限内、当前活动下的全部优惠。"), (
        "spans are in characters"
    )
    assert found["av_you"]["text"] == "您"


async def test_a_script_of_the_rule_is_filled_in_for_the_talk(gateway: Gateway, lan: Worker) -> None:
    shopper = await taken(gateway, lan)
    found = await wording(lan, "等一下", talk=shopper.id)
    better = next(one["better"] for one in found["findings"] if one["rule"] == "ng_31")
    assert (better["script"], bool(better["missing"])) == ("s_hold_wait", True)
    assert all(f"{{{name}}}" in better["text"] for name in better["missing"]), "what is missing stays a gap"


async def test_a_gap_in_better_words_has_the_name_that_people_call_it(gateway: Gateway, lan: Worker) -> None:
    shopper = await taken(gateway, lan)
    found = await wording(lan, "保证明天到", talk=shopper.id)
    better = next(one["better"] for one in found["findings"] if one["better"] and one["better"]["missing"])
    assert better["missing"] == ["答复时间"]
    assert "{答复时间}" in better["text"]


async def test_what_was_offered_covers_what_is_said(gateway: Gateway, lan: Worker) -> None:
    shopper = await taken(gateway, lan)
    promise = "明天一定给您发出。"
    assert [one["severity"] for one in (await wording(lan, promise, talk=shopper.id))["findings"]] == ["ask"]
    gateway.engine.suggest = lambda body: suggestions([promise, "请稍等，为您查一下。"])
    await shopper.ask("什么时候发货")
    use = (await lan.call("POST", f"/talks/{shopper.id}/suggestions", {})).json()["use"]
    assert (await wording(lan, promise, talk=shopper.id))["findings"] == []
    assert (await wording(lan, promise))["findings"], "elsewhere it is a promise as before"
    assert (await lan.say(shopper.id, f"您好。{promise}", use=use, place=0)).json()["outcome"] == "edited"


@pytest.mark.parametrize("text", ["单号是{tracking}。", "单号是{运单号}。"])
async def test_a_gap_never_goes_out(gateway: Gateway, lan: Worker, text: str) -> None:
    shopper = await taken(gateway, lan)
    before = len(await shopper.messages())
    refused = await lan.say(shopper.id, text, confirmed=True)
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:xiaoer:problem:gap")
    assert refused.json()["missing"] == (await wording(lan, text))["gaps"]
    assert len(await shopper.messages()) == before


async def test_an_upset_shopper_is_told_that_they_were_heard(gateway: Gateway, lan: Worker) -> None:
    shopper = await taken(gateway, lan, "气死我了，你们太过分了")
    told = (await lan.call("POST", "/suggestions/alternatives", {"text": "亲，这款有货哈哈！", "talk": shopper.id})).json()
    calm = [one["text"] for one in told["alternatives"] if one["tone"] == "calm"]
    assert (told["mood"], told["qin"], len(calm)) == ("angry", "off", 2)
    assert len(set(calm)) == 2
    assert all(one.endswith("您好，这款有货。") or one.endswith("您好，这款有货") for one in calm)
    nobody = (await lan.call("POST", "/suggestions/alternatives", {"text": "这款有货"})).json()
    assert (nobody["mood"], nobody["alternatives"]) == ("calm", [])


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/suggestions/alternatives", {"text": " "}, 422),
        ("/suggestions/alternatives", {"text": "好", "talk": "c_none"}, 404),
        ("/wording", {"text": "好", "talk": "c_none"}, 404),
        ("/wording", {"text": "好", "profile": "elsewhere"}, 422),
        ("/wording", {"text": "长" * 8_001}, 422),
    ],
)
async def test_bad_input_is_told(lan: Worker, path: str, body: dict[str, Any], status: int) -> None:
    assert (await lan.call("POST", path, body)).status_code == status


async def test_a_marketplaces_chat_has_rules_of_its_own(lan: Worker) -> None:
    text = "加我微信聊"
    assert not [one for one in (await wording(lan, text))["findings"] if one["rule"].startswith("op_")]
    assert [one for one in (await wording(lan, text, profile="platform_chat"))["findings"] if one["rule"].startswith("op_")]


async def test_asking_writes_nothing_but_what_was_offered(gateway: Gateway, lan: Worker) -> None:
    """Every row of the shop's database over many messages; the engine's is compared in tests/dialogue with the product itself."""
    lead = await Worker.come(gateway, "lead", "002", "supervisor")
    shopper = await taken(gateway, lan)
    for number in range(40):
        await shopper.ask(f"第{number}个问题，有货吗")
    asked = [message for message in await shopper.messages(limit=100) if message["from"] == "shopper"]
    await lan.call("GET", "/scripts/match")

    def rows() -> dict[str, list[str]]:
        with reading(gateway.services.database) as session:
            return {
                name: sorted(repr(tuple(row)) for row in session.execute(select(table))) for name, table in Base.metadata.tables.items()
            }

    before = rows()
    for message in asked:
        for path, body in (
            (f"/talks/{shopper.id}/suggestions", {"message_id": message["id"]}),
            ("/suggestions/alternatives", {"text": "亲，你看看", "talk": shopper.id, "message_id": message["id"]}),
            ("/wording", {"text": "你看看全网最低价", "talk": shopper.id}),
        ):
            assert (await lead.call("POST", path, body)).status_code == 200
        assert (await lead.call("GET", "/scripts/match", talk=shopper.id, q="有货")).status_code == 200
    assert rows() == before
    for message in asked:
        assert (await lan.call("POST", f"/talks/{shopper.id}/suggestions", {"message_id": message["id"]})).json()["use"]
    after = rows()
    assert [name for name in before if before[name] != after[name]] == ["suggestion_uses"]
