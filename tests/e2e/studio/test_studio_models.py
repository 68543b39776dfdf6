"""The pages of checks and of models in a browser: look at everything, train, read the report, accept what the bot does, let it go live."""

from __future__ import annotations

import json
import re
import sys
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from studio.releases import Release
from studio.training import REPORT
from tests.e2e.studio.conftest import Studio
from tests.studio.support import ROOT

pytestmark = pytest.mark.browser
COMMAND = (sys.executable, str(ROOT / "tests" / "studio" / "fake_job.py"))
LONG = 20_000
STORIES = "tests/stories/test_ying.yml"
STORY = 'version: "3.1"\n\nstories:\n  - story: 小应打招呼两次\n    steps:\n      - intent: greet\n      - action: action_greet\n'


@pytest.fixture
def yings(studio: Studio) -> Studio:
    """The studio with jobs that do without the engine."""
    studio.shell.services.studio.jobs.command = COMMAND
    return studio


def candidate(studio: Studio, *, passed: bool) -> Release:
    """A trained release with the report that an exam leaves behind."""
    made = studio.shell.services.studio
    release = made.releases.make(made.workspace.root, None, "小应", "补了三句退货的说法")
    verdict = {
        "figure": "own.accuracy",
        "name": "自有测试句识别正确",
        "counted": 1134,
        "allowed": "±0.01",
        "remedy": "给这些意图补几句说法",
    }
    rows = [{**verdict, "candidate": 0.95 if passed else 0.9, "live": 0.94, "state": "passed" if passed else "blocked"}]
    live = made.releases.live()
    against = live.id if live is not None else None
    gate = {"at": release.made_at, "against": against, "passed": passed, "verdicts": rows, "blocked": [] if passed else [verdict["name"]]}
    figures: dict[str, Any] = {
        "own": {"counted": 1134, "accuracy": 0.95},
        "real": {"lenient": 0.93},
        "dialogues": {"counted": 167, "right": 166},
    }
    steps = [{"kind": "user", "expected": "greet", "actual": None}, {"kind": "action", "expected": "action_greet", "actual": "action_wave"}]
    message = {"id": "1", "text": "酱油瓶漏了一路", "source": "own", "path": "", "label": "report_courier_damage", "read": ["nlu_fallback"]}
    report = {
        "release": release.id,
        "at": release.made_at,
        "against": None,
        "corpus": False,
        "figures": figures,
        "live": {},
        "gate": gate,
        "intents": [
            {"intent": "report_courier_damage", "n": 12, "right": 8, "accuracy": 0.6667, "before": 0.75, "taken_for": {"nlu_fallback": 4}}
        ],
        "messages": [{**message, "guess": "x", "share": 0.48, "before": "report_courier_damage", "change": "lost"}],
        "dialogues": [
            {"story": "小应打招呼两次", "path": STORIES, "file": "test_ying.yml", "steps": steps, "right": False, "change": "lost"}
        ],
    }
    (release.folder / REPORT).write_text(json.dumps(report), "utf-8")
    (release.folder / "models" / "m.tar.gz").write_bytes(b"no real model")
    release.model, release.state, release.figures = "m.tar.gz", "trained", {**figures, "gate": gate}
    made.releases.keep(release)
    return release


def clean(page: Page) -> None:
    """axe-core finds nothing, and nothing is wider than the page."""
    found = Axe().run(page).response["violations"]
    assert not found, json.dumps([(one["id"], [node["html"] for node in one["nodes"]][:2]) for one in found], ensure_ascii=False)[:1500]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")


def test_the_page_of_checks_lists_what_is_wrong_and_leads_to_the_place(yings: Studio) -> None:
    rules = yings.workspace.root / "data" / "rules" / "ying.yml"
    rules.write_text('version: "3.1"\nrules:\n  - rule: [没有关上\n', "utf-8")
    page = yings.trainer("ying", path="/studio/checks")
    wrong = page.locator("#found .error", has_text="data/rules/ying.yml")
    expect(wrong.first).to_be_visible(timeout=60_000)
    expect(wrong.first).to_contain_text("怎么办")
    yings.picture(page, "checks")
    expect(wrong.first.get_by_role("link")).to_have_attribute("href", re.compile("^/studio/stories"))
    rules.unlink()
    page.get_by_role("button", name="做一次全面检查").click()
    expect(page.locator(".job")).to_contain_text("全面检查：完成", timeout=LONG)
    page.locator(".job summary").click()
    expect(page.locator(".job pre")).to_contain_text("看过 3 个文件", timeout=LONG)


def test_a_training_shows_how_far_it_is_and_can_be_stopped(yings: Studio) -> None:
    page = yings.trainer("ying", path="/studio/models")
    page.keyboard.press("t")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="开始训练").click()
    expect(dialog.get_by_role("alert")).to_have_text("请写明原因。")
    dialog.get_by_label("这次改了什么").fill("补了三句退货的说法")
    page.keyboard.press("Enter")
    expect(page.locator(".job .step")).to_have_text("训练候选版本：训练（40%）", timeout=LONG)
    expect(page.get_by_role("button", name="训练候选版本")).to_be_disabled()
    # The page may be left: the job goes on, and the next page finds it.
    page.goto(page.url.replace("/models", "/checks"))
    expect(page.locator(".job .step")).to_have_text("训练候选版本：训练（40%）", timeout=LONG)
    page.get_by_role("button", name="取消").click()
    page.get_by_role("dialog").get_by_role("button", name="取消任务").click()
    expect(page.locator(".job .step")).to_have_text("训练候选版本：已取消", timeout=LONG)
    expect(page.locator(".job")).to_contain_text("小ying 取消了")


def test_the_report_names_the_weak_and_an_accepted_dialogue_becomes_a_save(yings: Studio) -> None:
    (yings.workspace.root / STORIES).write_text(STORY, "utf-8")
    release = candidate(yings, passed=False)
    page = yings.trainer("ying", path="/studio/models")
    row = page.locator(f"tr[data-release='{release.id}']")
    expect(row).to_contain_text("1 项更差")
    expect(row).to_contain_text("95.0%")
    row.get_by_role("button", name="报告").click()
    report = page.locator("#report")
    expect(report.locator("tr[data-figure='own.accuracy']")).to_contain_text("给这些意图补几句说法", timeout=LONG)
    weak = report.locator("tr[data-intent=report_courier_damage]")
    expect(weak.get_by_role("link")).to_have_text("运输损坏")
    expect(weak).to_contain_text("没听懂 4")
    expect(report.locator("tr[data-change=lost]", has_text="酱油瓶漏了一路")).to_contain_text("运输损坏没听懂48.0%")
    dialogue = report.locator("[data-story='小应打招呼两次']")
    expect(dialogue.locator("tr.wrong .actual")).to_have_text("action_wave")
    dialogue.get_by_role("button", name="接受实际结果").click()
    save = page.get_by_role("dialog")
    expect(save.locator(".add")).to_contain_text("action_wave", timeout=LONG)
    save.get_by_role("button", name="取消").click()
    expect(save).to_have_count(0)
    assert (yings.workspace.root / STORIES).read_text("utf-8") == STORY


def test_the_pages_are_read_by_everybody_and_fit_a_phone(yings: Studio) -> None:
    release = candidate(yings, passed=True)
    page = yings.trainer("ying", path="/studio/models", phone=True)
    page.locator(f"tr[data-release='{release.id}']").get_by_role("button", name="报告").click()
    expect(page.locator("#report-title")).to_be_visible(timeout=LONG)
    clean(page)
    page.goto(page.url.split("/studio/")[0] + "/studio/checks")
    page.get_by_role("button", name="做一次全面检查").click()
    expect(page.locator(".job")).to_contain_text("全面检查：完成", timeout=LONG)
    clean(page)
