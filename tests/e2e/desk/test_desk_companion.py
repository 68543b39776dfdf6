"""Beside 千牛: paste, press a number, paste there. A page of 360 px; nothing is written to the shop."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from shop.db import reading
from shop.models import Base
from shop.tickets import PREVIEW
from tests.e2e.desk.conftest import Desk
from tests.e2e.test_widget_accessible import serious
from tests.gateway.support import suggestions

pytestmark = pytest.mark.browser
NARROW = {"width": 360, "height": 760}
ORDER = "880000000009"
# What shoppers write and what copied lines of a chat program look like.
ASKED = [
    "什么时候发货",
    "M码有货吗",
    "能便宜点吗",
    "tb_春风 2026-11-22 10:02:11\n能不能换个颜色",
    "怎么还没到",
    "退货运费谁出",
    "可以开发票吗",
    "尺码偏大吗，我165",
    "少发了一件\n怎么办",
    "能改地址吗",
]


def stored(desk: Desk) -> dict[str, list[str]]:
    """Every row of the shop's database, but when somebody was last seen."""
    with reading(desk.shell.services.database) as session:
        return {
            name: sorted(map(repr, session.execute(select(table))))
            for name, table in Base.metadata.tables.items()
            if name not in ("staff", "staff_sessions")
        }


@pytest.fixture
def page(desk: Desk) -> Page:
    """The companion of somebody who has just logged in, beside another window."""
    desk.shell.engine.suggest = lambda body: suggestions([f"一、{body['text']}", f"二、{body['text']}\n\n请您看看。", "三、好的。"])
    made = desk.agent(path="/desk/companion", viewport=NARROW)
    made.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=desk.shell.address)
    expect(made.get_by_label("买家的话", exact=True)).to_be_focused(timeout=20_000)
    return made


def paste(page: Page, text: str) -> None:
    """What Ctrl+V does after something was copied in another program."""
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    page.keyboard.press("Control+v")


def replies(page: Page) -> Any:
    return page.locator("#companion-found > li")


def clipboard(page: Page) -> str:
    return str(page.evaluate("navigator.clipboard.readText()"))


def status(page: Page) -> Any:
    return page.locator(".companion-status")


def test_ten_pasted_messages_are_answered_by_keyboard_and_nothing_is_written(desk: Desk, page: Page) -> None:
    before = stored(desk)
    for number, text in enumerate(ASKED):
        said = text.split("\n", 1)[1] if "tb_" in text else text
        paste(page, text)
        expect(replies(page).first).to_contain_text(said.split("\n")[0], timeout=15_000)
        place = number % 3
        page.keyboard.press(str(place + 1))
        expect(status(page)).to_contain_text(f"已复制第 {place + 1} 条", timeout=15_000)
        expected = [f"一、{said}", f"二、{said}\n请您看看。", "三、好的。"][place]
        assert clipboard(page) == expected
    assert stored(desk) == before
    assert desk.shell.services.hub.at_desk() == set(), "nobody is given talks for having this page open"


def test_an_order_fills_the_replies_and_is_not_taken_along_to_the_next_shopper(desk: Desk, page: Page) -> None:
    asked = desk.shell.engine.asked
    paste(page, "怎么还没到")
    expect(replies(page)).to_have_count(3, timeout=15_000)
    page.keyboard.press("o")
    page.keyboard.type(ORDER)
    page.keyboard.press("Enter")
    expect(page.locator("#companion-about")).to_contain_text(f"按订单 {ORDER}", timeout=15_000)
    assert asked[-1]["slots"] == {"order_id": ORDER}
    page.keyboard.press("1")
    expect(status(page)).to_contain_text("已复制", timeout=15_000)
    paste(page, "有货吗")
    expect(replies(page).first).to_contain_text("有货吗", timeout=15_000)
    assert asked[-1]["slots"] == {}, "the next words may be another shopper's"
    expect(page.get_by_label("订单号（")).to_have_value("")
    page.keyboard.press("o")
    page.keyboard.type(ORDER)
    page.keyboard.press("Enter")
    page.keyboard.press("k")
    expect(page.get_by_label("同一买家")).to_be_checked()
    paste(page, "那退货呢")
    expect(replies(page).first).to_contain_text("那退货呢", timeout=15_000)
    assert asked[-1]["slots"] == {"order_id": ORDER}
    page.keyboard.press("n")
    expect(page.get_by_label("订单号（")).to_have_value("")
    expect(page.get_by_label("买家的话", exact=True)).to_be_focused()
    expect(replies(page)).to_have_count(0)


def test_an_order_in_the_words_is_offered_and_an_unknown_one_said(desk: Desk, page: Page) -> None:
    paste(page, f"单号{ORDER}到哪了")
    expect(page.locator("#companion-about")).to_contain_text("确认是这位买家的？", timeout=15_000)
    assert desk.shell.engine.asked[-1]["slots"] == {}
    page.keyboard.press("u")
    expect(page.locator("#companion-about")).to_contain_text(f"按订单 {ORDER}", timeout=15_000)
    page.keyboard.press("o")
    page.keyboard.press("Control+a")
    page.keyboard.type("12345")
    page.keyboard.press("Enter")
    expect(page.locator("#companion-about")).to_contain_text("店里没有这个订单号", timeout=15_000)
    expect(page.get_by_label("订单号（")).to_have_attribute("aria-invalid", "true")
    expect(replies(page)).to_have_count(3)


def test_words_may_be_typed_and_a_digit_typed_is_a_digit(desk: Desk, page: Page) -> None:
    page.keyboard.type("有165的吗，1号或者2号")
    expect(replies(page).first).to_contain_text("有165的吗，1号或者2号", timeout=15_000)
    expect(page.get_by_label("买家的话", exact=True)).to_have_value("有165的吗，1号或者2号")
    page.keyboard.press("Alt+3")
    expect(status(page)).to_contain_text("已复制第 3 条", timeout=15_000)
    assert clipboard(page) == "三、好的。"
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("急")
    page.keyboard.press("Enter")
    expect(replies(page).first).to_contain_text("急", timeout=15_000)
    page.keyboard.press("2")
    expect(status(page)).to_contain_text("已复制第 2 条", timeout=15_000)


def test_an_older_answer_never_takes_the_place_of_a_newer_one(desk: Desk, page: Page) -> None:
    held: list[Any] = []
    page.route(re.compile(r".*/companion/suggestions"), lambda route: held.append(route) if not held else route.continue_())
    paste(page, "第一句")
    expect(status(page)).to_contain_text("正在找", timeout=15_000)
    page.keyboard.press("1")
    assert clipboard(page) == "第一句", "a digit that comes too early copies nothing"
    paste(page, "第二句")
    expect(replies(page).first).to_contain_text("第二句", timeout=15_000)
    held[0].continue_()
    page.wait_for_load_state("networkidle")
    expect(replies(page).first).to_contain_text("第二句")


def test_without_an_engine_it_says_so_and_goes_on(desk: Desk, page: Page) -> None:
    usual = desk.shell.engine.suggest
    desk.shell.engine.suggest = lambda body: suggestions(["加我微信 xiaoer2026。"])
    paste(page, "在吗")
    expect(status(page)).to_contain_text("没有适合平台聊天的推荐", timeout=15_000)
    page.context.set_offline(True)
    paste(page, "人呢")
    expect(status(page)).to_contain_text("网络不通", timeout=15_000)
    expect(page.get_by_label("买家的话", exact=True)).to_have_value("人呢")
    page.context.set_offline(False)
    desk.shell.engine.suggest = usual
    paste(page, "人呢")
    expect(replies(page)).to_have_count(3, timeout=15_000)


def test_where_the_browser_refuses_the_clipboard_the_old_way_is_taken(desk: Desk, page: Page) -> None:
    paste(page, "有货吗")
    expect(replies(page)).to_have_count(3, timeout=15_000)
    # A page without TLS has no such interface.
    page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined, configurable: true})")
    page.evaluate("document.execCommand = (name) => { window.tried = [name, document.activeElement.value]; return true; }")
    page.keyboard.press("1")
    expect(status(page)).to_contain_text("已复制第 1 条", timeout=15_000)
    assert page.evaluate("window.tried") == ["copy", "一、有货吗"]
    page.evaluate("document.execCommand = () => false")
    page.keyboard.press("2")
    expect(status(page)).to_contain_text("请按 Ctrl+C", timeout=15_000)
    assert page.evaluate("getSelection().toString().split('\\n')[0]") == "二、有货吗"


def test_a_reply_with_a_gap_is_not_copied(desk: Desk, page: Page) -> None:
    desk.shell.engine.suggest = lambda body: suggestions([f"已为您登记，工单号{PREVIEW}。", "好的。"])
    paste(page, "帮我登记")
    expect(replies(page).first).to_contain_text("【缺工单号】", timeout=15_000)
    page.keyboard.press("1")
    expect(status(page)).to_contain_text("还缺工单号", timeout=15_000)
    assert clipboard(page) == "帮我登记"


@pytest.mark.parametrize("look", ["light", "dark"])
def test_it_fits_beside_another_window_and_keeps_nobody_out(desk: Desk, page: Page, look: Any) -> None:
    page.emulate_media(color_scheme=look, reduced_motion="reduce")
    desk.shell.engine.suggest = lambda body: suggestions(["很长的一段回复" * 30, "短的。"])
    paste(page, f"单号{ORDER}，" + "很长的话" * 40)
    expect(replies(page)).to_have_count(2, timeout=15_000)
    page.keyboard.press("1")
    expect(status(page)).to_contain_text("已复制", timeout=15_000)
    for width in (360, 320, 1200):
        page.set_viewport_size({"width": width, "height": 760})
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    page.set_viewport_size({"width": 360, "height": 760})
    assert serious(page, "html") == []


def test_the_keys_are_listed(page: Page) -> None:
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("复制第 1 条")
    expect(page.get_by_role("dialog")).to_contain_text("下一位")
