"""Decision tables in a browser: a row changed, its gap found and closed, a case tried, examples, dated rows, parameters, keys, phone."""

from __future__ import annotations

import json
import re

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.e2e.studio.conftest import Studio

LOGISTICS = "policy/tables/logistics.yml"


def clean(page: Page) -> None:
    """axe-core finds nothing, and nothing is wider than the page."""
    found = Axe().run(page).response["violations"]
    assert not found, json.dumps([(one["id"], [node["html"] for node in one["nodes"]][:2]) for one in found], ensure_ascii=False)[:1500]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")


def cell(page: Page, row: str, column: str) -> Locator:
    """A cell of the grid by the row's key and when:/then: with the field."""
    return page.locator(f'tr[data-key="row:{row}"] [data-column="{column}"]')


def panel(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)


def keep(page: Page, reason: str) -> None:
    """Save through the dialog, and leave publishing for later."""
    page.get_by_role("button", name="保存…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").first.fill(reason)
    dialog.locator("[data-name=save]").click()


class TestTables:
    def test_a_row_is_changed_its_gap_found_and_closed_and_saved(self, studio: Studio) -> None:
        page = studio.trainer("ting", path="/studio/tables")
        page.get_by_role("searchbox").fill("物流")
        expect(page.locator("tbody tr")).to_have_count(1)
        clean(page)
        page.get_by_role("link", name="物流", exact=True).click()
        page.wait_for_url("**table=logistics")
        expect(panel(page, "检查")).to_contain_text("每种情况都有一行回答", timeout=20_000)
        last = page.locator("tbody tr").last
        key = str(last.get_attribute("data-key")).removeprefix("row:")
        last.get_by_role("rowheader").click()
        row = panel(page, "行")
        expect(row.get_by_role("heading", level=2)).to_contain_text(key)
        expect(row.get_by_role("region", name="正例：要由这行回答").get_by_text("对", exact=True).first).to_be_visible()
        clean(page)
        row.get_by_role("button", name="删除这行").click()
        if page.get_by_role("dialog").count():
            page.get_by_role("dialog").locator("[data-name=yes]").click()
        expect(panel(page, "检查")).to_contain_text("没有一行回答这种情况")
        expect(panel(page, "这些修改会改变的情况")).to_contain_text(f"{key} → 没有行")
        studio.picture(page, "tables")
        panel(page, "检查").get_by_role("button", name="补一行").first.click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("编号").fill("ls_ting_1")
        dialog.get_by_role("button", name="确定").click()
        expect(dialog.get_by_role("alert")).to_contain_text("出处")
        # What the table does not take is said where it was typed, and can be typed otherwise.
        dialog.get_by_label("出处").fill("店铺决定")
        dialog.get_by_label("编号").fill("物流一")
        dialog.get_by_role("button", name="确定").click()
        expect(dialog.get_by_role("alert")).to_contain_text("编号 '物流一' 不能用", timeout=20_000)
        expect(dialog.get_by_label("出处")).to_have_value("店铺决定")
        dialog.get_by_label("编号").fill("ls_ting_1")
        dialog.get_by_role("button", name="确定").click()
        expect(panel(page, "检查")).to_contain_text("每种情况都有一行回答")
        cell(page, "ls_ting_1", "then:hand_over").click()
        page.get_by_role("dialog").get_by_label("转接").select_option("word:person")
        page.get_by_role("dialog").get_by_role("button", name="确定").click()
        expect(cell(page, "ls_ting_1", "then:hand_over")).to_have_text("转人工")
        page.reload()
        expect(page.locator("#toasts")).to_contain_text("没保存", timeout=20_000)
        keep(page, "最后一行换个编号")
        expect(page.locator("#toasts")).to_contain_text("最后一行换个编号", timeout=20_000)
        expect(page.get_by_role("button", name="保存…")).to_be_disabled()
        text = studio.workspace.text(LOGISTICS)
        assert "- id: ls_ting_1" in text
        assert f"- id: {key}\n" not in text
        assert studio.shell.services.studio.repository.history(LOGISTICS, "row:ls_ting_1")[0].author == "小ting"

    def test_what_crosses_a_red_line_is_named_and_cannot_be_saved(self, studio: Studio) -> None:
        page = studio.trainer("ting", path="/studio/tables?table=postage")
        # Two bounds of one kind: none is dropped without a word.
        cell(page, "pr_z_10", "when:days").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("button", name="加一个条件").click()
        dialog.get_by_label("数", exact=True).last.fill("5")
        dialog.get_by_role("button", name="确定").click()
        expect(dialog.get_by_role("alert")).to_contain_text("同一种比较只能写一个")
        dialog.get_by_role("button", name="取消").click()
        page.get_by_role("searchbox").first.fill("pr_q_rf_01")
        cell(page, "pr_q_rf_01", "then:return").click()
        page.get_by_role("dialog").get_by_label("寄回邮费").select_option("word:shopper")
        page.get_by_role("dialog").get_by_role("button", name="确定").click()
        expect(panel(page, "检查")).to_contain_text("红线")
        expect(cell(page, "pr_q_rf_01", "then:return")).to_have_class(re.compile(r"\bedited\b"))
        page.get_by_role("button", name="保存…").click()
        expect(page.get_by_role("dialog")).to_contain_text("邮费不由顾客承担", timeout=20_000)
        expect(page.get_by_role("dialog").locator("[data-name=save]")).to_have_count(0)
        page.keyboard.press("Escape")
        page.get_by_role("button", name="撤销上一步").click()
        expect(panel(page, "检查")).to_contain_text("例子都对")
        expect(page.get_by_role("button", name="保存…")).to_be_disabled()

    def test_a_case_is_tried_and_kept_as_an_example(self, studio: Studio) -> None:
        page = studio.trainer("ting", path="/studio/tables?table=opening_hours")
        trying = panel(page, "试一个情况")
        trying.get_by_label("意愿").select_option("person")
        expect(trying.get_by_role("status")).to_contain_text("还要问：状态")
        trying.get_by_label("状态").select_option("closed")
        expect(trying.get_by_role("status")).to_contain_text("由「oh_06」回答")
        expect(page.locator("tr.hit")).to_have_attribute("data-key", "row:oh_06")
        trying.get_by_role("button", name="存为「oh_06」的正例").click()
        expect(page.get_by_text("1 步没保存")).to_be_visible()
        page.locator('tr[data-key="row:oh_06"]').get_by_role("rowheader").click()
        expect(panel(page, "行").get_by_role("region", name="正例：要由这行回答").get_by_role("listitem")).to_have_count(2)
        panel(page, "行").get_by_role("button", name="加一段限时的").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("出处").fill("春节通知")
        dialog.get_by_label("从哪天起").fill("2027-02-02")
        dialog.get_by_label("到哪天止").fill("2027-02-14")
        dialog.get_by_role("button", name="确定").click()
        expect(page.locator('tr[data-key="row:oh_06@2027-02-02"]')).to_contain_text("2027-02-02 至 2027-02-14")
        expect(panel(page, "检查")).to_contain_text("例子都对")
        page.get_by_text("和机器人说说看", exact=True).click()
        expect(page.get_by_role("log")).to_be_visible()
        clean(page)
        page.get_by_role("button", name="放弃全部修改").click()
        page.get_by_role("dialog").locator("[data-name=yes]").click()
        expect(page.locator('tr[data-key="row:oh_06@2027-02-02"]')).to_have_count(0)

    def test_the_grid_is_worked_by_keys(self, studio: Studio) -> None:
        page = studio.trainer("ting", path="/studio/tables?table=opening_hours")
        cell(page, "es_07", "row").focus()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowRight")
        expect(cell(page, "oh_06", "when:wish")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog").get_by_role("checkbox", name="人工")).to_be_checked()
        page.keyboard.press("Escape")
        expect(cell(page, "oh_06", "when:wish")).to_be_focused()
        page.keyboard.press("Delete")
        expect(cell(page, "oh_06", "when:wish")).to_have_text("")
        expect(panel(page, "检查")).to_contain_text("行 oh_05 永远轮不到")
        clean(page)
        page.keyboard.press("Control+z")
        expect(cell(page, "oh_06", "when:wish")).to_have_text("人工")
        page.keyboard.press("Alt+ArrowUp")
        expect(page.locator("tbody tr").first).to_have_attribute("data-key", "row:oh_06")
        expect(page.get_by_text("1 步没保存")).to_be_visible()
        page.keyboard.press("Control+z")
        expect(page.locator("tbody tr").first).to_have_attribute("data-key", "row:es_07")

    def test_a_parameter_is_changed_with_what_it_changes(self, studio: Studio) -> None:
        page = studio.trainer("ting", path="/studio/tables?table=parameters")
        page.get_by_role("searchbox").fill("half_freight_until_days")
        page.get_by_role("button", name="修改「邮费各半的天数」").click()
        page.get_by_role("dialog").get_by_label("平日的值").fill("31")
        page.get_by_role("dialog").get_by_role("button", name="确定").click()
        expect(panel(page, "检查")).to_contain_text("邮费由谁承担")
        clean(page)
        page.get_by_role("button", name="撤销上一步").click()
        page.get_by_role("button", name="修改「邮费各半的天数」").click()
        page.get_by_role("dialog").get_by_label("平日的值").fill("很多")
        page.get_by_role("dialog").get_by_role("button", name="确定").click()
        expect(page.get_by_role("dialog").get_by_role("alert")).to_have_text("要写整数。")

    def test_on_a_phone(self, studio: Studio) -> None:
        page = studio.trainer("ting", path="/studio/tables?table=quality", phone=True)
        expect(panel(page, "检查")).to_contain_text("例子都对", timeout=20_000)
        page.locator("tbody tr").first.get_by_role("rowheader").click()
        expect(panel(page, "行").get_by_role("heading", level=2)).to_contain_text("qp_12")
        clean(page)
