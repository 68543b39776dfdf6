"""The page of intents: examples edited and checked while typing, many moved at once, an intent parted and merged, a table taken in."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from studio.intents import listed, names
from studio.nlu import examples
from tests.e2e.studio.conftest import Studio
from tests.e2e.studio.test_studio_changes import clean

WAIT = 20_000


def taught(studio: Studio, intent: str, *, held_out: bool = False) -> list[str]:
    return [one.text for one in examples(studio.workspace).of(intent, held_out=held_out)]


def save(page: Page, reason: str | None = None) -> None:
    """The save dialog: look, give a reason, save."""
    dialog = page.locator("dialog", has=page.get_by_label("为什么改"))
    expect(dialog).to_be_visible(timeout=WAIT)
    if reason:
        dialog.get_by_label("为什么改").fill(reason)
    dialog.get_by_role("button", name="保存").click()
    expect(dialog).to_have_count(0, timeout=WAIT)
    expect(page.locator(".toast", has_text="已保存").last).to_be_visible(timeout=WAIT)


class TestIntents:
    def test_examples_are_checked_while_typing_and_edited_in_place(self, studio: Studio) -> None:
        page = studio.trainer("yun", path="/studio/intents")
        page.get_by_label("找意图").fill("合身")
        page.locator("#list [data-intent=ask_fit]").click()
        box = page.get_by_label("添加例句")
        box.fill(f"显不显胖呢亲云\n{taught(studio, 'track_parcel')[0]}")
        expect(page.locator(".look .bad")).to_contain_text("已是「查物流」的例句", timeout=WAIT)
        clean(page)
        studio.picture(page, "intents")
        box.fill("云朵一样松不松")
        first, second = taught(studio, "ask_fit")[:2]
        lines = page.locator("#intent .examples > li")
        expect(lines.first).to_contain_text(first, timeout=WAIT)
        lines.nth(0).get_by_role("button", name=f"修改：{first}").click()
        page.keyboard.type("云云穿着会紧吗")
        page.keyboard.press("Enter")
        lines.nth(1).get_by_role("button", name=f"去掉：{second}").click()
        expect(page.get_by_text("2 处修改还没保存")).to_be_visible()
        # What is not saved is not left by mistake.
        page.locator("#list [data-intent=ask_fit]").click()
        page.get_by_role("dialog").get_by_role("button", name="留下").click()
        page.get_by_role("button", name="添加", exact=True).click()
        dialog = page.get_by_role("dialog")
        expect(dialog.locator(".add").first).to_contain_text("云云穿着会紧吗", timeout=WAIT)
        save(page)
        now = taught(studio, "ask_fit")
        assert {"云云穿着会紧吗", "云朵一样松不松"} <= set(now)
        assert not {first, second} & set(now)
        commit = studio.shell.services.studio.repository.history(limit=1)[0]
        assert (commit.author, commit.paths) == ("小yun", ("data/nlu/sizing.yml",))

    def test_what_is_typed_outlives_other_saves_and_the_back_key(self, studio: Studio) -> None:
        page = studio.trainer("yun", path="/studio/intents?intent=ask_fit")
        first = taught(studio, "ask_fit")[0]
        page.locator("#list [data-intent=ask_size_chart]").click()
        expect(page.locator("#intent h2")).to_contain_text("ask_size_chart")
        shown = page.url
        box = page.get_by_label("添加例句")
        box.fill("云裳有没有对照表")
        # Another intent of it would lose it; the rest of this one is saved beside it.
        page.get_by_role("button", name="拆分", exact=True).click()
        expect(page.locator(".toast", has_text="1 处修改还没保存")).to_be_visible()
        line = page.locator("#intent .examples > li").first
        line.get_by_role("button", name="去掉：").click()
        page.get_by_role("button", name="保存修改").click()
        save(page)
        expect(page.get_by_role("button", name="保存修改")).to_have_count(0, timeout=WAIT)
        expect(box).to_have_value("云裳有没有对照表")
        page.evaluate("() => history.back()")
        page.get_by_role("dialog").get_by_role("button", name="留下").click()
        expect(box).to_have_value("云裳有没有对照表")
        expect(page).to_have_url(shown)
        page.get_by_role("button", name="添加", exact=True).click()
        save(page)
        expect(box).to_have_value("", timeout=WAIT)
        assert "云裳有没有对照表" in taught(studio, "ask_size_chart")
        page.evaluate("() => history.back()")
        expect(page.locator("#intent .examples > li").first).to_contain_text(first, timeout=WAIT)

    def test_an_intent_is_parted_by_likeness_and_merged_again(self, studio: Studio) -> None:
        before = set(taught(studio, "ask_return_address"))
        page = studio.trainer("yun", path="/studio/intents?intent=ask_return_address")
        page.get_by_role("button", name="拆分").click()
        dialog = page.get_by_role("dialog")
        group = dialog.locator(".groups details").last
        expect(group).to_be_visible(timeout=WAIT)
        group.get_by_role("button", name="选这一组").click()
        dialog.get_by_label("中文名").fill("查物流")
        dialog.get_by_label("标识").fill("ask_cloud_address")
        # What is refused, and a save that was left, lead back to what was chosen.
        dialog.get_by_role("button", name="下一步").click()
        expect(dialog.get_by_role("alert")).to_contain_text("已经叫这个名字", timeout=WAIT)
        dialog.get_by_label("中文名").fill("问云仓地址")
        dialog.get_by_role("button", name="下一步").click()
        expect(dialog.get_by_label("为什么改")).to_be_visible(timeout=WAIT)
        dialog.get_by_role("button", name="取消").click()
        expect(dialog.get_by_label("中文名")).to_have_value("问云仓地址")
        clean(page)
        studio.picture(page, "intents_split")
        dialog.get_by_role("button", name="下一步").click()
        save(page)
        expect(page.locator("#intent h2")).to_contain_text("问云仓地址", timeout=WAIT)
        out = set(taught(studio, "ask_cloud_address"))
        assert out
        assert out | set(taught(studio, "ask_return_address")) == before
        assert names(studio.workspace)["ask_cloud_address"][1] == "问云仓地址"
        rules = studio.workspace.parsed("data/rules/returns.yml")["rules"]
        both = [{"intent": "ask_return_address"}, {"intent": "ask_cloud_address"}]
        assert any(one["steps"][0].get("or", [])[:2] == both for one in rules)
        page.get_by_role("button", name="合并到…").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("combobox", name="合并到哪个意图").fill("ask_return_address")
        dialog.get_by_role("button", name="下一步").click()
        save(page)
        expect(page.locator("#intent h2")).to_contain_text("ask_return_address", timeout=WAIT)
        assert set(taught(studio, "ask_return_address")) == before
        assert "ask_cloud_address" not in listed(studio.workspace)

    def test_many_are_moved_at_once_and_what_the_program_names_is_held(self, studio: Studio) -> None:
        # An intent that the program's own data says is not merged away.
        folder = studio.workspace.root / "engine/nlu/data"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "exact.yml").write_text("ask_usage: [怎么用]\n", "utf-8")
        page = studio.trainer("yun", path="/studio/intents?intent=ask_usage")
        chosen = taught(studio, "ask_usage")[:2]
        for text in chosen:
            page.get_by_role("checkbox", name=f"选中：{text}", exact=True).check()
        expect(page.get_by_text("选中 2 条")).to_be_visible()
        page.get_by_role("button", name="移到…").click()
        page.get_by_role("dialog").get_by_role("combobox", name="移到哪个意图").fill("ask_warranty")
        page.get_by_role("dialog").get_by_role("button", name="下一步").click()
        save(page, "这两条是问保修")
        assert set(chosen) <= set(taught(studio, "ask_warranty"))
        page.get_by_role("button", name="合并到…").click()
        page.get_by_role("dialog").get_by_role("combobox", name="合并到哪个意图").fill("ask_warranty")
        page.get_by_role("dialog").get_by_role("button", name="下一步").click()
        refused = page.get_by_role("dialog")
        expect(refused.locator("[data-code=intent-bound]").first).to_contain_text("engine/nlu/data/exact.yml 第 1 行", timeout=WAIT)
        refused.get_by_role("button", name="知道了").click()

    def test_a_shops_table_is_judged_and_taken_in_on_a_phone(self, studio: Studio) -> None:
        page = studio.trainer("yun", path="/studio/intents", phone=True)
        clean(page)
        page.get_by_role("button", name="导入", exact=True).click()
        dialog = page.get_by_role("dialog")
        table = "问题分类,标准问,相似问\r\n要尺码表,云裳的尺码对照在哪看,\r\n问包装,云纹礼盒有没有,\r\n查物流,退货,\r\n"
        dialog.locator("input[type=file]").set_input_files({"name": "话术库.csv", "mimeType": "text/csv", "buffer": table.encode("gbk")})
        expect(dialog.locator(".lines > li")).to_have_count(3, timeout=WAIT)
        expect(dialog.locator("[data-state=conflict]")).to_contain_text("退货")
        dialog.get_by_label("意图（第 3 行）").select_option("ask_gift" if "ask_gift" in listed(studio.workspace) else "ask_product_info")
        clean(page)
        dialog.get_by_role("button", name="导入选中的 2 条").click()
        save(page)
        assert "云裳的尺码对照在哪看" in taught(studio, "ask_size_chart")
        assert "云纹礼盒有没有" in taught(studio, "ask_product_info")
        page.get_by_role("button", name="重复与冲突").click()
        expect(page.locator(".pairs > li").first).to_be_visible(timeout=WAIT)
        clean(page)
        page.get_by_role("button", name="回到意图列表").click()
        page.locator("#list [data-intent=ask_script]").click()
        expect(page.locator("#intent .examples > li").first).to_be_visible(timeout=WAIT)
        expect(page.locator("#list")).to_be_hidden()
        clean(page)
