"""A shopper returns a faulty dress in Chromium, from the first sentence to the tracking number, against the running product."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect, sync_playwright

from tests.e2e.browser import ARGUMENTS, chromium

pytestmark = pytest.mark.browser

TICKET = re.compile(r"T\d{8}-\d+")
ADDRESS = "示例路1号"
TRACKING = "YT8812345678901"
MOST_STEPS = 10
SETTLED = """() => {
  const rows = [...document.querySelector("xiaoer-chat").shadowRoot.querySelectorAll(".log .row, .log .system")];
  return rows.length && !rows.at(-1).matches(".me") && !rows.some((row) => row.querySelector(".dots"));
}"""
ORDER = "880000000009"
# What this shopper wants, when asked by buttons: an exchange for the same, no insurance, and on.
WANTED = (
    r"换一件|换同款|同款|^换货|换货",
    r"没有|没买|无",
    r"质量|开线",
    r"影响|严重",
    r"^是|对|好|确认|继续|提交|同意",
)


@pytest.fixture
def page(live_url: str) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        opened = browser.new_page(locale="zh-CN", viewport={"width": 1280, "height": 800})
        opened.set_default_timeout(20_000)
        opened.goto(live_url)
        yield opened
        browser.close()


def say(page: Page, text: str) -> None:
    box = page.get_by_role("textbox", name="消息内容")
    box.fill(text)
    box.press("Enter")
    expect(page.locator("xiaoer-chat .row.me .bubble").last).to_have_text(text)
    settled(page)


def settled(page: Page) -> None:
    """The bot has said something after the shopper's last line and is not typing: both at the same moment."""
    page.wait_for_function(SETTLED, timeout=60_000)


def heard(page: Page) -> str:
    """Everything the bot has said so far."""
    return "\n".join(page.locator("xiaoer-chat .row:not(.me) .bubble").all_inner_texts())


def next_button(page: Page) -> Locator | None:
    """The offered button that this shopper would press: on the card of the dress's order, or below the bubble."""
    # Pickers of before stay to be read, their buttons dead.
    pick = page.get_by_role("log").get_by_role("button", name=re.compile(f"^选这单，.*{ORDER[-4:]}$"), disabled=False)
    if pick.count():
        return pick.last
    buttons = page.locator("xiaoer-chat .chips button")
    titles = buttons.all_inner_texts()
    for wish in WANTED:
        for place, title in enumerate(titles):
            if re.search(wish, title):
                return buttons.nth(place)
    return None


def test_a_torn_dress_is_exchanged_from_the_first_word_to_the_tracking_number(page: Page) -> None:
    page.get_by_label("演示身份").select_option("c05")
    page.get_by_role("button", name="联系客服").click()
    expect(page.get_by_role("log")).to_contain_text("自动助手")
    say(page, "收到的裙子开线了想换一件")

    pressed: list[str] = []
    for _ in range(MOST_STEPS):
        said = heard(page)
        if TICKET.search(said) and ADDRESS in said:
            break
        button = next_button(page)
        if button is None:
            say(page, "换一件")
        else:
            pressed.append(button.get_attribute("aria-label") or button.inner_text())
            lines = page.locator("xiaoer-chat .row.me").count()
            button.click()
            expect(page.locator("xiaoer-chat .row.me")).to_have_count(lines + 1)
            settled(page)
    said = heard(page)
    assert TICKET.search(said), said
    assert ADDRESS in said, said
    assert sum(title.startswith("选这单") for title in pressed) <= 1, "which order is meant is asked once at most"
    assert re.search(r"15\s*元", said), "the cap of what is advanced is told in yuan"
    assert "尽快" not in said

    before = page.locator("xiaoer-chat .row:not(.me) .bubble").count()
    say(page, f"已经寄回了，圆通 {TRACKING}")
    answers = page.locator("xiaoer-chat .row:not(.me) .bubble").all_inner_texts()[before:]
    assert TRACKING in "\n".join(answers), answers

    page.reload()
    expect(page.get_by_role("log")).to_contain_text(TRACKING)
    assert TICKET.search(heard(page)), "the talk is there after a reload"
