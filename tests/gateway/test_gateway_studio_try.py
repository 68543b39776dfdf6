"""Trying the bot out over the staff API: in the dark, as nobody or an invented customer; real talks said again to live and candidate."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from gateway.tryout import HIDDEN, masked
from shop.db import reading
from shop.models import Conversation, Customer, Message
from studio.replay import Answer, differences
from tests.gateway.conftest import Start
from tests.gateway.staff_support import Worker
from tests.gateway.support import Gateway, Shopper, bubble, rehearsal, turn

CANDIDATE = "http://127.0.0.1:7999"


@pytest.fixture
async def there(start: Start) -> AsyncIterator[Gateway]:
    async with start() as running:
        yield running


@pytest.fixture
async def ping(there: Gateway) -> Worker:
    return await Worker.come(there, "ping", "104", "trainer")


def with_candidate(home: Path) -> None:
    """What the launcher notes while a candidate runs beside the live release."""
    folder = home / "releases"
    folder.mkdir(exist_ok=True)
    also = [{"release": "20261123-010000", "engine": CANDIDATE, "actions": CANDIDATE, "role": "candidate"}]
    (folder / "live.json").write_text(json.dumps({"release": "20261122-010000", "also": also}), "utf-8")


async def say(worker: Worker, *texts: str, **more: Any) -> httpx.Response:
    return await worker.call("POST", "/studio/try", {"talk": "t1", "lines": [{"text": one} for one in texts], **more})


def rows(gateway: Gateway) -> list[int]:
    with reading(gateway.services.database) as session:
        return [session.scalar(select(func.count()).select_from(model)) or 0 for model in (Conversation, Message)]


class TestTrying:
    async def test_a_try_is_told_whole_and_stored_nowhere(self, there: Gateway, ping: Worker) -> None:
        before = rows(there)
        told = (await say(ping, "在吗", "有货吗", customer="c05", product="p1001")).json()
        assert [one["replies"][0]["text"] for one in told["turns"]] == ["echo 在吗", "echo 有货吗"]
        assert (told["said"], told["model"]) == (2, "m.tar.gz")
        assert told["turns"][0]["wishes"][0]["intent"] == "greet"
        (asked,) = there.engine.tried
        assert asked["sender"] == f"try:{ping.id}:live:t1"
        assert {"dry_run": True, "customer_id": "c05", "product_id": "p1001"}.items() <= asked["metadata"].items()
        assert rows(there) == before
        assert there.engine.turns == there.engine.asked == []

    async def test_what_is_typed_is_no_command_and_a_button_is(self, there: Gateway, ping: Worker) -> None:
        await say(ping, "/restart")
        assert there.engine.tried[0]["lines"] == [{"text": "restart"}]
        pressed = await ping.call("POST", "/studio/try", {"talk": "t2", "lines": [{"payload": "/affirm"}]})
        assert pressed.status_code == 200
        for line in ({"text": "a", "payload": "/affirm"}, {}, {"payload": "affirm"}):
            assert (await ping.call("POST", "/studio/try", {"talk": "t2", "lines": [line]})).status_code == 422

    async def test_a_forgotten_talk_and_an_engine_that_is_away_are_said(self, there: Gateway, ping: Worker) -> None:
        lost = await say(ping, "在吗", said=3)
        assert (lost.status_code, lost.json()["type"]) == (409, "urn:xiaoer:problem:try-lost")
        there.engine.rehearse = lambda line: (_ for _ in ()).throw(httpx.ConnectError("refused"))
        assert (await say(ping, "在吗")).status_code == 503

    async def test_only_an_invented_customer_can_be_tried_as(self, there: Gateway, ping: Worker) -> None:
        who = await ping.get("/studio/try/who")
        assert {"id": "c05"}.items() <= next(one for one in who["customers"] if one["id"] == "c05").items()
        assert (who["live"], who["candidate"], who["startable"]) == (None, None, [])
        assert (await say(ping, "在吗", customer="somebody")).status_code == 422

    async def test_a_candidate_answers_while_it_runs(self, there: Gateway, ping: Worker, home: Path) -> None:
        none = await say(ping, "在吗", release="candidate")
        assert (none.status_code, none.json()["type"]) == (409, "urn:xiaoer:problem:no-candidate")
        with_candidate(home)
        assert (await say(ping, "在吗", release="candidate")).status_code == 200
        assert there.engine.tried[-1]["url"].startswith(CANDIDATE)
        assert (await ping.get("/studio/try/who"))["candidate"] == {"id": "20261123-010000"}


class TestReplaying:
    async def talk(self, there: Gateway) -> Shopper:
        with reading(there.services.database) as session:
            name = str(session.scalar(select(Customer.name).where(Customer.id == "c05")))
        shopper = await Shopper.come(there.http, identity=there.services.identities.sign("c05"))
        there.engine.answer = lambda body: turn(bubble("这款有货。", response="utter_a", row="r1"), intent="ask_stock")
        await shopper.ask(f"我是{name}，电话13800138000，有货吗")
        await shopper.ask("能便宜点吗")
        return shopper

    async def test_a_real_talk_is_listed_and_said_again_masked(self, there: Gateway, ping: Worker) -> None:
        shopper = await self.talk(there)
        (listed,) = (await ping.get("/studio/try/talks"))["talks"]
        assert (listed["id"], listed["messages"]) == (shopper.id, 2)
        assert "13800138000" not in listed["first"]
        assert (await ping.get("/studio/try/talks", q="有货"))["talks"] == [listed]
        assert (await ping.get("/studio/try/talks", q="13800138000"))["talks"] == [], "nobody is found by what is masked"
        before = rows(there)
        there.engine.rehearse = lambda line: rehearsal(
            str(line["text"]),
            bubble("这款有货。", response="utter_a" if "便宜" in line["text"] else "utter_b", row="r1"),
            intent="ask_stock",
        )
        seen = (await ping.call("POST", "/studio/try/replay", {"talk": shopper.id})).json()
        assert (seen["total"], seen["next"], seen["candidate"]) == (2, None, None)
        assert [one["since"] for one in seen["lines"]] == [["response"], []]
        assert [one["then"]["texts"] for one in seen["lines"]] == [["这款有货。"]] * 2
        assert "13800138000" not in json.dumps(seen, ensure_ascii=False)
        (asked,) = there.engine.tried
        assert {"dry_run": True, "steady": True, "customer_id": "c05", "conversation_id": shopper.id}.items() <= asked["metadata"].items()
        assert rows(there) == before

    async def test_candidate_and_live_stand_side_by_side(self, there: Gateway, ping: Worker, home: Path) -> None:
        shopper = await self.talk(there)
        with_candidate(home)
        there.engine.rehearse = lambda line: rehearsal(str(line["text"]), bubble(f"第{len(there.engine.tried)}次"), intent="ask_stock")
        seen = (await ping.call("POST", "/studio/try/replay", {"talk": shopper.id})).json()
        assert seen["candidate"] == "20261123-010000"
        assert {tuple(one["sides"]) for one in seen["lines"]} == {("live", "candidate")}
        assert [one["between"] for one in seen["lines"]] == [["text"], ["text"]]

    async def test_a_long_talk_comes_in_parts_and_survives_a_forgetful_engine(self, there: Gateway, ping: Worker) -> None:
        shopper = await Shopper.come(there.http)
        for number in range(6):
            await shopper.ask(f"第{number}个问题是什么呢")
        first = (await ping.call("POST", "/studio/try/replay", {"talk": shopper.id})).json()
        assert (len(first["lines"]), first["next"], first["total"]) == (4, 4, 6)
        there.engine.tried.clear()
        rest = (await ping.call("POST", "/studio/try/replay", {"talk": shopper.id, "at": 4})).json()
        assert ([one["text"] for one in rest["lines"]], rest["next"]) == (["第4个问题是什么呢", "第5个问题是什么呢"], None)
        assert [one["said"] for one in there.engine.tried] == [0], "said again from the beginning"

    async def test_a_talk_that_is_gone_is_said(self, ping: Worker) -> None:
        assert (await ping.call("POST", "/studio/try/replay", {"talk": "none"})).status_code == 404


class TestDifferences:
    ONE = Answer("bot", ("a",), ("甲",), ("utter_a",), ("r1",))

    @pytest.mark.parametrize(
        ("other", "found"),
        [
            (Answer("bot", ("a",), ("甲",), ("utter_a",), ("r1",)), []),
            (Answer("bot", ("b",), ("甲",), ("utter_a",), ("r1",)), ["intent"]),
            (Answer("bot", ("a",), ("乙",), ("utter_b",), ("r2",)), ["response", "row", "text"]),
            (Answer("bot", ("a",), ("甲",), ("utter_a",), ("r1",), ("好",), True), ["hand_over", "buttons"]),
        ],
    )
    def test_what_is_not_the_same(self, other: Answer, found: list[str]) -> None:
        assert differences(self.ONE, other) == found

    def test_chance_and_deeds_that_are_never_done_in_the_dark_do_not_count(self) -> None:
        other = Answer("bot", ("a",), ("乙",), ("utter_a_twin",), ("r1",))
        assert differences(self.ONE, other, {"utter_a": "utter_a_twin"}, words=False) == []
        assert differences(Answer("agent"), Answer("nobody")) == []


def test_a_masked_turn_hides_persons_and_keeps_technical_names() -> None:
    made = rehearsal(
        "我叫欧阳娜娜，13800138000",
        bubble("欧阳女士您好"),
        slots={"name": "欧阳娜娜", "size": "M", "phone": ""},
        changed={"name": [None, "欧阳娜娜"]},
        spoken=[{"response": "utter_a", "variation": {"text": "{name}您好"}, "values": {"name": "欧阳娜娜", "size": "M"}}],
        events=[{"event": "slot", "name": "name", "value": "欧阳娜娜"}, {"event": "action", "name": "action_row", "policy": "RulePolicy"}],
        decisions=[{"table": "postage", "row": "pr_x", "facts": {"name": "欧阳娜娜", "days": 3}}],
    )
    made["wishes"][0]["entities"] = [{"entity": "name", "value": "欧阳娜娜", "text": "欧阳娜娜"}]
    shown = masked(made, ["欧阳娜娜"])
    assert "娜娜" not in json.dumps(shown, ensure_ascii=False)
    assert "13800138000" not in json.dumps(shown, ensure_ascii=False)
    assert shown["slots"] == {"name": HIDDEN, "size": "M", "phone": ""}
    assert shown["events"][1] == {"event": "action", "name": "action_row", "policy": "RulePolicy"}
    assert (shown["tokens"], shown["decisions"][0]["facts"]["days"]) == ([], 3)
