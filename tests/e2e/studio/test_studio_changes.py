"""The page of changes: what an editor left, what is saved, its lines and the way back; and the dialog that saves."""

from __future__ import annotations

import json
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.studio.conftest import Studio

RETURNS, KEY = "data/nlu/returns.yml", "intent:request_return"
# The dialog of a save as any page of the studio opens it.
SAVE = """async (edits) => {
  const { save } = await import("/static/studio/save.js");
  const { begin } = await import("/static/desk/frame.js");
  document.querySelector("#top")?.remove();
  const ctx = await begin("changes", { area: "studio", live: false });
  window.saved = save(ctx, edits).then((commit) => { window.commit = commit; });
}"""


def edit(studio: Studio, line: str) -> dict[str, Any]:
    block = studio.workspace.block(RETURNS, KEY)
    assert block is not None
    return {"path": RETURNS, "key": KEY, "base": block.text, "new": f"{block.text}      - {line}\n"}


def clean(page: Page) -> None:
    """axe-core finds nothing, and nothing is wider than the page."""
    found = Axe().run(page).response["violations"]
    assert not found, json.dumps([(one["id"], [node["html"] for node in one["nodes"]][:2]) for one in found], ensure_ascii=False)[:1500]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")


class TestChanges:
    def test_saves_are_shown_and_taken_back(self, studio: Studio) -> None:
        block = studio.workspace.block(RETURNS, KEY)
        assert block is not None
        studio.elsewhere(RETURNS, KEY, f"{block.text}      - 青色的退掉\n", "顾客这么说")
        page = studio.trainer("qing")
        row = page.locator("[data-commit]").first
        expect(row).to_contain_text("顾客这么说")
        expect(row).to_contain_text("小红")
        row.get_by_role("button", name="看改了什么").click()
        expect(row.locator(".add")).to_have_text("+       - 青色的退掉")
        clean(page)
        studio.picture(page, "changes")
        row.get_by_role("button", name="撤销").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("button", name="撤销").click()
        expect(dialog.get_by_role("alert")).to_have_text("请写明原因。")
        dialog.get_by_label("为什么撤销").fill("看错了")
        dialog.get_by_role("button", name="撤销").click()
        expect(page.locator("[data-commit]").first).to_contain_text("撤销：顾客这么说")
        assert "青色的退掉" not in studio.workspace.text(RETURNS)
        expect(page.locator("#nav a[aria-current]")).to_have_text("修改记录")

    def test_changes_of_an_editor_are_shown_and_committed(self, studio: Studio) -> None:
        path = studio.workspace.root / RETURNS
        path.write_text(path.read_text("utf-8") + "\n# 手工加的一行\n", "utf-8")
        page = studio.trainer("qing", phone=True)
        section = page.locator("#outside")
        expect(section.locator(".add").last).to_have_text("+ # 手工加的一行")
        clean(page)
        studio.picture(page, "outside")
        section.get_by_role("button", name="提交这些改动").click()
        page.get_by_role("dialog").locator("input").fill("手工补充")
        page.get_by_role("dialog").get_by_role("button", name="提交这些改动").click()
        expect(page.locator("[data-commit]").first).to_contain_text("手工补充")
        expect(section).to_have_count(0)
        assert studio.shell.services.studio.repository.outside() == []


class TestSave:
    def test_the_difference_is_shown_a_reason_asked_and_the_commit_named(self, studio: Studio) -> None:
        page = studio.trainer("qing")
        page.evaluate(SAVE, [edit(studio, "青色的不要了")])
        dialog = page.get_by_role("dialog")
        expect(dialog.locator(".add")).to_have_text("+       - 青色的不要了")
        clean(page)
        dialog.get_by_role("button", name="保存", exact=True).click()
        expect(dialog.get_by_role("alert")).to_have_text("请用一句话写明为什么改。")
        dialog.get_by_label("为什么改").fill("补一句")
        studio.picture(page, "save")
        page.keyboard.press("Enter")
        expect(page.locator(".toast")).to_contain_text("已保存：补一句")
        commit = page.evaluate("saved.then(() => window.commit)")
        assert (commit["author"], commit["paths"]) == ("小qing", [RETURNS])
        assert "青色的不要了" in studio.workspace.text(RETURNS)

    def test_who_comes_second_sees_both_and_loses_nothing(self, studio: Studio) -> None:
        page = studio.trainer("qing")
        mine = edit(studio, "小青的一句")
        studio.elsewhere(RETURNS, KEY, f"{mine['base']}      - 小红的一句\n", "快一步")
        page.evaluate(SAVE, [mine])
        dialog = page.get_by_role("dialog")
        expect(dialog.locator("pre").first.locator(".add")).to_have_text("+       - 小红的一句")
        expect(dialog.locator("pre").last.locator(".add")).to_have_text("+       - 小青的一句")
        both = f"{mine['base']}      - 小红的一句\n      - 小青的一句\n"
        expect(dialog.get_by_label("合在一起的内容")).to_have_value(both)
        clean(page)
        studio.picture(page, "conflict")
        dialog.get_by_role("button", name="用下面合在一起的").click()
        expect(dialog.locator(".add")).to_have_text("+       - 小青的一句")
        dialog.get_by_label("为什么改").fill("两句都要")
        dialog.get_by_role("button", name="保存", exact=True).click()
        expect(page.locator(".toast")).to_contain_text("已保存：两句都要")
        assert studio.workspace.text(RETURNS).count("的一句\n") >= 2

    def test_errors_forbid_a_save_and_say_what_to_do(self, studio: Studio) -> None:
        page = studio.trainer("qing")
        rule = "  - rule: 青\n    steps:\n      - intent: greet\n      - action: action_leave_form\n"
        page.evaluate(
            SAVE, [{"path": "data/rules/sizing.yml", "key": f"rule:{name}", "base": None, "new": rule, "after": None} for name in "ab"]
        )
        dialog = page.get_by_role("dialog")
        expect(dialog.locator("[data-code=named-twice]")).to_contain_text("给其中一个换个名字")
        expect(dialog.get_by_role("button", name="保存")).to_have_count(0)
        dialog.get_by_role("button", name="取消").click()
        assert "rule: 青" not in studio.workspace.text("data/rules/sizing.yml")
