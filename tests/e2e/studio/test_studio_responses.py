"""The page of responses, as a trainer works with it: find, reword, see it filled from an order, save, publish; and what is refused."""

from __future__ import annotations

import json

from playwright.sync_api import Page, expect

from studio.responses import listed, response
from tests.e2e.studio.conftest import Studio
from tests.e2e.studio.test_studio_changes import clean

WAIT = 20_000


def plain(studio: Studio) -> str:
    """A response of small talk with one variation, no button and no value."""
    now = studio.shell.services.clock.now()
    found = listed(studio.workspace, now, topic="smalltalk")
    return next(one.name for one in found if len(one.variations) == 1 and not one.marks(now) and not one.values)


def opened(studio: Studio, name: str, *, phone: bool = False) -> Page:
    page = studio.trainer("ping", path="/studio/responses", phone=phone)
    page.get_by_label("搜索", exact=True).fill(name)
    page.locator(f"[data-name='{name}']").click()
    expect(page.locator(f"[data-response='{name}']")).to_be_visible(timeout=WAIT)
    return page


class TestResponses:
    def test_one_is_reworded_seen_filled_in_and_saved(self, studio: Studio) -> None:
        name = plain(studio)
        before = response(studio.workspace, name)
        page = opened(studio, name)
        form = page.locator("fieldset.variation").first
        expect(form.locator(".seen .bubble").first).to_have_text(before.text.split("\n\n")[0], timeout=WAIT)
        clean(page)
        form.get_by_label("要说的话").fill("好的，订单{订单号}我们记下了。")
        expect(form.locator("[data-code=unknown-value]")).to_contain_text("写成 {order_id}", timeout=WAIT)
        studio.picture(page, "responses")
        form.get_by_label("要说的话").fill("好的，我们记下了，")
        form.get_by_label("插入值").select_option("until")
        expect(form.get_by_label("要说的话")).to_have_value("好的，我们记下了，{until}")
        expect(page.locator(".general, .variations").locator("[data-code=value-not-given]").first).to_be_visible(timeout=WAIT)
        form.get_by_label("要说的话").fill("好的，我们记下了。\n\n请您放心。")
        expect(form.locator(".seen .bubble")).to_have_text(["好的，我们记下了。", "请您放心。"], timeout=WAIT)
        page.get_by_role("button", name="保存…").click()
        dialog = page.get_by_role("dialog")
        expect(dialog.locator(".add").filter(has_text="我们记下了")).to_be_visible(timeout=WAIT)
        clean(page)
        dialog.get_by_label("为什么改").fill("说得更短")
        dialog.get_by_role("button", name="保存", exact=True).click()
        expect(page.get_by_text("没有修改。")).to_be_visible(timeout=WAIT)
        assert response(studio.workspace, name).text == "好的，我们记下了。\n\n请您放心。"
        assert studio.shell.services.studio.repository.history(key=f"response:{name}", path=before.path)[0].reason == "说得更短"

    def test_a_response_is_previewed_with_a_real_order_and_by_whom_it_is_said(self, studio: Studio) -> None:
        now = studio.shell.services.clock.now()
        one = next(one for one in listed(studio.workspace, now) if "product" in one.values and "order_id" in one.values)
        page = opened(studio, one.name)
        page.locator("select[aria-label=按哪个订单] option").nth(1).wait_for(state="attached", timeout=WAIT)
        page.get_by_label("按哪个订单").select_option(index=1)
        order = page.get_by_label("按哪个订单").input_value()
        expect(page.locator(".seen").first).to_contain_text(order, timeout=WAIT)
        expect(page.get_by_text("填入的值：")).to_contain_text("（订单）")

    def test_a_second_way_to_say_it_with_dates_comes_and_goes(self, studio: Studio) -> None:
        name = plain(studio)
        page = opened(studio, name)
        page.get_by_role("button", name="加一种说法").click()
        second = page.locator("fieldset.variation").nth(1)
        second.get_by_label("要说的话").fill("春节期间也在。")
        second.get_by_text("什么时候这样说").click()
        second.get_by_label("从", exact=True).fill("2027-02-01")
        second.get_by_label("到", exact=True).fill("2027-02-14")
        expect(second.locator(".seen")).to_contain_text("还没到日期", timeout=WAIT)
        page.get_by_label("哪一天").fill("2027-02-03")
        expect(second.locator(".seen")).to_contain_text("会这样说", timeout=WAIT)
        second.get_by_label("到", exact=True).fill("2027-01-14")
        expect(page.locator("[data-code=date]")).to_be_visible(timeout=WAIT)
        page.locator("[data-name]").first.click()
        page.get_by_role("dialog").get_by_role("button", name="留下").click()
        page.get_by_role("button", name="放弃修改").click()
        expect(page.locator("fieldset.variation")).to_have_count(1)

    def test_a_new_one_asks_for_a_name_that_can_be_one(self, studio: Studio) -> None:
        page = opened(studio, plain(studio))
        page.get_by_role("button", name="新的话术").click()
        dialog = page.get_by_role("dialog")
        for name in ("", "春节", "Hours"):
            dialog.get_by_label("名字").fill(name)
            dialog.get_by_role("button", name="新的话术").click()
            expect(dialog.get_by_role("alert")).to_contain_text("只用小写英文字母、数字和下划线")
        dialog.get_by_label("名字").fill("spring_hours")
        dialog.get_by_role("button", name="新的话术").click()
        expect(page.locator("[data-response$=_spring_hours]")).to_be_visible()

    def test_where_it_is_used_leads_there_and_what_is_used_is_not_removed(self, studio: Studio) -> None:
        one = next(one for one in listed(studio.workspace, studio.shell.services.clock.now()) if any(use.kind == "row" for use in one.uses))
        row = next(use for use in one.uses if use.kind == "row")
        page = opened(studio, one.name)
        page.locator(".uses summary").click()
        expect(page.locator(".uses").get_by_role("link", name=row.label, exact=True).first).to_have_attribute(
            "href", f"/studio/tables?table={row.path.split('/')[-1].removesuffix('.yml')}&row={row.label}"
        )
        page.get_by_role("button", name="删除这条话术…").click()
        expect(page.locator(".toast.bad")).to_contain_text("在用", timeout=WAIT)

    def test_a_phone_is_wide_enough_and_the_keyboard_is_enough(self, studio: Studio) -> None:
        page = opened(studio, plain(studio), phone=True)
        clean(page)
        page.get_by_role("button", name="试聊").click()
        page.locator(".try-say").fill("在吗")
        page.keyboard.press("Enter")
        expect(page.locator(".try-log .bot")).to_contain_text("echo 在吗", timeout=WAIT)
        page.locator(".trace summary").click()
        clean(page)
        assert studio.shell.engine.turns == [], json.dumps(studio.shell.engine.turns)
