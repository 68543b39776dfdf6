"""无障碍: an automatic audit (axe-core) of every main state, the keyboard alone, the order of focus, sizes of targets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Open
from tests.e2e.shell import Shell
from tests.e2e.states import STATES
from tests.e2e.steps import box, dialog, launcher, live, log, say, shop_page, start

pytestmark = pytest.mark.browser

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], "resultTypes": ["violations"]}


def serious(page: Page, context: str = "xiaoer-chat") -> list[str]:
    """What axe-core finds in the window that keeps somebody out: rule, and the node it is about."""
    found = Axe().run(page, context=context, options=RULES).response["violations"]
    return [
        f"{one['id']}: {node['target']} {node.get('failureSummary', '')}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("look", ["light", "dark", "phone"])
@pytest.mark.parametrize("state", STATES)
def test_the_audit_finds_nothing_serious(shell: Shell, visit: Open, state: str, look: str) -> None:
    show: Callable[[Shell, Page], None] = STATES[state]
    page = visit("about:blank", phone=look == "phone", color_scheme="dark" if look == "dark" else "light")
    # Colours are measured as they stay, not in the middle of a movement.
    page.emulate_media(reduced_motion="reduce")
    show(shell, page)
    assert serious(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/#/p/p1001", "/#/orders", "/chat", "/api/v1/reference"])
def test_our_own_pages_keep_nobody_out(shell: Shell, visit: Open, path: str, theme: str) -> None:
    page = visit(shell.address + path, color_scheme=theme, phone=theme == "dark")
    expect(page.locator("main").first).to_be_attached()
    page.wait_for_load_state("networkidle")
    assert serious(page, "html") == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


def test_the_demonstration_shop_changes_looks_and_tells_the_window_what_is_seen(shell: Shell, visit: Open) -> None:
    page = visit(f"{shell.address}/#/p/p1001")
    page.get_by_label("界面").select_option("dark")
    page.get_by_label("店铺色").fill("#ffe14d")
    page.get_by_label("演示身份").select_option("c05")
    page.get_by_role("button", name="咨询客服").click()
    expect(log(page)).to_contain_text("自动助手")
    expect(log(page).get_by_text("碎花雪纺连衣裙")).to_be_visible()
    header = page.locator("xiaoer-chat header")
    colours = header.evaluate("(node) => [getComputedStyle(node).backgroundColor, getComputedStyle(node).color]")
    assert colours == ["rgb(255, 225, 77)", "rgb(0, 0, 0)"]
    page.goto(f"{shell.address}/#/orders")
    page.get_by_role("button", name="咨询这笔订单").first.click()
    expect(dialog(page).get_by_role("button", name="发给客服")).to_be_visible()
    assert serious(page, "html") == []


def test_the_audit_itself_finds_what_is_wrong(shell: Shell, visit: Open) -> None:
    page = visit(shop_page(shell, "/audit"))
    start(page)
    page.evaluate("xiaoer.element.shadowRoot.querySelector('textarea').removeAttribute('aria-label')")
    page.evaluate("xiaoer.element.shadowRoot.querySelector('textarea').removeAttribute('placeholder')")
    assert any(line.startswith("label:") for line in serious(page))


def focused(page: Page) -> str:
    """Name of what has the focus in the window, or of the page's own element."""
    name: Any = page.evaluate(
        """() => {
          const inside = document.activeElement.shadowRoot?.activeElement;
          const node = inside || document.activeElement;
          return node.getAttribute("aria-label") || node.textContent.trim();
        }"""
    )
    return str(name)


def test_a_talk_by_keyboard_alone_and_out_again(shell: Shell, visit: Open) -> None:
    page = visit(shop_page(shell, "/keys", body='<a href="#top">页首链接</a>'))
    expect(launcher(page)).to_be_visible()
    page.keyboard.press("Tab")
    assert focused(page) == "页首链接"
    page.keyboard.press("Tab")
    assert focused(page) == "联系客服"
    page.keyboard.press("Enter")
    expect(box(page)).to_be_focused()
    expect(log(page)).to_contain_text("自动助手")
    page.keyboard.type("用键盘问一个完整的问题")
    page.keyboard.press("Enter")
    expect(log(page).get_by_text("echo 用键盘问")).to_be_visible()
    # From the input back to the header, in the order in which it is seen.
    names = []
    for _ in range(12):
        page.keyboard.press("Shift+Tab")
        names.append(focused(page))
        if names[-1] == "转人工":
            break
    assert [name for name in names if name in ("转人工", "更多", "收起对话", "对话记录")] == ["对话记录", "收起对话", "更多", "转人工"]
    # No trap: one step further back is the page again.
    page.keyboard.press("Shift+Tab")
    assert focused(page) == "页首链接"
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(dialog(page).get_by_role("button", name="评价本次服务")).to_be_focused()
    page.keyboard.press("Escape")
    assert focused(page) == "更多"
    page.keyboard.press("Escape")
    expect(launcher(page)).to_be_focused()
    expect(dialog(page)).to_have_count(0)


def test_what_has_the_focus_can_be_seen(shell: Shell, visit: Open) -> None:
    page = visit(shop_page(shell, "/focus"))
    start(page)
    unseen = []
    for _ in range(9):
        page.keyboard.press("Tab")
        style = page.evaluate(
            """() => {
              const node = document.activeElement.shadowRoot?.activeElement;
              return node && [getComputedStyle(node).outlineStyle, parseFloat(getComputedStyle(node).outlineWidth)];
            }"""
        )
        if style and (style[0] == "none" or style[1] < 2):
            unseen.append(focused(page))
    assert unseen == []


def test_no_target_is_smaller_than_24_pixels(shell: Shell, visit: Open) -> None:
    page = visit(shop_page(shell, "/targets", 'data-order="880000000009"'), phone=True)
    start(page)
    say(page, "一句没有送到的话看看")
    small = page.locator("xiaoer-chat").evaluate(
        """(chat) => [...chat.shadowRoot.querySelectorAll("button, a, input, textarea")]
            .filter((node) => node.offsetParent)
            .map((node) => [node.getAttribute("aria-label") || node.textContent, node.getBoundingClientRect()])
            .filter(([, box]) => box.width < 24 || box.height < 24).map(([name]) => name)"""
    )
    assert small == []


def test_the_list_is_one_place_that_is_read_once(shell: Shell, visit: Open) -> None:
    page = visit(shop_page(shell, "/live"))
    start(page)
    regions = page.locator("xiaoer-chat").evaluate(
        "(chat) => [...chat.shadowRoot.querySelectorAll('[aria-live]:not([aria-live=off]), [role=status], [role=alert]')].length"
    )
    assert regions == 1
    page.evaluate(
        """() => {
          window.spoken = [];
          const live = xiaoer.element.shadowRoot.querySelector("[role=status]");
          const heard = () => live.textContent && window.spoken.push(live.textContent);
          new MutationObserver(heard).observe(live, {childList: true, characterData: true, subtree: true});
        }"""
    )
    say(page, "这句话的回答只读一遍吧")
    expect(log(page).get_by_text("echo 这句话")).to_be_visible()
    expect(live(page)).to_have_text("自动助手说：echo 这句话的回答只读一遍吧")
    page.wait_for_timeout(300)
    spoken: list[str] = page.evaluate("window.spoken")
    assert spoken.count("自动助手说：echo 这句话的回答只读一遍吧") == 1, spoken
