"""The studio over HTTP: preview, save, conflict, refusal, history, undo, changes from outside, publishing."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from studio.releases import Releases
from tests.gateway.conftest import Start
from tests.gateway.staff_support import Worker
from tests.gateway.support import Gateway
from tests.studio.support import make_checkout

RETURNS, WORDS = "data/nlu/returns.yml", "data/responses/smalltalk.yml"
KEY = "intent:request_return"


@pytest.fixture(scope="session")
def data_of_session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkout(tmp_path_factory.mktemp("studio") / "shop")


@pytest.fixture
async def there(start: Start, data_of_session: Path, tmp_path: Path) -> AsyncIterator[Gateway]:
    """A gateway whose checkout is a copy of the project's data."""
    checkout = tmp_path / "checkout"
    shutil.copytree(data_of_session, checkout, symlinks=True)
    async with start(XIAOER_CHECKOUT=str(checkout)) as running:
        yield running


@pytest.fixture
async def qing(there: Gateway) -> Worker:
    return await Worker.come(there, "qing", "101", "trainer")


def edit(gateway: Gateway, line: str, path: str = RETURNS, key: str = KEY) -> dict[str, Any]:
    block = gateway.services.studio.workspace.block(path, key)
    assert block is not None
    return {"path": path, "key": key, "base": block.text, "new": f"{block.text}      - {line}\n"}


async def test_a_trainer_looks_saves_reads_the_history_and_takes_it_back(there: Gateway, qing: Worker) -> None:
    wanted = edit(there, "蓝色的不想要了")
    seen = (await qing.call("POST", "/studio/preview", {"edits": [wanted]})).json()
    assert [line for mark, line in seen["diffs"][0]["lines"] if mark == "+"] == ["      - 蓝色的不想要了"]
    assert (seen["diffs"][0]["added"], seen["diffs"][0]["removed"], seen["conflicts"]) == (1, 0, [])
    saved = await qing.call("POST", "/studio/save", {"edits": [wanted], "reason": "昨天三位这么说"})
    assert saved.status_code == 200, saved.text
    commit = saved.json()["commit"]
    assert (commit["author"], commit["author_id"], commit["paths"]) == ("小101", qing.id, [RETURNS])
    listed = await qing.get(f"/studio/history?path={RETURNS}&key={KEY}")
    assert [one["reason"] for one in listed["commits"]] == ["昨天三位这么说", "The shop's data."]
    whole = await qing.get(f"/studio/commits/{commit['id']}")
    assert whole["files"][0]["path"] == RETURNS
    undone = await qing.call("POST", f"/studio/commits/{commit['id']}/undo", {"reason": "看错了"})
    assert undone.json()["commit"]["undoes"] == commit["id"]
    assert "蓝色的不想要了" not in there.services.studio.workspace.text(RETURNS)


async def test_two_in_the_same_lines_see_both_versions(there: Gateway, qing: Worker) -> None:
    hong = await Worker.come(there, "hong", "102", "supervisor")
    mine, theirs = edit(there, "小青的一句"), edit(there, "小红的一句")
    assert (await hong.call("POST", "/studio/save", {"edits": [theirs], "reason": "一"})).status_code == 200
    answer = await qing.call("POST", "/studio/save", {"edits": [mine], "reason": "二"})
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:xiaoer:problem:studio-conflict")
    (conflict,) = answer.json()["conflicts"]
    assert "小红的一句" in conflict["theirs"]
    assert "小青的一句" in conflict["mine"]


async def test_what_breaks_a_file_is_refused_with_place_and_remedy(there: Gateway, qing: Worker) -> None:
    before = there.services.studio.workspace.text(RETURNS)
    broken = {**edit(there, "x"), "new": "  - intent: [没有关上\n"}
    answer = await qing.call("POST", "/studio/save", {"edits": [broken], "reason": "一"})
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:xiaoer:problem:studio")
    assert answer.json()["remedy"]
    rule = "  - rule: begin to take a return\n    steps:\n      - intent: greet\n      - action: utter_x\n"
    twice = {"path": "data/rules/sizing.yml", "key": "rule:new", "base": None, "new": rule}
    again = {**twice, "key": "rule:other"}
    answer = await qing.call("POST", "/studio/save", {"edits": [twice, again], "reason": "一"})
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:xiaoer:problem:studio-refused"), answer.text
    assert "named-twice" in {one["code"] for one in answer.json()["findings"]}
    outside = {"path": "gateway/app.yml", "key": "section:x", "base": None, "new": "x: 1\n"}
    assert (await qing.call("POST", "/studio/preview", {"edits": [outside]})).status_code == 422
    assert there.services.studio.workspace.text(RETURNS) == before


async def test_changes_from_an_editor_are_shown_and_can_be_taken_over(there: Gateway, qing: Worker) -> None:
    path = there.services.studio.workspace.root / RETURNS
    path.write_text(path.read_text("utf-8") + "\n# by hand\n", "utf-8")
    assert (await qing.get("/studio/state"))["outside"] == [RETURNS]
    assert ["+", "# by hand"] in (await qing.get("/studio/outside"))["diffs"][0]["lines"]
    answer = await qing.call("POST", "/studio/outside", {"paths": [RETURNS], "reason": "手工改的"})
    assert answer.json()["commit"]["reason"] == "手工改的"
    assert (await qing.get("/studio/state"))["outside"] == []


async def test_without_git_the_state_says_what_to_do(there: Gateway, qing: Worker) -> None:
    shutil.rmtree(there.services.studio.workspace.root / ".git")
    state = await qing.get("/studio/state")
    assert "git init" in state["problem"]["remedy"]
    answer = await qing.call("POST", "/studio/save", {"edits": [edit(there, "x")], "reason": "一"})
    assert answer.status_code == 422
    assert "git init" in answer.json()["detail"]


async def test_saved_wording_waits_until_it_is_published(there: Gateway, qing: Worker) -> None:
    studio = there.services.studio
    assert (await qing.get("/studio/state"))["can_publish"] is False
    releases: Releases = studio.releases
    release = releases.make(studio.workspace.root, None, "launcher")
    releases.go_live(release, "http://127.0.0.1:1", "http://127.0.0.1:2")
    block = next(one for one in studio.workspace.blocks(WORDS) if one.key.startswith("response:"))
    changed = {"path": WORDS, "key": block.key, "base": block.text, "new": f"  # 换个说法\n{block.text}"}
    saved = (await qing.call("POST", "/studio/save", {"edits": [changed], "reason": "换个说法"})).json()
    assert saved["publishable"] == [WORDS]
    (waiting,) = (await qing.get("/studio/state"))["unpublished"]
    assert (waiting["path"], [one["reason"] for one in waiting["commits"]]) == (WORDS, ["换个说法"])
    refused = await qing.call("POST", "/studio/publish", {"paths": [RETURNS], "reason": "一"})
    assert refused.status_code == 422
    answer = await qing.call("POST", "/studio/publish", {"paths": [WORDS], "reason": "上线"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["unpublished"] == []
    assert "# 换个说法" in (release.folder / WORDS).read_text("utf-8")


@pytest.mark.parametrize("role", ["agent", "trainer"])
async def test_pages_are_for_trainers(there: Gateway, role: Any) -> None:
    worker = await Worker.come(there, f"w-{role}", "150", role)
    found = (await worker.get("/me"))["studio"]
    assert ("/studio/changes" in found) == (role == "trainer")
    page = await worker.http.get("/studio/changes")
    assert page.status_code == (200 if role == "trainer" else 403)
    assert (await worker.http.get("/studio/none")).status_code == 404
