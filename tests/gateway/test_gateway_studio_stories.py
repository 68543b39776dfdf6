"""Stories and rules over HTTP: the list, one talk, the flow, proposals with both paths, and talks made into stories."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from shop.db import writing
from shop.models import InboxRow
from tests.gateway.conftest import Start
from tests.gateway.staff_support import Worker
from tests.gateway.support import Gateway, Shopper, bubble, turn
from tests.studio.support import make_checkout

BARGAINING, RULE = "data/stories/bargaining.yml", "rule:answer a request for a lower price"
AGREES = "story:shopper asks for less and agrees with the value"
STORIES = "/studio/stories"


@pytest.fixture(scope="module")
def data_of_stories(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkout(tmp_path_factory.mktemp("stories") / "shop")


@pytest.fixture
async def there(start: Start, data_of_stories: Path, tmp_path: Path) -> AsyncIterator[Gateway]:
    checkout = tmp_path / "checkout"
    shutil.copytree(data_of_stories, checkout, symlinks=True)
    async with start(XIAOER_CHECKOUT=str(checkout)) as running:
        yield running


@pytest.fixture
async def rong(there: Gateway) -> Worker:
    return await Worker.come(there, "rong", "105", "trainer")


def shopper(intent: str) -> dict[str, Any]:
    return {"kind": "shopper", "wishes": [{"intent": intent}], "either": False}


def bot(action: str) -> dict[str, Any]:
    return {"kind": "bot", "action": action}


def asks(value: str) -> dict[str, Any]:
    return {"kind": "slot", "slots": [{"name": "open_question", "value": value}]}


def new(name: str, *steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"path": BARGAINING, "kind": "story", "name": name, "steps": list(steps), **more}


async def test_the_list_is_searched_filtered_and_paged(rong: Worker) -> None:
    whole = await rong.get(STORIES, limit=3)
    assert whole["total"] > 300
    assert len(whole["stories"]) == 3
    assert whole["contradictions"] == 0
    assert whole["stories"][0]["kind"] == "rule"
    by_chinese_name = await rong.get(STORIES, q="讲价", kind="story")
    assert by_chinese_name["total"] == 6
    assert {one["path"] for one in by_chinese_name["stories"]} == {BARGAINING}
    assert by_chinese_name["files"] == [{"path": BARGAINING, "n": 6}]
    both = await rong.get(STORIES, q="讲价 action_decline_offer", kind="story")
    assert both["total"] == 2
    of_file = await rong.get(f"{STORIES}?path={BARGAINING}&kind=story&limit=2&offset=2")
    assert of_file["total"] == 12
    assert [one["name"] for one in of_file["stories"]] == [
        "shopper asks for less and is not convinced by the value",
        "shopper asks again, is offered a present or coupon and takes it",
    ]
    assert (await rong.get(STORIES, found=True))["total"] == 0


async def test_one_talk_is_shown_with_its_steps_and_its_flow(rong: Worker) -> None:
    one = await rong.get(f"{STORIES}/one?path={BARGAINING}&key={AGREES}")
    assert [step["kind"] for step in one["story"]["steps"]] == ["shopper", "bot", "slot", "shopper", "bot"]
    assert one["base"].lstrip().startswith("- story: shopper asks for less and agrees")
    assert (one["findings"], one["contradictions"]) == ([], [])
    flow = await rong.get(f"{STORIES}/flow?path={BARGAINING}&key={AGREES}")
    assert len(flow["talks"]) == 7
    assert flow["nodes"][0]["step"]["wishes"] == [{"intent": "bargain"}]
    assert (await rong.get(f"{STORIES}/flow", intent="bargain"))["nodes"][0]["parent"] is None
    intents = (await rong.get(f"{STORIES}/intents"))["intents"]
    assert {"name": "bargain", "title": "讲价", "n": 7} in intents
    for path in ("one", "flow"):
        gone = await rong.call("GET", f"{STORIES}/{path}?path={BARGAINING}&key=story:nobody")
        assert gone.status_code == 404


async def test_the_editor_is_offered_what_the_domain_has(rong: Worker) -> None:
    offered = await rong.get(f"{STORIES}/parts")
    assert {"name": "bargain", "title": "讲价"} in offered["intents"]
    actions = {one["name"]: one for one in offered["actions"]}
    assert actions["action_bargain"]["after"] == ["bargain"]
    assert actions["return_form"]["kind"] == "form"
    assert any(one["kind"] == "response" and one["text"] for one in actions.values())
    (asked,) = [one for one in offered["slots"] if one["name"] == "open_question"]
    assert asked["seen"]
    assert "bargain_reason" in asked["values"]
    assert "价格高了" in asked["asked"]["bargain_reason"]
    assert BARGAINING in offered["files"]["story"]


async def test_a_contradiction_is_proposed_with_both_paths(rong: Worker) -> None:
    answer = await rong.call("POST", f"{STORIES}/propose", new("买家讲价就报活动", shopper("bargain"), bot("action_tell_offers")))
    assert answer.status_code == 200, answer.text
    found = answer.json()
    (one,) = found["contradictions"]
    assert (one["here"]["step"], one["here"]["action"], one["there"][0]["key"]) == (1, "action_tell_offers", RULE)
    assert one["there"][0]["steps"][1] == bot("action_bargain")
    assert [one["severity"] for one in found["findings"]] == ["error"]
    assert found["would"] == {"step": 1, "expected": "action_tell_offers", "would": "action_bargain"}
    refused = await rong.call("POST", "/studio/save", {"edits": found["edits"], "reason": "试试"})
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:xiaoer:problem:studio-refused")


async def test_a_story_is_made_renamed_moved_and_removed(there: Gateway, rong: Worker) -> None:
    steps = [shopper("bargain"), bot("action_bargain"), asks("return_tracking"), shopper("choose_option"), bot("action_hand_over")]
    made = (await rong.call("POST", f"{STORIES}/propose", new("买家一边讲价一边要人工", *steps))).json()
    assert made["findings"] == []
    saved = await rong.call("POST", "/studio/save", {"edits": made["edits"], "reason": "昨天的对话"})
    assert saved.status_code == 200, saved.text
    key = "story:买家一边讲价一边要人工"
    one = await rong.get(f"{STORIES}/one?path={BARGAINING}&key={key}")
    assert one["story"]["steps"] == steps
    again = await rong.call("POST", f"{STORIES}/propose", new("买家一边讲价一边要人工", *steps))
    assert again.status_code == 422
    assert "已经用过" in again.json()["detail"]
    # Renamed and moved: the old block goes, the new one comes.
    old = {"path": BARGAINING, "key": key, "base": one["base"]}
    moved = new("买家讲价时要人工", *steps, path="data/stories/smalltalk.yml", old=old)
    edits = (await rong.call("POST", f"{STORIES}/propose", moved)).json()["edits"]
    assert [(edit["path"], edit["new"] is None) for edit in edits] == [(BARGAINING, True), ("data/stories/smalltalk.yml", False)]
    assert (await rong.call("POST", "/studio/save", {"edits": edits, "reason": "换个地方"})).status_code == 200
    workspace = there.services.studio.workspace
    assert workspace.block(BARGAINING, key) is None
    assert workspace.block("data/stories/smalltalk.yml", "story:买家讲价时要人工") is not None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"path": "data/nlu/returns.yml"}, "不能放在这个文件里"),
        ({"path": "data/stories/test_x.yml"}, "只放测试"),
        ({"path": "tests/stories/x.yml", "kind": "test"}, "test_"),
        ({"path": "../secrets.yml"}, "不是工作室可以改的文件"),
        ({"name": " "}, "还没有名称"),
        ({"steps": []}, "一步也没有"),
        ({"steps": [{"kind": "bot", "action": ""}]}, "第 1 步"),
    ],
)
async def test_what_cannot_be_a_talk_is_refused_with_a_remedy(rong: Worker, changes: dict[str, Any], words: str) -> None:
    body = {**new("买家说一件事", shopper("bargain"), bot("action_bargain")), **changes}
    answer = await rong.call("POST", f"{STORIES}/propose", body)
    assert answer.status_code == 422, answer.text
    assert words in answer.json()["detail"]
    assert answer.json()["remedy"]


async def test_what_the_bot_would_do_next_is_told(rong: Worker) -> None:
    steps = [shopper("bargain"), bot("action_bargain"), asks("bargain_offer"), shopper("affirm")]
    assert (await rong.call("POST", f"{STORIES}/next", {"steps": steps})).json() == {"action": "action_accept_offer"}
    assert (await rong.call("POST", f"{STORIES}/next", {"steps": [shopper("nobody")]})).json() == {"action": None}


async def talked(gateway: Gateway) -> Shopper:
    """A talk of two turns."""
    answers = {
        "便宜点吧": turn(bubble("好的"), bubble("还有"), intent="bargain", active_loop=None, open_question="bargain_reason"),
        "我叫王小明，好吧": turn(bubble("谢谢"), intent="affirm", active_loop=None, open_question="none"),
    }
    actions = {"便宜点吧": ["action_bargain"], "我叫王小明，好吧": ["action_accept_offer"]}

    def answer(body: dict[str, Any]) -> Any:
        made = answers[body["text"]]
        said = made.json()
        said["trace"]["actions"] = actions[body["text"]]
        return type(made)(200, json=said)

    gateway.engine.answer = answer
    shopper_ = await Shopper.come(gateway.http)
    for text in answers:
        assert (await shopper_.post({"text": text})).status_code == 200
    return shopper_


STEPS = [shopper("bargain"), bot("action_bargain"), asks("bargain_reason"), shopper("affirm"), bot("action_accept_offer")]


async def test_a_lead_makes_a_story_of_a_talk_and_a_trainer_of_the_inbox(there: Gateway, rong: Worker) -> None:
    talk = await talked(there)
    body = {"talk_id": talk.id}
    assert (await rong.call("POST", f"{STORIES}/from-talk", body)).status_code == 403
    lead = await Worker.come(there, "rong-lead", "106", "supervisor")
    made = await lead.call("POST", f"{STORIES}/from-talk", body)
    assert made.json() == {"steps": STEPS, "notes": []}
    assert "王小明" not in made.text
    assert (await lead.call("POST", f"{STORIES}/from-talk", {"talk_id": "nobody"})).status_code == 404
    assert (await lead.call("POST", f"{STORIES}/from-talk", {**body, "message_id": "nobody"})).status_code == 404
    first = next(one for one in there.services.store.messages(talk.id)[0] if one.sender == "shopper")
    with writing(there.services.database) as session:
        now = there.services.clock.now()
        row = {"text": "便宜点吧", "plain": "p", "at": now, "day": now.date(), "reasons": "|margin|", "leader": "i1"}
        session.add(InboxRow(shop_id=there.services.settings.shop_id, id="i1", conversation_id=talk.id, message_id=first.id, **row))
    made = await rong.call("POST", f"{STORIES}/from-inbox", {"inbox_id": "i1"})
    assert made.json()["steps"] == STEPS[:3]
    assert talk.id not in made.text
    assert (await rong.call("POST", f"{STORIES}/from-inbox", {"inbox_id": "i2"})).status_code == 404


async def test_what_was_tried_out_becomes_a_story(rong: Worker) -> None:
    turns: list[dict[str, Any]] = [
        {
            "intents": ["bargain"],
            "text": "便宜点",
            "actions": ["action_bargain"],
            "state": {"open_question": "bargain_reason", "active_loop": None},
        },
        {"intent": "affirm", "actions": ["action_accept_offer"], "state": {"open_question": None, "active_loop": None}},
    ]
    made = await rong.call("POST", f"{STORIES}/from-turns", {"turns": turns})
    assert made.json()["steps"] == STEPS
    odd = await rong.call("POST", f"{STORIES}/from-turns", {"turns": [{"intents": 3, "actions": "x", "state": []}]})
    assert (odd.json()["steps"], len(odd.json()["notes"])) == ([], 1)
