"""The whole desk: a waiting talk answered on a phone in three taps, and ten shoppers answered without a mouse."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Open
from tests.e2e.desk.conftest import Desk, Shopper
from tests.e2e.shell import Shell
from tests.e2e.test_widget_accessible import serious
from tests.gateway.support import suggestions

pytestmark = pytest.mark.browser

SOON = 20_000


# While the page says so, news of messages does not come through.
SLOW_LINE = """
Object.defineProperty(WebSocket.prototype, "onmessage", {
  set(heard) {
    this.addEventListener("message", (event) => !(window.slow && JSON.parse(event.data).type === "message") && heard(event));
  },
});
"""


def about(body: dict[str, Any]) -> httpx.Response:
    """Suggestions that name what was asked, so that nobody is answered with another one's."""
    return suggestions([f"关于“{body.get('text')}”：有货的。", "请稍等，为您查一下。"])


def answered(desk: Desk, shopper: Shopper, text: str) -> bool:
    return [message["text"] for message in shopper.messages() if message["from"] == "agent"] == [text]


def test_a_waiting_talk_is_answered_on_a_phone_in_three_taps(desk: Desk) -> None:
    desk.shell.engine.suggest = about
    page = desk.agent("lan", phone=True)
    taps = 0

    def tap(locator: Any) -> None:
        nonlocal taps
        expect(locator).to_be_visible(timeout=SOON)
        locator.tap()
        taps += 1

    shopper = desk.waiting("c05", text="米色的还有吗")
    expect(page).to_have_title(re.compile(r"^\(1\) "), timeout=SOON)
    tap(page.locator("#inbox .take"))
    expect(page.locator("#owner")).to_contain_text("我在接待", timeout=SOON)
    expect(page.locator("#suggestions[data-state=ready]")).to_be_visible(timeout=SOON)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    assert serious(page, "html") == []
    tap(page.locator("#suggestions li").first.get_by_role("button", name=re.compile("发送")))
    expect(page.locator("#talk")).to_contain_text("有货的", timeout=SOON)
    desk.until(lambda: answered(desk, shopper, "关于“米色的还有吗”：有货的。"))
    assert taps <= 3


def test_ten_shoppers_are_answered_by_keyboard_alone(desk: Desk) -> None:
    desk.shell.engine.suggest = about
    page = desk.agent("lan", presence="online", capacity=10)
    shoppers = {f"问题{number}": desk.waiting(None, text=f"问题{number}") for number in range(10)}
    expect(page.locator("#inbox")).to_contain_text("我的会话 10/10", timeout=2 * SOON)
    keys = 0

    def press(combination: str) -> None:
        nonlocal keys
        page.keyboard.press(combination)
        keys += 1

    for _ in shoppers:
        press("Alt+o")
        ready(page)
        press("1")
        expect(page.locator("#suggestions[data-state=answered]")).to_be_attached(timeout=SOON)
    for text, shopper in shoppers.items():
        desk.until(lambda shopper=shopper, text=text: answered(desk, shopper, f"关于“{text}”：有货的。"))
    assert keys == 20, "two keys an answer"
    expect(page).to_have_title(re.compile("^工作台"), timeout=SOON)


def test_the_next_one_is_somebody_else_though_the_line_is_slow(desk: Desk, shell: Shell, visit: Open) -> None:
    desk.shell.engine.suggest = about
    desk.member("qiu", capacity=2)
    page = visit("about:blank")
    page.add_init_script(SLOW_LINE)
    page.goto(f"{shell.address}/desk")
    desk.log_in(page, "qiu")
    expect(page.locator("body[data-ready=yes]")).to_be_attached(timeout=SOON)
    with page.expect_response("**/me/presence"):
        page.locator("#presence").select_option("online")
    shoppers = {text: desk.waiting(None, text=text) for text in ("问题甲", "问题乙")}
    expect(page.locator("#inbox")).to_contain_text("我的会话 2/2", timeout=2 * SOON)
    page.evaluate("window.slow = true")
    for _ in shoppers:
        page.keyboard.press("Alt+o")
        ready(page)
        page.keyboard.press("1")
        expect(page.locator("#suggestions[data-state=answered]")).to_be_attached(timeout=SOON)
    for text, shopper in shoppers.items():
        desk.until(lambda shopper=shopper, text=text: answered(desk, shopper, f"关于“{text}”：有货的。"))


def ready(page: Page) -> None:
    """The suggestions of the talk that is open now, and not a moment after they changed under the finger."""
    expect(page.locator("#suggestions[data-state=ready]")).to_be_attached(timeout=SOON)
    asked = page.locator("#inbox [aria-current] .text").inner_text()
    expect(page.locator("#suggestions q")).to_contain_text(
        asked.removeprefix("机器人：").strip() if asked.startswith("问题") else "问题", timeout=SOON
    )
    page.wait_for_timeout(400)


@pytest.mark.parametrize("look", ["light", "dark", "phone"])
def test_the_desk_keeps_nobody_out(desk: Desk, look: str) -> None:
    page = desk.agent("lan", phone=look == "phone", color_scheme="dark" if look == "dark" else "light")
    desk.waiting("c05", text="米色的还有吗")
    page.locator("#inbox .take").click(timeout=SOON)
    expect(page.locator("#suggestions[data-state=ready]")).to_be_visible(timeout=SOON)
    assert serious(page, "html") == []
    if look == "phone":
        page.locator("#panes [data-pane=side]").click()
        expect(page.locator("#side")).to_be_visible()
        assert serious(page, "html") == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
