"""Tables and parameters over HTTP: list, draft, row, try, save, live within seconds; refusals name what is wrong."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from policy.live import LiveRules
from tests.gateway.conftest import Start
from tests.gateway.staff_support import Worker
from tests.gateway.support import Gateway, until
from tests.studio.support import make_checkout

TABLE = "policy/tables/opening_hours.yml"


@pytest.fixture(scope="session")
def tables_of_session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkout(tmp_path_factory.mktemp("tables") / "shop")


@pytest.fixture
async def there(start: Start, tables_of_session: Path, tmp_path: Path) -> AsyncIterator[Gateway]:
    """A gateway whose checkout is a copy of the project's data."""
    checkout = tmp_path / "checkout"
    shutil.copytree(tables_of_session, checkout, symlinks=True)
    async with start(XIAOER_CHECKOUT=str(checkout)) as running:
        yield running


@pytest.fixture
async def ting(there: Gateway) -> Worker:
    return await Worker.come(there, "ting", "106", "trainer")


async def drafted(worker: Worker, topic: str, *steps: dict[str, Any]) -> dict[str, Any]:
    answer = await worker.call("POST", f"/studio/tables/{topic}/draft", {"steps": list(steps)})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_every_table_is_listed_and_opens(ting: Worker) -> None:
    listed = (await ting.get("/studio/tables"))["tables"]
    assert {one["topic"] for one in listed} >= {"postage", "quality", "tickets"}
    assert {(one["errors"], one["warnings"]) for one in listed} == {(0, 0)}
    for topic in (one["topic"] for one in listed):
        found = await drafted(ting, topic)
        assert found["rows"]
        assert (found["edits"], found["findings"], found["open"], found["wrong"]) == ([], [], [], "")
        assert all(found["says"].values()), topic
    assert (await ting.call("POST", "/studio/tables/parameters/draft", {})).status_code == 404
    assert (await ting.call("POST", "/studio/tables/nothing/draft", {})).status_code == 404


async def test_a_row_is_drafted_saved_published_and_live_within_seconds(there: Gateway, ting: Worker) -> None:
    studio = there.services.studio
    release = studio.releases.make(studio.workspace.root, None, "launcher")
    studio.releases.go_live(release, "http://127.0.0.1:1", "http://127.0.0.1:2")
    rules = LiveRules(release.folder / "policy/tables")
    assert rules.current().table("opening_hours").row("oh_03").then["say"] == "utter_smalltalk_opening_hours"
    then = {"say": "utter_smalltalk_hours_always"}
    found = await drafted(ting, "opening_hours", {"do": "set", "row": "row:oh_03", "fields": {"then": then}})
    assert [(one["before"], one["after"]) for one in found["changed"]] == [("oh_03", "oh_03")]
    case = {
        "facts": {"wish": "hours", "state": "open", "kind": "toys"},
        "steps": [{"do": "set", "row": "row:oh_03", "fields": {"then": then}}],
    }
    tried = (await ting.call("POST", "/studio/tables/opening_hours/try", case)).json()
    assert (tried["row"], tried["live"]["then"][0]["value"]) == ("oh_03", "utter_smalltalk_opening_hours")
    saved = await ting.call("POST", "/studio/save", {"edits": found["edits"], "reason": "玩具店也是全天"})
    assert saved.status_code == 200, saved.text
    assert saved.json()["publishable"] == [TABLE]
    published = await ting.call("POST", "/studio/publish", {"paths": [TABLE], "reason": "上线"})
    assert published.status_code == 200, published.text

    async def speaks() -> bool:
        return rules.current().table("opening_hours").row("oh_03").then["say"] == "utter_smalltalk_hours_always"

    await until(speaks)


async def test_a_case_is_tried_in_the_draft(ting: Worker) -> None:
    body = {"facts": {"wish": "person", "state": "closed"}, "steps": [{"do": "remove", "row": "row:oh_06"}]}
    tried = (await ting.call("POST", "/studio/tables/opening_hours/try", {**body, "steps": []})).json()
    assert (tried["row"], tried["live"]) == ("oh_06", None)
    assert (await ting.call("POST", "/studio/tables/opening_hours/try", body)).json()["row"] == "oh_06_hours"
    wrong = await ting.call("POST", "/studio/tables/opening_hours/try", {"facts": {"wish": "nothing"}})
    assert (wrong.status_code, wrong.json()["type"]) == (422, "urn:xiaoer:problem:studio")


async def test_a_row_tells_what_it_meets(ting: Worker) -> None:
    found = (await ting.call("POST", "/studio/tables/complaints/row", {"row": "row:cd_04"})).json()
    assert {one["row"] for one in found["hits"]} == {"cd_04"}
    assert any("actions/complaints.py" in one for one in found["uses"])
    gone = await ting.call("POST", "/studio/tables/complaints/row", {"row": "row:nothing"})
    assert (gone.status_code, "不在了" in gone.json()["detail"]) == (422, True)


async def test_parameters_are_drafted_with_the_shops_own_values(ting: Worker) -> None:
    steps = [{"do": "parameter", "name": "half_freight_until_days", "fields": {"default": 20}}]
    found = (await ting.call("POST", "/studio/parameters/draft", {"steps": steps})).json()
    assert "postage" in {one["table"] for one in found["changed"]}
    assert len(found["edits"]) == 1
    low = [{"do": "parameter", "name": "quality_return_days", "fields": {"default": 1}}]
    refused = (await ting.call("POST", "/studio/parameters/draft", {"steps": low})).json()
    assert "parameter-format" in {one["code"] for one in refused["findings"]}


async def test_responses_are_found_by_their_words(ting: Worker) -> None:
    found = await ting.get("/studio/says", q="人工", limit=5)
    assert 0 < len(found["says"]) <= 5 <= found["total"]
    assert (await ting.get("/studio/says", q="没有这样的一句话"))["total"] == 0
