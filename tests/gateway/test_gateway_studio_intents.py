"""Intents and examples over HTTP: lists, collisions while typing, proposals that save, files, and who may."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from studio.releases import Releases
from tests.gateway.conftest import Start
from tests.gateway.staff_support import Worker
from tests.gateway.support import Gateway
from tests.studio.small_shop import FILES
from tests.studio.support import git


@pytest.fixture(scope="session")
def small_checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small shop's files in git."""
    root = tmp_path_factory.mktemp("small") / "shop"
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, "utf-8")
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "The shop's data.")
    return root


@pytest.fixture
async def there(start: Start, small_checkout: Path, tmp_path: Path) -> AsyncIterator[Gateway]:
    """A gateway whose checkout is that shop."""
    checkout = tmp_path / "checkout"
    shutil.copytree(small_checkout, checkout, symlinks=True)
    async with start(XIAOER_CHECKOUT=str(checkout)) as running:
        yield running


@pytest.fixture
async def yun(there: Gateway) -> Worker:
    return await Worker.come(there, "yun", "103", "trainer")


async def listed(worker: Worker, **query: Any) -> dict[str, str]:
    """Text → id."""
    return {one["text"]: one["id"] for one in (await worker.get("/studio/examples", **query))["examples"]}


async def saved(worker: Worker, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Propose and save; the proposal."""
    proposed = await worker.call("POST", path, body)
    assert proposed.status_code == 200, proposed.text
    done = await worker.call("POST", "/studio/save", {"edits": proposed.json()["edits"], "reason": "测试"})
    assert done.status_code == 200, done.text
    return dict(proposed.json())


async def test_intents_are_listed_with_counts_figures_and_what_is_thin(there: Gateway, yun: Worker) -> None:
    found = await yun.get("/studio/intents")
    by_name = {one["intent"]: one for one in found["intents"]}
    assert list(by_name) == ["ask_size", "ask_fit", "track_parcel", "affirm"]
    size = by_name["ask_size"]
    assert (size["name"], size["group"], size["examples"], size["held_out"], size["few"]) == ("问尺码", "尺码", 4, 2, True)
    assert size["uses"] == {"flows": 3, "buttons": 1, "wishes": 1}
    assert (size["accuracy"], size["confused"], found["release"]) == (None, [], None)
    assert by_name["ask_fit"]["topics"] == ["body", "loose"]
    kept = there.services.settings.checkout / "evaluate/saved"
    kept.mkdir(parents=True)
    last = {"cross": {"confused": [{"intent": "ask_size", "taken_for": "ask_fit", "examples": 7}]}}
    (kept / "last.json").write_text(json.dumps(last), "utf-8")
    found = await yun.get("/studio/intents")
    assert [one["confused"] for one in found["intents"]][:2] == [[{"intent": "ask_fit", "count": 7}], []]
    (there.services.settings.checkout / "policy/tables").mkdir()
    releases = Releases(there.services.settings.home)
    made = releases.make(there.services.settings.checkout, None, "小云")
    taken = {"ask_fit/body": 1, "affirm": 1, "ask_fit/loose": 1}
    made.figures["intents"] = {"of": {"ask_size": {"accuracy": 0.25, "n": 4, "right": 1, "taken_for": taken}}}
    releases.keep(made)
    found = await yun.get("/studio/intents")
    size = next(one for one in found["intents"] if one["intent"] == "ask_size")
    assert (size["accuracy"], size["messages"], size["confused"], found["release"]) == (
        0.25, 4, [{"intent": "ask_fit", "count": 2}, {"intent": "affirm", "count": 1}], made.id,
    )  # fmt: skip


async def test_examples_come_in_pages_and_by_words(yun: Worker) -> None:
    first = await yun.get("/studio/examples", intent="ask_size", limit=2)
    assert ([one["text"] for one in first["examples"]], first["total"]) == (["我穿什么码", "该拍几码"], 6)
    second = await yun.get("/studio/examples", intent="ask_size", limit=2, offset=4)
    assert [one["held_out"] for one in second["examples"]] == [True, True]
    assert list(await listed(yun, q="快递")) == ["我的快递呢"]
    assert list(await listed(yun, intent="ask_fit", topic="loose")) == ["是宽松的吗"]
    assert list(await listed(yun, intent="ask_fit", kind="held_out")) == ["小个子能驾驭吗"]


async def test_typing_is_warned_of_what_is_there_already(yun: Worker) -> None:
    texts = ["我穿什么码？", "该拍 几码", "我穿什么码数", "/restart", "全新的话"]
    said = (await yun.call("POST", "/studio/examples/look", {"texts": texts, "intent": "ask_fit"})).json()["texts"]
    assert [one["clash"] and one["clash"]["intent"] for one in said] == ["ask_size", "ask_size", None, None, None]
    assert said[2]["near"][0]["text"] == "我穿什么码"
    assert said[3]["fault"] == "以「/」开头，会被当成命令"
    own = (await yun.call("POST", "/studio/examples/look", {"texts": ["我穿什么码"], "intent": "ask_size"})).json()["texts"][0]
    assert own["there"]["intent"] == "ask_size"
    itself = (await listed(yun, intent="ask_size"))["我穿什么码"]
    body = {"texts": ["我穿什么码"], "intent": "ask_size", "ignored": [itself]}
    assert (await yun.call("POST", "/studio/examples/look", body)).json()["texts"][0]["there"] is None


async def test_examples_are_edited_moved_and_removed_as_saves(yun: Worker) -> None:
    ids = await listed(yun, intent="ask_size")
    body = {
        "operation": "edit",
        "intent": "ask_size",
        "changes": {ids["该拍几码"]: "该拍哪个码", ids["内衣穿多大"]: None},
        "added": ["穿几号"],
    }
    proposal = await saved(yun, "/studio/examples/propose", body)
    assert [(one["path"], one["key"]) for one in proposal["edits"]] == [("data/nlu/sizing.yml", "intent:ask_size")]
    now = await listed(yun, intent="ask_size", kind="taught")
    assert list(now) == ["我穿什么码", "该拍哪个码", "文胸怎么选码", "穿几号"]
    await saved(yun, "/studio/examples/propose", {"operation": "move", "ids": [now["穿几号"]], "intent": "ask_fit", "topic": "body"})
    assert "穿几号" in await listed(yun, intent="ask_fit", topic="body")
    gone = await yun.call("POST", "/studio/examples/propose", {"operation": "remove", "ids": [now["穿几号"]]})
    assert (gone.status_code, gone.json()["remedy"]) == (422, "刷新页面，重新选择")
    nothing = {"operation": "edit", "intent": "ask_size", "added": ["我穿什么码"]}
    assert (await yun.call("POST", "/studio/examples/propose", nothing)).status_code == 422


async def test_what_another_intent_has_cannot_be_saved(yun: Worker) -> None:
    proposed = await yun.call("POST", "/studio/examples/propose", {"operation": "edit", "intent": "affirm", "added": ["到哪了"]})
    refused = await yun.call("POST", "/studio/save", {"edits": proposed.json()["edits"], "reason": "x"})
    assert refused.json()["type"] == "urn:xiaoer:problem:studio-refused"
    assert {one["code"] for one in refused.json()["findings"]} >= {"conflict"}


async def test_an_intent_is_parted_merged_renamed_and_called_otherwise(yun: Worker) -> None:
    ids = await listed(yun, intent="ask_size")
    groups = (await yun.call("POST", "/studio/intents/ask_size/groups", {"groups": 2})).json()["groups"]
    assert sorted(one["text"] for group in groups for one in group["examples"]) == sorted(ids)
    split = {"operation": "split", "new": "ask_bra_size", "name": "问内衣尺码", "ids": [ids["内衣穿多大"], ids["文胸怎么选码"]]}
    await saved(yun, "/studio/intents/ask_size/propose", split)
    assert list(await listed(yun, intent="ask_bra_size")) == ["内衣穿多大", "文胸怎么选码"]
    await saved(yun, "/studio/intents/ask_bra_size/propose", {"operation": "rename", "new": "bra_size"})
    await saved(yun, "/studio/intents/bra_size/propose", {"operation": "call", "name": "内衣"})
    where = await yun.get("/studio/intents/bra_size/references")
    assert {one["use"] for one in where["references"]} == {"domain", "story", "name", "label"}
    await saved(yun, "/studio/intents/bra_size/propose", {"operation": "merge", "into": "ask_size"})
    assert sorted(await listed(yun, intent="ask_size")) == sorted(ids)
    assert (await yun.call("POST", "/studio/intents/bra_size/propose", {"operation": "delete"})).status_code == 422


async def test_an_intent_that_the_program_names_is_held(there: Gateway, yun: Worker) -> None:
    folder = there.services.settings.checkout / "engine/nlu/data"
    folder.mkdir(parents=True)
    (folder / "exact.yml").write_text("track_parcel: [物流]\n", "utf-8")
    refused = await yun.call("POST", "/studio/intents/track_parcel/propose", {"operation": "merge", "into": "affirm"})
    assert (refused.status_code, refused.json()["findings"][0]["code"]) == (422, "intent-bound")
    assert "engine/nlu/data/exact.yml 第 1 行" in refused.json()["detail"]


async def test_a_new_intent_with_examples_and_a_response(yun: Worker) -> None:
    choices = (await yun.get("/studio/intents/answers"))["answers"]
    assert choices[0] == {"action": "utter_size", "text": "要看尺码吗？"}
    body = {"intent": "ask_gift", "name": "问包装", "group": "售前", "texts": ["能包装吗", "有礼盒吗"], "answer": {"action": "utter_size"}}
    await saved(yun, "/studio/intents/create", body)
    assert list(await listed(yun, intent="ask_gift")) == ["能包装吗", "有礼盒吗"]
    again = await yun.call("POST", "/studio/intents/create", body)
    assert again.json()["problem"] == "已经有这个意图"


async def test_doubles_are_listed(yun: Worker) -> None:
    await saved(yun, "/studio/examples/propose", {"operation": "edit", "intent": "affirm", "added": ["该拍几码的呀", "好的好的呢"]})
    assert (await yun.get("/studio/examples/doubles", only="all"))["total"] >= 0


async def test_an_export_is_read_again_as_the_same_and_runs_nothing(yun: Worker) -> None:
    await saved(yun, "/studio/examples/propose", {"operation": "edit", "intent": "affirm", "added": ["=1+1"]})
    for form in ("csv", "xlsx"):
        answer = await yun.call("GET", "/studio/examples/files/export", form=form)
        assert answer.status_code == 200
        files = {"file": (f"examples.{form}", answer.content)}
        preview = await yun.http.post("/api/v1/staff/studio/examples/files/preview", files=files, headers={"X-CSRF-Token": yun.csrf})
        assert preview.status_code == 200, preview.text
        lines = preview.json()["lines"]
        assert {one["state"] for one in lines} == {"same"}
        assert len(lines) == 14
        if form == "csv":
            rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
            assert rows[0] == ["意图", "意图名称", "主题", "例句", "用途", "文件"]
            assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
        else:
            sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0]
            assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None} == {"s"}


async def test_a_shops_own_table_is_judged_line_by_line_and_taken_over(yun: Worker) -> None:
    table = (
        "问题分类,标准问,相似问,答案\r\n"
        "问尺码,穿几号合适,该拍几码|鞋码偏大吗,看尺码表\r\n"
        "问包装,能包装吗,,可以\r\n"
        "查物流,我穿什么码,穿几号合适,…\r\n"
        "查物流,/restart,联系 13812345678 王小明,…\r\n"
    )
    files = {"file": ("话术库.csv", table.encode("gbk", "replace"))}
    answer = await yun.http.post("/api/v1/staff/studio/examples/files/preview", files=files, headers={"X-CSRF-Token": yun.csrf})
    said = answer.json()
    assert [(one["line"], one["text"], one["state"], one["intent"]) for one in said["lines"]][:7] == [
        (2, "穿几号合适", "new", "ask_size"),
        (2, "该拍几码", "same", "ask_size"),
        (2, "鞋码偏大吗", "new", "ask_size"),
        (3, "能包装吗", "unknown", None),
        (4, "我穿什么码", "conflict", "track_parcel"),
        (4, "穿几号合适", "twice", "track_parcel"),
        (5, "/restart", "invalid", "track_parcel"),
    ]
    assert (said["lines"][7]["state"], "138" in said["lines"][7]["shown"]) == ("personal", False)
    assert said["answered"] == 8
    rows = [{"text": one["text"], "intent": one["intent"]} for one in said["lines"] if one["state"] == "new"]
    await saved(yun, "/studio/examples/propose", {"operation": "import", "rows": rows})
    assert "鞋码偏大吗" in await listed(yun, intent="ask_size")


async def test_a_file_that_is_none_says_what_to_do(yun: Worker) -> None:
    for name, content, kind in (
        ("a.pdf", b"x", "file-kind"),
        ("a.csv", "甲,乙\n1,2\n".encode(), "file-header"),
        ("a.xlsx", b"PK", "file-damaged"),
    ):
        files = {"file": (name, content)}
        answer = await yun.http.post("/api/v1/staff/studio/examples/files/preview", files=files, headers={"X-CSRF-Token": yun.csrf})
        assert (answer.status_code, answer.json()["type"]) == (422, f"urn:xiaoer:problem:{kind}")
