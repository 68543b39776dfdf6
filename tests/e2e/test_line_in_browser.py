"""The real widget and the real product: network off and on, gateway and engine killed, two tabs, a reload with a full outbox."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from launch.product import Product
from tests.e2e.browser import ARGUMENTS, chromium

pytestmark = pytest.mark.browser
LONG = 90_000
MINE = "xiaoer-chat .row.me .bubble"


@pytest.fixture
def context(product: Product) -> Iterator[BrowserContext]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        opened = browser.new_context(locale="zh-CN", viewport={"width": 1280, "height": 800})
        opened.set_default_timeout(30_000)
        yield opened
        browser.close()


def come(context: BrowserContext, product: Product) -> Page:
    """A tab with the window open."""
    page = context.new_page()
    page.goto(product.base_url)
    page.evaluate("customElements.whenDefined('xiaoer-chat').then(() => document.querySelector('xiaoer-chat').open())")
    expect(page.get_by_role("log")).to_contain_text("自动助手", timeout=LONG)
    return page


def say(page: Page, text: str) -> None:
    box = page.get_by_role("textbox", name="消息内容")
    box.fill(text)
    box.press("Enter")
    expect(box).to_have_value("")


def answered(page: Page, lines: list[str]) -> None:
    """Every line stands there once, in order, read, with an answer below the last."""
    expect(page.locator(MINE)).to_have_text(lines, timeout=LONG)
    expect(page.locator("xiaoer-chat .row.me .state").last).to_have_text("已读", timeout=LONG)
    expect(page.locator("xiaoer-chat .row:not(.me) .bubble:not(.dots)").last).to_be_visible(timeout=LONG)
    assert page.evaluate("() => document.querySelector('xiaoer-chat').panel.client.waiting.length") == 0


def test_lines_said_without_network_are_said_once_and_in_order_when_it_is_back(context: BrowserContext, product: Product) -> None:
    page = come(context, product)
    say(page, "在吗")
    answered(page, ["在吗"])
    context.set_offline(True)
    lines = ["在吗", "几天能发货", "发什么快递"]
    for line in lines[1:]:
        say(page, line)
    expect(page.locator(MINE)).to_have_text(lines)
    context.set_offline(False)
    answered(page, lines)


def test_a_gateway_that_is_killed_and_comes_back_costs_nothing(context: BrowserContext, product: Product) -> None:
    page = come(context, product)
    lines = ["在吗", "几天能发货", "发什么快递", "谢谢"]
    say(page, lines[0])
    # Under way, in whichever state it is.
    product.kill("gateway")
    try:
        say(page, lines[1])
        say(page, lines[2])
    finally:
        product.restart("gateway")
    say(page, lines[3])
    answered(page, lines)
    page.reload()
    page.evaluate("customElements.whenDefined('xiaoer-chat').then(() => document.querySelector('xiaoer-chat').open())")
    answered(page, lines)


def test_an_engine_that_is_killed_and_comes_back_answers_what_was_asked(context: BrowserContext, product: Product) -> None:
    page = come(context, product)
    said = page.locator("xiaoer-chat .row:not(.me) .bubble:not(.dots)")
    product.kill("engine")
    try:
        say(page, "几天能发货")
        expect(page.get_by_role("button", name="再试一次")).to_be_visible(timeout=LONG)
        before = said.count()
    finally:
        product.restart("engine")
    expect(said).not_to_have_count(before, timeout=LONG)
    answered(page, ["几天能发货"])


def test_two_tabs_show_the_same_talk_and_send_everything_once(context: BrowserContext, product: Product) -> None:
    one, two = come(context, product), come(context, product)
    say(one, "在吗")
    expect(two.locator(MINE)).to_have_text(["在吗"])
    context.set_offline(True)
    say(one, "几天能发货")
    say(two, "发什么快递")
    context.set_offline(False)
    for page in (one, two):
        answered(page, ["在吗", "几天能发货", "发什么快递"])
    # Bubbles of an answer come one after the other in each tab: what stands in one is to stand in the other, too.
    bubbles = "xiaoer-chat .row .bubble:not(.dots)"
    for _ in range(100):
        before = one.locator(bubbles).all_inner_texts()
        shown = [page.locator(bubbles).all_inner_texts() for page in (two, one)]
        if before == shown[0] == shown[1] and before[-1] != "发什么快递":
            break
        one.wait_for_timeout(200)
    assert before == shown[0] == shown[1]


def test_a_reload_with_a_full_outbox_sends_it(context: BrowserContext, product: Product) -> None:
    page = come(context, product)
    page.route("**/messages", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    lines = ["在吗", "几天能发货", "发什么快递", "怎么退货"]
    for line in lines:
        say(page, line)
    page.get_by_role("textbox", name="消息内容").fill("写了一半")
    page.unroute("**/messages")
    page.reload()
    page.evaluate("customElements.whenDefined('xiaoer-chat').then(() => document.querySelector('xiaoer-chat').open())")
    answered(page, lines)
    expect(page.get_by_role("textbox", name="消息内容")).to_have_value("写了一半")
