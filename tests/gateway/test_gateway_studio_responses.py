"""Responses over the staff API: found, checked and previewed while somebody types, proposed and saved."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.conftest import Start
from tests.gateway.staff_support import Worker
from tests.gateway.support import Gateway
from tests.studio.support import make_checkout

NAME = "utter_smalltalk_try"
PATH = "data/responses/smalltalk.yml"
PLAIN: dict[str, Any] = {"text": "好的，我记下了。", "metadata": {"script": "s_thanks", "source": "试验"}}


@pytest.fixture(scope="module")
def data_of_module(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkout(tmp_path_factory.mktemp("responses") / "shop")


@pytest.fixture
async def there(start: Start, data_of_module: Path, tmp_path: Path) -> AsyncIterator[Gateway]:
    checkout = tmp_path / "checkout"
    shutil.copytree(data_of_module, checkout, symlinks=True)
    async with start(XIAOER_CHECKOUT=str(checkout)) as running:
        yield running


@pytest.fixture
async def ping(there: Gateway) -> Worker:
    return await Worker.come(there, "ping", "104", "trainer")


async def test_looking_and_what_can_be_put_in(ping: Worker) -> None:
    first = await ping.get("/studio/responses", limit=5)
    assert (len(first["responses"]), first["total"]) == (5, sum(first["topics"].values()))
    found = await ping.get("/studio/responses", q="退款 元", topic="returns", state="buttons")
    assert all(one["topic"] == "returns" and "buttons" in one["marks"] for one in found["responses"])
    one = await ping.get("/studio/responses/utter_ask_return_form_reason")
    assert one["uses"][0]["kind"] in ("form", "code", "row", "story")
    assert [each for each in one["findings"] if each["severity"] == "error"] == []
    words = await ping.get("/studio/responses/vocabulary")
    assert {"name": "order_id", "label": "订单号"}.items() <= next(one for one in words["values"] if one["name"] == "order_id").items()
    assert {one["name"] for one in words["conditions"]} >= {"speaker", "address_style"}
    missing = await ping.call("GET", "/studio/responses/utter_no_such")
    assert (missing.status_code, missing.json()["remedy"] != "") == (422, True)


async def test_a_preview_is_filled_from_a_real_order_and_tells_what_is_only_an_example(ping: Worker) -> None:
    (order, *_) = (await ping.get("/studio/responses/orders"))["orders"]
    assert set(order) == {"id", "product", "variant", "state", "day"}
    assert [one["id"] for one in (await ping.get("/studio/responses/orders", q=order["id"]))["orders"]] == [order["id"]]
    text = "订单{order_id}的{product}，退款{refund}元。"
    body = {"path": PATH, "variations": [{**PLAIN, "text": text}], "order": order["id"]}
    seen = (await ping.call("POST", f"/studio/responses/{NAME}/check", body)).json()
    assert seen["findings"] == []
    assert seen["preview"][0]["bubbles"] == [f"订单{order['id']}的{order['product']}，退款168元。"]
    assert seen["preview"][0]["speaks"] is True
    assert {one["name"]: one["source"] for one in seen["values"]} == {"order_id": "order", "product": "order", "refund": "example"}
    assert (await ping.call("POST", f"/studio/responses/{NAME}/check", {**body, "order": "1"})).status_code == 404


async def test_the_circumstances_decide_who_speaks(ping: Worker) -> None:
    agent = {**PLAIN, "text": "我来记。", "condition": [{"type": "slot", "name": "speaker", "value": "agent"}]}
    dated = {**PLAIN, "text": "过年好。", "valid_from": "2027-02-01", "valid_to": "2027-02-14"}
    body = {"path": PATH, "variations": [PLAIN, agent, dated]}

    async def speaks(**more: Any) -> list[bool]:
        answer = await ping.call("POST", f"/studio/responses/{NAME}/check", {**body, **more})
        return [one["speaks"] for one in answer.json()["preview"]]

    assert await speaks() == [True, False, False]
    assert await speaks(circumstances={"speaker": "agent"}) == [False, True, False]
    assert await speaks(at="2027-02-14T23:00") == [False, False, True]
    wrong = await ping.call(
        "POST",
        f"/studio/responses/{NAME}/check",
        {"path": PATH, "variations": [{**PLAIN, "text": "尽快"}, {"text": 5}, {"valid_from": "x"}]},
    )
    assert wrong.status_code == 200, "what cannot be previewed is told by the findings"
    assert {"style", "text", "date"} <= {one["code"] for one in wrong.json()["findings"]}


async def test_a_change_is_proposed_saved_and_undone_by_its_history(there: Gateway, ping: Worker) -> None:
    new = await ping.call("POST", f"/studio/responses/{NAME}/propose", {"path": PATH, "base": None, "variations": [PLAIN]})
    assert [one["code"] for one in new.json()["findings"]] == ["unused"]
    saved = await ping.call("POST", "/studio/save", {"edits": new.json()["edits"], "reason": "试一条"})
    assert saved.status_code == 200, saved.text
    one = await ping.get(f"/studio/responses/{NAME}")
    worse = {"path": PATH, "base": one["base"], "variations": [{**one["variations"][0], "text": "我们会尽快处理。"}]}
    proposed = (await ping.call("POST", f"/studio/responses/{NAME}/propose", worse)).json()
    assert "style" in {each["code"] for each in proposed["findings"]}
    refused = await ping.call("POST", "/studio/save", {"edits": proposed["edits"], "reason": "试"})
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:xiaoer:problem:studio-refused")
    gone = await ping.call("POST", f"/studio/responses/{NAME}/remove", {"base": one["base"]})
    assert (await ping.call("POST", "/studio/save", {"edits": gone.json()["edits"], "reason": "不要了"})).status_code == 200
    assert (await ping.call("GET", f"/studio/responses/{NAME}")).status_code == 422
    used = await ping.get("/studio/responses/utter_ask_return_form_reason")
    kept = await ping.call("POST", "/studio/responses/utter_ask_return_form_reason/remove", {"base": used["base"]})
    assert (kept.status_code, "在用" in kept.json()["detail"]) == (422, True)
