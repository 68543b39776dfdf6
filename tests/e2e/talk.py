"""What tests of the message list share: a shopper in the demonstration shop with the window open."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Open
from tests.e2e.shell import Shell

SIZES = pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])


def log(page: Page) -> Locator:
    return page.get_by_role("log")


def begin(shell: Shell, visit: Open, *, customer: str = "", product: str = "", phone: bool = False, **context: Any) -> Page:
    """A shopper of the demonstration shop with the window open."""
    page = visit(phone=phone, **context)
    if customer:
        page.get_by_label("演示身份").select_option(customer)
    if product:
        page.goto(f"{shell.address}/#/p/{product}")
    page.get_by_role("button", name="联系客服").click()
    expect(log(page)).to_contain_text("自动助手", timeout=20_000)  # the first one on a busy machine
    return page


def reopen(page: Page) -> None:
    """Load the page again; the window may have been opened by itself."""
    page.reload()
    page.wait_for_function("typeof document.querySelector('xiaoer-chat')?.open === 'function'")
    page.evaluate("document.querySelector('xiaoer-chat').open()")


def say(page: Page, text: str) -> None:
    box = page.get_by_role("textbox", name="消息内容")
    box.fill(text)
    box.press("Enter")
    expect(log(page).locator(".row.me .bubble").last).to_have_text(text)


def add(page: Page, *files: dict[str, Any]) -> None:
    page.locator("input[type=file]").first.set_input_files(list(files))  # type: ignore[arg-type]


def file(name: str, kind: str, content: bytes) -> dict[str, Any]:
    return {"name": name, "mimeType": kind, "buffer": content}
