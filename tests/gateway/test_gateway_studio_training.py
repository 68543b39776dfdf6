"""Checks, jobs, training and its report over HTTP: who may, what is told, and what the report makes of a real message."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from studio.exams import text_id
from studio.jobs import write
from studio.releases import Release, Releases
from studio.training import REPORT
from tests.gateway.conftest import Start
from tests.gateway.staff_support import Worker
from tests.gateway.support import Gateway
from tests.studio.support import ROOT, make_checkout

COMMAND = (sys.executable, str(ROOT / "tests" / "studio" / "fake_job.py"))
STORIES = "tests/stories/test_ying.yml"
STORY = 'version: "3.1"\n\nstories:\n  - story: 小应打招呼两次\n    steps:\n      - intent: greet\n      - action: action_greet\n'


@pytest.fixture(scope="session")
def data_of_session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkout(tmp_path_factory.mktemp("studio") / "shop")


@pytest.fixture
async def there(start: Start, data_of_session: Path, tmp_path: Path) -> AsyncIterator[Gateway]:
    """A gateway whose checkout is a copy of the project's data and whose jobs do without the engine."""
    checkout = tmp_path / "checkout"
    shutil.copytree(data_of_session, checkout, symlinks=True)
    async with start(XIAOER_CHECKOUT=str(checkout)) as running:
        running.services.studio.jobs.command = COMMAND
        yield running
        left = running.services.studio.jobs.running()
        if left is not None:
            running.services.studio.jobs.cancel(left.id, "test")


@pytest.fixture
async def ying(there: Gateway) -> Worker:
    return await Worker.come(there, "ying", "108", "trainer")


async def ended(worker: Worker, job_id: str) -> dict[str, Any]:
    end = time.monotonic() + 60
    while True:
        found: dict[str, Any] = await worker.get(f"/studio/jobs/{job_id}")
        if found["job"]["state"] != "running":
            return found
        assert time.monotonic() < end
        await asyncio.sleep(0.03)


async def test_findings_come_with_place_and_remedy(there: Gateway, ying: Worker) -> None:
    path = there.services.studio.workspace.root / "data" / "rules" / "ying.yml"
    path.write_text('version: "3.1"\nrules:\n  - rule: [没有关上\n', "utf-8")
    found = await ying.get("/studio/checks")
    assert (found["deep"], found["running"], found["looking"]) == (None, None, True), "nobody waits for the first look"
    end = time.monotonic() + 300  # a look that a test before has begun at its files comes first
    while not (found := await ying.get("/studio/checks", severity="error", limit=1))["findings"]:
        assert time.monotonic() < end
        await asyncio.sleep(0.1)
    (first,) = found["findings"]
    assert (first["path"], first["severity"]) == ("data/rules/ying.yml", "error")
    assert first["remedy"]
    assert found["total"] == found["counted"]["error"] >= 1


async def test_a_full_check_runs_in_the_background_and_says_when_it_is_old(there: Gateway, ying: Worker) -> None:
    begun = await ying.call("POST", "/studio/checks")
    assert begun.status_code == 202, begun.text
    assert (begun.json()["kind"], begun.json()["by"]) == ("check", "小108")
    done = await ended(ying, begun.json()["id"])
    assert (done["job"]["state"], done["job"]["result"]["counted"]["warning"]) == ("done", 1)
    assert "看过 3 个文件" in done["text"]
    assert (await ying.get(f"/studio/jobs/{done['job']['id']}", after=done["next"]))["text"] == ""
    # What a real check leaves behind.
    rasas = {"severity": "warning", "code": "rasa-validate", "path": "domain.yml", "key": None, "line": 3, "what": "x", "remedy": "y"}
    left = {"at": "2026-11-23T01:00:00+00:00", "by": "小108", "commit": "abc", "digest": "old", "findings": [rasas]}
    write(there.services.studio.jobs.folder / "last-check.json", left)
    found = await ying.get("/studio/checks")
    assert found["deep"] == {"at": left["at"], "by": "小108", "commit": "abc", "stale": True}
    assert rasas in found["findings"]


async def test_training_is_one_job_that_can_be_cancelled_and_is_logged(there: Gateway, ying: Worker) -> None:
    begun = (await ying.call("POST", "/studio/train", {"why": "补了三句"})).json()
    again = await ying.call("POST", "/studio/checks")
    assert (again.status_code, again.json()["type"], again.json()["remedy"]) == (422, "urn:xiaoer:problem:studio", "等它做完，或者先取消它")
    listed = await ying.get("/studio/jobs")
    assert (listed["running"]["id"], listed["jobs"][0]["why"]) == (begun["id"], "补了三句")
    end = time.monotonic() + 60
    while (await ying.get("/studio/jobs"))["running"]["step"] != "train":
        assert time.monotonic() < end
        await asyncio.sleep(0.03)
    assert (await ying.call("POST", f"/studio/jobs/{begun['id']}/cancel")).status_code == 202
    done = (await ended(ying, begun["id"]))["job"]
    assert (done["state"], done["cancelled_by"]) == ("cancelled", "小108")
    assert (await ying.call("POST", f"/studio/jobs/{begun['id']}/cancel")).status_code == 422


async def test_an_agent_sees_none_of_it(there: Gateway) -> None:
    agent = await Worker.come(there, "hua", "109", "agent")
    assert (await agent.call("GET", "/studio/checks")).status_code == 403
    assert (await agent.call("POST", "/studio/train", {"why": "x"})).status_code == 403


def reported(gateway: Gateway, **changes: Any) -> Release:
    """A candidate with the report that an exam leaves behind."""
    releases: Releases = gateway.services.studio.releases
    release = releases.make(gateway.services.studio.workspace.root, None, "小应")
    steps = [{"kind": "user", "expected": "greet", "actual": None}, {"kind": "action", "expected": "action_greet", "actual": "action_wave"}]
    real = {
        "id": text_id("我电话是13812345678"),
        "text": None,
        "source": "real",
        "path": "",
        "label": "x",
        "read": ["greet"],
        "guess": "greet",
    }
    own = {**real, "id": "1", "text": "在吗在吗", "source": "own", "label": "greet"}
    content = {
        "release": release.id,
        "at": "2026-11-23T01:00:00+00:00",
        "against": None,
        "corpus": True,
        "figures": {},
        "live": {},
        "gate": {"passed": True, "verdicts": [], "blocked": []},
        "intents": [],
        "messages": [{**one, "share": 0.5, "before": None, "change": "new"} for one in (real, own)],
        "dialogues": [
            {"story": "小应打招呼两次", "path": STORIES, "file": "test_ying.yml", "steps": steps, "right": False, "change": "lost"}
        ],
    }
    (release.folder / REPORT).write_text(json.dumps({**content, **changes}), "utf-8")
    return release


async def test_a_report_finds_the_words_of_real_messages_where_they_are_and_masks_them(
    there: Gateway, ying: Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = reported(there)
    monkeypatch.setenv("XIAOER_REAL_MESSAGES", str(tmp_path / "nowhere"))
    found = await ying.get(f"/studio/releases/{release.id}/report")
    assert [one["text"] for one in found["messages"]] == [None, "在吗在吗"]
    assert found["totals"] == {"messages": 2, "intents": 0, "dialogues": 1}
    (tmp_path / "dev.tsv").write_text("text\tlabel\talso_acceptable\n我电话是13812345678\tx\t\n", "utf-8")
    monkeypatch.setenv("XIAOER_REAL_MESSAGES", str(tmp_path))
    told = (await ying.get(f"/studio/releases/{release.id}/report", label="x"))["messages"]
    assert len(told) == 1
    assert "13812345678" not in told[0]["text"]
    assert told[0]["text"].startswith("我电话是")


async def test_a_release_without_exam_has_no_report_and_an_unknown_one_is_named(there: Gateway, ying: Worker) -> None:
    release = there.services.studio.releases.make(there.services.studio.workspace.root, None, "小应")
    assert (await ying.call("GET", f"/studio/releases/{release.id}/report")).status_code == 404
    assert (await ying.call("GET", "/studio/releases/20000101-000000/report")).status_code == 422
    assert (await ying.call("POST", "/studio/releases/20000101-000000/compare")).status_code == 422


async def test_what_the_bot_does_becomes_the_tests_expectation_by_an_edit(there: Gateway, ying: Worker) -> None:
    (there.services.studio.workspace.root / STORIES).write_text(STORY, "utf-8")
    release = reported(there)
    body = {"path": STORIES, "story": "小应打招呼两次"}
    answer = await ying.call("POST", f"/studio/releases/{release.id}/accept", body)
    assert answer.status_code == 200, answer.text
    (edit,) = answer.json()["edits"]
    assert "action_wave" in edit["new"]
    assert (there.services.studio.workspace.root / STORIES).read_text("utf-8") == STORY, "nothing is written"
    assert (await ying.call("POST", f"/studio/releases/{release.id}/accept", {**body, "story": "x"})).status_code == 404
