"""The companion over HTTP: what an agent beside 千牛 gets for pasted words."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from shop.db import reading
from shop.models import Base
from tests.gateway.staff_support import Worker
from tests.gateway.support import Gateway

ORDER = "880000000009"


@pytest.fixture
async def lan(gateway: Gateway) -> Worker:
    return await Worker.come(gateway, "lan", "012")


async def ask(worker: Worker, text: str, **more: Any) -> dict[str, Any]:
    answer = await worker.call("POST", "/companion/suggestions", {"text": text, **more})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def stored(gateway: Gateway) -> dict[str, list[str]]:
    """Every row of the shop's database."""
    with reading(gateway.services.database) as session:
        return {name: sorted(map(repr, session.execute(select(table)))) for name, table in Base.metadata.tables.items()}


async def test_words_and_an_order_give_replies_with_where_they_come_from(gateway: Gateway, lan: Worker) -> None:
    offer = await ask(lan, "M码有货吗", order_id=f" {ORDER} ")
    first = offer["suggestions"][0]
    assert (first["text"], first["script"], first["row"]) == ("这款M码有货。", "s_stock", "pr_q_ex_01")
    assert first["source"]
    assert (offer["order"]["id"], offer["mentioned"], offer["reason"]) == (ORDER, [], None)
    assert offer["order"]["state_word"] == "已签收"
    assert 1 <= len(offer["suggestions"]) <= 4


async def test_nothing_is_written_however_often_somebody_asks(gateway: Gateway, lan: Worker) -> None:
    await lan.get("/me")
    before = stored(gateway)
    for number in range(10):
        await ask(lan, f"第{number}个买家：什么时候发货", **({"order_id": ORDER} if number % 2 else {}))
    assert stored(gateway) == before
    assert gateway.engine.told == []
    assert all(asked["metadata"]["dry_run"] for asked in gateway.engine.asked)


async def test_an_order_that_the_words_name_is_pointed_out_and_not_used(gateway: Gateway, lan: Worker) -> None:
    offer = await ask(lan, f"我的单号{ORDER}，电话13800000000，怎么还没到")
    assert [one["id"] for one in offer["mentioned"]] == [ORDER]
    assert offer["order"] is None
    assert (gateway.engine.asked[-1]["slots"], gateway.engine.asked[-1]["metadata"]["customer_id"]) == ({}, None)
    assert (await ask(lan, f"单号{ORDER}", order_id=ORDER))["mentioned"] == []


async def test_an_unknown_order_and_endless_words_are_refused_with_a_remedy(lan: Worker) -> None:
    for body, kind in (({"text": "在吗", "order_id": "880000009999"}, "order"), ({"text": "字" * 1001}, "text"), ({"text": " "}, "text")):
        answer = await lan.call("POST", "/companion/suggestions", body)
        assert (answer.status_code, answer.json()["type"]) == (422, f"urn:xiaoer:problem:{kind}")
