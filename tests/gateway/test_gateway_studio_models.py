"""Releases over HTTP: the list, the gate before a promotion, roll back, trying, publishing against what is live."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from studio.releases import Release, Releases
from tests.gateway.conftest import Start
from tests.gateway.staff_support import Worker
from tests.gateway.support import Gateway
from tests.studio.support import git, make_checkout

MODELS = "/studio/models"
SMALLTALK, POSTAGE = "data/responses/smalltalk.yml", "policy/tables/postage.yml"


@pytest.fixture
async def there(start: Start, tmp_path: Path) -> AsyncIterator[Gateway]:
    """A gateway that a launcher started, on a checkout of its own."""
    checkout = make_checkout(tmp_path / "checkout")
    async with start(XIAOER_CHECKOUT=str(checkout), XIAOER_LIVE=str(tmp_path / "live.json")) as running:
        yield running


@pytest.fixture
async def jie(there: Gateway) -> Worker:
    """A trainer."""
    return await Worker.come(there, "jie", "701", "trainer")


def releases_of(gateway: Gateway) -> Releases:
    """The releases that the gateway reads."""
    return gateway.services.studio.releases


def made(gateway: Gateway, tmp_path: Path, **gate: Any) -> Release:
    """A release with a model, and what the comparison said."""
    releases = releases_of(gateway)
    release = releases.make(gateway.services.settings.checkout, "HEAD", "小节", "新问法")
    archive = tmp_path / f"{release.id}.tar.gz"
    archive.write_bytes(b"a model")
    releases.give_model(release, archive)
    if gate:
        release.figures["gate"] = gate
        releases.keep(release)
    return release


def switch(gateway: Gateway, release: Release) -> None:
    """What the launcher does."""
    releases = releases_of(gateway)
    for request in releases.pending():
        releases.reply(request["id"], "done")
    releases.go_live(release, "http://127.0.0.1:1", "http://127.0.0.1:2/webhook")


async def test_a_better_candidate_is_promoted_and_rolled_back(there: Gateway, jie: Worker, tmp_path: Path) -> None:
    first = made(there, tmp_path)
    switch(there, first)
    second = made(there, tmp_path, passed=True, against=first.id)
    assert (await jie.call("POST", f"{MODELS}/rollback", {"reason": "试试"})).status_code == 409, "nothing was live before"
    asked = await jie.call("POST", f"{MODELS}/{second.id}/promote", {"reason": "更准"})
    assert asked.status_code == 202, asked.text
    request = asked.json()["request"]
    assert (await jie.get(f"{MODELS}/requests/{request}"))["state"] == "waiting"
    again = await jie.call("POST", f"{MODELS}/{second.id}/promote", {"reason": "更准"})
    assert again.status_code == 422
    assert "还没有完成" in again.json()["detail"]
    switch(there, second)
    assert (await jie.get(f"{MODELS}/requests/{request}"))["state"] == "done"
    listed = await jie.get(MODELS)
    assert (listed["live"], listed["former"], listed["can_switch"]) == (second.id, first.id, True)
    assert [(one["id"], one["state"]) for one in listed["models"]] == [(second.id, "live"), (first.id, "former")]
    assert [(one["what"], one["by"], one["why"]) for one in listed["requests"]] == [("promote", "小701", "更准")]
    assert (await jie.call("POST", f"{MODELS}/rollback", {"reason": "退货问不对"})).status_code == 202
    assert [one["release"] for one in releases_of(there).pending()] == [first.id]


@pytest.mark.parametrize("gate", [{}, {"passed": False, "against": "live"}, {"passed": True, "against": "20260101-000000"}])
async def test_a_worse_or_unmeasured_candidate_needs_a_supervisor_and_a_reason(
    there: Gateway, jie: Worker, tmp_path: Path, gate: dict[str, Any]
) -> None:
    live = made(there, tmp_path)
    switch(there, live)
    gate = {key: live.id if value == "live" else value for key, value in gate.items()}
    candidate = made(there, tmp_path, **gate)
    path = f"{MODELS}/{candidate.id}/promote"
    blocked = await jie.call("POST", path, {"reason": "急"})
    assert (blocked.status_code, blocked.json()["type"]) == (409, "urn:xiaoer:problem:studio-gate")
    assert (blocked.json()["gate"], blocked.json()["may_overrule"]) == (gate if gate.get("against") == live.id else None, False)
    assert (await jie.call("POST", path, {"reason": "急", "overrule": True})).status_code == 403
    rong = await Worker.come(there, "rong", "702", "supervisor")
    assert (await rong.call("POST", path, {"reason": "", "overrule": True})).status_code == 422
    assert (await rong.call("POST", path, {"reason": "大促前必须上", "overrule": True})).status_code == 202


async def test_what_cannot_be_switched_says_why(there: Gateway, jie: Worker, tmp_path: Path) -> None:
    live = made(there, tmp_path)
    switch(there, live)
    bare = releases_of(there).make(there.services.settings.checkout, "HEAD", "小节")
    for release_id, why in ((live.id, "正在使用"), (bare.id, "没有模型"), ("20990101-000000", "没有这个版本")):
        answer = await jie.call("POST", f"{MODELS}/{release_id}/try")
        assert (answer.status_code, why in answer.json()["detail"]) == (422, True), answer.text
    assert (await jie.call("GET", f"{MODELS}/requests/20990101")).status_code == 404


async def test_a_gateway_without_a_launcher_switches_nothing(start: Start, tmp_path: Path) -> None:
    async with start(XIAOER_CHECKOUT=str(make_checkout(tmp_path / "checkout"))) as running:
        jie = await Worker.come(running, "jie", "701", "trainer")
        assert (await jie.get(MODELS))["can_switch"] is False
        candidate = made(running, tmp_path)
        switch(running, made(running, tmp_path))
        candidate.figures["gate"] = {"passed": True, "against": getattr(releases_of(running).live(), "id", None)}
        releases_of(running).keep(candidate)
        answer = await jie.call("POST", f"{MODELS}/{candidate.id}/promote", {"reason": "更准"})
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:xiaoer:problem:studio-no-launcher")


async def test_what_does_not_fit_the_live_release_is_not_published(there: Gateway, jie: Worker, tmp_path: Path) -> None:
    live = made(there, tmp_path)
    switch(there, live)
    root = there.services.settings.checkout
    words = (root / SMALLTALK).read_text("utf-8")
    (root / SMALLTALK).write_text(words.replace("  utter_smalltalk_late:", "  utter_smalltalk_later:"), "utf-8")
    rows = (root / POSTAGE).read_text("utf-8")
    first_row = rows.index("\n  - id: ")
    (root / POSTAGE).write_text(rows[: first_row + 1] + rows[rows.index("\n  - id: ", first_row + 5) + 1 :], "utf-8")
    git(root, "commit", "-qam", "by hand")
    lost = await jie.call("POST", "/studio/publish", {"paths": [SMALLTALK], "reason": "改名"})
    assert (lost.status_code, lost.json()["type"]) == (422, "urn:xiaoer:problem:studio-refused"), lost.text
    assert "utter_smalltalk_late" in lost.json()["detail"]
    gap = await jie.call("POST", "/studio/publish", {"paths": [POSTAGE], "reason": "少一行"})
    assert gap.status_code == 422, gap.text
    assert any(one["path"] == POSTAGE for one in gap.json()["findings"])
    now = releases_of(there).live()
    assert now is not None
    assert now.published == []
    assert (live.folder / SMALLTALK).read_text("utf-8") == words
