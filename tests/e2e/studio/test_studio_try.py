"""The page of trying out: a talk in the dark with its trace, and a real talk said again, side by side."""

from __future__ import annotations

import json
from typing import Any

import httpx
from playwright.sync_api import expect

from tests.e2e.studio.conftest import Studio
from tests.e2e.studio.test_studio_changes import clean
from tests.gateway.support import bubble, rehearsal, turn

WAIT = 20_000
ROW = "pr_q_ex_01"
CANDIDATE = "20261123-020000"


def answered(line: dict[str, Any]) -> dict[str, Any]:
    """An answer with everything a trace can hold."""
    text = str(line.get("text") or line.get("payload"))
    made = rehearsal(
        text,
        bubble(
            "邮费由店铺承担。",
            table="postage",
            row="pr_q_ex_01",
            response="utter_postage_x",
            buttons=[{"title": "好的", "payload": "/affirm"}],
        ),
        intent="ask_postage",
        tokens=["邮费", "谁", "出"],
        decisions=[{"table": "postage", "row": ROW, "ask": None, "facts": {"reason": "quality", "days": 3}}],
        spoken=[{"response": "utter_postage_x", "values": {"cap": "15"}}],
        slots={"reason": "quality"},
        changed={"reason": [None, "quality"]},
        events=[{"event": "action", "name": "action_postage", "policy": "RulePolicy", "confidence": 1.0}],
        state={"active_loop": "return_form", "requested_slot": "remedy", "open_question": None},
    )
    made["wishes"][0]["entities"] = [{"entity": "reason", "value": "quality", "text": "坏了"}]
    made["wishes"][0]["ranking"] = [{"name": "ask_postage", "confidence": 0.9}, {"name": "bargain", "confidence": 0.05}]
    return made


def test_a_talk_in_the_dark_with_its_whole_trace(studio: Studio) -> None:
    usual, studio.shell.engine.rehearse = studio.shell.engine.rehearse, answered
    try:
        page = studio.trainer("ping", path="/studio/try")
        page.get_by_label("以谁的身份").select_option("c05")
        page.locator(".try-say").fill("邮费谁出")
        page.keyboard.press("Enter")
        trace = page.locator(".trace").first
        expect(trace.locator("summary")).to_contain_text("pr_q_ex_01", timeout=WAIT)
        trace.locator("summary").click()
        for word in (
            "谁",
            "ask_postage",
            "5%",
            "reason=quality",
            "postage pr_q_ex_01",
            "cap=15",
            "（空） → quality",
            "return_form",
            "RulePolicy",
        ):
            expect(trace.locator("dl")).to_contain_text(word)
        expect(trace.get_by_role("link", name="postage pr_q_ex_01")).to_have_attribute(
            "href", "/studio/tables?table=postage&row=pr_q_ex_01"
        )
        clean(page)
        studio.picture(page, "try")
        page.locator(".try-log .bot").get_by_role("button", name="好的").click()
        expect(page.locator(".try-log .shopper")).to_have_text(["顾客邮费谁出", "顾客好的"], timeout=WAIT)
        last = studio.shell.engine.tried[-1]
        assert (last["lines"], last["said"], last["metadata"]["customer_id"]) == ([{"payload": "/affirm"}], 1, "c05")
        # The engine forgets: everything is said again, and the page says so.
        studio.shell.engine.tried.clear()
        page.locator(".try-say").fill("还在吗")
        page.keyboard.press("Enter")
        expect(page.locator(".toast")).to_contain_text("从头重说", timeout=WAIT)
        assert [len(one["lines"]) for one in studio.shell.engine.tried] == [3]
        page.get_by_role("button", name="重新开始").click()
        expect(page.locator(".try-log > *")).to_have_count(0)
    finally:
        studio.shell.engine.rehearse = usual
    assert studio.shell.engine.turns == []


def test_an_engine_that_is_away_loses_nothing_that_was_typed(studio: Studio) -> None:
    def refuse(line: dict[str, Any]) -> dict[str, Any]:
        raise httpx.ConnectError("refused")

    usual, studio.shell.engine.rehearse = studio.shell.engine.rehearse, refuse
    try:
        page = studio.trainer("ping", path="/studio/try")
        page.locator(".try-say").fill("在吗")
        page.keyboard.press("Enter")
        expect(page.locator(".try [role=status]")).to_contain_text("引擎现在答不了", timeout=WAIT)
        expect(page.locator(".try-say")).to_have_value("在吗")
    finally:
        studio.shell.engine.rehearse = usual


def test_a_real_talk_is_said_again_to_both_side_by_side(studio: Studio) -> None:
    shell = studio.shell
    shell.engine.answer = lambda body: turn(bubble("平价邮费由您承担。", response="utter_old", row="r_old"), intent="ask_postage")
    shopper = studio.shopper(None, "平平的重放：电话13800138000，邮费谁出", "平平的第二句话，谢谢")
    folder = shell.services.settings.home / "releases"
    folder.mkdir(exist_ok=True)
    note = folder / "live.json"
    note.write_text(
        json.dumps({"release": "x", "also": [{"release": CANDIDATE, "engine": "http://127.0.0.1:7999", "role": "candidate"}]}), "utf-8"
    )
    usual = shell.engine.rehearse
    shell.engine.rehearse = lambda line: rehearsal(
        str(line["text"]),
        bubble("第二句" if "第二句" in line["text"] else f"重放{len(shell.engine.tried)}", response="utter_old", row="r_old"),
        intent="ask_postage",
    )
    try:
        page = studio.trainer("ping", path="/studio/try", phone=True)
        page.get_by_label("在开头里找").fill("平平的重放")
        row = page.locator(f"[data-talk='{shopper.id}']")
        expect(row).not_to_contain_text("13800138000", timeout=WAIT)
        row.get_by_role("button", name="重放").click()
        expect(page.get_by_text("重放完")).to_contain_text("2 句", timeout=WAIT)
        lines = page.locator(".replay > li")
        expect(lines).to_have_count(2)
        expect(lines.first.locator(".side")).to_have_count(3)
        expect(lines.first).to_contain_text("平价邮费由您承担。")
        expect(lines.first.locator(".side.differs")).to_contain_text("文字")
        expect(page.locator(".replay > li.same")).to_have_count(1)
        clean(page)
        page.get_by_label("只看不同的").check()
        expect(lines.nth(1)).to_be_hidden()
        expect(page.locator("main")).not_to_contain_text("13800138000")
    finally:
        shell.engine.rehearse = usual
        note.unlink()


def test_the_pane_stands_beside_every_editor_and_stays_open(studio: Studio) -> None:
    page = studio.trainer("ping", path="/studio/changes")
    expect(page.get_by_role("button", name="试聊")).to_be_visible(timeout=WAIT)
    page.keyboard.press("Alt+t")
    pane = page.locator("#try-drawer")
    expect(pane.locator(".try-say")).to_be_focused(timeout=WAIT)
    page.keyboard.type("在吗")
    page.keyboard.press("Enter")
    expect(pane.locator(".said.bot")).to_contain_text("echo 在吗", timeout=WAIT)
    clean(page)
    page.goto(f"{studio.shell.address}/studio/changes")
    expect(pane).to_be_visible(timeout=WAIT)
    pane.locator(".try-say").press("Escape")
    expect(pane).to_be_hidden()
    expect(page.get_by_role("button", name="试聊")).to_be_focused()
