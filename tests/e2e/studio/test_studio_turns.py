"""Answers that overtake each other, presses that come twice: the studio shows what was asked last and does what was pressed once."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect

from studio.responses import listed
from tests.e2e.late import Late
from tests.e2e.studio.conftest import Studio
from tests.e2e.studio.test_studio_inbox import INBOX, inbox, say, station
from tests.e2e.studio.test_studio_tables import panel

pytestmark = pytest.mark.browser
__all__ = ["inbox"]
WAIT = 20_000


def two(studio: Studio) -> tuple[str, str]:
    """Two responses of small talk, the name of neither in the other's."""
    found = [one.name for one in listed(studio.workspace, studio.shell.services.clock.now(), topic="smalltalk") if one.text]
    return next((one, other) for one in found for other in found if one not in other and other not in one)


def go(page: Page, studio: Studio, path: str) -> None:
    """Another page; what it reads may be held back, so that it is not ready yet."""
    page.goto(f"{studio.shell.address}{path}")


class TestResponses:
    def test_of_two_the_one_pressed_last_is_edited_and_what_was_written_stays(self, studio: Studio) -> None:
        first, second = two(studio)
        page = studio.trainer("shu", path="/studio/responses")
        page.get_by_label("主题").select_option("smalltalk")
        with Late(page, f"/studio/responses/{first}$") as late:
            page.locator(f"[data-name='{first}']").click()
            late.wait()
            page.locator(f"[data-name='{second}']").click()
            expect(page.locator(f"[data-response='{second}']")).to_be_visible(timeout=WAIT)
            page.get_by_label("要说的话").first.fill("刚写下的话")
            late.come()
            expect(page.locator(f"[data-response='{second}']")).to_be_visible()
            expect(page.get_by_label("要说的话").first).to_have_value("刚写下的话")
        # Written while the other one is on its way: it is asked about before it goes.
        with Late(page, f"/studio/responses/{first}$") as late:
            page.get_by_role("button", name="放弃修改").click()
            page.locator(f"[data-name='{first}']").click()
            late.wait()
            page.get_by_label("要说的话").first.fill("又写下的话")
            late.come()
            page.get_by_role("dialog").locator("[data-name=stay]").click()
            expect(page.get_by_label("要说的话").first).to_have_value("又写下的话")

    def test_a_failure_of_the_filter_before_is_not_told_over_the_list_of_the_last(self, studio: Studio) -> None:
        page = studio.trainer("shu", path="/studio/responses")
        expect(page.locator("[data-name]").first).to_be_visible(timeout=WAIT)
        with Late(page, "/studio/responses\\?", fails=True) as late:
            page.get_by_label("显示").select_option("buttons")
            late.wait()
            with page.expect_response("**/studio/responses?*state=conditional*"):
                page.get_by_label("显示").select_option("conditional")
            late.come()
            # A toast goes by itself: it is looked for now.
            page.wait_for_timeout(300)
            assert page.locator(".toast.bad").count() == 0

    def test_a_save_pressed_twice_asks_once_and_nothing_can_be_written_beneath_it(self, studio: Studio) -> None:
        first, _ = two(studio)
        page = studio.trainer("shu", path=f"/studio/responses?name={first}")
        page.get_by_label("要说的话").first.fill("好的，我们都记下了。")
        with Late(page, f"/studio/responses/{first}/propose", method="POST") as late:
            page.get_by_role("button", name="保存…").dblclick()
            late.wait()
            page.keyboard.press("Control+s")
            page.keyboard.type("不该进去")
            late.come()
        assert late.asked == 1
        dialog = page.get_by_role("dialog")
        expect(dialog).to_have_count(1, timeout=WAIT)
        with Late(page, "/studio/save", method="POST") as late:
            dialog.get_by_label("为什么改").fill("说得更短")
            dialog.locator("[data-name=save]").click()
            late.wait()
            expect(page.locator("main")).to_have_js_property("inert", True)
            page.keyboard.press("Control+s")
            late.come()
        expect(page.get_by_text("没有修改。")).to_be_visible(timeout=WAIT)
        expect(page.locator("main")).to_have_js_property("inert", False)
        expect(page.get_by_label("要说的话").first).to_have_value("好的，我们都记下了。")

    def test_a_row_pressed_before_the_vocabulary_is_read_opens(self, studio: Studio) -> None:
        page = studio.trainer("shu")
        with Late(page, "/studio/responses/vocabulary") as late:
            go(page, studio, "/studio/responses")
            late.wait()
            page.get_by_label("显示").select_option("buttons")
            page.locator(".responses [data-name]").first.click()
            page.wait_for_timeout(600)
            late.come()
            expect(page.locator("[data-response]")).to_be_visible(timeout=WAIT)


class TestStories:
    def test_of_two_the_one_pressed_last_is_shown_and_saved(self, studio: Studio) -> None:
        page = studio.trainer("shu", path="/studio/stories")
        rows = page.locator(".talks a")
        expect(rows).to_have_count(50, timeout=WAIT)
        name = rows.nth(1).locator(".name").inner_text()
        with Late(page, "/studio/stories/one") as late:
            rows.nth(0).click()
            late.wait()
            rows.nth(1).click()
            title = page.locator("#detail h2")
            expect(title).to_have_text(name, timeout=WAIT)
            late.come()
            expect(title).to_have_text(name)
            expect(rows.nth(1)).to_have_attribute("aria-current", "true")

    def test_a_button_pressed_before_the_page_knows_its_words_is_done_then(self, studio: Studio) -> None:
        page = studio.trainer("shu")
        with Late(page, "/studio/stories/parts") as late:
            go(page, studio, "/studio/stories")
            late.wait()
            page.get_by_role("button", name="新规则").click()
            page.get_by_label("搜名称、意图、动作、词槽").fill("讲价")
            page.wait_for_timeout(500)
            assert page.locator(".toast").count() == 0
            late.come()
            expect(page.locator(".card.story[data-kind=rule]")).to_be_visible(timeout=WAIT)
            expect(page.locator(".talks a").first).to_contain_text("讲价", timeout=WAIT)
            assert page.locator(".talks a").count() < 50


class TestIntents:
    def test_examples_are_those_of_the_last_filter(self, studio: Studio) -> None:
        page = studio.trainer("shu", path="/studio/intents?intent=ask_fit")
        rows = page.locator("#intent .examples > li[data-id]")
        expect(rows.first).to_be_visible(timeout=WAIT)
        with Late(page, "/studio/examples\\?.*kind=taught") as late:
            page.get_by_label("用途", exact=True).select_option("taught")
            late.wait()
            page.get_by_label("用途", exact=True).select_option("held_out")
            tests = page.locator("#intent .examples > li[data-id]", has=page.locator(".tag.good"))
            expect(tests.first).to_be_visible(timeout=WAIT)
            page.wait_for_timeout(300)
            count = rows.count()
            late.come()
            assert rows.count() == count == tests.count()

    def test_all_of_one_intent_are_not_chosen_in_the_next(self, studio: Studio) -> None:
        page = studio.trainer("shu", path="/studio/intents?intent=ask_fit")
        box = page.locator("#intent .bulk").get_by_role("checkbox")
        expect(box).to_be_visible(timeout=WAIT)
        with Late(page, "/studio/examples\\?.*limit=500") as late:
            box.check()
            late.wait()
            page.locator("#list [data-intent=ask_stock]").click()
            expect(page.locator("#intent .examples > li[data-id]").first).to_be_visible(timeout=WAIT)
            late.come()
            expect(page.locator("#intent h2")).to_contain_text("ask_stock")
            expect(page.locator("#intent .bulk")).not_to_contain_text("选中")
            expect(page.get_by_role("button", name="删掉")).to_have_count(0)

    def test_parting_pressed_twice_asks_once(self, studio: Studio) -> None:
        page = studio.trainer("shu", path="/studio/intents?intent=ask_fit")
        with Late(page, "/studio/intents/ask_fit/groups", method="POST", keep=2) as late:
            page.get_by_role("button", name="拆分").first.dblclick()
            late.wait()
            page.wait_for_timeout(200)
        assert late.asked == 1
        expect(page.get_by_role("dialog")).to_have_count(1, timeout=WAIT)


class TestInbox:
    def test_a_view_is_not_overwritten_by_the_one_before(self, inbox: Studio) -> None:
        say(inbox, "鼠字头的一句话谁懂")
        page = inbox.trainer("shu", path=INBOX)
        station(page, "鼠字头的一句话谁懂")
        page.keyboard.press("x")
        expect(page.locator("[data-view=dropped]")).to_be_visible()
        with Late(page, "/studio/inbox/judged\\?state=dropped") as late:
            page.locator("[data-view=dropped]").click()
            late.wait()
            page.locator("[data-view=tests]").click()
            expect(page.get_by_text("收件箱来的测试句")).to_be_visible(timeout=WAIT)
            late.come()
            expect(page.get_by_text("收件箱来的测试句")).to_be_visible()
            expect(page.get_by_text("鼠字头的一句话谁懂")).to_have_count(0)

    def test_whoever_opened_another_group_stays_there_when_the_last_message_of_the_former_is_judged(self, inbox: Studio) -> None:
        said = ["牛年马月才发呀", "虎头虎脑的那件呢", "兔毛会不会掉色"]
        say(inbox, *said)
        page = inbox.trainer("shu", path=f"{INBOX}?sort=newest")
        station(page, said[2])
        with Late(page, "/studio/inbox/drop", method="POST") as late:
            page.keyboard.press("x")
            late.wait()
            page.locator("[data-group]", has_text=said[1]).click()
            station(page, said[1])
            late.come()
            expect(page.locator("[data-group]")).to_have_count(2)
            station(page, said[1])
            expect(page.locator("[data-group][aria-current=true]")).to_contain_text(said[1])


class TestTables:
    def test_two_moves_in_a_hurry_are_two_moves(self, studio: Studio) -> None:
        page = studio.trainer("shu", path="/studio/tables?table=opening_hours")
        rows = page.locator("tbody tr[data-key]")
        expect(panel(page, "检查")).to_be_visible(timeout=WAIT)
        keys = [str(row.get_attribute("data-key")) for row in rows.all()]
        page.locator(f'tr[data-key="{keys[0]}"]').get_by_role("rowheader").click()
        down = panel(page, "行").get_by_role("button", name="下移")
        down.click()
        down.click()
        expect(page.get_by_text("2 步没保存")).to_be_visible(timeout=WAIT)
        expect(rows.nth(2)).to_have_attribute("data-key", keys[0])
        assert [str(row.get_attribute("data-key")) for row in rows.all()][:3] == [keys[1], keys[2], keys[0]]


class TestFigures:
    def test_two_weeks_back_are_two_and_the_last_pressed_is_shown(self, studio: Studio) -> None:
        page = studio.trainer("mu", "supervisor", path="/studio/week")
        span = page.locator(".period span")
        since = date.fromisoformat(page.locator(".period a").first.get_attribute("href").split("day=")[1].split("&")[0])  # type: ignore[union-attr]
        with Late(page, "/studio/week\\?", keep=2) as late:
            page.get_by_role("button", name="上一周").click()
            page.get_by_role("button", name="上一周").click()
            late.wait(2)
            late.come()
            late.come()
        expect(page).to_have_url(f"{studio.shell.address}/studio/week?day={since - timedelta(days=14)}")
        expect(page.locator(".period a").first).to_have_attribute(
            "href", f"/api/v1/staff/studio/week/export?day={since - timedelta(days=14)}&format=xlsx"
        )
        expect(span).to_be_visible()
        with Late(page, f"/studio/week\\?day={since - timedelta(days=21)}") as late:
            page.get_by_role("button", name="上一周").click()
            late.wait()
            page.get_by_role("button", name="下一周").click()
            page.wait_for_timeout(500)
            late.come()
        expect(page.locator(".period a").first).to_have_attribute(
            "href", f"/api/v1/staff/studio/week/export?day={since - timedelta(days=14)}&format=xlsx"
        )


class TestTrying:
    def test_a_talk_begun_anew_hears_nothing_of_the_one_before(self, studio: Studio) -> None:
        page = studio.trainer("shu", path="/studio/try")
        with Late(page, "/studio/try$", method="POST") as late:
            page.locator(".try-say").fill("旧的一句")
            page.keyboard.press("Enter")
            late.wait()
            page.get_by_role("button", name="重新开始").click()
            page.locator(".try-say").fill("新的一句")
            page.keyboard.press("Enter")
            expect(page.locator(".try-log")).to_contain_text("新的一句", timeout=WAIT)
            late.come()
            expect(page.locator(".try-log .shopper")).to_have_count(1)
            expect(page.locator(".try-log")).not_to_contain_text("旧的一句")
